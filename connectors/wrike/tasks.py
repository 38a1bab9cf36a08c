"""Tasks with their dependencies: all of them once, then what has changed and what was thrown away.

A cursor holds `since`, Wrike's clock at the beginning of the last read less an overlap, and `bin`,
the id of the recycle bin. During the first read it holds `begun` (Wrike's clock when that began)
and `after` (up to which creation it came).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Gone
from connectors.wrike.api import HIDDEN, Api, Rows, between
from connectors.wrike.roster import Lookups, Roster
from connectors.wrike.words import BINNED, ids, instant, stamp, text

OVERLAP = timedelta(minutes=5)
"""A change may show late in Wrike's search."""
PAGE = 1000
FIELDS = (
    "authorIds", "responsibleIds", "parentIds", "superParentIds", "superTaskIds", "dependencyIds",
    "customFields", "description", "effortAllocation",
)  # fmt: skip
"""What Wrike leaves out of a task unless it is asked for."""
PLACES = ("parentIds", "superParentIds")
KEPT = (
    "id", "title", "description", "status", "importance", "createdDate", "updatedDate",
    "completedDate", "dates", "customStatusId", "permalink", "authorIds", "responsibleIds",
    "superTaskIds", "effortAllocation",
)  # fmt: skip
EVERYTHING: Json = {"descendants": True, "subTasks": True, "pageSize": PAGE}
"""Without these, subtasks are left out, and all beyond the first thousand."""
# By creation, which does not change while pages are read: what is changed meanwhile moves no
# other task over the edge of a page.
IN_ORDER: Json = {"sortField": "CreatedDate", "sortOrder": "Asc"}


class Tasks:
    """Reads the tasks of an account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def pull(self, since: Cursor | None) -> Iterator[Page]:
        """Read from a cursor."""
        cursor = since or {}
        reading = _Reading(self._api)
        if "since" in cursor:
            yield from self._changed(cursor, reading)
        else:
            yield from self._all(dict(cursor), reading)

    def ids(self, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all tasks that count in a project or space, not in one that lies in it."""
        roster = Roster(self._api, Lookups(self._api))
        asked = {**EVERYTHING, **IN_ORDER, "fields": orjson.dumps(PLACES).decode()}
        for page in self._api.pages(f"/folders/{scope}/tasks", asked, scope):
            yield [row["id"] for row in page.rows if roster.home(row) == scope]

    def _all(self, cursor: dict[str, str], reading: _Reading) -> Iterator[Page]:
        after = cursor.get("after")
        created = {"createdDate": between(after)} if after else {}
        for page in self._pages("/tasks", created):
            cursor.setdefault("begun", stamp(page.at))
            cursor |= _reached(page)
            yield reading.page(page, cursor=dict(cursor))
        begun = instant(cursor.get("begun"))
        if begun is None:
            raise Unexpected("A cursor of Wrike does not say when the read began.")
        bin = text(self._api.account().get("recycleBinId"))
        if bin is None:
            raise Unexpected("Wrike's answer for the account names no recycle bin.")
        yield Page(cursor={"since": stamp(begun - OVERLAP), "bin": bin})

    def _changed(self, cursor: Cursor, reading: _Reading) -> Iterator[Page]:
        changed = {"updatedDate": between(cursor["since"])}
        begun: datetime | None = None
        for page in self._pages("/tasks", changed):
            begun = begun or page.at
            yield reading.page(page)
        # A task that is thrown away is in no list but that of the recycle bin.
        for page in self._api.pages(
            f"/folders/{cursor['bin']}/tasks", {**EVERYTHING, **IN_ORDER, **changed}
        ):
            yield Page(gone=[_gone(row) for row in page.rows if row.get("scope") in BINNED])
        if begun is not None:
            yield Page(cursor={**cursor, "since": stamp(begun - OVERLAP)})

    def _pages(self, path: str, narrowed: Mapping[str, Any]) -> Iterator[Rows]:
        asked = {**EVERYTHING, **IN_ORDER, **narrowed, "fields": orjson.dumps(FIELDS).decode()}
        return self._api.pages(path, asked)


class _Reading:
    """Puts into tasks what their mapping has to know; it looks things up when a task wants it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lookups = Lookups(api)
        self._roster: Roster | None = None

    def page(self, rows: Rows, cursor: Cursor | None = None) -> Page:
        """A page of items."""
        wanted = dict.fromkeys(id for row in rows.rows for id in ids(row.get("dependencyIds")))
        links = self._api.named("/dependencies", list(wanted))
        items = [self._item(row, links.rows, rows.altered + links.altered) for row in rows.rows]
        unread = [(id, _why(status)) for id, status in links.refused.items()]
        return Page(items, cursor=cursor, unread=unread)

    def _item(self, row: Json, links: Mapping[str, Json], altered: int) -> Item:
        if self._roster is None:
            self._roster = Roster(self._api, self._lookups)
        folders = (*ids(row.get("parentIds")), *ids(row.get("superParentIds")))
        homes = self._roster.homes(folders)
        body = {
            **{name: row[name] for name in KEPT if name in row},
            "homes": homes,
            "own_status": self._lookups.status(text(row.get("customStatusId"))),
            "fields": self._lookups.fields(row.get("customFields")),
            "dependencies": [
                links[id] for id in ids(row.get("dependencyIds")) if id in links
            ],
        }  # fmt: skip
        return Item(row["id"], body, scope=next(iter(homes), None), altered=altered)


def _gone(row: Json) -> Gone:
    at = instant(row.get("updatedDate"))
    return Gone(id=str(row["id"]), stream="tasks", reason="deleted", at=at)


def _reached(page: Rows) -> dict[str, str]:
    """How far a first read has come; nothing where the page does not show its order."""
    created = [at for row in page.rows if (at := instant(row.get("createdDate")))]
    in_order = len(created) == len(page.rows) and created == sorted(created)
    return {"after": stamp(created[-1])} if created and in_order else {}


def _why(status: int) -> str:
    said = "is not shown to the account" if status == HIDDEN else "is not there"
    return f"This dependency {said} ({status})."
