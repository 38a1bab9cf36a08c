"""An imitation of GitLab's REST API version 4 and of its GraphQL, as its documentation has them.

Its traps are kept: a hidden project answers 404 like a deleted issue; `X-Next-Page` is empty on the
last page; `X-Total` is missing above 10,000 rows, and pages beyond 50,000 are refused; old versions
have no keyset (405); a refresh token works once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

import orjson

from connectors.gitlab.sandbox_graphql import GraphQL
from connectors.gitlab.sandbox_hooks import Hooks
from connectors.gitlab.sandbox_lists import KEYSET_REFUSED, MOST_COUNTED, chosen, keyset, numbered
from connectors.gitlab.sandbox_render import Render, group_id
from connectors.gitlab.sandbox_world import GROUPS, Adoption, Numbers
from connectors.sdk.records import Comment, Milestone, Person, Project, Record, Sprint, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox

PAT = "glpat-0123456789abcdefghij"
CLIENT = "client-0123456789"
CLIENT_KEY = "gloas-0123456789abcdef"
READER = 10**6
PER_MINUTE = 2000
OWN_TOKEN = {
    "id": 1, "name": "Flagstaff", "revoked": False, "active": True, "scopes": ["read_api"],
    "expires_at": "2027-06-30",
}  # fmt: skip


class GitLabSandbox(Sandbox):
    """GitLab over a world of records.

    Args:
        records: as the base has it.
        now: as the base has it.
        page_size: the most rows of a page.
        admin: whether the account is an administrator.
        plan: free GitLabs have no weights, iterations and epics.
    """

    name: ClassVar[str] = "gitlab"

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 100,
        admin: bool = True,
        plan: str = "ultimate",
    ) -> None:
        records = list(records)
        self.page_size = page_size
        self.admin = admin
        self.plan = plan
        self.keyset = True  # old versions have none
        self.counted = MOST_COUNTED
        self.left = PER_MINUTE  # requests, as the headers tell
        self.grant = "refresh-1"
        self.bearer = ""
        self.closed_groups: set[str] = set()  # full paths of groups that are not shown
        paid = plan != "free"
        self._numbers = Numbers(records, paid=paid)
        self._adoption = Adoption(self._numbers, now, admin=admin, paid=paid)
        super().__init__(records, now)
        self.render = Render(self.world, admin=admin, paid=paid)
        self.hooks = Hooks()
        self.graphql = GraphQL(self.world, page_size, paid=paid)

    def native_id(self, record: Record) -> str:
        """A number; an issue's with its project's, an epic's with its group's."""
        return self._numbers.native(type(record), record.id)

    def adopt(self, record: Record) -> Record | None:
        """See `Adoption`."""
        return self._adoption.adopt(self.refer(record))

    def options(self, base_url: str) -> dict[str, Any]:
        """With an access token."""
        return {
            "url": base_url, "token": PAT, "plan": self.plan, "allow_private_network": True,
        }  # fmt: skip

    def handle(self, request: Request) -> Reply:
        """Answer one request, and tell what is left of the limit."""
        if request.path == "/oauth/token":
            return self._sign_in(parse_qs(request.body.decode()))
        reply = self._answer(request)
        reset = int(self.world.now().timestamp()) // 60 * 60 + 60
        told = {
            "RateLimit-Limit": str(PER_MINUTE), "RateLimit-Remaining": str(self.left),
            "RateLimit-Observed": str(PER_MINUTE - self.left), "RateLimit-Reset": str(reset),
            "RateLimit-Name": "throttle_authenticated_api",
        }  # fmt: skip
        return Reply(reply.status, reply.body, {**reply.headers, **told})

    def _answer(self, request: Request) -> Reply:
        bearer = request.headers.get("authorization", "")
        known = request.headers.get("private-token") == PAT or (
            bool(self.bearer) and bearer == f"Bearer {self.bearer}"
        )
        if not known:
            return Reply.of({"message": "401 Unauthorized"}, 401)
        if request.path == "/api/graphql" and request.method == "POST":
            body = request.json()
            path = (body.get("variables") or {}).get("path")
            found = [each for each in self._projects() if each.key == path]
            return self.graphql.answer(body, found[0] if found else None)
        writes = "/hooks" in request.path or "/notes" in request.path
        if not request.path.startswith("/api/v4/") or (request.method != "GET" and not writes):
            return _not_found()
        return self._route(request.path.removeprefix("/api/v4/"), request)

    def _route(self, path: str, request: Request) -> Reply:
        whole = {
            "user": lambda: Reply.of(self._reader()),
            "version": lambda: Reply.of({"version": "18.4.1-ee", "revision": "0123abc"}),
            "personal_access_tokens/self": lambda: Reply.of(OWN_TOKEN),
            "users": lambda: self._by_id(map(self.render.user, self.world.all(Person)), request),
            "projects": lambda: self._by_id(map(self.render.project, self._projects()), request),
        }
        if path in whole:
            return whole[path]()
        kind, _, rest = path.partition("/")
        if kind == "projects":
            return self._of_project(rest, request)
        return self._of_group(rest, request) if kind == "groups" else _not_found()

    def _reader(self) -> dict[str, Any]:
        """GitLab tells only an administrator whether one is."""
        admin = {"is_admin": True} if self.admin else {}
        return {"id": READER, "username": "flagstaff", "state": "active", **admin}

    # --- lists --------------------------------------------------------------------------------

    def _projects(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _by_id(self, found: Iterable[dict[str, Any]], request: Request) -> Reply:
        rows = list(found)
        if request.one("pagination") != "keyset":
            return self._page(sorted(rows, key=lambda row: int(row["id"])), request)
        if not self.keyset:
            return Reply.of(KEYSET_REFUSED, 405)
        return keyset(rows, request, self.page_size)

    def _page(self, rows: Iterable[dict[str, Any]], request: Request) -> Reply:
        return numbered(list(rows), request, self.page_size, self.counted)

    def _issues(self, projects: Iterable[Project], request: Request) -> Reply:
        held = [task for each in projects for task in self.world.where(Task, "project_id", each.id)]
        found = chosen(held, request)
        if found is None:
            return Reply.of({"error": "updated_after is invalid"}, 400)
        # Only the rows of the page are written: a world may have many.
        reply = self._page([{"id": place} for place in range(len(found))], request)
        if reply.status != 200:
            return reply
        rows = [self.render.issue(found[row["id"]]) for row in orjson.loads(reply.body)]
        return Reply(200, orjson.dumps(rows), reply.headers)

    # --- one project, one group ---------------------------------------------------------------

    def _of_project(self, path: str, request: Request) -> Reply:
        names = {each.id: each for each in self._projects()}
        names |= {str(each.key): each for each in self._projects()}
        project, rest = _named(path, names)
        if project is None:
            return Reply.of({"message": "404 Project Not Found"}, 404)
        if not rest:
            return Reply.of(self.render.project(project))
        if rest[0] == "hooks":
            return self.hooks.answer(project.id, rest[1:], request)
        if rest[0] == "issues" and len(rest) > 1:
            return self._one_issue(project, rest[1:], request)
        lists = {
            "issues": lambda: self._issues([project], request),
            "milestones": lambda: self._milestones(project.id, request),
            "members/all": lambda: self._page(
                [self.render.user(each) for each in self.world.all(Person) if each.active], request
            ),
        }
        return lists.get("/".join(rest), _not_found)()

    def _milestones(self, project: str | None, request: Request) -> Reply:
        held = self.world.where(Milestone, "project_id", project)
        return self._page(map(self.render.milestone, held), request)

    def _one_issue(self, project: Project, steps: Sequence[str], request: Request) -> Reply:
        task = self.world.get(Task, f"{project.id}-{steps[0]}")
        if task is None:
            return _not_found()
        if len(steps) == 1:
            return Reply.of(self.render.issue(task))
        if request.method != "GET":
            return self._note(task, steps[2:], request)
        return self._of_issue(task, steps[1], request)

    def _note(self, task: Task, rest: Sequence[str], request: Request) -> Reply:
        """A note on an issue, or an edited one."""
        if not self.may_comment:
            return Reply.of({"error": "insufficient_scope", "scope": "api"}, 403)
        note = rest[0] if rest else str(8_000_000 + self.world.revision)
        if rest and self.world.get(Comment, note) is None:
            return _not_found()
        said = self.say(task.id, note, request.json()["body"])
        return Reply.of(self.render.note(said), 200 if rest else 201)

    def _of_issue(self, task: Task, part: str, request: Request) -> Reply:
        if part == "notes":
            held = sorted(self.world.where(Comment, "task_id", task.id), key=lambda each: each.at)
            return self._page([self.render.note(each) for each in held], request)
        kind = part.removeprefix("resource_").removesuffix("_events")
        paid = self.plan != "free" and kind in ("weight", "iteration")
        if kind not in ("state", "label", "milestone") and not paid:
            return _not_found()
        return self._page(self.render.events(task, kind), request)

    def _of_group(self, path: str, request: Request) -> Reply:
        names = {str(id): id for id in GROUPS} | {full: id for id, full in GROUPS.items()}
        group, rest = _named(path, names)
        if group is None or GROUPS[group] in self.closed_groups:
            return Reply.of({"message": "404 Group Not Found"}, 404)
        within = [
            each for each in self._projects() if f"{each.key}".startswith(f"{GROUPS[group]}/")
        ]
        kind = "/".join(rest)
        if kind in ("iterations", "epics") and self.plan == "free":
            return Reply.of({"message": "403 Forbidden"}, 403)
        sprints = self.world.all(Sprint) if group == 7 else []
        epics = [each for each in self.world.all(Task) if each.id.startswith(f"g{group}-")]
        near = [each for each in within if group_id(each) == group]
        asked = within if request.one("include_subgroups") == "true" else near
        open_ = [each for each in within if each.state == "active"]
        with_open = open_ if request.one("non_archived", "true") == "true" else within
        lists = {
            "projects": lambda: self._page(map(self.render.project, asked), request),
            "issues": lambda: self._issues(with_open, request),
            "milestones": lambda: self._milestones(None if group == 7 else "none", request),
            "iterations": lambda: self._page(map(self.render.iteration, sprints), request),
            "epics": lambda: self._page(map(self.render.epic, epics), request),
        }
        return lists.get(kind, _not_found)()

    # --- OAuth --------------------------------------------------------------------------------

    def _sign_in(self, form: dict[str, list[str]]) -> Reply:
        """A refresh token is good for one use; the next comes with the answer."""
        given = {name: values[0] for name, values in form.items()}
        right = (
            given.get("grant_type") == "refresh_token"
            and given.get("client_id") == CLIENT
            and given.get("client_secret") == CLIENT_KEY
            and given.get("refresh_token") == self.grant
        )
        if not right:
            return Reply.of({"error": "invalid_grant"}, 400)
        use = int(self.grant.rpartition("-")[2])
        self.grant = f"refresh-{use + 1}"
        self.bearer = f"access-{use}"
        return Reply.of({
            "access_token": self.bearer, "token_type": "Bearer", "expires_in": 7200,
            "refresh_token": self.grant, "scope": "read_api",
        })  # fmt: skip


def _named(path: str, names: dict[str, Any]) -> tuple[Any, list[str]]:
    """What the beginning of a path names, by id or by full path, and the steps after it."""
    for name in sorted(names, key=len, reverse=True):
        if path == name or path.startswith(f"{name}/"):
            rest = path[len(name) :].strip("/")
            return names[name], rest.split("/") if rest else []
    return None, []


def _not_found() -> Reply:
    return Reply.of({"message": "404 Not found"}, 404)


SANDBOX = GitLabSandbox
