"""What was recorded of tasks and sprints, and what people can take on, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.people import KnownPerson, assign_identities
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.changed import Asked, reach
from sync_engine.rules.evidence import items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.syntax import Ref, Span
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from tests.rules.answers import MOMENT, answers

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)  # a Wednesday
PROVIDES = {
    "task": list(m.TaskRow.model_fields), "link": list(m.LinkRow.model_fields),
    "comment": ["at", "author_id"], "worklog": ["on", "minutes"], "change": ["field"],
    "membership": ["container_id"], "sprint": list(m.SprintRow.model_fields),
    "approval": ["decision"], "person": ["email", "active"],
}  # fmt: skip
RECORDED = ("task", "comment", "worklog", "change", "link", "membership", "sprint", "approval",
            "person")  # fmt: skip
Fill = Callable[..., None]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def rows(c: sa.Connection, model: Any, *values: dict[str, Any]) -> None:
    c.execute(sa.insert(model.__table__), list(values))


@pytest.fixture
def work(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    """Two tools, with something recorded of a task or two."""

    def task(tool: int, id: str, **more: Any) -> None:
        values = {"title": id, "type": "task", "status": "in_progress", "labels": [],
                  "blocked": False}  # fmt: skip
        add(c, m.TaskRow, tool, id, **{**values, **more})

    def change(id: str, task: str, field: str, old: str | None, new: str, days: float,
               **more: Any) -> None:  # fmt: skip
        add(c, m.ChangeRow, 1, id, task_id=task, at=ago(days), field=field, old=old, new=new,
            **{"observed": False, **more})  # fmt: skip

    with store.begin() as c:
        for tool in (1, 2):
            add_connection(c, tool, PROVIDES)
        for id, name in (("a", "Ann"), ("b", "Bo")):
            add(c, m.PersonRow, 1, id, name=name, email=f"{id}@example.com", kind="human")
        task(1, "told", blocked=True, estimate_minutes=600, spent_minutes=900)
        task(1, "silent", blocked=False, estimate_minutes=0, spent_minutes=60)
        task(1, "stuck", blocked=True)
        task(1, "done", status="done", completed_at=ago(5), owner_id="a")
        task(1, "b1", owner_id="b")
        task(1, "b2", owner_id="a")
        task(1, "b3")
        task(1, "b4", status="done", owner_id="a")
        for n, days in enumerate((4, 3, 1)):
            add(c, m.CommentRow, 1, f"c{n}", task_id="told", text="…", at=ago(days),
                author_id="ab"[n % 2])  # fmt: skip
        add(c, m.CommentRow, 1, "c9", task_id="stuck", text="…", at=ago(1), author_id=None)
        for n, (id, days) in enumerate((("told", 2), ("done", 5), ("done", 4), ("done", 1))):
            day = ago(days).date()
            add(c, m.WorklogRow, 1, f"w{n}", task_id=id, minutes=60 * (n + 1), on=day)
        add(c, m.WorklogRow, 1, "w9", task_id="done", minutes=9, on=ago(0).date(), gone_at=NOW)
        change("h1", "told", "blocked", "false", "true", 9)
        change("h2", "told", "blocked", "true", "false", 7)
        change("h3", "told", "blocked", "false", "true", 3)
        change("h4", "silent", "blocked", "false", "true", 3)
        change("h5", "done", "status", "todo", "done", 5)
        change("h6", "told", "status", "todo", "done", 5, observed=True)
        change("h7", "told", "due_on", "2026-03-05T09:00Z", "2026-03-05T17:00Z", 8)
        change("h8", "told", "due_on", "2026-03-05T17:00Z", "2026-03-05T08:00Z", 7)
        change("h9", "told", "due_on", "2026-03-05T08:00Z", "2026-03-06T07:00Z", 6)
        for n, blocker in enumerate(("b1", "b2", "b3", "b4")):
            add(c, m.LinkRow, 1, f"l{n}", type="blocks", from_id=blocker, to_id="told")
        add(c, m.ApprovalRow, 1, "p", task_id="told", decision="pending")
        add(c, m.ApprovalRow, 1, "q", task_id="told", decision="approved")
        for id, days in (("one", 40), ("two", 25), ("three", 10), ("next", -3)):
            add(c, m.SprintRow, 1, id, name=id, state="closed", start_at=ago(days),
                end_at=ago(days - 14), board_id="B")  # fmt: skip
        for id, gone in (("one", 26), ("two", None), ("three", None), ("next", None)):
            add(c, m.MembershipRow, 1, f"in-{id}", task_id="told", kind="sprint", container_id=id,
                gone_at=None if gone is None else ago(gone))  # fmt: skip
        # planned to have begun, and not begun: nothing was carried over from it
        add(c, m.SprintRow, 1, "late", name="late", state="future", start_at=ago(5), board_id="B")
        add(c, m.MembershipRow, 1, "in-late", task_id="told", kind="sprint", container_id="late")
        # left before it began: it never was in that sprint
        add(c, m.MembershipRow, 1, "planned", task_id="silent", kind="sprint", container_id="two",
            gone_at=ago(30))  # fmt: skip
    return store


EXPECTED: dict[str, dict[str, Any]] = {
    "told": {
        "last_comment_by": "Ann", "last_booking": datetime(2026, 3, 16, 11, tzinfo=UTC),
        "booked_after_completion": 0, "effort_used": 150.0, "blocked_since": ago(3),
        "straight_to_done": 0, "unowned_blockers": 1, "blocker_owner": "Ann", "approvals": 2,
        "pending_approvals": 1, "given_approvals": 1, "sprints": 3, "due_pushes": 1,
        "due_moves": 1, "due_moved_by": 1,
    },
    "silent": {
        "last_comment_by": None, "last_booking": None, "effort_used": None, "blocked_since": None,
        "unowned_blockers": 0, "blocker_owner": None, "approvals": 0, "sprints": 0,
    },
    # the day after had begun somewhere when it was finished: nobody can say that it was late
    "done": {"booked_after_completion": 240, "straight_to_done": 1},
}  # fmt: skip


def test_what_was_recorded_of_a_task(work: sa.Engine, moment: Moment) -> None:
    with reading(work) as connection:
        frame = frame_for(connection, moment)
        for id, expected in EXPECTED.items():
            refs = [Ref(name, Span(1, 1)) for name in expected]
            found = items(connection, frame, "task", [(1, id)], refs)[1, id].values
            assert dict(found) == expected, id


@pytest.mark.parametrize(
    ("condition", "flagged", "unknown"),
    [
        ("blocked since is not empty", {"told"}, {"stuck"}),
        ("last comment by = bo", set(), {"stuck"}),
        ("last comment by is empty and blocked", set(), {"stuck"}),
        ("sprints >= 3", {"told"}, set()),
        ("effort used > 120", {"told"}, {"silent", "stuck", "done", "b1", "b2", "b3", "b4"}),
    ],
)  # fmt: skip
def test_what_nobody_saw_is_unknown(
    work: sa.Engine, condition: str, flagged: set[str], unknown: set[str]
) -> None:
    found = answers(work, "task", condition)
    assert (found.flagged, found.unknown) == (flagged, unknown)


def test_tools_that_do_not_tell_leave_all_of_it_unknown(work: sa.Engine) -> None:
    with work.begin() as c:
        c.execute(sa.update(m.Connection.__table__).values(provides={"task": ["status"]}))  # type: ignore[attr-defined]
    for condition in (
        "last comment by is empty", "last booking is empty", "booked after completion > 0",
        "effort used is empty", "blocked since is empty", "straight to done > 0",
        "unowned blockers > 0", "blocker owner is empty", "approvals = 0", "sprints >= 3",
        "same title elsewhere > 0",
    ):  # fmt: skip
        found = answers(work, "task", condition)
        assert (found.flagged, found.met) == (set(), set()), condition


# ---- Titles across tools ----------------------------------------------------------------------


@pytest.fixture
def titled(work: sa.Engine, add: Fill) -> sa.Engine:
    def task(tool: int, id: str, title: str, **more: Any) -> None:
        values = {"type": "task", "status": "todo", "labels": []}
        add(c, m.TaskRow, tool, id, title=title, **{**values, **more})

    with work.begin() as c:
        task(1, "x1", "Renew the certificate")
        task(2, "x2", " renew the CERTIFICATE")
        task(2, "x3", "Renew the certificate", status="done")
        task(2, "x4", "Renew the certificate", parent_id="x2")
        task(2, "x5", "Renew the certificate")
        task(1, "s1", "Release")
        task(2, "s2", "Release")
        task(1, "o1", "Order the second crane")
        task(1, "o2", "Order the second crane")
    return work


def test_the_same_title_in_another_tool_is_a_suspicion(titled: sa.Engine) -> None:
    assert answers(titled, "task", "suspected duplicates > 0").flagged == {"x1", "x2", "x5"}
    assert answers(titled, "task", "suspected duplicates = 2").flagged == {"x1"}


def test_a_new_title_is_compared_with_the_other_tools(titled: sa.Engine, moment: Moment) -> None:
    with titled.begin() as c:
        for table in RECORDED:
            c.execute(sa.text(f"UPDATE {table} SET run_id = 0"))
        c.execute(sa.text("UPDATE task SET run_id = 5 WHERE id = 'x1'"))
        frame = frame_for(c, moment)
        seen = {title: reach(c, frame, "-", full=False, small=0, asked=Asked(titles=title)).tasks
                for title in (False, True)}  # fmt: skip
    assert seen == {False: [(1, "x1")], True: [(1, "x1"), (2, "x2"), (2, "x5")]}


@pytest.mark.parametrize(
    ("table", "id", "task"),
    [("membership", "in-two", "told"), ("sprint", "two", "told"), ("approval", "p", "told")],
)
def test_a_task_is_looked_at_again_when_what_is_recorded_of_it_changes(
    work: sa.Engine, moment: Moment, table: str, id: str, task: str
) -> None:
    with work.begin() as c:
        for each in RECORDED:
            c.execute(sa.text(f"UPDATE {each} SET run_id = 0"))
        c.execute(sa.text(f"UPDATE {table} SET run_id = 5 WHERE id = '{id}'"))
        found = reach(c, frame_for(c, moment), "-", full=False, small=0).tasks
    assert found is not None
    assert (1, task) in found


def test_a_task_is_looked_at_again_when_its_portfolio_gets_another_name(
    work: sa.Engine, moment: Moment, add: Fill
) -> None:
    with work.begin() as c:
        add(c, m.ProjectRow, 1, "top", name="Core", state="active", run_id=5)
        add(c, m.ProjectRow, 1, "part", name="Quay", state="active", parent_id="top")
        c.execute(sa.text("UPDATE task SET project_id = 'part' WHERE id = 'told'"))
        for each in (*RECORDED, "project"):
            c.execute(sa.text(f"UPDATE {each} SET run_id = 0 WHERE id <> 'top'"))
        found = reach(c, frame_for(c, moment), "-", full=False, small=0).tasks
    assert found == [(1, "told")]


# ---- Sprints ----------------------------------------------------------------------------------


@pytest.fixture
def sprints(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    def sprint(id: str, start: float, end: float, **more: Any) -> None:
        values = {"name": id, "state": "active", "board_id": "B", "seen_at": ago(60)}
        add(c, m.SprintRow, 1, id, start_at=ago(start), end_at=ago(end), **{**values, **more})

    def place(id: str, sprint: str, seen: float, **more: Any) -> None:
        add(c, m.MembershipRow, 1, f"{sprint}-{id}", task_id=id, kind="sprint",
            container_id=sprint, seen_at=ago(seen), **more)  # fmt: skip

    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        sprint("now", 7, -7)
        sprint("beside", 3, -11)
        sprint("later", -8, -22, state="future")
        sprint("elsewhere", 7, -7, board_id="C")
        sprint("boardless", 7, -7, board_id=None)
        sprint("unseen", 7, -7, board_id="D", seen_at=ago(2))
        sprint("dated", 7, -7, board_id="E")
        sprint("before", 30, 16, board_id="E")
        sprint("undated", 7, -7, board_id="E")
        c.execute(sa.text("UPDATE sprint SET end_at = NULL WHERE id = 'undated'"))
        task = {"type": "story", "labels": [], "status": "todo"}
        add(c, m.TaskRow, 1, "sized", title="Sized", points=3, owner_id="a", **task)
        add(c, m.TaskRow, 1, "bare", title="Bare", **task)
        add(c, m.TaskRow, 1, "part", title="Part", owner_id="a", **{**task, "type": "subtask"})
        add(c, m.TaskRow, 1, "done", title="Done", **{**task, "status": "done"})
        add(c, m.TaskRow, 1, "odd", title="Odd", **{**task, "status": None})
        place("sized", "now", 20)
        place("bare", "now", 6.5)  # within a day of the start
        place("part", "now", 3)
        place("done", "now", 2, gone_at=ago(1))  # added, and taken out again
        place("odd", "now", 20, gone_at=ago(9))  # taken out before the start
        place("odd", "beside", 20)
        place("sized", "unseen", 2)
    return store


@pytest.mark.parametrize(
    ("condition", "flagged", "unknown"),
    [
        ("parallel sprints > 0", {"now", "beside", "later"}, {"boardless", "dated", "undated"}),
        ("added share is not empty and added share = 100", {"now"}, {"unseen"}),
        ("unestimated tasks = 1", {"now"}, {"beside"}),
        ("unowned tasks = 1", {"now"}, {"beside"}),
        (
            "length > 13",
            {"now", "beside", "later", "elsewhere", "boardless", "unseen", "dated", "before"},
            {"undated"},
        ),
    ],
)
def test_what_can_be_asked_of_a_sprint(
    sprints: sa.Engine, condition: str, flagged: set[str], unknown: set[str]
) -> None:
    found = answers(sprints, "sprint", condition)
    assert (found.flagged, found.unknown) == (flagged, unknown)


# ---- People -----------------------------------------------------------------------------------


@pytest.fixture
def team(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    """Ann works 20 hours, and is away on Thursday and Friday; of Bo nothing is said."""

    def task(id: str, *who: str, **more: Any) -> None:
        values = {"title": id, "type": "task", "status": "todo", "labels": []}
        add(c, m.TaskRow, 1, id, assignee_ids=list(who), owner_id=who[0], **{**values, **more})
        for position, person in enumerate(who):
            rows(c, m.Assignment, {"connection_id": 1, "task_id": id, "position": position,
                                   "person_id": person})  # fmt: skip

    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        for id in ("ann", "bo"):
            add(c, m.PersonRow, 1, id, name=id, email=f"{id}@example.com", active=True,
                kind="human")  # fmt: skip
        friday, late = date(2026, 3, 20), date(2026, 3, 30)
        task("alone", "ann", due_on=friday, remaining_minutes=600, estimate_minutes=9000)
        task("shared", "ann", "bo", due_on=date(2026, 3, 1), estimate_minutes=600,
             spent_minutes=240)  # fmt: skip
        task("spent", "bo", due_on=friday, estimate_minutes=60, spent_minutes=90)
        task("unspent", "bo", due_on=friday, estimate_minutes=120)
        task("unsized", "bo", due_on=friday)
        task("whole", "bo", due_on=friday, estimate_minutes=5000)
        task("part", "bo", due_on=friday, estimate_minutes=60, parent_id="whole")
        task("bare", "bo", due_on=friday, estimate_minutes=30)
        task("not wanted", "bo", due_on=friday, estimate_minutes=9000, parent_id="bare",
             status="cancelled")  # fmt: skip
        task("far", "bo", due_on=late, estimate_minutes=5000)
        task("over", "bo", due_on=friday, estimate_minutes=5000, status="done")
    away = ((date(2026, 3, 19), date(2026, 3, 20)), (date(2026, 5, 1), date(2026, 5, 9)))
    ann = KnownPerson("Ann", ("ann@example.com",), capacity_minutes=1200, leave=away)
    assign_identities(store, (ann,))
    return store


def of_people(engine: sa.Engine, *names: str, moment: Moment = MOMENT) -> dict[str, Any]:
    refs = [Ref(name, Span(1, 1)) for name in names]
    with reading(engine) as c:
        ids = c.execute(sa.text("SELECT id, name FROM identity")).all()
        keys = [(row.id, "") for row in ids]
        found = items(c, frame_for(c, moment), "person", keys, refs)
    return {row.name.lower(): tuple(found[row.id, ""].values.values()) for row in ids}


def test_a_week_of_work_against_what_someone_can_take_on(team: sa.Engine) -> None:
    names = ("weekly_capacity", "capacity", "effort_due", "unestimated_tasks", "load")
    assert of_people(team, *names) == {
        "ann": (1200, 720, 780, 0, pytest.approx(108.33, abs=0.01)),
        "bo": (2400, 2400, 180 + 120 + 60 + 30, 1, pytest.approx(16.25)),
    }


LOAD = ("work_in_progress", "open_tasks", "overdue_tasks", "effort_due", "unestimated_tasks")


def test_a_task_of_two_accounts_of_one_human_is_one(team: sa.Engine, add: Fill) -> None:
    due = {"due_on": date(2026, 3, 10), "status": "in_progress", "labels": [], "type": "task"}
    before = of_people(team, *LOAD)["ann"]
    with team.begin() as c:
        add(c, m.PersonRow, 1, "ann2", name="Ann", email="ann@example.com", active=True,
            kind="human")  # fmt: skip
        for id, minutes in (("twice", 100), ("twice-unsized", None)):
            add(c, m.TaskRow, 1, id, title=id, assignee_ids=["bo", "ann2", "ann"],
                owner_id="bo", estimate_minutes=minutes, **due)  # fmt: skip
            rows(c, m.Assignment, *(
                {"connection_id": 1, "task_id": id, "position": n, "person_id": who}
                for n, who in enumerate(("bo", "ann2", "ann"))
            ))  # fmt: skip
    assign_identities(team, (KnownPerson("Ann", ("ann@example.com",)),))
    more = (2, 2, 2, 2 * (100 // 3), 1)
    assert of_people(team, *LOAD)["ann"] == tuple(map(sum, zip(before, more, strict=True)))


def test_a_load_is_unknown_while_the_status_of_a_task_is(team: sa.Engine) -> None:
    with team.begin() as c:
        c.execute(sa.update(m.TaskRow.__table__).where(sa.column("id") == "far")  # type: ignore[attr-defined]
                  .values(status=None))  # fmt: skip
        bo = str(c.execute(sa.text("SELECT id FROM identity WHERE name = 'bo'")).scalar_one())
    for name in ("work in progress", "open tasks", "overdue tasks", "open effort"):
        assert answers(team, "person", f"{name} >= 0").unknown == {bo}
    for name in ("effort due", "unestimated tasks"):  # it is not due before long
        assert answers(team, "person", f"{name} >= 0").unknown == set()


def test_a_tool_that_does_not_say_whose_work_is_leaves_it_open(team: sa.Engine) -> None:
    for told, unknown in (("assignee_ids", 0), ("due_on", 2)):
        with team.begin() as c:
            c.execute(sa.update(m.Connection.__table__).values(  # type: ignore[attr-defined]
                provides={"task": ["status", told], "person": ["active"]}))  # fmt: skip
        assert len(answers(team, "person", "no task (status = done)").unknown) == unknown


def test_days_off_of_the_calendar_are_nobodys_capacity(team: sa.Engine) -> None:
    free = WorkCalendar.of(days_off=[date(2026, 3, 18), date(2026, 3, 19)])
    found = of_people(team, "capacity", moment=Moment(NOW, MOMENT.zone, free))
    assert found == {"ann": (480,), "bo": (1440,)}  # Thursday is off in any case


def test_whoever_is_away_all_week_has_no_load_but_too_much_work(team: sa.Engine) -> None:
    away = ((date(2026, 3, 1), date(2026, 3, 31)),)
    assign_identities(team, (KnownPerson("Ann", ("ann@example.com",), leave=away),))
    assert of_people(team, "capacity", "load")["ann"] == (0, None)
    assert len(answers(team, "person", "effort due > 100% of capacity").flagged) == 1


@pytest.mark.parametrize("known", [(KnownPerson("Ann", ("ann@example.com",)),), ()])
def test_what_left_the_people_file_is_forgotten(
    team: sa.Engine, known: tuple[KnownPerson, ...]
) -> None:
    assign_identities(team, known)
    assert of_people(team, "weekly_capacity", "capacity")["ann"] == (2400, 2400)


def test_load_is_unknown_where_a_tool_keeps_no_dates(team: sa.Engine) -> None:
    with team.begin() as c:
        c.execute(sa.update(m.Connection.__table__).values(  # type: ignore[attr-defined]
            provides={"task": ["assignee_ids", "status"], "person": ["active"]}))  # fmt: skip
    assert len(answers(team, "person", "load > 50 or effort due > 60 hours").unknown) == 2


# ---- Projects ---------------------------------------------------------------------------------


@pytest.fixture
def boards(store: sa.Engine, add: Fill, add_connection: Fill) -> sa.Engine:
    def task(id: str, project: str, **more: Any) -> None:
        values = {"title": id, "type": "task", "status": "in_progress", "labels": [],
                  "status_label": "Doing"}  # fmt: skip
        add(c, m.TaskRow, 1, id, project_id=project, **{**values, **more})

    with store.begin() as c:
        add_connection(c, 1, {**PROVIDES, "column": ["wip_max"]})
        for id in ("full", "roomy", "shared"):
            add(c, m.ProjectRow, 1, id, name=id, state="active")
            for n in range(2):
                task(f"{id}-{n}", id)
            task(f"{id}-review", id, status_label="Review")
            task(f"{id}-part", id, type="subtask")
            task(f"{id}-away", id, archived=True)
        words = ["Doing", "Review", "Doing"]  # statuses of several projects bear the same word
        for id, project, most in (("f", "full", 2), ("r", "roomy", 3), ("s", None, 1)):
            add(c, m.ColumnRow, 1, id, project_id=project, board_id=id, name="In work",
                position=1, status_labels=words, wip_max=most)  # fmt: skip
        add(c, m.ColumnRow, 1, "free", project_id="roomy", board_id="r", name="Free",
            position=2, status_labels=["Doing"])  # fmt: skip
        effort = {"status": "done", "estimate_minutes": 600, "spent_minutes": 900}
        task("d1", "full", **effort)
        task("d2", "full", **effort)
        task("d3", "full", **effort, parent_id="d2")
        away = {"gone_at": NOW, "gone_reason": "archived", "status": "done"}
        task("e1", "shared", status="done", estimate_minutes=9000, spent_minutes=9000)
        task("e2", "shared", estimate_minutes=600, spent_minutes=300, parent_id="e1", **away)
        task("e3", "shared", estimate_minutes=600, spent_minutes=300, **{**away, "status": "todo"})
        task("e4", "shared", estimate_minutes=600, spent_minutes=300,
             **{**away, "gone_reason": "deleted"})  # fmt: skip
        task("dropped", "full", **{**effort, "status": "cancelled"}, parent_id="d1")
        task("d4", "full", **{**effort, "estimate_minutes": None})
        task("d5", "full", **{**effort, "spent_minutes": None})
        task("d6", "full", **{**effort, "status": "in_progress"})
    return store


@pytest.mark.parametrize(
    ("condition", "flagged"),
    [
        ("columns over limit = 1 and crowded column = 'In work'", {"full"}),
        ("done estimate = 20 hours and done spent = 30 hours", {"full"}),
        # what a team has archived was done all the same; what it has deleted is no work of it
        ("done estimate = 10 hours and cost performance = 2", {"shared"}),
        ("done spent = 0", {"roomy"}),
    ],
)  # fmt: skip
def test_what_can_be_asked_of_a_project(
    boards: sa.Engine, condition: str, flagged: set[str]
) -> None:
    found = answers(boards, "project", condition)
    assert (found.flagged, found.unknown) == (flagged, set())


def test_columns_without_limits_are_unknown_where_a_tool_keeps_none(boards: sa.Engine) -> None:
    with boards.begin() as c:
        c.execute(sa.update(m.Connection.__table__).values(provides={"task": ["status"]}))  # type: ignore[attr-defined]
    assert answers(boards, "project", "columns over limit > 0").unknown == {
        "full", "roomy", "shared",
    }  # fmt: skip
