"""The tables of what was read: connections, runs, raw items, and one table per kind of record.

Every record row is keyed by (connection, the tool's id), knows the item it came from and the run
that wrote it, and stays as a tombstone when it is gone. Booleans, numbers and dates are None when
the tool says there is none or cannot say; which of the two follows from `Connection.provides`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, MetaData, Text, false
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from sync_engine.store.types import Json, UTCDateTime

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


def instant(*, nullable: bool = True, index: bool = False) -> Any:
    """A column that holds an instant."""
    default = {"default": None} if nullable else {}
    return Field(sa_type=UTCDateTime, nullable=nullable, index=index, **default)  # type: ignore[call-overload]


def json_column(*, nullable: bool = True) -> Any:
    """A column that holds a JSON document."""
    return Field(default=None, sa_type=Json, nullable=nullable)


def text_column(*, nullable: bool = True) -> Any:
    """A column that holds text of any length."""
    return Field(default=None, sa_type=Text, nullable=nullable)


class Connection(SQLModel, table=True):
    """A configured account, its lease, its schedule and how it stands."""

    __tablename__ = "connection"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    connector: str
    scope_fingerprint: str | None = None  # a change reads everything anew …
    mapping_fingerprint: str | None = None  # … a change replays what is stored
    provides: Any = json_column()  # {kind: [fields]}, as the connector declared at the last run
    lease_owner: str | None = None
    lease_until: datetime | None = instant()
    lease_epoch: int = 0
    next_pull_at: datetime | None = instant(index=True)
    next_census_at: datetime | None = instant()
    state: str = "new"  # new | ok | partial | failed | needs_reauth | rate_limited
    message: str | None = text_column()
    remedy: str | None = text_column()
    checked_at: datetime | None = instant()  # when the tool last told us who we are
    complete_at: datetime | None = instant()  # start of the last run that saw everything new
    census_at: datetime | None = instant()
    credential_expires_at: datetime | None = instant()
    budget_used: float | None = None  # % of the tool's limit that the last pull saw used
    changed_at: datetime | None = instant()  # start of the last pull that brought something new
    hook_since: datetime | None = instant()  # since when the configuration wants the tool to call
    hooked_at: datetime | None = instant()  # when it last did
    hook_refused_at: datetime | None = instant()  # when someone last did whom we did not believe
    hook_trouble: str | None = text_column()  # what the tool says is wrong with its hooks
    removed_at: datetime | None = instant()  # left the configuration; data stay until purged


class Run(SQLModel, table=True):
    """One pull, census or replay of a connection."""

    __tablename__ = "run"

    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id", index=True)
    kind: str  # pull | census | replay
    full: bool = False
    epoch: int
    started_at: datetime = instant(nullable=False)
    ended_at: datetime | None = instant()
    outcome: str | None = None  # complete | partial | failed | needs_reauth | rate_limited | held
    message: str | None = text_column()
    remedy: str | None = text_column()
    requests: int = 0
    retries: int = 0
    items: int = 0  # read from the tool
    written: int = 0  # records inserted or changed
    unchanged: int = 0  # records that were as before
    retired: int = 0  # records that went
    parked: int = 0  # items that could not be mapped; their raw form is kept
    unread: int = 0  # items that the tool lists but does not show
    altered: int = 0  # characters that had to be cleaned
    streams: Any = json_column()  # {stream: {"items": n, "requests": n, "outcome": …, …}}


class LaneState(SQLModel, table=True):
    """Where a lane of a stream resumes. Moves in the transaction that writes the page."""

    __tablename__ = "lane_state"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    stream: str = Field(primary_key=True)
    lane: str = Field(primary_key=True)
    cursor: Any = json_column()
    done: bool = False  # of a first read cut into lanes: this one has ended
    moved_at: datetime = instant(nullable=False)
    run_id: int


class ScopeState(SQLModel, table=True):
    """A container as last seen, with both counts of its items."""

    __tablename__ = "scope_state"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    scope: str = Field(primary_key=True)
    name: str
    state: str = "active"  # active | archived | closed | trashed
    visible: bool = True
    lost_at: datetime | None = instant()
    stream_counts: Any = json_column()  # {stream: {"store": n, "tool": n or null}}
    counted_at: datetime | None = instant()


class RawItem(SQLModel, table=True):
    """A tool's answer as it came, and the keys of the records that it yielded."""

    __tablename__ = "raw_item"
    __table_args__ = (
        Index("ix_raw_item_scope", "connection_id", "stream", "scope"),
        Index(
            "ix_raw_item_parked",
            "connection_id",
            sqlite_where=sql("parked IS NOT NULL"),
            postgresql_where=sql("parked IS NOT NULL"),
        ),
    )

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    stream: str = Field(primary_key=True)
    item_id: str = Field(primary_key=True)
    scope: str | None = None
    hash: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)  # JSON, zstd
    yields: bytes = Field(sa_type=LargeBinary)  # msgpack: [[kind, id, hash], …]
    parked: str | None = text_column()  # why no record could be made of it
    read_at: datetime = instant(nullable=False)
    run_id: int
    absent_since: datetime | None = instant()  # missing from one complete read: not yet gone
    gone_at: datetime | None = instant()
    gone_reason: str | None = None


class Hold(SQLModel, table=True):
    """Retirements that a census asked for and that wait for an admin."""

    __tablename__ = "hold"

    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id", index=True)
    run_id: int = Field(foreign_key="run.id")
    stream: str
    scope: str
    reason: str = Field(sa_type=Text)
    ids: Any = json_column()
    known: int  # items of the scope in the store when it was held
    at: datetime = instant(nullable=False)
    accepted_at: datetime | None = instant()
    accepted_by: str | None = None
    superseded_at: datetime | None = instant()


class StatusWord(SQLModel, table=True):
    """A status word of a connection, and what it means to us (None: nobody has said)."""

    __tablename__ = "status_word"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    label: str = Field(primary_key=True)
    status: str | None = None
    mapped_by: str | None = None  # tool | admin
    seen_at: datetime = instant(nullable=False)


class MappedField(SQLModel, table=True):
    """A custom field that the admin has mapped, as it was last found (None: never yet)."""

    __tablename__ = "mapped_field"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    field: str = Field(primary_key=True)  # ours
    named: str  # as the configuration names it
    field_id: str | None = None
    field_name: str | None = None
    unreadable: bool = False  # its last value was nothing that the field can hold
    found_at: datetime | None = instant()


class Identity(SQLModel, table=True):
    """One human across tools."""

    __tablename__ = "identity"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str | None = Field(default=None, unique=True)
    lead_email: str | None = None
    manager_email: str | None = None
    source: str = "tool"  # tool | file
    capacity_minutes: int | None = None  # of work in a week; None: nobody has said


class Leave(SQLModel, table=True):
    """Days on which someone does not work, the last one included (from the people file)."""

    __tablename__ = "leave"

    identity_id: int = Field(foreign_key="identity.id", primary_key=True)
    first_on: date = Field(primary_key=True)
    last_on: date


class PeopleState(SQLModel, table=True):
    """One row: the people who were known when all accounts were given their identity."""

    __tablename__ = "people_state"

    id: int = Field(primary_key=True)
    basis: str  # a digest of all that was said of them


class Cooldown(SQLModel, table=True):
    """Until when nobody knocks on a limit scope, shared by all processes."""

    __tablename__ = "cooldown"

    key: str = Field(primary_key=True)
    until: datetime = instant(nullable=False)


class Credential(SQLModel, table=True):
    """A rotated OAuth token, encrypted with its row's key as associated data."""

    __tablename__ = "credential"

    key: str = Field(primary_key=True)
    sealed: str = Field(sa_type=Text)
    saved_at: datetime = instant(nullable=False)


class RecordRow(SQLModel):
    """What every record row has."""

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    id: str = Field(primary_key=True)
    item_id: str
    run_id: int
    hash: bytes = Field(sa_type=LargeBinary)
    seen_at: datetime = instant(nullable=False)  # when we first saw it
    written_at: datetime = instant(nullable=False)  # when this row last changed
    gone_at: datetime | None = instant()
    gone_reason: str | None = None


class ProjectRow(RecordRow, table=True):
    """See `records.Project`."""

    __tablename__ = "project"

    key: str | None = None
    name: str = text_column(nullable=False)
    description: str | None = text_column()
    url: str | None = text_column()
    state: str = "active"
    parent_id: str | None = None
    owner_id: str | None = None
    start_on: date | None = None
    due_on: date | None = None
    due_at: datetime | None = instant()
    created_at: datetime | None = instant()
    updated_at: datetime | None = instant()
    custom: Any = json_column()
    lacks: Any = json_column()
    task_fields: Any = json_column()
    member_ids: Any = json_column()


class PersonRow(RecordRow, table=True):
    """See `records.Person`."""

    __tablename__ = "person"

    name: str = text_column(nullable=False)
    email: str | None = Field(default=None, index=True)
    active: bool | None = None
    kind: str = "human"
    time_zone: str | None = None
    url: str | None = text_column()
    identity_id: int | None = Field(default=None, foreign_key="identity.id", index=True)


class TaskRow(RecordRow, table=True):
    """See `records.Task`. `due_on` is the day in the PMO's time zone, `due_at` the instant where
    the tool has one; likewise `start_on` and `start_at`."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_project", "connection_id", "project_id"),
        Index("ix_task_parent", "connection_id", "parent_id"),
        Index("ix_task_url_key", "url_key"),
        Index("ix_task_run", "connection_id", "run_id"),
        Index(
            "ix_task_milestone",
            "connection_id",
            "milestone_id",
            "status",
            sqlite_where=sql("milestone_id IS NOT NULL AND gone_at IS NULL"),
            postgresql_where=sql("milestone_id IS NOT NULL AND gone_at IS NULL"),
        ),
        Index("ix_task_key", "connection_id", "key"),
    )

    key: str | None = None
    project_id: str | None = None
    parent_id: str | None = None
    title: str = text_column(nullable=False)
    description: str | None = text_column()
    url: str | None = text_column()
    type: str = "task"
    type_label: str | None = None
    status: str | None = None
    status_label: str | None = None
    blocked: bool | None = None
    blocked_reason: str | None = text_column()
    priority: int | None = None
    priority_label: str | None = None
    owner_id: str | None = None  # the first assignee
    assignee_ids: Any = json_column()
    reporter_id: str | None = None
    labels: Any = json_column()
    start_on: date | None = None
    start_at: datetime | None = instant()
    due_on: date | None = None
    due_at: datetime | None = instant()
    created_at: datetime | None = instant()
    updated_at: datetime | None = instant()
    started_at: datetime | None = instant()
    completed_at: datetime | None = instant()
    resolution: str | None = None
    estimate_minutes: int | None = None
    spent_minutes: int | None = None
    remaining_minutes: int | None = None
    points: float | None = None
    percent_complete: float | None = None
    milestone_id: str | None = None
    archived: bool | None = None
    custom: Any = json_column()
    url_key: str | None = text_column()  # `url` in the normal form by which mentions find it


class Assignment(SQLModel, table=True):
    """Who is assigned to a task, in the tool's order (from `TaskRow.assignee_ids`)."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_person", "connection_id", "person_id"),)

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    task_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    person_id: str


class Mention(SQLModel, table=True):
    """An address in a task's description or in a comment on it (see `mentions`)."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_task", "connection_id", "task_id"),
        Index("ix_mention_url_key", "url_key"),
        Index("ix_mention_parent_key", "parent_key"),
    )

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    kind: str = Field(primary_key=True)  # task | comment: what has the text …
    record_id: str = Field(primary_key=True)  # … and which one
    url_key: str = Field(primary_key=True)
    parent_key: str | None = None  # one step above `url_key`
    task_id: str


class LinkRow(RecordRow, table=True):
    """See `records.Link`."""

    __tablename__ = "link"
    __table_args__ = (
        Index("ix_link_from", "connection_id", "from_id"),
        Index("ix_link_to", "connection_id", "to_id"),
        Index("ix_link_run", "connection_id", "run_id"),
    )

    type: str
    type_label: str | None = None
    from_id: str
    to_id: str
    lag_minutes: int | None = None


class MilestoneRow(RecordRow, table=True):
    """See `records.Milestone`."""

    __tablename__ = "milestone"
    __table_args__ = (Index("ix_milestone_project", "connection_id", "project_id"),)

    project_id: str | None = None
    name: str = text_column(nullable=False)
    description: str | None = text_column()
    url: str | None = text_column()
    state: str | None = None
    state_label: str | None = None
    owner_id: str | None = None
    start_on: date | None = None
    due_on: date | None = None
    due_at: datetime | None = instant()
    completed_at: datetime | None = instant()


class SprintRow(RecordRow, table=True):
    """See `records.Sprint`."""

    __tablename__ = "sprint"

    project_id: str | None = None
    board_id: str | None = None
    name: str = text_column(nullable=False)
    goal: str | None = text_column()
    state: str | None = None
    start_at: datetime | None = instant()
    end_at: datetime | None = instant()
    completed_at: datetime | None = instant()


class ColumnRow(RecordRow, table=True):
    """See `records.Column`."""

    __tablename__ = "board_column"

    project_id: str | None = None
    board_id: str
    board_name: str | None = None
    name: str
    position: int
    status_labels: Any = json_column()
    wip_min: int | None = None
    wip_max: int | None = None


class MembershipRow(RecordRow, table=True):
    """See `records.Membership`."""

    __tablename__ = "membership"
    __table_args__ = (
        Index("ix_membership_container", "connection_id", "container_id"),
        Index("ix_membership_run", "connection_id", "run_id"),
    )

    task_id: str
    kind: str
    container_id: str
    section: str | None = None


class CommentRow(RecordRow, table=True):
    """See `records.Comment`."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_task", "connection_id", "task_id"),
        Index("ix_comment_run", "connection_id", "run_id"),
    )

    task_id: str
    author_id: str | None = None
    text: str = text_column(nullable=False)
    at: datetime = instant(nullable=False)
    updated_at: datetime | None = instant()
    public: bool | None = None


class WorklogRow(RecordRow, table=True):
    """See `records.Worklog`."""

    __tablename__ = "worklog"
    __table_args__ = (
        Index("ix_worklog_task", "connection_id", "task_id"),
        Index("ix_worklog_run", "connection_id", "run_id"),
    )

    task_id: str | None = None
    project_id: str | None = None
    person_id: str | None = None
    minutes: int
    on: date
    started_at: datetime | None = instant()
    text: str | None = text_column()
    updated_at: datetime | None = instant()


class ChangeRow(RecordRow, table=True):
    """See `records.Change`. `observed`: the tool has no history; we saw the difference."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_task", "connection_id", "task_id", "field"),
        Index("ix_change_run", "connection_id", "run_id"),
    )

    task_id: str
    at: datetime = instant(nullable=False)
    author_id: str | None = None
    field: str
    field_label: str | None = None
    old: str | None = text_column()
    new: str | None = text_column()
    old_label: str | None = text_column()
    new_label: str | None = text_column()
    observed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class StatusUpdateRow(RecordRow, table=True):
    """See `records.StatusUpdate`."""

    __tablename__ = "status_update"
    __table_args__ = (Index("ix_status_update_project", "connection_id", "project_id", "at"),)

    project_id: str
    author_id: str | None = None
    at: datetime = instant(nullable=False)
    health: str | None = None
    health_label: str | None = None
    title: str | None = text_column()
    text: str | None = text_column()


class SlaCycleRow(RecordRow, table=True):
    """See `records.SlaCycle`."""

    __tablename__ = "sla_cycle"
    __table_args__ = (Index("ix_sla_cycle_task", "connection_id", "task_id"),)

    task_id: str
    name: str
    started_at: datetime | None = instant()
    stopped_at: datetime | None = instant()
    breach_at: datetime | None = instant()
    breached: bool | None = None
    paused: bool | None = None
    goal_minutes: int | None = None
    elapsed_minutes: int | None = None


class ApprovalRow(RecordRow, table=True):
    """See `records.Approval`."""

    __tablename__ = "approval"
    __table_args__ = (
        Index("ix_approval_task", "connection_id", "task_id"),
        Index("ix_approval_run", "connection_id", "run_id"),
    )

    task_id: str
    name: str | None = None
    approver_ids: Any = json_column()
    decision: str
    decision_label: str | None = None
    asked_at: datetime | None = instant()
    decided_at: datetime | None = instant()
