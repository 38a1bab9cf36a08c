"""Hooks that the command line makes and the served application is called by, from end to end."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from connectors.asana.sandbox import AsanaSandbox
from connectors.asana.sandbox_hooks import secret_of
from connectors.clickup.sandbox import ClickUpSandbox
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Sandbox, serve
from sync_engine.connect import KEY_FILE
from sync_engine.settings import Configuration, load
from sync_engine.store.engine import open_engine
from sync_engine.store.told_secrets import ToldSecrets
from sync_engine.store.vault import Vault
from sync_engine.web.app import make_app
from sync_engine.web.hooks import Hooks
from sync_engine.web.inbox import Inbox
from sync_engine.web.listener import Listener
from tests.cli.conftest import Flagstaff
from tests.web.conftest import SECRET

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Called:
    """A tool, and our own application at the address that it is told to call."""

    sandbox: Any
    engine: sa.Engine
    inbox: Inbox

    def rows(self, sql: str) -> list[Any]:
        """What the store says."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]


@pytest.fixture
def called(tmp_path: Path, flagstaff: Flagstaff) -> Iterator[Callable[..., Called]]:
    """Serves a tool and the application, which share one configuration and one store."""
    with ExitStack() as stack:

        def make(sandbox_class: Callable[..., Sandbox], connector: str) -> Called:
            records = [
                *(Project(id=name, name=name, created_at=NOW) for name in ("site", "shop")),
                Task(id="t", project_id="site", title="Imprint", status="todo", created_at=NOW,
                     updated_at=NOW),
            ]  # fmt: skip
            sandbox = sandbox_class(records, lambda: NOW)
            url = stack.enter_context(serve(sandbox))
            loaded: list[Configuration] = []
            store = f"sqlite:///{tmp_path / 'store.db'}"
            engine = open_engine(store)
            stack.callback(engine.dispose)
            inbox = Inbox(engine)
            stack.callback(inbox.close)
            told = ToldSecrets(engine, lambda: Vault.open(tmp_path / KEY_FILE))
            hooks = Hooks(lambda: loaded[0], told, inbox)
            app = make_app(
                healthz=lambda: (True, {}),
                readyz=lambda: (True, {}),
                metrics=CollectorRegistry(),
                routers=[hooks.router()],
            )
            listener = Listener("127.0.0.1:0", app)
            stack.callback(listener.close)
            file = tmp_path / "flagstaff.yaml"
            entry = {
                "name": "work", "connector": connector, "options": sandbox.options(url),
                "webhook": {"secret": SECRET},
            }  # fmt: skip
            held = {"store": store, "web": {"url": listener.address}, "connections": [entry]}
            file.write_text(json.dumps(held))
            loaded.append(load(file))
            return Called(sandbox, engine, inbox)

        yield make


def test_asana_tells_its_secret_while_the_hook_is_made_and_is_believed_from_then_on(
    flagstaff: Flagstaff, called: Callable[..., Called]
) -> None:
    tool = called(AsanaSandbox, "asana")
    assert flagstaff("sync", "work", "--quiet").code == 0
    said = flagstaff("--json", "connections", "webhooks", "work", "--register")
    assert said.json["done"] == ["2 hooks were made."]
    assert {each["trouble"] for each in said.json["hooks"]} == {""}
    hooks = tool.sandbox.hooks
    secrets = [secret_of(id) for id in hooks.held]
    [(sealed,)] = tool.rows("SELECT sealed FROM credential WHERE key = 'hook:work'")
    assert not [each for each in secrets if each in sealed or each in said.out + said.err]

    task = tool.sandbox.ids[Task, "t"]
    tool.sandbox.world.remove(Task, task)
    event = {"action": "deleted", "resource": {"gid": task, "resource_type": "task"}}
    for id in hooks.held:
        assert hooks.tell(id, [event]).status == 200
    tool.inbox.close()  # all that was taken is written
    assert tool.rows("SELECT stream, item_id FROM hint") == [("tasks", task)]
    assert flagstaff("sync", "work", "--quiet").code == 0
    assert tool.rows("SELECT count(*) FROM hint") == [(0,)]
    assert tool.rows(f"SELECT gone_reason FROM task WHERE id = '{task}'") == [("deleted",)]


def test_a_call_that_another_secret_signed_is_refused(
    flagstaff: Flagstaff, called: Callable[..., Called]
) -> None:
    tool = called(AsanaSandbox, "asana")
    assert flagstaff("connections", "webhooks", "work", "--register").code == 0
    target = next(iter(tool.sandbox.hooks.held.values()))["target"]
    body = b'{"events": []}'
    forged = hmac.new(b"guessed", body, hashlib.sha256).hexdigest()
    answer = requests.post(target, body, headers={"X-Hook-Signature": forged}, timeout=30)
    assert answer.status_code == 401


def test_a_tool_that_tells_secrets_when_asked_tells_them_to_a_store_that_lost_them(
    flagstaff: Flagstaff, called: Callable[..., Called]
) -> None:
    tool = called(ClickUpSandbox, "clickup")
    assert flagstaff("connections", "webhooks", "work", "--register").code == 0
    [hook] = tool.sandbox.hooks.held.values()
    body = b'{"event": "taskUpdated", "task_id": "1"}'
    signed = {"X-Signature": hmac.new(hook["secret"].encode(), body, hashlib.sha256).hexdigest()}

    def call() -> int:
        return requests.post(hook["endpoint"], body, headers=signed, timeout=30).status_code

    assert call() == 200
    with tool.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM credential"))
    assert call() == 401
    said = flagstaff("--json", "connections", "webhooks", "work", "--register").json
    assert said["done"] == ["0 hooks were made."]
    assert call() == 200
