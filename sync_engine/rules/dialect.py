"""What SQLite and PostgreSQL say differently, said once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from sync_engine.store.types import UTCDateTime

Column = sa.ColumnElement[Any]
Truth = sa.ColumnElement[bool]


class ascii_lower(FunctionElement[str]):  # noqa: N801  # reads like the function it is
    """Text with A-Z made small, whatever the database's locale: equal on both databases."""

    type = sa.Text()
    inherit_cache = True


@compiles(ascii_lower)
def _lower(element: Any, compiler: Any, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


@compiles(ascii_lower, "postgresql")
def _lower_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f'lower(({compiler.process(element.clauses, **kw)})::text COLLATE "C")'


class position_of(FunctionElement[int]):  # noqa: N801
    """Position of the second text in the first, from 1; 0 when it is not there."""

    type = sa.Integer()
    inherit_cache = True


@compiles(position_of)
def _position(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(position_of, "postgresql")
def _position_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


class latest(FunctionElement[Any]):  # noqa: N801
    """The latest of several instants, leaving out those that are NULL."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(latest)
def _latest(element: Any, compiler: Any, **kw: Any) -> str:
    each = [f"coalesce({compiler.process(c, **kw)}, '')" for c in element.clauses]
    return f"nullif(max({', '.join(each)}), '')"


@compiles(latest, "postgresql")
def _latest_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **kw)})"


class seconds_between(FunctionElement[float]):  # noqa: N801
    """Seconds from the first instant to the second."""

    type = sa.Float()
    inherit_cache = True


@compiles(seconds_between)
def _seconds(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(c, **kw) for c in element.clauses)
    # Not by Julian days: as floating numbers they are 40 microseconds apart, so that what is
    # exactly at a limit would be beyond it. Seconds fill 19 characters, then comes their fraction.
    seconds = [f"strftime('%s', substr({each}, 1, 19))" for each in (second, first)]
    rest = [f"substr({each}, 20)" for each in (second, first)]
    return f"(({' - '.join(seconds)}) + ({' - '.join(rest)}) + 0.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(c, **kw) for c in element.clauses)
    return f"extract(epoch from ({second} - {first}))::double precision"


class at_hour(FunctionElement[Any]):  # noqa: N801
    """The instant at which a day has an hour of UTC."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(at_hour)
def _at_hour(element: Any, compiler: Any, **kw: Any) -> str:
    day, hour = (compiler.process(c, **kw) for c in element.clauses)
    return f"({day} || printf(' %02d:00:00.000000', {hour}))"


@compiles(at_hour, "postgresql")
def _at_hour_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    day, hour = (compiler.process(c, **kw) for c in element.clauses)
    return f"(({day} + make_interval(hours => {hour})) AT TIME ZONE 'UTC')"


class day_later(FunctionElement[Any]):  # noqa: N801
    """The day in UTC so many seconds after an instant."""

    type = sa.Date()
    inherit_cache = True


@compiles(day_later)
def _day_later(element: Any, compiler: Any, **kw: Any) -> str:
    instant, seconds = (compiler.process(c, **kw) for c in element.clauses)
    return f"date({instant}, ({seconds}) || ' seconds')"


@compiles(day_later, "postgresql")
def _day_later_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    instant, seconds = (compiler.process(c, **kw) for c in element.clauses)
    return f"(({instant}) AT TIME ZONE 'UTC' + make_interval(secs => {seconds}))::date"


class days_since_epoch(FunctionElement[int]):  # noqa: N801
    """Days from 1970-01-01 to a day."""

    type = sa.Integer()
    inherit_cache = True


@compiles(days_since_epoch)
def _days_since(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **kw)}) - 2440587.5 AS INTEGER)"


@compiles(days_since_epoch, "postgresql")
def _days_since_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(({compiler.process(element.clauses, **kw)})::date - DATE '1970-01-01')"


def list_length(column: Column, dialect: str) -> Column:
    """How many entries a JSON list has; 0 for none."""
    function = sa.func.json_array_length if dialect == "sqlite" else sa.func.jsonb_array_length
    return sa.func.coalesce(function(column, type_=sa.Integer()), 0)


def list_entries(column: Column, dialect: str) -> tuple[sa.FromClause, Column]:
    """The entries of a JSON list as rows of text."""
    if dialect == "sqlite":
        rows = sa.func.json_each(column).table_valued("value", joins_implicitly=True)
    else:
        rows = sa.func.jsonb_array_elements_text(column).table_valued(
            "value", joins_implicitly=True
        )
    return rows, rows.c.value


class FieldRows:
    """The values of one custom field of a row: each with its kind, as text and as number."""

    def __init__(self, column: Column, name: str, dialect: str) -> None:
        wanted = sa.literal(ascii_small(name))
        if dialect == "sqlite":
            entry = sa.func.json_each(column).table_valued("value", joins_implicitly=True)
            part = sa.func.json_each(entry.c.value, sa.literal("$.value")).table_valued(
                "value", "type", joins_implicitly=True
            )
            said: list[Column] = [
                sa.func.json_extract(entry.c.value, sa.literal(f"$.{k}")) for k in ("name", "id")
            ]
            self.text: Column = sa.case(
                (part.c.type == "true", "yes"),
                (part.c.type == "false", "no"),
                (part.c.type == "text", part.c.value),
            )
            self.number: Column = sa.case(
                (part.c.type.in_(["integer", "real"]), sa.cast(part.c.value, sa.Float))
            )
        else:
            entry = sa.func.jsonb_array_elements(column).table_valued(
                "value", joins_implicitly=True
            )
            value = entry.c.value.op("->")("value")
            part = sa.func.jsonb_array_elements(
                sa.case(
                    (sa.func.jsonb_typeof(value) == "array", value),
                    else_=sa.func.jsonb_build_array(value),
                )
            ).table_valued("value", joins_implicitly=True)
            kind = sa.func.jsonb_typeof(part.c.value)
            plain = part.c.value.op("#>>")(sa.text("'{}'"))
            said = [entry.c.value.op("->>")(k) for k in ("name", "id")]
            self.text = sa.case(
                (sa.and_(kind == "boolean", plain == "true"), "yes"),
                (kind == "boolean", "no"),
                (kind == "string", plain),
            )
            self.number = sa.case((kind == "number", sa.cast(plain, sa.Float)))
        named = sa.or_(*(ascii_lower(each) == wanted for each in said))
        self._entry, self._part, self._named, self._said = entry, part, named, said
        self._present = sa.select(sa.literal(1)).select_from(entry).where(named)
        self._values = self._present.select_from(part)

    def called(self) -> tuple[list[Column], sa.FromClause]:
        """What tools call all fields of a row, by name and by id, and the rows of these."""
        return self._said, self._entry

    def present(self) -> Truth:
        """The row has the field, be it empty."""
        return self._present.exists()

    def first_text(self) -> Column:
        """Its text, the first in order where there are several; NULL without any."""
        chosen = sa.select(sa.func.min(self.text)).select_from(self._entry).where(self._named)
        return chosen.select_from(self._part).scalar_subquery()

    def any(self, condition: Truth) -> Truth:
        """Some value meets the condition."""
        return self._values.where(condition).exists()


def ascii_small(text: str) -> str:
    """What `ascii_lower` makes of a text."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def pairs(dialect: str) -> sa.CTE:
    """Rows (connection_id, id) out of a JSON list of pairs, bound as `document` when executed."""
    if dialect == "sqlite":
        text = (
            "SELECT json_extract(value, '$[0]') AS connection_id, json_extract(value, '$[1]') AS id"
            " FROM json_each(:document)"
        )
    else:
        text = (
            "SELECT (value->>0)::integer AS connection_id, value->>1 AS id"
            " FROM jsonb_array_elements(CAST(:document AS jsonb))"
        )
    return (
        sa.text(text)
        .bindparams(sa.bindparam("document", type_=sa.Text()))
        .columns(sa.column("connection_id", sa.Integer()), sa.column("id", sa.Text()))
        .cte("only")
    )


def concatenated(column: Column, condition: Truth, dialect: str) -> Column:
    """A JSON list of the column's values in the rows of a group that meet the condition."""
    if dialect == "sqlite":
        return sa.func.json_group_array(column, type_=sa.Text()).filter(condition)
    return sa.cast(sa.func.jsonb_agg(column).filter(condition), sa.Text)
