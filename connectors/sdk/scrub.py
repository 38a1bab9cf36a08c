"""Keeping secrets out of every text that leaves the door."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

MASK = "***"
_SHORTEST = 4  # shorter values are no secrets, and masking them would garble every text
_PUBLIC_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "api-version",
                             "content-type", "user-agent"})  # fmt: skip


class Scrubber:
    """Masks secrets in any spelling in which they travel: raw, URL-encoded, base64."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, *secrets: str) -> None:
        """Mask these from now on."""
        with self._lock:
            for secret in secrets:
                if len(secret) >= _SHORTEST:
                    self._spellings.update(_spellings(secret))
            longest_first = sorted(self._spellings, key=len, reverse=True)
            if longest_first:
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def add_headers(self, headers: Mapping[str, str]) -> None:
        """Mask the values of headers that may hold a credential, and the credential alone."""
        for name, value in headers.items():
            if name.lower() not in _PUBLIC_HEADERS:
                self.add(value, *value.split(" ", 1)[1:])

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield repr(secret)[1:-1]
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda hit: hit.group().lower(), encoded)
    raw = secret.encode()
    for encoded_bytes in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded_bytes.decode()
        yield encoded_bytes.decode().rstrip("=")


def secrets_in(value: Any) -> Iterator[str]:
    """Every secret of a configuration, however deep."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from secrets_in(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from secrets_in(each)
