"""All standards of a subject in one scan, within their time, for what changed only."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sync_engine.rules import packs, reference
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.dialect import seconds_between
from sync_engine.rules.frames import frame_for
from sync_engine.rules.scan import rows_statement, scan_statement
from sync_engine.rules.standards import Standard
from sync_engine.settings.source import parse
from sync_engine.store.engine import reading
from sync_engine.store.models import TaskRow
from sync_engine.store.types import UTCDateTime
from tests.rules.looked import look

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
ARGS: dict[str, Any] = {"now": NOW, "timezone": ZoneInfo("UTC"), "calendar": WorkCalendar()}
FLAGS = ("owner is empty", "due is empty", "priority = high", "title length < 3", "blocked")


def many(count: int) -> tuple[Standard, ...]:
    """Standards enough to need more than one number a row."""
    lines = ["pack: many", "title: Many", "standards:"]
    for n in range(count):
        lines += [
            f"  - id: s-{n}", "    title: Some", "    source: us", "    why: To see it counted.",
            "    severity: low", "    subject: task", "    scope: status = todo",
            f"    flag_when: {FLAGS[n % len(FLAGS)]}", '    say: "{title}"', "    remedy: Do it.",
            "    examples: {flags: [{}], passes: [{}]}",
        ]  # fmt: skip
    return packs.from_source(parse("\n".join(lines), "many.yaml")).standards


@pytest.fixture
def filled(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    with store.begin() as connection:
        add_connection(connection, 1, {"task": ["status", "assignee_ids", "due_on", "title"]})
        for n in range(30):
            add(connection, TaskRow, 1, str(n), type="task", title="T" * (n % 5 + 1),
                status=("todo", "done", None)[n % 3], owner_id=None if n % 2 else "a",
                project_id=f"P{n % 2}")  # fmt: skip
    return store


def test_one_statement_however_many_standards(filled: sa.Engine) -> None:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if " answers" in statement:
            seen.append(statement)

    event.listen(filled, "before_cursor_execute", note)
    found = look(filled, many(65), **ARGS, full=True)
    assert len(seen) == 1
    assert seen[0].count("FROM task AS") == 1
    # 10 tasks are to do, 10 in an unknown status; of each 5 without an owner, all without a due date, 4 with a short title.
    counts = {n: [0, 0, 0] for n in range(len(FLAGS))}
    for total in found.totals:
        number = int(total.standard.removeprefix("s-"))
        if number < len(FLAGS):
            for place, value in enumerate((total.met, total.flagged, total.unknown)):
                counts[number][place] += value
    assert counts == {0: [5, 5, 5], 1: [0, 10, 10], 2: [0, 0, 20], 3: [6, 4, 4], 4: [0, 0, 20]}
    by_standard: dict[int, set[str]] = {}
    for finding in found.findings:
        place = int(finding.standard.removeprefix("s-")) % len(FLAGS)
        by_standard.setdefault(place, set()).add(finding.item.id)
    assert len(by_standard[0]) == 5
    assert len([f for f in found.findings if f.standard == "s-60"]) == 5


def test_a_row_by_itself_has_the_answers_of_the_scan(filled: sa.Engine) -> None:
    standards = many(33)
    keys = [(1, str(n)) for n in range(30)] + [(1, "none")]
    watched = {"task": [(s.id, key) for s in standards for key in keys]}
    found = look(filled, standards, **ARGS, full=True, watched=watched)
    flagged = {(f.standard, f.key) for f in found.findings}
    assert {pair for pair, code in found.answers.items() if code == 2} == flagged
    assert {id for id, _ in flagged} > {"s-0"}
    assert (1, "7") in found.there
    assert (1, "none") not in found.there


def test_a_plan_reads_the_table_once(filled: sa.Engine, moment: Moment) -> None:
    if filled.dialect.name != "sqlite":
        return
    with reading(filled) as connection:
        statement, _ = scan_statement(frame_for(connection, moment), many(20))
        text = str(statement.compile(filled, compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]
    assert [line for line in plan if line.startswith(("SCAN t", "SEARCH t"))] == ["SCAN t"]


def test_more_related_conditions_than_a_database_joins_are_assessed_all_the_same(
    filled: sa.Engine,
) -> None:
    """SQLite joins 64 tables at most; ninety standards on subtasks, each in its own words, need
    more, and each of the first row's answers is had by itself, too."""
    lines = ["pack: many", "title: Many", "standards:"]
    for n in range(90):
        lines += [
            f"  - id: r-{n}", "    title: Some", "    source: us", "    why: To see it counted.",
            "    severity: low", "    subject: task",
            f"    flag_when: no subtask (title length = {n + 100})", '    say: "{title}"',
            "    remedy: Do it.", "    examples: {flags: [{}], passes: [{}]}",
        ]  # fmt: skip
    standards = packs.from_source(parse("\n".join(lines), "many.yaml")).standards
    with filled.begin() as connection:
        connection.execute(
            sa.text("UPDATE connection SET provides = :provides"),
            {"provides": '{"task": ["title", "parent_id"]}'},
        )
    found = look(
        filled,
        standards,
        **ARGS,
        full=True,
        watched={"task": [("r-0", (1, "7")), ("r-89", (1, "7"))]},
    )
    assert {finding.standard for finding in found.findings} == {
        standard.id for standard in standards
    }
    assert len(found.findings) == 30 * 90
    assert found.rows == 30
    assert found.answers["r-0", (1, "7")] == found.answers["r-89", (1, "7")] == 2


def test_a_slow_standard_is_stopped_and_named_and_the_others_go_on(
    filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync_engine.rules import evaluate

    standards = many(4)
    numbers = sa.text(
        "SELECT (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000)"
        " SELECT count(*) FROM n) AS owners, 1 AS connection_id, NULL AS place, 0 AS word, 0, NULL"
    )

    def slowed(frame: Any, chosen: list[Standard]) -> Any:
        if any(standard.id == "s-2" for standard in chosen):
            return numbers, 1
        return scan_statement(frame, chosen)

    monkeypatch.setattr(evaluate, "scan_statement", slowed)
    found = look(filled, standards, **ARGS, full=True, seconds=0.2)
    assert found.slow == {"s-2"}
    assert {f.standard for f in found.findings} == {"s-0", "s-1", "s-3"}


def test_values_are_bound_never_spliced(filled: sa.Engine, moment: Moment) -> None:
    pack = many(1)[0]
    from dataclasses import replace

    from sync_engine.rules.language import read
    from sync_engine.rules.resolve import resolve

    evil = 'title = "x\'); DROP TABLE task; --" or labels contains "%_" or field "a\'b" = "\'"'
    standard = replace(pack, flag_when=resolve(read(evil), "task"))
    with reading(filled) as connection:
        statement, _ = rows_statement(frame_for(connection, moment), "task", [standard])
        text = str(statement.compile(filled))
        assert "DROP" not in text
        assert "a'b" not in text
        assert len(connection.execute(statement).all()) == 30


def test_calendars_count_working_days() -> None:
    plain = WorkCalendar()
    wednesday = date(2026, 3, 18)
    assert plain.back(wednesday, 0) == wednesday
    assert plain.back(wednesday, 3) == date(2026, 3, 13)
    assert plain.age(date(2026, 3, 13), wednesday) == 3
    assert plain.back(date(2026, 3, 22), 0) == date(2026, 3, 20)  # a Sunday
    assert plain.ahead(wednesday, 3) == date(2026, 3, 23)
    assert plain.within(wednesday, 3) == date(2026, 3, 23)
    assert plain.within(wednesday, 2) == date(2026, 3, 22)  # the Sunday after the second
    assert plain.within(date(2026, 3, 20), 0) == date(2026, 3, 22)
    quebec = WorkCalendar.of("CA", "QC", days_off=[date(2026, 6, 25)])
    assert quebec.age(date(2026, 6, 23), date(2026, 6, 26)) == 1  # 24th: holiday, 25th: our own
    assert WorkCalendar.of(weekend=[4, 5]).age(date(2026, 3, 19), date(2026, 3, 22)) == 1


def test_days_are_those_of_the_pmo() -> None:
    late = datetime(2026, 3, 18, 23, 30, tzinfo=UTC)
    assert Moment(late, ZoneInfo("Europe/Berlin")).today == date(2026, 3, 19)
    spring = Moment(datetime(2026, 3, 29, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert spring.span_of(date(2026, 3, 30))[0].astimezone(UTC).hour == 22


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Europe/Berlin", "Pacific/Kiritimati"])
def test_a_day_without_time_stays_that_day_everywhere(zone: str) -> None:
    for now in (datetime(2026, 1, 15, 23, tzinfo=UTC), datetime(2026, 7, 15, 1, tzinfo=UTC)):
        moment = Moment(now, ZoneInfo(zone))
        for month in range(1, 13):
            day = datetime(2026, month, 17, moment.noon, tzinfo=UTC)
            assert day.astimezone(moment.zone).day == 17


def test_seconds_are_exact_to_the_microsecond(store: sa.Engine) -> None:
    first = datetime(2026, 3, 2, 9, 17, 41, 999_999, tzinfo=UTC)
    kind = UTCDateTime()
    for between in (timedelta(days=31), timedelta(days=31, microseconds=1), timedelta(0)):
        values = [sa.literal(each, kind) for each in (first, first + between)]
        ends: list[Any] = list(values)
        if store.dialect.name == "postgresql":
            ends = [sa.cast(each, kind) for each in values]
        with store.connect() as connection:
            found = connection.execute(sa.select(seconds_between(*ends))).scalar_one()
        assert found == pytest.approx(between.total_seconds(), abs=1e-9)
        assert (found > timedelta(days=31).total_seconds()) == (between > timedelta(days=31))


def test_reference_pages_are_up_to_date() -> None:
    assert reference.main(["--check"]) == 0
