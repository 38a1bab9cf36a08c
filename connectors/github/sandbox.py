"""An imitation of GitHub's REST and GraphQL APIs over a world of records, for one account.

Every repository has pull requests as well, which stand among its issues as they do at GitHub.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from connectors.github.sandbox_adopt import OWNER, Adoption, slug
from connectors.github.sandbox_app import SandboxApp
from connectors.github.sandbox_boards import SandboxBoards
from connectors.github.sandbox_graphql import GraphQl
from connectors.github.sandbox_hooks import Hooks
from connectors.github.sandbox_render import Object, Render
from connectors.github.sandbox_replies import NOT_FOUND, error, moved, single
from connectors.github.words import instant
from connectors.sdk.records import Change, Comment, Link, Milestone, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request

TOKEN = "github_pat_an_invented_token"  # noqa: S105
PULLS = range(9001, 9006)  # numbers of the pull requests of every repository
HOURLY = 5000


class GitHubSandbox(Adoption):
    """GitHub's repositories, issues, comments and events."""

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 100,
        board: bool = True,
        off_board: Collection[str] = (),
        public_key: str = "",
    ) -> None:
        self._records = records = list(records)
        super().__init__(records, now, board=board, off_board=off_board)
        self.page_size = page_size
        self.app = SandboxApp(now, public_key)
        self.disabled: set[str] = set()  # ids of repositories whose issues are switched off
        self.hooks = Hooks(error)
        self.former: dict[str, str] = {}  # names that repositories had, and their ids
        self._names: dict[str, str] = {}
        self._revision = -1
        self.render = Render(self.world, "", {})
        self._issues: dict[str, list[Task]] = {}
        self._milestones: dict[str, list[str]] = defaultdict(list)  # ids in the order of numbers
        self._cache: dict[tuple[str, str, str], list[Object]] = {}
        self.boards = SandboxBoards(self.world, self.is_on_board)
        self._questions = GraphQl(
            self.world, self.boards, page_size, self._numbers_of, lambda id: id not in self.hidden
        )

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        boards = {"projects": ["acme/1"]} if self.board else {}
        return {"url": base_url, "token": TOKEN, "allow_private_network": True, **boards}

    def _person_named(self, id: str) -> str:
        for person in self._records:
            if isinstance(person, Person) and self.ids[Person, person.id] == id:
                return slug(person.name)
        return "ghost"

    def handle(self, request: Request) -> Reply:
        """Answer as GitHub would."""
        if not request.headers.get("user-agent"):
            return error(403, "Request forbidden by administrative rules.")
        if request.path.startswith("/app/"):
            return self.app.exchange(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == TOKEN or self.app.knows(token):
            return self._handle(request)
        return error(401, "Bad credentials")

    def _handle(self, request: Request) -> Reply:
        self._index(f"http://{request.headers.get('host', 'api.github.com')}")
        if request.method == "POST" and request.path == "/graphql":
            return self._graphql(request)
        if "/hooks" in request.path:
            return self.hooks.answer(request)
        if request.method != "GET":
            return self._say(request)
        return self._conditional(request, self._get(request))

    def _conditional(self, request: Request, reply: Reply) -> Reply:
        """With the answer's name, and without the answer where it is known already."""
        headers = {
            "X-RateLimit-Limit": str(HOURLY),
            "X-RateLimit-Remaining": str(HOURLY - 1),
            "X-RateLimit-Used": "1",
            "X-RateLimit-Reset": str(int(self.world.now().timestamp()) + 3600),
            "X-RateLimit-Resource": "core",
            **reply.headers,
        }
        if reply.status != 200:
            return Reply(reply.status, reply.body, headers)
        etag = f'W/"{hashlib.sha256(reply.body).hexdigest()}"'
        headers["ETag"] = etag
        if request.headers.get("if-none-match") == etag:
            return Reply(304, b"", headers)
        return Reply(200, reply.body, headers)

    def _index(self, base: str) -> None:
        """Sort everything into its repository, once per revision of the world."""
        if self._revision == self.world.revision and self.render.base == base:
            return
        self._revision = self.world.revision
        projects = self.world.all(Project)
        names = {each.id: f"{OWNER}/{slug(each.name)}" for each in projects}
        for id, name in self._names.items():
            if names.get(id) != name:
                self.former[name] = id
        self._names = names
        self.render = Render(self.world, base, names)
        self._cache.clear()
        self._issues = {each.id: [] for each in projects}
        for task in self.world.all(Task):
            if task.project_id in self._issues:
                self._issues[task.project_id].append(task)
        for milestone in self.world.all(Milestone):
            held = self._milestones[milestone.project_id or ""]
            if milestone.id not in held:
                held.append(milestone.id)

    def _get(self, request: Request) -> Reply:
        visible = [each for each in self.world.all(Project) if each.id not in self.hidden]
        reply = error(404, NOT_FOUND)
        match request.path.strip("/").split("/"):
            case ["user"] if request.headers["authorization"] != f"Bearer {TOKEN}":
                reply = error(403, "Resource not accessible by integration")
            case ["installation", "repositories"]:
                reply = self._page(request, [self._row(each) for each in visible], request.path)
                wrapped = {"total_count": len(visible), "repositories": orjson.loads(reply.body)}
                reply = Reply(200, orjson.dumps(wrapped), reply.headers)
            case ["user"]:
                reply = Reply.of({"login": "flagstaff-reader", "id": 1, "type": "User"})
            case ["user", "repos"] | ["orgs", "acme", "repos"]:
                reply = self._page(request, [self._row(each) for each in visible], request.path)
            case ["repositories", id, *rest]:
                reply = self._repository(request, id, rest)
            case ["repos", owner, name, *rest]:
                full = f"{owner}/{name}"
                ids = {held: id for id, held in self._names.items()}
                former = None if full in ids else self.former.get(full)
                if former is None or former in self.hidden:
                    return self._repository(request, ids.get(full, ""), rest)
                tail = "/".join((former, *rest))
                query = urlencode({key: each[0] for key, each in request.query.items()})
                reply = moved(f"{self.render.base}/repositories/{tail}?{query}".rstrip("?"))
            case _:
                pass
        return reply

    def _row(self, project: Project) -> Object:
        return self.render.repository(project, issues=project.id not in self.disabled)

    def _repository(self, request: Request, id: str, rest: list[str]) -> Reply:
        project = None if id in self.hidden else self.world.get(Project, id)
        if project is None:
            return error(404, NOT_FOUND)
        if rest[:1] == ["issues"] and project.id in self.disabled:
            return error(410, "Issues has been disabled in this repository.")
        rows = self._list(request, project, rest)
        if rows is not None:
            return self._page(request, rows, f"/repositories/{project.id}/{'/'.join(rest)}")
        reply = error(404, NOT_FOUND)
        match rest:
            case []:
                reply = Reply.of(self._row(project))
            case ["issues", "comments", found]:
                reply = single(self._rows(project, "comments"), "id", found)
            case ["milestones", found]:
                reply = single(self._milestone_rows(project), "number", found)
            case ["issues", found]:
                reply = self._issue(project, found)
            case _:
                pass
        return reply

    def _list(self, request: Request, project: Project, rest: list[str]) -> list[Object] | None:
        """The rows of a list in a repository; None for what is no list."""
        rows: list[Object] | None = None
        match rest:
            case ["issues"]:
                rows = self._dated(project, request, "issues")
            case ["issues", "comments"]:
                rows = self._dated(project, request, "comments")
            case ["issues", "events"]:
                rows = self._events(project)
            case ["issues", number, "comments"] if self._issue(project, number).status == 200:
                held = self.world.where(Comment, "task_id", f"{project.id}#{number}")
                rows = [self.render.comment(each) for each in held]
            case ["milestones"]:
                rows = self._milestone_rows(project)
            case ["issues", number, "dependencies", "blocked_by"]:
                rows = self._blockers(project, number)
            case _:
                pass
        return rows

    def _page(self, request: Request, rows: Sequence[Object], path: str) -> Reply:
        """One page, linked by the repository's id; no link where there is no further page."""
        size = min(int(request.one("per_page", "30")), 100, self.page_size)
        number = int(request.one("page", "1"))
        reply = Reply.of(list(rows[(number - 1) * size : number * size]))
        links = []
        for name, other in (("prev", number - 1), ("next", number + 1)):
            if other > 0 and (other - 1) * size < len(rows):
                query = {key: each[0] for key, each in request.query.items()} | {"page": other}
                address = f"{self.render.base}{path}?{urlencode(query)}"
                links.append(f'<{address}>; rel="{name}"')
        headers = {**reply.headers, **({"Link": ", ".join(links)} if links else {})}
        return Reply(200, reply.body, headers)

    def _rows(self, project: Project, kind: str) -> list[Object]:
        """All issues (and pull requests) of a repository, or all comments."""
        key = (project.id, kind, "")
        if key not in self._cache:
            render, tasks = self.render, self._issues[project.id]
            first = min((task.updated_at for task in tasks if task.updated_at), default=None)
            at = (first or self.world.now()) - timedelta(days=1)
            if kind == "issues":
                rows = [render.issue(task) for task in tasks]
                rows += [render.pull(project, number, at) for number in PULLS]
            else:
                rows = [
                    render.comment(comment)
                    for task in tasks
                    for comment in self.world.where(Comment, "task_id", task.id)
                ]
                rows += [render.pull_comment(project, number, at) for number in PULLS]
            self._cache[key] = rows
        return self._cache[key]

    def _dated(self, project: Project, request: Request, kind: str) -> list[Object]:
        """In the order that was asked for, and of those only the ones changed since an instant."""
        order = f"{request.one('sort', 'created')}_at"
        newest_first = request.one("direction", "desc" if kind == "issues" else "asc") == "desc"
        key = (project.id, kind, f"{order} {newest_first}")
        if key not in self._cache:
            self._cache[key] = sorted(
                self._rows(project, kind),
                key=lambda row: (str(row[order]), int(row["id"])),
                reverse=newest_first,
            )
        rows, since = self._cache[key], instant(request.one("since"))
        if kind == "issues" and request.one("state", "open") != "all":
            rows = [row for row in rows if row["state"] == request.one("state", "open")]
        if since is None:
            return rows
        return [row for row in rows if (instant(row["updated_at"]) or since) >= since]

    def _events(self, project: Project) -> list[Object]:
        """Newest first."""
        key = (project.id, "events", "")
        if key not in self._cache:
            rows = [
                event
                for task in self._issues[project.id]
                for change in self.world.where(Change, "task_id", task.id)
                if (event := self.render.event(change))
            ]
            at = project.created_at or self.world.now()
            rows += [self.render.pull_event(project, number, at) for number in PULLS]
            rows.sort(key=lambda row: (str(row["created_at"]), int(row["id"])), reverse=True)
            self._cache[key] = rows
        return self._cache[key]

    def _milestone_rows(self, project: Project) -> list[Object]:
        return [
            self.render.milestone(milestone, number)
            for number, id in enumerate(self._milestones[project.id], 1)
            if (milestone := self.world.get(Milestone, id))
        ]

    def _issue(self, project: Project, number: str) -> Reply:
        id = f"{project.id}#{number}"
        task = self.world.get(Task, id)
        if task is not None and task.project_id == project.id:
            return Reply.of(self.render.issue(task))
        reason, _ = self.world.gone.get((Task, id), (None, None))
        if reason == "deleted":
            return error(410, "This issue was deleted")
        if reason == "moved":
            return moved(f"{self.render.base}/repositories/1/issues/1")
        return error(404, NOT_FOUND)

    def _blockers(self, project: Project, number: str) -> list[Object]:
        links = self.world.where(Link, "to_id", f"{project.id}#{number}")
        tasks = (self.world.get(Task, link.from_id) for link in links)
        return [self.render.issue(task) for task in tasks if task is not None]

    def _say(self, request: Request) -> Reply:
        """A comment on an issue, or an edited one."""
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["repositories", id, "issues", number, "comments"]:
                project = None if id in self.hidden else self.world.get(Project, id)
                if project is None or self._issue(project, number).status != 200:
                    return error(404, NOT_FOUND)
                comment, task = str(8_000_000 + self.world.revision), f"{id}#{number}"
            case "PATCH", ["repositories", id, "issues", "comments", comment]:
                held = self.world.get(Comment, comment)
                if held is None:
                    return error(404, NOT_FOUND)
                task = held.task_id
            case _:
                return error(404, NOT_FOUND)
        if not self.may_comment:
            return error(403, "Resource not accessible by personal access token")
        said = self.say(task, comment, request.json()["body"])
        return Reply.of(self.render.comment(said), 201 if request.method == "POST" else 200)

    def _graphql(self, request: Request) -> Reply:
        return Reply.of(
            self._questions.answer(request),
            200,
            X_RateLimit_Limit=str(HOURLY),
            X_RateLimit_Remaining=str(HOURLY - 1),
            X_RateLimit_Reset=str(int(self.world.now().timestamp()) + 3600),
            X_RateLimit_Resource="graphql",
        )

    def _numbers_of(self, project: Project) -> list[int] | None:
        """Of a repository's issues, the oldest first; None while they are switched off."""
        if project.id in self.disabled:
            return None
        tasks = sorted(self._issues[project.id], key=lambda task: (str(task.created_at), task.id))
        return [int(task.id.partition("#")[2]) for task in tasks]


SANDBOX = GitHubSandbox
