"""Flags as one page of HTML that needs nothing else: to send, to print, to keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sync_engine.digest.text import SENTENCE_LIMIT, clean
from sync_engine.export.links import web_address
from sync_engine.rules.standards import SEVERITIES

TEMPLATES = Path(__file__).parent / "templates"


def page(
    flags: Iterable[Mapping[str, Any]],
    *,
    zone: tzinfo,
    made_at: datetime,
    where: str | None = None,
    day: str | None = None,
) -> str:
    """The page.

    Args:
        flags: rows of the table of flags, in their order.
        where: the condition that they meet.
        day: the day at whose end they stood so; None: now.
    """
    rows = [_row(flag, zone) for flag in flags]
    counts = [(each, sum(row["severity"] == each for row in rows)) for each in SEVERITIES[::-1]]
    return (
        _environment()
        .get_template("flags.html.j2")
        .render(
            rows=rows,
            counts=[(severity, count) for severity, count in counts if count],
            where=clean(where, SENTENCE_LIMIT) if where else None,
            day=day,
            made_at=f"{made_at.astimezone(zone):%Y-%m-%d %H:%M}",
        )
    )


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _row(flag: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    until = f" until {flag['waived_until']}" if flag["state"] == "waived" else ""
    texts = {
        name: clean(flag[name] or "", SENTENCE_LIMIT)
        for name in ("key", "title", "said", "remedy", "project", "owner", "tool", "standard")
    }
    return {
        **texts,
        "title": texts["title"] or "(without a title)",
        "severity": flag["severity"],
        "state": f"{flag['state']}{until}",
        "url": web_address(flag["url"]),
        "since": f"{flag['opened_at'].astimezone(zone):%Y-%m-%d}",
    }
