"""`flagstaff standards`: what is checked, and why something was flagged."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_engine.cli.frame import Frame, UsageProblem, command

if TYPE_CHECKING:
    from rich.console import Console

standards = typer.Typer(help="The standards in force, and their own tests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    from sync_engine.cli import changing

    changing.register(standards)
    app.add_typer(standards, name="standards")


@command(standards, "list")
def list_(frame: Frame) -> None:
    """List the standards of the configured packs, as the configuration sets them."""
    from sync_engine.duties import standards_of

    found = standards_of(frame.configuration())
    rows: list[dict[str, Any]] = [
        {
            "id": each.id,
            "ref": each.ref,
            "pack": each.pack,
            "title": each.title,
            "severity": each.severity,
            "subject": each.subject,
            "enabled": each.enabled,
            "scope": each.scope_text or None,
            "flag_when": each.flag_text,
            "params": {name: param.value for name, param in each.params.items()},
            "source": each.source,
            "remedy": each.remedy,
        }
        for each in found
    ]

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, table

        shown = table("Standard", "Ref", "Severity", "Of", "What it finds", "Set to")
        for row in rows:
            params = ", ".join(f"{name} {value}" for name, value in row["params"].items())
            severity = (row["severity"], row["severity"]) if row["enabled"] else ("off", "dim")
            shown.add_row(
                cell(row["id"], "name"), cell(row["ref"], "dim"), cell(*severity),
                cell(row["subject"]), cell(row["title"]), cell(params),
            )  # fmt: skip
        console.print(shown)

    frame.answer(rows, tell)


@command(standards, "explain")
def explain(
    frame: Frame,
    flag: Annotated[str, typer.Argument(metavar="ID", help="The flag's id or fingerprint.")],
) -> None:
    """Show on which values a flag rests, when they were read, and what became of it."""
    from sync_engine.cli.running import open_store
    from sync_engine.duties import standards_of
    from sync_engine.flags.explain import explain as explained

    configuration = frame.configuration()
    found = explained(open_store(frame), flag, standards_of(configuration))
    if found is None:
        raise UsageProblem(f"There is no flag {flag}; `flagstaff flags` lists them.")
    held, zone = found.flag, configuration.settings.zone

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, local, table

        console.print(cell(held["said"], held["severity"]), soft_wrap=True)
        console.print(cell(f"{held['standard_title']} ({held['standard']})", "dim"))
        for name, text in (
            ("Because", found.why), ("Assessed", found.scope), ("Flagged when", found.condition),
            ("Source", found.source), ("Remedy", held["remedy"]), ("Item", held["url"]),
            ("Read", local(held["read_at"], zone)),
        ):  # fmt: skip
            if text:
                console.print(cell(f"{name + ':':14}{text}"), soft_wrap=True)
        if found.outdated:
            console.print(cell("The standard has changed since this was assessed.", "warn"))
        values = table("Fact", "Value", "What it is")
        for line in found.values:
            values.add_row(cell(line.fact, "name"), cell(line.value), cell(line.meaning, "dim"))
        console.print(values)
        for step in found.steps:
            who = f" by {step.actor}" if step.actor else ""
            note = f": {step.note}" if step.note else ""
            console.print(cell(f"{local(step.at, zone)}  {step.event}{who}{note}"))

    frame.answer(asdict(found), tell)
