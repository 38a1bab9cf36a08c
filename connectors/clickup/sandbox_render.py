"""Records as ClickUp's JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from connectors.clickup.mapping import FOLDER, SPACE
from connectors.clickup.sandbox_words import (
    GROUPS,
    WORKSPACE,
    Field,
    has_time,
    number_id,
    stamp,
    type_id,
    uuid,
)
from connectors.clickup.words import PRIORITIES
from connectors.sdk.records import Comment, Custom, Link, Person, Project, Task, Worklog

Object = dict[str, Any]


def space_of(project: Project) -> str:
    """The name of the space in which a list lies."""
    return next((str(each.value) for each in project.custom if each.name == SPACE), "Delivery")


def folder_of(project: Project) -> str | None:
    """The name of the folder in which a list lies; None directly in its space."""
    held = next((each.value for each in project.custom if each.name == FOLDER), None)
    return None if held is None else str(held)


def space_id(name: str) -> str:
    """The id of a space."""
    return number_id("space", name, digits=11)


def folder_id(space: str, name: str | None, list_id: str) -> str:
    """The id of a folder; a list without one lies in a hidden folder of its own."""
    return number_id("folder", space, name or list_id)


def user(person: Person | None, id: str) -> Object:
    """An account as it stands in other things; ids of accounts are numbers."""
    return {
        "id": int(id) if id.isdecimal() else id,
        "username": person.name if person else None,
        "color": "#595d66",
        "email": person.email if person else None,
        "profilePicture": None,
    }


def group(person: Person) -> Object:
    """A group of people."""
    return {"id": person.id, "team_id": WORKSPACE, "name": person.name, "members": []}


def list_json(project: Project, people: Mapping[str, Person]) -> Object:
    """A list."""
    space, folder = space_of(project), folder_of(project)
    owner = project.owner_id
    return {
        "id": project.id,
        "name": project.name,
        "orderindex": 0,
        "status": None,
        "priority": None,
        "assignee": user(people.get(owner), owner) if owner else None,
        "task_count": 0,
        "due_date": stamp(project.due_on),
        "due_date_time": has_time(project.due_on),
        "start_date": stamp(project.start_on),
        "start_date_time": has_time(project.start_on),
        "folder": {
            "id": folder_id(space, folder, project.id),
            "name": folder or "hidden",
            "hidden": folder is None,
            "access": True,
        },
        "space": {"id": space_id(space), "name": space, "access": True},
        "archived": project.state != "active",
        "override_statuses": False,
        "permission_level": "create",
    }


def folder_json(space: str, name: str, lists: Sequence[Object], *, archived: bool) -> Object:
    """A folder with those of its lists that are not archived."""
    return {
        "id": folder_id(space, name, ""),
        "name": name,
        "orderindex": 0,
        "override_statuses": False,
        "hidden": False,
        "space": {"id": space_id(space), "name": space},
        "task_count": "0",
        "archived": archived,
        "statuses": [],
        "lists": list(lists),
        "permission_level": "create",
    }


def task_json(
    task: Task,
    home: Project,
    people: Mapping[str, Person],
    *,
    fields: Sequence[Field],
    options: Mapping[str, Sequence[Any]],
    links: Iterable[Link],
    locations: Iterable[Project],
    updated: str | None,
) -> Object:
    """A task. `options`: the choices of each drop-down and label field, by its id."""
    groups = [id for id in task.assignee_ids if not id.isdecimal()]
    waits = [link for link in links if link.type == "blocks"]
    relates = [link for link in links if link.type == "relates"]
    values = {custom.id: custom for custom in task.custom}
    done = stamp(task.completed_at)
    in_list = list_json(home, people)
    return {
        "id": task.id,
        "custom_id": task.key,
        "custom_item_id": type_id(task.type_label or "Task"),
        "name": task.title,
        "text_content": task.description,
        "description": task.description,
        "status": {
            "status": task.status_label,
            "color": "#87909e",
            "orderindex": 0,
            "type": GROUPS[task.status or "todo"],
        },
        "orderindex": "1.00000000000000000000000000000000",
        "date_created": stamp(task.created_at),
        "date_updated": updated,
        "date_closed": done,
        "date_done": done,
        "archived": bool(task.archived),
        "creator": user(people.get(task.reporter_id), task.reporter_id)
        if task.reporter_id
        else None,
        "assignees": [user(people.get(id), id) for id in task.assignee_ids if id not in groups],
        "group_assignees": [{"id": id} for id in groups],
        "watchers": [],
        "checklists": [],
        "tags": [
            {"name": label, "tag_fg": "#800000", "tag_bg": "#800000"} for label in task.labels
        ],
        "parent": task.parent_id,
        "priority": _priority(task.priority_label),
        "due_date": stamp(task.due_on),
        "due_date_time": has_time(task.due_on),
        "start_date": stamp(task.start_on),
        "start_date_time": has_time(task.start_on),
        "points": task.points,
        "time_estimate": _millis(task.estimate_minutes),
        **({} if task.spent_minutes is None else {"time_spent": _millis(task.spent_minutes)}),
        "custom_fields": [
            field_json(field, values.get(field.id), options.get(field.id, ())) for field in fields
        ],
        "dependencies": [
            {"task_id": link.to_id, "depends_on": link.from_id, "type": 1} for link in waits
        ],
        "linked_tasks": [{"task_id": link.from_id, "link_id": link.to_id} for link in relates],
        "locations": [{"id": each.id, "name": each.name} for each in locations],
        "team_id": WORKSPACE,
        "url": task.url,
        "sharing": {"public": False, "token": None},
        "permission_level": "create",
        "list": {"id": home.id, "name": home.name, "access": True},
        "project": in_list["folder"],
        "folder": in_list["folder"],
        "space": {"id": in_list["space"]["id"]},
    }


def comment_json(comment: Comment, people: Mapping[str, Person]) -> Object:
    """A comment."""
    author = comment.author_id
    return {
        "id": comment.id,
        "comment": [{"text": comment.text}],
        "comment_text": comment.text,
        "user": user(people.get(author), author) if author else None,
        "assignee": None,
        "group_assignee": None,
        "reactions": [],
        "date": stamp(comment.at),
        "reply_count": 0,
    }


def entry_json(worklog: Worklog, task: Task | None, people: Mapping[str, Person]) -> Object:
    """A time entry. One on no task has no task and no place."""
    person, start = worklog.person_id, worklog.started_at
    end = start + timedelta(minutes=worklog.minutes) if start else None
    on_task = {} if task is None else {"task": {"id": task.id, "name": task.title}}
    return {
        "id": worklog.id,
        **on_task,
        "wid": WORKSPACE,
        "user": user(people.get(person), person) if person else None,
        "billable": False,
        "start": stamp(start),
        "end": stamp(end),
        "duration": str(_millis(worklog.minutes)),
        "description": worklog.text or "",
        "tags": [],
        "source": "clickup",
        "at": stamp(worklog.updated_at),
        "task_location": {"list_id": int(worklog.project_id)} if worklog.project_id else {},
    }


def _millis(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60_000


def _priority(word: str | None) -> Object | None:
    if word is None:
        return None
    number = str(PRIORITIES[word])
    return {"color": "#6fddff", "id": number, "orderindex": number, "priority": word}


def field_json(field: Field, custom: Custom | None, options: Sequence[Any]) -> Object:
    """A custom field on a task: without `value` where it is empty."""
    shown: Object = {"id": field.id, "name": field.name, "type": field.type, "type_config": {}}
    if options:
        word = "label" if field.type == "labels" else "name"
        shown["type_config"] = {
            "options": [
                {"id": uuid(field.id, str(each)), word: each, "orderindex": place}
                for place, each in enumerate(options)
            ]
        }
    value = custom.value if custom else None
    if value is None:
        return shown
    match field.type:
        case "drop_down":
            shown["value"] = options.index(value)
        case "labels":
            held = value if isinstance(value, tuple) else ()
            shown["value"] = [uuid(field.id, each) for each in held]
        case "checkbox":
            shown["value"] = "true" if value else "false"
        case "number":
            shown["value"] = repr(value)
        case "date":
            shown["value"] = stamp(value) if isinstance(value, date) else None
        case _:
            shown["value"] = value
    return shown
