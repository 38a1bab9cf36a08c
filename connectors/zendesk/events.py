"""Comments and history, from the export of ticket events: one question for all tickets.

A comment can be made private or blacked out afterwards; the export tells that it was, not what
it is now. And of a ticket that came into a group that is read, what was before that was passed
over (unless it came in before the first turn began: that read the past as it was sorted then). In
both cases the ticket's own audits are read, which say all as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import NotVisible
from connectors.zendesk.client import SETTLES, Client, seconds_of
from connectors.zendesk.history import changed_fields, kind_of, told_of, trimmed
from connectors.zendesk.lookups import Lookups
from connectors.zendesk.scope import Chosen
from connectors.zendesk.words import identifier, moment, objects

PATH = "/incremental/ticket_events"
EDITS = frozenset({
    "CommentPrivacyChange", "CommentRedactionEvent", "AttachmentRedactionEvent",
})  # fmt: skip


def events(client: Client, since: Cursor | None, start: int, chosen: Chosen) -> Iterator[Page]:
    """The pages of the export of ticket events; arguments as of `tickets`."""
    look = Lookups(client)
    with_comments = {"include": "comment_events"}
    begun = (since or {}).get("begun")  # when Zendesk was first asked, by its clock
    for rows, place, clock in client.events(PATH, "ticket_events", since, start, with_comments):
        if begun is None:
            begun = "0" if clock is None else str(int(clock.timestamp()) - SETTLES)
        cursor = {**place, "begun": begun}
        named = {id for row in rows if (id := identifier(row.get("ticket_id"))) is not None}
        read = named if chosen.everything else _chosen(client, named, chosen)
        kept = [row for row in rows if identifier(row.get("ticket_id")) in read]
        whole = {
            str(row["ticket_id"])
            for row in kept
            if any(kind_of(event) in EDITS for event in _events_of(row))
            or (not chosen.everything and seconds_of(row) >= int(begun) and _changes_group(row))
        }
        audits, unread = {str(row["id"]): row for row in kept}, []
        for id in sorted(whole):
            try:
                audits.update((str(audit["id"]), audit) for audit in _audits(client, id))
            except NotVisible as error:
                unread.append((id, error.message))
        items = [item for row in audits.values() if (item := _item(row, look)) is not None]
        if items or unread or cursor != since:
            yield Page(items, cursor, unread=unread)


def _chosen(client: Client, ids: Iterable[str], chosen: Chosen) -> set[str]:
    """Those of the tickets that are in a group that is read; an event does not say."""
    shown = client.tickets_by_id(sorted(ids))
    return {id for id, ticket in shown.items() if chosen.has(ticket.get("group_id"))}


def _changes_group(row: Json) -> bool:
    return any("group_id" in changed_fields(event) for event in _events_of(row))


def _audits(client: Client, ticket: str) -> Iterator[Json]:
    """All audits of a ticket; none of one that is gone, which the stream of tickets tells."""
    for page in client.pages(f"/tickets/{ticket}/audits", "audits", gone_is_empty=True):
        yield from page


def _events_of(row: Json) -> list[Mapping[str, Any]]:
    """The events of an audit, which the export calls its children."""
    return objects(row.get("child_events")) or objects(row.get("events"))


def _item(row: Json, look: Lookups) -> Item | None:
    """An audit in which something was said or changed, with what explains it."""
    told = [trimmed(event) for event in told_of(_events_of(row))]
    if not told:
        return None
    values: dict[str, list[object]] = {}
    for event in told:
        for name, sides in changed_fields(event).items():
            values.setdefault(name, []).extend(sides)
    custom = {name: sides for name, sides in values.items() if name.isdecimal()}
    ids = [identifier(each) for each in values.get("custom_status_id", ())]
    at = moment(row.get("timestamp"))
    audit = {
        "id": row["id"],
        "ticket_id": row.get("ticket_id"),
        "author_id": row.get("updater_id") or row.get("author_id"),
        "created_at": row.get("created_at") or (None if at is None else at.isoformat()),
        "events": told,
    }
    body = {
        "audit": audit,
        "fields": look.explain(custom) if custom else {},
        "statuses": {id: label for id in ids if id and (label := look.status(id))},
    }
    return Item(str(row["id"]), body)
