"""Plants of pmo-core: tasks."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.planted.plot import Plot, plant, unknown

WEEK = timedelta(days=7)


def unmapped(p: Plot, **more: Any) -> str:
    """A task whose status word nobody has mapped."""
    return p.at.task(status=None, status_label="Parked", **more)


def parts(p: Plot, whole: str, *statuses: str | None, **more: Any) -> None:
    """Subtasks."""
    for status in statuses:
        p.at.task(parent_id=whole, type="subtask", status=status, **more)


@plant("active-without-owner")
def _(p: Plot) -> str:
    return p.at.task(assignee_ids=p.pick([], [p.at.person()]))


@unknown("active-without-owner")
def _(p: Plot) -> str:
    return unmapped(p, assignee_ids=[])


@plant("owner-has-left")
def _(p: Plot) -> str:
    return p.at.task(assignee_ids=[p.at.person(active=not p.bad), p.at.person(active=False)])


@plant("many-owners")
def _(p: Plot) -> str:
    return p.at.task(assignee_ids=[p.at.person() for _ in range(p.over("most"))])


@unknown("many-owners")
def _(p: Plot) -> str:
    return unmapped(p, assignee_ids=[p.at.person() for _ in range(p.over("most"))])


@plant("active-without-due-date", needs=("task.milestone_id", "milestone.due_on"))
def _(p: Plot) -> str:
    due = p.pick(None, p.days.today + WEEK)
    stone = p.at.record("milestone", name="M", state="open", due_on=due)
    return p.at.task(due_on=None, milestone_id=stone)


@unknown("active-without-due-date")
def _(p: Plot) -> str:
    return unmapped(p, due_on=None)


@plant("active-without-estimate")
def _(p: Plot) -> str:
    return p.at.task(estimate_minutes=p.pick(None, 0), points=None, type="bug")


@plant("overdue")
def _(p: Plot) -> str:
    return p.at.task(due_on=p.aged("days"), status="todo")


def moves(p: Plot, times: int) -> str:
    """A task of which the due date was put off so often, and drawn forward once."""
    task = p.at.task()
    days = [p.days.today + WEEK * n for n in range(times + 1)]
    pairs = [
        (None, days[0]),
        *pairwise(days),
        (days[-1], days[0]),
        (days[0], None),
    ]
    for n, (old, new) in enumerate(pairs):
        before, after = (None if day is None else day.isoformat() for day in (old, new))
        p.at.change(task, "due_on", before, after, p.now - timedelta(days=40 - n))
    return task


@plant("due-date-pushed")
def _(p: Plot) -> str:
    return moves(p, p.reached("times"))


@plant("starts-after-due")
def _(p: Plot) -> str:
    due = p.days.today + WEEK
    return p.at.task(start_on=due + timedelta(days=p.bad), due_on=due)


@plant("due-after-parent")
def _(p: Plot) -> str:
    due = p.days.today + WEEK
    whole = p.at.task(due_on=due)
    return p.at.task(parent_id=whole, due_on=due + timedelta(days=p.bad))


@plant("due-after-milestone", needs=("task.milestone_id", "milestone.due_on"))
def _(p: Plot) -> str:
    due = p.days.today + WEEK
    stone = p.at.record("milestone", name="M", state="open", due_on=due)
    return p.at.task(milestone_id=stone, due_on=due + timedelta(days=p.bad))


@unknown("due-after-milestone")
def _(p: Plot) -> str:
    due = p.days.today + WEEK
    stone = p.at.record("milestone", name="M", state="open", due_on=due)
    return unmapped(p, milestone_id=stone, due_on=due + WEEK)


@plant("stale-in-progress")
def _(p: Plot) -> str:
    quiet = p.days.begins(p.days.oldest(p.param("days"), "working days")) - timedelta(days=30)
    task = p.at.task(updated_at=quiet)
    if "comment" in p.at.provides:
        p.at.record("comment", task_id=task, text="Well?", at=p.since("days"))
    elif not p.bad:
        return p.at.task(updated_at=p.since("days"))
    return task


@unknown("stale-in-progress")
def _(p: Plot) -> str:
    whole = p.at.task(updated_at=p.now - timedelta(days=200))
    parts(p, whole, "done", None)
    return whole


@plant("started-but-todo")
def _(p: Plot) -> str:
    return p.at.task(status="todo", spent_minutes=p.pick(1, 0))


@plant("effort-overrun")
def _(p: Plot) -> str:
    return p.at.task(estimate_minutes=100, spent_minutes=p.over("share"))


@plant("nothing-left-but-open")
def _(p: Plot) -> str:
    return p.at.task(remaining_minutes=p.pick(0, 1), spent_minutes=5)


@plant("reopened-again")
def _(p: Plot) -> str:
    task = p.at.task(status="todo")
    for n in range(p.reached("times")):
        p.at.change(task, "status", ("done", "cancelled")[n % 2], "todo", p.now - WEEK - n * WEEK)
    p.at.change(task, "status", "done", "cancelled", p.now - WEEK / 2)
    return task


@unknown("reopened-again")
def _(p: Plot) -> str:
    task = unmapped(p)
    for n in range(p.reached("times")):
        p.at.change(task, "status", "done", "todo", p.now - WEEK - n * WEEK)
    return task


@plant("blocked-without-reason")
def _(p: Plot) -> str:
    task = p.at.task(blocked=True, blocked_reason=None)
    p.at.record("comment", task_id=task, text="Still.", at=p.since("days"))
    return task


@plant("due-soon-but-waiting")
def _(p: Plot) -> str:
    first, task = p.at.task(status="todo"), p.at.task(due_on=p.ahead("days"))
    p.at.link("blocks", first, task)
    return task


@unknown("due-soon-but-waiting")
def _(p: Plot) -> str:
    first, task = unmapped(p), p.at.task(due_on=p.days.today)
    p.at.link("blocks", first, task)
    return task


@plant("done-with-open-subtasks")
def _(p: Plot) -> str:
    whole = p.at.task(status="done", completed_at=p.now)
    parts(p, whole, p.pick("todo", "cancelled"), "done")
    return whole


@unknown("done-with-open-subtasks")
def _(p: Plot) -> str:
    whole = p.at.task(status="done", completed_at=p.now)
    parts(p, whole, None, "done")
    return whole


@plant("parts-done-but-open")
def _(p: Plot) -> str:
    whole = p.at.task(status="todo")
    parts(p, whole, "done", completed_at=p.since("days"))
    parts(p, whole, "done", completed_at=p.now - timedelta(days=99))
    return whole


@unknown("parts-done-but-open")
def _(p: Plot) -> str:
    whole = p.at.task()
    parts(p, whole, "done", "done", completed_at=None)
    return whole


@plant("orphan")
def _(p: Plot) -> str:
    whole = None if p.bad else p.at.task()
    return p.at.task(project_id=None, parent_id=whole, milestone_id=None)


@plant("thin-title")
def _(p: Plot) -> str:
    least = int(p.param("characters"))
    return p.at.task(title=f"  {'x' * (least - p.bad)} ")


@plant("without-priority")
def _(p: Plot) -> str:
    return p.at.task(type="bug", priority=p.pick(None, 5))


@plant("tools-disagree")
def _(p: Plot) -> str:
    other = p.at.portfolio.places["inbound"].task(status="in_progress")
    task = p.at.task(status="done", completed_at=p.now - WEEK)
    far = p.at.portfolio.rows["task"][-2]
    assert far.id == other
    p.at.portfolio.add("mention", connection_id=p.at.id, kind="task", record_id=task,
                       url_key=far.url_key, task_id=task)  # fmt: skip
    p.at.change(task, "status", "in_progress", "done", p.since("days"))
    return task


@unknown("tools-disagree")
def _(p: Plot) -> str:
    task = p.at.task(status="done", completed_at=p.now - WEEK)
    far = p.at.portfolio.places["inbound"]
    far.task(status="in_progress", description="See there.")
    near = next(
        t for t in p.at.portfolio.rows["task"] if (t.connection_id, t.id) == (p.at.id, task)
    )
    other = p.at.portfolio.rows["task"][-1]
    p.at.portfolio.add("mention", connection_id=far.id, kind="task", record_id=other.id,
                       url_key=near.url_key, task_id=other.id)  # fmt: skip
    return task
