"""An imitation of Redmine 5.0's REST API, true to what a real one was measured to do.

Its traps are kept: an unknown key is answered with 200 and an empty list; `limit` is cut to 100
silently; without `status_id=*` only open issues are listed, without `status` only active projects;
times have whole seconds; relations, spent time and edited notes do not touch `updated_on`.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from msgspec.structs import replace

from connectors.redmine.reading import stamp
from connectors.redmine.sandbox_json import CLOSED, TABLES, Render, status_id
from connectors.redmine.sandbox_world import COLUMNS, WEB, Adoption, Numbers
from connectors.sdk.records import (
    Change,
    Comment,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request, Sandbox

KEY = "0123456789abcdef0123456789abcdef01234567"
OPEN_LISTS = ("projects", "issues", "time_entries")
ADMIN_LISTS = ("users", "groups", "custom_fields")
KINDS: Mapping[str, type[Record]] = {
    "issues": Task, "projects": Project, "versions": Milestone, "users": Person,
    "groups": Person, "time_entries": Worklog,
}  # fmt: skip
SINGULAR = {
    "issues": "issue", "projects": "project", "versions": "version", "users": "user",
    "groups": "group", "time_entries": "time_entry",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ordered:
    """Issues in both orders, with the keys to search them by."""

    ids: list[int]
    by_id: list[Task]
    times: list[tuple[str, int]]
    by_time: list[Task]


class RedmineSandbox(Sandbox):
    """Redmine over a world of records.

    Args:
        records: as the base has it.
        now: as the base has it.
        page_size: the most rows of a page.
        admin: whether the key belongs to an administrator.
    """

    name: ClassVar[str] = "redmine"

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 100,
        admin: bool = True,
    ) -> None:
        records = list(records)
        self.key = KEY
        self.page_size = page_size
        self.admin = admin
        self.public: set[str] = set()  # ids of projects that strangers see too
        self._numbers = Numbers()
        self._adoption = Adoption(records, now, admin=admin)
        self._places = {each.id: each.project_id for each in records if isinstance(each, Task)}
        self._ordered: dict[frozenset[str], Ordered] = {}
        self._ordered_at = -1
        super().__init__(records, now)
        self._render = Render(self.world, self._numbers, self._adoption.formats)

    def native_id(self, record: Record) -> str:
        """A number; a change's is its journal entry's, with the column that changed."""
        number = self._numbers.next(type(record))
        if isinstance(record, Change):
            return f"{number}:attr:{COLUMNS.get(record.field, record.field)}"
        return str(number)

    def adopt(self, record: Record) -> Record | None:
        """See `Adoption`; spent time on an issue is always in that issue's project."""
        if isinstance(record, Worklog) and record.project_id is None and record.task_id:
            record = replace(record, project_id=self._places.get(record.task_id))
        return self._adoption.adopt(self.refer(record))

    def options(self, base_url: str) -> dict[str, Any]:
        """With the administrator's key."""
        return {
            "url": base_url,
            "token": self.key,
            "web_url": WEB,
            "allow_private_network": True,
        }

    def handle(self, request: Request) -> Reply:
        """Answer one GET, or take a note."""
        known = request.headers.get("x-redmine-api-key") == self.key
        if request.method == "PUT" and known:
            return self._note(request)
        if request.method != "GET" or not request.path.endswith(".json"):
            return _status(404)
        if request.path in TABLES:
            return Reply.of(TABLES[request.path])
        return self._route(request.path.removesuffix(".json"), request, known)

    def _route(self, path: str, request: Request, known: bool) -> Reply:
        match path.strip("/").split("/"):
            case ["users", "current"]:
                return self._current() if known else _status(401)
            case [name]:
                return self._list(name, request, known)
            case [name, number] if number.isdigit() and name in KINDS:
                return self._one(name, number, request, known)
            case ["projects", number, name] if number.isdigit():
                return self._of_project(number, name, request, known)
            case _:
                return _status(404)

    # --- who and where ------------------------------------------------------------------------

    def _current(self) -> Reply:
        memberships = [
            {"id": n, "project": {"id": self._render.number(Project, each.id)}, "roles": []}
            for n, each in enumerate(self._projects(), start=1)
        ]
        user = {
            "id": 10**6,
            "login": "flagstaff",
            "admin": self._is_admin(),
            "firstname": "Flag",
            "lastname": "Staff",
            "mail": "flagstaff@example.com",
            "api_key": self.key,
            "memberships": [] if self._is_admin() else memberships,
        }
        return Reply.of({"user": user})

    def _projects(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _is_admin(self) -> bool:
        """An administrator sees every project: an account that does not is none (any more)."""
        return self.admin and not self.hidden

    def _shut(self, project: str | None) -> bool:
        """Whether a project's things cannot be read: not by us, or, archived, by no one."""
        return project in self.hidden or (
            project is not None and self.world.get(Project, project) is None
        )

    def _door(self, kind: type[Record], id: str | None, known: bool) -> Reply | None:
        """The refusal for a project or a thing, None when it may be read."""
        held = self.world.get(kind, id) if id else None
        if held is None:
            reason = self.world.gone.get((kind, id or ""), ("deleted", None))[0]
            return _status(404 if reason == "deleted" else 403 if known else 401)
        project = held.id if kind is Project else getattr(held, "project_id", None)
        if not known:
            return None if project in self.public else _status(401)
        return _status(403) if self._shut(project) else None

    # --- lists --------------------------------------------------------------------------------

    def _list(self, name: str, request: Request, known: bool) -> Reply:
        project = request.one("project_id") or None
        if project:
            project = self._numbers.id(Project, project)
            if refused := self._door(Project, project, known):
                return refused
        if name not in OPEN_LISTS:
            return self._admin_list(name, request, known)
        places = self._places_of(request, project, known)  # a stranger's are few: the trap
        if name == "issues":
            return self._issues(request, places)
        if name == "time_entries":
            return self._rows(name, self._entries(request, places), request)
        wanted = request.one("status", "1").split("|")
        held = [each for each in self._projects() if each.id in places]
        rows = [self._render.project(each, self.public) for each in held]
        return self._rows(name, [row for row in rows if str(row["status"]) in wanted], request)

    def _places_of(self, request: Request, project: str | None, known: bool) -> frozenset[str]:
        """The projects of a question: one, with its subprojects unless told not to, or all."""
        seen = {each.id for each in self._projects() if known or each.id in self.public}
        if project is None:
            return frozenset(seen)
        found = [project]
        if request.one("subproject_id") != "!*":
            for each in found:  # grows while it is walked
                found += [child.id for child in self.world.where(Project, "parent_id", each)]
        return frozenset(seen.intersection(found))

    def _admin_list(self, name: str, request: Request, known: bool) -> Reply:
        if name not in ADMIN_LISTS or not known or not self._is_admin():
            return _status(404 if name not in ADMIN_LISTS else 403 if known else 401)
        if name == "custom_fields":
            return Reply.of(self._render.custom_fields())
        people = self.world.all(Person)
        if name == "groups":
            groups = [each for each in people if each.kind == "group"]
            number = self._render.number
            return Reply.of(
                {"groups": [{"id": number(Person, each.id), "name": each.name} for each in groups]}
            )
        active = {"1": True, "3": False}.get(request.one("status", "1"))
        users = [each for each in people if each.kind != "group" and each.active == active]
        return self._rows("users", [self._render.user(each) for each in users], request)

    def _entries(self, request: Request, places: frozenset[str]) -> list[dict[str, Any]]:
        held = [each for each in self.world.all(Worklog) if each.project_id in places]
        rows = sorted(map(self._render.time_entry, held), key=lambda row: int(row["id"]))
        down = request.one("sort").endswith(":desc")
        return sorted(rows, key=lambda row: str(row["created_on"]), reverse=down)

    def _rows(self, name: str, rows: Sequence[Any], request: Request) -> Reply:
        offset, limit = self._window(request)
        return Reply.of(
            {
                name: rows[offset : offset + limit],
                "total_count": len(rows),
                "offset": offset,
                "limit": limit,
            }
        )

    def _window(self, request: Request) -> tuple[int, int]:
        return int(request.one("offset", "0")), min(int(request.one("limit", "25")), self.page_size)

    def _issues(self, request: Request, places: frozenset[str]) -> Reply:
        """The questions of `issues_by_id`, `issues_changed`, `newest`, and a list of ids."""
        held = self._order(places)
        tasks, asked = held.by_id, request.one("issue_id")
        if asked.startswith(">="):
            tasks = tasks[bisect.bisect_left(held.ids, int(asked[2:])) :]
        elif asked:
            wanted = set(asked.split(","))
            tasks = [task for task in tasks if str(self._number(task)) in wanted]
        elif request.one("sort").startswith("updated_on"):
            tasks = held.by_time
        since = request.one("updated_on")
        if since.startswith(">="):
            if not _is_time(since[2:]):
                return Reply.of({"errors": ["Updated is invalid"]}, 422)
            tasks = held.by_time[bisect.bisect_left(held.times, (since[2:], 0)) :]
        elif since.startswith("><t-"):
            today = stamp(self.world.now())[:10]
            tasks = [task for task in tasks if _changed(task)[:10] <= today]
        elif since:
            low, _, high = since[2:].partition("|")
            tasks = [task for task in tasks if low <= _changed(task) <= high]
        if request.one("status_id") != "*":
            tasks = [task for task in tasks if status_id(task) not in CLOSED]
        if request.one("sort").endswith("desc"):
            tasks = tasks[::-1]
        offset, limit = self._window(request)
        rows = [self._render.issue(task) for task in tasks[offset : offset + limit]]
        return Reply.of(
            {"issues": rows, "total_count": len(tasks), "offset": offset, "limit": limit}
        )

    def _order(self, places: frozenset[str]) -> Ordered:
        """The issues of some projects in order; made once per state of the world."""
        if self.world.revision != self._ordered_at:
            self._ordered, self._ordered_at = {}, self.world.revision
        if places not in self._ordered:
            source = [
                task for place in places for task in self.world.where(Task, "project_id", place)
            ]
            by_id = sorted(source, key=self._number)
            by_time = sorted(source, key=lambda task: (_changed(task), self._number(task)))
            self._ordered[places] = Ordered(
                [self._number(task) for task in by_id],
                by_id,
                [(_changed(task), self._number(task)) for task in by_time],
                by_time,
            )
        return self._ordered[places]

    # --- one thing ----------------------------------------------------------------------------

    def _number(self, task: Task) -> int:
        return self._numbers.of(Task, task.id)

    def _one(self, name: str, number: str, request: Request, known: bool) -> Reply:
        id = self._numbers.id(KINDS[name], number)
        if refused := self._door(KINDS[name], id, known):
            return refused
        held = self.world.get(KINDS[name], id)
        match held:
            case Task():
                answer = self._render.issue(held, request.one("include").split(","))
            case Project():
                answer = self._render.project(held)
            case Milestone():
                answer = self._render.version(held)
            case Worklog():
                answer = self._render.time_entry(held)
            case Person() if (held.kind == "group") == (name == "groups"):
                answer = {"id": int(number), "name": held.name}
            case _:
                return _status(404)
        return Reply.of({SINGULAR[name]: answer})

    def _of_project(self, number: str, name: str, request: Request, known: bool) -> Reply:
        id = self._numbers.id(Project, number)
        if refused := self._door(Project, id, known):
            return refused
        project = self.world.get(Project, id)
        if name == "versions":
            rows = [
                self._render.version(each) for each in self.world.where(Milestone, "project_id", id)
            ]
            return Reply.of({"versions": rows, "total_count": len(rows)})
        if name == "memberships" and project:
            people = [each for each in self.world.all(Person) if each.active is not False]
            members = [
                self._render.membership(each, project, n) for n, each in enumerate(people, start=1)
            ]
            return self._rows("memberships", members, request)
        return _status(404)

    # --- notes --------------------------------------------------------------------------------

    def _note(self, request: Request) -> Reply:
        """A note on an issue, or one of ours edited; both need a role that may."""
        match request.path.removesuffix(".json").strip("/").split("/"):
            case ["issues", number] if number.isdigit():
                id = self._numbers.id(Task, number)
                if refused := self._door(Task, id, known=True):
                    return refused
                if not self.may_comment:
                    return _status(403)
                self.say(id, str(self._numbers.next(Comment)), request.json()["issue"]["notes"])
                return _status(204)
            case ["journals", number] if number.isdigit():
                note = self.world.get(Comment, self._numbers.id(Comment, number))
                if note is None or not self.may_comment:
                    return _status(404 if note is None else 403)
                said = request.json()["journal"]["notes"]
                self.say(note.task_id, note.id, said, touch=False)
                return _status(204)
            case _:
                return _status(404)


def _changed(task: Task) -> str:
    return stamp(task.updated_at) if task.updated_at else ""


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _status(status: int) -> Reply:
    return Reply(status, b"", {"Content-Type": "application/json"})


SANDBOX = RedmineSandbox
