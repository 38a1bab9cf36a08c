"""From a delivered row, whatever its columns are called, to an item. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.inbound import fields
from connectors.inbound.fields import FIELDS, Field, Unreadable
from connectors.sdk.contract import Item
from connectors.sdk.deliveries import RowError

NEEDED = ("id", "title")

_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "id": fields.text, "title": fields.text, "key": fields.text, "project": fields.text,
    "project_name": fields.text, "parent": fields.text, "description": fields.text,
    "url": fields.text, "blocked": fields.yes_or_no, "blocked_reason": fields.text,
    "assignees": fields.people, "reporter": fields.person, "labels": fields.several,
    "resolution": fields.text, "points": fields.number, "archived": fields.yes_or_no,
    "percent_complete": fields.percent, "blocks": fields.several, "depends_on": fields.several,
    "deleted": fields.yes_or_no,
    "estimate_minutes": fields.minutes(1), "spent_minutes": fields.minutes(1),
    "remaining_minutes": fields.minutes(1),
}  # fmt: skip
_SEVERAL: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "status": fields.status, "priority": fields.priority, "type": fields.type_of,
}  # fmt: skip
_HOURS = {
    "estimate_hours": "estimate_minutes", "spent_hours": "spent_minutes",
    "remaining_hours": "remaining_minutes",
}  # fmt: skip
_DAYS = ("start_on", "due_on")
_SPOKEN: Mapping[str, Field] = {
    **{field.replace("_", " "): field for field in FIELDS if field != "custom"},
    "number": "id", "task id": "id", "item id": "id", "issue": "key", "issue key": "key",
    "name": "title", "task": "title", "task name": "title", "summary": "title", "subject": "title",
    "project id": "project", "parent id": "parent", "notes": "description", "link": "url",
    "issue type": "type", "kind": "type", "state": "status", "assignee": "assignees",
    "assigned to": "assignees", "owner": "assignees", "responsible": "assignees",
    "created by": "reporter", "author": "reporter", "tags": "labels", "start": "start_on",
    "start date": "start_on", "due": "due_on", "due date": "due_on", "deadline": "due_on",
    "finish": "due_on", "end date": "due_on", "created": "created_at", "updated": "updated_at",
    "modified": "updated_at", "last modified": "updated_at", "started": "started_at",
    "completed": "completed_at", "closed": "completed_at", "estimate h": "estimate_hours",
    "story points": "points", "complete": "percent_complete", "progress": "percent_complete",
    "predecessors": "depends_on", "depends on": "depends_on", "blocked by": "depends_on",
}  # fmt: skip
"""Names of columns as people write them, in lower case and without signs."""


def read_row(row: Any, columns: Mapping[str, Field], date_format: str | None) -> Item:
    """The item that a row says.

    Args:
        columns: the sender's name of each column, and the field that it fills.
        date_format: how days are written, as of `strptime`; None: ISO.

    Raises:
        RowError: what is wrong, with the sender's own name of the column.
    """
    if not isinstance(row, Mapping):
        raise RowError("an object with named values is needed")
    body: dict[str, Any] = {"custom": {}}
    id = _id_of(row, columns)
    for column, field in columns.items():
        value = row.get(column)
        if fields.is_empty(value):
            if field == "custom" and column in row:
                body["custom"][column] = None  # there is none, which is not the same as unknown
            continue
        try:
            body |= _read(column, field, value, date_format, body)
        except Unreadable as error:
            raise RowError(f'"{column}": {error}', id=id) from None
    lacking = [name for name in NEEDED if not body.get(name)]
    if lacking and not (body.get("deleted") and body.get("id")):
        raise RowError(f"the row has no {' and no '.join(lacking)}", id=id)
    return Item(body["id"], body, scope=body.get("project"))


def _read(
    column: str, field: Field, value: Any, date_format: str | None, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The parts of the item that a value gives."""
    if field == "custom":
        return {"custom": {**body["custom"], column: _custom(value)}}
    if field in _SEVERAL:
        return _SEVERAL[field](value)
    if field in _HOURS:
        return {_HOURS[field]: fields.minutes(60)(value)}
    if field in _DAYS:
        return {field: fields.day_or_instant(value, date_format)}
    if field in _PLAIN:
        return {field: _PLAIN[field](value)}
    return {field: fields.instant(value, date_format)}


def _custom(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return float(value)
    return fields.several(value) if isinstance(value, list) else fields.text(value)


def _id_of(row: Mapping[str, Any], columns: Mapping[str, Field]) -> str | None:
    for column, field in columns.items():
        if field == "id" and isinstance(row.get(column), (str, int)):
            return str(row[column]).strip() or None
    return None


def propose(header: Sequence[str]) -> dict[str, Field]:
    """For each column whose name speaks of a field: that field, each once."""
    found: dict[str, Field] = {}
    for column in header:
        said = " ".join(re.split(r"[^a-z0-9]+", column.casefold())).strip()
        field = _SPOKEN.get(said)
        if field is not None and field not in found.values():
            found[column] = field
    return found
