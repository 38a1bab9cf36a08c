"""How a project stands by what is found, beside what is reported of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_engine.views.compliance import Counts

RANKS = {"on_track": 0, "at_risk": 1, "off_track": 2}
"""Healths that can be compared; one on hold or complete is neither better nor worse."""

WORDS = {
    "on_track": "on track", "at_risk": "at risk", "off_track": "off track", "on_hold": "on hold",
    "complete": "complete",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reported:
    """The last status update of a project. `health`: None: in a word that nobody has mapped, or
    without any; `label` is the tool's own word."""

    at: datetime
    health: str | None
    label: str | None
    author: str | None = None
    title: str | None = None
    text: str | None = None

    @property
    def words(self) -> str:
        """As people say it."""
        return WORDS.get(self.health or "", self.label or "no health given")


@dataclass(frozen=True, slots=True)
class Found:
    """How a project stands by its flags. `health`: None: nothing could be assessed."""

    health: str | None
    why: str

    @property
    def words(self) -> str:
        """As people say it."""
        return WORDS.get(self.health or "", "not assessable")


def found_health(counts: Counts | None, flags: Mapping[str, int], unflagged: int = 0) -> Found:
    """How a project stands: off track with a critical flag open, at risk with a high one.

    Args:
        counts: of its last assessment; None: there was none.
        flags: unsolved ones by severity.
        unflagged: checks that were flagged and have no flag, so that nobody knows how severe.
    """
    if flags.get("critical"):
        return Found("off_track", "a critical flag is open")
    if flags.get("high"):
        return Found("at_risk", "a flag of high severity is open")
    if counts is None:
        return Found(None, "it was not assessed yet")
    if counts.share is None:
        return Found(None, "no check could be made of it")
    if unflagged:
        one = unflagged == 1
        return Found(
            None,
            f"{unflagged:,} {'check breaks a standard' if one else 'checks break their standards'} "
            "without a flag, so how grave that is is not known",
        )
    return Found("on_track", "no critical or high flag is open")


def is_watermelon(reported: Reported | None, found: Found) -> bool:
    """Green outside, red inside: reported better than it is found."""
    if reported is None or reported.health not in RANKS or found.health not in RANKS:
        return False
    return RANKS[reported.health] < RANKS[found.health]
