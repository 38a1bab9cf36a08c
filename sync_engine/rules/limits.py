"""A time limit on one statement, kept by the database itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

PATIENCE = 60.0
"""Seconds that a question may take for which no page waits."""

STEPS = 20_000  # of SQLite's machine between two looks at the limit: about a millisecond


class TooSlow(Exception):
    """A statement was stopped because it ran over its time."""


@contextmanager
def limited(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Stop what runs inside after so many seconds. Raises `TooSlow`; the transaction goes on."""
    if connection.dialect.name == "sqlite":
        with _on_sqlite(connection, seconds):
            yield
    else:
        with _on_postgresql(connection, seconds):
            yield


@contextmanager
def _on_sqlite(connection: sa.Connection, seconds: float) -> Iterator[None]:
    raw: Any = connection.connection.dbapi_connection
    over = Event()
    timer = Timer(seconds, over.set)
    timer.daemon = True
    timer.start()
    raw.set_progress_handler(over.is_set, STEPS)
    try:
        yield
    except OperationalError as error:
        if over.is_set() and isinstance(error.orig, sqlite3.OperationalError):
            raise TooSlow(f"stopped after {seconds:g} seconds") from None
        raise
    finally:
        timer.cancel()
        raw.set_progress_handler(None, 0)


@contextmanager
def _on_postgresql(connection: sa.Connection, seconds: float) -> Iterator[None]:
    milliseconds = str(max(1, int(seconds * 1000)))
    setting = sa.select(sa.func.set_config("statement_timeout", sa.bindparam("ms"), True))
    try:
        with connection.begin_nested():
            connection.execute(setting, {"ms": milliseconds})
            yield
            connection.execute(setting, {"ms": "0"})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "57014":
            raise TooSlow(f"stopped after {seconds:g} seconds") from None
        raise
