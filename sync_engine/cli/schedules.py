"""`flagstaff schedule`: one project's network, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import Frame, UsageProblem, command

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from sync_engine.schedule.model import Point, Schedule
    from sync_engine.scheduling.find import Named
    from sync_engine.scheduling.read import Plan

SHOWN = 10
"""Activities shown of each kind, on a terminal."""

STYLES = {"met": "good", "flagged": "bad", "not assessable": "warn"}


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "schedule")(schedule)


def schedule(
    frame: Frame,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="A project's name, key or id.")],
    connection: Annotated[
        str | None,
        typer.Option("--connection", help="Of this connection.", show_default=False),
    ] = None,
) -> None:
    """Compute a project's critical path and float, and judge its schedule by DCMA's points."""
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.duties import standards_of
    from sync_engine.rules.frames import connections
    from sync_engine.scheduling.limits import limits_of
    from sync_engine.scheduling.read import plan
    from sync_engine.store.engine import reading
    from sync_engine.subscriptions import moment_of

    engine, configuration = open_store(frame), frame.configuration()
    moment = moment_of(configuration.settings, clock.now())
    with reading(engine) as store:
        named = one_project(store, project, connection)
        tools = {each.id: each for each in connections(store, moment, None)}
        held = plan(store, tools[named.connection_id], named.id, moment)
    found = held.analysed(moment, limits_of(standards_of(configuration)))
    frame.answer(_document(named, held, found), lambda console: _tell(console, named, held, found))


def one_project(store: sa.Connection, wanted: str, of: str | None) -> Named:
    """The one project of a name, key or id. `of`: in this connection."""
    from sync_engine.scheduling.find import find, names
    from sync_engine.settings.nearest import nearest

    if of is not None:
        known_connection(store, of)
    found = find(store, wanted, of)
    if not found:
        place = "" if of is None else f" in {of}"
        close = nearest(wanted, names(store, of))
        raise UsageProblem(f"There is no project {wanted}{place}{close or '.'}")
    if len(found) > 1:
        which = ", ".join(f"{each.connection} {each.id}" for each in found)
        raise UsageProblem(
            f"Several projects are called {wanted} ({which}); name the id, or --connection."
        )
    return found[0]


def known_connection(store: sa.Connection, name: str) -> None:
    """Refuse a connection that the store does not know."""
    import sqlalchemy as sa

    from sync_engine.rules.joins import CONNECTION
    from sync_engine.settings.nearest import nearest

    known = sa.select(CONNECTION.c.name).where(CONNECTION.c.removed_at.is_(None))
    held = list(store.execute(known).scalars())
    if name not in held:
        raise UsageProblem(f"There is no connection {name}{nearest(name, held) or '.'}")


def _document(named: Named, held: Plan, found: Schedule) -> dict[str, Any]:
    return {
        "connection": named.connection,
        "id": named.id,
        "project": named.name,
        "today": found.today,
        "finish": found.finish,
        "target": found.target,
        "activities": found.activities,
        "open": found.open,
        "dependencies": found.dependencies,
        "points": [{**asdict(point), "answer": point.answer} for point in found.points],
        "critical_paths": found.critical_paths,
        "cycles": found.cycles,
        "links_left_out": [asdict(link) for link in found.left_out],
        "not_assessable": found.unassessable,
        "tasks": [
            {"id": id, "key": _key(held.rows, id), "title": _title(held.rows, id), **asdict(timing)}
            for id, timing in found.timings.items()
        ],
    }


def _key(rows: Mapping[str, Any], id: str) -> str | None:
    return rows[id].key if id in rows else None


def _title(rows: Mapping[str, Any], id: str) -> str | None:
    return rows[id].title if id in rows else None


def _tell(console: Console, named: Named, held: Plan, found: Schedule) -> None:
    from sync_engine.cli.output import cell, table

    console.print(cell(f"{named.name} ({named.connection}), as of {found.today}", "heading"))
    console.print(
        f"{found.activities} activities, {found.open} of them open, {found.dependencies} links.\n"
        f"Earliest finish: {found.finish or 'not assessable'}. "
        f"To be finished: {found.target or 'nobody says when'}.\n"
    )
    shown = table("Ref", "What", "Found", "Threshold", "Answer", "Missing", right=("Found",))
    for point in found.points:
        shown.add_row(
            cell(point.ref, "dim"), cell(point.title), cell(value_of(point)),
            cell(threshold_of(point), "dim"), cell(point.answer, STYLES[point.answer]),
            cell(", ".join(point.missing), "dim"),
        )  # fmt: skip
    console.print(shown)
    _tell_paths(console, held, found)


def _tell_paths(console: Console, held: Plan, found: Schedule) -> None:
    from sync_engine.cli.output import cell, link, table

    def name(id: str) -> Any:
        row = held.rows.get(id)
        return cell(id) if row is None else link(row.key or row.title, row.url, "name")

    for path in found.critical_paths[:1]:
        console.print()
        console.print(cell("Critical path", "heading"))
        shown = table("Item", "Title", "Start", "Finish", "Float", right=("Float",))
        for id in path[:SHOWN]:
            timing = found.timings.get(id)
            if timing is not None:
                spare = "–" if timing.total_float is None else f"{timing.total_float:g}"
                shown.add_row(
                    name(id), cell(_title(held.rows, id)), cell(timing.early_start),
                    cell(timing.early_finish), spare,
                )  # fmt: skip
        console.print(shown)
        if len(path) > SHOWN:
            console.print(f"… and {len(path) - SHOWN} more; --json has all.")
    for cycle in found.cycles[:SHOWN]:
        members = ", ".join(name(id).plain for id in cycle[:SHOWN])
        more = f" and {len(cycle) - SHOWN} more" if len(cycle) > SHOWN else ""
        console.print()
        console.print(cell(f"These wait for each other: {members}{more}.", "bad"))
    if found.unassessable:
        console.print()
        console.print(cell("Not assessable", "heading"))
        for id, why in list(found.unassessable.items())[:SHOWN]:
            console.print(name(id) + cell(f": {why}", "dim"))
        if len(found.unassessable) > SHOWN:
            console.print(f"… and {len(found.unassessable) - SHOWN} more; --json has all.")


def value_of(point: Point) -> str:
    """A point's value as people read it."""
    if point.value is None:
        return "–"
    if point.unit == "yes/no":
        return "yes" if point.value else "no"
    if point.unit == "%":
        return f"{point.value:.1f}% ({point.numerator:g} of {point.denominator:g})"
    least = "at least " if point.missing else ""
    return f"{least}{point.value:.2f}" if point.unit == "ratio" else f"{least}{point.value:g}"


def threshold_of(point: Point) -> str:
    """A point's threshold as people read it."""
    if point.unit == "yes/no":
        return "yes"
    return f"{point.sense} {point.limit:g}{'%' if point.unit == '%' else ''}"
