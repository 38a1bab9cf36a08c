"""What tools call the kinds of dependencies."""

from __future__ import annotations

import re
from functools import cache

from sync_engine.rules.dependency_facts import KINDS
from sync_engine.schedule.model import Kind

_NOISE = re.compile(r"[^a-z]|gantt")


@cache
def kind_of(type: str, label: str | None) -> tuple[Kind, bool] | None:
    """Of a link: its kind, and whether the tool tells it; None: it is no dependency.

    What precedes comes first, finish to start. What blocks may tie any ends: where the tool does
    not say which, it is taken as finish to start.
    """
    told = KINDS.get(_NOISE.sub("", (label or "").lower()))
    if told is not None:
        return told, True
    return ("FS", type == "precedes") if type in ("blocks", "precedes") else None
