"""An imitation of Teamwork's REST API, version 3, over a world of records, for one account."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk.records import Comment, Milestone, Person, Project, Record, Task, Worklog
from connectors.sdk.sandbox import Reply, Request
from connectors.teamwork.sandbox_lists import Lists, Refusal
from connectors.teamwork.sandbox_params import ALLOWED, LARGEST
from connectors.teamwork.sandbox_render import (
    Object,
    comment_json,
    milestone_json,
    timelog_json,
    user,
)
from connectors.teamwork.sandbox_words import WEB

KEY = "twp_InventedKeyOfTheSandbox"
READER = Person(id="900001", name="Flagstaff Reader", email="flagstaff@example.com")
MINUTE = timedelta(minutes=1)
LOGIN_PAGE = b"<!DOCTYPE html><title>Teamwork.com</title><p>Please log in."
TOO_MANY = b"You have exceeded your rate limit. Please try again in a little while."


class TeamworkSandbox(Lists):
    """Teamwork's projects, people, boards, milestones, tasks, comments, time and updates.

    Args:
        records: see `Sandbox`.
        now: the tool's clock.
        page_size: rows a page at most, whatever is asked.
        allowance: requests a minute, by plan.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        page_size: int = LARGEST,
        allowance: int = 150,
    ) -> None:
        super().__init__(records, now, page_size)
        self.allowance = allowance
        self._minute, self._asked = now(), 0

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": base_url, "api_key": KEY, "web_url": WEB, "allow_private_network": True,
        }  # fmt: skip

    def handle(self, request: Request) -> Reply:
        """Answer as Teamwork would."""
        pair = base64.b64encode(f"{KEY}:x".encode()).decode()
        if request.headers.get("authorization") not in (f"Basic {pair}", f"Bearer {KEY}"):
            return Reply(401, LOGIN_PAGE, {"Content-Type": "text/html"})
        headers = self._count()
        if self._asked > self.allowance:
            return Reply(429, TOO_MANY, {"Content-Type": "text/plain", **headers})
        self.remember()
        try:
            data, status = self._answer(request), 200
        except Refusal as refused:
            data, status = {"errors": [{"title": str(refused)}]}, refused.status
        reply = Reply.of(data, status)
        return Reply(status, reply.body, {**reply.headers, **headers})

    def _count(self) -> dict[str, str]:
        """One more request of this minute, and what is left of it."""
        now = self.world.now()
        if now - self._minute >= MINUTE:
            self._minute, self._asked = now, 0
        self._asked += 1
        return {
            "X-Rate-Limit-Limit": str(self.allowance),
            "X-Rate-Limit-Remaining": str(max(self.allowance - self._asked, 0)),
            "X-Rate-Limit-Reset": str(int((self._minute + MINUTE).timestamp())),
        }

    def _answer(self, request: Request) -> Object:
        """The answer to a question that the paths and parameters allow."""
        path = request.path.removeprefix("/projects/api/v3/").removesuffix(".json").split("/")
        shape = "/".join("{id}" if each.isdigit() else each for each in path)
        allowed = ALLOWED.get(shape)
        if request.method != "GET" or allowed is None or not request.path.endswith(".json"):
            raise Refusal(404, "Not found")
        if unknown := request.query.keys() - allowed:
            raise Refusal(400, f"Unknown parameters: {sorted(unknown)}")
        if shape == "me":
            return {"person": user(READER)}
        id = next((each for each in path if each.isdigit()), "")
        if shape in LISTS:
            return LISTS[shape](self, request, id)
        found = ALONE[path[0]](self, id)
        if found is None:
            raise Refusal(404, "Not found")
        return found

    def project(self, id: str) -> Object:
        """A project by itself."""
        return {"project": self.project_json(self.visible(id))}

    def task(self, id: str) -> Object | None:
        """A task by itself; None where it was deleted, and where it may not be seen."""
        task = self.seen(Task, id)
        return None if task is None else {"task": self.task_json(task, None, related=False)}

    def comment(self, id: str) -> Object | None:
        """A comment by itself."""
        comment = self.seen(Comment, id)
        return (
            None
            if comment is None
            else {"comments": comment_json(comment, self.home(comment) or "")}
        )

    def timelog(self, id: str) -> Object | None:
        """Logged time by itself."""
        worklog = self.seen(Worklog, id)
        return None if worklog is None else {"timelog": timelog_json(worklog, None)}

    def milestone(self, id: str) -> Object | None:
        """A milestone by itself."""
        milestone = self.seen(Milestone, id)
        return None if milestone is None else {"milestone": milestone_json(milestone, None)}

    def person(self, id: str) -> Object | None:
        """A person by themselves."""
        person = self.world.get(Person, id)
        return None if person is None else {"person": user(person)}

    def workflow(self, id: str) -> Object | None:
        """A workflow by itself."""
        found = next((each for each in self.workflow_rows() if each["id"] == int(id)), None)
        return found and {"workflow": found}

    def tasks_of(self, request: Request, id: str) -> Object:
        """The tasks of one project."""
        return self.tasks(request, [self.visible(id)])

    def time_of(self, request: Request, id: str) -> Object:
        """The time of one project."""
        return self.time(request, [self.visible(id)])

    def milestones_of(self, request: Request, id: str) -> Object:
        """The milestones of one project."""
        return self.milestones(request, [self.visible(id)])

    def visible(self, id: str) -> Project:
        """A project, unless it may not be seen, which is said."""
        project = self.world.get(Project, id)
        if project is None:
            raise Refusal(404, "Not found")
        if id in self.hidden:
            raise Refusal(403, "You do not have permission to access this project")
        return project


_Of = TeamworkSandbox
LISTS: Mapping[str, Callable[[_Of, Request, str], Object]] = {
    "projects": lambda tool, request, _: tool.projects(request),
    "projects/{id}/tasks": _Of.tasks_of,
    "projects/{id}/time": _Of.time_of,
    "projects/updates": lambda tool, request, _: tool.updates(request),
    "people": lambda tool, request, _: tool.people(request),
    "teams": lambda tool, request, _: tool.groups(request, "teams", "team-"),
    "companies": lambda tool, request, _: tool.groups(request, "companies", "company-"),
    "workflows": lambda tool, request, _: tool.page(request, "workflows", tool.workflow_rows()),
    "workflows/{id}/stages": lambda tool, request, id: tool.stages(request, id),
    "milestones": lambda tool, request, _: tool.milestones(request, tool.chosen(request)),
    "projects/{id}/milestones": _Of.milestones_of,
    "customfields": lambda tool, request, _: tool.custom_fields(request),
    "tasks": lambda tool, request, _: tool.tasks(request, tool.chosen(request)),
    "comments": lambda tool, request, _: tool.comments(request),
    "time": lambda tool, request, _: tool.time(request, tool.chosen(request)),
}
ALONE: Mapping[str, Callable[[_Of, str], Object | None]] = {
    "projects": _Of.project,
    "people": _Of.person,
    "workflows": _Of.workflow,
    "milestones": _Of.milestone,
    "tasks": _Of.task,
    "comments": _Of.comment,
    "time": _Of.timelog,
}

SANDBOX = TeamworkSandbox
