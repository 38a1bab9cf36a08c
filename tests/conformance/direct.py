"""Reading a sandbox within the process, where a server for every test would cost too much time."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from connectors.sdk.http import Door
from connectors.sdk.sandbox import Request, Sandbox

UNSERVED = "http://127.0.0.1:1"
"""Where a sandbox that nobody serves is said to be."""


class Direct(BaseAdapter):
    """The end of a door's wire: all of the door is the real one, only the network is left out."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """The sandbox's answer, with what its server would add."""
        url = urlsplit(str(request.url))
        body = request.body or b""
        reply = self._sandbox.answer(
            Request(
                method=str(request.method),
                path=unquote(url.path),
                query=parse_qs(url.query, keep_blank_values=True),
                headers={name.lower(): str(value) for name, value in request.headers.items()},
                body=body if isinstance(body, bytes) else str(body).encode(),
            )
        )
        response = Response()
        response.status_code = reply.status
        date = format_datetime(self._sandbox.world.now(), usegmt=True)
        response.headers = CaseInsensitiveDict({"Date": date, **reply.headers})
        response.raw = BytesIO(reply.body)
        response.url = str(request.url)
        return response

    def close(self) -> None:
        """Nothing is open."""


def lead(door: Door, sandbox: Sandbox) -> None:
    """Let a door end at a sandbox."""
    door._wire._session.mount("http://", Direct(sandbox))
