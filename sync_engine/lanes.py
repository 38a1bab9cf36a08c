"""Fetching a connection's lanes side by side, while one thread writes what they bring.

Worker threads only fetch; the caller's thread iterates over what they bring and writes it. The
queue between them is short, so that a slow store slows the fetching and memory stays bounded. All
streams share the workers: while the last lane of one is still read, the next ones are under way.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from connectors.sdk.contract import Connector, Cursor, Lane, Plan
from connectors.sdk.errors import ConnectorError, CursorExpired
from connectors.sdk.records import Gone
from sync_engine import clock
from sync_engine.source import defect
from sync_engine.store.items import Dumped, ItemMapper, dump

QUEUE_PAGES = 2
IDLE_SECONDS = 15.0
LOOK_SECONDS = 0.2
"""How often either side of the queue looks whether the run is over."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Which lanes a stream has now; `error` says why that could not be learnt."""

    stream: str
    plan: Plan
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of a lane, ready to be written."""

    stream: str
    lane: Lane
    items: Sequence[Dumped]
    cursor: Cursor | None
    gone: Sequence[Gone]
    unread: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Ended:
    """A lane has ended; `error` says why it did so early."""

    stream: str
    lane: Lane
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came for a while: time to renew the lease."""


Event = Planned | Fetched | Ended | Idle


class Fetcher:
    """The workers of one run and the short queue to the thread that writes.

    Leave its context to give up early: the workers end with their present request.

    Args:
        over: asked often; once true, nothing more is fetched.
        mapper: makes records ahead, for the lanes where that is worth it.
    """

    def __init__(self, connector: Connector, over: Callable[[], bool], mapper: ItemMapper) -> None:
        self._connector = connector
        self._mapper = mapper
        self._over = over
        self._abandoned = threading.Event()
        self._queue: queue.Queue[Event] = queue.Queue(maxsize=QUEUE_PAGES)
        self._open = 0
        self._pool = ThreadPoolExecutor(
            max_workers=max(1, connector.parallel), thread_name_prefix=connector.name
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._abandoned.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def plan(self, stream: str, cursors: Mapping[str, Cursor]) -> None:
        """Ask for the lanes of a stream; `Planned` comes."""
        self._open += 1
        self._pool.submit(self._plan, stream, cursors)

    def start(self, stream: str, lane: Lane, since: Cursor | None, *, ahead: bool) -> None:
        """Read a lane; its pages come as `Fetched`, then `Ended`.

        A lane whose cursor has expired is read again from its beginning, once.

        Args:
            ahead: most items will be new or changed: map them in the lane's own thread.
        """
        self._open += 1
        self._pool.submit(self._run, stream, lane, since, ahead)

    def events(self) -> Iterator[Event]:
        """What comes, until all that was asked for has ended or the run is over."""
        heard_at = clock.monotonic()
        while self._open and not self._over():
            event: Event
            try:
                event = self._queue.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if clock.monotonic() - heard_at < IDLE_SECONDS:
                    continue
                event = Idle()
            heard_at = clock.monotonic()
            self._open -= isinstance(event, (Planned, Ended))
            yield event

    def _plan(self, stream: str, cursors: Mapping[str, Cursor]) -> None:
        try:
            planned = Planned(stream, self._connector.lanes(stream, cursors))
        except ConnectorError as error:
            planned = Planned(stream, Plan(()), error)
        except Exception as error:  # noqa: BLE001  a plug-in's defect ends its stream, not the run
            planned = Planned(stream, Plan(()), defect(self._connector, stream, error))
        self._put(planned)

    def _run(self, stream: str, lane: Lane, since: Cursor | None, ahead: bool) -> None:
        self._put(Ended(stream, lane, self._read(stream, lane, since, ahead)))

    def _read(
        self, stream: str, lane: Lane, since: Cursor | None, ahead: bool
    ) -> ConnectorError | None:
        try:
            for page in self._connector.pull(stream, lane.name, since):
                if ahead:
                    items = self._mapper.ahead(stream, page.items)
                else:
                    items = [dump(item) for item in page.items]
                ready = Fetched(stream, lane, items, page.cursor, page.gone, page.unread)
                del page, items  # while this lane waits for its turn, it holds the bytes alone
                if not self._put(ready):
                    return None
                del ready
        except CursorExpired as error:
            return self._read(stream, lane, None, False) if since is not None else error
        except ConnectorError as error:
            return error
        except Exception as error:  # noqa: BLE001  a plug-in's defect ends its lane, not the run
            return defect(self._connector, stream, error, lane.scope)
        return None

    def _put(self, event: Event) -> bool:
        """Hand an event over; False once nobody waits for it any more."""
        while not (self._abandoned.is_set() or self._over()):
            try:
                self._queue.put(event, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False
