"""Dependencies, approvals and service requests as subjects, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.flags import apply as flags
from sync_engine.flags.explain import explain
from sync_engine.rules import packs
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evidence import items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.syntax import Ref, Span
from sync_engine.settings.source import parse
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from tests.rules.answers import answers

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PROVIDES = {
    "task": list(m.TaskRow.model_fields), "link": list(m.LinkRow.model_fields),
    "approval": list(m.ApprovalRow.model_fields), "slacycle": list(m.SlaCycleRow.model_fields),
    "project": list(m.ProjectRow.model_fields), "change": ["field"], "person": ["email"],
}  # fmt: skip
Fill = Callable[..., None]


def on(day: int) -> date:
    return date(2026, 3, day)


def values(engine: sa.Engine, moment: Moment, subject: str, id: str, *names: str) -> Any:
    """Some facts of a subject of the first tool, in order."""
    refs = [Ref(name, Span(1, 1)) for name in names]
    with reading(engine) as connection:
        found = items(connection, frame_for(connection, moment), subject, [(1, id)], refs)
    return tuple(found[1, id].values[name] for name in names) if found else None


@pytest.fixture
def chain(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    """Two tools; in the first, work that waits for other work, there and elsewhere."""

    def task(tool: int, id: str, **more: Any) -> None:
        values = {"title": id.capitalize(), "type": "task", "status": "todo", "labels": [],
                  "project_id": "P", "key": f"K-{id}"}  # fmt: skip
        add(c, m.TaskRow, tool, id, **{**values, **more})

    def link(id: str, first: str, second: str, **more: Any) -> None:
        add(c, m.LinkRow, 1, id, from_id=first, to_id=second, **{"type": "blocks", **more})

    with store.begin() as c:
        for tool in (1, 2):
            add_connection(c, tool, PROVIDES)
        add(c, m.ProjectRow, 1, "P", name="Harbour", key="HAR", state="active")
        add(c, m.ProjectRow, 1, "Q", name="Quay", state="active", lacks=["assignee_ids"])
        add(c, m.PersonRow, 1, "a", name="Ann", email="ann@example.com", kind="human")
        task(1, "dig", due_on=on(20), owner_id="a", assignee_ids=["a"], item_id="dig")
        task(1, "pour", start_on=on(19), due_on=on(25), url="https://one.example/pour")
        task(1, "early", due_on=on(10))
        task(1, "later", start_on=on(23), due_on=on(27), status="done")
        task(1, "dateless", project_id="Q")
        task(1, "startless", due_on=on(22))
        task(1, "gone", gone_at=NOW)
        task(2, "far", title="Far", key="FAR-1", due_on=on(12), url="https://two.example/1")
        task(2, "twin", title="Twin", key="TWIN")
        task(2, "other", title="Twin too", key="TWIN2", url="TWIN")
        link("starts-early", "dig", "pour")
        link("lead", "dig", "pour", type="precedes", lag_minutes=-960)
        link("due-early", "dig", "early")
        link("fine", "dig", "later")
        link("undated", "dig", "dateless")
        link("no-start", "dig", "startless")
        link("from-undated", "dateless", "later")
        link("back", "later", "dig")
        link("ended", "dig", "pour", gone_at=NOW)
        link("other-kind", "dig", "pour", type="relates")
        link("lost-end", "gone", "pour")
        link("elsewhere", "dig", "FAR-1")
        link("by-address", "https://two.example/1", "dig")
        link("unclear", "dig", "TWIN")
        link("nothing", "gone", "nowhere")
    return store


def test_a_dependency_is_a_link_that_makes_one_task_wait(chain: sa.Engine) -> None:
    found = answers(chain, "dependency", "type = precedes")
    assert found.flagged == {"lead"}
    assert found.met == {
        "starts-early", "due-early", "fine", "undated", "no-start", "from-undated", "back",
        "lost-end", "elsewhere", "by-address", "unclear",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "flagged", "unknown"),
    [
        ("date conflict", {"starts-early", "due-early", "elsewhere", "back"},
         {"undated", "from-undated", "lost-end", "unclear"}),
        ("cross project", {"undated", "from-undated", "elsewhere", "by-address"},
         {"lost-end", "unclear"}),
        ("cross tool", {"elsewhere", "by-address"}, {"lost-end", "unclear"}),
        ("mutual", {"fine", "back"}, set()),
        ("lag is not empty and lag < 0", {"lead"}, set()),
        ("successor status = done and predecessor status != done", {"fine", "from-undated"},
         {"unclear"}),
        # a project without a place for people does not say that nobody owns its work
        ("predecessor owner is empty", {"back", "by-address"}, {"from-undated", "lost-end"}),
        ('predecessor owner = "ann@example.com"',
         {"starts-early", "lead", "due-early", "fine", "undated", "no-start", "elsewhere",
          "unclear"}, {"from-undated", "lost-end"}),
        ("successor = k-early or successor = Far", {"due-early", "elsewhere"}, {"unclear"}),
        ("predecessor project = har and successor project = quay", {"undated"}, {"unclear"}),
        ("project = Quay", {"undated"}, set()),
        ("successor due before predecessor due", {"due-early", "elsewhere", "back"},
         {"undated", "from-undated", "lost-end", "unclear"}),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_a_dependency(
    chain: sa.Engine, condition: str, flagged: set[str], unknown: set[str]
) -> None:
    found = answers(chain, "dependency", condition)
    assert (found.flagged, found.unknown) == (flagged, unknown)


@pytest.mark.parametrize(
    ("label", "then", "lag", "answer"),
    [
        ("FS", (17, 30), 0, "flagged"),
        ("Start-to-start", (17, 30), 0, "met"),  # with its predecessor, which starts on the 16th
        ("SS", (15, 30), 0, "flagged"),
        ("SS", (15, 30), -960, "unknown"),
        ("SS", (17, 30), -960, "met"),
        ("FinishToFinish", (17, 20), 0, "met"),
        ("FF", (17, 19), 0, "flagged"),
        ("ff", (17, 19), -960, "unknown"),
        ("FF", (17, None), 0, "unknown"),
        ("StartToFinish", (10, 16), 0, "met"),
        ("gantt: start to end", (10, 15), 0, "flagged"),
        ("Blocks", (17, 30), 0, "flagged"),
        (None, (17, 30), 0, "flagged"),
    ],
)
def test_dates_are_compared_at_the_ends_that_a_link_ties(
    store: sa.Engine, add: Fill, add_connection: Fill, label: str | None,
    then: tuple[int, int | None], lag: int, answer: str,
) -> None:  # fmt: skip
    """What is waited for is planned from the 16th to the 20th."""
    task = {"title": "x", "type": "task", "status": "todo", "labels": []}
    start, due = then
    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        add(c, m.TaskRow, 1, "first", start_on=on(16), due_on=on(20), **task)
        add(c, m.TaskRow, 1, "then", start_on=on(start), due_on=due and on(due), **task)
        add(c, m.LinkRow, 1, "link", type="precedes", type_label=label, from_id="first",
            to_id="then", lag_minutes=lag)  # fmt: skip
    assert getattr(answers(store, "dependency", "date conflict"), answer) == {"link"}


@pytest.mark.parametrize(("label", "open_as"), [
    ("SS", {"todo"}), ("Start to finish", {"todo"}), ("FF", {"todo", "in_progress"}),
    ("FS", {"todo", "in_progress"}), (None, {"todo", "in_progress"}),
])  # fmt: skip
def test_what_a_link_asks_for_is_met_at_the_end_that_it_ties(
    store: sa.Engine, add: Fill, add_connection: Fill, label: str | None, open_as: set[str]
) -> None:
    """Work that is done is told only of what had not yet done its part; so is work that waits."""
    task = {"title": "x", "type": "task", "labels": [], "due_on": on(2)}
    pack = {each.id: each for each in packs.load(packs.find("cross-tool")).standards}
    stages = ("todo", "in_progress", "done", "cancelled", None)
    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        add(c, m.TaskRow, 1, "then", status="done", **task)
        for status in stages:
            add(c, m.TaskRow, 1, str(status), status=status, project_id="P", **task)
            add(c, m.LinkRow, 1, f"on {status}", type="precedes", type_label=label,
                from_id=str(status), to_id="then")  # fmt: skip
    flagged = {f"on {status}" for status in open_as}
    found = answers(store, "dependency", "unmet")
    assert (found.flagged, found.unknown) == (flagged, {"on None"})
    for id in ("done-before-predecessor", "dependency-on-unowned-work",
               "waits-for-overdue-project"):  # fmt: skip
        with store.begin() as c:
            ended = "done" if id == "done-before-predecessor" else "todo"
            c.execute(sa.text(f"UPDATE task SET status = '{ended}' WHERE id = 'then'"))
        standards = [replace(pack[id], limit=None)]
        flags.run(store, standards, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar())
        with store.connect() as c:
            told = c.execute(sa.text(f"SELECT subject_id FROM flag WHERE standard = '{id}'"))
            assert set(told.scalars()) == flagged, id


@pytest.mark.parametrize(("status", "flagged"), [("in_progress", set()), ("todo", {"link"})])
def test_what_has_begun_has_begun_when_it_has(
    store: sa.Engine, add: Fill, add_connection: Fill, status: str, flagged: set[str]
) -> None:
    """It was planned from the 16th on, and began late on the 12th, in the PMO's time zone on the
    13th: what starts with it may start from then on."""
    task = {"title": "x", "type": "task", "labels": []}
    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        add(c, m.TaskRow, 1, "first", status=status, start_on=on(16), due_on=on(20),
            started_at=datetime(2026, 3, 12, 23, 30, tzinfo=UTC), **task)  # fmt: skip
        for id, day in (("then", 13), ("early", 12)):
            add(c, m.TaskRow, 1, id, status="todo", start_on=on(day), due_on=on(30), **task)
        for id, then in (("link", "then"), ("back", "early")):
            add(c, m.LinkRow, 1, id, type="precedes", type_label="SS", from_id="first", to_id=then)
    assert answers(store, "dependency", "date conflict").flagged == {"back", *flagged}


def test_a_dependency_is_shown_as_the_task_that_waits(chain: sa.Engine, moment: Moment) -> None:
    with reading(chain) as connection:
        frame = frame_for(connection, moment)
        keys = [(1, "starts-early"), (1, "elsewhere"), (1, "lost-end")]
        found = items(connection, frame, "dependency", keys, [])
    assert [(i.title, i.key, i.project, i.url) for i in map(found.get, keys) if i] == [
        ("Dig → Pour", "K-pour", "Harbour", "https://one.example/pour"),
        ("Dig → Far", "K-dig", "Harbour", None),  # at home in the tool that has the link
        ("gone → Pour", "K-pour", "Harbour", "https://one.example/pour"),
    ]


def test_the_other_tool_tells_nothing_while_it_is_out_of_date(chain: sa.Engine) -> None:
    with chain.begin() as c:
        c.execute(sa.update(m.Connection.__table__).where(sa.column("id") == 2)  # type: ignore[attr-defined]
                  .values(complete_at=NOW - timedelta(days=9)))  # fmt: skip
    assert "elsewhere" in answers(chain, "dependency", "date conflict").unknown


def test_dates_that_a_tool_cannot_tell_make_no_conflict(chain: sa.Engine) -> None:
    without = {**PROVIDES, "task": ["status", "title"]}
    with chain.begin() as c:
        c.execute(sa.update(m.Connection.__table__).values(provides=without))  # type: ignore[attr-defined]
    found = answers(chain, "dependency", "date conflict")
    assert (found.flagged, found.met) == (set(), set())


PACK = """
pack: ties
title: Ties
standards:
  - id: conflict
    title: Dates that contradict each other
    source: us
    why: To see a flag come and go.
    severity: high
    subject: dependency
    flag_when: date conflict
    say: "“{successor}” begins before “{predecessor}” is due on {predecessor_due}."
    remedy: Move it.
    examples: {flags: [{date_conflict: true}], passes: [{date_conflict: false}]}
"""


def assess(engine: sa.Engine, *, full: bool) -> flags.FlagReport:
    standards = packs.from_source(parse(PACK, "ties.yaml")).standards
    return flags.run(engine, standards, now=NOW, timezone=ZoneInfo("UTC"),
                     calendar=WorkCalendar(), full=full)  # fmt: skip


def test_flags_of_dependencies_follow_what_only_changed_at_one_end(chain: sa.Engine) -> None:
    assert len(assess(chain, full=True).opened) == 4
    with chain.begin() as c:
        run = {"id": 9, "connection_id": 1, "kind": "pull", "epoch": 1, "started_at": NOW,
               "ended_at": NOW}  # fmt: skip
        c.execute(sa.insert(m.Run.__table__), run)  # type: ignore[attr-defined]
        c.execute(sa.update(m.TaskRow.__table__).where(sa.column("id") == "dig")  # type: ignore[attr-defined]
                  .values(due_on=on(19), run_id=9))  # fmt: skip
    report = assess(chain, full=False)
    assert len(report.resolved) == 1
    with reading(chain) as c:
        rows = c.execute(sa.text("SELECT id, subject_id FROM flag WHERE state = 'open'")).all()
    assert {row.subject_id for row in rows} == {"due-early", "elsewhere", "back"}
    told = explain(chain, rows[0].id, packs.from_source(parse(PACK, "ties.yaml")).standards)
    assert told is not None
    assert told.flag["said"].startswith("“")
    assert {line.fact for line in told.values} >= {"date conflict", "predecessor due"}


def test_a_dependency_whose_link_is_gone_is_no_flag(chain: sa.Engine) -> None:
    assess(chain, full=True)
    with chain.begin() as c:
        c.execute(sa.update(m.LinkRow.__table__).where(sa.column("id") == "due-early")  # type: ignore[attr-defined]
                  .values(gone_at=NOW, gone_reason="deleted"))  # fmt: skip
    assert len(assess(chain, full=False).resolved) == 1


# ---- Approvals --------------------------------------------------------------------------------


@pytest.fixture
def approvals(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    def approval(id: str, task: str, **more: Any) -> None:
        values = {"decision": "pending", "approver_ids": ["a", "b"], "asked_at": NOW}
        add(c, m.ApprovalRow, 1, id, task_id=task, **{**values, **more})

    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        for id, name in (("a", "Ann"), ("b", "Bo")):
            add(c, m.PersonRow, 1, id, name=name, email=f"{id}@example.com", kind="human")
        task = {"type": "change", "labels": [], "status": "todo"}
        add(c, m.TaskRow, 1, "t", title="Open the port", key="CHG-1", reporter_id="b", **task)
        add(c, m.TaskRow, 1, "u", title="Close the port", **task)
        add(c, m.TaskRow, 1, "gone", title="No more", gone_at=NOW, **task)
        approval("waits", "t", asked_at=NOW - timedelta(days=10), name="Security")
        approval("given", "t", decision="approved", decided_at=NOW, approver_ids=["a"])
        approval("nobody", "t", approver_ids=[])
        approval("unasked", "u", asked_at=None)
        approval("of-gone", "gone")
        approval("withdrawn", "u", gone_at=NOW)
    return store


@pytest.mark.parametrize(
    ("condition", "flagged", "unknown"),
    [
        ("waiting since older than 5 working days", {"waits"}, {"given", "unasked"}),
        ("decision = pending", {"waits", "nobody", "unasked"}, set()),
        ("requester approves", {"waits"}, {"nobody", "unasked"}),
        ("approver = bo", {"waits", "unasked"}, set()),
        ("approvers = 0 or approvers > 1", {"waits", "nobody", "unasked"}, set()),
        ('requester = "b@example.com" and owner = Ann', {"waits", "given"}, set()),
        ("title contains open and key = chg-1 and step = security", {"waits"}, set()),
        ("decision = approved and status != done", {"given"}, set()),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_an_approval(
    approvals: sa.Engine, condition: str, flagged: set[str], unknown: set[str]
) -> None:
    found = answers(approvals, "approval", condition)
    assert (found.flagged, found.unknown) == (flagged, unknown)
    assert found.met == {"waits", "given", "nobody", "unasked"} - flagged - unknown


def test_who_asks_may_approve_by_another_account_or_in_a_group(
    approvals: sa.Engine, add: Fill
) -> None:
    with approvals.begin() as c:
        human = {"name": "Bo", "source": "tool"}
        c.execute(sa.insert(m.Identity.__table__), [{"id": 1, **human}, {"id": 2, **human}])  # type: ignore[attr-defined]
        c.execute(sa.update(m.PersonRow.__table__).where(sa.column("id") == "b")  # type: ignore[attr-defined]
                  .values(identity_id=1))  # fmt: skip
        for id, identity, kind in (("b2", 1, "human"), ("c", 2, "human"), ("g", None, "group")):
            add(c, m.PersonRow, 1, id, name=id, kind=kind, identity_id=identity)
        for id, approvers in (("admin", ["a", "b2"]), ("group", ["a", "g"]), ("both", ["g", "b"]),
                              ("other", ["c", "never read"])):  # fmt: skip
            add(c, m.ApprovalRow, 1, id, task_id="t", decision="pending", approver_ids=approvers)
    found = answers(approvals, "approval", "requester approves")
    assert found.flagged == {"waits", "admin", "both"}
    assert found.unknown == {"nobody", "unasked", "group"}
    assert found.met == {"given", "other"}


def test_an_approval_is_for_the_first_who_decides(approvals: sa.Engine, moment: Moment) -> None:
    with reading(approvals) as connection:
        found = items(connection, frame_for(connection, moment), "approval", [(1, "waits")], [])
    item = found[1, "waits"]
    assert (item.title, item.key, item.owner, item.owner_email) == (
        "Open the port", "CHG-1", "Ann", "a@example.com",
    )  # fmt: skip


# ---- Service requests -------------------------------------------------------------------------


@pytest.fixture
def desk(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    def clock(task: str, name: str = "first", **more: Any) -> None:
        add(c, m.SlaCycleRow, 1, f"{task}-{name}", task_id=task, name=name, **more)

    def hours(count: float) -> datetime:
        return NOW + timedelta(hours=count)

    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        task = {"title": "Help", "labels": [], "status": "todo", "status_label": "Open"}
        for id in ("bare", "breached", "passed", "soon", "paused", "met", "late", "odd", "mixed"):
            add(c, m.TaskRow, 1, id, **{**task, "type": "request",
                "status_label": "Pending" if id == "bare" else "Open"})  # fmt: skip
        add(c, m.TaskRow, 1, "incident", type="issue", type_label="[System] Incident", **task)
        add(c, m.TaskRow, 1, "clocked", type="task", **task)
        add(c, m.TaskRow, 1, "plain", type="task", **task)
        add(c, m.TaskRow, 1, "gone", type="request", gone_at=NOW, **task)
        clock("breached", breached=True, breach_at=hours(-9), goal_minutes=60)
        clock("passed", breached=False, breach_at=hours(-1), paused=False, goal_minutes=60)
        clock("soon", breached=False, breach_at=hours(2), goal_minutes=600, elapsed_minutes=540)
        clock("soon", "second", breached=False, breach_at=hours(90), goal_minutes=6000)
        clock("paused", breached=False, breach_at=hours(-1), paused=True, goal_minutes=60)
        clock("met", breached=False, stopped_at=hours(-3), breach_at=hours(-2))
        clock("late", stopped_at=hours(-1), breach_at=hours(-2))
        clock("odd", breach_at=None)
        clock("mixed", breached=True, stopped_at=hours(-5), breach_at=hours(-6))
        clock("mixed", "second", breached=False, paused=True, breach_at=hours(30), goal_minutes=90)
        clock("clocked", breached=False, breach_at=hours(40), goal_minutes=2400)
    return store


REQUESTS = {"bare", "breached", "passed", "soon", "paused", "met", "late", "odd", "mixed",
            "incident", "clocked"}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "flagged", "unknown"),
    [
        ("sla breached", {"breached", "passed", "late", "mixed"}, {"bare", "incident", "odd"}),
        ("sla paused", {"paused", "mixed"}, set()),
        ("waiting", {"bare", "paused", "mixed"}, set()),
        ("next breach is not empty and next breach within 4 hours", {"soon"}, set()),
        ("sla left is not empty and sla left <= 10", {"soon"}, set()),
        ("sla left is not empty and sla left > 99", {"clocked"}, set()),
        ("sla count = 0", {"bare", "incident"}, set()),
        ("sla running > 0", REQUESTS - {"bare", "incident", "met", "late"}, set()),
        ("type = issue and owner is empty", {"incident"}, set()),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_a_service_request(
    desk: sa.Engine, condition: str, flagged: set[str], unknown: set[str]
) -> None:
    found = answers(desk, "request", condition)
    assert (found.flagged, found.unknown) == (flagged, unknown)
    assert found.met == REQUESTS - flagged - unknown


def test_a_tool_without_service_levels_cannot_say_that_they_are_kept(desk: sa.Engine) -> None:
    with desk.begin() as c:
        c.execute(sa.update(m.Connection.__table__).values(  # type: ignore[attr-defined]
            provides={"task": ["status", "title"]}))  # fmt: skip
    assert answers(desk, "request", "sla breached").unknown == REQUESTS


def test_a_service_request_has_the_facts_of_a_task(desk: sa.Engine, moment: Moment) -> None:
    found = values(desk, moment, "request", "soon", "title", "sla_count", "next_breach", "sla_left")
    assert found == ("Help", 2, NOW + timedelta(hours=2), pytest.approx(10.0))
    assert answers(desk, "request", 'field "Team" = x').unknown == REQUESTS
    assert answers(desk, "request", "any linked task (link = blocks)").met == REQUESTS
