"""A task in the making: every change of it is noted as its tool's history would show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors.sdk.records import Change, Comment, Record, Status, Task, Worklog
from connectors.sdk.sandbox import HISTORY_FIELDS, as_text
from sync_engine.demo.company import Tool

LABELS: dict[Tool, dict[Status, str]] = {
    "jira": {
        "todo": "To Do", "in_progress": "In Progress", "done": "Done", "cancelled": "Won't do",
    },
    "asana": {
        "todo": "To do", "in_progress": "In progress", "done": "Done", "cancelled": "Cancelled",
    },
    "trello": {
        "todo": "To do", "in_progress": "Doing", "done": "Done", "cancelled": "Cancelled",
    },
}  # fmt: skip


def workday(today: date, ago: int) -> date:
    """The working day (Monday to Friday) that many working days before `today`; ahead if < 0."""
    step = -1 if ago > 0 else 1
    day = today
    for _ in range(abs(ago)):
        day += timedelta(days=step)
        while day.weekday() >= 5:
            day += timedelta(days=step)
    return day


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """An instant of a day."""
    return datetime.combine(day, time(hour, minute), UTC)


@dataclass(slots=True)
class Draft:
    """A task and what happened to it. `now` holds fields of `Task`."""

    tool: Tool
    id: str
    created: datetime
    reporter: str
    now: dict[str, Any]
    changes: list[Change] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)

    def set(self, when: datetime, by: str | None = None, **fields: Any) -> None:
        """Change fields at an instant. Instants have to come in order."""
        if self.changes and when < self.changes[-1].at:
            raise ValueError(f"{self.id}: {when} is before {self.changes[-1].at}")
        labels = (self.now.get("status_label"), fields.get("status_label"))
        for name, new in fields.items():
            old = self.now.get(name)
            mine = name == "status"
            if name not in HISTORY_FIELDS or (old == new and not (mine and labels[0] != labels[1])):
                continue
            self.changes.append(
                Change(
                    id=f"{self.id}/change/{len(self.changes) + 1}",
                    task_id=self.id,
                    at=when,
                    author_id=by or self.owner or self.reporter,
                    field=name,
                    old=as_text(old),
                    new=as_text(new),
                    old_label=labels[0] if mine else as_text(old),
                    new_label=labels[1] if mine else as_text(new),
                )
            )
        self.now.update(fields)

    @property
    def owner(self) -> str | None:
        """Who has it, if anyone."""
        held: tuple[str, ...] = self.now.get("assignee_ids") or ()
        return held[0] if held else None

    def move(self, status: Status, when: datetime, label: str | None = None) -> None:
        """Bring it into a status, with the dates that tools keep for it."""
        to: dict[str, Any] = {
            "status": status,
            "status_label": label or LABELS[self.tool][status],
            "completed_at": when if status in ("done", "cancelled") else None,
        }
        if status == "in_progress" and self.now.get("started_at") is None:
            to["started_at"] = when
        if self.tool == "jira":
            to["resolution"] = {"done": "Done", "cancelled": "Won't Do"}.get(status)
        self.set(when, **to)

    def rewind(self) -> None:
        """As it was created: nothing has happened yet."""
        self.changes.clear()
        self.comments.clear()
        self.worklogs.clear()
        self.now.update(
            status="todo",
            status_label=LABELS[self.tool]["todo"],
            started_at=None,
            completed_at=None,
            resolution=None,
            spent_minutes=None,
            remaining_minutes=self.now.get("estimate_minutes"),
        )

    def say(self, text: str, when: datetime, by: str | None = None) -> None:
        """A comment."""
        self.comments.append(
            Comment(
                id=f"{self.id}/comment/{len(self.comments) + 1}",
                task_id=self.id,
                author_id=by or self.owner or self.reporter,
                text=text,
                at=when,
                # Jira says whether customers may read it, others cannot.
                public=True if self.tool == "jira" else None,
            )
        )

    def log(self, minutes: int, day: date) -> None:
        """Book time; what remains of the estimate shrinks."""
        self.worklogs.append(
            Worklog(
                id=f"{self.id}/worklog/{len(self.worklogs) + 1}",
                task_id=self.id,
                project_id=self.now.get("project_id"),
                person_id=self.owner or self.reporter,
                minutes=minutes,
                on=day,
                started_at=at(day, 13) if self.tool == "jira" else None,
            )
        )
        self.now["spent_minutes"] = (self.now.get("spent_minutes") or 0) + minutes
        estimate = self.now.get("estimate_minutes")
        if estimate is not None:
            self.now["remaining_minutes"] = max(estimate - self.now["spent_minutes"], 0)

    def records(self) -> list[Record]:
        """The task and all that hangs on it; `updated_at` is when anything last happened."""
        happened = [self.created, *(change.at for change in self.changes)]
        happened += [comment.at for comment in self.comments]
        happened += [at(log.on, 17) for log in self.worklogs]
        task = Task(
            id=self.id,
            reporter_id=self.reporter,
            created_at=self.created,
            updated_at=max(happened),
            **self.now,
        )
        return [task, *self.changes, *self.comments, *self.worklogs]
