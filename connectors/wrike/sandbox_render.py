"""Records as Wrike's JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

from connectors.sdk.records import (
    Approval,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Task,
    Worklog,
)
from connectors.wrike.mapping import STATUS
from connectors.wrike.sandbox_adopt import OWN_STATUS
from connectors.wrike.sandbox_words import (
    ACCOUNT,
    BIN,
    DECISION_WORDS,
    GROUP_OF,
    ROOT,
    Field,
    permalink,
    status_id,
    written,
)
from connectors.wrike.words import CUSTOM, stamp

Object = dict[str, Any]
LICENCE = {"accountId": ACCOUNT, "role": "User", "external": False, "admin": False, "owner": False}


def told(kind: str, rows: list[Object]) -> Object:
    """An answer."""
    return {"kind": kind, "data": rows}


def account(founded: datetime) -> Object:
    """The account."""
    return {
        "id": ACCOUNT,
        "name": "Example",
        "dateFormat": "MM/dd/yyyy",
        "firstDayOfWeek": "Mon",
        "workDays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
        "rootFolderId": ROOT,
        "recycleBinId": BIN,
        "createdDate": stamp(founded),
        "joinedDate": stamp(founded),
    }


def contact(person: Person) -> Object:
    """A user, or a group of users."""
    group = person.kind == "group"
    first, _, last = person.name.partition(" ")
    return {
        "id": person.id,
        "firstName": person.name if group else first,
        "lastName": "" if group else last,
        "type": "Group" if group else "Robot" if person.kind == "app" else "Person",
        "profiles": [LICENCE if group else {**LICENCE, "email": person.email}],
        "avatarUrl": f"https://www.wrike.com/avatars/{person.id}.png",
        "timezone": "Z" if group else person.time_zone,
        "locale": "en",
        "deleted": not person.active,
        **({"memberIds": []} if group else {}),
    }


def space(id: str, title: str) -> Object:
    """A space."""
    return {
        "id": id,
        "title": title,
        "avatarUrl": f"https://www.wrike.com/avatars/{id}.png",
        "accessType": "Public",
        "archived": False,
    }


def custom_field(field: Field) -> Object:
    """The definition of a custom field."""
    return {
        "id": field.id,
        "accountId": ACCOUNT,
        "title": field.name,
        "type": field.type,
        "sharedIds": [],
        "settings": {"inheritanceType": "All"},
    }


def project(held: Project) -> Object:
    """What makes a folder a project."""
    status = next((str(each.value) for each in held.custom if each.id == STATUS.id), "Green")
    own = status == OWN_STATUS
    return {
        "authorId": held.owner_id,
        "ownerIds": [held.owner_id] if held.owner_id else [],
        "status": CUSTOM if own else status,
        **({"customStatusId": status_id("in_progress", status)} if own else {}),
        **_there(
            startDate=held.start_on,
            endDate=held.due_on,
            createdDate=held.created_at,
        ),
    }


def branch(id: str, title: str, children: Sequence[str], scope: str = "WsFolder") -> Object:
    """A folder in the tree."""
    return {"id": id, "title": title, "childIds": list(children), "scope": scope}


def folder(
    tree: Object, held: Project | None, parents: Sequence[str], fields: Mapping[str, Field]
) -> Object:
    """A folder as it is read by its id."""
    created = held.created_at if held else None
    return {
        **tree,
        "accountId": ACCOUNT,
        "createdDate": _time(created) or "2025-06-01T08:00:00Z",
        "updatedDate": _time((held.updated_at if held else None) or created)
        or "2025-06-01T08:00:00Z",
        "description": html(held.description if held else None),
        "sharedIds": [],
        "parentIds": list(parents),
        "superParentIds": [],
        "hasAttachments": False,
        "permalink": permalink(tree["id"]),
        "workflowId": f"{ACCOUNT}K777777Q",
        "metadata": [],
        "customFields": custom_fields(held.custom if held else (), fields),
    }


def task(
    held: Task,
    *,
    parents: Sequence[str],
    above: Sequence[str],
    links: Iterable[Link],
    children: Iterable[Task],
    fields: Mapping[str, Field],
) -> Object:
    """A task with all that it has; what is optional is left out by who answers."""
    status = held.status or "in_progress"
    group = GROUP_OF[status]
    effort = held.estimate_minutes
    return {
        "id": held.id,
        "accountId": ACCOUNT,
        "title": held.title,
        "description": html(held.description),
        "briefDescription": (held.description or "")[:60],
        "parentIds": [] if held.parent_id else list(parents),
        "superParentIds": list(above if not held.parent_id else (*parents, *above)),
        "responsibleIds": list(held.assignee_ids),
        "status": group,
        "importance": held.priority_label,
        "createdDate": _time(held.created_at),
        "updatedDate": _time(held.updated_at),
        **_there(completedDate=held.completed_at),
        "dates": _dates(held),
        "scope": "WsTask",
        "authorIds": [held.reporter_id] if held.reporter_id else [],
        "customStatusId": status_id(status, str(held.status_label)),
        "hasAttachments": False,
        "permalink": held.url,
        "priority": "00000800800000000000b000",
        "superTaskIds": [held.parent_id] if held.parent_id else [],
        "subTaskIds": [each.id for each in children],
        "dependencyIds": [each.id for each in links],
        "metadata": [],
        "recurrent": False,
        "customFields": custom_fields(held.custom, fields),
        "effortAllocation": {"mode": "None"}
        if effort is None
        else {"mode": "Basic", "totalEffort": effort, "allocatedEffort": effort},
    }


def thrown_away(id: str, title: str, at: datetime) -> Object:
    """A task in the recycle bin."""
    return {
        "id": id,
        "accountId": ACCOUNT,
        "title": title,
        "status": "Active",
        "importance": "Normal",
        "createdDate": _time(at),
        "updatedDate": _time(at),
        "dates": {"type": "Backlog"},
        "scope": "RbTask",
        "permalink": permalink(id),
        "parentIds": [BIN],
    }


def dependency(link: Link) -> Object:
    """A dependency."""
    return {
        "id": link.id,
        "predecessorId": link.from_id,
        "successorId": link.to_id,
        "relationType": link.type_label,
    }


def comment(held: Comment, *, plain: bool) -> Object:
    """A comment."""
    return {
        "id": held.id,
        "authorId": held.author_id,
        "text": held.text if plain else html(held.text),
        "createdDate": _time(held.at),
        "taskId": held.task_id,
    }


def timelog(held: Worklog) -> Object:
    """A time entry."""
    return {
        "id": held.id,
        "taskId": held.task_id,
        "userId": held.person_id,
        "hours": held.minutes / 60,
        "createdDate": _time(held.updated_at),
        "updatedDate": _time(held.updated_at),
        "trackedDate": held.on.isoformat(),
        "comment": held.text or "",
    }


def approval(held: Approval, updated: datetime) -> Object:
    """An approval with what each approver said."""
    return {
        "id": held.id,
        "taskId": held.task_id,
        "authorId": None,
        "title": held.name or "",
        "description": "",
        "updatedDate": _time(updated),
        "decisions": [
            {
                "approverId": each,
                "comment": "",
                "status": DECISION_WORDS[held.decision],
                "updatedDate": _time(held.decided_at or updated),
            }
            for each in held.approver_ids
        ],
        "type": "Regular",
        "autoFinishOnApprove": True,
        "autoFinishOnReject": True,
        "finished": held.decision != "pending",
    }


def custom_fields(values: Iterable[Custom], fields: Mapping[str, Field]) -> list[Object]:
    """The values of custom fields."""
    return [
        {"id": each.id, "value": written(each.value)}
        for each in values
        if each.id in fields and each.value is not None
    ]


def html(value: str | None) -> str:
    """Text as the editor keeps it."""
    return escape(value or "", quote=False).replace("\n", "<br />")


def _dates(held: Task) -> Object:
    """Times of day without a zone, as everywhere in dates."""
    due = held.due_on.isoformat()[:10] if held.due_on else None
    if held.type == "milestone":
        return {"type": "Milestone", "due": f"{due}T17:00:00"} if due else {"type": "Milestone"}
    if held.start_on is None or due is None:
        return {"type": "Backlog"}
    start = held.start_on.isoformat()[:10]
    return {
        "type": "Planned",
        "duration": 480,
        "start": f"{start}T09:00:00",
        "due": f"{due}T17:00:00",
    }


def _there(**values: date | datetime | None) -> Object:
    """Only what is there."""
    return {
        name: _time(value) if isinstance(value, datetime) else value.isoformat()
        for name, value in values.items()
        if value is not None
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
