"""What every standard must say of every planted row, worked out row by row.

The sentence is read by a person (`tests.rules.reading`), the facts are said a second time
(`of_tasks`, `of_others`), the days are counted one by one (`days`). Only two things are the
product's: the sentence as it was parsed, and the catalogue's word on which fields a fact needs.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sync_engine.rules import facts
from sync_engine.rules.standards import Standard
from tests.planted import of_connections, of_others, of_portfolios, of_tasks
from tests.planted.index import UNSEEN, Index
from tests.planted.of_tasks import UNKNOWN, Derived
from tests.planted.portfolio import Key, Portfolio, Row
from tests.rules.reading import Reading

DERIVED: dict[str, Mapping[str, Derived]] = {
    "task": of_tasks.TASK, "request": of_tasks.REQUEST, "project": of_others.PROJECT,
    "milestone": of_others.MILESTONE, "sprint": of_others.SPRINT, "person": of_others.PERSON,
    "dependency": of_others.DEPENDENCY, "approval": of_others.APPROVAL,
    "connection": of_connections.CONNECTION, "portfolio": of_portfolios.PORTFOLIO,
}  # fmt: skip
RELATED: dict[tuple[str, str], tuple[tuple[str, ...], Callable[[Index, Row], list[Row]]]] = {
    ("project", "task"): (
        ("task.project_id",), lambda x, r: x.in_project.get((r.connection_id, r.id), [])
    ),
    ("task", "linked_task"): (("link.type",), Index.linked),
}  # fmt: skip
"""By subject and relation: the fields that tell of it, and what is related."""


class Oracle(Reading):
    """Reads the standards of one portfolio."""

    def __init__(self, portfolio: Portfolio) -> None:
        super().__init__(portfolio.days)
        self.index = Index(portfolio)
        self._subject = ""
        self._row: Any = None
        self._held: dict[str, tuple[bool, Any]] = {}

    def value(self, row: Any, name: str) -> tuple[bool, Any]:
        """A fact, worked out once for a subject; what is related to one is a task."""
        if row is UNSEEN:
            return False, None
        if row is self._row:
            if name not in self._held:
                self._held[name] = self._value(self._subject, row, name)
            return self._held[name]
        return self._value("task", row, name)

    def _value(self, subject: str, row: Row, name: str) -> tuple[bool, Any]:
        fact = facts.of(subject)[name]
        if not self._tells(subject, row, fact.needs):
            return False, None
        derive = DERIVED[subject].get(name)
        value = getattr(row, fact.column or name) if derive is None else derive(self.index, row)
        if value is UNKNOWN or (value is None and fact.null == "unknown"):
            return False, None
        return True, value

    def _tells(self, subject: str, row: Row, needs: tuple[str, ...]) -> bool:
        if subject in ("person", "connection"):
            return True  # their facts say themselves who must tell
        members = row.members if subject == "portfolio" else (row,)
        if not all(self.index.places[each.connection_id].has(needs) for each in members):
            return False
        if subject not in ("task", "request"):
            return True
        project = self.index.projects.get((row.connection_id, row.project_id))
        lacking = [f"task.{name}" for name in (project.lacks or ())] if project is not None else []
        empty = {"task.assignee_ids": row.owner_id is None}
        return not any(
            need in lacking and empty.get(need, getattr(row, need[5:], 0) is None) for need in needs
        )

    def field(self, row: Any, name: str) -> tuple[bool, list[Any]]:
        """A custom field that the item has."""
        kind = "project" if self._subject == "project" and row is self._row else "task"
        if not self.index.places[row.connection_id].has((f"{kind}.custom",)):
            return False, []
        for entry in row.custom or ():
            if name.lower() in (entry["name"].lower(), entry["id"].lower()):
                value = entry["value"]
                return True, value if isinstance(value, list) else [] if value is None else [value]
        return False, []

    def related(self, row: Any, relation: str) -> list[Any] | None:
        """The tasks of a project, and those that a task is linked with."""
        needs, related = RELATED[self._subject, relation]
        return related(self.index, row) if self.index.places[row.connection_id].has(needs) else None

    def subjects(self, subject: str) -> Iterator[tuple[Key, Row]]:
        """All subjects of a kind."""
        index = self.index
        if subject == "person":
            yield from (
                ((row.id, ""), row) for row in index.all("identity")
                if any(a.kind == "human" for a in index.of_identity.get(row.id, ()))
            )  # fmt: skip
        elif subject == "connection":
            yield from (((row.id, ""), row) for row in index.all("connection"))
        elif subject == "portfolio":
            yield from (((0, row.id), row) for row in of_portfolios.portfolios(index))
        elif subject == "dependency":
            for row in index.all("link"):
                here = any(
                    (row.connection_id, end) in index.tasks for end in (row.from_id, row.to_id)
                )
                if row.type in ("blocks", "precedes") and here:
                    yield (row.connection_id, row.id), row
        else:
            kind = "task" if subject == "request" else subject
            for row in index.all(kind):
                if subject != "request" or of_tasks.is_request(index, row):
                    yield (row.connection_id, row.id), row

    def answers(self, standards: list[Standard]) -> dict[tuple[str, Key], bool | None]:
        """By standard and subject: flagged, met, None where not assessable; out of scope: nothing."""
        found: dict[tuple[str, Key], bool | None] = {}
        by_subject: dict[str, list[Standard]] = {}
        for standard in standards:
            by_subject.setdefault(standard.subject, []).append(standard)
        for subject, mine in by_subject.items():
            self._subject = subject
            for key, row in self.subjects(subject):
                self._row, self._held = row, {}
                for standard in mine:
                    scope = True if standard.scope is None else self.says(standard.scope, row)
                    if scope is False:
                        continue
                    flagged = self.says(standard.flag_when, row)
                    if scope is None and flagged is False:
                        continue  # surely not flagged, and perhaps not even asked about
                    found[standard.id, key] = None if scope is None else flagged
        return found
