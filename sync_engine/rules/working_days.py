"""Working days between two days of a row, computed in the database without a table of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.dialect import Column

_SHIFT = 700_000
"""Days, in whole weeks: keeps the number of any day that tools know above 0."""

_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""


class working_day(FunctionElement[int]):  # noqa: N801  # reads like the function it is
    """How many working days there are up to a day, itself included, from a day long ago.

    Args:
        calendar: days off are known for the years around `year`.
    """

    type = sa.Integer()
    inherit_cache = False  # the calendar is part of the text

    def __init__(self, day: Column, calendar: WorkCalendar, year: int) -> None:
        super().__init__(day)
        self.calendar, self.year = calendar, year

    @property
    def plain(self) -> bool:
        """The day is a column: its text may be repeated, and costs nothing."""
        (day,) = self.clauses
        return isinstance(day, sa.ColumnClause) and not day.is_literal


@compiles(working_day)
def _sqlite(element: working_day, compiler: Any, **kw: Any) -> str:
    given = compiler.process(element.clauses, **kw)
    day = given if element.plain else "day"
    number = f"(CAST(julianday({day}) - 2440587.5 AS INTEGER) + {_SHIFT})"
    counted = _counted(element, day, number, f"({number} % 7)", "'{}'")
    once = f"(SELECT {counted} FROM (SELECT {given} AS day))"  # noqa: S608  # compiled already
    return counted if element.plain else once


@compiles(working_day, "postgresql")
def _postgresql(element: working_day, compiler: Any, **kw: Any) -> str:
    given = compiler.process(element.clauses, **kw)
    day = given if element.plain else "of_row.day"
    number = f"(({day}) - DATE '1970-01-01' + {_SHIFT})"
    counted = _counted(element, day, number, f"mod({number}, 7)", "DATE '{}'")
    # OFFSET keeps the planner from putting the day's expression wherever it is used.
    once = f"(SELECT {counted} FROM (SELECT {given} AS day OFFSET 0) AS of_row)"  # noqa: S608
    return counted if element.plain else once


def _counted(element: working_day, day: str, number: str, of_week: str, literal: str) -> str:
    """Whole weeks, the days of the last one, less the days off among them."""
    works = [(_EPOCH_WEEKDAY + n) % 7 not in element.calendar.weekend for n in range(7)]
    within = " ".join(f"WHEN {n} THEN {sum(works[: n + 1])}" for n in range(7))
    counted = f"({number} / 7 * {sum(works)} + CASE {of_week} {within} END"
    off = _off(element.calendar, element.year)
    return f"{counted} - {_up_to(day, off, literal, 0, len(off))})" if off else f"{counted})"


@lru_cache(maxsize=16)
def _off(calendar: WorkCalendar, year: int) -> tuple[date, ...]:
    return calendar.off(year)


def _up_to(day: str, off: Sequence[date], literal: str, low: int, high: int) -> str:
    """How many of these days are not after the row's: a search by halves."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    before = _up_to(day, off, literal, low, middle)
    after = _up_to(day, off, literal, middle + 1, high)
    return f"CASE WHEN {day} < {literal.format(off[middle])} THEN {before} ELSE {after} END"


def working_days_between(first: Column, second: Column, moment: Moment) -> Column:
    """Working days from one day to another; below 0 when it comes before. NULL without either."""
    year = moment.today.year
    return working_day(second, moment.calendar, year) - working_day(first, moment.calendar, year)
