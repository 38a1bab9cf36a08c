"""The records of an imitated account as its API gives them, made of its world."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any

from connectors.hubspot.sandbox_adopt import Adoption
from connectors.hubspot.sandbox_words import (
    FOUNDED,
    HEALTHS,
    NAMES,
    PRIORITIES,
    TYPES,
    due_at,
    written,
)
from connectors.sdk.records import (
    Change,
    Comment,
    Link,
    Membership,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
)
from connectors.sdk.sandbox import World

Row = dict[str, Any]
FIRST_USER = 10_000_000
PROJECT_STAGES = (("open-project", "Under way", "false"), ("closed-project", "Over", "true"))
KINDS: Mapping[str, type[Record]] = {
    "tasks": Task, "tickets": Task, "deals": Task, "projects": Project, "notes": Comment,
}  # fmt: skip


class Render:
    """Makes the rows of an object.

    Args:
        hidden: ids of containers that the account does not see.
        merged: by the record that was merged away: into which one.
    """

    def __init__(
        self, world: World, adoption: Adoption, hidden: set[str], merged: Mapping[str, str]
    ) -> None:
        self._world = world
        self._adoption = adoption
        self._hidden = hidden
        self._merged = merged

    def rows(self, object: str) -> dict[str, Row]:
        """Every record that the account may see, by id, in the order of the ids."""
        made = (self._row(object, each) for each in self._of(object))
        return {row["id"]: row for row in sorted(made, key=lambda row: int(row["id"]))}

    def bin(self, object: str) -> dict[str, Row]:
        """What was deleted."""
        found = {}
        for (kind, id), (reason, at) in self._world.gone.items():
            if kind is KINDS[object] and reason == "deleted" and _is_of(object, id):
                found[_number(id)] = {
                    "id": _number(id),
                    "properties": {"hs_object_id": _number(id)},
                    "createdAt": written(FOUNDED),
                    "updatedAt": written(at),
                    "archived": True,
                    "archivedAt": written(at),
                }
        return dict(sorted(found.items(), key=lambda each: int(each[0])))

    def changed_at(self, object: str) -> dict[str, datetime]:
        """By record: when it was last written."""
        return {
            _number(each.id): self._world.edited.get((type(each), each.id), FOUNDED)
            for each in self._of(object)
        }

    def associated(self, object: str, id: str, other: str, seen: Container[str]) -> list[str]:
        """The records of another object that a record is associated with, of those seen."""
        here = f"{TYPES[object]}-{id}"
        found = [
            *(each.to_id for each in self._world.where(Link, "from_id", here)),
            *(each.container_id for each in self._world.where(Membership, "task_id", here)),
            *(each.task_id for each in self._world.all(Comment) if each.id.startswith(f"{here}:")),
        ]
        task = self._world.get(Task, here)
        if task is not None and task.project_id:
            found.insert(0, task.project_id)
        kept = (each for each in dict.fromkeys(found) if _is_of(other, each))
        return [number for each in kept if (number := _number(each)) in seen]

    def pipelines(self, object: str) -> list[Row]:
        """The pipelines of an object, with their stages."""
        if object == "projects":
            stages = [
                _stage(id, label, place, {"isClosed": closed})
                for place, (id, label, closed) in enumerate(PROJECT_STAGES)
            ]
            return [_pipeline("default-projects", "Projects", FOUNDED, FOUNDED, stages)]
        found = []
        for project in self._world.all(Project):
            kept_in, _, id = project.id.partition("/")
            stages_of = self._adoption.stages_of(project.id)
            if kept_in == object and project.id not in self._hidden and stages_of:
                stages = [
                    _stage(each.id, each.label, place, _metadata(object, each.status))
                    for place, each in enumerate(stages_of.all)
                ]
                found.append(
                    _pipeline(id, project.name, project.created_at, project.updated_at, stages)
                )
        return found

    def owners(self, *, archived: bool) -> list[Row]:
        """Those who have records, or had before they left."""
        return [
            {
                "id": person.id,
                "email": person.email,
                "type": "QUEUE" if person.kind == "group" else "PERSON",
                "firstName": person.name.partition(" ")[0],
                "lastName": person.name.partition(" ")[2],
                "userId": None if archived else int(user_of(person.id)),
                "userIdIncludingInactive": int(user_of(person.id)),
                "createdAt": written(FOUNDED),
                "updatedAt": written(FOUNDED),
                "archived": archived,
            }
            for person in self._world.all(Person)
            if (person.active is False) == archived
        ]

    # --- rows ---------------------------------------------------------------------------------

    def _of(self, object: str) -> Iterator[Any]:
        for each in self._world.all(KINDS[object]):
            if _is_of(object, each.id) and not self._is_hidden(each):
                yield each

    def _is_hidden(self, record: Record) -> bool:
        if isinstance(record, Comment):
            task = self._world.get(Task, record.task_id)
            return task is None or self._is_hidden(task)
        container = record.project_id if isinstance(record, Task) else record.id
        return container in self._hidden

    def _row(self, object: str, record: Any) -> Row:
        made: Mapping[str, Callable[[Any], Row]] = {
            "tasks": self._task, "tickets": self._ticket, "deals": self._deal,
            "projects": self._project, "notes": self._note,
        }  # fmt: skip
        created = record.at if isinstance(record, Comment) else record.created_at or FOUNDED
        changed = record.updated_at or created
        touched = self._world.edited.get((type(record), record.id), changed)
        times = {"createdAt": written(created), "updatedAt": written(max(changed, touched))}
        merged = tuple(
            _number(loser) for loser, winner in self._merged.items() if winner == record.id
        )
        properties = {
            "hs_object_id": _number(record.id),
            "hs_createdate": times["createdAt"],
            "hs_lastmodifieddate": times["updatedAt"],
            "hs_merged_object_ids": written(merged),
            **made[object](record),
        }
        return {
            "id": _number(record.id),
            "properties": properties,
            **times,
            "archived": False,
            "url": getattr(record, "url", None),
            "versions": self._versions(object, record, properties, created),
        }

    def _work(self, object: str, task: Task) -> Row:
        word = PRIORITIES[object].get(task.priority or 0)
        return {
            NAMES[object]["title"]: task.title,
            NAMES[object]["priority"]: word or ("NONE" if object == "tasks" else None),
            "hubspot_owner_id": task.assignee_ids[0] if task.assignee_ids else None,
            "hs_created_by_user_id": task.reporter_id and user_of(task.reporter_id),
            NAMES[object]["status"]: self._status(object, task),
            **{each.id: written(each.value) for each in task.custom},
        }

    def _status(self, object: str, task: Task) -> str | None:
        value = self._adoption.word(
            object, task.project_id, "status", task.status, task.status_label
        )[0]
        return value if task.status else task.status_label

    def _task(self, task: Task) -> Row:
        parent = task.parent_id and _number(task.parent_id)
        body = task.description and f"<p>{escape(task.description)}</p>"
        return {
            **self._work("tasks", task),
            "hs_task_body": body,
            "hs_task_type": "TODO",
            "hs_task_is_sub_task": written(bool(parent)),
            "hs_task_parent_task_id": parent,
            "hs_timestamp": written(due_at(task.due_on)),
            "hs_task_completion_date": _closed_at(task),
        }

    def _ticket(self, task: Task) -> Row:
        return {
            **self._work("tickets", task),
            "content": task.description,
            "createdate": written(task.created_at),
            "hs_pipeline": (task.project_id or "").partition("/")[2],
            "hs_ticket_category": written(task.labels),
            "closed_date": _closed_at(task),
        }

    def _deal(self, task: Task) -> Row:
        return {
            **self._work("deals", task),
            "description": task.description,
            "createdate": written(task.created_at),
            "pipeline": (task.project_id or "").partition("/")[2],
            "closedate": _closed_at(task) or written(due_at(task.due_on)),
        }

    def _project(self, project: Project) -> Row:
        health = self._healths(project)
        return {
            "hs_name": project.name,
            "hs_description": project.description,
            "hs_pipeline": "default-projects",
            "hs_pipeline_stage": PROJECT_STAGES[project.state != "active"][0],
            "hs_status": health[0]["value"] if health else None,
            "hs_start_date": written(project.start_on),
            "hs_target_due_date": written(project.due_on),
            "hubspot_owner_id": project.owner_id,
            **{each.id: written(each.value) for each in project.custom},
        }

    def _note(self, comment: Comment) -> Row:
        return {
            "hs_note_body": f"<div><p>{escape(comment.text)}</p></div>",
            "hs_timestamp": written(comment.at),
            "hubspot_owner_id": comment.author_id,
            "hs_created_by_user_id": comment.author_id and user_of(comment.author_id),
        }

    # --- versions -----------------------------------------------------------------------------

    def _versions(
        self, object: str, record: Any, properties: Row, created: datetime
    ) -> dict[str, list[Row]]:
        """By property: what it was, the newest first."""
        found = {
            name: [_version(created, value, None)] for name, value in properties.items() if value
        }
        if isinstance(record, Project):
            found["hs_status"] = self._healths(record)
        if isinstance(record, Task):
            changes: dict[str, list[Change]] = {}
            for each in sorted(
                self._world.where(Change, "task_id", record.id), key=lambda each: each.at
            ):
                if each.field in NAMES[object]:
                    changes.setdefault(each.field, []).append(each)
            for field, those in changes.items():
                first = those[0]
                begun = min(created, first.at - timedelta(seconds=1))
                start = self._value(object, record, field, first.old, first.old_label)
                found[NAMES[object][field]] = [
                    *(
                        _version(
                            each.at,
                            self._value(object, record, field, each.new, each.new_label),
                            each.author_id,
                        )
                        for each in reversed(those)
                    ),
                    _version(begun, start, None),
                ]
        return found

    def _value(
        self, object: str, task: Task, field: str, value: str | None, label: str | None
    ) -> str | None:
        return self._adoption.word(object, task.project_id, field, value, label)[0]

    def _healths(self, project: Project) -> list[Row]:
        reported = self._world.where(StatusUpdate, "project_id", project.id)
        return [
            _version(each.at, HEALTHS.get(each.health or "", each.health_label), each.author_id)
            for each in sorted(reported, key=lambda each: each.at, reverse=True)
        ]


def user_of(owner: str) -> str:
    """The user that an owner is: another number."""
    return str(FIRST_USER + int(owner))


def _number(id: str) -> str:
    """A record's own id, of its coordinates, or of what hangs on it."""
    return id.partition(":")[0].rpartition("-")[2]


def _is_of(object: str, id: str) -> bool:
    return id.startswith(f"{TYPES[object]}-")


def _closed_at(task: Task) -> str | None:
    if task.status not in ("done", "cancelled"):
        return None
    return written(task.completed_at or task.updated_at or task.created_at)


def _version(at: datetime, value: str | None, author: str | None) -> Row:
    row: Row = {"value": value or "", "timestamp": written(at), "sourceType": "CRM_UI"}
    if author is not None:
        row["sourceId"] = f"userId:{user_of(author)}"
        row["updatedByUserId"] = int(user_of(author))
    return row


def _metadata(object: str, status: str) -> Row:
    closed = written(status in ("done", "cancelled"))
    if object == "deals":
        chance = {"done": "1.0", "cancelled": "0.0"}.get(status, "0.5")
        return {"isClosed": closed, "probability": chance}
    return {"isClosed": closed, "ticketState": "CLOSED" if closed == "true" else "OPEN"}


def _stage(id: str, label: str, place: int, metadata: Row) -> Row:
    return {
        "id": id, "label": label, "displayOrder": place, "metadata": metadata,
        "createdAt": written(FOUNDED), "updatedAt": written(FOUNDED), "archived": False,
    }  # fmt: skip


def _pipeline(
    id: str, label: str, created: datetime | None, updated: datetime | None, stages: list[Row]
) -> Row:
    return {
        "id": id, "label": label, "displayOrder": 0, "stages": stages, "archived": False,
        "createdAt": written(created), "updatedAt": written(updated),
    }  # fmt: skip
