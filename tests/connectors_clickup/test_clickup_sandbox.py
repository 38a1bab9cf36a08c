"""The sandbox keeps to ClickUp's documentation, by itself."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connectors.clickup.sandbox import TOKEN
from connectors.clickup.sandbox_words import WORKSPACE
from connectors.sdk.records import Comment, Project, Task
from connectors.sdk.sandbox import Request


@pytest.fixture
def ask(reading: Any) -> Any:
    def ask(path: str, token: str = TOKEN, **query: str) -> Any:
        named = {name.replace("__", "[]"): [value] for name, value in query.items()}
        headers = {"authorization": token}
        reply = reading.sandbox.answer(Request("GET", f"/api/v2{path}", named, headers))
        ask.reply = reply  # type: ignore[attr-defined]
        return orjson.loads(reply.body)

    return ask


def names(answer: Any) -> list[str]:
    return [task["name"] for task in answer["tasks"]]


def test_closed_tasks_subtasks_and_archived_ones_are_left_out_unless_asked_for(
    ask: Any, reading: Any
) -> None:
    path = f"/list/{reading.native(Project, 'web')}/task"
    assert set(names(ask(path))) == {"Shop", "Go live"}
    assert "Basket" in names(ask(path, subtasks="true"))
    assert "Price field" in names(ask(path, subtasks="true", include_closed="true"))
    assert names(ask(path, archived="true", include_closed="true")) == ["Payment"]
    everywhere = ask(f"/team/{WORKSPACE}/task", subtasks="true", include_closed="true")
    assert "Payment" not in names(everywhere)


def test_newest_first_unless_reversed_and_strictly_after(ask: Any, reading: Any) -> None:
    path = f"/list/{reading.native(Project, 'ops')}/task"
    assert names(ask(path)) == ["Renew certificate", "How we work"]
    assert names(ask(path, reverse="true")) == ["How we work", "Renew certificate"]
    at = ask(path)["tasks"][0]["date_created"]
    assert names(ask(path, date_created_gt=at)) == []
    assert names(ask(path, date_created_gt=str(int(at) - 1))) == ["Renew certificate"]


def test_pages_are_counted_from_nought_and_empty_beyond_the_end(ask: Any, reading: Any) -> None:
    reading.sandbox.page_size = 1
    path = f"/list/{reading.native(Project, 'ops')}/task"
    assert [ask(path, page=str(page))["last_page"] for page in range(3)] == [False, True, True]
    assert ask(path, page="2") == {"tasks": [], "last_page": True}


def test_refusals(ask: Any, reading: Any) -> None:
    assert ask("/user", token="pk_other")["ECODE"] == "OAUTH_019"
    assert ask.reply.status == 401
    assert ask("/team/77/space")["ECODE"] == "OAUTH_027"
    assert ask("/task/86zzzzzzz")["ECODE"] == "ITEM_013"
    assert ask.reply.status == 404
    reading.sandbox.hidden.add(reading.native(Project, "ops"))
    assert ask(f"/task/{reading.native(Task, 'o1')}")["ECODE"] == "OAUTH_027"
    assert ask.reply.status == 401


def test_the_limit_is_told_and_kept(ask: Any, reading: Any) -> None:
    reading.sandbox.allowance = 2
    left = []
    for _ in range(3):
        ask("/user")
        left.append((ask.reply.status, ask.reply.headers["X-RateLimit-Remaining"]))
    assert left == [(200, "1"), (200, "0"), (429, "0")]
    reset = int(ask.reply.headers["X-RateLimit-Reset"])
    assert reset == reading.clock.now().timestamp() + 60
    reading.clock.pass_by(minutes=1)
    ask("/user")
    assert ask.reply.status == 200


def test_time_is_ones_own_of_thirty_days_unless_asked_otherwise(ask: Any, reading: Any) -> None:
    path = f"/team/{WORKSPACE}/time_entries"
    assert ask(path) == {"data": []}
    person = reading.world.all(Comment)[1].author_id
    assert len(ask(path, assignee=person)["data"]) == 1
    reading.sandbox.admin = False
    assert ask(path, assignee=person)["ECODE"] == "TIMEENTRY_059"


def test_comments_come_newest_first_by_twenty_five(ask: Any, reading: Any) -> None:
    task = reading.native(Task, "o1")
    for number in range(30):
        at = reading.clock.pass_by(minutes=1)
        reading.world.put(Comment(id=f"9{number:03}", task_id=task, text=str(number), at=at))
    first = ask(f"/task/{task}/comment")["comments"]
    assert [each["comment_text"] for each in first] == [str(n) for n in range(29, 4, -1)]
    last = first[-1]
    rest = ask(f"/task/{task}/comment", start=last["date"], start_id=last["id"])["comments"]
    assert [each["comment_text"] for each in rest] == ["4", "3", "2", "1", "0"]
    unchanged = ask(f"/task/{task}/comment", start=last["date"])["comments"]
    assert unchanged == first, "both are needed"
