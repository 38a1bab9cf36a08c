"""What a channel is: it freezes a digest into bytes, and delivers exactly those bytes later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sync_engine.digest.model import Digest
from sync_engine.digest.render import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A digest, rendered, with all that its frozen form depends on.

    Attributes:
        message_key: names this digest among all; the same whenever it is frozen.
        thread: Message-IDs of the first and the latest mail before this one.
    """

    digest: Digest
    rendered: Rendered
    subscription: str
    recipient: str
    recipient_name: str | None
    period_key: str
    message_key: str
    at: datetime
    thread: tuple[str, ...] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A digest as it will be delivered. `message_id` is what names it at the receiver."""

    body: bytes
    message_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt; `text` is one plain sentence without secrets.

    `sent`: taken. `later`: not now, this one is tried again. `refused`: never, for this
    recipient. `down`: the channel as a whole is out of order, so no other is tried now.
    """

    outcome: Literal["sent", "later", "refused", "down"]
    text: str
    code: int | None = None
    wait: float | None = None  # seconds that the receiver asks to be left alone


class Channel(Protocol):
    """A way out. Expected trouble is an `Answer`; only a defect of ours raises."""

    def freeze(self, letter: Letter) -> Frozen:
        """The complete bytes to deliver. Pure: the same letter gives the same bytes."""
        ...

    def send(self, recipient: str, body: bytes) -> Answer:
        """Deliver frozen bytes once, within bounded time."""
        ...

    def close(self) -> None:
        """Let go of what was kept open between two deliveries."""
        ...
