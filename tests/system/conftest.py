"""Two connections in one configuration, read through the command line as an admin runs it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sdk.http import Bounds, open_door
from connectors.sdk.records import Comment, Person, Project, Task
from connectors.sdk.sandbox import Sandbox, serve
from connectors.trello.sandbox import SANDBOX
from sync_engine import connect
from tests.cli.conftest import Said, flagstaff

__all__ = ["flagstaff"]  # a fixture of the command line's own tests

MAX_BYTES = 200_000
"""What a door takes here; an answer beyond it is huge."""


def boards(name: str, cards: int) -> Sandbox:
    """An imitated Trello with two boards, two people, and cards that somebody does."""
    now = datetime.now(UTC) - timedelta(hours=2)  # no standard finds all of it stale
    records: list[Any] = [
        Project(id=f"{name}-board{number}", name=f"{name} board {number}", created_at=now)
        for number in range(2)
    ]
    records += [Person(id=f"{name}-{who}", name=f"{who} Quist") for who in ("Ada", "Bo")]
    for number in range(cards):
        id = f"{name}-card{number}"
        records += [
            Task(
                id=id, project_id=f"{name}-board{number % 2}", title=f"{name} card {number}",
                status="in_progress", status_label="Doing", assignee_ids=(f"{name}-Ada",),
                created_at=now, updated_at=now, due_on=(now + timedelta(days=30)).date(),
            ),
            Comment(id=f"{id}-said", task_id=id, text="Under way.", at=now),
        ]  # fmt: skip
    return SANDBOX(records, lambda: datetime.now(UTC))


@dataclass
class Office:
    """A folder with a configuration of two connections, `good` and `bad`, and their tools."""

    folder: Path
    say: Callable[..., Said]
    good: Sandbox
    bad: Sandbox
    urls: dict[str, str]
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The configuration file."""
        return self.folder / "flagstaff.yaml"

    @property
    def board(self) -> str:
        """A board of the bad connection; its first card lies on it."""
        return str(self.bad.world.all(Task)[0].project_id)

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "flagstaff.db"

    def entry(self, name: str, **changes: Any) -> dict[str, Any]:
        """A connection as the file has it; `changes` are of its options."""
        tool = self.good if name == "good" else self.bad
        options = {**tool.options(self.urls[name]), "allow_private_network": True, **changes}
        return {"name": name, "connector": "trello", "options": options}

    def write(self, bad: dict[str, Any] | None = None, **more: Any) -> None:
        """Write the configuration; `bad` takes the place of the second connection."""
        held = [self.entry("good"), bad or self.entry("bad")]
        self.file.write_text(json.dumps({"connections": held, **self.more, **more}))

    def sync(self, *arguments: str) -> Said:
        """`flagstaff sync`."""
        return self.say("sync", *arguments)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the store says."""
        connection = sqlite3.connect(self.store)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def count(self, name: str, table: str = "task") -> int:
        """Present rows of a connection."""
        return int(
            self.rows(
                f"SELECT count(*) FROM {table} t JOIN connection c ON c.id = t.connection_id "
                "WHERE c.name = ? AND t.gone_at IS NULL",
                name,
            )[0][0]
        )

    def counts(self, name: str) -> dict[str, int]:
        """Present rows of a connection, by table."""
        tables = ("task", "project", "person", "comment", "raw_item")
        return {table: self.count(name, table) for table in tables}

    def cursors(self, name: str) -> list[tuple[Any, ...]]:
        """Where the lanes of a connection stand."""
        return self.rows(
            "SELECT stream, lane, cursor, done FROM lane_state l "
            "JOIN connection c ON c.id = l.connection_id WHERE c.name = ? ORDER BY 1, 2",
            name,
        )

    def state(self, name: str) -> str:
        """A connection's state."""
        return str(self.rows("SELECT state FROM connection WHERE name = ?", name)[0][0])

    def is_intact(self) -> bool:
        """Whether SQLite finds nothing wrong, and no row refers to nothing."""
        sound = self.rows("PRAGMA integrity_check") == [("ok",)]
        return sound and not self.rows("PRAGMA foreign_key_check")


@pytest.fixture
def quick_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors that do not really wait before they try again, and take small answers only."""

    def quick(connector: Any, options: Any, **how: Any) -> Any:
        how |= {"sleep": lambda _: None, "bounds": Bounds(max_bytes=MAX_BYTES, connect=2, read=2)}
        return open_door(connector, options, **how)

    monkeypatch.setattr(connect, "open_door", quick)
    monkeypatch.setattr("sync_engine.probing.open_door", quick)


@pytest.fixture
def office(tmp_path: Path, flagstaff: Callable[..., Said], quick_doors: None) -> Iterator[Office]:
    """Both tools served, both connections configured, nothing read yet."""
    good, bad = boards("good", 6), boards("bad", 8)
    with serve(good) as good_url, serve(bad) as bad_url:
        made = Office(tmp_path, flagstaff, good, bad, {"good": good_url, "bad": bad_url})
        made.write()
        yield made


@dataclass
class Disk:
    """How many pages a store may grow to (None: as many as it likes), and whether it is locked
    against writing."""

    pages: int | None = None
    read_only: bool = False

    def fill(self, store: Path, spare: int = 0) -> None:
        """Leave room for so many pages more than the store has."""
        connection = sqlite3.connect(store)
        self.pages = int(connection.execute("PRAGMA page_count").fetchone()[0]) + spare
        connection.close()


@pytest.fixture
def disk() -> Iterator[Disk]:
    """The disk under every store of this process."""
    held = Disk()

    def limit(connection: Any, _record: Any, _proxy: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA max_page_count={held.pages or 1_000_000_000}")
            connection.execute(f"PRAGMA query_only={held.read_only}")

    sa.event.listen(sa.pool.Pool, "checkout", limit)
    yield held
    sa.event.remove(sa.pool.Pool, "checkout", limit)
