"""Results are made when they no longer hold, and only then; standards read them like columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine import duties
from sync_engine.flags.apply import FlagReport, run
from sync_engine.rules import packs
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.filters import filter_tasks
from sync_engine.rules.standards import Standard
from sync_engine.scheduling import keep
from sync_engine.scheduling.keep import FLOAT, RESULT
from sync_engine.settings import load
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import Compliance, FlagRow
from tests.scheduling.conftest import NOW, Tool

STANDARDS = packs.load_all(["schedule"])
DAYS = ((18, 20), (23, 25), (26, 27))


def results(store: sa.Engine) -> dict[str, Any]:
    with reading(store) as connection:
        rows = connection.execute(sa.select(RESULT)).mappings()
        return {row["project_id"]: dict(row) for row in rows}


def floats(store: sa.Engine) -> dict[str, Any]:
    with reading(store) as connection:
        rows = connection.execute(sa.select(FLOAT)).mappings()
        return {row["task_id"]: dict(row) for row in rows}


def assessed(
    tool: Tool, standards: Sequence[Standard] = STANDARDS, *, full: bool | None = None
) -> FlagReport:
    keep.refresh(tool.engine, tool.moment)
    return run(
        tool.engine, standards, now=tool.moment.now, timezone=tool.moment.zone,
        calendar=tool.moment.calendar, full=full,
    )  # fmt: skip


def flagged(store: sa.Engine) -> set[tuple[str, str]]:
    rows = FlagRow.__table__  # type: ignore[attr-defined]
    with reading(store) as connection:
        found = connection.execute(
            sa.select(rows.c.standard, rows.c.subject_id).where(rows.c.state == "open")
        )
        return {(row.standard, row.subject_id) for row in found}


def test_a_projects_result_is_kept_with_its_day_and_run(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.project("Q")
    assert keep.refresh(tool.engine, tool.moment) == 2
    found = results(tool.engine)
    assert found["P"] == {
        "connection_id": 1, "project_id": "P", "day": date(2026, 3, 18), "run_id": 1,
        "basis": keep.basis(tool.moment), "dependencies": 2, "open_activities": 3,
        "undated_activities": 0, "forecast_finish": date(2026, 3, 27),
        "open_ends_share": pytest.approx(200 / 3), "leads": 0, "lags_share": 0.0,
        "finish_to_start_share": 100.0, "high_float_share": 0.0, "negative_float": 0,
        "invalid_dates": 0, "unresourced": 0, "critical_path_test": True, "cpli": 1.0,
        "dependency_conflicts": 0, "dependency_cycles": 0, "baseline_id": None,
        "high_duration_share": None, "missed_share": None, "bei": None,
    }  # fmt: skip
    assert (found["Q"]["dependencies"], found["Q"]["forecast_finish"]) == (0, None)
    rows = floats(tool.engine).values()
    assert [(row["total_float"], row["critical"]) for row in rows] == [(0.0, True)] * 3


SECOND = {"start_on": date(2026, 3, 23), "due_on": date(2026, 3, 25)}


@pytest.mark.parametrize(
    ("dates", "count"),
    [
        (SECOND, 0),
        ({"estimate_minutes": 60, "started_at": NOW}, 0),
        ({"estimate_minutes": 60}, None),  # in progress, nobody knows when it ends
        ({"due_on": date(2026, 3, 25)}, None),
        ({}, None),
    ],
)
def test_work_of_an_unknown_status_may_be_undated(
    tool: Tool, dates: dict[str, Any], count: int | None
) -> None:
    """It counts where it is open. What is undated and open for sure counts all the same."""
    tool.chain("a", "b", "c", days=DAYS)
    tool.task("b", status=None, **dates)
    keep.refresh(tool.engine, tool.moment)
    assert results(tool.engine)["P"]["undated_activities"] == count
    tool.pulled()
    tool.task("c")
    keep.refresh(tool.engine, tool.moment)
    assert results(tool.engine)["P"]["undated_activities"] == 1
    keep.refresh(tool.engine, tool.moment, {"schedule-undated": 1})
    sure = count is not None
    assert results(tool.engine)["P"]["undated_activities"] == (1 if sure else None)


def test_only_what_a_later_run_touched_is_made_anew(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    for id in ("Q", "R"):
        tool.project(id)
    tool.task("q", project_id="Q", due_on=date(2026, 3, 20))
    tool.link("q", "a")
    assert keep.refresh(tool.engine, tool.moment) == 3
    assert keep.refresh(tool.engine, tool.moment) == 0
    tool.pulled()
    assert keep.refresh(tool.engine, tool.moment) == 0
    tool.pulled()
    tool.task("b", start_on=date(2026, 3, 24), due_on=date(2026, 3, 25))
    assert keep.refresh(tool.engine, tool.moment) == 1
    assert results(tool.engine)["P"]["run_id"] == 3
    assert results(tool.engine)["R"]["run_id"] == 3  # it holds as of that run too
    tool.pulled()
    tool.task("q", project_id="Q", due_on=date(2026, 3, 27))  # P waits for it
    assert keep.refresh(tool.engine, tool.moment) == 2
    assert results(tool.engine)["P"]["forecast_finish"] == date(2026, 4, 7)


def test_results_of_a_refresh_that_was_broken_off_are_as_old_as_the_oldest(tool: Tool) -> None:
    """Only P was made anew when it ended: what was read of Q meanwhile is still to come."""
    tool.project("Q")
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    tool.task("q", project_id="Q", due_on=date(2026, 3, 20))
    with tool.engine.begin() as connection:
        connection.execute(sa.update(RESULT).where(RESULT.c.project_id == "P").values(run_id=2))
    keep.refresh(tool.engine, tool.moment)
    assert results(tool.engine)["Q"]["open_activities"] == 1


@pytest.mark.parametrize("what", ["link", "milestone", "project"])
def test_links_milestones_and_the_project_itself_count_as_touched(tool: Tool, what: str) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.milestone("m", due_on=date(2026, 3, 27))
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    change = {
        "link": lambda: tool.link("a", "c"),
        "milestone": lambda: tool.milestone("m", due_on=date(2026, 3, 26)),
        "project": lambda: tool.project(due_on=date(2026, 3, 26)),
    }
    change[what]()
    assert keep.refresh(tool.engine, tool.moment) == 1


def test_a_milestone_is_a_deadline_of_tasks_of_other_projects_too(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.project("Q")
    tool.milestone("m", project_id="Q", due_on=date(2026, 3, 27))
    tool.task("c", start_on=date(2026, 3, 26), due_on=date(2026, 3, 27), milestone_id="m")
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    tool.milestone("m", project_id="Q", due_on=date(2026, 3, 26))
    assert keep.refresh(tool.engine, tool.moment) == 2
    assert floats(tool.engine)["c"]["total_float"] == -1


def test_a_new_day_and_another_calendar_make_everything_anew(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    keep.refresh(tool.engine, tool.moment)
    tomorrow = replace(tool.moment, now=NOW + timedelta(days=1))
    assert keep.refresh(tool.engine, tomorrow) == 1
    assert keep.refresh(tool.engine, tomorrow) == 0
    free = WorkCalendar.of(days_off=[date(2026, 3, 24)])
    assert keep.refresh(tool.engine, replace(tomorrow, calendar=free)) == 1
    # Nobody began yesterday: 19 20 23 | 25 26 | 27 30, for the 24th is off.
    assert results(tool.engine)["P"]["forecast_finish"] == date(2026, 3, 30)


def test_another_threshold_makes_everything_anew(tool: Tool) -> None:
    """One date lies in the past, and who knows of how many more: too many of 0, not of 5."""
    tool.task("a", due_on=date(2026, 3, 2))
    tool.task("b", status=None)
    for limits, kept in ((None, 1), ({"D09": 5.0}, None), ({"D09": 0.0}, 1)):
        assert keep.refresh(tool.engine, tool.moment, limits) == 1
        assert keep.refresh(tool.engine, tool.moment, limits) == 0
        assert results(tool.engine)["P"]["invalid_dates"] == kept


def test_the_thresholds_in_force_decide_what_is_kept(tool: Tool, tmp_path: Path) -> None:
    tool.task("a", due_on=date(2026, 3, 2))
    tool.task("b", status=None)
    for most, kept in ((0, 1), (5, None)):
        file = tmp_path / f"{most}.yaml"
        file.write_text(
            "timezone: Europe/Berlin\nconnections: []\nstandards: "
            f"{{packs: [schedule], set: {{schedule-invalid-dates: {{most: {most}}}}}}}\n"
        )
        configuration = load(file)
        standards = duties.standards_of(configuration)
        duties.analyse_schedules(tool.engine, configuration, standards, NOW)
        assert results(tool.engine)["P"]["invalid_dates"] == kept


def test_a_moved_task_counts_where_it_is_now(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.project("Q")
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    tool.task("c", project_id="Q", start_on=date(2026, 3, 26), due_on=date(2026, 3, 27))
    keep.refresh(tool.engine, tool.moment)
    found = results(tool.engine)
    assert (found["P"]["open_activities"], found["Q"]["open_activities"]) == (2, 1)
    assert floats(tool.engine)["c"]["project_id"] == "Q"


@pytest.mark.parametrize("to", ["Q", None])
@pytest.mark.parametrize("linked", [True, False])
def test_a_moved_task_is_missed_where_it_was(tool: Tool, linked: bool, to: str | None) -> None:
    """Whether or not it is tied to anything there, and wherever it went."""
    tool.project("Q")
    tool.task("a", due_on=date(2026, 3, 20))
    tool.task("b", due_on=date(2026, 3, 2))
    if linked:
        tool.link("a", "b")
    keep.refresh(tool.engine, tool.moment)
    assert results(tool.engine)["P"]["invalid_dates"] == 1
    tool.pulled()
    tool.task("b", project_id=to, due_on=date(2026, 3, 2))
    tool.moved("b", "P", to)
    keep.refresh(tool.engine, tool.moment)
    found = results(tool.engine)
    assert (found["P"]["open_activities"], found["P"]["invalid_dates"]) == (1, 0)


def test_results_of_projects_and_tasks_that_are_gone_go(tool: Tool) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    tool.task("c", gone_at=NOW, gone_reason="deleted")
    tool.link("b", "c", gone_at=NOW)
    keep.refresh(tool.engine, tool.moment)
    assert set(floats(tool.engine)) == {"a", "b"}
    tool.project(gone_at=NOW)
    keep.refresh(tool.engine, tool.moment)
    assert results(tool.engine) == {}
    assert floats(tool.engine) == {}


def test_a_row_that_is_as_before_keeps_the_run_that_wrote_it(tool: Tool) -> None:
    """So that a task is assessed again only when its own float has changed."""
    tool.chain("a", "b", "c", days=DAYS)
    tool.task("d", start_on=date(2026, 3, 18), due_on=date(2026, 3, 18))
    tool.link("d", "b")
    keep.refresh(tool.engine, tool.moment)
    tool.pulled()
    tool.task("d", start_on=date(2026, 3, 18), due_on=date(2026, 3, 19))
    keep.refresh(tool.engine, tool.moment)
    assert {id: row["run_id"] for id, row in floats(tool.engine).items()} == {
        "a": 1, "b": 1, "c": 1, "d": 2
    }  # fmt: skip


def test_standards_flag_what_the_network_says(tool: Tool, store: sa.Engine) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.project(due_on=date(2026, 3, 26))
    tool.link("c", "b")
    tool.task("e", owner_id=None, start_on=date(2026, 3, 18), due_on=date(2026, 4, 1))
    tool.task("f", start_on=date(2026, 3, 20), due_on=date(2026, 3, 20))
    tool.link("e", "f", lag_minutes=-480)
    report = assessed(tool)
    assert not report.slow
    found = flagged(store)
    assert {standard for standard, subject in found if subject == "P"} == {
        "schedule-open-ends", "schedule-leads", "schedule-negative-float",
        "schedule-unresourced", "dependency-cycle", "schedule-path-index",
    }  # fmt: skip
    assert ("starts-before-predecessor", "f") in found
    assert ("starts-before-predecessor", "b") in found  # c, on which it depends, is later


def test_a_project_without_dependencies_is_out_of_scope(tool: Tool, store: sa.Engine) -> None:
    tool.task("a", due_on=date(2026, 3, 1))
    assessed(tool)
    assert {subject for _, subject in flagged(store)} == set()
    rows = Compliance.__table__  # type: ignore[attr-defined]
    with reading(store) as connection:
        counted = connection.execute(sa.select(rows.c.standard, rows.c.unknown)).all()
    assert not [row for row in counted if row.standard.startswith("schedule-")]


@pytest.mark.parametrize("state", ["archived", "closed"])
def test_a_project_that_is_over_has_no_open_activities(tool: Tool, state: str) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    tool.project(state=state)
    assessed(tool)
    assert results(tool.engine)["P"]["open_activities"] == 0
    assert not [each for each in flagged(tool.engine) if each[1] == "P"]


def test_without_a_result_of_the_day_nothing_is_said(tool: Tool, store: sa.Engine) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    keep.refresh(store, tool.moment)
    tool.moment = replace(tool.moment, now=NOW + timedelta(days=1))
    run(
        store, STANDARDS, now=tool.moment.now, timezone=tool.moment.zone,
        calendar=tool.moment.calendar, full=True,
    )  # fmt: skip
    assert not [each for each in flagged(store) if each[1] == "P"]


def test_a_slip_far_away_is_seen_in_an_assessment_of_what_changed(
    tool: Tool, store: sa.Engine
) -> None:
    """Only `a` changed, and only tasks that changed are assessed: the chain behind it is later by
    what the network says, though no row of theirs was read."""
    names = [f"t{n}" for n in range(6)]
    tool.chain("a", *names, days=((18, 18), *((n, n) for n in (19, 20, 23, 24, 25, 26))))
    tool.project(due_on=date(2026, 3, 26))
    late = packs.from_source(_source()).standards
    assessed(tool, late, full=True)
    assert flagged(store) == set()
    tool.pulled()
    tool.task("a", start_on=date(2026, 3, 18), due_on=date(2026, 3, 19))
    tool.moment = replace(tool.moment, now=NOW + timedelta(minutes=5))
    report = assessed(tool, late, full=False)
    assert not report.full
    assert flagged(store) == {("late", id) for id in ("a", *names)}


def _source() -> Any:
    from sync_engine.settings.source import parse

    return parse(
        "\n".join(
            [
                "pack: late", "title: Late", "standards:", "  - id: late", "    title: Too late",
                "    source: test", "    why: Because it is too late.", "    severity: high",
                "    subject: task", "    flag_when: total float < 0", "    say: It is too late.",
                "    remedy: Hurry up.",
                "    examples: {flags: [{total_float: -1}], passes: [{total_float: 0}]}",
            ]
        ),
        "late.yaml",
    )  # fmt: skip


def test_tasks_are_filtered_by_float(tool: Tool, store: sa.Engine, moment: Moment) -> None:
    tool.chain("a", "b", days=((18, 20), (23, 25)))
    tool.task("c", start_on=date(2026, 3, 18), due_on=date(2026, 3, 18))
    tool.link("c", "b")
    keep.refresh(store, moment)

    def those(where: str) -> set[str]:
        with reading(store) as connection:
            found = connection.execute(filter_tasks(connection, where, moment)).mappings()
            return {row["id"] for row in found}

    assert those("critical") == {"a", "b"}
    assert those("not critical") == {"c"}
    assert those("total float >= 2") == {"c"}
    assert those("predecessor conflicts = 0") == {"a", "b", "c"}


def test_results_are_needed_only_where_a_standard_in_force_asks(tool: Tool) -> None:
    assert keep.needed(STANDARDS)
    assert not keep.needed(packs.load_all(["pmo-core"]))
    assert not keep.needed([replace(each, enabled=False) for each in STANDARDS])


def test_a_tool_without_links_is_left_alone(tool: Tool, store: sa.Engine) -> None:
    tool.chain("a", "b", "c", days=DAYS)
    from sync_engine.store.models import Connection

    row = Connection.__table__  # type: ignore[attr-defined]
    with store.begin() as connection:
        connection.execute(sa.update(row).values(provides={"task": ["status", "project_id"]}))
    assert keep.refresh(store, tool.moment) == 0
