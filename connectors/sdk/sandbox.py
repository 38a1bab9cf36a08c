"""What the imitations of the vendors' HTTP APIs share: a world of records, and a server.

A sandbox speaks one vendor's API over records that it holds, so that the demo, the tests and the
load runs use the real connector against real HTTP. It is the mapping's counterpart: what it
renders from a record, the connector's mapping must read back.
"""

from __future__ import annotations

import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import orjson

from connectors.sdk.records import (
    REFERENCES,
    Change,
    Comment,
    GoneReason,
    Record,
    Task,
)

R = TypeVar("R", bound=Record)

HISTORY_FIELDS = (
    "status", "due_on", "start_on", "assignee_ids", "priority", "estimate_minutes", "points",
    "title", "parent_id", "project_id", "milestone_id", "blocked",
)  # fmt: skip
"""Fields of a task whose edits the tools' histories show."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a sandbox sees it; header names in lower case, path decoded."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def json(self) -> Any:
        """The body as JSON; None when empty."""
        return orjson.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Any, status: int = 200, **headers: str) -> Reply:
        """A JSON answer; underscores in header names become dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, orjson.dumps(data), {"Content-Type": "application/json", **named})


class World:
    """The records that an imitated tool holds, and what happened to them since."""

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        self.now = now
        self.revision = 0
        self.gone: dict[tuple[type[Record], str], tuple[GoneReason, datetime]] = {}
        self.edited: dict[tuple[type[Record], str], datetime] = {}
        self._records: dict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._index: dict[tuple[type[Record], str], dict[Any, list[Record]]] = {}
        for record in records:
            self._records[type(record)][record.id] = record

    def all(self, kind: type[R]) -> list[R]:
        """Every record of a kind, in the order in which they came."""
        return list(self._records[kind].values())  # type: ignore[arg-type]

    def get(self, kind: type[R], id: str) -> R | None:
        """One record, None when there is none (any more)."""
        return self._records[kind].get(id)  # type: ignore[return-value]

    def where(self, kind: type[R], name: str, value: Any) -> list[R]:
        """The records of a kind whose field has a value (or, for a list, contains it)."""
        index = self._index.get((kind, name))
        if index is None:
            index = defaultdict(list)
            for record in self._records[kind].values():
                held = getattr(record, name)
                for each in held if isinstance(held, tuple) else (held,):
                    index[each].append(record)
            self._index[kind, name] = index
        return list(index.get(value, ()))  # type: ignore[arg-type]

    def put(self, record: Record, at: datetime | None = None) -> None:
        """Add or replace a record."""
        self._changed(type(record), record.id, at)
        self._records[type(record)][record.id] = record
        self.gone.pop((type(record), record.id), None)

    def remove(
        self,
        kind: type[Record],
        id: str,
        reason: GoneReason = "deleted",
        at: datetime | None = None,
    ) -> None:
        """Take a record away; a task takes its subtasks and all that hangs on it along."""
        self._changed(kind, id, at)
        self._records[kind].pop(id, None)
        self.gone[kind, id] = (reason, at or self.now())
        if kind is Task:
            for child in self.where(Task, "parent_id", id):
                self.remove(Task, child.id, reason, at)
        for other, references in REFERENCES.items():
            for name, target in references.items():
                if target is kind and name in ("task_id", "from_id", "to_id"):
                    for record in self.where(other, name, id):
                        self.remove(other, record.id, reason, at)

    def edit(
        self, task_id: str, *, author_id: str | None = None, at: datetime | None = None, **to: Any
    ) -> Task:
        """Change fields of a task as a person would: `updated_at` moves, history is written."""
        at = at or self.now()
        before = self.get(Task, task_id)
        if before is None:
            raise KeyError(task_id)
        after = msgspec.structs.replace(before, **{"updated_at": at, **to})
        for name in HISTORY_FIELDS:
            old, new = getattr(before, name), getattr(after, name)
            if old != new:
                self.put(
                    Change(
                        id=f"{task_id}-{name}-{self.revision}",
                        task_id=task_id,
                        at=at,
                        author_id=author_id,
                        field=name,
                        old=as_text(old),
                        new=as_text(new),
                        old_label=before.status_label if name == "status" else as_text(old),
                        new_label=after.status_label if name == "status" else as_text(new),
                    ),
                    at,
                )
        self.put(after, at)
        return after

    def _changed(self, kind: type[Record], id: str, at: datetime | None) -> None:
        self.revision += 1
        self.edited[kind, id] = at or self.now()
        for key in [key for key in self._index if key[0] is kind]:
            del self._index[key]


def as_text(value: Any) -> str | None:
    """A field's value as `Change` holds it; None and the empty list are None."""
    if value is None or value == ():
        return None
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


class Sandbox(ABC):
    """An imitation of one vendor's API over a `World`.

    Args:
        records: with whatever ids; they are adopted (see `adopt`).
        now: the tool's clock.

    Attributes:
        lag: how long after a change the tool's answers show it.
    """

    name: ClassVar[str]
    lag: ClassVar[timedelta] = timedelta(0)

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self.ids: dict[tuple[type[Record], str], str] = {
            (type(record), record.id): self.native_id(record) for record in records
        }
        adopted = (self.adopt(record) for record in records)
        self.world = World((record for record in adopted if record is not None), now)
        self.may_comment = True  # whether the credential may write
        self.hidden: set[str] = set()  # ids of containers that the credential may not see
        self.interfere: Callable[[Request], Reply | None] | None = None  # a fault, for tests
        self.log: list[Request] = []

    @abstractmethod
    def native_id(self, record: Record) -> str:
        """The id that this tool would give the record: stable, of the tool's own shape."""

    @abstractmethod
    def adopt(self, record: Record) -> Record | None:
        """The record as this tool can hold it: native ids (`refer`), the tool's own words,
        fields that it does not know dropped; None if it has no such thing at all."""

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer as the vendor would."""

    @abstractmethod
    def options(self, base_url: str) -> dict[str, Any]:
        """The connection `options` with which the connector reads this sandbox."""

    def say(self, task_id: str, comment_id: str, text: str, *, touch: bool = True) -> Comment:
        """Comment on a task as the credential's account, or edit a comment.

        Args:
            touch: the tool counts it as an update of the task.
        """
        now = self.world.now().replace(microsecond=0)
        held = self.world.get(Comment, comment_id)
        if held is None:
            said = Comment(id=comment_id, task_id=task_id, text=text, at=now)
        else:
            said = msgspec.structs.replace(held, text=text, updated_at=now)
        self.world.put(said)
        if touch:
            self.world.edit(task_id, at=now)
        return said

    def refer(self, record: R) -> R:
        """The record with its own id and all its references translated to native ids."""
        to: dict[str, Any] = {"id": self.ids.get((type(record), record.id), record.id)}
        for name, kind in REFERENCES.get(type(record), {}).items():
            held = getattr(record, name)
            if isinstance(held, tuple):
                to[name] = tuple(self.ids.get((kind, each), each) for each in held)
            elif held is not None:
                to[name] = self.ids.get((kind, held), held)
        return msgspec.structs.replace(record, **to)

    def answer(self, request: Request) -> Reply:
        """`handle`, with the log and whatever fault a test has put in the way."""
        self.log.append(request)
        if self.interfere is not None and (fault := self.interfere(request)) is not None:
            return fault
        return self.handle(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    sandbox: ClassVar[Sandbox]
    lock: ClassVar[threading.Lock]
    latency: ClassVar[float] = 0.0

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        if self.latency:
            time.sleep(self.latency)  # outside the lock: answers may be on their way side by side
        with self.lock:
            reply = self.sandbox.answer(request)
        self.send_response_only(reply.status)
        if "Date" not in reply.headers:  # the tool's clock, not the machine's
            self.send_header("Date", formatdate(self.sandbox.world.now().timestamp(), usegmt=True))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815  what http.server calls
    do_PROPFIND = do_REPORT = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: `Sandbox.log` has the requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes before it has its answer is no error of ours; all else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0, latency: float = 0.0
) -> Iterator[str]:
    """Serve a sandbox over HTTP on loopback; gives its base URL.

    Args:
        sandbox: what answers.
        host: the address to listen on.
        port: 0 takes a free one.
        latency: seconds that every answer takes longer.
    """
    handler = type(
        "Handler",
        (_Handler,),
        {"sandbox": sandbox, "lock": threading.Lock(), "latency": latency},
    )
    server = _Server((host, port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
