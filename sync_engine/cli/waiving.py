"""`flagstaff flags waive`, `ack`, `waivers`, `end-waiver`: what people say about flags."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.flagging import Format, Where, a_day, find
from sync_engine.cli.frame import Frame, UsageProblem, command

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from sync_engine.rules.calendars import Moment
    from sync_engine.store.audit import Actor

COLUMNS = (
    "id", "standard", "condition", "title", "covers", "approver", "reason", "made_at", "until",
    "runs_out", "ended_at", "ended_why",
)  # fmt: skip
By = Annotated[str | None, typer.Option("--by", help="Who says so. [default: your user name]")]
OneFlag = Annotated[
    str | None, typer.Argument(metavar="ID", help="One flag: its id or fingerprint.")
]


def register(flags: typer.Typer) -> None:
    """Add these commands to the group."""
    command(flags, "waive")(waive)
    command(flags, "ack")(ack)
    command(flags, "waivers")(waivers)
    command(flags, "end-waiver")(end_waiver)


def waive(
    frame: Frame,
    until: Annotated[str, typer.Option("--until", help="Its last day, as 2026-12-24.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted.")],
    flag: OneFlag = None,
    standard: Annotated[
        str | None,
        typer.Option("--standard", help="All flags of this standard.", show_default=False),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help='All flags of a scope: project = "Pilot".',
            show_default=False,
        ),
    ] = None,
    by: By = None,
) -> None:
    """Accept a flag until a day, or all flags of a scope, those that are raised later included."""
    from sync_engine import commands
    from sync_engine.cli.running import open_store
    from sync_engine.duties import standards_of

    last, moment = a_day(until), _moment(frame)
    if (flag is None) == (standard is None and where is None):
        raise UsageProblem("Name one flag, or a scope by --standard and --where.")
    engine = open_store(frame)
    if flag is not None:
        commands.waive(
            engine, flag, by=_who(by), reason=reason, until=last, now=moment.now,
            today=moment.today,
        )  # fmt: skip
        _done(frame, flag, "waived", moment.now, f"Flag {flag} is waived until {last}.")
        return
    made = commands.waive_scope(
        engine, standard=standard, condition=where, by=_who(by), reason=reason, until=last,
        moment=moment, known=[each.id for each in standards_of(frame.configuration())],
    )  # fmt: skip
    count = len(made.covered)
    frame.answer(
        {"waiver": f"s{made.id}", "covered": made.covered, "until": last, "at": moment.now},
        lambda console: console.print(
            f"The waiver s{made.id} holds until {last} and covers {count} flags by now.",
            style="good", markup=False, soft_wrap=True,
        ),
    )  # fmt: skip


def ack(
    frame: Frame,
    flag: OneFlag = None,
    where: Where = None,
    note: Annotated[str | None, typer.Option("--note", help="What is being done.")] = None,
    by: By = None,
) -> None:
    """Say that a flag, or all open flags of a scope, are seen and taken care of."""
    from sync_engine import commands
    from sync_engine.cli.running import open_store

    if (flag is None) == (where is None):
        raise UsageProblem("Name one flag, or several by --where.")
    engine, now = open_store(frame), _moment(frame).now
    if flag is not None:
        commands.acknowledge(engine, flag, by=_who(by), now=now, note=note)
        _done(frame, flag, "acknowledged", now, f"Flag {flag} is acknowledged.")
        return
    ids = [row["id"] for row in find(frame, engine, where) if row["state"] == "open"]
    count = commands.acknowledge_all(engine, ids, by=_who(by), now=now, note=note)
    frame.answer(
        {"acknowledged": count, "at": now},
        lambda console: console.print(f"{count} flags are acknowledged.", style="good"),
    )


def waivers(
    frame: Frame,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended too.")] = False,
    format: Format = "table",
) -> None:
    """List what is accepted: by whom, why, until when; what runs out within 14 days comes first."""
    from sync_engine.cli.running import open_store
    from sync_engine.flags.waivers import listed
    from sync_engine.store.engine import reading

    today = _moment(frame).today
    with reading(open_store(frame)) as connection:
        rows = [asdict(line) for line in listed(connection, today, ended=ended)]
    if format == "table" or frame.json:
        frame.answer(rows, lambda console: _tell(console, rows))
        return
    from sync_engine.cli.output import rows_as

    frame.answered = True
    typer.echo(rows_as(format, rows, COLUMNS), nl=False)


def _tell(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, number, table

    shown = table("Id", "What", "Hides", "Until", "By", "Why", right=("Hides",))
    for row in rows:
        what = row["title"] or row["condition"]
        until = str(row["until"])
        if row["ended_at"] is not None:
            until, style = f"{until} ({row['ended_why'].replace('_', ' ')})", "dim"
        else:
            style = "warn" if row["runs_out"] else ""
        shown.add_row(
            cell(row["id"], "dim"), cell(": ".join(filter(None, (row["standard"], what)))),
            number(row["covers"]), cell(until, style), cell(row["approver"]), cell(row["reason"]),
        )  # fmt: skip
    if rows:
        console.print(shown)
    soon = sum(row["runs_out"] for row in rows)
    running = sum(row["ended_at"] is None for row in rows)
    console.print(f"{running} running, {soon} of them run out within 14 days.")


def end_waiver(
    frame: Frame,
    waiver: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="As `flags waivers` names it: a flag's id, or a scope's (s3)."
        ),
    ],
    by: By = None,
) -> None:
    """End a waiver before its day: what it hides is open again."""
    from sync_engine import commands
    from sync_engine.cli.running import open_store

    engine, moment = open_store(frame), _moment(frame)
    if waiver[:1] == "s" and waiver[1:].isdecimal():
        count = commands.end_scope_waiver(engine, int(waiver[1:]), by=_who(by), moment=moment)
        sentence = f"The waiver {waiver} has ended; {count} flags are no longer accepted by it."
    else:
        commands.end_waiver(engine, waiver, by=_who(by), now=moment.now)
        sentence = f"The waiver of flag {waiver} has ended; the flag is open again."
    frame.answer(
        {"waiver": waiver, "state": "ended", "at": moment.now},
        lambda console: console.print(sentence, style="good", markup=False, soft_wrap=True),
    )


def _moment(frame: Frame) -> Moment:
    from sync_engine import clock
    from sync_engine.subscriptions import moment_of

    return moment_of(frame.configuration().settings, clock.now())


def _who(by: str | None) -> Actor:
    import getpass

    from sync_engine.store.audit import Actor

    return Actor(by if by is not None else getpass.getuser(), "command line")


def _done(frame: Frame, flag: str, state: str, at: datetime, sentence: str) -> None:
    frame.answer(
        {"flag": flag, "state": state, "at": at},
        lambda console: console.print(sentence, style="good", markup=False, soft_wrap=True),
    )
