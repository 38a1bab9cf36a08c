"""Fetching the lanes of a stream side by side, while one thread writes what they bring.

Lane threads only fetch; the caller's thread iterates over what they bring and writes it. The
queue between them is short, so that a slow store slows the fetching and memory stays bounded.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from connectors.sdk.contract import Connector, Cursor, Lane, Page
from connectors.sdk.errors import ConnectorError, CursorExpired, Unexpected
from sync_engine.store.items import Dumped, dump

QUEUE_PAGES = 4
IDLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of a lane, ready to be written."""

    lane: Lane
    page: Page
    items: Sequence[Dumped]


@dataclass(frozen=True, slots=True)
class Ended:
    """A lane has ended; `error` says why it did so early."""

    lane: Lane
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came for a while: time to renew the lease."""


Event = Fetched | Ended | Idle


def fetch(
    connector: Connector,
    stream: str,
    lanes: Sequence[Lane],
    cursors: Mapping[str, Cursor],
    over: Callable[[], bool],
) -> Generator[Event, None, None]:
    """What the lanes bring, as it comes. Ends when all lanes have ended, or soon after `over`.

    A lane whose cursor has expired is read again from its beginning, once. Close the iterator to
    give up early: the threads end with their present request.
    """
    if not lanes:
        return
    fetcher = _Fetcher(connector, stream, over)
    workers = max(1, min(connector.parallel, len(lanes)))
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix=stream) as pool:
        try:
            for lane in lanes:
                pool.submit(fetcher.run, lane, cursors.get(lane.name))
            yield from fetcher.events(len(lanes))
        finally:
            fetcher.abandoned.set()
            pool.shutdown(wait=True, cancel_futures=True)


class _Fetcher:
    """The short queue between the lanes' threads and the one that writes."""

    def __init__(self, connector: Connector, stream: str, over: Callable[[], bool]) -> None:
        self.abandoned = threading.Event()
        self._connector = connector
        self._stream = stream
        self._over = over
        self._queue: queue.Queue[Event] = queue.Queue(maxsize=QUEUE_PAGES)

    def events(self, lanes: int) -> Iterator[Event]:
        """What comes, until every lane has ended or the run is over."""
        while lanes and not self._over():
            try:
                event = self._queue.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                event = Idle()
            lanes -= isinstance(event, Ended)
            yield event

    def run(self, lane: Lane, since: Cursor | None) -> None:
        """Read one lane to its end, in a thread of its own."""
        self._put(Ended(lane, self._read(lane, since)))

    def _read(self, lane: Lane, since: Cursor | None) -> ConnectorError | None:
        try:
            for page in self._connector.pull(self._stream, lane.name, since):
                if not self._put(Fetched(lane, page, dump(page.items))):
                    return None
        except CursorExpired as error:
            return self._read(lane, None) if since is not None else error
        except ConnectorError as error:
            return error
        except Exception as error:  # noqa: BLE001  a plug-in's defect ends its lane, not the run
            return Unexpected(
                f"the {self._connector.title} connector failed in {self._stream}: "
                f"{type(error).__name__}: {error}",
                remedy="Please report this to the authors of the connector.",
                scope=lane.scope,
            )
        return None

    def _put(self, event: Event) -> bool:
        """Hand an event over; False once nobody waits for it any more."""
        while not (self.abandoned.is_set() or self._over()):
            try:
                self._queue.put(event, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False
