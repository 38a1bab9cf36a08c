"""What Bitbucket tells of the past: of issues, pull requests and their tasks. Pure and total."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.bitbucket.words import (
    ISSUE_STATES,
    OVER,
    PRIORITIES,
    PULL_STATES,
    account,
    instant,
    key,
    part,
    text,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Status


def _status(word: str) -> str | None:
    return ISSUE_STATES.get(word)


def _priority(word: str) -> str | None:
    rank = PRIORITIES.get(word)
    return None if rank is None else str(rank)


def _plain(word: str) -> str | None:
    return word


_FIELDS: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "state": ("status", _status),
    "priority": ("priority", _priority),
    "title": ("title", _plain),
    "kind": ("kind", _plain),
    "assignee": ("assignee", _plain),  # by name, not by id
    "milestone": ("milestone", _plain),
    "component": ("component", _plain),
    "version": ("version", _plain),
}
"""By field of an issue: ours, and how its words compare. (A change of `content` tells all text.)"""


def issue_changes(id: str, rows: Iterable[Json]) -> list[Change]:
    """The changes of an issue's fields."""
    return [change for row in rows for change in _of_row(id, row)]


def _of_row(id: str, row: Json) -> Iterator[Change]:
    number, at = key(row.get("id")), instant(row.get("created_on"))
    if number is None or at is None:
        return
    for name, (field, compared) in _FIELDS.items():
        edit = part(row, "changes", name)
        old, new = text(edit.get("old")), text(edit.get("new"))
        if old == new:
            continue
        yield Change(
            id=f"{id}@{number}/{field}",
            task_id=id,
            at=at,
            author_id=account(row.get("user")),
            field=field,
            field_label=name,
            old=None if old is None else compared(old),
            new=None if new is None else compared(new),
            old_label=old,
            new_label=new,
        )


def pull_changes(id: str, updates: Iterable[Json]) -> list[Change]:
    """The changes of a pull request's state and title: each update says what they were then."""
    dated = [(at, each) for each in updates if (at := instant(each.get("date"))) is not None]
    dated.sort(key=lambda pair: pair[0])
    state, title = "OPEN", None
    found: list[Change] = []
    for at, update in dated:
        is_now, called = text(update.get("state")), text(update.get("title"))
        author = account(update.get("author"))
        if is_now is not None and is_now != state:
            found.append(
                Change(
                    id=f"{id}@{at.isoformat()}/status", task_id=id, at=at, author_id=author,
                    field="status", field_label="state", old=PULL_STATES.get(state),
                    new=PULL_STATES.get(is_now), old_label=state, new_label=is_now,
                )
            )  # fmt: skip
            state = is_now
        if called is not None and title is not None and called != title:
            found.append(
                Change(
                    id=f"{id}@{at.isoformat()}/title", task_id=id, at=at, author_id=author,
                    field="title", field_label="title", old=title, new=called,
                    old_label=title, new_label=called,
                )
            )  # fmt: skip
        title = called or title
    return found


def task_changes(id: str, task: Json) -> Iterator[Change]:
    """That a task of a pull request was resolved; when it was reopened nothing tells."""
    at = instant(task.get("resolved_on"))
    if task.get("state") == "RESOLVED" and at is not None:
        yield Change(
            id=f"{id}@{at.isoformat()}/status", task_id=id, at=at,
            author_id=account(task.get("resolved_by")), field="status", field_label="state",
            old="todo", new="done", old_label="UNRESOLVED", new_label="RESOLVED",
        )  # fmt: skip


def completed(changes: Sequence[Change]) -> datetime | None:
    """When it was last brought to an end; None: no change tells."""
    ends: set[str | Status] = set(OVER)
    dates = [each.at for each in changes if each.field == "status" and each.new in ends]
    return max(dates, default=None)
