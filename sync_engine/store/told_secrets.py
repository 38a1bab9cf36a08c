"""Secrets of webhooks that the tools themselves chose: told once, kept sealed."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import sqlalchemy as sa

from sync_engine.store.engine import database_now, reading
from sync_engine.store.models import Credential
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert
from sync_engine.store.vault import Vault

KEPT = 1000
"""Of one connection: a tool that has a hook for each container (a project, a sheet) tells one for
each, and every call is tried with all of them."""

_credential = Credential.__table__  # type: ignore[attr-defined]


class ToldSecrets:
    """What tools told us to check their calls by, of each connection.

    Args:
        vault: opens the vault once there is something to seal or unseal.
    """

    def __init__(self, engine: sa.Engine, vault: Callable[[], Vault]) -> None:
        self._engine = engine
        self._vault = vault

    def of(self, name: str) -> list[str]:
        """The secrets of a connection, the newest first.

        Raises:
            VaultError: another master key sealed them.
        """
        with reading(self._engine) as connection:
            return self._read(connection, name)

    def add(self, name: str, *secrets: str) -> None:
        """Keep secrets durably: they are committed when this returns."""
        key = _key(name)
        with self._engine.begin() as connection:
            held = [*secrets, *self._read(connection, name)]
            kept = list(dict.fromkeys(held))[:KEPT]
            now = instant_for(connection.dialect.name)(database_now(connection))
            Upsert(_credential, ("key", "sealed", "saved_at"), connection.dialect).run(
                connection, [(key, self._vault().seal(key, orjson.dumps(kept)), now)]
            )

    @staticmethod
    def forget(connection: sa.Connection, name: str) -> None:
        """Forget the secrets of a connection, in the transaction of its removal."""
        connection.execute(sa.delete(_credential).where(_credential.c.key == _key(name)))

    def _read(self, connection: sa.Connection, name: str) -> list[str]:
        sealed = connection.execute(
            sa.select(_credential.c.sealed).where(_credential.c.key == _key(name))
        ).scalar_one_or_none()
        if sealed is None:
            return []
        found: list[str] = orjson.loads(self._vault().unseal(_key(name), sealed))
        return found


def _key(name: str) -> str:
    return f"hook:{name}"
