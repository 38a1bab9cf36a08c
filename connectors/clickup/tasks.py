"""Tasks, and the comments on them: first list by list, then in one question what has changed.

A cursor of the workspace holds `since`, ClickUp's clock at the beginning of the last read less an
overlap, and `swept`, when archived tasks were last looked at: the workspace's question leaves them
out, so a task that is archived would vanish from it with its last words. Once a day they are read
list by list.

A cursor of a list, during the first read, holds `begun` (ClickUp's clock when that began),
`archived` (which half of the list) and `after` (how far it came).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.clickup.api import Api, Rows
from connectors.clickup.words import TYPE_LABELS, id_of, millis, objects, part, since_1970
from connectors.sdk.contract import Cursor, Item, Json, Lane, Page, Plan, Scope
from connectors.sdk.errors import Unexpected

OVERLAP = 300_000
"""Milliseconds: a change may show late in ClickUp's search."""
SWEEP = 86_400_000
"""Milliseconds between two looks at archived tasks."""
CHUNK = 20
"""Tasks whose comments make a page."""
KEPT = (
    "id", "custom_id", "custom_item_id", "name", "text_content", "description", "status",
    "date_created", "date_updated", "date_closed", "date_done", "archived", "creator", "assignees",
    "group_assignees", "tags", "parent", "priority", "due_date", "due_date_time", "start_date",
    "start_date_time", "points", "time_estimate", "time_spent", "custom_fields", "dependencies",
    "linked_tasks", "locations", "url", "list", "folder", "space",
)  # fmt: skip
"""What a task's item keeps of it: no watchers, sharing, attachments, checklists."""
FIELD_KEPT = ("id", "name", "type", "value")

Roll = Callable[[], Sequence[Scope]]


class Tasks:
    """Reads tasks.

    Args:
        api: the way to ClickUp.
        spaces: ids of the only spaces to read; empty: all.
        archived: read archived tasks as well.
        roll: the lists to read, by a walk through the hierarchy.
    """

    def __init__(self, api: Api, spaces: Sequence[str], *, archived: bool, roll: Roll) -> None:
        self._api = api
        self._spaces = tuple(spaces)
        self._halves = (False, True) if archived else (False,)
        self._roll = roll

    def lanes(self, cursors: Mapping[str, Cursor], now: Callable[[], datetime | None]) -> Plan:
        """The lists, until all were read; then what has changed in the workspace.

        Args:
            cursors: by lane.
            now: asks ClickUp for its time.
        """
        if "" in cursors:
            return Plan([Lane(full=False)])
        at = now()
        begun = [number for each in cursors.values() if (number := millis(each.get("begun")))]
        # Without a clock the next read is one of everything.
        start = min([*begun, since_1970(at)]) if at is not None else 0
        return Plan(
            [Lane(scope.id, scope=scope.id) for scope in self._roll()],
            joint={"since": str(max(start - OVERLAP, 0)), "swept": str(start)},
        )

    def pull(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Tasks of a list, or changed ones of the workspace."""
        types = _Types(self._api)
        if lane:
            for page, cursor in self._of_list(lane, since or {}):
                yield Page(_items(page, types), cursor=cursor)
            return
        cursor = dict(since or {})
        swept, start = millis(cursor.get("swept")) or 0, None
        for page in self._changed(cursor):
            start = start or page.at
            yield Page(_items(page, types), cursor=_reached(cursor, page))
        if start is not None:
            cursor["since"] = str(max(since_1970(start) - OVERLAP, 0))
            if since_1970(start) - swept >= SWEEP and True in self._halves:
                yield from self._sweep(types)
                cursor["swept"] = str(since_1970(start))
        yield Page(cursor=cursor)

    def pull_comments(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Comments of the tasks of a list, or of changed ones of the workspace."""
        if lane:
            for page, cursor in self._of_list(lane, since or {}):
                yield from self._comments(page, cursor)
            return
        cursor, start = dict(since or {}), None
        for page in self._changed(cursor):
            start = start or page.at
            yield from self._comments(page, _reached(cursor, page))
        if start is not None:
            cursor["since"] = str(max(since_1970(start) - OVERLAP, 0))
        yield Page(cursor=cursor)

    def ids(self, scope: str) -> Iterator[Sequence[str]]:
        """The ids of a list's tasks, closed, archived and subtasks included, each once.

        They are read another way than the tasks themselves, so that neither hides the other's
        mistake: a pull trusts ClickUp's order, this trusts its numbers of pages.
        """
        told: set[str] = set()
        for archived in self._halves:
            for page in self._list_pages(scope, archived, None, counted=True):
                fresh = [row["id"] for row in page.rows if row["id"] not in told]
                told.update(fresh)
                yield fresh

    def _list_pages(
        self, id: str, archived: bool, after: int | None, *, counted: bool = False
    ) -> Iterator[Rows]:
        path, params = f"/list/{id}/task", {"archived": archived}
        return self._api.tasks(path, params, by="created", since=after, counted=counted, scope=id)

    def _of_list(self, id: str, since: Cursor) -> Iterator[tuple[Rows, dict[str, str]]]:
        """The pages of a list, with the cursor after each."""
        cursor, come = dict(since), since.get("archived") == "true"
        for archived in self._halves:
            half = str(archived).lower()
            if come and not archived:
                continue
            after = millis(cursor.get("after")) if cursor.get("archived") == half else None
            for page in self._list_pages(id, archived, after):
                if page.at is not None:
                    cursor.setdefault("begun", str(since_1970(page.at)))
                if cursor.get("archived") != half:
                    cursor.pop("after", None)
                cursor["archived"] = half
                if page.reached is not None:
                    cursor["after"] = str(page.reached)
                yield page, dict(cursor)

    def _changed(self, cursor: Cursor) -> Iterator[Rows]:
        since = millis(cursor.get("since"))
        if since is None:
            raise Unexpected("A cursor of ClickUp does not say since when.")
        params = {"space_ids[]": self._spaces} if self._spaces else {}
        return self._api.tasks(f"{self._api.team}/task", params, by="updated", since=since)

    def _sweep(self, types: _Types) -> Iterator[Page]:
        """Every archived task."""
        for scope in self._roll():
            for page in self._list_pages(scope.id, True, None):
                yield Page(_items(page, types))

    def _comments(self, page: Rows, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """A task's comments make one item, so that one which is gone from it is seen to be."""
        for start in range(0, len(page.rows), CHUNK):
            items = []
            for row in page.rows[start : start + CHUNK]:
                found, altered = self._api.comments(row["id"], _home(row))
                kept = [
                    {key: each.get(key) for key in ("id", "comment_text", "user", "date")}
                    for each in found
                ]
                body = {"task": row["id"], "comments": kept}
                items.append(Item(row["id"], body, scope=_home(row), altered=altered))
            yield Page(items)
        yield Page(cursor=cursor)


class _Types:
    """The workspace's own types of tasks; asked for when one comes, once a pull."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names: Mapping[str, str] | None = None

    def name(self, number: str) -> str | None:
        """What a type is called; None where ClickUp does not know it any more."""
        if self._names is None:
            rows = self._api.rows(f"{self._api.team}/custom_item", "custom_items").rows
            self._names = {str(id_of(row["id"])): str(row.get("name")) for row in rows}
        return self._names.get(number)


def _items(page: Rows, types: _Types) -> list[Item]:
    return [
        Item(row["id"], _body(row, types), scope=_home(row), altered=page.altered)
        for row in page.rows
    ]


def _body(row: Json, types: _Types) -> Json:
    """The task with the look-ups that its mapping needs."""
    body = {key: row[key] for key in KEPT if key in row}
    body["custom_fields"] = [
        {
            **{key: field[key] for key in FIELD_KEPT if key in field},
            "type_config": {"options": part(field, "type_config").get("options") or []},
        }
        for field in objects(row.get("custom_fields"))
    ]
    number = id_of(row.get("custom_item_id"))
    if number is not None and number not in TYPE_LABELS:
        body["type_name"] = types.name(number)
    return body


def _home(row: Json) -> str | None:
    return id_of(part(row, "list").get("id"))


def _reached(cursor: Cursor, page: Rows) -> dict[str, str] | None:
    """How far a read in the order of changes has come, for the turn after one that is cut."""
    since = millis(cursor.get("since")) or 0
    if page.reached is None or page.at is None:
        return None
    # A task dated into the future must not carry the cursor away.
    reached = min(page.reached, since_1970(page.at)) - OVERLAP
    return {**cursor, "since": str(max(since, reached))}
