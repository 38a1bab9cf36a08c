"""What follows from a pull, for the daemon, the workers and the command line alike: the standards
in force, an assessment, the digests that are due, comments on items."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from functools import cache

import sqlalchemy as sa
import structlog

from sync_engine import clock, workload
from sync_engine.baselines import keep as baselines
from sync_engine.baselines.keep import Wanted
from sync_engine.connect import Workshop
from sync_engine.digest import outbox
from sync_engine.digest import run as digests
from sync_engine.digest.outbox import Delivered
from sync_engine.digest.run import WELL, Queued
from sync_engine.flags import apply as flags
from sync_engine.flags.apply import FlagReport
from sync_engine.rules import packs
from sync_engine.rules.filters import check
from sync_engine.rules.language import LanguageError
from sync_engine.rules.pack import Pack
from sync_engine.rules.standards import Standard
from sync_engine.scheduling import keep
from sync_engine.scheduling.limits import limits_of
from sync_engine.settings import Configuration, Connection, SettingsError
from sync_engine.settings.source import Problem
from sync_engine.store import retention
from sync_engine.subscriptions import (
    audiences,
    calendar_of,
    channels,
    links_if_any,
    moment_of,
    reader,
    subscriptions,
)
from sync_engine.writeback import run as writebacks
from sync_engine.writeback.run import Round

log = structlog.get_logger()


def packs_of(configuration: Configuration) -> list[Pack]:
    """The packs that the configuration puts on.

    Raises:
        SettingsError, PackError: one is wrong, or there is none of that name.
    """
    found = []
    for number, name in enumerate(configuration.settings.standards.packs):
        try:
            found.append(pack_of(configuration, name))
        except packs.PackError as error:
            raise packs.PackError(str(error), ("packs", number)) from None
    return found


def pack_of(configuration: Configuration, name: str) -> Pack:
    """A pack by its name: one of the store, one that comes with the product, or a file.

    Raises:
        SettingsError, PackError: it is wrong, or there is none.
    """
    own = configuration.own_packs.get(name)
    if own is not None:
        return packs.written(name, own)
    if name in packs.known():
        return packs.shipped(name)
    return packs.load(packs.find(name, configuration.folder))


def standards_of(
    configuration: Configuration, held: Iterable[Pack] | None = None
) -> tuple[Standard, ...]:
    """The standards that the configuration puts in force; `held`: out of these packs instead."""
    chosen = packs_of(configuration) if held is None else held
    return packs.configured(chosen, configuration.settings.standards.set)


def assess(
    engine: sa.Engine, configuration: Configuration, *, full: bool | None = None
) -> FlagReport:
    """Take the baselines that are due, assess the store by the standards in force, and bring the
    flags up to date.

    Args:
        full: every subject; None: only what changed, where that is enough.
    """
    settings, standards, now = configuration.settings, standards_of(configuration), clock.now()
    intervals = settings.intervals
    baselines.refresh(engine, baselines_of(configuration), moment_of(settings, now), intervals)
    analyse_schedules(engine, configuration, standards, now)
    report = flags.run(
        engine,
        standards,
        now=now,
        timezone=settings.zone,
        calendar=calendar_of(settings),
        full=full,
        intervals=intervals,
    )
    workload.refresh(engine)
    return report


def baselines_of(configuration: Configuration) -> Wanted:
    """Which baselines are taken by themselves.

    Raises:
        SettingsError: the condition on projects makes no sense.
    """
    wanted = configuration.settings.baselines
    try:
        if wanted.projects is not None:
            check(wanted.projects, "project")
    except LanguageError as error:
        place = configuration.source.place(("baselines", "projects"))
        raise SettingsError(
            configuration.source.file, [Problem(f"baselines.projects: {error}", place)]
        ) from None
    return Wanted(wanted.at_start, wanted.every, wanted.projects)


def analyse_schedules(
    engine: sa.Engine, configuration: Configuration, standards: Iterable[Standard], now: datetime
) -> None:
    """Bring the results of the projects' schedules up to date, if any of these standards rests
    on them."""
    if keep.needed(standards):
        keep.refresh(engine, moment_of(configuration.settings, now), limits_of(standards))


def send_digests(
    configuration: Configuration,
    engine: sa.Engine,
    *,
    by_hand: bool = False,
    only: str | None = None,
    stop: threading.Event | None = None,
) -> tuple[list[Queued], list[Delivered]]:
    """Compose what is due (by hand: today's), and deliver what waits.

    Args:
        only: the name of the digest that is composed; None: all of them.
        stop: when set, no further message is begun.
    """
    now = clock.now()
    ways = channels(configuration)
    known = subscriptions(configuration)
    queued = digests.queue_due(
        engine,
        [each for each in known if only in (None, each.name)],
        now,
        channels=ways,
        gather=reader(configuration, engine, now),
        audiences=audiences(configuration, engine, now),
        links=cache(lambda: links_if_any(configuration, engine)),
        web_url=configuration.settings.web.url,
        by_hand=by_hand,
    )
    stopping = stop.is_set if stop is not None else lambda: False
    in_force = {each.name: (*each.channels, *each.boards) for each in known}
    delivered = digests.deliver(engine, ways, clock.now, digests=in_force, stopping=stopping)
    return queued, delivered


def log_digests(queued: Iterable[Queued], delivered: Iterable[Delivered]) -> None:
    """Say what came of digests, for a process that nobody watches."""
    for late in queued:
        if late.trouble:
            log.error("cannot compose a digest", error=late.trouble, subscription=late.subscription)
    for each in delivered:
        say = log.info if each.state in WELL else log.warning
        say("digest", recipient=each.recipient, state=each.state, said=each.text)


def write_back(
    workshop: Workshop, connection: Connection, *, stop: threading.Event | None = None
) -> Round | None:
    """Write a connection's flags back to its items, where the configuration asks for it; None when
    nothing is due, or another worker has the connection.

    Raises:
        RegistryError, SecretError: the configuration names what is not there.
        LeaseLostError: another worker took over meanwhile; what it did stands.
    """
    return writebacks.run(workshop, connection, stop=stop)


def tidy(engine: sa.Engine, configuration: Configuration) -> retention.Removed:
    """Delete what is older than the configuration's `retention`. Once a day is enough."""
    now, keep = clock.now(), configuration.settings.retention
    outbox.forget(engine, now - keep.deliveries)
    return retention.tidy(
        engine, gone=now - keep.gone, runs=now - keep.runs, flags=now - keep.flags
    )
