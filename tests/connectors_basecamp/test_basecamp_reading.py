"""Reading an account: what changed, what went, what it costs."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from connectors.basecamp.recordings import LANES
from connectors.sdk.errors import CursorExpired, NotVisible, Unexpected
from connectors.sdk.records import Column, Comment, Project, StatusUpdate, Task, Worklog
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.reading import Read
from tests.connectors_basecamp.conftest import Account, Open


def gone(read: Read) -> set[str]:
    return {each.id for each in read.gone}


def test_a_first_read_has_all_work_however_many_pages_it_takes(open_account: Open) -> None:
    account = open_account(page_size=2)
    read = account.turn("tasks")
    assert read.ids("tasks") == {task.id for task in account.sandbox.world.all(Task)}
    pages = [each.one("page") for each in account.sandbox.log if each.query.get("page")]
    assert {"2", "3"} <= set(pages), "Basecamp's pages grow, and are followed by their links"


def test_completed_to_dos_are_read_too(account: Account) -> None:
    done = account.some("To-do", status="done")
    assert account.turn("tasks").of(Task)[done.id].completed_at == done.completed_at


def test_a_first_read_that_was_cut_goes_on_at_its_page(open_account: Open) -> None:
    account = open_account(page_size=1)
    before = account.turn("tasks", stop_after=2)
    cursor = before.cursors["tasks"]["Todo active"]
    account.sandbox.log.clear()
    after = account.turn("tasks", before.cursors)
    first = next(each for each in account.sandbox.log if each.one("type") == "Todo")
    assert cursor["next"].endswith("page=3")
    assert first.one("page") == "3"
    assert before.ids("tasks") | after.ids("tasks") == account.turn("tasks").ids("tasks")


def test_a_quiet_turn_asks_each_list_once_and_is_told_unchanged(account: Account) -> None:
    read = account.read()
    account.clock.sleep(3600)
    for stream in ("tasks", "comments"):
        read = account.turn(stream, read.cursors)  # learns what the lists are called now
        account.clock.sleep(3600)
        account.sandbox.log.clear()
        again = account.turn(stream, read.cursors)
        assert len(account.sandbox.log) == len(LANES[stream])
        assert all(each.headers.get("if-none-match") for each in account.sandbox.log)
        assert again.ids(stream) == set()


def test_what_changed_just_now_is_read_once_more_before_a_list_counts_as_known(
    account: Account,
) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    task = account.some("To-do")
    account.sandbox.world.edit(task.id, title="Renamed")
    for seconds in (60, 60, 3600):
        account.clock.sleep(seconds)
        read = account.turn("tasks", read.cursors)
        assert read.ids("tasks") == {task.id}
    account.clock.sleep(3600)
    assert account.turn("tasks", read.cursors).ids("tasks") == set()


def test_only_what_changed_is_read_again(account: Account) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    task = account.some("To-do")
    account.sandbox.world.edit(task.id, title="Renamed")
    again = account.turn("tasks", read.cursors)
    assert again.ids("tasks") == {task.id}
    assert again.of(Task)[task.id].title == "Renamed"


def test_a_list_that_is_not_newest_first_is_not_trusted(account: Account) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    for number, task in enumerate(account.sandbox.world.all(Task)[:8]):
        account.sandbox.world.edit(task.id, title=f"Renamed {number}")
        account.clock.sleep(60)

    def oldest_first(request: Request) -> Reply | None:
        if request.one("sort") != "updated_at":
            return None
        query = {**request.query, "direction": ["asc"]}
        return account.sandbox.handle(Request("GET", request.path, query, request.headers))

    account.sandbox.interfere = oldest_first
    with pytest.raises(Unexpected, match="does not begin with the latest change"):
        account.turn("tasks", read.cursors)


def test_what_is_trashed_is_gone_and_comes_back_when_it_is_taken_out(account: Account) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    task = account.some("To-do", parent_id=None, project_id=account.native(Project, "project-3"))
    below = account.steps_of(task)
    account.sandbox.world.remove(Task, task.id)
    read = account.turn("tasks", read.cursors)
    assert task.id in gone(read) <= {task.id, *below}
    account.clock.sleep(3600)
    back = msgspec.structs.replace(task, updated_at=account.clock.now())
    account.sandbox.world.put(back)
    again = account.turn("tasks", read.cursors)
    assert again.of(Task)[task.id].title == task.title
    assert task.id not in gone(again)


def test_what_was_in_the_trash_before_we_came_is_not_told(account: Account) -> None:
    account.sandbox.world.remove(Task, account.some("Step").id)
    assert account.turn("tasks").gone == []


def test_an_archived_to_do_is_read_as_archived(account: Account) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    task = account.some("Step")
    account.sandbox.world.edit(task.id, archived=True)
    again = account.turn("tasks", read.cursors)
    assert again.of(Task)[task.id].archived is True
    assert not again.gone


@pytest.mark.parametrize("state", ["archived", "trashed"])
def test_a_list_takes_its_to_dos_along_though_they_do_not_change(
    account: Account, state: str
) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    project = account.native(Project, "project-2")
    inside = {
        task.id
        for task in account.sandbox.world.all(Task)
        if task.project_id == project and task.type_label in ("To-do", "Step")
    }
    assert len(inside) == 10
    account.sandbox.lists[account.sandbox.list_id(project)] = (state, account.clock.now())
    again = account.turn("tasks", read.cursors)
    if state == "trashed":
        assert gone(again) == inside
    else:
        assert {id for id, task in again.of(Task).items() if task.archived} == inside
        assert not again.gone


@pytest.mark.parametrize("archived", [True, False])
def test_a_card_takes_its_steps_along(account: Account, archived: bool) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    steps = {each.parent_id for each in account.sandbox.world.all(Task) if each.parent_id}
    card = next(
        task
        for task in account.sandbox.world.all(Task)
        if task.type_label == "Card" and task.id in steps
    )
    below = account.steps_of(card)
    if archived:
        account.sandbox.world.edit(card.id, archived=True)
    else:
        account.sandbox.world.remove(Task, card.id)
    again = account.turn("tasks", read.cursors)
    if archived:
        assert {id for id, task in again.of(Task).items() if task.archived} == {card.id, *below}
    else:
        assert gone(again) == {card.id, *below}


def test_rows_without_all_fields_are_read_by_themselves(open_account: Open) -> None:
    whole, generic = open_account(), open_account(whole=False)
    for stream in ("tasks", "comments"):
        assert generic.turn(stream).records == whole.turn(stream).records


def test_a_row_that_is_not_shown_by_itself_is_counted_as_unread(open_account: Open) -> None:
    account = open_account(whole=False)
    task = account.some("To-do")
    connector = account.connect()
    account.sandbox.interfere = lambda request: (
        Reply(404) if request.path.endswith(f"/todos/{task.id}") else None
    )
    pages = list(connector.pull("tasks", "Todo active", None))
    assert [id for page in pages for id, _ in page.unread] == [task.id]
    assert task.id not in {item.id for page in pages for item in page.items}


def test_a_comment_that_changed_and_one_that_was_trashed(account: Account) -> None:
    read = account.turn("comments")
    account.clock.sleep(3600)
    first, second = account.sandbox.world.all(Comment)[:2]
    account.sandbox.world.put(
        msgspec.structs.replace(first, text="Amended", updated_at=account.clock.now())
    )
    account.sandbox.world.remove(Comment, second.id)
    account.clock.sleep(60)
    again = account.turn("comments", read.cursors)
    assert again.of(Comment)[first.id].text == "Amended"
    assert second.id not in again.of(Comment)


def test_columns_of_a_hidden_table_harm_no_other(account: Account) -> None:
    project = account.native(Project, "project-1")
    board = account.sandbox.world.all(Column)[0].board_id
    connector = account.connect()
    lanes = connector.lanes("columns", {}).lanes
    assert [(lane.name, lane.scope) for lane in lanes] == [(f"{project}/{board}", project)]
    account.sandbox.hidden.add(project)
    with pytest.raises(NotVisible) as told:
        list(connector.pull("columns", lanes[0].name, None))
    assert told.value.scope == project
    assert connector.lanes("columns", {}).lanes == []


def test_time_is_read_project_by_project_at_first_then_by_the_months_report(
    account: Account,
) -> None:
    read = account.turn("worklogs")
    assert len(read.of(Worklog)) == 3
    entry = next(iter(read.of(Worklog).values()))
    account.clock.sleep(3600)
    account.sandbox.world.put(msgspec.structs.replace(entry, minutes=30))
    paths = account.requests(lambda: account.turn("worklogs", read.cursors))
    assert [path.rpartition("5550123")[2] for path in paths] == ["/reports/timesheet.json"]
    assert account.turn("worklogs", read.cursors).of(Worklog)[entry.id].minutes == 30


def test_after_a_long_pause_the_report_is_not_trusted(account: Account) -> None:
    read = account.turn("worklogs")
    account.clock.sleep(timedelta(days=29).total_seconds())
    with pytest.raises(CursorExpired):
        account.turn("worklogs", read.cursors)


def test_needles_are_read_when_the_gauge_has_moved(account: Account) -> None:
    read = account.turn("status_updates")
    (update,) = read.of(StatusUpdate).values()
    assert (update.health, update.health_label) == ("at_risk", "yellow")
    account.clock.sleep(3600)
    assert account.turn("status_updates", read.cursors).ids("status_updates") == set()
    later = StatusUpdate(id="1000000000777", project_id=update.project_id, author_id=None,
                         at=account.clock.now(), health="on_track", health_label="green",
                         text="Solved")  # fmt: skip
    account.sandbox.world.put(later)
    again = account.turn("status_updates", read.cursors)
    assert again.of(StatusUpdate) == {later.id: later, update.id: update}


def test_needles_of_a_project_that_is_shown_later_are_all_read(account: Account) -> None:
    project = account.native(Project, "project-1")
    account.sandbox.hidden.add(project)
    read = account.turn("status_updates")
    assert read.of(StatusUpdate) == {}
    account.clock.sleep(3600)
    account.sandbox.hidden.remove(project)
    later = account.turn("status_updates", read.cursors)
    assert [each.project_id for each in later.of(StatusUpdate).values()] == [project]
    account.clock.sleep(3600)
    assert account.turn("status_updates", later.cursors).ids("status_updates") == set()


def test_needles_that_could_not_be_read_are_read_in_the_next_turn(account: Account) -> None:
    account.sandbox.interfere = lambda request: (
        Reply(404) if request.path.endswith("needles.json") else None
    )
    read = account.turn("status_updates")
    account.clock.sleep(3600)
    account.sandbox.interfere = None
    project = account.native(Project, "project-1")
    assert account.turn("status_updates", read.cursors).ids("status_updates") == {project}


def test_needles_that_are_not_shown_are_counted_as_unread(account: Account) -> None:
    account.sandbox.interfere = lambda request: (
        Reply(404) if request.path.endswith("needles.json") else None
    )
    pages = list(account.connect().pull("status_updates", "", None))
    project = account.native(Project, "project-1")
    assert [id for page in pages for id, _ in page.unread] == [project]
