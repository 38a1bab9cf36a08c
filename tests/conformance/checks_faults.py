"""Checks of reading a tool that misbehaves: whatever it does ends in the right error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.sdk.contract import Connector
from connectors.sdk.errors import (
    ConnectorError,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.vocabulary import Worded
from tests.conformance.checks import check, secrets_of
from tests.conformance.reading import Read, Subject, Tool

_FAILING = 10  # requests of each stream that are made to fail, one at a time

Errors = type[ConnectorError] | tuple[type[ConnectorError], ...]


@dataclass(frozen=True)
class Fault:
    """What a tool may do to every request, and what it must lead to."""

    name: str
    reply: Reply
    leads_to: Errors


FAULTS = (
    Fault("401", Reply(401, b"no"), Refused),
    Fault("403", Reply(403, b"no"), Refused),
    Fault("404", Reply(404, b"no"), (Refused, Unexpected)),
    Fault("410", Reply(410, b"{}"), (Refused, Unavailable)),
    Fault("500", Reply(500, b"{}"), Unavailable),
    Fault("502 in HTML", Reply(502, b"<html>Bad gateway"), Unavailable),
    Fault("503", Reply(503), Unavailable),
    Fault("503 for hours", Reply(503, b"", {"Retry-After": "7200"}), Throttled),
    Fault("429 for hours", Reply(429, b"", {"Retry-After": "7200"}), Throttled),
    Fault("429 for ever", Reply(429, b"", {"Retry-After": "999999"}), Throttled),
    Fault("429 without a word", Reply(429), Throttled),
    Fault("sign-in page", Reply(200, b"<!DOCTYPE html><p>Sign in"), Unavailable),
    Fault("text", Reply(200, b"OK", {"Content-Type": "text/plain"}), Unavailable),
    Fault("truncated", Reply(200, b'{"values":[{"id":'), Unavailable),
    Fault("empty", Reply(200), Unavailable),
    Fault("elsewhere", Reply(302, b"", {"Location": "https://portal.example.org/"}), Refused),
    Fault("null", Reply(200, b"null"), ConnectorError),
    Fault("a mere word", Reply(200, b'"fine"'), ConnectorError),
)

TOO_DEEP = {
    "json": Fault("too deep", Reply(200, b"[" * 500 + b"]" * 500), Unexpected),
    "xml": Fault("too deep", Reply(200, b"<a>" * 500 + b"</a>" * 500), Unexpected),
}
"""By the language in which the tool answers."""

_SHAPES = {
    "json": (b"{}", b"[]", b"[null]", b"[[]]", b"[1]", b'{"errors":["no"]}', b'{"values":null}'),
    "xml": (b"<a/>", b"<a>1</a>", b'<a b="1"><c/></a>', b"<errors>no</errors>",
            b'<multistatus xmlns="DAV:"/>', b'<multistatus xmlns="DAV:"><response/></multistatus>'),
}  # fmt: skip


def faults_of(subject: Subject) -> list[Fault]:
    """The faults in the tool's language."""
    return [*FAULTS, TOO_DEEP[subject.speaks]]


def _attempts(
    tool: Tool, connector: Connector | None = None
) -> Iterator[tuple[str, Callable[[], object]]]:
    """`check`, what there is to map, and the first read of each stream; with fresh connectors
    unless one is given."""
    yield "check", lambda: (connector or tool.connect()).check()
    if isinstance(worded := connector or tool.connect(), Worded):
        yield "vocabulary", worded.vocabulary
    for stream in tool.subject.connector.streams:
        yield stream, partial(tool.read, streams=[stream], connector=connector)


def always(reply: Reply) -> Callable[[Request], Reply]:
    """A tool that answers this to everything."""
    return lambda _: reply


def _end_of(attempt: Callable[[], object]) -> object:
    """The error in which an attempt ended, or what it gave."""
    try:
        return attempt()
    except ConnectorError as error:
        return error
    except Exception as error:
        raise AssertionError(f"it crashed: {error!r}") from error


@check
def each_fault_ends_in_its_error(subject: Subject) -> None:
    """Whatever a tool answers to everything, each read ends in the error of who must act."""
    with subject.tool() as tool:
        for fault in faults_of(subject):
            tool.sandbox.interfere = always(fault.reply)
            for what, attempt in _attempts(tool):
                ended = _end_of(attempt)
                named = f"{fault.name}: {what} ended in {ended!r}"
                assert isinstance(ended, fault.leads_to), named
                assert str(ended), named


@check
def each_fault_later_ends_in_its_error(subject: Subject) -> None:
    """The same in the turns after the first."""
    with subject.tool() as tool:
        whole = tool.read()
        tool.clock.sleep(3600)
        for fault in faults_of(subject):
            tool.sandbox.interfere = always(fault.reply)
            for stream in subject.connector.streams:
                read = tool.read(whole.cursors, streams=[stream], patient=True)
                named = f"{fault.name}: {stream}"
                assert not read.records, f"{named}: something was read"
                assert not read.gone, f"{named}: something is said to be gone"
                assert read.errors, f"{named}: the turn ended well"
                for error in read.errors:
                    assert isinstance(error, fault.leads_to), f"{named}: {error!r}"


@check
def odd_shapes_do_not_crash(subject: Subject) -> None:
    """Data of another shape than documented is an error of ours or nothing, never a crash."""
    with subject.tool() as tool:
        cursors = tool.read().cursors
        for body in _SHAPES[subject.speaks]:
            tool.sandbox.interfere = always(Reply(200, body))
            _end_of(tool.connect().check)
            for each in (None, cursors):
                read = _end_of(partial(tool.read, each, patient=True))
                assert isinstance(read, Read)
                assert not read.gone, f"{body!r}: something is said to be gone"


@check
def a_short_throttle_is_waited_out(subject: Subject) -> None:
    """A 429 with a short Retry-After costs time and nothing else."""
    with subject.tool() as tool:
        whole = tool.read()
        throttled: set[tuple[Any, ...]] = set()

        def interfere(request: Request) -> Reply | None:
            if len(throttled) >= 6 or _key(request) in throttled:
                return None
            throttled.add(_key(request))
            return Reply(429, b"", {"Retry-After": "3"})

        tool.sandbox.interfere = interfere
        before = tool.clock.seconds
        again = tool.read()
        assert tool.clock.seconds >= before + 3
        assert again.records == whole.records


def _key(request: Request) -> tuple[Any, ...]:
    query = tuple(sorted((name, tuple(values)) for name, values in request.query.items()))
    return request.method, request.path, query, request.body


class _Failing:
    """Fails the k-th request, and the same request whenever it is repeated."""

    def __init__(self, k: int, reply: Reply) -> None:
        self.k = k
        self.reply = reply
        self.count = 0
        self.key: tuple[Any, ...] | None = None

    def __call__(self, request: Request) -> Reply | None:
        self.count += 1
        if self.count == self.k:
            self.key = _key(request)
        return self.reply if _key(request) == self.key else None


@check
def a_failed_request_never_ends_a_full_pull_well(subject: Subject) -> None:
    """Whichever request of a first read fails for good, the read ends in an error."""
    with subject.tool() as tool:
        tool.connect().check()  # signs in, where that is a request of its own
        for stream in subject.connector.streams:
            tool.sandbox.interfere = None
            tool.sandbox.log.clear()
            tool.read(streams=[stream])
            asked = len(tool.sandbox.log)
            for k in range(1, asked + 1, max(1, asked // _FAILING)):
                failing = _Failing(k, Reply(500, b"{}"))
                tool.sandbox.interfere = failing
                read = tool.read(streams=[stream], patient=True)
                what = f"{stream}: request {k} of {asked}, {failing.key}"
                assert failing.key is not None, f"{what} was not repeated"
                assert any(isinstance(e, Unavailable) for e in read.errors), f"{what} was swallowed"
                assert not read.gone, f"{what}: something is said to be gone"


@check
def page_loops_end_in_an_error(subject: Subject) -> None:
    """A tool that gives the first page again and again is found out."""
    with subject.tool() as tool:
        for stream in subject.connector.streams:
            tool.sandbox.interfere = None
            tool.sandbox.log.clear()
            whole = tool.read(streams=[stream])
            looping = _Looping(tool, 10 * len(tool.sandbox.log) + 100)
            tool.sandbox.interfere = looping
            read = tool.read(streams=[stream], patient=True)
            assert looping.left > 0, f"{stream} was read for ever"
            assert read.errors or read.ids(stream) == whole.ids(stream), (
                f"{stream}: {len(read.ids(stream))} of {len(whole.ids(stream))} items, no error"
            )


class _Looping:
    """Answers each path with its first answer for ever, a limited number of times."""

    def __init__(self, tool: Tool, requests: int) -> None:
        self.tool = tool
        self.left = requests
        self.first: dict[tuple[str, str], Reply] = {}

    def __call__(self, request: Request) -> Reply:
        self.left -= 1
        if self.left <= 0:
            return Reply(500, b"{}")
        key = (request.method, request.path)
        if key not in self.first:
            self.first[key] = self.tool.sandbox.handle(request)
        return self.first[key]


@check
def a_wrong_credential_is_refused(subject: Subject) -> None:
    """With any wrong secret nothing is read, and the admin is told what to do."""
    with subject.tool() as tool:
        for name in set(secrets_of(tool).values()):
            wrong = SecretStr("wrong-" + "0" * 30)
            connector = tool.connect(tool.config(**{name: wrong}))
            for what, attempt in _attempts(tool, connector):
                ended = _end_of(attempt)
                named = f"wrong {name}: {what} ended in {ended!r}"
                assert isinstance(ended, Refused), named
                assert ended.remedy, f"{named}, without a remedy"


@check
def secrets_appear_nowhere(subject: Subject) -> None:
    """Not in an address, an item, a record, an error or anything that hangs on one."""
    with subject.tool() as tool:
        secrets = list(secrets_of(tool))
        assert secrets, "the tool is read without a secret"
        texts = [repr(read := tool.read()), repr(tool.connect().check())]
        texts += [repr(item.body) for found in read.items.values() for item in found.values()]
        for status in (200, 400, 401, 403, 500):
            tool.sandbox.interfere = partial(_echo, status)
            for _, attempt in _attempts(tool):
                ended = _end_of(attempt)
                assert isinstance(ended, ConnectorError)
                texts += _told(ended)
        sign_in = _sign_in_path(tool)
        for each in tool.sandbox.log:
            texts.append(f"{each.path} {dict(each.query)}")
            if each.path != sign_in:  # there a credential belongs into the body (RFC 6749)
                texts.append(f"{each.body!r}")
        for text in texts:
            for secret in secrets:
                assert secret not in text, f"a secret is in: {text.replace(secret, '***')[:200]}"


def _sign_in_path(tool: Tool) -> str | None:
    oauth = tool.subject.connector.access(tool.config()).oauth
    return urlsplit(oauth.token_url).path if oauth else None


def _echo(status: int, request: Request) -> Reply:
    """Say what was sent, as debugging proxies do."""
    told = "; ".join(f"{name}: {value}" for name, value in request.headers.items())
    return Reply(status, told.encode())


def _told(error: BaseException | None) -> list[str]:
    """All that an error and what hangs on it would show."""
    told = []
    while error is not None:
        told += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return told
