"""The application on an address of this machine, in a thread of its own."""

from __future__ import annotations

import socket
import threading

import uvicorn
from fastapi import FastAPI

BACKLOG = 128
AT_ONCE = 200
"""Requests under way beyond which a caller is told 503: none of ours is slow."""


class Listener:
    """Serves an application until it is closed.

    Raises:
        OSError: the address is not free, or not ours.
    """

    def __init__(self, listen: str, app: FastAPI) -> None:
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
        # Taken over by each accepted connection. asyncio would set it on sockets that name their
        # protocol, which this one does not; without it answers wait 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=AT_ONCE,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="listener"
        )
        self._thread.daemon = True
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
