"""Reading an imitated tool as the engine would, on a clock that only waiting moves."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from connectors.sdk import oauth
from connectors.sdk.contract import Connector, Cursor, Item, Options, Page, Plan
from connectors.sdk.errors import ConnectorError, NotVisible
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from connectors.sdk.records import Gone, Record, Task
from connectors.sdk.sandbox import Request, Sandbox, World, serve
from connectors.sdk.vocabulary import Vocabulary, vocabulary_of
from tests.conformance import world
from tests.conformance.direct import UNSERVED, lead

Patience = bool | type[ConnectorError]
"""Which errors of lanes a reading outlives: all, none, or those of a class."""

SMALL_PAGES = {"page_size": 4}
"""Given to sandboxes that have the option, so that thirty tasks make several pages."""


class Clock:
    """Moves when someone waits, or when a check says so."""

    def __init__(self, at: datetime = world.NOW) -> None:
        self.at = at
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

    def pass_by(self, **time: float) -> datetime:
        """Let so many days, hours, … pass; the instant then."""
        self.sleep(timedelta(**time).total_seconds())
        return self.at


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
        holds: makes the records that a tool holds unless it is given others.
        begins: when a tool's clock starts.
    """

    connector: type[Connector]
    sandbox: Callable[..., Sandbox]
    folder: Path | None = None
    quiet: Mapping[str, str] = field(default_factory=dict)
    served_as: Callable[..., Any] | None = None
    speaks: Literal["json", "xml"] = "json"
    holds: Callable[[], list[Record]] = world.records
    begins: datetime = world.NOW

    @contextmanager
    def tool(
        self,
        records: Iterable[Record] | None = None,
        *,
        small_pages: bool = True,
        clock: Clock | None = None,
        direct: bool = False,
        options: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> Iterator[Tool]:
        """A tool, served over HTTP unless it is read directly.

        Args:
            records: what it holds; None for what the subject `holds`.
            small_pages: let thirty tasks make several pages, unless `page_size` is given.
            clock: the tool's and ours, where a test has one already.
            direct: leave the network out, where a connector's own tests are many and short.
            options: the connection's, where other than the sandbox says.
            given: arguments of the sandbox; what it does not take is an option as well.
        """
        clock = clock or Clock(self.begins)
        takes = inspect.signature(self.sandbox).parameters
        of_sandbox = {name: value for name, value in given.items() if name in takes}
        more = {name: value for name, value in given.items() if name not in takes}
        if small_pages and "page_size" in takes:
            of_sandbox = {**SMALL_PAGES, **of_sandbox}
        held = self.holds() if records is None else records
        sandbox = self.sandbox(held, clock.now, **of_sandbox)
        with nullcontext(UNSERVED) if direct else serve(sandbox) as url:
            options = {**(options or {}), **more}
            tool: Tool = (self.served_as or Tool)(self, sandbox, url, clock, options)
            try:
                yield tool
            finally:
                tool.close()

    def opener(self, **always: Any) -> Iterator[Callable[..., Any]]:
        """For a fixture: opens tools with the arguments of `tool`, and closes them in the end."""
        with ExitStack() as stack:
            yield lambda *args, **how: stack.enter_context(self.tool(*args, **{**always, **how}))


@dataclass
class Read:
    """What turns of streams gave, as a store would keep it."""

    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    records: dict[tuple[type[Record], str], Record] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    cursors: dict[str, dict[str, Cursor]] = field(default_factory=dict)
    errors: list[ConnectorError] = field(default_factory=list)
    pages: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list, repr=False)  # with the credential

    def of(self, kind: type[Any]) -> dict[str, Any]:
        """The records of one kind by id."""
        return {id: record for (each, id), record in self.records.items() if each is kind}

    def paths(self, under: str = "") -> list[str]:
        """What was asked for, without the start that all paths share."""
        return [each.path.removeprefix(under) for each in self.asked]

    def take(self, connector: Connector, stream: str, page: Page) -> None:
        """Keep what a page of a stream tells."""
        for item in page.items:
            self.items[stream][item.id] = item
            # A copy: a mapping that changes its item is found out later.
            for record in connector.to_records(stream, copy.deepcopy(item.body)):
                self.records[type(record), record.id] = record
        self.gone += page.gone
        self.unread.update(page.unread)
        self.pages[stream] = self.pages.get(stream, 0) + 1

    def tasks(self) -> dict[str, Any]:
        """The tasks by title."""
        return {each.title: each for each in self.of(Task).values()}

    def ids(self, stream: str) -> set[str]:
        """The ids of a stream's items."""
        return set(self.items.get(stream, {}))


class Tokens:
    """Where a connection's OAuth tokens outlive a turn; there is one turn at a time."""

    def __init__(self) -> None:
        self.saved: dict[str, oauth.Tokens] = {}

    def load(self, key: str) -> oauth.Tokens | None:
        """See `connectors.sdk.oauth.TokenStore`."""
        return self.saved.get(key)

    def save(self, key: str, tokens: oauth.Tokens) -> None:
        """See `connectors.sdk.oauth.TokenStore`."""
        self.saved[key] = tokens

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
        self._options = {**sandbox.options(url), **options}  # whatever the tool does later
        self._doors: list[Door] = []
        self.tokens = Tokens()

    def close(self) -> None:
        """Close all connections."""
        for door in self._doors:
            door.close()

    def config(self, **options: Any) -> Options:
        """The connection's options, some of them replaced."""
        return self.subject.connector.Config(**{**self._options, **options})

    def connect(self, config: Options | None = None) -> Connector:
        """A fresh connector, with a door and gates of its own."""
        config = config or self.config()
        return self.subject.connector(config, self._open(config))

    def _open(self, config: Options) -> Door:
        door = open_door(
            self.subject.connector,
            config,
            gates=Gates(now=self.clock.now, monotonic=self.clock.monotonic),
            now=self.clock.now,
            sleep=self.clock.sleep,
            tokens=self.tokens,
        )
        if self.url == UNSERVED:
            lead(door, self.sandbox)
        self._doors.append(door)
        return door

    @cached_property
    def door(self) -> Door:
        """A way to the tool for what a test asks beside turns."""
        return self._open(self.config())

    @cached_property
    def connector(self) -> Any:
        """A connector for what a test asks beside turns, or in turns that have to share one."""
        return self.subject.connector(self.config(), self.door)

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
        patient: Patience = False,
        stop_after: int | None = None,
        connector: Connector | None = None,
        settle: bool = True,
    ) -> Read:
        """One turn of every stream, once the tool shows what was changed before.

        Args:
            cursors: by stream and lane, from an earlier turn.
            streams: only these.
            patient: keep lanes' errors (or these of them) in `Read.errors` and go on; else they
                are raised.
            stop_after: cut each stream's turn after so many pages, as a crash would.
            connector: read with this one instead of a fresh one.
            settle: wait first until the tool shows what was changed before.
        """
        if settle:
            self.clock.sleep(self.sandbox.lag.total_seconds())
        connector = connector or self.connect()
        assert set(cursors or ()) <= set(connector.streams), "cursors are held by stream, then lane"
        read = Read(cursors={stream: dict(each) for stream, each in (cursors or {}).items()})
        start = len(self.sandbox.log)
        for stream in streams or list(connector.streams):
            try:
                for _ in pages_of(connector, stream, read, patient, stop_after):
                    pass
            except _borne(patient) as error:
                read.errors.append(error)
        read.asked = self.sandbox.log[start:]
        return read


def pages_of(
    connector: Connector,
    stream: str,
    read: Read,
    patient: Patience = False,
    stop_after: int | None = None,
) -> Iterator[Page]:
    """The pages of one turn of a stream; what they tell is kept in `read`.

    Its cursors go on with each page that was taken: one at which a caller stops does not count.
    """
    cursors = read.cursors.setdefault(stream, {})
    read.items.setdefault(stream, {})
    plan = _planned(connector, stream, cursors)
    read.lanes[stream] = [lane.name for lane in plan.lanes]
    whole = True
    for lane in plan.lanes:
        try:
            for page in connector.pull(stream, lane.name, cursors.get(lane.name)):
                read.take(connector, stream, page)
                yield page
                if page.cursor is not None:
                    cursors[lane.name] = page.cursor
                if read.pages[stream] == stop_after:
                    return
        except _borne(patient) as error:
            read.errors.append(error)
            whole = False
    if plan.joint is not None and whole:
        cursors.clear()
        cursors[""] = plan.joint


def _borne(patient: Patience) -> tuple[type[ConnectorError], ...]:
    if isinstance(patient, bool):
        return (ConnectorError,) if patient else ()
    return (patient,)


class Kept(Tool):
    """A tool that one connector reads turn after turn, each from where the last one ended.

    Attributes:
        kept: what the turns so far told, with the cursors as a store keeps them; a container that
            is not visible is an error of its lane alone, as it is to the engine.
    """

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.world: World = self.sandbox.world
        self.kept = Read()

    def turn(
        self, stream: str, cursors: Mapping[str, Mapping[str, Cursor]] | None = None, **how: Any
    ) -> Read:
        """One turn of one stream, see `read`."""
        if cursors is None:
            cursors = self.kept.cursors
        read = super().turn(stream, cursors, **{"connector": self.connector, **how})
        self.kept.cursors = read.cursors
        return read

    def pages(self, stream: str) -> Iterator[Page]:
        """One turn of a stream, as it is read."""
        return pages_of(self.connector, stream, self.kept, NotVisible)

    def items(self, stream: str) -> list[Item]:
        """The items of one turn of a stream."""
        return [item for page in self.pages(stream) for item in page.items]

    def records(self, stream: str) -> list[Record]:
        """The records of one turn of a stream."""
        return [
            record
            for item in self.items(stream)
            for record in self.connector.to_records(stream, item.body)
        ]

    def all(self) -> list[Record]:
        """The records of one turn of every stream."""
        return [record for stream in self.connector.streams for record in self.records(stream)]


def _planned(connector: Connector, stream: str, cursors: dict[str, Cursor]) -> Plan:
    """The lanes of a turn; cursors of those that gave way are not kept."""
    plan = connector.lanes(stream, cursors)
    for name in plan.forget:
        cursors.pop(name, None)
    return plan
