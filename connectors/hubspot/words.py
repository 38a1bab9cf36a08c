"""HubSpot's words in ours. Pure tables and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.hubspot.values import flag, number, text
from connectors.sdk.records import Health, PersonKind, Status

TASK_STATUSES: Mapping[str, Status] = {
    "NOT_STARTED": "todo", "DEFERRED": "todo", "IN_PROGRESS": "in_progress",
    "WAITING": "in_progress", "COMPLETED": "done",
}  # fmt: skip

# Which closed stage of tickets means "not done" is in its name alone.
CANCELLED = frozenset({
    "cancelled", "canceled", "rejected", "abandoned", "duplicate", "invalid", "withdrawn",
    "won't do", "won't fix", "spam", "closed - duplicate", "closed - cancelled",
    "closed - canceled", "closed - rejected",
})  # fmt: skip

PRIORITIES: Mapping[str, int] = {"urgent": 1, "high": 2, "medium": 3, "low": 4}

NO_PRIORITY = "NONE"
"""How a task says that it has none."""

HEALTHS: Mapping[str, Health] = {
    "on_track": "on_track", "at_risk": "at_risk", "delayed": "off_track", "blocked": "off_track",
    "on_hold": "on_hold", "completed": "complete",
}  # fmt: skip

OWNER_KINDS: Mapping[str, PersonKind] = {"PERSON": "human", "QUEUE": "group"}


def is_closed(metadata: Mapping[str, Any]) -> bool | None:
    """Whether a stage is one of what is closed; None: it does not say."""
    state = text(metadata.get("ticketState"))
    if state is not None:
        return {"OPEN": False, "CLOSED": True}.get(state.upper())
    return flag(metadata.get("isClosed"))


def stage_status(stage: Mapping[str, Any]) -> Status | None:
    """Our status for a stage, which says whether it is the first one, and its `metadata`."""
    metadata = stage.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    closed = is_closed(metadata)
    if closed is None:
        return None
    if closed:
        lost = number(metadata.get("probability")) == 0
        name = (text(stage.get("label")) or "").strip().casefold()
        return "cancelled" if lost or name in CANCELLED else "done"
    return "todo" if stage.get("first") is True else "in_progress"


def priority_of(value: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None for none, and for a word that we do not know."""
    return PRIORITIES.get((value or "").casefold())
