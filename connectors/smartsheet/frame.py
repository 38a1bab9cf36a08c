"""Rows with what their sheet says of them: items that explain themselves. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from connectors.sdk.contract import Item, Json
from connectors.smartsheet.values import ident, number, objects, part

ROW_FIELDS = ("id", "parentId", "createdAt", "modifiedAt", "permaLink", "permalink")
SHEET_FIELDS = ("id", "name", "permalink", "createdAt", "modifiedAt", "owner")
SUMMARY_FIELDS = ("id", "title", "type")
PREDECESSOR_FIELDS = ("rowId", "type", "lag", "invalid")


def row_items(
    sheet_id: str, sheet: Json, rows: Sequence[Json], parents: Container[str | None]
) -> list[Item]:
    """The items of some rows.

    Numbers of rows are left out: they change with every row that is put in above, and the rows
    below it have not changed.
    """
    columns = objects(sheet.get("columns"))
    about = {"id": sheet_id, **_working_time(sheet)}
    found = []
    for row in rows:
        row_id = str(ident(row.get("id")))
        cells = {ident(cell.get("columnId")): cell for cell in objects(row.get("cells"))}
        author = _only(part(row, "createdBy"), ("email", "name"))
        body = {
            "id": f"{sheet_id}:{row_id}",
            "sheet": about,
            "row": {**_only(row, ROW_FIELDS), "createdBy": author},
            "parent": row_id in parents,
            "fields": [
                {**_column(column), **_cell(cells.get(ident(column.get("id")), {}))}
                for column in columns
            ],
        }
        found.append(Item(f"{sheet_id}:{row_id}", body, sheet_id))
    return found


def project_body(sheet: Json, summary: Sequence[Json]) -> Json:
    """A sheet as a project: what it says of itself, its workspace, its columns, its summary."""
    workspace = _only(part(sheet, "workspace"), ("id", "name"))
    return {
        "sheet": {**_only(sheet, SHEET_FIELDS), "workspace": workspace},
        "fields": [_column(column) for column in objects(sheet.get("columns"))],
        "summary": [{**_only(field, SUMMARY_FIELDS), **_summary(field)} for field in summary],
    }


def _working_time(sheet: Json) -> dict[str, Any]:
    """How long a day and a week of the sheet are, which makes minutes of a lag in days."""
    settings = part(sheet, "projectSettings")
    days = settings.get("workingDays")
    return {
        "hoursADay": number(settings.get("lengthOfDay")),
        "daysAWeek": len(days) if isinstance(days, list) and days else None,
    }


def _column(column: Json) -> dict[str, Any]:
    found = _only(column, ("id", "title", "type", "tags", "primary"))
    if column.get("systemColumnType"):
        found["system"] = column["systemColumnType"]
    return found


def _cell(cell: Json) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if cell.get("value") is not None:
        found["value"] = cell["value"]
    if cell.get("displayValue") is not None:
        found["display"] = cell["displayValue"]
    if cell.get("formula"):
        found["formula"] = True
    return found | _object(cell.get("objectValue"))


def _summary(field: Json) -> dict[str, Any]:
    """A summary field holds its value in `objectValue`, plain or with its kind."""
    held = field.get("objectValue")
    plain = held.get("value") if isinstance(held, Mapping) else held
    return _cell({**field, "value": plain})


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    if "predecessors" not in value:
        return {"object": value}
    listed = objects(value["predecessors"])
    return {"object": {"predecessors": [_only(each, PREDECESSOR_FIELDS) for each in listed]}}


def _only(value: Json, names: Sequence[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The ids in groups of at most so many."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
