"""Connections: added, changed, tried out, removed, and what there is to choose and to map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from connectors.sdk import registry
from connectors.sdk.contract import Scope
from connectors.sdk.errors import ConnectorError
from sync_engine.commands import CommandError
from sync_engine.configure import sealing
from sync_engine.configure.changes import Changed, Desk, InvalidError, put, remove
from sync_engine.connect import kept_secrets, token_store
from sync_engine.deliveries import takes_deliveries
from sync_engine.probing import Finding, Trouble, opened, probe, trouble_of
from sync_engine.secrets import SecretError, connection_options
from sync_engine.settings import Configuration
from sync_engine.settings import models as settings
from sync_engine.settings.entry import Key
from sync_engine.store import audit, entries, purge
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.models import Connection as Row
from sync_engine.store.told_secrets import ToldSecrets
from sync_engine.store.vault import StoreTokens
from sync_engine.vocabulary import Listing, listing_of

_row: sa.Table = Row.__table__  # type: ignore[attr-defined]


def key_of(name: str) -> Key:
    """A connection's key."""
    return "connection", name


def add(desk: Desk, actor: Actor, name: str, document: Mapping[str, Any]) -> Changed:
    """Add a connection; it is read at the next look. Raises as `changes.put`."""
    with reading(desk.engine) as connection:
        kept = connection.execute(
            sa.select(_row.c.connector).where(_row.c.name == name)
        ).scalar_one_or_none()
    if kept is not None and kept != document.get("connector"):
        raise InvalidError({"name": _of_another(name, kept)})
    return put(desk, actor, key_of(name), dict(document), version=None)


def _of_another(name: str, connector: str) -> str:
    return (
        f'records of {connector} are still kept under the name "{name}"; take another name, or '
        "purge them first"
    )


def change(
    desk: Desk, actor: Actor, name: str, document: Mapping[str, Any], *, version: int
) -> Changed:
    """Change a connection; what has to be read anew, or mapped again, is at once.

    Raises:
        InvalidError: also where it were to become a connection of another tool.
    """
    was = desk.entry(key_of(name)).document.get("connector")
    if document.get("connector") != was:
        told = f"a connection of {was} cannot become one of another tool; add a new one"
        raise InvalidError({"connector": told})
    return put(desk, actor, key_of(name), dict(document), version=version, inside=_due_now(name))


def enable(desk: Desk, actor: Actor, name: str, *, on: bool, version: int) -> Changed:
    """Switch a connection on or off; what was read stays."""
    document = {**desk.entry(key_of(name)).document, "enabled": on}
    return put(
        desk, actor, key_of(name), document, version=version, inside=_due_now(name),
        action=f"connection switched {'on' if on else 'off'}",
    )  # fmt: skip


def map_words(
    desk: Desk, actor: Actor, name: str, *, status: Mapping[str, str],
    fields: Mapping[str, str], version: int,
) -> Changed:  # fmt: skip
    """Say what a connection's own words mean; what is stored is mapped again by itself."""
    said = {"status": dict(status), "fields": dict(fields)}
    document = {**desk.entry(key_of(name)).document, "mapping": said}
    return put(
        desk, actor, key_of(name), document, version=version, inside=_due_now(name),
        action="mapping changed",
    )  # fmt: skip


def take_away(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Remove a connection and its secrets. Its records stay until `purge_records`; one that the
    file names goes on as it is."""
    of_file = name in desk.file.connection_names

    def retire(connection: sa.Connection, now: Any) -> None:
        if of_file:
            return
        connection.execute(sa.update(_row).where(_row.c.name == name).values(removed_at=now))
        ToldSecrets.forget(connection, name)

    return remove(desk, actor, key_of(name), version=version, inside=retire)


def purge_records(desk: Desk, actor: Actor, name: str) -> Mapping[str, int]:
    """Delete all that was ever read of a connection that was removed; rows by table.

    Raises:
        CommandError: it is still configured, nothing of it is kept, or something keeps it.
    """
    if name in [each.name for each in desk.configuration().settings.connections]:
        raise CommandError(f'the connection "{name}" is still configured; remove it first')
    try:
        with desk.engine.begin() as connection:
            if key_of(name) in [each.key for each in entries.read(connection)]:
                raise CommandError(
                    f'an entry of the console still says the connection "{name}", though it is '
                    "not in force; correct its settings, or remove it first"
                )
            deleted = purge.connection(connection, name)
            if deleted is None:
                raise CommandError(f'nothing is kept of a connection "{name}"')
            audit.note(
                connection, actor, "records purged", name, at=desk.now(), after=dict(deleted)
            )
            return deleted
    except IntegrityError as error:
        raise CommandError(
            f'nothing of the connection "{name}" was deleted: something that refers to its records '
            "was written meanwhile; try again"
        ) from error


def _due_now(name: str) -> Any:
    def due(connection: sa.Connection, now: Any) -> None:
        connection.execute(sa.update(_row).where(_row.c.name == name).values(next_pull_at=now))

    return due


def check_draft(desk: Desk, name: str, document: Mapping[str, Any]) -> Finding:
    """Ask the tool of a connection as it is in the form, saved or not.

    Raises:
        InvalidError: the form itself is wrong; nothing was asked.
    """
    configuration, draft, tokens = _drafted(desk, name, document)
    return probe(configuration, draft, tokens)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a connection can be limited to.

    Args:
        value: as the option names it.
        active: whether people still work in it.
    """

    value: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Choosable:
    """What a connection could be limited to.

    Args:
        option: the option that names it; None: this connector has none.
        scopes: containers; None: the tool was not, or cannot be, asked; `why_not` says why.
    """

    option: str | None
    scopes: tuple[Scope, ...] | None
    why_not: Trouble | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Each once, by name: several containers may lie in what can be chosen."""
        found: dict[str, Choice] = {}
        for scope in self.scopes or ():
            if scope.chosen_as is None:
                continue
            value, active = scope.chosen_as or scope.id, scope.state == "active"
            held = found.get(value)
            if held is None or (active and not held.active):
                found[value] = Choice(value, scope.chosen_name or scope.name, active)
        return tuple(sorted(found.values(), key=lambda each: (each.name.casefold(), each.value)))


def choosable(desk: Desk, name: str, document: Mapping[str, Any]) -> Choosable:
    """What a connection could be limited to, asked of the tool as if nothing were chosen.

    Raises:
        InvalidError: the form itself is wrong; nothing was asked.
    """
    kind = registry.get(str(document.get("connector")))
    option = scope_option(kind.Config)
    if takes_deliveries(kind):
        told = f"{kind.title} takes deliveries; there is nothing to choose."
        return Choosable(None, None, Trouble(told, who="nobody"))
    options = {each: value for each, value in (document.get("options") or {}).items()
               if each != option}  # fmt: skip
    found = _listed(desk, name, {**document, "options": options}, option)
    if found.scopes is not None and not found.choices:
        told = f"{kind.title} lists no containers for this account; write their names by hand."
        return Choosable(option, None, Trouble(told))
    return found


def chosen(desk: Desk, name: str, document: Mapping[str, Any]) -> Choosable:
    """What a connection would read of the tool as it is in the form. Raises as `choosable`."""
    return _listed(desk, name, document, scope_option(registry.get(document["connector"]).Config))


def _listed(desk: Desk, name: str, document: Mapping[str, Any], option: str | None) -> Choosable:
    configuration, draft, tokens = _drafted(desk, name, document)
    kind = registry.get(draft.connector)
    try:
        held = connection_options(draft, kind, configuration.folder, kept=configuration.kept)
        with opened(draft, held, tokens) as connector:
            return Choosable(option, tuple(connector.scopes()))
    except SecretError as error:
        return Choosable(option, None, Trouble(f"{error}."))
    except ConnectorError as error:
        return Choosable(option, None, trouble_of(error))


SCOPE_OPTIONS = (
    "repositories", "projects", "boards", "service_desks", "sheets", "calendars", "bases",
    "spaces", "groups", "workspaces",
)  # fmt: skip
"""Names of options that limit what is read, in the tools' own words; what connectors list as
containers first."""


def scope_option(config: Any) -> str | None:
    """The option of a connector that limits what is read."""
    return next((each for each in SCOPE_OPTIONS if each in config.model_fields), None)


def vocabulary(desk: Desk, name: str) -> Listing:
    """The status words and fields of a connection, with what they mean so far.

    Raises:
        NothingToMapError: this tool cannot say.
    """
    configuration = desk.configuration()
    return listing_of(
        configuration, name, desk.engine, lambda: token_store(configuration, desk.engine)
    )


def _drafted(
    desk: Desk, name: str, document: Mapping[str, Any]
) -> tuple[Configuration, settings.Connection, Callable[[], StoreTokens]]:
    """The configuration whose vault also knows what was just typed, and the connection."""
    configuration = desk.configuration()
    stored = entries.snapshot(desk.engine)[1]
    held = next((each for each in stored if each.key == key_of(name)), None)
    sealed = sealing.seal(key_of(name), held.document if held else None, dict(document), _config)
    if sealed.problems:
        raise InvalidError(sealed.problems)
    kept = kept_secrets(desk.file, desk.engine)

    def open_(secret: str) -> str | None:
        return sealed.fresh[secret] if secret in sealed.fresh else kept.open(secret)

    draft = settings.Connection.model_validate({"name": name, **sealed.document})
    return (
        replace(configuration, kept=open_), draft,
        lambda: token_store(configuration, desk.engine),
    )  # fmt: skip


def _config(name: str) -> Any:
    return registry.get(name).Config if name in registry.names() else None
