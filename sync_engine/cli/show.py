"""The demonstration as it is shown: read, assessed, told; then changed, and read again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from connectors.sdk import registry
from sync_engine import clock, duties
from sync_engine.cli import flagging, progress, running
from sync_engine.cli.frame import ExitCode, Frame
from sync_engine.cli.output import cell, console, link, number, table
from sync_engine.cli.running import Outcome
from sync_engine.cli.syncing import WORDS, flag_document
from sync_engine.connect import Workshop
from sync_engine.demo.run import MANAGER, Stage, stage
from sync_engine.flags.apply import FlagReport
from sync_engine.jobs import Job
from sync_engine.rules import filters
from sync_engine.settings import load
from sync_engine.store import models
from sync_engine.store.engine import reading

SHOWN = 5
"""Flags shown of each severity."""

KINDS: tuple[tuple[str, Any], ...] = (
    ("Projects", models.ProjectRow), ("People", models.PersonRow), ("Tasks", models.TaskRow),
    ("Links", models.LinkRow), ("Changes", models.ChangeRow), ("Comments", models.CommentRow),
)  # fmt: skip


class Show:
    """One demonstration."""

    def __init__(
        self,
        frame: Frame,
        out: Path,
        *,
        once: bool,
        every_tool: bool = False,
        serve: bool = False,
    ) -> None:
        self.frame = frame
        self.out = out
        self.once = once
        self.every_tool = every_tool
        self.serve = serve
        self.screen = Console(quiet=True) if frame.json else console()
        self.document: dict[str, Any] = {}

    def run(self) -> ExitCode:
        """All of it; the exit code."""
        self.frame.set_up_logging("plain", "warning")
        with stage(self.out, clock.now().date(), every_tool=self.every_tool) as held:
            self.frame = Frame(
                config=held.config, json=self.frame.json, verbosity=self.frame.verbosity
            )
            configuration = load(held.config)
            self.frame.use(configuration)
            engine = running.open_store(self.frame)
            workshop = Workshop.open(configuration, engine)
            try:
                code = self._acts(held, workshop, engine)
                self._paths(held)
                self.frame.answer(self.document, lambda _: None)
                if self.serve:
                    self._serve(engine, workshop)
            finally:
                engine.dispose()
        return code

    def _serve(self, engine: sa.Engine, workshop: Workshop) -> None:
        """The console on what was read, until Ctrl-C."""
        from sync_engine.cli.website import serve_demo

        serve_demo(
            engine, workshop, lambda address: self.frame.note(f"The console: {address} (Ctrl-C)")
        )

    def _acts(self, held: Stage, workshop: Workshop, engine: sa.Engine) -> ExitCode:
        tools = {3: "three"}.get(len(held.sandboxes), str(len(held.sandboxes)))
        self._head(f"Larkfield Instruments: {tools} tools, read for the first time")
        first = self._read(workshop)
        # The census compares our count with each tool's own.
        counted = running.run_all(workshop, workshop.configuration.settings.connections, CENSUS)
        report = duties.assess(engine, workshop.configuration, full=True)
        self._what_was_read(engine, first)
        self._head("What breaks a standard")
        rows = [
            row for row in flagging.find(self.frame, engine, None) if row["state"] != "resolved"
        ]
        flagging.tell(self.screen, rows, SHOWN)
        self._head("What one manager is told")
        self._digest(workshop, engine)
        self.document |= {
            "first_read": [outcome.document() for outcome in first],
            "census": [outcome.document() for outcome in counted],
            "flags": flag_document(report),
        }
        outcomes = [*first, *counted]
        if not self.once:
            outcomes += self._second(held, workshop, engine)
        return running.exit_code(outcomes)

    def _second(self, held: Stage, workshop: Workshop, engine: sa.Engine) -> list[Outcome]:
        self._head("People go on working")
        happenings = held.change()
        for each in happenings:
            line = link(each.title, each.url, "name")
            self.screen.print(cell(f"  {each.connection}: ", "dim") + line + cell(f" {each.what}"))
        self._head("The second read")
        again = self._read(workshop)
        report = duties.assess(engine, workshop.configuration)
        self._cost(again)
        self._consequences(engine, report)
        self.document |= {
            "changes": [asdict(each) for each in happenings],
            "second_read": [outcome.document() for outcome in again],
            "flags_after": flag_document(report),
        }
        return again

    def _read(self, workshop: Workshop) -> list[Outcome]:
        connections = workshop.configuration.settings.connections
        rows = [(each.name, len(registry.get(each.connector).streams)) for each in connections]
        with progress.shown(self.frame, rows) as step:
            return running.run_all(workshop, connections, Job("pull"), step)

    def _head(self, text: str) -> None:
        self.screen.print()
        self.screen.print(Rule(cell(text, "heading"), align="left", style="dim"))

    def _what_was_read(self, engine: sa.Engine, first: list[Outcome]) -> None:
        numbers = [name for name, _ in KINDS]
        right = (*numbers, "Requests", "Seconds")
        shown = table("Connection", "Outcome", *numbers, "Requests", "Seconds", "Complete",
                      right=right)  # fmt: skip
        for outcome in first:
            run = outcome.report
            if run is None:
                shown.add_row(cell(outcome.connection, "name"), cell(outcome.why_not, "bad"))
                continue
            word, style = WORDS[run.outcome]
            shown.add_row(
                cell(outcome.connection, "name"), cell(word, style),
                *(number(_rows(engine, kind, outcome.connection)) for _, kind in KINDS),
                number(run.requests), f"{run.seconds:.1f}",
                _completeness(engine, outcome.connection),
            )  # fmt: skip
        self.screen.print(shown)

    def _cost(self, outcomes: list[Outcome]) -> None:
        shown = table("Connection", "Outcome", "Changed", "Retired", "Requests", "Seconds",
                      right=("Changed", "Retired", "Requests", "Seconds"))  # fmt: skip
        for outcome in outcomes:
            run = outcome.report
            if run is None:
                shown.add_row(cell(outcome.connection, "name"), cell(outcome.why_not, "bad"))
                continue
            word, style = WORDS[run.outcome]
            shown.add_row(
                cell(outcome.connection, "name"), cell(word, style), number(run.tally.written),
                number(run.tally.retired), number(run.requests), f"{run.seconds:.1f}",
            )  # fmt: skip
        self.screen.print(shown)

    def _consequences(self, engine: sa.Engine, report: FlagReport) -> None:
        """The flags that came, went, and got worse, one line each."""
        for word, style, marks in (
            ("resolved", "good", report.resolved), ("raised", "bad", report.opened),
            ("raised again", "bad", report.reopened), ("worsened", "warn", report.worsened),
        ):  # fmt: skip
            for row in _flags(engine, marks):
                why = f" ({_WHY.get(row.resolution, row.resolution)})" if word == "resolved" else ""
                self.screen.print(
                    cell(f"  {word}{why}: ", style)
                    + link(" ".join(filter(None, (row.key, row.title))), row.url, "name")
                    + cell(f"  {row.said}")
                )

    def _digest(self, workshop: Workshop, engine: sa.Engine) -> None:
        queued, delivered = duties.send_digests(workshop.configuration, engine, by_hand=True)
        for late in queued:
            if late.trouble:
                self.screen.print(cell(f"  {late.subscription}: {late.trouble}", "bad"))
        for each in delivered:
            style = "good" if each.state == "sent" else "bad"
            self.screen.print(cell(f"  {each.recipient}: {each.text}", style), soft_wrap=True)
        self.document["digests"] = [asdict(each) for each in delivered]

    def _paths(self, held: Stage) -> None:
        self._head("Where it all is")
        files = {
            "configuration": held.config,
            "store": held.folder / "flagstaff.db",
            "digests": held.digests,
        }
        for name, path in files.items():
            self.screen.print(
                cell(f"  {name:14}", "dim") + link(str(path), path.as_uri()), soft_wrap=True
            )
        self.screen.print()
        self.screen.print(
            cell(f"  Look further: flagstaff -c {held.config} flags --where 'severity = high'"),
            soft_wrap=True,
        )
        self.document["files"] = {name: str(path) for name, path in files.items()}
        self.document["manager"] = MANAGER


CENSUS = Job("census")
_WHY = {
    "fixed": "fixed", "gone": "the item is gone",
    "out_of_scope": "finished, or no longer concerned",
    "standard_off": "the standard is off", "removed": "the connection was removed",
}  # fmt: skip


def _rows(engine: sa.Engine, kind: Any, connection: str) -> int:
    """How many live records of a kind a connection has."""
    held: sa.Table = kind.__table__
    names: sa.Table = models.Connection.__table__  # type: ignore[attr-defined]
    counted = (
        sa.select(sa.func.count())
        .select_from(held.join(names, names.c.id == held.c.connection_id))
        .where(held.c.gone_at.is_(None), names.c.name == connection)
    )
    with reading(engine) as store:
        return int(store.execute(counted).scalar_one())


def _completeness(engine: sa.Engine, connection: str) -> Text:
    """Our count of what its scopes hold against the tool's own, where the tool has one."""
    scope: sa.Table = models.ScopeState.__table__  # type: ignore[attr-defined]
    names: sa.Table = models.Connection.__table__  # type: ignore[attr-defined]
    wanted = (
        sa.select(scope.c.stream_counts)
        .join(names, names.c.id == scope.c.connection_id)
        .where(names.c.name == connection, scope.c.stream_counts.is_not(None))
    )
    with reading(engine) as store:
        held = [counts for row in store.execute(wanted) for counts in row.stream_counts.values()]
    known = [counts for counts in held if counts["tool"] is not None]
    if not known:
        return cell("the tool has no count", "dim")
    ours, tools = (sum(counts[side] for counts in known) for side in ("store", "tool"))
    return cell(f"{ours} of {tools}", "good" if ours == tools else "warn")


def _flags(engine: sa.Engine, marks: tuple[str, ...]) -> list[Any]:
    flag = filters.FLAG
    with reading(engine) as store:
        return list(store.execute(sa.select(flag).where(flag.c.fingerprint.in_(marks))))
