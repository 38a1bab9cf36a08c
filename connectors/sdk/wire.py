"""One HTTP call: bounded in time and bytes, to an allowed peer, its failures named."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3

from connectors.sdk.errors import ConnectorError, Refused, Unavailable, Unexpected
from connectors.sdk.transport import Adapter, is_over, set_deadline

_CHUNK = 1 << 18
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost.

    Args:
        deadline: seconds from the request's first byte to the answer's last.
        max_bytes: of an answer, after decompression.
        patience: seconds that the door waits at a closed gate, at most 15 minutes; beyond it
            raises `Throttled`.
        tries: of the same request when the tool or the way to it is down.
        connect: seconds to reach the tool.
        read: seconds between two bytes of an answer.
    """

    deadline: float = 60.0
    max_bytes: int = 50_000_000
    patience: float = 60.0
    tries: int = 5
    connect: float = 10.0
    read: float = 30.0


class TooSlow(Unavailable):
    """The answer was not complete within the deadline."""


class Raw(NamedTuple):
    """An answer before anyone has read it; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


class Wire:
    """A session of its own: nothing from the environment, no cookies, no redirects, no retries.

    Args:
        headers: sent with every call.
        parallel: connections kept open.
        private: whether private addresses are allowed.
    """

    def __init__(
        self, headers: Mapping[str, str], *, parallel: int, private: bool, bounds: Bounds
    ) -> None:
        self._bounds = bounds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(parallel, private=private)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers.clear()
        self._session.headers.update(
            {"User-Agent": "flagstaff", "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        self._session.headers.update(headers)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        what: str,
    ) -> Raw:
        """Make the call.

        Args:
            what: the request in words, for the errors.

        Raises:
            Unavailable: the way or the tool is down; `TooSlow` if it took too long.
            Refused: the address or the credential cannot be used, or the peer is not allowed.
            Unexpected: the answer is too large.
        """
        set_deadline(self._bounds.deadline)
        try:
            with self._session.request(
                method,
                url,
                params=list(params),
                data=body,
                headers=headers,
                timeout=(self._bounds.connect, self._bounds.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Raw(
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    self._body(response, what),
                    response.url,
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            failure = self._named(e, what)
        # Outside the handler, so that no library's error with its URL hangs on ours.
        raise failure

    def _body(self, response: requests.Response, what: str) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._bounds.max_bytes:
                raise Unexpected(
                    f"{what} was answered with more than {self._bounds.max_bytes / 1e6:g} MB.",
                    remedy="Narrow the connection down to fewer containers, or report this.",
                )
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _named(self, error: Exception, what: str) -> ConnectorError:
        """What went wrong, in words of ours: the libraries' own hold the URL."""
        causes = list(_chain(error))
        ours = not any(isinstance(cause, _OF_ANSWERS) for cause in causes)
        if ours and isinstance(error, (requests.exceptions.InvalidHeader, UnicodeError)):
            return Refused(
                f"{what} could not be sent: the credential holds a character that cannot travel.",
                remedy="Enter the credential again, without line breaks and quotation marks.",
            )
        if ours and isinstance(error, ValueError):  # InvalidURL, MissingSchema, InvalidSchema …
            return Refused(f"{what} has no valid address.", remedy="Correct `url`.")
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return Refused(
                f"{what} failed: the certificate of the host is not valid for it.",
                remedy="Correct `url`, or have the certificate renewed.",
            )
        if is_over():
            return TooSlow(f"{what} was not answered within {self._bounds.deadline:g} s.")
        for kinds, words in _FAILURES:
            if any(isinstance(cause, kinds) for cause in causes):
                return Unavailable(f"{what} failed: {words}.")
        return Unavailable(f"{what} failed: the connection broke.")


_OF_ANSWERS = (urllib3.exceptions.InvalidHeader, UnicodeDecodeError)
"""Errors that only an answer makes, though they are kinds of those that a request makes."""

_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (_OF_ANSWERS, "the head of the answer makes no sense"),
    (urllib3.exceptions.NameResolutionError, "the name of the host is not known"),
    (ConnectionRefusedError, "the host refuses connections"),
    ((requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError), "the host is not reached"),
    ((requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError), "no answer came in time"),
    (urllib3.exceptions.DecodeError, "the answer's compression is broken"),
    (urllib3.exceptions.IncompleteRead, "the answer was cut off"),
    (ssl.SSLError, "no encrypted connection came about"),
)


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and all that it wraps: causes, contexts, errors given as arguments."""
    found: list[BaseException] = []
    todo = [error]
    while todo:
        each = todo.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            todo += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


class Origin(NamedTuple):
    """Where a URL leads."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return self.host if self.port in (80, 443) else f"{self.host}:{self.port}"


def origin_of(url: str) -> Origin | None:
    """The origin of an absolute http(s) URL; None if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return Origin(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])
