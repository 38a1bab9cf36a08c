"""The daemon as its operator meets it: a real process, real signals, real probes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.sdk.sandbox import Sandbox
from sync_engine.hook_address import path_of
from tests.daemon.conftest import WEB

PATIENCE = 60.0

pytestmark = pytest.mark.slow


class Running:
    """A daemon's process and what it logs."""

    def __init__(self, config: Path, **environment: str) -> None:
        self.config = config
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync_engine.cli", "-c", str(config), "run"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=config.parent,
            env={**os.environ, **environment},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def wait_for(self, event: str, after: int = 0, **facts: Any) -> dict[str, Any]:
        """The first log event of a name with these facts, of those that come after some."""

        def found() -> dict[str, Any] | None:
            for each in self.events[after:]:
                if each["event"] == event and all(each.get(k) == v for k, v in facts.items()):
                    return each
            return None

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, PATIENCE), self.events
            hit = found()
        assert hit is not None
        return hit

    def ask(self, path: str) -> tuple[int, str]:
        """What a probe answers."""
        url = self.wait_for("started")["listen"] + path
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self, with_signal: int = signal.SIGTERM, thread: int | None = None) -> float:
        """Stop it, by a signal that the system hands to this thread; how many seconds it took."""
        started = time.monotonic()
        if thread is None:
            self.process.send_signal(with_signal)
        else:
            os.kill(thread, with_signal)
        self.process.wait(30)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return time.monotonic() - started


@pytest.fixture
def start(write_config: Callable[..., Path]) -> Iterator[Callable[..., Running]]:
    """Starts daemons and sees to it that none is left."""
    running: list[Running] = []

    def run(every: str = "1s", hook: str = WEB, **environment: str) -> Running:
        running.append(Running(write_config(every=every, hook=hook), **environment))
        return running[-1]

    yield run
    for each in running:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


def count(running: Running, sql: str) -> Any:
    connection = sqlite3.connect(running.config.parent / "flagstaff.db")
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def test_it_pulls_assesses_and_ends_within_ten_seconds(start: Callable[..., Running]) -> None:
    daemon = start()
    daemon.wait_for("pull complete", connection="boards")
    daemon.wait_for("census complete", connection="boards")
    daemon.wait_for("assessed")
    assert daemon.ask("/healthz")[0] == 200
    status, said = daemon.ask("/readyz")
    assert (status, json.loads(said)["ready"]) == (200, True)
    assert daemon.end() < 10
    assert daemon.process.returncode == 0
    assert count(daemon, "SELECT count(*) FROM task") == 6
    assert count(daemon, "SELECT count(*) FROM connection WHERE lease_owner IS NOT NULL") == 0


def test_it_ends_whichever_of_its_threads_gets_the_signal(start: Callable[..., Running]) -> None:
    # The main thread then does not wake up by itself: as when the signal comes just before it waits
    daemon = start()
    daemon.wait_for("assessed")
    main = daemon.process.pid
    others = [int(each.name) for each in Path(f"/proc/{main}/task").iterdir()]
    assert daemon.end(thread=next(each for each in others if each != main)) < 10
    assert daemon.process.returncode == 0


def test_what_changes_in_the_tool_arrives_by_itself(
    start: Callable[..., Running], tool: Sandbox
) -> None:
    daemon = start()
    daemon.wait_for("pull complete")
    daemon.wait_for("census complete")
    tool.world.edit(tool.world.all(Task)[0].id, title="Renamed meanwhile")
    arrived = "SELECT count(*) FROM task WHERE title = 'Renamed meanwhile'"
    while not count(daemon, arrived):
        daemon.wait_for("pull complete", after=len(daemon.events))


def test_a_deletion_that_the_tool_calls_about_is_retired_long_before_its_turn(
    tool: Sandbox, start: Callable[..., Running]
) -> None:
    secret = "a secret of sixteen characters"
    hook = f"\n    webhook: {{secret: {secret!r}}}\nweb: {{listen: '127.0.0.1:0', url: 'http://h'}}"
    daemon = start(every="1h", hook=hook)
    daemon.wait_for("census complete", connection="boards")
    gone = tool.world.all(Task)[0].id
    tool.world.remove(Task, gone)
    path = path_of(secret, "boards")
    body = json.dumps({"action": {"type": "deleteCard", "data": {"card": {"id": gone}}}}).encode()
    made = hmac.new(secret.encode(), body + f"http://h{path}".encode(), hashlib.sha1).digest()
    call = urllib.request.Request(daemon.wait_for("started")["listen"] + path, body)
    call.add_header("X-Trello-Webhook", base64.b64encode(made).decode())
    pulls = len(daemon.events)
    with urllib.request.urlopen(call) as answer:
        assert answer.status == 200
    daemon.wait_for("pull complete", after=pulls)
    left = f"SELECT count(*) FROM task WHERE id = '{gone}' AND gone_reason = 'deleted'"
    assert count(daemon, left) == 1


def test_metrics_tell_prometheus_how_it_goes(start: Callable[..., Running]) -> None:
    daemon = start()
    daemon.wait_for("pull complete")
    daemon.wait_for("assessed")
    status, said = daemon.ask("/metrics")
    assert status == 200
    assert 'flagstaff_runs_total{connection="boards",kind="pull",outcome="complete"}' in said
    assert 'flagstaff_connection_age_seconds{connection="boards",state="ok"}' in said


def test_a_broken_file_keeps_the_old_configuration_and_says_so(
    start: Callable[..., Running],
) -> None:
    daemon = start()
    daemon.wait_for("pull complete")
    good = daemon.config.read_text()
    daemon.config.write_text(good + "\nconections: []\n")
    daemon.process.send_signal(signal.SIGHUP)
    said = daemon.wait_for("the configuration is broken; the old one stays")
    assert "conections" in said["error"]
    status, ready = daemon.ask("/readyz")
    assert status == 503
    assert "conections" in json.loads(ready)["configuration"]
    daemon.config.write_text(good)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("configuration reloaded")
    assert daemon.ask("/readyz")[0] == 200


def pulled(*daemons: Running) -> list[dict[str, Any]]:
    """What these daemons said of pulls that they completed."""
    return [each for of in daemons for each in of.events if each["event"] == "pull complete"]


def test_two_daemons_on_one_store_do_not_get_into_each_others_way(
    start: Callable[..., Running],
) -> None:
    one, two = start(), start()
    deadline = time.monotonic() + PATIENCE
    while not pulled(one, two):  # whichever gets the lease
        assert time.monotonic() < deadline, one.events + two.events
        threading.Event().wait(0.01)
    one.wait_for("assessed")
    two.wait_for("assessed")
    one.end()
    two.end()
    assert len(pulled(one, two)) == 1
    assert count(one, "SELECT count(*) FROM task") == 6
    errors = [each for each in one.events + two.events if each["level"] == "error"]
    assert errors == []


def test_a_killed_daemon_is_taken_over(start: Callable[..., Running]) -> None:
    dead = start(FLAGSTAFF_CRASH_AT="600")
    dead.process.wait(60)
    assert dead.process.returncode == -signal.SIGKILL
    connection = sqlite3.connect(dead.config.parent / "flagstaff.db")
    connection.execute("UPDATE connection SET lease_until = NULL")  # what the time would do
    connection.commit()
    connection.close()
    heir = start()
    heir.wait_for("pull complete")
    heir.end()
    assert count(heir, "SELECT count(*) FROM task") == 6
    dead.end(signal.SIGKILL)
