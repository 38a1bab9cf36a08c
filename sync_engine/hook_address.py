"""The address that a connection's tool calls: what it holds besides the name cannot be guessed."""

from __future__ import annotations

import hashlib
import hmac

KEY_LENGTH = 32


def key_of(secret: str, name: str) -> str:
    """The part of the address that follows from the webhook's secret, and does not betray it."""
    return hmac.new(secret.encode(), f"hook {name}".encode(), hashlib.sha256).hexdigest()[
        :KEY_LENGTH
    ]


def path_of(secret: str, name: str) -> str:
    """The path of a connection's hooks."""
    return f"/hooks/{name}/{key_of(secret, name)}"
