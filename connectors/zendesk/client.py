"""Zendesk's answers, checked for their shape, and its three ways of paging.

* The **cursor export** (tickets) goes by `generated_timestamp`, in which Zendesk writes down any
  change, its own too; `updated_at` is older than that. `after_cursor` is where to go on; at the
  end it may be null, and then the cursor before it stays the one to go on from.
* The **time export** (events, metric events) is asked from an instant on and answers up to
  `end_time`, from which the next page begins: inclusive, so the last event comes twice. More
  events within one second than a page holds would repeat that page for ever.
* **Lists** (groups, users, fields, audits) have `page[after]`.

Zendesk leaves the last minute out of its exports; what happens in it comes a turn later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sdk.contract import Answer, Cursor, Http, Json
from connectors.sdk.errors import Unexpected
from connectors.zendesk.words import instant, objects, text

API = "/api/v2"
LIST_PAGE = 100
FULL_PAGE = 1000  # of a time export
MANY = 100  # tickets that one answer may show by their ids
MOST_ROUNDS = 100_000

SETTLES = 60
"""Seconds that Zendesk keeps out of its exports; so long a read looks back, too."""

MOST_SEEN = 150  # ids in a cursor


@dataclass(frozen=True, slots=True)
class Export:
    """A page of the cursor export.

    Args:
        rows: tickets.
        users: the side-loaded users, by id.
        metrics: the side-loaded metric sets, by the ticket's id.
        cursor: where to go on; None: the export is empty so far.
    """

    rows: list[Json]
    users: Mapping[int, Json]
    metrics: Mapping[int, Json]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a time export has been read.

    Args:
        until: seconds since 1970 up to which everything was read.
        seen: ids of what was read of the last `SETTLES` seconds before that: it comes again.
    """

    until: int
    seen: Sequence[str] = ()

    @classmethod
    def read(cls, cursor: Cursor | None) -> Bookmark | None:
        """The reverse of `cursor`; None at the beginning."""
        held = (cursor or {}).get("until", "")
        if not held.isdecimal():
            return None
        return cls(int(held), (cursor or {}).get("seen", "").split())

    def cursor(self) -> Cursor:
        """As the engine keeps it."""
        return {"until": str(self.until), "seen": " ".join(self.seen[-MOST_SEEN:])}


class Client:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def answer(
        self, path: str, params: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> tuple[Mapping[str, Any], Answer]:
        """An object, and the whole answer that held it."""
        answer = self._http.request("GET", f"{API}{path}", params=params, scope=scope)
        if not isinstance(answer.data, Mapping):
            raise Unexpected(f"Zendesk's answer for {path} is not an object.", scope=scope)
        return answer.data, answer

    def find(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> tuple[int, Mapping[str, Any]]:
        """What may be gone: the status (200 or 404), and the object."""
        answer = self._http.request("GET", f"{API}{path}", params=params, accept=(404,))
        return answer.status, answer.data if isinstance(answer.data, Mapping) else {}

    def pages(
        self,
        path: str,
        key: str,
        params: Mapping[str, Any] | None = None,
        *,
        gone_is_empty: bool = False,
        ids: type[int | str] = int,
    ) -> Iterator[list[Json]]:
        """The pages of a list.

        Args:
            gone_is_empty: what the list hangs on may be gone (404): then there is no page.
            ids: how Zendesk writes the ids of such rows.
        """
        after: str | None = None
        passed: set[str] = set()
        for _ in range(MOST_ROUNDS):
            paging = {"page[size]": LIST_PAGE, "page[after]": after}
            if gone_is_empty and after is None:
                status, data = self.find(path, {**(params or {}), **paging})
                if status == 404:
                    return
            else:
                data, _ = self.answer(path, {**(params or {}), **paging})
            yield _rows(data, key, path, ids)
            meta = data.get("meta")
            more = meta.get("has_more") if isinstance(meta, Mapping) else None
            if not isinstance(more, bool) or not isinstance(meta, Mapping):
                raise Unexpected(f"Zendesk does not say whether {path} goes on.")
            if not more:
                return
            after = text(meta.get("after_cursor"))
            if after is None or after in passed:
                break
            passed.add(after)
        raise Unexpected(f"Zendesk's pages of {path} do not come to an end.")

    def tickets(
        self, cursor: str | None, start: int, params: Mapping[str, Any]
    ) -> Iterator[Export]:
        """The tickets that changed since a cursor, or, without one, since an instant."""
        path = "/incremental/tickets/cursor"
        passed = {cursor}
        for _ in range(MOST_ROUNDS):
            place = {"start_time": start} if cursor is None else {"cursor": cursor}
            data, _ = self.answer(path, {**place, **params})
            rows, ended = _rows(data, "tickets", path), data.get("end_of_stream")
            if not isinstance(ended, bool):
                raise Unexpected(f"Zendesk does not say whether {path} goes on.")
            after = text(data.get("after_cursor"))
            yield Export(
                rows,
                {user["id"]: user for user in objects(data.get("users")) if _has_id(user)},
                {
                    each["ticket_id"]: each
                    for each in objects(data.get("metric_sets"))
                    if _has_id(each, "ticket_id")
                },
                after or cursor,
            )
            if ended:
                return
            if after is None or after in passed:
                break
            passed.add(after)
            cursor = after
        raise Unexpected(f"Zendesk's pages of {path} do not come to an end.")

    def events(
        self,
        path: str,
        key: str,
        since: Cursor | None,
        start: int,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[list[Json], Cursor, datetime | None]]:
        """A time export: what is new on each page, the cursor after it, and Zendesk's clock."""
        mark = Bookmark.read(since)
        at = start if mark is None else max(mark.until - SETTLES, 0)
        known = set(mark.seen if mark else ())
        recent: dict[str, int] = {}  # what was read of the last seconds, and when it happened
        for _ in range(MOST_ROUNDS):
            data, answer = self.answer(path, {"start_time": at, **(params or {})})
            rows, clock = _rows(data, key, path), server_time(answer)
            ended, until = _is_last(data, len(rows), path), data.get("end_time")
            if not rows and ended:
                return
            if not isinstance(until, int) or isinstance(until, bool):
                raise Unexpected(f"Zendesk does not say up to when {path} was read.")
            if clock is not None:  # a time in years to come would hide all until then
                until = min(until, int(clock.timestamp()) - SETTLES)
            fresh = [row for row in rows if str(row["id"]) not in known | recent.keys()]
            recent.update((str(row["id"]), seconds_of(row)) for row in rows)
            recent = {id: second for id, second in recent.items() if second >= until - SETTLES}
            yield fresh, Bookmark(until, sorted(recent, key=recent.__getitem__)).cursor(), clock
            if ended:
                return
            if until <= at:
                raise Unexpected(
                    f"Zendesk's {path} stands still at {at}: more happened in that second than it "
                    "tells at once.",
                    remedy="Set `since` to a later day, so that this second is left out.",
                )
            at = until
        raise Unexpected(f"Zendesk's pages of {path} do not come to an end.")

    def tickets_by_id(
        self, ids: Sequence[str], params: Mapping[str, Any] | None = None
    ) -> dict[str, Json]:
        """The tickets that can be read, archived ones too; a hundred in one question."""
        found: dict[str, Json] = {}
        for first in range(0, len(ids), MANY):
            asked = ids[first : first + MANY]
            path = "/tickets/show_many"
            data, _ = self.answer(path, {"ids": ",".join(asked), **(params or {})})
            rows = {str(row["id"]): row for row in _rows(data, "tickets", path)}
            if not rows.keys() <= set(asked):
                raise Unexpected("Zendesk shows other tickets than those that were asked for.")
            found.update(rows)
        return found

    def ticket(self, id: str, params: Mapping[str, Any]) -> Json:
        """One ticket."""
        path = f"/tickets/{id}"
        data, _ = self.answer(path, params)
        ticket = data.get("ticket")
        if not isinstance(ticket, Mapping) or str(ticket.get("id")) != id:
            raise Unexpected(f"Zendesk's answer for {path} is another thing.")
        return ticket


def server_time(answer: Answer) -> datetime | None:
    """Zendesk's clock when it answered."""
    try:
        held = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return held if held.tzinfo else None


def seconds_of(row: Json) -> int:
    """When an event happened; 0 when it does not say."""
    stamp = row.get("timestamp")
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        return stamp
    at = instant(row.get("time")) or instant(row.get("created_at"))
    return 0 if at is None else int(at.timestamp())


def _has_id(row: Mapping[str, Any], name: str = "id") -> bool:
    return isinstance(row.get(name), int) and not isinstance(row[name], bool)


def _rows(data: Mapping[str, Any], key: str, path: str, ids: type[int | str] = int) -> list[Json]:
    rows = data.get(key)
    if not isinstance(rows, list) or not all(
        isinstance(row, Mapping) and type(row.get("id")) is ids for row in rows
    ):
        raise Unexpected(f"Zendesk's answer for {path} holds no list of {key}.")
    return rows


def _is_last(data: Mapping[str, Any], count: int, path: str) -> bool:
    """Zendesk's end mark; older answers have none, and end with a page that is not full."""
    ended = data.get("end_of_stream")
    if isinstance(ended, bool):
        return ended
    counted = data.get("count")
    if "end_of_stream" in data or counted != count:
        raise Unexpected(f"Zendesk does not say whether {path} goes on.")
    return count < FULL_PAGE
