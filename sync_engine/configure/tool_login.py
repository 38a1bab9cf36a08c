"""Signing in to a tool in a browser, for a connection: begun by the command line, which listens,
or by the console, to which the tool sends the browser back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.contract import Connector, Login, OAuth
from connectors.sdk.errors import ConnectorError
from connectors.sdk.http import open_door
from connectors.sdk.login import Attempt, begin, code_in
from connectors.sdk.oauth import Bearer, Tokens
from sync_engine import secrets
from sync_engine.commands import CommandError
from sync_engine.configure.changes import Desk
from sync_engine.connect import token_store
from sync_engine.probing import Trouble
from sync_engine.settings import Configuration
from sync_engine.settings import models as settings
from sync_engine.store import audit
from sync_engine.store.audit import Actor
from sync_engine.store.models import Connection as Row
from sync_engine.store.vault import StoreTokens

_row: sa.Table = Row.__table__  # type: ignore[attr-defined]
ENDS_SOON = Trouble(
    "The tool gave no refresh token: this sign-in ends with its first access token.",
    "Let the app have offline access in the tool, and sign in again.",
    stops=False,
)


class NoLoginError(CommandError):
    """The connection's credential is no sign-in by browser; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where one signs in to the tool of a connection.

    Args:
        bearer: keeps what a sign-in gives.
        store: where that is kept, sealed.
    """

    title: str
    oauth: OAuth
    login: Login
    bearer: Bearer
    store: StoreTokens

    def begin(self, redirect: str) -> Attempt:
        """A new sign-in, which comes back to this very address."""
        return begin(self.oauth, redirect)

    def finish(self, attempt: Attempt, query: str) -> Tokens:
        """Spend the code of the query with which the browser came back, and keep the tokens.

        Raises:
            NotOursError: it belongs to another sign-in, or to none.
            ConnectorError: the tool lets nobody in; what was kept before stays.
        """
        code = code_in(attempt, query)
        secrets.KNOWN.add(code, attempt.verifier)
        return self.bearer.sign_in(code, attempt.verifier, attempt.redirect)


def offers_login(connection: settings.Connection) -> bool:
    """Whether a connection's options want a sign-in by browser; no secret is fetched."""
    kind = registry.get(connection.connector)
    try:
        oauth = kind.access(kind.Config.model_validate(connection.options)).oauth
    except (ValueError, ConnectorError):
        return False  # the options are told where they are checked
    return oauth is not None and oauth.login is not None and not oauth.refresh_token


@contextmanager
def entrance(
    configuration: Configuration, engine: sa.Engine, connection: settings.Connection
) -> Iterator[Entrance]:
    """The way in for a connection, closed in the end.

    Raises:
        NoLoginError: it has none.
        SecretError: a secret of its options cannot be had.
    """
    kind = registry.get(connection.connector)
    options = secrets.connection_options(
        connection, kind, configuration.folder, kept=configuration.kept
    )
    oauth, login = _login_of(connection.name, kind, kind.access(options).oauth)
    store = token_store(configuration, engine)
    door = open_door(kind, options, tokens=store, connection=connection.name)
    assert door.bearer is not None  # noqa: S101 - there is one where there is OAuth
    try:
        yield Entrance(kind.title, oauth, login, door.bearer, store)
    finally:
        door.close()


def arrive(desk: Desk, actor: Actor, name: str, attempt: Attempt, query: str) -> Tokens:
    """End a sign-in that the console began; the connection is read at the next look.

    Raises: as `entrance` and `Entrance.finish`.
    """
    configuration = desk.configuration()
    with entrance(configuration, desk.engine, configuration.connection(name)) as found:
        tokens = found.finish(attempt, query)
    with desk.engine.begin() as connection:
        now = desk.now()
        connection.execute(sa.update(_row).where(_row.c.name == name).values(next_pull_at=now))
        audit.note(connection, actor, "signed in to the tool", name, at=now)
    return tokens


def _login_of(name: str, kind: type[Connector], oauth: OAuth | None) -> tuple[OAuth, Login]:
    if oauth is None:
        raise NoLoginError(f"{name} reads {kind.title} with what its options say: no login needed.")
    if oauth.login is None:
        raise NoLoginError(f"There is no login for {name}: {kind.title} signs in by its options.")
    if oauth.refresh_token:
        raise NoLoginError(
            f"{name} has a refresh token in its options: take it out, so that a login can take its "
            "place."
        )
    return oauth, oauth.login
