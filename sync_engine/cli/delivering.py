"""`flagstaff deliver`: a file of work into a connection that takes deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from connectors.sdk.deliveries import Row
    from sync_engine.deliveries import Delivery, Refusal
    from sync_engine.settings import Connection

SHOWN = 10
MAX_BYTES = 256 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "deliver")(deliver)


def deliver(
    frame: Frame,
    name: Annotated[str, typer.Argument(help="The connection.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="CSV (.csv, .tsv) or JSON lines (.jsonl), UTF-8.")],
    complete: Annotated[
        bool, typer.Option("--complete", help="The file has all there is: what it lacks is gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be read, and write nothing.")
    ] = False,
) -> ExitCode:
    """Take work from a file into a connection that takes deliveries, and assess it."""
    from sync_engine import jobs

    connection = frame.configuration().connection(name)
    if not jobs.is_delivered(connection):
        raise UsageProblem(f"{name} is read from its tool and takes no deliveries.")
    rows = _rows(connection, file)
    if dry_run:
        return _show(frame, connection, rows)
    return _take(frame, connection, rows, complete)


def _rows(connection: Connection, file: Path) -> list[Row]:
    from connectors.sdk import registry
    from connectors.sdk.deliveries import FileError

    receiver: Any = registry.get(connection.connector)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsageProblem(f"{file} is larger than {MAX_BYTES} bytes; deliver it in parts.")
        return list(receiver.rows_of(file.name, file.read_bytes()))
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read: {error.strerror}.") from None
    except FileError as error:
        raise UsageProblem(f"{file}: {error}.") from None


def _take(frame: Frame, connection: Connection, rows: list[Row], complete: bool) -> ExitCode:
    from sync_engine import duties, jobs
    from sync_engine.cli import running, syncing
    from sync_engine.cli.running import Outcome
    from sync_engine.connect import Workshop, known_people
    from sync_engine.settings import load_people

    configuration = frame.configuration()
    engine = running.open_store(frame)
    people = known_people(load_people(configuration))
    taken = jobs.deliver(
        Workshop.open(configuration, engine), connection, rows, complete=complete, people=people
    )
    if taken is None:
        raise UsageProblem("Another delivery to this connection is under way; try again.")
    run, delivery = taken
    outcome = Outcome(connection.name, connection.connector, run)
    report = duties.assess(engine, configuration)
    document = {**outcome.document(), "refused": [_document(each) for each in delivery.refused],
                "flags": syncing.flag_document(report)}  # fmt: skip
    frame.answer(document, lambda console: syncing.tell(console, [outcome], report))
    return running.exit_code([outcome], report)


def _show(frame: Frame, connection: Connection, rows: list[Row]) -> ExitCode:
    """What a file would give, and which of its columns nobody has mapped."""
    from connectors.sdk import registry
    from sync_engine import clock, deliveries
    from sync_engine.connect import Workshop

    workshop = Workshop.open(frame.configuration(), frame.store(), sleep=clock.sleep)
    connector: Any = workshop.reach(connection).connector
    delivery = deliveries.read(connector, rows, complete=False)
    named = set(connection.options.get("columns") or ())
    header: dict[str, None] = {}
    for row in rows:
        header |= dict.fromkeys(row.value if isinstance(row.value, dict) else ())
    unmapped = [column for column in header if column not in named]
    proposed = registry.get(connection.connector).proposal(unmapped)  # type: ignore[attr-defined]
    records = [
        record
        for item in delivery.items
        for record in connector.to_records(deliveries.STREAM, item.body)
    ]
    document = {
        "rows": len(rows), "items": len(delivery.items),
        "gone": [each.id for each in delivery.gone],
        "refused": [_document(each) for each in delivery.refused],
        "absent_columns": sorted(named - set(header)),
        "unmapped_columns": {column: proposed.get(column) for column in unmapped},
        "first": [item.body for item in delivery.items[:SHOWN]],
    }  # fmt: skip
    frame.answer(document, lambda console: _tell(console, document, delivery, records))
    return ExitCode.PARTLY if delivery.refused else ExitCode.FINE


def _document(refusal: Refusal) -> dict[str, Any]:
    return {"line": refusal.line, "id": refusal.id, "why": refusal.why}


def _tell(
    console: Console, document: dict[str, Any], delivery: Delivery, records: Sequence[Any]
) -> None:
    from connectors.sdk.records import Task
    from sync_engine.cli.output import cell, table

    tasks = [record for record in records if isinstance(record, Task)]
    shown = table("Id", "Title", "Project", "Status", "Owner", "Due")
    for task in tasks[:SHOWN]:
        shown.add_row(
            cell(task.key or task.id), cell(task.title, "name"),
            cell(task.project_id or "–", "dim"),
            cell(task.status or task.status_label or "–"),
            cell(task.assignee_ids[0] if task.assignee_ids else "–"), cell(task.due_on or "–"),
        )  # fmt: skip
    console.print(shown)
    more = len(tasks) - SHOWN
    if more > 0:
        console.print(f"and {more} more.")
    console.print(
        f"\n{document['rows']} rows: {len(delivery.items)} would be taken, "
        f"{len(delivery.gone)} are gone, {len(delivery.refused)} could not be read."
    )
    for refusal in delivery.refused[:SHOWN]:
        console.print(cell(f"row {refusal.line}: {refusal.why}", "bad"), soft_wrap=True)
    for column in document["absent_columns"]:
        console.print(cell(f'No row has the column "{column}" of `columns`.', "warn"))
    for column, field in document["unmapped_columns"].items():
        hint = f': "{column}": {field}' if field else f': "{column}": custom, or leave it out'
        console.print(cell(f'"{column}" is not mapped; perhaps `columns`{hint}', "remedy"))
