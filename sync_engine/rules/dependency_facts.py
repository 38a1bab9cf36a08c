"""Dependencies: links by which one task waits for another, and the facts of both ends.

A dependency is at home with the task that waits, or with the other one where the waiting task is
in another tool. An end that is in no tool that we read is unknown, and all that is asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth, ascii_lower
from sync_engine.rules.distances import day_at
from sync_engine.rules.facts import FactType
from sync_engine.rules.joins import (
    COMMON,
    LINK,
    OF_PROJECT,
    PERSON,
    PROJECT,
    TASK,
    identity_of,
    joined,
    person,
)
from sync_engine.rules.sources import NULL, Builder, StoreSource, Value, both

WAITS = ("blocks", "precedes")
"""Types of links that make the second task wait for the first."""

Side = Literal["predecessor", "successor"]
Kind: TypeAlias = Literal["FS", "SS", "FF", "SF"]
KINDS: Mapping[str, Kind] = {
    "fs": "FS", "finishtostart": "FS", "finishstart": "FS", "endtostart": "FS", "endstart": "FS",
    "ss": "SS", "starttostart": "SS", "startstart": "SS",
    "ff": "FF", "finishtofinish": "FF", "finishfinish": "FF", "endtoend": "FF", "endend": "FF",
    "sf": "SF", "starttofinish": "SF", "startfinish": "SF", "starttoend": "SF", "startend": "SF",
}  # fmt: skip
"""What tools call the kinds of dependencies: which ends they tie; without spaces and the like."""
NOISE = (" ", "-", "_", ":", "gantt")


def dependencies() -> Any:
    """One row a dependency of which an end is there: the link, its ends, its home."""
    link, first, second, far = LINK.alias(), TASK.alias(), TASK.alias(), _elsewhere()
    sides: tuple[tuple[Any, Side], ...] = ((first, "predecessor"), (second, "successor"))

    def local(task: Any, id: Any) -> Truth:
        return sa.and_(
            task.c.connection_id == link.c.connection_id, task.c.id == id, task.c.gone_at.is_(None)
        )

    def one_end(column: str, here: Any, side: Side) -> Any:
        """Connection or id of a task, of this tool or another."""
        return sa.case(
            (here.c.id.is_not(None), here.c[column]), (far.c.side == side, far.c[column])
        )

    def at_home(column: str) -> Any:
        return sa.case((second.c.id.is_not(None), second.c[column]), else_=first.c[column])

    def title(here: Any, side: Side, named: Any) -> Any:
        return sa.func.coalesce(here.c.title, sa.case((far.c.side == side, far.c.title)), named)

    return (
        sa.select(
            link.c.connection_id, link.c.id, link.c.gone_at, link.c.written_at, link.c.type,
            link.c.type_label, link.c.lag_minutes, link.c.from_id, link.c.to_id,
            *(
                one_end(column, task, side).label(f"{side}_{column}")
                for task, side in sides
                for column in ("connection_id", "id")
            ),
            *(at_home(name).label(name)
              for name in ("item_id", "project_id", "owner_id", "key", "url")),
            (
                title(first, "predecessor", link.c.from_id)
                + sa.literal(" → ")
                + title(second, "successor", link.c.to_id)
            ).label("name"),
        )
        .select_from(
            link.outerjoin(first, local(first, link.c.from_id))
            .outerjoin(second, local(second, link.c.to_id))
            .outerjoin(
                far,
                sa.and_(far.c.link_connection == link.c.connection_id, far.c.link_id == link.c.id),
            )
        )
        .where(
            link.c.type.in_(WAITS), link.c.gone_at.is_(None),
            sa.or_(first.c.id.is_not(None), second.c.id.is_not(None)),
        )
        .subquery("t")
    )  # fmt: skip


def _elsewhere() -> sa.CTE:
    """Ends that are no task of the link's tool, but the address or key of one task of another."""
    link, near, other = LINK.alias(), TASK.alias(), TASK.alias()

    def unresolved(side: Side, id: Any) -> sa.Select[Any]:
        here = sa.and_(near.c.connection_id == link.c.connection_id, near.c.id == id)
        return (
            sa.select(link.c.connection_id, link.c.id, sa.literal(side).label("side"),
                      id.label("named"))
            .select_from(link.outerjoin(near, here))
            .where(link.c.type.in_(WAITS), link.c.gone_at.is_(None), near.c.id.is_(None))
        )  # fmt: skip

    open_ends = sa.union_all(
        unresolved("predecessor", link.c.from_id), unresolved("successor", link.c.to_id)
    ).cte()
    found = sa.union(
        *(
            sa.select(
                open_ends.c.connection_id.label("link_connection"),
                open_ends.c.id.label("link_id"), open_ends.c.side,
                other.c.connection_id, other.c.id, other.c.title,
            ).where(
                name == open_ends.c.named, other.c.gone_at.is_(None),
                other.c.connection_id != open_ends.c.connection_id,
            )
            for name in (other.c.url, other.c.key)
        )
    ).cte()  # fmt: skip
    return (
        sa.select(
            found.c.link_connection, found.c.link_id,
            *(sa.func.min(found.c[name]).label(name)
              for name in ("side", "connection_id", "id", "title")),
        )
        .group_by(found.c.link_connection, found.c.link_id)
        .having(sa.func.count() == 1)  # a name that two tasks bear tells neither
        .cte()
    )  # fmt: skip


def end(source: StoreSource, side: Side) -> Any:
    """The task at one end."""

    def make() -> tuple[Any, Truth]:
        task, own = TASK.alias(side), source.base.c
        return task, sa.and_(
            task.c.connection_id == own[f"{side}_connection_id"],
            task.c.id == own[f"{side}_id"],
            task.c.gone_at.is_(None),
        )

    return source.join(side, make)


def told(source: StoreSource, side: Side, *needs: str) -> Truth:
    """Whether an end is there, fresh enough to speak of, and its tool and project tell this."""
    task, frame = end(source, side), source.frame
    seen: Truth = task.c.id.is_not(None)
    stale = [each.id for each in frame.connections if not each.fresh]
    if stale:  # the subject's own connection is seen to by who raises and resolves flags
        own = task.c.connection_id == source.base.c.connection_id
        seen = sa.and_(seen, sa.or_(own, task.c.connection_id.not_in(stale)))
    if not frame.every:
        seen = sa.and_(seen, frame.configured(task.c.connection_id))
    provided = frame.provided(needs, task.c.connection_id)
    tells = both(provided, source.room(f"{side} room", task, needs))
    return seen if tells is None else sa.and_(seen, tells)


def _column(
    side: Side, type: FactType, column: str, *needs: str,
    null: Literal["empty", "unknown"] = "empty",
) -> Builder:  # fmt: skip
    return lambda s: Value(type, end(s, side).c[column], known=told(s, side, *needs), null=null)


def _title(side: Side) -> Builder:
    def build(source: StoreSource) -> Value:
        task = end(source, side)
        return Value("text", task.c.title, known=told(source, side),
                     names=(task.c.title, task.c.key))  # fmt: skip

    return build


def _owner(side: Side) -> Builder:
    def build(source: StoreSource) -> Value:
        task = end(source, side)
        account = joined(source, f"{side} owner", PERSON, "owner_id", task)
        human = identity_of(source, f"{side} human", account)
        return Value(
            "person", task.c.owner_id, known=told(source, side, "task.assignee_ids"),
            names=(account.c.name, account.c.email, human.c.name, human.c.email),
            shown=sa.func.coalesce(human.c.name, account.c.name),
        )  # fmt: skip

    return build


def _project(side: Side) -> Builder:
    def build(source: StoreSource) -> Value:
        task = end(source, side)
        row = joined(source, f"{side} project", PROJECT, "project_id", task)
        name = sa.func.coalesce(row.c.name, task.c.project_id)
        return Value("text", name, known=told(source, side, "task.project_id"),
                     names=(name, row.c.key))  # fmt: skip

    return build


def _of(side: Side) -> dict[str, Builder]:
    return {
        side: _title(side),
        f"{side}_key": _column(side, "text", "key"),
        f"{side}_status": _column(side, "word", "status", "task.status", null="unknown"),
        f"{side}_start": _column(side, "day", "start_on", "task.start_on"),
        f"{side}_due": _column(side, "day", "due_on", "task.due_on"),
        f"{side}_owner": _owner(side),
        f"{side}_project": _project(side),
    }


def _both_told(source: StoreSource, *needs: str) -> Truth:
    return sa.and_(told(source, "predecessor", *needs), told(source, "successor", *needs))


def _cross_tool(source: StoreSource) -> Value:
    own = source.base.c
    apart = own.predecessor_connection_id != own.successor_connection_id
    return Value("yes/no", apart, known=_both_told(source), null="unknown")


def _cross_project(source: StoreSource) -> Value:
    first, second = end(source, "predecessor"), end(source, "successor")
    apart = sa.or_(
        first.c.connection_id != second.c.connection_id,
        first.c.project_id.is_distinct_from(second.c.project_id),
    )
    known = _both_told(source, "task.project_id")
    return Value("yes/no", apart, known=known, null="unknown")


def _is_of(source: StoreSource, *kinds: Kind) -> Truth:
    """The tool says that the link is of one of these kinds; where it does not, it is FS."""
    word: Column = ascii_lower(source.base.c.type_label)
    for noise in NOISE:
        word = sa.func.replace(word, noise, "")
    named = word.in_([name for name, kind in KINDS.items() if kind in kinds])
    return sa.func.coalesce(named, sa.false(), type_=sa.Boolean())


def _date_conflict(source: StoreSource) -> Value:
    """By the ends that the link ties. A lead (a negative lag) is leave to start early, not to be
    due early; whether it is long enough for other kinds of links, nobody can say."""
    first, second = end(source, "predecessor").c, end(source, "successor").c
    lead = sa.func.coalesce(source.base.c.lag_minutes, 0) < 0
    to_finish, plain = _is_of(source, "FF", "SF"), sa.not_(_is_of(source, "SS", "FF", "SF"))
    begun = sa.case((first.status == "in_progress", first.started_at))
    begins = sa.func.coalesce(day_at(begun, source.frame.moment), first.start_on)
    day = sa.case((_is_of(source, "SS", "SF"), begins), else_=first.due_on)
    due_early = second.due_on < day
    starts_early = sa.and_(second.start_on < day, sa.not_(to_finish))
    answer = sa.case(
        (sa.and_(due_early, sa.or_(plain, sa.not_(lead))), sa.true()),
        (sa.and_(starts_early, sa.not_(lead)), sa.true()),
        (day.is_(None), NULL),
        (sa.and_(lead, sa.not_(plain), sa.or_(due_early, starts_early)), NULL),
        (
            sa.and_(second.due_on.is_(None), sa.or_(second.start_on.is_(None), lead, to_finish)),
            NULL,
        ),
        else_=sa.false(),
    )
    return Value("yes/no", answer, known=_both_told(source, "task.due_on"), null="unknown")


def _unmet(source: StoreSource) -> Value:
    """By the end of the first task that the link ties."""
    status: Column = end(source, "predecessor").c.status
    begun_suffices = _is_of(source, "SS", "SF")
    waits = sa.or_(status == "todo", sa.and_(status == "in_progress", sa.not_(begun_suffices)))
    known = told(source, "predecessor", "task.status")
    return Value("yes/no", waits, known=known, null="unknown")


def _mutual(source: StoreSource) -> Truth:
    own = source.base.c

    def make() -> tuple[Any, Truth]:
        link = LINK.alias()
        back = (
            sa.select(link.c.connection_id, link.c.from_id, link.c.to_id)
            .where(link.c.type.in_(WAITS), link.c.gone_at.is_(None))
            .distinct()
            .cte()
        )
        return back, sa.and_(
            back.c.connection_id == own.connection_id,
            back.c.from_id == own.to_id,
            back.c.to_id == own.from_id,
        )

    found: Truth = source.join("back", make).c.from_id.is_not(None)
    return found


DEPENDENCY_FACTS: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    "owner": person("owner_id"),
    **_of("predecessor"),
    **_of("successor"),
    "cross_project": _cross_project,
    "cross_tool": _cross_tool,
    "date_conflict": _date_conflict,
    "unmet": _unmet,
    "mutual": _mutual,
}
