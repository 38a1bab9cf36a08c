"""`flagstaff init`: ask what is needed, and write a commented configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, command

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "init")(init)


def init(
    frame: Frame,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; write defaults.")] = False,
    tools: Annotated[
        list[str] | None,
        typer.Option("--tool", help="A tool to connect, for example jira; may be repeated."),
    ] = None,
) -> ExitCode | None:
    """Write a commented configuration file to begin with; never overwrites one."""
    import sys

    from connectors.sdk import registry
    from sync_engine.cli.starter import Answers, ask, write

    file: Path = frame.config
    if file.exists():
        raise UsageProblem(
            f"{file} exists and was left as it is; name another file with --config, or edit it."
        )
    for tool in tools or ():
        registry.get(tool)  # raises, with the nearest known name
    if yes or not sys.stdin.isatty():
        if not yes:
            raise UsageProblem(
                "There is no terminal to ask on; add --yes, and --tool for each tool to connect."
            )
        answers = Answers.without_asking(tools or ())
    else:
        answers = ask(tools or ())
    write(file, answers)
    steps = [
        *(f"Put the {each.title} credential into {each.secret}." for each in answers.tools),
        f"Check it: flagstaff -c {file} config check",
        f"Try the tools: flagstaff -c {file} connections check",
        f"Read them: flagstaff -c {file} sync",
    ]

    def tell(console: Console) -> None:
        console.print(f"Wrote {file}.", style="good", markup=False, soft_wrap=True)
        for number, step in enumerate(steps, 1):
            console.print(f"  {number}. {step}", markup=False, soft_wrap=True)

    frame.answer({"written": str(file), "next": steps}, tell)
    return None
