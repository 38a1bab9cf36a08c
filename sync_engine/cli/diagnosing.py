"""`flagstaff doctor`: all that a bug report needs, and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sync_engine.cli.frame import Frame, command

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "doctor")(doctor)


def doctor(frame: Frame) -> None:
    """Collect versions, settings, the store's state and the last errors, without any secret."""
    from sync_engine.cli.examination import examine

    document = examine(frame)

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell

        for section, content in document.items():
            console.print(cell(section.replace("_", " ").capitalize(), "heading"))
            rows = content.items() if isinstance(content, dict) else enumerate(content, 1)
            for name, value in rows:
                console.print(cell(f"  {name}: {value}"), soft_wrap=True)
            console.print()

    frame.answer(document, tell)
