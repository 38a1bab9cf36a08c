"""Wrike's answers, checked for their shape, and its ways of asking for much at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sdk.contract import Answer, Http
from connectors.sdk.errors import Unexpected
from connectors.wrike.words import stamp, text

ROUNDS = 100_000
"""Pages of one question; beyond that something goes round in circles."""
STALE = 3
"""Answers in a row that bring nothing new, say that there is more, and are followed."""
AT_ONCE = 100
"""Ids that one question may name."""
HIDDEN, NO_SUCH = 403, 404
NOT_ALLOWED = "not_allowed"
"""What Wrike says where the licence or the role does not go so far."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Objects with an id each, as one answer holds them.

    Args:
        at: Wrike's clock when it answered.
        altered: how much the door had to clean in the answer.
        more: names the next page; None where there is none.
    """

    rows: Sequence[dict[str, Any]]
    at: datetime
    altered: int = 0
    more: str | None = None


@dataclass(slots=True)
class Named:
    """What was found under some ids.

    Args:
        refused: the ids that are not shown, with the status that says so.
    """

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    altered: int = 0

    def add(self, asked: Sequence[str], page: Rows) -> None:
        """What one answer gave, and left out, of the ids that were asked for."""
        self.rows.update((row["id"], row) for row in page.rows)
        self.refused.update((id, NO_SUCH) for id in asked if id not in self.rows)
        self.altered += page.altered


class Api:
    """Reads one account; keeps nothing but the door."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def rows(
        self, path: str, params: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> Rows:
        """One answer. Where there may be further pages, see `pages`."""
        answer = self._http.request("GET", path, params=params, scope=scope)
        return _rows(answer, path, scope)

    def account(self) -> Mapping[str, Any]:
        """The one account that the credential reads."""
        found = self.rows("/account").rows
        if not found:
            raise Unexpected("Wrike names no account for this credential.")
        return found[0]

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> Iterator[Rows]:
        """All answers to a question, each row once.

        Every page is asked with the same filters. The last one names no further page; a token may
        come again and again, so it is known by its rows whether the pages go on.
        """
        told: set[str] = set()
        asked, stale = dict(params or {}), 0
        for _ in range(ROUNDS):
            page = self.rows(path, asked, scope)
            fresh = [row for row in page.rows if row["id"] not in told]
            told.update(row["id"] for row in fresh)
            yield Rows(fresh, page.at, page.altered, page.more)
            if page.more is None:
                return
            stale = 0 if fresh else stale + 1
            if stale > STALE:
                break
            asked["nextPageToken"] = page.more
        raise Unexpected(f"Wrike's pages of {path} do not come to an end.", scope=scope)

    def named(self, path: str, ids: Sequence[str]) -> Named:
        """Objects by their ids, a hundred at a time.

        Wrike refuses a whole question for one id that it does not show, so a refused one is halved
        until the id stands alone; but not where the licence allows none of them.
        """
        found = Named()
        parts = [list(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)]
        while parts:
            part = parts.pop()
            asked = f"{path}/{','.join(part)}"
            answer = self._http.request("GET", asked, accept=(HIDDEN, NO_SUCH))
            half = len(part) // 2
            if answer.status not in (HIDDEN, NO_SUCH):
                found.add(part, _rows(answer, path, None))
            elif half and not _is_by_licence(answer):
                parts += [part[:half], part[half:]]
            else:
                found.refused.update(dict.fromkeys(part, answer.status))
        return found


def between(start: datetime | str, end: datetime | None = None) -> str:
    """A filter for a range of time, both ends inclusive."""
    first = start if isinstance(start, str) else stamp(start)
    last = "" if end is None else f',"end":"{stamp(end)}"'
    return f'{{"start":"{first}"{last}}}'


def _is_by_licence(answer: Answer) -> bool:
    return isinstance(answer.data, Mapping) and answer.data.get("error") == NOT_ALLOWED


def _rows(answer: Answer, path: str, scope: str | None) -> Rows:
    held = answer.data if isinstance(answer.data, Mapping) else {}
    found = held.get("data")
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and text(each.get("id")) for each in found
    ):
        raise Unexpected(f"Wrike's answer for {path} holds no list of data with ids.", scope=scope)
    return Rows(found, _clock(answer, path), answer.altered, text(held.get("nextPageToken")))


def _clock(answer: Answer, path: str) -> datetime:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        raise Unexpected(f"Wrike's answer for {path} carries no date.") from None
