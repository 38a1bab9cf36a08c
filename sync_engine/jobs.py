"""One job: a pull, census, replay or delivery of one connection under its lease, and when it is
due next.

The same for the command line, the daemon's threads and the workers of a queue.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from connectors.sdk import registry
from connectors.sdk.deliveries import Row
from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import RegistryError
from sync_engine import clock, deliveries, hooking, planner
from sync_engine import people as identities
from sync_engine.census import census
from sync_engine.connect import Workshop, told_secrets
from sync_engine.deliveries import Delivery
from sync_engine.people import KnownPerson
from sync_engine.pull import Progress, pull
from sync_engine.replay import replay
from sync_engine.secrets import SecretError
from sync_engine.settings import Connection as ConnectionSettings
from sync_engine.source import Source
from sync_engine.store import hints, runs
from sync_engine.store import lease as leases
from sync_engine.store.engine import reading
from sync_engine.store.lease import Lease
from sync_engine.store.models import Connection
from sync_engine.store.runs import RunReport

Kind = Literal["pull", "census", "replay"]

_connection = Connection.__table__  # type: ignore[attr-defined]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with one connection.

    Args:
        full: a pull that forgets its cursors.
        seconds: the pull's budget; None: none.
    """

    kind: Kind
    full: bool = False
    seconds: float | None = None


def process() -> str:
    """The beginning of the names of all owners of leases in this process."""
    return f"{socket.gethostname()}:{os.getpid()}:"


def owner() -> str:
    """Who holds a lease: this process and thread, for people who look."""
    return f"{process()}{threading.get_ident()}"


def run(
    workshop: Workshop,
    connection: ConnectionSettings,
    job: Job,
    *,
    people: Sequence[KnownPerson] = (),
    stop: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RunReport | None:
    """Do a job; None when another worker has the connection, or we were told to stop before.

    Raises:
        RegistryError, SecretError: the configuration names what is not there.
        LeaseLostError: another worker took over meanwhile; what it did stands.
    """
    engine = workshop.engine
    source = workshop.source(connection)
    if stop is not None and stop.is_set():
        return None
    connection_id = runs.connection_id(engine, connection.name, connection.connector)
    lease = leases.claim(engine, connection_id, owner())
    if lease is None:
        return None
    with structlog.contextvars.bound_contextvars(connection=connection.name, job=job.kind):
        try:
            identities.take(engine, people)
            if job.kind == "census":
                _put_off(engine, lease)
            report = _do(engine, source, lease, job, tuple(people), stop, progress)
            _plan(workshop, connection, lease, report)
            if job.kind == "census" and connection.webhook is not None:
                _tend_hooks(workshop, connection, lease)
            _log(report)
        finally:
            leases.release(engine, lease)
    return report


def deliver(
    workshop: Workshop,
    connection: ConnectionSettings,
    rows: Iterable[Row],
    *,
    complete: bool,
    people: Sequence[KnownPerson] = (),
) -> tuple[RunReport, Delivery] | None:
    """Take a delivery; None while another one is under way.

    Raises:
        RegistryError, SecretError: the configuration names what is not there.
        LeaseLostError: another worker took over meanwhile; what it did stands.
    """
    engine = workshop.engine
    source = workshop.source(connection)
    delivery = deliveries.read(source.connector, rows, complete=complete)
    lease = leases.claim(
        engine, runs.connection_id(engine, connection.name, connection.connector), owner()
    )
    if lease is None:
        return None
    with structlog.contextvars.bound_contextvars(connection=connection.name, job="delivery"):
        try:
            identities.take(engine, people)
            report = deliveries.deliver(engine, source, lease, delivery, known_people=people)
            _log(report)
        finally:
            leases.release(engine, lease)
    return report, delivery


def is_delivered(connection: ConnectionSettings) -> bool:
    """Whether a connection takes deliveries, so that nothing of it is ever due."""
    try:
        return deliveries.takes_deliveries(registry.get(connection.connector))
    except RegistryError:
        return False


def _do(
    engine: sa.Engine,
    source: Source,
    lease: Lease,
    job: Job,
    people: tuple[KnownPerson, ...],
    stop: threading.Event | None,
    progress: Callable[[Progress], None] | None,
) -> RunReport:
    if job.kind == "census":
        return census(engine, source, lease)
    if job.kind == "replay":
        return replay(engine, source, lease)
    return pull(
        engine, source, lease, full=job.full, seconds=job.seconds, stop=stop, progress=progress,
        known_people=people,
    )  # fmt: skip


def _put_off(engine: sa.Engine, lease: Lease) -> None:
    """A census that does not come to its end, whatever ends it, lets pulls come first."""
    with engine.begin() as store:
        now = leases.fence(store, lease)
        store.execute(
            sa.update(_connection)
            .where(_connection.c.id == lease.connection_id)
            .values(next_census_at=now + planner.CENSUS_RETRY)
        )


def _plan(
    workshop: Workshop, connection: ConnectionSettings, lease: Lease, report: RunReport
) -> None:
    """Write when the connection is due next."""
    now = report.ended_at or report.started_at
    zone = workshop.configuration.settings.zone
    changes: dict[str, Any] = {}
    if report.kind == "pull":
        failures = runs.failures_in_a_row(workshop.engine, lease.connection_id)
        due = planner.next_pull(
            report.outcome, connection.every, now, until=report.next_at, failures=failures
        )
        changes["next_pull_at"] = hints.sooner(due, report.started_at, asked_to_wait=report.next_at)
        changes["hook_since"] = (
            sa.func.coalesce(_connection.c.hook_since, now) if connection.webhook else None
        )
    elif report.kind == "census":
        changes["next_census_at"] = planner.next_census(
            connection.census, report.outcome, now, zone, until=report.next_at
        )
    if not changes:
        return
    with workshop.engine.begin() as store:
        leases.fence(store, lease)
        store.execute(
            sa.update(_connection).where(_connection.c.id == lease.connection_id).values(**changes)
        )


def _tend_hooks(workshop: Workshop, connection: ConnectionSettings, lease: Lease) -> None:
    """Keep the hooks in the tool alive, and what is wrong with them for whoever looks. What a tool
    does not tell just now, or this credential may not see, leaves what was known as it is."""
    told = told_secrets(workshop.configuration, workshop.engine)
    try:
        trouble = hooking.Registry(workshop, connection, told).tend(clock.now())
    except ConnectorError as error:
        log.warning("the hooks were not looked after", error=error.message)
        return
    except hooking.NoWebhookError:  # made by hand: nobody tells of them
        trouble = ""
    except SecretError as error:
        trouble = str(error)
    with workshop.engine.begin() as store:
        leases.fence(store, lease)
        hints.trouble(store, lease.connection_id, trouble)


def _log(report: RunReport) -> None:
    tally = report.tally
    say = log.info if report.ok or report.outcome == "held" else log.warning
    say(
        f"{report.kind} {report.outcome}",
        run=report.run_id, seconds=round(report.seconds, 2), requests=report.requests,
        items=tally.items, written=tally.written, retired=tally.retired, parked=tally.parked,
        message=report.message or None,
    )  # fmt: skip


def due(
    engine: sa.Engine, connections: Iterable[ConnectionSettings], now: datetime
) -> list[tuple[ConnectionSettings, Job]]:
    """What is to be done now. A connection that was never pulled is due at once; its first census
    comes with the first complete pull, so that its completeness is known."""
    with reading(engine) as store:
        rows = {row.name: row for row in store.execute(sa.select(_connection))}
    found: list[tuple[ConnectionSettings, Job]] = []
    for connection in connections:
        if connection.enabled and not is_delivered(connection):
            job = _due(connection, rows.get(connection.name), now)
            found += [(connection, job)] if job else []
    return found


def _due(connection: ConnectionSettings, row: Any, now: datetime) -> Job | None:
    """A census goes before a pull: it is rare, and a pull may be due at every look."""
    if row is None:
        return Job("pull")
    census_at = row.next_census_at
    if (
        connection.census is not None
        and row.complete_at is not None
        and (census_at is None or census_at <= now)
    ):
        return Job("census")
    return Job("pull") if row.next_pull_at is None or row.next_pull_at <= now else None


def retire_unconfigured(engine: sa.Engine, names: Iterable[str], now: datetime) -> list[str]:
    """Mark connections that left the configuration; their records stay until they are purged."""
    with engine.begin() as store:
        left = store.execute(
            sa.update(_connection)
            .where(_connection.c.name.not_in(list(names)))
            .where(_connection.c.removed_at.is_(None))
            .values(removed_at=now)
            .returning(_connection.c.name)
        ).scalars()
        return sorted(left)
