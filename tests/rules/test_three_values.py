"""Any condition means the same on SQLite, on PostgreSQL, and read by a person with three answers.

The person is `tests.rules.reading`: written from the documented rules, row by row, and sharing
nothing with the compiler.
"""

# ruff: noqa: E501

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.frames import frame_for
from sync_engine.rules.language import read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.store.engine import reading
from sync_engine.store.models import TaskRow
from tests.planted.days import Days
from tests.rules.reading import Reading

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
ROWS = 2_000
SCANS, AT_ONCE = 28, 20
"""Conditions are asked so many at once, as the standards of a subject are."""
CONDITIONS_AT_LEAST = 500


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
                "due_on": pick((None, *(today + timedelta(days=d) for d in (-9, -1, 0, 1, 3, 4, 6)))),
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


class Person(Reading):
    """Reads conditions about these rows."""

    def __init__(self, moment: Moment, rows: list[dict[str, Any]]) -> None:
        super().__init__(Days(moment.now, moment.zone))
        self.parts: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for row in rows:
            if row["parent_id"] is not None:
                self.parts.setdefault((row["connection_id"], row["parent_id"]), []).append(row)

    def value(self, row: dict[str, Any], name: str) -> tuple[bool, Any]:
        column = ALL[name]
        value = row[column]
        known = column in PROVIDES[row["connection_id"]]
        return known and not (name in UNKNOWN_WHEN_NONE and value is None), value

    def field(self, row: dict[str, Any], name: str) -> tuple[bool, list[Any]]:
        if "custom" in PROVIDES[row["connection_id"]]:
            for entry in row["custom"]:
                if name.lower() in (entry["name"].lower(), entry["id"].lower()):
                    value = entry["value"]
                    return True, value if isinstance(value, list) else [] if value is None else [
                        value
                    ]
        return False, []

    def related(self, row: dict[str, Any], relation: str) -> list[Any] | None:
        assert relation == "subtask"
        if "parent_id" not in PROVIDES[row["connection_id"]]:
            return None
        return self.parts.get((row["connection_id"], row["id"]), [])


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


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_readings_agree(filled: tuple[sa.Engine, list[dict[str, Any]]], moment: Moment) -> None:
    engine, data = filled
    person = Person(moment, data)
    seen: dict[str, set[bool | None]] = {}

    @settings(max_examples=SCANS, deadline=None, derandomize=True, database=None,
              phases=(Phase.generate,), suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(CONDITIONS, min_size=AT_ONCE, max_size=AT_ONCE, unique=True))
    def agree(texts: list[str]) -> None:
        conditions = [resolve(read(text), "task") for text in texts]
        with reading(engine) as connection:
            source = source_of(frame_for(connection, moment), "task")
            answers = [sa.type_coerce(compiled(each, source), sa.Boolean) for each in conditions]
            base = source.base.c
            statement = sa.select(base.connection_id, base.id, *answers).select_from(source.origin)
            found = {(row[0], row[1]): row[2:] for row in connection.execute(statement)}
        for number, (text, condition) in enumerate(zip(texts, conditions, strict=True)):
            expected = {
                (row["connection_id"], row["id"]): person.says(condition, row) for row in data
            }
            assert {key: row[number] for key, row in found.items()} == expected, text
            seen[text] = set(expected.values())

    agree()
    assert len(seen) >= CONDITIONS_AT_LEAST
    assert set.union(*seen.values()) == {True, False, None}
    assert sum(len(each) > 1 for each in seen.values()) > CONDITIONS_AT_LEAST / 2
