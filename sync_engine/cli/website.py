"""The console served by a process of its own, or for the demonstration."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.sdk.registry import RegistryError
from sync_engine import configured
from sync_engine.cli.frame import Frame
from sync_engine.cli.running import open_store
from sync_engine.connect import Workshop
from sync_engine.metrics import Metrics
from sync_engine.secrets import SecretError
from sync_engine.settings import Configuration, SettingsError, load
from sync_engine.signals import Signals
from sync_engine.store import entries
from sync_engine.store.engine import reading
from sync_engine.web.console.site import DEMO
from sync_engine.web.listener import Listener
from sync_engine.web.whole import Probes, whole

TICK_SECONDS = 5
"""How often it looks whether another process changed the configuration."""

log = structlog.get_logger()


class Website:
    """The process behind `flagstaff web`."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._optional = frame.optional and not frame.config.exists()
        self._engine = open_store(frame)
        self._version = entries.version(self._engine)
        self._workshop = Workshop.open(frame.configuration(), self._engine)
        self._taking = threading.Lock()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration anew."""
        signals = Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        site = whole(
            self._engine,
            lambda: self._workshop.configuration,
            lambda: self._workshop,
            Probes(_alive, lambda: _ready(self._engine), Metrics(self._engine).registry),
            changed=self._take_entries,
        )
        listener = site.listen()
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self._look, "interval", seconds=TICK_SECONDS, max_instances=1, coalesce=True
        )
        scheduler.start()
        log.info("serving", listen=listener.address)
        while signals.wait() == signal.SIGHUP:
            self._take(lambda: load(self._frame.config, optional=self._optional))
        scheduler.shutdown(wait=False)
        listener.close()
        site.close()
        self._engine.dispose()

    def _look(self) -> None:
        """Take what was changed in another process."""
        try:
            if entries.version(self._engine) != self._version:
                self._take_entries()
        except sa.exc.SQLAlchemyError as error:
            log.error("the store does not answer", error=str(error).splitlines()[0])  # noqa: TRY400 - its sentence is for whoever must act

    def _take_entries(self) -> None:
        held = self._workshop.configuration
        self._take(lambda: held.file or held)

    def _take(self, file: Callable[[], Configuration]) -> None:
        with self._taking:
            try:
                configuration, version = configured.with_entries(file(), self._engine)
                self._workshop = Workshop.open(configuration, self._engine)
                self._version = version
            except (SettingsError, SecretError, RegistryError) as error:
                log.error("the configuration is broken; the old one stays", error=str(error))  # noqa: TRY400 - its sentence is for whoever must act
                return
            except sa.exc.SQLAlchemyError as error:
                said = str(error).splitlines()[0]
                log.error("the store does not answer; the old configuration stays", error=said)  # noqa: TRY400 - its sentence is for whoever must act
                return
        log.info("configuration reloaded")


def serve_demo(engine: sa.Engine, workshop: Workshop, tell: Callable[[str], None]) -> None:
    """Serve the console on a demonstration's store, on any free port of loopback, until Ctrl-C."""
    signals = Signals(signal.SIGTERM, signal.SIGINT)
    site = whole(
        engine,
        lambda: workshop.configuration,
        lambda: workshop,
        Probes(_alive, lambda: _ready(engine), Metrics(engine).registry),
        demo=DEMO,
    )
    listener = Listener("127.0.0.1:0", site.app)
    tell(listener.address)
    signals.wait()
    listener.close()
    site.close()


def _alive() -> tuple[bool, dict[str, Any]]:
    return True, {"alive": True}


def _ready(engine: sa.Engine) -> tuple[bool, dict[str, Any]]:
    """Whether the store answers."""
    try:
        with reading(engine) as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError as error:
        return False, {"ready": False, "store": str(error).splitlines()[0]}
    return True, {"ready": True, "store": None}
