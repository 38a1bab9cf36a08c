"""All standards of one subject in one scan.

The answer of each standard is two bits of a number: 0 out of scope, 1 met, 2 flagged, 3 not
assessable. The scan groups by these numbers, once by project and once by owner, so that what
comes back is small: totals, and the ids of flagged rows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.compile import compiled
from sync_engine.rules.dialect import Column, concatenated
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.sources import Frame, StoreSource
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import related
from sync_engine.rules.teams import Teams

_T = TypeVar("_T")

OUT, MET, FLAGGED, UNKNOWN = range(4)
PER_WORD = 30
LOW_BITS = sum(1 << (2 * position) for position in range(PER_WORD))

MOST_RELATED = 24
"""Conditions on related records in one scan. Each is a join, the facts in use are up to thirty
more, and SQLite joins 64 tables at most."""

Key = tuple[int, str]
"""A subject: connection and id; people stand as (identity, ""), portfolios as (0, key)."""


Counts = list[int]
"""How many met a standard, were flagged, could not be assessed."""
Place = tuple[int | None, str | None]
"""Connection and project; people and portfolios are in no connection."""
Told = list[tuple[str, int]]
"""Standards with their answers for a subject, those out of scope left out."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Subjects of one connection that break the same standards: their ids as the JSON list that the
    database wrote, far smaller than as many keys."""

    connection_id: int
    standards: tuple[str, ...]
    ids: str | bytes

    def subjects(self) -> list[Key]:
        """Which they are."""
        return [(self.connection_id, id) for id in orjson.loads(self.ids)]


class Answers:
    """What a scan found, held in few bytes: there are many projects, and many flags.

    Args:
        standards: what it asked, in order.

    Attributes:
        places: by place: three counts for each standard, one after the other.
        teams: likewise by team, of subjects that people own.
        people: by identity, all standards together.
        flagged: the subjects that break some standard.
        own: by subject, its answers, where subjects were looked at one by one; None: they were
            not.
        rows: how many subjects were looked at.
    """

    def __init__(self, standards: Sequence[Standard]) -> None:
        self.standards = [standard.id for standard in standards]
        self.subject = standards[0].subject
        self.places: dict[Place, array[int]] = {}
        self.teams: dict[str, array[int]] = {}
        self.people: dict[int, Counts] = {}
        self.flagged: list[Alike] = []
        self.own: dict[Key, Told] | None = None
        self.rows = 0

    def by_place(self) -> Iterator[tuple[Place, str, Counts]]:
        """Places and standards, with how many met them, were flagged, could not be assessed."""
        return self._counts(self.places)

    def by_team(self) -> Iterator[tuple[str, str, Counts]]:
        """Likewise teams and standards."""
        return self._counts(self.teams)

    def by_standard(self) -> dict[str, Counts]:
        """Likewise the standards, in all places together."""
        sums = {id: [0, 0, 0] for id in self.standards}
        for _, standard, counts in self.by_place():
            sums[standard] = [a + b for a, b in zip(sums[standard], counts, strict=True)]
        return sums

    def _counts(self, held: Mapping[_T, array[int]]) -> Iterator[tuple[_T, str, Counts]]:
        for key, counts in held.items():
            for position, standard in enumerate(self.standards):
                own = counts[3 * position : 3 * position + 3]
                if any(own):
                    yield key, standard, own.tolist()


def _answer(standard: Standard, source: StoreSource, position: int) -> Column:
    """The standard's answer for a row, at its place in the word.

    Scope and condition are one conjunction in Kleene's logic: a row whose condition is surely
    false is not flagged, though its scope be unknown. It is then counted as out of scope.
    """

    def at(code: int) -> Column:
        return sa.literal_column(str(code << (2 * position)))

    condition = compiled(standard.flag_when, source)
    in_scope = sa.case(
        (sa.true(), at(FLAGGED)), (sa.false(), at(MET)), value=condition, else_=at(UNKNOWN)
    )
    if standard.scope is None:
        return in_scope
    scope = compiled(standard.scope, source)
    undecided = sa.case((sa.false(), at(OUT)), value=condition, else_=at(UNKNOWN))
    return sa.case((sa.false(), at(OUT)), (sa.true(), in_scope), value=scope, else_=undecided)


def scans(standards: Iterable[Standard]) -> Iterator[list[Standard]]:
    """The standards of one subject, by the scan in which they are assessed: one, mostly."""
    held: list[Standard] = []
    count = 0
    for standard in standards:
        own = related(standard.flag_when) + (related(standard.scope) if standard.scope else 0)
        if held and count + own > MOST_RELATED:
            yield held
            held, count = [], 0
        held.append(standard)
        count += own
    if held:
        yield held


def rows_statement(
    frame: Frame, subject: str, standards: Sequence[Standard]
) -> tuple[sa.Select[Any], int]:
    """One row a subject: connection_id, id, project_id, owner_id and the words; how many words.
    Without standards it tells which subjects there are.

    The owner is an account; "" where nobody owns it, NULL where nobody can.
    """
    source = source_of(frame, subject)
    words: list[Column] = []
    for start in range(0, len(standards), PER_WORD):
        part = standards[start : start + PER_WORD]
        summands = [_answer(standard, source, at) for at, standard in enumerate(part)]
        total: Column = summands[0]
        for summand in summands[1:]:
            total = total + summand
        words.append(sa.cast(total, sa.BigInteger).label(f"word_{len(words)}"))
    base = source.base.c
    if subject == "portfolio":
        keys = [base.nowhere.label("connection_id"), base.id.label("id"), sa.null(), sa.null()]
    elif subject in ("person", "connection"):
        keys = [base.id.label("connection_id"), sa.literal("").label("id"), sa.null(), sa.null()]
    else:
        project = base.id if subject == "project" else base.project_id
        owner = sa.func.coalesce(base.owner_id, "") if "owner_id" in base else sa.null()
        keys = [base.connection_id.label("connection_id"), base.id.label("id"), project, owner]
    keys[2] = sa.type_coerce(keys[2], sa.Text()).label("project_id")
    keys[3] = sa.type_coerce(keys[3], sa.Text()).label("owner_id")
    live = source.live()
    return sa.select(*keys, *words).select_from(source.origin).where(live), len(words)


def scan_statement(
    frame: Frame, standards: Sequence[Standard]
) -> tuple[sa.CompoundSelect[Any], int]:
    """Every subject looked at once, and counted twice.

    Rows: whether it counts owners; connection, project or owner, the words; how many subjects, and
    the ids of those that are flagged. Counted by project and owner at once there would be almost
    as many groups as subjects.
    """
    inner, count = rows_statement(frame, standards[0].subject, standards)
    answers = inner.cte("answers")  # used twice, so both databases keep its rows
    words = [answers.c[f"word_{n}"] for n in range(count)]
    flagged = concatenated(
        answers.c.id, sa.or_(*(_any_flagged(word) for word in words)), frame.dialect
    )

    def counted(owners: bool) -> sa.Select[Any]:
        by = [answers.c.connection_id, answers.c.owner_id if owners else answers.c.project_id]
        return sa.select(
            sa.literal(owners).label("owners"),
            *by,
            *words,
            sa.func.count().label("rows"),
            sa.null() if owners else flagged,
        ).group_by(*by, *words)

    return sa.union_all(counted(False), counted(True).where(answers.c.owner_id.is_not(None))), count


def _any_flagged(word: Column) -> sa.ColumnElement[bool]:
    """Some pair of bits is 10."""
    mask: Column = sa.literal_column(str(LOW_BITS))
    high = word.bitwise_rshift(sa.literal_column("1"))
    found: sa.ColumnElement[bool] = high.bitwise_and(word.bitwise_not()).bitwise_and(
        mask
    ) != sa.literal_column("0")
    return found


def decoded(words: Sequence[int], standards: Sequence[Standard]) -> list[tuple[str, int]]:
    """The answers in a row's words, those out of scope left out."""
    found = []
    for position, standard in enumerate(standards):
        word, place = divmod(position, PER_WORD)
        code = (words[word] >> (2 * place)) & 3
        if code != OUT:
            found.append((standard.id, code))
    return found


def collect(
    rows: Iterable[Any], standards: Sequence[Standard], words: int, teams: Teams
) -> Answers:
    """The rows of `scan_statement` as answers."""
    found, memory = Answers(standards), _Memory(standards)
    shared, people = found.subject in facts.SHARED, found.subject == "person"
    of_teams: dict[tuple[str, tuple[int, ...]], int] = {}
    for is_owners, connection_id, place, *rest in rows:
        key = tuple(rest[:words])
        count, ids = rest[words:]
        if is_owners or people:
            who = connection_id if people else teams.whose(connection_id, place)
            held = found.people.setdefault(who, [0, 0, 0])
            for code, many in enumerate(memory[key].many):
                held[code] += many * count
            team = (teams.of(who), key)  # told apart by standard when all are added up
            of_teams[team] = of_teams.get(team, 0) + count
        if not is_owners:
            found.rows += count
            where = (None, None) if shared else (connection_id, place or None)
            _add(found.places, where, memory[key], count, found.standards)
            if ids and memory[key].flagged:
                found.flagged.append(Alike(connection_id, memory[key].flagged, ids))
    for (team_name, key), count in of_teams.items():
        _add(found.teams, team_name, memory[key], count, found.standards)
    return found


def _add(
    sums: dict[Any, array[int]], key: Any, said: _Said, count: int, standards: Sequence[str]
) -> None:
    held = sums.get(key)
    if held is None:
        held = sums[key] = array("I", bytes(array("I").itemsize * 3 * len(standards)))
    for at in said.places:
        held[at] += count


@dataclass(frozen=True, slots=True)
class _Said:
    """What words say.

    Args:
        told: standards with their answers.
        flagged: the standards that are broken.
        places: where they count among all standards' counts.
        many: how many standards are met, broken, not assessable.
    """

    told: Told
    flagged: tuple[str, ...]
    places: array[int]
    many: Counts


class _Memory(dict[tuple[int, ...], _Said]):
    """What words say, each worked out once."""

    def __init__(self, standards: Sequence[Standard]) -> None:
        self.standards = standards
        self.at = {standard.id: 3 * n - 1 for n, standard in enumerate(standards)}

    def __missing__(self, words: tuple[int, ...]) -> _Said:
        told = decoded(words, self.standards)
        many = [0, 0, 0]
        for _, code in told:
            many[code - 1] += 1
        flagged = tuple(standard for standard, code in told if code == FLAGGED)
        places = array("I", (self.at[standard] + code for standard, code in told))
        self[words] = said = _Said(told, flagged, places, many)
        return said


def each_row(rows: Iterable[Any], standards: Sequence[Standard]) -> Iterator[tuple[Key, Told]]:
    """The rows of `rows_statement`: subject and answers."""
    memory = _Memory(standards)
    for connection_id, id, _, _, *words in rows:
        yield (connection_id, id), memory[tuple(words)].told


def one_by_one(rows: Iterable[Any], standards: Sequence[Standard]) -> Answers:
    """The rows of `rows_statement` as answers: nothing is counted, each is kept by itself."""
    found, memory, own = Answers(standards), _Memory(standards), dict[Key, Told]()
    broken: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for connection_id, id, _, _, *words in rows:
        said = memory[tuple(words)]
        own[connection_id, id] = said.told
        if said.flagged:
            broken.setdefault((connection_id, said.flagged), []).append(id)
    for (connection_id, flagged), ids in broken.items():
        found.flagged.append(Alike(connection_id, flagged, orjson.dumps(ids)))
    found.own, found.rows = own, len(own)
    return found
