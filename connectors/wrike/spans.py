"""Comments and booked time, span by span of time in which they were changed.

Wrike gives both in one answer without pages, comments for less than seven days at once. A cursor
holds `since`: all that was changed before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk.contract import Cursor, Item, Page
from connectors.sdk.errors import Unexpected
from connectors.wrike.api import STALE, Api, Rows, between
from connectors.wrike.roster import Homes
from connectors.wrike.tasks import OVERLAP
from connectors.wrike.words import instant, stamp, text

SECOND = timedelta(seconds=1)
MANY = 1000
"""Rows after which a span is read in halves: an answer may have been cut."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Reads one kind of thing.

    Args:
        path: where it is listed.
        length: the longest span that one question may ask for.
        kept: what an item keeps of a row.
        placed: items say in which project they count, where that of their task does.
    """

    path: str
    length: timedelta
    kept: Sequence[str]
    placed: bool = False

    def pull(self, api: Api, since: Cursor | None) -> Iterator[Page]:
        """All that was changed since a cursor, from the oldest on; a cursor after each span."""
        start = instant((since or {}).get("since")) or _founded(api)
        begun: datetime | None = None
        told, stale, homes = set[str](), 0, Homes(api)
        while begun is None or start < begun:
            end = start + self.length
            for rows in self._span(api, start, end):
                begun = begun or rows.at
                found = {row["id"] for row in rows.rows}
                stale = stale + 1 if found and found <= told else 0
                if stale > STALE:
                    raise Unexpected(f"Wrike answers {self.path} alike whatever time is asked for.")
                told |= found
                yield Page(self._items(rows, homes))
            if begun is None:
                raise Unexpected(f"Wrike's answer for {self.path} came without a time.")
            start = end
            yield Page(cursor={"since": stamp(min(end, begun) - OVERLAP)})

    def _span(self, api: Api, start: datetime, end: datetime) -> Iterator[Rows]:
        asked: Mapping[str, Any] = {"plainText": True, "updatedDate": between(start, end)}
        rows = api.rows(self.path, asked)
        middle = start + (end - start) // 2
        if len(rows.rows) < MANY or middle - start < SECOND:
            yield rows
            return
        yield from self._span(api, start, middle)
        yield from self._span(api, middle, end)

    def _items(self, rows: Rows, homes: Homes) -> list[Item]:
        tasks = [id for row in rows.rows if self.placed and (id := text(row.get("taskId")))]
        places = homes.of(tasks)
        items = []
        for row in rows.rows:
            body = {name: row[name] for name in self.kept if name in row}
            home = places.get(str(row.get("taskId")))
            if self.placed:
                body["home"] = home
            items.append(Item(row["id"], body, scope=home, altered=rows.altered))
        return items


def _founded(api: Api) -> datetime:
    """When the account came to be: nothing in it is older."""
    at = instant(api.account().get("createdDate"))
    if at is None:
        raise Unexpected("Wrike's answer for the account does not say since when it is there.")
    return at


COMMENTS = Spans(
    "/comments",
    timedelta(days=7) - SECOND,
    ("id", "authorId", "text", "createdDate", "taskId", "folderId"),
)
WORKLOGS = Spans(
    "/timelogs",
    timedelta(days=365),
    ("id", "taskId", "userId", "hours", "updatedDate", "trackedDate", "comment"),
    placed=True,
)
