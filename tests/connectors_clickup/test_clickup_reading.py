"""Turn after turn against the sandbox: what is asked, what comes, what is told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connectors.clickup.connector import ClickUp
from connectors.clickup.sandbox import READER, TOKEN
from connectors.clickup.sandbox_render import space_id
from connectors.sdk.contract import Can
from connectors.sdk.errors import NotVisible, Refused, Unexpected
from connectors.sdk.records import (
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request


def test_everything_that_clickup_can_hold_is_read(reading: Any) -> None:
    tasks = reading.records("tasks")
    assert {each for each in tasks if isinstance(each, Task)} == set(reading.world.all(Task))
    for kind in (Link, Milestone, Membership):
        assert {each for each in tasks if isinstance(each, kind)} == set(reading.world.all(kind))
    assert set(reading.records("worklogs")) == set(reading.world.all(Worklog))
    assert set(reading.records("comments")) == set(reading.world.all(Comment))
    assert set(reading.records("projects")) == set(reading.world.all(Project))


def test_an_unchanged_turn_costs_one_request(reading: Any) -> None:
    reading.items("tasks")
    reading.clock.pass_by(hours=1)
    assert reading.requests(lambda: reading.items("tasks")) == ["/team/9001234567/task"]


def test_the_cursor_is_clickups_clock_at_the_beginning_less_the_overlap(reading: Any) -> None:
    reading.items("tasks")
    begun = reading.clock.pass_by(hours=1)
    pages = iter(reading.pages("tasks"))
    next(pages)
    reading.clock.pass_by(minutes=30)  # while it is read
    list(pages)
    since = int(reading.kept.cursors["tasks"][""]["since"]) / 1000
    assert since == (begun - timedelta(minutes=5)).timestamp()


def test_a_change_that_shows_late_is_read(reading: Any) -> None:
    reading.items("tasks")
    task = reading.native(Task, "o1")
    late = reading.clock.now() - timedelta(minutes=4)
    reading.clock.pass_by(hours=1)
    reading.world.edit(task, title="Shown late", at=late)
    assert "Shown late" in reading.tasks()


def test_a_turn_cut_in_the_middle_goes_on_where_it_was(read_with: Any) -> None:
    reading = read_with(page_size=2)
    reading.items("tasks")
    reading.clock.pass_by(hours=1)
    for number, task in enumerate(reading.world.all(Task)):
        at = reading.clock.pass_by(minutes=10)
        reading.world.edit(task.id, title=f"New {number}", at=at)
    pages = iter(reading.pages("tasks"))
    first = [item.id for item in next(pages).items] + [item.id for item in next(pages).items]
    pages.close()
    rest = [item.id for item in reading.items("tasks")]
    there = {task.id for task in reading.world.all(Task) if not task.archived}
    assert {*first, *rest} == there
    assert len(rest) < len(there)


def test_a_first_read_cut_in_the_middle_loses_no_change_since(reading: Any) -> None:
    begun = reading.clock.now()
    pages = iter(reading.pages("tasks"))
    next(pages)
    next(pages)
    pages.close()
    reading.clock.pass_by(hours=5)
    reading.items("tasks")
    since = int(reading.kept.cursors["tasks"][""]["since"]) / 1000
    assert since == (begun - timedelta(minutes=5)).timestamp()


def test_a_task_dated_into_the_future_does_not_carry_the_cursor_away(reading: Any) -> None:
    reading.items("tasks")
    ahead = reading.clock.now() + timedelta(days=900)
    reading.world.edit(reading.native(Task, "o1"), title="From afar", at=ahead)
    list(reading.pages("tasks"))
    reading.clock.pass_by(hours=2)
    reading.world.edit(reading.native(Task, "e1"), title="Today")
    assert {"Today", "From afar"} <= reading.tasks().keys()


def test_a_cut_turn_is_not_carried_away_by_a_future_date_either(read_with: Any) -> None:
    reading = read_with()
    reading.items("tasks")
    reading.clock.pass_by(hours=1)
    ahead = reading.clock.now() + timedelta(days=900)
    reading.world.edit(reading.native(Task, "o2"), title="An hour later")
    reading.world.edit(reading.native(Task, "o1"), title="From afar", at=ahead)
    pages = iter(reading.pages("tasks"))
    next(pages)
    next(pages)  # the cursor of the first page is kept now, that of the end is not
    pages.close()
    reading.clock.pass_by(hours=2)
    reading.world.edit(reading.native(Task, "e1"), title="Today")
    assert "Today" in reading.tasks()


def test_a_first_read_cut_among_archived_tasks_out_of_order_loses_none(read_with: Any) -> None:
    reading = read_with(page_size=2)
    for number, task in enumerate(reading.world.all(Task)):
        if task.project_id == reading.native(Project, "web") and number % 2:
            reading.world.edit(task.id, archived=True)

    def newest_first(request: Request) -> Any:
        if request.query.get("archived") == ["true"] and request.query.get("reverse"):
            query = {name: each for name, each in request.query.items() if name != "reverse"}
            return reading.sandbox.handle(replace(request, query=query))
        return None

    reading.sandbox.interfere = newest_first
    web = reading.native(Project, "web")
    read, cursor = [], None
    for page in reading.connector.pull("tasks", web, None):
        read += [item.id for item in page.items]
        cursor = page.cursor
        if cursor["archived"] == "true":
            break
    read += [i.id for page in reading.connector.pull("tasks", web, cursor) for i in page.items]
    there = {task.id for task in reading.world.all(Task) if task.project_id == web}
    assert set(read) == there


def test_an_archived_task_is_seen_within_a_day(reading: Any) -> None:
    reading.items("tasks")
    reading.clock.pass_by(hours=1)
    reading.world.edit(reading.native(Task, "o1"), archived=True)
    assert "Renew certificate" not in reading.tasks()
    reading.clock.pass_by(hours=23)
    assert reading.tasks()["Renew certificate"].archived is True
    reading.clock.pass_by(hours=1)
    assert reading.requests(lambda: reading.items("tasks")) == ["/team/9001234567/task"]


def test_archived_ones_are_left_alone_when_not_wanted(read_with: Any) -> None:
    reading = read_with(archived=False)
    assert {scope.name for scope in reading.connector.scopes()} == {
        "Website", "Operations", "Laboratory",
    }  # fmt: skip
    assert {"Payment", "Archive papers"}.isdisjoint(reading.tasks())
    asked = [dict(each.query) for each in reading.sandbox.log]
    assert not [query for query in asked if query.get("archived") == ["true"]]
    reading.clock.pass_by(days=2)
    assert len(reading.requests(lambda: reading.items("tasks"))) == 1
    old, put_away = reading.native(Project, "old"), reading.native(Task, "s2")
    assert reading.connector.confirm("projects", [old]) == {old: "archived"}
    assert reading.connector.confirm("tasks", [put_away]) == {put_away: "archived"}


def test_lists_in_every_state_with_where_they_lie(reading: Any) -> None:
    found = {each.name: each for each in reading.records("projects")}
    assert found["Old works"].state == "archived"
    assert [scope.state for scope in reading.connector.scopes() if scope.name == "Old works"] == [
        "archived"
    ]
    places = {tuple(custom.value for custom in each.custom) for each in found.values()}
    assert len({folder for _, folder in places}) == 2, "lists in folders and without"


def test_only_the_chosen_spaces_are_read(read_with: Any) -> None:
    everything = read_with()
    place = {
        each.name: str(each.custom[0].value) for each in everything.records("projects")
    }  # fmt: skip
    chosen = place["Website"]
    reading = read_with(spaces=(space_id(chosen),))
    assert len(set(place.values())) == 2
    assert {each.name for each in reading.records("projects")} == {
        name for name, space in place.items() if space == chosen
    }
    homes = {each.id for each in reading.connector.scopes()}
    assert {each.project_id for each in reading.tasks().values()} <= homes
    assert {each.project_id for each in reading.records("worklogs")} <= homes
    reading.clock.pass_by(hours=1)
    for task in reading.world.all(Task):
        reading.world.edit(task.id, title=f"Touched {task.id}")
    assert {each.project_id for each in reading.tasks().values()} <= homes
    away = next(task.id for task in reading.world.all(Task) if task.project_id not in homes)
    assert reading.connector.confirm("tasks", [away]) == {away: "moved"}


def test_a_space_that_is_not_there_is_said(read_with: Any) -> None:
    reading = read_with(spaces=("90999",))
    assert reading.connector.check().warnings == [
        "The space 90999 is not visible to the account.",
        "The account sees no list in this workspace.",
    ]


def test_a_space_that_may_not_be_looked_into_is_said_and_harms_no_other(reading: Any) -> None:
    closed = next(each for each in reading.records("projects") if each.name == "Website")
    id = space_id(str(closed.custom[0].value))

    def interfere(request: Request) -> Reply | None:
        if f"/space/{id}/" in request.path:
            return Reply.of({"err": "Team(s) not authorized", "ECODE": "OAUTH_027"}, 401)
        return None

    reading.sandbox.interfere = interfere
    names = {each.name for each in reading.records("projects")}
    assert names
    assert "Website" not in names
    assert [error.scope for error in reading.kept.errors] == [id], (
        "or its lists would count as gone"
    )
    assert any(id in warning for warning in reading.connector.check().warnings)


def test_gone_and_hidden_are_told_apart(reading: Any) -> None:
    deleted, hidden, here = (reading.native(Task, id) for id in ("e1", "o1", "o2"))
    ops = reading.native(Project, "ops")
    reading.world.remove(Task, deleted)
    reading.sandbox.hidden.add(ops)
    assert reading.connector.confirm("tasks", [deleted, hidden, here]) == {
        deleted: "deleted", hidden: "access_lost", here: "access_lost",
    }  # fmt: skip
    assert reading.connector.confirm("projects", [ops, "901"]) == {
        ops: "access_lost", "901": "deleted",
    }  # fmt: skip
    with pytest.raises(NotVisible) as raised:
        list(reading.connector.census("tasks", ops))
    assert raised.value.scope == ops


def test_an_answer_without_id_confirms_nothing(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of({})
    for stream in ("tasks", "projects", "worklogs"):
        with pytest.raises(Unexpected):
            reading.connector.confirm(stream, ["86aaaaaaa"])


def test_a_refused_token_is_no_lost_access(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of(
        {"err": "Token invalid", "ECODE": "OAUTH_025"}, 401
    )
    with pytest.raises(Refused) as raised:
        reading.connector.confirm("tasks", ["86aaaaaaa"])
    assert not isinstance(raised.value, NotVisible)


def test_the_census_lists_closed_archived_and_subtasks(read_with: Any) -> None:
    reading = read_with(page_size=2)
    web = reading.native(Project, "web")
    listed = [id for batch in reading.connector.census("tasks", web) for id in batch]
    there = [task.id for task in reading.world.all(Task) if task.project_id == web]
    assert sorted(listed) == sorted(there)
    asked = [each.query for each in reading.sandbox.log if each.path.endswith("/task")]
    assert not [query for query in asked if "date_created_gt" in query], "by pages alone"
    assert [batch for batch in reading.connector.census("comments", web) if batch]


def test_comments_come_with_the_changed_tasks(reading: Any) -> None:
    reading.items("comments")
    reading.clock.pass_by(hours=1)
    task, first = reading.native(Task, "s1"), reading.native(Comment, "c1")
    reading.world.put(Comment(id="90007", task_id=task, text="Late", at=reading.clock.now()))
    texts = {each.text for each in reading.records("comments")}
    assert texts == {"Is the design final?", "Yes.", "Late"}
    reading.clock.pass_by(hours=1)
    reading.world.remove(Comment, first)
    assert {each.text for each in reading.records("comments")} == {"Yes.", "Late"}


def test_comments_cost_nothing_where_they_are_not_wanted(read_with: Any) -> None:
    reading = read_with(comments=False)
    web = reading.native(Project, "web")
    assert reading.requests(lambda: reading.items("comments")) == []
    assert reading.requests(lambda: list(reading.connector.census("comments", web))) == []


def test_everybodys_time_is_asked_for_by_name(reading: Any) -> None:
    reading.items("worklogs")
    [_, first, *_] = reading.sandbox.log
    people = {person.id for person in reading.world.all(Person)}
    asked = set(first.query["assignee"][0].split(","))
    assert asked <= people
    assert len(asked) == 2, "the two people, not the group"


def test_time_of_the_last_weeks_is_read_again(reading: Any) -> None:
    reading.items("worklogs")
    reading.clock.pass_by(days=1)
    corrected = msgspec.structs.replace(
        reading.world.get(Worklog, reading.native(Worklog, "w1")), minutes=35
    )
    reading.world.put(corrected)
    paths = reading.requests(lambda: reading.items("worklogs"))
    assert paths == ["/team", "/team/9001234567/time_entries"]
    assert corrected in reading.records("worklogs")


def test_a_first_read_of_time_that_was_cut_goes_on_into_the_past(reading: Any) -> None:
    pages = iter(reading.pages("worklogs"))
    while "left" not in reading.kept.cursors.get("worklogs", {}).get("", {}):
        next(pages)
    pages.close()
    reading.clock.pass_by(days=60)
    assert set(reading.records("worklogs")) == set(reading.world.all(Worklog))
    assert reading.kept.cursors["worklogs"][""].keys() == {"from"}


def test_every_member_is_named_however_many(read_with: Any, company: list[Any]) -> None:
    crowd = [Person(id=f"p{number}", name=f"P {number}") for number in range(250)]
    reading = read_with([*company, *crowd])
    reading.items("worklogs")
    log = [each.query["assignee"][0].split(",") for each in reading.sandbox.log if each.query]
    assert max(len(named) for named in log) == 100
    assert len({id for named in log for id in named}) == 252


def test_a_member_who_is_no_admin_is_told_what_to_do(read_with: Any) -> None:
    reading = read_with(admin=False)
    assert reading.records("worklogs") == []
    [error] = reading.kept.errors
    assert "worklogs: false" in error.remedy
    assert reading.kept.cursors["worklogs"] == {}
    without = read_with(admin=False, worklogs=False)
    assert without.requests(lambda: without.items("worklogs")) == []


def test_gone_time_is_told_apart(reading: Any) -> None:
    here, gone, hidden = (reading.native(Worklog, id) for id in ("w1", "w3", "w2"))
    reading.world.remove(Worklog, gone)
    reading.sandbox.hidden.add(reading.native(Project, "ops"))
    assert reading.connector.confirm("worklogs", [here, gone, hidden]) == {
        here: None, gone: "deleted", hidden: "access_lost",
    }  # fmt: skip
    reading.sandbox.interfere = lambda request: Reply.of({"data": []})
    assert reading.connector.confirm("worklogs", [here]) == {here: "unknown"}


def test_task_types_are_asked_for_once_and_only_where_there_are_any(reading: Any) -> None:
    lab = reading.native(Project, "lab")
    web = reading.native(Project, "web")
    pull = reading.connector.pull
    assert "/team/9001234567/custom_item" not in reading.requests(
        lambda: list(pull("tasks", lab, None))
    )
    paths = reading.requests(lambda: list(pull("tasks", web, None)))
    assert paths.count("/team/9001234567/custom_item") == 1


def test_an_item_keeps_only_what_its_mapping_reads(reading: Any) -> None:
    for item in reading.items("tasks"):
        assert {"watchers", "sharing", "checklists", "permission_level"}.isdisjoint(item.body)


def test_check(reading: Any) -> None:
    identity = reading.connector.check()
    assert identity.account == READER.name
    assert identity.site == "Example"
    assert identity.server_time == reading.clock.now()
    assert identity.time_zone == "America/Montreal"
    assert len(identity.scopes) == 4


def test_another_workspace_is_refused_with_those_there_are(read_with: Any) -> None:
    reading = read_with(workspace="123")
    with pytest.raises(Refused) as raised:
        reading.connector.check()
    assert "9001234567 (Example)" in raised.value.remedy
    with pytest.raises(Refused):
        reading.connector.scopes()


def test_a_proxy_that_takes_the_date_away_makes_reading_dear_and_not_wrong(reading: Any) -> None:
    def interfere(request: Request) -> Reply:
        reply = reading.sandbox.handle(request)
        return Reply(reply.status, reply.body, {**reply.headers, "Date": "gone"})

    reading.sandbox.interfere = interfere
    reading.items("tasks")
    assert reading.kept.cursors["tasks"][""]["since"] == "0"
    assert len(reading.tasks()) == len(
        [task for task in reading.world.all(Task) if not task.archived]
    )
    assert reading.kept.cursors["tasks"][""]["since"] == "0"


def test_what_it_says_of_itself() -> None:
    assert ClickUp.history == frozenset()
    for stream in ("tasks", "worklogs", "comments"):
        assert ClickUp.streams[stream] == Can.FULL | Can.INCREMENTAL | Can.CENSUS


def test_personal_tokens_stand_alone_and_oauth_tokens_bear(reading: Any) -> None:
    assert ClickUp.access(reading.config()).headers["Authorization"] == TOKEN
    oauth = reading.config().model_copy(update={"token": type(reading.config().token)("12_abc")})
    assert ClickUp.access(oauth).headers["Authorization"] == "Bearer 12_abc"
