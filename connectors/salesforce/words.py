"""Salesforce's words in ours. Pure tables and functions."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import PersonKind, Status

# Which closed status means "not done" is in its name alone: Salesforce knows open and closed.
CANCELLED = frozenset({
    "cancelled", "canceled", "rejected", "abandoned", "duplicate", "invalid", "withdrawn",
    "won't do", "won't fix", "closed - duplicate", "closed - cancelled", "closed - canceled",
    "closed - rejected",
})  # fmt: skip

PRIORITIES: Mapping[str, int] = {
    "critical": 1, "urgent": 1, "highest": 1, "high": 2, "medium": 3, "normal": 3, "low": 4,
    "lowest": 5,
}  # fmt: skip
"""Priorities of the standard picklists, and common additions."""

DECISIONS: Mapping[str, str] = {"Approved": "approved", "Rejected": "declined"}
RECALLED = frozenset({"Removed"})
"""The submitter took the request back: nobody has anything to decide any more."""

USER_KINDS: Mapping[str, PersonKind] = {
    "Standard": "human", "AutomatedProcess": "app", "CloudIntegrationUser": "app",
    "Guest": "customer", "PowerPartner": "customer", "CSPLitePortal": "customer",
    "CustomerSuccess": "customer", "PowerCustomerSuccess": "customer", "CsnOnly": "human",
}  # fmt: skip


def status_of(label: str | None, closed: bool | None, *, default: bool | None) -> Status | None:
    """Our status for one of Salesforce's.

    Args:
        label: the status' value.
        closed: Salesforce's own flag; None: not known, then the status is not known either.
        default: whether new records begin in it; None: not known.
    """
    if closed is None:
        return None
    if closed:
        return "cancelled" if (label or "").strip().casefold() in CANCELLED else "done"
    if default is None:
        return None
    return "todo" if default else "in_progress"


def priority_of(label: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None for a word that we do not know."""
    return PRIORITIES.get((label or "").strip().casefold())
