"""The boards of the imitated GitHub: what a board can hold of a task, and how the API tells it.

There is one board of which the records know, and a second one that tests may fill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from connectors.github.fields import (
    CHOICE,
    DATE,
    ITERATION,
    NUMBER,
    PRIORITIES,
    plain,
    status_of,
)
from connectors.github.sandbox_history import OVER
from connectors.github.words import stamp
from connectors.sdk.records import Custom, Membership, Sprint, Task
from connectors.sdk.sandbox import World

Object = dict[str, Any]
BOARD = "PVT_board1"
FIELDS = (
    ("PVTSSF_status", "Status", CHOICE),
    ("PVTSSF_priority", "Priority", CHOICE),
    ("PVTF_estimate", "Estimate", NUMBER),
    ("PVTF_start", "Start date", DATE),
    ("PVTF_target", "Target date", DATE),
    ("PVTIF_iteration", "Iteration", ITERATION),
)
REPEATED = (
    ("PVTF_title", "Title", "TITLE"), ("PVTF_assignees", "Assignees", "ASSIGNEES"),
    ("PVTF_labels", "Labels", "LABELS"),
)  # fmt: skip
"""Fields that every board has and that say what the issue says."""
ITERATION_FIELD = "PVTIF_iteration"
PRIORITY_NAMES = {1: "Urgent", 2: "High", 3: "Medium", 4: "Low", 5: "Trivial"}
KINDS = {CHOICE: "SingleSelect", NUMBER: "Number", DATE: "Date", ITERATION: "Iteration"}
FORTNIGHT = timedelta(days=13)


def option_of(task: Task) -> str:
    """The option of the field Status that a task has."""
    if task.status in OVER:
        return "Done"
    label = (task.status_label or "").strip()
    if label and status_of(label) == task.status:
        return label
    return "In Progress" if task.status == "in_progress" else "Todo"


def placed(task: Task, iteration: Sprint | None) -> Task:
    """A task with what the board holds of it."""
    priority = task.priority
    word = PRIORITY_NAMES.get(priority or 0)
    if task.priority_label and PRIORITIES.get(plain(task.priority_label)) == priority:
        word = task.priority_label
    held = msgspec.structs.replace(
        task,
        priority=priority if word else None,
        priority_label=word,
        start_on=_day(task.start_on),
        due_on=_day(task.due_on),
    )
    if task.status not in OVER:
        label = option_of(task)
        held = msgspec.structs.replace(held, status=status_of(label), status_label=label)
    told = values(held, iteration)
    fields = (Custom(id=id, name=name, value=told[name]) for id, name, _ in FIELDS)
    return msgspec.structs.replace(held, custom=(*task.custom, *fields))


def values(task: Task, iteration: Sprint | None) -> dict[str, Any]:
    """What a task fills the board's fields with, by their names."""
    return {
        "Status": option_of(task),
        "Priority": task.priority_label,
        "Estimate": task.points,
        "Start date": _day(task.start_on),
        "Target date": _day(task.due_on),
        "Iteration": iteration.name if iteration else None,
    }


def iterated(sprint: Sprint, today: date) -> Sprint:
    """A sprint as an iteration: whole days, begun and ended by the calendar."""
    start, last = _day(sprint.start_at), _day(sprint.end_at)
    start = start or (last - FORTNIGHT if last else today)
    last = max(last or start + FORTNIGHT, start)
    state = "closed" if last < today else "active" if start <= today else "future"
    return Sprint(
        id=sprint.id,
        board_id=BOARD,
        name=sprint.name.strip() or "Iteration",
        state=state,  # type: ignore[arg-type]
        start_at=datetime.combine(start, time(0), UTC),
        end_at=datetime.combine(last, time(23, 59, 59), UTC),
    )


def _day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


class SandboxBoards:
    """Answers what is asked about boards.

    Attributes:
        off: ids of issues that were taken off the board.
        archived: ids of issues that are archived on it.
        second: what the second board says of issues: by id of the issue, by name of the field.
        renamed: other names of fields and options, by the first.
        touched: when somebody last changed the board itself.
        hidden: numbers of boards that the credential may not see.
    """

    def __init__(self, world: World, is_on: Callable[[Task], bool]) -> None:
        self.off: set[str] = set()
        self.archived: set[str] = set()
        self.second: dict[str, dict[str, Any]] = {}
        self.renamed: dict[str, str] = {}
        self.touched = datetime(2026, 1, 1, tzinfo=UTC)
        self.hidden: set[int] = set()
        self._world = world
        self._is_on = is_on
        self._said: dict[str, Any] = {}
        self._changed: dict[str, datetime] = {}
        self._look(first=True)

    def take_off(self, id: str) -> None:
        """Somebody takes an issue off the board, which the issue does not tell."""
        self.off.add(id)
        self.touched = self._world.now()

    def rename(self, name: str, to: str) -> None:
        """Somebody calls a field or an option otherwise."""
        self.renamed[name] = to
        self.touched = self._world.now()

    def of(self, number: int) -> Object | None:
        """A board by its number."""
        self._look()
        if number in self.hidden or number not in (1, 2) or (number == 2 and not self.second):
            return None
        tasks = [each for each in self._world.all(Task) if self._is_on(each)]
        words: dict[str, list[str | None]] = {
            "Status": ["Todo", "In Progress", "Done", *map(option_of, tasks)],
            "Priority": [*PRIORITY_NAMES.values(), *(t.priority_label for t in tasks)],
        }
        fields = []
        for id, name, kind in (*REPEATED, *FIELDS):
            field = {**self._field(id, number), "name": self._name(name), "dataType": kind}
            if kind == CHOICE:
                field["options"] = [
                    {"id": f"{each:x<8}"[:8].lower(), "name": self._name(each)}
                    for each in dict.fromkeys(words[name])
                    if each is not None
                ]
            if kind == ITERATION:
                field["configuration"] = self._configuration(number)
            fields.append(field)
        return {
            "id": BOARD if number == 1 else "PVT_board2",
            "title": "Delivery" if number == 1 else "Portfolio",
            "updatedAt": stamp(max([self.touched, *self._changed.values()])),
            "fields": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": fields},
        }

    def listed(self, number: int, seen: Callable[[Task], bool]) -> list[Object]:
        """What is on a board; of an issue that may not be seen only that there is something."""
        drafts: list[Object] = [
            {"id": f"PVTI_draft{number}", "createdAt": "2026-01-02T00:00:00Z",
             "updatedAt": "2026-01-02T00:00:00Z", "content": {}}
        ]  # fmt: skip
        return drafts + [
            {
                "id": f"PVTI_{number}_{task.id}",
                "createdAt": stamp(task.created_at or self.touched),
                "updatedAt": stamp(self._changed[task.id]),
                "content": self._content(task) if seen(task) else None,
            }
            for task in self._on(number)
        ]

    def places(self, task: Task) -> list[Object]:
        """The places that an issue has on boards."""
        self._look()
        numbers = [each for each in (2, 1) if task.id in {held.id for held in self._on(each)}]
        return [
            {
                "isArchived": number == 1 and task.id in self.archived,
                "project": {"id": BOARD if number == 1 else "PVT_board2"},
                "fieldValues": {
                    "pageInfo": {"hasNextPage": False, "endCursor": None},
                    "nodes": list(self._values(task, number)),
                },
            }
            for number in numbers
            if number not in self.hidden
        ]

    def _on(self, number: int) -> Sequence[Task]:
        tasks = self._world.all(Task)
        if number == 2:
            return [each for each in tasks if each.id in self.second]
        return [each for each in tasks if self._is_on(each) and each.id not in self.off]

    def _values(self, task: Task, number: int) -> Iterable[Object]:
        yield {"text": task.title, "field": self._field("PVTF_title", number)}
        yield {}  # a kind of field that is not asked for
        iteration = self._iteration(task)
        told = values(task, iteration) if number == 1 else self.second[task.id]
        for id, name, kind in FIELDS:
            value = told.get(name)
            if value is None:
                continue
            field = self._field(id, number)
            if kind == ITERATION:
                own = iteration.id.partition(":")[2] if iteration else "none"
                yield {"title": value, "iterationId": own, "field": field}
            elif kind == CHOICE:
                yield {"name": self._name(value), "field": field}
            else:
                said = value.isoformat() if isinstance(value, date) else value
                yield {"date" if kind == DATE else "number": said, "field": field}

    def _field(self, id: str, number: int) -> Object:
        return {"id": id if number == 1 else f"{id}2"}

    def _name(self, name: str) -> str:
        return self.renamed.get(name, name)

    def _iteration(self, task: Task) -> Sprint | None:
        memberships = self._world.where(Membership, "task_id", task.id)
        found = (self._world.get(Sprint, each.container_id) for each in memberships)
        return next((each for each in found if each is not None), None)

    def _configuration(self, number: int) -> Object:
        today = self._world.now().date()
        rows: Mapping[bool, list[Object]] = {True: [], False: []}
        for sprint in self._world.all(Sprint) if number == 1 else ():
            if sprint.start_at is None or sprint.end_at is None:
                continue
            start, last = sprint.start_at.date(), sprint.end_at.date()
            rows[last < today].append(
                {"id": sprint.id.partition(":")[2], "title": sprint.name,
                 "startDate": start.isoformat(), "duration": (last - start).days + 1}
            )  # fmt: skip
        return {"iterations": rows[False], "completedIterations": rows[True]}

    def _content(self, task: Task) -> Object:
        home, _, number = task.id.partition("#")
        return {
            "number": int(number),
            "createdAt": stamp(task.created_at or self.touched),
            "repository": {"databaseId": int(home)},
        }

    def _look(self, *, first: bool = False) -> None:
        """Note whose values are others than before, and since when."""
        for task in self._world.all(Task):
            said = (values(task, self._iteration(task)), task.id in self.archived)
            if self._said.get(task.id) != said:
                at = (task.updated_at or task.created_at) if first else self._edited(task)
                self._changed[task.id] = at or self.touched
                self._said[task.id] = said
        for id in self._said.keys() - {each.id for each in self._world.all(Task)}:
            del self._said[id], self._changed[id]
            self.touched = max(self.touched, self._world.now())

    def _edited(self, task: Task) -> datetime:
        memberships = self._world.where(Membership, "task_id", task.id)
        edits = [self._world.edited.get((type(each), each.id)) for each in (task, *memberships)]
        return max((at for at in edits if at is not None), default=self._world.now())
