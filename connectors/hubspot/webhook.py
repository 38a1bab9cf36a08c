"""Calls of HubSpot: signed, with their time and address, by the app's client secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from connectors.hubspot.kinds import STREAMS, Kind
from connectors.hubspot.values import identifier, instant, objects, text
from connectors.sdk.webhooks import Call, Greeting, Hint, signed, timely

BY_TYPE = {kind.type: (stream, kind) for stream, kind in STREAMS.items()}
OLD_NAMES = {"ticket": "0-5", "deal": "0-3"}
"""Objects of which events of the older kind tell without their number (`ticket.deletion`)."""


class HubSpotWebhook:
    """The webhook of an app."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "In an app (a service key has no webhooks) on its tab Webhooks: paste the address as the "
        "target, and subscribe to created, deleted, merged, restored and changed of the objects "
        "that are read; "
        "`webhook: secret` must be the app's client secret (tab Auth)."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """HubSpot has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:
        """Whether `X-HubSpot-Signature-v3` is right over the method, the address, the body and the
        call's time, and the time is ours."""
        at = call.headers.get("x-hubspot-request-timestamp", "")
        whole = f"{call.method}{call.url}".encode() + call.body + at.encode()
        given = call.headers.get("x-hubspot-signature-v3")
        return signed(whole, secrets, given, encoding="base64") and timely(instant(at), now)

    def hints(self, call: Call) -> Iterator[Hint]:
        """The records of events, and those that were merged into another."""
        for event in objects(call.json()):
            name, _, did = (text(event.get("subscriptionType")) or "").rpartition(".")
            type = text(event.get("objectTypeId")) or OLD_NAMES.get(name, "")
            stream, kind = BY_TYPE.get(type, ("", None))
            if kind is None:
                continue
            for id in _ids(kind, event.get("objectId")):
                yield Hint(stream, id, gone=did == "deletion")
            merged = event.get("mergedObjectIds") if did == "merge" else None
            for each in merged if isinstance(merged, list) else ():
                for id in _ids(kind, each):
                    yield Hint(stream, id, gone=True)


def _ids(kind: Kind, id: object) -> Iterator[str]:
    """A record's id as its item has it; none for what is no record's number."""
    held = identifier(id)
    if held is not None and held.isdecimal():
        yield kind.coordinates(held)
