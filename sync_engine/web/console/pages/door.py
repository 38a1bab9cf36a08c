"""Signing in and out."""

from __future__ import annotations

from fastapi import Response

from sync_engine import accounts
from sync_engine.accounts import ThrottledError
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ALL, OPEN, Needs
from sync_engine.web.console.site import Pages

WRONG = "The address and the password do not fit together. Check both and try again."
TOO_MANY = (
    "Too many tries have failed. Wait 15 minutes, then try again; an admin can give you another "
    "password."
)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/sign-in", OPEN)
    def door(ask: Asked, next: str = "/") -> Response:
        with ask.reading() as connection:
            if not accounts.anybody(connection) and ask.console.demo is None:
                return ask.go("/start")
        return ask.go(next) if ask.user else show_door(ask, next)

    @pages.post("/sign-in", Needs(None, "none", changes=True))
    def sign_in(ask: Asked) -> Response:
        address, back = ask.form.text("address"), ask.form.text("next") or "/"
        peer = ask.request.client.host if ask.request.client else ""
        # Not stripped: what somebody chose as a password may begin with a space.
        password = "".join(ask.form.all("password")[:1])
        try:
            entered = accounts.sign_in(
                ask.engine, ask.console.passwords, address, password, peer, ask.now
            )
        except ThrottledError:
            return show_door(ask, back, TOO_MANY, address, status=429)
        if entered is None:
            return show_door(ask, back, WRONG, address, status=401)
        return let_in(ask, entered[1], back)

    @pages.post("/sign-out", Needs(ALL, "none", changes=True))
    def sign_out(ask: Asked) -> Response:
        accounts.sign_out(ask.engine, ask.held)
        return let_out(ask)

    @pages.post("/sign-out-everywhere", Needs(ALL, "none", changes=True))
    def everywhere(ask: Asked) -> Response:
        accounts.sign_out_everywhere(ask.engine, ask.signed_in, ask.now)
        return let_out(ask)


def let_in(ask: Ask, token: str, path: str, said: str | None = None) -> Response:
    """Send the browser on, signed in. Its session is new: nobody can have known it before."""
    response = ask.go(path, said=said, held=token)
    ask.set_cookie(response, tokens.SESSION, token, int(accounts.LONGEST.total_seconds()))
    ask.set_cookie(response, tokens.GUEST, None)
    return response


def let_out(ask: Ask) -> Response:
    """Send the browser to the door, signed out."""
    response = ask.go("/sign-in")
    ask.set_cookie(response, tokens.SESSION, None)
    ask.set_cookie(response, tokens.SAID, None)
    return response


def show_door(
    ask: Ask, next: str, error: str | None = None, address: str = "", status: int = 200
) -> Response:
    """The page on which one signs in, with what is wrong."""
    oidc = ask.settings.web.oidc
    return ask.page(
        "sign_in.html.j2", status=status, next=next, error=error, address=address,
        plain=_travels_plain(ask), sso=oidc.title if oidc else None,
    )  # fmt: skip


def _travels_plain(ask: Ask) -> bool:
    """Whether a password would travel over a network unencrypted."""
    return not ask.console.is_local and not ask.console.secure(ask.request)
