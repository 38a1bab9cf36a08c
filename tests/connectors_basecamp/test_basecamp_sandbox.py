"""The imitation answers, pages and refuses as Basecamp does."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from connectors.basecamp.sandbox import TOKEN, BasecampSandbox
from connectors.basecamp.sandbox_adopt import ACCOUNT
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply, Request
from tests.conformance import world

HEADERS = {"user-agent": "Test (test@example.com)", "authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def sandbox() -> BasecampSandbox:
    return BasecampSandbox(world.records(), lambda: world.NOW)


def ask(sandbox: BasecampSandbox, path: str, headers: Any = HEADERS, **query: str) -> Reply:
    asked = {name: [value] for name, value in query.items()}
    return sandbox.handle(Request("GET", f"/{ACCOUNT}/{path}", asked, headers))


def test_who_does_not_say_who_asks_gets_no_answer(sandbox: BasecampSandbox) -> None:
    assert ask(sandbox, "projects.json", {**HEADERS, "user-agent": "curl/8"}).status == 400
    assert ask(sandbox, "projects.json", {"authorization": HEADERS["authorization"]}).status == 400


def test_refusals(sandbox: BasecampSandbox) -> None:
    assert ask(sandbox, "projects.json", {"user-agent": HEADERS["user-agent"]}).status == 401
    assert ask(sandbox, "projects/recordings.json").status == 400
    assert ask(sandbox, "projects/recordings.json", type="Todo", since="1").status == 400
    assert ask(sandbox, "projects.json", limit="5").status == 400
    assert ask(sandbox, "nothing.json").status == 404
    assert ask(sandbox, "todos/1").status == 406
    assert sandbox.handle(Request("GET", "/1/projects.json", {}, HEADERS)).status == 404


def test_pages_grow_and_the_last_has_no_link() -> None:
    many = [
        Task(id=f"t{number}", project_id="project-2", title=f"Task {number}")
        for number in range(100)
    ]
    sandbox = BasecampSandbox([*world.records(), *many], lambda: world.NOW)
    pages = [
        ask(sandbox, "projects/recordings.json", type="Todo", page=str(number))
        for number in range(1, 5)
    ]
    total = int(pages[0].headers["X-Total-Count"])
    assert [len(orjson.loads(page.body)) for page in pages] == [15, 30, 50, total - 95]
    assert ["Link" in page.headers for page in pages] == [True, True, True, False]


def test_only_pending_to_dos_unless_asked_otherwise(sandbox: BasecampSandbox) -> None:
    project = sandbox.ids[Project, "project-2"]
    place = f"todolists/{sandbox.list_id(project)}/todos.json"
    pending, done = (
        orjson.loads(ask(sandbox, place, **asked).body) for asked in ({}, {"completed": "true"})
    )
    assert {row["completed"] for row in pending} == {False}
    assert {row["completed"] for row in done} == {True}


def test_what_is_unchanged_is_said_to_be(sandbox: BasecampSandbox) -> None:
    first = ask(sandbox, "people.json")
    named = {**HEADERS, "if-none-match": first.headers["ETag"]}
    assert ask(sandbox, "people.json", named).status == 304


def test_the_fifty_first_request_in_ten_seconds_waits(sandbox: BasecampSandbox) -> None:
    statuses = [ask(sandbox, "my/profile.json").status for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    assert ask(sandbox, "my/profile.json").headers["Retry-After"] == "10"
