"""A small listener for `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

log = structlog.get_logger()

Probe = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether all is well, and what there is to say about it."""


class Listener:
    """Serves until it is closed.

    Args:
        healthz: whether the process works; false asks for a restart.
        readyz: whether it does its duty: store reachable, configuration sound.
    """

    def __init__(
        self, listen: str, *, healthz: Probe, readyz: Probe, metrics: CollectorRegistry
    ) -> None:
        host, _, port = listen.rpartition(":")
        handler = type(
            "Handler",
            (_Handler,),
            {"probes": {"/healthz": healthz, "/readyz": readyz}, "metrics": metrics},
        )
        self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="listener"
        )
        self._thread.daemon = True
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_version = "Flagstaff"
    sys_version = ""
    probes: ClassVar[Mapping[str, Probe]]
    metrics: ClassVar[CollectorRegistry]
    timeout = 10

    def do_GET(self) -> None:
        """Answer one probe."""
        path = urlsplit(self.path).path
        if path == "/metrics":
            self._answer(200, generate_latest(self.metrics), CONTENT_TYPE_LATEST)
            return
        probe = self.probes.get(path)
        if probe is None:
            self._answer(404, b'{"error":"not found"}', "application/json")
            return
        fine, facts = probe()
        self._answer(200 if fine else 503, orjson.dumps(facts), "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests of probes are only of interest when something is looked for."""
        log.debug("request", line=format % args)
