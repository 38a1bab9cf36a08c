"""Reading an answer: its data, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from connectors.sdk.contract import Answer, Clock, Connector
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.gate import LONGEST_COOLDOWN
from connectors.sdk.json_body import BrokenText, NotJson, parse_json
from connectors.sdk.retry import Again
from connectors.sdk.scrub import Scrubber
from connectors.sdk.statuses import reading, seconds_asked
from connectors.sdk.wire import Raw
from connectors.sdk.xml_body import NotXml, parse_xml

_TRIES_UNREADABLE = 3
_LONGEST_BACKOFF = 30.0


@dataclass(slots=True)
class Call:
    """One request of the connector, over all its tries."""

    method: str
    url: str
    what: str  # in words, for errors: no query, no secret
    scope: str | None
    accept: Container[int]
    params: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    speaks_xml: bool = False
    renewed: bool = False  # the credential, after a 401
    repair: bool = False  # broken UTF-8, after it came once
    tries: int = 0


def is_passing(error: ConnectorError | None) -> bool:
    """Whether the same request may work in a moment."""
    return isinstance(error, (Throttled, Unavailable)) and not isinstance(error, CursorExpired)


class Reader:
    """Reads the answers of one connector's tool."""

    def __init__(self, connector: type[Connector], scrub: Scrubber, now: Clock) -> None:
        self._connector = connector
        self._scrub = scrub
        self._now = now

    def answer(self, call: Call, raw: Raw) -> Answer:
        """The answer with its data; a refusal may be mere text.

        Raises:
            Again: it is not JSON (or XML) as asked for, or not UTF-8 for the first time.
        """
        url = self._scrub(raw.url)
        if raw.status == 304 and "If-None-Match" in call.headers:
            return Answer(304, raw.headers, None, url, not_modified=True)
        if call.method == "HEAD" or raw.status in (204, 205):
            return Answer(raw.status, raw.headers, None, url)
        failed = not 200 <= raw.status < 300
        parse: Callable[..., tuple[Any, int]] = parse_xml if call.speaks_xml else parse_json
        try:
            data, altered = parse(raw.body, repair=failed or call.repair)
        except BrokenText:
            call.repair = True
            error = Unavailable(f"{call.what} was answered with broken text (not UTF-8).")
            raise Again(error, call.tries + 1) from None
        except (NotJson, NotXml):
            if failed:
                return Answer(raw.status, raw.headers, self._said(raw.body, 2000) or None, url)
            said = self._said(raw.body, 80) or "an empty answer"
            error = Unavailable(
                f"{call.what}: not {'XML' if call.speaks_xml else 'JSON'}: {said}",
                remedy="It is asked again at the next turn; if this stays, check that `url` leads "
                "to the tool itself and to no proxy or sign-in page.",
            )
            raise Again(error, _TRIES_UNREADABLE) from None
        return Answer(raw.status, raw.headers, data, url, altered)

    def verdict(self, call: Call, answer: Answer, raw: Raw) -> ConnectorError | None:
        """What is wrong with an answer: the vendor's own way of saying it, else its status."""
        error = self._connector.classify(answer)
        if answer.status in call.accept and not is_passing(error):
            return None
        if error is None:
            if answer.status < 300 or answer.not_modified:
                return None
            error = self._by_status(call, answer, raw)
        error.message, error.remedy = self._scrub(error.message), self._scrub(error.remedy)
        error.args = (error.message,)
        if isinstance(error, (NotVisible, Unavailable, Unexpected)):
            error.scope = error.scope or call.scope
        return error

    def _by_status(self, call: Call, answer: Answer, raw: Raw) -> ConnectorError:
        asked = seconds_asked(answer.headers, self._now())
        if answer.status == 429 or (answer.status == 503 and asked is not None):
            if asked is None:
                asked = min(2.0 ** (call.tries - 1), _LONGEST_BACKOFF)
            until = self._now() + timedelta(seconds=min(asked, LONGEST_COOLDOWN.total_seconds()))
            return Throttled(
                f"{call.what} was answered with {answer.status}: too many requests.", until=until
            )
        return reading(answer.status, call.what, self._said(raw.body, 120), call.scope)

    def _said(self, body: bytes, length: int) -> str:
        """The beginning of a body as one printable line without secrets."""
        text = self._scrub(body[:8192].decode(errors="replace"))
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length]
