"""A real Redmine, a client to change it with, and a proxy that misbehaves on demand."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import requests

from connectors.redmine.connector import Redmine, RedmineConfig
from connectors.sdk.contract import Cursor, Item
from connectors.sdk.http import Bounds, Door, open_door
from connectors.sdk.records import Record
from tests.conftest import ROOT, missing_part

ISSUES = 60


@dataclass
class RedmineServer:
    """A running Redmine and its REST API, as a person with an administrator's key uses it."""

    base_url: str
    api_key: str
    user_keys: Mapping[str, str]
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self, method: str, path: str, body: Any = None, key: str | None = None, **params: Any
    ) -> Any:
        """One REST call; fails the test on a refusal."""
        answer = self.session.request(
            method,
            self.base_url + path,
            json=body,
            params=params,
            headers={"X-Redmine-API-Key": key or self.api_key},
            timeout=60,
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content.strip() else None

    def get(self, path: str, **params: Any) -> Any:
        """GET."""
        return self.call("GET", path, **params)

    def every(self, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, read as plainly as can be: nobody else writes meanwhile."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get(path, offset=len(rows), limit=100, **params)
            rows += page[key]
            if len(rows) >= page.get("total_count", 0):
                return rows

    def issues(self, **params: Any) -> dict[str, dict[str, Any]]:
        """Every issue in every state, by id."""
        rows = self.every("/issues.json", "issues", status_id="*", sort="id", **params)
        return {str(row["id"]): row for row in rows}

    def issues_seen_by(self, login: str) -> set[str]:
        """Ids of the issues that someone else sees."""
        key = self.user_keys[login]
        page = self.call("GET", "/issues.json", key=key, status_id="*", limit=100)
        assert page["total_count"] <= 100
        return {str(row["id"]) for row in page["issues"]}

    def issue(self, id: str | int) -> dict[str, Any]:
        """One issue with all that hangs on it."""
        answer = self.get(f"/issues/{id}.json", include="journals,relations,children")
        return dict(answer["issue"])

    def new_issue(self, project: str, subject: str, **fields: Any) -> str:
        """Make an issue; gives its id."""
        body = {"project_id": project, "subject": subject, "tracker_id": 1, **fields}
        return str(self.call("POST", "/issues.json", {"issue": body})["issue"]["id"])

    def edit(self, id: str | int, **fields: Any) -> None:
        """Change an issue."""
        self.call("PUT", f"/issues/{id}.json", {"issue": fields})

    def delete(self, id: str | int) -> None:
        """Delete an issue with its children."""
        self.call("DELETE", f"/issues/{id}.json")

    def project_id(self, identifier: str) -> str:
        """The id of a project."""
        return str(self.get(f"/projects/{identifier}.json")["project"]["id"])


def _servers() -> Path:
    named = os.environ.get("FLAGSTAFF_SERVERS")
    return Path(named) if named else ROOT.parent / "shared" / "servers"


def _stop(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedmineServer]:
    """A Redmine of its own with some sixty issues, stopped afterwards."""
    script = _servers() / "redmine_up.sh"
    if not script.is_file():
        missing_part("a real Redmine", "set FLAGSTAFF_SERVERS to the folder with redmine_up.sh")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    work = tmp_path_factory.mktemp("redmine")
    try:
        done = subprocess.run(
            ["bash", str(script), str(port), str(ISSUES), str(work)],
            capture_output=True,
            text=True,
            timeout=840,
            check=False,
        )
        if done.returncode:
            missing_part("a real Redmine", f"it did not start: {done.stderr[-1000:]}")
        said = json.loads(done.stdout)
        yield RedmineServer(said["base_url"], said["api_key"], said["user_keys"])
    finally:
        if (work / "pid").is_file():
            _stop(int((work / "pid").read_text()))


# --- reading with the real connector through the real door ------------------------------------


@dataclass
class Reading:
    """What one turn read of a stream."""

    items: dict[str, Item]
    cursors: dict[str, Cursor]
    requests: int

    def records(self, stream: str) -> dict[tuple[type[Record], str], Record]:
        """The records of all items, by kind and id."""
        found = (
            record
            for item in self.items.values()
            for record in Redmine.to_records(stream, item.body)
        )
        return {(type(record), record.id): record for record in found}


@dataclass
class Reader:
    """A connector with its door; `read` does what the engine does in one turn."""

    connector: Redmine
    door: Door

    def read(self, stream: str, cursors: Mapping[str, Cursor] | None = None) -> Reading:
        """All lanes of a stream, one after the other."""
        before, held = self.door.requests, dict(cursors or {})
        plan = self.connector.lanes(stream, held)
        items: dict[str, Item] = {}
        for lane in plan.lanes:
            for page in self.connector.pull(stream, lane.name, held.get(lane.name)):
                items.update((item.id, item) for item in page.items)
                if page.cursor is not None:
                    held[lane.name] = page.cursor
        after = {"": plan.joint} if plan.joint is not None else held
        return Reading(items, after, self.door.requests - before)


@pytest.fixture
def reader_of() -> Iterator[Callable[..., Reader]]:
    """Makes a reader for an address and a key; the door's waits are cut into short ones."""
    doors: list[Door] = []

    def make(base_url: str, key: str, bounds: Bounds | None = None, **options: Any) -> Reader:
        config = RedmineConfig.model_validate(
            {"url": base_url, "token": key, "allow_private_network": True, **options}
        )
        door = open_door(
            Redmine, config, sleep=lambda seconds: time.sleep(min(seconds, 0.1)), bounds=bounds
        )
        doors.append(door)
        return Reader(Redmine(config, door), door)

    yield make
    for door in doors:
        door.close()


# --- the proxy that misbehaves ----------------------------------------------------------------


@dataclass
class FaultProxy:
    """A reverse proxy. Each request takes the next fault of the schedule; None lets it pass."""

    base_url: str = ""
    schedule: deque[str | None] = field(default_factory=deque)
    always: str | None = None
    hit: list[tuple[str, str]] = field(default_factory=list)
    retry_after: str = "1"
    delay: float = 0.3

    def plan(self, faults: Iterable[str | None]) -> None:
        """Set the schedule: "429", "503", "truncate", "reset", "slow", "login" or None."""
        self.schedule = deque(faults)
        self.hit.clear()

    def next(self, path: str) -> str | None:
        """The fault for the request that has come."""
        fault = self.schedule.popleft() if self.schedule else self.always
        if fault:
            self.hit.append((fault, path))
        return fault


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: ClassVar[FaultProxy]
    upstream: ClassVar[str]

    def do_GET(self) -> None:
        fault = self.faults.next(self.path)
        if fault == "429":
            self._answer(429, b'{"errors":["slow down"]}', {"Retry-After": self.faults.retry_after})
        elif fault == "503":
            self._answer(503, b"<html>down for maintenance</html>", {"Content-Type": "text/html"})
        elif fault == "login":
            self._answer(200, b"<html>sign in</html>", {"Content-Type": "text/html"})
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)  # close with RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
        else:
            if fault == "slow":
                time.sleep(self.faults.delay)
            self._forward(half=fault == "truncate")

    def _forward(self, half: bool) -> None:
        upstream = http.client.HTTPConnection(self.upstream, timeout=60)
        with contextlib.closing(upstream):
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            upstream.request("GET", self.path, headers=headers)
            answer = upstream.getresponse()
            body = answer.read()
            kept = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
        self._answer(answer.status, body[: len(body) // 2] if half else body, kept)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `FaultProxy.hit` has what matters."""


@pytest.fixture
def fault_proxy(redmine: RedmineServer) -> Iterator[FaultProxy]:
    """The real Redmine behind a proxy that does as it is told."""
    faults = FaultProxy()
    upstream = urlsplit(redmine.base_url).netloc
    handler = type("Proxy", (_Proxy,), {"faults": faults, "upstream": upstream})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    faults.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield faults
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wrong_key() -> str:
    """A key that no Redmine has given out."""
    return secrets.token_hex(20)
