"""Calls of tools on their way to the store: a short queue, so that no tool waits for a write."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from connectors.sdk.webhooks import Hint
from sync_engine.store import hints

ROOM = 1000
"""Calls that wait; one more is told to come again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """A call for a connection; `believed` is false where its signature was not right."""

    connection: str
    hints: Sequence[Hint] = ()
    believed: bool = True


class Inbox:
    """Writes what was taken, in its own thread, as many at once as have come."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._queue: queue.Queue[Taken | None] = queue.Queue(maxsize=ROOM)
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        self._thread.start()

    def put(self, taken: Taken) -> bool:
        """Take a call; False when there is no room."""
        try:
            self._queue.put_nowait(taken)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Write what has come, and end. What comes later is not taken."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        ended = False
        while not ended:
            batch = [self._queue.get()]
            while len(batch) < ROOM and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            ended = None in batch
            self._write([each for each in batch if each is not None])

    def _write(self, batch: list[Taken]) -> None:
        believed: dict[str, list[Hint]] = {}
        for each in batch:
            if each.believed:
                believed.setdefault(each.connection, []).extend(each.hints)
        refused = {each.connection for each in batch if not each.believed}
        try:
            with self._engine.begin() as connection:
                for name, all_hints in believed.items():
                    hints.note(connection, name, all_hints)
                for name in refused:
                    hints.refuse(connection, name)
        except sa.exc.SQLAlchemyError as error:
            # Only hints are lost: the next pull and the next census see what they were about.
            _say("the store did not take calls of tools", str(error), calls=len(batch))


def _say(what: str, error: str, **facts: Any) -> None:
    """An error for whoever must act: its sentence, no traceback."""
    log.error(what, error=error, **facts)
