"""Teamwork's answers, checked for their shape, and its way of paging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sdk.contract import Answer, Budget, Cursor, Http
from connectors.sdk.errors import ConnectorError, Throttled, Unexpected
from connectors.teamwork.words import id_of, instant, part, whole

V3 = "/projects/api/v3"
PAGE_SIZE = 250
BY_ID: Mapping[str, Any] = {"orderBy": "id", "orderMode": "asc"}
"""The one order that stays while others work."""
ROUNDS = 100_000
"""Pages of one list; beyond that something goes round in circles."""
OVERLAP = timedelta(minutes=5)
"""How far a turn looks back behind the beginning of the last one."""
_EPOCH_BEGINS = 1_000_000_000
"""A number beyond it is a time since 1970, one below it a span."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list.

    Args:
        rows: objects with an id each, those that an earlier page brought already left out.
        included: what the answer tells besides, by kind and id.
        number: of the page, from 1 on.
        more: whether there is a next one.
        at: Teamwork's clock when it answered.
        altered: how much the door had to clean in the answer.
    """

    rows: Sequence[dict[str, Any]]
    included: Mapping[str, Any] = field(default_factory=dict)
    number: int = 1
    more: bool = False
    at: datetime | None = None
    altered: int = 0

    def included_one(self, kind: str, id: str | None) -> Mapping[str, Any]:
        """One object that the answer tells besides; an empty one if there is none."""
        return part(part(self.included, kind), id or "")


class Api:
    """Reads one site; keeps nothing but the door."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def object(
        self, path: str, key: str, scope: str | None = None
    ) -> tuple[Mapping[str, Any], datetime | None]:
        """One object, and Teamwork's time when it gave it."""
        answer = self.http.request("GET", f"{V3}{path}", scope=scope)
        found = answer.data.get(key) if isinstance(answer.data, Mapping) else None
        if not isinstance(found, Mapping) or id_of(found.get("id")) is None:
            raise Unexpected(f"Teamwork's answer for {path} holds no {key} with an id.")
        return found, clock(answer)

    def pages(
        self,
        path: str,
        key: str,
        params: Mapping[str, Any] | None = None,
        *,
        first: int = 1,
        scope: str | None = None,
    ) -> Iterator[Rows]:
        """The pages of a list, until Teamwork says that there is none after it.

        Pages are counted, so the list must not change while they are read, other than by growing
        at its end: ask for it in the order of ids, and with what was deleted where that is told.

        Args:
            path: below that of the API.
            key: what the list is called in the answer.
            params: filters, order, what to tell besides.
            first: the page to begin with.
            scope: the container that is named in errors.
        """
        seen: set[str] = set()
        for number in range(first, first + ROUNDS):
            asked = {**(params or {}), "page": number, "pageSize": PAGE_SIZE, "skipCounts": True}
            answer = self.http.request("GET", f"{V3}{path}", params=asked, scope=scope)
            rows, more = _rows(answer.data, path, key, scope)
            fresh = {id: row for row in rows if (id := str(id_of(row["id"]))) not in seen}
            if more and not fresh:
                break
            seen.update(fresh)
            included = part(answer.data, "included")
            yield Rows(list(fresh.values()), included, number, more, clock(answer), answer.altered)
            if not more:
                return
        raise Unexpected(f"Teamwork's pages of {path} do not come to an end.", scope=scope)

    def changes(
        self, path: str, key: str, params: Mapping[str, Any], since: Cursor | None
    ) -> Iterator[tuple[Rows, Cursor]]:
        """What changed since a cursor (all without one), with the cursor after each page.

        A cursor holds `since`, Teamwork's clock at the beginning of the last read less an
        overlap; and of a read that was cut, its own beginning `begun` and the next `page`.
        """
        held = dict(since or {})
        begun = instant(held.get("begun"))
        kept = {"since": held["since"]} if "since" in held else {}
        asked = {**params, "updatedAfter": held.get("since")}
        for page in self.pages(path, key, asked, first=whole(held.get("page")) or 1):
            begun = begun or page.at
            if begun is None:
                raise Unexpected("Teamwork's answers carry no date, which reading changes needs.")
            if page.more:
                yield page, {**kept, "begun": stamp(begun), "page": str(page.number + 1)}
            else:
                yield page, {"since": stamp(begun - OVERLAP)}


def stamp(at: datetime) -> str:
    """An instant as Teamwork wants it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(answer: Answer) -> datetime | None:
    """Teamwork's time when it answered; None when the answer does not say."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def refusal(answer: Answer) -> ConnectorError | None:
    """Too many requests, with the time at which there are some again."""
    if answer.status != 429 or "retry-after" in answer.headers:
        return None
    at, span = clock(answer), _until_reset(answer)
    if at is None or span is None:
        return None
    return Throttled("Teamwork's requests of this minute are used up.", until=at + span)


def budget(answer: Answer) -> Sequence[Budget]:
    """What is left of the requests of this minute."""
    left, limit = (
        answer.headers.get(f"x-rate-limit-{name}", "") for name in ("remaining", "limit")
    )
    span = _until_reset(answer)
    if not _is_number(left) or span is None:
        return ()
    return [Budget(int(left), span, limit=int(limit) if _is_number(limit) else None)]


def _until_reset(answer: Answer) -> timedelta | None:
    """How long until the requests are given anew: told as seconds since 1970, or as a span."""
    told, at = answer.headers.get("x-rate-limit-reset", ""), clock(answer)
    if not _is_number(told):
        return None
    if int(told) < _EPOCH_BEGINS:
        return timedelta(seconds=int(told))
    if at is None:
        return None
    return max(datetime.fromtimestamp(int(told), UTC) - at, timedelta())


def _is_number(told: str) -> bool:
    return told.isascii() and told.isdigit() and len(told) < 11


def _rows(data: Any, path: str, key: str, scope: str | None) -> tuple[list[dict[str, Any]], bool]:
    found = data.get(key) if isinstance(data, Mapping) else None
    # A list with nothing in it may be null.
    rows = [] if found is None and isinstance(data, Mapping) and key in data else found
    if not isinstance(rows, list) or not all(
        isinstance(each, dict) and id_of(each.get("id")) for each in rows
    ):
        raise Unexpected(
            f"Teamwork's answer for {path} holds no list of {key} with an id each.", scope=scope
        )
    more = part(part(data, "meta"), "page").get("hasMore")
    if not isinstance(more, bool):
        raise Unexpected(f"Teamwork does not say whether {path} goes on.", scope=scope)
    return rows, more
