"""From the configuration to sources: options checked, secrets fetched, doors opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.contract import Connector, Options
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from sync_engine import clock, collector, secrets
from sync_engine.admin_map import AdminMapping
from sync_engine.crash import CrashPoints
from sync_engine.people import KnownPerson
from sync_engine.reconcile import Guard
from sync_engine.settings import Configuration, Connection, People
from sync_engine.settings.fingerprint import mapping_fingerprint, scope_fingerprint
from sync_engine.source import Source
from sync_engine.store.cooldowns import StoreCooldowns
from sync_engine.store.kept_secrets import KeptSecrets
from sync_engine.store.told_secrets import ToldSecrets
from sync_engine.store.vault import StoreTokens, Vault

KEY_FILE = ".flagstaff.key"


@dataclass(frozen=True, slots=True)
class Reached:
    """A connector, the door that it speaks through, and its options with their secrets."""

    connector: Connector
    door: Door
    options: Options


@dataclass(frozen=True)
class Workshop:
    """What all connections of a process share: the store, the gates, the vault.

    Args:
        sleep: how a door waits; a daemon that stops breaks it off.
    """

    configuration: Configuration
    engine: sa.Engine
    gates: Gates
    sleep: Callable[[float], object]
    crash: CrashPoints | None = None

    @classmethod
    def open(
        cls,
        configuration: Configuration,
        engine: sa.Engine,
        *,
        sleep: Callable[[float], object] = clock.sleep,
        crash: CrashPoints | None = None,
    ) -> Workshop:
        """The workshop of this process, which from now on reads."""
        collector.calm()
        gates = Gates(now=clock.now, cooldowns=StoreCooldowns(engine))
        return cls(configuration, engine, gates, sleep, crash)

    def reach(self, connection: Connection) -> Reached:
        """A configured connection's connector and its door. No request is made.

        Raises:
            RegistryError, SecretError: the configuration names what is not there.
        """
        connector_class = registry.get(connection.connector)
        options = secrets.connection_options(
            connection, connector_class, self.configuration.folder, kept=self.configuration.kept
        )
        door = open_door(
            connector_class,
            options,
            gates=self.gates,
            now=clock.now,
            sleep=self.sleep,
            on_attempt=self.crash.point if self.crash else None,
            tokens=token_store(self.configuration, self.engine)
            if connector_class.access(options).oauth
            else None,
            connection=connection.name,
        )
        return Reached(connector_class(options, door), door, options)

    def source(self, connection: Connection) -> Source:
        """A configured connection, ready to be read; see `reach`."""
        reached = self.reach(connection)
        settings = self.configuration.settings
        return Source(
            connection.name,
            reached.connector,
            reached.door,
            mapping=AdminMapping(
                connection.mapping.status,
                connection.mapping.fields,
                settings.zone,
                frozenset(connection.redact),
            ),
            guard=Guard(connection.guard.share, connection.guard.items),
            scope_fingerprint=scope_fingerprint(connection, reached.options),
            mapping_fingerprint=mapping_fingerprint(settings, connection),
            every=connection.every,
        )


def key_file(configuration: Configuration, engine: sa.Engine) -> Path:
    """Where the master key lies: beside a SQLite store, which has to be writable anyway; with
    PostgreSQL in FLAGSTAFF_STATE; else beside the configuration. The first that is there holds."""
    places = [configuration.folder]
    if given := os.environ.get("FLAGSTAFF_STATE"):
        places.insert(0, Path(given))
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:":
        places.insert(0, Path(file).absolute().parent)
    files = [place / KEY_FILE for place in places]
    return next((each for each in files if each.exists()), files[0])


def open_vault(configuration: Configuration, engine: sa.Engine) -> Vault:
    """What seals and opens secrets here. Raises `VaultError`: there is no key."""
    return Vault.open(key_file(configuration, engine))


def token_store(configuration: Configuration, engine: sa.Engine) -> StoreTokens:
    """Where refreshed OAuth tokens are kept, sealed; none of them gets into any text."""
    return StoreTokens(engine, open_vault(configuration, engine), secrets.KNOWN.add)


def told_secrets(configuration: Configuration, engine: sa.Engine) -> ToldSecrets:
    """Where secrets of webhooks are kept that the tools chose, sealed."""
    return ToldSecrets(engine, lambda: open_vault(configuration, engine))


def kept_secrets(configuration: Configuration, engine: sa.Engine) -> KeptSecrets:
    """Where secrets are kept that were typed in the console, sealed."""
    return KeptSecrets(engine, lambda: open_vault(configuration, engine))


def known_people(people: People) -> tuple[KnownPerson, ...]:
    """The people file as the store's identities want it."""
    return tuple(
        KnownPerson(
            each.name,
            each.emails,
            each.accounts,
            each.lead,
            each.manager,
            capacity_minutes=round(each.capacity_hours * 60),
            leave=tuple((leave.first, leave.last) for leave in each.leave),
        )
        for each in people.people
    )
