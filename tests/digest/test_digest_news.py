"""What is new to a recipient, while assessments and people write beside the composing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, Occasion, Subscription
from sync_engine.digest.read import Store
from sync_engine.digest.run import Queued, queue_due
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import FLAG, flag_condition
from sync_engine.store.digest_models import DigestReader
from tests.digest.filling import NOW, Filling
from tests.digest.test_digest_run import Recorder

SUNDAY = NOW - timedelta(days=1)
WEEK = timedelta(weeks=1)
SHORTLY_BEFORE = 1 / 1440  # a minute, in days
Told = dict[str, list[str]]


@pytest.fixture
def filling(store: sa.Engine) -> Filling:
    return Filling(store)


class Teller:
    """What the digest of an instant tells, by section, as the keys of its flags."""

    def __init__(self, store: sa.Engine, subscription: Subscription) -> None:
        self.store, self.subscription = store, subscription
        self.given: list[DigestInput] = []
        self.read = Store(
            where=lambda scope: flag_condition(scope, Moment(NOW), store.dialect.name, FLAG)
        )
        self._queue(SUNDAY)

    def __call__(self, now: datetime) -> Told:
        (queued,) = self._queue(now)
        assert queued.trouble is None
        return {s.id: [e.key or "" for e in s.entries] for s in compose(self.given[-1]).sections}

    def _queue(self, now: datetime) -> list[Queued]:
        ways = {"email": Recorder()}
        return queue_due(self.store, [self.subscription], now, channels=ways, gather=self._gather)

    def _gather(self, engine: sa.Engine, occasion: Occasion) -> DigestInput:
        self.given.append(self.read(engine, occasion))
        return self.given[-1]


@pytest.fixture
def told(store: sa.Engine, weekly: Subscription) -> Teller:
    return Teller(store, weekly)


def test_what_an_assessment_commits_after_the_composing_is_told_next_time(
    filling: Filling, told: Teller
) -> None:
    for mark in ("a", "b", "c"):
        filling.flag(mark, ("opened", 30))
    assert told(NOW) == {"open": ["A", "B", "C"]}
    # An assessment that began before the digest was composed comes to its end.
    at = NOW - timedelta(minutes=1)
    filling.flag("d", ("opened", SHORTLY_BEFORE))
    filling.befalls("a", "resolved", at, state="resolved", resolved_at=at, resolution="fixed")
    filling.befalls("b", "worsened", at, worsened_at=at)
    filling.befalls("c", "waiver_ended", at)
    assert told(NOW + WEEK) == {"new": ["D"], "worse": ["B"], "solved": ["A"], "waivers": ["C"]}
    assert told(NOW + 2 * WEEK) == {"open": ["B", "C", "D"]}


def test_what_is_committed_while_a_round_composes_is_told_once(
    filling: Filling, told: Teller
) -> None:
    filling.assessed(20)
    later = NOW + timedelta(minutes=3)  # the round began at its own instant
    filling.flag("a", ("opened", -3 / 1440))
    filling.flag(
        "b", ("opened", 30), ("resolved", -3 / 1440), state="resolved", resolved_at=later,
        resolution="fixed",
    )  # fmt: skip
    assert told(NOW) == {"new": ["A"], "solved": ["B"]}
    assert told.given[-1].trend.points[-1].open == 1  # as it lists
    assert told(NOW + WEEK) == {"open": ["A"]}


def test_a_flag_that_came_back_in_between_is_solved_for_who_was_told_of_it(
    filling: Filling, told: Teller
) -> None:
    filling.flag("a", ("opened", 30))
    told(NOW)
    for hours, event in ((1, "resolved"), (2, "reopened"), (3, "resolved")):
        at = NOW + timedelta(hours=hours)
        filling.befalls(
            "a", event, at, opened_at=NOW + timedelta(hours=2), state="resolved", resolved_at=at,
            resolution="fixed",
        )  # fmt: skip
    assert told(NOW + WEEK) == {"solved": ["A"]}


def test_who_was_served_by_an_older_version_goes_on_by_instants(
    store: sa.Engine, filling: Filling, told: Teller
) -> None:
    filling.flag("a", ("opened", 30))
    told(NOW)
    with store.begin() as connection:
        connection.execute(sa.update(DigestReader).values(told_event=None))
    filling.flag("b", ("opened", -1))
    assert told(NOW + WEEK) == {"new": ["B"], "open": ["A"]}
