"""GitLab's answers, checked for their shape, and its three ways of paging.

* `keyset`: by id, from link to link, where GitLab offers it; where it does not (405, or simply
  numbered pages), as `numbered`.
* `numbered`: by page number. What is taken away while a list is read moves the rest up, so a list
  of several pages ends only when its total did not fall, or when reading it again brings nothing.
* `walk`: issues, by a moment: each page begins where the last one ended. So no page has a high
  number (GitLab.com refuses what lies beyond 50,000 rows) and nothing moves between pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.gitlab.values import instant, mapping, text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import NotVisible, Refused, Unavailable, Unexpected

PAGE = 100  # the most that GitLab gives at once
MOST_ROUNDS = 100_000
MOST_PASSES = 4  # readings of a list that loses rows while it is read

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_MOMENT = timedelta(milliseconds=1)  # GitLab writes times so exactly, and keeps them more so
_UNKNOWN_WORD = re.compile(r"doesn't exist|No such type|isn't a defined|Unknown (type|field)")


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a list.

    Args:
        rows: objects, each with a whole number as `id`.
        more: whether the list goes on; None: no header says so.
        following: the parameters of the next page by keyset.
        total: rows of the whole list; None: not told (GitLab leaves it out above 10,000).
        clock: GitLab's time when it answered; None: not told.
        altered: what the door had to clean.
    """

    rows: list[Json]
    more: bool | None = None
    following: Mapping[str, str] | None = None
    total: int | None = None
    clock: datetime | None = None
    altered: int = 0


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def one(self, path: str, scope: str | None = None) -> tuple[Json, datetime | None]:
        """One object, and GitLab's time when it was given."""
        answer = self.http.request("GET", path, scope=scope)
        if not isinstance(answer.data, Mapping):
            raise Unexpected(f"GitLab's answer to {path} is no object.", scope=scope)
        return answer.data, _clock(answer)

    def find(self, path: str) -> Rows:
        """One object as a list of one; an empty list where it may not be seen (403, 404)."""
        answer = self.http.request("GET", path, accept=(403, 404))
        if answer.status != 200:
            return Rows([], clock=_clock(answer))
        return _rows(replace(answer, data=[answer.data]), path, None)

    def page(self, path: str, params: Mapping[str, Any], scope: str | None = None) -> Rows:
        """One page of a list."""
        asked = {**params, "per_page": params.get("per_page", PAGE)}
        return _rows(self.http.request("GET", path, params=asked, scope=scope), path, scope)

    def keyset(self, path: str, params: Mapping[str, Any]) -> Iterator[Rows]:
        """A list in the order of its ids, each row once."""
        by_id = {**params, "order_by": "id", "sort": "asc", "per_page": PAGE}
        asked: Mapping[str, Any] = {**by_id, "pagination": "keyset"}
        last = 0
        for _ in range(MOST_ROUNDS):
            answer = self.http.request("GET", path, params=asked, accept=(405,))
            if answer.status == 405:
                yield from self.numbered(path, by_id)
                return
            found = _rows(answer, path, None)
            if last == 0 and found.following is None and found.more:
                yield from self.numbered(path, by_id)  # an old GitLab that knows no keyset here
                return
            ids = [row["id"] for row in found.rows]
            if ids != sorted(set(ids)) or (ids and ids[0] <= last):
                raise Unexpected(f"GitLab's list {path} does not come in the order of its ids.")
            if ids:
                yield found
                last = ids[-1]
            if found.following is None:
                if found.more is None and len(ids) >= PAGE:
                    break
                return
            if not ids:
                break
            asked = {**asked, **found.following}
        raise Unexpected(f"GitLab does not say how its list {path} goes on.")

    def numbered(
        self, path: str, params: Mapping[str, Any], scope: str | None = None
    ) -> Iterator[Rows]:
        """A list by page number, each row once.

        Raises:
            Unavailable: rows kept disappearing while they were read.
        """
        told: set[int] = set()
        for reading in range(MOST_PASSES):
            steady, known, pages = True, len(told), 0
            first: int | None = None
            for found in self._pages(path, params, scope):
                pages += 1
                fresh = [row for row in found.rows if row["id"] not in told]
                told.update(row["id"] for row in fresh)
                if fresh or not told:
                    yield replace(found, rows=fresh)
                first = found.total if pages == 1 else first
                steady = steady and None not in (first, found.total) and found.total == first
            if pages < 2 or steady or (reading and known == len(told)):
                return
        raise Unavailable(f"GitLab's list {path} lost rows while it was read.", scope=scope)

    def walk(
        self, path: str, params: Mapping[str, Any], key: str, since: str, scope: str | None = None
    ) -> Iterator[Rows]:
        """Issues whose `created_at` or `updated_at` (the `key`) is `since` or later, oldest first,
        each at least once and, unless it changes meanwhile, no more."""
        after, edge = f"{key.removesuffix('_at')}_after", _moment(since, path, scope)
        before = after.replace("after", "before")
        ordered = {**params, "order_by": key, "sort": "asc"}
        told: set[int] = set()  # of the edge
        for _ in range(MOST_ROUNDS):
            found = self.page(path, {**ordered, after: _written(edge)}, scope)
            times = [_moment(row.get(key), path, scope) for row in found.rows]
            if times != sorted(times) or (times and times[0] < edge - _MOMENT):
                raise Unexpected(f"GitLab's issues do not come in the order of {key}.", scope=scope)
            yield replace(found, rows=[row for row in found.rows if row["id"] not in told])
            if found.more is False or (found.more is None and not times):
                return
            if not times:
                raise Unexpected(f"GitLab says {path} has more issues and gives none.", scope=scope)
            if times[-1] > edge:
                edge = times[-1]
                told = {row["id"] for row, at in zip(found.rows, times, strict=True) if at == edge}
                continue
            # A page of issues of one moment: these are read by number, and passed.
            told = {row["id"] for row in found.rows}
            crowd = {**ordered, after: _written(edge), before: _written(edge + _MOMENT)}
            for same in self.numbered(path, crowd, scope):
                yield replace(same, rows=[row for row in same.rows if row["id"] not in told])
                told |= {row["id"] for row in same.rows}
            edge += _MOMENT
        raise Unexpected(f"GitLab's list {path} does not end.", scope=scope)

    def graphql(self, query: str, variables: Mapping[str, Any], scope: str | None = None) -> Json:
        """The data of a GraphQL query.

        Raises:
            Refused: this GitLab does not know the words of the query.
        """
        answer = self.http.post("/graphql", {"query": query, "variables": dict(variables)})
        said = [str(mapping(each).get("message")) for each in _errors(answer)]
        if any(_UNKNOWN_WORD.search(each) for each in said):
            raise Refused(
                f"This GitLab cannot answer what is asked of its work items: {said[0][:200]}",
                remedy="Upgrade GitLab to 17.0 or later (18.2 for `statuses: true`), or check "
                "that `plan` names its plan.",
            )
        data = mapping(answer).get("data")
        if said or not isinstance(data, Mapping):
            told = said[0][:200] if said else "no data"
            raise Unexpected(f"GitLab's GraphQL answered with: {told}", scope=scope)
        return data

    def _pages(self, path: str, params: Mapping[str, Any], scope: str | None) -> Iterator[Rows]:
        """All pages by number, once."""
        told: set[int] = set()
        for number in range(1, MOST_ROUNDS):
            found = self.page(path, {**params, "page": number if number > 1 else None}, scope)
            fresh = {row["id"] for row in found.rows} - told
            if not fresh and (found.rows or found.more):
                raise Unexpected(f"GitLab's list {path} says it has more and repeats itself.",
                                 scope=scope)  # fmt: skip
            told |= fresh
            yield found
            if not found.rows or found.more is False:
                return
        raise Unexpected(f"GitLab's list {path} does not end.", scope=scope)


def not_listed(place: str) -> NotVisible:
    """What is said of a group or project that is configured and that GitLab does not show."""
    return NotVisible(
        f"{place} is not visible to the account that reads.",
        remedy="Add the account as a member with the role Reporter, or take the place out of "
        "`groups` or `projects`.",
        scope=place,
    )


def stamp(at: datetime) -> str:
    """An instant as it is kept in a cursor."""
    return at.astimezone(UTC).isoformat()


def _written(at: datetime) -> str:
    """An instant as GitLab filters by it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(written: object, path: str, scope: str | None) -> datetime:
    held = instant(written)
    if held is None:
        raise Unexpected(f"GitLab gave an issue of {path} a time that is none.", scope=scope)
    return held.replace(microsecond=held.microsecond // 1000 * 1000)


def _errors(answer: object) -> list[Any]:
    errors = mapping(answer).get("errors")
    return errors if isinstance(errors, list) else []


def _rows(answer: Answer, path: str, scope: str | None) -> Rows:
    rows = answer.data
    if not isinstance(rows, list) or not all(
        isinstance(row, Mapping) and type(row.get("id")) is int and row["id"] > 0 for row in rows
    ):
        raise Unexpected(f"GitLab's answer to {path} is no list of objects with ids.", scope=scope)
    headers = answer.headers
    number, links = headers.get("x-next-page"), headers.get("link")
    more: bool | None = None
    if number is not None:
        more = bool(number.strip())
    elif links is not None:
        more = _NEXT.search(links) is not None
    total = headers.get("x-total", "")
    return Rows(
        rows,
        more,
        _following(links) if number is None else None,
        int(total) if total.isdecimal() else None,
        _clock(answer),
        answer.altered,
    )


def _following(links: str | None) -> Mapping[str, str] | None:
    """The parameters of the next page; of the link nothing else is believed: its host is what
    GitLab was configured to be called, which may not be what we call it."""
    found = _NEXT.search(links or "")
    return dict(parse_qsl(urlsplit(found[1]).query)) if found else None


def _clock(answer: Answer) -> datetime | None:
    written = text(answer.headers.get("date"))
    try:
        return parsedate_to_datetime(written).astimezone(UTC) if written else None
    except ValueError:
        return None
