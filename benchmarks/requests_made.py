"""What connectors ask of their tools: requests of a first and an unchanged sync, and per change.

Every connector reads its own sandbox, which pages and limits as its vendor does. Time passes only
where someone waits: requests are counted, not seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import SQLModel

from connectors.sdk import registry
from connectors.sdk.gate import Gates
from connectors.sdk.http import open_door
from connectors.sdk.records import Comment, Person, Project, Record, Task
from connectors.sdk.sandbox import Sandbox, serve
from sync_engine.pull import pull
from sync_engine.source import Source
from sync_engine.store import tables
from sync_engine.store.engine import open_engine
from sync_engine.store.lease import claim, release
from sync_engine.store.runs import RunReport, connection_id

PROJECTS = 10
PEOPLE = 40
CHANGED = 20
KEPT = Path(__file__).parent / "requests.json"
SOONER = timedelta(hours=2)


def company(tasks: int, now: datetime) -> Iterator[Record]:
    """An invented company's work, the same for every tool."""
    for number in range(PEOPLE):
        yield Person(id=f"p{number}", name=f"Person {number}", active=True)
    for number in range(PROJECTS):
        yield Project(id=f"j{number}", key=f"P{number}", name=f"Project {number}", created_at=now)
    words = (("todo", "To do"), ("in_progress", "In progress"), ("done", "Done"))
    for number in range(tasks):
        status, label = words[number % 3]
        at = now - timedelta(minutes=tasks - number)
        yield Task(
            id=f"t{number}", project_id=f"j{number % PROJECTS}", title=f"Task {number}",
            status=status, status_label=label,  # type: ignore[arg-type]
            assignee_ids=(f"p{number % PEOPLE}",), created_at=at, updated_at=at,
        )  # fmt: skip
        if number % 10 == 0:
            yield Comment(id=f"c{number}", task_id=f"t{number}", text="Agreed.", at=at)


class Reading:
    """One connector, its sandbox, and a store of its own."""

    def __init__(
        self, name: str, sandbox: Sandbox, url: str, folder: Path, now: list[datetime]
    ) -> None:
        self._class = registry.get(name)
        self._options = {**sandbox.options(url), "allow_private_network": True}
        self._sandbox = sandbox
        self._now = now
        self._waits = _Waits()
        self._engine = open_engine(f"sqlite:///{folder / 'store.db'}")
        assert tables.MODULES
        SQLModel.metadata.create_all(self._engine)

    def pull(self) -> RunReport:
        """A pull to its end: where the tool wants us to wait, it goes on when it may."""
        requests = 0
        report = self._turn()
        while report.outcome == "rate_limited" and report.next_at is not None:
            requests += report.requests
            self._waits.sleep((report.next_at - self._now[0]).total_seconds())
            self._now[0] = report.next_at
            report = self._turn()
        if report.outcome != "complete":
            raise SystemExit(f"{self._class.name}: {report.outcome}: {report.message}")
        report.requests += requests
        return report

    def _turn(self) -> RunReport:
        """One turn, with a door of its own as a process has it."""
        config = self._class.Config(**self._options)
        tokens: Any = _Tokens() if self._class.access(config).oauth else None
        door = open_door(
            self._class,
            config,
            gates=Gates(now=self._sandbox.world.now, monotonic=self._waits.monotonic),
            now=self._sandbox.world.now,
            sleep=self._waits.sleep,
            tokens=tokens,
        )
        source = Source("measured", self._class(config, door), door, scope_fingerprint="s")
        lease = claim(self._engine, connection_id(self._engine, "measured", self._class.name), "b")
        assert lease is not None
        try:
            return pull(self._engine, source, lease)
        finally:
            release(self._engine, lease)
            door.close()


class _Waits:
    """A clock that moves on when someone sleeps."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds slept so far, by all threads one after the other."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        with self._lock:
            self._seconds += seconds


class _Tokens:
    """Tokens of one process, for connectors that sign in."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        self.load, self.save = self._held.get, self._held.__setitem__
        self.lock = lambda _key: nullcontext()


def measure(name: str, tasks: int) -> dict[str, Any]:
    """The figures of one connector."""
    now = [datetime(2026, 11, 20, 15, tzinfo=UTC)]
    sandbox = registry.sandbox(name)(company(tasks, now[0] - SOONER), lambda: now[0])
    with tempfile.TemporaryDirectory() as folder, serve(sandbox) as url:
        reading = Reading(name, sandbox, url, Path(folder), now)
        first = reading.pull()
        now[0] += SOONER
        reading.pull()  # from here on all cursors stand behind all that there is
        now[0] += SOONER
        unchanged = reading.pull()
        held = sandbox.world.all(Task)
        for task in held[:: max(1, len(held) // CHANGED)][:CHANGED]:
            sandbox.world.put(
                msgspec.structs.replace(task, title=f"{task.title}, anew", updated_at=now[0]),
                now[0],
            )
        now[0] += SOONER
        changed = reading.pull()
    written = changed.tally.changed.get("task", 0)
    if written < CHANGED:
        raise SystemExit(f"{name}: of {CHANGED} changed tasks only {written} were read")
    return {
        "connector": name,
        "tasks": len(held),
        "streams": len(registry.get(name).streams),
        "first": first.requests,
        "unchanged": unchanged.requests,
        "per_changed_task": (changed.requests - unchanged.requests) / CHANGED,
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=registry.imitated())
    parser.add_argument("--tasks", type=int, default=2_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", action="store_true", help="for the README's table")
    given = parser.parse_args()
    figures = [measure(name, given.tasks) for name in given.names]
    print(f"{'connector':12}{'tasks':>8}{'first':>8}{'unchanged':>11}{'per changed task':>18}")
    for each in figures:
        print(
            f"{each['connector']:12}{each['tasks']:8}{each['first']:8}{each['unchanged']:11}"
            f"{each['per_changed_task']:18.2f}"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))
    if given.keep:
        keep(figures, given.tasks)


def keep(figures: Sequence[Mapping[str, Any]], tasks: int) -> None:
    """Keep figures for the README's table, beside those of other connectors of the same size."""
    held = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    of_size = held.get("connectors", {}) if held.get("tasks") == tasks else {}
    for each in figures:
        of_size[each["connector"]] = {name: each[name] for name in ("first", "unchanged")}
    document = {"tasks": tasks, "connectors": dict(sorted(of_size.items()))}
    KEPT.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
