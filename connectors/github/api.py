"""GitHub's lists, read to their true end, whatever happens to them meanwhile.

Two traps shape this file:

* A list in the order of change is a moving one: an item that is edited while it is read goes to
  its end, the rest moves up, and a reader by page number loses what slips over an edge. So the
  next page of such a list is asked for by the time at which the last one ended (`since`), not by
  its number.
* The tool's clock, not the newest item, says from where the next turn reads; and it says which
  items may still move while we read.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.github.answers import ENTERPRISE_GRAPHQL, GRAPHQL, clock, next_link
from connectors.github.words import instant, part, stamp, text
from connectors.sdk.contract import Answer, Cursor, Http, Json
from connectors.sdk.errors import Unexpected

SIZES = (100, 50, 25)
"""Rows a page: the most that GitHub gives, and fewer where it cannot make so many in time."""
OVERLAP = timedelta(minutes=5)
"""How far back of the tool's clock a turn begins: a change may show late in a list."""
ROUNDS = 100_000
EMPTY = 3
"""Empty pages in a row that say "more" and are followed."""
TOO_SLOW = (502, 504)


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list.

    Args:
        rows: objects, each with a whole number as `id`.
        next: address of the next page; None ends the list.
        at: GitHub's clock when it answered.
        etag: names this answer; asked for with it again, GitHub says "unchanged" for free.
        unchanged: GitHub said so; there are no rows.
        altered: how much the door had to clean in the answer.
        partial: GitHub left out what an organization shows to no token without single sign-on.
    """

    rows: list[Json]
    next: str | None
    at: datetime
    etag: str
    unchanged: bool
    altered: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a list in the order of change, and where to resume after them."""

    rows: list[Json]
    cursor: dict[str, str]
    altered: int


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape.

    Args:
        http: the door.
        url: the address of the REST API as configured.
    """

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        parts = urlsplit(url.rstrip("/"))
        self._graphql = GRAPHQL
        if parts.path.endswith("/api/v3"):
            root = parts.path.removesuffix("/api/v3")
            self._graphql = f"{parts.scheme}://{parts.netloc}{root}{ENTERPRISE_GRAPHQL}"

    def get(self, path: str, scope: str | None = None, accept: Container[int] = ()) -> Answer:
        """One object; a status in `accept` comes without."""
        answer = self._http.request("GET", path, scope=scope, accept=accept)
        if answer.status == 200 and not isinstance(answer.data, Mapping):
            raise Unexpected(f"GitHub's answer for {path} is not an object.", scope=scope)
        return answer

    def rows(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        scope: str | None = None,
        etag: str | None = None,
        accept: Container[int] = (),
    ) -> Rows | None:
        """One page of a list; None where it ended in a status that is accepted."""
        answer = self._http.request(
            "GET", path, params=params, scope=scope, etag=etag or None, accept=accept
        )
        if answer.status in accept:
            return None
        at = _clock(answer, scope)
        found = [] if answer.not_modified else answer.data
        if isinstance(found, Mapping):  # the one list that GitHub wraps: an installation's
            found = found.get("repositories")
        if not isinstance(found, list) or not all(
            isinstance(each, Mapping) and isinstance(each.get("id"), int) for each in found
        ):
            raise Unexpected(
                f"GitHub's answer for {path} is not a list of objects with ids.", scope=scope
            )
        return Rows(
            found,
            next_link(answer),
            at,
            answer.headers.get("etag", ""),
            answer.not_modified,
            answer.altered,
            answer.headers.get("x-github-sso", "").startswith("partial-results"),
        )

    def pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        scope: str | None = None,
        etag: str | None = None,
    ) -> Iterator[Rows]:
        """A list as GitHub links its pages; the one without a link is the last."""
        page = self._page(path, {**(params or {}), "per_page": SIZES[0]}, scope, etag)
        seen: set[str] = set()
        empty = 0
        while True:
            yield page
            empty, link = 0 if page.rows else empty + 1, page.next
            if link is None:
                return
            if link in seen or empty > EMPTY or len(seen) > ROUNDS:
                raise _endless(path, scope)
            seen.add(link)
            page = self._page(link, None, scope, None)

    def changed(
        self, path: str, params: Mapping[str, Any], since: Cursor | None, scope: str
    ) -> Iterator[Slice]:
        """What changed since a cursor, oldest change first, each row at least once.

        A row that changes while we read moves to the end, and is read there (again), or in the
        next turn, which begins before this one did. Nothing is given where nothing changed.
        """
        asked = {**params, "sort": "updated", "direction": "asc"}
        place = None if since is None else _moment(since.get("since"), scope)
        etag = (since or {}).get("etag")
        page, size = self._sized(path, {**asked, "since": _written(place)}, scope, etag, 0)
        if page.unchanged:
            return
        if place is not None and not page.rows and page.next is None:
            # As long as nothing changes the same question is asked, and its answer is free.
            yield Slice([], {"since": stamp(place), "etag": page.etag}, page.altered)
            return
        horizon = page.at - OVERLAP
        known: set[tuple[int, str]] = set()
        links: set[str] = set()
        empty = 0
        for _ in range(ROUNDS):
            fresh = [row for row in page.rows if _key(row) not in known]
            link = page.next
            if link is None:
                yield Slice(fresh, {"since": stamp(horizon)}, page.altered)
                return
            edge = place
            if page.rows:
                last = _moment(page.rows[-1].get("updated_at"), scope)
                edge = min(last, horizon)
            empty = 0 if page.rows else empty + 1
            if edge is not None and (place is None or edge > place):
                place, links = edge, set()
                known = {_key(row) for row in page.rows}
                yield Slice(fresh, {"since": stamp(place)}, page.altered)
                question = {**asked, "since": _written(place)}
                page, size = self._sized(path, question, scope, None, size)
                continue
            # One second with more rows than a page holds, or rows so young that they may still
            # move: these are read once more by the next turn.
            if link in links or empty > EMPTY:
                raise _endless(path, scope)
            links.add(link)
            known |= {_key(row) for row in page.rows}
            yield Slice(fresh, {"since": stamp(place or horizon)}, page.altered)
            page = self._page(link, None, scope, None)
        raise _endless(path, scope)

    def graphql(self, query: str, variables: Mapping[str, Any], scope: str | None = None) -> Json:
        """The `data` of a question to the GraphQL API (a POST that only reads)."""
        return self.graphql_at(query, variables, scope)[0]

    def graphql_at(
        self, query: str, variables: Mapping[str, Any], scope: str | None = None
    ) -> tuple[Json, datetime]:
        """The same, and GitHub's clock when it answered."""
        body = {"query": query, "variables": dict(variables)}
        answer = self._http.request("POST", self._graphql, json=body, scope=scope)
        data = answer.data.get("data") if isinstance(answer.data, Mapping) else None
        if not isinstance(data, Mapping):
            raise Unexpected("GitHub's GraphQL API gave an answer without data.", scope=scope)
        return data, _clock(answer, scope)

    def _page(
        self, path: str, params: Mapping[str, Any] | None, scope: str | None, etag: str | None
    ) -> Rows:
        page = self.rows(path, params, scope, etag)
        if page is None:
            raise Unexpected(f"GitHub's answer for {path} is no list.", scope=scope)
        return page

    def _sized(
        self, path: str, params: Mapping[str, Any], scope: str, etag: str | None, size: int
    ) -> tuple[Rows, int]:
        """A page, with fewer rows where GitHub cannot make so many in time (502, 504); and the
        size that it took."""
        for smaller in range(size, len(SIZES) - 1):
            asked = {**params, "per_page": SIZES[smaller]}
            page = self.rows(path, asked, scope, etag, accept=TOO_SLOW)
            if page is not None:
                return page, smaller
        last = len(SIZES) - 1
        return self._page(path, {**params, "per_page": SIZES[last]}, scope, etag), last


def nodes(api: Api, query: str, ids: Sequence[str]) -> dict[str, Json | None]:
    """Things by their global ids, in one question; None for what GitHub does not show."""
    found = api.graphql(query, {"ids": list(ids)}).get("nodes")
    if not isinstance(found, list) or len(found) != len(ids):
        raise Unexpected("GitHub's GraphQL API left out something that was asked for.")
    return {
        id: node if isinstance(node, Mapping) else None for id, node in zip(ids, found, strict=True)
    }


def goes_on(connection: Json, seen: set[str | None]) -> str | None:
    """Where a list of the GraphQL API goes on; None at its end, which must be said."""
    info = part(connection, "pageInfo")
    more, after = info.get("hasNextPage"), text(info.get("endCursor"))
    if more is False:
        return None
    if more is not True or after is None or after in seen:
        raise Unexpected("GitHub's GraphQL API does not say where a list goes on.")
    seen.add(after)
    return after


def _clock(answer: Answer, scope: str | None) -> datetime:
    at = clock(answer)
    if at is None:
        raise Unexpected(
            "GitHub's answer has no date, so that it cannot be said from when to go on.",
            remedy="Let the proxy between us and GitHub leave the header `Date`.",
            scope=scope,
        )
    return at


def _key(row: Json) -> tuple[int, str]:
    return row["id"], str(row.get("updated_at"))


def _moment(written: Any, scope: str) -> datetime:
    at = instant(written)
    if at is None:
        raise Unexpected(f"GitHub gave a time that is none: {str(written)[:40]!r}.", scope=scope)
    return at


def _written(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _endless(path: str, scope: str | None) -> Unexpected:
    return Unexpected(
        f"GitHub's pages of {urlsplit(path).path} do not come to an end.", scope=scope
    )
