"""Plants of delivery and finance."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.core_others import identity, silent, sprint
from tests.planted.core_tasks import unmapped
from tests.planted.plot import Plot, plant, unknown

DAY = timedelta(days=1)


def started(p: Plot, at: Any, **more: Any) -> str:
    """A task whose history says since when it has its status."""
    task = p.at.task(**more)
    p.at.change(task, "status", "backlog", "todo", at - 3 * DAY)
    p.at.change(task, "status", "todo", "in_progress", at)
    return task


@plant("in-progress-too-long")
def _(p: Plot) -> str:
    return started(p, p.since("days"))


@unknown("in-progress-too-long")
def _(p: Plot) -> str:
    return p.at.task()  # no step of its history is known


@plant("closed-unstarted")
def _(p: Plot) -> str:
    at = p.days.begins(p.days.oldest(30, "days"))
    task = p.at.task(status="done", completed_at=at)
    p.at.change(task, "status", p.pick("todo", "in_progress"), "done", at)
    return task


@plant("blocked-too-long")
def _(p: Plot) -> str:
    task = p.at.task(blocked=True, blocked_reason="Waiting for parts")
    p.at.change(task, "blocked", "false", "true", p.since("days"))
    return task


@unknown("blocked-too-long")
def _(p: Plot) -> str:
    return p.at.task(blocked=True, blocked_reason="Nobody saw it become so")


@plant("column-over-limit")
def _(p: Plot) -> str:
    project = p.at.project()
    p.at.record("column", project_id=project, board_id="B", name="Doing", position=1,
                status_labels=["Doing", "Review"], wip_max=3)  # fmt: skip
    for n in range(3 + p.bad):
        p.at.task(project_id=project, status_label=("Doing", "Review")[n % 2])
    p.at.task(project_id=project, type="subtask")
    return project


@plant("story-without-acceptance-criteria")
def _(p: Plot) -> str:
    return p.at.task(type="story", custom=[
        {"id": "c7", "name": "acceptance Criteria", "value": p.pick(None, "It signs in")}])  # fmt: skip


@unknown("story-without-acceptance-criteria")
def _(p: Plot) -> str:
    return p.at.task(type="story", custom=[])


@plant("time-booked-after-completion")
def _(p: Plot) -> str:
    # A day begins first where it is fourteen hours later than in UTC.
    day = p.days.today - 8 * DAY
    begins = p.now.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0,
                           microsecond=0)  # fmt: skip
    at = begins - timedelta(hours=14, microseconds=p.bad)
    task = p.at.task(status="done", completed_at=at)
    for on in (day, day - 3 * DAY):
        p.at.record("worklog", task_id=task, minutes=30, on=on)
    return task


@plant("nothing-booked")
def _(p: Plot) -> str:
    task = started(p, p.now - timedelta(days=60))
    day = p.aged("days")
    for on in (day, day - 9 * DAY):
        p.at.record("worklog", task_id=task, minutes=30, on=on)
    return task


@unknown("nothing-booked")
def _(p: Plot) -> str:
    return p.at.task()


@plant("sprint-too-long")
def _(p: Plot) -> str:
    start = p.now - timedelta(days=3, hours=2, minutes=17, seconds=41, microseconds=123457)
    end = start + timedelta(days=p.param("days"), microseconds=1000 * p.bad)
    return sprint(p, start, end)


@unknown("sprint-too-long")
def _(p: Plot) -> str:
    return sprint(p, p.now, p.now + timedelta(days=p.param("days") + 1), state=None)


@plant("sprints-overlap")
def _(p: Plot) -> str:
    board, middle = p.at.name("B"), p.now + 2 * DAY
    sprint(p, middle - timedelta(microseconds=p.bad), middle + 9 * DAY, board_id=board)
    sprint(p, middle - 9 * DAY, middle + 9 * DAY, board_id=board, state="future")
    return sprint(p, middle - 9 * DAY, middle, board_id=board)


@unknown("sprints-overlap")
def _(p: Plot) -> str:
    return sprint(p, board_id=None)


def stay(p: Plot, task: str, container: str, **more: Any) -> None:
    """A task's place in a sprint."""
    p.at.record("membership", task_id=task, kind="sprint", container_id=container, **more)


@plant("sprint-scope-grows")
def _(p: Plot) -> str:
    start = p.now - timedelta(days=6, hours=1, minutes=7, seconds=13)
    found, late = sprint(p, start), start + DAY + timedelta(milliseconds=1)
    for n in range(10):  # entered a day after the start, to the second: planned
        stay(p, p.at.task(), found, seen_at=start + DAY if n else start - DAY)
    for _ in range(int(p.param("share")) // 10 + p.bad):
        stay(p, p.at.task(), found, seen_at=late)
    stay(p, p.at.task(), found, seen_at=start - DAY, gone_at=start - DAY / 2)
    return found


@unknown("sprint-scope-grows")
def _(p: Plot) -> str:
    found = sprint(p, seen_at=p.now)  # it had begun before we first saw it
    for days in (1, 2, 3):
        stay(p, p.at.task(), found, seen_at=p.now - days * DAY)
    return found


@plant("sprint-with-unestimated-work")
def _(p: Plot) -> str:
    found = sprint(p)
    for n in range(int(p.param("most")) + 1):
        stay(p, p.at.task(estimate_minutes=None, points=None if p.bad or n else 0.0), found)
    stay(p, p.at.task(estimate_minutes=None, points=None, status="done"), found)
    stay(p, p.at.task(estimate_minutes=None, points=None, type="subtask"), found)
    return found


@unknown("sprint-with-unestimated-work")
def _(p: Plot) -> str:
    found = sprint(p)
    stay(p, unmapped(p), found)
    return found


@plant("sprint-ends-with-unowned-work")
def _(p: Plot) -> str:
    found = sprint(p, end=p.until("days"))
    stay(p, p.at.task(assignee_ids=[]), found)
    return found


@unknown("sprint-ends-with-unowned-work")
def _(p: Plot) -> str:
    found = sprint(p, end=p.now)
    stay(p, unmapped(p), found)
    return found


@plant("carried-over")
def _(p: Plot) -> str:
    task, times = p.at.task(), int(p.param("times"))
    for n in range(times):
        at = p.now - n * 20 * DAY + timedelta(microseconds=not p.bad and n == 0)
        found = sprint(p, at, at + 14 * DAY, state="closed" if n else "active")
        stay(p, task, found, gone_at=at + 13 * DAY if n else None)
    return task


@plant("over-allocated", needs=("task.remaining_minutes",))
def _(p: Plot) -> str:
    who, other = p.at.person(capacity=2000), p.at.person()
    human = int(identity(p, who))
    p.at.portfolio.add("leave", identity_id=human, first_on=p.days.today + DAY * 2,
                       last_on=p.days.today + DAY * 3)  # fmt: skip
    week = [p.days.today + DAY * n for n in range(7)]
    there = [d for n, d in enumerate(week) if p.days.works(d) and n not in (2, 3)]
    capacity = 2000 * len(there) // (7 - len(p.days.weekend))
    effort = int(capacity * p.param("share") // 100) + p.bad
    last = p.days.today + 6 * DAY
    p.at.task(assignee_ids=[who, other], remaining_minutes=200, estimate_minutes=200,
              spent_minutes=0, due_on=last)  # fmt: skip
    p.at.task(assignee_ids=[who], remaining_minutes=effort - 100, estimate_minutes=effort - 100,
              spent_minutes=0, due_on=p.days.today - DAY)  # fmt: skip
    p.at.task(assignee_ids=[who], remaining_minutes=900, due_on=last + DAY)
    return str(human)


@unknown("over-allocated")
def _(p: Plot) -> str:
    who = p.at.person()
    p.at.task(assignee_ids=[who], remaining_minutes=9000, estimate_minutes=9000, spent_minutes=0,
              due_on=p.days.today)  # fmt: skip
    silent(p, who)
    return identity(p, who)


@plant("start-passed-but-todo")
def _(p: Plot) -> str:
    return p.at.task(status="todo", start_on=p.aged("days"))


@plant("done-without-completion")
def _(p: Plot) -> str:
    tomorrow, at = p.days.today + DAY, p.days.begins(p.days.oldest(p.param("days"), "days"))
    values: dict[str, Any] = {"status": "done", "updated_at": at, "completed_at": at}
    if not p.at.has(("task.completed_at",)):
        return p.at.task(**values)
    if not p.at.has(("task.start_on",)) or p.at.id % 3 == 0:
        values["start_on"] = p.days.today + DAY * p.bad
    elif p.at.id % 3 == 1:
        values["completed_at"] = p.days.begins(tomorrow) - timedelta(microseconds=not p.bad)
    else:
        values["completed_at"] = p.pick(None, at)
    return p.at.task(**values)


@plant("done-without-resolution")
def _(p: Plot) -> str:
    at = p.days.begins(p.days.oldest(p.param("days"), "days"))
    return p.at.task(
        status="done", completed_at=at, updated_at=at, resolution=p.pick(None, "Fixed")
    )


@plant("due-after-sprint", needs=("sprint.end_at",))
def _(p: Plot) -> str:
    last = p.days.today + 3 * DAY
    due = p.days.after(last, p.param("days"), "working days") + DAY * p.bad
    task = p.at.task(due_on=due)
    ends = p.days.begins(last + DAY) - timedelta(microseconds=1000)
    stay(p, task, sprint(p, end=ends - 9 * DAY))
    stay(p, task, sprint(p, end=ends))
    stay(p, task, sprint(p, end=ends + (9 if p.bad else -9) * DAY, state="closed"))
    stay(p, task, sprint(p, end=ends + 9 * DAY), gone_at=p.now)
    return task


@unknown("due-after-sprint")
def _(p: Plot) -> str:
    task = p.at.task(due_on=p.days.today + 60 * DAY)
    for state in ("active", None):
        stay(p, task, sprint(p, end=p.now, state=state))
    return task


@plant("owner-outside-team", needs=("project.member_ids",))
def _(p: Plot) -> str:
    who, members = p.at.person(), [p.at.person(), p.at.person(human=False)]
    project = p.at.project(member_ids=members if p.bad else [*members, who])
    return p.at.task(project_id=project, assignee_ids=[who])


@unknown("owner-outside-team")
def _(p: Plot) -> str:
    group = p.at.person(human=False, kind="group")
    return p.at.task(project_id=p.at.project(member_ids=[p.at.person(), group]))


# ---- finance -------------------------------------------------------------------------------------
@plant("time-without-estimate")
def _(p: Plot) -> str:
    spent = int(p.param("hours")) * 60 + p.bad
    return p.at.task(estimate_minutes=None, spent_minutes=spent, type="story")


@plant("effort-ahead-of-progress")
def _(p: Plot) -> str:
    return p.at.task(estimate_minutes=1000, spent_minutes=10 * p.reached("share"),
                     percent_complete=p.param("done") - 0.5)  # fmt: skip


@plant("project-costs-more-than-planned")
def _(p: Plot) -> str:
    project = p.at.project()
    spent, share = int(p.param("hours")) * 60, int(p.param("share"))
    values = {"project_id": project, "status": "done", "completed_at": p.now}
    half = spent // 2
    planned = spent * share // 100 - p.bad
    p.at.task(estimate_minutes=planned - 50, spent_minutes=half, **values)
    p.at.task(estimate_minutes=50, spent_minutes=spent - half, **values)
    whole = p.at.task(estimate_minutes=9, spent_minutes=9000, **values)
    p.at.task(parent_id=whole, type="subtask", estimate_minutes=None, spent_minutes=5, **values)
    return project
