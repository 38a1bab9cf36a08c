"""A table without a column for due dates does not say that its work has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.flags import apply as flags
from sync_engine.rules import packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.packs import from_source
from sync_engine.settings.source import parse
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from tests.rules.looked import Looked, look

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PROVIDES = {
    "task": list(m.TaskRow.model_fields), "milestone": list(m.MilestoneRow.model_fields),
    "project": list(m.ProjectRow.model_fields),
}  # fmt: skip


@pytest.fixture
def tables(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """Two tables of one tool: one has a column for due dates, the other has not."""
    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        add(c, m.ProjectRow, 1, "with", name="With", state="active", lacks=[])
        add(c, m.ProjectRow, 1, "old", name="Old", state="active")
        add(c, m.ProjectRow, 1, "without", name="Without", state="active",
            lacks=["due_on", "assignee_ids"])  # fmt: skip
        task: dict[str, Any] = {"type": "task", "status": "in_progress", "labels": []}
        for project in ("with", "old", "without"):
            add(c, m.TaskRow, 1, f"{project}-1", title="Quay", project_id=project, **task)
        add(c, m.TaskRow, 1, "loose", title="Quay", project_id=None, **task)
        add(c, m.TaskRow, 1, "part", title="Crane", project_id="without", parent_id="with-1",
            **task, due_on=date(2026, 3, 1))  # fmt: skip
    return store


def answers(engine: sa.Engine, *conditions: str) -> Looked:
    """The answers to conditions on work in progress."""
    lines = ["pack: test", "title: Test", "standards:"]
    for number, condition in enumerate(conditions):
        lines += [
            f"  - id: s{number}", "    title: A test", "    source: A test",
            "    why: To see what it answers.", "    severity: low", "    subject: task",
            "    scope: status = in_progress", f"    flag_when: {condition}",
            "    say: Something.", "    remedy: Nothing.",
            "    examples: {flags: [{}], passes: [{}]}",
        ]  # fmt: skip
    found = from_source(parse("\n".join(lines), "test.yaml")).standards
    return look(
        engine, found, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(), full=True
    )


def flagged(found: Looked, standard: str) -> set[str]:
    return {each.key[1] for each in found.findings if each.standard == standard}


def unknown(found: Looked, standard: str) -> int:
    return sum(each.unknown for each in found.totals if each.standard == standard)


def test_what_a_table_has_no_column_for_is_unknown_in_it_and_empty_in_others(
    tables: sa.Engine,
) -> None:
    found = answers(
        tables, "due is empty", "due before today", "owner is empty", "title length < 3"
    )
    assert flagged(found, "s0") == {"with-1", "old-1", "loose"}
    assert unknown(found, "s0") == 1
    assert (flagged(found, "s1"), unknown(found, "s1")) == ({"part"}, 4)  # it has one all the same
    assert (flagged(found, "s2"), unknown(found, "s2")) == ({"with-1", "old-1", "loose"}, 2)
    assert (flagged(found, "s3"), unknown(found, "s3")) == (set(), 0)


def test_what_is_lacking_decides_nothing_about_the_parts_of_a_task(tables: sa.Engine) -> None:
    found = answers(tables, "any subtask (owner is empty)", "any subtask (title = Crane)")
    assert flagged(found, "s0") == set()
    assert unknown(found, "s0") == 1
    assert flagged(found, "s1") == {"with-1"}


def test_compliance_counts_them_as_not_assessable(tables: sa.Engine) -> None:
    standards: Iterable[Any] = [
        each for each in packs.load_all(["pmo-core"]) if each.id == "active-without-due-date"
    ]
    flags.run(
        tables, standards, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(), full=True
    )
    with reading(tables) as c:
        rows = c.execute(
            sa.text("SELECT project_id, flagged, unknown FROM compliance ORDER BY project_id")
        ).all()
    assert ("without", 0, 1) in [tuple(row) for row in rows]
