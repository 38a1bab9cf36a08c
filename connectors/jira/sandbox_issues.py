"""The half of the imitated Jira that finds issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import orjson
from msgspec.structs import replace

from connectors.jira.catalogue import catalogue
from connectors.jira.sandbox_adopt import Adoption
from connectors.jira.sandbox_jql import BadJql, Index, parse
from connectors.jira.sandbox_render import Renderer
from connectors.jira.sandbox_replies import JSON, REMOVED, issue_page, page, refusal
from connectors.sdk.adf import plain
from connectors.sdk.records import (
    STORED_KINDS,
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request, World


class TaskWorld(World):
    """A world that knows which issues look different than before."""

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        self.touched: set[str] = set()
        self.all_touched = True
        super().__init__(records, now)

    def put(self, record: Record, at: datetime | None = None) -> None:
        """See `World.put`."""
        self._note(self.get(type(record), record.id))
        self._note(record)
        super().put(record, at)

    def remove(self, kind: type[Record], id: str, *args: Any, **kwargs: Any) -> None:
        """See `World.remove`."""
        self._note(self.get(kind, id))
        super().remove(kind, id, *args, **kwargs)

    def _note(self, record: Record | None) -> None:
        match record:
            case None | Worklog() | Column():
                pass
            case Task():
                self.touched.add(record.id)
            case Comment() | Membership() | Change():
                self.touched.add(record.task_id)
            case Link():
                self.touched |= {record.from_id, record.to_id}
            case _:
                self.all_touched = True


class Issues(Adoption):
    """Searches, bulk reads, histories."""

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], cloud: bool, page_size: int
    ) -> None:
        super().__init__(records, now)
        held = (record for kind in STORED_KINDS for record in self.world.all(kind))
        self.world: TaskWorld = TaskWorld(held, now)
        self.cloud = cloud
        self.page_size = page_size
        self.unfound: set[str] = set()  # ids that the search does not find yet
        self.render = Renderer(self, self.cloud)
        self._rendered: dict[str, tuple[frozenset[str], bytes]] = {}
        self._logs: dict[str, list[orjson.Fragment]] = {}
        self._index: Index | None = None
        self._cursors: dict[str, tuple[list[str], int, frozenset[str], int]] = {}

    def _visible(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _searched(self) -> dict[str, Project]:
        """The projects whose issues the search finds."""
        return {each.id: each for each in self._visible() if each.state == "active"}

    @property
    def index(self) -> Index:
        """The index of the issues as they are now."""
        self._forget_changed()
        if self._index is None:
            self._index = Index(self.world.all(Task))
        return self._index

    def _forget_changed(self) -> None:
        world = self.world
        if world.all_touched:
            self._rendered, self._logs, self._index = {}, {}, None
        elif world.touched:
            for id_ in world.touched:
                self._rendered.pop(id_, None)
                self._logs.pop(id_, None)
            self._index = None
        world.touched, world.all_touched = set(), False

    def _find(self, jql: str) -> list[str]:
        found = self.index.find(parse(jql), self._searched())
        return [id_ for id_ in found if id_ not in self.unfound] if self.unfound else found

    def _issues(self, ids: Iterable[str], wanted: frozenset[str]) -> list[bytes]:
        tasks = (self.world.get(Task, id_) for id_ in ids)
        return [self._issue(task, wanted) for task in tasks if task is not None]

    def _issue(self, task: Task, wanted: frozenset[str]) -> bytes:
        if len(wanted) <= 3:
            return self.render.issue(task, wanted)
        held = self._rendered.get(task.id)
        if held is None or held[0] != wanted:
            held = self._rendered[task.id] = (wanted, self.render.issue(task, wanted))
        return held[1]

    def _search_jql(self, request: Request) -> Reply:
        asked = request.json()
        token = asked.get("nextPageToken")
        if token is None:
            ids, start = self._find(asked["jql"]), 0
            wanted = frozenset(asked.get("fields") or ("id",))
            size = min(asked.get("maxResults", 50), self._most(wanted))
        elif token in self._cursors:
            ids, start, wanted, size = self._cursors[token]
        else:
            raise BadJql("The provided next page token is invalid or expired.")
        end = start + size
        more: dict[str, Any] = {"isLast": True}
        if end < len(ids):
            token = f"Ck{len(self._cursors):06d}"
            self._cursors[token] = (ids, end, wanted, size)
            more = {"nextPageToken": token, "isLast": False}
        return issue_page(self._issues(ids[start:end], wanted), more)

    def _most(self, wanted: frozenset[str]) -> int:
        if wanted <= {"id", "key"}:
            return 5000
        return 1000 if len(wanted) <= 3 else self.page_size

    def _search(self, request: Request) -> Reply:
        asked = request.json()
        ids = self._find(asked["jql"])
        wanted = frozenset(asked.get("fields") or ("id",))
        start, size = asked.get("startAt", 0), min(asked.get("maxResults", 50), self._most(wanted))
        issues = self._issues(ids[start : start + size], wanted)
        if "changelog" in asked.get("expand", ()):
            issues = [self._with_changelog(each) for each in issues]
        return issue_page(issues, {"startAt": start, "maxResults": size, "total": len(ids)})

    def _with_changelog(self, issue: bytes) -> bytes:
        held = orjson.loads(issue)
        histories = self._histories(held["id"])
        held["changelog"] = {"startAt": 0, "total": len(histories), "histories": histories}
        return orjson.dumps(held)

    def _histories(self, task_id: str) -> list[orjson.Fragment]:
        if task_id not in self._logs:
            held = self.world.where(Change, "task_id", task_id)
            self._logs[task_id] = [
                orjson.Fragment(orjson.dumps(self.render.history(each))) for each in held
            ]
        return self._logs[task_id]

    def warm(self) -> None:
        """Write every issue beforehand, so that a load run measures who reads, not who writes."""
        wanted = frozenset(catalogue(self.render.fields(), [], [], None).wanted)
        for id_ in self.index.rows:
            self._issues([id_], wanted)
            self._histories(id_)

    def _removed(self, _: Request) -> Reply:
        return Reply.of({"errorMessages": [REMOVED], "errors": {}}, 410)

    def _count(self, request: Request) -> Reply:
        return Reply.of({"count": len(self._find(request.json()["jql"]))})

    def _changelogs(self, request: Request) -> Reply:
        asked = request.json()
        self._forget_changed()
        ids = [id_ for id_ in asked["issueIdsOrKeys"] if self._readable(id_) is not None]
        if len(asked["issueIdsOrKeys"]) > 1000:
            return refusal(400, "The maximum number of issues is 1000.")
        entries = [(id_, each) for id_ in ids for each in self._histories(id_)]
        start, size = int(asked.get("nextPageToken", "0")), asked.get("maxResults", 1000)
        logs: dict[str, list[orjson.Fragment]] = {}
        for id_, each in entries[start : start + size]:
            logs.setdefault(id_, []).append(each)
        found = [{"issueId": id_, "changeHistories": held} for id_, held in logs.items()]
        more = {"nextPageToken": str(start + size)} if start + size < len(entries) else {}
        return Reply.of({"issueChangeLogs": found, **more})

    def _readable(self, id_: str) -> Task | None:
        task = self.world.get(Task, id_)
        return task if task is not None and task.project_id in self._searched() else None

    def _bulk_issues(self, request: Request) -> Reply:
        asked = request.json()
        ids = asked["issueIdsOrKeys"]
        if len(ids) > 100:
            return refusal(400, "The maximum number of issues is 100.")
        wanted = frozenset(asked.get("fields") or ("id",))
        readable = [id_ for id_ in ids if self._readable(id_) is not None]
        return issue_page(self._issues(readable, wanted), {"issueErrors": []})

    def _one_issue(self, request: Request, id_: str) -> Reply:
        task = self._readable(id_)
        if task is None:
            return refusal(404, "Issue does not exist or you do not have permission to see it.")
        return Reply(200, self._issue(task, frozenset(request.one("fields").split(","))), JSON)

    def _comments(self, request: Request, id_: str) -> Reply:
        if self._readable(id_) is None:
            return refusal(404, "Issue does not exist or you do not have permission to see it.")
        held = sorted(self.world.where(Comment, "task_id", id_), key=lambda each: each.at)
        return page(request, held, self.render.comment, key="comments", most=100, last=False)

    def _say(self, request: Request, id_: str, comment: str | None = None) -> Reply:
        """A comment on an issue, or an edited one."""
        held = self.world.get(Comment, comment) if comment else None
        if self._readable(id_) is None or (comment and held is None):
            return refusal(404, "Issue does not exist or you do not have permission to see it.")
        if not self.may_comment:
            return refusal(403, "You do not have the permission to comment on this issue.")
        told = request.json()
        said = plain(told["body"]) or ""
        done = self.say(id_, comment or str(8_000_000 + self.world.revision), said)
        internal = {"key": "sd.public.comment", "value": {"internal": True}}
        done = replace(done, public=internal not in told.get("properties", []))
        self.world.put(done)
        return Reply.of(self.render.comment(done), 200 if comment else 201)
