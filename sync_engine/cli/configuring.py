"""`flagstaff config`: is the configuration right, where does it come from, what may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, as_json, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.settings import Problem

config = typer.Typer(
    help="Check, show or export the configuration, or print its schema.", no_args_is_help=True
)


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


@command(config, "show")
def show(frame: Frame) -> ExitCode:
    """Show where each thing that is configured comes from: the file, or the store (made in the
    console); and what of the store is not in force, and why."""
    from dataclasses import asdict

    from sync_engine.settings.origins import origins

    configuration = frame.configuration()
    found = origins(configuration)

    def tell(console: Console) -> None:
        from sync_engine.cli.output import cell, table

        shown = table("What", "Name", "Comes from")
        for each in found:
            shown.add_row(cell(each.kind), cell(each.name, "name"), cell(each.place))
        console.print(shown)
        for left in configuration.left_out:
            console.print(cell(str(left), "bad"), soft_wrap=True)

    document = {
        "in_force": [asdict(each) for each in found],
        "left_out": [asdict(each) for each in configuration.left_out],
    }
    frame.answer(document, tell)
    return ExitCode.PARTLY if configuration.left_out else ExitCode.FINE


@command(config, "export")
def export(
    frame: Frame,
    console_only: Annotated[
        bool, typer.Option("--console-only", help="Only what was made in the console.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FOLDER", show_default=False,
            help="Write the files there: the configuration, the people, packs of your own.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Print the configuration in force, file and store together, as YAML; no secret is in it."""
    from sync_engine import clock
    from sync_engine.configure import export as exports

    configuration = frame.configuration()
    if console_only:
        files = {exports.MAIN: exports.console_only(configuration)}
    else:
        files = exports.whole(configuration, clock.now())
    if to is None:
        frame.answered = True
        typer.echo(as_json(files) if frame.json else files[exports.MAIN], nl=False)
        others = sorted(files.keys() - {exports.MAIN})
        if others and not frame.json:
            frame.note(f"It names {', '.join(others)}; --to FOLDER writes them, too.")
        return
    written = [str(each) for each in _write_all({to / name: files[name] for name in files})]
    frame.answer(
        {"written": written},
        lambda console: console.print(f"Wrote {', '.join(written)}.", markup=False),
    )


def _write_all(files: Mapping[Path, str]) -> list[Path]:
    """Write new files, all or none. Raises `UsageProblem`."""
    for target in files:
        if target.exists():
            raise UsageProblem(f"{target} exists; name another folder.")
    made: list[Path] = []
    try:
        for target, content in files.items():
            for folder in reversed([each for each in target.parents if not each.exists()]):
                folder.mkdir()
                made.append(folder)
            target.touch(mode=0o600, exist_ok=False)  # people and their addresses are in it
            made.append(target)
            target.write_text(content, encoding="utf-8")
    except OSError as error:
        for each in reversed(made):
            each.rmdir() if each.is_dir() else each.unlink()
        raise UsageProblem(
            f"{error.filename or target} cannot be written: {error.strerror}. Nothing was."
        ) from None
    return list(files)


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
