"""Compliance day by day, a page at a time: what programs copy elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import By, Fared, course
from sync_engine.rules.calendars import Moment
from sync_engine.views import marks

AT_ONCE = timedelta(days=7)
"""Days that are added up together: a page rarely needs more, and a year is too much for one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which days, both included, told by what, limited by which condition ("": by none)."""

    by: By
    first: date
    last: date
    where: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A group on a day; `fared` is None where nothing was assessed on that day."""

    day: date
    fared: Fared | None = None

    @property
    def key(self) -> tuple[date, str]:
        """Tells it from all others; what rows are ordered by."""
        if self.fared is None:
            return self.day, ""
        return self.day, " ".join(map(str, self.fared.key)) or self.fared.group


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows. `next`: the mark with which the following page is asked for."""

    rows: tuple[Row, ...]
    next: str | None


def days(
    connection: sa.Connection, visible: Visible, moment: Moment, wanted: Wanted,
    after: str | None, most: int,
) -> Page:  # fmt: skip
    """A page of days, the oldest first.

    Args:
        after: the mark of the page before.

    Raises:
        LanguageError, MarkError: the condition, the mark is not understood.
    """
    of = f"compliance by {wanted.by}"
    key = None if after is None else marks.read(after, of, date, str)
    first = wanted.first if key is None else max(wanted.first, key[0])
    found: list[Row] = []
    while first <= wanted.last and len(found) <= most:
        last = min(first + AT_ONCE - timedelta(days=1), wanted.last)
        some = course(connection, wanted.by, first, last, moment, wanted.where or None, visible)
        rows = [Row(each.day, each) for each in some.rows] + [Row(day) for day in some.gaps]
        found += sorted(
            (row for row in rows if key is None or row.key > key), key=lambda row: row.key
        )
        first = last + timedelta(days=1)
    return Page(tuple(found[:most]), marks.made(of, *found[most - 1].key)
                if len(found) > most else None)  # fmt: skip
