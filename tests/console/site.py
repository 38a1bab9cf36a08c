"""The console on a real address, for tests: signed-in callers by role, and what browsers do."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry

from sync_engine import accounts, configured
from sync_engine.accounts import NewAccount, Passwords, User
from sync_engine.settings import load
from sync_engine.store.audit import Actor
from sync_engine.web.app import make_app
from sync_engine.web.console.site import Console
from sync_engine.web.listener import Listener
from tests.console.portfolio import NOW

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "correct horse battery"
ACTOR = Actor("tests", "command line")
PEOPLE = {
    "admin": NewAccount("olga@acme.example", "Olga", "admin"),
    "pmo": NewAccount("pat@acme.example", "Pat", "pmo", "Europe/Berlin"),
    "manager": NewAccount("eve@acme.example", "Eve", "manager", None, 'portfolio = "Core"'),
    "viewer": NewAccount("vic@acme.example", "Vic", "viewer"),
}
CONNECTIONS = [
    {"name": "engineering", "connector": "jira",
     "options": {"url": "https://acme.example", "email": "p@acme.example", "token": "t"}},
    {"name": "office", "connector": "trello", "options": {"key": "k", "token": "t"}},
]  # fmt: skip


DIGESTS = [
    {"name": "Weekly", "to": ["eve@acme.example", "ada@acme.example"], "title": "The portfolio",
     "when": "Mon 08:00", "channels": ["file"]},
]  # fmt: skip


@dataclass
class Site:
    """A served console."""

    address: str
    engine: sa.Engine
    console: Console

    def browser(self, role: str | None = None) -> Browser:
        """A browser, signed in or not."""
        browser = Browser(self)
        if role is not None:
            token = accounts.open_session(self.engine, self.user(role).id, NOW)
            browser.session.cookies.set("flagstaff", token)
        return browser

    def user(self, role: str) -> User:
        """The account of a role."""
        with self.engine.connect() as connection:
            return accounts.find(connection, PEOPLE[role].address)


class Browser:
    """Asks as a browser does, without following where it is sent."""

    def __init__(self, site: Site) -> None:
        self.site, self.session = site, requests.Session()
        self.csrf = ""

    def get(self, path: str, **headers: str) -> requests.Response:
        """A page."""
        return self.ask("GET", path, headers)

    def post(self, path: str, csrf: str | None = None, **fields: Any) -> requests.Response:
        """A form, as one of our pages sends it."""
        if csrf is None:
            csrf = self.proof()
        headers = {"Origin": self.site.address, "Sec-Fetch-Site": "same-origin"}
        return self.ask("POST", path, headers, {"_csrf": csrf, **fields})

    def proof(self) -> str:
        """What a form of our pages holds against forgery; "" where there is none."""
        found = re.search(r'name="_csrf" value="([^"]+)"', self.get("/sign-in").text) or (
            re.search(r'name="_csrf" value="([^"]+)"', self.get("/").text)
        )
        return found[1] if found else ""

    def ask(
        self, method: str, path: str, headers: Any = None, data: Any = None
    ) -> requests.Response:
        """Any request."""
        return self.session.request(
            method, self.site.address + path, headers=headers, data=data, timeout=30,
            allow_redirects=False,
        )  # fmt: skip


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(engine: sa.Engine, folder: Path, *, people: bool = True, **more: Any) -> Iterator[Site]:
    """Serve the console on a store.

    Args:
        people: one account of each role is made.
        more: options of the configuration's section `web`; or `demo`, `now`, `port`, and `also`:
            further sections of the configuration.
    """
    demo, also = more.pop("demo", None), more.pop("also", {})
    now, port = more.pop("now", lambda: NOW), more.pop("port", 0)
    file = folder / "flagstaff.yaml"
    said = {"connections": CONNECTIONS, "timezone": "UTC", "digests": DIGESTS,
            **({"web": more} if more else {})}  # fmt: skip
    file.write_text(json.dumps(said | also))
    held = [configured.with_entries(load(file), engine)[0]]

    def changed() -> None:
        held[0] = configured.with_entries(load(file), engine)[0]

    console = Console(
        engine, lambda: held[0], listen=held[0].settings.web.listen, now=now, passwords=CHEAP,
        demo=demo, changed=changed,
    )  # fmt: skip
    if people:
        for new in PEOPLE.values():
            accounts.add(engine, new, CHEAP.hash(PASSWORD), ACTOR, NOW)
    app = make_app(healthz=_fine, readyz=_fine, metrics=CollectorRegistry(), console=console)
    listener = Listener(f"127.0.0.1:{port}", app)
    try:
        yield Site(listener.address, engine, console)
    finally:
        listener.close()
        console.close()


def _fine() -> tuple[bool, dict[str, Any]]:
    return True, {}
