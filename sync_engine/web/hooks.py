"""`POST /hooks/{connection}/{key}`: where tools call.

Before anything of a call is parsed, its size is bounded, its address and then its signature are
compared in constant time. What it says is a hint: the worst that a forged or repeated call can do
is a pull that would have come anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from connectors.sdk import registry
from connectors.sdk.errors import ConnectorError
from connectors.sdk.json_body import BrokenText, NotJson
from connectors.sdk.webhooks import Call, Hint, Webhook, same
from sync_engine import clock
from sync_engine.hook_address import key_of
from sync_engine.secrets import SecretError, webhook_secrets
from sync_engine.settings import Configuration
from sync_engine.store.told_secrets import ToldSecrets
from sync_engine.store.vault import VaultError
from sync_engine.web.bodies import body_of
from sync_engine.web.inbox import Inbox, Taken

MAX_BYTES = 1024 * 1024
COME_AGAIN = {"Retry-After": "10"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Line:
    """A connection whose tool may call."""

    webhook: Webhook
    secrets: list[str]
    keys: list[str]


class Hooks:
    """Takes the calls of all connections' tools.

    Args:
        configuration: the one that holds now; it may change while we run.
    """

    def __init__(
        self, configuration: Callable[[], Configuration], told: ToldSecrets, inbox: Inbox
    ) -> None:
        self._configuration = configuration
        self._told = told
        self._inbox = inbox
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._made_for: Configuration | None = None

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter()

        @router.api_route("/hooks/{name}/{key}", methods=["POST", "HEAD"])
        async def called(name: str, key: str, request: Request) -> Response:
            body = await body_of(request, MAX_BYTES)
            if body is None:
                return Response(status_code=413)
            headers = {each.lower(): value for each, value in request.headers.items()}
            return await run_in_threadpool(self._take, request.method, name, key, headers, body)

        return router

    def _take(
        self, method: str, name: str, key: str, headers: dict[str, str], body: bytes
    ) -> Response:
        line = self._all_lines().get(name)
        if not same(line.keys if line else [""], key) or line is None:
            return Response(status_code=404)
        address = f"{(self._configuration().settings.web.url or '').rstrip('/')}/hooks/{name}/{key}"
        call = Call(method, address, headers, body)
        try:
            return self._heard(name, line, call)
        except VaultError as error:
            _say("a tool cannot call", error.message, connection=name)
            return Response(status_code=503, headers=COME_AGAIN)

    def _heard(self, name: str, line: _Line, call: Call) -> Response:
        """The answer to a call at the right address."""
        secrets = [*line.secrets, *self._told.of(name)]
        greeting = line.webhook.greet(call, secrets)
        if greeting is not None:
            if greeting.secret:
                self._told.add(name, greeting.secret)
            return Response(greeting.body, greeting.status, dict(greeting.headers))
        if call.method != "POST":
            return Response(status_code=405)
        if not line.webhook.verify(call, secrets, clock.now()):
            self._inbox.put(Taken(name, believed=False))
            return Response(status_code=401)
        if not self._inbox.put(Taken(name, _hints(line.webhook, call))):
            return Response(status_code=429, headers=COME_AGAIN)
        return Response(status_code=200)

    def _all_lines(self) -> dict[str, _Line]:
        """The connections that want calls, by name; made anew when the configuration changes."""
        configuration = self._configuration()
        with self._lock:
            if self._made_for is not configuration:
                self._lines = _lines(configuration)
                self._made_for = configuration
            return self._lines


def _lines(configuration: Configuration) -> dict[str, _Line]:
    found = {}
    for connection in configuration.settings.connections:
        webhook: Any = getattr(registry.get(connection.connector), "webhook", None)
        if connection.webhook is None or webhook is None or not connection.enabled:
            continue
        try:
            secrets = webhook_secrets(connection, configuration.folder, kept=configuration.kept)
        except SecretError as error:
            _say("a tool cannot call", str(error), connection=connection.name)
            continue
        keys = [key_of(secret, connection.name) for secret in secrets]
        found[connection.name] = _Line(webhook, secrets, keys)
    return found


def _hints(webhook: Webhook, call: Call) -> list[Hint]:
    """What the call names; one that nobody can read still says that something happened."""
    try:
        return list(webhook.hints(call))
    except (NotJson, BrokenText, ConnectorError):
        return []


def _say(what: str, error: str, **facts: Any) -> None:
    """An error for whoever must act: its sentence, no traceback."""
    log.error(what, error=error, **facts)
