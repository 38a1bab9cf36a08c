"""The commands, put together. Importing this imports nothing heavy."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sync_engine.cli import (
    agreeing,
    complying,
    configuring,
    connecting,
    delivering,
    demoing,
    diagnosing,
    digesting,
    flagging,
    initialising,
    schedules,
    serving,
    standards,
    storing,
    syncing,
    tasking,
    users,
    writing_back,
)
from sync_engine.cli.frame import (
    ConfigOption,
    Frame,
    JsonOption,
    QuietOption,
    VerboseOption,
    new_frame,
    take_globals,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"flagstaff {version('flagstaff')}")
        raise typer.Exit


def _root(
    context: typer.Context,
    config: ConfigOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    version: Annotated[  # noqa: ARG001 - answered by its callback
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Pull the work of every team's tool into one store, check it against the PMO's standards,
    and tell each manager what needs a hand.

    Exit codes: 0 fine; 1 could not run; 2 ran, but some connection or standard failed;
    3 ran, and flags at or above --fail-on are open.
    """
    frame = context.find_object(Frame) or new_frame()
    context.obj = frame
    take_globals(frame, config, json, verbose, quiet)


def build() -> Any:
    """The whole command, to be called with arguments."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,  # importing rich for help would double the time that help takes
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    )
    app.callback()(_root)
    for part in (
        demoing, initialising, configuring, connecting, syncing, delivering, tasking, schedules,
        agreeing, standards, flagging, complying, digesting, serving, users, storing,
        writing_back, diagnosing,
    ):  # fmt: skip
        part.register(app)
    return typer.main.get_command(app)
