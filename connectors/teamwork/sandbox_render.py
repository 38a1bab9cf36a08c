"""Records as Teamwork's JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from connectors.sdk.records import (
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.teamwork.api import stamp
from connectors.teamwork.sandbox_words import GENERAL, HEALTHS, OWNER_COMPANY, Field, number

Object = dict[str, Any]
COMPANY_ID = number("company", OWNER_COMPANY)


def at(value: datetime | None) -> str | None:
    """An instant."""
    return stamp(value) if value else None


def as_day(value: date | datetime | None) -> str | None:
    """A day, which Teamwork writes as its midnight in UTC."""
    return f"{value.isoformat()[:10]}T00:00:00Z" if value else None


def to(id: str | None, kind: str) -> Object | None:
    """A reference."""
    return {"id": int(id), "type": kind} if id else None


def party(id: str) -> Object:
    """A reference to someone responsible: a person, a team or a company."""
    kind, _, rest = id.rpartition("-")
    kinds = {"team": "teams", "company": "companies"}
    return {"id": int(rest), "type": kinds.get(kind, "users")}


def user(person: Person) -> Object:
    """A person."""
    first, _, last = person.name.partition(" ")
    return {
        "id": int(person.id),
        "firstName": first,
        "lastName": last,
        "title": "",
        "email": person.email or "",
        "companyId": int(COMPANY_ID),
        "company": to(COMPANY_ID, "companies"),
        "isAdmin": False,
        "type": "contact" if person.kind == "customer" else "account",
        "deleted": person.active is False,
        "avatarUrl": "",
    }


def group(person: Person) -> Object:
    """A team or a company."""
    return {"id": int(person.id.rpartition("-")[2]), "name": person.name}


def tag_id(name: str) -> str:
    """The id of a tag."""
    return number("tag", name)


def project_json(project: Project, category: str | None, tags: Iterable[str]) -> Object:
    """A project."""
    closed = project.state == "closed"
    return {
        "id": int(project.id),
        "name": project.name,
        "description": project.description or "",
        "status": "inactive" if project.state == "archived" else "active",
        "subStatus": "completed" if closed else "current",
        "type": "normal",
        "startAt": as_day(project.start_on),
        "endAt": as_day(project.due_on),
        "startDate": as_day(project.start_on),
        "endDate": as_day(project.due_on),
        "projectOwner": to(project.owner_id, "users"),
        "companyId": int(COMPANY_ID),
        "company": to(COMPANY_ID, "companies"),
        "categoryId": int(number("category", category)) if category else 0,
        "category": to(number("category", category), "projectcategories") if category else None,
        "tagIds": [int(tag_id(name)) for name in tags],
        "tags": [to(tag_id(name), "tags") for name in tags],
        "createdAt": at(project.created_at),
        "updatedAt": at(project.updated_at),
        "completedAt": at(project.updated_at) if closed else None,
        "isStarred": False,
    }


def milestone_json(milestone: Milestone, deleted_at: datetime | None) -> Object:
    """A milestone."""
    owner = milestone.owner_id
    return {
        "id": int(milestone.id),
        "name": milestone.name,
        "description": milestone.description or "",
        "deadline": as_day(milestone.due_on),
        "projectId": int(milestone.project_id or 0),
        "project": to(milestone.project_id, "projects"),
        "responsibleParties": [party(owner)] if owner else [],
        "status": "deleted" if deleted_at else milestone.state_label,
        "deletedOn": at(deleted_at),
        "completed": milestone.state == "done",
        "completedOn": at(milestone.completed_at),
        "tasklists": [],
    }


def list_id(task: Task, section: str) -> str:
    """The id of a task's list: Teamwork's lists belong to a project, and perhaps a milestone."""
    return number("tasklist", task.project_id or "", section, task.milestone_id or "")


def list_json(task: Task, section: str | None) -> Object:
    """The task list in which a task is."""
    name = section or GENERAL
    return {
        "id": int(list_id(task, name)),
        "name": name,
        "projectId": int(task.project_id or 0),
        "project": to(task.project_id, "projects"),
        "milestoneId": int(task.milestone_id or 0),
        "milestone": to(task.milestone_id, "milestones"),
    }


def task_json(
    task: Task,
    section: str | None,
    stage: tuple[str, str] | None,
    before: Iterable[Link] | None,
    deleted_at: datetime | None,
) -> Object:
    """A task.

    Args:
        section: the name of its task list.
        stage: the ids of a workflow and of the stage in it.
        before: the links to what it waits for; None: they are not told.
        deleted_at: when it was deleted.
    """
    word = "completed" if task.status == "done" else "new"
    return {
        "id": int(task.id),
        "name": task.title,
        "description": task.description or "",
        "descriptionContentType": "TEXT",
        "priority": task.priority_label,
        "progress": int(task.percent_complete or 0),
        "startDate": as_day(task.start_on),
        "dueDate": as_day(task.due_on),
        "estimateMinutes": task.estimate_minutes or 0,
        "tasklistId": int(list_id(task, section or GENERAL)),
        "tasklist": to(list_id(task, section or GENERAL), "tasklists"),
        "parentTaskId": int(task.parent_id or 0),
        "parentTask": to(task.parent_id, "tasks"),
        "assigneeUserIds": [int(id) for id in task.assignee_ids if id.isdigit()],
        "assignees": [party(id) for id in task.assignee_ids],
        "tagIds": [int(tag_id(name)) for name in task.labels],
        "tags": [to(tag_id(name), "tags") for name in task.labels],
        "predecessors": None if before is None else [predecessor(link) for link in before],
        "workflowStages": [{"workflowId": int(stage[0]), "stageId": int(stage[1])}]
        if stage
        else [],
        "createdBy": int(task.reporter_id) if task.reporter_id else None,
        "createdAt": at(task.created_at),
        "updatedAt": at(task.updated_at),
        "completedAt": at(task.completed_at),
        "deletedAt": at(deleted_at),
        "status": "deleted" if deleted_at else word,
        "userPermissions": {"canEdit": False},
    }


def predecessor(link: Link) -> Object:
    """What a task waits for, and with what of it."""
    return {"id": int(link.from_id), "type": "tasks", "meta": {"type": link.type_label}}


def comment_json(comment: Comment, project_id: str) -> Object:
    """A comment on a task."""
    return {
        "id": int(comment.id),
        "body": comment.text,
        "htmlBody": f"<p>{comment.text}</p>",
        "contentType": "TEXT",
        "object": to(comment.task_id, "tasks"),
        "objectId": int(comment.task_id),
        "objectType": "task",
        "project": to(project_id, "projects"),
        "postedBy": int(comment.author_id) if comment.author_id else None,
        "postedDateTime": at(comment.at),
        "dateLastEdited": at(comment.updated_at),
        "deleted": False,
    }


def timelog_json(worklog: Worklog, deleted_at: datetime | None) -> Object:
    """Logged time."""
    return {
        "id": int(worklog.id),
        "description": worklog.text or "",
        "billable": True,
        "minutes": worklog.minutes,
        "timeLogged": at(worklog.started_at),
        "userId": int(worklog.person_id or 0),
        "user": to(worklog.person_id, "users"),
        "taskId": int(worklog.task_id or 0),
        "task": to(worklog.task_id, "tasks"),
        "projectId": int(worklog.project_id or 0),
        "project": to(worklog.project_id, "projects"),
        "createdAt": at(worklog.started_at),
        "updatedAt": at(worklog.updated_at),
        "deleted": deleted_at is not None,
        "deletedAt": at(deleted_at),
    }


def update_json(update: StatusUpdate, deleted_at: datetime | None) -> Object:
    """A status update of a project."""
    return {
        "id": int(update.id),
        "text": update.text or "",
        "health": HEALTHS[update.health][0],
        "healthLabel": update.health_label,
        "color": "",
        "projectId": int(update.project_id),
        "project": to(update.project_id, "projects"),
        "createdBy": int(update.author_id) if update.author_id else None,
        "createdAt": at(update.at),
        "updatedAt": at(update.at),
        "deleted": deleted_at is not None,
        "deletedAt": at(deleted_at),
    }


def option_id(field: str, label: str) -> int:
    """The id of an option of a custom field."""
    return int(number("option", field, label))


def field_json(field: Field, project_id: str | None, labels: Iterable[str]) -> Object:
    """A custom field of the site, or of a project."""
    chosen = field.type in ("dropdown", "multiselect")
    choices = [
        {"id": option_id(field.id, each), "value": each, "color": "#4461D7"} for each in labels
    ]
    return {
        "id": int(field.id),
        "name": field.name,
        "entity": "task" if project_id else "project",
        "type": field.type,
        "options": {"choices": choices} if chosen else None,
        "projectId": int(project_id) if project_id else None,
        "project": to(project_id, "projects"),
        "deleted": False,
    }


def value_json(owner: str, kind: str, custom: Custom, field: Field) -> Object:
    """The value of a custom field; `kind` is what has it: "task" or "project"."""
    value: Any = custom.value
    if field.type == "dropdown":
        value = option_id(field.id, str(value))
    elif field.type == "multiselect" and isinstance(value, tuple):
        value = [option_id(field.id, each) for each in value]
    elif isinstance(value, float):
        value = repr(value)
    elif isinstance(value, date):
        value = value.isoformat()
    return {
        "id": int(number("value", owner, field.id)),
        "customfieldId": int(field.id),
        "customfield": to(field.id, "customfields"),
        f"{kind}Id": int(owner),
        kind: to(owner, f"{kind}s"),
        "value": value,
    }


def by_id(rows: Iterable[Object]) -> Mapping[str, Object]:
    """Objects as they are told beside others."""
    return {str(row["id"]): row for row in rows}
