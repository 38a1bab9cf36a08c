"""From rows to a network, on both databases: what is an activity, what is a link, what is known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.scheduling.find import find
from sync_engine.scheduling.words import kind_of
from sync_engine.store.engine import reading
from tests.scheduling.conftest import NOW, Tool


def ids(tool: Tool) -> list[str]:
    return [each.id for each in tool.plan().activities]


def test_a_task_becomes_an_activity_with_all_that_is_known_of_it(tool: Tool) -> None:
    tool.task(
        "a", status="in_progress", start_on=date(2026, 3, 2), due_on=date(2026, 3, 27),
        started_at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), estimate_minutes=4800,
        remaining_minutes=960, percent_complete=60.0,
    )  # fmt: skip
    (found,) = tool.plan().activities
    assert (found.state, found.start, found.finish) == (
        "started", date(2026, 3, 2), date(2026, 3, 27)
    )  # fmt: skip
    assert found.actual_start == date(2026, 3, 3)  # in the PMO's time zone
    assert (found.estimate, found.remaining, found.percent, found.owned) == (4800, 960, 60.0, True)
    assert not found.external
    assert found.deadline is None


@pytest.mark.parametrize(
    ("status", "state"),
    [("todo", "open"), ("in_progress", "started"), ("done", "done"), (None, None)],
)
def test_states_are_those_of_the_status(tool: Tool, status: str | None, state: str | None) -> None:
    tool.task("a", status=status)
    assert [each.state for each in tool.plan().activities] == [state]


def test_what_is_cancelled_or_deleted_is_no_part_and_neither_are_its_links(tool: Tool) -> None:
    tool.task("a")
    tool.task("b", status="cancelled")
    tool.task("c", gone_at=NOW, gone_reason="deleted")
    tool.link("a", "b")
    tool.link("c", "a")
    for id, status in (("d", "todo"), ("e", "in_progress")):  # put away unfinished
        tool.task(id, status=status, gone_at=NOW, gone_reason="archived")
        tool.link(id, "a")
    assert ids(tool) == ["a"]
    assert tool.plan().dependencies == ()
    tool.task("e", status=None, gone_at=NOW, gone_reason="archived")  # perhaps it was done
    assert ids(tool) == ["a", "e"]


def test_what_is_done_and_archived_is_still_done(tool: Tool) -> None:
    tool.project("Q")
    away = {"status": "done", "gone_at": NOW, "gone_reason": "archived"}
    for id, project in (("done", "P"), ("far", "Q")):
        tool.task(id, project_id=project, completed_at=datetime(2026, 3, 4, 9, tzinfo=UTC), **away)
    tool.task("dropped", **{**away, "status": "todo"})
    tool.task("a")
    for id in ("done", "far"):
        tool.link(id, "a")
    found = {each.id: each for each in tool.plan().activities}
    assert set(found) == {"done", "far", "a"}
    for id in ("done", "far"):
        assert (found[id].state, found[id].actual_finish) == ("done", date(2026, 3, 4))


def test_a_project_is_judged_on_the_level_on_which_it_is_linked(tool: Tool) -> None:
    tool.task("epic", type="epic")
    tool.task("story", parent_id="epic")
    tool.task("step", parent_id="story", type="subtask")
    tool.task("detail", parent_id="step", type="subtask")
    tool.task("whole")
    tool.task("part", parent_id="whole", type="subtask")
    tool.task("loose")
    tool.task("empty epic", type="epic")
    tool.link("story", "loose")
    assert ids(tool) == ["loose", "part", "story"]
    tool.link("step", "loose")
    assert ids(tool) == ["loose", "part", "step", "story"]


def test_what_has_only_cancelled_parts_stands_for_itself(tool: Tool) -> None:
    tool.task("whole")
    for id in ("one", "other"):
        tool.task(id, parent_id="whole", type="subtask", status="cancelled")
    assert ids(tool) == ["whole"]
    tool.task("other", parent_id="whole", type="subtask", status="done")
    assert ids(tool) == ["other"]


def test_parents_in_a_circle_do_not_hang_the_reader(tool: Tool) -> None:
    tool.task("a", parent_id="b")
    tool.task("b", parent_id="a")
    tool.task("c", parent_id="a")
    tool.link("a", "c")
    assert ids(tool) == ["a", "c"]


def test_milestones_are_deadlines_of_themselves_and_of_what_belongs_to_them(tool: Tool) -> None:
    tool.milestone("m", due_on=date(2026, 4, 1))
    tool.milestone("reached", due_on=date(2026, 4, 2), state="done")
    tool.task("a", type="milestone", due_on=date(2026, 4, 9))
    tool.task("b", milestone_id="m", due_on=date(2026, 3, 20))
    tool.task("c", milestone_id="reached")
    found = {each.id: each for each in tool.plan().activities}
    assert (found["a"].milestone, found["a"].deadline) == (True, date(2026, 4, 9))
    assert (found["b"].milestone, found["b"].deadline) == (False, date(2026, 4, 1))
    assert found["c"].deadline is None


def test_work_of_other_projects_comes_with_its_own_dates(tool: Tool) -> None:
    tool.project("Q")
    tool.task("far", project_id="Q", due_on=date(2026, 4, 1), status="in_progress")
    tool.task("mine")
    tool.link("far", "mine")
    tool.link("unseen", "mine")
    found = {each.id: each for each in tool.plan().activities}
    assert found["far"].external
    assert (found["far"].state, found["far"].finish) == ("started", date(2026, 4, 1))
    assert found["unseen"].external
    assert found["unseen"].state is None
    assert [each.id for each in tool.plan("Q").activities if not each.external] == ["far"]
    assert len(tool.plan("Q").dependencies) == 1


@pytest.mark.parametrize(
    ("values", "kind", "lag", "told"),
    [
        ({}, "FS", 0, True),
        ({"type_label": "StartToStart", "lag_minutes": 480}, "SS", 480, True),
        ({"type_label": None}, "FS", 0, True),
        ({"type": "blocks", "type_label": "Blocks"}, "FS", 0, False),
        ({"type": "other", "type_label": "finish to finish", "lag_minutes": -60}, "FF", -60, True),
    ],
)
def test_links_keep_their_kind_and_their_lag(
    tool: Tool, values: dict[str, Any], kind: str, lag: int, told: bool
) -> None:
    tool.task("a")
    tool.task("b")
    tool.link("a", "b", **values)
    (found,) = tool.plan().dependencies
    assert (found.before, found.after) == ("a", "b")
    assert (found.kind, found.lag, found.told) == (kind, lag, told)


@pytest.mark.parametrize("type", ["relates", "duplicates", "clones", "other"])
def test_other_links_are_no_dependencies(tool: Tool, type: str) -> None:
    tool.task("a")
    tool.task("b")
    tool.link("a", "b", type=type, type_label="Relates")
    assert tool.plan().dependencies == ()


def test_a_link_that_is_gone_ties_nothing(tool: Tool) -> None:
    tool.task("a")
    tool.task("b")
    tool.link("a", "b", gone_at=NOW)
    assert tool.plan().dependencies == ()


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("FS", "FS"), ("finish to start", "FS"), ("FinishToStart", "FS"),
        ("Gantt: start-to-start", "SS"), ("FF", "FF"), ("StartToFinish", "SF"),
        ("gantt end to start", "FS"), ("end-to-end [gantt]", "FF"),
    ],
)  # fmt: skip
def test_tools_say_the_kind_in_many_ways(label: str, kind: str) -> None:
    assert kind_of("other", label) == (kind, True)


def test_fields_that_the_tool_or_the_project_has_no_room_for_are_lacking(tool: Tool) -> None:
    assert tool.plan().lacks == frozenset()
    tool.project(lacks=["due_on", "assignee_ids"])
    tool.task("a", owner_id=None)
    found = tool.plan()
    assert found.lacks == {"task.due_on", "task.assignee_ids"}
    assert found.activities[0].owned is None


def test_a_project_is_found_by_id_key_and_name(tool: Tool, store: sa.Engine) -> None:
    tool.project("1001", name="Harbour", key="HAR")
    tool.project("1002", name="harbour")
    tool.project("1003", name="Harbour", gone_at=NOW)
    with reading(store) as connection:
        assert [each.id for each in find(connection, "1001")] == ["1001"]
        assert [each.id for each in find(connection, "har")] == ["1001"]
        assert [each.id for each in find(connection, "HARBOUR")] == ["1001", "1002"]
        assert [each.id for each in find(connection, "Harbour", "tool-1")] == ["1001", "1002"]
        assert find(connection, "Harbour", "elsewhere") == []
        assert find(connection, "Quay") == []


def test_work_done_at_the_end_of_the_calendar_is_read(tool: Tool) -> None:
    """It has no day in Berlin; the analysis of all else goes on."""
    tool.task("a", status="done", completed_at=datetime(9999, 12, 31, 23, 30, tzinfo=UTC))
    (found,) = tool.plan().activities
    assert found.actual_finish == date(9999, 12, 31)
