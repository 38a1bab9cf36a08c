"""The facts of tasks that are more than a column: joins, and sums over related records.

Each sum is one grouped CTE, joined only when a condition needs it. Counts of related records are
never NULL where the relation is known; a count that depends on an unmapped status is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.dialect import (
    Column,
    FieldRows,
    Truth,
    latest,
    list_entries,
    list_length,
    start_of_utc_day,
)
from sync_engine.rules.sources import Builder, Frame, Source, StoreSource, Value
from sync_engine.store.models import (
    Assignment,
    ChangeRow,
    CommentRow,
    Connection,
    Identity,
    LinkRow,
    MilestoneRow,
    PersonRow,
    ProjectRow,
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
IDENTITY = table(Identity)
OPEN = ("todo", "in_progress")
ENDED = ("done", "cancelled")


def task_source(
    frame: Frame, base: Any = None, *, root: bool = True, link: Column | None = None
) -> StoreSource:
    """Tasks as a source of facts."""
    return StoreSource(
        frame, "task", TASK.alias("t") if base is None else base, facts.of("task"), BUILDERS,
        root=root, link=link, relations=RELATIONS,
    )  # fmt: skip


def joined(source: StoreSource, name: str, target: sa.Table, column: str) -> Any:
    """The live row of the same connection that a column of the subject points to."""

    def make() -> tuple[Any, Truth]:
        other = target.alias(name)
        own = source.base.c
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
    return Value(
        "person", row.c.owner_id, names=(lead.c.name, lead.c.email), shown=lead.c.name
    )


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


def _parent(source: StoreSource) -> Any:
    return joined(source, "parent_task", TASK, "parent_id")


def _parent_name(source: StoreSource) -> Value:
    row = _parent(source)
    name = sa.case((row.c.id.is_not(None), row.c.title), else_=source.base.c.parent_id)
    return Value("text", name, names=(name, row.c.key))


def _milestone(source: StoreSource) -> Any:
    return joined(source, "milestone_row", MILESTONE, "milestone_id")


def _milestone_name(source: StoreSource) -> Value:
    row = _milestone(source)
    return Value("text", sa.func.coalesce(row.c.name, source.base.c.milestone_id))


def _owner_account(source: StoreSource) -> Any:
    return joined(source, "owner_id_account", PERSON, "owner_id")


def _labels(source: StoreSource) -> Value:
    column = source.base.c.labels

    def some(holds: Callable[[Column], Truth]) -> Truth:
        rows, text = list_entries(column, source.frame.dialect)
        return sa.select(sa.literal(1)).select_from(rows).where(holds(text)).exists()

    length = list_length(column, source.frame.dialect)
    return Value("list", sa.case((length > 0, length)), any=some, shown=column)


def _assignees(source: StoreSource) -> Value:
    own = source.base.c

    def some(holds: Callable[[Column], Truth]) -> Truth:
        given, account = ASSIGNMENT.alias(), PERSON.alias()
        here = sa.and_(
            account.c.connection_id == given.c.connection_id, account.c.id == given.c.person_id
        )
        return (
            sa.select(sa.literal(1))
            .select_from(given.join(account, here))
            .where(given.c.connection_id == own.connection_id, given.c.task_id == own.id)
            .where(sa.or_(holds(account.c.name), holds(account.c.email)))
            .correlate(source.base)
            .exists()
        )

    account = _owner_account(source)
    return Value("people", own.owner_id, any=some, shown=account.c.name)


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


def count_if(condition: Truth) -> Column:
    """How many rows of a group meet a condition."""
    return sa.func.sum(sa.case((condition, 1), else_=0), type_=sa.Integer())


def count_unknown(condition: Truth) -> Column:
    """In how many rows of a group a condition is unknown.

    Not `IS NULL`: after a comparison, PostgreSQL takes that for part of the comparison.
    """
    unknown = sa.case((condition, 0), (sa.not_(condition), 0), else_=1)
    return sa.func.sum(unknown, type_=sa.Integer())


def _subtasks(source: StoreSource) -> Any:
    child = TASK.alias()
    return summed(
        source, "subtasks", child, child.c.parent_id,
        {
            "total": sa.func.count(),
            "open": count_if(child.c.status.in_(OPEN)),
            "ended": count_if(child.c.status.in_(ENDED)),
            "unknown": count_if(child.c.status.is_(None)),
            "last_done": sa.func.max(child.c.completed_at),
        },
    )  # fmt: skip


def settled(count: Column, unknown: Column) -> Column:
    """A count, 0 without rows, NULL while the status of some is unknown."""
    return sa.case(
        (sa.func.coalesce(unknown, 0) > 0, sa.null()), else_=sa.func.coalesce(count, 0)
    )


def _blockers(source: StoreSource) -> Any:
    link, other = LINK.alias(), TASK.alias()

    def make() -> tuple[Any, Truth]:
        origin = link
        start = source.frame.start(origin, link.c.connection_id, link.c.to_id)
        on = sa.and_(
            other.c.connection_id == link.c.connection_id,
            other.c.id == link.c.from_id,
            other.c.gone_at.is_(None),
        )
        grouped = (
            sa.select(
                link.c.connection_id,
                link.c.to_id.label("id"),
                sa.func.count().label("total"),
                count_if(other.c.status.in_(OPEN)).label("open"),
                count_if(sa.and_(other.c.id.is_not(None), other.c.status.is_(None))).label(
                    "unknown"
                ),
            )
            .select_from((start if source.root else link).outerjoin(other, on))
            .where(link.c.gone_at.is_(None), link.c.type == "blocks")
            .group_by(link.c.connection_id, link.c.to_id)
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("blockers", make)


def _siblings(source: StoreSource) -> Any:
    """Tasks of other connections at the far end of a link that names a key or an address."""

    def make() -> tuple[Any, Truth]:
        link, near, far = LINK.alias(), TASK.alias(), TASK.alias()
        unresolved = (
            sa.select(link.c.connection_id, link.c.from_id, link.c.to_id)
            .select_from(
                link.outerjoin(
                    near,
                    sa.and_(near.c.connection_id == link.c.connection_id, near.c.id == link.c.to_id),
                )
            )
            .where(link.c.gone_at.is_(None), near.c.id.is_(None))
            .cte()
        )
        named = sa.union(
            sa.select(unresolved, far.c.connection_id.label("far_connection"), far.c.id.label("far_id"))
            .where(far.c.url == unresolved.c.to_id),
            sa.select(unresolved, far.c.connection_id.label("far_connection"), far.c.id.label("far_id"))
            .where(far.c.key == unresolved.c.to_id),
        ).cte()  # fmt: skip
        apart = named.c.connection_id != named.c.far_connection
        both_ways = sa.union(
            sa.select(named.c.connection_id, named.c.from_id.label("id"),
                      named.c.far_connection.label("other_connection"),
                      named.c.far_id.label("other_id")).where(apart),
            sa.select(named.c.far_connection, named.c.far_id, named.c.connection_id,
                      named.c.from_id).where(apart),
        ).cte()  # fmt: skip
        other = TASK.alias()
        grouped = (
            sa.select(
                both_ways.c.connection_id,
                both_ways.c.id,
                count_if(other.c.status.in_(OPEN)).label("open"),
                count_if(other.c.status == "done").label("done"),
                count_if(other.c.status.is_(None)).label("unknown"),
            )
            .select_from(
                both_ways.join(
                    other,
                    sa.and_(
                        other.c.connection_id == both_ways.c.other_connection,
                        other.c.id == both_ways.c.other_id,
                    ),
                )
            )
            .where(other.c.gone_at.is_(None))
            .group_by(both_ways.c.connection_id, both_ways.c.id)
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("siblings", make)


def _comments(source: StoreSource) -> Any:
    row = COMMENT.alias()
    return summed(
        source, "comments", row, row.c.task_id,
        {"total": sa.func.count(), "last": sa.func.max(row.c.at)},
    )  # fmt: skip


def _worklogs(source: StoreSource) -> Any:
    row = WORKLOG.alias()
    at = sa.func.coalesce(row.c.started_at, start_of_utc_day(row.c.on))
    return summed(source, "worklogs", row, row.c.task_id, {"last": sa.func.max(at)})


def _last_activity(source: StoreSource) -> Column:
    return latest(
        source.base.c.updated_at, _comments(source).c.last, _worklogs(source).c.last
    )


def _history(source: StoreSource) -> Any:
    row = CHANGE.alias()
    field, old, new = row.c.field, row.c.old, row.c.new
    replaced = sa.and_(old.is_not(None), new.is_not(None))
    due = sa.and_(field == "due_on", replaced)
    return summed(
        source, "history", row, row.c.task_id,
        {
            "status_since": sa.func.max(sa.case((field == "status", row.c.at))),
            "due_moves": count_if(sa.and_(due, old != new)),
            "due_pushes": count_if(sa.and_(due, new > old)),
            "due_changed": sa.func.max(sa.case((field == "due_on", row.c.at))),
            "reopens": count_if(sa.and_(field == "status", old.in_(ENDED), new.in_(OPEN))),
            "reassignments": count_if(sa.and_(field == "assignee_ids", replaced, old != new)),
        },
        row.c.field.in_(("status", "due_on", "assignee_ids")),
    )  # fmt: skip


def _times(name: str) -> Builder:
    return lambda source: sa.func.coalesce(_history(source).c[name], 0)


BUILDERS: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    "title_length": lambda s: sa.func.length(sa.func.trim(s.base.c.title)),
    "description_length": lambda s: sa.func.coalesce(
        sa.func.length(sa.func.trim(s.base.c.description)), 0
    ),
    "owner": person("owner_id"),
    "owner_active": lambda s: _owner_account(s).c.active,
    "owner_email": lambda s: _owner_account(s).c.email,
    "assignee": _assignees,
    "owners": lambda s: list_length(s.base.c.assignee_ids, s.frame.dialect),
    "reporter": person("reporter_id"),
    "labels": _labels,
    "parent": _parent_name,
    "parent_due": lambda s: _parent(s).c.due_on,
    "parent_status": lambda s: _parent(s).c.status,
    "milestone": _milestone_name,
    "milestone_due": lambda s: _milestone(s).c.due_on,
    "subtask_count": lambda s: sa.func.coalesce(_subtasks(s).c.total, 0),
    "open_subtasks": lambda s: settled(_subtasks(s).c.open, _subtasks(s).c.unknown),
    "done_subtasks": lambda s: settled(_subtasks(s).c.ended, _subtasks(s).c.unknown),
    "last_subtask_done": lambda s: _subtasks(s).c.last_done,
    "blockers": lambda s: sa.func.coalesce(_blockers(s).c.total, 0),
    "open_blockers": lambda s: settled(_blockers(s).c.open, _blockers(s).c.unknown),
    "open_siblings": lambda s: settled(_siblings(s).c.open, _siblings(s).c.unknown),
    "done_siblings": lambda s: settled(_siblings(s).c.done, _siblings(s).c.unknown),
    "comments": lambda s: sa.func.coalesce(_comments(s).c.total, 0),
    "last_comment": lambda s: _comments(s).c.last,
    "last_activity": _last_activity,
    "status_since": lambda s: _history(s).c.status_since,
    "due_changed": lambda s: _history(s).c.due_changed,
    **{name: _times(name) for name in ("due_pushes", "due_moves", "reopens", "reassignments")},
}


def _tallied(
    source: StoreSource, grouped: Any, on: Truth, needs: tuple[str, ...]
) -> tuple[Column, Column, Truth | None]:
    name = source.unused("tally")
    source.join(name, lambda: (grouped, on))
    yes = sa.func.coalesce(grouped.c.yes, 0)
    unknown = sa.func.coalesce(grouped.c.unknown, 0)
    return yes, unknown, source.frame.provided(needs, source.base.c.connection_id)


def tally_tasks(
    key: str, needs: tuple[str, ...]
) -> Callable[[StoreSource, Callable[[Source], Truth]], tuple[Column, Column, Truth | None]]:
    """Tasks whose column `key` names the subject."""

    def tally(
        source: StoreSource, condition: Callable[[Source], Truth]
    ) -> tuple[Column, Column, Truth | None]:
        inner = task_source(source.frame, TASK.alias(), root=False)
        holds = condition(inner)
        child = inner.base
        grouped = (
            sa.select(
                child.c.connection_id,
                child.c[key].label("id"),
                count_if(holds).label("yes"),
                count_unknown(holds).label("unknown"),
            )
            .select_from(inner.origin)
            .where(child.c.gone_at.is_(None), child.c[key].is_not(None))
            .group_by(child.c.connection_id, child.c[key])
            .cte()
        )
        own = source.base.c
        on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.id)
        return _tallied(source, grouped, on, needs)

    return tally


LINK_WORDS = {"blocks": "blocked_by", "precedes": "follows", "duplicates": "duplicated_by",
              "clones": "cloned_by"}  # fmt: skip


def _tally_links(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    """Both directions of every link; `link` says how the other task stands to this one."""
    row = LINK.alias()
    there = sa.select(
        row.c.connection_id, row.c.to_id.label("id"), row.c.from_id.label("other_id"), row.c.type
    ).where(row.c.gone_at.is_(None))
    turned = sa.case(LINK_WORDS, value=row.c.type, else_=row.c.type)
    back = sa.select(
        row.c.connection_id, row.c.from_id, row.c.to_id, turned
    ).where(row.c.gone_at.is_(None))
    links = there.union_all(back).subquery()
    inner = task_source(source.frame, TASK.alias(), root=False, link=links.c.type)
    holds = condition(inner)
    other = inner.base
    here = sa.and_(other.c.connection_id == links.c.connection_id, other.c.id == links.c.other_id)
    grouped = (
        sa.select(
            links.c.connection_id,
            links.c.id,
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin.join(links, here))
        .where(other.c.gone_at.is_(None))
        .group_by(links.c.connection_id, links.c.id)
        .cte()
    )
    own = source.base.c
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.id)
    return _tallied(source, grouped, on, ("link.type",))


def _per_owner(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    """Tasks of the same human, across tools; without an owner there is nothing to count."""
    inner = task_source(source.frame, TASK.alias(), root=False)
    holds = condition(inner)
    account = joined(inner, "peer", PERSON, "owner_id")
    grouped = (
        sa.select(
            account.c.identity_id.label("id"),
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin)
        .where(inner.base.c.gone_at.is_(None), account.c.identity_id.is_not(None))
        .group_by(account.c.identity_id)
        .cte()
    )
    mine = _owner_account(source)
    name = source.unused("per owner")
    source.join(name, lambda: (grouped, grouped.c.id == mine.c.identity_id))
    known = source.frame.provided(("task.assignee_ids",), source.base.c.connection_id)
    return grouped.c.yes, grouped.c.unknown, known


def _per_project(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    inner = task_source(source.frame, TASK.alias(), root=False)
    holds = condition(inner)
    child = inner.base
    grouped = (
        sa.select(
            child.c.connection_id,
            child.c.project_id.label("id"),
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin)
        .where(child.c.gone_at.is_(None), child.c.project_id.is_not(None))
        .group_by(child.c.connection_id, child.c.project_id)
        .cte()
    )
    own = source.base.c
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.project_id)
    name = source.unused("per project")
    source.join(name, lambda: (grouped, on))
    known = source.frame.provided(("task.project_id",), own.connection_id)
    return grouped.c.yes, grouped.c.unknown, known


RELATIONS: dict[str, Any] = {
    "subtask": tally_tasks("parent_id", ("task.parent_id",)),
    "linked_task": _tally_links,
    "per owner": _per_owner,
    "per project": _per_project,
}

