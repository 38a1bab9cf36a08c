"""Tickets: what changed since the last turn, what was deleted, what went to other groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.records import Gone
from connectors.zendesk.client import Client, Export
from connectors.zendesk.lookups import Lookups
from connectors.zendesk.scope import Chosen
from connectors.zendesk.words import identifier, instant, part

KEPT = (
    "id", "url", "subject", "description", "type", "status", "custom_status_id", "priority",
    "group_id", "brand_id", "organization_id", "assignee_id", "requester_id", "problem_id",
    "ticket_form_id", "tags", "custom_fields", "due_at", "created_at", "updated_at",
)  # fmt: skip
"""Of a ticket. `generated_timestamp` is not kept: it moves although nothing that is read does."""

KEPT_OF_USERS = (
    "id", "url", "name", "email", "role", "active", "suspended", "time_zone", "iana_time_zone",
)  # fmt: skip
KEPT_OF_METRICS = ("solved_at",)
SIDE_LOADED = "users,metric_sets"


def tickets(
    client: Client, since: Cursor | None, start: int, chosen: Chosen, page_size: int | None
) -> Iterator[Page]:
    """The pages of the cursor export.

    Args:
        since: where the last turn stopped; None: at the beginning.
        start: seconds since 1970 at which the beginning is.
        chosen: which groups' tickets are read.
        page_size: tickets in one answer; None: as many as Zendesk gives.
    """
    look = Lookups(client)
    after = (since or {}).get("cursor")
    params = {"include": SIDE_LOADED, "per_page": page_size}
    for export in client.tickets(after, start, params):
        rows = {row["id"]: row for row in export.rows}  # the latest of each
        items, gone = [], []
        for row in rows.values():
            reason = "deleted" if row.get("status") == "deleted" else None
            if reason is None and not chosen.has(row.get("group_id")):
                reason = "moved"
            if reason is None:
                items.append(_item(row, export, look))
            else:
                at = instant(row.get("updated_at"))
                gone += [
                    Gone(id=str(row["id"]), stream=stream, reason=reason, at=at)  # type: ignore[arg-type]
                    for stream in ("tasks", "slas")
                ]
        cursor = None if export.cursor is None else {"cursor": export.cursor}
        if items or gone or cursor != since:
            yield Page(items, cursor, gone)


def _item(row: Json, export: Export, look: Lookups) -> Item:
    metrics = part(row, "metric_set") or export.metrics.get(row["id"], {})
    ticket: dict[str, Any] = {name: row[name] for name in KEPT if name in row}
    if metrics:
        ticket["metric_set"] = {name: metrics.get(name) for name in KEPT_OF_METRICS}
    body = {"ticket": ticket, "people": _customers(row, export), **look.of_ticket(row)}
    return Item(str(row["id"]), body, identifier(row.get("group_id")))


def _customers(row: Json, export: Export) -> list[Mapping[str, Any]]:
    """The people whom the ticket names and who are not among the agents, which are a stream of
    their own: requesters, and who was an agent once."""
    ids = dict.fromkeys((row.get("requester_id"), row.get("assignee_id")))
    named = (export.users.get(id) for id in ids if isinstance(id, int))
    return [
        {name: user.get(name) for name in KEPT_OF_USERS}
        for user in named
        if user is not None and user.get("role") == "end-user"
    ]
