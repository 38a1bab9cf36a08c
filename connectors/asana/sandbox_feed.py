"""The events of Asana's projects, written down as the sandbox's world changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.asana.sandbox_history import iso
from connectors.sdk.records import Comment, Link, Membership, Record, Task
from connectors.sdk.sandbox import World

PAGE = 100
LIFE = timedelta(hours=24)
ACTIONS = {"deleted": "deleted", "moved": "removed"}


@dataclass
class Log:
    """Every event since the sandbox began; a token is a place in it and the time it was given.

    Args:
        world: what is watched.
        projects_of: the projects that see a task.
    """

    world: World
    projects_of: Callable[[Task], Iterable[str]]
    _events: list[tuple[frozenset[str], dict[str, Any]]] = field(default_factory=list)
    _last: dict[tuple[type[Record], str], Any] = field(default_factory=dict)
    _places: dict[str, frozenset[str]] = field(default_factory=dict)
    _revision: int = 0
    touched: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._revision = self.world.revision
        for task in self.world.all(Task):
            self._places[task.id] = frozenset(self.projects_of(task))
        for kind in (Task, Comment, Link, Membership):
            for record in self.world.all(kind):
                self._last[kind, record.id] = record

    def token(self, at: int | None = None) -> str:
        """A new token, for now or for a place in the log."""
        place = len(self._events) if at is None else at
        return f"{place:x}.{int(self.world.now().timestamp()):x}"

    def since(self, token: str, project: str) -> tuple[list[dict[str, Any]], str, bool] | None:
        """Events, the next token, whether there are more; None when the token is of no use."""
        self.note()
        try:
            place, given = (int(each, 16) for each in token.split("."))
        except ValueError:
            return None
        if self.world.now().timestamp() - given > LIFE.total_seconds():
            return None
        found: list[dict[str, Any]] = []
        for index in range(place, len(self._events)):
            seen_by, event = self._events[index]
            if project in seen_by:
                found.append(event)
            if len(found) == PAGE:
                return found, self.token(index + 1), index + 1 < len(self._events)
        return found, self.token(), False

    def note(self) -> None:
        """Write down what changed since the last look."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        for key, at in list(self.world.edited.items()):
            kind, id = key
            now = self.world.get(kind, id)
            gone = self.world.gone.get(key)
            before = self._last.get(key)
            if (now is before and now is not None) or (now is None and before is gone):
                continue
            self._last[key] = now if now is not None else gone
            if kind is Task:
                self._task(id, now, before, at, gone[0] if gone else "deleted")
            elif kind in (Comment, Link, Membership):
                held = now if now is not None else before
                self._neighbour(held, at, came=now is not None)

    def _task(self, id: str, now: Any, before: Any, at: datetime, reason: str) -> None:
        places = self._places.get(id, frozenset())
        if now is None:
            action = ACTIONS.get(reason)
            if action is not None:
                self._add(places, "task", id, action, at)
            return
        seen_by = frozenset(self.projects_of(now))
        self._places[id] = seen_by
        self.touched[id] = at
        again = not isinstance(before, Record)
        if again and before is not None:
            self._add(seen_by, "task", id, "undeleted", at)
        elif again:
            parent = {"gid": now.parent_id, "resource_type": "task"} if now.parent_id else None
            self._add(seen_by, "task", id, "added", at, parent)
        else:
            self._add(seen_by | places, "task", id, "changed", at)

    def _neighbour(self, record: Any, at: datetime, *, came: bool) -> None:
        for id in {getattr(record, name, None) for name in ("task_id", "from_id", "to_id")}:
            task = self.world.get(Task, id) if id else None
            if task is None:
                continue
            self.touched[task.id] = at
            seen_by = self._places.get(task.id, frozenset()) | frozenset(self.projects_of(task))
            self._places[task.id] = frozenset(self.projects_of(task))
            if isinstance(record, Comment):
                if came:
                    parent = {"gid": task.id, "resource_type": "task"}
                    self._add(seen_by, "story", record.id, "added", at, parent)
                else:
                    self._add(seen_by, "story", record.id, "deleted", at)
            elif isinstance(record, Membership):
                parent = {"gid": record.container_id, "resource_type": "project"}
                action = "added" if came else "removed"
                self._add(seen_by | {record.container_id}, "task", task.id, action, at, parent)
            else:
                self._add(seen_by, "task", task.id, "changed", at)

    def _add(
        self,
        seen_by: Iterable[str],
        kind: str,
        id: str,
        action: str,
        at: datetime,
        parent: dict[str, Any] | None = None,
    ) -> None:
        event = {
            "action": action,
            "created_at": iso(at),
            "type": kind,
            "resource": {"gid": id, "resource_type": kind},
            "parent": parent,
            "user": None,
        }
        self._events.append((frozenset(seen_by), event))
