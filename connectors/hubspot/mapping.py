"""HubSpot's records in our words. Pure and total.

A record comes with its coordinates as `id`, and with what explains it: `fields` (labels and types
of its properties), `custom` (which of them are the account's own), `stages` (what its stages
mean), `owners` (by user) and `linked` (coordinates of the records that it is associated with).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.hubspot.history import changes, label, updates
from connectors.hubspot.kinds import CREATED, CREATOR, DEAL, MODIFIED, OWNER, TASK, TICKET
from connectors.hubspot.provides import LACKING, PROVIDES
from connectors.hubspot.values import (
    EPOCH,
    custom_value,
    day,
    flag,
    identifier,
    instant,
    mapping,
    objects,
    plain,
    several,
    text,
    texts,
)
from connectors.hubspot.words import (
    NO_PRIORITY,
    OWNER_KINDS,
    TASK_STATUSES,
    is_closed,
    priority_of,
    stage_status,
)
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Person,
    Project,
    ProjectState,
    Record,
    Status,
    Task,
    TaskType,
)

__all__ = ["PROVIDES", "to_records"]

Body = Mapping[str, Any]


def to_records(stream: str, item: Body) -> Iterator[Record]:
    """The records of one item of a stream."""
    row = mapping(item.get("row"))
    id = identifier(row.get("id"))
    make = STREAMS.get(stream)
    if id is not None and make is not None:
        yield from make(id, row, item)


def _pipeline(id: str, row: Body, body: Body) -> Iterator[Record]:
    """A pipeline is the project of what goes through it, its stages are the columns of a board."""
    object, name = id.partition("/")[0], text(row.get("label")) or id
    yield Project(
        id=id,
        name=name,
        created_at=_after_1970(row.get("createdAt")),
        updated_at=_after_1970(row.get("updatedAt")),
        lacks=LACKING.get(object, ()),
        task_fields=tuple(texts(body.get("task_fields"))),
    )
    for stage in objects(row.get("stages")):
        column, place = identifier(stage.get("id")), stage.get("displayOrder")
        if column is not None:
            title = text(stage.get("label")) or column
            yield Column(
                id=f"{id}/{column}",
                project_id=id,
                board_id=id,
                board_name=name,
                name=title,
                position=place if isinstance(place, int) and not isinstance(place, bool) else 0,
                status_labels=(title,),
            )


def _person(id: str, row: Body, body: Body) -> Iterator[Record]:  # noqa: ARG001
    names = (text(row.get("firstName")), text(row.get("lastName")))
    email = text(row.get("email"))
    archived = flag(row.get("archived"))
    yield Person(
        id=id,
        name=" ".join(each for each in names if each) or email or id,
        email=email,
        active=None if archived is None else not archived,
        kind=OWNER_KINDS.get(text(row.get("type")) or "", "human"),
    )


def _project(id: str, row: Body, body: Body) -> Iterator[Record]:
    held = mapping(row.get("properties"))
    stage = _stage(body, held.get("hs_pipeline_stage"))
    state: ProjectState = "closed" if is_closed(mapping(stage.get("metadata"))) else "active"
    yield Project(
        id=id,
        name=text(held.get("hs_name")) or id,
        description=plain(held.get("hs_description")),
        url=text(row.get("url")),
        state=state,
        owner_id=text(held.get(OWNER)),
        start_on=day(held.get("hs_start_date")),
        due_on=day(held.get("hs_target_due_date")),
        created_at=_created(row, held, CREATED),
        updated_at=_updated(row, held),
        custom=_custom(held, body),
        lacks=LACKING["projects"],
    )
    yield from updates(id, body)


def _task(id: str, row: Body, body: Body) -> Iterator[Record]:
    held = mapping(row.get("properties"))
    parent, priority = text(held.get("hs_task_parent_task_id")), text(held.get("hs_task_priority"))
    kind: TaskType = "subtask" if parent else "task"
    word = text(held.get("hs_task_status"))
    projects = _linked(body, "projects")
    status = TASK_STATUSES.get(word or "")
    yield Task(
        id=id,
        project_id=projects[0] if len(projects) == 1 else None,
        parent_id=None if parent is None else TASK.coordinates(parent),
        title=text(held.get("hs_task_subject")) or "(no title)",
        description=plain(held.get("hs_task_body")),
        type=kind,
        type_label=label(body, "hs_task_type", text(held.get("hs_task_type"))) or "Task",
        due_on=instant(held.get("hs_timestamp")),
        created_at=_created(row, held, CREATED),
        **_closing(status, label(body, "hs_task_status", word), held, "hs_task_completion_date"),
        **_priority(body, "hs_task_priority", None if priority == NO_PRIORITY else priority),
        **_common(row, held, body),
    )
    for other in (*_linked(body, "tickets"), *_linked(body, "deals")):
        yield Link(id=f"relates:{id}:{other}", type="relates", from_id=id, to_id=other)
    if len(projects) > 1:
        yield from _memberships(id, body)
    yield from changes(id, TASK, body)


def _ticket(id: str, row: Body, body: Body) -> Iterator[Record]:
    held = mapping(row.get("properties"))
    categories = several(held.get("hs_ticket_category"))
    labels = (label(body, "hs_ticket_category", each) for each in categories)
    yield Task(
        id=id,
        project_id=_pipeline_of(held, "tickets", "hs_pipeline"),
        title=text(held.get("subject")) or f"Ticket {id}",
        description=text(held.get("content")),
        type="request",
        type_label="Ticket",
        labels=tuple(each for each in labels if each),
        created_at=_created(row, held, "createdate"),
        **_in_stage(body, held, "hs_pipeline_stage", "closed_date"),
        **_priority(body, "hs_ticket_priority", text(held.get("hs_ticket_priority"))),
        **_common(row, held, body),
    )
    yield from _memberships(id, body)
    yield from changes(id, TICKET, body)


def _deal(id: str, row: Body, body: Body) -> Iterator[Record]:
    held = mapping(row.get("properties"))
    yield Task(
        id=id,
        project_id=_pipeline_of(held, "deals", "pipeline"),
        title=text(held.get("dealname")) or f"Deal {id}",
        description=plain(held.get("description")),
        type="other",
        type_label="Deal",
        due_on=instant(held.get("closedate")),
        created_at=_created(row, held, "createdate"),
        **_in_stage(body, held, "dealstage", "closedate"),
        **_priority(body, "hs_priority", text(held.get("hs_priority"))),
        **_common(row, held, body),
    )
    yield from _memberships(id, body)
    yield from changes(id, DEAL, body)


def _note(id: str, row: Body, body: Body) -> Iterator[Record]:
    """One comment on each ticket and deal that a note is associated with."""
    held = mapping(row.get("properties"))
    at = instant(held.get("hs_timestamp")) or _created(row, held, CREATED)
    writer = _by_user(body, held.get(CREATOR)) or text(held.get(OWNER))
    if at is None:
        return
    for task in (*_linked(body, "tickets"), *_linked(body, "deals")):
        yield Comment(
            id=f"{id}:{task}",
            task_id=task,
            author_id=writer,
            text=plain(held.get("hs_note_body")) or "",
            at=at,
            updated_at=_updated(row, held),
            public=False,
        )


def _common(row: Body, held: Body, body: Body) -> dict[str, Any]:
    """What tasks, tickets and deals have alike."""
    owner = text(held.get(OWNER))
    return {
        "url": text(row.get("url")),
        "assignee_ids": () if owner is None else (owner,),
        "reporter_id": _by_user(body, held.get(CREATOR)),
        "updated_at": _updated(row, held),
        "custom": _custom(held, body),
    }


def _in_stage(body: Body, held: Body, name: str, closed: str) -> dict[str, Any]:
    value = text(held.get(name))
    status = stage_status(_stage(body, value))
    return _closing(status, label(body, name, value), held, closed)


def _closing(status: Status | None, word: str | None, held: Body, closed: str) -> dict[str, Any]:
    """A status, and when it was reached: the time of closing stays behind in what is reopened."""
    done = status in ("done", "cancelled")
    return {
        "status": status,
        "status_label": word,
        "completed_at": instant(held.get(closed)) if done else None,
    }


def _priority(body: Body, name: str, value: str | None) -> dict[str, Any]:
    return {"priority": priority_of(value), "priority_label": label(body, name, value)}


def _memberships(task: str, body: Body) -> Iterator[Record]:
    for project in _linked(body, "projects"):
        yield Membership(
            id=f"project:{project}:{task}", task_id=task, kind="project", container_id=project
        )


def _linked(body: Body, object: str) -> list[str]:
    held = texts(mapping(body.get("linked")).get(object))
    return list(dict.fromkeys(each for each in held if each))


def _stage(body: Body, id: object) -> Body:
    return mapping(mapping(body.get("stages")).get(text(id) or ""))


def _pipeline_of(held: Body, object: str, name: str) -> str | None:
    id = text(held.get(name))
    return None if id is None else f"{object}/{id}"


def _by_user(body: Body, user: object) -> str | None:
    return text(mapping(body.get("owners")).get(text(user) or ""))


def _created(row: Body, held: Body, name: str) -> datetime | None:
    return instant(held.get(name)) or instant(row.get("createdAt"))


def _updated(row: Body, held: Body) -> datetime | None:
    return instant(held.get(MODIFIED)) or instant(row.get("updatedAt"))


def _after_1970(value: object) -> datetime | None:
    """The pipelines that an account begins with were made at the beginning of time."""
    at = instant(value)
    return None if at is None or at <= EPOCH else at


def _custom(held: Body, body: Body) -> tuple[Custom, ...]:
    """The account's own properties, those that are empty too."""
    fields = mapping(body.get("fields"))
    return tuple(
        Custom(
            id=name,
            name=text(mapping(fields.get(name)).get("label")) or name,
            value=custom_value(held.get(name), mapping(fields.get(name))),
        )
        for name in dict.fromkeys(texts(body.get("custom")))
        if name
    )


STREAMS: Mapping[str, Callable[[str, Body, Body], Iterator[Record]]] = {
    "pipelines": _pipeline,
    "people": _person,
    "projects": _project,
    "tasks": _task,
    "tickets": _ticket,
    "deals": _deal,
    "comments": _note,
}
