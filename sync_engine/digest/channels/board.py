"""Channels that many read, and programs that take digests: one message in one HTTP call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.sdk.errors import ConnectorError
from connectors.sdk.posting import Posted, post_once
from sync_engine import clock
from sync_engine.digest.channels.base import Answer, Frozen, Letter
from sync_engine.digest.text import clean
from sync_engine.secrets import SecretError, scrub

SHOWN = 10
"""Entries of a section that a channel shows; the console has the rest."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes, with the secrets that it takes."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Posts a digest as its receiver wants it.

    Args:
        name: what it is called in the configuration.
        write: the message of a digest. Pure; no secret is in it.
        target: where it goes, from the frozen bytes and their name; fetches secrets, only now.
        judge: what came of it, by the answer.
        private: whether an address of a private network may be called.
    """

    name: str
    write: Callable[[Letter], bytes]
    target: Callable[[bytes, str, datetime], Target]
    judge: Callable[[Posted], Answer]
    private: bool = False
    now: Callable[[], datetime] = clock.now

    def freeze(self, letter: Letter) -> Frozen:
        """The complete message."""
        return Frozen(self.write(letter), f"{letter.message_key}.{self.name}")

    def send(self, recipient: str, body: bytes) -> Answer:  # noqa: ARG002
        """Post the frozen bytes once. A lost answer is no answer: they go again later, under the
        same `Idempotency-Key`."""
        key = f"msg_{hashlib.sha256(body).hexdigest()[:40]}"
        try:
            target = self.target(body, key, self.now())
            # Where no character set is named, Teams counts two bytes for each letter.
            kind = "application/json; charset=utf-8"
            headers = {"Content-Type": kind, "Idempotency-Key": key}
            posted = post_once(
                target.url, body, {**headers, **target.headers}, private=self.private,
                now=self.now(),
            )  # fmt: skip
        except SecretError as error:
            return Answer("down", f"{error}.")
        except ConnectorError as error:
            return Answer("down", scrub(f"Channel {self.name}: {error}"))
        answer = self.judge(posted)
        return Answer(answer.outcome, scrub(answer.text), answer.code, answer.wait)

    def close(self) -> None:
        """Nothing is kept open."""


def by_status(posted: Posted) -> Answer:
    """What a status says of a message that was posted."""
    status, said = posted.status, said_in(posted)
    if 200 <= status < 300:
        return Answer("sent", "Taken.", status)
    if status in (408, 425, 429) or (status == 503 and posted.wait is not None):
        return Answer("later", f"The receiver asks to come back later{said}", status, posted.wait)
    if status in (400, 413, 415, 422):
        return Answer("refused", f"The receiver does not take this message{said}", status)
    if 300 <= status < 400:
        text = "The receiver's address leads elsewhere, which is not followed. Set the new one."
        return Answer("down", text, status)
    if status < 500:
        text = f"The receiver refuses the address or the credential{said} Make a new one."
        return Answer("down", text, status)
    return Answer("down", f"The receiver is out of order{said}", status)


def said_in(posted: Posted) -> str:
    """What an answer says, as the end of a sentence."""
    said = clean(posted.body[:2000].decode("utf-8", "replace"), 120)
    return f" ({posted.status}): {said}." if said else f" ({posted.status})."
