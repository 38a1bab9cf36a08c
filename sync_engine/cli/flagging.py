"""`flagstaff flags`: what breaks a standard, now or at the end of a past day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sync_engine.cli.frame import ExitCode, FailOn, Frame, UsageProblem, command

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from sync_engine.export.junit import Checked

SEVERITIES = ("info", "low", "medium", "high", "critical")
flags = typer.Typer(help="List flags, waive or acknowledge them.", invoke_without_command=True)
Format = Annotated[
    Literal["table", "json", "jsonl", "csv"], typer.Option("--format", help="How to print.")
]
FlagFormat = Annotated[
    Literal["table", "json", "jsonl", "csv", "markdown", "html", "junit"],
    typer.Option("--format", help="How to print; junit is for build servers."),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Only these, in the standards' language: severity in (high, critical).",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    from sync_engine.cli import explaining, waiving

    command(app, "flags", group=flags)(list_)
    command(flags, "explain")(explaining.explain)
    waiving.register(flags)


def any_open(engine: sa.Engine, severity: str) -> bool:
    """Whether a flag of this severity or higher is open."""
    import sqlalchemy as sa

    from sync_engine.store.engine import reading
    from sync_engine.store.flag_models import FlagRow

    flag: sa.Table = FlagRow.__table__  # type: ignore[attr-defined]
    grave = SEVERITIES[SEVERITIES.index(severity) :]
    wanted = sa.select(flag.c.id).where(flag.c.state == "open", flag.c.severity.in_(grave)).limit(1)
    with reading(engine) as connection:
        return connection.execute(wanted).first() is not None


def find(frame: Frame, engine: sa.Engine, where: str | None) -> list[dict[str, Any]]:
    """Flags for which a condition is true, resolved ones too, the most severe first, with the
    columns of files."""
    from sync_engine import clock
    from sync_engine.rules import filters, limits
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    moment = moment_of(frame.configuration().settings, clock.now())
    statement = filters.filter_flags(where, moment, engine.dialect.name)
    with reading(engine) as connection, limits.limited(connection, limits.PATIENCE):
        return _listed(connection, statement)


def _listed(connection: sa.Connection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    from sync_engine.export.files import COLUMNS

    chosen = statement.with_only_columns(*(statement.selected_columns[name] for name in COLUMNS))
    return [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(chosen)]


def find_past(
    frame: Frame, engine: sa.Engine, day: date, where: str | None
) -> list[dict[str, Any]]:
    """Flags as they stood at the end of a day; says what is not sure about it.

    Raises:
        NotKnownError: nothing was assessed by then, or the day is not over.
    """
    from sync_engine import clock
    from sync_engine.flags import past
    from sync_engine.rules import limits
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import calendar_of

    settings, now = frame.configuration().settings, clock.now()
    zone = settings.zone
    calendar = calendar_of(settings)
    statement = past.filter_flags(where, day, zone, calendar, engine.dialect.name)
    with reading(engine) as connection, limits.limited(connection, limits.PATIENCE):
        known = past.known(connection, day, now, zone)
        rows = _listed(connection, statement)
    if not known.that_day:
        last = known.assessed_at.astimezone(zone)
        frame.note(f"Nothing was assessed on {day}; this is what was known since {last:%Y-%m-%d}.")
    oldest = (now - settings.retention.flags).astimezone(zone).date()
    if day < oldest:
        frame.note(f"Flags that were resolved before {oldest} are no longer kept and are missing.")
    return rows


def list_(
    frame: Frame,
    where: Where = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DAY",
            help="As they stood at the end of a past day (2026-01-31): state and severity of that "
            "day, title and owner as known now.",
            show_default=False,
        ),
    ] = None,
    format: FlagFormat = "table",
    resolved: Annotated[bool, typer.Option("--resolved", help="Resolved ones too.")] = False,
    fail_on: FailOn = None,
) -> ExitCode:
    """List flags, the most severe first."""
    from sync_engine.cli.running import open_store

    day = a_day(as_of) if as_of is not None else None
    if day is not None and fail_on is not None:
        raise UsageProblem("--fail-on looks at the flags of today; leave out --as-of.")
    engine = open_store(frame)
    found = find(frame, engine, where) if day is None else find_past(frame, engine, day, where)
    if not resolved:
        solved, found = found, [row for row in found if row["state"] != "resolved"]
        if where is not None and solved and not found:
            frame.note(f"Only resolved flags meet the condition ({len(solved)}); add --resolved.")
        elif where is not None and not found:
            note_unheld(frame, engine, where, "flag")
    _print(frame, engine, format, found, where, day)
    return ExitCode.FLAGGED if fail_on and any_open(engine, fail_on) else ExitCode.FINE


def note_unheld(frame: Frame, engine: sa.Engine, where: str, subject: str) -> None:
    """Say of a condition that nothing meets which of its names nothing bears."""
    from sync_engine.duties import standards_of
    from sync_engine.rules import filters, limits, unheld
    from sync_engine.store.engine import reading

    standards = standards_of(frame.configuration()) if subject == "flag" else ()
    also = {"standard": {each.id for each in standards}, "pack": {each.pack for each in standards}}
    with (
        reading(engine) as connection, suppress(limits.TooSlow),
        limits.limited(connection, filters.SECONDS),
    ):  # fmt: skip
        for each in unheld.told(connection, where, subject, also):
            frame.note(each)


def a_day(text: str) -> date:
    """A day that somebody wrote."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f'"{text}" is not a day; write it as 2026-12-24.') from None


def _print(
    frame: Frame, engine: sa.Engine, format: str, found: list[dict[str, Any]], where: str | None,
    day: date | None,
) -> None:  # fmt: skip
    if format == "table" or frame.json:
        none = (
            "Nothing is flagged" if where is None else "Nothing is flagged that meets the condition"
        )
        frame.answer(found, lambda console: tell(console, found, none=none))
        return
    frame.answered = True
    typer.echo(_text(frame, engine, format, found, where, day), nl=False)


def _text(
    frame: Frame, engine: sa.Engine, format: Any, rows: list[dict[str, Any]], where: str | None,
    day: date | None,
) -> str:  # fmt: skip
    from sync_engine import clock
    from sync_engine.export.files import About, file

    about = About(
        frame.configuration().settings.zone, clock.now(), where, str(day) if day else None
    )
    if format == "junit":
        from sync_engine.duties import standards_of

        standards = standards_of(frame.configuration())
        checked = _checked(frame, engine, where, day)
        about = replace(about, standards=standards, checked=checked)
    return file(format, rows, about)


def _checked(
    frame: Frame, engine: sa.Engine, where: str | None, day: date | None
) -> dict[str, Checked]:
    """By standard: what met it and what could not be assessed, on a day or the last one.

    What meets a condition on flags cannot be told of what has no flag, so with one nothing is said
    to be met; what could not be assessed is always said.
    """
    from sync_engine import clock
    from sync_engine.export.junit import Checked
    from sync_engine.flags.compliance import course, last_day
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    moment = moment_of(frame.configuration().settings, clock.now())
    with reading(engine) as connection:
        on = day or last_day(connection)
        rows = course(connection, "standard", on, on, moment).rows if on else ()
    return {
        row.group: Checked(None if where else row.met, row.unknown, row.missing) for row in rows
    }


def tell(
    console: Console, rows: list[dict[str, Any]], most: int | None = None,
    none: str = "Nothing is flagged",
) -> None:  # fmt: skip
    """Flags as a table; with `most`, only so many of each severity; `none`: said of no flag."""
    from sync_engine.cli.output import cell, link, table, written_out

    linked = console.is_terminal  # elsewhere the address has to be written out
    shown = table("Id", "Severity", "Item", "What is wrong", "Owner", *([] if linked else ["Link"]))
    told: dict[str, int] = {}
    for row in rows:
        told[row["severity"]] = told.get(row["severity"], 0) + 1
        if most is not None and told[row["severity"]] > most:
            continue
        shown.add_row(
            cell(row["id"], "dim"), cell(row["severity"], row["severity"]),
            link(" ".join(filter(None, (row["key"], row["title"]))), row["url"]),
            cell(row["said"]), cell(row["owner"] or "–"),
            *([] if linked else [written_out(row["url"])]),
        )  # fmt: skip
    console.print(shown)
    counts = [f"{told[each]} {each}" for each in reversed(SEVERITIES) if each in told]
    left = len(rows) - shown.row_count
    more = f" {left} more are open: `flagstaff flags` lists all." if left else ""
    console.print(f"\n{', '.join(counts) or none}.{more}")
