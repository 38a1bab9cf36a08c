"""`flagstaff flags`: what breaks a standard, and what people say about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sync_engine.cli.frame import ExitCode, FailOn, Frame, UsageProblem, command

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

SEVERITIES = ("info", "low", "medium", "high", "critical")
COLUMNS = (
    "id", "fingerprint", "severity", "state", "standard", "subject", "key", "title", "said",
    "remedy", "project", "owner", "owner_email", "tool", "connection", "url", "opened_at",
    "worsened_at", "resolved_at", "waived_until",
)  # fmt: skip

flags = typer.Typer(help="List flags, waive or acknowledge them.", invoke_without_command=True)
By = Annotated[str | None, typer.Option("--by", help="Who says so. [default: your user name]")]
Format = Annotated[
    Literal["table", "json", "jsonl", "csv"], typer.Option("--format", help="How to print.")
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
    command(app, "flags", group=flags)(list_)


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


def find(
    frame: Frame, engine: sa.Engine, where: str | None, *, resolved: bool = False
) -> list[dict[str, Any]]:
    """Flags for which a condition is true, the most severe first."""
    from sync_engine import clock
    from sync_engine.rules import filters, limits
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    moment = moment_of(frame.configuration().settings, clock.now())
    statement = filters.filter_flags(where, moment, engine.dialect.name)
    with reading(engine) as connection, limits.limited(connection, filters.SECONDS):
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    return [row for row in rows if resolved or row["state"] != "resolved"]


def list_(
    frame: Frame,
    where: Where = None,
    format: Format = "table",
    resolved: Annotated[bool, typer.Option("--resolved", help="Resolved ones too.")] = False,
    fail_on: FailOn = None,
) -> ExitCode:
    """List flags, the most severe first."""
    from sync_engine.cli.running import open_store

    engine = open_store(frame)
    found = find(frame, engine, where, resolved=resolved)
    rows = [{name: row[name] for name in COLUMNS} for row in found]
    _print(frame, format, rows)
    return ExitCode.FLAGGED if fail_on and any_open(engine, fail_on) else ExitCode.FINE


def _print(frame: Frame, format: str, rows: list[dict[str, Any]]) -> None:
    if format == "table" or frame.json:
        frame.answer(rows, lambda console: tell(console, rows))
        return
    from sync_engine.cli.output import rows_as

    frame.answered = True
    typer.echo(rows_as(format, rows, COLUMNS), nl=False)  # type: ignore[arg-type]


def tell(console: Console, rows: list[dict[str, Any]], most: int | None = None) -> None:
    """Flags as a table; with `most`, only so many of each severity."""
    from sync_engine.cli.output import cell, link, table

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
            *([] if linked else [cell(row["url"], "dim")]),
        )  # fmt: skip
    console.print(shown)
    counts = [f"{told[each]} {each}" for each in reversed(SEVERITIES) if each in told]
    left = len(rows) - shown.row_count
    more = f" {left} more are open: `flagstaff flags` lists all." if left else ""
    console.print(f"\n{', '.join(counts) or 'Nothing is flagged'}.{more}")


@command(flags, "waive")
def waive(
    frame: Frame,
    flag: Annotated[str, typer.Argument(metavar="ID", help="The flag's id or fingerprint.")],
    until: Annotated[str, typer.Option("--until", help="Its last day, as 2026-12-24.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted.")],
    by: By = None,
) -> None:
    """Accept a flag until a day."""
    from sync_engine import clock, commands
    from sync_engine.cli.running import open_store

    try:
        last = date.fromisoformat(until)
    except ValueError:
        raise UsageProblem(f'"{until}" is not a day; write it as 2026-12-24.') from None
    now = clock.now()
    today = now.astimezone(frame.configuration().settings.zone).date()
    commands.waive(
        open_store(frame), flag, by=_who(by), reason=reason, until=last, now=now, today=today
    )
    _done(frame, flag, "waived", now, f"Flag {flag} is waived until {last}.")


@command(flags, "ack")
def ack(
    frame: Frame,
    flag: Annotated[str, typer.Argument(metavar="ID", help="The flag's id or fingerprint.")],
    note: Annotated[str | None, typer.Option("--note", help="What is being done.")] = None,
    by: By = None,
) -> None:
    """Say that a flag is seen and taken care of."""
    from sync_engine import clock, commands
    from sync_engine.cli.running import open_store

    now = clock.now()
    commands.acknowledge(open_store(frame), flag, by=_who(by), now=now, note=note)
    _done(frame, flag, "acknowledged", now, f"Flag {flag} is acknowledged.")


def _who(by: str | None) -> str:
    import getpass

    return by if by is not None else getpass.getuser()


def _done(frame: Frame, flag: str, state: str, at: datetime, sentence: str) -> None:
    frame.answer(
        {"flag": flag, "state": state, "at": at},
        lambda console: console.print(sentence, style="good", markup=False, soft_wrap=True),
    )
