"""The answers to one condition on all subjects of a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.compile import compiled
from sync_engine.rules.frames import frame_for
from sync_engine.rules.language import read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.store.engine import reading

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
MOMENT = Moment(NOW, ZoneInfo("Europe/Berlin"), WorkCalendar())


@dataclass
class Found:
    """The ids of the subjects, by the answer."""

    flagged: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def answers(engine: sa.Engine, subject: str, condition: str, moment: Moment = MOMENT) -> Found:
    """Ask; a subject that answers twice fails. People and connections stand as their number."""
    found, seen = Found(), set()
    with reading(engine) as connection:
        source = source_of(frame_for(connection, moment), subject)
        holds = sa.type_coerce(compiled(resolve(read(condition), subject), source), sa.Boolean)
        live = source.live()
        rows = connection.execute(
            sa.select(source.base.c.id, holds).select_from(source.origin).where(live)
        ).all()
    for id, answer in rows:
        assert id not in seen, f"{id} stands there twice"
        seen.add(id)
        told = found.unknown if answer is None else found.flagged if answer else found.met
        told.add(str(id))
    return found
