"""Where the browser comes back to after a sign-in: a page on this machine only (RFC 8252 §7.3).

The query of its request holds the authorization code. So nothing is logged here, and the pages
hold nothing of it.
"""

from __future__ import annotations

import html
import socketserver
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from sync_engine import clock

ADDRESS = "127.0.0.1"
_IDLE = 10.0  # seconds; browsers open connections that they never use
_PATIENCE = 120.0  # seconds that a page waits for what became of the sign-in
_SENT_WITHIN = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows."""

    title: str
    text: str
    status: int = 200

    def render(self) -> bytes:
        """The page, readable by day and by night."""
        title, text = html.escape(self.title), html.escape(self.text)
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,"><title>{title} - Flagstaff</title>'
            "<style>:root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}"
            "main{max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>"
            f"<main><h1>{title}</h1><p>{text}</p></main></html>"
        ).encode()


LATER = Page("Not done yet", "Go on in the terminal, which says how it went.", 503)
OVER = Page("Already over", "This sign-in has ended; the terminal says how it went.", 410)
NOTHING = Page("Nothing here", "This is only where a sign-in comes back to.", 404)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that came back and waits for its page."""

    query: str = field(repr=False)
    page: Future[Page] = field(default_factory=Future)
    sent: threading.Event = field(default_factory=threading.Event)

    def show(self, page: Page) -> None:
        """Let it have its page; returns when it was sent, or cannot be."""
        self.page.set_result(page)
        self.sent.wait(_SENT_WITHIN)


class Loopback:
    """Listens while it is entered.

    Args:
        port: 0: a free one.
        path: where browsers come back to; anything else is not found.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, port: int, path: str) -> None:
        self._server = _Server(port, path)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def arrivals(self, seconds: float) -> Iterator[Arrival]:
        """Who comes back, one after another, until the time is over."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            try:
                yield self._server.came.get(timeout=left)
            except Empty:
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server.over.set()  # before the last look: whoever comes later sees it
        with suppress(Empty):
            while True:
                self._server.came.get_nowait().show(OVER)


class _Server(socketserver.ThreadingTCPServer):
    """Not `HTTPServer`, which looks up this machine's name before it listens."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, path: str) -> None:
        self.path = path
        self.came: SimpleQueue[Arrival] = SimpleQueue()
        self.over = threading.Event()
        super().__init__((ADDRESS, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser may leave before it has its page."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE

    def do_GET(self) -> None:
        """A page for a browser that came back; what it is told is decided elsewhere."""
        path, _, query = self.path.partition("?")
        if path != self.server.path:
            self._send(NOTHING)
            return
        arrival = Arrival(query)
        self.server.came.put(arrival)
        try:
            over = self.server.over.is_set()
            self._send(OVER if over else arrival.page.result(_PATIENCE))
        except TimeoutError:
            self._send(LATER)
        finally:
            arrival.sent.set()

    def _send(self, page: Page) -> None:
        body = page.render()
        self.send_response(page.status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy",
             "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a request's query holds the code."""

    def version_string(self) -> str:
        """Who answers."""
        return "Flagstaff"
