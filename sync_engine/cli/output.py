"""How answers look: calm tables on a terminal, plain lines elsewhere, and machine formats."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from sync_engine.cli.frame import as_json
from sync_engine.logs import address, line

Format = Literal["table", "json", "jsonl", "csv"]

THEME = Theme(
    {
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "critical": "bold red",
        "high": "red",
        "medium": "yellow",
        "low": "cyan",
        "info": "dim",
        "name": "bold",
        "heading": "bold",
        "remedy": "italic",
    }
)
PLAIN_WIDTH = 160
"""Width of a table that goes into a file or a pipe."""


def console(*, err: bool = False) -> Console:
    """A console on standard output or error; colour only on a terminal (and never NO_COLOR)."""
    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, theme=THEME, highlight=False, width=width, emoji=False)


def table(*columns: str, right: Sequence[str] = (), title: str | None = None) -> Table:
    """An empty table in our one style; the columns in `right` hold numbers."""
    made = Table(
        title=title, title_justify="left", title_style="heading", box=box.SIMPLE_HEAD,
        header_style="dim", pad_edge=False, show_edge=False,
    )  # fmt: skip
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def cell(value: Any, style: str = "") -> Text:
    """A value as a cell: never markup, never a control character; None is empty."""
    return Text("" if value is None else line(str(value)), style=style)


def link(text: str, url: str | None, style: str = "") -> Text:
    """Text that a terminal can open."""
    made = cell(text, style)
    if url and url.startswith(("http://", "https://", "file://")):
        made.stylize(f"link {address(url)}")
    return made


def written_out(url: str | None) -> Text:
    """An item's address to be read or copied, whole; None is empty."""
    return Text(address(url or ""), style="dim")


def local(at: datetime | None, zone: tzinfo) -> str:
    """An instant for people: local, to the minute."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def number(value: int | None) -> str:
    """A count with thin groups of three; unknown is a dash."""
    return "–" if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def rows_as(
    format: Literal["json", "jsonl", "csv"],
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
) -> str:
    """Rows in a machine format."""
    if format == "json":
        return as_json(list(rows))
    if format == "jsonl":
        import orjson

        return "".join(
            orjson.dumps(dict(row), option=orjson.OPT_UTC_Z).decode() + "\n" for row in rows
        )
    from sync_engine.export.cells import as_csv

    return as_csv(rows, columns)
