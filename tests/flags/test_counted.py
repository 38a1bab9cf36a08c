"""Flags keep the numbers that their conditions count of related tasks, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.flags.apply import run
from sync_engine.flags.explain import explain
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.packs import from_source
from sync_engine.settings.source import parse
from sync_engine.store import models as m
from tests.flags.world import FLAG, NOW

PACK = """
pack: small
title: Small
standards:
  - id: counted
    title: Counted
    source: test
    why: Because somebody has to.
    severity: low
    subject: {subject}
    params: {{days: {{type: days, default: 5}}, word: {{type: text, default: "no (t)"}}}}
    flag_when: >-
      {condition}
    say: "It is so."
    remedy: Do it.
    examples: {{flags: [{{}}], passes: [{{}}]}}
"""
PROVIDES = ["status", "assignee_ids", "title", "project_id", "parent_id", "points",
            "estimate_minutes", "due_on"]  # fmt: skip


@pytest.fixture
def project(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """A project of three tasks, of which one is done, and two of which are parts of it."""
    with store.begin() as c:
        add_connection(c, 1, {"task": PROVIDES, "project": ["state"]})
        add(c, m.ProjectRow, 1, "P", name="Quay", state="active", custom=[])
        for id, more in (
            ("a", {"status": "done", "points": 3.5, "estimate_minutes": 90}),
            ("b", {"status": "todo", "parent_id": "a", "points": 2}),
            ("c", {"status": "todo", "parent_id": "a", "estimate_minutes": 30}),
        ):
            add(c, m.TaskRow, 1, id, title=f"Task {id}", type="task", labels=[], project_id="P",
                assignee_ids=[], due_on=date(2026, 6, 1), **more)  # fmt: skip
    return store


def evidence(engine: sa.Engine, subject: str, condition: str) -> dict[str, str]:
    """What the only flag says of the values that it rests on."""
    pack = from_source(parse(PACK.format(subject=subject, condition=condition), "small.yaml"))
    run(engine, pack.standards, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar())
    with engine.connect() as connection:
        id = connection.execute(sa.select(FLAG.c.id)).scalar_one()
    told = explain(engine, id, pack.standards)
    assert told is not None
    return {line.fact: line.shown for line in told.values}


@pytest.mark.parametrize(("condition", "kept"), [
    ("share of tasks (status = done) < 50%", {"share of tasks (status = done)": "33.3%"}),
    ("count  of tasks (status = todo) > 1 and share of tasks (status = done) > 0%",
     {"count of tasks (status = todo)": "2", "share of tasks (status = done)": "33.3%"}),
    ("sum of points of tasks (status = todo or status = done) > 1",
     {"sum of points of tasks (status = todo or status = done)": "5.5"}),
    ("sum of estimate of tasks (not (status = cancelled)) >= 2 hours",
     {"sum of estimate of tasks (not (status = cancelled))": "2 h"}),
    ("not all tasks (status = done)", {"count of tasks (not (status = done))": "2"}),
    ("any task (due > 2026-05-01)", {"count of tasks (due > 2026-05-01)": "3"}),
    ('no task (title contains :word or due within :days)',
     {'count of tasks (title contains "no (t)" or due within 5 days)': "0"}),
    ("no task (due within :days days)", {"count of tasks (due within 5 days)": "0"}),
])  # fmt: skip
def test_a_flag_keeps_what_it_counts(
    project: sa.Engine, condition: str, kept: dict[str, str]
) -> None:
    assert evidence(project, "project", condition) == kept


def test_what_is_counted_of_parts_and_of_a_group(project: sa.Engine) -> None:
    condition = "count per project of (status = todo) > 1 and any subtask (status = todo)"
    assert evidence(project, "task", condition) == {
        "project": "Quay",
        "count per project of (status = todo)": "2",
        "count of subtasks (status = todo)": "2",
    }


def test_what_is_not_known_of_some_is_told_by_its_bounds(project: sa.Engine) -> None:
    with project.begin() as c:
        c.execute(sa.text("UPDATE task SET status = NULL WHERE id = 'b'"))
    words = "share of tasks (status = done)"
    assert evidence(project, "project", f"{words} < 90%") == {words: "33.3% to 66.7%"}


def test_what_nobody_can_say_is_told(
    project: sa.Engine, add_connection: Callable[..., Any]
) -> None:
    with project.begin() as c:
        c.execute(sa.text("UPDATE task SET gone_at = '2026-03-01 00:00:00+00'"))
    words = "share of tasks (status = done)"
    condition = f"{words} < 90% or count of tasks (status = done) = 0"
    assert evidence(project, "project", condition) == {
        words: "unknown", "count of tasks (status = done)": "0",
    }  # fmt: skip
