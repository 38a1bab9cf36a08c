"""ClickUp's answers, checked for their shape, and its way of paging tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from connectors.clickup.words import id_of, millis
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unexpected

ROUNDS = 100_000
"""A list of ten million tasks; beyond that something goes round in circles."""
EMPTY = 3
"""Answers in a row that bring nothing new, say "more", and are followed."""
COMMENTS_PAGE = 25
EVERYTHING: Json = {"include_closed": True, "subtasks": True}
"""Without these, closed tasks and subtasks are left out."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Objects with an id each, as one answer holds them.

    Args:
        rows: the objects.
        at: ClickUp's clock when it answered; None when the answer does not say.
        altered: how much the door had to clean in the answer.
        reached: a page of tasks: all that were created (changed) before this are told, in
            milliseconds; None where the pages do not come in that order.
    """

    rows: Sequence[dict[str, Any]]
    at: datetime | None
    altered: int = 0
    reached: int | None = None


class Api:
    """Reads one workspace; keeps nothing but the door."""

    def __init__(self, http: Http, workspace: str) -> None:
        self.http = http
        self.workspace = workspace
        self.team = f"/team/{workspace}"

    def object(self, path: str) -> tuple[Mapping[str, Any], datetime | None]:
        """One object, and ClickUp's time when it gave it."""
        answer = self.http.request("GET", path)
        if not isinstance(answer.data, Mapping):
            raise Unexpected(f"ClickUp's answer for {path} is not an object.")
        return answer.data, clock(answer)

    def rows(
        self,
        path: str,
        key: str,
        params: Mapping[str, Any] | None = None,
        scope: str | None = None,
    ) -> Rows:
        """The objects under a name in an answer."""
        answer = self.http.request("GET", path, params=params, scope=scope)
        return _rows(answer, path, key, scope)

    def tasks(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        by: Literal["created", "updated"],
        since: int | None = None,
        counted: bool = False,
        scope: str | None = None,
    ) -> Iterator[Rows]:
        """All tasks that a question gives, closed ones and subtasks too, each at least once.

        ClickUp pages by number, and a number counts tasks of a list that others change meanwhile:
        one that is deleted or changed moves others over the edge of a page. So each answer's last
        instant becomes the lower end of the next question, inclusive (the filter is not: it gets
        one millisecond less), and only within one instant the pages are counted. Should the
        answers not come oldest first, as `reverse` promises, they are counted all along.

        Args:
            path: a list's tasks or those of the workspace.
            params: further filters.
            by: the instant that orders them.
            since: from this instant on, in milliseconds; None: from the beginning.
            counted: page by number alone, which takes no order for granted.
            scope: the container that is named in errors.
        """
        low, number, stale, in_order = since, 0, 0, not counted
        told: dict[str, int | None] = {}
        for _ in range(ROUNDS):
            asked = {
                **EVERYTHING,
                **params,
                "order_by": by,
                "reverse": True,
                "page": number,
                f"date_{by}_gt": None if low is None else max(low - 1, 0),
            }
            answer = self.http.request("GET", path, params=asked, scope=scope)
            page = _rows(answer, path, "tasks", scope)
            stamps = [millis(row.get(f"date_{by}")) for row in page.rows]
            in_order = in_order and _ascends(stamps, low)
            fresh = [row for row in page.rows if row["id"] not in told]
            told.update(zip((row["id"] for row in page.rows), stamps, strict=True))
            newest = _rise(stamps) if in_order else None
            ended = _ended(answer.data, page.rows)
            if fresh or ended:
                yield Rows(fresh, page.at, page.altered, newest)
            if ended:
                return
            stale = 0 if fresh else stale + 1
            if stale > EMPTY:
                break
            if newest is not None and (low is None or newest > low):
                low, number = newest, 0
                told = {id: stamp for id, stamp in told.items() if stamp == newest}
            else:
                number += 1
        raise Unexpected(f"ClickUp's pages of {path} do not come to an end.", scope=scope)

    def comments(self, task: str, scope: str | None) -> tuple[list[dict[str, Any]], int]:
        """All comments of a task, newest first, and how much was cleaned in them."""
        path, found, altered = f"/task/{task}/comment", dict[str, dict[str, Any]](), 0
        params: dict[str, Any] = {}
        for _ in range(ROUNDS):
            page = self.rows(path, "comments", params, scope)
            fresh = [row for row in page.rows if row["id"] not in found]
            found.update((row["id"], row) for row in fresh)
            altered += page.altered
            if len(page.rows) < COMMENTS_PAGE:
                return list(found.values()), altered
            oldest = page.rows[-1]
            if not fresh:
                break
            params = {"start": millis(oldest.get("date")), "start_id": oldest["id"]}
        raise Unexpected(f"ClickUp's pages of {path} do not come to an end.", scope=scope)


def clock(answer: Answer) -> datetime | None:
    """ClickUp's time when it answered; None when the answer does not say."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def _ascends(stamps: Sequence[int | None], low: int | None) -> bool:
    known = [stamp for stamp in stamps if stamp is not None]
    whole = len(known) == len(stamps) and known == sorted(known)
    return whole and (not known or low is None or known[0] >= low)


def _rise(stamps: Sequence[int | None]) -> int | None:
    """The last instant of a page that shows its order by having an earlier one before it."""
    first, last = (stamps[0], stamps[-1]) if stamps else (None, None)
    return last if first is not None and last is not None and last > first else None


def _ended(data: Any, rows: Sequence[Any]) -> bool:
    """ClickUp's end mark; where it is left out, a page beyond the end, which is empty."""
    last = data.get("last_page")
    return last if isinstance(last, bool) else not rows


def _rows(answer: Answer, path: str, key: str, scope: str | None) -> Rows:
    found = answer.data.get(key) if isinstance(answer.data, Mapping) else None
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and id_of(each.get("id")) for each in found
    ):
        raise Unexpected(
            f"ClickUp's answer for {path} holds no list of {key} with an id each.", scope=scope
        )
    return Rows(found, clock(answer), answer.altered)
