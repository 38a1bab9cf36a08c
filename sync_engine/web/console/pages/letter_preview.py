"""A digest as a person would get it on a day: before it is sent, and without sending it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import Response
from fastapi.responses import HTMLResponse

from sync_engine.digest import periods, run
from sync_engine.digest.audience import Recipient
from sync_engine.digest.links import Links
from sync_engine.digest.model import DigestInput, Occasion, Subscription, Unreadable
from sync_engine.digest.render import Rendered
from sync_engine.subscriptions import audiences, reader
from sync_engine.views.digests import Sought, deliveries, subscribed
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.headers import POLICY
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

SEES = Needs(ALL, "visible")
AHEAD = timedelta(days=92)
FRAMED = f"{POLICY}; frame-src 'self'"
LETTER = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""Of a message: it was written for mail clients, so its styles are inline; nothing in it runs."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose digest of which day.

    Args:
        names: the recipients to choose from.
        told: what is theirs, where the store says who the recipients are.
    """

    subscription: Subscription
    names: Sequence[str]
    told: Recipient | None
    to: str
    day: date
    past: bool


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/digests/preview", SEES)
    def preview(ask: Asked, name: str = "", to: str = "", day: str = "") -> Response:
        if not name:
            return ask.go("/digests")
        wanted = _wanted(ask, name, to, day)
        rendered, trouble = None, None
        sent: list[Any] = []
        if wanted.past:
            sent = _sent_on(ask, wanted)
        elif wanted.to:
            try:
                rendered = _rendered(ask, wanted)
            except Unreadable as error:
                trouble = str(error)
        response = ask.page(
            "preview.html.j2", wanted=wanted, rendered=rendered, trouble=trouble, sent=sent,
            latest=sent,
        )  # fmt: skip
        response.headers["Content-Security-Policy"] = FRAMED
        return response

    @pages.get("/digests/preview/letter", SEES)
    def letter(ask: Asked, name: str = "", to: str = "", day: str = "") -> Response:
        if not name:
            return ask.go("/digests")
        wanted = _wanted(ask, name, to, day)
        if wanted.past or not wanted.to:
            raise missing()
        try:
            html = _rendered(ask, wanted).page
        except Unreadable as error:
            raise Refusal(422, str(error)) from error
        return HTMLResponse(html, headers={"Content-Security-Policy": LETTER})


def _wanted(ask: Ask, name: str, to: str, day: str) -> _Wanted:
    with ask.reading() as connection:
        visible = ask.visible(connection)
        held = subscribed(connection, ask.console.configuration(), visible, ask.now)
    subscription = next((each.subscription for each in held if each.name == name), None)
    if subscription is None:
        raise missing()
    told = _told(ask, subscription)
    names = [
        each for each in told
        if visible.everything or each.casefold() == visible.address
    ]  # fmt: skip
    if to and to not in names:
        raise missing()
    chosen = to or next(iter(names), "")
    today = ask.now.astimezone(_zone(subscription)).date()
    wanted = today if not day else _day(day)
    if wanted > today + AHEAD:
        raise Refusal(422, "So far ahead nothing can be said; choose a day of the next 3 months.")
    return _Wanted(subscription, names, told.get(chosen), chosen, wanted, wanted < today)


def _told(ask: Ask, subscription: Subscription) -> Mapping[str, Recipient | None]:
    """By recipient: what is theirs; None: all that the digest is about."""
    boards: dict[str, Recipient | None] = dict.fromkeys(subscription.boards)
    if not subscription.by_people:
        return dict.fromkeys(subscription.to) | boards
    try:
        found = audiences(ask.console.configuration(), ask.engine, ask.now)
        return {**found(ask.engine, subscription, ask.now), **boards}
    except Unreadable as error:
        raise Refusal(422, str(error)) from error


def _zone(subscription: Subscription) -> Any:
    return periods.parse(subscription.when, subscription.zone, subscription.quiet).zone


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(422, f'"{text[:20]}" is no day; write it as 2026-12-24.') from None


def _at(ask: Ask, wanted: _Wanted) -> datetime:
    """The instant that it is written for: now, or when it goes out on a day to come."""
    schedule = periods.parse(
        wanted.subscription.when, wanted.subscription.zone, wanted.subscription.quiet
    )
    start = datetime.combine(wanted.day, time(), schedule.zone).astimezone(UTC)
    if start <= ask.now:
        return ask.now
    following = periods.next_at(schedule, start - timedelta(microseconds=1))
    on_day = following is not None and following.astimezone(schedule.zone).date() == wanted.day
    return following if following is not None and on_day else start + timedelta(hours=8)


def _rendered(ask: Ask, wanted: _Wanted) -> Rendered:
    """The message, whose links do nothing in its recipient's name: another one reads it."""
    configuration = ask.console.configuration()
    url, at = configuration.settings.web.url, _at(ask, wanted)
    gather = reader(configuration, ask.engine, at)

    def without_rights(engine: sa.Engine, occasion: Occasion) -> DigestInput:
        shown = f"{occasion.console}/unsubscribe/preview" if occasion.unsubscribe else None
        return gather(engine, replace(occasion, unsubscribe=shown))

    return run.preview(
        ask.engine, wanted.subscription, wanted.to, at, gather=without_rights, told=wanted.told,
        links=Links(secrets.token_bytes(32), url.rstrip("/")) if url else None, web_url=url,
    )  # fmt: skip


def _sent_on(ask: Ask, wanted: _Wanted) -> list[Any]:
    """What was really sent to the recipient on a day that is over."""
    zone = _zone(wanted.subscription)
    since, until = (
        datetime.combine(day, time(), zone).astimezone(UTC)
        for day in (wanted.day, wanted.day + timedelta(days=1))
    )
    sought = Sought("", wanted.subscription.name, wanted.to, since=since, until=until)
    with ask.reading() as connection:
        found, _ = deliveries(connection, ask.visible(connection), sought)
    return found
