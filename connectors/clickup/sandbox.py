"""An imitation of ClickUp's REST API over a world of records, for the one account that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.clickup.sandbox_adopt import Adoption
from connectors.clickup.sandbox_hooks import Hooks
from connectors.clickup.sandbox_render import (
    Object,
    comment_json,
    entry_json,
    field_json,
    folder_id,
    folder_json,
    folder_of,
    group,
    list_json,
    space_id,
    space_of,
    task_json,
    user,
)
from connectors.clickup.sandbox_words import WORKSPACE, error, stamp, type_id
from connectors.sdk.records import (
    Comment,
    Link,
    Membership,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request

TOKEN = "pk_90012345_INVENTEDTOKENOFTHESANDBOX"  # noqa: S105
READER = Person(id="90000001", name="Flagstaff Reader", email="flagstaff@example.com")
NOT_AUTHORIZED = error("Team(s) not authorized", "OAUTH_027")
NO_TOKEN = error("Oauth token not found", "OAUTH_019")
MINUTE = timedelta(minutes=1)
COMMENTS_PAGE = 25
LAST_DAYS = timedelta(days=30)


class ClickUpSandbox(Adoption):
    """ClickUp's workspace, lists, tasks, comments and time entries.

    Args:
        records: see `Sandbox`.
        now: the tool's clock.
        page_size: tasks a page; ClickUp gives 100.
        allowance: requests a minute, by plan.
        admin: whether the account may see the time of others.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        page_size: int = 100,
        allowance: int = 10_000,
        admin: bool = True,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.allowance = allowance
        self.admin = admin
        self._minute, self._asked = now(), 0
        self._revision = -1
        self.hooks = Hooks()
        self._on: dict[str, str] = {}  # the task of every comment that ever was
        self._people: dict[str, Person] = {}
        self._updated: dict[str, datetime] = {}
        self._links: dict[str, list[Link]] = {}
        self._options: dict[str, list[Any]] = {}

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": f"{base_url}/api/v2",
            "token": TOKEN,
            "workspace": WORKSPACE,
            "comments": True,
            "allow_private_network": True,
        }

    def handle(self, request: Request) -> Reply:
        """Answer as ClickUp would."""
        if request.headers.get("authorization") != TOKEN:
            return Reply.of(NO_TOKEN, 401)
        headers = self._count()
        if self._asked > self.allowance:
            return Reply.of(error("Rate limit reached", "APP_002"), 429, **headers)
        self._index()
        data, status = self._answer(request)
        return Reply.of(data, status, **headers)

    def _count(self) -> dict[str, str]:
        """One more request of this minute, and what is left of it."""
        now = self.world.now()
        if now - self._minute >= MINUTE:
            self._minute, self._asked = now, 0
        self._asked += 1
        return {
            "X_RateLimit_Limit": str(self.allowance),
            "X_RateLimit_Remaining": str(max(self.allowance - self._asked, 0)),
            "X_RateLimit_Reset": str(int((self._minute + MINUTE).timestamp())),
        }

    def _index(self) -> None:
        """Look things up once per revision of the world."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        self._people = {person.id: person for person in self.world.all(Person)}
        tasks = {task.id: task for task in self.world.all(Task)}
        self._updated = {id: task.updated_at or self._minute for id, task in tasks.items()}
        for comment in self.world.all(Comment):
            self._on[comment.id] = comment.task_id
        for (kind, id), at in self.world.edited.items():
            on = self._on.get(id) if kind is Comment else None
            if on in self._updated:
                self._updated[on] = max(self._updated[on], at)
        self._links = {}
        for link in self.world.all(Link):
            for end in (link.from_id, link.to_id):
                self._links.setdefault(end, []).append(link)
        self._options = {}
        for task in tasks.values():
            for custom in task.custom:
                held = custom.value if isinstance(custom.value, tuple) else (custom.value,)
                known = self._options.setdefault(custom.id, [])
                known.extend(each for each in held if each is not None and each not in known)

    def _answer(self, request: Request) -> tuple[Any, int]:
        archived = request.one("archived", "false") == "true"
        match request.path.removeprefix("/api/v2").strip("/").split("/"):
            case ["team", team, *rest]:
                return self._in_team(request, team, rest)
            case ["space", id, "folder"]:
                return {"folders": self._folders(id, archived)}, 200
            case ["space" | "folder" as kind, id, "list"]:
                return self._listed(self._inside(kind, id), archived)
            case ["list", id, *rest]:
                return self._one_list(request, id, rest)
            case ["task", id, *rest]:
                return self._one_task(request, id, rest)
            case rest:
                return self._around(request, rest)

    def _around(self, request: Request, path: list[str]) -> tuple[Any, int]:
        """What is around the workspace."""
        if path[:1] == ["webhook"] and len(path) == 2:
            return self.hooks.one(path[1], request)
        if path == ["user"]:
            return {"user": {**user(READER, READER.id), "timezone": "America/Montreal"}}, 200
        if path == ["team"]:
            return {"teams": [self._workspace()]}, 200
        if path == ["group"] and request.one("team_id") == WORKSPACE:
            groups = [each for each in self._people.values() if each.kind == "group"]
            return {"groups": [group(each) for each in groups]}, 200
        return error("Route not found", "APP_001"), 404

    def _in_team(self, request: Request, team: str, path: list[str]) -> tuple[Any, int]:
        """What is in the workspace."""
        if team != WORKSPACE:
            return NOT_AUTHORIZED, 401
        found: Object
        match path:
            case ["space"]:
                names = dict.fromkeys(space_of(each) for each in self._visible())
                words = dict.fromkeys(task.status_label for task in self.world.all(Task))
                statuses = [{"status": word} for word in words if word]
                spaces = [
                    {"id": space_id(name), "name": name, "statuses": statuses} for name in names
                ]
                found = {"spaces": [] if request.one("archived") == "true" else spaces}
            case ["shared"]:
                found = {"shared": {"tasks": [], "lists": [], "folders": []}}
            case ["custom_item"]:
                labels = dict.fromkeys(str(each.type_label) for each in self.world.all(Task))
                own = [label for label in labels if type_id(label) > 1]
                found = {"custom_items": [{"id": type_id(each), "name": each} for each in own]}
            case ["task"]:
                found = self._tasks(request, self._visible())
            case ["webhook"]:
                return self.hooks.of_workspace(request)
            case ["time_entries"]:
                return self._entries(request)
            case ["time_entries", id]:
                return self._entry(id)
            case _:
                return error("Route not found", "APP_001"), 404
        return found, 200

    def _inside(self, kind: str, id: str) -> list[Project]:
        """The lists of a folder, or those of a space that lie in none."""
        if kind == "space":
            return [
                each for each in self._visible()
                if space_id(space_of(each)) == id and not folder_of(each)
            ]  # fmt: skip
        return [
            each for each in self._visible()
            if folder_id(space_of(each), folder_of(each), each.id) == id
        ]  # fmt: skip

    def _visible(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _workspace(self) -> Object:
        people = [each for each in self._people.values() if each.kind == "human"]
        members = [{"user": {**user(each, each.id), "role": 3}} for each in people]
        return {"id": WORKSPACE, "name": "Example", "color": "#40BC86", "members": members}

    def _listed(self, projects: Iterable[Project], archived: bool) -> tuple[Object, int]:
        chosen = [each for each in projects if (each.state != "active") == archived]
        return {"lists": [list_json(each, self._people) for each in chosen]}, 200

    def _folders(self, id: str, archived: bool) -> list[Object]:
        """A folder with all lists archived is not archived itself."""
        inside = [each for each in self._visible() if space_id(space_of(each)) == id]
        names = dict.fromkeys(folder_of(each) for each in inside)
        return [
            folder_json(
                space_of(inside[0]),
                name,
                self._listed([each for each in inside if folder_of(each) == name], False)[0][
                    "lists"
                ],
                archived=False,
            )
            for name in names
            if name and not archived
        ]

    def _one_list(self, request: Request, id: str, rest: list[str]) -> tuple[Any, int]:
        project = self.world.get(Project, id)
        if project is None:
            return error("List not found", "ITEM_014"), 404
        if id in self.hidden:
            return NOT_AUTHORIZED, 401
        if rest == ["task"]:
            return self._tasks(request, [project]), 200
        if rest == ["field"]:
            fields = self.native_fields.get(id, ())
            return {"fields": [field_json(each, None, ()) for each in fields]}, 200
        return list_json(project, self._people), 200

    def _tasks(self, request: Request, projects: Sequence[Project]) -> Object:
        """Closed tasks and subtasks only when asked for; archived ones only of a list."""
        archived = request.one("archived") == "true"
        spaces = request.query.get("space_ids[]")
        found = [
            task
            for project in projects
            if spaces is None or space_id(space_of(project)) in spaces
            for task in self.world.where(Task, "project_id", project.id)
            if bool(task.archived) == archived
            and (request.one("include_closed") == "true" or task.status != "done")
            and (request.one("subtasks") == "true" or task.parent_id is None)
        ]
        for name in ("created", "updated"):
            since = request.one(f"date_{name}_gt")
            found = [each for each in found if not since or self._key(each, name) > int(since)]
        by = request.one("order_by", "created")
        found.sort(key=lambda task: (self._key(task, by), task.id))
        if request.one("reverse") != "true":
            found.reverse()
        start = int(request.one("page", "0")) * self.page_size
        page = found[start : start + self.page_size]
        homes = {project.id: project for project in projects}
        return {
            "tasks": [self._task_json(task, homes[task.project_id or ""]) for task in page],
            "last_page": start + self.page_size >= len(found),
        }

    def _key(self, task: Task, by: str) -> int:
        at = self._updated[task.id] if by == "updated" else task.created_at
        return int(stamp(at) or 0)

    def _task_json(self, task: Task, home: Project) -> Object:
        places = self.world.where(Membership, "task_id", task.id)
        lists = (self.world.get(Project, each.container_id) for each in places)
        return task_json(
            task,
            home,
            self._people,
            fields=self.native_fields.get(home.id, ()),
            options={
                field.id: self._options.get(field.id, [])
                for field in self.native_fields.get(home.id, ())
                if field.type in ("drop_down", "labels")
            },
            links=self._links.get(task.id, []),
            locations=[each for each in lists if each is not None],
            updated=stamp(self._updated[task.id]),
        )

    def _one_task(self, request: Request, id: str, rest: list[str]) -> tuple[Any, int]:
        task = self.world.get(Task, id)
        home = self.world.get(Project, task.project_id or "") if task else None
        if task is None or home is None:
            reason, _ = self.world.gone.get((Task, id), ("deleted", None))
            if reason in ("moved", "access_lost"):
                return NOT_AUTHORIZED, 401
            return error("Task not found, deleted", "ITEM_013"), 404
        if home.id in self.hidden:
            return NOT_AUTHORIZED, 401
        if rest == ["comment"]:
            return {"comments": self._comments(request, id)}, 200
        return self._task_json(task, home), 200

    def _comments(self, request: Request, task_id: str) -> list[Object]:
        """The newest first; older ones than one that is named by both its date and its id."""
        held = self.world.where(Comment, "task_id", task_id)
        held.sort(key=lambda each: (each.at, each.id), reverse=True)
        ids, before = [each.id for each in held], request.one("start_id")
        if request.one("start") and before in ids:
            held = held[ids.index(before) + 1 :]
        return [comment_json(each, self._people) for each in held[:COMMENTS_PAGE]]

    def _entries(self, request: Request) -> tuple[Any, int]:
        """Time between two instants: one's own of the last days, unless asked otherwise."""
        named = request.one("assignee")
        if named not in ("", READER.id) and not self.admin:
            return error("You have no access to others' time", "TIMEENTRY_059"), 401
        people = named.split(",") if named else [READER.id]
        now = self.world.now()
        begin = int(request.one("start_date") or stamp(now - LAST_DAYS) or 0)
        end = int(request.one("end_date") or stamp(now) or 0)
        where, space = request.one("list_id"), request.one("space_id")
        found = []
        for entry in self.world.all(Worklog):
            home = self.world.get(Project, entry.project_id or "")
            at = int(stamp(entry.started_at) or 0)
            if entry.project_id in self.hidden or not begin <= at <= end:
                continue
            if entry.person_id not in people or (where and entry.project_id != where):
                continue
            if not space or (home and space_id(space_of(home)) == space):
                found.append(self._entry_json(entry))
        return {"data": found}, 200

    def _entry(self, id: str) -> tuple[Any, int]:
        entry = self.world.get(Worklog, id)
        if entry is None:
            return error("Time entry not found", "TIMEENTRY_055"), 404
        if entry.project_id in self.hidden:
            return NOT_AUTHORIZED, 401
        return {"data": self._entry_json(entry)}, 200

    def _entry_json(self, entry: Worklog) -> Object:
        task = self.world.get(Task, entry.task_id) if entry.task_id else None
        return entry_json(entry, task, self._people)


SANDBOX = ClickUpSandbox
