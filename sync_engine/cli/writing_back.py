"""`flagstaff writeback`: the comments on items, those that wait, and writing them now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.settings import Connection

writeback = typer.Typer(
    help="Flags as comments on the items themselves: list them, or write what is due.",
    no_args_is_help=True,
)
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Connections by name; none: all that write back.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(writeback, name="writeback")


@command(writeback, "list")
def list_(
    frame: Frame,
    names: Names = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be written, with its text, and what waits."
        ),
    ] = False,
) -> None:
    """List the comments of ours in the tools; asks no tool."""
    rows = _due(frame, names) if dry_run else _kept(frame, names)

    def tell(console: Console) -> None:
        _tell_due(console, rows) if dry_run else _tell_kept(console, rows)

    frame.answer(rows, tell)


@command(writeback, "run")
def run(frame: Frame, names: Names = None) -> ExitCode:
    """Write, change and close now what is due, as `flagstaff run` does after each assessment."""
    from dataclasses import asdict

    from sync_engine import duties
    from sync_engine.cli.running import open_store
    from sync_engine.connect import Workshop

    engine = open_store(frame)
    workshop = Workshop.open(frame.configuration(), engine)
    rounds: dict[str, dict[str, Any] | None] = {}
    for connection in _chosen(frame, names):
        done = duties.write_back(workshop, connection)
        rounds[connection.name] = None if done is None else asdict(done)

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell

        for name, done in rounds.items():
            if done is None:
                console.print(f"{name}: nothing is due.", markup=False)
                continue
            console.print(
                f"{name}: {done['written']} written, {done['updated']} updated, "
                f"{done['closed']} closed, {done['waiting']} wait.",
                markup=False,
            )
            for trouble in filter(None, [*done["items"], done["trouble"]]):
                console.print(cell(f"  {trouble}", "warn"), soft_wrap=True)
            if done["remedy"]:
                console.print(cell(f"  → {done['remedy']}", "remedy"), soft_wrap=True)

    frame.answer(rounds, tell)
    failed = any(done and (done["trouble"] or done["items"]) for done in rounds.values())
    return ExitCode.PARTLY if failed else ExitCode.FINE


def _chosen(frame: Frame, names: list[str] | None) -> list[Connection]:
    configuration = frame.configuration()
    found = (
        [configuration.connection(name) for name in names]
        if names
        else [each for each in configuration.settings.connections if each.writeback is not None]
    )
    silent = next((each.name for each in found if each.writeback is None), None)
    if silent is not None or not found:
        whose = f"The connection {silent} writes" if silent else "No connection writes"
        raise UsageProblem(
            f"{whose} flags back; say which under its `writeback`, for example "
            "`writeback: {severities: [critical]}`."
        )
    return found


def _due(frame: Frame, names: list[str] | None) -> list[dict[str, Any]]:
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.connect import Workshop
    from sync_engine.writeback.run import steps

    engine = open_store(frame)
    workshop = Workshop.open(frame.configuration(), engine)
    return [
        {
            "connection": connection.name,
            "action": step.action,
            "waits": step.waits or None,
            "fingerprint": step.flag.fingerprint,
            "item": step.flag.key or step.flag.title,
            "url": step.flag.url,
            "severity": step.flag.severity,
            "text": list(step.note.lines),
        }
        for connection in _chosen(frame, names)
        for step in steps(workshop, connection, clock.now())
    ]


def _kept(frame: Frame, names: list[str] | None) -> list[dict[str, Any]]:
    from sync_engine.cli.running import open_store
    from sync_engine.writeback.run import comments

    engine = open_store(frame)
    return [
        {"connection": connection.name, **row}
        for connection in _chosen(frame, names)
        for row in comments(engine, connection.name)
    ]


def _tell_due(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, link, table

    shown = table("Connection", "What", "Item", "Text", "Waits")
    for row in rows:
        shown.add_row(
            cell(row["connection"], "name"), cell(row["action"]), link(row["item"], row["url"]),
            cell("\n".join(row["text"])), cell(row["waits"] or "–", "dim"),
        )  # fmt: skip
    console.print(shown)
    console.print(f"\n{sum(1 for row in rows if not row['waits'])} due, {len(rows)} in all.")


def _tell_kept(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, link, table

    shown = table("Connection", "Item", "State", "Flag", "Trouble")
    for row in rows:
        state = "not known yet" if row["unsure"] else row["state"]
        trouble = cell(row["trouble"], "warn") if row["trouble"] else cell("–", "dim")
        shown.add_row(
            cell(row["connection"], "name"), link(row["item"], row["url"]), cell(state),
            cell(row["said"] or "–"), trouble,
        )  # fmt: skip
    console.print(shown)
    console.print(f"\n{len(rows)} comments.")
