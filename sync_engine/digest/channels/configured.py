"""From the configuration's `channels` to channels. Their secrets are fetched when they send: if
one cannot be had, the other channels go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from sync_engine.digest.channels import slack, teams, webhook
from sync_engine.digest.channels.apprise import AppriseChannel
from sync_engine.digest.channels.base import Channel
from sync_engine.digest.channels.board import Board, Target, by_status
from sync_engine.secrets import SecretError, way_secret
from sync_engine.settings import Configuration
from sync_engine.settings.digests import Way

Secret = Callable[[str], str]
"""Fetches the secret of an option."""


def boards(
    configuration: Configuration, environ: Mapping[str, str] = os.environ
) -> dict[str, Channel]:
    """Every configured channel, by its name."""
    return {
        name: _board(name, way, partial(_fetch, configuration, environ, name))
        for name, way in configuration.settings.channels.items()
    }


def _fetch(configuration: Configuration, environ: Mapping[str, str], name: str, option: str) -> str:
    return way_secret(configuration, name, option, environ)


def _board(name: str, way: Way, secret: Secret) -> Channel:
    private = way.allow_private_network
    match way.kind:
        case "slack":
            return Board(
                name=name, write=partial(slack.message, channel=way.channel), judge=slack.judge,
                target=lambda *_: _slack(way, secret), private=private,
            )  # fmt: skip
        case "teams":
            return Board(
                name=name, write=teams.message, judge=by_status,
                target=lambda *_: Target(secret("webhook")), private=private,
            )  # fmt: skip
        case "webhook":
            return Board(
                name=name, write=webhook.message, judge=by_status,
                target=lambda *sent: _signed(name, way, secret, *sent), private=private,
            )  # fmt: skip
        case "apprise":
            return AppriseChannel(name, lambda: secret("webhook"))


def _slack(way: Way, secret: Secret) -> Target:
    if way.token is None:
        return Target(secret("webhook"))
    url = f"{(way.url or slack.API).rstrip('/')}/chat.postMessage"
    return Target(url, {"Authorization": f"Bearer {secret('token')}"})


def _signed(name: str, way: Way, secret: Secret, body: bytes, key: str, now: datetime) -> Target:
    try:
        known = webhook.key_of(secret("secret"))
    except ValueError as error:
        raise SecretError(f"channels.{name}.secret: {error}") from None
    return Target(way.url or "", webhook.headers(known, body, key, now))
