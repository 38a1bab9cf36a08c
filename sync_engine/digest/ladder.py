"""How an unsolved flag climbs from its owner to the PMO. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_engine.digest import periods
from sync_engine.digest.addresses import folded
from sync_engine.digest.model import Ladder, Rung
from sync_engine.digest.periods import Schedule
from sync_engine.rules.calendars import WorkCalendar


@dataclass(frozen=True, slots=True)
class Step:
    """Someone who had, or is to have, a flag: their rung, address and name."""

    rung: Rung
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Climb:
    """To whom a flag climbs, and who had it before (names, the owner first)."""

    to: Step
    had: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An unsolved flag on its way up.

    Attributes:
        opened_at: of its present life.
        owner: name and address of who has it first; the address is None where nobody knows it.
        chain: who is on which rung; a rung without anybody who can be told is left out.
        past: the climbs of this life, in order, each with its instant.
    """

    opened_at: datetime
    owner: tuple[str, str | None]
    chain: Sequence[Step]
    past: Sequence[tuple[Step, datetime]] = ()


def climb(flag: Standing, ladder: Ladder, schedule: Schedule, calendar: WorkCalendar,
          now: datetime) -> Climb | None:  # fmt: skip
    """The next step of a flag, if it is time for it and anybody is left.

    Nobody has a flag twice: who is on several rungs, or owns it, is passed over.
    """
    since = flag.past[-1][1] if flag.past else flag.opened_at
    if not _over(since, ladder, schedule, calendar, now):
        return None
    had = {folded(step.address) for step, _ in flag.past}
    if flag.owner[1]:
        had.add(folded(flag.owner[1]))
    last = ladder.to.index(flag.past[-1][0].rung) if _on(flag, ladder) else -1
    on = {step.rung: step for step in flag.chain}
    for rung in ladder.to[last + 1 :]:
        step = on.get(rung)
        if step is not None and folded(step.address) not in had:
            return Climb(step, (flag.owner[0], *(each.name for each, _ in flag.past)))
    return None


def _on(flag: Standing, ladder: Ladder) -> bool:
    """Whether the flag's place is a rung of the ladder as it is configured now."""
    return bool(flag.past) and flag.past[-1][0].rung in ladder.to


def _over(
    since: datetime, ladder: Ladder, schedule: Schedule, calendar: WorkCalendar, now: datetime
) -> bool:
    """Whether the time at one rung is over."""
    first, today = (at.astimezone(schedule.zone).date() for at in (since, now))
    match ladder.unit:
        case "working days":
            return calendar.age(first, today) >= ladder.after
        case "periods":
            at = now
            for _ in range(ladder.after):
                period = periods.due(schedule, at, None)
                if period is None or period.fire_at <= since:
                    return False
                at = period.fire_at - timedelta(microseconds=1)
            return True
        case "days" | "weeks":
            days = ladder.after * (7 if ladder.unit == "weeks" else 1)
            return (today - first).days >= days
