"""Who is let in: the guard before every route of the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from sync_engine import accounts
from sync_engine import tokens as api_tokens
from sync_engine.accounts import User
from sync_engine.store.engine import reading
from sync_engine.web.bodies import body_of
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Ask
from sync_engine.web.console.forms import Form
from sync_engine.web.console.needs import SAFE, Needs
from sync_engine.web.console.refusals import Refusal, SignInFirst
from sync_engine.web.texts import NUL, is_text

if TYPE_CHECKING:
    from sync_engine.web.console.site import Console

FIELDS = 2000
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
STALE = (
    "The page that this came from is out of date, or it is not ours. "
    "Go back, load it anew, and try again."
)
NO_TEXT = "holds what is no text: a NUL character, or bytes that are not UTF-8."
IN_DEMO = ("/theme",)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class _Who:
    """Who asks. `held`: the token of their cookie; `scope`: of their token of the API."""

    user: User | None
    held: str
    scope: str | None = None


class Gate:
    """Lets in who may come in."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def __call__(self, request: Request, needs: Needs) -> Request:
        """The request with its `Ask`.

        Raises:
            Refusal, SignInFirst: it is not let in.
        """
        console = self._console
        self._check_host(request)
        _check_address(request)
        if not needs.known:
            return request
        who = await run_in_threadpool(self._who, request)
        ask = Ask(
            request, console, who.user, who.held, who.scope is not None, Form(), console.now()
        )
        request.state.ask = ask  # what is refused from here on is told in the reader's frame
        _admit(request, who, needs)
        if needs.changes:
            request, form = await self._taken(request, who, needs)
            request.state.ask = replace(ask, request=request, form=form)
        return request

    async def _taken(self, request: Request, who: _Who, needs: Needs) -> tuple[Request, Form]:
        """The request and what it sent, if it is to be believed that its sender meant it."""
        if self._console.demo is not None and request.url.path not in IN_DEMO:
            raise Refusal(403, "This is a demonstration: it can be read, not changed.")
        if who.scope is None:
            self._check_origin(request)
        request = _again(request, await _body(request, needs.most))
        form = Form() if _is_api(request) else Form(await _fields(request))
        if who.scope is None:
            given = request.headers.get(tokens.HEADER) or form.text(tokens.FIELD)
            if not tokens.csrf_fits(who.held, given):
                raise Refusal(403, STALE)
        return request, form

    def _who(self, request: Request) -> _Who:
        console, now = self._console, self._console.now()
        secure = console.secure(request)
        guest = tokens.get_cookie(request, tokens.GUEST, secure=secure) or tokens.new_guest()
        if console.demo is not None:
            return _Who(console.demo, guest)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() == "bearer" and _is_api(request):
            with reading(console.engine) as connection:
                found = api_tokens.of(connection, given.strip(), now)
            if found is None:
                return _Who(None, guest)
            user, may, note = found
            if note:
                console.later(api_tokens.used, given.strip(), now)
            return _Who(user, "", may)
        held = tokens.get_cookie(request, tokens.SESSION, secure=secure)
        if held is None:
            return _Who(None, guest)
        with reading(console.engine) as connection:
            known = accounts.of_session(connection, held, now)
        if known is None:
            return _Who(None, guest)
        user, note = known
        if note:
            console.later(accounts.seen, held, now)
        return _Who(user, held)

    def _check_host(self, request: Request) -> None:
        """Listening on this machine only, we answer to its names only: a page elsewhere whose name
        leads here (DNS rebinding) is not ours."""
        asked = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        if self._console.is_local and asked not in (*LOOPBACK, *self._console.hosts()):
            raise Refusal(
                400, "Flagstaff is not known by this name. Give `web: {url: …}` the address under "
                "which people reach it."
            )  # fmt: skip

    def _check_origin(self, request: Request) -> None:
        """A request that changes something comes from a page of ours, and says so."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            raise Refusal(403, STALE)
        origin = request.headers.get("Origin")
        if origin is None and site is None:
            raise Refusal(403, STALE)
        if origin is not None and origin not in self._origins(request):
            raise Refusal(403, STALE)

    def _origins(self, request: Request) -> Sequence[str]:
        url = self._console.configuration().settings.web.url
        own = f"{request.url.scheme}://{request.headers.get('Host', '')}"
        if url is None:
            return (own,)
        public = urlsplit(url)
        return (own, f"{public.scheme}://{public.netloc}")


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _check_address(request: Request) -> None:
    """What an address asks for is text."""
    scope = request.scope
    if not is_text(scope["raw_path"]) or not is_text(scope["query_string"]):
        raise Refusal(422 if _is_api(request) else 400, f"The address {NO_TEXT}")


def _admit(request: Request, who: _Who, needs: Needs) -> None:
    """Raise unless who asks may come in."""
    if needs.roles is None:
        return
    if who.user is None:
        if _is_api(request):
            raise Refusal(401, headers={"WWW-Authenticate": "Bearer"})
        raise SignInFirst(_back_to(request))
    if who.user.role not in needs.roles or not _scope_allows(who.scope, needs):
        raise Refusal(403)


def _scope_allows(scope: str | None, needs: Needs) -> bool:
    """Whether a token's scope suffices; a session's always does."""
    if scope in (None, "admin"):
        return True
    if needs.roles == frozenset({"admin"}):
        return False
    return scope == "write" or not needs.changes


def _back_to(request: Request) -> str:
    """Where to go after signing in: what was asked for, if it can be asked for again."""
    if request.method not in SAFE:
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


async def _body(request: Request, most: int) -> bytes:
    body = await body_of(request, most)
    if body is None:
        raise Refusal(413)
    return body


def _again(request: Request, body: bytes) -> Request:
    """The request, to be read once more."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


async def _fields(request: Request) -> FormData:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise Refusal(400, "This takes what its page's form sends, and nothing else.")
    try:
        async with request.form(max_files=0, max_fields=FIELDS) as data:
            fields = data
    except (MultiPartException, HTTPException, UnicodeDecodeError, ValueError):
        raise Refusal(400, "What was sent is not a form as its page sends it.") from None
    for name, value in fields.multi_items():
        if NUL in f"{name}{value}":
            raise Refusal(400, f'The field "{name[:60].replace(NUL, "")}" {NO_TEXT}')
    return fields
