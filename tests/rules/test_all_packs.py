"""Every pack that comes with the product: sound, decidable, and right on rows of both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine.flags.apply import run
from sync_engine.people import assign_identities
from sync_engine.rules import facts, packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.examples import check
from sync_engine.rules.pack import Pack
from sync_engine.store import baseline_models as b
from sync_engine.store import models as m

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
NAMES = sorted(path.stem for path in packs.folders()[-1].glob("*.yaml"))
PACKS = [packs.load(packs.find(name)) for name in NAMES]
STANDARDS = {standard.id: standard for pack in PACKS for standard in pack.standards}
ENTRIES = {entry.id: entry for pack in PACKS for entry in pack.entries}
Fill = Callable[..., None]
BEYOND_THE_CATALOGUE = {
    "schedule-undated", "portfolio-mostly-late", "portfolio-off-track", "portfolio-unreported",
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKS, ids=NAMES)
def test_every_standard_holds_its_own_examples(pack: Pack) -> None:
    assert [f"{problem.place}: {problem.message}" for problem in check(pack)] == []


@pytest.mark.parametrize("id", ENTRIES)
def test_every_standard_says_all_that_an_admin_asks(id: str) -> None:
    entry = ENTRIES[id]
    assert entry.ref or entry.id in BEYOND_THE_CATALOGUE
    if entry.subject != "connection":  # what we know of ourselves is never unknown
        assert entry.examples.not_assessable
    for param in entry.params.values():
        assert param.help
        assert param.type == "text" or param.min is not None


def test_packs_go_together_in_any_choice() -> None:
    assert (
        len(packs.configured(PACKS, {})) == len(STANDARDS) == sum(len(p.standards) for p in PACKS)
    )


@pytest.mark.parametrize("id", STANDARDS)
def test_every_standard_can_be_decided_in_some_tool(id: str) -> None:
    provides = {
        tool: {kind.__name__.lower(): names for kind, names in registry.get(tool).provides.items()}
        for tool in registry.names()
    }
    lacking = {t: facts.missing(STANDARDS[id].needed(), each) for t, each in provides.items()}
    assert [] in lacking.values(), lacking


def test_the_guide_names_every_pack(root: Path) -> None:
    text = (root / "docs" / "howto" / "change-standards.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)`", text, re.MULTILINE)) == set(NAMES)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def on(days: float) -> date:
    return (NOW + timedelta(days=days)).date()


PROVIDES = {
    kind.__name__.lower().removesuffix("row"): list(kind.model_fields)
    for kind in (m.TaskRow, m.LinkRow, m.ApprovalRow, m.SlaCycleRow, m.ProjectRow, m.SprintRow,
                 m.MilestoneRow, m.PersonRow, m.CommentRow, m.WorklogRow, m.ChangeRow,
                 m.MembershipRow, m.StatusUpdateRow, m.ColumnRow)
}  # fmt: skip


def task(c: sa.Connection, add: Fill, id: str, tool: int = 1, **more: Any) -> None:
    values = {"title": f"Work on {id}", "type": "task", "status": "in_progress", "labels": [],
              "project_id": "P", "status_label": "Doing", "assignee_ids": [], "blocked": False,
              "updated_at": ago(1), "priority": 3}  # fmt: skip
    add(c, m.TaskRow, tool, id, **{**values, **more})


def change(
    c: sa.Connection, add: Fill, id: str, old: str, new: str, days: float, field: str = "status"
) -> None:
    add(c, m.ChangeRow, 1, f"{id}-{new}", task_id=id, at=ago(days), field=field, old=old, new=new,
        observed=False)  # fmt: skip


def _delivery(c: sa.Connection, add: Fill) -> None:
    add(c, m.ColumnRow, 1, "col", project_id="P", board_id="B", name="In work", position=1,
        status_labels=["Doing"], wip_max=3)  # fmt: skip
    task(c, add, "slow")
    change(c, add, "slow", "todo", "in_progress", 60)
    task(c, add, "skipped", status="done", completed_at=ago(9), status_label="Done")
    change(c, add, "skipped", "todo", "done", 9)
    add(c, m.WorklogRow, 1, "w", task_id="skipped", minutes=60, on=on(-2))
    task(c, add, "stuck", blocked=True, due_on=on(40))
    task(c, add, "idle", status="todo", start_on=on(-20))
    task(c, add, "undone", status="done", resolution="Fixed")
    change(c, add, "stuck", "false", "true", 20, "blocked")
    for id, state, start, end in (("S", "active", 30, -10), ("T", "active", 9, -2),
                                  ("U", "closed", 70, 60), ("V", "closed", 71, 60)):  # fmt: skip
        add(c, m.SprintRow, 1, id, name=id, state=state, board_id="B", start_at=ago(start),
            end_at=ago(end), seen_at=ago(90))  # fmt: skip
        add(c, m.MembershipRow, 1, f"slow-{id}", task_id="slow", kind="sprint", container_id=id,
            seen_at=ago(90))  # fmt: skip
    add(c, m.MembershipRow, 1, "later", task_id="stuck", kind="sprint", container_id="T",
        seen_at=ago(2))  # fmt: skip
    task(c, add, "huge", owner_id="a", assignee_ids=["a"], due_on=on(2), remaining_minutes=9000,
         estimate_minutes=9000, spent_minutes=8000, percent_complete=10.0)  # fmt: skip
    c.execute(sa.insert(m.Assignment.__table__), {"connection_id": 1, "task_id": "huge",  # type: ignore[attr-defined]
              "position": 0, "person_id": "a"})  # fmt: skip


def _governance(c: sa.Connection, add: Fill) -> None:
    add(c, m.StatusUpdateRow, 1, "r", project_id="P", at=ago(1), health="on_track")
    for n in range(4):
        task(c, add, f"late-{n}", due_on=on(-30))
    for id, days in (("empty", 40), ("near", 4)):
        add(c, m.MilestoneRow, 1, id, name=id, state="open", due_on=on(days))
    add(c, m.ProjectRow, 1, "closed", name="Pier", state="closed", updated_at=ago(3))
    for n in range(5):
        task(c, add, f"past-{n}", status="done", completed_at=ago(3), resolution="Done",
             project_id="closed")  # fmt: skip
    for id, portfolio in (("U", "Core"), ("W", "core"), ("X", "Side"), ("Y", "Side")):
        add(c, m.ProjectRow, 1, id, name=id, state="active", custom=[
            {"id": "p", "name": "Portfolio", "value": portfolio}])  # fmt: skip
        if portfolio != "Side":
            add(c, m.StatusUpdateRow, 1, f"r-{id}", project_id=id, at=ago(3), health="off_track")
    for n in range(20):
        task(c, add, f"pile-{n}", status="todo", due_on=on(-30), project_id="U",
             status_label="Piled")  # fmt: skip
    task(c, add, "risk", type="risk", updated_at=ago(90))
    task(c, add, "issue", type="issue", status="todo", priority=1, created_at=ago(60))
    task(c, add, "changed", type="change", status="done", completed_at=ago(2))
    for id, decision in (("ask", "pending"), ("leave", "approved")):
        task(c, add, id, type="change", status="todo", reporter_id="a", milestone_id="near")
        add(c, m.ApprovalRow, 1, id, task_id=id, decision=decision, approver_ids=["a"],
            asked_at=ago(30), decided_at=ago(30))  # fmt: skip
    task(c, add, "unsized", spent_minutes=900)
    for n in range(3):
        task(c, add, f"dear-{n}", status="done", estimate_minutes=600, spent_minutes=2400)


def _service(c: sa.Connection, add: Fill) -> None:
    task(c, add, "help", type="request", status="todo", priority=1, created_at=ago(1),
         status_label="Pending", updated_at=ago(30))  # fmt: skip
    add(c, m.SlaCycleRow, 1, "sla", task_id="help", name="first", breached=True)
    add(c, m.SlaCycleRow, 1, "next", task_id="help", name="last", breached=False,
        breach_at=ago(-0.1), goal_minutes=600)  # fmt: skip
    add(c, m.ApprovalRow, 1, "req", task_id="help", decision="pending", approver_ids=["a"],
        asked_at=ago(9))  # fmt: skip
    task(c, add, "problem", status="todo", type_label="Problem", custom=[
        {"id": "rc", "name": "Root cause", "value": None}])  # fmt: skip
    for n in range(3):
        task(c, add, f"incident-{n}", type_label="Incident", status="todo")
        add(c, m.LinkRow, 1, f"caused-{n}", type="relates", from_id="problem",
            to_id=f"incident-{n}")  # fmt: skip
    task(c, add, "outage", type_label="Incident", status="done", priority=1, resolution="Fixed",
         completed_at=ago(20))  # fmt: skip
    for n in range(3):
        change(c, add, "help", "x", f"y{n}", n, "assignee_ids")


def _across(c: sa.Connection, add: Fill) -> None:
    for tool in (1, 2):
        task(c, add, "twin", tool, title="Renew the certificate")
    task(c, add, "here", url="https://one.example/1")
    task(c, add, "there", 2, status="done", url="https://two.example/1")
    task(c, add, "first", due_on=on(-5), project_id="Q")
    task(c, add, "second", due_on=on(-9))
    task(c, add, "ended", status="done")
    for id, type, one, other in (
        ("c", "relates", "here", "https://two.example/1"), ("d", "blocks", "first", "second"),
        ("e", "blocks", "second", "first"), ("f", "blocks", "first", "ended"),
    ):  # fmt: skip
        add(c, m.LinkRow, 1, id, type=type, from_id=one, to_id=other)


def _agreed(c: sa.Connection, add: Fill) -> None:
    add(c, m.ProjectRow, 1, "R", name="Rail", state="active")
    add(c, m.MilestoneRow, 1, "slipped", name="v2", state="open", due_on=on(60), project_id="R")
    for id in ("agreed", "extra"):
        task(c, add, id, status="todo", project_id="R", milestone_id="slipped")
    add(c, m.SprintRow, 1, "W", name="W", state="closed", start_at=ago(16), end_at=ago(2),
        completed_at=ago(2), seen_at=ago(90))  # fmt: skip
    rows: dict[Any, dict[str, Any]] = {
        b.Baseline: {"id": 1, "connection_id": 1, "project_id": "R", "name": "Agreed",
                     "reason": "person", "taken_at": ago(90), "day": on(-90), "tasks": 1,
                     "change": 1},
        b.BaselineTask: {"baseline_id": 1, "task_id": "agreed", "type": "task", "whole": False,
                         "due_on": on(-9), "estimate_minutes": 600},
        b.BaselineMilestone: {"baseline_id": 1, "milestone_id": "slipped", "due_on": on(20)},
        b.Commitment: {"connection_id": 1, "sprint_id": "W", "began_at": ago(16),
                       "taken_at": ago(16)},
        b.CommitmentTask: {"connection_id": 1, "sprint_id": "W", "task_id": "agreed"},
    }  # fmt: skip
    for model, row in rows.items():
        c.execute(sa.insert(model.__table__), row)


@pytest.fixture
def portfolio(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    """Something wrong for every standard of the packs that one opts into."""
    with store.begin() as c:
        for tool in (1, 2):
            add_connection(c, tool, PROVIDES)
        add(c, m.PersonRow, 1, "a", name="Ann", email="ann@example.com", kind="human", active=True)
        add(c, m.ProjectRow, 1, "P", name="Harbour", state="active", member_ids=["b"])
        add(c, m.ProjectRow, 1, "Q", name="Quay", state="active")
        for plant in (_delivery, _governance, _service, _across, _agreed):
            plant(c, add)
    assign_identities(store)
    return store


EXPECTED = {
    "in-progress-too-long": {"slow"}, "closed-unstarted": {"skipped"},
    "blocked-too-long": {"stuck"},
    "time-booked-after-completion": {"skipped"}, "column-over-limit": {"P"},
    "sprint-too-long": {"S"}, "sprints-overlap": {"S", "T"}, "sprint-scope-grows": {"T"},
    "sprint-with-unestimated-work": {"S", "T"}, "sprint-ends-with-unowned-work": {"T"},
    "carried-over": {"slow"}, "over-allocated": {"1"},
    "green-but-late": {"P"}, "milestone-without-work": {"empty"}, "milestone-at-risk": {"near"},
    "risk-without-owner": {"risk", "issue"}, "risk-not-reviewed": {"risk"},
    "issue-undecided": {"issue"}, "change-without-approval": {"changed"},
    "approved-but-not-begun": {"leave"}, "approval-pending": {"ask"},
    "own-request-approved": {"ask", "leave"},
    "time-without-estimate": {"unsized"}, "effort-ahead-of-progress": {"huge"},
    "project-costs-more-than-planned": {"P"},
    "start-passed-but-todo": {"idle"}, "due-after-sprint": {"stuck"},
    "done-without-completion": {"undone", "there", "ended", "dear-0", "dear-1", "dear-2"},
    "done-without-resolution": {"skipped", "changed", "there", "ended", "dear-0", "dear-1",
                                "dear-2"},
    "owner-outside-team": {"huge"}, "closed-without-report": {"closed"},
    "portfolio-mostly-late": {"core"}, "portfolio-off-track": {"core"},
    "portfolio-unreported": {"side"},
    "problem-without-root-cause": {"problem"}, "major-incident-without-review": {"outage"},
    "sla-breached": {"help"}, "sla-at-risk": {"help"}, "urgent-and-unassigned": {"help"},
    "waiting-without-follow-up": {"help"}, "request-approval-pending": {"req"},
    "request-passed-around": {"help"},
    "possible-duplicate": {"twin"}, "open-but-done-elsewhere": {"here"},
    "dependency-dates-conflict": {"d"}, "mutual-dependency": {"d", "e"},
    "dependency-on-unowned-work": {"d", "e"}, "waits-for-overdue-project": {"d", "e"},
    "done-before-predecessor": {"f"},
    "project-without-baseline": {"P", "Q"}, "milestone-slipped": {"slipped"},
    "scope-grows": {"R"}, "project-behind-agreed-work": {"R"},
    "project-behind-agreed-effort": {"R"}, "sprint-commitment-missed": {"W"},
}  # fmt: skip


def test_every_pack_finds_what_is_wrong(portfolio: sa.Engine) -> None:
    elsewhere = ("pmo-core", "schedule")  # in `test_core_pack.py` and in `tests/scheduling`
    chosen = [replace(s, limit=None) for s in STANDARDS.values() if s.pack not in elsewhere]
    report = run(portfolio, chosen, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(),
                 full=True)  # fmt: skip
    assert report.slow == ()
    with portfolio.begin() as c:
        rows = c.execute(sa.text("SELECT standard, subject_id, said FROM flag")).all()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.standard, set()).add(row.subject_id)
        assert not re.search(r"[{}|]|\bnone\b|\bunknown\b|\bnobody\b(?! owns| has|,)", row.said), (
            row
        )
    assert found == EXPECTED
    assert found.keys() == {s.id for s in chosen if s.enabled}
