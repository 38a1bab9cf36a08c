"""How an imitated tool calls an address, as the vendors' webhooks do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Heard:
    """What was answered; the status is 0 where nobody did."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the call was taken."""
        return 200 <= self.status < 300


def call(
    url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", method: str = "POST"
) -> Heard:
    """Call an address once."""
    asked = Request(  # noqa: S310  an address that the imitation was told to call
        url, data=body if method == "POST" else None, headers=dict(headers or {}), method=method
    )
    try:
        with urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return Heard(answer.status, _lower(answer.headers.items()), answer.read())
    except HTTPError as refused:
        with refused:
            return Heard(refused.code, _lower(refused.headers.items()), refused.read())
    except OSError:
        return Heard(0)


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
