"""Signing in to a tool for a connection: to the tool and back, with the code that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from fastapi import Response
from itsdangerous import BadSignature, URLSafeSerializer

from connectors.sdk import registry
from connectors.sdk.contract import Login
from connectors.sdk.errors import ConnectorError
from connectors.sdk.login import Attempt, NotOursError
from sync_engine import secrets
from sync_engine.commands import CommandError
from sync_engine.configure import tool_login as commands
from sync_engine.configure.tool_login import ENDS_SOON
from sync_engine.secrets import SecretError
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import desk_of
from sync_engine.web.console.needs import ADMIN, OPEN, Needs
from sync_engine.web.console.pages.connection import Head, head_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

BACK = "/sign-in/tool/back"
LASTS = timedelta(minutes=10)
OLD = (
    "This belongs to no sign-in that you began here within ten minutes. Begin anew on the "
    "connection's page, in this browser and under this address."
)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/connections/{name}/sign-in", Needs(ADMIN, "whole"))
    def begin(ask: Asked, name: str) -> Response:
        return _begin(ask, _configured(ask, name))

    # Open, so that nobody is led to the door with the code in the address to come back to.
    @pages.get(BACK, OPEN)
    def back(ask: Asked) -> Response:
        if ask.user is None or ask.user.role not in ADMIN or ask.console.demo is not None:
            raise Refusal(403, "Only an admin who is signed in here signs in to a tool.")
        name, attempt = _kept(ask)
        head = _configured(ask, name)
        try:
            got = commands.arrive(desk_of(ask), ask.actor, name, attempt, ask.request.url.query)
        except NotOursError:
            response = _begin(ask, head, OLD, 403)
        except ConnectorError as error:
            said = secrets.scrub(f"{error.message} {error.advice}")
            response = _begin(ask, head, said, 502)
        except (SecretError, CommandError) as error:
            response = _begin(ask, head, f"{error}".rstrip(".") + ".", 409)
        else:
            told = "Signed in; it is read at the next look. Test it to see as whom."
            if not got.refresh_token:
                told = f"Signed in, but not for long. {ENDS_SOON.message} {ENDS_SOON.remedy}"
            response = ask.go(f"{head.path}/check", said=told)
            ask.set_cookie(response, tokens.TOOL, None)  # an attempt is used once
        return response


def _configured(ask: Ask, name: str) -> Head:
    head = head_of(ask, name)
    if head.configured is None:
        raise missing()
    return head


def _begin(ask: Ask, head: Head, error: str = "", status: int = 200) -> Response:
    """The page with the way to the tool, for an attempt that this browser keeps."""
    attempt: Attempt | None = None
    scopes: Sequence[str] = ()
    why_not = ""
    configuration = desk_of(ask).configuration()
    try:
        configured = configuration.connection(head.line.name)
        with commands.entrance(configuration, ask.engine, configured) as found:
            attempt = found.begin(_redirect(ask, found.login))
            scopes = found.login.scopes
    except (SecretError, CommandError) as problem:
        why_not = f"{problem}".rstrip(".") + "."
    response = ask.page(
        "connection_sign_in.html.j2", status=status, head=head, attempt=attempt, scopes=scopes,
        tool=registry.get(head.line.connector).title, why_not=why_not, error=error,
    )  # fmt: skip
    sealed = None
    if attempt is not None:
        held = {**asdict(attempt), "name": head.line.name, "at": ask.now.isoformat()}
        sealed = str(_serializer(ask).dumps(held))
    ask.set_cookie(response, tokens.TOOL, sealed, int(LASTS.total_seconds()))
    return response


def _redirect(ask: Ask, login: Login) -> str:
    """The address of ours to which the tool sends the browser back. Raises `CommandError`."""
    url = ask.settings.web.url
    if url is not None:
        return url.rstrip("/") + BACK
    if not ask.console.is_local:
        raise CommandError(
            "the tool has to know where to send the browser back to: say the web address in "
            "Settings, General"
        )
    here = ask.request.url
    if login.localhost and here.hostname != "localhost":
        raise CommandError(
            "this tool sends browsers back to https, or to localhost: open the console under "
            f"http://localhost:{here.port}, or say its web address in Settings, General"
        )
    return f"{here.scheme}://{here.netloc}{BACK}"


def _kept(ask: Ask) -> tuple[str, Attempt]:
    """The connection and the sign-in that this session began. Raises `Refusal`."""
    sealed = ask.cookie(tokens.TOOL)
    try:
        held = _serializer(ask).loads(sealed or "")
    except BadSignature:
        raise Refusal(403, OLD) from None
    age = ask.now - datetime.fromisoformat(held.pop("at"))
    if not timedelta(0) <= age <= LASTS:
        raise Refusal(403, OLD)
    return str(held.pop("name")), Attempt(**held)


def _serializer(ask: Ask) -> URLSafeSerializer:
    """Bound to the session: what another session was given does not fit."""
    return URLSafeSerializer(ask.held, salt="tool")
