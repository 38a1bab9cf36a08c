"""The facts of tasks that rest on links: what blocks them, and their siblings in other tools."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Truth
from sync_engine.rules.joins import LINK, MENTION, OPEN, PERSON, TASK, count_if, is_out_of_sight
from sync_engine.rules.sources import StoreSource


def blockers(source: StoreSource) -> Any:
    """Tasks that block the subject; of those out of our sight, nobody can say where they stand."""
    link, other = LINK.alias(), TASK.alias()
    is_open = sa.and_(other.c.gone_at.is_(None), other.c.status.in_(OPEN))
    unmapped = sa.and_(other.c.id.is_not(None), other.c.gone_at.is_(None), other.c.status.is_(None))

    def make() -> tuple[Any, Truth]:
        origin = link
        start = source.frame.start(origin, link.c.connection_id, link.c.to_id)
        on = sa.and_(
            other.c.connection_id == link.c.connection_id,
            other.c.id == link.c.from_id,
        )
        grouped = (
            sa.select(
                link.c.connection_id,
                link.c.to_id.label("id"),
                sa.func.count().label("total"),
                count_if(is_open).label("open"),
                count_if(sa.and_(is_open, other.c.owner_id.is_(None))).label("unowned"),
                count_if(sa.or_(is_out_of_sight(other), unmapped)).label("unknown"),
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


def blocker_owners(source: StoreSource) -> Any:
    """Who owns the open tasks that block the subject: the first by name."""
    link, other, account = LINK.alias(), TASK.alias(), PERSON.alias()

    def make() -> tuple[Any, Truth]:
        start = source.frame.start(link, link.c.connection_id, link.c.to_id)
        blocks = sa.and_(
            other.c.connection_id == link.c.connection_id,
            other.c.id == link.c.from_id,
            other.c.gone_at.is_(None),
            other.c.status.in_(OPEN),
        )
        owns = sa.and_(
            account.c.connection_id == other.c.connection_id, account.c.id == other.c.owner_id
        )
        grouped = (
            sa.select(link.c.connection_id, link.c.to_id.label("id"))
            .add_columns(sa.func.min(account.c.name).label("name"))
            .select_from((start if source.root else link).join(other, blocks).join(account, owns))
            .where(link.c.gone_at.is_(None), link.c.type == "blocks")
            .group_by(link.c.connection_id, link.c.to_id)
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("blocker owners", make)


def siblings(source: StoreSource) -> Any:
    """Tasks of other connections that one of the two names, by a link or by its address.

    Where one stands is unknown while its own connection is out of date, however fresh the
    subject's is.
    """

    def make() -> tuple[Any, Truth]:
        stale = [each.id for each in source.frame.connections if not each.fresh]
        pairs = sa.union(*_linked(), *_mentioned()).cte()
        both_ways = sa.union(
            sa.select(pairs.c.connection_id, pairs.c.id, pairs.c.other_connection,
                      pairs.c.other_id),
            sa.select(pairs.c.other_connection, pairs.c.other_id, pairs.c.connection_id,
                      pairs.c.id),
        ).cte()  # fmt: skip
        other = TASK.alias()
        known = other.c.connection_id.not_in(stale) if stale else sa.true()
        grouped = (
            sa.select(
                both_ways.c.connection_id,
                both_ways.c.id,
                count_if(other.c.status.in_(OPEN)).label("open"),
                count_if(other.c.status == "done").label("done"),
                count_if(sa.or_(other.c.status.is_(None), sa.not_(known))).label("unknown"),
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
            .where(other.c.gone_at.is_(None), source.frame.configured(other.c.connection_id))
            .group_by(both_ways.c.connection_id, both_ways.c.id)
            .cte()
        )
        own = source.base.c
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("siblings", make)


def _pair(near: Any, id: Any, far: Any) -> sa.Select[Any]:
    return sa.select(
        near.c.connection_id,
        id.label("id"),
        far.c.connection_id.label("other_connection"),
        far.c.id.label("other_id"),
    ).where(near.c.connection_id != far.c.connection_id)


def _linked() -> list[sa.Select[Any]]:
    """Links whose far end is no task of their own tool, but another's key or address."""
    link, near, far = LINK.alias(), TASK.alias(), TASK.alias()
    here = sa.and_(near.c.connection_id == link.c.connection_id, near.c.id == link.c.to_id)
    unresolved = (
        sa.select(link.c.connection_id, link.c.from_id, link.c.to_id)
        .select_from(link.outerjoin(near, here))
        .where(link.c.gone_at.is_(None), near.c.id.is_(None))
        .cte()
    )
    return [
        _pair(unresolved, unresolved.c.from_id, far).where(name == unresolved.c.to_id)
        for name in (far.c.url, far.c.key)
    ]


def _mentioned() -> list[sa.Select[Any]]:
    """Addresses in descriptions and comments that are a task's in another tool.

    Parts that share the address of their whole (the items of a card's checklist) do not count:
    who pastes it means the whole.
    """
    mention, far, whole = MENTION.alias(), TASK.alias(), TASK.alias()
    shared = (
        sa.select(sa.literal(1))
        .where(
            whole.c.connection_id == far.c.connection_id,
            whole.c.id == far.c.parent_id,
            whole.c.url_key == far.c.url_key,
        )
        .correlate(far)
        .exists()
    )
    return [
        _pair(mention, mention.c.task_id, far).where(key == far.c.url_key, sa.not_(shared))
        for key in (mention.c.url_key, mention.c.parent_key)
    ]
