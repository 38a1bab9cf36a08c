"""The facts that are sums and joins, on both databases: rows in, values out."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.evidence import items
from sync_engine.rules.filters import filter_flags, filter_tasks
from sync_engine.rules.frames import frame_for
from sync_engine.rules.language import read
from sync_engine.rules.limits import TooSlow, limited
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import Ref, Span
from sync_engine.store import models as m
from sync_engine.store.engine import reading

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
EVERY = {
    "task": list(m.TaskRow.model_fields), "person": ["active", "email"],
    "project": list(m.ProjectRow.model_fields), "milestone": list(m.MilestoneRow.model_fields),
    "sprint": ["goal", "state", "start_at", "end_at", "project_id"], "link": ["type", "to_id"],
    "comment": ["at"], "change": ["field"], "membership": ["container_id"],
    "statusupdate": ["at", "health"],
}  # fmt: skip


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def _rows(connection: sa.Connection, model: Any, *rows: dict[str, Any]) -> None:
    connection.execute(sa.insert(model.__table__), list(rows))


@pytest.fixture
def portfolio(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """Two tools with linked work of two people."""
    with store.begin() as c:
        add_connection(c, 1, EVERY, complete_at=ago(0.5))
        add_connection(c, 2, EVERY, state="needs_reauth", credential_expires_at=ago(-3))
        _rows(c, m.Identity, {"id": 1, "name": "Ann Lee", "email": "ann@example.com", "source": "tool"},
              {"id": 2, "name": "Bo", "email": None, "source": "tool"})  # fmt: skip
        for tool in (1, 2):
            add(c, m.PersonRow, tool, "a", name="ann", email="ann@example.com", active=True,
                kind="human", identity_id=1)  # fmt: skip
        add(c, m.PersonRow, 1, "b", name="Bo", active=False, kind="human", identity_id=2)
        add(c, m.ProjectRow, 1, "top", name="Core", state="active")
        add(c, m.ProjectRow, 1, "P", key="HAR", name="Harbour", state="active", owner_id="a",
            parent_id="top", due_on=date(2026, 6, 1), updated_at=ago(40), member_ids=["b"])  # fmt: skip
        add(c, m.ProjectRow, 2, "Q", name="Ops", state="archived", custom=[
            {"id": "x", "name": "Portfolio", "value": "Side"}])  # fmt: skip
        add(
            c,
            m.MilestoneRow,
            1,
            "M",
            name="v1",
            state="open",
            due_on=date(2026, 3, 1),
            project_id="P",
        )
        add(c, m.SprintRow, 1, "S", name="S1", state="active", goal="", start_at=ago(14), end_at=ago(0),
            project_id="P")  # fmt: skip
        add(c, m.MembershipRow, 1, "sp", task_id="main", kind="sprint", container_id="S")
        add(c, m.StatusUpdateRow, 1, "u1", project_id="P", at=ago(9), health="on_track")
        add(c, m.StatusUpdateRow, 1, "u2", project_id="P", at=ago(2), health="off_track")
        task = {"type": "task", "labels": []}
        main = {**task, "title": " Main ", "key": "HAR-1", "project_id": "P", "milestone_id": "M",
                "status": "in_progress", "owner_id": "a", "assignee_ids": ["a", "b"],
                "url": "https://one.example/1", "updated_at": ago(9), "priority": 1,
                "due_on": date(2026, 3, 2), "labels": ["x", "y"]}  # fmt: skip
        add(c, m.TaskRow, 1, "main", **main)
        add(c, m.TaskRow, 1, "s1", **task, title="S1", parent_id="main", status="done",
            completed_at=ago(4), project_id="P")  # fmt: skip
        add(
            c,
            m.TaskRow,
            1,
            "s2",
            **task,
            title="S2",
            parent_id="main",
            status="todo",
            project_id="P",
        )
        add(c, m.TaskRow, 1, "s3", **task, title="S3", parent_id="main", status="todo", gone_at=NOW)
        add(c, m.TaskRow, 1, "odd", **task, title="Odd", parent_id="s2", status=None)
        add(c, m.TaskRow, 1, "block", **task, title="Blocker", status="todo", project_id="P")
        add(c, m.TaskRow, 2, "far", **task, title="Far", key="OPS-7", url="https://two.example/7",
            status="in_progress", owner_id="a", project_id="Q")  # fmt: skip
        add(c, m.LinkRow, 1, "l1", type="blocks", from_id="block", to_id="main")
        add(c, m.LinkRow, 1, "l2", type="relates", from_id="main", to_id="https://two.example/7")
        add(c, m.CommentRow, 1, "c1", task_id="main", text="hi", at=ago(3))
        add(c, m.WorklogRow, 1, "w1", task_id="main", minutes=60, on=date(2026, 3, 17))
        _rows(c, m.Assignment, *({"connection_id": k, "task_id": t, "position": p, "person_id": who}
              for k, t, p, who in ((1, "main", 0, "a"), (1, "main", 1, "b"), (2, "far", 0, "a"))))  # fmt: skip
        for n, (field, old, new) in enumerate((
            ("due_on", None, "2026-01-01"), ("due_on", "2026-01-01", "2026-02-01"),
            ("due_on", "2026-02-01", "2026-01-15"), ("due_on", "2026-01-15", "2026-03-02"),
            ("status", "done", "in_progress"), ("assignee_ids", "b", "a,b"),
        )):  # fmt: skip
            add(
                c,
                m.ChangeRow,
                1,
                f"h{n}",
                task_id="main",
                at=ago(30 - n),
                field=field,
                old=old,
                new=new,
            )
        _rows(c, m.ScopeState, {"connection_id": 1, "scope": "P", "name": "P", "state": "active",
              "visible": True, "stream_counts": {"tasks": {"store": 95, "tool": 100},
                                                 "people": {"store": 3, "tool": None}}},
              {"connection_id": 1, "scope": "Z", "name": "Z", "state": "active", "visible": False,
               "stream_counts": None})  # fmt: skip
        _rows(c, m.StatusWord, {"connection_id": 1, "label": "Odd", "status": None, "seen_at": NOW},
              {"connection_id": 1, "label": "Done", "status": "done", "seen_at": NOW})  # fmt: skip
        _rows(c, m.Hold, {"connection_id": 1, "run_id": 1, "stream": "tasks", "scope": "P",
              "reason": "many", "ids": ["1"], "known": 3, "at": NOW})  # fmt: skip
        c.execute(
            sa.insert(m.RawItem.__table__),  # type: ignore[attr-defined]
            [
                {"connection_id": 1, "stream": "tasks", "item_id": f"odd{n}", "hash": b"",
                 "body": b"", "yields": b"", "parked": "odd", "read_at": NOW, "run_id": 1}
                for n in range(4)
            ],
        )  # fmt: skip
    return store


EXPECTED: dict[tuple[str, tuple[int, str]], dict[str, Any]] = {
    ("task", (1, "main")): {
        "title_length": 4, "description_length": 0, "owner": "Ann Lee", "owner_active": True,
        "owners": 2, "labels": ["x", "y"], "project": "Harbour", "project_state": "active",
        "project_owner": "ann", "portfolio": "Core", "milestone": "v1",
        "milestone_due": date(2026, 3, 1), "subtask_count": 2, "open_subtasks": 1,
        "done_subtasks": 1, "last_subtask_done": ago(4), "blockers": 1, "open_blockers": 1,
        "open_siblings": 1, "done_siblings": 0, "comments": 1, "last_comment": ago(3),
        "last_activity": datetime(2026, 3, 17, 11, tzinfo=UTC), "status_since": ago(26),
        "due_pushes": 2, "due_moves": 3, "due_changed": ago(27), "reopens": 1, "reassignments": 1,
        "connection": "tool-1", "tool": "jira", "parent": None, "due_moved_by": 60, "sprint": "S1",
        "sprint_end": date(2026, 3, 18), "owner_in_team": False,
    },
    ("task", (1, "s2")): {
        "open_subtasks": None, "subtask_count": 1, "parent": " Main ", "owner": None, "owners": 0,
        "parent_due": date(2026, 3, 2), "parent_status": "in_progress", "status_since": None,
        "due_pushes": 0, "last_activity": None, "labels": None, "owner_active": None,
        "due_moved_by": 0, "sprint": None, "sprint_end": None, "owner_in_team": None,
    },
    # tool-1 was last read long ago: where its side of a pair stands is not known any more
    ("task", (2, "far")): {"open_siblings": None, "blockers": 0, "portfolio": "Side", "owner_in_team": None},
    ("project", (1, "P")): {
        "owner": "Ann Lee", "portfolio": "Core", "open_tasks": 3, "total_tasks": 4,
        "overdue_tasks": 1, "top_priority_share": 100.0, "last_activity": ago(9),
        "last_report": ago(2), "health": "off_track", "parent": "Core", "done_share": 25.0,
        "overdue_share": pytest.approx(33.33, abs=0.01), "cost_performance": None,
        "open_milestones": 1, "overdue_milestones": 1, "next_milestone": None,
    },
    ("project", (1, "top")): {"open_tasks": 0, "top_priority_share": None, "last_report": None, "done_share": None,
                              "overdue_share": None, "open_milestones": 0},
    ("portfolio", (0, "core")): {
        "name": "Core", "projects": 1, "tools": 1, "active_projects": 1, "open_tasks": 3,
        "overdue_tasks": 1, "overdue_share": pytest.approx(33.33, abs=0.01),
        "off_track_projects": 1, "off_track_share": 100.0, "unreported_projects": 0,
        "last_activity": ago(9),
    },
    ("portfolio", (0, "side")): {"active_projects": 0, "open_tasks": 1, "off_track_share": None,
                                 "unreported_projects": 0, "last_activity": None},
    ("person", (1, "")): {
        "name": "Ann Lee", "active": True, "tools": 2, "work_in_progress": 2, "open_tasks": 2,
        "overdue_tasks": 1, "open_effort": 0, "away": False,
    },
    ("person", (2, "")): {"active": False, "tools": 1, "work_in_progress": 1},
    ("milestone", (1, "M")): {"open_tasks": 1, "total_tasks": 1, "done_share": 0.0, "project": "Harbour"},
    ("sprint", (1, "S")): {"goal": None, "open_tasks": 1, "length": pytest.approx(14.0)},
    ("connection", (1, "")): {
        "lost_scopes": 1, "unmapped_words": 1, "completeness_gap": 5.0, "held_censuses": 1,
        "parked_items": 4, "missed_reads": pytest.approx(144.0), "state": "ok",
    },
    ("connection", (2, "")): {"lost_scopes": 0, "completeness_gap": None, "missed_reads": 0},
}  # fmt: skip


def test_every_sum_and_join(portfolio: sa.Engine, moment: Moment) -> None:
    with reading(portfolio) as connection:
        often = {"tool-1": timedelta(minutes=5), "tool-2": timedelta(days=1)}
        frame = frame_for(connection, moment, often)
        for (subject, key), expected in EXPECTED.items():
            refs = [Ref(name, Span(1, 1)) for name in expected]
            found = items(connection, frame, subject, [key], refs)[key].values
            expected = {k: v if v is not None or k != "labels" else [] for k, v in expected.items()}
            assert dict(found) == expected, (subject, key)


@pytest.mark.parametrize("often", [None, {"tool-1": timedelta(minutes=5)}])
def test_missed_reads_of_what_nobody_says_how_often_it_is_read(
    portfolio: sa.Engine, moment: Moment, often: dict[str, timedelta] | None
) -> None:
    with reading(portfolio) as connection:
        frame = frame_for(connection, moment, often)
        found = items(connection, frame, "connection", [(2, "")], [Ref("missed_reads", Span(1, 1))])
    assert found[2, ""].values == {"missed_reads": None}


def test_every_fact_compiles(portfolio: sa.Engine, moment: Moment) -> None:
    with reading(portfolio) as connection:
        frame = frame_for(connection, moment)
        for subject in facts.SUBJECTS:
            refs = [Ref(name, Span(1, 1)) for name in facts.of(subject)]
            key = (1, "") if subject in ("person", "connection") else (1, "none")
            items(connection, frame, subject, [key], refs)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('owner = "ann@example.com"', {"main", "far"}),
        ("owner = ANN and tool = Jira", {"main", "far"}),
        ("assignee = bo", {"main"}),
        ("project = har", {"main", "s1", "s2", "block"}),
        ("any linked task (link = blocks and status != done)", {"main"}),
        ("any linked task (link = blocked_by)", {"block"}),
        ("count per owner of (status = in_progress) >= 2", {"main", "far"}),
        ("count per project of (status = todo) = 2 and parent is empty", {"main", "block"}),
        ("due date moved 3 times or more", {"main"}),
        ("all subtask (status = done) and subtask count > 0", set()),
        ("portfolio = core and parent is empty", {"main", "block"}),
        ("status != parent status", {"main", "s1", "s2", "block", "far"}),
        ("status = parent status or blocked is not empty", set()),
        ("any blocker (status = todo)", {"main"}),
        ("count of blockers (owner is empty) >= 1", {"main"}),
        ("no blocker (status = todo) and project = har", {"s1", "s2", "block"}),
        ('key like "?AR-*" or key like "ops-7"', {"main", "far"}),
        ('title starts with "s" and not title ends with "2"', {"s1"}),
        ("due within 5 days of milestone due", {"main"}),
        ("due more than 10 working days before sprint end", {"main"}),
        ("due more than 12 working days before sprint end", set()),
        ("share per project of (status = todo) >= 50%", {"main", "s1", "s2", "block"}),
        ("share per owner of (priority = highest) = 50", {"main", "far"}),
        ("sum of subtask count per project of (status != done) = 3", {"main", "s1", "s2", "block"}),
        ("sum of due moved by of linked tasks (status = in_progress) > 59", {"block"}),
        ("sum of estimate of subtasks (status = todo) = 0 hours and key = HAR-1", {"main"}),
    ],
)
def test_filters_of_tasks(
    portfolio: sa.Engine, moment: Moment, condition: str, expected: set[str]
) -> None:
    with reading(portfolio) as connection:
        rows = connection.execute(filter_tasks(connection, condition, moment)).all()
    assert {row.id for row in rows} == expected
    assert all(row.connection for row in rows)


def test_filters_of_flags(portfolio: sa.Engine, moment: Moment) -> None:
    from sync_engine.store.flag_models import FlagRow

    base = {"pack": "p", "standard_version": "1", "standard_title": "t", "subject": "task",
            "connection_id": 1, "state": "open", "said": "s", "remedy": "r", "title": "T",
            "first_opened_at": NOW, "assessed_at": NOW}  # fmt: skip
    with portfolio.begin() as c:
        for n, (severity, days, owner) in enumerate(
            (("low", 9, "Ann Lee"), ("critical", 1, None), ("high", 3, "Bo"))
        ):
            _rows(c, FlagRow, {**base, "fingerprint": str(n), "standard": f"std-{n}", "owner": owner,
                  "subject_id": str(n), "severity": severity, "opened_at": ago(days)})  # fmt: skip
    name = portfolio.dialect.name

    def found(condition: str | None) -> list[str]:
        with reading(portfolio) as connection:
            rows = connection.execute(filter_flags(condition, moment, name))
            return [row.subject_id for row in rows]

    assert found(None) == ["1", "2", "0"]
    assert found("severity >= high") == ["1", "2"]
    assert found("severity in (low, high) and opened older than 5 days") == ["0"]
    assert found('owner = "ann lee" or standard = std-1') == ["1", "0"]
    assert found("state = open and not frozen and owner is not empty") == ["2", "0"]


def test_a_statement_over_its_time_is_stopped(store: sa.Engine) -> None:
    numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000)"
    with reading(store) as connection:
        with pytest.raises(TooSlow, match=r"0\.2 seconds"), limited(connection, 0.2):
            connection.execute(sa.text(f"{numbers} SELECT count(*) FROM n")).scalar()
        with limited(connection, 5):
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_unknown_connections_do_not_count(portfolio: sa.Engine, moment: Moment) -> None:
    with portfolio.begin() as c:
        c.execute(sa.update(m.Connection.__table__).where(sa.column("id") == 2)  # type: ignore[attr-defined]
                  .values(removed_at=NOW))  # fmt: skip
    with reading(portfolio) as connection:
        frame = frame_for(connection, moment)
        source = source_of(frame, "task")
        condition = compiled(resolve(read("status = in_progress"), "task"), source)
        live = source.live()
        rows = connection.execute(
            sa.select(source.base.c.id).select_from(source.origin).where(live, condition)
        )
        assert [row[0] for row in rows] == ["main"]
