"""Which fields Salesforce can fill, and which of them a connection's options leave. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)

Provides = Mapping[type[Record], frozenset[str]]


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Provides = {
    Project: _fields(
        "id name description url parent_id owner_id start_on due_on created_at updated_at custom"
    ),
    Person: _fields("id name email active kind time_zone url"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id due_on created_at updated_at "
        "completed_at archived custom"
    ),
    Comment: _fields("id task_id author_id text at updated_at public"),
    Change: _fields(
        "id task_id at author_id field field_label old new old_label new_label"
    ),
    SlaCycle: _fields(
        "id task_id name started_at stopped_at breach_at breached goal_minutes"
    ),
    Approval: _fields(
        "id task_id name approver_ids decision decision_label asked_at decided_at"
    ),
}  # fmt: skip

ONLY_CAMPAIGNS = frozenset({"description", "parent_id", "start_on", "due_on"})
"""Fields of a project that an object of the admin's own has not as standard fields."""

NEEDS: Mapping[str, tuple[type[Record], frozenset[str]]] = {
    "Task.Description": (Task, _fields("description")),
    "Task.Priority": (Task, _fields("priority priority_label")),
    "Task.ActivityDate": (Task, _fields("due_on")),
    "Task.WhatId": (Task, _fields("project_id parent_id")),
    "Task.CompletedDateTime": (Task, _fields("completed_at")),
    "Case.Description": (Task, _fields("description")),
    "Case.Priority": (Task, _fields("priority priority_label")),
    "Case.Type": (Task, _fields("type_label")),
    "Case.ParentId": (Task, _fields("parent_id")),
    "Case.ClosedDate": (Task, _fields("completed_at")),
    "Case.IsEscalated": (Task, frozenset()),
    "Campaign.Description": (Project, _fields("description")),
    "Campaign.ParentId": (Project, _fields("parent_id")),
    "Campaign.StartDate": (Project, _fields("start_on")),
    "Campaign.EndDate": (Project, _fields("due_on")),
    "User.Email": (Person, _fields("email")),
    "User.TimeZoneSidKey": (Person, _fields("time_zone")),
}
"""Standard fields that an administrator can hide, and what cannot be known without them."""

MADE_OF: Mapping[type[Record], str] = {
    Comment: "CaseComment",
    Change: "CaseHistory",
    SlaCycle: "CaseMilestone",
    Approval: "ProcessInstance",
}


def provided(objects: Container[str], project: str | None, without: Iterable[str]) -> Provides:
    """What a connection can say with its options: at most `PROVIDES`.

    Args:
        objects: API names of the objects that are read.
        project: the object whose records are projects.
        without: standard fields that the account may not read.
    """
    found = {
        kind: fields
        for kind, fields in PROVIDES.items()
        if MADE_OF.get(kind) is None or MADE_OF[kind] in objects
    }
    if project is None:
        found.pop(Project)
        found[Task] -= {"project_id"}
    elif project != "Campaign":
        found[Project] -= ONLY_CAMPAIGNS
    if "Task" not in objects:
        found[Task] -= {"due_on", "archived"}  # cases have neither
    if "Case" not in objects:
        found[Task] -= {"key", "parent_id"}
    for name in without:
        kind, fields = NEEDS[name]
        if kind in found:
            found[kind] -= fields
    return found
