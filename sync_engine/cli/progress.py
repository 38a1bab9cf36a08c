"""Progress of long work: bars on a terminal, plain lines otherwise, always on standard error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sync_engine.cli.frame import Frame
from sync_engine.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync_engine.pull import Progress as Step


@contextmanager
def shown(
    frame: Frame, connections: Sequence[tuple[str, int]]
) -> Iterator[Callable[[Step], None] | None]:
    """Shows the steps of runs; `connections` are names and how many streams each has."""
    if frame.verbosity < 0 or frame.json:
        yield None
        return
    screen = console(err=True)
    if not screen.is_terminal:
        yield _lines(frame)
        return
    bars = Progress(
        SpinnerColumn(finished_text="[good]✓[/]"),
        TextColumn("[name]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
        console=screen,
    )
    lock = threading.Lock()
    counted: dict[tuple[str, str], int] = {}
    with bars:
        rows = {
            name: bars.add_task(name, total=streams, what="waiting")
            for name, streams in connections
        }

        def step(event: Step) -> None:
            with lock:
                counted[event.connection, event.stream] = event.items
                total = sum(n for (name, _), n in counted.items() if name == event.connection)
                bars.update(
                    rows[event.connection],
                    advance=1 if event.done else 0,
                    what=f"{total:,} items · {event.stream}",
                )

        yield step
        for name, row in rows.items():
            total = sum(n for (held, _), n in counted.items() if held == name)
            bars.update(row, what=f"{total:,} items")


def _lines(frame: Frame) -> Callable[[Step], None]:
    def step(event: Step) -> None:
        if event.done:
            frame.note(f"{event.connection}: {event.stream}, {event.items} items")

    return step
