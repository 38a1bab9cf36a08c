"""Puts the console on an application: its routes, its errors, its headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from sync_engine.web.api.register import register_all as register_resources
from sync_engine.web.api.resources import Resources
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Ask
from sync_engine.web.console.forms import Form
from sync_engine.web.console.headers import headers_of
from sync_engine.web.console.needs import check
from sync_engine.web.console.pages import register_all
from sync_engine.web.console.refusals import Refusal, SignInFirst
from sync_engine.web.console.site import Console, Pages


def mount(app: FastAPI, console: Console) -> None:
    """Serve the console.

    Raises:
        UndeclaredError: a route does not say what it needs.
    """
    pages, resources = Pages(console), Resources(console)
    register_all(pages)
    register_resources(resources)
    check([pages.router, resources.router])
    app.include_router(pages.router)
    app.include_router(resources.router)

    def refuse(request: Request, refusal: Refusal) -> Response:
        if request.url.path.startswith("/api/"):
            body = orjson.dumps({"error": refusal.sentence, **refusal.more})
            response = Response(body, refusal.status, media_type="application/json")
        else:
            ask = _ask_of(request, console)
            response = ask.page("refused.html.j2", status=refusal.status, refusal=refusal)
        # The page of a mistake of ours is made outside of what adds headers.
        response.headers.update(headers_of(request.scope) | dict(refusal.headers or {}))
        return response

    async def refused(request: Request, error: Exception) -> Response:
        return refuse(request, error if isinstance(error, Refusal) else Refusal(500))

    async def sign_in(_request: Request, error: Exception) -> Response:
        back = error.back_to if isinstance(error, SignInFirst) else "/"
        return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", 303)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refuse(request, Refusal(status, headers=getattr(error, "headers", None)))

    async def misread(request: Request, error: Exception) -> Response:
        return refuse(request, _misread(request, error))

    async def store(request: Request, error: Exception) -> Response:
        away = isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))
        if not away:
            raise error
        return refuse(request, Refusal(503, headers={"Retry-After": "30"}))

    handlers: dict[Any, Any] = {
        Refusal: refused, SignInFirst: sign_in, HTTPException: http,
        RequestValidationError: misread, sa.exc.DBAPIError: store,
        sa.exc.TimeoutError: lambda r, _e: refuse(r, Refusal(503)), Exception: refused,
    }  # fmt: skip
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _misread(request: Request, error: Exception) -> Refusal:
    """The first thing that is wrong with what a program sent."""
    if not request.url.path.startswith("/api/") or not isinstance(error, RequestValidationError):
        # A number in an address that is none: there is no such thing.
        return Refusal(404)
    wrong = error.errors()[0]
    place = ".".join(str(each) for each in wrong["loc"][1:]) or str(wrong["loc"][0])
    said = str(wrong["msg"])
    return Refusal(422, f'"{place[:80]}": {said[:1].lower()}{said[1:]}.', more={"field": place})


def _ask_of(request: Request, console: Console) -> Ask:
    """The request as far as it came: perhaps nobody has looked who asks."""
    known: Ask | None = getattr(request.state, "ask", None)
    if known is not None:
        return known
    secure = console.secure(request)
    guest = tokens.get_cookie(request, tokens.GUEST, secure=secure) or tokens.new_guest()
    return Ask(request, console, None, guest, False, Form(), console.now())
