"""The JQL that the connector asks, and nothing else: an order over an index, no scan of issues."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.jira.sandbox_words import epoch_ms
from connectors.sdk.records import Task

CLAUSE = re.compile(r"(project|id|key) in \(([^()]*)\)|(created|updated) (>=|<) (-?\d+)")
ORDER = re.compile(r"(created|updated|key) ASC(?:, key ASC)?")


class BadJql(Exception):
    """Jira does not understand the question."""


@dataclass(slots=True)
class Query:
    """A parsed question. Bounds are milliseconds; `low` counts, `high` does not."""

    order: str
    sets: dict[str, frozenset[str]] = field(default_factory=dict)
    low: dict[str, int] = field(default_factory=dict)
    high: dict[str, int] = field(default_factory=dict)


def parse(jql: str) -> Query:
    """Read a question; raises `BadJql` for anything that the connector does not ask."""
    where, _, order = jql.partition(" ORDER BY ")
    sorted_by = ORDER.fullmatch(order) if order else None
    if order and sorted_by is None:
        raise BadJql(f"Error in the JQL Query: The order '{order}' is not supported here.")
    query = Query(sorted_by[1] if sorted_by else "key")
    if not where.strip():
        raise BadJql("Unbounded JQL queries are not allowed here. Please add a search restriction.")
    for part in where.split(" AND "):
        clause = CLAUSE.fullmatch(part)
        if clause is None:
            raise BadJql(f"Error in the JQL Query: Expecting a clause but got '{part}'.")
        name, listed, moment, operator, number = clause.groups()
        if name:
            query.sets[name] = frozenset(filter(None, re.split(r"[\s,\"]+", listed)))
        elif operator == ">=":
            query.low[moment] = max(int(number), query.low.get(moment, int(number)))
        else:
            query.high[moment] = min(int(number), query.high.get(moment, int(number)))
    return query


@dataclass(frozen=True, slots=True)
class Row:
    """What the index knows of an issue."""

    id: str
    key: tuple[str, int]
    project: str
    created: int
    updated: int


class Index:
    """The issues of a sandbox by project, each project by creation, by update and by key."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        projects: dict[str, list[Row]] = {}
        self.rows: dict[str, Row] = {}
        for task in tasks:
            prefix, _, number = (task.key or "X-0").rpartition("-")
            place = (prefix, int(number) if number.isdecimal() else 0)
            created = epoch_ms(task.created_at) if task.created_at else 0
            updated = epoch_ms(task.updated_at) if task.updated_at else created
            row = Row(task.id, place, task.project_id or "", created, updated)
            projects.setdefault(row.project, []).append(row)
            self.rows[row.id] = row
        self.ordered = {
            name: {project: sorted(rows, key=by) for project, rows in projects.items()}
            for name, by in ORDERS.items()
        }

    def find(self, query: Query, visible: Collection[str]) -> list[str]:
        """Ids of the issues in these projects that answer a question, in its order."""
        asked = query.sets.get("project", visible)
        unknown = [each for each in asked if each not in visible]
        if unknown:
            raise BadJql(f"The value '{unknown[0]}' does not exist for the field 'project'.")
        rows: list[Row] = []
        ordered: Mapping[str, list[Row]] = self.ordered[query.order]
        by = ORDERS[query.order]
        for project in sorted(asked):
            held = ordered.get(project, [])
            if query.order in query.low:
                low = query.low[query.order]
                held = held[bisect_left(held, (low,), key=by) :]
            rows += held
        rows.sort(key=by)
        return [row.id for row in rows if _fits(row, query)]


def _fits(row: Row, query: Query) -> bool:
    if any(getattr(row, name) < low for name, low in query.low.items()):
        return False
    if any(getattr(row, name) >= high for name, high in query.high.items()):
        return False
    ids, keys = query.sets.get("id"), query.sets.get("key")
    return (ids is None or row.id in ids) and (keys is None or f"{row.key[0]}-{row.key[1]}" in keys)


Place = tuple[Any, ...]
ORDERS: dict[str, Callable[[Row], Place]] = {
    "created": lambda row: (row.created, *row.key),
    "updated": lambda row: (row.updated, *row.key),
    "key": lambda row: ("", *row.key),
}
