"""`flagstaff worker`: many processes on one PostgreSQL, through Procrastinate.

A periodic task looks what is due, as the daemon's clock does, and enqueues one job a connection
under a lock of the connection's name. A job is the very function that the daemon's threads call;
the lease's epoch fences its writes here as there. Jobs of workers that died are found and given
to others.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import psycopg
import sqlalchemy as sa
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from connectors.sdk.errors import ConnectorError
from sync_engine import clock, configured, duties, jobs, people
from sync_engine.connect import Workshop, known_people
from sync_engine.daemon import CONFIGURATION_ERRORS, PULL_SECONDS
from sync_engine.jobs import Job, Kind
from sync_engine.secrets import store_url
from sync_engine.settings import Configuration, Connection, SettingsError, load, load_people
from sync_engine.store import entries, runs, upgrade
from sync_engine.store.engine import open_engine
from sync_engine.store.lease import LeaseLostError
from sync_engine.store.locks import Lock, hold

Work = Kind | Literal["writeback"]

QUEUE = "flagstaff"
EVERY_10_SECONDS = "* * * * * */10"
EVERY_MINUTE = "* * * * *"
EVERY_NIGHT = "30 3 * * *"
STALLED_AFTER = 60  # seconds without a sign of life from a worker
AGAIN_SECONDS = 5
STOPPING = (signal.SIGTERM, signal.SIGINT)
HOW: dict[str, Any] = {
    "queues": [QUEUE], "delete_jobs": "successful", "install_signal_handlers": False,
}  # fmt: skip

log = structlog.get_logger()


class NeedsPostgresError(Exception):
    """Workers share a queue in PostgreSQL; this store is on something else."""


class Worker:
    """One worker process.

    Raises:
        NeedsPostgresError: the store is not on PostgreSQL.
    """

    def __init__(self, config: Path, *, optional: bool = False) -> None:
        file = load(config, optional=optional)
        self.engine: sa.Engine = open_engine(store_url(file))
        if self.engine.dialect.name != "postgresql":
            raise NeedsPostgresError(
                "`flagstaff worker` needs a store on PostgreSQL (`store: postgresql://…`); with "
                "SQLite, `flagstaff run` does everything in one process"
            )
        upgrade.upgrade(self.engine, clock.now())
        self.configuration, self._version = configured.with_entries(file, self.engine)
        self.workshop = Workshop.open(self.configuration, self.engine)
        self._take_people(self.configuration)
        self._taking = threading.Lock()
        self._said: str | None = None  # what keeps duties from being done
        conninfo = self.engine.url.set(drivername="postgresql")
        self.app = App(
            connector=PsycopgConnector(conninfo=conninfo.render_as_string(hide_password=False))
        )
        self._declare()

    def run(self, *, concurrency: int = 4, wait: bool = True) -> None:
        """Work until told to stop; without `wait`, until the queue is empty.

        A database that goes away, as at its own restart, is waited for.
        """
        self._lay_queue()
        if wait:
            asyncio.run(self._until_told(concurrency))
        else:
            self.app.run_worker(concurrency=concurrency, wait=False, **HOW)

    async def _until_told(self, concurrency: int) -> None:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        for number in STOPPING:
            loop.add_signal_handler(number, told.set)
        waiting = loop.create_task(told.wait())
        while not told.is_set():
            working = loop.create_task(self._take_jobs(concurrency))
            await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
            if told.is_set():
                for number in STOPPING:
                    loop.remove_signal_handler(number)  # a second one ends it at once
                working.cancel()  # it finishes the jobs that it has
            await asyncio.wait((working,))
            if working.cancelled():
                return
            working.result()
            if not told.is_set():
                log.error("the queue does not answer; trying again", seconds=AGAIN_SECONDS)
                await asyncio.wait((waiting,), timeout=AGAIN_SECONDS)

    async def _take_jobs(self, concurrency: int) -> None:
        """Work until cancelled, or until the database goes away."""
        try:
            await self.app.open_async()
            await self.app.run_worker_async(concurrency=concurrency, wait=True, **HOW)
        except (ConnectorException, psycopg.Error) as error:
            log.warning("the queue failed", error=str(error.__cause__ or error).strip())
        finally:
            await self.app.connector.close_async()

    def take_entries(self) -> None:
        """Take anew what was made in the console, if there is news."""
        with self._taking:
            if entries.version(self.engine) == self._version:
                return
            configuration, version = configured.with_entries(
                self.configuration.file or self.configuration, self.engine
            )
            for each in configuration.left_out:
                log.warning("an entry of the console is left out", error=str(each))
            jobs.retire_unconfigured(self.engine, configuration.connection_names, clock.now())
            self._take_people(configuration)
            self.workshop = Workshop.open(configuration, self.engine)
            self.configuration = configuration
            self._version = version  # last: what the store refuses meanwhile is taken next time

    def _take_people(self, configuration: Configuration) -> None:
        try:
            people.take(self.engine, known_people(load_people(configuration)))
        except SettingsError as error:
            log.warning("nothing is read while the people file is broken", error=str(error))

    def _lay_queue(self) -> None:
        """Procrastinate's own tables, once."""
        with self.engine.begin() as connection:
            hold(connection, Lock.QUEUE)
            if sa.inspect(connection).has_table("procrastinate_jobs"):
                return
            connection.exec_driver_sql(self.app.schema_manager.get_schema().replace("%", "%%"))

    def _declare(self) -> None:
        """Name the tasks."""
        app = self.app

        @app.task(name="flagstaff.connection", queue=QUEUE)
        def connection(name: str, kind: Work) -> None:
            self.work(name, kind)

        @app.periodic(cron=EVERY_10_SECONDS)
        @app.task(name="flagstaff.tick", queue=QUEUE, queueing_lock="tick", lock="tick")
        def tick(timestamp: int) -> None:  # noqa: ARG001  given by the queue
            self.enqueue_due(connection)

        @app.periodic(cron=EVERY_MINUTE)
        @app.task(name="flagstaff.duties", queue=QUEUE, queueing_lock="duties", lock="duties")
        def follow_up(timestamp: int) -> None:  # noqa: ARG001  given by the queue
            self.follow_up(connection)

        @app.periodic(cron=EVERY_NIGHT)
        @app.task(name="flagstaff.tidy", queue=QUEUE, queueing_lock="tidy", lock="tidy")
        def tidy(timestamp: int) -> None:  # noqa: ARG001  given by the queue
            duties.tidy(self.engine, self.configuration)

        @app.periodic(cron=EVERY_MINUTE)
        @app.task(name="flagstaff.stalled", queue=QUEUE, queueing_lock="stalled")
        async def stalled(timestamp: int) -> None:  # noqa: ARG001  given by the queue
            for job in await app.job_manager.get_stalled_jobs(
                queue=QUEUE, seconds_since_heartbeat=STALLED_AFTER
            ):
                await app.job_manager.retry_job(job)

        self.connection_task: Any = connection

    def enqueue_due(self, task: Any) -> list[str]:
        """Enqueue what is due and not yet in the queue; the names."""
        self.take_entries()
        due = jobs.due(self.engine, self.configuration.settings.connections, clock.now())
        return self._enqueue(task, [(connection, job.kind) for connection, job in due])

    def _enqueue(self, task: Any, wanted: Iterable[tuple[Connection, Work]]) -> list[str]:
        """Put into the queue what is not in it yet; the names."""
        enqueued = []
        for connection, kind in wanted:
            waiting = f"{connection.name} {kind}" if kind == "writeback" else connection.name
            try:
                task.configure(lock=connection.name, queueing_lock=waiting).defer(
                    name=connection.name, kind=kind
                )
            except AlreadyEnqueued:
                continue
            enqueued.append(connection.name)
        return enqueued

    def follow_up(self, task: Any) -> None:
        """Assess and send what is due; what the admin must mend is said once, not each minute."""
        try:
            self.take_entries()
            configuration = self.configuration
            duties.assess(self.engine, configuration)
            connections = configuration.settings.connections
            self._enqueue(
                task, [(each, "writeback") for each in connections if each.writeback is not None]
            )
            duties.log_digests(*duties.send_digests(configuration, self.engine))
            self._said = None
        except CONFIGURATION_ERRORS as error:
            if str(error) != self._said:
                log.error("cannot assess or send", error=str(error))  # noqa: TRY400 - for the admin
            self._said = str(error)

    def work(self, name: str, kind: Work) -> None:
        """Do one job; what the admin must mend is said on the connection."""
        self.take_entries()
        if name not in [each.name for each in self.configuration.settings.connections]:
            log.info("a connection left the configuration; its job is dropped", connection=name)
            return
        connection = self.configuration.connection(name)
        if kind == "writeback":
            self._write_back(connection)
            return
        job = Job(kind, seconds=PULL_SECONDS if kind == "pull" else None)
        try:
            known = known_people(load_people(self.configuration))
            jobs.run(self.workshop, connection, job, people=known)
        except LeaseLostError:
            log.warning("another worker took over", connection=name)
        except (*CONFIGURATION_ERRORS, ConnectorError, ValueError) as error:
            runs.cannot_run(self.engine, name, connection.connector, str(error), connection.every)
            log.warning("cannot run", connection=name, error=str(error))

    def _write_back(self, connection: Connection) -> None:
        try:
            duties.write_back(self.workshop, connection)
        except LeaseLostError:
            log.warning("another worker took over", connection=connection.name)
        except (*CONFIGURATION_ERRORS, ConnectorError) as error:
            log.warning("cannot write flags back", connection=connection.name, error=str(error))
