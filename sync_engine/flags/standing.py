"""The flags that there are, as an assessment must look at them: some thousands at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sync_engine.flags.ledger import CHUNK, FLAG
from sync_engine.rules import facts
from sync_engine.rules.assessment import Assessment, Finding
from sync_engine.rules.dialect import pairs
from sync_engine.rules.evidence import chunks
from sync_engine.rules.joins import APPROVAL, LINK, MILESTONE, PROJECT, SPRINT, TASK
from sync_engine.rules.scan import Key

MANY = 5_000
"""Flags that are dealt with at a time."""

_RECORDS = {
    "task": TASK, "project": PROJECT, "milestone": MILESTONE, "sprint": SPRINT,
    "dependency": LINK, "approval": APPROVAL, "request": TASK,
}  # fmt: skip

_NARROW = (
    "id", "fingerprint", "standard", "subject", "connection_id", "subject_id", "state",
    "severity", "waived_until", "frozen_at", "frozen_why",
)  # fmt: skip
"""What is read of flags of which nothing was found: there may be very many."""

_LIVE = FLAG.c.state != "resolved"
FOUND, SEEN = 1, 2
"""How far a flag was dealt with: its subject breaks the standard; else whatever was to be said."""


def key_of(row: Any) -> Key:
    """A flag's subject as assessments name it."""
    if row.subject in ("person", "connection"):
        return int(row.subject_id), ""
    return row.connection_id or 0, row.subject_id


class Standing:
    """The flags of a store, and which of them an assessment has dealt with."""

    def __init__(self, connection: sa.Connection, assessment: Assessment) -> None:
        self.connection, self.assessment = connection, assessment
        newest = connection.execute(sa.select(sa.func.max(FLAG.c.id))).scalar_one() or 0
        self._dealt_with = bytearray(newest + 1)  # by the flag's number; later ones are new

    def note(self, row: Any, how: int) -> None:
        """A flag that was there is dealt with: `FOUND` or `SEEN`."""
        self._dealt_with[row.id] = how

    def named(self, marks: Iterable[str]) -> dict[str, Any]:
        """The flags of these names that there are, whole."""
        wanted, found = sorted(marks), {}
        for start in range(0, len(wanted), CHUNK):
            rows = self.connection.execute(
                sa.select(FLAG).where(FLAG.c.fingerprint.in_(wanted[start : start + CHUNK]))
            )
            found.update({row.fingerprint: row for row in rows})
        return found

    def rest(self) -> Iterator[list[Any]]:
        """The live flags that were not found, as far as this assessment may change them."""
        tasks = self.assessment.tasks
        if tasks is None:
            yield from self._every()
            return
        yield self._unseen(FLAG.c.subject.in_([s for s in facts.SUBJECTS if s != "task"]))
        only = pairs(self.connection.dialect.name)
        of_these = sa.and_(
            FLAG.c.subject == "task",
            FLAG.c.connection_id == only.c.connection_id,
            FLAG.c.subject_id == only.c.id,
        )
        for document in chunks(sorted(tasks)):
            yield self._unseen(of_these, document=document)
        for condition in self._ended():
            yield self._unseen(condition)

    def _every(self) -> Iterator[list[Any]]:
        """All live flags that were there before, by their numbers."""
        there = range(1, len(self._dealt_with))
        for start in there[::MANY]:
            yield self._unseen(FLAG.c.id.between(start, min(start + MANY, len(there) + 1) - 1))

    def _ended(self) -> Iterator[sa.ColumnElement[bool]]:
        """Flags that end whatever their subject is like by now."""
        for column, known in (
            (FLAG.c.standard, self.assessment.standards),
            (FLAG.c.connection_id, self.assessment.connections),
        ):
            used = self.connection.execute(sa.select(column).where(_LIVE).distinct()).scalars()
            yield column.in_([each for each in used if each is not None and each not in known])
        yield sa.and_(FLAG.c.state == "waived", FLAG.c.waived_until < self.assessment.day)

    def _unseen(self, *where: sa.ColumnElement[bool], **bound: str) -> list[Any]:
        """Live flags that were not dealt with so far, in few columns."""
        named = (FLAG.c[each] for each in _NARROW)
        rows = self.connection.execute(sa.select(*named).where(_LIVE, *where), bound)
        return [row for row in rows if not self._how(row.id)]

    def _how(self, id: int) -> int:
        """How far a flag was dealt with."""
        return self._dealt_with[id] if id < len(self._dealt_with) else FOUND

    def lost(self, absent: Mapping[str, Iterable[Key]]) -> set[tuple[str, Key]]:
        """Of the subjects that are not there: those that we may no longer see."""
        ids: dict[tuple[str, int], list[str]] = {}
        for subject, keys in absent.items():
            for connection_id, id in keys:
                if subject in _RECORDS:
                    ids.setdefault((subject, connection_id), []).append(id)
        found = set()
        for (subject, connection_id), these in ids.items():
            target = _RECORDS[subject]
            for start in range(0, len(these), CHUNK):
                gone = self.connection.execute(
                    sa.select(target.c.id).where(
                        target.c.connection_id == connection_id,
                        target.c.id.in_(these[start : start + CHUNK]),
                        target.c.gone_reason == "access_lost",
                    )
                ).scalars()
                found |= {(subject, (connection_id, id)) for id in gone}
        return found

    def waived(self) -> Iterator[Finding]:
        """What was found, of the flags that are waived by now."""
        keys: dict[str, dict[Key, str]] = {}
        named = (FLAG.c[each] for each in _NARROW)
        for row in self.connection.execute(sa.select(*named).where(FLAG.c.state == "waived")):
            if self._how(row.id) == FOUND:
                keys.setdefault(row.standard, {})[key_of(row)] = row.subject
        for standard, subjects in keys.items():
            for key, item in self.assessment.items(standard, subjects).items():
                yield Finding(standard, subjects[key], key, item)
