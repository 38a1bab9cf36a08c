"""Credentials, refusals, limits, and what `check` tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.gitlab.connector import GitLab
from connectors.gitlab.options import GitLabOptions
from connectors.gitlab.sandbox import CLIENT, CLIENT_KEY, PAT
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import Refused, Throttled, Unavailable
from connectors.sdk.sandbox import Reply

SIGNED_IN = {"client_id": CLIENT, "client_secret": CLIENT_KEY, "refresh_token": "refresh-1"}


def answer(status: int, data: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, data, "https://gitlab.example.com/api/v4/x")


# --- credentials ------------------------------------------------------------------------------


def test_a_token_travels_in_its_own_header() -> None:
    access = GitLab.access(GitLabOptions(url="https://g.example.com/lab/", token=PAT))
    assert access.base_url == "https://g.example.com/lab/api"
    assert access.headers == {"PRIVATE-TOKEN": PAT}
    assert access.oauth is None


def test_oauth_needs_an_application_and_no_token() -> None:
    access = GitLab.access(GitLabOptions(url="https://g.example.com", **SIGNED_IN))
    assert not access.headers
    assert access.oauth is not None
    assert access.oauth.token_url == "https://g.example.com/oauth/token"
    assert not access.oauth.by_login
    for wrong in ({}, {"token": PAT, **SIGNED_IN}, {"client_id": CLIENT}, {"refresh_token": "r"}):
        with pytest.raises(ValidationError):
            GitLabOptions(**wrong)
    with pytest.raises(ValidationError, match="plan"):
        GitLabOptions(token=PAT, statuses=True)


def test_an_application_alone_is_signed_in_by_a_person() -> None:
    options = GitLabOptions(url="https://g.example.com/lab/", client_id=CLIENT, client_secret="s")
    oauth = GitLab.access(options).oauth
    assert oauth is not None
    assert oauth.by_login
    assert oauth.login is not None
    assert oauth.login.authorize_url == "https://g.example.com/lab/oauth/authorize"
    assert oauth.login.scopes == ("read_api",)


def test_a_rotated_refresh_token_is_kept_and_used(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(token=None, **SIGNED_IN)
    assert tool.connector.check().account == "flagstaff"
    [kept] = tool.tokens.saved.values()
    assert (kept.access_token, kept.refresh_token) == ("access-1", "refresh-2")
    tool.clock.pass_by(hours=2)
    tool.connector.check()
    [kept] = tool.tokens.saved.values()
    assert kept.refresh_token == "refresh-3" == tool.sandbox.grant
    assert not [each for each in tool.sandbox.log if each.path.endswith("tokens/self")]
    tool.sandbox.bearer = "revoked elsewhere"
    tool.connector.check()  # refused once, refreshed, asked again
    assert tool.sandbox.grant == "refresh-4"


def test_a_refresh_token_that_was_used_by_another_asks_to_sign_in(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(token=None, **{**SIGNED_IN, "refresh_token": "refresh-0"})
    with pytest.raises(Refused, match="sign-in"):
        tool.connector.check()


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "data", "error", "says"),
    [
        (401, {"message": "401 Unauthorized"}, Refused, "refuses the token"),
        (401, {"error": "invalid_token"}, Refused, "refuses the token"),
        (403, {"error": "insufficient_scope", "scope": "api"}, Refused, "read_api"),
        (403, {"message": "403 Forbidden - accept the Terms of Service"}, Refused, "terms"),
        (403, {"message": "403 Forbidden - Your account has been blocked."}, Refused, "blocked"),
        (200, {"errors": [{"message": "Timeout on validation of query"}]}, Unavailable, "GraphQL"),
        (200, {"errors": [{"message": "Internal server error"}]}, Unavailable, "GraphQL"),
    ],
)
def test_refusals(status: int, data: Any, error: type[Exception], says: str) -> None:
    found = GitLab.classify(answer(status, data))
    assert type(found) is error
    assert says in str(found)
    assert found.advice


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (403, {"message": "403 Forbidden"}),
        (404, {"message": "404 Project Not Found"}),
        (200, []),
        (200, {"errors": [{"message": "No such type X"}]}),
        (200, {"errors": "odd"}),
        (405, {"error": "Keyset pagination is not yet available"}),
        (429, "Retry later\n"),
    ],
)
def test_other_answers_mean_what_their_status_says(status: int, data: Any) -> None:
    assert GitLab.classify(answer(status, data)) is None


def test_retry_later_is_heeded(tool: Any) -> None:
    tool.sandbox.interfere = lambda _: Reply(429, b"Retry later\n", {"Retry-After": "7200"})
    with pytest.raises(Throttled) as raised:
        tool.connector.check()
    assert raised.value.until >= tool.clock.at + timedelta(hours=1)


# --- limits -----------------------------------------------------------------------------------


def test_the_headers_tell_what_is_left() -> None:
    date = "Mon, 02 Mar 2026 12:00:00 GMT"
    reset = str(int(datetime(2026, 3, 2, 12, 0, 42, tzinfo=UTC).timestamp()))
    told = {
        "ratelimit_limit": "2000", "ratelimit_remaining": "12", "ratelimit_reset": reset,
        "ratelimit_name": "throttle_authenticated_api", "date": date,
    }  # fmt: skip
    assert GitLab.budget(answer(200, **told)) == [
        Budget(12, timedelta(seconds=42), 2000, name="throttle_authenticated_api")
    ]
    [past] = GitLab.budget(answer(200, **{**told, "ratelimit_reset": "1"}))
    assert past.resets_in == timedelta(0)
    [wild] = GitLab.budget(answer(200, **{**told, "ratelimit_reset": "9" * 10}))
    assert wild.resets_in == timedelta(hours=1)
    for odd in ({"ratelimit_reset": "soon"}, {"date": "now"}, {"ratelimit_reset": "9" * 40}):
        [found] = GitLab.budget(answer(200, **{**told, **odd}))
        assert found.resets_in == timedelta(minutes=1)
    assert GitLab.budget(answer(200)) == ()
    assert GitLab.budget(answer(200, ratelimit_remaining="many")) == ()
    [unlimited] = GitLab.budget(answer(200, ratelimit_remaining="5"))
    assert unlimited.limit is None


def test_the_door_learns_from_every_answer(tool: Any) -> None:
    tool.connector.check()
    assert tool.door.budget_used == 0.0
    tool.sandbox.left = 1500
    tool.connector.check()
    assert tool.door.budget_used == 0.25


# --- check ------------------------------------------------------------------------------------


def test_check_tells_who_where_and_until_when(tool: Any) -> None:
    found = tool.connector.check()
    assert (found.account, found.version) == ("flagstaff", "18.4.1-ee")
    assert found.site in tool.url
    assert found.server_time == tool.clock.at
    assert found.credential_expires_at == datetime(2027, 6, 30, tzinfo=UTC)
    assert len(found.scopes) == 4


def test_check_warns_of_a_token_that_may_write_and_of_no_project(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of([])

    def writes(request: Any) -> Reply | None:
        if request.path.endswith("/personal_access_tokens/self"):
            return Reply.of({"id": 1, "scopes": ["api"], "expires_at": None})
        return None

    tool.sandbox.interfere = writes
    found = tool.connector.check()
    assert found.credential_expires_at is None
    assert found.warnings == [
        "The account is a member of no project.",
        "The token may also write; the scope `read_api` is enough.",
    ]


def test_a_path_is_one_step_of_an_address() -> None:
    from connectors.gitlab.roster import group_path, project_path

    assert project_path("acme/web site") == "/v4/projects/acme%2Fweb%20site"
    assert group_path("acme/labs") == "/v4/groups/acme%2Flabs"
