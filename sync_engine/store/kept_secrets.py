"""Secrets that were typed in the console: sealed, each under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from sync_engine.store.engine import database_now, reading
from sync_engine.store.models import Credential
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert
from sync_engine.store.vault import Vault

_credential: sa.Table = Credential.__table__  # type: ignore[attr-defined]


class KeptSecrets:
    """What ``kept:NAME`` refers to.

    Args:
        vault: opens the vault once there is something to seal or unseal.
    """

    def __init__(self, engine: sa.Engine, vault: Callable[[], Vault]) -> None:
        self._engine = engine
        self._vault = vault

    def open(self, name: str) -> str | None:
        """The secret of a name; None where there is none.

        Raises:
            VaultError: another master key sealed it.
        """
        key = _key(name)
        with reading(self._engine) as connection:
            sealed = connection.execute(
                sa.select(_credential.c.sealed).where(_credential.c.key == key)
            ).scalar_one_or_none()
        return None if sealed is None else self._vault().unseal(key, sealed).decode()

    def seal(self, connection: sa.Connection, secrets: Mapping[str, str]) -> None:
        """Keep secrets, in the transaction of the entry that refers to them."""
        now = instant_for(connection.dialect.name)(database_now(connection))
        Upsert(_credential, ("key", "sealed", "saved_at"), connection.dialect).run(
            connection,
            [(_key(name), self._vault().seal(_key(name), secret.encode()), now)
             for name, secret in secrets.items()],
        )  # fmt: skip

    @staticmethod
    def drop(connection: sa.Connection, names: Iterable[str]) -> None:
        """Forget secrets that nothing refers to any more."""
        keys = [_key(name) for name in names]
        connection.execute(sa.delete(_credential).where(_credential.c.key.in_(keys)))


def _key(name: str) -> str:
    return f"kept:{name}"
