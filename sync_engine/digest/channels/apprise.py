"""What Apprise reaches: chats, phones, further mail services. An extra, `flagstaff[notify]`.

Apprise calls its services itself, so the rules of our own door do not hold there.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from sync_engine.digest.channels.base import Answer, Frozen, Letter
from sync_engine.secrets import SecretError

MISSING = (
    "Apprise is not installed, which channels of the kind apprise need; "
    "install flagstaff[notify], or take them out"
)


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("apprise") is not None


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """Hands a digest's text to a service of Apprise. `address` fetches its URL, a secret."""

    name: str
    address: Callable[[], str]

    def freeze(self, letter: Letter) -> Frozen:
        """Subject and text."""
        body = {"title": letter.rendered.subject, "text": letter.rendered.text}
        return Frozen(orjson.dumps(body), f"{letter.message_key}.{self.name}")

    def send(self, recipient: str, body: bytes) -> Answer:  # noqa: ARG002
        """Hand it over once. Apprise says whether it was taken, not why it was not."""
        if not installed():
            return Answer("down", f"{MISSING}.")
        import apprise

        held = orjson.loads(body)
        try:
            service = apprise.Apprise()
            known = service.add(self.address())
        except SecretError as error:
            return Answer("down", f"{error}.")
        if not known:
            return Answer("down", f"Channel {self.name}: Apprise does not know such an address.")
        if service.notify(body=held["text"], title=held["title"], body_format="text"):
            return Answer("sent", "Taken by Apprise's service.")
        return Answer("down", f"Channel {self.name}: Apprise's service did not take it.")

    def close(self) -> None:
        """Nothing is kept open."""
