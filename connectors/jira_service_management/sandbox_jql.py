"""The JQL that the connector asks, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.jira_service_management.sandbox_words import epoch_ms
from connectors.sdk.records import Task

CLAUSE = re.compile(
    r"project in \((?P<projects>[\d, ]+)\)|(?P<kind>projectType = service_desk)"
    r"|(?P<moment>created|updated) (?P<operator>>=|<) (?P<number>-?\d+)"
    r"|\(updated >= (?P<either>-?\d+) OR statusCategory != Done\)"
)
ORDER = re.compile(r"(created|updated|key) ASC(?:, key ASC)?")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class BadJql(Exception):
    """Jira does not understand the question."""


Test = Callable[[Task], bool]


@dataclass(slots=True)
class Query:
    """A parsed question: what a task has to meet, and the order."""

    order: str
    projects: frozenset[str] | None = None
    service_desks: bool = False
    tests: list[Test] = field(default_factory=list)

    def place(self, task: Task) -> tuple[Any, ...]:
        """Where a task stands in the order."""
        prefix, _, number = (task.key or "X-0").rpartition("-")
        key = (prefix, int(number))
        return key if self.order == "key" else (moment_of(task, self.order), *key)


def moment_of(task: Task, name: str) -> int:
    """When a task was created or updated, in milliseconds."""
    at = task.created_at if name == "created" else task.updated_at or task.created_at
    return epoch_ms(at or LONG_AGO)


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
        if clause["projects"]:
            query.projects = frozenset(re.findall(r"\d+", clause["projects"]))
        elif clause["kind"]:
            query.service_desks = True
        elif clause["either"]:
            query.tests.append(_either(int(clause["either"])))
        else:
            query.tests.append(_bound(clause["moment"], clause["operator"], int(clause["number"])))
    return query


def _either(since: int) -> Test:
    return lambda task: (
        moment_of(task, "updated") >= since or task.status not in ("done", "cancelled")
    )


def _bound(moment: str, operator: str, number: int) -> Test:
    if operator == ">=":
        return lambda task: moment_of(task, moment) >= number
    return lambda task: moment_of(task, moment) < number
