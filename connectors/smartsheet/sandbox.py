"""An imitation of Smartsheet's REST API 2.0 over a world of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.sdk.records import Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.smartsheet.sandbox_adopt import Adoption
from connectors.smartsheet.sandbox_hooks import Hooks
from connectors.smartsheet.sandbox_render import (
    FLAT,
    Cells,
    column_json,
    discussion_json,
    in_order,
    me_json,
    row_json,
    sheet_json,
    summary_json,
    user_json,
)
from connectors.smartsheet.sandbox_words import Object, big, second, stamp

TOKEN = "invented-smartsheet-token-0123456789"  # noqa: S105
SAID = {
    1002: (401, "Your Access Token is invalid."),
    1004: (403, "You are not authorized to perform this action."),
    1006: (404, "Not Found"),
    1010: (405, "HTTP Method not supported."),
}
LIST_PAGE = 100


@dataclass
class Sheet:
    """A sheet as it is now. `held` is all that raises its version."""

    project: Project
    version: int = 1
    modified: datetime | None = None
    rows: list[Task] = field(default_factory=list)
    discussions: dict[str, list[Comment]] = field(default_factory=dict)
    held: tuple[Record, ...] = ()


class SmartsheetSandbox(Adoption):
    """Smartsheet's sheets, rows and discussions.

    Args:
        page_size: the most rows of a page of a sheet, whatever is asked for.
        admin: whether the token is a system administrator's.
        directory: whether the account may list the organization's users.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 10_000,
        admin: bool = True,
        directory: bool = True,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.admin = admin
        self.directory = directory
        self.blank: dict[str, list[str]] = {}  # by sheet: rows in which nothing is
        self._revision = -1
        self.hooks = Hooks(lambda id: id in self._sheets and id not in self.hidden, _error)
        self._sheets: dict[str, Sheet] = {}

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": base_url, "token": TOKEN, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as Smartsheet would."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(1002)
        hooked = request.path.startswith("/2.0/webhooks")
        if request.method != "GET" and not hooked:
            return _error(1010)
        self._look()
        match request.path.strip("/").split("/"):
            case ["2.0", "webhooks", *rest]:
                reply = self.hooks.answer(rest, request)
            case ["2.0", "users", "me"]:
                reply = Reply.of(me_json(self.admin))
            case ["2.0", "users"] if not self.directory:
                reply = _error(1004)
            case ["2.0", "users" | "contacts" as kind]:
                known = self.admin and kind == "users"
                users = [user_json(each, known) for each in self.world.all(Person)]
                reply = _list(users, request)
            case ["2.0", "sheets"]:
                reply = self._list(request)
            case ["2.0", "sheets", id, *rest] if id in self._sheets:
                hidden = id in self.hidden
                reply = _error(1004) if hidden else self._of(self._sheets[id], rest, request)
            case _:
                reply = _error(1006)
        return reply

    def _look(self) -> None:
        """Sort everything into its sheet; one that is not as it was has a new version."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        tasks: dict[str | None, list[Task]] = defaultdict(list)
        for task in self.world.all(Task):
            tasks[task.project_id].append(task)
        homes = {task.id: task.project_id for task in self.world.all(Task)}
        links: dict[str | None, list[Link]] = defaultdict(list)
        for link in self.world.all(Link):
            links[homes.get(link.to_id)].append(link)
        comments: dict[str | None, list[Comment]] = defaultdict(list)
        for comment in self.world.all(Comment):
            comments[homes.get(comment.task_id)].append(comment)
        before, self._sheets = self._sheets, {}
        for project in self.world.all(Project):
            id = project.id
            held = (project, *tasks[id], *links[id], *comments[id])
            old = before.get(id)
            sheet = Sheet(project, held=held, rows=in_order(tasks[id]))
            sheet.modified = project.updated_at
            if old is not None:
                same = old.held == held
                sheet.version = old.version + (not same)
                sheet.modified = old.modified if same else second(self.world.now())
            for comment in sorted(comments[id], key=lambda each: each.at):
                sheet.discussions.setdefault(big("discussion", comment.task_id), []).append(comment)
            self._sheets[id] = sheet

    def _list(self, request: Request) -> Reply:
        shown = []
        for id, sheet in self._sheets.items():
            if id in self.hidden:
                continue
            each: Object = {
                "id": int(id),
                "name": sheet.project.name,
                "accessLevel": "VIEWER",
                "permalink": sheet.project.url,
                "createdAt": stamp(sheet.project.created_at),
                "modifiedAt": stamp(sheet.modified),
            }
            if "sheetVersion" in request.one("include").split(","):
                each["version"] = sheet.version
            shown.append(each)
        return _list(shown, request)

    def _of(self, sheet: Sheet, rest: list[str], request: Request) -> Reply:
        include = request.one("include").split(",")
        people = {each.id: each for each in self.world.all(Person)}
        reply = _error(1006)
        match rest:
            case []:
                reply = self._sheet(sheet, request)
            case ["version"]:
                reply = Reply.of({"version": sheet.version})
            case ["summary", "fields"]:
                reply = _list(summary_json(sheet.project), request)
            case ["discussions"]:
                full = "comments" in include
                found = sheet.discussions.items()
                shown = [discussion_json(id, held, people, full) for id, held in found]
                reply = _list(shown, request)
            case ["discussions", id] if id in sheet.discussions:
                reply = Reply.of(discussion_json(id, sheet.discussions[id], people, True))
            case ["rows", id]:
                rows = [row for row in self._rows(sheet, request) if str(row["id"]) == id]
                reply = Reply.of({**rows[0], "sheetId": int(sheet.project.id)}) if rows else reply
            case _:
                pass
        return reply

    def _sheet(self, sheet: Sheet, request: Request) -> Reply:
        known = request.one("ifVersionAfter")
        if known and int(known) >= sheet.version:
            return Reply.of({"id": int(sheet.project.id), "version": sheet.version})
        level = int(request.one("level", "0"))
        rows = self._rows(sheet, request)
        include = request.one("include").split(",")
        found = sheet_json(sheet.project, sheet.version, stamp(sheet.modified), len(rows), include)
        wanted = _ids(request, "columnIds")
        found["columns"] = [
            column_json(column, place, level, sheet.rows)
            for place, column in enumerate(self.columns[sheet.project.id])
            if wanted is None or column.id in wanted
        ]
        named = _ids(request, "rowIds")
        since = request.one("rowsModifiedSince")
        chosen = [
            row
            for row in rows
            if (named is None or str(row["id"]) in named) and str(row["modifiedAt"]) >= since[:19]
        ]
        if request.query.keys() & {"page", "pageSize"}:
            chosen = _page(chosen, request, self.page_size)
        found["rows"] = chosen
        return Reply.of(found)

    def _rows(self, sheet: Sheet, request: Request) -> list[Object]:
        """All rows from the top, blank ones last, with the cells that were asked for."""
        people = {each.id: each for each in self.world.all(Person)}
        include = request.one("include").split(",")
        columns = self.columns[sheet.project.id]
        numbers = {task.id: place for place, task in enumerate(sheet.rows, 1)}
        cells = Cells(columns, people, numbers)
        found = [
            row_json(
                task,
                numbers[task.id],
                self._chosen(cells.of(task, self.world.where(Link, "to_id", task.id)),
                             sheet, request),
                people,
                include,
            )
            for task in sheet.rows
        ]  # fmt: skip
        for id in self.blank.get(sheet.project.id, ()):
            made = stamp(sheet.project.created_at)
            empty: dict[str, Object] = {column.id: {} for column in columns}
            found.append(
                {
                    "id": int(id), "rowNumber": len(found) + 1, "expanded": True,
                    "createdAt": made, "modifiedAt": made,
                    "cells": self._chosen(empty, sheet, request),
                }
            )  # fmt: skip
        return found

    def _chosen(self, cells: dict[str, Object], sheet: Sheet, request: Request) -> list[Object]:
        wanted = _ids(request, "columnIds")
        level = int(request.one("level", "0"))
        types = {column.id: column.type for column in self.columns[sheet.project.id]}
        found = []
        for id, held in cells.items():
            if wanted is not None and id not in wanted:
                continue
            if not held and "nonexistentCells" in request.one("exclude"):
                continue
            flat = level < 2 and types[id] in FLAT
            bare = flat or "objectValue" not in request.one("include").split(",")
            kept = {name: held[name] for name in held if name != "objectValue" or not bare}
            found.append({"columnId": int(id), **kept})
        return found


def _ids(request: Request, name: str) -> set[str] | None:
    """The ids of a filter; None where there is none."""
    return set(request.one(name).split(",")) if request.one(name) else None


def _page(rows: Sequence[Object], request: Request, most: int) -> list[Object]:
    """One page; what is asked for after the last one is the last once more."""
    size = min(int(request.one("pageSize", str(LIST_PAGE))), most)
    pages = max(1, -(-len(rows) // size))
    number = min(int(request.one("page", "1")), pages)
    return list(rows[(number - 1) * size : number * size])


def _list(found: Sequence[Object], request: Request) -> Reply:
    """A list, whole or a page of it."""
    index: Object = {"pageNumber": 1, "totalPages": 1, "totalCount": len(found)}
    if request.one("includeAll") == "true":
        return Reply.of({**index, "data": list(found)})
    size = int(request.one("pageSize", str(LIST_PAGE)))
    index |= {"pageSize": size, "totalPages": max(1, -(-len(found) // size))}
    index["pageNumber"] = min(int(request.one("page", "1")), index["totalPages"])
    return Reply.of({**index, "data": _page(found, request, size)})


def _error(code: int) -> Reply:
    status, message = SAID[code]
    return Reply.of({"errorCode": code, "message": message, "refId": "a1b2c3"}, status)


SANDBOX = SmartsheetSandbox
