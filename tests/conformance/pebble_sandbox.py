"""An imitation of Pebble's API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from connectors.sdk.records import Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox
from tests.conformance.pebble import STATES, Pebble, instant

KEY = "canary-pebble-key-0123456789"


class PebbleSandbox(Sandbox):
    """Pebble's API over the company's records."""

    name = "pebble"

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int = 100
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size

    def native_id(self, record: Record) -> str:
        """Links have no id of their own, so theirs is made of both ends'."""
        if isinstance(record, Link):
            return f"blocks:p{record.from_id}:p{record.to_id}"
        return f"p{record.id}"

    def adopt(self, record: Record) -> Record | None:
        """Only what Pebble provides."""
        if type(record) not in Pebble.provides:
            return None
        if isinstance(record, Link) and record.type != "blocks":
            return None
        kept = self.refer(record)
        if isinstance(kept, Task):
            label = {meant: own for own, meant in STATES.items()}[kept.status or "todo"]
            kind: Any = "subtask" if kept.parent_id else "task"
            kept = msgspec.structs.replace(kept, status_label=label, type=kind)
        dropped = {
            each.name: each.default
            for each in msgspec.structs.fields(kept)
            if each.name not in Pebble.provides[type(kept)]
        }
        return msgspec.structs.replace(kept, **dropped)

    def options(self, base_url: str) -> dict[str, Any]:
        """As an admin would write them."""
        return {"url": base_url, "key": KEY, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as Pebble would."""
        if request.headers.get("x-pebble-key") != KEY:
            return Reply.of({"message": "Who are you?"}, 401)
        reply = Reply.of({"message": "Not here"}, 404)
        match request.path.removeprefix("/v1").split("/")[1:]:
            case ["me"]:
                reply = Reply.of({"id": "me", "name": "Reader"})
            case ["boards"]:
                reply = Reply.of({"boards": self._boards(), "now": self.world.now().isoformat()})
            case ["fields"]:
                reply = Reply.of({"fields": [{"id": "size", "name": "Size"}]})
            case ["people"]:
                reply = self._page(request, "people", [
                    {"id": person.id, "name": person.name, "mail": person.email}
                    for person in self.world.all(Person)
                ])  # fmt: skip
            case ["cards"]:
                reply = self._page(request, "cards", self._cards(request), **self._deleted(request))
            case ["cards", id]:
                reply = self._card(id)
            case _:
                pass
        return reply

    def _boards(self) -> list[dict[str, Any]]:
        return [
            {"id": project.id, "title": project.name, "owner": project.owner_id}
            for project in self.world.all(Project)
            if project.id not in self.hidden
        ]

    def _cards(self, request: Request) -> list[dict[str, Any]]:
        board, since = request.one("board"), instant(request.one("since"))
        tasks = [t for t in self.world.all(Task) if t.project_id not in self.hidden]
        if board:
            tasks = [task for task in tasks if task.project_id == board]
        if since:
            tasks = [
                task
                for task in tasks
                if (task.updated_at and task.updated_at >= since)
                or self.world.edited.get((Task, task.id), since) > since
            ]
        return [self._render(task) for task in tasks]

    def _deleted(self, request: Request) -> dict[str, Any]:
        since = instant(request.one("since"))
        if since is None:
            return {"deleted": []}
        gone = [
            id for (kind, id), (_, at) in self.world.gone.items() if kind is Task and at >= since
        ]
        return {"deleted": [{"id": id} for id in gone]}

    def _card(self, id: str) -> Reply:
        task = self.world.get(Task, id)
        if task is None:
            return Reply.of({}, 410)
        return Reply.of({}, 403) if task.project_id in self.hidden else Reply.of(self._render(task))

    def _render(self, task: Task) -> dict[str, Any]:
        return {
            "id": task.id,
            "board": task.project_id,
            "parent": task.parent_id,
            "title": task.title,
            "state": task.status_label,
            "people": list(task.assignee_ids),
            "due": task.due_on and task.due_on.isoformat(),
            "created": task.created_at and task.created_at.isoformat(),
            "updated": task.updated_at and task.updated_at.isoformat(),
            "blocks": [link.to_id for link in self.world.where(Link, "from_id", task.id)],
            "remarks": [
                {"id": c.id, "by": c.author_id, "text": c.text, "at": c.at.isoformat()}
                for c in self.world.where(Comment, "task_id", task.id)
            ],
        }

    def _page(self, request: Request, name: str, found: list[Any], **more: Any) -> Reply:
        number = int(request.one("page", "1"))
        start = (number - 1) * self.page_size
        left = start + self.page_size < len(found)
        return Reply.of(
            {
                name: found[start : start + self.page_size],
                "next": str(number + 1) if left else None,
                "total": len(found),
                "now": self.world.now().isoformat(),
                **more,
            }
        )
