"""Lists of flags: those that meet a condition, how many there are of which kind, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.rules import filters
from sync_engine.rules.calendars import Moment
from sync_engine.views import clauses, marks

Sort = Literal["severity", "newest", "oldest"]
SORTS: tuple[Sort, ...] = get_args(Sort)
Dimension = Literal["standard", "project", "owner", "tool"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

SEVERITIES = ("critical", "high", "medium", "low", "info")
HELD = ("open", "acknowledged", "waived")
"""States of flags that are not over."""

UNSOLVED = "state in (open, acknowledged)"
"""What one looks at, unless one says something else."""

AGES = (
    ("up to a week", "not opened older than 7 days"),
    ("more than a week", "opened older than 7 days"),
    ("more than 30 days", "opened older than 30 days"),
)
"""Ages that can be chosen: their words, and the part of a condition that says so."""

GROUPS = 50
AT_ONCE = 5_000
"""Rows that are read by one statement: databases bound the values of one."""

T = filters.FLAG.alias("t")
RANK = sa.case(filters.SEVERITY_RANKS, value=T.c.severity)
SHOWN = (
    "id", "severity", "state", "standard", "standard_title", "key", "title", "said", "project",
    "owner", "tool", "connection", "url", "opened_at", "frozen_at", "frozen_why", "waived_until",
    "acknowledged_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which flags, and in which order.

    Args:
        where: a condition in the standards' language; "": all flags, those that are over included.
        after: the mark of the page before; see `Page.next`.
    """

    where: str = UNSOLVED
    sort: Sort = "severity"
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of flags. `next`: the mark with which the following page is asked for."""

    rows: tuple[Mapping[str, Any], ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value by which flags can be chosen.

    Args:
        value: None: there is none (nobody owns it, no project).
        count: of the flags that meet the rest of the condition.
        where: the condition after a click; None: this value cannot be said in a condition.
        on: it is chosen now.
    """

    value: str | None
    words: str
    count: int
    where: str | None
    on: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The flags of one standard, project, owner or tool; `where` is a condition for them alone."""

    value: str | None
    total: int
    severities: Mapping[str, int]
    where: str | None


def selection(
    where: str, visible: Visible, moment: Moment, dialect: str, t: sa.FromClause = T
) -> sa.ColumnElement[bool]:
    """The flags that meet a condition and may be seen, for a WHERE.

    Raises:
        LanguageError: the condition makes no sense.
    """
    if not where.strip():
        return visible.flags(t)
    meets = filters.flag_condition(where, moment, dialect, t)
    return sa.and_(meets, visible.flags(t))


def page(
    connection: sa.Connection, visible: Visible, moment: Moment, wanted: Wanted, size: int,
    columns: Sequence[str] = SHOWN,
) -> Page:  # fmt: skip
    """A page of flags.

    Raises:
        LanguageError, MarkError: the condition, the mark is not understood.
    """
    condition = selection(wanted.where, visible, moment, connection.dialect.name)
    order, past = _order(wanted)
    # First the ids, which an index gives alone; then the wide rows of those that are shown.
    ids = connection.execute(
        sa.select(T.c.id).where(condition, past).order_by(*order).limit(size + 1)
    ).scalars().all()  # fmt: skip
    shown = ids[:size]
    found = {
        row["id"]: dict(row)
        for start in range(0, len(shown), AT_ONCE)
        for row in connection.execute(
            sa.select(*(T.c[name] for name in columns)).where(
                T.c.id.in_(shown[start : start + AT_ONCE])
            )
        ).mappings()
    }
    rows = tuple(found[id] for id in shown)
    more = len(ids) > size
    return Page(rows, _mark(rows[-1], wanted.sort) if more else None)


def _order(wanted: Wanted) -> tuple[Sequence[Any], sa.ColumnElement[bool]]:
    after = wanted.after
    mark = None if after is None else marks.read(after, wanted.sort, int, datetime, int)
    row = T.c
    if wanted.sort == "newest":
        order: Sequence[Any] = (row.opened_at.desc(), row.id.desc())
        if mark is None:
            return order, sa.true()
        _, at, id = mark
        return order, sa.or_(row.opened_at < at, sa.and_(row.opened_at == at, row.id < id))
    order = (row.opened_at, row.id)
    if wanted.sort == "severity":
        order = (RANK.desc(), *order)
    if mark is None:
        return order, sa.true()
    rank, at, id = mark
    below: sa.ColumnElement[bool] = sa.literal(rank) > RANK
    later = sa.or_(row.opened_at > at, sa.and_(row.opened_at == at, row.id > id))
    if wanted.sort == "oldest":
        return order, later
    return order, sa.or_(below, sa.and_(RANK.is_not_distinct_from(rank), later))


def _mark(row: Mapping[str, Any], sort: Sort) -> str:
    return marks.made(sort, filters.SEVERITY_RANKS[row["severity"]], row["opened_at"], row["id"])


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many flags of a state and severity there are, and how many of each of `AGES`."""

    state: str
    severity: str
    count: int
    ages: tuple[int, ...]


def _crossed(
    connection: sa.Connection, visible: Visible, moment: Moment, where: str
) -> list[_Counted]:
    """The flags that meet a condition, by state and severity; one walk over them."""
    dialect = connection.dialect.name
    ages = [
        sa.func.sum(sa.case((filters.flag_condition(part, moment, dialect, T), 1), else_=0))
        for _, part in AGES
    ]
    rows = connection.execute(
        sa.select(T.c.state, T.c.severity, sa.func.count(), *ages)
        .where(selection(where, visible, moment, dialect))
        .group_by(T.c.state, T.c.severity)
    )
    return [
        _Counted(state, severity, count, tuple(map(int, old)))
        for state, severity, count, *old in rows
    ]


@dataclass(frozen=True, slots=True)
class Facets:
    """What can be chosen by a click, with counts. A fact's own part of the condition does not
    count for its choices: they tell what else there would be.

    Args:
        total: of the flags that meet the whole condition.
        acknowledgeable, waivable: how many of these can be acknowledged, can be waived.
    """

    total: int
    acknowledgeable: int
    waivable: int
    severities: tuple[Choice, ...]
    states: tuple[Choice, ...]
    ages: tuple[Choice, ...]


def facets(connection: sa.Connection, visible: Visible, moment: Moment, where: str) -> Facets:
    """The choices of severity, state and age, and what the condition comes to."""

    def counted(condition: str) -> list[_Counted]:
        return _crossed(connection, visible, moment, condition)

    # What is over may be far more than all else; it is not counted unless it is asked for.
    held = counted(clauses.replaced(where, "state", f"state in ({', '.join(HELD)})"))
    states = clauses.chosen(where, "state")
    if states and set(states) <= set(HELD) and _is_one_part(where, "state"):
        whole = [each for each in held if each.state in states]
    else:
        whole = counted(where)
    by_severity, by_age = (
        counted(clauses.without(where, fact)) if clauses.has(where, fact) else whole
        for fact in ("severity", "opened")
    )
    of_state = {each: sum(c.count for c in held if c.state == each) for each in HELD}
    over = sum(each.count for each in whole if each.state == "resolved")
    if over or "resolved" in states:
        of_state["resolved"] = over
    return Facets(
        total=sum(each.count for each in whole),
        acknowledgeable=sum(each.count for each in whole if each.state == "open"),
        waivable=sum(each.count for each in whole if each.state in ("open", "acknowledged")),
        severities=_choices(
            where, "severity",
            [(name, sum(c.count for c in by_severity if c.severity == name))
             for name in SEVERITIES],
        ),
        states=_choices(where, "state", list(of_state.items())),
        ages=_ages(where, by_age),
    )  # fmt: skip


def _is_one_part(where: str, fact: str) -> bool:
    """Whether nothing but one part of a condition speaks of a fact."""
    rest = clauses.without(where, fact)
    return len(clauses.parts(where)) - len(clauses.parts(rest)) == 1


def _choices(where: str, fact: str, counts: Sequence[tuple[str | None, int]]) -> tuple[Choice, ...]:
    on = clauses.chosen(where, fact)
    return tuple(
        Choice(value, value or _NONE[fact], n, clauses.toggled(where, fact, value), value in on)
        for value, n in counts
    )


_NONE = {
    "severity": "", "state": "", "standard": "", "project": "in no project", "owner": "nobody",
    "tool": "across tools",
}  # fmt: skip
"""What no value means, in words."""


def _ages(where: str, counted: Sequence[_Counted]) -> tuple[Choice, ...]:
    on = clauses.ages(where, "opened")
    rest = clauses.without(where, "opened")
    return tuple(
        Choice(
            part, words, sum(each.ages[n] for each in counted),
            rest if part in on else clauses.replaced(where, "opened", part), part in on,
        )
        for n, (words, part) in enumerate(AGES)
    )  # fmt: skip


def breakdown(
    connection: sa.Connection, visible: Visible, moment: Moment, where: str, by: Dimension,
    most: int,
) -> tuple[Choice, ...]:  # fmt: skip
    """The commonest values of a fact, with how many flags meet the rest of the condition."""
    condition = selection(clauses.without(where, by), visible, moment, connection.dialect.name)
    column, count = _grouping(by), sa.func.count()
    rows = connection.execute(
        sa.select(column, count).where(condition).group_by(column)
        .order_by(count.desc(), column).limit(most)
    ).all()  # fmt: skip
    counts: list[tuple[str | None, int]] = [(value, n) for value, n in rows]
    seen = {value for value, _ in counts}
    counts += [(value, 0) for value in clauses.chosen(where, by) if not _among(value, seen)]
    return _choices(where, by, counts)


def _grouping(by: Dimension) -> sa.ColumnElement[Any]:
    """A column to group by, in words that keep databases from walking an index of it alone: that
    would look up every row."""
    return sa.func.coalesce(T.c[by], sa.null())


def _among(value: str | None, seen: set[str | None]) -> bool:
    """The language does not tell A from a."""
    return value in seen or (
        value is not None and value.casefold() in {(each or "").casefold() for each in seen}
    )


def grouped(
    connection: sa.Connection, visible: Visible, moment: Moment, where: str, by: Dimension
) -> tuple[Group, ...]:
    """The largest groups of flags that meet a condition, `GROUPS` at most."""
    condition = selection(where, visible, moment, connection.dialect.name)
    column, total = _grouping(by), sa.func.count()
    counts = [sa.func.sum(sa.case((T.c.severity == each, 1), else_=0)) for each in SEVERITIES]
    rows = connection.execute(
        sa.select(column, total, *counts).where(condition).group_by(column)
        .order_by(total.desc(), column).limit(GROUPS)
    )  # fmt: skip
    found = []
    for value, count, *severities in rows:
        part = clauses.said(by, [value])
        only = None if part is None else clauses.replaced(where, by, part)
        found.append(Group(value, count, dict(zip(SEVERITIES, severities, strict=True)), only))
    return tuple(found)
