"""The facts of tasks that rest on links: what blocks them, and their siblings in other tools."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import (
    Truth,
)
from sync_engine.rules.joins import (
    LINK,
    OPEN,
    TASK,
    count_if,
)
from sync_engine.rules.sources import StoreSource


def blockers(source: StoreSource) -> Any:
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


def siblings(source: StoreSource) -> Any:
    """Tasks of other connections at the far end of a link that names a key or an address."""

    def make() -> tuple[Any, Truth]:
        link, near, far = LINK.alias(), TASK.alias(), TASK.alias()
        unresolved = (
            sa.select(link.c.connection_id, link.c.from_id, link.c.to_id)
            .select_from(
                link.outerjoin(
                    near,
                    sa.and_(
                        near.c.connection_id == link.c.connection_id, near.c.id == link.c.to_id
                    ),
                )
            )
            .where(link.c.gone_at.is_(None), near.c.id.is_(None))
            .cte()
        )
        named = sa.union(
            *(
                sa.select(
                    unresolved,
                    far.c.connection_id.label("far_connection"),
                    far.c.id.label("far_id"),
                ).where(name == unresolved.c.to_id)
                for name in (far.c.url, far.c.key)
            )
        ).cte()
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
