"""What becomes of one flag, given what an assessment says. Pure.

::

    (nothing) ──opened──> open ──acknowledged──> acknowledged
                           │ ▲ ──waived──> waived ──waiver_expired──> open
                           ▼ │ (from any state)
                        resolved ──reopened──> open, or waived while the waiver still runs
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sync_engine.rules.calendars import Moment
from sync_engine.rules.scan import FLAGGED, MET, OUT, UNKNOWN
from sync_engine.rules.standards import SEVERITIES, Severity, Standard

WAIVER_NOTICE = timedelta(days=14)
"""So long before its end, a waiver is told to be running out."""

State = Literal["open", "acknowledged", "waived", "resolved"]
Resolution = Literal["fixed", "out_of_scope", "gone", "standard_off", "removed"]
Freeze = Literal["stale", "unread", "not_assessable", "slow", "suspect", "access_lost"]


@dataclass(frozen=True, slots=True)
class Resolve:
    """The flag is no more."""

    why: Resolution


@dataclass(frozen=True, slots=True)
class Frozen:
    """No answer could be had: the flag stays as it is, and says so."""

    why: Freeze


@dataclass(frozen=True, slots=True)
class Stands:
    """The subject still breaks the standard."""


@dataclass(frozen=True, slots=True)
class Untouched:
    """This assessment did not look."""


Verdict = Resolve | Frozen | Stands | Untouched


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an assessment knows of one flag's subject.

    Args:
        standard: it is in force.
        connection: the subject's connection is configured.
        looked: the subject was looked at.
        there: the subject is there; `lost`: it is not, because we may no longer see it.
        fresh: its data are recent enough to conclude anything.
        read: its connection is read at all.
        halted: why its standard gave no answers.
        answer: a code of `scan`.
    """

    standard: bool
    connection: bool
    looked: bool
    there: bool
    lost: bool
    fresh: bool
    read: bool
    halted: Literal["slow", "suspect"] | None
    answer: int


def verdict(seen: Seen) -> Verdict:  # noqa: PLR0911  # an ordered list of reasons
    """What an assessment means for a live flag."""
    if not seen.standard:
        return Resolve("standard_off")
    if not seen.connection:
        return Resolve("removed")
    if not seen.looked:
        return Untouched()
    if not seen.there:
        return Frozen("access_lost") if seen.lost else Resolve("gone")
    if seen.halted is not None:
        return Frozen(seen.halted)
    if not seen.fresh:
        return Frozen("stale" if seen.read else "unread")
    answers: dict[int, Verdict] = {
        OUT: Resolve("out_of_scope"),
        MET: Resolve("fixed"),
        FLAGGED: Stands(),
        UNKNOWN: Frozen("not_assessable"),
    }
    return answers[seen.answer]


def severity(
    standard: Standard, opened: date, state: State, moment: Moment, *, worse: bool
) -> Severity:
    """How severe a flag is by now: a standard may escalate what stays open for long, and what
    is a more severe case by its own condition (`worse`)."""
    rule = standard.escalate
    if rule is None or state == "waived":
        return standard.severity
    if worse or (rule.after is not None and opened < moment.day_back(*rule.after)):
        return max(standard.severity, rule.to, key=SEVERITIES.index)
    return standard.severity


def expired(state: State, until: date | None, today: date) -> bool:
    """A waiver has run out; its last day still counts."""
    return state == "waived" and until is not None and until < today


def reopened_as(until: date | None, today: date) -> State:
    """The state of a flag that comes back."""
    return "waived" if until is not None and until >= today else "open"
