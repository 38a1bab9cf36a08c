"""Sheets, rows and discussions as Smartsheet writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from connectors.sdk.records import Comment, CustomValue, Link, Person, Project, Task
from connectors.smartsheet.sandbox_words import (
    HOURS_A_DAY,
    SITE,
    WORKING_DAYS,
    Column,
    Object,
    big,
    day,
    duration,
    duration_shown,
    form_of,
    stamp,
    summary_fields,
)

FLAT = ("MULTI_CONTACT_LIST", "MULTI_PICKLIST")
"""Types that are told as text unless `level` asks for them."""
People = Mapping[str, Person]


def row_of(id: str) -> int:
    """The number of a row in the id of a task."""
    return int(id.rpartition(":")[2])


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """A sheet's rows from the top: each followed by those below it."""
    ids = {task.id for task in tasks}
    below: dict[str | None, list[Task]] = {}
    for task in tasks:
        below.setdefault(task.parent_id if task.parent_id in ids else None, []).append(task)
    found: list[Task] = []
    todo = list(reversed(below.get(None, [])))
    while todo:
        task = todo.pop()
        found.append(task)
        todo += reversed(below.get(task.id, []))
    return found


def sheet_json(
    project: Project, version: int, modified: str | None, total: int, include: Sequence[str]
) -> Object:
    """What a sheet says of itself, without columns and rows."""
    found: Object = {
        "id": int(project.id),
        "name": project.name,
        "version": version,
        "totalRowCount": total,
        "accessLevel": "VIEWER",
        "ganttEnabled": True,
        "dependenciesEnabled": True,
        "hasSummaryFields": bool(summary_fields(project)),
        "projectSettings": {
            "workingDays": WORKING_DAYS,
            "nonWorkingDays": [],
            "lengthOfDay": HOURS_A_DAY,
        },
        "permalink": project.url,
        "createdAt": stamp(project.created_at),
        "modifiedAt": modified,
    }
    if "ownerInfo" in include and project.owner_id:
        found["owner"] = project.owner_id
        found["ownerId"] = int(big("user", project.owner_id))
    for each in project.custom:
        if each.id == "workspace":
            name = str(each.value)
            found["workspace"] = {"id": int(big("workspace", name)), "name": name}
    return found


def column_json(column: Column, place: int, level: int, rows: Iterable[Task]) -> Object:
    """A column; types that the level does not know are text. A list has what its cells hold."""
    type = "TEXT_NUMBER" if level < 2 and column.type in FLAT else column.type
    found: Object = {
        "id": int(column.id), "index": place, "title": column.title, "type": type,
        "validation": False, "width": 150,
    }  # fmt: skip
    if place == 0:
        found["primary"] = True
    if column.tag:
        found["tags"] = [column.tag]
    if column.system:
        found["systemColumnType"] = column.system
    if column.type == "PICKLIST" and column.field:
        held = (getattr(task, column.field) for task in rows)
        found["options"] = list(dict.fromkeys(each for each in held if each))
    return found


def row_json(
    task: Task,
    number: int,
    cells: list[Object],
    people: People,
    include: Sequence[str],
) -> Object:
    """A row with its cells."""
    found: Object = {
        "id": row_of(task.id),
        "rowNumber": number,
        "expanded": True,
        "createdAt": stamp(task.created_at),
        "modifiedAt": stamp(task.updated_at),
        "cells": cells,
    }
    if task.parent_id is not None:
        found["parentId"] = row_of(task.parent_id)
    if "rowPermalink" in include:
        found["permaLink"] = task.url
    if "writerInfo" in include and task.reporter_id:
        found["createdBy"] = mini(task.reporter_id, people)
    return found


def mini(id: str | None, people: People) -> Object:
    """A person as cells, rows and comments name one."""
    known = people.get(id or "")
    return {"email": id, **({"name": known.name} if known else {})}


class Cells:
    """Writes the cells of a sheet's rows."""

    def __init__(
        self, columns: Sequence[Column], people: People, numbers: Mapping[str, int]
    ) -> None:
        self._columns = columns
        self._people = people
        self._numbers = numbers

    def of(self, task: Task, links: Iterable[Link]) -> dict[str, Object]:
        """By column: what the cell holds; empty when it never held anything."""
        custom = {each.id: each.value for each in task.custom}
        found = {}
        for column in self._columns:
            match column.field:
                case "":
                    found[column.id] = plain(custom.get(column.id), column.type)
                case "duration":
                    found[column.id] = _duration(duration(task))
                case "predecessors":
                    found[column.id] = self._predecessors(list(links))
                case "assignee_ids":
                    found[column.id] = self._contacts(task.assignee_ids)
                case "percent_complete":
                    found[column.id] = _percent(task.percent_complete)
                case "start_on" | "due_on" as name:
                    found[column.id] = _moment(getattr(task, name), name)
                case name:
                    found[column.id] = plain(getattr(task, name), column.type)
        return found

    def _contacts(self, ids: Sequence[str]) -> Object:
        if not ids:
            return {}
        contacts = [{"objectType": "CONTACT", **mini(id, self._people)} for id in ids]
        return {
            "displayValue": ", ".join(str(each.get("name", each["email"])) for each in contacts),
            "value": ", ".join(ids),
            "objectValue": {"objectType": "MULTI_CONTACT", "values": contacts},
        }

    def _predecessors(self, links: Sequence[Link]) -> Object:
        if not links:
            return {}
        listed, words = [], []
        for link in links:
            days = (link.lag_minutes or 0) / 60 / HOURS_A_DAY
            number = self._numbers.get(link.from_id, 0)
            each: Object = {
                "rowId": row_of(link.from_id), "rowNumber": number, "type": link.type_label,
            }  # fmt: skip
            if days:
                each["lag"] = {"objectType": "DURATION", "days": abs(days)}
                if days < 0:
                    each["lag"]["negative"] = True
            listed.append(each)
            words.append(f"{number}{link.type_label}" + (f" {days:+g}d" if days else ""))
        return {
            "value": ", ".join(words),
            "displayValue": ", ".join(words),
            "objectValue": {"objectType": "PREDECESSOR_LIST", "predecessors": listed},
        }


def plain(value: CustomValue, type: str) -> Object:
    """A cell that holds a plain value."""
    if isinstance(value, bool):
        shown = {} if type == "CHECKBOX" else {"displayValue": str(value).lower()}
        return {"value": value, **shown}
    if value is None or value in ("", ()):
        return {}
    if isinstance(value, tuple):
        joined = ", ".join(value)
        several = {"objectType": "MULTI_PICKLIST", "values": list(value)}
        return {"value": joined, "displayValue": joined, "objectValue": several}
    if isinstance(value, date):
        iso = (day(value) or value).isoformat()
        return {"value": iso, "objectValue": {"objectType": "DATE", "value": iso}}
    if isinstance(value, float):
        return {"value": value, "displayValue": f"{value:g}"}
    return {"value": value, "displayValue": value}


def _percent(percent: float | None) -> Object:
    if percent is None:
        return {}
    return {"value": percent / 100, "displayValue": f"{percent:g}%"}


def _moment(value: date | None, name: str) -> Object:
    """A project sheet's dates carry the hour at which the working day begins or ends."""
    held = day(value)
    if held is None:
        return {}
    iso = f"{held.isoformat()}T{'08:00:00' if name == 'start_on' else '16:59:59'}"
    return {"value": iso, "objectValue": {"objectType": "ABSTRACT_DATETIME", "value": iso}}


def _duration(days: int | None) -> Object:
    if days is None:
        return {}
    said = duration_shown(days)
    return {
        "value": said,
        "displayValue": said,
        "objectValue": {"objectType": "DURATION", "days": days},
    }


def summary_json(project: Project) -> list[Object]:
    """The summary fields of a sheet."""
    found = []
    for place, each in enumerate(summary_fields(project)):
        held = plain(each.value, form_of(each.value))
        value = held.get("objectValue", held.get("value"))
        field: Object = {
            "id": int(each.id), "index": place, "title": each.name,
            "type": form_of(each.value) or "TEXT_NUMBER",
        }  # fmt: skip
        if value is not None:
            field["objectValue"] = value
        if "displayValue" in held:
            field["displayValue"] = held["displayValue"]
        found.append(field)
    return found


def discussion_json(id: str, comments: Sequence[Comment], people: People, full: bool) -> Object:
    """A row's discussion; its comments only where they are asked for."""
    first, last = comments[0], comments[-1]
    found: Object = {
        "id": int(id),
        "title": first.text[:100],
        "parentType": "ROW",
        "parentId": row_of(first.task_id),
        "commentCount": len(comments),
        "lastCommentedAt": stamp(last.at),
        "createdBy": mini(first.author_id, people),
        "accessLevel": "VIEWER",
        "readOnly": False,
    }
    if full:
        found["comments"] = [
            {
                "id": int(each.id),
                "discussionId": int(id),
                "text": each.text,
                "createdAt": stamp(each.at),
                "modifiedAt": stamp(each.updated_at or each.at),
                **({"createdBy": mini(each.author_id, people)} if each.author_id else {}),
            }
            for each in comments
        ]
    return found


def user_json(person: Person, admin: bool) -> Object:
    """A user of the organization; an administrator is told the status as well."""
    first, _, last = person.name.partition(" ")
    found: Object = {
        "id": int(big("user", person.id)), "email": person.email, "name": person.name,
        "firstName": first, "lastName": last,
    }  # fmt: skip
    if admin:
        found["status"] = "ACTIVE" if person.active else "DEACTIVATED"
        found["admin"] = False
    return found


def me_json(admin: bool) -> Object:
    """The account that asks."""
    return {
        "id": int(big("user", "reader")), "email": "flagstaff@example.com",
        "firstName": "Flagstaff", "lastName": "Reader", "locale": "en_US",
        "timeZone": "US/Eastern", "account": {"id": 1, "name": "Example"},
        **({"admin": True} if admin else {}), "link": f"{SITE}/b/home",
    }  # fmt: skip
