"""`flagstaff compliance`: how far the standards are met, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sync_engine.cli.flagging import Format, a_day, note_unheld
from sync_engine.cli.frame import Frame, UsageProblem, command

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from sync_engine.flags.compliance import Fared

COLUMNS = (
    "day", "assessed", "by", "group", "detail", "compliance", "met", "flagged", "waived",
    "not_assessable", "missing",
)  # fmt: skip
MOST_DAYS = 3_660
NONE = {"team": "(no team)", "person": "(nobody)", "portfolio": "(no portfolio)",
        "project": "(no project)"}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "compliance")(compliance)


def compliance(
    frame: Frame,
    first: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DAY", help="First day. [default: the last one assessed]",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="Last day. [default: today]", show_default=False),
    ] = None,
    by: Annotated[
        Literal["standard", "project", "portfolio", "team", "person", "tool", "connection"],
        typer.Option("--by", help="What it is told by; a team is whom one lead leads."),
    ] = "standard",
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="Only of these: by standard, project, portfolio, tool, connection (teams: by "
            "standard; people: by owner).",
            show_default=False,
        ),
    ] = None,
    format: Format = "table",
) -> None:  # fmt: skip
    """Say how much of what was checked meets the standards: met of met and flagged.

    What is waived is flagged. What could not be assessed stands beside it. A day without a full
    assessment is a gap.
    """
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.flags.compliance import course, last_day
    from sync_engine.rules import limits
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    moment = moment_of(frame.configuration().settings, clock.now())
    engine = open_store(frame)
    with reading(engine) as connection, limits.limited(connection, limits.PATIENCE):
        newest = last_day(connection)
        end = a_day(last) if last is not None else moment.today
        start = a_day(first) if first is not None else min(newest or end, end)
        _check(newest, start, end, moment.today)
        found = course(connection, by, start, end, moment, where)
    if found.first_kept is None or end < found.first_kept:
        since = f"since {found.first_kept}" if found.first_kept else "never yet"
        raise UsageProblem(f"Nobody can say: the store has been assessed in full {since}.")
    if where is not None and not found.rows:
        note_unheld(frame, engine, where, "flag")
    rows = [_row(by, each) for each in found.rows]
    rows += [_gap(by, day) for day in found.gaps]
    rows.sort(key=lambda row: row["day"])
    if format == "table" or frame.json:
        frame.answer(rows, lambda console: _tell(console, rows))
        return
    from sync_engine.cli.output import rows_as

    frame.answered = True
    typer.echo(rows_as(format, rows, COLUMNS), nl=False)


def _check(newest: date | None, start: date, end: date, today: date) -> None:
    if newest is None:
        raise UsageProblem("Nothing has been assessed in full yet; `flagstaff sync` does.")
    if end > today:
        raise UsageProblem(f"{end} has not come yet.")
    if start > end:
        raise UsageProblem(f"{start} is after {end}.")
    if (end - start).days > MOST_DAYS:
        raise UsageProblem(f"Ask for {MOST_DAYS} days at most.")


def _row(by: str, each: Fared) -> dict[str, Any]:
    return {
        "day": each.day, "assessed": True, "by": by, "group": each.group, "detail": each.detail,
        "compliance": each.compliance, "met": each.met, "flagged": each.flagged,
        "waived": each.waived, "not_assessable": each.unknown, "missing": list(each.missing),
    }  # fmt: skip


def _gap(by: str, day: date) -> dict[str, Any]:
    nothing = dict.fromkeys(COLUMNS)
    return {**nothing, "day": day, "assessed": False, "by": by, "missing": []}


def _tell(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, number, table

    numbers = ("Met", "Flagged", "Waived", "Compliance", "Not assessable")
    shown = table("Day", "Of", *numbers, "For lack of", right=numbers)
    for row in rows:
        if not row["assessed"]:
            shown.add_row(cell(row["day"], "dim"), cell("not assessed", "dim"))
            continue
        name = row["group"] or NONE.get(row["by"], "(none)")
        detail = f" ({row['detail']})" if row["detail"] else ""
        share = row["compliance"]
        percent = "–" if share is None else f"{int(share * 1000 + 1e-6) / 10}%"
        shown.add_row(
            cell(row["day"], "dim"), cell(f"{name}{detail}", "name"), number(row["met"]),
            number(row["flagged"]), number(row["waived"]), cell(percent),
            number(row["not_assessable"]), cell(", ".join(row["missing"]), "dim"),
        )  # fmt: skip
    if rows:
        console.print(shown)
    else:
        console.print("Nothing of this was assessed.")
