"""An imitation of Jira's HTTP API, Cloud or Data Center, over invented records.

Run by itself for load tests: `python -m connectors.jira.sandbox --issues 20000 --port 8700`.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from connectors.jira.sandbox_boards import Boards
from connectors.jira.sandbox_jql import BadJql
from connectors.jira.sandbox_load import bulk
from connectors.jira.sandbox_replies import FAILED_SIGN_IN, STATE_WORD, page, refusal
from connectors.jira.sandbox_words import SITE, written
from connectors.sdk.records import (
    Milestone,
    Person,
    Project,
    Record,
    Task,
)
from connectors.sdk.sandbox import Reply, Request, serve

EMAIL = "pmo@example.com"
TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but this imitation
__all__ = ["SANDBOX", "JiraSandbox", "bulk"]


class JiraSandbox(Boards):
    """Jira over records.

    Args:
        records: what it holds.
        now: its clock.
        deployment: whose API it speaks.
        page_size: most issues a page of a search with many fields.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        deployment: Literal["cloud", "data_center"] = "cloud",
        page_size: int = 100,
    ) -> None:
        super().__init__(records, now, deployment == "cloud", page_size)
        rest = self.render.rest
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(path.replace("{rest}", rest)), answer)
            for method, path, answer, of_cloud in self._all_routes()
            if of_cloud is None or of_cloud == self.cloud
        ]

    def _all_routes(self) -> Iterator[tuple[str, str, Callable[..., Reply], bool | None]]:
        agile = "/rest/agile/1.0/board"
        yield "GET", "{rest}/serverInfo", self._server_info, None
        yield "GET", "{rest}/myself", self._myself, None
        yield "GET", "{rest}/project/search", self._project_search, True
        yield "GET", "{rest}/project", self._project_list, False
        yield "GET", r"{rest}/project/(\d+)", self._one_project, None
        yield "GET", r"{rest}/project/(\w+)/versions", self._versions, None
        yield "GET", "{rest}/users/search", self._users, True
        yield "GET", "{rest}/user/search", self._users, False
        yield "GET", "{rest}/field", self._fields, None
        yield "GET", "{rest}/field/search", self._field_search, True
        yield "GET", "{rest}/status", self._statuses, None
        yield "POST", "{rest}/search/jql", self._search_jql, True
        yield "POST", "{rest}/search", self._search, False
        yield "GET", "{rest}/search", self._removed, True
        yield "POST", "{rest}/search", self._removed, True
        yield "POST", "{rest}/search/approximate-count", self._count, True
        yield "POST", "{rest}/changelog/bulkfetch", self._changelogs, True
        yield "POST", "{rest}/issue/bulkfetch", self._bulk_issues, True
        yield "GET", r"{rest}/issue/(\d+)", self._one_issue, None
        yield "GET", r"{rest}/issue/(\d+)/comment", self._comments, None
        yield "POST", r"{rest}/issue/(\d+)/comment", self._say, None
        yield "PUT", r"{rest}/issue/(\d+)/comment/(\d+)", self._say, None
        yield "GET", "{rest}/worklog/updated", self._worklogs_updated, None
        yield "GET", "{rest}/worklog/deleted", self._worklogs_deleted, None
        yield "POST", "{rest}/worklog/list", self._worklog_list, None
        yield "GET", agile, self._boards, None
        yield "GET", agile + r"/(\d+)/configuration", self._configuration, None
        yield "GET", agile + r"/(\d+)/sprint", self._sprints, None
        yield "POST", "/_sandbox/touch", self._touch, None

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        shared = {"url": base_url, "token": TOKEN, "allow_private_network": True}
        return {**shared, "email": EMAIL} if self.cloud else {**shared, "deployment": "data_center"}

    def handle(self, request: Request) -> Reply:
        """Answer as Jira would; refusals in its own words."""
        if not request.path.startswith("/_sandbox/") and not self._is_signed_in(request):
            reply = refusal(401, "Client must be authenticated to access this resource.")
            return Reply(401, reply.body, {**reply.headers, **FAILED_SIGN_IN})
        for method, path, answer in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                try:
                    reply = answer(request, *found.groups())
                except BadJql as error:
                    reply = refusal(400, str(error))
                return Reply(reply.status, reply.body, {**reply.headers, **self._limits()})
        return refusal(404, f"null for uri: {request.path}")

    def _is_signed_in(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        basic = b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        return given in ((f"Basic {basic}",) if self.cloud else (f"Bearer {TOKEN}",))

    def _limits(self) -> dict[str, str]:
        reset = self.world.now().astimezone(UTC) + timedelta(seconds=1)
        return {
            "X-RateLimit-Limit": "350",
            "X-RateLimit-Remaining": "349",
            "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}",
        }

    # -- who, what, where ----------------------------------------------------------------------

    def _server_info(self, _: Request) -> Reply:
        now = written(self.world.now())
        kind, version = ("Cloud", "1001.0.0") if self.cloud else ("Server", "9.12.4")
        return Reply.of(
            {"baseUrl": SITE, "version": version, "deploymentType": kind, "serverTime": now}
        )

    def _myself(self, _: Request) -> Reply:
        me = Person(id="5f0000000000000000000001", name="PMO reader", time_zone="Etc/UTC")
        return Reply.of(self.render.user(me))

    def _project_search(self, request: Request) -> Reply:
        states = request.query.get("status", ["live"])
        keys = request.query.get("keys")
        found = [
            each
            for each in self._visible()
            if STATE_WORD[each.state] in states and (keys is None or each.key in keys)
        ]
        insight = "insight" in request.one("expand")
        return page(request, found, lambda each: self._project_shape(each, insight), most=100)

    def _project_shape(self, project: Project, insight: bool) -> Any:
        held = self.index.ordered["updated"].get(project.id, [])
        about = {"totalIssueCount": len(held)} if insight else None
        return self.render.project(project, about)

    def _project_list(self, request: Request) -> Reply:
        archived = request.one("includeArchived") == "true"
        return Reply.of(
            [
                self.render.project(each)
                for each in self._visible()
                if each.state == "active" or (archived and each.state == "archived")
            ]
        )

    def _one_project(self, _: Request, id_: str) -> Reply:
        for each in self._visible():
            if each.id == id_ and each.state != "trashed":
                return Reply.of(self.render.project(each))
        return refusal(404, f"No project could be found with id '{id_}'.")

    def _versions(self, _: Request, project: str) -> Reply:
        if project not in self._searched():
            return refusal(404, f"No project could be found with key '{project}'.")
        held = self.world.where(Milestone, "project_id", project)
        return Reply.of([self.render.version(each) for each in held])

    def _users(self, request: Request) -> Reply:
        start, size = int(request.one("startAt", "0")), int(request.one("maxResults", "50"))
        held = self.world.all(Person)[start : start + min(size, 1000)]
        return Reply.of([self.render.user(each) for each in held])

    def _fields(self, _: Request) -> Reply:
        return Reply.of(self.render.fields())

    def _field_search(self, request: Request) -> Reply:
        own = [each for each in self.render.fields() if each["custom"]]
        return page(request, own, lambda each: each, most=50)

    def _statuses(self, _: Request) -> Reply:
        return Reply.of([self.render.status(word) for word in sorted(self.categories)])

    # -- for load tests ------------------------------------------------------------------------

    def _touch(self, request: Request) -> Reply:
        """Mark a share of the issues as updated now."""
        tasks = self.world.all(Task)
        step = max(1, round(100 / float(request.one("percent", "1"))))
        touched = [self.world.edit(task.id, title=f"{task.title}.").id for task in tasks[::step]]
        return Reply.of({"touched": len(touched)})


def main() -> None:
    """Serve a load until stopped; prints the base URL as one line of JSON."""
    parser = argparse.ArgumentParser(description="An imitation of Jira Cloud for load tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds an answer")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = _now()
    sandbox = JiraSandbox(bulk(given.issues, seed=given.seed, now=started), _now)
    sandbox.warm()
    with serve(sandbox, port=given.port, latency=given.latency / 1000) as url:
        line = {"url": url, "options": sandbox.options(url)}
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
        sys.stdout.flush()
        threading.Event().wait()


def _now() -> datetime:
    return datetime.now(UTC)


SANDBOX = JiraSandbox

if __name__ == "__main__":
    main()
