"""Flags as a file of any kind that is offered, for the command line and the console alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal, get_args

import orjson

from sync_engine.export.cells import as_csv
from sync_engine.export.junit import Checked, junit
from sync_engine.export.markdown import markdown
from sync_engine.export.page import page
from sync_engine.rules.standards import Standard

Format = Literal["csv", "json", "jsonl", "markdown", "html", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)
COLUMNS = (
    "id", "fingerprint", "severity", "state", "standard", "subject", "key", "title", "said",
    "remedy", "project", "owner", "owner_email", "tool", "connection", "url", "opened_at",
    "worsened_at", "resolved_at", "waived_until",
)  # fmt: skip
KINDS: Mapping[Format, tuple[str, str]] = {
    "csv": ("csv", "text/csv"),
    "json": ("json", "application/json"),
    "jsonl": ("jsonl", "application/jsonl"),
    "markdown": ("md", "text/markdown"),
    "html": ("html", "text/html"),
    "junit": ("xml", "application/xml"),
}
"""By format: the end of a file's name, and its media type."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a file's flags as a whole.

    Args:
        where: the condition that they meet.
        day: the day at whose end they stood so; None: now.
        standards: those in force; `checked`: how each fared besides its flags. For JUnit only.
    """

    zone: tzinfo
    made_at: datetime
    where: str | None = None
    day: str | None = None
    standards: Sequence[Standard] = ()
    checked: Mapping[str, Checked] | None = None


def file(format: Format, rows: Sequence[Mapping[str, Any]], about: About) -> str:
    """Rows with `COLUMNS`, and no more of them, as a file."""
    rows = [{name: row[name] for name in COLUMNS} for row in rows]
    match format:
        case "csv":
            return as_csv(rows, COLUMNS)
        case "json":
            return _json(rows, orjson.OPT_INDENT_2)
        case "jsonl":
            return "".join(_json(row) for row in rows)
        case "markdown":
            return markdown(rows, about.zone)
        case "html":
            return page(
                rows, zone=about.zone, made_at=about.made_at, where=about.where, day=about.day
            )
        case "junit":
            live = [row for row in rows if row["state"] != "resolved"]
            return junit(live, about.standards, about.checked or {}, about.made_at)


def _json(value: Any, options: int = 0) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | options).decode() + "\n"
