"""What `flagstaff connections login` does: the browser, the code, the tokens, the check."""

from __future__ import annotations

import errno
import os
import sys
import webbrowser
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import typer

from connectors.sdk.contract import Login
from connectors.sdk.errors import ConnectorError, Refused
from connectors.sdk.login import Attempt, NotOursError
from connectors.sdk.oauth import Tokens
from sync_engine import secrets
from sync_engine.cli.frame import Frame, UsageProblem
from sync_engine.cli.loopback import ADDRESS, Loopback, Page
from sync_engine.cli.running import open_store
from sync_engine.configure.tool_login import ENDS_SOON, Entrance, NoLoginError, entrance
from sync_engine.probing import Finding, probe

PORT = 8651
"""Fixed, because most tools want the very redirect address that the app has registered."""
PATH = "/callback"
WAIT = 300.0  # seconds
_HERE = (ADDRESS, "localhost")

DONE = Page("Signed in", "Flagstaff may read now. You can close this page.")
STRANGE = Page("Not this sign-in", "This does not belong to the sign-in that was begun.", 400)
BROKEN = Page("It did not work", "The terminal says why.", 500)


@dataclass(frozen=True, slots=True)
class Way:
    """How the browser gets there and back.

    Args:
        port: to listen on; None: the usual one.
        redirect: the whole redirect address, instead of ours.
        paste: nobody listens; the address at which the browser ends is pasted.
        browser: try to open one.
    """

    port: int | None = None
    redirect: str | None = None
    paste: bool = False
    browser: bool = True


def log_in(frame: Frame, name: str, way: Way) -> Finding:
    """Sign in, keep the tokens, then check the connection.

    Raises:
        UsageProblem: the connection has no login, or it cannot be done this way.
        ConnectorError: the tool lets nobody in; what was kept before stays.
    """
    configuration = frame.configuration()
    connection = configuration.connection(name)
    port, path, redirect = _back(way)
    try:
        with entrance(configuration, open_store(frame), connection) as found:
            if way.paste:
                attempt = found.begin(redirect or _ours(found.login, port or PORT))
                _show(found.title, attempt, way)
                tokens = _pasted(attempt, found)
            else:
                with _listening(port, path) as listener:
                    attempt = found.begin(redirect or _ours(found.login, listener.port))
                    _show(found.title, attempt, way)
                    tokens = _arrived(listener, attempt, found)
            store = found.store
    except NoLoginError as error:
        raise UsageProblem(str(error)) from None
    finding = probe(configuration, connection, lambda: store)
    if not tokens.refresh_token:
        finding.troubles.append(ENDS_SOON)
    return finding


def _back(way: Way) -> tuple[int, str, str | None]:
    """Where the browser comes back to: port and path here, and the address where it is given."""
    if way.redirect is None:
        return PORT if way.port is None else way.port, PATH, None
    if way.port is not None:
        raise UsageProblem("Either --port or --redirect, which names the port itself.")
    try:
        parts = urlsplit(way.redirect)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise UsageProblem("--redirect is no valid address.") from None
    if not host or parts.scheme not in ("http", "https") or parts.fragment:
        raise UsageProblem("--redirect is no address that begins with http:// or https://.")
    if not way.paste and (parts.scheme != "http" or host not in _HERE):
        raise UsageProblem(
            f"Flagstaff cannot listen at {parts.scheme}://{host}: add --paste, and paste the "
            "address at which the browser ends."
        )
    return port, parts.path or "/", way.redirect


def _ours(login: Login, port: int) -> str:
    return f"http://{'localhost' if login.localhost else ADDRESS}:{port}{PATH}"


def _listening(port: int, path: str) -> Loopback:
    try:
        return Loopback(port, path)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UsageProblem(
            f"Port {port} of this machine cannot be used ({error.strerror}): give another with "
            "--port, and register its address in the tool."
        ) from None


def _show(title: str, attempt: Attempt, way: Way) -> None:
    """The address, which holds no secret, on standard error, also where little is to be said."""
    told = (
        f"Open this address in a browser, and sign in to {title} as the account that shall read:",
        f"\n{attempt.url}\n",
        f"The browser comes back to {attempt.redirect}, which the app must have registered.",
    )
    for text in told:
        typer.echo(text, err=True)
    if way.browser and _has_screen():
        webbrowser.open(attempt.url)


def _has_screen() -> bool:
    """Else a browser inside this very terminal might open, and take it."""
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _arrived(listener: Loopback, attempt: Attempt, found: Entrance) -> Tokens:
    """The tokens, once the browser has come back."""
    for arrival in listener.arrivals(WAIT):
        page = BROKEN
        try:
            tokens = found.finish(attempt, arrival.query)
        except NotOursError:
            page = STRANGE
        except ConnectorError as error:
            page = replace(BROKEN, text=secrets.scrub(f"{error.message} {error.advice}"))
            raise
        else:
            page = DONE
            return tokens
        finally:
            arrival.show(page)
    raise Refused(
        f"The browser did not come back within {WAIT / 60:.0f} minutes.",
        remedy="Begin anew; where the browser runs on another machine, with --paste. If the tool "
        "showed an error, compare the app's redirect address and scopes with what it was sent.",
    )


def _pasted(attempt: Attempt, found: Entrance) -> Tokens:
    """The tokens, once the right address was pasted; it is not shown, for it holds the code."""
    while True:
        try:
            query = _read_hidden().partition("?")[2].partition("#")[0]
            return found.finish(attempt, query)
        except NotOursError:
            typer.echo("That is not the whole address of this sign-in; try again.", err=True)


def _read_hidden() -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt("The address at which it ended", hide_input=True, err=True)
        return asked.strip()
    given = sys.stdin.readline()
    if not given:
        raise UsageProblem("No address was pasted.")
    return given.strip()
