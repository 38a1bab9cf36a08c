"""Service levels: which tickets are asked for, and what their clocks show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import Unexpected
from connectors.sdk.records import SlaCycle, Task

METRICS = "incremental/ticket_metric_events"


def test_clocks_with_a_target_are_read_a_hundred_tickets_at_a_time(reading: Any) -> None:
    turn = reading.turn("slas")
    assert turn.paths("/api/v2/") == [METRICS, "tickets/show_many"]
    assert turn.asked[1].query["include"] == ["slas,metric_events"]
    assert turn.of(SlaCycle) == {each.id: each for each in reading.world.all(SlaCycle)}
    del reading.kept.cursors["slas"]
    assert [item.id for item in reading.items("slas")] == [reading.native(Task, "t1")]


def test_a_quiet_turn_asks_once(reading: Any) -> None:
    reading.turn("slas")
    turn = reading.turn("slas")
    assert (turn.items["slas"], turn.paths("/api/v2/")) == ({}, [METRICS])


def test_a_breach_without_a_change_of_the_ticket_is_read(reading: Any) -> None:
    reading.turn("slas")
    reading.turn("tasks")
    running = reading.world.all(SlaCycle)[1]
    reading.clock.pass_by(days=1)
    late = replace(running, breached=True, breach_at=reading.clock.now())
    reading.world.put(late)
    assert not reading.turn("tasks").items["tasks"]
    turn = reading.turn("slas")
    assert turn.paths("/api/v2/") == [METRICS, "tickets/show_many"]
    assert turn.asked[1].query["ids"] == [reading.native(Task, "t1")]
    assert turn.of(SlaCycle)[running.id] == late


def test_an_item_holds_every_clock_of_its_ticket(reading: Any) -> None:
    """The one that has not changed too: what an item yields no more would be taken for gone."""
    reading.turn("slas")
    running = reading.world.all(SlaCycle)[1]
    reading.world.put(replace(running, stopped_at=reading.clock.pass_by(hours=1)))
    assert len(reading.turn("slas").of(SlaCycle)) == 2


def test_a_ticket_is_read_once_however_many_pages_tell_of_it(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(page_size=3)
    turn = reading.turn("slas")
    assert turn.paths("/api/v2/").count(METRICS) > 2
    asked = [request.one("ids") for request in turn.asked if "ids" in request.query]
    ids = ",".join(asked).split(",")
    assert len(ids) == len(set(ids))


def test_tickets_whose_events_do_not_come_with_many_are_asked_for_alone(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(bulk_clocks=False)
    turn = reading.turn("slas")
    assert turn.of(SlaCycle) == {each.id: each for each in reading.world.all(SlaCycle)}
    assert f"tickets/{reading.native(Task, 't1')}" in turn.paths("/api/v2/")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data["ticket"].pop("metric_events"), "without its metric events"),
        (lambda data: data["ticket"].update(id=4711), "another thing"),
        (lambda data: data.clear(), "another thing"),
    ],
)
def test_a_ticket_without_its_events_is_an_error(
    read_with: Callable[..., Any], change: Any, said: str
) -> None:
    reading = read_with(bulk_clocks=False)
    reading.answer(f"/tickets/{reading.native(Task, 't1')}", change)
    with pytest.raises(Unexpected, match=said):
        reading.turn("slas")


def test_tickets_that_were_not_asked_for_are_an_error(reading: Any) -> None:
    reading.answer("/show_many", lambda data: data["tickets"][0].update(id=4711))
    with pytest.raises(Unexpected, match="other tickets"):
        reading.turn("slas")


def test_a_deleted_ticket_is_passed_over(reading: Any) -> None:
    reading.sandbox.world.remove(Task, reading.native(Task, "t2"))
    assert len(reading.turn("slas").of(SlaCycle)) == 2


def test_clocks_of_other_groups_are_left_out(read_with: Callable[..., Any]) -> None:
    assert not read_with(groups=("IT Projects",)).turn("slas").items["slas"]
    reading = read_with(groups=("IT Operations",))
    assert len(reading.turn("slas").of(SlaCycle)) == 2


def test_an_event_after_a_ticket_was_read_has_it_read_again(read_with: Callable[..., Any]) -> None:
    """A first read takes long: what happens on a ticket meanwhile comes on a later page."""
    reading = read_with(page_size=3)
    pages = reading.connector.pull("slas", "", None)
    reading.clock.pass_by(seconds=60)
    first = next(pages)
    while not first.items:
        first = next(pages)
    running = reading.world.all(SlaCycle)[1]
    ended = replace(running, stopped_at=reading.clock.pass_by(minutes=10))
    reading.world.put(ended)
    reading.clock.pass_by(minutes=10)
    rest = [record for page in pages for item in page.items
            for record in reading.connector.to_records("slas", item.body)]  # fmt: skip
    assert ended in rest


def test_the_lag_of_the_export_is_kept(reading: Any) -> None:
    reading.turn("slas")
    running = reading.world.all(SlaCycle)[1]
    reading.world.put(replace(running, stopped_at=reading.clock.now()))
    assert not reading.turn("slas", settle=False).items["slas"]
    reading.clock.pass_by(seconds=60)
    assert reading.turn("slas", settle=False).items["slas"]
    assert reading.clock.now() - running.started_at > timedelta(days=9)
