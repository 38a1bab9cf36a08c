"""`flagstaff run`: one process that does everything by itself.

A clock that only ticks (APScheduler, nothing stored in it), worker threads, and a listener. What
is due stands in the store, so a second daemon on the same store is safe by the lease, and a crash
costs at most the page that was under way.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.registry import RegistryError
from sync_engine import clock, configured, crash, duties, jobs, people
from sync_engine.connect import Workshop, known_people
from sync_engine.jobs import Job
from sync_engine.metrics import Metrics
from sync_engine.rules.packs import PackError
from sync_engine.secrets import SecretError, store_url
from sync_engine.settings import Configuration, Connection, SettingsError, load, load_people
from sync_engine.signals import Signals
from sync_engine.store import entries, runs, upgrade
from sync_engine.store import lease as leases
from sync_engine.store.engine import open_engine
from sync_engine.store.lease import LeaseLostError
from sync_engine.subscriptions import subscriptions
from sync_engine.web.whole import Probes, whole

TICK_SECONDS = 5
WORKERS = 4
PULL_SECONDS = 600.0
"""A connection's budget for one turn; one that needs more goes on in the next."""

STOP_SECONDS = 8.0
STORE_SILENCE = timedelta(minutes=2)
"""Without a tick for so long, the process asks to be restarted."""

log = structlog.get_logger()

CONFIGURATION_ERRORS = (SettingsError, SecretError, RegistryError, PackError)


@dataclass(slots=True)
class Health:
    """What the probes say."""

    ticked_at: datetime
    configuration_error: str | None = None
    store_error: str | None = None  # of the last look at what is due
    run_errors: dict[str, str] = field(default_factory=dict)
    """What the store said in a connection's last run, where that failed."""
    duties_error: str | None = None
    busy: set[str] = field(default_factory=set)


class Daemon:
    """The process behind `flagstaff run`."""

    def __init__(self, config: Path, *, optional: bool = False) -> None:
        self._path = config
        self._configuration = load(config, optional=optional)
        self._optional = optional and not config.exists()
        self._stop = threading.Event()
        self._reload = threading.Event()
        self._lock = threading.Lock()
        self._crash = crash.from_environment()
        self._engine = open_engine(store_url(self._configuration))
        if self._crash:
            self._crash.arm(self._engine)
        upgrade.upgrade(self._engine, clock.now())
        self._configuration, self._version = configured.with_entries(
            self._configuration, self._engine
        )
        self._tell_left_out(self._configuration)
        self._workshop = self._open_workshop(self._configuration)
        self._health = Health(clock.now())
        try:
            people.take(self._engine, known_people(load_people(self._configuration)))
        except SettingsError as error:
            self._health.configuration_error = str(error)
            _say("nothing is read while the people file is broken", str(error))
        self._metrics = Metrics(self._engine)
        self._assess_due = True
        self._assessed_on: date | None = None
        self._ticking = threading.Lock()
        self._taking = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="worker")

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; SIGHUP reloads the configuration. The exit code."""
        signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        site = whole(
            self._engine,
            lambda: self._configuration,
            lambda: self._workshop,
            Probes(self._healthz, self._readyz, self._metrics.registry),
            delivered=self._delivered,
            changed=self.take_entries,
        )
        listener = site.listen()
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self.tick, "interval", seconds=TICK_SECONDS, max_instances=1, coalesce=True,
            next_run_time=clock.now(),
        )  # fmt: skip
        scheduler.start()
        log.info("started", store=self._where(), listen=listener.address, tick=TICK_SECONDS)
        while signals.wait() == signal.SIGHUP:
            self._reload.set()
        self._watch_the_end()
        self._stop.set()
        log.info("stopping")
        scheduler.shutdown(wait=False)
        listener.close()
        site.close()
        return self._end()

    def tick(self) -> None:
        """Look what is due and hand it to the workers."""
        with self._ticking:
            self._tick()

    def _tick(self) -> None:
        if self._stop.is_set():
            return
        try:
            if self._reload.is_set():
                self._reload.clear()  # first: one that comes meanwhile is another one
                try:
                    self.reload()
                except sa.exc.SQLAlchemyError:
                    self._reload.set()
                    raise
            elif entries.version(self._engine) != self._version:
                self.take_entries()
            now = clock.now()
            for connection, job in jobs.due(
                self._engine, self._configuration.settings.connections, now
            ):
                self._submit(connection, job)
            self._follow_up()
            self._health.store_error = None
        except sa.exc.SQLAlchemyError as error:
            self._health.store_error = _first_line(error)
            _say("the store does not answer", self._health.store_error)
        self._health.ticked_at = clock.now()

    def reload(self) -> None:
        """Take the configuration file anew; a broken one changes nothing and is said."""
        try:
            with self._taking:
                self._take(load(self._path, optional=self._optional))
        except CONFIGURATION_ERRORS as error:
            self._health.configuration_error = str(error)
            _say("the configuration is broken; the old one stays", str(error))

    def take_entries(self) -> None:
        """Take anew what was made in the console; the file stays as it was read last."""
        try:
            with self._taking:
                self._take(self._configuration.file or self._configuration)
        except CONFIGURATION_ERRORS as error:
            self._health.configuration_error = str(error)
            _say("what was changed in the console cannot be taken yet", str(error))

    def _take(self, file: Configuration) -> None:
        configuration, version = configured.with_entries(file, self._engine)
        try:
            duties.standards_of(configuration)
            duties.baselines_of(configuration)
            subscriptions(configuration)
            known = known_people(load_people(configuration))
        except CONFIGURATION_ERRORS:
            self._version = version  # as wrong at the next tick; only a further change is news
            raise
        people.take(self._engine, known)
        self._tell_left_out(configuration)
        self._workshop = self._open_workshop(configuration)
        self._configuration = configuration
        self._version = version  # last: what the store refuses meanwhile is taken at the next tick
        self._assess_due = True
        with self._lock:
            self._health.run_errors.clear()  # of connections that may have left; runs say it again
        self._health.configuration_error = None
        log.info("configuration reloaded", connections=len(configuration.settings.connections))

    def _tell_left_out(self, configuration: Configuration) -> None:
        for each in configuration.left_out:
            log.warning("an entry of the console is left out", error=str(each))

    def _open_workshop(self, configuration: Configuration) -> Workshop:
        names = configuration.connection_names
        for left in jobs.retire_unconfigured(self._engine, names, clock.now()):
            log.info("a connection left the configuration; its records stay", connection=left)
        return Workshop.open(configuration, self._engine, sleep=self._pause, crash=self._crash)

    def _pause(self, seconds: float) -> None:
        """How a door waits: until the time has come or we are told to stop."""
        if self._stop.wait(seconds):
            raise Unavailable("Flagstaff is stopping")

    def _submit(self, connection: Connection, job: Job | None) -> None:
        """Hand a connection to a worker, unless one has it; no job: to write its flags back."""
        with self._lock:
            if connection.name in self._health.busy or self._stop.is_set():
                return
            self._health.busy.add(connection.name)
        if job is None:
            done = self._pool.submit(self._write_back, connection)
        else:
            seconds = PULL_SECONDS if job.kind == "pull" else None
            done = self._pool.submit(self._work, connection, replace(job, seconds=seconds))
        done.add_done_callback(lambda future: self._worked(connection, future))

    def _work(self, connection: Connection, job: Job) -> None:
        try:
            known = known_people(load_people(self._configuration))
            report = jobs.run(self._workshop, connection, job, people=known, stop=self._stop)
        except LeaseLostError:
            log.warning("another worker took over", connection=connection.name)
            return
        except (*CONFIGURATION_ERRORS, ConnectorError, ValueError) as error:
            runs.cannot_run(
                self._engine, connection.name, connection.connector, str(error), connection.every
            )
            _say("cannot run", str(error), connection=connection.name)
            return
        if report is not None:
            self._metrics.count(report)
            self._assess_due = True

    def _write_back(self, connection: Connection) -> None:
        """Comment on items, in a worker's thread: it is the tool that takes the time."""
        try:
            duties.write_back(self._workshop, connection, stop=self._stop)
        except LeaseLostError:
            log.warning("another worker took over", connection=connection.name)
        except (*CONFIGURATION_ERRORS, ConnectorError) as error:
            _say("cannot write flags back", str(error), connection=connection.name)

    def _worked(self, connection: Connection, future: Future[None]) -> None:
        error = None if future.cancelled() else future.exception()
        with self._idle:
            self._health.run_errors.pop(connection.name, None)
            if isinstance(error, sa.exc.SQLAlchemyError):
                self._health.run_errors[connection.name] = _first_line(error)
            self._health.busy.discard(connection.name)
            self._idle.notify_all()
        if isinstance(error, sa.exc.SQLAlchemyError):
            _say("the store failed a run", _first_line(error), connection=connection.name)
        elif error is not None:
            log.error("a run failed", connection=connection.name, exc_info=error)

    def _delivered(self) -> None:
        self._assess_due = True

    def _follow_up(self) -> None:
        """Assess when something was read or the day is new; send what is due."""
        today = clock.now().astimezone(self._configuration.settings.zone).date()
        try:
            if self._assess_due or today != self._assessed_on:
                self._assess(today)
            sent = duties.send_digests(self._configuration, self._engine, stop=self._stop)
            duties.log_digests(*sent)
            self._health.duties_error = None
        except CONFIGURATION_ERRORS as error:
            self._health.duties_error = str(error)
            _say("cannot assess or send", str(error))

    def _assess(self, today: date) -> None:
        self._assess_due = False
        try:
            report = duties.assess(self._engine, self._configuration)
            if today != self._assessed_on:
                duties.tidy(self._engine, self._configuration)
        except (*CONFIGURATION_ERRORS, sa.exc.SQLAlchemyError):
            self._assess_due = True  # no digest goes out over what was not assessed
            raise
        self._assessed_on = today
        log.info(
            "assessed", opened=len(report.opened), worsened=len(report.worsened),
            resolved=len(report.resolved), frozen=len(report.frozen),
        )  # fmt: skip
        for connection in self._configuration.settings.connections:
            if connection.writeback is not None:
                self._submit(connection, None)

    def _healthz(self) -> tuple[bool, dict[str, Any]]:
        silent = clock.now() - self._health.ticked_at
        alive = silent < STORE_SILENCE
        return alive, {"alive": alive, "last_tick": self._health.ticked_at.isoformat()}

    def _readyz(self) -> tuple[bool, dict[str, Any]]:
        health = self._health
        with self._lock:
            run_error = next(iter(health.run_errors.values()), None)
        trouble = {
            "configuration": health.configuration_error,
            "store": health.store_error or run_error,
            "duties": health.duties_error,
        }
        ready = not any(trouble.values())
        left_out = [str(each) for each in self._configuration.left_out]
        busy = sorted(health.busy)
        return ready, {"ready": ready, "busy": busy, **trouble, "left_out": left_out}

    def _end(self) -> int:
        """Let what is under way come to an end; leave in time, which is always safe."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = clock.monotonic() + STOP_SECONDS
        with self._idle:
            ended = self._idle.wait_for(lambda: not self._health.busy, STOP_SECONDS)
        ended = ended and self._ticking.acquire(timeout=max(0.0, deadline - clock.monotonic()))
        leases.release_all(self._engine, jobs.process())
        if not ended:
            log.warning(
                "left work unfinished; it goes on next time", runs=sorted(self._health.busy)
            )
            os._exit(0)
        self._engine.dispose()
        log.info("stopped")
        return 0

    def _watch_the_end(self) -> None:
        """Whatever hangs from here on, the process ends in time: that is always safe."""
        watchdog = threading.Timer(STOP_SECONDS + 0.5, self._leave)
        watchdog.daemon = True
        watchdog.start()

    def _leave(self) -> None:
        """Leave at once; the leases go back if the store lets us."""
        owners = (self._engine, jobs.process())
        giving_back = threading.Thread(target=leases.release_all, args=owners, daemon=True)
        giving_back.start()
        giving_back.join(0.5)
        os._exit(0)

    def _where(self) -> str:
        return self._engine.url.render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _say(what: str, error: str | None, **facts: Any) -> None:
    """An error for whoever must act: its sentence, no traceback."""
    log.error(what, error=error, **facts)
