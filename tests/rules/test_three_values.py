"""Any condition means the same on SQLite, on PostgreSQL, and read by a person with three answers.

The reading below is written from the documented rules, row by row, and shares nothing with the
compiler.
"""

# ruff: noqa: E501

from __future__ import annotations

import fnmatch
import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.evaluate import frame_for
from sync_engine.rules.language import read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import (
    Age,
    And,
    Apart,
    Compare,
    Contains,
    Count,
    Empty,
    Not,
    OneOf,
    Or,
    Quantified,
    Ref,
    Share,
    Today,
    Truth,
)  # fmt: skip
from sync_engine.store.engine import reading
from sync_engine.store.models import TaskRow

ALL = {
    "status": "status", "due": "due_on", "start": "start_on", "updated": "updated_at",
    "estimate": "estimate_minutes", "spent": "spent_minutes", "priority": "priority",
    "labels": "labels", "blocked": "blocked", "resolution": "resolution", "title": "title",
    "completed": "completed_at", "parent": "parent_id",
}  # fmt: skip
UNKNOWN_WHEN_NONE = {"status", "blocked"}
PROVIDES = {
    1: set(ALL.values()) | {"custom"},
    2: set(ALL.values()) - {"estimate_minutes", "blocked", "parent_id", "custom"},
    3: {"title", "status"},
}
ROWS = 200


def rows() -> list[dict[str, Any]]:
    rng = random.Random(11)
    today, pick = date(2026, 3, 18), rng.choice
    found = []
    for n in range(ROWS):
        connection = pick((1, 1, 2, 3))
        found.append(
            {
                "connection_id": connection, "id": str(n),
                "title": pick(("Fix IT", "Über 100% _done_", "rebuild")),
                "type": "task",
                "status": pick(("todo", "in_progress", "done", "cancelled", None)),
                "due_on": pick((None, *(today + timedelta(days=d) for d in (-9, -1, 0, 1, 6)))),
                "start_on": pick((None, *(today + timedelta(days=d) for d in (-9, 0, 6)))),
                "updated_at": pick((None, *(datetime(2026, 3, d, h, tzinfo=UTC)
                                            for d in (5, 11, 13, 17, 18) for h in (0, 22, 23)))),
                "completed_at": pick((None, datetime(2026, 3, 17, 23, 30, tzinfo=UTC))),
                "estimate_minutes": pick((None, 0, 60, 600)),
                "spent_minutes": pick((None, 0, 60, 700)),
                "priority": pick((None, 1, 3, 5)),
                "labels": pick(([], ["Release"], ["a b", "x"])),
                "blocked": pick((None, True, False)),
                "resolution": pick((None, "Fixed", "wontfix")),
                "parent_id": pick((None, None, str(rng.randrange(ROWS)))),
                "custom": pick(([], [{"id": "c1", "name": "Risk", "value": pick(
                    ("High", "low", None, 3.0, True, ["high", "x"], []))}])),
            }
        )  # fmt: skip
    return found


class Person:
    """Reads conditions the way the documentation says, one row at a time."""

    def __init__(self, moment: Moment, rows: list[dict[str, Any]]) -> None:
        self.moment, self.rows = moment, rows

    def value(self, row: dict[str, Any], ref: Ref) -> tuple[bool, Any]:
        column = ALL[ref.name]
        value = row[column]
        known = column in PROVIDES[row["connection_id"]]
        if ref.name in UNKNOWN_WHEN_NONE and value is None:
            known = False
        if ref.name in ("updated", "completed") and value is not None:
            value = value.astimezone(self.moment.zone).date()
        return known, value

    def fields(self, row: dict[str, Any], name: str) -> tuple[bool, list[Any]]:
        if "custom" not in PROVIDES[row["connection_id"]]:
            return False, []
        for entry in row["custom"]:
            if entry["name"].lower() == name.lower():
                value = entry["value"]
                return True, value if isinstance(value, list) else [] if value is None else [value]
        return False, []

    def says(self, c: Any, row: dict[str, Any]) -> bool | None:
        match c:
            case And(parts):
                answers = [self.says(part, row) for part in parts]
                return False if False in answers else None if None in answers else True
            case Or(parts):
                answers = [self.says(part, row) for part in parts]
                return True if True in answers else None if None in answers else False
            case Not(part):
                answer = self.says(part, row)
                return None if answer is None else not answer
            case Quantified() | Count():
                return self.of_subtasks(c, row)
            case _ if c.left.is_field:
                return self.of_field(c, row)
            case _:
                known, value = self.value(row, c.left)
                return self.leaf(c, row, value) if known else None

    def leaf(self, node: object, row: dict[str, Any], value: Any) -> bool | None:  # noqa: C901, PLR0911
        c: Any = node
        match c:
            case Truth():
                return bool(value)
            case Empty():
                return value in (None, [])
            case OneOf(values=values):
                return any(self.equal(value, self.constant(v)) for v in values)
            case Contains(right=right, how=how):
                texts = value if isinstance(value, list) else [] if value is None else [value]
                return any(self.holds(how, low(text), low(plain(right))) for text in texts)
            case Apart():
                return self.apart(c, row, value)
            case Age():
                return None if value is None else self.aged(c, value)
            case Compare(op=op, right=Ref() | Share() as right):
                ref = right.of if isinstance(right, Share) else right
                known, other = self.value(row, ref)
                if not known:
                    return None
                if isinstance(right, Share) and other is not None:
                    other = other * plain(right.percent) / 100.0
                return self.compared(op, value, other)
            case Compare(op=op, right=right):
                return self.compared(op, value, self.constant(right))
            case _:
                raise TypeError(c)

    def constant(self, operand: Any) -> Any:
        return self.moment.today if isinstance(operand, Today) else operand.value

    @staticmethod
    def equal(value: Any, other: Any) -> bool:
        if isinstance(value, list):
            return any(low(each) == low(other) for each in value)
        if isinstance(value, str) and isinstance(other, str):
            return low(value) == low(other)
        return bool(value == other)

    def compared(self, op: str, value: Any, other: Any) -> bool | None:
        if op in ("=", "!="):
            return self.equal(value, other) is (op == "=")
        if value is None or other is None:
            return None
        answers: dict[str, bool] = {"<": value < other, "<=": value <= other, ">": value > other,
                ">=": value >= other}  # fmt: skip
        return answers[op]

    def aged(self, c: Age, day: date) -> bool:
        count, today = int(plain(c.amount)), self.moment.today
        distance = (day - today).days if c.ahead else (today - day).days
        if c.unit == "weeks":
            count *= 7
        if c.unit == "working days":
            low_, high = sorted((day, today))
            between = (low_ + timedelta(days=n) for n in range(1, (high - low_).days + 1))
            distance = sum(self.works(d) for d in between)
            if day > today and not c.ahead:
                return False
        if c.ahead:
            return day >= today and distance <= count
        return distance > count

    @staticmethod
    def holds(how: str, text: str, wanted: str) -> bool:
        match how:
            case "starts":
                return text.startswith(wanted)
            case "ends":
                return text.endswith(wanted)
            case "like":
                pattern = fnmatch.translate(wanted.replace("[", "[[]"))
                return re.fullmatch(pattern, text) is not None
            case _:
                return wanted in text

    def apart(self, c: Apart, row: dict[str, Any], day: date | None) -> bool | None:
        known, other = self.value(row, c.other)
        if not known or other is None or day is None:
            return None
        count = plain(c.amount) * (7 if c.unit == "weeks" else 1)
        distance = (day - other).days
        if c.unit == "working days":
            low_, high = sorted((day, other))
            between = (low_ + timedelta(days=n) for n in range(1, (high - low_).days + 1))
            distance = sum(self.works(d) for d in between) * (1 if day > other else -1)
        if c.how == "within":
            return bool(abs(distance) <= count)
        return bool((distance if c.how == "after" else -distance) > count)

    def works(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.moment.calendar.days_off

    def of_field(self, c: Any, row: dict[str, Any]) -> bool | None:
        known, values = self.fields(row, c.left.name)
        if not known:
            return None
        values = ["yes" if v is True else "no" if v is False else v for v in values]
        match c:
            case Empty():
                return not values
            case OneOf(values=options):
                return any(self.alike(v, plain(o)) for v in values for o in options)
            case Contains(right=right, how=how):
                wanted = low(plain(right))
                return any(isinstance(v, str) and self.holds(how, low(v), wanted) for v in values)
            case Compare(op="=" | "!=" as op, right=right):
                return any(self.alike(v, plain(right)) for v in values) is (op == "=")
            case Compare(op=op, right=right):
                kind = [
                    v for v in values if isinstance(v, float) == isinstance(plain(right), float)
                ]
                return any(self.compared(op, v, plain(right)) for v in kind) if kind else None
            case _:
                raise TypeError(c)

    def of_sum(
        self, c: Count, children: list[dict[str, Any]], answers: list[bool | None]
    ) -> bool | None:
        sums = {0}
        for child, answer in zip(children, answers, strict=True):
            if answer is False:
                continue
            known, value = self.value(child, c.of or Ref("", c.at))
            if not known:
                return None
            added = {each + (value or 0) for each in sums}
            sums = added if answer else added | sums
        options = {self.compared(c.op, each, plain(c.amount)) for each in sums}
        return options.pop() if len(options) == 1 else None

    @staticmethod
    def alike(value: Any, option: Any) -> bool:
        if isinstance(value, str) and isinstance(option, str):
            return low(value) == low(option)
        return isinstance(value, float) and isinstance(option, float) and value == option

    def of_subtasks(self, c: Any, row: dict[str, Any]) -> bool | None:
        if "parent_id" not in PROVIDES[row["connection_id"]]:
            return None
        children = [
            child
            for child in self.rows
            if child["parent_id"] == row["id"] and child["connection_id"] == row["connection_id"]
        ]
        answers = [self.says(c.condition, child) for child in children]
        if isinstance(c, Count) and c.kind == "sum":
            return self.of_sum(c, children, answers)
        if isinstance(c, Count) and c.kind == "share":
            if not answers:
                return None
            counts = range(answers.count(True), len(answers) - answers.count(False) + 1)
            options = {
                self.compared(c.op, n * 100.0 / len(answers), plain(c.amount)) for n in counts
            }
            return options.pop() if len(options) == 1 else None
        if isinstance(c, Count):
            lowest = answers.count(True)
            highest = lowest + answers.count(None)
            options = {self.compared(c.op, n, plain(c.amount)) for n in range(lowest, highest + 1)}
            return options.pop() if len(options) == 1 else None
        if c.quantifier == "all":
            answers = [None if a is None else not a for a in answers]
        found = True if True in answers else None if None in answers else False
        return found if c.quantifier == "any" or found is None else not found


def plain(operand: Any) -> Any:
    return operand.value


def low(text: Any) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in str(text))


ORDERS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
DATES = st.sampled_from(["due", "start", "updated", "completed"])
UNITS = st.sampled_from(["days", "working days", "weeks"])
DAYS = st.sampled_from(["today", "2026-03-09", "2026-03-19"])
LEAVES = st.one_of(
    st.builds("status {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(["todo", "done"])),
    st.sampled_from([
        "status in (todo, in_progress)", "status not in (done, cancelled)", "blocked", "not blocked",
        "blocked = yes", "blocked is empty", "status is empty", "labels is empty", 'label = "release"',
        'labels != "x"', 'label in ("a b", q)', 'labels contains "a"', 'title contains "_d"',
        'title contains "100%"', 'title = "fix it"', 'title = "über 100% _done_"',
        'resolution != fixed', 'resolution in (fixed, "WontFix")', "resolution is not empty",
        "parent is empty", "start = due", "start != due", "spent = estimate", "due > start",
        "spent >= 120% of estimate", "priority = highest", "priority in (highest, 3)",
        'field "risk" = high', 'field "Risk" != high', 'field "C1" is empty', 'field "Risk" > 2',
        'field "Risk" in (low, 3)', 'field "Risk" contains "IG"', 'field "Risk" = yes',
        'field "Risk" is not empty', 'field "Nope" = 1', 'field "Risk" like "h*h"',
        'title like "*100%*_D*"', 'title like "fix ??"', 'title like "%"', 'title like "?ber*"',
        'title starts with "FIX"', 'title ends with "done_"', 'title starts with "_"',
        'labels like "rel*"', 'labels starts with "a "', 'resolution like "[w]*"',
        'resolution ends with "fix"',
    ]),
    st.builds("due {} {}".format, ORDERS, DAYS),
    st.builds("updated {} {}".format, ORDERS, DAYS),
    st.builds("completed {} {}".format, st.sampled_from(["before", "after"]), DAYS),
    st.builds("{} older than {} {}".format, st.sampled_from(["due", "updated"]),
              st.integers(0, 9), st.sampled_from(["days", "working days", "weeks"])),
    st.builds("due within {} {}".format, st.integers(0, 9), st.sampled_from(["days", "working days"])),
    st.builds("{} within {} {} of {}".format, DATES, st.integers(0, 9), UNITS, DATES),
    st.builds("{} more than {} {} {} {}".format, DATES, st.integers(0, 9), UNITS,
              st.sampled_from(["before", "after"]), DATES),
    st.builds("estimate {} {} hours".format, ORDERS, st.integers(0, 10)),
    st.builds("priority {} {}".format, ORDERS, st.integers(0, 5)),
    st.builds("{} is {}empty".format, st.sampled_from(["due", "estimate", "updated", "priority"]),
              st.sampled_from(["", "not "])),
)  # fmt: skip
RELATED = st.one_of(
    st.builds("{} subtask ({})".format, st.sampled_from(["any", "all", "no"]), LEAVES),
    st.builds("count of subtasks ({}) {} {}".format, LEAVES, ORDERS, st.integers(0, 2)),
    st.builds(
        "share of subtasks ({}) {} {}%".format, LEAVES, ORDERS, st.sampled_from([0, 50, 100])
    ),
    st.builds(
        "sum of {} of subtasks ({}) {} {} hours".format,
        st.sampled_from(["estimate", "spent"]),
        LEAVES,
        ORDERS,
        st.sampled_from([0, 1, 11]),
    ),
)
CONDITIONS = st.recursive(
    st.one_of(LEAVES, LEAVES, LEAVES, RELATED),
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part),
        st.builds("({} or {})".format, part, part),
        st.builds("not ({})".format, part),
    ),
    max_leaves=5,
)


@pytest.fixture
def filled(store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]) -> Any:
    data = rows()
    with store.begin() as connection:
        for id, fields in PROVIDES.items():
            add_connection(connection, id, {"task": fields})
        for row in data:
            add(connection, TaskRow, **row)
    return store, data


def test_all_readings_agree(filled: tuple[sa.Engine, list[dict[str, Any]]], moment: Moment) -> None:
    engine, data = filled
    person = Person(moment, data)
    by_key = {(row["connection_id"], row["id"]): row for row in data}
    outcomes: set[bool | None] = set()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(CONDITIONS)
    def agree(text: str) -> None:
        condition = resolve(read(text), "task")
        with reading(engine) as connection:
            source = source_of(frame_for(connection, moment), "task")
            answer = sa.type_coerce(compiled(condition, source), sa.Boolean)
            base = source.base.c
            statement = sa.select(base.connection_id, base.id, answer).select_from(source.origin)
            found = {(row[0], row[1]): row[2] for row in connection.execute(statement)}
        expected = {key: person.says(condition, row) for key, row in by_key.items()}
        assert found == expected, text
        outcomes.update(expected.values())

    agree()
    assert outcomes == {True, False, None}
