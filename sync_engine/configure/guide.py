"""The guided start: what somebody has called done, and packs put on together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from sync_engine.configure.changes import Changed, Desk, Wanted, apply
from sync_engine.configured import together
from sync_engine.duties import analyse_schedules, standards_of
from sync_engine.flags.preview import Effect
from sync_engine.flags.preview import preview as previewed
from sync_engine.rules import packs
from sync_engine.settings.entry import Entry
from sync_engine.store import audit, entries
from sync_engine.store.audit import Actor
from sync_engine.store.config_models import GuideStep
from sync_engine.subscriptions import calendar_of

Step = Literal["connect", "words", "packs", "digest", "all"]
STEPS: tuple[Step, ...] = get_args(Step)[:-1]

_step: sa.Table = GuideStep.__table__  # type: ignore[attr-defined]


def call_done(engine: sa.Engine, actor: Actor, step: Step, now: datetime) -> None:
    """A step needs nothing more, or ("all") the whole start."""
    with engine.begin() as connection:
        connection.execute(sa.delete(_step).where(_step.c.step == step))
        connection.execute(sa.insert(_step), {"step": step, "done_at": now, "done_by": actor.name})
        audit.note(connection, actor, "step of the guided start done", step, at=now)


def called_done(connection: sa.Connection) -> frozenset[str]:
    """The steps that somebody has called done."""
    return frozenset(connection.execute(sa.select(_step.c.step)).scalars())


def said_by_file(desk: Desk) -> frozenset[str]:
    """The packs that the configuration file itself puts on; nothing else can take them off."""
    said = (desk.file.source.data or {}).get("standards") or {}
    return frozenset(said.get("packs") or ())


def choose_packs(desk: Desk, actor: Actor, names: Collection[str]) -> list[Changed]:
    """Put these of the packs that come with the product on, and the others off; what the file says
    stays. Raises as `apply`."""
    held = {each.name: each for each in entries.snapshot(desk.engine)[1]
            if each.kind == "pack choice"}  # fmt: skip
    on = set(desk.configuration().settings.standards.packs)
    wanted = [
        Wanted(("pack choice", name), name in names, held[name].version if name in held else None)
        for name in sorted(set(packs.known()) - said_by_file(desk))
        if (name in names) != (name in on)
    ]
    return apply(desk, actor, wanted, action="packs chosen") if wanted else []


def preview_packs(desk: Desk, names: Collection[str]) -> tuple[Effect, ...]:
    """What these packs flag of what was read, standard by standard; nothing is written."""
    now, configuration = desk.now(), desk.configuration()
    others = [each for each in configuration.entries if each.kind != "pack choice"]
    chosen = [
        Entry("pack choice", name, name in names, 1, now, "", now, "")
        for name in sorted(set(packs.known()) - said_by_file(desk))
    ]
    standards = standards_of(together(desk.file, [*others, *chosen], configuration.kept))
    analyse_schedules(desk.engine, configuration, standards, now)
    settings = configuration.settings
    return previewed(
        desk.engine, (), standards, now=now, timezone=settings.zone, calendar=calendar_of(settings),
        intervals=settings.intervals,
    )  # fmt: skip
