"""What a first read is cut into, and what a cursor holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from connectors.sdk.contract import Cursor, Lane
from connectors.sdk.errors import CursorExpired

OVERLAP = timedelta(minutes=5)  # Jira's search is late by seconds
LANE_ISSUES = 1000  # a project with more is cut into windows of the day of creation
MOST_WINDOWS = 32


def ms(at: datetime) -> int:
    """Milliseconds since 1970: the one form of a time that JQL reads alike in every zone."""
    return round(at.timestamp() * 1000)


def ms_of(span: timedelta) -> int:
    """A span in milliseconds."""
    return span // timedelta(milliseconds=1)


def windows(project_id: str, count: int, first: datetime | None, now: datetime) -> list[Lane]:
    """The lanes of a project's first read: windows of creation, open at both ends.

    Creation never changes, not even when an issue moves in from another project. Edges lie on
    multiples of a power of two, so that a first read that is resumed is cut alike.
    """
    wanted = min(-(-count // LANE_ISSUES), MOST_WINDOWS)
    span = ms(now) - ms(first) if first is not None else 0
    if wanted < 2 or span < wanted:
        return [Lane(f"{project_id}:-", scope=project_id)]
    width: int = 1 << ((span // wanted).bit_length() - 1)
    start = ms(now) - span
    edges: list[int | str] = ["", *range((start // width + 1) * width, ms(now), width), ""]
    return [Lane(f"{project_id}:{low}-{high}", scope=project_id) for low, high in pairwise(edges)]


def clause_of(lane: str) -> str:
    """The JQL of a lane that `windows` has named."""
    project_id, _, window = lane.partition(":")
    low, _, high = window.partition("-")
    parts = [f"project in ({project_id})"]
    parts += [f"created >= {low}"] if low else []
    parts += [f"created < {high}"] if high else []
    return " AND ".join(parts)


def is_later(cursor: Cursor | None) -> bool:
    """Whether a cursor is of a lane that has been read through once."""
    return cursor is not None and "updated_ms" in cursor


def after_first(started_ms: int, clocks: Sequence[str]) -> Cursor:
    """The cursor after a first read that began then; `clocks` are the ids of the SLA fields."""
    at = {"updated_ms": str(started_ms - ms_of(OVERLAP)), "swept_ms": str(started_ms)}
    return {**at, "clocks": ",".join(clocks)}


def joint(cursors: Mapping[str, Cursor], now_ms: int, clocks: Sequence[str]) -> Cursor:
    """Where the one later lane starts, once all lanes of the first read have ended.

    A first read may take several turns: what its earliest lane has seen is the oldest.
    """
    started = [now_ms]
    for cursor in cursors.values():
        if is_later(cursor):
            started.append(number_in(cursor, "updated_ms") + ms_of(OVERLAP))
        elif "started_ms" in cursor:
            started.append(number_in(cursor, "started_ms"))
    return after_first(min(started), clocks)


def number_in(cursor: Cursor, name: str) -> int:
    """A number that this connector has put into a cursor; raises `CursorExpired` for others."""
    try:
        return int(cursor.get(name, "0"))
    except ValueError as error:
        raise CursorExpired(
            "A cursor of this connection is damaged; the lane starts anew."
        ) from error
