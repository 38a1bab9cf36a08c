"""Asana's answers to records. Pure and total: no I/O, no clock, no configuration.

Items: tasks ``{"task", "home", "stories"}`` (`home` is the project in which the task counts),
projects ``{"project", "sections"}``, all others as Asana gives them. A bare task or project, as
the vendor's documentation shows it, is read too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connectors.asana.custom import customs
from connectors.asana.history import story_records
from connectors.asana.values import (
    day,
    gid,
    instant,
    minutes,
    name_of,
    number,
    objects,
    part,
    text,
    when,
)
from connectors.asana.words import (
    DECISIONS,
    HEALTH,
    Standing,
    is_estimate,
    is_priority,
    priority_of,
    task_type,
    type_label,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Approval,
    Column,
    Link,
    Membership,
    Milestone,
    MilestoneState,
    Person,
    Project,
    ProjectState,
    Record,
    Status,
    StatusUpdate,
    Task,
    Worklog,
)

MILESTONE_STATES: dict[Status | None, MilestoneState] = {
    "todo": "open",
    "in_progress": "open",
    "done": "done",
    "cancelled": "cancelled",
}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; an unknown stream has none."""
    read = _STREAMS.get(stream)
    return read(item) if read is not None else ()


def home_of(task: Json) -> str | None:
    """The project in which a bare task counts: the first one that it is in."""
    held = [gid(each.get("project")) for each in objects(task.get("memberships"))]
    held += [gid(each) for each in objects(task.get("projects"))]
    return next((id for id in held if id is not None), None)


def _members(project: Json) -> tuple[str, ...] | None:
    """Who was added to a project; None where the answer does not say."""
    if not isinstance(project.get("members"), list):
        return None
    return tuple(filter(None, map(gid, objects(project["members"]))))


def _project(item: Json) -> Iterator[Record]:
    project = part(item, "project") or item
    id = gid(project)
    if id is None:
        return
    state: ProjectState = "active"
    if project.get("completed") is True:
        state = "closed"
    if project.get("archived") is True:
        state = "archived"
    name = text(project.get("name")) or ""
    yield Project(
        id=id,
        name=name,
        description=text(project.get("notes")),
        url=text(project.get("permalink_url")),
        state=state,
        owner_id=gid(project.get("owner")),
        start_on=day(project.get("start_on")),
        due_on=day(project.get("due_on")),
        created_at=instant(project.get("created_at")),
        updated_at=instant(project.get("modified_at")),
        custom=tuple(customs(project)),
        member_ids=_members(project),
    )
    for position, section in enumerate(objects(item.get("sections"))):
        section_id, label = gid(section), text(section.get("name")) or ""
        if section_id is not None:
            yield Column(
                id=section_id,
                project_id=id,
                board_id=id,
                board_name=name,
                name=label,
                position=position,
                status_labels=(label,) if label else (),
            )


def _person(user: Json) -> Iterator[Record]:
    id = gid(user)
    if id is not None:
        yield Person(id=id, name=text(user.get("name")) or "", email=text(user.get("email")))


def _task(item: Json) -> Iterator[Record]:
    task = part(item, "task") or item
    id = gid(task)
    if id is None:
        return
    home = gid(item.get("home")) or home_of(task)
    kind = task_type(task)
    status, status_label = Standing.of(task, home).status()
    priority = _priority_label(task)
    assignee = gid(task.get("assignee"))
    due = when(task, "due_at", "due_on")
    record = Task(
        id=id,
        project_id=home,
        parent_id=gid(task.get("parent")),
        title=text(task.get("name")) or "",
        description=text(task.get("notes")),
        url=text(task.get("permalink_url")),
        type=kind,
        type_label=type_label(task),
        status=status,
        status_label=status_label,
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=(assignee,) if assignee else (),
        reporter_id=gid(task.get("created_by")),
        labels=_tags(task),
        start_on=when(task, "start_at", "start_on"),
        due_on=due,
        created_at=instant(task.get("created_at")),
        updated_at=instant(task.get("modified_at")),
        completed_at=instant(task.get("completed_at")),
        estimate_minutes=_estimate(task),
        spent_minutes=minutes(task.get("actual_time_minutes")),
        custom=tuple(customs(task)),
    )
    yield record
    if kind == "milestone":
        yield Milestone(
            id=id,
            project_id=home,
            name=record.title,
            description=record.description,
            url=record.url,
            state=MILESTONE_STATES.get(status),
            state_label=status_label,
            owner_id=assignee,
            due_on=due,
            completed_at=record.completed_at,
        )
    if kind == "approval":
        yield _approval(task, record)
    yield from _places(task, id)
    yield from _links(task, id)
    yield from story_records(task, home, item.get("stories"))


def _approval(task: Json, record: Task) -> Approval:
    label = text(task.get("approval_status"))
    decision = DECISIONS.get(label or "", "pending")
    return Approval(
        id=record.id,
        task_id=record.id,
        name=record.title,
        approver_ids=record.assignee_ids,
        decision=decision,
        decision_label=label,
        asked_at=record.created_at,
        decided_at=None if decision == "pending" else record.completed_at,
    )


def _places(task: Json, id: str) -> Iterator[Membership]:
    for membership in objects(task.get("memberships")):
        project = gid(membership.get("project"))
        if project is not None:
            yield Membership(
                id=f"project:{project}:{id}",
                task_id=id,
                kind="project",
                container_id=project,
                section=name_of(membership, "section"),
            )


def _links(task: Json, id: str) -> Iterator[Link]:
    pairs: list[tuple[str | None, str | None]]
    pairs = [(gid(other), id) for other in objects(task.get("dependencies"))]
    pairs += [(id, gid(other)) for other in objects(task.get("dependents"))]
    for before, after in dict.fromkeys(pairs):
        if before is not None and after is not None:
            yield Link(id=f"blocks:{before}:{after}", type="blocks", from_id=before, to_id=after)


def _tags(task: Json) -> tuple[str, ...]:
    names = (text(tag.get("name")) for tag in objects(task.get("tags")))
    return tuple(dict.fromkeys(name for name in names if name))


def _priority_label(task: Json) -> str | None:
    fields = (field for field in objects(task.get("custom_fields")) if is_priority(field))
    return next((text(part(field, "enum_value").get("name")) for field in fields), None)


def _estimate(task: Json) -> int | None:
    fields = (field for field in objects(task.get("custom_fields")) if is_estimate(field))
    return next((minutes(field.get("number_value")) for field in fields), None)


def _worklog(entry: Json) -> Iterator[Record]:
    id, on = gid(entry), day(entry.get("entered_on"))
    spent = number(entry.get("duration_minutes"))
    if id is not None and on is not None and spent is not None:
        yield Worklog(
            id=id,
            task_id=gid(entry.get("task")),
            project_id=gid(entry.get("attributable_to")),
            person_id=gid(entry.get("created_by")),
            minutes=round(spent),
            on=on,
        )


def _status_update(update: Json) -> Iterator[Record]:
    id, project = gid(update), gid(update.get("parent"))
    at = instant(update.get("created_at"))
    if id is not None and project is not None and at is not None:
        label = text(update.get("status_type"))
        yield StatusUpdate(
            id=id,
            project_id=project,
            author_id=gid(update.get("author")) or gid(update.get("created_by")),
            at=at,
            health=HEALTH.get(label or ""),
            health_label=label,
            title=text(update.get("title")),
            text=text(update.get("text")),
        )


_STREAMS: dict[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _project,
    "people": _person,
    "tasks": _task,
    "worklogs": _worklog,
    "status_updates": _status_update,
}
