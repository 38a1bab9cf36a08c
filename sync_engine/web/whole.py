"""All that is served: probes, metrics, hooks, deliveries, and the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sync_engine.accounts import User
from sync_engine.connect import Workshop, told_secrets
from sync_engine.settings import Configuration
from sync_engine.web.app import Probe, make_app
from sync_engine.web.console.site import Console
from sync_engine.web.hooks import Hooks
from sync_engine.web.inbound import Deliveries
from sync_engine.web.inbox import Inbox
from sync_engine.web.letters import Letters
from sync_engine.web.listener import Listener


@dataclass(frozen=True, slots=True)
class Probes:
    """What a process says of itself; see `make_app`."""

    healthz: Probe
    readyz: Probe
    metrics: CollectorRegistry


@dataclass(frozen=True, slots=True)
class Whole:
    """The application, with what writes for it in threads of its own."""

    app: FastAPI
    console: Console
    inbox: Inbox

    def listen(self) -> Listener:
        """Serve it where the configuration says, and say so."""
        listener = Listener(self.console.configuration().settings.web.listen, self.app)
        self.console.greet(listener.address)
        return listener

    def close(self) -> None:
        """Write what was taken."""
        self.inbox.close()
        self.console.close()


def whole(
    engine: sa.Engine,
    configuration: Callable[[], Configuration],
    workshop: Callable[[], Workshop],
    probes: Probes,
    *,
    delivered: Callable[[], None] = lambda: None,
    demo: User | None = None,
    changed: Callable[[], None] = lambda: None,
) -> Whole:
    """The application of a process.

    Args:
        configuration, workshop: those that hold now.
        delivered: told after each delivery that was written.
        demo: who is signed in without signing in; see `Console`.
        changed: told after the configuration was changed in the console.
    """
    inbox = Inbox(engine)
    listen = configuration().settings.web.listen
    console = Console(engine, configuration, listen=listen, demo=demo, changed=changed)
    hooks = Hooks(configuration, told_secrets(configuration(), engine), inbox)
    app = make_app(
        healthz=probes.healthz,
        readyz=probes.readyz,
        metrics=probes.metrics,
        routers=[
            hooks.router(),
            Deliveries(workshop, delivered).router(),
            Letters(configuration, engine).router(),
        ],
        console=console,
    )
    return Whole(app, console, inbox)
