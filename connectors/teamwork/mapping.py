"""Teamwork's answers as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   the `project`; the names of its `company`, its `category`, its `tags`; its custom
           `fields`; the `site`
people     a `person`, a `team` or a `company`
boards     a `workflow` and its `stages`
milestones the `milestone`
tasks      the `task`; the id of its `project`; its task `list` (name, milestone); the names of its
           `tags` and its `stage`; the minutes `logged` on it; its custom `fields`; the `site`
comments   the `comment`
worklogs   the `timelog`
updates    the `update`
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Health,
    Link,
    LinkType,
    Membership,
    Milestone,
    Person,
    Project,
    ProjectState,
    Record,
    Status,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.teamwork.custom import custom_fields
from connectors.teamwork.words import (
    GROUPS,
    day,
    first_instant,
    id_of,
    instant,
    number_of,
    objects,
    part,
    ref,
    refs,
    responsible,
    text,
    texts,
    whole,
    written,
)

COMPANY, CATEGORY, TAGS = "Company", "Category", "Tags"
STATES: Mapping[str, ProjectState] = {
    "active": "active", "inactive": "archived", "archived": "archived", "deleted": "trashed",
    "completed": "closed",
}  # fmt: skip
PRIORITIES: Mapping[str, int] = {"high": 2, "medium": 3, "low": 4}
HEALTH: Mapping[int, Health] = {1: "off_track", 2: "at_risk", 3: "on_track"}
"""Teamwork's bad, ok and good; 0 is "not set"."""
LINKS: Mapping[str, LinkType] = {"start": "blocks", "complete": "other"}
"""What a task waits for may keep it from being begun, or only from being completed."""
ON_TASKS = ("tasks", "task")
"""What Teamwork calls the thing that a comment is on where that is a task."""
GONE, GONE_AT = "deleted", ("deletedAt", "deletedOn", "dateDeleted")


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _READERS.get(stream)
    return () if read is None else read(item)


def is_deleted(row: Mapping[str, Any]) -> bool:
    """Whether Teamwork says of a row that it was deleted."""
    flagged = row.get("deleted") is True or row.get("isDeleted") is True
    return row.get("status") == GONE or flagged or first_instant(row, *GONE_AT) is not None


def state_of(project: Mapping[str, Any]) -> ProjectState:
    """A project's state: an active one may be completed."""
    state = STATES.get(text(project.get("status")) or "", "active")
    done = instant(project.get("completedAt")) or project.get("subStatus") == "completed"
    return "closed" if state == "active" and done else state


def is_on_task(comment: Mapping[str, Any]) -> bool:
    """Whether a comment is on a task, not on a milestone, a file or something else."""
    return part(comment, "object").get("type") in ON_TASKS and ref(comment, "object") is not None


def _project(item: Json) -> Iterator[Record]:
    project = part(item, "project")
    id, site = id_of(project.get("id")), text(item.get("site"))
    if id is None:
        return
    yield Project(
        id=id,
        name=text(project.get("name")) or "",
        description=text(project.get("description")),
        url=f"{site}/app/projects/{id}" if site else None,
        state=state_of(project),
        owner_id=ref(project, "projectOwner", "ownerId", "projectOwnerId", "ownedBy"),
        start_on=day(project.get("startAt")) or day(project.get("startDate")),
        due_on=day(project.get("endAt")) or day(project.get("endDate")),
        created_at=instant(project.get("createdAt")),
        updated_at=instant(project.get("updatedAt")),
        custom=(
            Custom(id="company", name=COMPANY, value=text(item.get("company"))),
            Custom(id="category", name=CATEGORY, value=text(item.get("category"))),
            Custom(id="tags", name=TAGS, value=texts(item.get("tags")) or None),
            *custom_fields(item.get("fields")),
        ),
    )


def _person(item: Json) -> Iterator[Record]:
    for key, kind in (("team", "teams"), ("company", "companies")):
        group = part(item, key)
        if (id := id_of(group.get("id"))) is not None:
            name = text(group.get("name")) or ""
            yield Person(id=f"{GROUPS[kind]}{id}", name=name, kind="group")
            return
    person = part(item, "person")
    if (id := id_of(person.get("id"))) is None:
        return
    names = (text(person.get("firstName")), text(person.get("lastName")))
    email, deleted = text(person.get("email")), person.get("deleted")
    yield Person(
        id=id,
        name=" ".join(name for name in names if name) or email or "",
        email=email,
        active=not deleted if isinstance(deleted, bool) else None,
        kind="customer" if person.get("type") == "contact" else "human",
    )


def _columns(item: Json) -> Iterator[Record]:
    workflow = part(item, "workflow")
    board = id_of(workflow.get("id"))
    told: set[str] = set()
    for position, stage in enumerate(objects(item.get("stages"))):
        id, name = id_of(stage.get("id")), text(stage.get("name"))
        if id is None or board is None or id in told:
            continue
        told.add(id)
        yield Column(
            id=id,
            board_id=board,
            board_name=text(workflow.get("name")),
            name=name or "",
            position=position,
            status_labels=(name,) if name else (),
        )


def _milestone(item: Json) -> Iterator[Record]:
    milestone = part(item, "milestone")
    id, site = id_of(milestone.get("id")), text(item.get("site"))
    if id is None:
        return
    word, completed = text(milestone.get("status")), milestone.get("completed")
    done = completed is True or word == "completed"
    known = isinstance(completed, bool) or word in ("new", "reopened", "completed")
    owners = responsible(milestone.get("responsibleParties"))
    yield Milestone(
        id=id,
        project_id=ref(milestone, "project", "projectId"),
        name=text(milestone.get("name")) or "",
        description=text(milestone.get("description")),
        url=f"{site}/app/milestones/{id}" if site else None,
        state=("done" if done else "open") if known else None,
        state_label=word,
        owner_id=next(iter(owners), None),
        due_on=day(milestone.get("deadline")),
        completed_at=instant(milestone.get("completedOn")),
    )


def _task(item: Json) -> Iterator[Record]:
    task, held = part(item, "task"), part(item, "list")
    id, site = id_of(task.get("id")), text(item.get("site"))
    if id is None:
        return
    project_id, parent_id = id_of(item.get("project")), ref(task, "parentTask", "parentTaskId")
    progress = number_of(task.get("progress"))
    status, label = _status(task, progress, text(item.get("stage")))
    priority = text(task.get("priority"))
    priority = None if priority == "none" else priority
    yield Task(
        id=id,
        project_id=project_id,
        parent_id=parent_id,
        title=text(task.get("name")) or "",
        description=written(task.get("description"), task.get("descriptionContentType")),
        url=f"{site}/app/tasks/{id}" if site else None,
        type="subtask" if parent_id else "task",
        status=status,
        status_label=label,
        priority=PRIORITIES.get(priority or ""),
        priority_label=priority,
        assignee_ids=_assignees(task),
        reporter_id=ref(task, "createdBy", "createdByUserId"),
        labels=texts(item.get("tags")),
        start_on=day(task.get("startDate")),
        due_on=day(task.get("dueDate")),
        created_at=instant(task.get("createdAt")),
        updated_at=first_instant(task, "updatedAt", "dateUpdated"),
        completed_at=first_instant(task, "completedAt", "completedOn"),
        estimate_minutes=whole(task.get("estimateMinutes")) or None,
        spent_minutes=whole(item.get("logged")),
        percent_complete=progress if progress is not None and 0 <= progress <= 100 else None,
        milestone_id=id_of(held.get("milestone")),
        custom=tuple(custom_fields(item.get("fields"))),
    )
    if project_id is not None:
        yield Membership(
            id=f"project:{project_id}:{id}",
            task_id=id,
            kind="project",
            container_id=project_id,
            section=text(held.get("name")),
        )
    yield from _links(task, id)


def _assignees(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom a task is given to; in older answers three lists of bare ids say it."""
    if isinstance(task.get("assignees"), (list, tuple)):
        return responsible(task["assignees"])
    lists = {
        "users": "assigneeUserIds",
        "teams": "assigneeTeamIds",
        "companies": "assigneeCompanyIds",
    }
    return responsible(
        [{"type": kind, "id": id} for kind, name in lists.items() for id in refs(task.get(name))]
    )


def _status(
    task: Mapping[str, Any], progress: float | None, stage: str | None
) -> tuple[Status | None, str | None]:
    """Teamwork knows new, reopened and completed; what people see beside is the stage of a
    workflow. A task that was begun tells so by its progress."""
    word = text(task.get("status"))
    if word == "completed":
        return "done", word
    if word in ("new", "reopened"):
        return "in_progress" if progress else "todo", stage or word
    return None, stage or word


def _links(task: Mapping[str, Any], id: str) -> Iterator[Record]:
    """What a task waits for; where only ids are told, it is not said with what of it."""
    told: set[str] = set()
    bare = [{"id": each} for each in refs(task.get("predecessorIds"))]
    for entry in objects(task.get("predecessors")) or bare:
        before = id_of(entry.get("id"))
        word = text(part(entry, "meta").get("type")) or text(entry.get("type"))
        kind = LINKS.get(word or "", "blocks")
        link = f"{kind}:{before}:{id}"
        if before is None or before == id or link in told:
            continue
        told.add(link)
        yield Link(
            id=link,
            type=kind,
            type_label=word if word in LINKS else None,
            from_id=before,
            to_id=id,
        )


def _comment(item: Json) -> Iterator[Record]:
    comment = part(item, "comment")
    id, at = id_of(comment.get("id")), instant(comment.get("postedDateTime"))
    task_id = ref(comment, "object")
    if id is None or at is None or task_id is None:
        return
    if is_deleted(comment) or not is_on_task(comment):
        return
    yield Comment(
        id=id,
        task_id=task_id,
        author_id=ref(comment, "postedBy"),
        text=written(comment.get("body"), comment.get("contentType")) or "",
        at=at,
        updated_at=instant(comment.get("dateLastEdited")),
    )


def _worklog(item: Json) -> Iterator[Record]:
    timelog = part(item, "timelog")
    id, minutes = id_of(timelog.get("id")), whole(timelog.get("minutes"))
    at = instant(timelog.get("timeLogged"))
    if id is None or minutes is None or at is None:
        return
    yield Worklog(
        id=id,
        task_id=ref(timelog, "task", "taskId"),
        project_id=ref(timelog, "project", "projectId"),
        person_id=ref(timelog, "user", "userId"),
        minutes=minutes,
        on=at.date(),
        started_at=at,
        text=text(timelog.get("description")),
        updated_at=first_instant(timelog, "updatedAt", "dateEdited", "createdAt", "dateCreated"),
    )


def _update(item: Json) -> Iterator[Record]:
    update = part(item, "update")
    id, project_id = id_of(update.get("id")), ref(update, "project", "projectId")
    at = first_instant(update, "createdAt", "dateCreated")
    if id is None or project_id is None or at is None:
        return
    yield StatusUpdate(
        id=id,
        project_id=project_id,
        author_id=ref(update, "createdBy"),
        at=at,
        health=HEALTH.get(whole(update.get("health")) or 0),
        health_label=text(update.get("healthLabel")),
        text=text(update.get("text")),
    )


_READERS: Mapping[str, Callable[[Json], Iterable[Record]]] = {
    "projects": _project,
    "people": _person,
    "boards": _columns,
    "milestones": _milestone,
    "tasks": _task,
    "comments": _comment,
    "worklogs": _worklog,
    "updates": _update,
}
