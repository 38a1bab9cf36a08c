"""A message that only says that messages arrive."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sync_engine.digest.channels.base import Answer, Channel, Letter
from sync_engine.digest.model import Digest
from sync_engine.digest.render import Rendered

SUBJECT = "Flagstaff can write to you"
WORDS = (
    "This message was asked for in Flagstaff's settings. That you read it means that digests can "
    "arrive here."
)
HTML = f'<!doctype html><html lang="en"><body><p>{WORDS}</p></body></html>\n'
_NOTHING = Digest(
    subject=SUBJECT, preheader=WORDS, title=SUBJECT, period="a trial", greeting=None,
    headline=WORDS, first=(), figures=(), trend=None, sections=(), health=(),
    health_summary="Nothing was read for it.", reason=WORDS, notes=(), console=None,
    unsubscribe=None, changed=False,
)  # fmt: skip


def greet(channel: Channel, recipient: str, name: str, now: datetime) -> Answer:
    """Send it at once, past the outbox: whoever asks waits for what comes of it.

    Args:
        recipient: the address; of a channel that many read: its name.
    """
    key = hashlib.sha256(f"greeting {recipient} {now.isoformat()}".encode()).hexdigest()[:40]
    letter = Letter(
        digest=_NOTHING, rendered=Rendered(SUBJECT, HTML, f"{WORDS}\n"), subscription="greeting",
        recipient=recipient, recipient_name=name, period_key=now.date().isoformat(),
        message_key=key, at=now,
    )  # fmt: skip
    try:
        frozen = channel.freeze(letter)
    except ValueError as error:
        return Answer("refused", str(error))
    try:
        return channel.send(recipient, frozen.body)
    finally:
        channel.close()
