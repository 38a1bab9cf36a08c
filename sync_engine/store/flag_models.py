"""The tables of flags: what breaks a standard, its history, who accepted it, and how each
assessment went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, json_column, text_column


class FlagRow(SQLModel, table=True):
    """One subject that breaks one standard. There is one row for the pair, for ever.

    The item's data are those of the last assessment that saw it, so that a digest needs nothing
    else, and so that a resolved flag still says what it was about.
    """

    __tablename__ = "flag"
    __table_args__ = (
        Index("ix_flag_state_severity", "state", "severity", "opened_at"),
        # What is counted by project is read from the index alone.
        Index(
            "ix_flag_standing",
            "connection_id",
            "project_id",
            "state",
            "severity",
            "opened_at",
        ),
        # Lists are chosen, ordered and counted from this index alone. PostgreSQL bounds what an
        # index may hold, and names of projects are not bounded; it reads rows quickly as it is.
        Index(
            "ix_flag_listed",
            "state",
            "severity",
            "opened_at",
            "standard",
            "project",
            "owner",
            "owner_email",
            "tool",
        ).ddl_if(dialect="sqlite"),
        # Likewise what is counted by person.
        Index("ix_flag_person", "identity_id", "state", "severity"),
        Index("ix_flag_subject", "subject", "connection_id", "subject_id"),
        Index("ix_flag_standard", "standard", "state", "severity", "opened_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str = Field(unique=True)  # of standard and subject: stable in links and exports
    standard: str
    pack: str
    standard_version: str
    standard_title: str = text_column(nullable=False)
    subject: str  # task | project | person | milestone | sprint | connection
    connection_id: int | None = None  # None for people, who live across tools
    subject_id: str
    severity: str
    state: str  # open | acknowledged | waived | resolved
    said: str = text_column(nullable=False)  # what is wrong, as a sentence
    remedy: str = text_column(nullable=False)
    title: str = text_column(nullable=False)
    key: str | None = None
    url: str | None = text_column()
    project_id: str | None = None
    project: str | None = text_column()
    portfolio: str | None = text_column()
    owner: str | None = text_column()
    owner_email: str | None = None
    identity_id: int | None = None
    tool: str | None = None
    connection: str | None = None
    evidence: Any = json_column()  # {fact: value}
    read_at: datetime | None = instant()  # when the item was last read from the tool
    opened_at: datetime = instant(nullable=False)  # of its present or last opening
    first_opened_at: datetime = instant(nullable=False)
    worsened_at: datetime | None = instant()
    reopened_at: datetime | None = instant()
    resolved_at: datetime | None = instant()
    resolution: str | None = None  # fixed | gone | out_of_scope | standard_off | removed
    assessed_at: datetime = instant(nullable=False)  # last time that an answer was had
    frozen_at: datetime | None = instant()  # since when no answer could be had …
    frozen_why: str | None = None  # … because: stale | unread | not_assessable | slow | suspect
    acknowledged_by: str | None = None
    acknowledged_note: str | None = text_column()
    waived_until: date | None = None


class FlagEvent(SQLModel, table=True):
    """A step in a flag's life."""

    __tablename__ = "flag_event"
    __table_args__ = (Index("ix_flag_event_at", "at", "event", "flag_id"),)

    id: int | None = Field(default=None, primary_key=True)
    flag_id: int = Field(foreign_key="flag.id", index=True)
    at: datetime = instant(nullable=False)
    # opened | worsened | severity_changed | acknowledged | waived | waiver_expired | waiver_ended |
    # resolved | reopened: every change of state or severity is one, so that a past day can be told
    event: str
    severity: str  # from then on
    actor: str | None = None  # None: an assessment
    note: str | None = text_column()


class ScopeWaiver(SQLModel, table=True):
    """What someone accepted until a day for all flags of a scope, those to come included."""

    __tablename__ = "scope_waiver"

    id: int | None = Field(default=None, primary_key=True)
    standard: str | None = None  # None: any
    condition: str | None = text_column()  # on flags, in the standards' language; None: all
    approver: str
    reason: str = text_column(nullable=False)
    until: date  # the last day on which it holds
    made_at: datetime = instant(nullable=False)
    ended_at: datetime | None = instant()
    ended_why: str | None = None  # expired | ended


class Waiver(SQLModel, table=True):
    """A flag that someone accepted until a day."""

    __tablename__ = "waiver"

    id: int | None = Field(default=None, primary_key=True)
    flag_id: int = Field(foreign_key="flag.id", index=True)
    scope_id: int | None = Field(default=None, foreign_key="scope_waiver.id", index=True)
    approver: str
    reason: str = text_column(nullable=False)
    until: date  # the last day on which it holds
    made_at: datetime = instant(nullable=False)
    ended_at: datetime | None = instant()
    ended_why: str | None = None  # expired | ended | replaced | left_scope


class AssessmentRow(SQLModel, table=True):
    """One assessment: when, how far it reached, how it went."""

    __tablename__ = "assessment"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    day: date
    full: bool
    standards: str  # fingerprint of the standards in force
    runs: Any = json_column()  # {connection id: last run whose rows were seen}
    baselines: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # last change seen
    subjects: int  # looked at
    opened: int
    worsened: int
    resolved: int
    reopened: int
    frozen: int
    slow: Any = json_column()  # standards that ran over their time
    suspect: Any = json_column()  # {standard: {"share": …, "limit": …}}


class Compliance(SQLModel, table=True):
    """How the subjects of a project fared by a standard on a day (its last full assessment)."""

    __tablename__ = "compliance"
    __table_args__ = (
        # By standard for those who see some projects only.
        Index("ix_compliance_project", "connection_id", "project_id", "day"),
    )

    day: date = Field(primary_key=True)
    standard: str = Field(primary_key=True)
    connection_id: int = Field(primary_key=True)  # 0: people, who live across tools
    project_id: str = Field(primary_key=True)  # "": none
    project: str | None = text_column()  # its name and portfolio on that day
    portfolio: str | None = text_column()
    met: int
    flagged: int
    waived: int = 0  # of the flagged
    unknown: int  # not assessable
    missing: Any = json_column()  # facts that the tool does not provide


class ComplianceOfProject(SQLModel, table=True):
    """How a project fared on a day by all standards together: the sums of `Compliance`."""

    __tablename__ = "compliance_of_project"

    day: date = Field(primary_key=True)
    connection_id: int = Field(primary_key=True)  # 0: people, who live across tools
    project_id: str = Field(primary_key=True)  # "": none
    met: int
    flagged: int
    waived: int
    unknown: int


class ComplianceOfStandard(SQLModel, table=True):
    """How all subjects fared by a standard on a day: the sums of `Compliance`."""

    __tablename__ = "compliance_of_standard"

    day: date = Field(primary_key=True)
    standard: str = Field(primary_key=True)
    met: int
    flagged: int
    waived: int
    unknown: int


class ComplianceOfTeam(SQLModel, table=True):
    """How what the people under one lead own fared by a standard on a day."""

    __tablename__ = "compliance_of_team"

    day: date = Field(primary_key=True)
    standard: str = Field(primary_key=True)
    team: str = Field(primary_key=True)  # address of who leads them, else manages them; "": nobody
    met: int
    flagged: int
    waived: int
    unknown: int


class ComplianceOfPerson(SQLModel, table=True):
    """How what one person owns fared on a day, by all standards together.

    Not by each: people times standards would be the largest table of the store.
    """

    __tablename__ = "compliance_of_person"

    day: date = Field(primary_key=True)
    identity_id: int = Field(primary_key=True)  # 0: nobody, or nobody we know
    team: str  # on that day
    met: int
    flagged: int
    waived: int
    unknown: int
