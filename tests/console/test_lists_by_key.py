"""Lists that go on behind a key: each row once, however short the pages, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import By, course
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.store.engine import reading
from sync_engine.store.models import ProjectRow
from sync_engine.views.days import Wanted as WantedDays
from sync_engine.views.days import days
from sync_engine.views.people import people_after
from sync_engine.views.projects import Pair, Wanted, projects_after
from tests.console.portfolio import NOW, fill
from tests.console.work import TODAY, fill_work, record

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())
ALL = Visible()
SOME = Visible({1: ["beta"]}, (2, 3), "eve@acme.example")


def test_each_row_comes_once(store: sa.Engine) -> None:
    """Projects of one id in two connections, people, days by whatever they are told."""
    fill(store)
    fill_work(store)
    with store.begin() as connection:
        record(connection, ProjectRow, "alpha", 2, name="Alpha", state="active")
    first = TODAY - timedelta(days=20)
    with reading(store) as connection:
        assert _projects(connection, ALL) == [
            (1, "alpha"), (1, "beta"), (1, "delta"), (1, "gamma"), (2, "alpha"),
        ]  # fmt: skip
        assert _projects(connection, SOME) == [(1, "beta")]
        assert _people(connection, ALL) == [1, 2, 3, 4]
        assert _people(connection, SOME) == [2, 3]
        for by in get_args(By):
            for visible in (ALL, SOME):
                whole = course(connection, by, first, TODAY, MOMENT, visible=visible)
                rows = _days(connection, visible, WantedDays(by, first, TODAY))
                assert [row.day for row in rows if row.fared is None] == list(whole.gaps)
                told = [row.fared for row in rows if row.fared is not None]
                assert sorted(told, key=repr) == sorted(whole.rows, key=repr), by


def _projects(connection: sa.Connection, visible: Visible) -> list[Pair]:
    found: list[Pair] = []
    after: Pair | None = None
    while True:
        some = projects_after(connection, visible, MOMENT, Wanted(), after, 1)
        found += [(each.connection_id, each.id) for each in some.shown]
        after = some.next
        if after is None:
            return found


def _people(connection: sa.Connection, visible: Visible) -> list[int]:
    found: list[int] = []
    after: int | None = None
    while True:
        some = people_after(connection, visible, MOMENT, {}, "", after, 1)
        found += [each.id for each in some.shown]
        after = some.next
        if after is None:
            return found


def _days(connection: sa.Connection, visible: Visible, wanted: WantedDays) -> list[Any]:
    found: list[Any] = []
    after: str | None = None
    while True:
        some = days(connection, visible, MOMENT, wanted, after, 5)
        found += some.rows
        after = some.next
        if after is None:
            return found
