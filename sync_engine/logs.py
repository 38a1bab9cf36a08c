"""Logging: one event a line on standard error, as JSON or for people, and never with a secret.

Whatever a tool or an error says may stand in an event. So every text is scrubbed of the secrets
that this process knows and of URL queries, keys that sound like a credential lose their value,
and line breaks and terminal control characters are made visible (one event stays one line).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO, cast

import orjson
import structlog

from connectors.sdk.scrub import MASK
from sync_engine.secrets import scrub

MAX_TEXT = 8_000
_SECRET_KEY = re.compile(
    r"(^|[_-])(token|secret|password|passwd|passphrase|authorization|cookie|credential|"
    r"api[_-]?key|private[_-]?key|session)s?($|[_-])",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(?P<before>\bhttps?://[^\s?#\"'<>]+)\?[^\s#\"'<>]*", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Level = Literal["debug", "info", "warning", "error"]


def configure(
    format: Literal["json", "plain"] = "plain", level: Level = "info", stream: TextIO | None = None
) -> None:
    """Set up logging for this process; the standard library's log goes the same way."""
    out = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    render = _json if format == "json" else _plain
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        clean_event,
    ]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast(Any, out)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))  # libraries have nothing to say about our work


def get(name: str) -> Any:
    """A logger; `name` says which part speaks."""
    return structlog.get_logger(part=name)


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Every event inside carries these values (`run`, `connection`)."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def clean_event(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The event without secrets and without anything that would break its line."""
    return cast(MutableMapping[str, Any], clean(event))


def clean(value: Any, *, text: Callable[[str], str] | None = None) -> Any:
    """A value that may be shown: redacted by key, scrubbed by value, however deep."""
    text = text or line
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {
            text(str(key)): MASK
            if _SECRET_KEY.search(str(key)) and each not in (None, "")
            else clean(each, text=text)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(each, text=text) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return text(str(value))


def line(text: str) -> str:
    """A text as it may stand in a log: scrubbed, on one line, without control characters."""
    return _CONTROL.sub(_visible, without_secrets(text))[:MAX_TEXT]


def address(url: str) -> str:
    """The address of an item as its tool gave it, without known secrets, on one line.

    Its query stays: some tools name the item there.
    """
    return _CONTROL.sub(_visible, scrub(url))[:MAX_TEXT]


def without_secrets(text: str) -> str:
    """A text without known secrets, URL queries and accounts in URLs; its lines stay."""
    text = _QUERY.sub(rf"\g<before>?{MASK}", scrub(text))
    return _ACCOUNT.sub(rf"\g<before>{MASK}@", text)


def _visible(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0], f"\\u{ord(found[0]):04x}")


def _json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return orjson.dumps({**first, **event}, default=str).decode()


def _plain(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    said = dict(event)
    head = f"{said.pop('timestamp', '')} {said.pop('level', ''):7} {said.pop('event', '')}"
    return " ".join([head, *(f"{key}={value}" for key, value in said.items())])
