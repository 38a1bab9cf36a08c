"""What an imitated account holds: its recordings, what is in the trash as well, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from connectors.basecamp import sandbox_render as render
from connectors.basecamp.sandbox_adopt import FIRST_LIST, FOUNDED, Adoption, number_id
from connectors.basecamp.sandbox_render import Object
from connectors.basecamp.words import COMMENT, LIST
from connectors.sdk.records import (
    Column,
    Comment,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)

READER = Person(id="1000000000001", name="Flagstaff Reader", email="flagstaff@example.com",
                time_zone="America/Chicago")  # fmt: skip


class Account(Adoption):
    """The account; how it is asked is in `sandbox.py`.

    Attributes:
        lists: lists of to-dos that were archived or trashed: their state, and when.
        purged: ids of what has left the trash.
    """

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        super().__init__(records, now)
        self.lists: dict[str, tuple[str, datetime]] = {}
        self.purged: set[str] = set()
        self._revision = -1
        self._held: dict[tuple[type[Record], str], Record] = {}  # what is in the trash as well
        self._index()

    def list_id(self, project: str, title: str = FIRST_LIST) -> str:
        """The id of a list of to-dos."""
        return number_id("list", project, title)

    def _index(self) -> None:
        """Remember everything that ever was."""
        if self._revision != self.world.revision:
            self._revision = self.world.revision
            for kind in (Task, Comment, Worklog):
                self._held.update(((kind, each.id), each) for each in self.world.all(kind))

    def _visible(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _home(self, id: str | None) -> Project | None:
        found = self.world.get(Project, id or "")
        return None if found is None or found.id in self.hidden else found

    def _of_type(self, type: str) -> list[Object]:
        held = list(self._held.values())
        found: list[Object | None] = []
        if type == LIST:
            found = [self._todolist(id) for id in self.lists]
        elif type == COMMENT:
            found = [self._comment_json(each) for each in held if isinstance(each, Comment)]
        else:
            found = [
                self._task_json(each)
                for each in held
                if isinstance(each, Task) and render.TYPE.get(each.type_label or "") == type
            ]
        return [row for row in found if row is not None]

    def _people(self, ids: Sequence[str]) -> list[Person | None]:
        return [self.world.get(Person, id) for id in ids]

    def _state(self, task: Task) -> tuple[str, datetime | None]:
        """A task's state, its own or inherited, and when it changed by itself."""
        gone = self.world.gone.get((Task, task.id))
        above = self._held.get((Task, task.parent_id or ""))
        if isinstance(above, Task) and (state := self._state(above)[0]) != "active":
            return state, task.updated_at
        if gone is not None:
            return "trashed", gone[1]
        if (put_away := self.lists.get(self._list_of(task))) is not None:
            return put_away[0], task.updated_at
        return "archived" if task.archived else "active", task.updated_at

    def _list_of(self, task: Task) -> str:
        title = next((str(each.value) for each in task.custom), "")
        return self.list_id(task.project_id or "", title)

    def _task_json(self, held: Task) -> Object | None:
        home = self._home(held.project_id)
        if home is None or held.id in self.purged:
            return None
        status, updated = self._state(held)
        return render.task(
            held, home, self._above(held), status=status, updated=updated,
            creator=self.world.get(Person, held.reporter_id or ""),
            assignees=self._people(held.assignee_ids),
        )  # fmt: skip

    def _above(self, task: Task) -> Object:
        """What a task hangs on."""
        if task.type_label == "To-do":
            title = next((str(each.value) for each in task.custom), FIRST_LIST)
            return render.parent(self._list_of(task), LIST, title)
        holder = self._held.get((Task, task.parent_id or ""))
        if isinstance(holder, Task):
            return render.parent(holder.id, render.TYPE[holder.type_label or ""], holder.title)
        columns = sorted(
            self.world.where(Column, "project_id", task.project_id),
            key=lambda each: (each.board_id, each.position),
        )
        return render.column_of(
            task, [each for each in columns if each.board_id == columns[0].board_id]
        )

    def _steps(self, task: Task) -> Object:
        below = [
            self._task_json(each)
            for each in self._held.values()
            if isinstance(each, Task) and each.parent_id == task.id
        ]
        return {"steps": [step for step in below if step is not None]}

    def _comment_json(self, held: Comment) -> Object | None:
        task = self._held.get((Task, held.task_id))
        on = self._task_json(task) if isinstance(task, Task) else None
        home = self._home(str(on["bucket"]["id"])) if on else None
        if on is None or home is None or held.id in self.purged:
            return None
        gone = (Comment, held.id) in self.world.gone
        status = "trashed" if gone else on["status"]
        author = self.world.get(Person, held.author_id or "")
        return render.comment(held, on, home, status=status, author=author)

    def _todolist(self, id: str) -> Object | None:
        status, at = self.lists[id]
        inside = [task for task in self._todos(id) if self._home(task.project_id)]
        home = self._home(inside[0].project_id) if inside else None
        if home is None:
            return None
        return render.recording(
            id, LIST, FIRST_LIST, home, status=status, at=(FOUNDED, at),
            creator=READER, place="todolists",
        )  # fmt: skip

    def _todos(self, list_id: str) -> list[Task]:
        return [
            each
            for each in self._held.values()
            if isinstance(each, Task)
            and each.type_label == "To-do"
            and self._list_of(each) == list_id
        ]

    def _entry(self, held: Worklog) -> Object | None:
        home = self._home(held.project_id)
        if home is None:
            return None
        task = self._held.get((Task, held.task_id or ""))
        on = self._task_json(task) if isinstance(task, Task) else None
        return render.entry(held, on, home, self.world.get(Person, held.person_id or ""))

    def _needles(self, home: Project) -> list[Object]:
        held = self.world.where(StatusUpdate, "project_id", home.id)
        held.sort(key=lambda each: (each.at, each.id))
        found = [
            render.needle(
                each, home, self.world.get(Person, each.author_id or ""), place * 10 % 100
            )
            for place, each in enumerate(held, 1)
        ]
        return found[::-1]

    def _board(self, id: str) -> Object | None:
        columns = sorted(self.world.where(Column, "board_id", id), key=lambda each: each.position)
        home = self._home(columns[0].project_id) if columns else None
        if home is None:
            return None
        found = render.recording(
            id, "Kanban::Board", columns[0].board_name or "", home,
            creator=READER, place="card_tables",
        )  # fmt: skip
        found["lists"] = [
            render.recording(
                column.id, render.column_type(place, len(columns)), column.name, home,
                creator=READER, place="card_tables/columns",
            )
            for place, column in enumerate(columns)
        ]  # fmt: skip
        return found
