"""Likewise the facts of connections: how complete and how fresh our own data are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.index import Index
from tests.planted.of_tasks import Derived
from tests.planted.portfolio import Row

DAY = timedelta(days=1)


def _mine(kind: str, holds: Any) -> Derived:
    return lambda x, r: sum(bool(holds(each)) for each in x.all(kind) if each.connection_id == r.id)


def _gap(index: Index, row: Row) -> float | None:
    counts = [
        c for s in index.all("scope") if s.connection_id == row.id and s.visible
        for c in (s.stream_counts or {}).values()
        if c.get("store") is not None and c.get("tool") is not None
    ]  # fmt: skip
    return max(
        (abs(c["store"] - c["tool"]) * 100.0 / (c["tool"] or 1) for c in counts), default=None
    )


def _silence(_: Index, row: Row) -> float | None:
    if row.hook_since is None or row.changed_at is None:
        return None
    return max(float((row.changed_at - (row.hooked_at or row.hook_since)) / DAY), 0.0)


def _turns(index: Index, row: Row) -> float | None:
    if row.complete_at is None:
        return None
    return float((index.days.now - row.complete_at) / timedelta(minutes=10))


def _renamed(field: Row) -> bool:
    return field.found_at is not None and field.named != field.field_id and (
        field.named.lower() != (field.field_name or "").lower()
    )  # fmt: skip


CONNECTION: dict[str, Derived] = {
    "missed_reads": _turns,
    "webhook_silence": _silence,
    "lost_scopes": _mine("scope", lambda s: not s.visible and s.state == "active"),
    "unmapped_words": _mine("word", lambda w: w.status is None),
    "fields_not_found": _mine("field", lambda f: f.found_at is None),
    "fields_renamed": _mine("field", _renamed),
    "fields_unreadable": _mine("field", lambda f: f.unreadable),
    "completeness_gap": _gap,
    "held_censuses": _mine("hold", lambda h: h.accepted_at is None and h.superseded_at is None),
    "parked_items": _mine("raw", lambda i: i.parked is not None),
}
