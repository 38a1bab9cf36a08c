"""A flag's one comment: written, kept up to date, closed; never doubled, never counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.sdk.records import Comment, Task
from sync_engine.store import purge
from sync_engine.store.models import Connection
from tests.writeback.kit import COMMENT, FLAG, PACK, STILL, TASK, Bench, renamed


def test_a_flag_gets_one_comment_that_is_closed_in_the_end(work: Bench) -> None:
    work.read()
    assert work.write().written == 1  # type: ignore[union-attr]
    assert work.text().startswith("Flagstaff (low): Nobody owns it")
    assert "Task 0 has no owner." in work.text()
    assert work.row().state == "written"
    work.read()
    assert work.write() is None
    work.own()
    work.read()
    assert work.write().closed == 1  # type: ignore[union-attr]
    assert work.text().startswith("Flagstaff: solved since 2026-03-02.")
    assert work.row().state == "closed"
    assert len(work.asked("PUT")) == 2


def test_a_flag_that_worsens_changes_its_comment(work: Bench) -> None:
    work.read()
    work.write()
    work.now += timedelta(days=30)
    work.read()
    assert work.write().updated == 1  # type: ignore[union-attr]
    assert work.text().startswith("Flagstaff (high)")


def test_a_flag_that_comes_back_uses_the_comment_again(work: Bench) -> None:
    work.read()
    work.write()
    work.own()
    work.read()
    work.write()
    work.edit(assignee_ids=())
    work.read()
    assert work.write().updated == 1  # type: ignore[union-attr]
    assert work.text().startswith("Flagstaff (low)")


def test_our_comment_is_no_activity(work: Bench) -> None:
    work.configure(PACK + STILL, standards=["still"])
    work.now += timedelta(days=4)
    work.read()
    [before] = work.rows(TASK)
    assert work.write().written == 1  # type: ignore[union-attr]
    told = work.tool.world.get(Task, work.task_id())
    assert told is not None
    assert told.updated_at == work.now  # the tool does count it
    report = work.read()
    [after] = work.rows(TASK)
    assert after.updated_at == before.updated_at
    assert work.rows(COMMENT) == []
    assert report.resolved == ()
    work.edit(title="Moved at last")
    assert len(work.read().resolved) == 1


def test_replay_leaves_our_comment_out_too(work: Bench) -> None:
    from sync_engine import jobs
    from sync_engine.jobs import Job

    work.read()
    [before] = work.rows(TASK)
    work.write()
    work.read()
    jobs.run(work.workshop, work.connection, Job("replay"))
    [after] = work.rows(TASK)
    assert (after.updated_at, work.rows(COMMENT)) == (before.updated_at, [])


def test_what_people_say_about_our_comment_is_theirs(work: Bench) -> None:
    work.read()
    work.write()
    quoted = f"> {work.text()}\n\nI am on it."
    work.tool.world.put(Comment(id="900", task_id=work.task_id(), text=quoted, at=work.now))
    work.edit()
    work.read()
    assert [row.text for row in work.rows(COMMENT)] == [quoted]


def test_a_comment_that_people_take_away_is_not_written_again(work: Bench) -> None:
    work.read()
    work.write()
    work.drop()
    work.own()
    work.read()
    assert work.write().removed == 1  # type: ignore[union-attr]
    work.edit(assignee_ids=())
    work.read()
    assert work.write() is None
    assert work.ours() == []


def test_a_comment_of_an_earlier_store_is_found(work: Bench) -> None:
    work.read()
    work.write()
    with work.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM writeback"))
    work.tool.world.put(renamed(work.ours()[0], work.text().replace("Task 0", "Something")))
    assert work.write().written == 1  # type: ignore[union-attr]
    assert "Task 0 has no owner" in work.text()


def test_a_store_that_was_made_anew_knows_the_comment(work: Bench) -> None:
    work.read()
    assert work.write().written == 1  # type: ignore[union-attr]
    with work.engine.begin() as store:
        purge.connection(store, "work")  # what is read again has another number
        store.execute(sa.insert(Connection).values(id=77, name="work", connector="redmine"))
    work.read()
    assert [flag.connection_id for flag in work.rows(FLAG)] == [77]
    work.write()
    assert len(work.ours()) == 1


@pytest.mark.parametrize("state", ["acknowledged", "waived"])
def test_what_was_accepted_is_not_written(lite: Bench, state: str) -> None:
    lite.read()
    lite.change_flag(state=state)
    assert lite.write() is None


def test_what_is_frozen_is_not_touched(lite: Bench) -> None:
    lite.read()
    lite.write()
    lite.change_flag(frozen_at=lite.now, frozen_why="stale", said="Something else.")
    assert lite.write() is None


def test_nothing_is_written_before_its_time(lite: Bench) -> None:
    lite.configure(after="1 working day")
    lite.now += timedelta(days=4)  # Friday
    lite.read()
    for _ in range(2):  # Friday, Saturday
        assert lite.write() is None
        lite.now += timedelta(days=1)
    lite.now += timedelta(days=1)
    assert lite.write().written == 4  # type: ignore[union-attr]


def test_only_what_is_wanted_is_written(lite: Bench) -> None:
    lite.configure(PACK + STILL, standards=[], severities=["medium"])
    lite.now += timedelta(days=4)
    lite.read()
    assert lite.write().written == 4  # type: ignore[union-attr]
    assert all("has not moved" in each.text for each in lite.ours())


def test_a_day_has_its_allowance(lite: Bench) -> None:
    lite.configure(team_daily=3)
    lite.read()
    assert lite.write().written == 3  # type: ignore[union-attr]
    assert lite.write() is None
    assert lite.waiting() == ["3 new comments a day for one team (`team_daily`)"]
    lite.configure(daily=3)
    assert lite.waiting() == ["3 changes a day in one connection (`daily`)"]
    lite.now += timedelta(days=1)
    assert lite.write().written == 1  # type: ignore[union-attr]


def test_words_of_the_tools_people_do_nothing(lite: Bench) -> None:
    lite.edit(title="@everyone <img src=x> {{include(Secret)}} #12 \n/close [[x]] \u202e")
    lite.read()
    lite.write()
    text = next(each.text for each in lite.ours() if "everyone" in each.text)
    for sign in ("@e", "<i", "{i", "#1", "\n/", "[x", "\u202e"):
        assert sign not in text
