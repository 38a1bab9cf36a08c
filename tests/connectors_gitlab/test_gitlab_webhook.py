"""Calls of GitLab: who is believed, what they hint at, and how hooks are made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from connectors.gitlab.connector import GitLab
from connectors.gitlab.sandbox import GitLabSandbox
from connectors.gitlab.webhook import EVENTS
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply
from connectors.sdk.webhooks import Hint
from tests.hooked import (
    NOW,
    OTHER,
    SECRET,
    Hooked,
    call_of,
    flipped,
    hooked,
    json_like,
    made_once_and_taken_back,
)

WEBHOOK = GitLab.webhook


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(GitLab, GitLabSandbox) as opened:
        yield opened


def issue(**more: Any) -> dict[str, Any]:
    return {
        "object_kind": "issue", "event_type": "issue", "project": {"id": 7},
        "object_attributes": {"id": 301, "iid": 12, "project_id": 7, "action": "update", **more},
    }  # fmt: skip


def test_only_who_shows_the_token_is_believed() -> None:
    assert WEBHOOK.verify(call_of(issue(), X_Gitlab_Token=SECRET), [OTHER, SECRET], NOW)
    for wrong in ("", "é", SECRET[:-1], SECRET + " ", flipped(SECRET)):
        assert not WEBHOOK.verify(call_of(issue(), X_Gitlab_Token=wrong), [SECRET], NOW)
    assert not WEBHOOK.verify(call_of(issue()), [SECRET], NOW)
    assert not WEBHOOK.verify(call_of(issue(), X_Gitlab_Token=SECRET), [], NOW)


def test_there_is_no_handshake() -> None:
    assert WEBHOOK.greet(call_of(issue(), X_Gitlab_Token=SECRET), [SECRET]) is None


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (issue(), ["7-12"]),
        (issue(action="close", moved_to_id=302), ["7-12"]),
        ({**issue(), "object_kind": "work_item"}, ["7-12"]),
        ({**issue(), "event_type": "confidential_issue"}, ["7-12"]),
        ({"object_kind": "note", "project": {"id": 7}, "issue": {"iid": 12, "project_id": 7}},
         ["7-12"]),
        ({"object_kind": "note", "project": {"id": 7}, "merge_request": {"iid": 12}}, []),
        ({"object_kind": "work_item", "object_attributes": {"iid": 3, "type": "Epic"}}, []),
        ({"object_kind": "milestone", "object_attributes": {"iid": 3, "project_id": 7}}, []),
        ({"object_kind": "merge_request", "object_attributes": {"iid": 3, "project_id": 7}}, []),
        ([issue()], []),
    ],
)  # fmt: skip
def test_issues_are_hinted_at_and_none_is_said_to_be_gone(body: Any, ids: list[str]) -> None:
    assert list(WEBHOOK.hints(call_of(body))) == [Hint("tasks", id) for id in ids]


@given(json_like("object_kind", "object_attributes", "issue", "project", "project_id", "id", "iid",
                 words=("issue", "note", 7)))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    [task, *_] = [each for each in tool.sandbox.world.all(Task) if not each.id.startswith("g")]
    home, _, number = task.id.partition("-")
    body = issue(project_id=int(home), iid=int(number))
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [task.id]


def test_hooks_are_made_and_taken_back(tool: Hooked) -> None:
    made = made_once_and_taken_back(tool)
    assert {each.secret for each in made} == {""}
    asked = [json.loads(each.body) for each in tool.requests() if each.path.endswith("/hooks")
             and each.method == "POST"]  # fmt: skip
    assert all(each["token"] == SECRET and all(each[name] for name in EVENTS) for each in asked)
    assert not any(each["push_events"] for each in asked)
    assert SECRET not in str([each.path for each in tool.requests()])


def test_a_hook_that_gitlab_switched_off_is_told_and_woken_up_by_a_call(tool: Hooked) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[hook.id]["alert_status"] = "disabled"
    [found, *_] = tool.registered()
    assert found.trouble == "GitLab has switched it off."
    tool.webhook.renew(tool.http, found)
    assert tool.registered()[0].trouble == ""
    [heard] = tool.ear.heard
    assert WEBHOOK.verify(heard, [SECRET], NOW)


def test_a_hook_whose_test_fails_stays_in_trouble(tool: Hooked) -> None:
    [hook, *_] = tool.register()
    tool.ear.deaf = True
    tool.sandbox.hooks.held[hook.id] |= {
        "alert_status": "temporarily_disabled", "disabled_until": "2026-03-02T10:00:00Z",
    }  # fmt: skip
    [found, *_] = tool.registered()
    assert found.trouble == "GitLab has switched it off until 2026-03-02T10:00:00Z."
    tool.webhook.renew(tool.http, found)
    assert tool.registered()[0] == found


def test_a_token_that_only_reads_is_refused(tool: Hooked) -> None:
    tool.sandbox.interfere = lambda request: Reply.of({"message": "403 Forbidden"}, 403)
    with pytest.raises(NotVisible):
        tool.registered()


def test_every_request_is_one_of_gitlabs_documentation(tool: Hooked) -> None:
    """No description at hand speaks of hooks; these are the paths and names of the guide."""
    made_once_and_taken_back(tool)
    known = {"url", "token", "enable_ssl_verification", "push_events", *EVENTS}
    for each in tool.requests():
        path = each.path.removeprefix("/api/v4/projects/").partition("/")[2]
        assert path.split("/")[0] == "hooks"
        if each.method == "GET":
            assert (path, set(each.query)) == ("hooks", {"per_page"})
        elif each.method == "POST" and path == "hooks":
            assert each.json().keys() <= known
        elif each.method == "POST":
            assert path.endswith("/test/issues_events")
        else:
            assert each.method == "DELETE"
