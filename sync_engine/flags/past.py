"""The flags as they stood at the end of a past day, from their events.

State and severity are of that day, and so are the instants that hang on them. What a flag is about
(title, owner, project) is told as we know it now: only the last of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags.ledger import EVENT, FLAG
from sync_engine.flags.report import ASSESSMENT
from sync_engine.rules import filters
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.joins import table
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import refs
from sync_engine.store.flag_models import Waiver

STATES = {
    "opened": "open", "reopened": "open", "waiver_expired": "open", "waiver_ended": "open",
    "acknowledged": "acknowledged", "waived": "waived", "resolved": "resolved",
}  # fmt: skip
"""What each event makes of a flag; the others change its severity only."""
_waiver = table(Waiver)


class NotKnownError(Exception):
    """Nothing can be said of that day; the message says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """How well a past day is known.

    Args:
        assessed_at: the last assessment before the day's end.
        that_day: it was on that day.
    """

    assessed_at: datetime
    that_day: bool


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def known(connection: sa.Connection, day: date, now: datetime, zone: ZoneInfo) -> Known:
    """How well a day is known. Raises `NotKnownError` when nothing is, or the day is not over."""
    end = end_of(day, zone)
    if end > now:
        raise NotKnownError(f"{day} is not over; leave out --as-of to see how things stand now")
    last = connection.execute(
        sa.select(sa.func.max(ASSESSMENT.c.at)).where(ASSESSMENT.c.at < end)
    ).scalar_one()
    if last is None:
        first = connection.execute(sa.select(sa.func.min(ASSESSMENT.c.at))).scalar_one()
        since = f"since {first.astimezone(zone).date()}" if first else "never yet"
        raise NotKnownError(
            f"nobody can say what was flagged on {day}: the store has been assessed {since}"
        )
    return Known(last, last.astimezone(zone).date() == day)


def filter_flags(
    condition: str | None, day: date, zone: ZoneInfo, calendar: WorkCalendar, dialect: str
) -> sa.Select[Any]:
    """The flags of a day's end for which a condition was true then; see `filters.filter_flags`."""
    if condition is not None:
        for ref in refs(resolve(read(condition), "flag")):
            if ref.name == "frozen":
                raise LanguageError("which flags were frozen on a past day is not kept", ref.at)
    end = end_of(day, zone)
    moment = Moment(end - timedelta(microseconds=1), zone, calendar)
    return filters.filter_flags(condition, moment, dialect, _standing(end))


def _standing(end: datetime) -> sa.Subquery:
    """The table of flags as of an instant; those that had never been raised by then are missing."""
    before = EVENT.c.at < end
    moves = EVENT.c.event.in_(list(STATES))

    def last(name: str, *chosen: Any) -> Any:
        """Each flag's last event of a kind. By id: that is the order in which they took effect."""
        newest = sa.func.max(EVENT.c.id).label("id")
        ids = sa.select(newest).where(before, *chosen).group_by(EVENT.c.flag_id)
        return sa.select(EVENT).where(EVENT.c.id.in_(ids)).subquery(name)

    moved, rated = last("moved", moves), last("rated")
    raised = last("raised", EVENT.c.event.in_(("opened", "reopened")))
    worse = last("worse", EVENT.c.event == "worsened")
    state = sa.case(STATES, value=moved.c.event)
    until = (
        sa.select(sa.func.max(_waiver.c.until))
        .where(_waiver.c.flag_id == FLAG.c.id, _waiver.c.made_at < end)
        .where(sa.or_(_waiver.c.ended_at.is_(None), _waiver.c.ended_at >= end))
        .correlate(FLAG)
        .scalar_subquery()
    )
    resolved = moved.c.event == "resolved"
    then: dict[str, Any] = {
        "state": state,
        "severity": rated.c.severity,
        "opened_at": raised.c.at,
        "reopened_at": sa.case((raised.c.event == "reopened", raised.c.at)),
        "worsened_at": sa.case((worse.c.id > raised.c.id, worse.c.at)),
        "resolved_at": sa.case((resolved, moved.c.at)),
        "resolution": sa.case((resolved, moved.c.note)),
        "waived_until": sa.case((moved.c.event == "waived", until)),
        "acknowledged_by": sa.case((moved.c.event == "acknowledged", moved.c.actor)),
        "acknowledged_note": sa.case((moved.c.event == "acknowledged", moved.c.note)),
        "frozen_at": sa.null(),
        "frozen_why": sa.null(),
    }
    columns = [
        sa.type_coerce(then[column.name], column.type).label(column.name)
        if column.name in then
        else column
        for column in FLAG.c
    ]
    origin = FLAG.join(moved, moved.c.flag_id == FLAG.c.id)
    origin = origin.join(rated, rated.c.flag_id == FLAG.c.id)
    origin = origin.join(raised, raised.c.flag_id == FLAG.c.id)
    origin = origin.outerjoin(worse, worse.c.flag_id == FLAG.c.id)
    return sa.select(*columns).select_from(origin).subquery("t")
