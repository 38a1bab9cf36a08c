"""Opening the store: one engine per process, set up for many writers on either database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url

from sync_engine.store.types import UTCDateTime

BUSY_SECONDS = 60
"""How long a writer waits for another. A disk that stalls, or flags of a very large store that are
written in one transaction, take their time; half a lease is left to whoever waited this long."""

PRIVATE = 0o600
"""The mode of files that hold what people did, or a secret."""


def open_engine(url: str) -> sa.Engine:
    """An engine for a store's URL.

    SQLite runs in WAL and begins every writing transaction IMMEDIATE: a deferred one that turns
    writer fails with "database is locked" whatever the time-out.

    Raises:
        sqlalchemy.exc.ArgumentError: it is no URL, or one of another kind of database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() not in _READING:
        raise sa.exc.ArgumentError(f"a store cannot be on {parsed.get_backend_name()}")
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,  # what a tool says belongs in no log
            paramstyle="format",
            connect_args={"options": "-c timezone=utc"},
        )
    engine = sa.create_engine(
        parsed,
        connect_args={
            "timeout": BUSY_SECONDS,
            "check_same_thread": False,
            "cached_statements": 512,
        },
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(_dialect: Any, _record: Any, args: Any, _given: Any) -> None:
    """A store's file is made for this user alone; SQLite makes those beside it alike."""
    file = args[0]
    if file and file != ":memory:" and not file.startswith("file:"):
        with suppress(OSError):  # it is there, or SQLite says what is wrong with the place
            Path(file).touch(mode=PRIVATE, exist_ok=False)


def open_to_others(engine: sa.Engine) -> list[Path]:
    """The files of a SQLite store that others on this machine may read or write."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file:
        return []
    files = [Path(f"{file}{end}") for end in ("", "-wal", "-shm")]
    return [each for each in files if each.exists() and each.stat().st_mode & 0o077]


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables or "alembic_version" in tables:  # in a file of somebody else it would stay
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=FILE")  # a scan of a large store sorts a lot
    connection.execute("PRAGMA cache_size=-8192")  # KiB
    connection.execute("PRAGMA wal_autocheckpoint=8000")  # pages: the same index pages change often


def _begin(connection: sa.Connection) -> None:
    mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"read_only": True},
    # By itself every statement would see what was written by then.
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for reads: sees one consistent state and never waits for a writer."""
    options = _READING[engine.dialect.name]
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def database_now(connection: sa.Connection) -> datetime:
    """The database's clock: the one clock that all workers share."""
    return connection.execute(_NOW[connection.dialect.name]).scalar_one()


_NOW = {
    "sqlite": sa.select(
        sa.type_coerce(sa.func.strftime("%Y-%m-%d %H:%M:%f000", "now"), UTCDateTime())
    ),
    "postgresql": sa.select(sa.type_coerce(sa.func.clock_timestamp(), UTCDateTime())),
}
