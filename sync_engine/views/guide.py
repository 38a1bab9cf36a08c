"""The guided start: its steps, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from sync_engine.configure.guide import STEPS, Step, called_done
from sync_engine.rules.joins import CONNECTION
from sync_engine.settings import Configuration, Settings
from sync_engine.views.connection import unsaid_words


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step. `said`: how far it has come, as a sentence."""

    step: Step
    done: bool
    said: str


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps in their order.

    Args:
        over: somebody has called the whole start done.
    """

    steps: tuple[StepShown, ...]
    over: bool

    @property
    def next(self) -> Step | None:
        """The first that is not done; None: all are."""
        return next((each.step for each in self.steps if not each.done), None)

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(each.done for each in self.steps)

    @property
    def wanted(self) -> bool:
        """Whether it is still to be shown."""
        return not self.over and self.next is not None


def guide(connection: sa.Connection, configuration: Configuration) -> Guide:
    """How far the start has come, by what is there and what was called done."""
    called, settings = called_done(connection), configuration.settings
    told = {
        "connect": _connect(connection, settings),
        "words": _words(connection),
        "packs": _packs(configuration),
        "digest": _digest(settings),
    }
    return Guide(
        tuple(StepShown(each, told[each][0] or each in called, told[each][1]) for each in STEPS),
        "all" in called,
    )


def _connect(connection: sa.Connection, settings: Settings) -> tuple[bool, str]:
    read = connection.execute(
        sa.select(sa.func.count()).where(
            CONNECTION.c.complete_at.is_not(None), CONNECTION.c.removed_at.is_(None)
        )
    ).scalar_one()
    if read:
        return True, "Work is read."
    if any(each.enabled for each in settings.connections):
        return False, "A tool is connected; its first complete read is still to come."
    if settings.connections:
        return False, "A connection is begun and not finished."
    return False, "Where do your teams keep their work?"


def _words(connection: sa.Connection) -> tuple[bool, str]:
    any_read = connection.execute(
        sa.select(CONNECTION.c.id).where(CONNECTION.c.complete_at.is_not(None)).limit(1)
    ).first()
    if any_read is None:
        return False, "What your tool's words mean shows once tasks were read."
    unsaid = unsaid_words(connection)
    if unsaid:
        count, most = sum(unsaid.values()), next(iter(unsaid))
        verb = "word has" if count == 1 else "words have"
        return False, f"{count} status {verb} no meaning yet (first: {most})."
    return True, "Every status word that was met has a meaning."


def _packs(configuration: Configuration) -> tuple[bool, str]:
    on = configuration.settings.standards.packs
    said = (configuration.source.data or {}).get("standards") or {}
    if not on:
        return False, "No standard is in force: which shall the work meet?"
    told = f"In force: {', '.join(on)}."
    if "packs" in said or any(configuration.of_kind("pack choice")):
        return True, told
    return False, f"{told} Nobody has chosen them yet."


def _digest(settings: Settings) -> tuple[bool, str]:
    if settings.digests:
        return True, f"Sent to {', '.join(settings.digests[0].to[:2])}."
    return False, "Who reads once a week how things stand?"
