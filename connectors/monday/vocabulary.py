"""What there is to map on some boards: their columns, and the labels of the status ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.monday.columns import SILENT, roles
from connectors.monday.values import json_object, objects, part, text
from connectors.sdk.contract import Json
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

TYPES: Mapping[str, str] = {
    "status": "one of a list", "dropdown": "several of a list", "tags": "several of a list",
    "people": "people", "numbers": "number", "time_tracking": "number", "long_text": "text",
    "board_relation": "link", "dependency": "link", "item_id": "text", "color_picker": "text",
}  # fmt: skip


def vocabulary(boards: Iterable[Json]) -> Vocabulary:
    """From boards with their columns."""
    columns = [objects(board.get("columns")) for board in boards]
    return Vocabulary.of(
        (word for each in columns for word in status_words(each)),
        (field for each in columns for field in field_names(each)),
    )


def field_names(columns: Sequence[Json]) -> Iterator[FieldName]:
    """The columns of a board as custom fields, with what they fill."""
    role = roles(columns)
    fills = {
        role.status: "status", role.priority: "priority", role.type: "type",
        role.people: "assignee_ids", role.due: "due_on", role.start: "start_on",
        role.key: "key", role.time: "spent_minutes",
    }  # fmt: skip
    for column in columns:
        id, kind = text(column.get("id")), text(column.get("type")) or ""
        if id is None or kind in SILENT or column.get("archived") is True:
            continue
        name = text(column.get("title")) or id
        if kind != "timeline":
            filled = "labels" if kind == "tags" else fills.get(id)
            yield FieldName(id, name, plain_type(kind, TYPES), filled)
            continue
        leads = id == role.timeline
        first = "start_on" if leads and role.start is None else None
        last = "due_on" if leads and role.due is None else None
        yield FieldName(f"{id}.from", f"{name} from", "date", first)
        yield FieldName(f"{id}.to", f"{name} to", "date", last)


def status_words(columns: Sequence[Json]) -> Iterator[str | None]:
    """The labels of the column that tells the status."""
    wanted = roles(columns).status
    for column in columns:
        if wanted is not None and column.get("id") == wanted:
            yield from map(text, part(json_object(column.get("settings_str")), "labels").values())
