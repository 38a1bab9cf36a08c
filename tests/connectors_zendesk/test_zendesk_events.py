"""The export of ticket events: comments and history, and the traps of exports that go by time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import Change, Comment, Person, Project, Task
from connectors.sdk.sandbox import Reply

EVENTS = "/ticket_events"


def comment(reading: Any, text: str, **other: Any) -> Comment:
    """A new remark on the first ticket."""
    made = Comment(
        id=str(23_113_000_000_900 + len(reading.world.all(Comment))),
        task_id=reading.native(Task, "t1"),
        author_id=reading.native(Person, "ann"),
        text=text,
        at=reading.clock.now(),
        public=True,
    )
    made = replace(made, **other)
    reading.world.put(made)
    return made


def test_comments_and_history_come_from_one_question(reading: Any) -> None:
    turn = reading.turn("events")
    assert turn.paths("/api/v2/") == ["incremental/ticket_events"]
    assert turn.asked[0].query["include"] == ["comment_events"]
    assert turn.of(Comment) == {each.id: each for each in reading.world.all(Comment)}
    assert turn.of(Change) == {each.id: each for each in reading.world.all(Change)}
    assert len(turn.of(Change)) == 4


def test_the_description_is_not_told_again_as_a_comment(reading: Any) -> None:
    texts = {each.text for each in reading.turn("events").of(Comment).values()}
    assert texts == {"Looking into it.", "It was the disk.", "Press the button."}


def test_a_quiet_turn_asks_once_and_brings_nothing(reading: Any) -> None:
    reading.turn("events")
    for _ in range(2):
        turn = reading.turn("events")
        assert (turn.items["events"], len(turn.asked)) == ({}, 1)


def test_the_page_border_comes_twice_and_is_told_once(read_with: Callable[..., Any]) -> None:
    reading = read_with(page_size=2)
    reading.clock.pass_by(seconds=60)
    ids = [item.id for item in reading.items("events")]
    assert len(reading.sandbox.log) > 3
    assert len(ids) == len(set(ids))
    assert reading.kept.of(Comment) == {each.id: each for each in reading.world.all(Comment)}
    starts = [int(request.query["start_time"][0]) for request in reading.sandbox.log]
    assert starts == sorted(set(starts))


def test_more_in_one_second_than_a_page_holds_ends_in_an_error(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(page_size=2)
    at = reading.clock.now()
    for number in range(5):
        comment(reading, f"Imported {number}", at=at)
    with pytest.raises(Unexpected, match="stands still") as stuck:
        reading.turn("events")
    assert str(int(at.timestamp())) in str(stuck.value)
    assert "`since`" in stuck.value.remedy
    assert len(reading.sandbox.log) < 20


def test_what_shows_late_under_an_earlier_time_is_read(reading: Any) -> None:
    """Two events of one second, of which the second shows only after the first was read."""
    first = comment(reading, "First")
    reading.turn("events")
    row: dict[str, Any] = {}

    def late(data: Any) -> None:
        at = int(first.at.timestamp())
        [row] = [each for each in data["ticket_events"] if each["timestamp"] == at]
        said = {**row["child_events"][0], "id": 77, "plain_body": "Second"}
        data["ticket_events"].append({**row, "id": 78, "child_events": [said]})
        data["count"] += 1

    reading.answer(EVENTS, late)
    turn = reading.turn("events")
    assert [each.text for each in turn.of(Comment).values()] == ["Second"]
    assert not row
    turn = reading.turn("events")
    assert not turn.items["events"]


def test_the_cursor_stays_small_however_much_happens(reading: Any) -> None:
    reading.turn("events")
    for number in range(400):
        comment(reading, f"Remark {number}")
    reading.clock.pass_by(minutes=1)
    told = [item.id for item in reading.items("events")]
    assert len(told) == 400
    assert len(str(reading.kept.cursors["events"][""])) < 4096
    assert reading.turn("events").ids("events") <= set(told)


def test_a_time_in_years_to_come_does_not_carry_the_cursor_away(reading: Any) -> None:
    reading.answer(EVENTS, lambda data: data.update(end_time=4_000_000_000))
    reading.turn("events")
    reading.sandbox.interfere = None
    comment(reading, "Today")
    assert [each.text for each in reading.turn("events").of(Comment).values()] == ["Today"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"end_of_stream": None}, "goes on"),
        ({"end_time": None}, "up to when"),
        ({"end_time": "soon"}, "up to when"),
        ({"ticket_events": None}, "no list"),
        ({"ticket_events": [{"id": "x"}]}, "no list"),
    ],
)
def test_an_answer_of_another_shape_is_an_error(reading: Any, change: Any, said: str) -> None:
    reading.answer(EVENTS, lambda data: data.update(change))
    with pytest.raises(Unexpected, match=said):
        reading.turn("events")


def test_without_an_end_mark_a_page_that_is_not_full_is_the_last(reading: Any) -> None:
    reading.answer(EVENTS, lambda data: data.pop("end_of_stream"))
    assert len(reading.turn("events").of(Comment)) == 3
    reading.answer(EVENTS, lambda data: (data.pop("end_of_stream"), data.pop("count")))
    with pytest.raises(Unexpected, match="goes on"):
        reading.turn("events")


def test_a_read_that_was_cut_goes_on_where_it_was(read_with: Callable[..., Any]) -> None:
    reading = read_with(page_size=2)
    pages = reading.connector.pull("events", "", None)
    reading.clock.pass_by(seconds=60)
    first = [next(pages) for _ in range(2)]
    reading.kept.cursors["events"] = {"": first[-1].cursor}
    rest = reading.turn("events")
    got = {item.id for page in first for item in page.items} | rest.ids("events")
    assert got == read_with().turn("events").ids("events")


# --- edited afterwards ------------------------------------------------------------------------


def edit_event(kind: str, reading: Any) -> Callable[[Any], None]:
    """Have the export tell that a comment of the first ticket was edited."""

    def tell(data: Any) -> None:
        at = int(reading.clock.now().timestamp()) - 60
        child = {"id": 91, "event_type": kind, "comment_id": 1}
        data["ticket_events"].append(
            {"id": 90, "ticket_id": int(reading.native(Task, "t1")), "timestamp": at,
             "child_events": [child]}
        )  # fmt: skip
        data.update(count=data["count"] + 1, end_time=at)

    return tell


@pytest.mark.parametrize("kind", ["CommentPrivacyChange", "CommentRedactionEvent"])
def test_an_edited_comment_is_read_again_as_it_is_now(reading: Any, kind: str) -> None:
    before = reading.turn("events")
    comments = [c for c in before.of(Comment).values() if c.task_id == reading.native(Task, "t1")]
    for each in comments:
        reading.world._records[Comment][each.id] = replace(each, public=False, text="▇▇▇")
    reading.answer(EVENTS, edit_event(kind, reading))
    turn = reading.turn("events")
    assert turn.paths("/api/v2/")[1:] == [f"tickets/{reading.native(Task, 't1')}/audits"]
    assert {(c.id, c.public, c.text) for c in turn.of(Comment).values()} == {
        (c.id, False, "▇▇▇") for c in comments
    }
    assert turn.ids("events") <= before.ids("events")
    told_before = before.of(Change)
    assert all(told_before[id] == change for id, change in turn.of(Change).items())


def test_a_ticket_that_is_gone_by_then_is_left_to_the_stream_of_tickets(reading: Any) -> None:
    reading.turn("events")
    reading.answer(EVENTS, edit_event("CommentRedactionEvent", reading))
    change = reading.sandbox.interfere
    missing = Reply.of({"error": "RecordNotFound"}, 404)
    reading.sandbox.interfere = lambda r: missing if "audits" in r.path else change(r)
    turn = reading.turn("events")
    assert (turn.items["events"], turn.unread) == ({}, {})


def test_audits_that_we_may_not_see_are_counted_and_stop_nothing(reading: Any) -> None:
    reading.turn("events")
    comment(reading, "On another ticket", task_id=reading.native(Task, "t3"))
    reading.answer(EVENTS, edit_event("CommentRedactionEvent", reading))
    change = reading.sandbox.interfere
    refusal = Reply(403, b"", {"Content-Type": "text/html"})
    reading.sandbox.interfere = lambda r: refusal if "audits" in r.path else change(r)
    turn = reading.turn("events")
    assert [each.text for each in turn.of(Comment).values()] == ["On another ticket"]
    [(id, reason)] = turn.unread.items()
    assert id == reading.native(Task, "t1")
    assert "403" in reason


def test_audits_that_are_down_are_no_empty_list(reading: Any) -> None:
    reading.turn("events")
    kept = reading.kept.cursors["events"][""]
    reading.answer(EVENTS, edit_event("CommentRedactionEvent", reading))
    change = reading.sandbox.interfere
    down = Reply(500, b"{}")
    reading.sandbox.interfere = lambda r: down if "audits" in r.path else change(r)
    with pytest.raises(Unavailable):
        reading.turn("events")
    assert reading.kept.cursors["events"][""] == kept


# --- with groups ------------------------------------------------------------------------------


def test_events_of_other_groups_are_left_out(read_with: Callable[..., Any]) -> None:
    reading = read_with(groups=("IT Projects",))
    turn = reading.turn("events")
    assert {each.text for each in turn.of(Comment).values()} == {"Press the button."}
    mine = {reading.native(Task, "t3"), reading.native(Task, "t4")}
    assert {each.task_id for each in turn.of(Change).values()} == mine
    assert turn.paths("/api/v2/") == ["incremental/ticket_events", "tickets/show_many", "groups"]
    assert reading.turn("events").paths("/api/v2/") == ["incremental/ticket_events"]


def test_a_ticket_that_comes_in_brings_what_was_said_before(read_with: Callable[..., Any]) -> None:
    reading = read_with(groups=("IT Projects",))
    reading.turn("events")
    reading.world.edit(reading.native(Task, "t1"), project_id=reading.native(Project, "dev"))
    turn = reading.turn("events")
    assert {each.text for each in turn.of(Comment).values()} == {
        "Looking into it.", "It was the disk.",
    }  # fmt: skip
    fields = [each.field for each in sorted(turn.of(Change).values(), key=lambda each: each.at)]
    assert fields == ["status", "priority", "project_id"]


def test_tickets_that_came_in_before_the_first_turn_are_not_asked_for_one_by_one(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(page_size=3, groups=("IT Projects",))
    ticket = reading.native(Task, "t1")
    reading.world.edit(ticket, project_id=reading.native(Project, "dev"))
    reading.clock.pass_by(minutes=5)
    turn = reading.turn("events")
    assert not [path for path in turn.paths("/api/v2/") if "audits" in path]
    assert len([c for c in turn.of(Comment).values() if c.task_id == ticket]) == 2


def test_a_ticket_that_comes_in_during_the_first_turn_is_read_whole(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(page_size=3, groups=("IT Projects",))
    ticket = reading.native(Task, "t1")
    pages = reading.connector.pull("events", "", None)
    told = [next(pages), next(pages)]
    reading.world.edit(ticket, project_id=reading.native(Project, "dev"))
    reading.clock.pass_by(minutes=5)
    reading.kept.cursors["events"] = {"": told[-1].cursor}  # and it was cut, too
    turn = reading.turn("events")
    assert f"tickets/{ticket}/audits" in turn.paths("/api/v2/")
    assert len([c for c in turn.of(Comment).values() if c.task_id == ticket]) == 2


def test_both_ways_to_tell_an_audit_give_the_same_records(read_with: Callable[..., Any]) -> None:
    exported = read_with().turn("events")
    reading = read_with(groups=("IT Operations", "IT Projects"))
    reading.turn("events")
    for id in ("t1", "t3", "t4"):
        group = reading.task(id).project_id
        other = reading.native(Project, "dev" if group == reading.native(Project, "ops") else "ops")
        reading.world.edit(reading.native(Task, id), project_id=other)
    again = reading.turn("events")
    told = {**exported.of(Comment), **exported.of(Change)}
    assert {id: again.of(type(record)).get(id) for id, record in told.items()} == told


def test_a_late_event_is_kept_apart_from_its_own_time(reading: Any) -> None:
    """A comment whose time lies before the last turn is read: the export goes by its writing."""
    reading.turn("events")
    comment(reading, "Written down late", at=reading.clock.now() - timedelta(days=2))
    [told] = reading.turn("events").of(Comment).values()
    assert told.text == "Written down late"
