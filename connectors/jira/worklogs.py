"""Reading booked time through Jira's feeds of updated and deleted worklogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.answers import as_list, as_object
from connectors.jira.api import Api
from connectors.jira.tasks import OVERLAP, SWEEP_EVERY, ms, ms_of, number_in
from connectors.jira.values import ident, instant, obj
from connectors.sdk.contract import Cursor, Item, Page
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Gone

FEED_PAGE = 1000
MOST_PAGES = 100_000
IDS_A_QUESTION = 500


class Feed:
    """One of the two feeds from a moment on; each page is oldest first, at most 1,000 long."""

    def __init__(self, api: Api, name: str, since_ms: int) -> None:
        self.api = api
        self.path = api.path(f"worklog/{name}")
        self.since = since_ms
        self.at: datetime | None = None  # the tool's clock at the first page

    def pages(self) -> Iterator[tuple[int, dict[str, int]]]:
        """Page by page, where it began and what changed when; `since` moves along."""
        for _ in range(MOST_PAGES):
            answer = self.api.http.request("GET", self.path, params={"since": self.since})
            page = as_object(answer.data, self.path)
            self.at = self.at or self.api.time_of(answer)
            values = as_list(page.get("values"), self.path)
            changed = dict(map(_entry, values))
            last = page.get("lastPage")
            reached = min(max(changed.values(), default=self.since), ms(self.at) + ms_of(OVERLAP))
            if last is not True and values and reached <= self.since:
                raise Unexpected(
                    f"Jira's feed of worklogs cannot be read on: {len(values)} or more worklogs "
                    "bear one and the same moment."
                )
            began, self.since = self.since, max(self.since, reached)
            yield began, changed
            if last is True or (last is None and len(values) < FEED_PAGE):
                return
            if not values:
                raise Unexpected("Jira's feed of worklogs says that there is more, and has none.")
        raise Unexpected("Jira's feed of worklogs does not end.")


def _entry(value: Any) -> tuple[str, int]:
    id_, at = ident(obj(value).get("worklogId")), obj(value).get("updatedTime")
    if id_ is None or not id_.isdecimal() or type(at) is not int:
        raise Unexpected("Jira's feed of worklogs has an entry without id or time.")
    return id_, at


class Edge:
    """Which ids bore the last moment that a feed reached: it begins with them again."""

    def __init__(self, text: str) -> None:
        self.ids = set(filter(None, text.split(",")))

    def news(self, began: int, changed: dict[str, int], reached: int) -> list[str]:
        """The ids that are no repetition; remembers those of the moment reached now."""
        fresh = [id_ for id_, at in changed.items() if not (at == began and id_ in self.ids)]
        self.ids = {id_ for id_, at in changed.items() if at == reached} or self.ids
        return fresh

    def __str__(self) -> str:
        return ",".join(sorted(self.ids))


def pull(
    api: Api, since: Cursor | None, clause: str | None, visible: Callable[[], Sequence[str]]
) -> Iterator[Page]:
    """The worklogs that changed since, then those that were deleted.

    The feeds are the whole site's: with a `clause` only the worklogs of its issues count. The
    cursor holds where each feed got to, the ids at that edge, and the projects that were visible:
    what was booked in one that comes to them lies behind, so that all is read again next time.

    Args:
        visible: gives the ids of the projects that are visible now; asked every few hours, or
            each time where a clause names them anyway.
    """
    cursor = since or {}
    deleted_ms, looked_ms = number_in(cursor, "deleted_ms"), number_in(cursor, "looked_ms")
    edge, gone_edge = Edge(cursor.get("edge", "")), Edge(cursor.get("gone", ""))
    known = cursor.get("projects", "").split() if since is not None else visible()
    feed = Feed(api, "updated", number_in(cursor, "updated_ms"))

    def at(deleted_ms: int) -> Cursor:
        return {
            "updated_ms": str(feed.since), "edge": str(edge), "deleted_ms": str(deleted_ms),
            "gone": str(gone_edge), "looked_ms": str(looked_ms), "projects": " ".join(known),
        }  # fmt: skip

    for began, changed in feed.pages():
        if not deleted_ms and feed.at is not None:
            looked_ms = ms(feed.at)
            deleted_ms = looked_ms - ms_of(OVERLAP)  # what was gone before, we never had
        fresh = edge.news(began, changed, feed.since)
        read, unread = _read(api, fresh, clause)
        yield Page(read, at(deleted_ms), unread=unread)
    if since is None or feed.at is None:
        return
    if clause is not None or ms(feed.at) - looked_ms >= ms_of(SWEEP_EVERY):
        before, known, looked_ms = set(known), sorted(visible()), ms(feed.at)
        if not before.issuperset(known):
            feed.since, edge = 0, Edge("")
    gone_feed = Feed(api, "deleted", deleted_ms)
    for began, deleted in gone_feed.pages():
        fresh = gone_edge.news(began, deleted, gone_feed.since)
        gone = [
            Gone(id=id_, stream="worklogs", reason="deleted", at=instant(deleted[id_]))
            for id_ in fresh
        ]
        yield Page((), at(gone_feed.since), gone=gone)


def _read(
    api: Api, ids: Sequence[str], clause: str | None
) -> tuple[list[Item], list[tuple[str, str]]]:
    if not ids:
        return [], []
    path = api.path("worklog/list")
    answer = as_list(api.http.post(path, json={"ids": [int(id_) for id_ in ids]}), path)
    found: dict[str, dict[str, Any]] = {}
    for each in answer:
        id_ = ident(obj(each).get("id"))
        if id_ is not None:
            found[id_] = each
    unread = [(id_, "Jira lists it and does not show it") for id_ in ids if id_ not in found]
    issues = sorted({id_ for each in found.values() if (id_ := ident(each.get("issueId")))})
    counting = among(api, clause, issues) if clause else None
    read = [
        Item(id_, {"worklog": found[id_]})
        for id_ in ids
        if id_ in found and (counting is None or ident(found[id_].get("issueId")) in counting)
    ]
    return read, unread


def among(api: Api, clause: str, issues: Sequence[str]) -> set[str]:
    """Which of these issues a clause holds for."""
    held: set[str] = set()
    for first in range(0, len(issues), IDS_A_QUESTION):
        named = ", ".join(id_ for id_ in issues[first : first + IDS_A_QUESTION] if id_.isdecimal())
        jql = f"{clause} AND id in ({named}) ORDER BY key ASC"
        for found in api.search(jql, ["id"], IDS_A_QUESTION):
            held |= {str(issue["id"]) for issue in found.issues}
    return held
