"""What every standard must say of every planted row, worked out row by row.

The sentence is read by a person (`tests.rules.reading`), the facts are said a second time
(`of_tasks`, `of_others`), the days are counted one by one (`days`). Only two things are the
product's: the sentence as it was parsed, and the catalogue's word on which fields a fact needs.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sync_engine.rules import facts
from sync_engine.rules.standards import Standard
from tests.planted import of_connections, of_others, of_tasks
from tests.planted.index import Index
from tests.planted.of_tasks import UNKNOWN, Derived
from tests.planted.portfolio import Key, Portfolio, Row
from tests.rules.reading import Reading

DERIVED: dict[str, Mapping[str, Derived]] = {
    "task": of_tasks.TASK, "request": of_tasks.REQUEST, "project": of_others.PROJECT,
    "milestone": of_others.MILESTONE, "sprint": of_others.SPRINT, "person": of_others.PERSON,
    "dependency": of_others.DEPENDENCY, "approval": of_others.APPROVAL,
    "connection": of_connections.CONNECTION,
}  # fmt: skip
Said = tuple[bool | None, bool | None]
"""Whether a subject is in scope, and whether what the standard flags holds of it."""


class Oracle(Reading):
    """Reads the standards of one portfolio."""

    def __init__(self, portfolio: Portfolio) -> None:
        super().__init__(portfolio.days)
        self.index = Index(portfolio)
        self._subject = ""
        self._held: dict[str, tuple[bool, Any]] = {}

    def value(self, row: Any, name: str) -> tuple[bool, Any]:
        """A fact, worked out once for a subject."""
        if name not in self._held:
            self._held[name] = self._value(row, name)
        return self._held[name]

    def _value(self, row: Row, name: str) -> tuple[bool, Any]:
        fact = facts.of(self._subject)[name]
        if self._subject not in ("person", "connection") and not self._tells(row, fact.needs):
            return False, None
        derive = DERIVED[self._subject].get(name)
        value = getattr(row, fact.column or name) if derive is None else derive(self.index, row)
        if value is UNKNOWN or (value is None and fact.null == "unknown"):
            return False, None
        return True, value

    def _tells(self, row: Row, needs: tuple[str, ...]) -> bool:
        if not self.index.places[row.connection_id].has(needs):
            return False
        if self._subject not in ("task", "request"):
            return True
        project = self.index.projects.get((row.connection_id, row.project_id))
        lacking = [f"task.{name}" for name in (project.lacks or ())] if project is not None else []
        empty = {"task.assignee_ids": row.owner_id is None}
        return not any(
            need in lacking and empty.get(need, getattr(row, need[5:], 0) is None) for need in needs
        )

    def field(self, row: Any, name: str) -> tuple[bool, list[Any]]:
        """A custom field that the item has."""
        kind = "project" if self._subject == "project" else "task"
        if not self.index.places[row.connection_id].has((f"{kind}.custom",)):
            return False, []
        for entry in row.custom or ():
            if name.lower() in (entry["name"].lower(), entry["id"].lower()):
                value = entry["value"]
                return True, value if isinstance(value, list) else [] if value is None else [value]
        return False, []

    def related(self, row: Any, relation: str) -> list[Any] | None:
        """No shipped standard asks about related records."""
        raise NotImplementedError(relation)

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
                self._held = {}
                for standard in mine:
                    scope = True if standard.scope is None else self.says(standard.scope, row)
                    if scope is False:
                        continue
                    flagged = self.says(standard.flag_when, row)
                    if scope is None and flagged is False:
                        continue  # surely not flagged, and perhaps not even asked about
                    found[standard.id, key] = None if scope is None else flagged
        return found
