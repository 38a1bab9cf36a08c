"""Names in a filter that nothing bears, such as misspelt ones: what is known instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from sync_engine.rules.dialect import FieldRows, ascii_small
from sync_engine.rules.joins import CONNECTION, PROJECT, TASK, table
from sync_engine.rules.language import read
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import (
    Compare,
    Condition,
    Count,
    Literal,
    OneOf,
    Operand,
    Quantified,
    children,
)
from sync_engine.settings.nearest import nearest
from sync_engine.store.flag_models import FlagRow

FLAG = table(FlagRow)
_BORNE: Mapping[str, tuple[sa.ColumnElement[str], ...]] = {
    "connection": (CONNECTION.c.name, FLAG.c.connection),
    "tool": (CONNECTION.c.connector, FLAG.c.tool),
    "project": (PROJECT.c.name, PROJECT.c.key, PROJECT.c.id, FLAG.c.project),
    "standard": (FLAG.c.standard,),
    "pack": (FLAG.c.pack,),
}
"""By fact: where the store keeps all that bears a name."""


def told(
    connection: sa.Connection, where: str, subject: str, also: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """A sentence for each name in a condition that nothing bears, in its order.

    Args:
        also: by fact: further names that are known.
    """
    for fact, name in dict.fromkeys(_named(resolve(read(where), subject))):
        known = {*_known(connection, fact), *also.get(fact, ())}
        if ascii_small(name) not in map(ascii_small, known):
            what = "custom field" if fact == "field" else fact
            close = nearest(name, sorted(known))
            yield f'Nothing here has the {what} "{name}"{close or "."}'


def _named(condition: Condition) -> Iterator[tuple[str, str]]:
    """Facts with the names that a condition asks for; custom fields as "field"."""
    for part in children(condition):
        yield from _named(part)
    if isinstance(condition, (Quantified, Count)):
        yield from _named(condition.condition)
        return
    left = getattr(condition, "left", None)
    if left is not None and left.is_field:
        yield "field", left.name
    elif left is not None and left.name in _BORNE:
        for each in _operands(condition):
            if isinstance(each, Literal) and isinstance(each.value, str):
                yield left.name, each.value


def _operands(condition: Condition) -> tuple[Operand, ...]:
    if isinstance(condition, OneOf):
        return condition.values
    return (condition.right,) if isinstance(condition, Compare) else ()


def _known(connection: sa.Connection, fact: str) -> Iterator[str]:
    if fact == "field":
        names, entry = FieldRows(TASK.c.custom, "", connection.dialect.name).called()
        statement = sa.select(*names).distinct().select_from(TASK).select_from(entry)
        for row in connection.execute(statement.where(TASK.c.gone_at.is_(None))):
            yield from (str(each) for each in row if each is not None)
        return
    for column in _BORNE[fact]:
        rows = connection.execute(sa.select(column).distinct().where(column.is_not(None)))
        yield from rows.scalars()
