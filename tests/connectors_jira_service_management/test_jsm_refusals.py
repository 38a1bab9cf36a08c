"""Jira saying no, and Jira saying something odd: each ends in the error of who must act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.jira_service_management.config import ServiceManagementConfig
from connectors.jira_service_management.connector import JiraServiceManagement
from connectors.jira_service_management.sandbox import EMAIL, REMOVED, TOKEN
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import NotVisible, Refused, Throttled, Unavailable, Unexpected
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply
from tests.connectors_jira_service_management.conftest import Desk


def without(name: str) -> Any:
    """An answer without one of its keys."""
    return lambda body: {key: value for key, value in body.items() if key != name}


def test_a_site_without_service_management_is_refused(desk: Desk) -> None:
    desk.answer("/servicedeskapi/info", Reply.of({"errorMessage": "null for uri"}, 404))
    with pytest.raises(Refused, match="no Jira Service Management") as refused:
        desk.connect().check()
    assert "`jira`" in refused.value.remedy


def test_a_removed_api_is_the_admins_to_know(desk: Desk) -> None:
    desk.answer("/search/jql", Reply.of({"errorMessages": [REMOVED]}, 410))
    with pytest.raises(Refused, match="removed"):
        desk.turn("tasks")


def test_a_question_that_jira_does_not_understand_fails_loudly(desk: Desk) -> None:
    said = {"errorMessages": ["Unbounded JQL queries are not allowed here."]}
    desk.answer("/search/jql", Reply.of(said, 400))
    with pytest.raises(Unexpected, match="Unbounded"):
        desk.turn("tasks")


def test_a_project_that_jira_does_not_know_is_not_visible(desk: Desk) -> None:
    plan = desk.connect().lanes("tasks", {})
    desk.sandbox.hidden.add(desk.native(Project, "help"))
    with pytest.raises(NotVisible, match="does not know one of the projects"):
        list(desk.connect().pull("tasks", plan.lanes[0].name, None))


def test_no_project_that_matches_is_a_hidden_service_desk(desk: Desk) -> None:
    """Jira says 404, not an empty list, where no project matches at all."""
    desk.answer("/project/search", Reply.of({"errorMessages": ["No project found."]}, 404))
    assert desk.connect().check().warnings == ["This account sees no service desk at all."]
    named = desk.with_options(service_desks=["TYPO"])
    assert any("service desk TYPO" in each for each in named.check().warnings)
    assert [each.scope for each in named.lanes("tasks", {}).lanes] == ["TYPO"]


def test_a_sign_in_that_failed_behind_a_200_is_refused(desk: Desk) -> None:
    reply = Reply(200, b"[]", {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
    desk.answer("/users/search", reply)
    with pytest.raises(Refused, match="token"):
        desk.turn("people")


def test_organizations_that_are_refused_are_said(desk: Desk) -> None:
    desk.answer("/organization", Reply.of({"errorMessage": "Agents only."}, 403))
    read = desk.turn("people", patient=True)
    assert [type(error) for error in read.errors] == [NotVisible]
    assert read.ids("people")


def test_a_long_throttle_goes_to_the_planner(desk: Desk) -> None:
    headers = {"Retry-After": "1800", "RateLimit-Reason": "jira-quota-tenant-based"}
    desk.answer("/approval", Reply(429, b"", headers))
    with pytest.raises(Throttled) as throttled:
        desk.turn("approvals")
    assert throttled.value.until - desk.clock.now() == timedelta(seconds=1800)


@pytest.mark.parametrize(
    ("stream", "path", "lost"),
    [("people", "/organization", "isLastPage"), ("approvals", "/approval", "isLastPage"),
     ("approvals", "/approval", "values"), ("tasks", "/search/jql", "issues"),
     ("tasks", "/changelog/bulkfetch", "issueChangeLogs"), ("projects", "/search", "values")],
)  # fmt: skip
def test_a_page_without_its_end_mark_or_list_is_unexpected(
    desk: Desk, stream: str, path: str, lost: str
) -> None:
    desk.alter(path, without(lost))
    with pytest.raises(Unexpected):
        desk.turn(stream)


def test_a_list_without_end_mark_and_total_is_unexpected(desk: Desk) -> None:
    desk.alter("/field/search", lambda body: without("total")(without("isLast")(body)))
    with pytest.raises(Unexpected, match="goes on"):
        desk.turn("tasks")


def test_a_search_without_is_last_ends_where_there_is_no_token(desk: Desk) -> None:
    desk.alter("/search/jql", without("isLast"))
    assert len(desk.turn("tasks").of(Task)) == 4


def test_more_issues_without_a_way_to_them_are_unexpected(desk: Desk) -> None:
    desk.alter("/search/jql", without("nextPageToken"))
    with pytest.raises(Unexpected, match="no way to them"):
        desk.turn("tasks")


def test_empty_pages_with_ever_new_tokens_end(desk: Desk) -> None:
    tokens = (f"token {number}" for number in range(100))
    desk.sandbox.interfere = lambda request: (
        Reply.of({"issues": [], "nextPageToken": next(tokens), "isLast": False})
        if request.path.endswith("/search/jql")
        else None
    )
    with pytest.raises(Unexpected, match="does not end"):
        desk.turn("tasks")


@pytest.mark.parametrize(
    ("stream", "path", "body"),
    [
        ("tasks", "/search/jql", {"issues": [{"key": "A-1"}], "isLast": True}),
        ("people", "/users/search", [{"displayName": "Nobody"}]),
        ("people", "/organization", {"values": [{"name": "Nameless"}], "isLastPage": True}),
        ("projects", "/project/search", {"values": [{"key": "A"}], "isLast": True}),
    ],
)
def test_a_thing_without_an_id_is_unexpected(desk: Desk, stream: str, path: str, body: Any) -> None:
    desk.answer(path, Reply.of(body))
    with pytest.raises(Unexpected, match="without an id"):
        desk.turn(stream)


def test_issues_that_could_not_be_read_are_not_gone(desk: Desk) -> None:
    body = {"issues": [], "issueErrors": [{"id": "1", "errorMessage": "try later"}]}
    desk.answer("/issue/bulkfetch", Reply.of(body))
    with pytest.raises(Unavailable):
        desk.connect().confirm("tasks", ["1"])


def test_a_count_that_is_none_is_unexpected(desk: Desk) -> None:
    desk.answer("/approximate-count", Reply.of({"count": "many"}))
    with pytest.raises(Unexpected, match="no number"):
        desk.connect().count("tasks", desk.native(Project, "help"))


def test_a_refused_list_of_more_fields_is_done_without(desk: Desk) -> None:
    desk.answer("/field/search", Reply.of({"errorMessages": ["Administrators only."]}, 403))
    assert len(desk.turn("tasks").of(Task)) == 4


def test_the_tools_own_word_for_the_time_counts_where_a_proxy_hides_the_date(desk: Desk) -> None:
    def without_date(request: Any) -> Any:
        held = desk.sandbox.handle(request)
        return Reply(held.status, held.body, {**held.headers, "Date": "yesterday"})

    desk.sandbox.interfere = without_date
    assert desk.connect().check().server_time == desk.clock.now()
    desk.sandbox.interfere = lambda request: (
        Reply.of({}) if request.path.endswith("/serverInfo") else without_date(request)
    )
    with pytest.raises(Unexpected, match="what time"):
        desk.connect().check()


def test_behind_the_gateway_the_site_is_asked_for_its_address(desk: Desk) -> None:
    connector = desk.connect()
    config = desk.config(url="https://api.atlassian.com/ex/jira/1")
    behind = JiraServiceManagement(config, connector.client.http)  # type: ignore[attr-defined,arg-type]
    [page] = behind.pull("projects", "", None)
    assert {item.body["site"] for item in page.items} == {"https://desk.example.com"}
    for lane in behind.lanes("tasks", {}).lanes:
        for found in behind.pull("tasks", lane.name, None):
            assert {item.body["site"] for item in found.items} <= {"https://desk.example.com"}


def test_the_credential_is_an_e_mail_with_a_token_or_a_token_alone() -> None:
    config = ServiceManagementConfig(url="https://acme.example.com/", email=EMAIL, token=TOKEN)
    access = JiraServiceManagement.access(config)
    assert access.base_url == "https://acme.example.com"
    assert access.headers["Authorization"].startswith("Basic ")
    config = ServiceManagementConfig(url="https://acme.example.com", token=TOKEN)
    assert JiraServiceManagement.access(config).headers["Authorization"] == f"Bearer {TOKEN}"
    with pytest.raises(ValidationError, match="whole address"):
        ServiceManagementConfig(url="acme.example.com", token=TOKEN)


def budget(**headers: str) -> list[Budget]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(JiraServiceManagement.budget(Answer(200, named, None, "")))


def test_what_the_headers_say_is_left() -> None:
    date = "Mon, 02 Nov 2026 10:00:00 GMT"
    burst = {"x_ratelimit_remaining": "9", "x_ratelimit_reset": "2026-11-02T10:01Z"}
    assert budget(**burst, x_ratelimit_limit="350", date=date) == [
        Budget(9, timedelta(minutes=1), limit=350, name="burst")
    ]
    assert budget(**burst, date=date) == [Budget(9, timedelta(minutes=1), name="burst")]
    assert budget(**burst, date="now") == []
    assert budget(beta_ratelimit='"tenant-app-quota";r=120;t=900') == [
        Budget(120, timedelta(minutes=15), name="quota")
    ]
    policy = '"tenant-app-quota";q=400;w=3600'
    assert budget(
        beta_ratelimit='"tenant-app-quota";r=120;t=900', beta_ratelimit_policy=policy
    ) == [Budget(120, timedelta(minutes=15), 400, name="quota", per=timedelta(hours=1))]
    assert budget(beta_ratelimit="r=many;t=900") == []
