"""One small invented company, the same for every tool: each sandbox holds of it what it can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from connectors.sdk.records import (
    Approval,
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    SlaCycle,
    Sprint,
    StatusUpdate,
    Task,
    Worklog,
)

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""The instant at which every check begins."""

PROJECTS = {"project-1": 14, "project-2": 10, "project-3": 6}
"""How many tasks each project has."""

_NAMES = ("Ada Quist", "Bo Lindqvist", "Cy Moreau", "Dee Okafor", "Eli Novak", "Flo Haddad",
          "Gus Tanaka", "Hal Ferreira")  # fmt: skip


def ago(days: float, hours: float = 0) -> datetime:
    """An instant before `NOW`, to the full second."""
    return NOW - timedelta(days=days, hours=hours)


def records() -> list[Record]:
    """Every record of the company, in an order in which each follows what it refers to."""
    return [
        *_people(),
        *_projects(),
        *_milestones(),
        *_boards(),
        *_tasks(),
        *_between_tasks(),
        *_on_tasks(),
        *_history(),
    ]


def _people() -> Iterator[Record]:
    for number, name in enumerate(_NAMES, 1):
        given = name.split()[0].lower()
        yield Person(
            id=f"person-{number}",
            name=name,
            email=f"{given}@example.com",
            active=number != 8,
            time_zone="America/Montreal",
            url=f"https://people.example.com/{given}",
        )


def _projects() -> Iterator[Record]:
    yield Project(
        id="project-1", key="SITE", name="New web site", description="Replaces the old one.",
        url="https://tool.example.com/site", owner_id="person-1", start_on=date(2026, 9, 1),
        due_on=date(2027, 3, 31), created_at=ago(80), updated_at=ago(2),
        custom=(Custom(id="cost", name="Cost centre", value="CC-12"),),
    )  # fmt: skip
    yield Project(
        id="project-2", key="OPS", name="Operations", owner_id="person-2",
        created_at=ago(200), updated_at=ago(1),
    )  # fmt: skip
    yield Project(
        id="project-3", key="SHOP", name="Web shop", parent_id="project-1", owner_id="person-3",
        created_at=ago(60), updated_at=ago(3),
    )  # fmt: skip


def _milestones() -> Iterator[Record]:
    yield Milestone(
        id="milestone-1", project_id="project-1", name="Go live", description="The old site goes.",
        url="https://tool.example.com/go-live", state="open", state_label="open",
        owner_id="person-1", start_on=date(2026, 12, 1), due_on=date(2026, 12, 18),
    )  # fmt: skip
    yield Milestone(
        id="milestone-2", project_id="project-1", name="Design frozen", state="done",
        state_label="closed", due_on=date(2026, 10, 30), completed_at=ago(22),
    )  # fmt: skip
    yield Milestone(id="milestone-3", project_id="project-3", name="First order", state="open")


def _boards() -> Iterator[Record]:
    for number, (name, labels, limit) in enumerate(
        (
            ("To do", ("To do",), None),
            ("In progress", ("In progress",), 3),
            ("Done", ("Done",), None),
        )
    ):
        yield Column(
            id=f"column-{number}", project_id="project-1", board_id="board-1",
            board_name="Site board", name=name, position=number, status_labels=labels,
            wip_min=1 if limit else None, wip_max=limit,
        )  # fmt: skip
    yield Sprint(
        id="sprint-1", project_id="project-1", board_id="board-1", name="Sprint 1",
        goal="Texts in place", state="closed", start_at=ago(30), end_at=ago(16),
        completed_at=ago(16),
    )  # fmt: skip
    yield Sprint(
        id="sprint-2", project_id="project-1", board_id="board-1", name="Sprint 2",
        goal="Search works", state="active", start_at=ago(9), end_at=ago(-5),
    )  # fmt: skip


def _tasks() -> Iterator[Record]:
    number = 0
    for project, count in PROJECTS.items():
        first = number + 1
        for _ in range(count):
            number += 1
            yield _task(number, project, first)


def _task(number: int, project: str, first: int) -> Task:
    """A task whose every trait follows from its number; its project begins with `first`."""
    place = number - first
    status = (("todo", "To do"), ("in_progress", "In progress"), ("done", "Done"))[number % 3]
    kind = ("task", "Task")
    if place == 0:
        kind = ("epic", "Epic")
    elif place in (1, 2, 3):
        kind = ("subtask", "Sub-task")
    elif number == 11:
        kind = ("approval", "Approval")
    elif number == 29:
        kind = ("other", "Template")
    done = status[0] == "done"
    created = ago(40 - number)
    rich = place == 1
    return Task(
        id=f"task-{number}",
        key=f"{project[-1]}-{number}",
        project_id=project,
        # The second and third hang on the first, the fourth on the second.
        parent_id={1: f"task-{first}", 2: f"task-{first}", 3: f"task-{first + 1}"}.get(place),
        title=f"Piece of work {number}",
        description=f"What has to be done for {number}." if number % 2 else None,
        url=f"https://tool.example.com/task/{number}",
        type=kind[0],  # type: ignore[arg-type]
        type_label=kind[1],
        status=status[0],  # type: ignore[arg-type]
        status_label=status[1],
        blocked=rich,
        blocked_reason="Waits for the supplier" if rich else None,
        priority=number % 5 + 1,
        assignee_ids=(f"person-{number % 7 + 1}",) if number % 4 else (),
        reporter_id=f"person-{(number + 2) % 7 + 1}",
        labels=("release", "web") if number % 6 == 1 else (),
        start_on=date(2026, 11, 2) if number % 3 == 1 else None,
        due_on=date(2026, 11, 16) + timedelta(days=number % 10) if number % 5 else None,
        created_at=created,
        updated_at=ago(20 - number / 2),
        started_at=None if status[0] == "todo" else created + timedelta(days=2),
        completed_at=ago(21 - number / 2) if done else None,
        resolution="Done" if done else None,
        estimate_minutes=480 if number % 2 else None,
        spent_minutes=90 if number % 6 == 1 else None,
        remaining_minutes=390 if number % 6 == 1 else None,
        points=3.0 if number % 2 else None,
        percent_complete=50.0 if status[0] == "in_progress" else None,
        milestone_id="milestone-1" if project == "project-1" and place == 4 else None,
        archived=False,
        custom=(
            Custom(id="risk", name="Risk", value="High"),
            Custom(id="size", name="Size", value=3.5),
        )
        if rich
        else (),
    )


def _between_tasks() -> Iterator[Record]:
    yield Link(
        id="blocks:task-5:task-6", type="blocks", type_label="blocks", from_id="task-5",
        to_id="task-6", lag_minutes=480,
    )  # fmt: skip
    yield Link(
        id="relates:task-7:task-16", type="relates", type_label="relates to", from_id="task-7",
        to_id="task-16",
    )  # fmt: skip
    yield Link(
        id="precedes:task-8:task-10", type="precedes", type_label="precedes", from_id="task-8",
        to_id="task-10", lag_minutes=1440,
    )  # fmt: skip
    yield Membership(
        id="sprint:sprint-2:task-5", task_id="task-5", kind="sprint", container_id="sprint-2"
    )
    yield Membership(
        id="project:project-1:task-6", task_id="task-6", kind="project",
        container_id="project-1", section="In progress",
    )  # fmt: skip


def _on_tasks() -> Iterator[Record]:
    for number in range(1, 13):
        yield Comment(
            id=f"comment-{number}",
            task_id=f"task-{number * 2}",
            author_id=f"person-{number % 7 + 1}",
            text=f"Remark {number}: see <b>there</b> & answer.",
            at=ago(9, number),
            updated_at=ago(8) if number == 3 else None,
            public=number % 2 == 0,
        )
    for number in (1, 7, 13):
        yield Worklog(
            id=f"worklog-{number}", task_id=f"task-{number}",
            project_id="project-1", person_id="person-2", minutes=90, on=ago(7).date(),
            started_at=ago(7), text="Looked into it", updated_at=ago(6),
        )  # fmt: skip
    yield StatusUpdate(
        id="update-1", project_id="project-1", author_id="person-1", at=ago(4), health="at_risk",
        health_label="At risk", title="Week 46", text="The supplier is late.",
    )  # fmt: skip
    yield Approval(
        id="approval-1", task_id="task-11", name="Budget", approver_ids=("person-5",),
        decision="approved", decision_label="Approved", asked_at=ago(29), decided_at=ago(15.5),
    )  # fmt: skip
    yield SlaCycle(
        id="sla-1", task_id="task-16", name="First answer", started_at=ago(5), stopped_at=ago(4.9),
        breach_at=ago(4.8), breached=False, paused=False, goal_minutes=480, elapsed_minutes=144,
    )  # fmt: skip


def _history() -> Iterator[Record]:
    for number in (5, 8, 17):
        yield Change(
            id=f"change-{number}-1", task_id=f"task-{number}", at=ago(12), author_id="person-3",
            field="status", field_label="status", old="todo", new="in_progress",
            old_label="To do", new_label="In progress",
        )  # fmt: skip
        yield Change(
            id=f"change-{number}-2", task_id=f"task-{number}", at=ago(11), author_id="person-4",
            field="due_on", field_label="due date", old="2026-11-10", new="2026-11-17",
            old_label="2026-11-10", new_label="2026-11-17",
        )  # fmt: skip
