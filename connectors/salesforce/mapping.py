"""Salesforce's rows in our words. Pure and total.

A row comes with what explains it: `fields` (labels and types of custom fields), `status` (what
the picklist says of its status), `project` and `parent` (ids that its references lead to).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.salesforce.changes import change
from connectors.salesforce.provides import PROVIDES
from connectors.salesforce.values import (
    custom_value,
    day,
    flag,
    identifier,
    instant,
    mapping,
    objects,
    text,
    whole,
)
from connectors.salesforce.words import (
    DECISIONS,
    RECALLED,
    USER_KINDS,
    priority_of,
    status_of,
)
from connectors.sdk.records import (
    Approval,
    Comment,
    Custom,
    Person,
    PersonKind,
    Project,
    Record,
    SlaCycle,
    Task,
    TaskType,
)

__all__ = ["PROVIDES", "to_records"]

Body = Mapping[str, Any]


def to_records(stream: str, item: Body) -> Iterator[Record]:
    """The records of one item of a stream."""
    row = mapping(item.get("row"))
    id = identifier(row.get("Id"))
    make = STREAMS.get(stream)
    if id is not None and make is not None:
        yield from make(id, row, item)


def _project(id: str, row: Body, body: Body) -> Iterator[Record]:
    yield Project(
        id=id,
        name=text(row.get("Name")) or id,
        description=text(row.get("Description")),
        url=_url(body, id),
        parent_id=identifier(row.get("ParentId")),
        owner_id=identifier(row.get("OwnerId")),
        start_on=day(row.get("StartDate")),
        due_on=day(row.get("EndDate")),
        created_at=instant(row.get("CreatedDate")),
        updated_at=instant(row.get("LastModifiedDate")),
        custom=_custom(row, body),
    )


def _person(id: str, row: Body, body: Body) -> Iterator[Record]:
    kind: PersonKind = USER_KINDS.get(text(row.get("UserType")) or "", "human")
    yield Person(
        id=id,
        name=text(row.get("Name")) or id,
        email=text(row.get("Email")),
        active=flag(row.get("IsActive")),
        kind=kind,
        time_zone=text(row.get("TimeZoneSidKey")),
        url=_url(body, id),
    )


def _queue(id: str, row: Body, body: Body) -> Iterator[Record]:
    yield Person(id=id, name=text(row.get("Name")) or id, kind="group", url=_url(body, id))


def _task(id: str, row: Body, body: Body) -> Iterator[Record]:
    parent = identifier(body.get("parent"))
    kind: TaskType = "subtask" if parent else "task"
    yield Task(
        id=id,
        project_id=identifier(body.get("project")),
        parent_id=parent,
        title=text(row.get("Subject")) or "(no subject)",
        type=kind,
        type_label=text(row.get("TaskSubtype")) or "Task",
        due_on=day(row.get("ActivityDate")),
        completed_at=instant(row.get("CompletedDateTime")),
        archived=flag(row.get("IsArchived")),
        custom=_custom(row, body),
        **_common(id, row, body),
    )


def _case(id: str, row: Body, body: Body) -> Iterator[Record]:
    number = text(row.get("CaseNumber"))
    standard = []
    escalated = flag(row.get("IsEscalated"))
    if escalated is not None:
        standard.append(Custom(id="IsEscalated", name="Escalated", value=escalated))
    if "RecordType" in row:
        name = text(mapping(row.get("RecordType")).get("Name"))
        standard.append(Custom(id="RecordTypeId", name="Record type", value=name))
    yield Task(
        id=id,
        key=number,
        project_id=identifier(body.get("project")),
        parent_id=identifier(row.get("ParentId")),
        title=text(row.get("Subject")) or f"Case {number or id}",
        type="request",
        type_label=text(row.get("Type")) or "Case",
        completed_at=instant(row.get("ClosedDate")),
        custom=(*standard, *_custom(row, body)),
        **_common(id, row, body),
    )


def _common(id: str, row: Body, body: Body) -> dict[str, Any]:
    """What tasks and cases have alike. Whether a status closes, the row itself knows best."""
    status, priority = text(row.get("Status")), text(row.get("Priority"))
    owner = identifier(row.get("OwnerId"))
    said = mapping(body.get("status"))
    closed = flag(row.get("IsClosed"))
    return {
        "description": text(row.get("Description")),
        "url": _url(body, id),
        "status": status_of(
            status,
            flag(said.get("closed")) if closed is None else closed,
            default=flag(said.get("default")),
        ),
        "status_label": status,
        "priority": priority_of(priority),
        "priority_label": priority,
        "assignee_ids": () if owner is None else (owner,),
        "reporter_id": identifier(row.get("CreatedById")),
        "created_at": instant(row.get("CreatedDate")),
        "updated_at": instant(row.get("LastModifiedDate")),
    }


def _comment(id: str, row: Body, body: Body) -> Iterator[Record]:  # noqa: ARG001
    task, at = identifier(row.get("ParentId")), instant(row.get("CreatedDate"))
    edited = instant(row.get("LastModifiedDate"))
    if task is not None and at is not None:
        yield Comment(
            id=id,
            task_id=task,
            author_id=identifier(row.get("CreatedById")),
            text=text(row.get("CommentBody")) or "",
            at=at,
            updated_at=None if edited == at else edited,
            public=flag(row.get("IsPublished")),
        )


def _milestone(id: str, row: Body, body: Body) -> Iterator[Record]:  # noqa: ARG001
    task = identifier(row.get("CaseId"))
    if task is not None:
        yield SlaCycle(
            id=id,
            task_id=task,
            name=text(mapping(row.get("MilestoneType")).get("Name")) or "Milestone",
            started_at=instant(row.get("StartDate")),
            stopped_at=instant(row.get("CompletionDate")),
            breach_at=instant(row.get("TargetDate")),
            breached=flag(row.get("IsViolated")),
            goal_minutes=whole(row.get("TargetResponseInMins")),
        )


def _approval(id: str, row: Body, body: Body) -> Iterator[Record]:  # noqa: ARG001
    """One run of an approval process. While it is pending, those who are asked now approve;
    afterwards those who have decided."""
    task, status = identifier(row.get("TargetObjectId")), text(row.get("Status"))
    if task is None or status in RECALLED:
        return
    decision = DECISIONS.get(status or "", "pending")
    pending = decision == "pending"
    actors = [
        each.get("ActorId")
        for each in _children(row, "Workitems" if pending else "Steps")
        if (each.get("IsDeleted") is not True if pending else each.get("StepStatus") in DECISIONS)
    ]
    yield Approval(
        id=id,
        task_id=task,
        name=text(mapping(row.get("ProcessDefinition")).get("Name")),
        approver_ids=tuple(dict.fromkeys(each for each in map(identifier, actors) if each)),
        decision=decision,  # type: ignore[arg-type]
        decision_label=status,
        asked_at=instant(row.get("CreatedDate")),
        decided_at=instant(row.get("CompletedDate")),
    )


def _children(row: Body, name: str) -> list[Mapping[str, Any]]:
    return objects(mapping(row.get(name)).get("records"))


def _custom(row: Body, body: Body) -> tuple[Custom, ...]:
    """The admin's own fields, those that are empty too."""
    return tuple(
        Custom(
            id=name,
            name=text(mapping(field).get("label")) or name,
            value=custom_value(
                row[name], mapping(field).get("type"), mapping(mapping(field).get("labels"))
            ),
        )
        for name, field in mapping(body.get("fields")).items()
        if name and name in row
    )


def _url(body: Body, id: str) -> str | None:
    base = text(body.get("web"))
    return None if base is None else f"{base}/{id}"


STREAMS: Mapping[str, Callable[[str, Body, Body], Iterator[Record]]] = {
    "projects": _project,
    "people": _person,
    "queues": _queue,
    "tasks": _task,
    "cases": _case,
    "comments": _comment,
    "changes": change,
    "milestones": _milestone,
    "approvals": _approval,
}
