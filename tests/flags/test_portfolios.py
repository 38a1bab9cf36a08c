"""Portfolios are flagged like anything else, though no tool knows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.flags.apply import run
from sync_engine.rules import packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.standards import Standard
from sync_engine.store import models as m

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PROVIDES = {
    "task": ["project_id", "status", "due_on", "updated_at"],
    "project": ["state", "custom", "parent_id"],
    "statusupdate": ["at", "health"],
}


@pytest.fixture
def standards() -> list[Standard]:
    pack = packs.load(packs.find("governance"))
    return [each for each in pack.standards if each.subject == "portfolio"]


@pytest.fixture
def portfolio(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """Two projects of one portfolio in two tools, with twenty overdue tasks."""
    with store.begin() as c:
        for tool, said in ((1, "Harbour North"), (2, "HARBOUR north")):
            add_connection(c, tool, PROVIDES)
            add(c, m.ProjectRow, tool, "P", name=f"Quay {tool}", state="active", custom=[
                {"id": "f", "name": "portfolio", "value": said}])  # fmt: skip
            for n in range(10):
                add(c, m.TaskRow, tool, f"t{n}", title="Work", type="task", status="todo",
                    labels=[], project_id="P", due_on=(NOW - timedelta(days=9)).date(),
                    assignee_ids=[])  # fmt: skip
    return store


def assess(engine: sa.Engine, standards: list[Standard], **more: Any) -> Any:
    now = more.pop("now", NOW)
    return run(engine, standards, now=now, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(),
               full=True, **more)  # fmt: skip


def flags(engine: sa.Engine) -> list[Any]:
    with engine.connect() as c:
        told = sa.text("SELECT standard, subject, subject_id, connection_id, title, portfolio, "
                       "state, said, frozen_why FROM flag ORDER BY standard")  # fmt: skip
        return list(c.execute(told).mappings())


def finish(engine: sa.Engine) -> None:
    with engine.begin() as c:
        c.execute(sa.text("UPDATE task SET status = 'done'"))


def test_a_portfolio_is_one_across_tools(portfolio: sa.Engine, standards: list[Standard]) -> None:
    assess(portfolio, standards)
    late, silent = flags(portfolio)
    assert (late["standard"], silent["standard"]) == (
        "portfolio-mostly-late",
        "portfolio-unreported",
    )
    assert (late["subject"], late["subject_id"], late["connection_id"]) == (
        "portfolio", "harbour north", None,
    )  # fmt: skip
    assert late["title"].casefold() == late["portfolio"].casefold() == "harbour north"
    assert late["said"] == (
        "Of the 20 open tasks of its 2 projects, 20 are overdue (100%)."
    )  # fmt: skip
    assert "Of its 2 active projects, 2 have no report" in silent["said"]


def test_its_flag_resolves_when_the_work_is_done(
    portfolio: sa.Engine, standards: list[Standard]
) -> None:
    assess(portfolio, standards)
    finish(portfolio)
    report = assess(portfolio, standards, now=NOW + timedelta(minutes=5))
    assert len(report.resolved) == 1
    assert [flag["state"] for flag in flags(portfolio)] == ["resolved", "open"]


def test_its_flag_is_frozen_while_any_of_its_tools_is_out_of_date(
    portfolio: sa.Engine, standards: list[Standard]
) -> None:
    assess(portfolio, standards)
    finish(portfolio)
    with portfolio.begin() as c:
        c.execute(sa.text("UPDATE connection SET complete_at = NULL WHERE id = 2"))
    report = assess(portfolio, standards, now=NOW + timedelta(minutes=5))
    assert report.resolved == ()
    assert [(flag["state"], flag["frozen_why"] is not None) for flag in flags(portfolio)] == [
        ("open", True), ("open", True),
    ]  # fmt: skip


@pytest.mark.parametrize("lost", ["connection_id = 2", "connection_id > 0"])
def test_its_flags_are_frozen_while_any_of_its_projects_cannot_be_seen(
    portfolio: sa.Engine, standards: list[Standard], lost: str
) -> None:
    assess(portfolio, standards)
    finish(portfolio)
    for table in ("project", "task"):
        hidden = f"UPDATE {table} SET gone_at = :now, gone_reason = 'access_lost' WHERE {lost}"
        with portfolio.begin() as c:
            c.execute(sa.text(hidden), {"now": NOW})
    report = assess(portfolio, standards, now=NOW + timedelta(minutes=5))
    assert report.resolved == ()
    assert [(flag["state"], flag["frozen_why"] is not None) for flag in flags(portfolio)] == [
        ("open", True), ("open", True),
    ]  # fmt: skip
    with portfolio.begin() as c:
        c.execute(sa.text("UPDATE project SET gone_reason = 'deleted' WHERE connection_id = 2"))
        c.execute(sa.text("UPDATE project SET gone_at = NULL WHERE connection_id = 1"))
    assert len(assess(portfolio, standards, now=NOW + timedelta(minutes=9)).resolved) == 2


def test_what_one_of_its_tools_cannot_tell_is_not_assessable(
    portfolio: sa.Engine, standards: list[Standard]
) -> None:
    less = '{"task": ["project_id", "status"], "project": ["custom", "state"]}'
    with portfolio.begin() as c:
        c.execute(sa.text("UPDATE connection SET provides = :it WHERE id = 2"), {"it": less})
    assess(portfolio, standards)
    assert flags(portfolio) == []
    with portfolio.connect() as c:
        told = c.execute(sa.text("SELECT standard, met, flagged, unknown FROM compliance"))
        assert sorted(tuple(row) for row in told) == [
            ("portfolio-mostly-late", 0, 0, 1), ("portfolio-off-track", 0, 0, 1),
            ("portfolio-unreported", 0, 0, 1),
        ]  # fmt: skip
