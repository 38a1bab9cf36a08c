"""Rows of a sheet as people shape it, made by hand, and what becomes of them."""

from __future__ import annotations

from typing import Any

from connectors.sdk.records import Record, Task
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.frame import row_items

SHEET = "4583173393803140"
SETTINGS = {"workingDays": ["MONDAY", "TUESDAY", "WEDNESDAY"], "lengthOfDay": 7.5}


def column(id: int, title: str, type: str = "TEXT_NUMBER", **more: Any) -> dict[str, Any]:
    return {"id": id, "index": id, "title": title, "type": type, "width": 150, **more}


PRIMARY = column(1, "Task", primary=True)


def cell(id: int, value: Any = None, display: Any = None, object: Any = None, **more: Any) -> Any:
    held = {"columnId": id, "value": value, "displayValue": display, "objectValue": object, **more}
    return {name: each for name, each in held.items() if each is not None}


def records(
    columns: list[Any], cells: list[Any], *, parent: bool = False, **row: Any
) -> list[Record]:
    """The records of one row of a sheet with these columns."""
    sheet = {"id": int(SHEET), "columns": columns, "projectSettings": SETTINGS}
    held = {"id": 77, "rowNumber": 3, "cells": cells, **row}
    [item] = row_items(SHEET, sheet, [held], {"77"} if parent else set())
    return list(Smartsheet.to_records("tasks", item.body))


def task(columns: list[Any], cells: list[Any], **row: Any) -> Task:
    """The task of a row that has a title beside these cells."""
    found = records([PRIMARY, *columns], [cell(1, "Dig", "Dig"), *cells], **row)[0]
    assert isinstance(found, Task)
    return found


def custom(columns: list[Any], cells: list[Any]) -> Any:
    """The value of the last column as a custom field."""
    return task(columns, cells).custom[-1].value


def links(*predecessors: Any) -> list[Record]:
    held = {"objectType": "PREDECESSOR_LIST", "predecessors": list(predecessors)}
    return records(
        [PRIMARY, column(9, "Before", "PREDECESSOR", tags=["GANTT_PREDECESSOR"])],
        [cell(1, "Dig"), cell(9, "3FS", "3FS", held)],
    )[1:]
