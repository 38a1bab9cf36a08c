"""Who may use the console: adding, role and scope, invitations, letting in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from sync_engine import accounts, invitations
from sync_engine.access import check_scope
from sync_engine.accounts import AccountError, NewAccount, User
from sync_engine.rules import facts
from sync_engine.rules.language import LanguageError
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ADMIN, OPEN, Needs
from sync_engine.web.console.pages.configured import sentence
from sync_engine.web.console.pages.door import let_in
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

SEES = Needs(ADMIN, "none")
CHANGES = Needs(ADMIN, "none", changes=True)
USERS = "/settings/users"
MEANWHILE = "This account was changed meanwhile. Open it anew, and change it then."


@dataclass(frozen=True, slots=True)
class Wrong:
    """A scope that is not understood: the text before, at and after the word, and why."""

    before: str
    word: str
    after: str
    why: str


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get(USERS, SEES)
    def listed(ask: Asked) -> Response:
        with ask.reading() as connection:
            held = accounts.everybody(connection)
            invited = invitations.waiting(connection, ask.now)
        return ask.page("users.html.j2", held=held, invited=invited)

    @pages.get(f"{USERS}/new", SEES)
    def new(ask: Asked) -> Response:
        return _form(ask, None)

    @pages.post(f"{USERS}/new", CHANGES)
    def add(ask: Asked) -> Response:
        wrong = _wrong_scope(ask)
        if wrong is not None:
            return _form(ask, None, {}, wrong)
        text = ask.form.text
        made = NewAccount(
            text("address", 254), text("name", 200), text("role", 20), text("zone", 64) or None,
            text("scope") or None,
        )  # fmt: skip
        try:
            user = accounts.add(ask.engine, made, None, ask.actor, ask.now)
        except AccountError as error:
            return _form(ask, None, {_field(error): sentence(error)})
        return _invited(ask, user)

    _changes(pages)
    _switches(pages)
    _invitations(pages)


def _changes(pages: Pages) -> None:
    """Someone's account as it is, and as it is to be."""

    @pages.get(f"{USERS}/one", SEES)
    def one(ask: Asked, address: str = "") -> Response:
        return _form(ask, _user(ask, address)) if address else ask.go(USERS)

    @pages.post(f"{USERS}/one", CHANGES)
    def change(ask: Asked) -> Response:
        user = _user(ask, ask.form.text("address", 254))
        if ask.form.text("was", 64) != _state(user):
            return _form(ask, user, {"admin": MEANWHILE})
        if (wrong := _wrong_scope(ask)) is not None:
            return _form(ask, user, {}, wrong)
        text = ask.form.text
        try:
            accounts.change(
                ask.engine, user.address, ask.actor, ask.now,
                name=text("name", 200) or user.address, role=text("role", 20),
                zone=text("zone", 64) or None, scope=text("scope") or None,
            )  # fmt: skip
        except AccountError as error:
            return _form(ask, user, {_field(error): sentence(error)})
        return ask.go(USERS, said=f"{user.address} is changed.")


def _switches(pages: Pages) -> None:
    """What is done to an account with one button."""

    def switch(path: str, does: Callable[[Ask, User], object], said: str) -> None:
        @pages.post(f"{USERS}/{path}", CHANGES)
        def done(ask: Asked) -> Response:
            user = _user(ask, ask.form.text("address", 254))
            try:
                does(ask, user)
            except AccountError as error:
                raise Refusal(409, sentence(error)) from error
            return ask.go(USERS, said=said.format(user.address))

    def set_enabled(ask: Ask, user: User, *, enabled: bool) -> object:
        return accounts.change(ask.engine, user.address, ask.actor, ask.now, enabled=enabled)

    switch("disable", lambda ask, user: set_enabled(ask, user, enabled=False),
           "{} may not sign in any more.")  # fmt: skip
    switch(
        "enable", lambda ask, user: set_enabled(ask, user, enabled=True), "{} may sign in again."
    )
    switch("sign-out",
           lambda ask, user: accounts.sign_out_everywhere(ask.engine, user, ask.now, ask.actor),
           "{} is signed out everywhere.")  # fmt: skip
    switch("remove",
           lambda ask, user: accounts.remove(ask.engine, user.address, ask.actor, ask.now),
           "{} has no account any more. What they did stays in the audit log.")  # fmt: skip


def _invitations(pages: Pages) -> None:
    """Links with which people choose their password."""

    @pages.post(f"{USERS}/invite", CHANGES)
    def invite(ask: Asked) -> Response:
        return _invited(ask, _user(ask, ask.form.text("address", 254)))

    @pages.get("/welcome", OPEN)
    def welcome(ask: Asked, token: str = "") -> Response:
        return _welcome(ask, token)

    @pages.post("/welcome", Needs(None, "none", changes=True))
    def choose(ask: Asked) -> Response:
        token = ask.form.text("token", 100)
        _invitee(ask, token)  # a hash takes memory and time: nobody is owed one who has no link
        try:
            hashed = ask.console.passwords.hash("".join(ask.form.all("password")[:1]))
        except AccountError as error:
            return _welcome(ask, token, sentence(error))
        try:
            user = invitations.accept(ask.engine, token, hashed, ask.now)
        except AccountError as error:
            raise Refusal(410, sentence(error)) from error
        session = accounts.open_session(ask.engine, user.id, ask.now)
        return let_in(ask, session, "/", f"Welcome, {user.name}.")


def _welcome(ask: Ask, token: str, error: str | None = None) -> Response:
    user = _invitee(ask, token)
    return ask.page(
        "welcome.html.j2", status=422 if error else 200, token=token, person=user, error=error
    )


def _invitee(ask: Ask, token: str) -> User:
    """Whom a link is for. Raises `Refusal`: it does not work (any more)."""
    with ask.reading() as connection:
        user = invitations.of(connection, token, ask.now)
    if user is None:
        raise Refusal(410, sentence(AccountError(invitations.GONE)))
    return user


def _invited(ask: Ask, user: User) -> Response:
    """The link, shown once; whoever has it gets in, so it is not kept."""
    try:
        token = invitations.make(ask.engine, user.address, ask.actor, ask.now)
    except AccountError as error:
        raise Refusal(409, sentence(error)) from error
    url = ask.settings.web.url
    base = (url or f"{ask.request.url.scheme}://{ask.request.url.netloc}").rstrip("/")
    return ask.page("invited.html.j2", person=user, link=f"{base}/welcome?token={token}",
                    days=invitations.LASTS.days)  # fmt: skip


def _state(user: User) -> str:
    """Tells whether an account is as it was shown."""
    return hashlib.sha256(repr(user).encode()).hexdigest()[:16]


def _user(ask: Ask, address: str) -> User:
    with ask.reading() as connection:
        try:
            return accounts.find(connection, address)
        except AccountError:
            raise missing() from None


def _field(error: AccountError) -> str:
    """Which field an account's error speaks of."""
    text = str(error)
    return next((name for name in ("zone", "role", "admin") if name in text), "address")


def _wrong_scope(ask: Ask) -> Wrong | None:
    """What is wrong with the scope that was typed."""
    scope, role = ask.form.text("scope"), ask.form.text("role", 20)
    if not scope:
        return None
    if role != "manager":
        return Wrong("", scope, "", "Only a manager has a scope; the other roles see everything.")
    try:
        check_scope(scope)
    except LanguageError as error:
        lines = scope.split("\n")
        start = sum(len(line) + 1 for line in lines[: error.at.line - 1]) + error.at.column - 1
        word = scope[start:].split(maxsplit=1)[0] if scope[start:].strip() else ""
        return Wrong(scope[:start], word, scope[start + len(word) :], sentence(error))
    return None


def _form(
    ask: Ask, user: User | None, errors: Mapping[str, str] | None = None,
    wrong: Wrong | None = None,
) -> Response:  # fmt: skip
    failed = bool(errors) or wrong is not None
    values: dict[str, Any] = {
        name: ask.form.text(name) if failed else (getattr(user, name) or "" if user else "")
        for name in ("address", "name", "role", "zone", "scope")
    }
    # A form that comes back is as old as it was, so that sending it again overwrites nothing.
    was = ask.form.text("was", 64) or (_state(user) if user else "")
    return ask.page(
        "user.html.j2", status=422 if failed else 200, person=user, values=values,
        was=was, errors=errors or {}, wrong=wrong,
        words=sorted(facts.of("project")),
    )  # fmt: skip
