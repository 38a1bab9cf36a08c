"""What a tool calls us with, and what a connector makes of it.

A hook is a hint that something changed, never data: whoever forges or repeats one gains a read
that would have come anyway. A connector that has them names an object of this contract as its
`webhook`. All of it is pure, but for `register`, `registered`, `renew` and `remove`, which speak
with the tool through the door.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from connectors.sdk.contract import Http, Scope
from connectors.sdk.json_body import parse_json

TOLERANCE = timedelta(minutes=5)
"""How far a call's own time may be from ours, either way."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool's request as it arrived.

    Args:
        url: the public address that the tool called, as it was registered.
        headers: names in lower case.
        body: the raw bytes, over which signatures are made.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body as JSON, read as strictly as every tool's answer; only of a verified call.

        Raises:
            NotJson, BrokenText, Unexpected: see `parse_json`.
        """
        return parse_json(self.body)[0]


@dataclass(frozen=True, slots=True)
class Hint:
    """What may have changed.

    Args:
        gone: the call says that this item of this stream was deleted: it is read by itself, and
            retired if the tool denies it.
    """

    stream: str
    item_id: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to a call by which a tool only makes sure of us.

    Args:
        secret: what the tool told us to check its later calls by.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """A hook as the tool has it.

    Args:
        id: as `renew` and `remove` need it.
        scope: id of the container that it watches; empty: all of them.
        expires_at: when the tool forgets it unless it is renewed.
        trouble: why it does not work at present, in one sentence; empty when it does.
        secret: what its calls are signed with, where the tool chose it and tells it with the hook.
    """

    id: str
    url: str
    scope: str = ""
    expires_at: datetime | None = None
    trouble: str = ""
    secret: str = field(default="", repr=False)


class Webhook(Protocol):
    """How one kind of tool calls us."""

    signed_by: Literal["us", "tool", "nobody"]
    """Who chooses the secret that signs calls: the admin, the tool, or they are not signed (the
    key in the address is then all there is)."""

    howto: str
    """For an admin: where in the tool a hook is made by hand; one sentence."""

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:
        """Pure: the answer to a handshake; None: this call is none."""
        ...

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:
        """Pure: whether one of the secrets signed the raw bytes, now. Parses nothing before."""
        ...

    def hints(self, call: Call) -> Iterable[Hint]:
        """Pure and total for verified calls: the items that the call names."""
        ...


@runtime_checkable
class Registrar(Protocol):
    """A webhook that the tool lets us register by its API. It needs a credential with the right
    to do so; none of the reading does."""

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> Sequence[Registered]:
        """The hooks of these containers that call this address."""
        ...

    def register(
        self, http: Http, scopes: Sequence[Scope], url: str, secret: str
    ) -> Sequence[Registered]:
        """Make a hook for each of these containers; those that were made."""
        ...

    def renew(self, http: Http, hook: Registered) -> None:
        """Keep a hook from running out, or wake it up."""
        ...

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        ...


def signed(
    body: bytes,
    secrets: Sequence[str],
    signature: str | None,
    *,
    digest: Literal["sha1", "sha256"] = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
    prefix: str = "",
) -> bool:
    """Whether a signature is the HMAC of the bytes under one of the secrets (RFC 2104), compared
    in constant time.

    Args:
        prefix: what stands before it, such as ``sha256=``.
    """
    if not signature or not signature.startswith(prefix):
        return False
    given = signature[len(prefix) :].encode()
    matches = False
    for secret in secrets:
        made = hmac.new(secret.encode(), body, getattr(hashlib, digest)).digest()
        text = made.hex().encode() if encoding == "hex" else base64.b64encode(made)
        matches |= hmac.compare_digest(text, given)
    return matches


def same(secrets: Sequence[str], given: str | None) -> bool:
    """Whether one of the secrets is what was given, compared in constant time."""
    matches = False
    for secret in secrets:
        matches |= hmac.compare_digest(secret.encode(), (given or "").encode())
    return matches


def timely(at: datetime | None, now: datetime) -> bool:
    """Whether a call's own time is near to ours: an old call is not repeated to us, and none
    comes from the future."""
    return at is not None and abs(now - at) <= TOLERANCE
