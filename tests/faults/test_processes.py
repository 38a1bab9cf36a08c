"""Real processes: ended at any moment, stopped beyond their lease, on a disk that fills up."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from sync_engine.daemon import Daemon
from tests.system.conftest import Disk, Office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED = 20260302
MOMENTS = 12
PATIENCE = 60.0


class Started:
    """A command line in a process of its own."""

    def __init__(self, office: Office, *arguments: str) -> None:
        self.log = (office.folder / "process.log").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync_engine.cli", *arguments],
            cwd=office.folder,
            stdout=self.log,
            stderr=self.log,
        )

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE)

    def sleeps(self) -> None:
        """Wait until a stop has taken hold."""
        status = Path(f"/proc/{self.process.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "T":
            threading.Event().wait(0.002)

    def said(self) -> str:
        """All that it said."""
        self.log.seek(0)
        return self.log.read()


@pytest.fixture
def start(office: Office) -> Iterator[Callable[..., Started]]:
    """Starts processes, and leaves none behind."""
    office.write(web={"listen": "127.0.0.1:0"}, log={"format": "json"})
    made: list[Started] = []

    def begin(*arguments: str) -> Started:
        made.append(Started(office, *arguments))
        return made[-1]

    yield begin
    for each in made:
        if each.process.poll() is None:
            each.signal(signal.SIGKILL)
            each.process.wait()
        each.log.close()


class AtRequest:
    """Does something when the bad tool is asked for the n-th time."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.left = number
        self.act = act
        self.acted_at: float | None = None
        self.done = threading.Event()

    def __call__(self, _request: Request) -> None:
        self.left -= 1
        if self.left == 0:
            self.acted_at = time.monotonic()
            self.act()
            self.done.set()


def forget(office: Office) -> None:
    """An empty store again."""
    for file in office.folder.glob("flagstaff.db*"):
        file.unlink()


def tell_to_stop(holder: list[Started]) -> None:
    """SIGTERM to the one that was started."""
    holder[0].signal(signal.SIGTERM)


def test_a_daemon_that_is_told_to_stop_at_any_moment_ends_in_time_and_whole(
    office: Office, start: Callable[..., Started], record_property: Callable[[str, object], None]
) -> None:
    moments = random.Random(SEED).sample(range(1, 27), MOMENTS)  # 20 pull, 6 census
    slowest = 0.0
    holder: list[Started] = []
    for moment in moments:
        forget(office)
        holder = []
        at = AtRequest(moment, partial(tell_to_stop, holder))
        office.bad.interfere = at
        holder.append(start("run"))
        assert at.done.wait(PATIENCE), moment
        code = holder[0].ended()
        assert at.acted_at is not None
        slowest = max(slowest, time.monotonic() - at.acted_at)
        assert code == 0, (moment, holder[0].said())
        assert office.is_intact()
        assert office.rows("SELECT count(*) FROM connection WHERE lease_owner IS NOT NULL") == [
            (0,)
        ], moment
        assert office.rows("SELECT count(*) FROM task WHERE gone_at IS NOT NULL") == [(0,)]
        office.bad.interfere = None
        assert office.sync("--quiet").code == 0, moment
        assert (office.count("good"), office.count("bad")) == (6, 8), moment
        assert office.rows(
            "SELECT count(*) FROM (SELECT 1 FROM comment GROUP BY connection_id, id "
            "HAVING count(*) > 1)"
        ) == [(0,)]
    record_property("moments", len(moments))
    record_property("slowest_seconds", round(slowest, 2))
    assert slowest <= 10
    assert "Traceback" not in holder[0].said()


def is_writable(office: Office) -> bool:
    """Whether nobody holds the store's write lock."""
    connection = sqlite3.connect(office.store, timeout=0.05, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def run_out(office: Office) -> None:
    """What the time would do: the lease of the stopped process runs out."""
    connection = sqlite3.connect(office.store)
    connection.execute("UPDATE connection SET lease_until = '2026-01-01 00:00:00.000000'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("moment", [4, 9, 13, 16, 19])
def test_a_process_that_wakes_up_after_its_lease_writes_nothing(
    office: Office, start: Callable[..., Started], moment: int
) -> None:
    office.write({**office.entry("bad"), "enabled": True})
    sleeper: list[Started] = []
    at = AtRequest(moment, lambda: sleeper[0].signal(signal.SIGSTOP))
    office.bad.interfere = at
    sleeper.append(start("sync", "bad", "--json"))
    assert at.done.wait(PATIENCE)
    sleeper[0].sleeps()
    for _ in range(100):  # asleep, but with the store's lock in its hand, it is no case for a lease
        if is_writable(office):
            break
        sleeper[0].signal(signal.SIGCONT)
        threading.Event().wait(0.002)
        sleeper[0].signal(signal.SIGSTOP)
        sleeper[0].sleeps()
    office.bad.interfere = None
    for task in office.bad.world.all(Task):
        office.bad.world.edit(task.id, title=f"{task.title}, renamed meanwhile")
    run_out(office)

    assert office.sync("bad", "--quiet").code == 0
    tables = {"task": "*", "comment": "*", "change": "*", "lane_state": "*", "raw_item": "*"}
    before = {table: sorted(office.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}
    held = dict(office.rows("SELECT id, title FROM task"))
    assert all(title.endswith("renamed meanwhile") for title in held.values())
    assert len(held) == 8

    sleeper[0].signal(signal.SIGCONT)
    assert sleeper[0].ended() == 2, sleeper[0].said()
    after = {table: sorted(office.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}
    assert after == before
    said = sleeper[0].said()
    [outcome] = json.loads(said[said.index("{\n") :])["connections"]
    assert outcome["message"] == "another worker has taken it over and goes on"
    assert "Traceback" not in said
    assert office.is_intact()


def settled(daemon: Daemon) -> None:
    """One look of the daemon's clock, and all the work that follows from it."""
    daemon.tick()
    deadline = time.monotonic() + PATIENCE
    while daemon._health.busy:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_a_daemon_lives_through_a_full_disk_and_goes_on_by_itself(
    office: Office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    monkeypatch.setattr("connectors.trello.board.CARDS_PAGE", 20)
    assert office.sync("--quiet").code == 0
    card = office.bad.world.all(Task)[0]
    for number in range(100):
        changes: dict[str, Any] = {
            "id": f"{card.id[:8]}{number:016x}", "title": f"More {number}",
            "description": os.urandom(400).hex(),
        }  # fmt: skip
        office.bad.world.put(msgspec.structs.replace(card, **changes))
    due = "UPDATE connection SET next_pull_at = NULL, next_census_at = '2999-01-01 00:00:00.000000'"
    connection = sqlite3.connect(office.store)
    connection.execute(due)
    connection.commit()
    connection.close()
    before = office.count("bad")
    daemon = Daemon(office.file)
    disk.fill(office.store, spare=15)
    settled(daemon)
    ready, facts = daemon._readyz()
    assert not ready
    assert "full" in str(facts["store"])
    assert office.is_intact()
    assert office.count("bad") >= before
    assert office.count("good") == 6
    assert daemon._healthz()[0]  # alive: nobody has to restart it

    disk.pages = None
    run_out(office)  # where not even the lease could be given back
    settled(daemon)
    settled(daemon)
    assert office.count("bad") == 108
    assert daemon._readyz()[0]
    assert office.is_intact()
    daemon._pool.shutdown()
    daemon._engine.dispose()
