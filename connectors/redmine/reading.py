"""How Redmine's lists are read to their true end, whatever happens to them meanwhile.

Three traps shape this file:

* A key that Redmine does not know (any more) makes the caller anonymous, and an anonymous caller
  gets **200 and an empty or shorter list**. So nothing read is handed on before `identity` has
  said, *after* the reading, that we are still who we were.
* Offsets count rows of a list that others change meanwhile. Issues are therefore read by key
  (`issue_id >= …`, `updated_on >= …`), never by offset; where Redmine offers no key (projects,
  people, spent time), each page begins with the last row of the page before.
* `total_count`, not the length of a page, is the end mark: Redmine cuts `limit` silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unavailable, Unexpected

PAGE = 100  # the most that Redmine gives at once
MOST_ROUNDS = 100_000
MOST_EMPTY = 3  # pages without a row in a list that says it has more
MOST_PASSES = 3  # readings of a list that loses rows while it is read
EVERY = {"status_id": "*"}  # without it only open issues are listed


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list.

    Args:
        rows: objects, each with a whole number as `id`.
        total: how many rows the question has in all, as Redmine counts them.
        server_time: the answer's `Date`; None when nothing between us and Redmine sets one.
    """

    rows: list[Json]
    total: int
    server_time: datetime | None

    @property
    def whole(self) -> bool:
        """Whether the page holds all that there is from its start on."""
        return len(self.rows) >= self.total


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are for Redmine."""

    login: str
    admin: bool
    projects: frozenset[str]  # ids of the projects of which the account is a member
    server_time: datetime | None


def stamp(at: datetime) -> str:
    """An instant as Redmine writes and filters it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(written: str) -> datetime:
    """The reverse of `stamp`; anything else is `Unexpected`."""
    try:
        held = datetime.fromisoformat(written)
    except ValueError as error:
        raise Unexpected(f"Redmine gave a time that is none: {written[:40]!r}.") from error
    return held if held.tzinfo else held.replace(tzinfo=UTC)


def identity(http: Http) -> Account:
    """Ask Redmine who we are; the one question that an unknown key does not pass."""
    answer = http.request("GET", "/users/current.json", params={"include": "memberships"})
    user = answer.data.get("user") if isinstance(answer.data, Mapping) else None
    if not isinstance(user, Mapping) or not isinstance(user.get("id"), int):
        raise Unexpected("Redmine did not say whose key this is (/users/current.json).")
    memberships = user.get("memberships") or ()
    return Account(
        login=str(user.get("login") or user["id"]),
        admin=user.get("admin") is True,
        projects=frozenset(
            str(each["project"]["id"])
            for each in memberships
            if isinstance(each, Mapping) and isinstance(each.get("project"), Mapping)
        ),
        server_time=_server_time(answer.headers),
    )


def listing(
    http: Http,
    path: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    scope: str | None = None,
) -> Listing:
    """One page of a list; `key` is the name under which the rows stand."""
    answer = http.request("GET", path, params=params, scope=scope)
    rows = rows_of(answer, path, key, scope)
    total = answer.data.get("total_count", len(rows))
    if not isinstance(total, int):
        raise Unexpected(f"Redmine's answer to {path} has no total_count.", scope=scope)
    return Listing(rows, total, _server_time(answer.headers))


def rows_of(answer: Answer, path: str, key: str, scope: str | None = None) -> list[Json]:
    """The rows under a name in an answer, each an object with a whole number as `id`."""
    rows = answer.data.get(key) if isinstance(answer.data, Mapping) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, Mapping) and isinstance(row.get("id"), int) for row in rows
    ):
        raise Unexpected(f"Redmine's answer to {path} holds no list of {key}.", scope=scope)
    return rows


def offset_pages(
    http: Http,
    path: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    scope: str | None = None,
) -> Iterator[list[Json]]:
    """The rows of a list that can only be read by offset, each at least once.

    Raises:
        Unavailable: rows kept disappearing while they were read.
        Unexpected: the pages do not advance.
    """
    stuck = False
    for _ in range(MOST_PASSES):
        seen: set[int] = set()
        stuck = False
        while not stuck:
            # The page begins with a row that was read already. If it does not, rows before it
            # were taken away, others moved up into the pages read, and the list starts again.
            paging = {"offset": max(len(seen) - 1, 0), "limit": PAGE}
            page = listing(http, path, key, {**(params or {}), **paging}, scope)
            if seen and (not page.rows or page.rows[0]["id"] not in seen):
                break
            fresh = [row for row in page.rows if row["id"] not in seen]
            seen.update(row["id"] for row in fresh)
            if fresh:
                yield fresh
            if len(seen) >= page.total:
                return
            stuck = not fresh  # rows came in before the ones read, or the pages repeat
    if stuck:
        raise Unexpected(
            f"Redmine's list {path} says it has more rows and gives none that are new.",
            scope=scope,
        )
    raise Unavailable(f"Redmine's list {path} lost rows while it was read.", scope=scope)


def issues_by_id(
    http: Http, params: Mapping[str, Any], after: int = 0, scope: str | None = None
) -> Iterator[Listing]:
    """The issues of a question in the order of their ids, from the one after `after`."""
    empty = 0
    for _ in range(MOST_ROUNDS):
        page = listing(
            http,
            "/issues.json",
            "issues",
            {**params, **EVERY, "issue_id": f">={after + 1}", "sort": "id:asc", "limit": PAGE},
            scope,
        )
        ids = [row["id"] for row in page.rows]
        if ids and (ids[0] <= after or ids != sorted(set(ids))):
            raise Unexpected("Redmine's issues do not come in the order of their ids.", scope=scope)
        if ids:
            yield page
            after = ids[-1]
        if page.whole:
            return
        empty = 0 if ids else empty + 1
        if empty > MOST_EMPTY:
            break
    raise Unexpected("Redmine says there are more issues and gives none.", scope=scope)


def issues_changed(http: Http, since: datetime) -> Iterator[Listing]:
    """Every issue whose `updated_on` is `since` or later, oldest change first.

    The last second of a page that is not the last is left to the next page, so that its issues
    come once. A second with more issues than a page holds is read by id.
    """
    second = timedelta(seconds=1)
    for _ in range(MOST_ROUNDS):
        page = listing(
            http,
            "/issues.json",
            "issues",
            {
                **EVERY,
                "updated_on": f">={stamp(since)}",
                "sort": "updated_on:asc,id:asc",
                "limit": PAGE,
            },
        )
        if page.whole:
            yield _between(page, since, None)
            return
        if not page.rows:
            raise Unexpected("Redmine says there are more changed issues and gives none.")
        edge = moment(updated_on(page.rows[-1]))
        if edge > since:
            yield _between(page, since, edge)
            since = edge
        else:
            window = {"updated_on": f"><{stamp(since)}|{stamp(since + second)}"}
            for crowd in issues_by_id(http, window):
                yield _between(crowd, since, since + second)
            since += second
    raise Unexpected("Redmine's list of changed issues does not end.")


def newest(http: Http, limit: int = 1) -> Listing:
    """The latest changed issues, latest first, without those dated after today."""
    return listing(
        http,
        "/issues.json",
        "issues",
        # A wide relative range: its upper end is today by Redmine's own clock.
        {**EVERY, "updated_on": "><t-36500", "sort": "updated_on:desc,id:desc", "limit": limit},
    )


def _between(page: Listing, since: datetime, before: datetime | None) -> Listing:
    """The rows of a span: where Redmine's database keeps fractions of a second, its filter also
    gives those of the second before."""
    rows = [
        row
        for row in page.rows
        if since <= moment(updated_on(row)) and (before is None or moment(updated_on(row)) < before)
    ]
    return Listing(rows, page.total, page.server_time)


def updated_on(row: Json) -> str:
    """When an issue was last changed, as Redmine wrote it."""
    written = row.get("updated_on")
    if not isinstance(written, str):
        raise Unexpected(f"Redmine's issue {row.get('id')} has no updated_on.")
    return written


def _server_time(headers: Mapping[str, str]) -> datetime | None:
    written = headers.get("date")
    if not written:
        return None
    try:
        return parsedate_to_datetime(written).astimezone(UTC)
    except ValueError:
        return None
