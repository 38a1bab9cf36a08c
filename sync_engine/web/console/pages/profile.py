"""One's own account: name, zone, password, where one is signed in, tokens for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from fastapi import Response

from sync_engine import accounts, own_account, tokens
from sync_engine.accounts import AccountError, ThrottledError
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.pages.configured import sentence
from sync_engine.web.console.pages.door import TOO_MANY, let_out
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import number_of

SEES = Needs(ALL, "none")
CHANGES = Needs(ALL, "none", changes=True)
LASTS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("Settings", "/settings", SEES)

    @pages.get("/settings", SEES)
    def show(ask: Asked) -> Response:
        return _profile(ask)

    @pages.post("/settings/profile", CHANGES)
    def save(ask: Asked) -> Response:
        name, zone = ask.form.text("name", 200), ask.form.text("zone", 64)
        if not name:
            return _profile(ask, {"name": "Fill this in."}, 422)
        try:
            accounts.change(
                ask.engine, ask.signed_in.address, ask.actor, ask.now, name=name, zone=zone or None
            )
        except AccountError as error:
            return _profile(ask, {"zone": sentence(error)}, 422)
        return ask.go("/settings", said="Your profile is saved.")

    _register_signing_in(pages)


def _register_signing_in(pages: Pages) -> None:
    """Password and sessions."""

    @pages.post("/settings/password", CHANGES)
    def password(ask: Asked) -> Response:
        # Not stripped: what somebody chose as a password may begin with a space.
        current, new = ("".join(ask.form.all(name)[:1]) for name in ("current", "new"))
        peer = ask.request.client.host if ask.request.client else ""
        try:
            own_account.change_password(
                ask.engine, ask.console.passwords, ask.signed_in, current, new, peer, ask.now
            )
        except ThrottledError:
            return _profile(ask, {"current": TOO_MANY}, 429)
        except AccountError as error:
            at = "current" if "present" in str(error) else "new"
            return _profile(ask, {at: sentence(error)}, 422)
        return let_out(ask)

    @pages.post("/settings/sessions/end", CHANGES)
    def end(ask: Asked) -> Response:
        try:
            own_account.end_session(
                ask.engine, ask.signed_in, ask.form.text("session", 64), ask.now
            )
        except AccountError as error:
            raise Refusal(409, sentence(error)) from error
        return ask.go("/settings", said="That browser is signed out.")

    _register_tokens(pages)


def _register_tokens(pages: Pages) -> None:
    """Tokens for programs."""

    @pages.get("/settings/tokens", SEES)
    def listed(ask: Asked) -> Response:
        return _tokens(ask)

    @pages.post("/settings/tokens", CHANGES)
    def make(ask: Asked) -> Response:
        lasts = ask.form.text("lasts", 10)
        if lasts not in dict(LASTS):
            raise Refusal(400, "A token lasts as long as its form offers.")
        expires = _end_of(ask, int(lasts)) if lasts else None
        try:
            token = tokens.make(
                ask.engine, ask.signed_in, name=ask.form.text("name", 100),
                scope=ask.form.text("scope", 10), expires_at=expires, actor=ask.actor, now=ask.now,
            )  # fmt: skip
        except AccountError as error:
            return _tokens(ask, error=sentence(error), status=422)
        return _tokens(ask, fresh=token)

    @pages.post("/settings/tokens/revoke", CHANGES)
    def revoke(ask: Asked) -> Response:
        id = number_of(ask.form.text("id", 20))
        if id is None:
            raise missing()
        try:
            tokens.revoke(ask.engine, ask.signed_in, id, ask.actor, ask.now)
        except AccountError:
            raise missing() from None
        return ask.go("/settings/tokens", said="The token works no more.")


def _end_of(ask: Ask, days: int) -> datetime:
    """The end of a day of the reader's, so many days from now."""
    day = ask.now.astimezone(ask.zone).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), ask.zone)


def _profile(ask: Ask, errors: Mapping[str, str] | None = None, status: int = 200) -> Response:
    user = ask.signed_in
    typed = status != 200 and "name" in ask.form.fields()
    values: dict[str, Any] = {
        "name": ask.form.text("name") if typed else user.name,
        "zone": ask.form.text("zone") if typed else user.zone or "",
    }
    with ask.reading() as connection:
        held = own_account.sessions(connection, user, ask.held, ask.now)
        has_password = own_account.has_password(connection, user)
    return ask.page(
        "profile.html.j2", status=status, values=values, errors=errors or {}, sessions=held,
        has_password=has_password, zones=sorted(available_timezones()),
    )  # fmt: skip


def _tokens(
    ask: Ask, fresh: str | None = None, error: str | None = None, status: int = 200
) -> Response:
    with ask.reading() as connection:
        held = tokens.listed(connection, ask.signed_in)
    scopes = [each for each in tokens.SCOPES if each != "admin" or ask.signed_in.role == "admin"]
    return ask.page(
        "tokens.html.j2", status=status, held=held, fresh=fresh, error=error, lasts=LASTS,
        scopes=scopes,
    )  # fmt: skip
