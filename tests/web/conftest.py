"""The application on a real address, over a store with two connections whose tools may call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from sync_engine import clock
from sync_engine.connect import Workshop, told_secrets
from sync_engine.hook_address import path_of
from sync_engine.settings import Configuration, load
from sync_engine.store.runs import connection_id
from sync_engine.web.app import make_app
from sync_engine.web.hooks import Hooks
from sync_engine.web.inbound import Deliveries
from sync_engine.web.inbox import Inbox
from sync_engine.web.listener import Listener
from tests.cli.conftest import flagstaff as flagstaff  # a fixture, for tests of both

PUBLIC = "https://flagstaff.example.com"
SECRET = "a secret of sixteen characters and more"
TOKEN = "whoever has this may deliver"
COLUMNS = {"No": "id", "Task": "title", "Area": "project", "Who": "assignees", "Due": "due_on",
           "Gone": "deleted"}  # fmt: skip
BEFORE = "the secret that was in use before this"


@dataclass
class Site:
    """A served application, and the store behind it."""

    address: str
    engine: sa.Engine
    inbox: Inbox
    configuration: Configuration
    taken: list[None]

    def path(self, name: str, secret: str = SECRET) -> str:
        """Where a connection's tool calls."""
        return path_of(secret, name)

    def call(
        self, path: str, body: bytes = b"{}", method: str = "POST", **headers: str
    ) -> requests.Response:
        """A call, with underscores in the names of headers for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, self.address + path, data=body, headers=named, timeout=30)

    def deliver(
        self, *tasks: Any, name: str = "plant", token: str = TOKEN, asked: str = ""
    ) -> requests.Response:
        """A delivery of tasks, or of a whole body."""
        body = tasks[0] if tasks and isinstance(tasks[0], bytes) else json.dumps({"tasks": tasks})
        return requests.put(
            f"{self.address}/api/v1/inbound/{name}/tasks{asked}",
            data=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    def rows(self, sql: str) -> list[Any]:
        """What the store says, once all that was taken is written."""
        self.inbox.close()
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]


def write(folder: Path, **more: Any) -> Path:
    """A configuration whose tools may call."""
    webhook = {"secret": SECRET, "previous": BEFORE}
    connections = [
        {"name": "code", "connector": "github", "options": {"token": "t"}, "webhook": webhook},
        {"name": "work", "connector": "asana", "options": {"token": "t"}, "webhook": webhook},
        {"name": "cards", "connector": "trello", "options": {"key": "k", "token": "t"},
         "webhook": webhook},
        {"name": "plant", "connector": "inbound", "options": {"token": TOKEN, "columns": COLUMNS}},
        {"name": "files", "connector": "inbound", "options": {"columns": COLUMNS}},
        {"name": "deaf", "connector": "github", "options": {"token": "t"}},
    ]  # fmt: skip
    file = folder / "flagstaff.yaml"
    file.write_text(json.dumps({"connections": connections, "web": {"url": PUBLIC}, **more}))
    return file


@pytest.fixture
def site_with(tmp_path: Path, sqlite_store: sa.Engine) -> Iterator[Callable[..., Site]]:
    """Serves the application over a store, perhaps with another inbox."""
    opened: list[Any] = []

    def serve(inbox: Any = None) -> Site:
        configuration = load(write(tmp_path))
        for each in configuration.settings.connections:
            connection_id(sqlite_store, each.name, each.connector)
        inbox = inbox or Inbox(sqlite_store)
        taken: list[None] = []
        hooks = Hooks(lambda: configuration, told_secrets(configuration, sqlite_store), inbox)
        probe = lambda: (True, {"since": clock.now().isoformat()})  # noqa: E731
        workshop = Workshop.open(configuration, sqlite_store)
        deliveries = Deliveries(lambda: workshop, lambda: taken.append(None))
        app = make_app(
            healthz=probe,
            readyz=probe,
            metrics=CollectorRegistry(),
            routers=[hooks.router(), deliveries.router()],
        )
        listener = Listener("127.0.0.1:0", app)
        opened.append(listener)
        return Site(listener.address, sqlite_store, inbox, configuration, taken)

    yield serve
    for each in opened:
        each.close()


@pytest.fixture
def site(site_with: Callable[..., Site]) -> Site:
    """The served application."""
    return site_with()
