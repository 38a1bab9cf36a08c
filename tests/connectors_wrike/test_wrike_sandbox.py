"""The imitation refuses what Wrike refuses, and answers as it does."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
import pytest

from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.wrike.sandbox import TOKEN
from tests.connectors_wrike.conftest import Account

AUTH = {"authorization": f"Bearer {TOKEN}"}


def ask(account: Account, path: str, method: str = "GET", **query: str) -> Reply:
    asked = parse_qs(urlencode(query), keep_blank_values=True)
    return account.sandbox.handle(Request(method, f"/api/v4/{path}", asked, AUTH))


def data(reply: Reply) -> Any:
    return orjson.loads(reply.body)["data"]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("tasks", {"fields": "title"}, "invalid_parameter"),
        ("tasks", {"fields": '["unheardOf"]'}, "invalid_parameter"),
        ("tasks", {"fields": '{"a":1}'}, "invalid_parameter"),
        ("tasks", {"pageSize": "1001"}, "invalid_parameter"),
        ("tasks", {"pageSize": "0"}, "invalid_parameter"),
        ("tasks", {"updatedDate": "2026-01-01"}, "invalid_parameter"),
        ("tasks", {"updatedDate": '{"from":"2026-01-01T00:00:00Z"}'}, "invalid_parameter"),
        ("tasks", {"updatedDate": '{"start":"soon"}'}, "invalid_parameter"),
        ("tasks", {"nextPageToken": "AAAA"}, "invalid_parameter"),
        ("tasks", {"page": "2"}, "invalid_request"),
        ("workflows", {"fields": "[]"}, "invalid_request"),
        (
            "comments",
            {"updatedDate": '{"start":"2026-11-01T00:00:00Z","end":"2026-11-08T00:00:00Z"}'},
            "invalid_parameter",
        ),
        ("comments", {"updatedDate": '{"start":"2026-11-01T00:00:00Z"}'}, "invalid_parameter"),
        (f"tasks/{','.join(['IEAAAAAQKQAAAAAA'] * 101)}", {}, "invalid_parameter"),
    ],
)
def test_a_wrong_parameter_is_refused(
    account: Account, path: str, query: dict[str, str], code: str
) -> None:
    reply = ask(account, path, **query)
    assert reply.status == 400
    assert orjson.loads(reply.body)["error"] == code


@pytest.mark.parametrize(
    ("path", "status"),
    [("issues", 404), ("tasks/IEAAAAAQKQNOTHERE", 404), ("folders/NOTHERE/tasks", 404)],
)
def test_what_is_not_there_is_not_found(account: Account, path: str, status: int) -> None:
    assert ask(account, path).status == status


@pytest.mark.parametrize("value", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer "])
def test_without_the_token_nothing_is_told(account: Account, value: str) -> None:
    reply = account.sandbox.handle(Request("GET", "/api/v4/account", {}, {"authorization": value}))
    assert reply.status == 401


def test_subtasks_and_optional_fields_come_only_where_they_are_asked_for(
    account: Account,
) -> None:
    rows = data(ask(account, "tasks"))
    assert all("parentIds" not in row and "customFields" not in row for row in rows)
    subtasks = {task.id for task in account.sandbox.world.all(Task) if task.parent_id}
    assert not subtasks & {row["id"] for row in rows}


def test_a_token_holds_for_its_own_filters_alone(account: Account) -> None:
    first = orjson.loads(ask(account, "tasks", pageSize="3").body)
    token = first["nextPageToken"]
    second = ask(account, "tasks", pageSize="3", nextPageToken=token)
    assert not {row["id"] for row in data(second)} & {row["id"] for row in first["data"]}
    assert ask(account, "tasks", pageSize="2", nextPageToken=token).status == 400


def test_the_last_page_names_no_other(account: Account) -> None:
    token, seen = "", 0
    for _ in range(100):
        more = {"nextPageToken": token} if token else {}
        body = orjson.loads(ask(account, "tasks", subTasks="true", **more).body)
        seen += len(body["data"])
        token = body.get("nextPageToken", "")
        if not token:
            break
    assert seen == len(account.sandbox.world.all(Task))


def test_one_hidden_id_refuses_the_whole_question(account: Account) -> None:
    here, hidden = account.native(Task, "task-5"), account.native(Task, "task-20")
    account.sandbox.hidden.add(account.native(Project, "project-2"))
    assert ask(account, f"tasks/{here}").status == 200
    assert ask(account, f"tasks/{here},{hidden}").status == 403


def test_a_hidden_project_leaves_the_tree_and_its_own_projects_move_up(account: Account) -> None:
    upper, lower = account.native(Project, "project-1"), account.native(Project, "project-3")
    tree = {row["id"]: row for row in data(ask(account, "folders"))}
    assert lower in tree[upper]["childIds"]
    account.sandbox.hidden.add(upper)
    tree = {row["id"]: row for row in data(ask(account, "folders"))}
    assert upper not in tree
    [root] = [row for row in tree.values() if row["scope"] == "WsRoot"]
    assert lower in root["childIds"]


def test_a_folder_holds_only_what_lies_in_it_unless_deeper_ones_are_asked_for(
    account: Account,
) -> None:
    project = account.native(Project, "project-1")
    shallow = data(ask(account, f"folders/{project}/tasks", subTasks="true", pageSize="1000"))
    deep = orjson.loads(
        ask(account, f"folders/{project}/tasks", subTasks="true", descendants="true").body
    )
    assert deep["responseSize"] > len(shallow)


def test_requests_beyond_the_allowance_are_refused_until_the_minute_is_over(
    account: Account,
) -> None:
    account.sandbox.allowance = 2
    codes = [ask(account, "account").status for _ in range(3)]
    assert codes == [200, 200, 429]
    account.clock.sleep(60)
    assert ask(account, "account").status == 200
