"""Which conditions name a connection or its projects: they find none of its work once it is
removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.rules.dialect import ascii_small
from sync_engine.rules.joins import PROJECT
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import (
    Compare,
    Condition,
    Count,
    Literal,
    OneOf,
    Quantified,
    children,
)
from sync_engine.settings import Settings


def naming(
    connection: sa.Connection,
    settings: Settings,
    standards: Iterable[Standard],
    name: str,
    id: int | None,
) -> tuple[str, ...]:
    """What names a connection or one of its projects, as a sentence goes on: `the digest "Core"`.

    Args:
        standards: those in force.
        id: the connection's in the store; None: nothing was read of it yet.
    """
    found = list(_conditions(connection, settings, standards))
    wanted = {value for _, _, values in found for fact, value in values if fact == "project"}
    projects = _of_connection(connection, id, wanted)
    return tuple(
        dict.fromkeys(
            what
            for what, own_name, values in found
            for fact, value in values
            if (fact == own_name and value == ascii_small(name))
            or (fact == "project" and value in projects)
        )
    )


def _conditions(
    connection: sa.Connection, settings: Settings, standards: Iterable[Standard]
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """What has a condition, the fact in it that is a connection's name, and its comparisons."""
    scopes = [(f'the digest "{each.key}"', each.scope) for each in settings.digests]
    scopes.append(("the setting baselines.projects", settings.baselines.projects))
    scopes += [
        (f"the account {each.address}", each.scope) for each in accounts.everybody(connection)
    ]
    for what, text in scopes:
        if text:
            yield what, "connection", list(_read(text))
    for standard in standards:
        own_name = "name" if standard.subject == "connection" else "connection"
        compared = [each for part in standard.conditions() for each in _compared(part)]
        yield f'the standard "{standard.id}"', own_name, compared


def _read(text: str) -> Iterator[tuple[str, str]]:
    try:
        yield from _compared(read(text))
    except LanguageError:
        return  # what cannot be read names nothing, and is told where it stands


def _compared(condition: Condition) -> Iterator[tuple[str, str]]:
    """Facts and the texts with which they are compared, within related records, too."""
    for part in children(condition):
        yield from _compared(part)
    if isinstance(condition, (Quantified, Count)):
        yield from _compared(condition.condition)
    elif isinstance(condition, (Compare, OneOf)):
        values = (condition.right,) if isinstance(condition, Compare) else condition.values
        for value in values:
            if isinstance(value, Literal) and isinstance(value.value, str):
                yield condition.left.name, ascii_small(value.value)


def _of_connection(connection: sa.Connection, id: int | None, names: set[str]) -> set[str]:
    """Those of these names that projects of a connection have."""
    if id is None or not names:
        return set()
    mine = sa.select(PROJECT.c.name).where(
        PROJECT.c.connection_id == id, PROJECT.c.gone_at.is_(None)
    )
    return names & {ascii_small(each or "") for each in connection.execute(mine).scalars()}
