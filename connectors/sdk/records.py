"""The normalized records: one frozen shape per kind, the same for every tool.

Ids are the tool's own immutable ids as text, unique per kind within one connection; references
(`project_id`, `assignee_ids` …) hold such ids. The tool's own word stays beside ours everywhere
(`status` and `status_label`). Absent and unknown are None (or an empty tuple for lists), never 0
or "". Units are in the names. Every datetime is aware; a date is a calendar day without a zone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal["todo", "in_progress", "done", "cancelled"]
TaskType: TypeAlias = Literal[
    "task", "subtask", "epic", "story", "bug", "milestone", "risk", "issue", "change", "request",
    "approval", "other",
]  # fmt: skip
LinkType: TypeAlias = Literal["blocks", "relates", "duplicates", "precedes", "clones", "other"]
ProjectState: TypeAlias = Literal["active", "archived", "closed", "trashed"]
SprintState: TypeAlias = Literal["future", "active", "closed"]
MilestoneState: TypeAlias = Literal["open", "done", "cancelled"]
Health: TypeAlias = Literal["on_track", "at_risk", "off_track", "on_hold", "complete"]
PersonKind: TypeAlias = Literal["human", "app", "customer", "group"]
GoneReason: TypeAlias = Literal["deleted", "archived", "moved", "access_lost", "unknown"]
CustomValue: TypeAlias = str | float | bool | date | datetime | tuple[str, ...] | None


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all kinds. `id` is the tool's immutable id."""

    id: str


class Project(Record, frozen=True, kw_only=True, gc=False):
    """A container of work: Jira project, Asana project, Trello board, Redmine project.

    Where people shape the tables themselves, a container may have no room for what the tool can
    hold: `lacks` names the fields of `Task` that none of its tasks can have, `task_fields` the ids
    and the names of the custom fields that they do have. A field that is lacking is unknown.

    `member_ids`: the people and groups who belong to it; None: the tool has not said. Members
    whom a wider container (a team, a workspace) brings along must be among them.
    """

    key: str | None = None
    name: str
    description: str | None = None
    url: str | None = None
    state: ProjectState = "active"
    parent_id: str | None = None
    owner_id: str | None = None
    start_on: date | None = None
    due_on: date | datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    custom: tuple[Custom, ...] = ()
    lacks: tuple[str, ...] = ()
    task_fields: tuple[str, ...] = ()
    member_ids: tuple[str, ...] | None = None


class Person(Record, frozen=True, kw_only=True, gc=False):
    """An account in the tool. `email` is None where the tool hides it."""

    name: str
    email: str | None = None
    active: bool | None = None
    kind: PersonKind = "human"
    time_zone: str | None = None
    url: str | None = None


class Custom(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A custom field's value: the tool's id of the field, its name as shown, the value.

    An option's value is its label; a person's is the person's id; numbers are floats; several
    values are a tuple of text. A field that is present and empty has the value None.
    """

    id: str
    name: str
    value: CustomValue = None


class Task(Record, frozen=True, kw_only=True, gc=False):
    """A piece of work: issue, card, task, checklist item, ticket."""

    key: str | None = None
    project_id: str | None = None
    parent_id: str | None = None
    title: str
    description: str | None = None  # plain text
    url: str | None = None
    type: TaskType = "task"
    type_label: str | None = None
    status: Status | None = None  # None: the tool's word is unknown to us
    status_label: str | None = None
    blocked: bool | None = None
    blocked_reason: str | None = None
    priority: int | None = None  # 1 highest … 5 lowest
    priority_label: str | None = None
    assignee_ids: tuple[str, ...] = ()
    reporter_id: str | None = None
    labels: tuple[str, ...] = ()
    start_on: date | datetime | None = None
    due_on: date | datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    resolution: str | None = None
    estimate_minutes: int | None = None
    spent_minutes: int | None = None
    remaining_minutes: int | None = None
    points: float | None = None
    percent_complete: float | None = None  # 0 … 100
    milestone_id: str | None = None
    archived: bool | None = None
    custom: tuple[Custom, ...] = ()


class Link(Record, frozen=True, kw_only=True, gc=False):
    """A directed link. `blocks` and `precedes` read: `from_id` blocks (precedes) `to_id`.

    Where the tool has no id for a link it is ``"{type}:{from_id}:{to_id}"``, so that both ends
    report the same one. `lag_minutes` is working time, 480 to a day; negative: a lead.
    """

    type: LinkType
    type_label: str | None = None
    from_id: str
    to_id: str
    lag_minutes: int | None = None


class Milestone(Record, frozen=True, kw_only=True, gc=False):
    """A dated point of a project: Jira and Redmine version, Asana milestone."""

    project_id: str | None = None
    name: str
    description: str | None = None
    url: str | None = None
    state: MilestoneState | None = None
    state_label: str | None = None
    owner_id: str | None = None
    start_on: date | None = None
    due_on: date | datetime | None = None
    completed_at: datetime | None = None


class Sprint(Record, frozen=True, kw_only=True, gc=False):
    """A time box of a board. `goal` "" means the tool says there is none; None: cannot say."""

    project_id: str | None = None
    board_id: str | None = None
    name: str
    goal: str | None = None
    state: SprintState | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    completed_at: datetime | None = None


class Column(Record, frozen=True, kw_only=True, gc=False):
    """A column of a board with its limits on work in progress (None: no limit set)."""

    project_id: str | None = None
    board_id: str
    board_name: str | None = None
    name: str
    position: int
    status_labels: tuple[str, ...] = ()
    wip_min: int | None = None
    wip_max: int | None = None


class Membership(Record, frozen=True, kw_only=True, gc=False):
    """A task's place in a project or sprint: id ``"{kind}:{container_id}:{task_id}"``."""

    task_id: str
    kind: Literal["project", "sprint"]
    container_id: str
    section: str | None = None


class Comment(Record, frozen=True, kw_only=True, gc=False):
    """What someone said on a task (plain text)."""

    task_id: str
    author_id: str | None = None
    text: str
    at: datetime
    updated_at: datetime | None = None
    public: bool | None = None


class Worklog(Record, frozen=True, kw_only=True, gc=False):
    """Time that someone booked."""

    task_id: str | None = None
    project_id: str | None = None
    person_id: str | None = None
    minutes: int
    on: date
    started_at: datetime | None = None
    text: str | None = None
    updated_at: datetime | None = None


class Change(Record, frozen=True, kw_only=True, gc=False):
    """One field of a task changed. History only grows: a change is never retired.

    `field` is the name of the field of `Task` where there is one, else the tool's own.
    `old` and `new` are comparable values: an ISO date or instant, a status, a person's id,
    minutes, text; None: empty. `old_label` and `new_label` are the tool's own words.
    """

    task_id: str
    at: datetime
    author_id: str | None = None
    field: str
    field_label: str | None = None
    old: str | None = None
    new: str | None = None
    old_label: str | None = None
    new_label: str | None = None


class StatusUpdate(Record, frozen=True, kw_only=True, gc=False):
    """A reported health of a project."""

    project_id: str
    author_id: str | None = None
    at: datetime
    health: Health | None = None
    health_label: str | None = None
    title: str | None = None
    text: str | None = None


class SlaCycle(Record, frozen=True, kw_only=True, gc=False):
    """One run of a service level clock on a request."""

    task_id: str
    name: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    breach_at: datetime | None = None
    breached: bool | None = None
    paused: bool | None = None
    goal_minutes: int | None = None
    elapsed_minutes: int | None = None


class Approval(Record, frozen=True, kw_only=True, gc=False):
    """A decision that someone has to take on a task."""

    task_id: str
    name: str | None = None
    approver_ids: tuple[str, ...] = ()
    decision: Literal["pending", "approved", "declined"]
    decision_label: str | None = None
    asked_at: datetime | None = None
    decided_at: datetime | None = None


class Gone(Record, frozen=True, kw_only=True, gc=False):
    """The tool itself says that a stream's item is gone: `id` is the item's id.

    `stream` names the stream whose item it was; the records that this item yielded go with it.
    """

    stream: str
    reason: GoneReason
    at: datetime | None = None


STORED_KINDS: tuple[type[Record], ...] = (
    Project, Person, Task, Link, Milestone, Sprint, Column, Membership, Comment, Worklog, Change,
    StatusUpdate, SlaCycle, Approval,
)  # fmt: skip
"""Every kind that has a table of its own (all but `Gone`)."""

REFERENCES: dict[type[Record], dict[str, type[Record]]] = {
    Project: {"parent_id": Project, "owner_id": Person, "member_ids": Person},
    Task: {
        "project_id": Project,
        "parent_id": Task,
        "assignee_ids": Person,
        "reporter_id": Person,
        "milestone_id": Milestone,
    },
    Link: {"from_id": Task, "to_id": Task},
    Milestone: {"project_id": Project, "owner_id": Person},
    Sprint: {"project_id": Project},
    Column: {"project_id": Project},
    Membership: {"task_id": Task},
    Comment: {"task_id": Task, "author_id": Person},
    Worklog: {"task_id": Task, "project_id": Project, "person_id": Person},
    Change: {"task_id": Task, "author_id": Person},
    StatusUpdate: {"project_id": Project, "author_id": Person},
    SlaCycle: {"task_id": Task},
    Approval: {"task_id": Task, "approver_ids": Person},
}
"""Which field of a kind holds ids of which other kind."""
