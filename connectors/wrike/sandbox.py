"""An imitation of Wrike's REST API over a world of records, for the one user who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.sdk.records import (
    Approval,
    Comment,
    Link,
    Person,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request
from connectors.wrike import sandbox_render as render
from connectors.wrike.sandbox_asked import (
    NAMED,
    OPTIONAL,
    WEEK,
    Refused,
    inside,
    invalid,
    known,
    optional,
    page_size,
    span,
)
from connectors.wrike.sandbox_hooks import Hooks
from connectors.wrike.sandbox_places import Places, forbidden
from connectors.wrike.sandbox_render import Object, told
from connectors.wrike.sandbox_words import (
    BIN,
    FOUNDED,
    ROOT,
    code,
    error,
)

TOKEN = "eyJ0dCI6InAiLCJhbGciOiJIUzI1NiJ9.INVENTEDTOKENOFTHESANDBOX"  # noqa: S105
CLIENT, SECRET, REFRESH = "InventedApp", "invented-secret-of-the-app", "invented-refresh-token"
MINUTE = timedelta(minutes=1)
READER = Person(id="KUAAAAAQ", name="Flagstaff Reader", email="flagstaff@example.com", active=True)
WORK = "Work"  # the plain folder in each project in which every other of its tasks lies


class WrikeSandbox(Places):
    """Wrike's spaces, folders, projects, tasks, comments, time and approvals.

    Args:
        records: see `Sandbox`.
        now: the tool's clock.
        page_size: rows that a page holds at most, whatever is asked for.
        allowance: requests a minute; Wrike lets some 400 through.
        licence: whether it allows time tracking and approvals.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        page_size: int = 1000,
        allowance: int = 10_000,
        licence: bool = True,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.allowance = allowance
        self.licence = licence
        self.emptied: set[str] = set()  # ids of tasks that are not even in the recycle bin
        self.hooks = Hooks()
        self._minute, self._asked = now(), 0
        self._access = ""

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": f"{base_url}/api/v4", "token": TOKEN, "allow_private_network": True}

    def app_options(self, base_url: str) -> dict[str, Any]:
        """Those of a connection that signs in by an API app."""
        return {
            **self.options(base_url),
            "token": None,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "refresh_token": REFRESH,
            "login_url": f"{base_url}/oauth2/token",
        }

    def expire(self) -> None:
        """Let the access token run out."""
        self._access = ""

    def handle(self, request: Request) -> Reply:
        """Answer as Wrike would."""
        if request.path == "/oauth2/token":
            return self._sign_in(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in {TOKEN, self._access} - {""}:
            return Reply.of(error("not_authorized", "Access token is unknown or invalid"), 401)
        if self._used_up():
            return Reply.of(error("too_many_requests", "Request rate limit exceeded"), 429)
        path = request.path.removeprefix("/api/v4/").strip("/")
        try:
            known(path, request)
            return Reply.of(self._answer(request, path.split("/")))
        except Refused as refused:
            status, what, said = refused.args
            return Reply.of(error(what, said), status)

    def _sign_in(self, request: Request) -> Reply:
        given = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        wanted = {
            "grant_type": "refresh_token", "client_id": CLIENT, "client_secret": SECRET,
            "refresh_token": REFRESH,
        }  # fmt: skip
        if given != wanted:
            return Reply.of({"error": "invalid_grant", "error_description": "Unknown"}, 400)
        self._access = code("access", str(self.world.now()), str(len(self.log)), length=40)
        return Reply.of(
            {
                "access_token": self._access, "refresh_token": REFRESH, "token_type": "bearer",
                "host": "www.wrike.com", "expires_in": 3600,
            }
        )  # fmt: skip

    def _used_up(self) -> bool:
        now = self.world.now()
        if now - self._minute >= MINUTE:
            self._minute, self._asked = now, 0
        self._asked += 1
        return self._asked > self.allowance

    def _answer(self, request: Request, path: list[str]) -> Object:
        match path:
            case ["webhooks", *rest]:
                return self.hooks.answer(request, rest)
            case ["folders" | "spaces", id, "tasks"]:
                return self._tasks(request, id)
            case ["tasks"]:
                return self._tasks(request, ROOT)
            case ["folders", id, "timelogs"]:
                return self._on_tasks("timelogs", request, self.below(id))
            case [kind, named]:
                return self._named(kind, named.split(","), request)
            case _:
                return self._listed(path[0], request)

    def _listed(self, kind: str, request: Request) -> Object:
        """What is listed whole."""
        whole: dict[str, Callable[[], list[Object]]] = {
            "account": lambda: [render.account(self._founded())],
            "contacts": lambda: self._contacts(request),
            "customfields": lambda: [render.custom_field(each) for each in self.fields.values()],
            "folders": self.tree,
            "spaces": lambda: [render.space(*each) for each in self.seen_spaces().items()],
            "workflows": self.workflows,
        }
        return told(kind, whole[kind]()) if kind in whole else self._on_tasks(kind, request)

    def _founded(self) -> datetime:
        """The account is as old as the first thing that was said or booked in it."""
        said = [self._changed(each) for kind in (Comment, Worklog) for each in self.world.all(kind)]
        return min(said, default=FOUNDED)

    def _contacts(self, request: Request) -> list[Object]:
        if "me" in request.query:
            return [{**render.contact(READER), "me": True}]
        gone = request.one("deleted") == "true"
        people = [each for each in self.world.all(Person) if each.active is not gone]
        return [render.contact(each) for each in people]

    def _on_tasks(self, kind: str, request: Request, places: set[str] | None = None) -> Object:
        """Comments, time and approvals, of all tasks that are seen, or of those in some places."""
        if kind in ("timelogs", "approvals") and not self.licence:
            raise Refused(403, "not_allowed", "The licence does not include this")
        changed = span(request, "updatedDate", WEEK if kind == "comments" else None)
        found = [
            self._shown(each, request) for each in self._hung(kind)
            if self.is_visible(each.task_id) and inside(self._changed(each), changed)
            and (places is None or self.homes(self.world.get(Task, each.task_id)) & places)
        ]  # fmt: skip
        return self._page(kind, found, request) if kind == "approvals" else told(kind, found)

    def _hung(self, kind: str) -> Sequence[Any]:
        kinds = {"comments": Comment, "timelogs": Worklog, "approvals": Approval}
        if kind not in kinds:
            raise Refused(404, "method_not_found", "HTTP method not found")
        return self.world.all(kinds[kind])

    def _shown(self, held: Any, request: Request) -> Object:
        if isinstance(held, Comment):
            return render.comment(held, plain=request.one("plainText") == "true")
        if isinstance(held, Worklog):
            return render.timelog(held)
        return render.approval(held, self._changed(held))

    def _changed(self, held: Any) -> datetime:
        """When something on a task was changed last."""
        own = getattr(held, "at", None) or getattr(held, "updated_at", None)
        own = own or getattr(held, "decided_at", None) or FOUNDED
        return max(own, self.world.edited.get((type(held), held.id), own))

    def _named(self, kind: str, named: list[str], request: Request) -> Object:
        """Some things by their ids; none of them where one is not shown."""
        if len(named) > NAMED:
            raise invalid("ids")
        find: dict[str, Callable[[str], Object | None]] = {
            "folders": self.folder,
            "contacts": self._contact,
            "tasks": self._one_task,
            "dependencies": self._dependency,
            "comments": lambda id: self._on_task(Comment, id, request),
            "timelogs": lambda id: self._on_task(Worklog, id, request),
            "approvals": lambda id: self._on_task(Approval, id, request),
        }
        if kind not in find:
            raise Refused(404, "method_not_found", "HTTP method not found")
        found = [find[kind](id) for id in named]
        rows = [each for each in found if each is not None]
        if len(rows) < len(found):
            raise Refused(404, "resource_not_found", "Requested entity not found")
        return told(kind, rows)

    def _contact(self, id: str) -> Object | None:
        person = self.world.get(Person, id)
        return None if person is None else render.contact(person)

    def _on_task(self, kind: Any, id: str, request: Request) -> Object | None:
        held = self.world.get(kind, id)
        if held is not None and not self.is_visible(held.task_id):
            raise forbidden()
        return None if held is None else self._shown(held, request)

    def _dependency(self, id: str) -> Object | None:
        link = self.world.get(Link, id)
        if link is not None and not (self.is_visible(link.from_id) and self.is_visible(link.to_id)):
            raise forbidden()
        return None if link is None else render.dependency(link)

    def _one_task(self, id: str) -> Object | None:
        task = self.world.get(Task, id)
        if task is not None:
            if not self.is_visible(id):
                raise forbidden()
            return self.task_json(task)
        reason, at = self.world.gone.get((Task, id), (None, FOUNDED))
        if reason in ("moved", "access_lost"):
            raise forbidden()
        return render.thrown_away(id, "", at) if reason and id not in self.emptied else None

    def _tasks(self, request: Request, place: str) -> Object:
        """Subtasks, and what lies deeper, only where they are asked for."""
        asked, size = optional(request), page_size(request)
        ranges = {name: span(request, name) for name in ("createdDate", "updatedDate")}
        if place == BIN:
            rows = [
                render.thrown_away(id, "", at)
                for (kind, id), (reason, at) in self.world.gone.items()
                if kind is Task and reason == "deleted" and id not in self.emptied
                and inside(at.replace(microsecond=0), ranges["updatedDate"])
            ]  # fmt: skip
            return self._page("tasks", rows, request, size)
        below = self.below(place)
        deep = place == ROOT or request.one("descendants") == "true"
        places = below if deep else {place}
        found = [
            task for task in self.world.all(Task)
            if self.is_visible(task.id) and self.homes(task) & places
            and (request.one("subTasks") == "true" or task.parent_id is None)
            and inside(task.created_at, ranges["createdDate"])
            and inside(_floor(task.updated_at), ranges["updatedDate"])
        ]  # fmt: skip
        by = "created_at" if request.one("sortField") == "CreatedDate" else "updated_at"
        found.sort(key=lambda task: (getattr(task, by) or FOUNDED, task.id))
        if request.one("sortOrder") != "Asc":
            found.reverse()
        rows = [self.task_json(task) for task in found]
        left_out = OPTIONAL - asked
        return self._page(
            "tasks",
            [{name: row[name] for name in row if name not in left_out} for row in rows],
            request,
            size,
        )

    def _page(
        self, kind: str, rows: list[Object], request: Request, size: int | None = None
    ) -> Object:
        """A page; its token holds for the very same filters alone."""
        filters = {name: each for name, each in request.query.items() if name != "nextPageToken"}
        mark = code(request.path, repr(sorted(filters.items())), length=12)
        token, start = request.one("nextPageToken"), 0
        if token:
            if not token.startswith(mark) or not token[12:].isdecimal():
                raise invalid("nextPageToken")
            start = int(token[12:])
        end = start + min(size or page_size(request), self.page_size)
        more = {"nextPageToken": f"{mark}{end}"} if end < len(rows) else {}
        return {**told(kind, rows[start:end]), **more, "responseSize": len(rows)}


def _floor(at: datetime | None) -> datetime | None:
    return at and at.replace(microsecond=0)


SANDBOX = WrikeSandbox
