"""The name under which a request comes: one that is none is refused before anything reads it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"([A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]+\])(:\d{0,5})?")
REFUSED = "The header Host of this request is not the name of a machine.\n"


class NamedHosts:
    """Lets a request in whose `Host` is a name or an address: its URL is made of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        app = self._app
        if scope["type"] == "http" and not _is_named(Headers(scope=scope).get("host", "")):
            app = PlainTextResponse(REFUSED, 400)
        await app(scope, receive, send)


def _is_named(host: str) -> bool:
    try:
        return _HOST.fullmatch(host) is not None and (urlsplit(f"//{host}").port or 0) >= 0
    except ValueError:
        return False
