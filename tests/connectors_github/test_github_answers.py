"""What GitHub says beside its data: limits, refusals, links, clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.github.answers import expiry, next_link
from connectors.github.connector import GitHub
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.sandbox import Reply

DATE = "Mon, 02 Mar 2026 12:00:00 GMT"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RESET = str(int(NOW.timestamp()) + 1200)
QUOTA = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
PRIMARY = {"message": "API rate limit exceeded for user ID 1."}
ABUSE = {"message": "You have triggered an abuse detection mechanism."}


def answer(
    status: int, data: Any = None, url: str = "https://api.github.com/x", **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"date": DATE, **named}, data, url)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("data", "headers", "seconds"),
    [
        (PRIMARY, QUOTA, 1200),
        (SECONDARY, {}, 60),
        (SECONDARY, {"x-ratelimit-remaining": "4000", "x-ratelimit-reset": RESET}, 60),
        (ABUSE, {}, 60),
    ],
)
def test_a_used_up_limit_is_no_lost_permission(
    status: int, data: Any, headers: dict[str, str], seconds: int
) -> None:
    error = GitHub.classify(answer(status, data, **headers))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("after", "seconds"), [("90", 90), ("999999", 86400)])
def test_a_refusal_that_says_when_to_come_back(after: str, seconds: int) -> None:
    error = GitHub.classify(answer(403, SECONDARY, retry_after=after, **QUOTA))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=seconds)


def test_a_429_with_a_time_is_read_as_everywhere() -> None:
    assert GitHub.classify(answer(429, None, retry_after="5")) is None
    assert GitHub.classify(answer(429, None)) is None


def test_without_a_clock_a_pause_is_an_outage() -> None:
    error = GitHub.classify(Answer(403, {}, SECONDARY, "https://api.github.com/x"))
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize(
    ("data", "headers", "remedy"),
    [
        ({"message": "Resource not accessible by personal access token"}, {}, "Issues"),
        ({"message": "Resource protected by organization SAML enforcement."}, {}, "SSO"),
        ({"message": "Forbidden"}, {"x-github-sso": "required; url=https://x"}, "SSO"),
        ({"message": "… the `acme` organization has an IP allow list enabled …"}, {}, "allow list"),
    ],
)
def test_a_forbidden_repository_has_its_remedy(
    data: Any, headers: dict[str, str], remedy: str
) -> None:
    error = GitHub.classify(answer(403, data, **headers, **{"x-ratelimit-remaining": "12"}))
    assert isinstance(error, NotVisible)
    assert remedy in error.remedy


def test_other_statuses_mean_what_they_say() -> None:
    for status in (301, 304, 400, 403, 404, 422, 500, 502):
        assert GitHub.classify(answer(status, {"message": "No"})) is None
    assert GitHub.classify(answer(200, [{"errors": 1}])) is None


def test_a_wrong_token_is_the_admins_and_a_gone_issue_is_not() -> None:
    wrong = GitHub.classify(answer(401, {"message": "Bad credentials"}))
    assert type(wrong) is Refused
    assert "token" in wrong.remedy
    assert isinstance(GitHub.classify(answer(410, {"message": "…"})), NotVisible)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}], Throttled),
        ([{"type": "NOT_FOUND", "message": "Could not resolve to a node"}], NotVisible),
        ([{"type": "FORBIDDEN", "message": "Resource not accessible"}], NotVisible),
        ([{"type": "INSUFFICIENT_SCOPES", "message": "needs repo"}], NotVisible),
        ([{"message": "Something went wrong while executing your query."}], Unavailable),
        ([{"type": "undefinedField", "message": "Field 'x' doesn't exist"}], Unexpected),
        (["no"], Unavailable),
    ],
)
def test_graphql_says_its_errors_in_a_200(errors: Any, kind: type[Exception]) -> None:
    error = GitHub.classify(answer(200, {"data": {"node": None}, "errors": errors}))
    assert type(error) is kind


def test_a_used_up_quota_of_graphql_waits_for_its_end() -> None:
    errors = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    error = GitHub.classify(answer(200, errors, **QUOTA))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=1200)


def test_budgets() -> None:
    left = {**QUOTA, "x-ratelimit-remaining": "4000"}
    hour, rest = timedelta(hours=1), timedelta(seconds=1200)
    assert GitHub.budget(answer(200, [], **left)) == [
        Budget(4000, rest, 5000, name="core", per=hour)
    ]
    graph = {**left, "x-ratelimit-resource": "graphql"}
    [cloud] = GitHub.budget(answer(200, {}, "https://api.github.com/graphql", **graph))
    [server] = GitHub.budget(answer(200, {}, "https://git.example.com/api/graphql", **graph))
    assert (cloud.name, cloud.path, server.path) == ("graphql", "/graphql", "/api/graphql")
    assert GitHub.budget(answer(200, [], **left, **{"x-ratelimit-resource": "search"})) == ()
    assert GitHub.budget(answer(200, [])) == ()
    odd = {**left, "x-ratelimit-reset": "1507651200000"}
    assert GitHub.budget(answer(200, [], **odd))[0].resets_in == hour
    assert GitHub.budget(answer(200, [], **{**left, "x-ratelimit-limit": "-1"})) == ()


@pytest.mark.parametrize(
    ("link", "next"),
    [
        ('<https://x/a?page=2>; rel="next", <https://x/a?page=9>; rel="last"', "https://x/a?page=2"),
        ('<https://x/a?page=1>; rel="prev", <https://x/a?page=3>; rel="next"', "https://x/a?page=3"),
        ('<https://x/a?q=a,b&page=3>; rel=next', "https://x/a?q=a,b&page=3"),
        ('<https://x/a?page=1>; rel="prev", <https://x/a?page=1>; rel="first"', None),
        ("", None),
    ],
)  # fmt: skip
def test_links(link: str, next: str | None) -> None:
    assert next_link(answer(200, [], link=link)) == next


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-12-30 12:00:00 UTC", datetime(2026, 12, 30, 12, tzinfo=UTC)),
        ("2026-12-30 12:00:00 +0200", datetime(2026, 12, 30, 10, tzinfo=UTC)),
        ("never", None),
        ("", None),
    ],
)
def test_when_the_token_expires(said: str, at: datetime | None) -> None:
    headers = {"github-authentication-token-expiration": said}
    assert expiry(Answer(200, headers, {}, "https://api.github.com/user")) == at


def test_a_secondary_limit_is_waited_out_and_costs_nothing_else(tool: Any) -> None:
    refused: list[str] = []

    def interfere(request: Any) -> Reply | None:
        if request.path.endswith("/issues") and not refused:
            refused.append(request.path)
            return Reply.of(SECONDARY, 403)
        return None

    tool.sandbox.interfere = interfere
    assert len(tool.turn("tasks").items["tasks"]) == 6
    assert tool.clock.at == NOW + timedelta(seconds=60)


def test_a_used_up_quota_goes_to_the_planner(tool: Any) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET, "X-RateLimit-Limit": "1"}
    tool.sandbox.interfere = lambda _: Reply.of(PRIMARY, 403, **headers)
    with pytest.raises(Throttled) as throttled:
        tool.connector.check()
    assert throttled.value.until == NOW + timedelta(seconds=1200)


def test_a_share_of_the_hours_quota_is_kept(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(quota_share=50)

    def interfere(request: Any) -> Reply | None:
        left = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "2400",
                "X-RateLimit-Reset": RESET, "X-RateLimit-Resource": "core"}  # fmt: skip
        return Reply.of({"login": "reader", "id": 1}, 200, **left)

    tool.sandbox.interfere = interfere
    with pytest.raises(Throttled, match="its share of the quota") as throttled:
        tool.connector.check()
    assert throttled.value.until == NOW + timedelta(seconds=1200)
    assert tool.door.requests == 1
