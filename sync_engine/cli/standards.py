"""`flagstaff standards`: what is checked, and why something was flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from sync_engine.cli.frame import Frame, command

if TYPE_CHECKING:
    from rich.console import Console

standards = typer.Typer(help="The standards in force, and their own tests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    from sync_engine.cli import changing, explaining

    changing.register(standards)
    command(standards, "explain")(explaining.explain)
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
