"""What may go wrong between us and the tool, and what is left of it: at most one comment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connectors.sdk.sandbox import Reply, Request
from tests.writeback.kit import TASK, Bench

GARBLED = Reply(200, b"<html>", {"Content-Type": "text/html"})


def lost(work: Bench) -> Callable[[Request], Reply | None]:
    """The tool does what it is asked, and its answer is lost on the way."""

    def fault(request: Request) -> Reply | None:
        if request.method != "PUT":
            return None
        work.tool.handle(request)
        return GARBLED

    return fault


def test_an_answer_that_is_lost_makes_no_second_comment(work: Bench) -> None:
    work.read()
    [before] = work.rows(TASK)
    work.tool.interfere = lost(work)
    done = work.write()
    assert done is not None
    assert done.trouble
    assert (work.row().state, work.row().tried_at) == ("queued", work.now)
    work.tool.interfere = None
    work.now += timedelta(hours=2)
    assert work.write().written == 1  # type: ignore[union-attr]
    assert len(work.ours()) == 1
    work.read()
    [after] = work.rows(TASK)
    assert after.updated_at == before.updated_at


def test_what_was_read_before_we_knew_is_put_right(work: Bench) -> None:
    work.read()
    [before] = work.rows(TASK)
    work.tool.interfere = lost(work)
    work.write()
    work.tool.interfere = None
    work.read()
    assert work.rows(TASK)[0].updated_at > before.updated_at
    work.now += timedelta(hours=2)
    work.write()
    assert work.rows(TASK)[0].updated_at == before.updated_at


def test_a_request_under_way_is_left_time_to_arrive(work: Bench) -> None:
    work.read()
    work.tool.interfere = lost(work)
    work.write()
    work.tool.interfere = None
    assert work.due() == []
    assert "until" in work.waiting()[0]


def test_what_somebody_changes_right_after_us_is_theirs(work: Bench) -> None:
    work.read()

    def overtaken(request: Request) -> Reply | None:
        if request.method != "PUT":
            return None
        reply = work.tool.handle(request)
        work.edit(title="Renamed")  # a minute later, before we look again
        return reply

    work.tool.interfere = overtaken
    assert work.write().written == 1  # type: ignore[union-attr]
    theirs = work.now
    work.tool.interfere = None
    work.read()
    assert work.rows(TASK)[0].updated_at == theirs


def test_a_write_is_sent_once(work: Bench) -> None:
    work.read()
    work.tool.interfere = lambda request: Reply(503) if request.method == "PUT" else None
    work.write()
    assert len(work.asked("PUT")) == 1


def test_a_refusal_says_what_is_missing_and_rests(lite: Bench) -> None:
    lite.read()
    lite.tool.may_comment = False
    done = lite.write()
    assert done is not None
    assert done.written == 0
    assert "'Add notes'" in done.items[0]
    assert "role with the permissions" in done.remedy  # of the connection, after three items
    assert lite.rows()[0].tried_at is None
    asked = len(lite.asked("PUT"))
    assert asked == 3
    assert lite.write() is None
    assert len(lite.asked("PUT")) == asked
    lite.tool.may_comment = True
    lite.now += timedelta(days=1)
    assert lite.write().written == 4  # type: ignore[union-attr]


def test_a_key_that_is_refused_stops_the_round(lite: Bench) -> None:
    lite.read()
    refuse = Reply(401, b"{}", {"Content-Type": "application/json"})
    lite.tool.interfere = lambda request: refuse if request.method == "PUT" else None
    done = lite.write()
    assert done is not None
    assert (done.written, len(lite.asked("PUT"))) == (0, 1)
    assert "role with the permissions" in done.remedy
    assert lite.write() is None


def test_a_tool_that_asks_for_time_gets_it(lite: Bench) -> None:
    lite.read()
    later = Reply(429, b"{}", {"Content-Type": "application/json", "Retry-After": "1800"})
    lite.tool.interfere = lambda request: later if request.method == "PUT" else None
    lite.write()
    lite.tool.interfere = None
    assert len(lite.asked("PUT")) == 1
    assert lite.write() is None
    lite.now += timedelta(hours=1)
    assert len(lite.due()) == 4


def test_an_item_that_is_gone_holds_up_no_other(lite: Bench) -> None:
    from connectors.sdk.records import Task

    lite.read()
    lite.tool.world.remove(Task, lite.task_id(0))
    done = lite.write()
    assert done is not None
    assert (done.written, len(done.items)) == (3, 1)


def test_another_worker_is_let_be(work: Bench) -> None:
    from sync_engine.store import lease

    work.read()
    assert lease.claim(work.engine, 1, "other")
    assert work.write() is None
    assert work.ours() == []
