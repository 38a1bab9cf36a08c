"""A sign-in service, as the HTTP door sees it: OpenID Connect's documents, keys and tokens.

Its parts may have addresses of their own (keys at one host, tokens at another); each has a door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from connectors.sdk.contract import Access, Answer, Budget, Clock, Connector, Options, RateLimit
from connectors.sdk.errors import ConnectorError, Unexpected
from connectors.sdk.http import Bounds, open_door

BOUNDS = Bounds(deadline=15.0, max_bytes=1_000_000, patience=2.0, tries=2)
"""Somebody waits before the browser."""


class _Options(Options):
    """Where it is, and with which token it is asked."""

    token: SecretStr | None = Field(None, description="An access token.")


class _Service:
    """Just enough of a connector for a door."""

    name: ClassVar[str] = "sign-in-service"
    title: ClassVar[str] = "The sign-in service"
    Config = _Options
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(600, timedelta(minutes=1)),)
    parallel: ClassVar[int] = 1

    @classmethod
    def access(cls, config: _Options) -> Access:
        """With the token, where there is one."""
        held = config.token
        headers = {} if held is None else {"Authorization": f"Bearer {held.get_secret_value()}"}
        return Access(config.url, headers)

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:  # noqa: ARG004 - the contract's
        """Nothing of its own."""
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004 - the contract's
        """None told."""
        return ()


class Service:
    """Asks a sign-in service.

    Args:
        private: whether an address of a private network may be asked.
    """

    def __init__(self, *, private: bool, now: Clock, sleep: Callable[[float], object]) -> None:
        self._private, self._now, self._sleep = private, now, sleep

    def document(self, url: str, token: str | None = None) -> Mapping[str, Any]:
        """A JSON object at an address.

        Raises:
            ConnectorError: it cannot be had.
        """
        with _Door(self, url, token) as door:
            found = door.get(url)
        return _mapping(found, url)

    def tokens(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> tuple[int, Mapping[str, Any]]:
        """What a code is exchanged for: the status, and what was said. Asked once.

        Raises:
            ConnectorError: there is no answer that could be read.
        """
        with _Door(self, url, None) as door:
            status, found = door.ask(url, form, basic=basic)
        return status, found if status >= 400 and isinstance(found, dict) else (
            {} if status >= 400 else _mapping(found, url)
        )  # fmt: skip


class _Door:
    """A door to the host of an address, closed in the end."""

    def __init__(self, service: Service, url: str, token: str | None) -> None:
        parts = urlsplit(url)
        config = _Options(
            url=f"{parts.scheme}://{parts.netloc}", allow_private_network=service._private,
            token=SecretStr(token) if token else None,
        )  # fmt: skip
        kind: type[Connector] = _Service  # type: ignore[assignment]
        self._door = open_door(kind, config, now=service._now, sleep=service._sleep, bounds=BOUNDS)

    def __enter__(self) -> Any:
        return self._door

    def __exit__(self, *_: object) -> None:
        self._door.close()


def _mapping(found: Any, url: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Unexpected(
            f"The sign-in service at {urlsplit(url).hostname} answered with something that is no "
            "JSON object.",
            remedy="Compare `issuer` with the address that the service's own pages name.",
        )
    return found
