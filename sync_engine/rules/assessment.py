"""What an assessment found, read from the store as it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain, islice

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import pairs
from sync_engine.rules.evidence import CHUNK, Describer, Item, chunks, items
from sync_engine.rules.scan import (
    Alike,
    Answers,
    Counts,
    Key,
    Told,
    each_row,
    rows_statement,
    scans,
)
from sync_engine.rules.sources import Frame
from sync_engine.rules.standards import Standard
from sync_engine.rules.teams import Teams


@dataclass(frozen=True, slots=True)
class Finding:
    """A subject that breaks a standard."""

    standard: str
    subject: str
    key: Key
    item: Item


@dataclass(frozen=True, slots=True)
class Total:
    """How the subjects of one project fared by one standard."""

    standard: str
    connection_id: int | None
    project_id: str | None
    met: int
    flagged: int
    unknown: int


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What an assessment found. It holds few bytes of each project and each flag; the rest it
    reads as it is asked for, from the state of the store that was assessed, so it lasts as long as
    its connection.

    Args:
        connection, frame: the store, as it was assessed.
        tasks: those that were looked at; None: every subject was.
        scanned: by subject: the answers.
        missing: by (standard, connection): the facts that its tool does not provide.
        slow: standards that were stopped because they ran over their time.
        runs: by connection: the last run whose rows were looked at.
        baselines: the last change of baselines that was looked at.
    """

    connection: sa.Connection
    frame: Frame
    standards: Mapping[str, Standard]
    fingerprint: str
    tasks: frozenset[Key] | None
    scanned: Mapping[str, Sequence[Answers]]
    teams: Teams = field(default_factory=Teams)
    missing: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    slow: frozenset[str] = frozenset()
    runs: Mapping[int, int] = field(default_factory=dict)
    baselines: int = 0

    @property
    def full(self) -> bool:
        """Every subject was looked at, not only those that changed."""
        return self.tasks is None

    @property
    def moment(self) -> Moment:
        """For which it holds."""
        return self.frame.moment

    @property
    def day(self) -> date:
        """The day for which it holds."""
        return self.moment.today

    @property
    def rows(self) -> int:
        """How many subjects were looked at."""
        return sum(max(each.rows for each in parts) for parts in self.scanned.values())

    @property
    def connections(self) -> Mapping[int, str]:
        """The names of those there are."""
        return {each.id: each.name for each in self.frame.connections}

    @cached_property
    def stale(self) -> frozenset[int]:
        """Connections whose last complete read is too long ago to resolve or raise anything."""
        return frozenset(each.id for each in self.frame.connections if not each.fresh)

    @cached_property
    def unread(self) -> frozenset[int]:
        """Those of them that nothing reads: they are not in force."""
        return frozenset(each.id for each in self.frame.connections if not each.read)

    # -- counted, by full assessments only -----------------------------------------------------

    @cached_property
    def sums(self) -> Mapping[str, Counts]:
        """By standard: how all fared."""
        return {id: counts for each in self._all() for id, counts in each.by_standard().items()}

    def totals(self) -> Iterator[Total]:
        """How the projects fared, one by one."""
        for each in self._all():
            for (connection_id, project_id), standard, counts in each.by_place():
                yield Total(standard, connection_id, project_id, *counts)

    def of_teams(self) -> Iterator[tuple[str, str, Counts]]:
        """Standards and teams, and how what the team owns fared."""
        for each in self._all():
            for team, standard, counts in each.by_team():
                yield standard, team, counts

    def of_people(self) -> Mapping[int, Counts]:
        """By identity: how what they own fared, by all standards together."""
        sums: dict[int, Counts] = {}
        for each in self._all():
            for who, counts in each.people.items():
                held = sums.setdefault(who, [0, 0, 0])
                sums[who] = [a + b for a, b in zip(held, counts, strict=True)]
        return sums

    def _all(self) -> Iterator[Answers]:
        return chain.from_iterable(self.scanned.values())

    # -- subject by subject ----------------------------------------------------------------------

    def findings(self) -> Iterator[list[Finding]]:
        """All that breaks a standard, some thousands at a time."""
        for subject, found in self.scanned.items():
            for flagged in chain.from_iterable(map(self._apart, found)):
                describer = self._describer(subject, flagged)
                for batch in _batches(flagged):
                    yield [
                        Finding(standard, subject, key, item)
                        for key, item in describer.batch(batch)
                        for standard in batch[key]
                    ]

    def _apart(self, answers: Answers) -> list[list[Alike]]:
        """What breaks some standard that counts related tasks, apart from what does not: counting
        takes a look at all tasks for every batch."""
        counting = {id for id in answers.standards if self.standards[id].counted}
        apart: dict[bool, list[Alike]] = {False: [], True: []}
        for each in answers.flagged:
            apart[not counting.isdisjoint(each.standards)].append(each)
        return [flagged for flagged in apart.values() if flagged]

    def _describer(self, subject: str, flagged: Sequence[Alike]) -> Describer:
        flagging = {id for each in flagged for id in each.standards}
        mine = [self.standards[id] for id in sorted(flagging)]
        refs = {(ref.name, ref.is_field): ref for standard in mine for ref in standard.refs()}
        worse = {s.id: s.escalate.when for s in mine if s.escalate and s.escalate.when}
        counted = {each.words: each for standard in mine for each in standard.counted}
        return Describer(
            self.connection, self.frame, subject, list(refs.values()), worse,
            list(counted.values()),
        )  # fmt: skip

    def flagged(self, standard: str) -> set[Key]:
        """The subjects that break a standard."""
        return {
            key for answers in self._all() for each in answers.flagged
            if standard in each.standards for key in each.subjects()
        }  # fmt: skip

    def items(self, standard: str, keys: Iterable[Key]) -> dict[Key, Item]:
        """Some subjects of a standard as its flags would keep them."""
        chosen = self.standards[standard]
        return items(self.connection, self.frame, chosen.subject, keys, chosen.refs())

    def looked(self, subject: str, key: Key) -> bool:
        """Whether this subject was looked at, be it there or not."""
        return subject in self.scanned and (
            subject != "task" or self.tasks is None or key in self.tasks
        )

    def answers(self, subject: str, keys: Iterable[Key]) -> dict[Key, dict[str, int]]:
        """The answers of some subjects that were looked at, by standard: codes of `scan`.

        A subject that is missing is not there; a standard that is missing was stopped, or the
        subject is out of its scope.
        """
        wanted = set(keys)
        own = [each.own for each in self.scanned[subject] if each.own is not None]
        told: Iterable[tuple[Key, Told]]
        if own:
            told = ((key, each[key]) for each in own for key in wanted if key in each)
        else:
            told = self._read(subject, sorted(wanted))
        found: dict[Key, dict[str, int]] = {}
        for key, said in told:
            found.setdefault(key, {}).update(said)
        return found

    def _read(self, subject: str, keys: Sequence[Key]) -> Iterator[tuple[Key, Told]]:
        frame = replace(self.frame, only=pairs(self.frame.dialect))
        mine = [s for s in self.standards.values() if s.subject == subject]
        sound = [standard for standard in mine if standard.id not in self.slow]
        for together in list(scans(sound)) or [[]]:
            statement, _ = rows_statement(frame, subject, together)
            for document in chunks(keys):
                rows = self.connection.execute(statement, {"document": document})
                yield from each_row(rows, together)


def _batches(flagged: Iterable[Alike]) -> Iterator[dict[Key, tuple[str, ...]]]:
    """Subjects with the standards that they break, as many at a time as are described at once."""
    every = ((key, each.standards) for each in flagged for key in each.subjects())
    while batch := dict(islice(every, CHUNK)):
        yield batch
