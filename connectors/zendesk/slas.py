"""Service levels: of each ticket on whose clocks something happened, all its metric events.

The export of metric events tells on which tickets something happened, not what their clocks
show: that takes all events of a ticket, and its present targets. Both come with the tickets, a
hundred in one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import Unexpected
from connectors.zendesk.client import SETTLES, Client, seconds_of
from connectors.zendesk.cycles import has_target
from connectors.zendesk.scope import Chosen
from connectors.zendesk.words import identifier, part

PATH = "/incremental/ticket_metric_events"
SIDE_LOADED = {"include": "slas,metric_events"}


def slas(client: Client, since: Cursor | None, start: int, chosen: Chosen) -> Iterator[Page]:
    """The pages of the export of metric events; arguments as of `tickets`."""
    read_at: dict[str, int] = {}  # a ticket that was read after an event shows it
    for rows, cursor, clock in client.events(PATH, "ticket_metric_events", since, start):
        ids = dict.fromkeys(
            id
            for row in rows
            if (id := identifier(row.get("ticket_id"))) is not None
            and seconds_of(row) >= read_at.get(id, 0) - SETTLES
        )
        items = [
            Item(id, {"ticket": _kept(ticket)}, identifier(ticket.get("group_id")))
            for id, ticket in _tickets(client, list(ids))
            if chosen.has(ticket.get("group_id")) and has_target(ticket)
        ]
        if clock is not None:
            read_at.update((id, int(clock.timestamp())) for id in ids)
        if items or cursor != since:
            yield Page(items, cursor)


def _tickets(client: Client, ids: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Each ticket with its metric events. Those that are gone are not shown; the stream of
    tickets tells it.

    Zendesk promises the side-load for single tickets only: one that comes without is asked for
    by itself.
    """
    for id, shown in client.tickets_by_id(ids, SIDE_LOADED).items():
        ticket = shown
        if "metric_events" not in ticket:
            ticket = client.ticket(id, SIDE_LOADED)
        if "metric_events" not in ticket:
            raise Unexpected(f"Zendesk shows ticket {id} without its metric events.")
        yield id, ticket


def _kept(ticket: Json) -> dict[str, object]:
    return {
        "id": ticket["id"],
        "metric_events": ticket["metric_events"],
        "slas": {"policy_metrics": part(ticket, "slas").get("policy_metrics")},
    }
