"""Templates: everything that is put in is text, without characters that nobody sees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sync_engine.digest.text import plural, safe_url
from sync_engine.web.console import charts
from sync_engine.web.console.assets import assets
from sync_engine.web.console.words import (
    count,
    day_label,
    exact,
    hours,
    path_to,
    percent,
    seen,
    since_words,
    tool_name,
    unflagged,
)

FOLDER = Path(__file__).parent / "templates"


def environment() -> Environment:
    """Where all templates come from."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "asset": lambda name: assets()[name].address,
        "charts": charts,
        "time_tag": _time_tag,
        "path_to": path_to,
    }
    made.filters |= {
        "count": count, "percent": percent, "plural": plural, "unflagged": unflagged,
        "safe_url": safe_url,
        "day": day_label, "tool": tool_name, "hours": hours, "pair": lambda word: (word, word),
    }  # fmt: skip
    return made


def _shown(value: Any) -> Any:
    """What may be shown of a value; markup is ours."""
    return seen(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _time_tag(at: datetime, now: datetime, zone: ZoneInfo) -> Markup:
    """An instant as its age in words, with the exact time in the reader's zone."""
    local = at.astimezone(zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), exact(local), since_words(at, now, zone)
    )
