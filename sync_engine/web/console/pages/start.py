"""The first run: whoever has the code that the process printed makes the first admin."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from sync_engine import accounts
from sync_engine.accounts import AccountError, NewAccount
from sync_engine.store.audit import Actor
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import OPEN, Needs
from sync_engine.web.console.pages.door import let_in
from sync_engine.web.console.site import Pages

WRONG_CODE = "That is not the code. It stands in the log of the process, where it said /start."
USED_UP = (
    "Too many wrong codes were tried, so none is taken any more. Start Flagstaff anew: it prints "
    "another one."
)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/start", OPEN)
    def start(ask: Asked) -> Response:
        with ask.reading() as connection:
            begun = accounts.anybody(connection) or ask.console.demo is not None
        return ask.go("/") if begun else _form(ask)

    @pages.post("/start", Needs(None, "none", changes=True))
    def begin(ask: Asked) -> Response:
        code = ask.console.start_code
        with ask.reading() as connection:
            if accounts.anybody(connection):
                return ask.go("/sign-in")
        if code.used_up:
            return _form(ask, {"code": USED_UP}, 429)
        if not code.fits(ask.form.text("code")):
            return _form(ask, {"code": WRONG_CODE}, 403)
        address = ask.form.text("address")
        try:
            hashed = ask.console.passwords.hash("".join(ask.form.all("password")[:1]))
        except AccountError as error:
            return _form(ask, {"password": _sentence(error)}, 422)
        try:
            new = NewAccount(address, ask.form.text("name"), "admin")
            made = accounts.add(
                ask.engine, new, hashed, Actor(address, "console"), ask.now, first=True
            )
        except AccountError as error:
            return _form(ask, {"address": _sentence(error)}, 422)
        token = accounts.open_session(ask.engine, made.id, ask.now)
        return let_in(ask, token, "/setup", f"Welcome, {made.name}. You are the first admin.")


def _form(ask: Ask, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    values: dict[str, Any] = {name: ask.form.text(name) for name in ("code", "address", "name")}
    return ask.page("start.html.j2", status=status, values=values, errors=errors or {})


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
