"""The export of tickets: cursors, deletions, groups, side-loads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Unexpected
from connectors.sdk.records import Link, Person, Project, SlaCycle, Task
from connectors.sdk.sandbox import Reply


def test_everything_comes_with_the_first_turn_and_nothing_with_the_second(reading: Any) -> None:
    first = reading.turn("tasks")
    assert first.of(Task) == {task.id: task for task in reading.world.all(Task)}
    assert set(first.of(Link)) == {link.id for link in reading.world.all(Link)} != set()
    assert first.asked[0].query["start_time"] == ["0"]
    second = reading.turn("tasks")
    assert (second.items["tasks"], second.gone, second.pages) == ({}, [], {})
    assert second.paths("/api/v2/") == ["incremental/tickets/cursor"]
    assert "start_time" not in second.asked[0].query


def test_a_null_cursor_at_the_end_keeps_the_one_before(reading: Any) -> None:
    told: list[Any] = []
    reading.answer("/cursor", lambda data: told.append(data["after_cursor"]))
    reading.turn("tasks")
    kept = reading.kept.cursors["tasks"][""]
    for _ in range(3):
        reading.turn("tasks")
    assert told[1:] == [None, None, None]
    assert reading.kept.cursors["tasks"][""] == kept == {"cursor": told[0]}
    reading.world.edit(reading.native(Task, "t3"), title="Order more laptops")
    assert [task.title for task in reading.turn("tasks").of(Task).values()] == [
        "Order more laptops"
    ]


def test_an_empty_account_is_asked_from_the_beginning_again(read_with: Any) -> None:
    kinds = (Project, Person)
    reading = read_with([each for each in read_with().subject.holds() if isinstance(each, kinds)])
    assert not reading.turn("tasks").pages
    assert not reading.kept.cursors["tasks"]
    reading.turn("events")
    reading.turn("slas")
    assert not any(reading.kept.cursors.values())


def test_a_change_that_moves_no_updated_at_is_read(reading: Any) -> None:
    reading.turn("tasks")
    before = reading.task("t4")
    reading.clock.pass_by(days=3)
    reading.world.put(replace(before, labels=("printer",)))  # as a rule of Zendesk's own does
    [task] = reading.turn("tasks").of(Task).values()
    assert task.labels == ("printer",)
    assert task.updated_at == before.updated_at


def test_what_happened_in_the_last_minute_comes_a_turn_later(reading: Any) -> None:
    reading.turn("tasks")
    reading.world.edit(reading.native(Task, "t3"), title="Just now")
    assert not reading.turn("tasks", settle=False).items["tasks"]
    reading.clock.pass_by(seconds=59)
    assert not reading.turn("tasks", settle=False).items["tasks"]
    reading.clock.pass_by(seconds=1)
    assert len(reading.turn("tasks", settle=False).items["tasks"]) == 1


def test_a_deleted_ticket_is_told_with_its_clocks(reading: Any) -> None:
    reading.turn("tasks")
    gone = reading.native(Task, "t1")
    reading.world.remove(Task, gone)
    turn = reading.turn("tasks")
    assert not turn.items["tasks"]
    assert [(each.id, each.stream, each.reason) for each in turn.gone] == [
        (gone, "tasks", "deleted"), (gone, "slas", "deleted"),
    ]  # fmt: skip
    assert all(each.at is not None for each in turn.gone)
    assert not reading.turn("tasks").gone


def test_a_reading_from_the_beginning_tells_deletions_too(reading: Any) -> None:
    gone = reading.native(Task, "t4")
    reading.world.remove(Task, gone)
    turn = reading.turn("tasks")
    assert {each.id for each in turn.gone} == {gone}
    assert gone not in turn.of(Task)


def test_a_ticket_that_is_deleted_and_restored_within_one_page_stays(reading: Any) -> None:
    def twice(data: Any) -> None:
        row = data["tickets"][0]
        data["tickets"] = [{**row, "status": "deleted"}, row]

    reading.answer("/cursor", twice)
    turn = reading.turn("tasks")
    assert len(turn.of(Task)) == 1
    assert not turn.gone


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_cursor_that_is_no_longer_known_is_expired(reading: Any, status: int) -> None:
    reading.turn("tasks")
    reading.sandbox.interfere = lambda request: (
        Reply.of({"error": "Whatever"}, status) if "cursor" in request.query else None
    )
    with pytest.raises(CursorExpired):
        reading.turn("tasks")
    del reading.kept.cursors["tasks"]  # what the engine does then
    assert len(reading.turn("tasks").of(Task)) == 6


def test_a_cursor_of_another_tool_is_expired(reading: Any) -> None:
    reading.kept.cursors["tasks"] = {"": {"cursor": "!"}}
    with pytest.raises(CursorExpired):
        reading.turn("tasks")


def test_the_same_refusal_without_a_cursor_is_not_for_ever_repeated(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of({"error": "InvalidValue"}, 400)
    with pytest.raises(Unexpected):
        reading.turn("tasks")


def test_since_leaves_out_what_did_not_change_since(read_with: Callable[..., Any]) -> None:
    reading = read_with(since=date(2026, 2, 26))
    titles = {task.title for task in reading.turn("tasks").of(Task).values()}
    assert titles == {"Mail is down", "I get no mail", "Hello?"}
    start = datetime(2026, 2, 26, tzinfo=UTC).timestamp()
    assert reading.sandbox.log[0].query["start_time"] == [str(int(start))]


@pytest.mark.parametrize("stream", ["tasks", "events", "slas"])
def test_a_since_that_lies_ahead_is_refused(read_with: Callable[..., Any], stream: str) -> None:
    reading = read_with(since=date(2026, 3, 3))
    with pytest.raises(Refused) as refused:
        reading.turn(stream)
    assert "`since`" in refused.value.remedy


def test_page_size_is_asked_for_when_configured(read_with: Callable[..., Any]) -> None:
    reading = read_with(options={"page_size": 2})
    turn = reading.turn("tasks")
    assert len(turn.of(Task)) == 6
    assert turn.paths("/api/v2/").count("incremental/tickets/cursor") == 3
    assert "per_page" not in read_with().turn("tasks").asked[0].query


@pytest.mark.parametrize("broken", ["end_of_stream", "tickets"])
def test_an_answer_without_its_end_mark_or_tickets_is_an_error(reading: Any, broken: str) -> None:
    reading.answer("/cursor", lambda data: data.pop(broken))
    with pytest.raises(Unexpected):
        reading.turn("tasks")


def test_a_null_cursor_before_the_end_is_an_error(reading: Any) -> None:
    reading.answer("/cursor", lambda data: data.update(after_cursor=None, end_of_stream=False))
    with pytest.raises(Unexpected, match="do not come to an end"):
        reading.turn("tasks")


def test_cursors_in_a_circle_are_an_error(reading: Any) -> None:
    asked: list[str] = []

    def interfere(request: Any) -> Reply | None:
        if not request.path.endswith("/cursor"):
            return None
        asked.append(request.one("cursor"))
        after = {"": "A", "A": "B", "B": "C", "C": "A"}[request.one("cursor")]
        return Reply.of({"tickets": [], "after_cursor": after, "end_of_stream": False})

    reading.sandbox.interfere = interfere
    with pytest.raises(Unexpected, match="do not come to an end"):
        reading.turn("tasks")
    assert asked == ["", "A", "B", "C"]


# --- groups -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "name"])
def test_groups_are_chosen_by_id_or_name(read_with: Callable[..., Any], by: str) -> None:
    group = read_with().native(Project, "ops") if by == "id" else "IT Operations"
    reading = read_with(groups=(group,))
    assert [scope.name for scope in reading.connector.scopes()] == ["IT Operations"]
    turn = reading.turn("tasks")
    assert {task.title for task in turn.of(Task).values()} == {"Mail is down", "I get no mail"}
    assert {item.scope for item in turn.items["tasks"].values()} == {reading.native(Project, "ops")}


def test_a_ticket_that_leaves_the_groups_has_moved(read_with: Callable[..., Any]) -> None:
    reading = read_with(groups=("IT Operations",))
    reading.turn("tasks")
    ticket = reading.native(Task, "t2")
    reading.world.edit(ticket, project_id=reading.native(Project, "dev"))
    turn = reading.turn("tasks")
    assert [(each.id, each.stream, each.reason) for each in turn.gone] == [
        (ticket, "tasks", "moved"), (ticket, "slas", "moved"),
    ]  # fmt: skip
    reading.world.edit(ticket, project_id=reading.native(Project, "ops"))
    turn = reading.turn("tasks")
    assert set(turn.of(Task)) == {ticket}
    assert not turn.gone


def test_a_ticket_that_loses_its_group_has_moved(read_with: Callable[..., Any]) -> None:
    reading = read_with(groups=("IT Operations",))
    reading.turn("tasks")
    reading.world.edit(reading.native(Task, "t2"), project_id=None)
    assert {each.reason for each in reading.turn("tasks").gone} == {"moved"}


def test_without_groups_configured_no_ticket_moves_away(reading: Any) -> None:
    assert reading.native(Task, "t6") in reading.turn("tasks").of(Task)
    reading.world.edit(reading.native(Task, "t2"), project_id=None)
    turn = reading.turn("tasks")
    assert not turn.gone
    assert [task.project_id for task in turn.of(Task).values()] == [None]


@pytest.mark.parametrize("stream", ["tasks", "events", "slas"])
def test_a_renamed_group_stops_the_reading_before_anything_is_passed_over(
    read_with: Callable[..., Any], stream: str
) -> None:
    reading = read_with(groups=("IT Operations", "IT Projects"))
    reading.turn(stream)
    kept = reading.kept.cursors[stream][""]
    dev = reading.world.get(Project, reading.native(Project, "dev"))
    reading.world.put(replace(dev, name="Projects"))
    reading.world.edit(reading.native(Task, "t3"), title="Changed meanwhile")
    for cycle in reading.world.all(SlaCycle)[1:]:
        reading.world.put(replace(cycle, stopped_at=reading.clock.pass_by(seconds=1)))
    with pytest.raises(NotVisible) as hidden:
        reading.turn(stream)
    assert hidden.value.scope == "IT Projects"
    assert "`groups`" in hidden.value.remedy
    assert reading.kept.cursors[stream][""] == kept
    reading.world.put(dev)
    turn = reading.turn(stream)
    assert turn.items[stream]
    assert not turn.gone


def test_a_missing_group_is_a_warning_and_fails_alone_among_projects(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(groups=("IT Operations", "IT Porjects"))
    [warning] = reading.connector.check().warnings
    assert "IT Porjects" in warning
    pages = reading.connector.pull("projects", "", None)
    assert [item.body["group"]["name"] for item in next(pages).items] == ["IT Operations"]
    with pytest.raises(NotVisible):
        next(pages)


def test_deleted_groups_stay_with_their_old_tickets(reading: Any) -> None:
    projects = reading.turn("projects").of(Project)
    assert projects == {each.id: each for each in reading.world.all(Project)}
    assert {each.name: each.state for each in projects.values()}["Fax team"] == "trashed"
    assert reading.sandbox.log[-1].query["exclude_deleted"] == ["false"]
    states = {scope.name: scope.state for scope in reading.connector.scopes()}
    assert states == {"IT Operations": "active", "IT Projects": "active", "Fax team": "trashed"}
    assert reading.turn("tasks").of(Task)[reading.native(Task, "t5")].project_id in projects


# --- people -----------------------------------------------------------------------------------


def test_agents_are_a_stream_and_customers_come_with_their_tickets(reading: Any) -> None:
    agents = reading.turn("people").of(Person)
    assert {person.name for person in agents.values()} == {"Ann Archer", "Bob Baker", "Cid Cooper"}
    assert {person.kind for person in agents.values()} == {"human"}
    assert reading.sandbox.log[-1].query["role[]"] == ["agent", "admin"]
    named = reading.turn("tasks").of(Person)
    assert {person.name: person.kind for person in named.values()} == {
        "Kim Customer": "customer", "Lee Customer": "customer",
    }  # fmt: skip
    assert {**agents, **named} == {each.id: each for each in reading.world.all(Person)}


def test_an_agent_who_asks_is_not_told_twice(reading: Any) -> None:
    [item] = [
        each
        for each in reading.turn("tasks").items["tasks"].values()
        if each.id == reading.native(Task, "t3")
    ]
    assert item.body["ticket"]["requester_id"] == int(reading.native(Person, "bob"))
    assert item.body["people"] == []


def test_many_agents_are_read_to_the_last(read_with: Callable[..., Any]) -> None:
    reading = read_with(page_size=1)
    assert len(reading.items("people")) == 3
    assert len(reading.sandbox.log) == 3
    reading.answer("/users", lambda data: data["meta"].pop("has_more"))
    with pytest.raises(Unexpected, match="goes on"):
        reading.turn("people")


# --- look-ups ---------------------------------------------------------------------------------


def test_look_ups_are_asked_once_and_only_when_needed(read_with: Callable[..., Any]) -> None:
    reading = read_with(page_size=2)
    paths = reading.turn("tasks").paths("/api/v2/")
    assert paths.count("custom_statuses") == 1
    assert paths.count("incremental/tickets/cursor") == 3
    assert reading.turn("tasks").paths("/api/v2/") == ["incremental/tickets/cursor"]


def test_custom_fields_are_typed_and_empty_ones_are_there(reading: Any) -> None:
    tasks = reading.turn("tasks").of(Task)
    values = {c.name: c.value for c in tasks[reading.native(Task, "t1")].custom}
    assert values == {
        "Risk": "High", "Hours": 2.5, "VIP": True, "Go live": date(2026, 4, 1),
        "Sites": ("Paris", "Lyon"), "Note": "x" * 40,
    }  # fmt: skip
    assert {c.name: c.value for c in tasks[reading.native(Task, "t2")].custom} == dict.fromkeys(
        values
    )


def test_metrics_that_come_beside_the_tickets_are_read_too(reading: Any) -> None:
    def beside(data: Any) -> None:
        data["metric_sets"] = [row.pop("metric_set") for row in data["tickets"]]

    reading.answer("/cursor", beside)
    turn = reading.turn("tasks")
    assert turn.of(Task)[reading.native(Task, "t4")].completed_at == reading.task("t4").completed_at


def test_what_moves_without_meaning_does_not_change_an_item(reading: Any) -> None:
    first = {item.id: item.body for item in reading.turn("tasks").items["tasks"].values()}
    del reading.kept.cursors["tasks"]
    reading.clock.pass_by(days=1)
    reading.world.put(reading.task("t1"))  # a new generated_timestamp, and nothing else
    assert {item.id: item.body for item in reading.turn("tasks").items["tasks"].values()} == first


# --- confirming -------------------------------------------------------------------------------


def test_present_deleted_and_hidden_are_told_apart(reading: Any) -> None:
    here, archived, gone, hidden = (reading.native(Task, each) for each in ("t1", "t5", "t4", "t3"))
    reading.world.remove(Task, gone)
    reading.sandbox.hidden.add(reading.native(Project, "dev"))
    told = reading.connector.confirm("tasks", [here, archived, gone, hidden])
    assert told == {here: None, archived: None, gone: "unknown", hidden: "access_lost"}


def test_people_and_groups_are_confirmed_one_by_one(reading: Any) -> None:
    ann, dev = reading.native(Person, "ann"), reading.native(Project, "dev")
    assert reading.connector.confirm("people", [ann, "999"]) == {ann: None, "999": "deleted"}
    assert reading.connector.confirm("projects", [dev]) == {dev: None}
    reading.answer(f"/users/{ann}", lambda data: data["user"].update(active=False))
    assert reading.connector.confirm("people", [ann]) == {ann: "deleted"}
    assert reading.connector.confirm("events", ["1"]) == {"1": None}


def test_a_hundred_tickets_are_confirmed_in_one_question(reading: Any) -> None:
    ids = [str(number) for number in range(1, 151)]
    start = len(reading.sandbox.log)
    reading.sandbox.interfere = lambda request: (
        Reply.of({"tickets": [{"id": int(id)} for id in request.one("ids").split(",")]})
        if request.path.endswith("show_many")
        else None
    )
    assert set(reading.connector.confirm("tasks", ids).values()) == {None}
    assert len(reading.sandbox.log) - start == 2


def test_there_is_no_census_that_would_take_archived_tickets_for_deleted(reading: Any) -> None:
    with pytest.raises(Unexpected):
        next(iter(reading.connector.census("tasks", reading.native(Project, "ops"))))
    assert reading.connector.count("tasks", reading.native(Project, "ops")) is None


def test_a_ticket_said_to_change_years_ahead_hides_nothing(reading: Any) -> None:
    reading.world.edit(reading.native(Task, "t1"), at=reading.clock.now() + timedelta(days=3000))
    reading.turn("tasks")
    reading.world.edit(reading.native(Task, "t2"), title="Today")
    assert "Today" in {task.title for task in reading.turn("tasks").of(Task).values()}
