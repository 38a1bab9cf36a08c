"""What an assessment must look at again: the tasks that changed, and those that depend on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import list_entries, pairs
from sync_engine.rules.evidence import chunks
from sync_engine.rules.joins import (
    APPROVAL,
    ASSIGNMENT,
    CHANGE,
    COMMENT,
    LINK,
    MEMBERSHIP,
    MENTION,
    MILESTONE,
    PERSON,
    PROJECT,
    SPRINT,
    TASK,
    WORKLOG,
    table,
)
from sync_engine.rules.scan import Key
from sync_engine.rules.sources import Frame
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import Count, on_related
from sync_engine.rules.task_sums import is_comparable, normal_title
from sync_engine.store.baseline_models import Baseline
from sync_engine.store.flag_models import AssessmentRow
from sync_engine.store.models import Run
from sync_engine.store.schedule_models import TaskSchedule

MOST = 50_000
"""More changed tasks than this are not worth picking out."""

_run, _assessment, _float = table(Run), table(AssessmentRow), table(TaskSchedule)
_baseline = table(Baseline)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an assessment reaches.

    Args:
        tasks: the tasks to look at; None: all.
        runs: by connection: the last run that had ended when we began.
        baselines: the last change of baselines that had been made.
    """

    tasks: list[Key] | None
    runs: Mapping[int, int]
    baselines: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the standards in force compare tasks with, beside what is theirs.

    Args:
        titles: those of other tools.
        related: what is known of their parts and of the tasks that they are linked with.
        people: people other than their owners.
        groups: all tasks of their owner or project.
    """

    titles: bool = False
    related: bool = False
    people: bool = False
    groups: bool = False


NOTHING = Asked()
OF_PEOPLE = ("reporter", "assignee", "last_comment_by", "project_owner", "blocker_owner")
"""Facts of tasks that name somebody else than their owner."""


def asked(standards: Iterable[Standard]) -> Asked:
    """What enabled standards ask of tasks."""
    mine = [standard for standard in standards if standard.subject == "task"]
    judged = [condition for standard in mine for condition in standard.conditions()]
    judged += [s.escalate.when for s in mine if s.escalate and s.escalate.when]
    found = [each for condition in judged for each in on_related(condition)]
    grouped = [isinstance(each, Count) and each.per is not None for each in found]
    named = {ref.name for s in mine for ref in s.refs()}
    named |= {fact.name for s in mine for fact in s.needed()}
    return Asked(
        titles="same_title_elsewhere" in named, related=not all(grouped),
        people=not named.isdisjoint(OF_PEOPLE), groups=any(grouped),
    )  # fmt: skip


def reach(  # all of them are the caller's to say
    connection: sa.Connection,
    frame: Frame,
    fingerprint: str,
    *,
    full: bool | None,
    small: int,
    asked: Asked = NOTHING,
) -> Reach:
    """What has to be assessed now, given what the last assessment saw.

    Other subjects than tasks are few, and looked at whole every time. So are tasks as soon as
    anything changed, where a standard counts them by owner or project: one may change the answer
    of all of its group, and of the group that it left.
    """
    ended = (
        sa.select(_run.c.connection_id, sa.func.max(_run.c.id))
        .where(_run.c.ended_at.is_not(None))
        .group_by(_run.c.connection_id)
    )
    runs: dict[int, int] = {row[0]: row[1] for row in connection.execute(ended)}
    agreed = connection.execute(sa.select(sa.func.max(_baseline.c.change))).scalar_one() or 0
    if full:
        return Reach(None, runs, agreed)
    last = connection.execute(
        sa.select(_assessment).order_by(_assessment.c.id.desc()).limit(1)
    ).mappings().first()  # fmt: skip
    same = (
        last is not None
        and last["day"] == frame.moment.today
        and last["standards"] == fingerprint
        and set(last["runs"] or {}) >= {str(each.id) for each in frame.connections}
    )
    if full is None and (not same or _is_small(connection, small)):
        return Reach(None, runs, agreed)
    runs_seen = {} if last is None else last["runs"] or {}
    seen = {int(id): run for id, run in runs_seen.items()}
    begun = dict(
        connection.execute(
            sa.select(_run.c.connection_id, sa.func.max(_run.c.id)).group_by(_run.c.connection_id)
        ).all()
    )
    behind = {
        each.id: seen.get(each.id, 0)
        for each in frame.connections
        if begun.get(each.id, 0) > seen.get(each.id, 0)
    }
    before = 0 if last is None else last["baselines"]
    tasks = _tasks(connection, frame, behind, before if agreed > before else None, asked)
    if asked.groups and tasks:
        tasks = None
    runs = {**dict.fromkeys((c.id for c in frame.connections), 0), **runs}
    return Reach(tasks, runs, agreed)


def _is_small(connection: sa.Connection, small: int) -> bool:
    some = sa.select(TASK.c.connection_id).limit(small + 1).subquery()
    return (
        int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) <= small
    )


def _tasks(
    connection: sa.Connection,
    frame: Frame,
    seen: Mapping[int, int],
    agreed: int | None,
    asked: Asked,
) -> list[Key] | None:
    found: set[Key] = set()
    for rows in _touched_by(connection, seen, agreed, asked):
        found.update((row[0], row[1]) for row in rows)
        if len(found) > MOST:
            return None
    if asked.related:
        found |= _beside(connection, frame, found)
    return sorted(found) if len(found) <= MOST else None


def _beside(connection: sa.Connection, frame: Frame, found: Iterable[Key]) -> set[Key]:
    """The wholes of these tasks, and the tasks that they are linked with."""
    beside: set[Key] = set()
    only = pairs(frame.dialect)
    ends = [(LINK, LINK.c.from_id, LINK.c.to_id), (LINK, LINK.c.to_id, LINK.c.from_id)]
    statements = [
        sa.select(row.c.connection_id, far).where(
            row.c.connection_id == only.c.connection_id, near == only.c.id, far.is_not(None)
        )
        for row, near, far in (*ends, (TASK, TASK.c.id, TASK.c.parent_id))
    ]
    for document in chunks(sorted(found)):
        for statement in statements:
            rows = connection.execute(statement, {"document": document})
            beside.update((row[0], row[1]) for row in rows)
    return beside


def _touched_by(
    connection: sa.Connection, seen: Mapping[int, int], agreed: int | None, asked: Asked
) -> Iterator[Iterable[Any]]:
    """`agreed`: the last change of baselines that was looked at; None: there is none since."""
    if agreed is not None:
        yield connection.execute(_AGREED_ANEW, {"change": agreed})
    for tool, run in seen.items():
        since = {"tool": tool, "seen": run}
        for step in _steps(connection.dialect.name, asked):
            if step.only_if is None or connection.execute(step.only_if, since).first() is not None:
                yield connection.execute(step.tasks, since)


_TOOL, _SEEN = (sa.bindparam(name, type_=sa.Integer()) for name in ("tool", "seen"))
"""The connection that a statement looks at, and its last run that was seen: with these its
statements are made once, however many connections there are and however often they are asked."""


_OTHER = TASK.alias()
"""A task that depends on a changed one."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A statement that finds tasks to look at.

    Args:
        only_if: what is asked first: without a row of it there are none, though a plan without
            statistics would look through all tasks for that.
    """

    tasks: sa.Select[Any] | sa.CompoundSelect[Any]
    only_if: sa.Select[Any] | sa.CompoundSelect[Any] | None = None


@cache
def _steps(dialect: str, asked: Asked) -> tuple[_Step, ...]:
    """How to find the tasks of a connection that later runs touched, and what depends on them."""
    found = [
        _Step(sa.union_all(*_changed())),
        _linked_by_address(),
        *_contained(),
        _in_portfolios(),
        _teamed(dialect),
    ]
    if asked.people:
        found.append(_of_people())
    if asked.titles:
        found.append(_Step(_same_title()))
    return tuple(found)


def _later(row: Any) -> sa.ColumnElement[bool]:
    """Written by a later run of the connection."""
    return sa.and_(row.c.connection_id == _TOOL, row.c.run_id > _SEEN)


_AGREED_ANEW = (
    sa.select(TASK.c.connection_id, TASK.c.id)
    .select_from(
        _baseline.join(
            TASK,
            sa.and_(
                TASK.c.connection_id == _baseline.c.connection_id,
                TASK.c.project_id == _baseline.c.project_id,
            ),
        )
    )
    .where(_baseline.c.change > sa.bindparam("change", type_=sa.Integer()))
)
"""Tasks of projects of which a baseline was taken or removed since."""


def _changed() -> Iterator[sa.Select[Any]]:
    """Statements that find the tasks of a connection touched by later runs.

    Tasks elsewhere that count with them (the same owner, a sibling in another tool) are found by
    their own links; work in progress per person belongs to the person, who is always assessed.
    """

    for column in (TASK.c.id, TASK.c.parent_id):
        yield sa.select(TASK.c.connection_id, column).where(_later(TASK), column.is_not(None))
    for row in (COMMENT, WORKLOG, CHANGE, MEMBERSHIP, APPROVAL):
        yield sa.select(row.c.connection_id, row.c.task_id).where(
            _later(row), row.c.task_id.is_not(None)
        )
    yield sa.select(CHANGE.c.connection_id, CHANGE.c.old).where(  # the whole that it left
        _later(CHANGE), CHANGE.c.field == "parent_id", CHANGE.c.old.is_not(None)
    )
    yield sa.select(MEMBERSHIP.c.connection_id, MEMBERSHIP.c.task_id).where(
        _later(SPRINT),
        MEMBERSHIP.c.connection_id == SPRINT.c.connection_id,
        MEMBERSHIP.c.container_id == SPRINT.c.id,
    )
    for end in (LINK.c.from_id, LINK.c.to_id):
        yield sa.select(LINK.c.connection_id, end).where(_later(LINK))
    yield sa.select(_float.c.connection_id, _float.c.task_id).where(_later(_float))
    yield from _linked()
    yield from _mentioned()


def _contained() -> Iterator[_Step]:
    """Tasks of projects, milestones, parents and owners that changed."""
    for target, column in (
        (TASK, TASK.c.parent_id), (PROJECT, TASK.c.project_id),
        (MILESTONE, TASK.c.milestone_id), (PERSON, TASK.c.owner_id),
    ):  # fmt: skip
        other = target.alias()
        changed = sa.select(other.c.id).where(_later(other))
        yield _Step(_mine(column.in_(changed)), changed.limit(1))


def _mine(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Tasks of the connection."""
    return sa.select(TASK.c.connection_id, TASK.c.id).where(TASK.c.connection_id == _TOOL, *where)


def _in_portfolios() -> _Step:
    """Tasks of projects that are part of one that changed: its name is their portfolio."""
    other, part = PROJECT.alias(), PROJECT.alias()
    changed = sa.select(part.c.id).where(
        _later(other), part.c.connection_id == _TOOL, part.c.parent_id == other.c.id
    )
    return _Step(_mine(TASK.c.project_id.in_(changed)), changed.limit(1))


def _of_people() -> _Step:
    """Tasks that people who changed asked for, are assigned to, commented on, lead the project of,
    or hold up by a task of theirs. Those that they own are found as what they contain."""
    changed = sa.select(PERSON.c.id).where(_later(PERSON))
    named = [
        sa.select(row.c.connection_id, id).where(
            row.c.connection_id == _TOOL, id.is_not(None), who.in_(changed)
        )
        for row, id, who in (
            (TASK, TASK.c.id, TASK.c.reporter_id),
            (ASSIGNMENT, ASSIGNMENT.c.task_id, ASSIGNMENT.c.person_id),
            (COMMENT, COMMENT.c.task_id, COMMENT.c.author_id),
        )
    ]
    led = sa.select(PROJECT.c.id).where(
        PROJECT.c.connection_id == _TOOL, PROJECT.c.owner_id.in_(changed)
    )
    held_up = sa.select(LINK.c.connection_id, LINK.c.to_id).where(
        LINK.c.connection_id == _TOOL, LINK.c.type == "blocks",
        TASK.c.connection_id == _TOOL, TASK.c.id == LINK.c.from_id,
        TASK.c.owner_id.in_(changed),
    )  # fmt: skip
    every: sa.CompoundSelect[Any] = sa.union_all(*named, _mine(TASK.c.project_id.in_(led)), held_up)
    return _Step(every, changed.limit(1))


def _teamed(dialect: str) -> _Step:
    """Tasks of projects with a group among their members that changed."""
    changed = sa.select(PERSON.c.id).where(_later(PERSON), PERSON.c.kind == "group")
    rows, member = list_entries(PROJECT.c.member_ids, dialect)
    with_them = (
        sa.select(PROJECT.c.id)
        .select_from(PROJECT)
        .select_from(rows)
        .where(PROJECT.c.connection_id == _TOOL, PROJECT.c.member_ids.is_not(None))
        .where(member.in_(changed))
    )
    return _Step(_mine(TASK.c.project_id.in_(with_them)), changed.limit(1))


@cache
def _touched() -> sa.CTE:
    """The tasks that changed, worked out first whatever the plan."""
    task = TASK.alias()
    touched = sa.select(task.c.connection_id, task.c.id, task.c.url, task.c.key, task.c.url_key)
    return touched.where(_later(task)).cte("touched").prefix_with("MATERIALIZED")


def _linked() -> Iterator[sa.Select[Any]]:
    """Tasks at the other end of a link from a changed one, in this tool or another."""
    changed, other = _touched(), _OTHER
    for near, far in ((LINK.c.from_id, LINK.c.to_id), (LINK.c.to_id, LINK.c.from_id)):
        yield sa.select(LINK.c.connection_id, far).where(
            LINK.c.connection_id == changed.c.connection_id, near == changed.c.id
        )
    for name in (changed.c.url, changed.c.key):
        yield sa.select(LINK.c.connection_id, LINK.c.from_id).where(
            LINK.c.to_id == name, LINK.c.connection_id != _TOOL
        )
    for linked in _links_of_changed():
        yield sa.select(other.c.connection_id, other.c.id).where(
            *linked, LINK.c.to_id == other.c.key, other.c.connection_id != _TOOL
        )


def _links_of_changed() -> Iterator[tuple[sa.ColumnElement[bool], ...]]:
    """Links that changed, and those from tasks that did."""
    yield (_later(LINK),)
    yield LINK.c.connection_id == _TOOL, LINK.c.from_id == _touched().c.id


def _linked_by_address() -> _Step:
    """Tasks of other tools whose address a link names: no index leads to them."""
    by_address = [(*linked, LINK.c.to_id.contains("://")) for linked in _links_of_changed()]
    there = sa.union_all(*(sa.select(LINK.c.to_id).where(*linked) for linked in by_address))
    found = (
        sa.select(_OTHER.c.connection_id, _OTHER.c.id).where(
            *linked, LINK.c.to_id == _OTHER.c.url, _OTHER.c.connection_id != _TOOL
        )
        for linked in by_address
    )
    return _Step(sa.union_all(*found), there.limit(1))


def _mentioned() -> Iterator[sa.Select[Any]]:
    """Tasks of other tools that name a changed one by its address, or that it names."""
    changed, other = _touched(), _OTHER
    said = sa.and_(
        _later(COMMENT),
        MENTION.c.kind == "comment", MENTION.c.record_id == COMMENT.c.id,
    )  # fmt: skip
    for key in (MENTION.c.url_key, MENTION.c.parent_key):
        yield sa.select(MENTION.c.connection_id, MENTION.c.task_id).where(
            key == changed.c.url_key, MENTION.c.connection_id != _TOOL
        )
        for origin in (MENTION.c.task_id == changed.c.id, said):
            yield sa.select(other.c.connection_id, other.c.id).where(
                origin,
                MENTION.c.connection_id == _TOOL,
                key == other.c.url_key,
                other.c.connection_id != _TOOL,
            )


def _same_title() -> sa.Select[Any]:
    """Open tasks of other tools with the title of a changed one. Those that had its title before
    it was renamed are found at day change, when all are looked at."""
    changed, other = TASK.alias(), _OTHER
    titles = (
        sa.select(normal_title(changed.c.title).label("title"))
        .where(_later(changed))
        .distinct()
        .cte()
    )
    return sa.select(other.c.connection_id, other.c.id).where(
        normal_title(other.c.title) == titles.c.title,
        other.c.connection_id != _TOOL,
        is_comparable(other),
    )
