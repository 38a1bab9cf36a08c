"""Reading a CalDAV server that nobody here wrote, and starting one."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.caldav.connector import CalDAV
from connectors.sdk.contract import Cursor, Item
from connectors.sdk.http import Door
from connectors.sdk.records import Gone, Record
from tests.conftest import missing_part


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_start(name: str, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers; the part is missing where it does not come up."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    missing_part(name, f"it did not start: {log.read_text()[-1000:]}")


@dataclass
class Reading:
    """What one turn of tasks brought."""

    items: dict[str, Item] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    requests: int = 0

    def of(self, kind: type[Record]) -> dict[str, Any]:
        """Records of a kind by id."""
        made = (r for item in self.items.values() for r in CalDAV.to_records("tasks", item.body))
        return {record.id: record for record in made if isinstance(record, kind)}


@dataclass
class Reader:
    """A connector with its door."""

    connector: CalDAV
    door: Door

    def read(self, cursors: Mapping[str, Cursor] | None = None, stream: str = "tasks") -> Reading:
        """All lanes, one after the other."""
        before, found = self.door.requests, Reading(cursors=dict(cursors or {}))
        for lane in self.connector.lanes(stream, found.cursors).lanes:
            for page in self.connector.pull(stream, lane.name, found.cursors.get(lane.name)):
                found.items.update((item.id, item) for item in page.items)
                found.gone += page.gone
                if page.cursor is not None:
                    found.cursors[lane.name] = page.cursor
        found.requests = self.door.requests - before
        return found
