"""The store's version: checked at each start, upgraded with a backup before.

On SQLite foreign keys are off while a migration runs (a table that is rebuilt would cascade its
children away) and checked afterwards.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sync_engine.store.engine import PRIVATE, reading
from sync_engine.store.locks import Lock, hold

FOLDER = Path(__file__).parent / "migrations"


class StoreVersionError(Exception):
    """The store does not fit this version of Flagstaff; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """Where a store stands: its own revision (None: empty) and the one of this program."""

    store: str | None
    program: str

    @property
    def current(self) -> bool:
        """Whether nothing is to be done."""
        return self.store == self.program


def revision(connection: sa.Connection) -> str | None:
    """The revision of the store's tables; None: it does not say."""
    return MigrationContext.configure(connection).get_current_revision()


def version(engine: sa.Engine) -> Version:
    """Where the store stands.

    Raises:
        StoreVersionError: a newer version has written it, it is no store of ours, or it lies where
            nobody can read while another writes.
    """
    scripts = ScriptDirectory.from_config(alembic_config())
    head = scripts.get_current_head() or ""
    with reading(engine) as connection:
        held = revision(connection)
        tables = set(sa.inspect(connection).get_table_names())
        journal = _journal(connection)
    if held is None and tables - {"alembic_version"}:
        raise StoreVersionError(
            f"{_where(engine)} holds tables that Flagstaff did not make; "
            "name another database in `store:`"
        )
    if journal not in (None, "wal"):
        raise StoreVersionError(
            f"{_where(engine)} lies on a file system where SQLite has no write-ahead log, as on "
            "many network shares; put it on a local disk, or use PostgreSQL"
        )
    known = {script.revision for script in scripts.walk_revisions()}
    if held is not None and held not in known:
        raise StoreVersionError(
            f"{_where(engine)} was written by a newer version of Flagstaff (revision {held}); "
            "install that version again, or restore the backup that it made before upgrading"
        )
    return Version(held, head)


def _journal(connection: sa.Connection) -> str | None:
    """How SQLite keeps what is being written; None: it is another database."""
    if connection.dialect.name != "sqlite":
        return None
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())


def upgrade(engine: sa.Engine, now: datetime) -> Path | None:
    """Bring the store to this program's version; the backup that was made, if there was one.

    Of several processes that start together one upgrades, and the others wait for it.

    Raises:
        StoreVersionError: see `version`; or the upgraded store is not sound (it is left as it
            was).
    """
    stands = version(engine)
    if stands.current:
        return None
    saved = None
    if stands.store is not None and engine.dialect.name == "sqlite":
        saved = _copy(
            engine, Path(f"{engine.url.database}.before-{stands.program}.{now:%Y%m%d%H%M%S%f}")
        )
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            _migrate(connection, stands.program)
            return saved
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            migrated = _migrate(connection, stands.program)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")
    if saved is not None and not migrated:
        saved.unlink()  # it may hold what is upgraded already; whoever upgraded made another
        return None
    return saved


def _migrate(connection: sa.Connection, to: str) -> bool:
    """Whether there was anything left to do."""
    config = alembic_config()
    with connection.begin():
        hold(connection, Lock.UPGRADE)
        if revision(connection) == to:
            return False
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.dialect.name == "sqlite":
            _check_references(connection)
    return True


def _check_references(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3)
    if broken:
        raise StoreVersionError(
            f"the upgrade would break references in {broken[0][0]}; nothing was changed. "
            "Please report this."
        )


def backup(engine: sa.Engine, target: Path) -> Path:
    """A consistent copy of a SQLite store, made while it is in use.

    Raises:
        StoreVersionError: see `version`; or the store is not on SQLite, there is none, or the
            target exists.
    """
    if engine.dialect.name != "sqlite":
        raise StoreVersionError(
            "PostgreSQL is backed up with its own tools: pg_dump, or base backups"
        )
    file = engine.url.database
    if not file or not Path(file).exists() or version(engine).store is None:
        raise StoreVersionError(
            f"there is no store in {file}, so there is nothing to back up; check the option `store`"
        )
    return _copy(engine, target)


def _copy(engine: sa.Engine, target: Path) -> Path:
    if target.exists():
        raise StoreVersionError(f"{target} exists; name another file for the backup")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw: Any = connection.connection.driver_connection
        target.touch(mode=PRIVATE, exist_ok=False)
        try:
            raw.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error:
            target.unlink()
            raise
    return target


def alembic_config() -> Config:
    """Alembic's configuration: where our migrations are."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _where(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
