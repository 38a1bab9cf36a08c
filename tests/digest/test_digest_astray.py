"""What becomes of messages whose digest or channel was taken out of the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.digest import outbox
from sync_engine.digest.channels.base import Answer
from sync_engine.digest.model import Subscription
from sync_engine.digest.outbox import Delivered
from sync_engine.digest.run import deliver, queue_due
from sync_engine.store.digest_models import Delivery, Outgoing
from tests.digest.test_digest_run import MONDAY, SUNDAY, Recorder

DAY = timedelta(days=1)
CORE = {"core": ("email",)}
_log = Delivery.__table__  # type: ignore[attr-defined]
_outbox = Outgoing.__table__  # type: ignore[attr-defined]


class Round:
    """A message that waits, and rounds of deliveries in which the configuration is another."""

    def __init__(self, store: sa.Engine, subscription: Subscription, gather: Any) -> None:
        self.store, self.recorder = store, Recorder()
        outbox.meet(store, subscription.name, subscription.to, SUNDAY)
        channels = {"email": self.recorder}
        (made,) = queue_due(store, [subscription], MONDAY, channels=channels, gather=gather)
        assert made.channels == ("email",)

    def __call__(
        self, now: datetime, digests: Mapping[str, Collection[str]], *channels: str
    ) -> list[Delivered]:
        ways = dict.fromkeys(channels, self.recorder)
        return deliver(self.store, ways, lambda: now, digests=digests)

    def log(self) -> list[tuple[str, str]]:
        with self.store.connect() as connection:
            rows = connection.execute(sa.select(_log).order_by(_log.c.id)).all()
        return [(row.outcome, row.message) for row in rows]

    def state(self) -> str:
        with self.store.connect() as connection:
            return str(connection.execute(sa.select(_outbox.c.state)).scalar_one())


@pytest.fixture
def round_(store: sa.Engine, weekly: Subscription, gatherer: Any) -> Round:
    return Round(store, weekly, gatherer)


@pytest.mark.parametrize(
    ("digests", "channels", "why"),
    [
        ({}, ("email",), 'there is no digest "core" any more'),
        (CORE, ("file",), 'there is no channel "email" any more'),
        ({"core": ("file",)}, ("email", "file"),
         'the digest "core" does not go out by "email" any more'),
    ],
)  # fmt: skip
def test_what_was_taken_out_sends_nothing_and_is_withdrawn_in_the_end(
    round_: Round, digests: Any, channels: tuple[str, ...], why: str
) -> None:
    (kept,) = round_(MONDAY, digests, *channels)
    assert (kept.state, kept.recipient) == ("queued", "maria@example.com")
    kept_back = ("astray", f"Kept back: {why}. If that stays so, it is withdrawn after a day.")
    for minutes in (1, 60, 60 * 23):
        assert round_(MONDAY + timedelta(minutes=minutes), digests, *channels) == []
    assert (round_.state(), round_.log()) == ("queued", [kept_back])
    (gone,) = round_(MONDAY + DAY, digests, *channels)
    assert (gone.state, gone.text) == ("withdrawn", f"Withdrawn: {why}.")
    assert (round_.state(), round_.log()) == ("withdrawn", [kept_back, ("withdrawn", gone.text)])
    assert round_(MONDAY + DAY, CORE, "email") == []
    assert round_.recorder.sent == []


def test_what_comes_back_in_time_goes_out(round_: Round) -> None:
    round_(MONDAY, {}, "email")
    round_.recorder.answer = Answer("down", "Out of order.")
    round_(MONDAY + timedelta(hours=20), CORE, "email")
    (kept,) = round_(MONDAY + timedelta(hours=30), {}, "email")  # a day counts anew
    assert kept.state == "queued"
    round_.recorder.answer = Answer("sent", "Taken.")
    (sent,) = round_(MONDAY + timedelta(hours=40), CORE, "email")
    assert sent.state == "sent"


def test_what_a_dead_worker_had_claimed_is_withdrawn_too(round_: Round) -> None:
    assert outbox.claim(round_.store, ["email"], MONDAY) is not None
    assert round_(MONDAY, {}, "email") == []  # it may be on its way
    with round_.store.begin() as connection:
        connection.execute(sa.update(_outbox).values(claimed_until=MONDAY - 9999 * DAY))
    round_(MONDAY, {}, "email")
    round_(MONDAY + DAY, {}, "email")
    assert round_.state() == "withdrawn"
