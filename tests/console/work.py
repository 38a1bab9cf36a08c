"""What the people of the portfolio have to do, and how its projects are planned and reported.

Bob has more to do than he can this week, in two tools; Ada is away next week. Beta is reported on
track and has critical flags; its plan is linked, and was agreed on.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine import workload
from sync_engine.store.baseline_models import Baseline, BaselineMilestone
from sync_engine.store.models import (
    Assignment,
    Connection,
    Identity,
    Leave,
    MilestoneRow,
    PersonRow,
    ProjectRow,
    Run,
    StatusUpdateRow,
    TaskRow,
)
from sync_engine.store.schedule_models import ScheduleResult, TaskSchedule
from tests.console.portfolio import NOW, table

TODAY = NOW.date()  # a Wednesday
HOUR = 60
PROVIDES = {
    "project": list(ProjectRow.model_fields),
    "task": list(TaskRow.model_fields),
    "link": ["type", "lag_minutes"],
    "statusupdate": list(StatusUpdateRow.model_fields),
}


def fill_work(engine: sa.Engine) -> None:
    """Put it beside what `portfolio.fill` made."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table(Connection)).where(table(Connection).c.id == 1),
            {"provides": PROVIDES},
        )
        for tool in (1, 2):
            ran(connection, 40 + tool, tool=tool)
        _people(connection)
        _tasks(connection)
        _plan(connection)
        _reports(connection)
    workload.refresh(engine)


def ran(connection: sa.Connection, run: int, tool: int = 1) -> None:
    """Note a run that has ended."""
    connection.execute(
        sa.insert(table(Run)),
        {"id": run, "connection_id": tool, "kind": "pull", "epoch": 0, "started_at": NOW,
         "ended_at": NOW, "outcome": "complete", "full": False},
    )  # fmt: skip


def record(connection: sa.Connection, model: Any, id: str, tool: int = 1, **values: Any) -> None:
    """A record as it would have been read."""
    row = {"connection_id": tool, "id": id, "item_id": id, "run_id": 1, "hash": b"",
           "seen_at": NOW, "written_at": NOW, **values}  # fmt: skip
    connection.execute(sa.insert(table(model)), row)


def task(
    connection: sa.Connection, id: str, owners: str = "", tool: int = 1, **values: Any
) -> None:
    """A task with those who are assigned to it."""
    whose = owners.split()
    record(
        connection, TaskRow, id, tool, **{
            "title": f"Work {id}", "key": f"ENG-{id}", "status": "todo", "type": "task",
            "url": f"https://acme.example/browse/{id}", "project_id": "gamma",
            "owner_id": whose[0] if whose else None, "assignee_ids": whose, **values,
        },
    )  # fmt: skip
    for position, who in enumerate(whose):
        connection.execute(
            sa.insert(table(Assignment)),
            {"connection_id": tool, "task_id": id, "position": position, "person_id": who},
        )


def _people(connection: sa.Connection) -> None:
    connection.execute(
        sa.update(table(Identity)).where(table(Identity).c.id == 2), {"capacity_minutes": 30 * HOUR}
    )
    connection.execute(
        sa.insert(table(Leave)),
        {"identity_id": 3, "first_on": date(2026, 11, 30), "last_on": date(2026, 12, 4)},
    )
    record(connection, PersonRow, "m2", 2, name="Bob B.", kind="human", identity_id=2,
           email="bob@acme.example")  # fmt: skip
    connection.execute(
        sa.insert(table(Identity)), {"id": 4, "name": "Ada", "email": None, "source": "tool"}
    )
    record(connection, PersonRow, "m9", 2, name="Ada", kind="human", identity_id=4)


def _tasks(connection: sa.Connection) -> None:
    friday, week = TODAY + timedelta(days=2), timedelta(weeks=1)
    task(connection, "1", "bob", status="in_progress", due_on=friday, remaining_minutes=20 * HOUR)
    task(connection, "2", "bob ada", due_on=TODAY - timedelta(days=9), estimate_minutes=12 * HOUR,
         spent_minutes=4 * HOUR)  # fmt: skip
    task(connection, "3", "bob", due_on=friday + week)
    task(connection, "4", "ada", due_on=friday + 2 * week, remaining_minutes=36 * HOUR)
    task(connection, "5", "ada", status="in_progress")
    task(connection, "6", "ada", status=None, status_label="Parked", due_on=friday)
    task(connection, "7", "bob", status="done", due_on=friday, remaining_minutes=9 * HOUR)
    task(connection, "8", "bob", type="epic", due_on=friday, remaining_minutes=90 * HOUR)
    task(connection, "9", "bob", due_on=friday + week, remaining_minutes=50 * HOUR)
    task(connection, "9a", "eve", parent_id="9", due_on=friday + week, remaining_minutes=3 * HOUR)
    task(connection, "2a", "eve", parent_id="2", status="cancelled", remaining_minutes=9 * HOUR)
    task(connection, "m-1", "m2", 2, due_on=friday + 10 * week, project_id="board",
         status="in_progress", title="Plan the move", key=None)  # fmt: skip


def _plan(connection: sa.Connection) -> None:
    """Of beta: three milestones, one of them late; a network that was analysed today."""
    connection.execute(
        sa.update(table(ProjectRow)).where(table(ProjectRow).c.id == "beta"),
        {"owner_id": "bob", "start_on": date(2026, 9, 1), "due_on": date(2027, 1, 29),
         "url": "https://acme.example/projects/beta",
         "custom": [{"id": "p", "name": "Portfolio", "value": "Core"},
                    {"id": "s", "name": "Sponsor", "value": ["Grace Quist"]}]},
    )  # fmt: skip
    connection.execute(
        sa.insert(table(Baseline)),
        {"id": 1, "connection_id": 1, "project_id": "beta", "name": "Start", "reason": "start",
         "period": "start", "taken_at": datetime(2026, 9, 1, 8, tzinfo=UTC),
         "day": date(2026, 9, 1), "tasks": 9, "change": 1, "due_on": date(2026, 12, 18)},
    )  # fmt: skip
    for id, name, due, state, then in (
        ("ms1", "Racks are up", date(2026, 10, 30), "done", date(2026, 10, 28)),
        ("ms2", "Stock is counted", date(2026, 11, 20), "open", date(2026, 11, 13)),
        ("ms3", "Old hall is empty", date(2027, 1, 15), "open", None),
    ):
        record(connection, MilestoneRow, id, project_id="beta", name=name, due_on=due, state=state,
               url=f"https://acme.example/milestones/{id}")  # fmt: skip
        if then is not None:
            connection.execute(
                sa.insert(table(BaselineMilestone)),
                {"baseline_id": 1, "milestone_id": id, "due_on": then},
            )
    for n in range(8):
        task(connection, f"b{n}", "ada", project_id="beta", milestone_id=f"ms{1 + n // 3}",
             status="done" if n < 5 else "todo", title=f"Move aisle {n}",
             due_on=TODAY + timedelta(days=7 * n))  # fmt: skip
    connection.execute(
        sa.insert(table(ScheduleResult)),
        {"connection_id": 1, "project_id": "beta", "day": TODAY, "run_id": 1, "basis": "x",
         "dependencies": 7, "open_activities": 3, "undated_activities": 1, "baseline_id": 1,
         "lags_share": 0.0, "bei": 0.8, "missed_share": 20.0,
         "forecast_finish": date(2027, 2, 5), "open_ends_share": 12.5, "leads": 0,
         "finish_to_start_share": 100.0, "negative_float": 2, "high_float_share": 0.0,
         "invalid_dates": 0, "cpli": 0.91, "critical_path_test": True, "dependency_conflicts": 0,
         "dependency_cycles": 0},
    )  # fmt: skip
    for n in (5, 6, 7):
        connection.execute(
            sa.insert(table(TaskSchedule)),
            {"connection_id": 1, "task_id": f"b{n}", "project_id": "beta", "run_id": 1,
             "total_float": -5.0 if n > 5 else 2.0, "critical": n > 5, "conflicts": 0},
        )  # fmt: skip


def _reports(connection: sa.Connection) -> None:
    for n, (project, back, health, label, text) in enumerate((
        ("beta", 3, "on_track", "Green", "The move goes as planned."),
        ("beta", 10, "at_risk", "Amber", "Racks come late."),
        ("alpha", 40, "on_track", "Green", "All is well."),
        ("gamma", 2, None, "Sunny", None),
    )):  # fmt: skip
        record(connection, StatusUpdateRow, f"u{n}", project_id=project, author_id="bob",
               at=NOW - timedelta(days=back), health=health, health_label=label, text=text,
               title=None)  # fmt: skip
