"""The tables behind facts, joined as facts need them: rows that others point to, and sums."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import (
    Column,
    FieldRows,
    Truth,
)
from sync_engine.rules.sources import Builder, StoreSource, Value
from sync_engine.store.models import (
    ApprovalRow,
    Assignment,
    ChangeRow,
    CommentRow,
    Connection,
    Identity,
    Leave,
    LinkRow,
    MembershipRow,
    Mention,
    MilestoneRow,
    PersonRow,
    ProjectRow,
    SlaCycleRow,
    SprintRow,
    TaskRow,
    WorklogRow,
)


def table(model: Any) -> sa.Table:
    """The table of a model."""
    found: sa.Table = model.__table__
    return found


TASK, PERSON, PROJECT, MILESTONE, LINK, CHANGE, COMMENT, WORKLOG, ASSIGNMENT, CONNECTION = map(
    table,
    (TaskRow, PersonRow, ProjectRow, MilestoneRow, LinkRow, ChangeRow, CommentRow, WorklogRow,
     Assignment, Connection),
)  # fmt: skip
IDENTITY, LEAVE, MENTION, APPROVAL, MEMBERSHIP, SLA_CYCLE, SPRINT = map(
    table, (Identity, Leave, Mention, ApprovalRow, MembershipRow, SlaCycleRow, SprintRow)
)
OPEN = ("todo", "in_progress")
ENDED = ("done", "cancelled")


def joined(source: StoreSource, name: str, target: sa.Table, column: str, of: Any = None) -> Any:
    """The live row of the same connection that a column of the subject points to; `of`: a column
    of a row that is joined to it."""

    def make() -> tuple[Any, Truth]:
        other = target.alias(name)
        own = source.base.c if of is None else of.c
        on = sa.and_(
            other.c.connection_id == own.connection_id,
            other.c.id == own[column],
            other.c.gone_at.is_(None),
        )
        return other, on

    return source.join(name, make)


def person(column: str) -> Builder:
    """Someone by the id of their account: empty when no id is there."""

    def build(source: StoreSource) -> Value:
        account = joined(source, f"{column}_account", PERSON, column)
        human = identity_of(source, f"{column}_identity", account)
        shown = sa.func.coalesce(human.c.name, account.c.name)
        names = (account.c.name, account.c.email, human.c.name, human.c.email)
        return Value("person", source.base.c[column], names=names, shown=shown)

    return build


def identity_of(source: StoreSource, name: str, account: Any) -> Any:
    """The human behind a joined account."""

    def make() -> tuple[Any, Truth]:
        human = IDENTITY.alias(name)
        return human, human.c.id == account.c.identity_id

    return source.join(name, make)


def project_of(source: StoreSource) -> Any:
    """The subject's project."""
    return joined(source, "project_row", PROJECT, "project_id")


def named_project(source: StoreSource) -> Value:
    """Its project: named by name or key."""
    row = project_of(source)
    name = sa.case((row.c.id.is_not(None), row.c.name), else_=source.base.c.project_id)
    return Value("text", name, names=(name, row.c.key))


def project_owner(source: StoreSource) -> Value:
    """Who leads the subject's project."""
    row = project_of(source)

    def make() -> tuple[Any, Truth]:
        lead = PERSON.alias("project_lead")
        return lead, sa.and_(
            lead.c.connection_id == row.c.connection_id, lead.c.id == row.c.owner_id
        )

    lead = source.join("project_lead", make)
    return Value("person", row.c.owner_id, names=(lead.c.name, lead.c.email), shown=lead.c.name)


def portfolio_of(source: StoreSource, row: Any) -> Column:
    """A project's custom field "Portfolio", else the name of its parent project."""

    def make() -> tuple[Any, Truth]:
        parent = PROJECT.alias("parent_project")
        return parent, sa.and_(
            parent.c.connection_id == row.c.connection_id, parent.c.id == row.c.parent_id
        )

    parent = source.join("parent_project", make)
    rows = FieldRows(row.c.custom, "Portfolio", source.frame.dialect)
    field = rows.first_text()
    return sa.func.coalesce(field, parent.c.name)


def connection_of(source: StoreSource) -> Any:
    """The subject's connection."""

    def make() -> tuple[Any, Truth]:
        row = CONNECTION.alias("connection_row")
        return row, row.c.id == source.base.c.connection_id

    return source.join("connection_row", make)


COMMON: dict[str, Builder] = {
    "connection": lambda s: connection_of(s).c.name,
    "tool": lambda s: connection_of(s).c.connector,
}
OF_PROJECT: dict[str, Builder] = {
    "project": named_project,
    "project_state": lambda s: project_of(s).c.state,
    "project_owner": project_owner,
    "portfolio": lambda s: portfolio_of(s, project_of(s)),
}


def summed(
    source: StoreSource, name: str, base: Any, key: Column, columns: dict[str, Any], *where: Truth
) -> Any:
    """A grouped CTE over another table, one row per (connection, key), joined to the subject."""

    def make() -> tuple[Any, Truth]:
        frame = source.frame
        origin = frame.start(base, base.c.connection_id, key) if source.root else base
        grouped = (
            sa.select(base.c.connection_id, key.label("id"))
            .add_columns(*(expr.label(label) for label, expr in columns.items()))
            .select_from(origin)
            .where(base.c.gone_at.is_(None), key.is_not(None), *where)
            .group_by(base.c.connection_id, key)
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join(name, make)


def is_out_of_sight(task: Any) -> Truth:
    """Nobody can say how a task stands now: it was never read, or went where we do not see it."""
    told = task.c.gone_reason.in_(("deleted", "archived"))
    lost = sa.and_(task.c.gone_at.is_not(None), sa.not_(sa.func.coalesce(told, sa.false())))
    return sa.or_(task.c.id.is_(None), lost)


def is_put_away_done(task: Any) -> Truth:
    """Finished work that its team has archived: it is still what was done."""
    return sa.and_(
        task.c.gone_at.is_not(None), task.c.gone_reason == "archived", task.c.status == "done"
    )


def is_part(task: Any) -> Truth:
    """It stands for a part of its parent; what is cancelled stands for nothing."""
    return sa.and_(
        task.c.parent_id.is_not(None), task.c.gone_at.is_(None),
        task.c.status.is_distinct_from("cancelled"),
    )  # fmt: skip


def count_if(condition: Truth) -> Column:
    """How many rows of a group meet a condition."""
    return sa.func.sum(sa.case((condition, 1), else_=0), type_=sa.Integer())


def count_unknown(condition: Truth) -> Column:
    """In how many rows of a group a condition is unknown.

    Not `IS NULL`: after a comparison, PostgreSQL takes that for part of the comparison.
    """
    unknown = sa.case((condition, 0), (sa.not_(condition), 0), else_=1)
    return sa.func.sum(unknown, type_=sa.Integer())


def settled(count: Column, unknown: Column) -> Column:
    """A count, 0 without rows, NULL while the status of some is unknown."""
    return sa.case((sa.func.coalesce(unknown, 0) > 0, sa.null()), else_=sa.func.coalesce(count, 0))
