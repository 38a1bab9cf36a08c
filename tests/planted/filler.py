"""Work of which all is well: whatever a standard says of it, it raises no flag."""

# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.networks import SOUND
from tests.planted.portfolio import Place

DAY = timedelta(days=1)
BLOCK = 100
"""Tasks of a project."""
TEAM = 5
FLEET = "Fleet of the sound"
"""The portfolio of them all."""
SAID = {
    "Cost code": "4711", "Sponsor": "Ada", "Category": "Growth", "Business owner": "Ben",
    "Portfolio": FLEET,
}  # fmt: skip


def block(at: Place) -> str:
    """A project with its team, its sprint, its milestone and its tasks, all sound. Every project
    of a tool is like the others, but for its names."""
    days, now = at.days, at.days.now
    team = [at.person() for _ in range(TEAM)]
    project = at.project(
        owner_id=team[0], name=f"Team {at.id} - matter {at.count}", member_ids=team,
        custom=[{"id": name, "name": name, "value": value} for name, value in SAID.items()],
    )  # fmt: skip
    if at.has(("link.type",)):
        at.portfolio.add("result", connection_id=at.id, project_id=project, day=days.today,
                         run_id=at.id, basis="planted", **SOUND)  # fmt: skip
    at.record("statusupdate", project_id=project, at=now - DAY, health="on_track")
    stone = at.record("milestone", name="Beta", state="open", due_on=days.today + 80 * DAY,
                      project_id=project)  # fmt: skip
    sprint = at.record("sprint", name="Sprint", state="active", goal="Ship it", board_id=project,
                       start_at=now - 4 * DAY, end_at=now + 20 * DAY, project_id=project)  # fmt: skip
    at.record("column", project_id=project, board_id=project, name="Doing", position=1,
              status_labels=["Doing"], wip_max=BLOCK)  # fmt: skip
    baseline = at.baseline(project)
    at.portfolio.rows["baseline"][-1].tasks = BLOCK
    at.portfolio.add("planned_stone", baseline_id=baseline, milestone_id=stone,
                     due_on=days.today + 80 * DAY)  # fmt: skip
    before = None
    for n in range(BLOCK):
        task = _task(at, n, team, project, stone)
        due = days.today + DAY * (-7 if _status(n) == "done" else 60)
        at.planned(baseline, task, status="todo", due_on=due)
        if n % 10 == 7:
            at.record("membership", task_id=task, kind="sprint", container_id=sprint,
                      seen_at=now - 5 * DAY)  # fmt: skip
            if before is not None:
                at.link("relates", before, task)
            before = task
    return project


def _task(at: Place, n: int, team: list[str], project: str, stone: str) -> str:
    now, who, status = at.days.now, team[n // 5 % TEAM], _status(n)
    values: dict[str, Any] = {
        "project_id": project, "assignee_ids": [who], "reporter_id": team[0], "status": status,
        "status_label": status.title(), "type": ("task", "story", "bug")[n % 3],
        "milestone_id": stone if n % 4 == 0 else None, "priority": 1 + n % 5,
        "custom": [{"id": "c7", "name": "Acceptance criteria", "value": "It works"}],
    }  # fmt: skip
    if n % 10 == 7:
        values["due_on"] = at.days.today + 20 * DAY  # it is planned for the sprint
    if status == "todo":
        values |= {"spent_minutes": 0, "remaining_minutes": 600, "start_on": at.days.today}
    if status in ("done", "cancelled"):
        values |= {"completed_at": now - DAY, "resolution": status, "remaining_minutes": 0}
    task = at.task(**values)
    if status != "todo":
        at.change(task, "status", "todo", "in_progress", now - 2 * DAY)
    if status == "done":
        at.change(task, "status", "in_progress", "done", now - DAY)
    if n % 3 == 0:
        at.record(
            "worklog", task_id=task, minutes=60, on=at.days.day_of(now - 2 * DAY), person_id=who
        )
    if n % 5 == 0:
        at.record("comment", task_id=task, text="On it.", at=now - DAY, author_id=who)
    return task


def _status(n: int) -> str:
    """Of a hundred tasks, 60 are done and 4 cancelled; 16 are under way."""
    return ("done", "done", "done", "todo", "in_progress")[n % 5] if n % 25 else "cancelled"
