"""From due to delivered on a real store: periods, frozen bodies, threads, unsubscribing, files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from sync_engine.digest import leaving, outbox
from sync_engine.digest.channels.base import Answer, Frozen, Letter
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.model import Subscription, Unreadable
from sync_engine.digest.run import deliver, preview, queue_due
from sync_engine.store.digest_models import Delivery, DigestReader, Outgoing

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(weeks=1)
_outbox = Outgoing.__table__  # type: ignore[attr-defined]
_readers = DigestReader.__table__  # type: ignore[attr-defined]


class Recorder:
    """A channel that remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.answer = Answer("sent", "Taken.")

    def freeze(self, letter: Letter) -> Frozen:
        body = orjson.dumps([letter.rendered.text, letter.thread, letter.unsubscribe])
        return Frozen(body, f"<{letter.message_key}@example.com>")

    def send(self, recipient: str, body: bytes) -> Answer:
        if self.answer.outcome == "sent":
            self.sent.append((recipient, body))
        return self.answer

    def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def tick(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> Callable[..., list[Any]]:
    """What a daemon does at an instant."""

    def at(now: datetime, subscription: Subscription = weekly, **values: Any) -> list[Any]:
        channels = {"email": recorder}
        queued = queue_due(store, [subscription], now, channels=channels, gather=gatherer, **values)
        deliver(store, channels, lambda: now)
        return queued

    return at


def test_one_message_for_each_period(tick: Any, recorder: Recorder) -> None:
    assert tick(SUNDAY) == []  # who is new waits for the next period
    (queued,) = tick(MONDAY)
    assert (queued.period_key, queued.channels) == ("2026-W48", ("email",))
    for hours in range(1, 160, 7):
        assert tick(MONDAY + timedelta(hours=hours)) == []
    assert [q.period_key for q in tick(MONDAY + WEEK)] == ["2026-W49"]
    assert len(recorder.sent) == 2


def test_a_clock_that_jumps_back_repeats_nothing(tick: Any, recorder: Recorder) -> None:
    tick(SUNDAY)
    tick(MONDAY)
    for back in (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=9000)):
        assert tick(MONDAY - back) == []
    assert tick(MONDAY + timedelta(hours=1)) == []
    assert len(recorder.sent) == 1


def test_after_a_long_stop_one_late_digest_covers_what_was_missed(
    tick: Any, recorder: Recorder, gatherer: Any
) -> None:
    tick(SUNDAY)
    tick(MONDAY)
    back = MONDAY + 3 * WEEK + timedelta(days=2)
    (queued,) = tick(back)
    assert queued.period_key == "2026-W51"
    assert len(recorder.sent) == 2
    text = orjson.loads(recorder.sent[1][1])[0]
    assert "Week 51 · Monday 14 December 2026 · sent late, on Wednesday 16 December" in text
    assert gatherer.asked[-1].since == MONDAY


def test_the_first_digest_looks_back_one_period(tick: Any, gatherer: Any) -> None:
    tick(SUNDAY)
    tick(MONDAY)
    assert gatherer.asked[0].since == datetime(2026, 11, 16, 7, tzinfo=UTC)


def test_what_is_frozen_is_sent_and_the_next_period_shows_the_change(
    tick: Any, store: sa.Engine, recorder: Recorder, gatherer: Any, make_flag: Any
) -> None:
    recorder.answer = Answer("down", "Out of order.")
    gatherer.flags = (make_flag(title="Before the change"),)
    tick(SUNDAY)
    tick(MONDAY)
    gatherer.flags = (make_flag(title="After the change"),)
    tick(MONDAY + WEEK)  # two periods wait now
    recorder.answer = Answer("sent", "Taken.")
    tick(MONDAY + WEEK + timedelta(hours=5))

    texts = [orjson.loads(body)[0] for _, body in recorder.sent]
    assert ["Before" in text for text in texts] == [True, False]
    assert ["After" in text for text in texts] == [False, True]
    with store.connect() as connection:
        frozen = connection.execute(sa.select(_outbox.c.body).order_by(_outbox.c.id)).scalars()
        assert list(frozen) == [body for _, body in recorder.sent]


def test_a_second_worker_queues_nothing_twice(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> None:
    channels = {"email": recorder}
    outbox.meet(store, weekly.name, weekly.to, SUNDAY)

    def slow(engine: sa.Engine, occasion: Any) -> Any:
        # While this worker reads, another one gets through.
        queue_due(engine, [weekly], MONDAY, channels=channels, gather=gatherer)
        return gatherer(engine, replace(occasion, now=MONDAY + timedelta(minutes=1)))

    assert queue_due(store, [weekly], MONDAY, channels=channels, gather=slow) == []
    with store.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(_outbox)).scalar() == 1
        told = connection.execute(sa.select(DigestReader)).one().told_until
    assert told == MONDAY  # as the body that won says


def test_one_wrong_scope_harms_no_other_digest(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> None:
    both = [replace(weekly, name="wrong", scope="?"), weekly]

    def gather(engine: sa.Engine, occasion: Any) -> Any:
        if occasion.subscription.scope:
            raise Unreadable("The scope is not understood.")
        return gatherer(engine, occasion)

    outbox.meet(store, "wrong", weekly.to, SUNDAY)
    outbox.meet(store, "core", weekly.to, SUNDAY)
    done = queue_due(store, both, MONDAY, channels={"email": recorder}, gather=gather)
    assert [(q.subscription, q.channels, q.trouble) for q in done] == [
        ("wrong", (), "The scope is not understood."),
        ("core", ("email",), None),
    ]
    # Once mended, it is still due.
    mended = [replace(weekly, name="wrong")]
    (late,) = queue_due(store, mended, MONDAY, channels={"email": recorder}, gather=gatherer)
    assert late.period_key == "2026-W48"


def test_only_changes_keeps_quiet_and_still_moves_on(
    tick: Any, weekly: Subscription, gatherer: Any, make_flag: Any, recorder: Recorder
) -> None:
    quiet = replace(weekly, only_changes=True)
    tick(SUNDAY, quiet)
    assert tick(MONDAY, quiet) == []
    gatherer.flags = (make_flag(opened_at=MONDAY + timedelta(days=1)),)
    (queued,) = tick(MONDAY + WEEK, quiet)
    assert queued.period_key == "2026-W49"
    assert gatherer.asked[-1].since == MONDAY
    assert len(recorder.sent) == 1


def test_a_quiet_week_is_told_in_one_sentence(tick: Any, recorder: Recorder) -> None:
    tick(SUNDAY)
    tick(MONDAY)
    assert "All is well in Core portfolio: no flag is open." in orjson.loads(recorder.sent[0][1])[0]


def test_mails_of_a_subscription_are_a_thread(tick: Any, recorder: Recorder) -> None:
    tick(SUNDAY)
    for week in range(3):
        tick(MONDAY + week * WEEK)
    first, second, third = (orjson.loads(body)[1] for _, body in recorder.sent)
    assert first == []
    assert len(second) == 1
    assert third[0] == second[0]
    assert len(set(third)) == 2


def test_by_hand_once_a_day_and_the_schedule_is_not_disturbed(
    tick: Any, recorder: Recorder, gatherer: Any
) -> None:
    tick(SUNDAY)
    (queued,) = tick(SUNDAY, by_hand=True)
    assert queued.period_key == "2026-11-22+hand"
    assert tick(SUNDAY + timedelta(hours=1), by_hand=True) == []
    (queued,) = tick(MONDAY)
    assert queued.period_key == "2026-W48"
    assert gatherer.asked[-1].since == datetime(2026, 11, 16, 7, tzinfo=UTC)
    assert len(recorder.sent) == 2


def test_one_click_ends_it(tick: Any, store: sa.Engine, recorder: Recorder) -> None:
    tick(SUNDAY)
    recorder.answer = Answer("later", "Come back.")
    tick(MONDAY, web_url="https://flagstaff.example.com/")
    with store.connect() as connection:
        body = connection.execute(sa.select(_outbox.c.body)).scalar_one()
    link = orjson.loads(body)[2]
    assert link.startswith("https://flagstaff.example.com/unsubscribe/")
    token = link.rpartition("/")[2]

    assert not leaving.unsubscribe(store, token + "x", MONDAY)
    assert leaving.unsubscribe(store, token, MONDAY)
    assert leaving.unsubscribe(store, token, MONDAY)
    recorder.answer = Answer("sent", "Taken.")
    assert tick(MONDAY + WEEK) == []
    assert recorder.sent == []


def leave(store: sa.Engine) -> None:
    with store.connect() as connection:
        tokens = list(connection.execute(sa.select(_readers.c.token)).scalars())
    assert all(leaving.unsubscribe(store, token, MONDAY) for token in tokens)


def states(store: sa.Engine) -> list[str]:
    with store.connect() as connection:
        return list(connection.execute(sa.select(_outbox.c.state)).scalars())


def test_who_leaves_while_it_is_under_way_gets_nothing_later(
    tick: Any, store: sa.Engine, recorder: Recorder
) -> None:
    tick(SUNDAY)
    recorder.answer = Answer("later", "Come back.")
    tick(MONDAY)
    parcel = outbox.claim(store, ["email"], MONDAY + WEEK / 2)
    assert parcel is not None
    leave(store)
    assert outbox.mark(store, parcel, recorder.answer, MONDAY + WEEK / 2) == "withdrawn"
    assert outbox.claim(store, ["email"], MONDAY + WEEK) is None


def test_what_was_given_up_is_not_tried_again_for_who_left(
    tick: Any, store: sa.Engine, recorder: Recorder
) -> None:
    recorder.answer = Answer("refused", "No such mailbox.")
    tick(SUNDAY)
    tick(MONDAY)
    assert states(store) == ["parked"]
    leave(store)
    assert states(store) == ["withdrawn"]
    with store.begin() as connection:  # as it was left in former times
        id = connection.execute(sa.update(_outbox).values(state="parked").returning(_outbox.c.id))
        number = id.scalar_one()
    assert not outbox.release(store, number, MONDAY)
    assert states(store) == ["withdrawn"]


def test_who_leaves_while_it_is_composed_gets_nothing(
    tick: Any, store: sa.Engine, gatherer: Any, weekly: Subscription
) -> None:
    tick(SUNDAY)

    def gather(engine: sa.Engine, occasion: Any) -> Any:
        leave(store)
        return gatherer(engine, occasion)

    channels = {"email": Recorder()}
    assert queue_due(store, [weekly], MONDAY, channels=channels, gather=gather) == []
    assert states(store) == []


def test_a_wrong_address_is_parked_and_told_the_others_are_served(
    store: sa.Engine,
    weekly: Subscription,
    plain_mail: MailSettings,
    post_office: Any,
    gatherer: Any,
) -> None:
    channels = {"email": EmailChannel(plain_mail)}
    subscription = replace(weekly, to=("no address", "ann@example.com"))
    for now in (SUNDAY, MONDAY):
        queue_due(store, [subscription], now, channels=channels, gather=gatherer)
    deliver(store, channels, lambda: MONDAY)
    assert [r for r, _ in post_office.taken] == ["ann@example.com"]
    with store.connect() as connection:
        row = connection.execute(sa.select(_outbox).where(_outbox.c.state == "parked")).one()
    assert row.recipient == "no address"
    assert "is no e-mail address" in row.message
    assert not outbox.release(store, row.id, MONDAY)


def test_every_attempt_is_logged(tick: Any, store: sa.Engine, recorder: Recorder) -> None:
    tick(SUNDAY)
    recorder.answer = Answer("later", "Mailbox full.", 452)
    tick(MONDAY)
    recorder.answer = Answer("sent", "Taken.", 250)
    tick(MONDAY + timedelta(minutes=2))
    with store.connect() as connection:
        log = connection.execute(sa.select(Delivery).order_by(sa.text("id"))).all()
        row = connection.execute(sa.select(_outbox)).one()
    assert [(r.outcome, r.code, r.message) for r in log] == [
        ("later", 452, "Mailbox full."),
        ("sent", 250, "Taken."),
    ]
    assert (row.state, row.attempts) == ("sent", 2)
    assert row.sent_at == MONDAY + timedelta(minutes=2)


def test_a_claim_keeps_others_away_until_it_lapses(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> None:
    for now in (SUNDAY, MONDAY):
        queue_due(store, [weekly], now, channels={"email": recorder}, gather=gatherer)
    first = outbox.claim(store, ["email"], MONDAY)
    assert first is not None
    assert outbox.claim(store, ["email"], MONDAY + WEEK) is None  # the database's clock decides
    with store.begin() as connection:
        connection.execute(sa.update(_outbox).values(claimed_until=SUNDAY - WEEK * 60))
    second = outbox.claim(store, ["email"], MONDAY)
    assert second is not None
    assert second.body == first.body

    # The first worker wakes up: its trouble says nothing about the second one's attempt,
    outbox.mark(store, first, Answer("refused", "No such user.", 550), MONDAY)
    with store.connect() as connection:
        assert connection.execute(sa.select(_outbox.c.state)).scalar_one() == "sending"
    # but what the server took from it is taken.
    outbox.mark(store, first, Answer("sent", "Taken.", 250), MONDAY)
    with store.connect() as connection:
        assert connection.execute(sa.select(_outbox.c.state)).scalar_one() == "sent"


def test_preview_remembers_nothing(store: sa.Engine, weekly: Subscription, gatherer: Any) -> None:
    shown = preview(store, weekly, "maria@example.com", MONDAY, gather=gatherer)
    assert "All is well" in shown.html
    assert "All is well" in shown.text
    assert "week 48" not in shown.subject
    with store.connect() as connection:
        assert connection.execute(sa.select(DigestReader)).all() == []
        assert connection.execute(sa.select(Outgoing)).all() == []


def test_two_workers_deliver_each_message_once(
    store: sa.Engine, weekly: Subscription, gatherer: Any
) -> None:
    readers = tuple(f"reader{n}@example.com" for n in range(20))
    shared = Recorder()
    subscription = replace(weekly, to=readers)
    for now in (SUNDAY, MONDAY):
        queue_due(store, [subscription], now, channels={"email": shared}, gather=gatherer)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        deliver(store, {"email": shared}, lambda: MONDAY)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(recipient for recipient, _ in shared.sent) == sorted(readers)


def test_a_stop_is_heeded_between_two_messages(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> None:
    subscription = replace(weekly, to=("a@example.com", "b@example.com"))
    for now in (SUNDAY, MONDAY):
        queue_due(store, [subscription], now, channels={"email": recorder}, gather=gatherer)
    deliver(store, {"email": recorder}, lambda: MONDAY, stopping=lambda: len(recorder.sent) > 0)
    assert [recipient for recipient, _ in recorder.sent] == ["a@example.com"]
    deliver(store, {"email": recorder}, lambda: MONDAY)
    assert len(recorder.sent) == 2


def test_what_is_forgotten_is_not_sent_again(
    tick: Any, store: sa.Engine, recorder: Recorder
) -> None:
    tick(SUNDAY)
    tick(MONDAY)
    recorder.answer = Answer("later", "Come back.")
    tick(MONDAY + WEEK)
    assert outbox.forget(store, MONDAY) == 0
    assert outbox.forget(store, MONDAY + 2 * WEEK) == 1  # what still waits is kept
    with store.connect() as connection:
        assert connection.execute(sa.select(_outbox.c.period_key)).scalars().all() == ["2026-W49"]
        assert connection.execute(sa.select(sa.func.count()).select_from(Delivery)).scalar() == 1
    assert tick(MONDAY + timedelta(hours=3)) == []
    assert tick(MONDAY + WEEK + timedelta(seconds=30)) == []


def test_each_message_of_a_long_round_is_logged_at_its_own_instant(
    store: sa.Engine, weekly: Subscription, recorder: Recorder, gatherer: Any
) -> None:
    both = replace(weekly, to=("maria@example.com", "jo@example.com"))
    outbox.meet(store, both.name, both.to, SUNDAY)
    queue_due(store, [both], MONDAY, channels={"email": recorder}, gather=gatherer)
    minutes = iter(range(100))
    deliver(store, {"email": recorder}, lambda: MONDAY + timedelta(minutes=next(minutes)))
    wanted = [MONDAY + timedelta(minutes=each) for each in (1, 2)]
    with store.connect() as connection:
        sent = connection.execute(sa.select(_outbox.c.sent_at).order_by(_outbox.c.id)).scalars()
        assert list(sent) == wanted
        logged = connection.execute(sa.select(Delivery.__table__.c.at)).scalars()  # type: ignore[attr-defined]
        assert list(logged) == wanted
