"""`flagstaff tasks`: the normalized work of all tools, filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from sync_engine.cli.flagging import Format, Where, note_unheld
from sync_engine.cli.frame import Frame, command

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = (
    "tool", "connection", "project", "key", "title", "type", "status", "status_label", "priority",
    "owner", "start_on", "due_on", "blocked", "estimate_minutes", "spent_minutes",
    "remaining_minutes", "points", "labels", "created_at", "updated_at", "completed_at", "url",
    "id",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "tasks")(tasks)


def tasks(frame: Frame, where: Where = None, format: Format = "table") -> None:
    """List tasks of all tools, for which a condition is true."""
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.rules import filters, limits
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    engine = open_store(frame)
    moment = moment_of(frame.configuration().settings, clock.now())
    with reading(engine) as connection, limits.limited(connection, limits.PATIENCE):
        statement = filters.filter_tasks(connection, where, moment)
        found = connection.execute(statement).mappings()
        rows: list[dict[str, Any]] = [{name: row[name] for name in COLUMNS} for row in found]
    if where is not None and not rows:
        note_unheld(frame, engine, where, "task")
    if format == "table" or frame.json:
        frame.answer(rows, lambda console: _tell(console, rows))
        return
    from sync_engine.cli.output import rows_as

    frame.answered = True
    typer.echo(rows_as(format, rows, COLUMNS), nl=False)


def _tell(console: Console, rows: list[dict[str, Any]]) -> None:
    from sync_engine.cli.output import cell, link, table

    shown = table("Project", "Item", "Title", "Status", "Owner", "Due")
    for row in rows:
        shown.add_row(
            cell(row["project"], "dim"), link(row["key"] or row["tool"], row["url"]),
            cell(row["title"], "name"), cell(row["status_label"] or row["status"]),
            cell(row["owner"] or "–"), cell(row["due_on"]),
        )  # fmt: skip
    console.print(shown)
    console.print(f"\n{len(rows)} tasks.")
