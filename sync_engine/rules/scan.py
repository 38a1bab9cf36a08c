"""All standards of one subject in one scan.

The answer of each standard is two bits of a number: 0 out of scope, 1 met, 2 flagged, 3 not
assessable. The scan groups by these numbers, once by project and once by owner, so that what
comes back is small: totals, and the ids of flagged rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from sync_engine.rules.compile import compiled
from sync_engine.rules.dialect import Column, concatenated
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.sources import Frame, StoreSource
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import related
from sync_engine.rules.teams import Teams

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


@dataclass(slots=True)
class Answers:
    """What a scan found.

    Args:
        totals: by (standard, connection, project).
        teams: by (standard, team), of subjects that people own.
        people: by identity, likewise, by all standards together.
        flagged: by standard: the subjects that break it.
        own: by subject: its answers, where that was looked at by itself and is watched; None: none
            was looked at by itself.
        rows: how many subjects were looked at.
    """

    totals: dict[tuple[str, int, str | None], Counts] = field(default_factory=dict)
    teams: dict[tuple[str, str], Counts] = field(default_factory=dict)
    people: dict[int, Counts] = field(default_factory=dict)
    flagged: dict[str, list[Key]] = field(default_factory=dict)
    own: dict[Key, list[tuple[str, int]]] | None = None
    rows: int = 0

    def add(self, other: Answers) -> None:
        """Take over the answers of other standards, or of other subjects."""
        _add_all(self.totals, other.totals)
        _add_all(self.teams, other.teams)
        _add_all(self.people, other.people)
        for standard, keys in other.flagged.items():
            self.flagged.setdefault(standard, []).extend(keys)
        if other.own is not None:
            mine = self.own or {}
            self.own = mine | {key: [*mine.get(key, ()), *own] for key, own in other.own.items()}


def _add_all(mine: dict[Any, Counts], others: Mapping[Any, Counts]) -> None:
    for key, counts in others.items():
        held = mine.setdefault(key, [0, 0, 0])
        for position, count in enumerate(counts):
            held[position] += count


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


def rows_statement(frame: Frame, standards: Sequence[Standard]) -> tuple[sa.Select[Any], int]:
    """One row a subject: connection_id, id, project_id, owner_id and the words; how many words.

    The owner is an account; "" where nobody owns it, NULL where nobody can.
    """
    subject = standards[0].subject
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
    inner, count = rows_statement(frame, standards)
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
    """The rows of `scan_statement` as answers.

    Owners are added up by their words first, and only then told apart by standard: there are many
    owners, and few different answers.
    """
    found, memory = Answers(), _Memory(standards)
    people = standards[0].subject == "person"
    owners: dict[Any, int] = {}
    for is_owners, connection_id, place, *rest in rows:
        key = tuple(rest[:words])
        count, ids = rest[words:]
        if is_owners or people:
            who = connection_id if people else teams.whose(connection_id, place)
            owners[who, key] = owners.get((who, key), 0) + count
        if is_owners:
            continue
        found.rows += count
        for standard, code in memory[key]:
            _count(found.totals, (standard, connection_id, place), code, count)
        if ids and (listed := orjson.loads(ids) if isinstance(ids, str) else ids):
            keys = [(connection_id, id) for id in listed]
            for standard, code in memory[key]:
                if code == FLAGGED:
                    found.flagged.setdefault(standard, []).extend(keys)
    _add_owners(found, owners, memory, teams)
    return found


def _add_owners(found: Answers, owners: Mapping[Any, int], memory: _Memory, teams: Teams) -> None:
    """Add up what is owned, by (human, words), for the humans and for their teams."""
    of_teams: dict[Any, int] = {}
    for (who, key), count in owners.items():
        for _, code in memory[key]:
            _count(found.people, who, code, count)
        team = teams.of(who)
        of_teams[team, key] = of_teams.get((team, key), 0) + count
    for (team, key), count in of_teams.items():
        for standard, code in memory[key]:
            _count(found.teams, (standard, team), code, count)


def _count(sums: dict[Any, Counts], key: Any, code: int, count: int) -> None:
    sums.setdefault(key, [0, 0, 0])[code - 1] += count


class _Memory(dict[tuple[int, ...], list[tuple[str, int]]]):
    """What words say, each worked out once."""

    def __init__(self, standards: Sequence[Standard]) -> None:
        self.standards = standards

    def __missing__(self, words: tuple[int, ...]) -> list[tuple[str, int]]:
        self[words] = said = decoded(words, self.standards)
        return said


def each_row(
    rows: Iterable[Any], standards: Sequence[Standard]
) -> Iterator[tuple[Key, str | None, list[tuple[str, int]]]]:
    """The rows of `rows_statement`: subject, project, answers."""
    memory = _Memory(standards)
    for connection_id, id, project_id, _, *words in rows:
        yield (connection_id, id), project_id, memory[tuple(words)]
