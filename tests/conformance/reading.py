"""Reading an imitated tool as the engine would, on a clock that only waiting moves."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from connectors.sdk import oauth
from connectors.sdk.contract import Connector, Cursor, Item, Options, Plan
from connectors.sdk.errors import ConnectorError
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from connectors.sdk.records import Gone, Record
from connectors.sdk.sandbox import Sandbox, serve
from connectors.sdk.vocabulary import Vocabulary, vocabulary_of
from tests.conformance import world

SMALL_PAGES = {"page_size": 4}
"""Given to sandboxes that have the option, so that thirty tasks make several pages."""


class Clock:
    """Moves when someone waits, or when a check says so."""

    def __init__(self) -> None:
        self.at = world.NOW
        self.seconds = 0.0

    def now(self) -> datetime:
        """The wall clock, ours and the tool's."""
        return self.at

    def monotonic(self) -> float:
        """The gates' clock."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Subject:
    """A connector under test, and the tool that it reads.

    Args:
        connector: the class.
        sandbox: the class of the imitation.
        folder: where its README lies; None for the suite's own tool.
        quiet: streams whose unchanged second run may ask a request a lane and one more, with the
            vendor's reason.
        served_as: a class of `Tool` with what a connector's own tests ask besides.
        speaks: the language of the tool's answers.
    """

    connector: type[Connector]
    sandbox: Callable[..., Sandbox]
    folder: Path | None = None
    quiet: Mapping[str, str] = field(default_factory=dict)
    served_as: Callable[..., Any] | None = None
    speaks: Literal["json", "xml"] = "json"

    @contextmanager
    def tool(
        self,
        records: Iterable[Record] | None = None,
        *,
        small_pages: bool = True,
        options: Mapping[str, Any] | None = None,
        **of_sandbox: Any,
    ) -> Iterator[Tool]:
        """A tool, served over HTTP.

        Args:
            records: what it holds; None for the company.
            small_pages: let thirty tasks make several pages, unless `page_size` is given.
            options: the connection's, where other than the sandbox says.
            of_sandbox: arguments of the sandbox.
        """
        clock = Clock()
        if small_pages and _takes_page_size(self.sandbox):
            of_sandbox = {**SMALL_PAGES, **of_sandbox}
        held = world.records() if records is None else records
        sandbox = self.sandbox(held, clock.now, **of_sandbox)
        with serve(sandbox) as url:
            tool: Tool = (self.served_as or Tool)(self, sandbox, url, clock, options or {})
            try:
                yield tool
            finally:
                tool.close()

    def opener(self) -> Iterator[Callable[..., Any]]:
        """For a fixture: opens tools with the arguments of `tool`, and closes them in the end."""
        with ExitStack() as stack:
            yield lambda *args, **how: stack.enter_context(self.tool(*args, **how))


def _takes_page_size(sandbox: Callable[..., Sandbox]) -> bool:
    return "page_size" in inspect.signature(sandbox).parameters


@dataclass
class Read:
    """What turns of streams gave, as a store would keep it."""

    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    records: dict[tuple[type[Record], str], Record] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    cursors: dict[str, dict[str, Cursor]] = field(default_factory=dict)
    errors: list[ConnectorError] = field(default_factory=list)
    pages: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, int] = field(default_factory=dict)

    def of(self, kind: type[Any]) -> dict[str, Any]:
        """The records of one kind by id."""
        return {id: record for (each, id), record in self.records.items() if each is kind}

    def ids(self, stream: str) -> set[str]:
        """The ids of a stream's items."""
        return set(self.items.get(stream, {}))


class Tokens:
    """Where a connection's OAuth tokens outlive a turn; there is one turn at a time."""

    def __init__(self) -> None:
        self._saved: dict[str, oauth.Tokens] = {}

    def load(self, key: str) -> oauth.Tokens | None:
        """See `connectors.sdk.oauth.TokenStore`."""
        return self._saved.get(key)

    def save(self, key: str, tokens: oauth.Tokens) -> None:
        """See `connectors.sdk.oauth.TokenStore`."""
        self._saved[key] = tokens

    def lock(self, key: str) -> AbstractContextManager[None]:
        """See `connectors.sdk.oauth.TokenStore`."""
        return nullcontext()


class Tool:
    """A served sandbox with a connection to it."""

    def __init__(
        self,
        subject: Subject,
        sandbox: Sandbox,
        url: str,
        clock: Clock,
        options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.subject = subject
        self.sandbox = sandbox
        self.url = url
        self.clock = clock
        self._options = options
        self._doors: list[Door] = []
        self._tokens = Tokens()

    def close(self) -> None:
        """Close all connections."""
        for door in self._doors:
            door.close()

    def config(self, **options: Any) -> Options:
        """The connection's options, some of them replaced."""
        held = {**self.sandbox.options(self.url), **self._options, **options}
        return self.subject.connector.Config(**held)

    def connect(self, config: Options | None = None) -> Connector:
        """A fresh connector, with a door and gates of its own."""
        config = config or self.config()
        door = open_door(
            self.subject.connector,
            config,
            gates=Gates(now=self.clock.now, monotonic=self.clock.monotonic),
            now=self.clock.now,
            sleep=self.clock.sleep,
            tokens=self._tokens,
        )
        self._doors.append(door)
        return self.subject.connector(config, door)

    def vocabulary(self, **options: Any) -> Vocabulary:
        """What there is to map, told to a fresh connector."""
        known = vocabulary_of(self.connect(self.config(**options)))
        assert known is not None
        return known

    def native(self, kind: type[Record], id: str) -> str:
        """The id under which the tool knows one of the given records."""
        return self.sandbox.ids[kind, id]

    def requests(self, act: Callable[[], Any]) -> list[str]:
        """The paths that an act asks for."""
        start = len(self.sandbox.log)
        act()
        return [each.path for each in self.sandbox.log[start:]]

    def turn(
        self, stream: str, cursors: Mapping[str, Mapping[str, Cursor]] | None = None, **how: Any
    ) -> Read:
        """One turn of one stream, see `read`."""
        return self.read(cursors, streams=[stream], **how)

    def read(
        self,
        cursors: Mapping[str, Mapping[str, Cursor]] | None = None,
        *,
        streams: list[str] | None = None,
        patient: bool = False,
        stop_after: int | None = None,
        connector: Connector | None = None,
    ) -> Read:
        """One turn of every stream, once the tool shows what was changed before.

        Args:
            cursors: by stream and lane, from an earlier turn.
            streams: only these.
            patient: keep lanes' errors in `Read.errors` and go on; else they are raised.
            stop_after: cut each stream's turn after so many pages, as a crash would.
            connector: read with this one instead of a fresh one.
        """
        self.clock.sleep(self.sandbox.lag.total_seconds())
        connector = connector or self.connect()
        read = Read(cursors={stream: dict(each) for stream, each in (cursors or {}).items()})
        for stream in streams or list(connector.streams):
            try:
                self._turn(connector, stream, read, patient, stop_after)
            except ConnectorError as error:
                if not patient:
                    raise
                read.errors.append(error)
        return read

    def _turn(
        self, connector: Connector, stream: str, read: Read, patient: bool, stop_after: int | None
    ) -> None:
        cursors = read.cursors.setdefault(stream, {})
        read.items.setdefault(stream, {})
        plan = _planned(connector, stream, cursors)
        read.lanes[stream] = len(plan.lanes)
        whole = True
        for lane in plan.lanes:
            try:
                for page in connector.pull(stream, lane.name, cursors.get(lane.name)):
                    for item in page.items:
                        read.items[stream][item.id] = item
                        # A copy: a mapping that changes its item is found out later.
                        for record in connector.to_records(stream, copy.deepcopy(item.body)):
                            read.records[type(record), record.id] = record
                    read.gone += page.gone
                    if page.cursor is not None:
                        cursors[lane.name] = page.cursor
                    read.pages[stream] = read.pages.get(stream, 0) + 1
                    if read.pages[stream] == stop_after:
                        return
            except ConnectorError as error:
                if not patient:
                    raise
                read.errors.append(error)
                whole = False
        if plan.joint is not None and whole:
            cursors.clear()
            cursors[""] = plan.joint


def _planned(connector: Connector, stream: str, cursors: dict[str, Cursor]) -> Plan:
    """The lanes of a turn; cursors of those that gave way are not kept."""
    plan = connector.lanes(stream, cursors)
    for name in plan.forget:
        cursors.pop(name, None)
    return plan
