"""Plants of governance and service."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.core_tasks import unmapped
from tests.planted.plot import Plot, plant, unknown

DAY = timedelta(days=1)


@plant("green-but-late")
def _(p: Plot) -> str:
    project, late = p.at.project(), p.reached("most")
    p.at.record("statusupdate", project_id=project, at=p.now, health="on_track")
    p.at.record("statusupdate", project_id=project, at=p.now - DAY, health="off_track")
    for n in range(5):
        due = p.days.today - DAY * (n < late)
        p.at.task(project_id=project, due_on=due, status="todo")
    p.at.task(project_id=project, due_on=p.days.today - DAY, status="done", completed_at=p.now)
    return project


@plant("milestone-without-work")
def _(p: Plot) -> str:
    stone = p.at.record("milestone", name="Beta", state="open", due_on=p.days.today + 200 * DAY)
    if not p.bad:
        p.at.task(milestone_id=stone, status="done", completed_at=p.now)
    return stone


@unknown("milestone-without-work")
def _(p: Plot) -> str:
    return p.at.record("milestone", name="Beta", state=None, due_on=p.days.today + 200 * DAY)


def staffed(p: Plot, due: Any, *statuses: str | None) -> str:
    """A milestone with work."""
    stone = p.at.record("milestone", name="Beta", state="open", due_on=due)
    for status in statuses:
        p.at.task(milestone_id=stone, status=status)
    return stone


@plant("milestone-at-risk")
def _(p: Plot) -> str:
    done = int(p.param("share")) // 10 - p.bad
    due = p.days.farthest(p.param("days"), "working days")
    return staffed(p, due, *["done"] * (done - 1), "cancelled", *["todo"] * (10 - done))


@unknown("milestone-at-risk")
def _(p: Plot) -> str:
    return staffed(p, p.days.today, "todo", None)


@plant("risk-without-owner")
def _(p: Plot) -> str:
    return p.at.task(type="risk", assignee_ids=p.pick([], [p.at.person()]))


@unknown("risk-without-owner")
def _(p: Plot) -> str:
    return unmapped(p, type="issue", assignee_ids=[])


@plant("risk-not-reviewed")
def _(p: Plot) -> str:
    return p.at.task(type="risk", updated_at=p.since("days"), created_at=p.now - 300 * DAY)


@unknown("risk-not-reviewed")
def _(p: Plot) -> str:
    return p.at.task(type="risk", updated_at=None)


@plant("risk-without-response")
def _(p: Plot) -> str:
    return p.at.task(type="risk", custom=[
        {"id": "c8", "name": "Mitigation", "value": p.pick([], ["A second supplier"])}])  # fmt: skip


@unknown("risk-without-response")
def _(p: Plot) -> str:
    return p.at.task(type="risk", custom=[{"id": "c9", "name": "Mitigations", "value": None}])


@plant("issue-undecided")
def _(p: Plot) -> str:
    return p.at.task(type="issue", priority=2, status="todo", created_at=p.since("days"))


@plant("change-without-approval")
def _(p: Plot) -> str:
    at = p.days.begins(p.days.oldest(60, "days"))
    task = p.at.task(type="change", status="done", completed_at=at)
    approval(p, task, p.pick("declined", "approved"))
    return task


def approval(p: Plot, task: str, decision: str, **more: Any) -> str:
    """An approval of a task."""
    values = {
        "asked_at": p.now - DAY,
        "approver_ids": [p.at.person()],
        "decision": decision,
        **more,
    }
    return p.at.record("approval", task_id=task, name="Step", **values)


@plant("approved-but-not-begun")
def _(p: Plot) -> str:
    return approval(p, p.at.task(status="todo"), "approved", decided_at=p.since("days"))


@unknown("approved-but-not-begun")
def _(p: Plot) -> str:
    return approval(p, p.at.task(status="todo"), "approved", decided_at=None)


@plant("approval-pending", "request-approval-pending")
def _(p: Plot) -> str:
    type = "request" if p.standard.id.startswith("request") else "change"
    return approval(p, p.at.task(type=type), "pending", asked_at=p.since("days"))


@unknown("approval-pending", "request-approval-pending")
def _(p: Plot) -> str:
    type = "request" if p.standard.id.startswith("request") else "change"
    return approval(p, unmapped(p, type=type), "pending", asked_at=p.since("days"))


@plant("own-request-approved")
def _(p: Plot) -> str:
    who, other = p.at.person(), p.at.person()
    task = p.at.task(status="todo", reporter_id=who)
    return approval(p, task, "pending", approver_ids=[other, p.pick(who, other)])


@unknown("own-request-approved")
def _(p: Plot) -> str:
    return approval(p, p.at.task(reporter_id=None), "pending")


@plant("project-without-cost-code")
def _(p: Plot) -> str:
    project = p.at.project(
        custom=[{"id": "cc", "name": "Cost code", "value": p.pick(None, "4711")}]
    )
    p.at.task(project_id=project)
    return project


@unknown("project-without-cost-code")
def _(p: Plot) -> str:
    project = p.at.project(custom=[])
    p.at.task(project_id=project)
    return project


# ---- service -------------------------------------------------------------------------------------
def request(p: Plot, **more: Any) -> str:
    """A service request."""
    return p.at.task(**{"type": "request", "status": "todo", **more})


def clock(p: Plot, task: str, **more: Any) -> None:
    """The clock of a service level."""
    p.at.record("slacycle", task_id=task, name="Answer", **more)


@plant("sla-breached")
def _(p: Plot) -> str:
    task = request(p, type="task" if "slacycle" in p.at.provides else "request")
    clock(p, task, breach_at=p.now + timedelta(microseconds=not p.bad))
    clock(p, task, breach_at=p.now - DAY, stopped_at=p.now - DAY, breached=None)
    return task


@unknown("sla-breached")
def _(p: Plot) -> str:
    task = request(p)
    stops = p.at.has(("slacycle.paused",))  # else: nobody says by when
    clock(p, task, breach_at=p.now - DAY if stops else None, paused=True, breached=None)
    return task


@plant("sla-at-risk", needs=("slacycle.paused",))
def _(p: Plot) -> str:
    task, hours = request(p), timedelta(hours=p.param("hours"))
    goal = int(4 * hours / timedelta(minutes=1))
    clock(p, task, breach_at=p.now + hours + timedelta(microseconds=not p.bad), breached=False,
          goal_minutes=goal)  # fmt: skip
    clock(p, task, breach_at=p.now + timedelta(minutes=1), paused=True, goal_minutes=goal)
    return task


@unknown("sla-at-risk")
def _(p: Plot) -> str:
    task = request(p, status=None)
    clock(p, task, breach_at=p.now + timedelta(minutes=1), breached=False)
    return task


@plant("urgent-and-unassigned")
def _(p: Plot) -> str:
    at = p.now - timedelta(minutes=p.param("minutes"), microseconds=p.bad)
    return request(p, priority=1, assignee_ids=[], created_at=at)


@plant("waiting-without-follow-up")
def _(p: Plot) -> str:
    at = p.since("days")
    task = request(p, status_label="Waiting for Customer", updated_at=at)
    p.at.record("comment", task_id=task, text="And?", at=at - DAY)
    return task


@plant("request-passed-around")
def _(p: Plot) -> str:
    named = p.at.has(("task.type_label",))
    task = request(p, type_label="Major Incident", type="task" if named else "request")
    hands = ["a", *"bcdefgh"[: p.reached("times")]]
    for n, (old, new) in enumerate(zip([None, *hands], [*hands, None], strict=True)):
        p.at.change(task, "assignee_ids", old, new, p.now - (20 - n) * DAY)
    return task


@unknown("request-passed-around")
def _(p: Plot) -> str:
    task = request(p, status=None)
    for n, (old, new) in enumerate((("a", "b"), ("b", "a"), ("a", "c"), ("c", "b"), ("b", "a"))):
        p.at.change(task, "assignee_ids", old, new, p.now - (20 - n) * DAY)
    return task


def incident(p: Plot, **more: Any) -> str:
    """An incident that was solved."""
    values = {"status": "done", "completed_at": p.now, "type_label": "[System] Incident", **more}
    return p.at.task(**values)


LINKED = ("link.type", "task.type_label")


@plant("problem-without-root-cause", needs=LINKED)
def _(p: Plot) -> str:
    field = {"id": "f3", "name": "Root cause", "value": None}
    task = p.at.task(status="todo", type_label="Problem", custom=[field])
    found = [incident(p) for _ in range(p.reached("incidents"))]
    for one in found:
        p.at.link("relates", one, task)
    p.at.link("relates", task, found[0])  # the same two, told from the other side
    p.at.link("blocks", found[0], task)
    p.at.link("relates", p.at.task(type_label="Task"), task)
    return task


@unknown("problem-without-root-cause")
def _(p: Plot) -> str:
    task = p.at.task(status="todo", type_label="Problem", custom=[])
    for _ in range(int(p.param("incidents"))):
        p.at.link("relates", incident(p), task)
    return task


@plant("major-incident-without-review", needs=LINKED)
def _(p: Plot) -> str:
    reviewed = p.at.id % 2 == 0
    at = p.days.begins(p.days.oldest(p.param("days"), "working days") - 9 * DAY)
    task = incident(p, priority=1, completed_at=at if reviewed else p.since("days"))
    p.at.link("relates", task, p.at.task(title="Restart it", type_label="Task"))
    if reviewed and not p.bad:
        p.at.link(
            "relates", p.at.task(title="We look back", type_label="Post-incident Review"), task
        )
    return task


@unknown("major-incident-without-review")
def _(p: Plot) -> str:
    at = p.days.begins(p.days.oldest(p.param("days"), "working days") - 9 * DAY)
    return incident(p, priority=1, completed_at=at, status=None)
