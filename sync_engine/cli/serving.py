"""`flagstaff run`, `worker` and `web`: the processes that go on until they are stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from sync_engine.cli.frame import Frame, command


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, "run")(run)
    command(app, "worker")(worker)
    command(app, "web")(web)


def run(frame: Frame) -> None:
    """Keep everything up to date: pull, census, assess, send digests; serve the console.

    Stops within ten seconds on SIGTERM or Ctrl-C; reads the configuration file anew on SIGHUP.
    Without a file, the store is flagstaff.db in this folder, and all else comes from the store.
    """
    from sync_engine.daemon import Daemon

    _prepare(frame)
    code = Daemon(frame.config, optional=frame.optional).run()
    if code:
        raise typer.Exit(code)


def worker(
    frame: Frame,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="Connections read side by side.")
    ] = 4,
) -> None:
    """Take jobs from the queue in PostgreSQL, beside any number of other workers."""
    from sync_engine.worker import Worker

    _prepare(frame)
    Worker(frame.config, optional=frame.optional).run(concurrency=concurrency)


def web(frame: Frame) -> None:
    """Serve the console, hooks and deliveries, and nothing else: beside workers.

    Stops on SIGTERM or Ctrl-C; reads the configuration anew on SIGHUP.
    """
    from sync_engine.cli.website import Website

    _prepare(frame)
    Website(frame).run()


def _prepare(frame: Frame) -> None:
    """Refuse what is broken before anything starts, and log as the configuration says."""
    from sync_engine.settings import load

    log = load(frame.config, optional=frame.optional).settings.log
    frame.set_up_logging(log.format, log.level)
