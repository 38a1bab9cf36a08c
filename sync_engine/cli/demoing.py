"""`flagstaff demo`: the whole of it on an invented company, in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_engine.cli.frame import ExitCode, Frame, command


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, "demo")(demo)


def demo(
    frame: Frame,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where everything is written.")
    ] = Path("flagstaff-demo"),
    once: Annotated[
        bool, typer.Option("--once", help="Only the first read; change nothing afterwards.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then serve the console on it, until it is stopped.")
    ] = False,
    every_tool: Annotated[
        bool, typer.Option("--all", help="Read every other tool that Flagstaff knows, too.")
    ] = False,
) -> ExitCode:
    """Read an invented company's three tools, assess its work, and write a manager's digest.

    The tools are imitations on this machine; nothing leaves it. Then some work changes in them,
    and a second read shows what that costs and what came of it.
    """
    from sync_engine.cli.show import Show

    return Show(frame, out, once=once, every_tool=every_tool, serve=serve).run()
