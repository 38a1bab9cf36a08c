"""An imitation of Asana's HTTP API over the records of one workspace, for demo and tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

import msgspec

from connectors.asana import sandbox_render as render
from connectors.asana.provides import PROVIDES
from connectors.asana.sandbox_adopt import Given, number, provided
from connectors.asana.sandbox_feed import Log
from connectors.asana.sandbox_history import TOLD, Telling
from connectors.asana.sandbox_hooks import Hooks
from connectors.asana.sandbox_http import PREFIX, Json, Problem, error, listing, one
from connectors.asana.sandbox_kinds import Holding
from connectors.asana.words import status_of
from connectors.sdk.records import (
    Approval,
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request, Sandbox

TOKEN = "sandbox-asana-token"  # noqa: S105
WORKSPACE = number("Workspace", "sandbox")
ME = number("User", "sandbox")
USUAL = {"todo": "To do", "in_progress": "In progress", "cancelled": "Cancelled"}


class AsanaSandbox(Sandbox):
    """Asana with one workspace.

    Args:
        records: what it holds.
        now: its clock.
        page_size: the most rows a page, whatever `limit` asks for.
    """

    name: ClassVar[str] = "asana"

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int = 100
    ) -> None:
        self._given = Given(records)
        self._names = {
            (kind, number(kind.__name__, each.id)): each.name
            for kind in (Person, Project)
            for each in self._given.records
            if isinstance(each, kind)
        }
        self._telling = Telling(
            self._given, self.refer, lambda kind, id: self._names.get((kind, id))
        )
        self._holding = Holding(self._given, self._telling, self.refer, WORKSPACE)
        super().__init__(self._given.records, now)
        self._page_size = page_size
        self._log = Log(self.world, self._seen_by)
        self.hooks = Hooks(self._visible)

    def native_id(self, record: Record) -> str:
        """Sixteen digits; a milestone and an approval are their task."""
        if isinstance(record, Milestone):
            return number("Task", record.id)
        if isinstance(record, Approval):
            return number("Task", record.task_id)
        return number(type(record).__name__, record.id)

    def options(self, base_url: str) -> dict[str, Any]:
        """The whole workspace, from this machine."""
        return {
            "url": base_url,
            "token": TOKEN,
            "workspaces": [WORKSPACE],
            "allow_private_network": True,
        }

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`; each kind has its own way."""
        held = self._holding.held(record)
        return None if held is None else provided(held, PROVIDES[type(held)])

    def handle(self, request: Request) -> Reply:
        """Answer as Asana would."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "Not Authorized")
        self._log.note()
        try:
            if request.method == "POST" and request.path == f"{PREFIX}/batch":
                return self._batch(request)
            if request.path.startswith(f"{PREFIX}/webhooks"):
                return self.hooks.answer(request)
            path = request.path.removeprefix(PREFIX)
            match request.method, path.strip("/").split("/"):
                case ("POST", ["tasks" as kind, id, "stories"]) | ("PUT", ["stories" as kind, id]):
                    return self._say(request, kind, id)
                case _:
                    return self._get(request, path)
        except Problem as problem:
            return error(problem.status, str(problem))

    def _say(self, request: Request, kind: str, id: str) -> Reply:
        """A comment on a task, or an edited one."""
        if not self.may_comment:
            raise Problem(403, "You do not have access to comment on this task")
        task = self._readable(id).id if kind == "tasks" else self._found(Comment, id).task_id
        story = number("Story", str(self.world.revision)) if kind == "tasks" else id
        said = self.say(task, story, request.json()["data"]["text"], touch=False)
        return Reply.of({"data": self._story_row(said)}, 201 if kind == "tasks" else 200)

    def _get(self, request: Request, path: str) -> Reply:
        if request.method != "GET" or not request.path.startswith(PREFIX + "/"):
            raise Problem(404, "No matching route for request")
        for pattern, answer in _ROUTES:
            match = pattern.fullmatch(path)
            if match is not None:
                return answer(self, request, *match.groups())
        raise Problem(404, "No matching route for request")

    def _batch(self, request: Request) -> Reply:
        actions = ((request.json() or {}).get("data") or {}).get("actions") or []
        if not actions or len(actions) > 10:
            raise Problem(400, "actions: between 1 and 10 are allowed")
        return Reply.of({"data": [self._action(request, action) for action in actions]})

    def _action(self, request: Request, action: Json) -> Json:
        options = action.get("options") or {}
        query = dict(action.get("data") or {})
        query |= {name: str(options[name]) for name in ("limit", "offset") if name in options}
        query["opt_fields"] = ",".join(options.get("fields", ()))
        path = PREFIX + action["relative_path"]
        reply = self.handle(
            Request("GET", path, {name: [each] for name, each in query.items()}, request.headers)
        )
        return {"status_code": reply.status, "headers": {}, "body": msgspec.json.decode(reply.body)}

    def _list(self, request: Request, records: Sequence[Any], row: Callable[[Any], Json]) -> Reply:
        return listing(request, records, row, self._page_size)

    def _me(self, request: Request) -> Reply:
        workspace = {"gid": WORKSPACE, "resource_type": "workspace", "name": "Sandbox"}
        me = {"gid": ME, "resource_type": "user", "name": "PMO", "email": "pmo@example.com"}
        return one(request, {**me, "workspaces": [workspace]})

    def _workspaces(self, request: Request) -> Reply:
        row = {"gid": WORKSPACE, "resource_type": "workspace", "name": "Sandbox"}
        return self._list(request, [row], lambda row: row)

    def _users(self, request: Request) -> Reply:
        self._in_workspace(request.one("workspace", WORKSPACE))
        people = sorted(self.world.all(Person), key=lambda each: each.id)
        return self._list(request, people, render.person)

    def _user(self, request: Request, id: str) -> Reply:
        return one(request, render.person(self._found(Person, id)))

    def _projects(self, request: Request, workspace: str) -> Reply:
        self._in_workspace(workspace)
        archived = request.one("archived")
        rows = [
            each
            for each in self.world.all(Project)
            if each.id not in self.hidden
            and (not archived or (each.state == "archived") == (archived == "true"))
        ]
        return self._list(request, rows, self._project_row)

    def _project(self, request: Request, id: str) -> Reply:
        return one(request, self._project_row(self._visible(id)))

    def _sections(self, request: Request, id: str) -> Reply:
        self._visible(id)
        columns = sorted(self.world.where(Column, "project_id", id), key=lambda c: c.position)
        return self._list(
            request,
            columns,
            lambda c: {"gid": c.id, "resource_type": "section", "name": c.name},
        )

    def _task_counts(self, request: Request, id: str) -> Reply:
        self._visible(id)
        counts = {"num_tasks": len(self._members(id))}
        return Reply.of({"data": render.select(counts, render.wanted(request.one("opt_fields")))})

    def _tasks(self, request: Request) -> Reply:
        project, section = request.one("project"), request.one("section")
        column = self._found(Column, section) if section else None
        if column is not None:
            project = column.project_id or ""
        if not project:
            raise Problem(400, "You must specify exactly one of project, tag, section")
        self._visible(project)
        tasks = self._members(project)
        if column is not None:
            tasks = [each for each in tasks if self._section(each, project) == column.name]
        since = request.one("modified_since")
        if since:
            from_ = datetime.fromisoformat(since)
            tasks = [each for each in tasks if (at := self._modified(each)) and at >= from_]
        return self._list(request, tasks, self._task_row)

    def _task(self, request: Request, id: str) -> Reply:
        return one(request, self._task_row(self._readable(id)))

    def _subtasks(self, request: Request, id: str) -> Reply:
        self._readable(id)
        return self._list(request, self.world.where(Task, "parent_id", id), self._task_row)

    def _stories(self, request: Request, id: str) -> Reply:
        self._readable(id)
        told: list[Comment | Change] = list(self.world.where(Comment, "task_id", id))
        told += [each for each in self.world.where(Change, "task_id", id) if each.field in TOLD]
        return self._list(request, sorted(told, key=lambda each: each.at), self._story_row)

    def _story(self, request: Request, id: str) -> Reply:
        return one(request, self._story_row(self._found(Comment, id)))

    def _status_updates(self, request: Request) -> Reply:
        project = request.one("parent")
        self._visible(project)
        found = self.world.where(StatusUpdate, "project_id", project)
        since = request.one("created_since")
        if since:
            found = [each for each in found if each.at >= datetime.fromisoformat(since)]
        found.sort(key=lambda each: each.at, reverse=True)
        return self._list(request, found, render.status_update)

    def _status_update(self, request: Request, id: str) -> Reply:
        return one(request, render.status_update(self._found(StatusUpdate, id)))

    def _entries(self, request: Request) -> Reply:
        project, start = request.one("attributable_to"), request.one("entered_on_start_date")
        if not project and not (request.one("workspace") and start):
            raise Problem(400, "entered_on_start_date: needed with workspace")
        entries = self.world.all(Worklog)
        if project:
            self._visible(project)
            entries = self.world.where(Worklog, "project_id", project)
        first = date.fromisoformat(start) if start else date.min
        shown = (each for each in entries if each.project_id not in self.hidden)
        return self._list(request, [each for each in shown if each.on >= first], render.worklog)

    def _entry(self, request: Request, id: str) -> Reply:
        return one(request, render.worklog(self._found(Worklog, id)))

    def _events(self, request: Request) -> Reply:
        project = request.one("resource")
        self._visible(project)
        found = self._log.since(request.one("sync"), project)
        if found is None:
            message = "Sync token invalid or too old"
            return Reply.of({"errors": [{"message": message}], "sync": self._log.token()}, 412)
        events, sync, more = found
        return Reply.of({"data": events, "sync": sync, "has_more": more})

    def _project_row(self, record: Project) -> Json:
        reports = self.world.where(StatusUpdate, "project_id", record.id)
        latest = max(reports, key=lambda each: each.at, default=None)
        row = render.project(record, WORKSPACE)
        row["current_status"] = row["current_status_update"] = None
        if latest is not None:
            row["current_status"] = render.status_update(latest)
            row["current_status_update"] = render.ref(latest.id, "status_update")
        fields = {
            field["gid"]: field
            for task in self.world.where(Task, "project_id", record.id)
            for field in render.task(task)["custom_fields"]
        }
        people = {record.owner_id} | {
            id
            for task in self.world.where(Task, "project_id", record.id)
            for id in task.assignee_ids
        }
        row["members"] = [render.ref(id, "user") for id in sorted(filter(None, people))]
        row["custom_field_settings"] = [{"custom_field": each} for each in fields.values()]
        return row

    def _task_row(self, record: Task) -> Json:
        row = render.task(record)
        row["num_subtasks"] = len(self.world.where(Task, "parent_id", record.id))
        row["memberships"] = [
            {
                "project": render.ref(id, "project", self._names.get((Project, id))),
                "section": self._section_row(record, id),
            }
            for id in self._projects_of(record)
            if id not in self.hidden
        ]
        before = self.world.where(Link, "to_id", record.id)
        after = self.world.where(Link, "from_id", record.id)
        row["dependencies"] = [render.ref(link.from_id, "task") for link in before]
        row["dependents"] = [render.ref(link.to_id, "task") for link in after]
        approval = self.world.get(Approval, record.id)
        row["approval_status"] = approval.decision_label if approval is not None else None
        return row

    def _story_row(self, record: Comment | Change) -> Json:
        if isinstance(record, Comment):
            return render.comment(record, self._telling.person(record.author_id))
        return self._telling.story(record)

    def _places(self, task: Task) -> list[Membership]:
        return self.world.where(Membership, "task_id", task.id)

    def _projects_of(self, task: Task) -> list[str]:
        """The projects that a task is in itself, its own first."""
        held = [place.container_id for place in self._places(task)]
        held.sort(key=lambda id: id != task.project_id)
        if not held and task.project_id is not None and task.parent_id is None:
            return [task.project_id]
        return held

    def _seen_by(self, task: Task) -> Iterator[str]:
        """The projects whose feeds tell of a task: its own, and those of the tasks above it."""
        for _ in range(50):
            yield from self._projects_of(task)
            above = self.world.get(Task, task.parent_id) if task.parent_id else None
            if above is None:
                return
            task = above

    def _section(self, task: Task, project: str) -> str | None:
        """The section of a task: where it was put, unless its status says otherwise by now."""
        places = [each for each in self._places(task) if each.container_id == project]
        named = places[0].section if places else None
        if project != task.project_id or task.status == "done" or task.status is None:
            return named
        if named is not None and (status_of(named) or "todo") == task.status:
            return named
        return USUAL[task.status]

    def _section_row(self, task: Task, project: str) -> Json | None:
        name = self._section(task, project)
        if name is None:
            return None
        columns = self.world.where(Column, "project_id", project)
        known = next((each.id for each in columns if each.name == name), None)
        return render.ref(known or number("Section", project, name), "section", name)

    def _members(self, project: str) -> list[Task]:
        ids = dict.fromkeys(
            place.task_id for place in self.world.where(Membership, "container_id", project)
        )
        held = [task for id in ids if (task := self.world.get(Task, id)) is not None]
        alone = [
            task
            for task in self.world.where(Task, "project_id", project)
            if task.id not in ids and self._projects_of(task) == [project]
        ]
        return held + alone

    def _modified(self, task: Task) -> datetime | None:
        at = self._log.touched.get(task.id)
        return max(filter(None, (task.updated_at, at)), default=None)

    def _visible(self, project: str) -> Project:
        found: Project = self._found(Project, project)
        if project in self.hidden:
            raise Problem(403, "project: You do not have access to this object")
        return found

    def _readable(self, id: str) -> Task:
        reason = self.world.gone.get((Task, id))
        if reason is not None and reason[0] not in ("deleted", "unknown"):
            raise Problem(403, "task: You do not have access to this object")
        task: Task = self._found(Task, id)
        projects = set(self._seen_by(task))
        if projects and projects <= self.hidden:
            raise Problem(403, "task: You do not have access to this object")
        return task

    def _found(self, kind: type[Any], id: str) -> Any:
        record = self.world.get(kind, id)
        if record is None:
            raise Problem(404, f"{kind.__name__.lower()}: Unknown object: {id}")
        return record

    @staticmethod
    def _in_workspace(workspace: str) -> None:
        if workspace != WORKSPACE:
            raise Problem(404, "workspace: Unknown object")


_ID = "/([^/]+)"
_ROUTES: Sequence[tuple[re.Pattern[str], Callable[..., Reply]]] = [
    (re.compile(pattern), answer)
    for pattern, answer in (
        ("/users/me", AsanaSandbox._me),
        ("/users", AsanaSandbox._users),
        ("/users" + _ID, AsanaSandbox._user),
        ("/workspaces", AsanaSandbox._workspaces),
        ("/workspaces" + _ID + "/projects", AsanaSandbox._projects),
        ("/projects" + _ID, AsanaSandbox._project),
        ("/projects" + _ID + "/sections", AsanaSandbox._sections),
        ("/projects" + _ID + "/task_counts", AsanaSandbox._task_counts),
        ("/tasks", AsanaSandbox._tasks),
        ("/tasks" + _ID, AsanaSandbox._task),
        ("/tasks" + _ID + "/subtasks", AsanaSandbox._subtasks),
        ("/tasks" + _ID + "/stories", AsanaSandbox._stories),
        ("/stories" + _ID, AsanaSandbox._story),
        ("/status_updates", AsanaSandbox._status_updates),
        ("/status_updates" + _ID, AsanaSandbox._status_update),
        ("/time_tracking_entries", AsanaSandbox._entries),
        ("/time_tracking_entries" + _ID, AsanaSandbox._entry),
        ("/events", AsanaSandbox._events),
    )
]

SANDBOX = AsanaSandbox
