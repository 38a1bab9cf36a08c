"""Plants of what was agreed: baselines of projects, and what sprints began with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.core_others import sprint
from tests.planted.core_tasks import unmapped
from tests.planted.plot import Plot, plant, unknown

DAY = timedelta(days=1)


def work(p: Plot, project: str, *statuses: str | None, **more: Any) -> list[str]:
    """Tasks of a project."""
    return [
        p.at.task(project_id=project, status=s, completed_at=p.now if s == "done" else None, **more)
        for s in statuses
    ]


@plant("project-without-baseline")
def _(p: Plot) -> str:
    project = p.at.project()
    tasks = work(p, project, "done", "todo")
    p.at.baseline(project, *tasks, removed=p.bad)
    return project


@unknown("project-without-baseline")
def _(p: Plot) -> str:
    project = p.at.project()
    unmapped(p, project_id=project)
    return project


def stone(p: Plot, project: str, due: Any, agreed: Any, **more: Any) -> str:
    """A milestone, and when it was agreed to be due; earlier and removed baselines say else."""
    found = p.at.record("milestone", name="Beta", state="open", due_on=due, project_id=project)
    for day, removed in ((due, False), (agreed, False), (due - 99 * DAY, True)):
        baseline = p.at.baseline(project, removed=removed, **more)
        p.at.portfolio.add("planned_stone", baseline_id=baseline, milestone_id=found, due_on=day)
    return found


@plant("milestone-slipped")
def _(p: Plot) -> str:
    agreed = p.days.today - 3 * DAY
    last = p.days.after(agreed, p.param("days"), "working days")
    return stone(p, p.at.project(), last + DAY * p.bad, agreed)


@unknown("milestone-slipped")
def _(p: Plot) -> str:
    due = p.days.today + 90 * DAY
    return p.at.record(
        "milestone", name="Beta", state="open", due_on=due, project_id=p.at.project()
    )


@plant("scope-grows")
def _(p: Plot) -> str:
    project, new = p.at.project(), int(p.param("share")) // 10 + 1 + p.bad
    kept = work(p, project, *["todo"] * 8, "done", "cancelled")
    part = work(p, project, "todo", type="subtask")[0]
    p.at.baseline(project, *kept[:5])
    baseline = p.at.baseline(project, *kept)
    p.at.planned(baseline, part, type="subtask")
    work(p, project, *["todo"] * new, "cancelled")
    work(p, project, "todo", "todo", type="subtask")
    return project


@unknown("scope-grows")
def _(p: Plot) -> str:
    project = p.at.project()
    p.at.baseline(project, *work(p, project, *["todo"] * 5), "nobody-sees-it-any-more")
    work(p, project, *["todo"] * 5)
    return project


def behind(p: Plot, done: int, open: int, **more: Any) -> tuple[str, int]:
    """A project, and its baseline by which so many tasks were due by now."""
    project, yesterday = p.at.project(), p.days.today - DAY
    p.at.baseline(project, *work(p, project, "todo"))
    baseline = p.at.baseline(project)
    tasks = work(p, project, *["done"] * done, *["todo"] * open)
    for task in tasks:
        p.at.planned(baseline, task, due_on=yesterday, **more)
    later, whole, undated = work(p, project, "todo", "todo", "done")
    p.at.planned(baseline, later, due_on=p.days.today)
    p.at.planned(baseline, whole, due_on=yesterday, whole=True, estimate_minutes=None)
    p.at.planned(baseline, undated, due_on=None, estimate_minutes=None)
    return project, baseline


@plant("project-behind-agreed-work")
def _(p: Plot) -> str:
    done = round(p.param("least") * 10) - p.bad
    return behind(p, done, 10 - done)[0]


@unknown("project-behind-agreed-work")
def _(p: Plot) -> str:
    project, baseline = behind(p, 2, 8)
    elsewhere = unmapped(
        p, project_id=p.at.project()
    )  # it went there, and nobody knows how far it is
    p.at.planned(baseline, elsewhere)
    return project


@plant("project-behind-agreed-effort")
def _(p: Plot) -> str:
    earned = round(p.param("least") * 1000) - p.bad
    project, baseline = behind(p, 0, 1, estimate_minutes=1000 - earned)
    for task, part in zip(work(p, project, "done", "done"), (earned - 9, 9), strict=True):
        p.at.planned(baseline, task, due_on=p.days.today - DAY, estimate_minutes=part)
    return project


@unknown("project-behind-agreed-effort")
def _(p: Plot) -> str:
    project, baseline = behind(p, 2, 8)
    p.at.planned(baseline, work(p, project, "todo")[0], estimate_minutes=None)
    return project


def closed(p: Plot, **more: Any) -> str:
    """A sprint that was closed as long ago as is looked at, and seen to begin."""
    at = p.days.begins(p.days.oldest(30, "days"))
    found = sprint(p, at - 14 * DAY, at, state="closed", **{"completed_at": at, **more})
    p.at.portfolio.add("commitment", connection_id=p.at.id, sprint_id=found, taken_at=p.now,
                       began_at=at - 14 * DAY)  # fmt: skip
    return found


def commit(p: Plot, found: str, *tasks: str) -> None:
    """What a sprint began with."""
    for task in tasks:
        p.at.portfolio.add("committed", connection_id=p.at.id, sprint_id=found, task_id=task)


@plant("sprint-commitment-missed")
def _(p: Plot) -> str:
    found, done = closed(p), int(p.param("least")) // 10 - p.bad
    at = p.days.begins(p.days.oldest(30, "days"))
    for _ in range(done):
        commit(p, found, p.at.task(status="done", completed_at=at))
    commit(p, found, p.at.task(status="done", completed_at=at + timedelta(microseconds=1000)))
    commit(p, found, *(p.at.task() for _ in range(9 - done)))
    p.at.record("membership", task_id=p.at.task(status="done", completed_at=at), kind="sprint",
                container_id=found)  # fmt: skip
    return found


@unknown("sprint-commitment-missed")
def _(p: Plot) -> str:
    found = closed(p)
    commit(p, found, unmapped(p), *(p.at.task() for _ in range(9)))
    return found
