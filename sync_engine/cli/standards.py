"""`flagstaff standards`: what is checked, and whether it checks what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from sync_engine.cli.frame import ExitCode, Frame, command

if TYPE_CHECKING:
    from rich.console import Console

standards = typer.Typer(help="The standards in force, and their own tests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(standards, name="standards")


@command(standards, "list")
def list_(frame: Frame) -> None:
    """List the standards of the configured packs, as the configuration sets them."""
    from sync_engine.cli.running import standards_of

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


@command(standards, "check")
def check(frame: Frame) -> ExitCode:
    """Read the packs, and hold every standard to its own examples."""
    from sync_engine.cli.running import standards_of
    from sync_engine.rules import examples, packs

    configuration = frame.configuration()
    problems: list[str] = []
    count = 0
    for name in configuration.settings.standards.packs:
        pack = packs.load(packs.find(name, configuration.folder))
        count += len(pack.standards)
        for problem in examples.check(pack):
            at = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
            problems.append(f"{pack.source.file}{at}: {problem.message}")
    standards_of(configuration)  # raises for what the configuration sets wrongly
    frame.answer(
        {"standards": count, "problems": problems},
        lambda console: console.print(
            "\n".join(problems) or f"All {count} standards answer their examples as they say.",
            style="bad" if problems else "good",
            markup=False,
            soft_wrap=True,
        ),
    )
    return ExitCode.PARTLY if problems else ExitCode.FINE
