"""Hooks as the tools have them: listed, made, kept from running out, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk import registry
from connectors.sdk.contract import Scope
from connectors.sdk.webhooks import Registered, Registrar, Webhook
from sync_engine.connect import Workshop
from sync_engine.hook_address import path_of
from sync_engine.secrets import webhook_secrets
from sync_engine.settings import Configuration, Connection
from sync_engine.store.told_secrets import ToldSecrets

RENEW_BEFORE = timedelta(days=3)


class NoWebhookError(Exception):
    """A connection has no webhook, or its tool cannot call; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a connection's tool calls us."""

    webhook: Webhook
    address: str
    secret: str


def line_of(configuration: Configuration, connection: Connection) -> Line:
    """How a connection is called.

    Raises:
        NoWebhookError: it is not.
        SecretError: its secret cannot be had.
    """
    kind: Any = registry.get(connection.connector)
    webhook: Webhook | None = getattr(kind, "webhook", None)
    if webhook is None:
        raise NoWebhookError(
            f"{kind.title} does not call Flagstaff; it is pulled every {connection.every}."
        )
    if connection.webhook is None:
        raise NoWebhookError(
            f"{connection.name} has no webhook. Give it `webhook: {{secret: env:NAME}}`, with 16 "
            "characters or more that nobody can guess, and say under `web: url` where Flagstaff is "
            "reached."
        )
    [secret, *_] = webhook_secrets(connection, configuration.folder, kept=configuration.kept)
    base = (configuration.settings.web.url or "").rstrip("/")
    return Line(webhook, base + path_of(secret, connection.name), secret)


class Registry:
    """The hooks of one connection in its tool.

    Raises:
        NoWebhookError: the tool has no way to make hooks by its API, or the connection has none.
    """

    def __init__(self, workshop: Workshop, connection: Connection, told: ToldSecrets) -> None:
        self.line = line_of(workshop.configuration, connection)
        if not isinstance(self.line.webhook, Registrar):
            title = registry.get(connection.connector).title
            raise NoWebhookError(f"{title}'s hooks are made by hand. {self.line.webhook.howto}")
        self._registrar: Registrar = self.line.webhook
        self._name = connection.name
        self._told = told
        reached = workshop.reach(connection)
        self._http = reached.door
        self._scopes = [each for each in reached.connector.scopes() if each.state == "active"]

    def hooks(self) -> Sequence[Registered]:
        """Those that call us."""
        return self._registrar.registered(self._http, self._scopes, self.line.address)

    def register(self) -> list[Registered]:
        """Make what is missing; those that were made."""
        held = self.hooks()
        # A tool that tells secrets whenever it is asked tells them also to a store that lost them.
        self._keep(held)
        covered = {hook.scope for hook in held}
        missing: list[Scope] = (
            [] if "" in covered else [each for each in self._scopes if each.id not in covered]
        )
        made: list[Registered] = []
        for scope in missing:
            # One by one: what a tool told of one hook is kept before the next is asked for.
            found = self._registrar.register(
                self._http, [scope], self.line.address, self.line.secret
            )
            self._keep(found)
            made += found
            if any(not hook.scope for hook in found):
                break
        return made

    def _keep(self, hooks: Sequence[Registered]) -> None:
        """Keep the secrets that the tool told with hooks."""
        if secrets := [hook.secret for hook in hooks if hook.secret]:
            self._told.add(self._name, *secrets)

    def remove(self) -> int:
        """Take back all that call us; how many."""
        hooks = self.hooks()
        for hook in hooks:
            self._registrar.remove(self._http, hook)
        return len(hooks)

    def tend(self, now: datetime) -> str:
        """Renew what runs out soon or does not work; what is wrong then, in a sentence or none."""
        hooks = self.hooks()
        if not hooks:
            return "The tool has no hook that calls this address."
        for hook in hooks:
            runs_out = hook.expires_at is not None and hook.expires_at - now < RENEW_BEFORE
            if runs_out or hook.trouble:
                self._registrar.renew(self._http, hook)
        return next((hook.trouble for hook in hooks if hook.trouble), "")
