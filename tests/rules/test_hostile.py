"""No sentence reaches the database as anything but one SELECT whose values are bound; whatever else
is refused, with the place.

`FLAGSTAFF_HOSTILE=100000` looks at so many sentences; fewer without it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.frames import frame_for
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.rules.sources import Frame
from sync_engine.rules.syntax import Literal
from sync_engine.store.engine import reading
from tests.rules.hostile import monsters, sentences

COUNT = int(os.environ.get("FLAGSTAFF_HOSTILE", "10000"))
SECONDS = 2.0
PARAMS = {"days": ParamValue(3, "working days"), "most": ParamValue(3, "count")}
DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}
READS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def other_values(node: Any) -> Any:
    """The same condition with every value another one of its kind."""
    if isinstance(node, Literal):
        value: Any = node.value
        if isinstance(value, bool):
            value = not value
        elif isinstance(value, float):
            value = value + 1
        elif isinstance(value, date):
            value = date(2001, 2, 3)
        else:
            value = "another"
        return replace(node, value=value)
    if isinstance(node, tuple):
        return tuple(other_values(each) for each in node)
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{f.name: other_values(getattr(node, f.name)) for f in fields(node)})
    return node


def statement(condition: Any, frame: Frame) -> sa.Select[Any]:
    source = source_of(frame, "task")
    holds = compiled(condition, source)
    live = source.live()
    return sa.select(source.base.c.id).select_from(source.origin).where(live, holds)


def refused_in_place(text: str) -> Any:
    """The condition; None where it is refused, with a place that is within the text."""
    try:
        return resolve(read(text), "task", PARAMS)
    except LanguageError as error:
        refusal = error
    lines = text.split("\n")
    assert 1 <= refusal.at.line <= len(lines), text
    assert 1 <= refusal.at.column <= len(lines[refusal.at.line - 1]) + 1, text
    assert refusal.message, text
    return None


def check(text: str, connection: sa.Connection, frames: dict[str, Frame]) -> str:
    """What became of a sentence. Fails where it is neither refused in place nor one SELECT."""
    condition = refused_in_place(text)
    if condition is None:
        return "refused"
    other = other_values(condition)
    for name, frame in frames.items():
        said = [
            str(statement(each, frame).compile(dialect=DIALECTS[name]))
            for each in (condition, other)
        ]
        assert said[0] == said[1], f"a value stands in the SQL of {text!r}"
        assert said[0].startswith(("SELECT", "WITH")), text
        assert ";" not in said[0], text
    try:
        connection.execute(statement(condition, frames["sqlite"]).limit(1)).all()
    except OperationalError as error:  # which would show pages of SQL
        pytest.fail(f"{error.orig}: {text[:200]!r}")
    return "read"


@pytest.fixture
def guarded(
    sqlite_store: sa.Engine, moment: Moment
) -> Iterator[tuple[sa.Connection, dict[str, Frame]]]:
    """A store that lets nothing but reading through."""
    with reading(sqlite_store) as connection:
        frame = frame_for(connection, moment)
        frames = {name: replace(frame, dialect=name) for name in DIALECTS}
        raw: Any = connection.connection.dbapi_connection
        # SQLite declares this table when it is first asked for, and would have to ask the guard.
        raw.execute("SELECT value FROM json_each('[]')")
        raw.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY
        )
        yield connection, frames
        raw.set_authorizer(None)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_hostile_sentences(guarded: tuple[sa.Connection, dict[str, Frame]]) -> None:
    outcomes = {"refused": 0, "read": 0}
    for text in sentences(COUNT, 11):
        began = time.thread_time()
        outcomes[check(text, *guarded)] += 1
        assert time.thread_time() - began < SECONDS, text
    assert min(outcomes.values()) > COUNT / 20, outcomes


@pytest.mark.parametrize("number", range(len(list(monsters()))))
def test_as_much_as_a_sentence_can_hold(
    guarded: tuple[sa.Connection, dict[str, Frame]], number: int
) -> None:
    text = list(monsters())[number]
    began = time.thread_time()
    check(text, *guarded)
    assert time.thread_time() - began < SECONDS, text[:80]
