"""Time entries, of all members of the workspace, window by window.

ClickUp gives the entries between two instants, those of the token's own user unless members are
named, and never says that one was changed or deleted. So a turn reads the last weeks anew, and the
census lists all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.clickup.api import Api, Rows
from connectors.clickup.people import members
from connectors.clickup.words import id_of, millis, part, since_1970
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import GoneReason

BOOKED_LATE = timedelta(days=35)
"""How long after it was spent, time is booked, corrected or taken back."""
FIRST_DAY = datetime(2017, 1, 1, tzinfo=UTC)
"""ClickUp is from that year; what is dated before comes in one window."""
WINDOW = timedelta(days=90)
AHEAD = timedelta(days=366)
"""How far into the future an entry may be dated."""
NAMED = 100
"""Members that one question names, so that its address does not grow too long."""
MILLISECOND = timedelta(milliseconds=1)
KEPT = ("id", "task", "user", "start", "duration", "description", "at", "task_location")


@dataclass(frozen=True, slots=True)
class _Window:
    """Time between two instants; `left`: what was before is not read yet (0, None: it is)."""

    begin: int
    end: int
    left: int | None


class Worklogs:
    """Reads time entries.

    Args:
        api: the way to ClickUp.
        spaces: ids of the only spaces to read; empty: all, and time on no task at all.
    """

    def __init__(self, api: Api, spaces: Sequence[str]) -> None:
        self._api = api
        self._path = f"{api.team}/time_entries"
        self._spaces = tuple(spaces)

    def pull(self, since: Cursor | None) -> Iterator[Page]:
        """All entries, later those of the last weeks; a cursor after each window."""
        people, at = members(self._api)
        if at is None:
            raise Unexpected("ClickUp's answers carry no date, which the reading of time needs.")
        for window in _windows(since or {}, since_1970(at)):
            for where in [{"space_id": each} for each in self._spaces] or [{}]:
                for rows in self._entries(people, window.begin, window.end, where):
                    yield Page([_item(row, rows.altered) for row in rows.rows])
            left = {"left": str(window.left)} if window.left else {}
            yield Page(cursor={"from": str(since_1970(at - BOOKED_LATE)), **left})

    def ids(self, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all entries on tasks of a list, each once."""
        people, at = members(self._api)
        if at is None:
            raise Unexpected("ClickUp's answers carry no date, which the reading of time needs.")
        told: set[str] = set()
        for rows in self._entries(people, 0, since_1970(at + AHEAD), {"list_id": scope}, scope):
            fresh = [id for row in rows.rows if (id := str(id_of(row["id"]))) not in told]
            told.update(fresh)
            yield fresh

    def fate(self, id: str) -> GoneReason | None:
        """What has become of an entry."""
        answer = self._api.http.request("GET", f"{self._path}/{id}", accept=(404,))
        if answer.status == 404:
            return "deleted"
        if not isinstance(answer.data, Mapping) or "data" not in answer.data:
            raise Unexpected("ClickUp's answer for a time entry holds none.")
        # Nothing where an entry should be: gone, but ClickUp does not say how.
        return None if id_of(part(answer.data, "data").get("id")) else "unknown"

    def _entries(
        self,
        people: Sequence[str],
        begin: int,
        end: int,
        where: Mapping[str, Any],
        scope: str | None = None,
    ) -> Iterator[Rows]:
        for first in range(0, len(people), NAMED):
            params = {
                "start_date": begin,
                "end_date": end,
                "assignee": ",".join(people[first : first + NAMED]),
                **where,
            }
            yield self._api.rows(self._path, "data", params, scope)


def _windows(since: Cursor, now: int) -> Iterator[_Window]:
    """The last weeks, and what a first read has left, from the latest to the earliest."""
    step, end = WINDOW // MILLISECOND, now + AHEAD // MILLISECOND
    start, left = millis(since.get("from")), millis(since.get("left"))
    if start is not None:
        yield _Window(start, end, left)
        top, begin = left, (left or 0) - step
    else:
        top, begin = end, now - step
    while top:
        begin = begin if begin > since_1970(FIRST_DAY) else 0
        yield _Window(begin, top, begin)
        top, begin = begin, begin - step


def _item(row: Json, altered: int) -> Item:
    location = part(row, "task_location")
    body = {key: row[key] for key in KEPT if key in row}
    return Item(str(id_of(row["id"])), body, scope=id_of(location.get("list_id")), altered=altered)
