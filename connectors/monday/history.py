"""Entries of a board's activity as changes of fields. Pure and total.

An entry tells one event: `event`, the tick at which it happened, who did it, and `data`, JSON
inside JSON. The column that fills one of our fields changes that field; any other changes the
field that is called by the column's own id. A timeline moves two fields at once, so a change's
id is ``"{entry id}:{field}"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.monday.columns import Roles, index_done, written
from connectors.monday.values import day, identifier, json_object, objects, part, text, ticks
from connectors.monday.words import priority_of, status_of
from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Record

CHANGES = frozenset({"update_column_value", "update_name", "move_pulse_into_group"})
"""Events that change a field. (Leaving a group is told once more by entering the next.)"""

DELETED = frozenset({"delete_pulse", "delete_group_pulse", "batch_delete_pulses"})
BACK = frozenset({"restore_pulse", "batch_restore_pulses"})
SILENT = frozenset({"subscribe", "unsubscribe", "add_owner", "remove_owner"})
"""Events that name an item and change nothing of it that is read."""

WHOLE = frozenset({"restore_group", "restore_board", "board_state_changed", "duplicate_board"})
"""Events that bring items without saying which, and without moving their time of change."""


class _Edit(NamedTuple):
    """What became of one field."""

    field: str
    old: str | None
    new: str | None
    old_label: str | None
    new_label: str | None


def items_of(entry: Json) -> list[str]:
    """Ids of the items that an entry is about."""
    data = json_object(entry.get("data"))
    held = [data.get("pulse_id"), part(data, "pulse").get("id"), data.get("item_id")]
    for name in ("pulse_ids", "duplicated_pulse_ids"):
        more = data.get(name)
        held += list(more) if isinstance(more, (list, tuple)) else []
    return list(dict.fromkeys(id for id in map(identifier, held) if id is not None))


def to_changes(
    task_id: str, entries: Any, roles: Roles, columns: Mapping[str, Json]
) -> Iterator[Record]:
    """The changes of one item that entries of its board's activity tell of."""
    for entry in objects(entries):
        id, at = text(entry.get("id")), ticks(entry.get("created_at"))
        if id is None or at is None or task_id not in items_of(entry):
            continue
        data = json_object(entry.get("data"))
        for edit in _edits(text(entry.get("event")), data, roles, columns):
            yield Change(
                id=f"{id}:{edit.field}",
                task_id=task_id,
                at=at,
                author_id=identifier(entry.get("user_id")),
                field=edit.field,
                field_label=text(data.get("column_title")) or _LABELS.get(edit.field),
                old=edit.old,
                new=edit.new,
                old_label=edit.old_label,
                new_label=edit.new_label,
            )


_LABELS = {"title": "Name", "section": "Group"}


def _edits(
    event: str | None, data: Json, roles: Roles, columns: Mapping[str, Json]
) -> Iterator[_Edit]:
    before, after = data.get("previous_value"), data.get("value")
    match event:
        case "update_name":
            old, new = (text(part({"v": each}, "v").get("name")) for each in (before, after))
            yield _Edit("title", old, new, old, new)
        case "move_pulse_into_group":
            left, entered = part(data, "source_group"), part(data, "dest_group")
            yield _Edit("section", *_named(left, entered))
        case "update_column_value":
            id = text(data.get("column_id"))
            if id is not None:
                yield from _column(id, data, roles, columns.get(id, {}))
        case _:
            return


def _named(*groups: Json) -> tuple[str | None, str | None, str | None, str | None]:
    ids = [identifier(group.get("id")) for group in groups]
    names = [text(group.get("title")) for group in groups]
    return ids[0] or names[0], ids[1] or names[1], names[0], names[1]


def _column(id: str, data: Json, roles: Roles, column: Json) -> Iterator[_Edit]:
    kind = text(data.get("column_type")) or ""
    before, after = data.get("previous_value"), data.get("value")
    shown = (text(data.get("previous_textual_value")), text(data.get("textual_value")))
    old, new = written(kind, before), written(kind, after)
    labels = (shown[0] or old, shown[1] or new)
    if id == roles.status:
        yield _Edit("status", _status(before, column), _status(after, column), old, new)
    elif id == roles.priority:
        yield _Edit("priority", _rank(old), _rank(new), old, new)
    elif id == roles.people:
        yield _Edit("assignee_ids", old, new, *labels)
    elif id == roles.due:
        yield _Edit("due_on", old, new, *labels)
    elif id == roles.start:
        yield _Edit("start_on", old, new, *labels)
    elif id == roles.timeline and kind == "timerange":
        yield from _span(roles, part(data, "previous_value"), part(data, "value"))
    else:
        yield _Edit(id, old or shown[0], new or shown[1], *labels)


def _span(roles: Roles, before: Json, after: Json) -> Iterator[_Edit]:
    """The ends of a timeline that moved, where no date column fills the field."""
    for field, end, taken in (("start_on", "from", roles.start), ("due_on", "to", roles.due)):
        old, new = (_day(each.get(end)) for each in (before, after))
        if old != new and taken is None:
            yield _Edit(field, old, new, old, new)


def _day(value: Any) -> str | None:
    found = day(value)
    return None if found is None else found.isoformat()


def _status(value: Any, column: Json) -> str | None:
    label = part(part({"v": value}, "v"), "label")
    told = label.get("is_done")
    done = told if isinstance(told, bool) else index_done(label.get("index"), column)
    return status_of(text(label.get("text")), done=done)


def _rank(label: str | None) -> str | None:
    rank = priority_of(label)
    return None if rank is None else str(rank)
