"""What a project's events ask us to read, and in which project a task counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from connectors.asana.values import gid, instant, objects, part, text
from connectors.sdk.contract import Json


@dataclass
class Plan:
    """What to do about some events.

    Args:
        read: tasks to read again; True: with their subtasks, because they came or went.
        gone: tasks that were deleted, and when.
        stories: comments that were edited, whose tasks are not named.
        sections: sections that were renamed, whose tasks are not named.
    """

    read: dict[str, bool] = field(default_factory=dict)
    gone: dict[str, datetime | None] = field(default_factory=dict)
    stories: set[str] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)

    def task(self, id: str, *, subtasks: bool = False) -> None:
        """Read a task, unless it was deleted."""
        if id not in self.gone:
            self.read[id] = subtasks or self.read.get(id, False)


def plan(events: Iterable[Json]) -> Plan:
    """Events are only hints: each names something to read again. The last word counts."""
    todo = Plan()
    for event in events:
        resource, action = part(event, "resource"), text(event.get("action"))
        id = gid(resource)
        kind = text(resource.get("resource_type")) or text(event.get("type"))
        if id is None:
            continue
        if kind == "task" and action == "deleted":
            todo.read.pop(id, None)
            todo.gone[id] = instant(event.get("created_at"))
        elif kind == "task":
            if action == "undeleted":
                todo.gone.pop(id, None)
            todo.task(id, subtasks=action != "changed")
        elif kind == "section" and action == "changed":
            todo.sections.add(id)
        _parent(todo, event, kind, id, action)
    return todo


def _parent(todo: Plan, event: Json, kind: str | None, id: str, action: str | None) -> None:
    """An added comment, attachment or subtask names the task that it hangs on."""
    parent = part(event, "parent")
    parent_id = gid(parent)
    if parent_id is not None and parent.get("resource_type") == "task":
        todo.task(parent_id)
    elif kind == "story" and action == "changed":
        todo.stories.add(id)


def home(task: Json, wanted: frozenset[str], parent_home: str | None) -> str | None:
    """The project in which a task counts: the same, whichever project's lane reads it.

    It is the first one of its own that is read; a subtask counts where its parent does.

    Args:
        task: a task with its memberships.
        wanted: ids of the configured projects; empty: all are read.
        parent_home: where its parent counts.
    """
    ids = projects_of(task)
    own = next((id for id in ids if not wanted or id in wanted), None)
    return own or parent_home or next(iter(ids), None)


def is_rooted(task: Json, wanted: frozenset[str]) -> bool:
    """Whether a task's own memberships say where it counts, without asking for its parent."""
    own = any(not wanted or id in wanted for id in projects_of(task))
    return own or gid(task.get("parent")) is None


def projects_of(task: Json) -> list[str]:
    """The projects that a task itself is in, in Asana's order."""
    held = (gid(each.get("project")) for each in objects(task.get("memberships")))
    return [id for id in held if id is not None]
