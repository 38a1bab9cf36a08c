"""The facts of connections: how complete and how fresh our own data are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth, seconds_between
from sync_engine.rules.joins import table
from sync_engine.rules.sources import Builder, StoreSource
from sync_engine.store.models import Hold, MappedField, RawItem, ScopeState, StatusWord

SCOPE, HOLD, RAW, WORD, FIELD = map(table, (ScopeState, Hold, RawItem, StatusWord, MappedField))


def _per_connection(
    source: StoreSource, name: str, row: Any, expr: Column, *where: Truth
) -> Column:
    def make() -> tuple[Any, Truth]:
        grouped = (
            sa.select(row.c.connection_id, expr.label("value"))
            .where(*where)
            .group_by(row.c.connection_id)
            .cte()
        )
        return grouped, grouped.c.connection_id == source.base.c.id

    found: Column = source.join(name, make).c.value
    return found


def _counted(name: str, target: sa.Table, *where: Callable[[Any], Truth]) -> Builder:
    def build(source: StoreSource) -> Column:
        row = target.alias()
        found = _per_connection(source, name, row, sa.func.count(), *(w(row) for w in where))
        return sa.func.coalesce(found, 0)

    return build


def _gap(source: StoreSource) -> Column:
    """Largest |ours - theirs| in percent of theirs, over all scopes and streams with both."""
    row = SCOPE.alias()
    ours: Column
    theirs: Column
    if source.frame.dialect == "sqlite":
        each = sa.func.json_each(row.c.stream_counts).table_valued("value", joins_implicitly=True)
        ours, theirs = (
            sa.func.json_extract(each.c.value, sa.literal(f"$.{name}"))
            for name in ("store", "tool")
        )
    else:
        each = sa.func.jsonb_each(row.c.stream_counts).table_valued(
            "key", "value", joins_implicitly=True
        )
        ours, theirs = (
            sa.cast(each.c.value.op("->>")(name), sa.Float) for name in ("store", "tool")
        )
    gap = sa.func.abs(ours - theirs) * 100.0 / sa.case((theirs > 0, theirs), else_=1.0)

    def make() -> tuple[Any, Truth]:
        grouped = (
            sa.select(row.c.connection_id, sa.func.max(gap).label("value"))
            .select_from(row).select_from(each)
            .where(theirs.is_not(None), ours.is_not(None), row.c.visible.is_(True))
            .group_by(row.c.connection_id)
            .cte()
        )  # fmt: skip
        return grouped, grouped.c.connection_id == source.base.c.id

    found: Column = source.join("gap", make).c.value
    return found


def _missed(source: StoreSource) -> Column:
    """Age of the last complete read, in turns of the connection's schedule."""
    known = [c for c in source.frame.connections if c.interval is not None]
    if not known:
        return sa.cast(sa.null(), sa.Float)
    seconds = sa.case(
        {c.id: max(c.interval.total_seconds(), 1.0) for c in known if c.interval is not None},
        value=source.base.c.id,
    )
    now = sa.literal(source.frame.moment.now, source.base.c.complete_at.type)
    return seconds_between(source.base.c.complete_at, now) / sa.cast(seconds, sa.Float)


def _hook_silence(source: StoreSource) -> Column:
    """Days by which what a pull brought is newer than the tool's last call; 0 where it called
    since; NULL where it is not to call, or nothing has changed."""
    row = source.base.c
    heard = sa.func.coalesce(row.hooked_at, row.hook_since)
    days = seconds_between(heard, row.changed_at) / 86400.0
    return sa.case((row.hook_since.is_(None), None), (days < 0, 0.0), else_=days)


def _is_renamed(field: Any) -> Truth:
    """Whether the tool calls a mapped field otherwise than the configuration does."""
    named = sa.func.lower(field.c.named)
    renamed: Truth = sa.and_(
        field.c.found_at.is_not(None),
        named != sa.func.lower(field.c.field_name),
        field.c.named != field.c.field_id,
    )
    return renamed


def _missed_something(scope: Any) -> Truth:
    """Whether a scope has work in the store, or never had any: not one whose items were retired
    because it left the configuration."""
    item = RAW.alias()
    of_scope = (item.c.connection_id == scope.c.connection_id, item.c.scope == scope.c.scope)
    known = sa.exists().where(*of_scope)
    present = sa.exists().where(*of_scope, item.c.gone_at.is_(None))
    return present | ~known


CONNECTION_FACTS: dict[str, Builder] = {
    "missed_reads": _missed,
    "webhook_silence": _hook_silence,
    "lost_scopes": _counted(
        "lost",
        SCOPE,
        lambda r: r.c.visible.is_(False),
        lambda r: r.c.state == "active",
        _missed_something,
    ),
    "unmapped_words": _counted("words", WORD, lambda r: r.c.status.is_(None)),
    "fields_not_found": _counted("no_field", FIELD, lambda r: r.c.found_at.is_(None)),
    "fields_renamed": _counted("renamed", FIELD, _is_renamed),
    "fields_unreadable": _counted("unreadable", FIELD, lambda r: r.c.unreadable.is_(True)),
    "completeness_gap": _gap,
    "held_censuses": _counted(
        "held", HOLD, lambda r: r.c.accepted_at.is_(None), lambda r: r.c.superseded_at.is_(None)
    ),
    "parked_items": _counted(
        "parked", RAW, lambda r: r.c.parked.is_not(None), lambda r: r.c.gone_at.is_(None)
    ),
}
