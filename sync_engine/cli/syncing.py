"""`flagstaff sync`, `census` and `replay`: reading the tools, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.connecting import Names
from sync_engine.cli.frame import ExitCode, FailOn, Frame, UsageProblem, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.cli.running import Outcome
    from sync_engine.flags.apply import FlagReport
    from sync_engine.jobs import Job


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, "sync")(sync)
    command(app, "census")(census)
    command(app, "replay")(replay)


def sync(
    frame: Frame,
    names: Names = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything anew, not only what changed.")
    ] = False,
    item: Annotated[
        str | None,
        typer.Option("--item", help="Look at this item by itself, too: its id, key or address."),
    ] = None,
    fail_on: FailOn = None,
) -> ExitCode:
    """Pull what changed from the tools, and assess it."""
    from sync_engine.jobs import Job

    if item is not None and len(names or ()) != 1:
        raise UsageProblem("Name the one connection that has the item: sync NAME --item ITEM.")
    return _run(frame, names, Job("pull", full=full), fail_on, item)


def census(
    frame: Frame,
    names: Names = None,
    accept: Annotated[
        int | None,
        typer.Option("--accept", metavar="RUN", help="Retire what this run's census held."),
    ] = None,
    fail_on: FailOn = None,
) -> ExitCode:
    """List every id in the tools, to learn what is gone."""
    from sync_engine.jobs import Job

    if accept is not None:
        frame.note(_accepted(frame, accept))
    return _run(frame, names, Job("census"), fail_on)


def replay(frame: Frame, names: Names = None, fail_on: FailOn = None) -> ExitCode:
    """Map what is stored again, after a change of mapping; asks no tool."""
    from sync_engine.jobs import Job

    return _run(frame, names, Job("replay"), fail_on)


def _accepted(frame: Frame, run: int) -> str:
    import getpass

    from sync_engine import commands
    from sync_engine.cli.running import open_store
    from sync_engine.store.audit import Actor

    who = Actor(getpass.getuser(), "command line")
    number = commands.accept_census(open_store(frame), run, by=who)
    return f"Accepted: {number} items that run {run} held are confirmed and retired now."


def _run(
    frame: Frame, names: list[str] | None, job: Job, fail_on: str | None, item: str | None = None
) -> ExitCode:
    from connectors.sdk import registry
    from sync_engine import duties
    from sync_engine.cli import progress, running, single
    from sync_engine.connect import Workshop

    configuration = frame.configuration()
    connections = running.chosen(configuration, names)
    if not connections:
        raise UsageProblem(
            "No connection is configured; `flagstaff init` shows how, or see `connections` in "
            f"{frame.config}."
        )
    engine = running.open_store(frame)
    if item is not None:
        single.suspect(engine, connections[0].name, item)
    workshop = Workshop.open(configuration, engine)
    rows = [(each.name, len(registry.get(each.connector).streams)) for each in connections]
    with progress.shown(frame, rows) as step:
        outcomes = running.run_all(workshop, connections, job, step)
    report = duties.assess(engine, configuration)
    document: dict[str, Any] = {
        "connections": [outcome.document() for outcome in outcomes],
        "flags": flag_document(report),
    }
    looked_at = [] if item is None else single.standings(engine, connections[0].name, item)
    if item is not None:
        document["items"] = [each.document() for each in looked_at]

    def said(console: Console) -> None:
        tell(console, outcomes, report)
        for each in looked_at:
            console.print(each.sentence, soft_wrap=True, markup=False)
        if item is not None and not looked_at:
            console.print(f"Nothing is known by the id, key or address {item}.", markup=False)

    frame.answer(document, said)
    code = running.exit_code(outcomes, report)
    if fail_on is not None and code is ExitCode.FINE:
        from sync_engine.cli.flagging import any_open

        return ExitCode.FLAGGED if any_open(engine, fail_on) else code
    return code


def flag_document(report: FlagReport) -> dict[str, Any]:
    """What an assessment changed, for machines."""
    return {
        "opened": len(report.opened),
        "reopened": len(report.reopened),
        "worsened": len(report.worsened),
        "resolved": len(report.resolved),
        "frozen": len(report.frozen),
        "waived": len(report.waived),
        "suspect_standards": dict(report.suspect),
        "slow_standards": list(report.slow),
    }


WORDS = {
    "complete": ("complete", "good"), "cut": ("goes on next time", "warn"),
    "partial": ("in part", "warn"), "failed": ("failed", "bad"),
    "needs_reauth": ("refused", "bad"), "rate_limited": ("told to wait", "warn"),
    "held": ("held", "warn"),
}  # fmt: skip
"""Outcomes of runs as people read them."""


SHOWN = 3
"""Problems of one connection that are told; the rest are counted."""


def tell(console: Console, outcomes: list[Outcome], report: FlagReport) -> None:
    """Runs as a table, then what is wrong, then what it means for the flags."""
    from sync_engine.cli.output import cell, number, table

    numbers = ("Read", "Changed", "Retired", "Requests", "Seconds")
    shown = table("Connection", "Outcome", *numbers, right=numbers)
    for outcome in outcomes:
        run = outcome.report
        if run is None:
            shown.add_row(cell(outcome.connection, "name"), cell("not run", "bad"))
            continue
        word, style = WORDS[run.outcome]
        shown.add_row(
            cell(outcome.connection, "name"), cell(word, style), number(run.tally.items),
            number(run.tally.written), number(run.tally.retired), number(run.requests),
            f"{run.seconds:.1f}",
        )  # fmt: skip
    console.print(shown)
    for outcome in outcomes:
        for sentence, remedy in _troubles(outcome):
            console.print(cell(f"{outcome.connection}: {sentence}", "warn"), soft_wrap=True)
            if remedy:
                console.print(cell(f"  → {remedy}", "remedy"), soft_wrap=True)
    console.print(
        f"\nFlags: {len(report.opened) + len(report.reopened)} raised, "
        f"{len(report.worsened)} worsened, {len(report.resolved)} resolved."
    )
    for standard in report.suspect:
        console.print(
            cell(
                f"The standard {standard} flags more of the work than its limit allows; it is "
                "reported here and left out of flags and digests.",
                "warn",
            )
        )
    for standard in report.slow:
        console.print(cell(f"The standard {standard} ran over its time and was stopped.", "warn"))


def _troubles(outcome: Outcome) -> list[tuple[str, str]]:
    run = outcome.report
    if run is None:
        return [(outcome.why_not or "it was not run", "")]
    said = run.problems[:SHOWN] or ([run.message] if run.message else [])
    if len(run.problems) > SHOWN:
        said.append(f"and {len(run.problems) - SHOWN} more like these")
    return [(sentence, "") for sentence in said[:-1]] + [(each, run.remedy) for each in said[-1:]]
