"""The console: what its pages share, and how they are put on the application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request

from sync_engine import clock
from sync_engine.accounts import Passwords, User, anybody
from sync_engine.duties import standards_of
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.standards import Standard
from sync_engine.settings import Configuration
from sync_engine.store.engine import reading
from sync_engine.subscriptions import calendar_of
from sync_engine.web.console.gate import LOOPBACK, Gate
from sync_engine.web.console.needs import Needs, declare, guarded
from sync_engine.web.console.start_code import StartCode
from sync_engine.web.console.templating import environment

Function = TypeVar("Function", bound=Callable[..., Any])
Section = Literal["Overview", "Flags", "Projects", "People", "Standards", "Connections", "Digests",
                  "Settings"]  # fmt: skip
MENU: tuple[Section, ...] = ("Overview", "Flags", "Projects", "People", "Standards", "Connections",
                             "Digests", "Settings")  # fmt: skip

DEMO = User(0, "demo@acme.example", "Demo", "admin")
"""Who is signed in at the demonstration: sees all, changes nothing."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation. `roles`: who sees it."""

    section: Section
    path: str
    roles: frozenset[str]


class Console:
    """What all pages share.

    Args:
        configuration: the one that holds now; it may change while we run.
        listen: the address that we listen on.
        demo: who is signed in without signing in; then nothing can be changed.
        changed: to be called after the configuration was changed, so that the next page shows it.
    """

    def __init__(
        self,
        engine: sa.Engine,
        configuration: Callable[[], Configuration],
        *,
        listen: str,
        now: Callable[[], datetime] = clock.now,
        passwords: Passwords | None = None,
        demo: User | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.engine, self.configuration, self.now, self.demo = engine, configuration, now, demo
        self.changed = changed
        self.passwords = passwords or Passwords()
        self.templates = environment()
        self.menu: dict[Section, Entry] = {}
        self.start_code = StartCode()
        self.host = listen.rpartition(":")[0].strip("[]")
        self._noting = ThreadPoolExecutor(1, thread_name_prefix="console")
        self._lock = threading.Lock()
        self._calendar: tuple[Configuration, WorkCalendar] | None = None
        self._standards: tuple[Configuration, tuple[Standard, ...]] | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach us."""
        return self.host in LOOPBACK

    def hosts(self) -> tuple[str, ...]:
        """The name under which people reach us, if the configuration says."""
        url = self.configuration().settings.web.url
        return ((urlsplit(url).hostname or ""),) if url else ()

    def secure(self, request: Request) -> bool:
        """Whether people reach us by https."""
        url = self.configuration().settings.web.url or ""
        return request.url.scheme == "https" or url.startswith("https://")

    def calendar(self) -> WorkCalendar:
        """The PMO's working days."""
        configuration = self.configuration()
        with self._lock:
            if self._calendar is None or self._calendar[0] is not configuration:
                self._calendar = (configuration, calendar_of(configuration.settings))
            return self._calendar[1]

    def standards(self) -> tuple[Standard, ...]:
        """The standards in force."""
        configuration = self.configuration()
        with self._lock:
            if self._standards is None or self._standards[0] is not configuration:
                self._standards = (configuration, standards_of(configuration))
            return self._standards[1]

    def entries(self, user: User | None) -> list[Entry]:
        """The navigation of a user: what there is, in its order."""
        if user is None:
            return []
        held = (self.menu[section] for section in MENU if section in self.menu)
        return [entry for entry in held if user.role in entry.roles]

    def later(self, note: Callable[[sa.Engine, str, datetime], None], *values: Any) -> None:
        """Write what no answer should wait for."""
        self._noting.submit(self._note, note, *values)

    def _note(self, note: Callable[..., None], *values: Any) -> None:
        try:
            note(self.engine, *values)
        except sa.exc.SQLAlchemyError as error:
            # Only the time of the last use is late: the next request notes it again.
            log.warning("the store did not take a note", error=str(error).splitlines()[0])

    def greet(self, address: str) -> None:
        """Say where the console is; on a store without accounts, the code to begin with."""
        if self.demo is not None:
            return
        with reading(self.engine) as connection:
            begun = anybody(connection)
        url = self.configuration().settings.web.url
        if not begun:
            start = f"{(url or address).rstrip('/')}/start"
            code = self.start_code.code
            said = f"nobody has an account yet. Open {start} and enter the code {code}"
            log.warning(said)
        if not self.is_local and not (url or "").startswith("https://"):
            log.warning(
                "others on the network can reach this, and passwords would travel unencrypted: put "
                "a proxy with https before it and give its address as `web: {url: https://…}`, or "
                "listen on 127.0.0.1",
                listen=address,
                accounts=begun,
            )

    def close(self) -> None:
        """Write what is still to be noted."""
        self._noting.shutdown()


class Pages:
    """Where pages register their routes and their entry of the navigation."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.router = APIRouter(route_class=guarded(Gate(console)))

    def menu(self, section: Section, path: str, needs: Needs) -> None:
        """Show an entry of the navigation to those who may use its page."""
        self.console.menu[section] = Entry(section, path, frozenset(needs.roles or ()))

    def get(self, path: str, needs: Needs) -> Callable[[Function], Function]:
        """A route that shows something."""
        return self._route(path, needs, ["GET"])

    def post(self, path: str, needs: Needs) -> Callable[[Function], Function]:
        """A route that changes something; its `needs` say so."""
        return self._route(path, needs, ["POST"])

    def _route(self, path: str, needs: Needs, methods: list[str]) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            declare(function, needs)
            self.router.add_api_route(
                path, function, methods=methods, response_model=None, include_in_schema=False
            )
            return function

        return register
