"""The history of cases: rows of CaseHistory as changes. Pure and total.

Where a reference has changed Salesforce writes two rows, one with the names and one with the ids;
the names are left out. A field that the admin says is tracked is called as in `Task`, any other
as Salesforce calls it: untracked, its history here is not the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.salesforce.values import ID, flag, identifier, instant, mapping, number, text
from connectors.salesforce.words import priority_of, status_of
from connectors.sdk.records import Change, Record

FIELDS: Mapping[str, str] = {
    "Status": "status", "Owner": "assignee_ids", "Priority": "priority", "Parent": "parent_id",
}  # fmt: skip
REFERENCES = frozenset({"Owner", "Parent", "Account", "Contact", "Asset", "Entitlement"})


def change(id: str, row: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Record]:
    """One row of the history; none where its other row has the ids."""
    task, at = identifier(row.get("CaseId")), instant(row.get("CreatedDate"))
    name = text(row.get("Field"))
    values = [_written(row.get("OldValue")), _written(row.get("NewValue"))]
    if task is None or at is None or name is None:
        return
    if name in REFERENCES and not all(value is None or ID.fullmatch(value) for value in values):
        return
    tracked = body.get("tracked")
    ours = name if not isinstance(tracked, list) or name not in tracked else FIELDS.get(name, name)
    old, new = (_comparable(name, value, body) for value in values)
    yield Change(
        id=id,
        task_id=task,
        at=at,
        author_id=identifier(row.get("CreatedById")),
        field=ours,
        field_label=name,
        old=old,
        new=new,
        old_label=values[0],
        new_label=values[1],
    )


def _written(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        held = number(value)
        return None if held is None else str(int(held) if held.is_integer() else held)
    return text(value)


def _comparable(name: str, value: str | None, body: Mapping[str, Any]) -> str | None:
    """A value as `Change` compares it, the tool's own word where that means nothing to us."""
    if value is None:
        return None
    if name == "Status":
        said = mapping(mapping(body.get("statuses")).get(value))
        return (
            status_of(value, flag(said.get("closed")), default=flag(said.get("default"))) or value
        )
    if name == "Priority":
        return str(priority_of(value) or value)
    return value
