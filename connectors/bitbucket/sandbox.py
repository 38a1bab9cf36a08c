"""An imitation of Bitbucket Cloud's REST API over a world of records, for one account."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from connectors.bitbucket.sandbox_adopt import GROUP, WORKSPACE, Adoption, uuid_of
from connectors.bitbucket.sandbox_render import HOME, Object, Render, full_name
from connectors.bitbucket.words import ISSUE, PULL, instant, place_of
from connectors.sdk.records import Change, Comment, Milestone, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request

EMAIL, TOKEN = "reader@example.com", "an-invented-api-token"
ACCESS_TOKEN = "an-invented-access-token"  # noqa: S105
CLIENT, CLIENT_KEY, GRANT = "consumer", "an-invented-key", "an-invented-refresh-token"
LIFE = timedelta(hours=2)
EVENTS = (
    "repo:push", "repo:updated", "repo:transfer", "repo:deleted", "pullrequest:created",
    "pullrequest:updated", "pullrequest:approved", "pullrequest:unapproved",
    "pullrequest:changes_request_created", "pullrequest:changes_request_removed",
    "pullrequest:fulfilled", "pullrequest:rejected", "pullrequest:comment_created",
    "pullrequest:comment_updated", "pullrequest:comment_deleted",
)  # fmt: skip
SCOPES = {
    "user": "account", "workspaces": "account", "pullrequests": "pullrequest", "issues": "issue",
    "milestones": "issue", "hooks": "webhook",
}  # fmt: skip
_DATED = re.compile(r"(updated_on|created_on)>=(\d{4}-\d\d-\d\dT[\d:.]+(?:\+\d\d:\d\d|Z))")
_STATED = re.compile(r'state="([A-Za-z ]+)"')
_STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, detail: Any = None) -> None:
        super().__init__(message)
        error = {"message": message, **({"detail": detail} if detail else {})}
        self.reply = Reply.of({"type": "error", "error": error}, status)


class BitbucketSandbox(Adoption):
    """One workspace's repositories, pull requests and issues.

    Attributes:
        no_tracker: ids of repositories whose issue tracker is switched off.
        granted: the scopes of the credential; None: all.
        sized: whether lists tell how long they are.
    """

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int = 100
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.no_tracker: set[str] = set()
        self.granted: set[str] | None = None
        self.sized = True
        self.hooks: dict[str, tuple[str, Object]] = {}  # by id, with their repository
        self.issued: dict[str, datetime] = {}  # OAuth tokens and when they end
        self.render = Render(self.world, "")

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": f"{base_url}/2.0", "email": EMAIL, "token": TOKEN, "workspaces": [WORKSPACE],
            "allow_private_network": True,
        }  # fmt: skip

    def handle(self, request: Request) -> Reply:
        """Answer as Bitbucket would."""
        try:
            if request.path == "/site/oauth2/access_token":
                return self._sign_in(request)
            self._authenticate(request.headers.get("authorization", ""))
            self.render = Render(
                self.world, f"http://{request.headers.get('host', 'api.bitbucket.org')}"
            )
            return self._answer(request)
        except Refusal as refusal:
            return refusal.reply

    # --- who asks -----------------------------------------------------------------------------

    def _sign_in(self, request: Request) -> Reply:
        form = {name: each[0] for name, each in parse_qs(request.body.decode()).items()}
        client = (form.get("client_id"), form.get("client_secret"))
        grant = form.get("grant_type")
        right = grant == "client_credentials" or (
            grant == "refresh_token" and form.get("refresh_token") == GRANT
        )
        if client != (CLIENT, CLIENT_KEY) or not right:
            return Reply.of({"error": "invalid_grant"}, 400)
        token = f"oauth-{len(self.issued) + 1}"
        self.issued[token] = self.world.now() + LIFE
        return Reply.of(
            {"access_token": token, "refresh_token": GRANT, "expires_in": 7200,
             "token_type": "bearer", "scopes": "account pullrequest issue"}
        )  # fmt: skip

    def _authenticate(self, given: str) -> None:
        pair = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if given in (f"Basic {pair}", f"Bearer {ACCESS_TOKEN}"):
            return
        if self.issued.get(given.removeprefix("Bearer "), self.world.now()) > self.world.now():
            return
        raise Refusal(401, "Token is invalid, expired, or not supported for this endpoint.")

    def _permit(self, *parts: str) -> None:
        needed = next((SCOPES[each] for each in parts if each in SCOPES), "repository")
        if self.granted is not None and needed not in self.granted:
            raise Refusal(
                403,
                "Your credentials lack one or more required privilege scopes.",
                {"granted": sorted(self.granted), "required": [needed]},
            )

    # --- what is asked ------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        root, *parts = request.path.strip("/").split("/")
        self._permit(*(each for each in parts if not each.startswith("{")))
        match [root, *parts]:
            case ["2.0", "repositories", str(workspace), str(name), "hooks", *rest]:
                return self._hooked(request, self._repository(workspace, name), rest)
            case _ if request.method != "GET":
                raise Refusal(405, "Method not allowed")
            case ["2.0", "repositories", str(workspace), str(name), *rest]:
                return self._of_repository(request, self._repository(workspace, name), rest)
            case ["2.0", "user"]:
                shown = {"type": "user", "display_name": "Flagstaff reader"}
                return Reply.of(shown, X_OAuth_Scopes="repository, pullrequest, issue, account")
            case ["2.0", *_]:
                return self._page(request, self._of_account(parts))
            case _:
                raise Refusal(404, "Resource not found")

    def _of_account(self, parts: list[str]) -> list[Object]:
        """The lists that belong to no repository."""
        match parts:
            case ["user", "workspaces"]:
                return [{"type": "workspace_access", "workspace": HOME, "administrator": False}]
            case ["workspaces", str(workspace), "members"]:
                self._workspace(workspace)
                return [self.render.member(each) for each in self.world.all(Person)]
            case ["hook_events", "repository"]:
                return [{"event": each, "label": each} for each in EVENTS]
            case ["repositories", str(workspace)]:
                self._workspace(workspace)
                return [self._row(each) for each in self._visible()]
            case ["workspaces"] | ["repositories"]:  # across workspaces
                raise Refusal(410, "CHANGE-2770 - Functionality has been deprecated")
            case _:
                raise Refusal(404, "Resource not found")

    def _workspace(self, name: str) -> None:
        if name not in (WORKSPACE, HOME["uuid"]):
            raise Refusal(404, f"No workspace with identifier '{name}'.")

    def _visible(self) -> list[Project]:
        return [
            each
            for each in self.world.all(Project)
            if each.id != GROUP.id and each.id not in self.hidden
        ]

    def _row(self, project: Project) -> Object:
        return self.render.repository(project, issues=project.id not in self.no_tracker)

    def _repository(self, workspace: str, name: str) -> Project:
        self._workspace(workspace)
        for each in self._visible():
            if name in (each.id, full_name(each).partition("/")[2]):
                return each
        raise Refusal(404, "You may not have access to this repository or it no longer exists.")

    def _of_repository(self, request: Request, project: Project, rest: list[str]) -> Reply:
        if rest[:1] in (["issues"], ["milestones"]) and project.id in self.no_tracker:
            raise Refusal(404, "Repository has no issue tracker.")
        match rest:
            case []:
                return Reply.of(self._row(project))
            case ["milestones"]:
                held = self.world.where(Milestone, "project_id", project.id)
                return self._page(request, [self.render.milestone(each) for each in held])
            case ["pullrequests"]:
                return self._page(request, self._pulls_of(request, project), at_most=50)
            case ["issues"]:
                rows = [self.render.issue(each) for each in self._work(project, ISSUE)]
                return self._page(request, _filtered(rows, request))
            case ["pullrequests" | "issues", str(number), *more]:
                sign = PULL if rest[0] == "pullrequests" else ISSUE
                task = self.world.get(Task, f"{project.id}{sign}{number}")
                if task is None:
                    raise Refusal(404, f"There is no such thing in {rest[0]}: {number}.")
                if not more:
                    row = self.render.pull(task) if sign == PULL else self.render.issue(task)
                    return Reply.of(row)
                rows = self._of_work(task, sign, more)
                return self._page(request, rows, at_most=50 if sign == PULL else 100)
            case _:
                raise Refusal(404, "Resource not found")

    def _work(self, project: Project, sign: str) -> list[Task]:
        held = self.world.where(Task, "project_id", project.id)
        return [each for each in held if (place_of(each.id) or ("", ""))[1] == sign]

    def _pulls_of(self, request: Request, project: Project) -> list[Object]:
        rows = [self.render.pull(each) for each in self._work(project, PULL)]
        if not request.one("q"):  # beside a filter the states are not heeded
            states = request.query.get("state") or ["OPEN"]
            if not set(states) <= set(_STATES):
                raise Refusal(400, "Invalid state.")
            rows = [row for row in rows if row["state"] in states]
        shown = request.one("fields").split(",")
        for name in ("reviewers", "participants"):
            if f"+values.{name}" not in shown:
                rows = [{key: row[key] for key in row if key != name} for row in rows]
        return _filtered(rows, request)

    def _of_work(self, task: Task, sign: str, more: list[str]) -> list[Object]:
        """The lists that belong to a pull request or an issue."""
        match [sign, *more]:
            case ["!", "activity"]:
                return self.render.activity(task)
            case ["!", "tasks"]:
                parts = self.world.where(Task, "parent_id", task.id)
                return [self.render.task(each) for each in parts]
            case ["#", "comments"]:
                said = self.world.where(Comment, "task_id", task.id)
                return [self.render.comment(each) for each in said]
            case ["#", "changes"]:
                changes = self.world.where(Change, "task_id", task.id)
                return [
                    self.render.change(each)
                    for each in sorted(changes, key=lambda each: each.at)
                    if each.field in ("status", "title")
                ]
            case _:
                raise Refusal(404, "Resource not found")

    def _page(self, request: Request, rows: Sequence[Object], at_most: int = 100) -> Reply:
        """One page. Too much of `pagelen` is silently less; the last page has no `next`."""
        asked, number = request.one("pagelen", "10"), request.one("page", "1")
        if not (asked.isdecimal() and number.isdecimal() and int(asked) and int(number)):
            raise Refusal(400, "Invalid page.")
        size, place = min(int(asked), at_most, self.page_size), int(number)
        data: Object = {
            "values": list(rows[(place - 1) * size : place * size]), "page": place, "pagelen": size,
        }  # fmt: skip
        if self.sized:
            data["size"] = len(rows)
        if place * size < len(rows):
            query = {**request.query, "page": [str(place + 1)]}
            data["next"] = f"{self.render.base}{request.path}?{urlencode(query, doseq=True)}"
        return Reply.of(_partial(data, request.one("fields")))

    # --- webhooks -----------------------------------------------------------------------------

    def _hooked(self, request: Request, project: Project, rest: list[str]) -> Reply:
        held = {id: row for id, (home, row) in self.hooks.items() if home == project.id}
        match request.method, rest:
            case "GET", []:
                return self._page(request, list(held.values()))
            case "POST", []:
                asked = request.json()
                if not asked.get("events") or not set(asked["events"]) <= set(EVENTS):
                    raise Refusal(400, "events: unknown event")
                id = uuid_of("Hook", str(len(self.hooks)))
                secret = asked.pop("secret", None)
                row = {**asked, "type": "webhook_subscription", "uuid": id,
                       "secret_set": bool(secret)}  # fmt: skip
                self.hooks[id] = (project.id, row)
                return Reply.of(row, 201)
            case "GET", [id] if id in held:
                return Reply.of(held[id])
            case "PUT", [id] if id in held:
                held[id].update(request.json())
                return Reply.of(held[id])
            case "DELETE", [id] if id in held:
                del self.hooks[id]
                return Reply(204)
        raise Refusal(404, "No such webhook.")


def _filtered(rows: list[Object], request: Request) -> list[Object]:
    """The rows that `q` lets through, in the order of `sort`."""
    for term in filter(None, request.one("q").split(" AND ")):
        choices = term.strip("()").split(" OR ")
        tests = [_test(each) for each in choices]
        rows = [row for row in rows if any(test(row) for test in tests)]
    sort = request.one("sort", "-created_on")
    if sort.lstrip("-") not in ("created_on", "updated_on"):
        raise Refusal(400, f"Invalid sort: {sort}")
    return sorted(
        rows, key=lambda row: (str(row[sort.lstrip("-")]), row["id"]), reverse=sort.startswith("-")
    )


def _test(term: str) -> Callable[[Object], bool]:
    if dated := _DATED.fullmatch(term):
        name, bound = dated[1], instant(dated[2])
        return lambda row: bool(bound and (instant(row[name]) or bound) >= bound)
    if stated := _STATED.fullmatch(term):
        return lambda row: bool(row["state"] == stated[1])
    raise Refusal(400, f"Invalid filter: {term}")


def _partial(data: Object, fields: str) -> Object:
    """Only the fields that are named; those with a plus are added to the usual ones."""
    named = [each for each in fields.split(",") if each and not each.startswith("+")]
    if not named:
        return data
    kept = {name: data[name] for name in named if name in data}
    of_rows = [each.removeprefix("values.") for each in named if each.startswith("values.")]
    if of_rows:
        kept["values"] = [{name: row.get(name) for name in of_rows} for row in data["values"]]
    return kept


SANDBOX = BitbucketSandbox
