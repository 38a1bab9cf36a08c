"""Plants across tools, of dependencies, and of schedules that were analysed before."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.core_tasks import unmapped
from tests.planted.plot import Plot, plant, unknown
from tests.planted.portfolio import Place

DAY = timedelta(days=1)


def elsewhere(p: Plot) -> Place:
    """Another tool, one that knows of due dates and assignees."""
    places = p.at.portfolio.places.values()
    needs = ("task.due_on", "task.status", "task.assignee_ids", "task.url", "task.project_id")
    return next(each for each in places if each.id != p.at.id and each.has(needs))


def address(place: Place, task: str) -> str:
    """Where a task of a tool is."""
    return f"https://{place.tool}-{place.id}.example/{task}"


def mention(p: Plot, task: str, other: Place, far: str) -> None:
    """A task names another tool's."""
    p.at.portfolio.add("mention", connection_id=p.at.id, kind="task", record_id=task,
                       url_key=address(other, far), task_id=task)  # fmt: skip


@plant("possible-duplicate")
def _(p: Plot) -> str:
    title = f"Renew it {p.at.name('t')}".ljust(12, "x")
    other = elsewhere(p)
    far = other.task(title=f" {title.upper()}", status="todo")
    task = p.at.task(title=title)
    if not p.bad:
        mention(p, task, other, far)
    return task


@unknown("possible-duplicate")
def _(p: Plot) -> str:
    title, other = f"Renew it {p.at.name('t')}", elsewhere(p)
    other.task(title=title, status="todo")
    far, task = other.task(status=None), p.at.task(title=title)
    mention(p, task, other, far)
    return task


@plant("open-but-done-elsewhere")
def _(p: Plot) -> str:
    other = elsewhere(p)
    far, task = other.task(status=p.pick("done", "cancelled")), p.at.task(status="todo")
    mention(p, task, other, far)
    return task


@unknown("open-but-done-elsewhere")
def _(p: Plot) -> str:
    other, task = elsewhere(p), p.at.task(status="todo")
    for status in ("done", None):
        mention(p, task, other, other.task(status=status))
    return task


def pair(p: Plot, first: Any = None, second: Any = None, **more: Any) -> str:
    """A dependency between two tasks."""
    one = p.at.task(**{"status": "todo", **(first or {})})
    other = p.at.task(**{"status": "todo", **(second or {})})
    return p.at.link("blocks", one, other, **more)


def nowhere(p: Plot, **more: Any) -> str:
    """A dependency on something that is in no tool that we read."""
    return p.at.link("blocks", "https://nowhere.example/1", p.at.task(**more))


@plant("dependency-dates-conflict")
def _(p: Plot) -> str:
    due = p.days.today + 9 * DAY
    return pair(p, {"due_on": due}, {"start_on": due - DAY * p.bad, "due_on": due})


@unknown("dependency-dates-conflict")
def _(p: Plot) -> str:
    return nowhere(p)


@plant("mutual-dependency")
def _(p: Plot) -> str:
    one, other = p.at.task(status="todo"), p.at.task()
    p.at.link(p.pick("precedes", "relates"), other, one)
    return p.at.link("blocks", one, other)


@unknown("mutual-dependency")
def _(p: Plot) -> str:
    one, other = unmapped(p), p.at.task()
    p.at.link("blocks", other, one)
    return p.at.link("blocks", one, other)


@plant("dependency-on-unowned-work")
def _(p: Plot) -> str:
    return pair(p, {"assignee_ids": p.pick([], [p.at.person()])})


@unknown("dependency-on-unowned-work")
def _(p: Plot) -> str:
    return nowhere(p, status="todo")


@plant("waits-for-overdue-project")
def _(p: Plot) -> str:
    one, other = p.at.project(), p.at.project()
    return pair(p, {"project_id": one, "due_on": p.aged("days")}, {"project_id": other})


@unknown("waits-for-overdue-project")
def _(p: Plot) -> str:
    one, other = p.at.project(), p.at.project()
    late = {"project_id": one, "due_on": p.days.today - 30 * DAY}
    return pair(p, late, {"project_id": other, "status": None})


@plant("done-before-predecessor")
def _(p: Plot) -> str:
    done = {"status": "done", "completed_at": p.now}
    return pair(p, {"status": p.pick("in_progress", "cancelled")}, done)


@unknown("done-before-predecessor")
def _(p: Plot) -> str:
    return nowhere(p, status="done", completed_at=p.now)


# ---- schedules -----------------------------------------------------------------------------------
SOUND = {
    "dependencies": 40, "open_activities": 40, "undated_activities": 0, "open_ends_share": 0.0,
    "leads": 0, "lags_share": 0.0, "finish_to_start_share": 100.0, "high_float_share": 0.0,
    "negative_float": 0, "invalid_dates": 0, "unresourced": 0, "critical_path_test": True,
    "cpli": 1.0, "dependency_conflicts": 0, "dependency_cycles": 0, "high_duration_share": 0.0,
    "missed_share": 0.0, "bei": 1.0,
}  # fmt: skip
COLUMNS = {
    "schedule-open-ends": ("open_ends_share", "most"), "schedule-leads": ("leads", "most"),
    "schedule-lags": ("lags_share", "most"),
    "schedule-link-kinds": ("finish_to_start_share", "least"),
    "schedule-high-float": ("high_float_share", "most"), "schedule-negative-float": ("negative_float", ""),
    "schedule-invalid-dates": ("invalid_dates", "most"), "schedule-unresourced": ("unresourced", ""),
    "schedule-path-index": ("cpli", "least"), "schedule-undated": ("undated_activities", "most"),
    "schedule-high-duration": ("high_duration_share", "most"), "schedule-missed": ("missed_share", "most"),
    "schedule-execution-index": ("bei", "least"), "dependency-cycle": ("dependency_cycles", ""), "schedule-critical-path": ("critical_path_test", ""),
}  # fmt: skip


def analysed(p: Plot, **more: Any) -> str:
    """A project whose network was analysed today."""
    project = p.at.project()
    values = {**SOUND, "day": p.days.today, "run_id": p.at.id, "basis": "planted", **more}
    p.at.portfolio.add("result", connection_id=p.at.id, project_id=project, **values)
    return project


@plant(*COLUMNS)
def _(p: Plot) -> str:
    column, param = COLUMNS[p.standard.id]
    if column == "critical_path_test":
        return analysed(p, critical_path_test=not p.bad)
    limit = p.param(param) if param else 0
    step = 1 if isinstance(SOUND[column], int) else 0.001
    return analysed(p, **{column: limit + p.bad * step * (-1 if param == "least" else 1)})


@unknown(*COLUMNS)
def _(p: Plot) -> str:
    return analysed(p, day=p.days.today - DAY)  # nobody has analysed it today


@plant("starts-before-predecessor")
def _(p: Plot) -> str:
    task = p.at.task(project_id=analysed(p), status="todo")
    row = p.at.portfolio.rows["task"][-1]
    p.at.portfolio.add("float", connection_id=p.at.id, task_id=task, project_id=row.project_id,
                       run_id=p.at.id, conflicts=int(p.bad))  # fmt: skip
    return task


@unknown("starts-before-predecessor")
def _(p: Plot) -> str:
    return p.at.task(project_id=analysed(p, day=p.days.today - DAY), status="todo")
