"""One call that is never repeated by itself: for what must not happen twice, such as a message.

The same wire as the door's, so the same rules hold: bounded time and bytes, only peers that are
allowed, no redirects, nothing from the environment. Whether to call again is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.sdk.statuses import seconds_asked
from connectors.sdk.wire import Bounds, Wire, origin_of

BOUNDS = Bounds(deadline=30.0, max_bytes=1_000_000)


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back.

    Attributes:
        wait: seconds after which the server wants to be asked again; None: it does not say.
    """

    status: int
    body: bytes
    wait: float | None


def post_once(
    url: str, body: bytes, headers: Mapping[str, str], *, private: bool, now: datetime
) -> Posted:
    """Post bytes once.

    Args:
        private: whether an address of a private network may be called.

    Raises:
        ConnectorError: there is no answer; it names the host and nothing else of the address,
            which may be a secret.
    """
    wire = Wire({}, parallel=1, private=private, bounds=BOUNDS)
    try:
        raw = wire.send("POST", url, body=body, headers=headers, what=f"POST to {origin_of(url)}")
    finally:
        wire.close()
    return Posted(raw.status, raw.body, seconds_asked(raw.headers, now))
