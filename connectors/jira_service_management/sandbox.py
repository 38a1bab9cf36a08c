"""An imitation of Jira Cloud with service desks, over invented records."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.jira_service_management.sandbox_adopt import Adoption
from connectors.jira_service_management.sandbox_jql import BadJql, parse
from connectors.jira_service_management.sandbox_render import DESK, REST, Renderer
from connectors.jira_service_management.sandbox_words import SITE, written
from connectors.sdk.records import Approval, Change, Comment, Person, Project, Record, Task, Worklog
from connectors.sdk.sandbox import Reply, Request

EMAIL = "pmo@example.com"
TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but this imitation
REMOVED = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
UNSEEN = "Issue does not exist or you do not have permission to see it."
STATE_WORD = {"active": "live", "closed": "live", "archived": "archived", "trashed": "deleted"}
Route = tuple[str, str, frozenset[str], Callable[..., Reply]]


def refusal(status: int, said: str) -> Reply:
    """An error as the platform words it."""
    return Reply.of({"errorMessages": [said], "errors": {}}, status)


def desk_refusal(status: int, said: str) -> Reply:
    """An error as the service desk words it."""
    return Reply.of({"errorMessage": said, "i18nErrorMessage": {"parameters": []}}, status)


class JiraServiceManagementSandbox(Adoption):
    """Jira Cloud with service desks, over records.

    Args:
        records: what it holds.
        now: its clock.
        page_size: most issues a page of a search with many fields, and most entries a page of the
            service desk's lists.

    Attributes:
        software: ids of the projects that are no service desks.
        unfound: ids of issues that the search does not find yet.
        reserved: ids of requests that the service desk does not show to this account.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 100,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.software: set[str] = set()
        self.unfound: set[str] = set()
        self.reserved: set[str] = set()
        self.render = Renderer(self, self.software)
        self._tokens: dict[str, tuple[list[str], int, frozenset[str], int]] = {}
        self._routes = [
            (method, re.compile(path), names, answer)
            for method, path, names, answer in self._all_routes()
        ]

    def _all_routes(self) -> Iterator[Route]:
        paging = {"startAt", "maxResults"}

        def get(path: str, answer: Callable[..., Reply], *names: str) -> Route:
            return "GET", path, frozenset(names), answer

        def post(path: str, answer: Callable[..., Reply], *names: str) -> Route:
            return "POST", path, frozenset(names), answer

        yield get(f"{DESK}/info", self._info)
        yield get(f"{DESK}/organization", self._organizations, "start", "limit", "accountId")
        yield get(rf"{DESK}/request/(\d+)/approval", self._approvals, "start", "limit")
        yield get(f"{REST}/serverInfo", self._server_info)
        yield get(f"{REST}/myself", self._myself)
        yield get(
            f"{REST}/project/search", self._projects, *paging, "typeKey", "status", "expand", "keys"
        )
        yield get(rf"{REST}/project/(\d+)", self._one_project)
        yield get(f"{REST}/users/search", self._users, *paging)
        yield get(f"{REST}/field", self._fields)
        yield get(f"{REST}/field/search", self._field_search, *paging, "type")
        yield get(f"{REST}/status", self._statuses)
        yield post(
            f"{REST}/search/jql", self._search, "jql", "fields", "maxResults", "nextPageToken"
        )
        yield post(f"{REST}/search", self._removed, "jql", "fields", "startAt", "maxResults")
        yield post(f"{REST}/search/approximate-count", self._count, "jql")
        yield post(
            f"{REST}/changelog/bulkfetch", self._changelogs,
            "issueIdsOrKeys", "maxResults", "nextPageToken",
        )  # fmt: skip
        yield post(f"{REST}/issue/bulkfetch", self._issues, "issueIdsOrKeys", "fields")
        yield get(rf"{REST}/issue/(\d+)/comment", self._comments, *paging)
        yield get(rf"{REST}/issue/(\d+)/worklog", self._worklogs, *paging)

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": base_url, "email": EMAIL, "token": TOKEN, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as Jira would; refusals in its own words."""
        basic = b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            reply = refusal(401, "Client must be authenticated to access this resource.")
            sign_in = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            return Reply(401, reply.body, {**reply.headers, **sign_in})
        for method, path, names, answer in self._routes:
            found = path.fullmatch(request.path)
            if found is None or method != request.method:
                continue
            given = set(request.query) if method == "GET" else set(request.json() or {})
            if given - names:
                return refusal(400, f"Unknown parameters: {sorted(given - names)}")
            try:
                reply = answer(request, *found.groups())
            except BadJql as error:
                reply = refusal(400, str(error))
            return Reply(reply.status, reply.body, {**reply.headers, **self._limits()})
        return refusal(404, f"null for uri: {request.path}")

    def _limits(self) -> dict[str, str]:
        reset = self.world.now().astimezone(UTC) + timedelta(seconds=1)
        return {
            "X-RateLimit-Limit": "350",
            "X-RateLimit-Remaining": "349",
            "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}",
        }

    # -- who, what, where ----------------------------------------------------------------------

    def _info(self, _: Request) -> Reply:
        return Reply.of({"version": "5.12.0", "platformVersion": "1001.0.0",
                         "isLicensedForUse": True})  # fmt: skip

    def _server_info(self, _: Request) -> Reply:
        now = written(self.world.now())
        return Reply.of({"baseUrl": SITE, "deploymentType": "Cloud", "serverTime": now})

    def _myself(self, _: Request) -> Reply:
        me = Person(id="5f0000000000000000000001", name="PMO reader", time_zone="Etc/UTC")
        return Reply.of(self.render.user(me))

    def _visible(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _searched(self) -> set[str]:
        """The projects whose issues the search finds."""
        return {each.id for each in self._visible() if each.state == "active"}

    def _projects(self, request: Request) -> Reply:
        states = request.query.get("status", ["live"])
        desks = request.one("typeKey") == "service_desk"
        found = [
            each
            for each in self._visible()
            if STATE_WORD[each.state] in states and not (desks and each.id in self.software)
        ]
        return _page(request, found, self.render.project, most=100)

    def _one_project(self, _: Request, id_: str) -> Reply:
        for each in self._visible():
            if each.id == id_ and each.state != "trashed":
                return Reply.of(self.render.project(each))
        return refusal(404, f"No project could be found with id '{id_}'.")

    def _users(self, request: Request) -> Reply:
        start, size = int(request.one("startAt", "0")), int(request.one("maxResults", "50"))
        people = [each for each in self.world.all(Person) if each.kind != "group"]
        return Reply.of([self.render.user(each) for each in people[start : start + size]])

    def _organizations(self, request: Request) -> Reply:
        groups = [each for each in self.world.all(Person) if each.kind == "group"]
        return self._desk_page(request, groups, self.render.organization)

    def _fields(self, _: Request) -> Reply:
        return Reply.of(self.render.fields())

    def _field_search(self, request: Request) -> Reply:
        own = [each for each in self.render.fields() if each["custom"]]
        return _page(request, own, lambda each: each, most=50)

    def _statuses(self, _: Request) -> Reply:
        return Reply.of([self.render.status(word) for word in sorted(self.categories)])

    # -- requests ------------------------------------------------------------------------------

    def _find(self, jql: str) -> list[str]:
        query, visible = parse(jql), self._searched()
        unknown = sorted((query.projects or set()) - visible)
        if unknown:
            raise BadJql(f"The value '{unknown[0]}' does not exist for the field 'project'.")
        places = set(query.projects or visible) - (self.software if query.service_desks else set())
        found = [
            task
            for task in self.world.all(Task)
            if task.project_id in places
            and task.id not in self.unfound
            and all(test(task) for test in query.tests)
        ]
        return [task.id for task in sorted(found, key=query.place)]

    def _search(self, request: Request) -> Reply:
        asked = request.json()
        token = asked.get("nextPageToken")
        if token is None:
            ids, start = self._find(asked["jql"]), 0
            wanted = frozenset(asked.get("fields") or ("id",))
            size = min(asked.get("maxResults", 50), self._most(wanted))
        elif token in self._tokens:
            ids, start, wanted, size = self._tokens[token]
        else:
            raise BadJql("The provided next page token is invalid or expired.")
        end = start + size
        more: dict[str, Any] = {"isLast": True}
        if end < len(ids):
            token = f"Ck{len(self._tokens):06d}"
            self._tokens[token] = (ids, end, wanted, size)
            more = {"nextPageToken": token, "isLast": False}
        return Reply.of({"issues": self._rendered(ids[start:end], wanted), **more})

    def _most(self, wanted: frozenset[str]) -> int:
        if wanted <= {"id", "key"}:
            return 5000
        return 1000 if wanted <= {"updated", *self.clocks} else self.page_size

    def _rendered(self, ids: Iterable[str], wanted: frozenset[str]) -> list[dict[str, Any]]:
        tasks = (self.world.get(Task, id_) for id_ in ids)
        return [self.render.issue(task, wanted) for task in tasks if task is not None]

    def _removed(self, _: Request) -> Reply:
        return refusal(410, REMOVED)

    def _count(self, request: Request) -> Reply:
        return Reply.of({"count": len(self._find(request.json()["jql"]))})

    def _readable(self, id_: str) -> bool:
        task = self.world.get(Task, id_)
        return task is not None and task.project_id in self._searched()

    def _changelogs(self, request: Request) -> Reply:
        asked = request.json()
        if not 0 < len(asked["issueIdsOrKeys"]) <= 1000:
            return refusal(400, "The number of issues must be between 1 and 1000.")
        ids = [id_ for id_ in asked["issueIdsOrKeys"] if self._readable(id_)]
        entries = [(id_, each) for id_ in ids for each in self.world.where(Change, "task_id", id_)]
        start, size = int(asked.get("nextPageToken", "0")), asked.get("maxResults", 1000)
        logs: dict[str, list[Any]] = {}
        for id_, each in entries[start : start + size]:
            logs.setdefault(id_, []).append(self.render.history(each))
        found = [{"issueId": id_, "changeHistories": held} for id_, held in logs.items()]
        more = {"nextPageToken": str(start + size)} if start + size < len(entries) else {}
        return Reply.of({"issueChangeLogs": found, **more})

    def _issues(self, request: Request) -> Reply:
        asked = request.json()
        if len(asked["issueIdsOrKeys"]) > 100:
            return refusal(400, "The maximum number of issues is 100.")
        ids = [id_ for id_ in asked["issueIdsOrKeys"] if self._readable(id_)]
        issues = self._rendered(ids, frozenset(asked.get("fields") or ("id",)))
        return Reply.of({"issues": issues, "issueErrors": []})

    def _comments(self, request: Request, id_: str) -> Reply:
        if not self._readable(id_):
            return refusal(404, UNSEEN)
        held = sorted(self.world.where(Comment, "task_id", id_), key=lambda each: each.at)
        return _page(request, held, self.render.comment, key="comments", most=100, last=False)

    def _worklogs(self, request: Request, id_: str) -> Reply:
        if not self._readable(id_):
            return refusal(404, UNSEEN)
        held = self.world.where(Worklog, "task_id", id_)
        return _page(request, held, self.render.worklog, key="worklogs", most=5000, last=False)

    def _approvals(self, request: Request, id_: str) -> Reply:
        task = self.world.get(Task, id_)
        if task is None or not self._readable(id_) or task.type == "subtask":
            return desk_refusal(404, "The request does not exist or you may not see it.")
        if id_ in self.reserved:
            return desk_refusal(403, "You do not have permission to see this request.")
        held = self.world.where(Approval, "task_id", id_)
        return self._desk_page(request, held, self.render.approval)

    def _desk_page(self, request: Request, held: list[Any], shape: Callable[[Any], Any]) -> Reply:
        start, size = int(request.one("start", "0")), int(request.one("limit", "50"))
        size = min(size, self.page_size)
        shown = [shape(each) for each in held[start : start + size]]
        last = start + size >= len(held)
        links = {} if last else {"next": f"{SITE}{request.path}?start={start + size}&limit={size}"}
        return Reply.of(
            {"_expands": [], "size": len(shown), "start": start, "limit": size,
             "isLastPage": last, "_links": {"base": f"{SITE}{DESK}", **links}, "values": shown}
        )  # fmt: skip


def _page(
    request: Request,
    held: list[Any],
    shape: Callable[[Any], Any],
    *,
    most: int,
    key: str = "values",
    last: bool = True,
) -> Reply:
    start, size = int(request.one("startAt", "0")), int(request.one("maxResults", "50"))
    size = min(size, most)
    shown = [shape(each) for each in held[start : start + size]]
    end = {"isLast": start + size >= len(held)} if last else {}
    return Reply.of({"startAt": start, "maxResults": size, "total": len(held), key: shown, **end})


SANDBOX = JiraServiceManagementSandbox
