"""Plants of pmo-core: people, projects, milestones, sprints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.plot import Plot, plant, unknown
from tests.planted.portfolio import BARE


def identity(p: Plot, account: str) -> str:
    """The human of an account."""
    rows = p.at.portfolio.rows["person"]
    row = next(r for r in rows if (r.connection_id, r.id) == (p.at.id, account))
    return str(row.identity_id)


def busy(p: Plot, account: str, tasks: int, **more: Any) -> str:
    """Give someone tasks; whose those are."""
    for _ in range(tasks):
        p.at.task(assignee_ids=[account], **more)
    return identity(p, account)


def silent(p: Plot, account: str) -> None:
    """A further account of the same human, in a tool that does not know of assignees."""
    human, where = int(identity(p, account)), p.at.portfolio.places[BARE]
    where.record("person", id=where.name("U"), name="Same", kind="human", active=True,
                 identity_id=human)  # fmt: skip


@plant("too-much-in-progress")
def _(p: Plot) -> str:
    who = p.at.person()
    p.at.task(assignee_ids=[who], type="epic")
    p.at.task(assignee_ids=[who], status="todo")
    return busy(p, who, p.over("most"))


@unknown("too-much-in-progress")
def _(p: Plot) -> str:
    who = p.at.person()
    silent(p, who)
    return busy(p, who, p.over("most"))


@plant("leaver-with-open-work", needs=("person.active",))
def _(p: Plot) -> str:
    who = p.at.person(active=False)
    return busy(p, who, int(p.bad), status="todo") if p.bad else busy(p, who, 2, status="done")


@unknown("leaver-with-open-work")
def _(p: Plot) -> str:
    return busy(p, p.at.person(active=None), 1)


def project(p: Plot, tasks: int = 1, status: str = "todo", **more: Any) -> str:
    """A project with tasks."""
    found = p.at.project(**more)
    for _ in range(tasks):
        p.at.task(project_id=found, status=status)
    return found


@plant("project-without-lead")
def _(p: Plot) -> str:
    return project(p, owner_id=p.pick(None, p.at.person()))


@plant("project-without-dates")
def _(p: Plot) -> str:
    return project(p, due_on=p.pick(None, p.days.today))


@plant("report-overdue")
def _(p: Plot) -> str:
    found = project(p)
    for at in (p.since("days"), p.now - timedelta(days=99)):
        p.at.record("statusupdate", project_id=found, at=at, health="at_risk")
    return found


@plant("everything-is-urgent")
def _(p: Plot) -> str:
    found, limit = p.at.project(), int(p.param("share"))
    urgent = limit // 10 + p.bad
    for n in range(10):
        p.at.task(project_id=found, priority=1 if n < urgent else 2)
    p.at.task(project_id=found, priority=1, status="done")
    p.at.task(project_id=found, priority=None)
    return found


@unknown("everything-is-urgent")
def _(p: Plot) -> str:
    found = p.at.project()
    for n in range(11):
        p.at.task(project_id=found, priority=1, status="todo" if n else None)
    return found


@plant("sleeping-project")
def _(p: Plot) -> str:
    found = p.at.project(updated_at=p.now - timedelta(days=300))
    p.at.task(project_id=found, updated_at=p.since("days"), created_at=p.now - timedelta(days=300))
    return found


@plant("closed-project-with-open-work")
def _(p: Plot) -> str:
    return project(p, state="archived", status=p.pick("in_progress", "cancelled"))


@unknown("closed-project-with-open-work")
def _(p: Plot) -> str:
    found = p.at.project(state="closed")
    p.at.task(project_id=found, status=None)
    return found


@plant("milestone-overdue")
def _(p: Plot) -> str:
    return p.at.record("milestone", name="Beta", state="open", due_on=p.aged("days"))


@unknown("milestone-overdue")
def _(p: Plot) -> str:
    return p.at.record("milestone", name="Beta", state=None, due_on=p.aged("days"))


def sprint(p: Plot, start: Any = None, end: Any = None, **more: Any) -> str:
    """A sprint of a board of its own."""
    values = {"name": "Sprint", "state": "active", "goal": "Ship it", "board_id": p.at.name("B"),
              "start_at": start or p.now - timedelta(days=5),
              "end_at": end or p.now + timedelta(days=20), **more}  # fmt: skip
    return p.at.record("sprint", **values)


@plant("sprint-past-its-end")
def _(p: Plot) -> str:
    return sprint(p, p.now - timedelta(days=29), p.since("days"))


@unknown("sprint-past-its-end")
def _(p: Plot) -> str:
    end = p.days.begins(p.days.today) - timedelta(days=9)
    return sprint(p, p.now - timedelta(days=29), end, state=None)


@plant("sprint-without-goal")
def _(p: Plot) -> str:
    return sprint(p, goal=p.pick("", "?"))


@unknown("sprint-without-goal")
def _(p: Plot) -> str:
    return sprint(p, goal=None)
