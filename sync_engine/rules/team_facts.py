"""Whether a task's owner belongs to the team of its project."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Truth, list_entries
from sync_engine.rules.joins import PERSON, PROJECT, project_of
from sync_engine.rules.sources import NULL, StoreSource, Value


def _members(source: StoreSource) -> Any:
    """The owner's place among the members of the project, where there is one."""

    def make() -> tuple[Any, Truth]:
        project = PROJECT.alias()
        rows, id = list_entries(project.c.member_ids, source.frame.dialect)
        listed = (
            sa.select(project.c.connection_id, project.c.id, id.label("member_id"))
            .select_from(project)
            .select_from(rows)
            .where(project.c.member_ids.is_not(None))
            .distinct()
            .cte()
        )
        own = source.base.c
        return listed, sa.and_(
            listed.c.connection_id == own.connection_id,
            listed.c.id == own.project_id,
            listed.c.member_id == own.owner_id,
        )

    return source.join("team", make)


def _groups(source: StoreSource) -> Any:
    """Projects with a group among their members: who is in it, nobody has told us."""

    def make() -> tuple[Any, Truth]:
        project, account = PROJECT.alias(), PERSON.alias()
        rows, id = list_entries(project.c.member_ids, source.frame.dialect)
        here = sa.and_(account.c.connection_id == project.c.connection_id, account.c.id == id)
        grouped = (
            sa.select(project.c.connection_id, project.c.id)
            .select_from(project)
            .select_from(rows)
            .select_from(account)
            .where(here, account.c.kind == "group", project.c.member_ids.is_not(None))
            .distinct()
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.project_id
        )

    return source.join("team groups", make)


def owner_in_team(source: StoreSource) -> Value:
    """Unknown without an owner, without a list of members, and where a group is among them."""
    place, groups, project = _members(source), _groups(source), project_of(source)
    told = sa.and_(
        source.base.c.owner_id.is_not(None), project.c.member_ids.is_not(None),
        groups.c.id.is_(None),
    )  # fmt: skip
    inside = sa.case((place.c.member_id.is_not(None), sa.true()), (told, sa.false()), else_=NULL)
    return Value("yes/no", inside, null="unknown")
