"""The thresholds of a schedule's points, as the standards in force set them."""

from __future__ import annotations

from collections.abc import Iterable

from sync_engine.rules.standards import Standard


def limits_of(standards: Iterable[Standard]) -> dict[str, float]:
    """The thresholds that the configuration sets for the points of a schedule, and for standards
    of it that are no points."""
    return {
        each.ref or each.id: float(each.params[name].value)
        for each in standards
        for name in ("most", "least")
        if each.pack == "schedule" and name in each.params
    }
