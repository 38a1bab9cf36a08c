"""What commands that work on the store share: the store at its version, the standards, a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.sdk.errors import ConnectorError
from connectors.sdk.registry import RegistryError
from sync_engine import clock, jobs
from sync_engine.cli.frame import ExitCode, Frame, UsageProblem
from sync_engine.connect import Workshop, known_people
from sync_engine.flags.apply import FlagReport
from sync_engine.jobs import Job
from sync_engine.pull import Progress
from sync_engine.secrets import SecretError
from sync_engine.settings import Configuration, Connection, load_people
from sync_engine.store import upgrade
from sync_engine.store.lease import LeaseLostError
from sync_engine.store.runs import OtherToolError, RunReport

PARALLEL = 8
"""Connections that are read side by side by one command."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one connection: a report, or why there is none."""

    connection: str
    tool: str
    report: RunReport | None = None
    why_not: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it went as asked."""
        return self.report is not None and self.report.ok

    def document(self) -> dict[str, Any]:
        """For machines."""
        report = self.report
        if report is None:
            return {"connection": self.connection, "outcome": "not_run", "message": self.why_not}
        tally = report.tally
        return {
            "connection": self.connection,
            "kind": report.kind,
            "run": report.run_id,
            "outcome": report.outcome,
            "message": report.message or None,
            "remedy": report.remedy or None,
            "problems": report.problems,
            "seconds": round(report.seconds, 3),
            "requests": report.requests,
            "retries": report.retries,
            "items": tally.items,
            "written": tally.written,
            "unchanged": tally.unchanged,
            "retired": tally.retired,
            "parked": tally.parked,
            "unread": report.unread,
            "streams": report.streams,
            "counts": report.counts,
        }


def open_store(frame: Frame) -> sa.Engine:
    """The store, made when it is empty; refused when it needs an upgrade first."""
    engine = frame.store()
    stands = upgrade.version(engine)
    if stands.store is None:
        upgrade.upgrade(engine, clock.now())
    elif not stands.current:
        raise UsageProblem(
            "The store was made by an older version; run `flagstaff db upgrade` (it makes a "
            "backup first)."
        )
    return engine


def chosen(configuration: Configuration, names: Sequence[str] | None) -> list[Connection]:
    """The named connections, or all that are switched on and can be asked."""
    if names:
        named = [configuration.connection(name) for name in names]
        for each in named:
            if jobs.is_delivered(each):
                raise UsageProblem(
                    f"{each.name} takes deliveries and cannot be asked: "
                    f"`flagstaff deliver {each.name} FILE`, or its address in the API."
                )
        return named
    enabled = [each for each in configuration.settings.connections if each.enabled]
    return [each for each in enabled if not jobs.is_delivered(each)]


def run_all(
    workshop: Workshop,
    connections: Sequence[Connection],
    job: Job,
    progress: Callable[[Progress], None] | None = None,
) -> list[Outcome]:
    """Do a job for each connection, side by side; one's failure harms no other."""
    people = known_people(load_people(workshop.configuration))

    def one(connection: Connection) -> Outcome:
        name, tool = connection.name, connection.connector
        try:
            report = jobs.run(workshop, connection, job, people=people, progress=progress)
        except (SecretError, RegistryError, OtherToolError) as error:
            return Outcome(name, tool, why_not=str(error))
        except ConnectorError as error:
            return Outcome(name, tool, why_not=f"{error.message} {error.advice}")
        except LeaseLostError:
            return Outcome(name, tool, why_not="another worker has taken it over and goes on")
        if report is None:
            return Outcome(name, tool, why_not="another worker is reading it just now")
        return Outcome(name, tool, report)

    with ThreadPoolExecutor(min(PARALLEL, max(len(connections), 1))) as pool:
        return list(pool.map(one, connections))


def exit_code(outcomes: Sequence[Outcome], report: FlagReport | None = None) -> ExitCode:
    """Partly, when some connection or standard failed."""
    failed = any(not outcome.ok for outcome in outcomes)
    if report is not None and (report.slow or report.suspect):
        failed = True
    return ExitCode.PARTLY if failed else ExitCode.FINE
