"""ClickUp's lists, people, tasks, comments and time entries as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   the `list`, the names of its `space` and `folder`, its `state`, the `workspace`'s id
people     a `user` of the workspace, or a `group`
tasks      the task as ClickUp lists it; `type_name` where its type is one of the workspace's own
comments   `task`, the id of one, and all its `comments`
worklogs   the time entry
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connectors.clickup.custom import custom_fields
from connectors.clickup.words import (
    MILESTONE,
    MILESTONE_STATES,
    PRIORITIES,
    STATUS_TYPES,
    TASK,
    TYPE_LABELS,
    TYPE_WORDS,
    day,
    day_or_instant,
    id_of,
    ids,
    instant,
    minutes,
    number_of,
    objects,
    part,
    text,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    ProjectState,
    Record,
    Task,
    TaskType,
    Worklog,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name url state owner_id start_on due_on custom"),
    Person: _fields("id name email kind"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id labels start_on due_on created_at "
        "updated_at completed_at estimate_minutes spent_minutes points archived custom"
    ),
    Milestone: _fields(
        "id project_id name description url state state_label owner_id start_on due_on completed_at"
    ),
    Membership: _fields("id task_id kind container_id"),
    Link: _fields("id type from_id to_id"),
    Comment: _fields("id task_id author_id text at"),
    Worklog: _fields("id task_id project_id person_id minutes on started_at text updated_at"),
}
"""The fields that ClickUp can fill; README.md says which of its words fills which."""

SITE = "https://app.clickup.com"
SPACE, FOLDER = "Space", "Folder"
STATES: Mapping[str, ProjectState] = {"active": "active", "archived": "archived"}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    match stream:
        case "projects":
            return _list(item)
        case "people":
            return _person(item)
        case "tasks":
            return _task(item)
        case "comments":
            return _comments(item)
        case "worklogs":
            return _worklog(item)
        case _:
            return ()


def _list(item: Json) -> Iterator[Record]:
    held = part(item, "list")
    id = id_of(held.get("id"))
    if id is None:
        return
    workspace, assignee = id_of(item.get("workspace")), held.get("assignee")
    yield Project(
        id=id,
        name=text(held.get("name")) or "",
        url=f"{SITE}/{workspace}/v/li/{id}" if workspace else None,
        state=STATES.get(text(item.get("state")) or "", "active"),
        owner_id=id_of(assignee.get("id") if isinstance(assignee, Mapping) else assignee),
        start_on=day(held.get("start_date"), held.get("start_date_time")),
        due_on=day_or_instant(held.get("due_date"), held.get("due_date_time")),
        custom=(
            Custom(id="space", name=SPACE, value=text(item.get("space"))),
            Custom(id="folder", name=FOLDER, value=text(item.get("folder"))),
        ),
    )


def _person(item: Json) -> Iterator[Record]:
    group = part(item, "group")
    held = group or part(item, "user")
    id = id_of(held.get("id"))
    if id is None:
        return
    email = text(held.get("email"))
    # Who was invited and has not come yet has no name.
    name = text(held.get("name")) if group else text(held.get("username")) or email
    yield Person(id=id, name=name or "", email=email, kind="group" if group else "human")


def _task(task: Json) -> Iterator[Record]:
    id = text(task.get("id"))
    if id is None:
        return
    status, priority = part(task, "status"), _priority(task.get("priority"))
    project_id, parent_id = id_of(part(task, "list").get("id")), text(task.get("parent"))
    kind, label = _type(task, parent_id)
    people = dict.fromkeys((*ids(task.get("assignees")), *ids(task.get("group_assignees"))))
    tags = (text(each.get("name")) for each in objects(task.get("tags")))
    record = Task(
        id=id,
        key=text(task.get("custom_id")),
        project_id=project_id,
        parent_id=parent_id,
        title=text(task.get("name")) or "",
        description=text(task.get("text_content")) or text(task.get("description")),
        url=text(task.get("url")),
        type=kind,
        type_label=label,
        status=STATUS_TYPES.get(text(status.get("type")) or ""),
        status_label=text(status.get("status")),
        priority=PRIORITIES.get((priority or "").lower()),
        priority_label=priority,
        assignee_ids=tuple(people),
        reporter_id=id_of(part(task, "creator").get("id")),
        labels=tuple(dict.fromkeys(tag for tag in tags if tag is not None)),
        start_on=day_or_instant(task.get("start_date"), task.get("start_date_time")),
        due_on=day_or_instant(task.get("due_date"), task.get("due_date_time")),
        created_at=instant(task.get("date_created")),
        updated_at=instant(task.get("date_updated")),
        completed_at=instant(task.get("date_done")) or instant(task.get("date_closed")),
        estimate_minutes=minutes(task.get("time_estimate")),
        spent_minutes=minutes(task.get("time_spent")),
        points=number_of(task.get("points")),
        archived=_flag(task.get("archived")),
        custom=tuple(custom_fields(task.get("custom_fields"))),
    )
    yield record
    if kind == "milestone":
        yield _milestone(task, record)
    for list_id in ids(task.get("locations")):
        yield Membership(
            id=f"project:{list_id}:{id}", task_id=id, kind="project", container_id=list_id
        )
    yield from _links(task)


def _milestone(task: Json, record: Task) -> Milestone:
    return Milestone(
        id=record.id,
        project_id=record.project_id,
        name=record.title,
        description=record.description,
        url=record.url,
        state=MILESTONE_STATES.get(record.status),
        state_label=record.status_label,
        owner_id=next(iter(record.assignee_ids), None),
        start_on=day(task.get("start_date"), task.get("start_date_time")),
        due_on=record.due_on,
        completed_at=record.completed_at,
    )


def _links(task: Json) -> Iterator[Record]:
    """Both tasks of a link hold the same entry, so both report the same record."""
    told: set[str] = set()
    for entry in objects(task.get("dependencies")):
        waits, on = text(entry.get("task_id")), text(entry.get("depends_on"))
        if waits and on and waits != on and (id := f"blocks:{on}:{waits}") not in told:
            told.add(id)
            yield Link(id=id, type="blocks", from_id=on, to_id=waits)
    for entry in objects(task.get("linked_tasks")):
        ends = text(entry.get("task_id")), text(entry.get("link_id"))
        first, second = sorted(end or "" for end in ends)
        if first and first != second and (id := f"relates:{first}:{second}") not in told:
            told.add(id)
            yield Link(id=id, type="relates", from_id=first, to_id=second)


def _type(task: Json, parent_id: str | None) -> tuple[TaskType, str | None]:
    """A task's type. One that ClickUp does not tell is its plain one."""
    number = id_of(task.get("custom_item_id")) or TASK
    if number == TASK:
        return "subtask" if parent_id else "task", TYPE_LABELS[TASK]
    if number == MILESTONE:
        return "milestone", TYPE_LABELS[MILESTONE]
    label = text(task.get("type_name"))
    return TYPE_WORDS.get((label or "").lower().strip(), "other"), label


def _priority(value: object) -> str | None:
    """The word of a priority, which is an object, or in older answers its number."""
    if isinstance(value, Mapping):
        word, value = text(value.get("priority")), value.get("id")
        if word is not None:
            return word
    number = id_of(value)
    return next((word for word, place in PRIORITIES.items() if str(place) == number), None)


def _comments(item: Json) -> Iterator[Record]:
    task_id = text(item.get("task"))
    for comment in objects(item.get("comments")):
        id, at = id_of(comment.get("id")), instant(comment.get("date"))
        if id is None or at is None or task_id is None:
            continue
        yield Comment(
            id=id,
            task_id=task_id,
            author_id=id_of(part(comment, "user").get("id")),
            text=text(comment.get("comment_text")) or "",
            at=at,
        )


def _worklog(entry: Json) -> Iterator[Record]:
    """A time entry; none of one whose timer still runs (its duration is negative)."""
    id, spent = id_of(entry.get("id")), minutes(entry.get("duration"))
    start = instant(entry.get("start"))
    if id is None or spent is None or start is None:
        return
    yield Worklog(
        id=id,
        task_id=text(part(entry, "task").get("id")),
        project_id=id_of(part(entry, "task_location").get("list_id")),
        person_id=id_of(part(entry, "user").get("id")),
        minutes=spent,
        on=start.date(),
        started_at=start,
        text=text(entry.get("description")),
        updated_at=instant(entry.get("at")),
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
