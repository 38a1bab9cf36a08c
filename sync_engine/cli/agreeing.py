"""`flagstaff baselines`: what was agreed of projects' plans: list, take, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.flagging import Format
from sync_engine.cli.frame import Frame, command
from sync_engine.cli.schedules import known_connection, one_project

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.rules.calendars import Moment
    from sync_engine.store.audit import Actor

baselines = typer.Typer(help="List, take or remove baselines of projects.")
By = Annotated[str | None, typer.Option("--by", help="Who says so. [default: your user name]")]
OfConnection = Annotated[
    str | None, typer.Option("--connection", help="Of this connection.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, "baselines", group=baselines)(show)
    command(baselines, "take")(take)
    command(baselines, "remove")(remove)


def show(
    frame: Frame,
    project: Annotated[
        str | None,
        typer.Option(
            "--project", metavar="PROJECT", help="Of this one: name, key or id.", show_default=False
        ),
    ] = None,
    connection: OfConnection = None,
    removed: Annotated[
        bool, typer.Option("--removed", help="Those that were removed too.")
    ] = False,
    format: Format = "table",
) -> None:
    """List the baselines of projects: which is the first, which the current one."""
    from sync_engine.baselines.listed import COLUMNS, listed
    from sync_engine.cli.running import open_store
    from sync_engine.store.engine import reading

    with reading(open_store(frame)) as store:
        key = None
        if project is not None:
            named = one_project(store, project, connection)
            key = (named.connection_id, named.id)
        elif connection is not None:
            known_connection(store, connection)
        rows = listed(store, key, removed=removed)
    if connection is not None:
        rows = [row for row in rows if row["connection"] == connection]
    if format == "table" or frame.json:
        zone = frame.configuration().settings.zone
        frame.answer(rows, lambda console: _tell(console, rows, zone))
        return
    from sync_engine.cli.output import rows_as

    frame.answered = True
    typer.echo(rows_as(format, rows, COLUMNS), nl=False)


def _tell(console: Console, rows: list[dict[str, Any]], zone: Any) -> None:
    from sync_engine.cli.output import cell, local, number, table

    shown = table("Id", "Project", "Baseline", "", "Taken", "Tasks", "Finish", right=("Tasks",))
    for row in rows:
        finish, gone = row["due_on"] or row["last_due_on"], row["removed_at"] is not None
        shown.add_row(
            cell(row["id"], "dim"), cell(f"{row['project']} ({row['connection']})"),
            cell(row["name"], "dim" if gone else "name"), cell(row["standing"], "dim"),
            cell(local(row["taken_at"], zone)), number(row["tasks"]), cell(finish),
        )  # fmt: skip
    if rows:
        console.print(shown)
    else:
        console.print("There are none; `flagstaff baselines take PROJECT` takes one.")


def take(
    frame: Frame,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="A project's name, key or id.")],
    name: Annotated[
        str | None, typer.Option("--name", help="What it is called. [default: by its day]")
    ] = None,
    connection: OfConnection = None,
    by: By = None,
) -> None:
    """Keep a project's plan as it stands now as what was agreed; earlier baselines stay."""
    from sync_engine import commands
    from sync_engine.baselines.listed import listed
    from sync_engine.cli.running import open_store
    from sync_engine.store.engine import reading

    engine, moment = open_store(frame), _moment(frame)
    with reading(engine) as store:
        named = one_project(store, project, connection)
    key = (named.connection_id, named.id)
    intervals = frame.configuration().settings.intervals
    made = commands.take_baseline(
        engine, key, name=name, actor=_actor(by), moment=moment, intervals=intervals
    )
    with reading(engine) as store:
        (row,) = [each for each in listed(store, key) if each["id"] == made]
    frame.answer(
        row,
        lambda console: console.print(
            f"Baseline {made} of {named.name} is taken: {row['tasks']} tasks"
            f"{_until(row)}. It is its {row['standing']} one.",
            style="good", markup=False, soft_wrap=True,
        ),
    )  # fmt: skip


def _until(row: dict[str, Any]) -> str:
    finish = row["due_on"] or row["last_due_on"]
    return f", to be finished on {finish}" if finish else ", without a due date"


def remove(
    frame: Frame,
    id: Annotated[int, typer.Argument(metavar="ID", help="As `flagstaff baselines` lists it.")],
    by: By = None,
) -> None:
    """Remove a baseline: nothing is compared with it any more, and what it held is deleted."""
    from sync_engine import commands
    from sync_engine.cli.running import open_store

    now = _moment(frame).now
    name = commands.remove_baseline(open_store(frame), id, actor=_actor(by), now=now)
    frame.answer(
        {"id": id, "name": name, "removed_at": now},
        lambda console: console.print(
            f"Baseline {id} ({name}) is removed.", style="good", markup=False, soft_wrap=True
        ),
    )


def _moment(frame: Frame) -> Moment:
    from sync_engine import clock
    from sync_engine.subscriptions import moment_of

    return moment_of(frame.configuration().settings, clock.now())


def _actor(by: str | None) -> Actor:
    import getpass

    from sync_engine.store.audit import Actor

    return Actor(by if by is not None else getpass.getuser(), "command line")
