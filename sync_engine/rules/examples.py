"""A standard's test of itself: its examples, evaluated by the same compiler as the store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.dialect import Column, FieldRows, Truth, list_entries, list_length
from sync_engine.rules.facts import LINK, Fact
from sync_engine.rules.language import words_of
from sync_engine.rules.pack import Pack
from sync_engine.rules.sources import Frame, Measures, Tally, Value
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import Ref
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Problem
from sync_engine.store.types import Json, UTCDateTime

MOMENT = Moment(datetime(2026, 3, 18, 12, tzinfo=UTC), ZoneInfo("UTC"))
"""When examples happen: a Wednesday noon, in a calendar that knows week-ends only."""

_AGO = re.compile(r"(\d{1,4}) (hours?|days?|working days?|weeks?) ago")
_AHEAD = re.compile(r"in (\d{1,4}) (hours?|days?|working days?|weeks?)")
_EFFORT = re.compile(r"(\d+(?:\.\d+)?) (minutes?|hours?|days?)")
_FACTORS = {"minute": 1, "hour": 60, "day": 480}
_MANY = {"subtasks": "subtask", "linked_tasks": "linked_task", "blocking_tasks": "blocker",
         "tasks": "task"}  # fmt: skip
_PER = re.compile(r"(?:count|share|sum)_(per_(?:owner|project))")
ANSWERS = {True: "flagged", False: "met", None: "not assessable"}


class ExampleError(ValueError):
    """An example that says nothing a subject could be."""


@dataclass
class _Table:
    """The facts of some examples as a table: value and "is known" per fact."""

    subject: str
    table: sa.Table
    linked: bool = False
    children: dict[str, _Table] = field(default_factory=dict)


def check(pack: Pack) -> list[Problem]:
    """Every example that does not come out as it says, with its place."""
    problems = []
    benches: dict[str, Bench] = {}
    try:
        for number, (entry, standard) in enumerate(zip(pack.entries, pack.standards, strict=True)):
            bench = benches.setdefault(standard.subject, Bench(standard.subject))
            expected = {
                "flags": (entry.examples.flags, True),
                "passes": (entry.examples.passes, False),
                "not_assessable": (entry.examples.not_assessable, None),
            }
            for kind, (examples, answer) in expected.items():
                for position, example in enumerate(examples):
                    path = ("standards", number, "examples", kind, position)
                    if told := _wrong(bench, standard, example, answer):
                        problems.append(Problem(told, pack.source.place(path)))
    finally:
        for bench in benches.values():
            bench.close()
    return problems


def _wrong(
    bench: Bench, standard: Standard, example: Mapping[str, Any], expected: bool | None
) -> str | None:
    try:
        found, scope = bench.answer(standard, example)
    except ExampleError as error:
        return f'example of "{standard.id}": {error}'
    if found is expected and (expected is not False or scope is True):
        return None
    told = ANSWERS[found] if scope is not False else "out of scope"
    return f'example of "{standard.id}": expected {ANSWERS[expected]}, found {told}'


class Bench:
    """Examples of one subject, evaluated in a database of their own."""

    def __init__(self, subject: str) -> None:
        metadata = sa.MetaData()
        self._held = _declare(metadata, subject, "subject")
        self._engine = sa.create_engine("sqlite://")
        self._tables = metadata.sorted_tables
        self._statements: dict[str, sa.Executable] = {}
        metadata.create_all(self._engine)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def answer(
        self, standard: Standard, example: Mapping[str, Any]
    ) -> tuple[bool | None, bool | None]:
        """What a standard says of an example: is it flagged, is it in scope."""
        if standard.id not in self._statements:
            self._statements[standard.id] = self._statement(standard)
        with self._engine.begin() as connection:
            for table in self._tables:
                connection.execute(sa.delete(table))
            _insert(connection, self._held, example, 1)
            row = connection.execute(self._statements[standard.id]).one()
        return row[0], row[1]

    def _statement(self, standard: Standard) -> sa.Executable:
        source = _ExampleSource(Frame(MOMENT, "sqlite"), self._held)
        scope = sa.true() if standard.scope is None else compiled(standard.scope, source)
        both = sa.and_(scope, compiled(standard.flag_when, source))
        columns = [sa.type_coerce(each, sa.Boolean) for each in (both, scope)]
        return sa.select(*columns).select_from(self._held.table)


def _type(fact: Fact) -> Any:
    return {
        "day": sa.Date(), "instant": UTCDateTime(), "yes/no": sa.Boolean(), "number": sa.Float(),
        "minutes": sa.Float(), "percent": sa.Float(), "list": Json, "people": Json,
    }.get(fact.type, sa.Text())  # fmt: skip


def _declare(metadata: sa.MetaData, subject: str, name: str, *, linked: bool = False) -> _Table:
    known = dict(facts.of(subject))
    if linked:
        known["link"] = LINK
    columns: list[sa.Column[Any]] = [sa.Column("row", sa.Integer), sa.Column("custom", Json)]
    for fact in known.values():
        columns.append(sa.Column(f"{fact.name}_", _type(fact)))
        columns.append(sa.Column(f"{fact.name}_known", sa.Boolean))
    columns += [sa.Column("per_owner", sa.Float), sa.Column("per_project", sa.Float)]
    held = _Table(subject, sa.Table(name, metadata, *columns), linked)
    if not linked and "_" not in name:
        for relation in facts.RELATED_TO[subject]:
            held.children[relation] = _declare(
                metadata, "task", f"{name}_{relation}", linked=relation == "linked_task"
            )
    return held


def _insert(connection: sa.Connection, held: _Table, example: Mapping[str, Any], row: int) -> None:
    values: dict[str, Any] = {"row": row, "custom": []}
    given = dict(example)
    for fact in facts.of(held.subject).values():
        values[f"{fact.name}_known"] = fact.null == "empty"
    values |= {"link_known": False} if held.linked else {}
    for written, value in given.items():
        name = words_of(str(written))
        if name in _MANY and _MANY[name] in held.children:
            for child in _listed(written, value):
                _insert(connection, held.children[_MANY[name]], child, row)
        elif name == "fields":
            values["custom"] = [
                {"id": key, "name": key, "value": each}
                for key, each in _mapping(written, value).items() if each != "?"
            ]  # fmt: skip
        elif found_per := _PER.fullmatch(name):
            values[found_per[1]] = _number(written, value)
        else:
            found = facts.find(held.subject, name, linked=held.linked)
            if found is None:
                raise ExampleError(_no_fact(held, str(written)))
            known = value != "?"
            values[f"{found.name}_known"] = known and (value is not None or found.null == "empty")
            values[f"{found.name}_"] = _value(found, value) if known else None
    connection.execute(sa.insert(held.table), values)


def _listed(written: str, value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ExampleError(f'"{written}" is a list of tasks; write [{{status: done}}]')
    return value


def _mapping(written: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ExampleError(f'"{written}" is fields by their names; write {{Cost centre: 12}}')
    return value


def _number(shown: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExampleError(f'"{shown}" is a number, not "{value}"')
    return float(value)


def _no_fact(held: _Table, written: str) -> str:
    """What is said of a key that is no fact, with the way to write what it may mean."""
    if written.startswith("field "):
        return f"a custom field stands under `fields`, not as {written}; write {{Cost centre: 12}}"
    if _PER.match(words_of(written)):
        return f'"{written}" is written short, as "count per owner", with its number'
    known = [*facts.words_of(held.subject), *(many.replace("_", " ") for many in _MANY), "fields"]
    return f'a {held.subject} has no fact "{written}"{nearest(written.replace("_", " "), known)}'


def _value(fact: Fact, value: Any) -> Any:  # noqa: C901, PLR0911  # one case a kind
    if value is None:
        return None
    match fact.type:
        case "day" | "instant":
            return _when(fact, str(value))
        case "minutes" if isinstance(value, str):
            if not (found := _EFFORT.fullmatch(value)):
                raise ExampleError(f'"{value}" is no effort; write "3 hours"')
            return float(found[1]) * _FACTORS[found[2].rstrip("s")]
        case "yes/no":
            if not isinstance(value, bool):
                raise ExampleError(f'"{fact.shown}" is true or false, not "{value}"')
            return value
        case "number" | "percent" | "minutes":
            if isinstance(fact.words, Mapping) and isinstance(value, str) and value in fact.words:
                return float(fact.words[value])
            return _number(fact.shown, value)
        case "word":
            if value not in fact.words:
                raise ExampleError(f'there is no {fact.shown} "{value}"')
            return value
        case "list" | "people":
            return [str(each) for each in (value if isinstance(value, list) else [value])]
        case _:
            return str(value)


def _when(fact: Fact, text: str) -> date | datetime:
    now: datetime = MOMENT.now
    if text == "today":
        found = now
    elif ago := _AGO.fullmatch(text):
        found = _moved(now, int(ago[1]), ago[2], -1)
    elif ahead := _AHEAD.fullmatch(text):
        found = _moved(now, int(ahead[1]), ahead[2], 1)
    else:
        try:
            found = datetime.combine(date.fromisoformat(text), now.timetz())
        except ValueError:
            raise ExampleError(
                f'"{text}" is no time; write a date, "today", "3 days ago" or "in 2 weeks"'
            ) from None
    return found.date() if fact.type == "day" else found


def _moved(now: datetime, count: int, unit: str, sign: int) -> datetime:
    unit = unit.rstrip("s")
    if unit == "hour":
        return now + sign * timedelta(hours=count)
    plural = {"day": "days", "week": "weeks", "working day": "working days"}[unit]
    if sign < 0:
        day = MOMENT.day_back(count, plural)
    elif plural == "working days":
        day = MOMENT.calendar.ahead(MOMENT.today, count)
    else:
        day = MOMENT.day_ahead(count, plural)
    return datetime.combine(day, now.timetz())


@dataclass
class _ExampleSource:
    """Examples as a source of facts: each fact is a column, and knows whether it is known."""

    frame: Frame
    held: _Table

    @property
    def subject(self) -> str:
        """What the examples are about."""
        return self.held.subject

    def value(self, ref: Ref) -> Value:
        """A fact's column."""
        columns = self.held.table.c
        if ref.is_field:
            rows = FieldRows(columns.custom, ref.name, "sqlite")
            return Value("field", sa.null(), known=rows.present(), rows=rows)
        fact = facts.find(self.subject, ref.name, linked=self.held.linked)
        if fact is None:
            raise ExampleError(f'a {self.subject} has no fact "{ref.name}"')
        column, known = columns[f"{fact.name}_"], columns[f"{fact.name}_known"]
        if fact.type not in ("list", "people"):
            return Value(fact.type, column, known=known)

        def some(holds: Callable[[Column], Truth]) -> Truth:
            rows, text = list_entries(column, "sqlite")
            return sa.select(sa.literal(1)).select_from(rows).where(holds(text)).exists()

        length = list_length(column, "sqlite")
        return Value(fact.type, sa.case((length > 0, length)), known=known, any=some)

    def tally(self, relation: str, measures: Measures) -> Tally:
        """Sums over the examples listed under a relation."""
        child = self.held.children[relation]
        measured = measures(_ExampleSource(self.frame, child))
        mine = child.table.c.row == self.held.table.c.row

        def summed(each: Column) -> Column:
            chosen = sa.select(sa.func.coalesce(each, 0)).select_from(child.table).where(mine)
            return chosen.correlate(self.held.table).scalar_subquery()

        return {name: summed(each) for name, each in measured.items()}, None

    def peers(self, per: Ref, measures: Measures) -> Tally:
        """The number that the example gives as "count per …", "share per …" or "sum per …"."""
        del measures
        given: Column = self.held.table.c[f"per_{per.name}"]
        nothing = sa.literal(0)
        return {"yes": given, "low": given, "high": given, "all": sa.literal(100),
                "unknown": nothing, "unbounded": nothing}, None  # fmt: skip
