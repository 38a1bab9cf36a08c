"""Wrike's projects, people, tasks, comments, time and approvals as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   the `folder` (or the `space`), its `state`, its `parent`, its `own_status` of a
           workflow, its custom `fields`
people     the contact
tasks      the task; the `homes` in which it counts, its `own_status`, its custom `fields` and
           its `dependencies`
comments   the comment
worklogs   the time entry, and its `home`: the project of its task
approvals  the approval
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Approval,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    ProjectState,
    Record,
    Status,
    Task,
    Worklog,
)
from connectors.wrike.custom import customs
from connectors.wrike.words import (
    ACTIVE,
    DECISIONS,
    GROUPS,
    MILESTONE_STATES,
    PEOPLE,
    PRIORITIES,
    day,
    ids,
    instant,
    minutes,
    objects,
    part,
    plain,
    text,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields(
        "id name description url state parent_id owner_id start_on due_on created_at updated_at "
        "custom"
    ),
    Person: _fields("id name email active kind time_zone"),
    Task: _fields(
        "id project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id start_on due_on created_at updated_at "
        "completed_at estimate_minutes custom"
    ),
    Milestone: _fields(
        "id project_id name description url state state_label owner_id due_on completed_at"
    ),
    Membership: _fields("id task_id kind container_id"),
    Link: _fields("id type type_label from_id to_id"),
    Comment: _fields("id task_id author_id text at"),
    Worklog: _fields("id task_id project_id person_id minutes on text updated_at"),
    Approval: _fields("id task_id name approver_ids decision decision_label decided_at"),
}
"""The fields that Wrike can fill; README.md says which of its words fills which."""

STATUS = Custom(id="status", name="Status")
"""Stands among the custom fields of a project, for which there is no other place."""
MILESTONE = "Milestone"
HOUR = 60
_STATES: Mapping[str, ProjectState] = {
    "active": "active", "archived": "archived", "closed": "closed",
}  # fmt: skip


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _STREAMS.get(stream)
    return read(item) if read is not None else ()


def _place(item: Json) -> Iterator[Record]:
    held = part(item, "folder") or part(item, "space")
    id = text(held.get("id"))
    if id is None:
        return
    project = part(held, "project")
    status = text(part(item, "own_status").get("name")) or text(project.get("status"))
    said = (Custom(id=STATUS.id, name=STATUS.name, value=status),) if project else ()
    yield Project(
        id=id,
        name=text(held.get("title")) or "",
        description=plain(held.get("description")),
        url=text(held.get("permalink")),
        state=_STATES.get(text(item.get("state")) or "", "active"),
        parent_id=text(item.get("parent")),
        owner_id=next(iter(ids(project.get("ownerIds"))), None),
        start_on=day(project.get("startDate")),
        due_on=day(project.get("endDate")),
        created_at=instant(project.get("createdDate")) or instant(held.get("createdDate")),
        updated_at=instant(held.get("updatedDate")),
        custom=(*said, *customs(item.get("fields"))),
    )


def _person(contact: Json) -> Iterator[Record]:
    id = text(contact.get("id"))
    if id is None:
        return
    names = (text(contact.get(name)) for name in ("firstName", "lastName"))
    emails = (text(each.get("email")) for each in objects(contact.get("profiles")))
    email = next((each for each in emails if each is not None), None)
    deleted = contact.get("deleted")
    kind = PEOPLE.get(text(contact.get("type")) or "", "human")
    yield Person(
        id=id,
        name=" ".join(name for name in names if name is not None) or email or "",
        email=email,
        active=not deleted if isinstance(deleted, bool) else None,
        kind=kind,
        # A group's is always Greenwich's.
        time_zone=None if kind == "group" else text(contact.get("timezone")),
    )


def _task(task: Json) -> Iterator[Record]:
    id = text(task.get("id"))
    if id is None:
        return
    dates, own = part(task, "dates"), part(task, "own_status")
    homes, above = ids(task.get("homes")), ids(task.get("superTaskIds"))
    is_milestone = dates.get("type") == MILESTONE
    importance = text(task.get("importance"))
    record = Task(
        id=id,
        project_id=next(iter(homes), None),
        parent_id=next(iter(above), None),
        title=text(task.get("title")) or "",
        description=plain(task.get("description")),
        url=text(task.get("permalink")),
        type="milestone" if is_milestone else "subtask" if above else "task",
        type_label=MILESTONE if is_milestone else "Task",
        status=_status(task),
        status_label=text(own.get("name")) or text(task.get("status")),
        priority=PRIORITIES.get(importance or ""),
        priority_label=importance,
        assignee_ids=ids(task.get("responsibleIds")),
        reporter_id=next(iter(ids(task.get("authorIds"))), None),
        start_on=day(dates.get("start")),
        due_on=day(dates.get("due")),
        created_at=instant(task.get("createdDate")),
        updated_at=instant(task.get("updatedDate")),
        completed_at=instant(task.get("completedDate")),
        estimate_minutes=minutes(part(task, "effortAllocation").get("totalEffort")),
        custom=tuple(customs(task.get("fields"))),
    )
    yield record
    if is_milestone:
        yield _milestone(record)
    for place in homes[1:]:
        yield Membership(id=f"project:{place}:{id}", task_id=id, kind="project", container_id=place)
    for each in objects(task.get("dependencies")):
        yield from _link(each)


def _status(task: Json) -> Status | None:
    """A status by its group. Active holds both what is begun and what is not: the status with
    which tasks of a workflow begin is the latter."""
    own = part(task, "own_status")
    group = text(own.get("group")) or text(task.get("status")) or ""
    if group == ACTIVE and own.get("standard") is True:
        return "todo"
    return GROUPS.get(group)


def _milestone(record: Task) -> Milestone:
    return Milestone(
        id=record.id,
        project_id=record.project_id,
        name=record.title,
        description=record.description,
        url=record.url,
        state=MILESTONE_STATES.get(record.status),
        state_label=record.status_label,
        owner_id=next(iter(record.assignee_ids), None),
        due_on=record.due_on,
        completed_at=record.completed_at,
    )


def _link(dependency: Json) -> Iterator[Record]:
    """Both tasks of a dependency hold the same one, so both report the same record."""
    id = text(dependency.get("id"))
    before, after = text(dependency.get("predecessorId")), text(dependency.get("successorId"))
    if id is not None and before is not None and after is not None:
        yield Link(
            id=id,
            type="precedes",
            type_label=text(dependency.get("relationType")),
            from_id=before,
            to_id=after,
        )


def _comment(comment: Json) -> Iterator[Record]:
    """A comment on a task; those on a folder or project belong to no task."""
    id, at = text(comment.get("id")), instant(comment.get("createdDate"))
    task_id = text(comment.get("taskId"))
    if id is None or at is None or task_id is None:
        return
    yield Comment(
        id=id,
        task_id=task_id,
        author_id=text(comment.get("authorId")),
        text=text(comment.get("text")) or "",
        at=at,
    )


def _worklog(entry: Json) -> Iterator[Record]:
    id, on = text(entry.get("id")), day(entry.get("trackedDate"))
    spent = minutes(entry.get("hours"), HOUR)
    if id is None or on is None or spent is None:
        return
    yield Worklog(
        id=id,
        task_id=text(entry.get("taskId")),
        project_id=text(entry.get("home")),
        person_id=text(entry.get("userId")),
        minutes=spent,
        on=on,
        text=text(entry.get("comment")),
        updated_at=instant(entry.get("updatedDate")),
    )


def _approval(approval: Json) -> Iterator[Record]:
    """An approval of a task. One that was called off asks for no decision any more."""
    id, task_id = text(approval.get("id")), text(approval.get("taskId"))
    label = text(approval.get("status")) or _said(approval)
    decision = DECISIONS.get(label)
    if id is None or task_id is None or decision is None:
        return
    said = objects(approval.get("decisions"))
    decided = [
        at
        for each in said
        if each.get("status") != "Pending" and (at := instant(each.get("updatedDate"))) is not None
    ]
    yield Approval(
        id=id,
        task_id=task_id,
        name=text(approval.get("title")) or plain(approval.get("description")),
        approver_ids=ids([each.get("approverId") for each in said]),
        decision=decision,
        decision_label=label,
        decided_at=None if decision == "pending" else max(decided, default=None),
    )


def _said(approval: Json) -> str:
    """What the approvers' words come to where the approval itself says nothing."""
    words = [each.get("status") for each in objects(approval.get("decisions"))]
    if "Rejected" in words:
        return "Rejected"
    return "Approved" if words and all(word == "Approved" for word in words) else "Pending"


_STREAMS: Mapping[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _place,
    "people": _person,
    "tasks": _task,
    "comments": _comment,
    "worklogs": _worklog,
    "approvals": _approval,
}
