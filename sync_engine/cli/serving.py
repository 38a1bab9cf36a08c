"""`flagstaff run` and `flagstaff worker`: working by itself until told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from sync_engine.cli.frame import ExitCode, Frame, command


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, "run")(run)
    command(app, "worker")(worker)


def run(frame: Frame) -> ExitCode:
    """Do everything by itself: pull, assess, send digests; until SIGTERM or Ctrl-C.

    SIGHUP reads the configuration anew. Health is at /healthz and /readyz, metrics at /metrics,
    on the address of `web: {listen: …}`.
    """
    from sync_engine.daemon import Daemon

    frame.configuration()
    return ExitCode(Daemon(frame.config).run())


def worker(
    frame: Frame,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="How many jobs this process does side by side.")
    ] = 4,
) -> ExitCode:
    """Work beside others on one PostgreSQL store, through its queue."""
    from sync_engine.cli.frame import UsageProblem

    try:
        from sync_engine.worker import NeedsPostgresError, Worker
    except ImportError:
        raise UsageProblem(
            "Workers need the extra `postgres`: install flagstaff[postgres]."
        ) from None
    frame.configuration()
    try:
        Worker(frame.config).run(concurrency=concurrency)
    except NeedsPostgresError as error:
        raise UsageProblem(str(error)) from None
    return ExitCode.FINE
