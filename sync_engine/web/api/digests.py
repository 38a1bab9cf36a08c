"""`/api/v1/digests`: who is told what and when, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from sync_engine.views import digests as views
from sync_engine.views import marks
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, Needs

READ = Needs(ALL, "visible")
ORDER, LOG = "digests", "deliveries"


class Part(BaseModel):
    """Who is told which flags."""

    to: list[str]
    roles: list[str] = Field(description="Who is told besides: of their own flags.")
    scope: str | None = Field(description="A condition on flags; null: all of them.")
    severities: list[str] = Field(description="None: all of them.")


class Digest(BaseModel):
    """A digest as it is configured."""

    name: str
    title: str
    when: str
    zone: str
    channels: list[str] = Field(description="Each recipient gets a message by these.")
    boards: list[str] = Field(description="Channels that many read.")
    parts: list[Part] = Field(description="All that is told under this name, in one message.")
    next_at: datetime | None = Field(description="When it goes out next; null: never again.")
    place: str = Field(description="Where it stands, or who made it in the console and when.")


class Digests(Page):
    """A page of digests."""

    digests: list[Digest]


class Delivery(BaseModel):
    """A message to one recipient."""

    id: int
    digest: str
    recipient: str
    channel: str
    label: str = Field(description="The period that it is about.")
    subject: str
    state: views.State = Field(description="`parked`: given up, it waits for a hand.")
    queued_at: datetime
    sent_at: datetime | None
    attempts: int
    said: str | None = Field(description="What the channel answered last.")


class Deliveries(Page):
    """A page of messages."""

    deliveries: list[Delivery]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/digests", READ, answer=Digests, may=(400,))
    def list_digests(ask: Asked, limit: Limit = USUAL, after: After = None) -> Digests:
        """List digests, by name; a manager's own only."""
        with ask.reading() as connection, understood():
            key = "" if after is None else marks.read(after, ORDER, str)[0]
            found = views.subscribed(
                connection, ask.console.configuration(), ask.visible(connection), ask.now
            )
        rows = sorted((each for each in found if each.name > key), key=lambda each: each.name)
        return Digests(
            digests=[_digest(each) for each in rows[:limit]],
            next=marks.made(ORDER, rows[limit - 1].name) if len(rows) > limit else None,
        )

    @resources.get("/digests/deliveries", READ, answer=Deliveries, may=(400,))
    def list_deliveries(
        ask: Asked,
        state: views.State | None = None,
        digest: Annotated[
            str, Query(max_length=200, pattern=TEXT, description="The digest's name.")
        ] = "",
        recipient: Annotated[
            str, Query(max_length=254, pattern=TEXT, description="The whole address.")
        ] = "",
        limit: Limit = USUAL,
        after: After = None,
    ) -> Deliveries:
        """List messages, the latest first; a manager's own only."""
        with ask.reading() as connection, understood():
            before = None if after is None else marks.read(after, LOG, int)[0]
            sought = views.Sought(state or "", digest, recipient, before)
            rows, following = views.deliveries(connection, ask.visible(connection), sought, limit)
        return Deliveries(
            deliveries=[_delivery(each) for each in rows],
            next=None if following is None else marks.made(LOG, following),
        )


def _digest(found: views.Subscribed) -> Digest:
    said = found.subscription
    return Digest(
        name=found.name, title=said.title, when=said.when, zone=said.zone,
        channels=list(said.channels), boards=list(said.boards),
        parts=[
            Part(to=list(part.to), roles=list(part.roles), scope=part.scope,
                 severities=sorted(part.severities))
            for part in said.parts
        ],
        next_at=found.next_at, place=found.place,
    )  # fmt: skip


def _delivery(sent: views.Sent) -> Delivery:
    return Delivery(
        id=sent.id, digest=sent.subscription, recipient=sent.recipient, channel=sent.channel,
        label=sent.label, subject=sent.subject, state=sent.state, queued_at=sent.queued_at,
        sent_at=sent.sent_at, attempts=sent.attempts, said=sent.said,
    )  # fmt: skip
