"""`flagstaff config`: is the configuration right, and what may stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sync_engine.cli.frame import ExitCode, Frame, as_json, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.settings import Problem

config = typer.Typer(help="Check the configuration, or print its schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(config, name="config")


@command(config, "check")
def check(frame: Frame) -> ExitCode:
    """Check the configuration file, without asking any tool and without fetching any secret."""
    from sync_engine.cli.checks import further_problems, warnings
    from sync_engine.settings import SettingsError

    file, problems, remarks = str(frame.config), [], []
    try:
        configuration = frame.file()
    except SettingsError as error:
        problems = error.problems
    else:
        problems = further_problems(configuration)
        remarks = warnings(configuration)

    def tell(console: Console) -> None:
        for style, found in (("bad", problems), ("warn", remarks)):
            for problem in found:
                console.print(_at(file, problem), style=style, markup=False, soft_wrap=True)
        if not problems:
            settings = configuration.settings
            console.print(
                f"{file} is fine: {_count(len(settings.connections), 'connection')}, "
                f"{_count(len(settings.standards.packs), 'pack')} of standards, "
                f"{_count(len(settings.digests), 'digest')}.",
                style="good",
                markup=False,
                soft_wrap=True,
            )

    frame.answer(
        {
            "file": file,
            "ok": not problems,
            "problems": [_document(problem) for problem in problems],
            "warnings": [_document(problem) for problem in remarks],
        },
        tell,
    )
    return ExitCode.COULD_NOT_RUN if problems else ExitCode.FINE


@command(config, "schema")
def schema(frame: Frame) -> None:
    """Print the JSON Schema of the configuration file, for your editor."""
    from sync_engine.settings.schema import json_schema

    frame.answered = True
    typer.echo(as_json(json_schema()), nl=False)


def _at(file: str, problem: Problem) -> str:
    place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
    return problem.message if problem.message.startswith(file) else (
        f"{file}{place}: {problem.message}"
    )  # fmt: skip


def _document(problem: Problem) -> dict[str, object]:
    return {
        "line": problem.place.line if problem.place else None,
        "column": problem.place.column if problem.place else None,
        "message": problem.message,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
