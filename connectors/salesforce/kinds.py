"""What is asked of each of Salesforce's objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.salesforce.options import CAMPAIGN, SalesforceOptions

ALIVE = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp")


@dataclass(frozen=True, slots=True)
class Kind:
    """One object as the source of a stream.

    Args:
        object: API name.
        fields: what the mapping needs; a field of a parent is written `Parent.Name`.
        extras: what is asked for where the object has it.
        nested: queries of children within the same row.
        stamp: the time by which changes are found.
        where: which of the object's rows are of the stream.
        due: also changed is what passes this time unnoticed, as (field, condition).
        custom: whether the admin's own fields are read too.
        scope: the object whose permission covers it: the census's unit. None: it has none.
        prefix: first characters that the id in the field must have, as (field, prefix).
    """

    object: str
    fields: tuple[str, ...]
    extras: tuple[str, ...] = ("IsDeleted",)
    nested: tuple[str, ...] = ()
    stamp: str = "SystemModstamp"
    where: str = ""
    due: tuple[str, str] | None = None
    custom: bool = False
    scope: str | None = None
    prefix: tuple[str, str] | None = None


CASE_PREFIX = "500"
TASK_PREFIX = "00T"
CAMPAIGN_PREFIX = "701"

TASK = Kind(
    "Task",
    (*ALIVE, "Subject", "Description", "Status", "IsClosed", "Priority", "ActivityDate", "OwnerId",
     "CreatedById", "WhatId", "CompletedDateTime", "TaskSubtype", "IsArchived"),
    # E-mails are logged as tasks after they were sent; a series is no task beside its occurrences.
    where="(TaskSubtype = null OR TaskSubtype NOT IN ('Email', 'ListEmail'))"
    " AND IsRecurrence = false",
    custom=True,
    scope="Task",
)  # fmt: skip
CASE = Kind(
    "Case",
    (*ALIVE, "CaseNumber", "Subject", "Description", "Status", "IsClosed", "Priority", "Type",
     "IsEscalated", "OwnerId", "CreatedById", "ParentId", "ClosedDate"),
    extras=("IsDeleted", "RecordType.Name"),
    custom=True,
    scope="Case",
)  # fmt: skip
COMMENT = Kind(
    "CaseComment",
    (*ALIVE, "ParentId", "CommentBody", "IsPublished", "CreatedById"),
    scope="Case",
)
HISTORY = Kind(
    "CaseHistory",
    ("Id", "CaseId", "Field", "OldValue", "NewValue", "CreatedById", "CreatedDate"),
    stamp="CreatedDate",
    scope="Case",
)
MILESTONE = Kind(
    "CaseMilestone",
    ("Id", "SystemModstamp", "CaseId", "MilestoneType.Name", "StartDate", "TargetDate",
     "CompletionDate", "IsCompleted", "IsViolated", "TargetResponseInMins"),
    # `IsViolated` turns true by itself, and no time of change moves with it.
    due=("TargetDate", "IsCompleted = false"),
    scope="Case",
)  # fmt: skip
APPROVAL = Kind(
    "ProcessInstance",
    ("Id", "CreatedDate", "SystemModstamp", "TargetObjectId", "Status", "CompletedDate",
     "ProcessDefinition.Name"),
    nested=("(SELECT Id, ActorId, IsDeleted FROM Workitems)",
            "(SELECT Id, ActorId, StepStatus FROM Steps)"),
    scope="Case",
    prefix=("TargetObjectId", CASE_PREFIX),
)  # fmt: skip
USER = Kind(
    "User",
    (*ALIVE, "Name", "Email", "IsActive", "TimeZoneSidKey", "UserType"),
    extras=(),
)
QUEUE = Kind("Group", ("Id", "SystemModstamp", "Name"), extras=(), where="Type = 'Queue'")
STREAMS: Mapping[str, Kind | None] = {
    "projects": None,  # by the options
    "people": USER,
    "queues": QUEUE,
    "tasks": TASK,
    "cases": CASE,
    "comments": COMMENT,
    "changes": HISTORY,
    "milestones": MILESTONE,
    "approvals": APPROVAL,
}


def project_kind(object: str) -> Kind:
    """What is asked of the object whose records are projects."""
    if object == CAMPAIGN:
        fields = (*ALIVE, "Name", "Description", "ParentId", "OwnerId", "StartDate", "EndDate")
        return Kind(object, fields, custom=True, scope=object)
    extras = ("IsDeleted", "OwnerId")  # the detail of a master has no owner of its own
    return Kind(object, (*ALIVE, "Name"), extras=extras, custom=True, scope=object)


def kind_of(stream: str, config: SalesforceOptions) -> Kind | None:
    """The source of a stream; None when the options leave it out."""
    if stream == "projects":
        return project_kind(config.project_object) if config.project_object else None
    kind = STREAMS[stream]
    if kind is None or kind.object in (*config.objects, "User", "Group"):
        return kind
    return None


def asked(kind: Kind, without: tuple[str, ...]) -> tuple[str, ...]:
    """The standard fields that are asked for, less those that the admin says are hidden."""
    return tuple(name for name in kind.fields if f"{kind.object}.{name}" not in without)


def base(path: str) -> str:
    """The field of the object itself through which a path goes."""
    parent, dot, _ = path.partition(".")
    return f"{parent}Id" if dot else path
