"""Credentials, refusals and limits, through the real door."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import NotVisible, Refused, Throttled, Unavailable, Unexpected
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply
from connectors.zendesk.connector import Zendesk, ZendeskOptions
from connectors.zendesk.sandbox import CLIENT, SECRET

HTML = {"Content-Type": "text/html"}
SITE = "https://acme.zendesk.example.com"


CLIENT_ALONE = {"token": None, "email": None, "client_id": CLIENT, "client_secret": SECRET}


def options(**other: Any) -> ZendeskOptions:
    return ZendeskOptions(**{"url": f"{SITE}/", "token": "T0K3N", **other})


def test_an_api_token_goes_with_an_address_and_an_oauth_token_alone() -> None:
    access = Zendesk.access(options(email="pmo@example.com"))
    scheme, _, pair = access.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"pmo@example.com/token:T0K3N")
    assert access.base_url == SITE
    assert Zendesk.access(options()).headers == {"Authorization": "Bearer T0K3N"}


def test_both_ways_in_work(read_with: Callable[..., Any]) -> None:
    for email in ("pmo@example.com", None):
        assert read_with(email=email).connector.check().account == "pmo@example.com"


def test_an_oauth_client_gets_tokens_of_half_an_hour_and_only_to_read(
    read_with: Callable[..., Any],
) -> None:
    access = Zendesk.access(options(token=None, client_id="flagstaff", client_secret="S3CRET"))
    assert access.headers == {}
    assert access.oauth is not None
    assert (access.oauth.token_url, access.oauth.scope) == (f"{SITE}/oauth/tokens", "read")
    reading = read_with(**CLIENT_ALONE)
    assert reading.connector.check().account == "pmo@example.com"
    assert len(reading.turn("tasks").of(Task)) == 6
    reading.clock.sleep(1800)
    asked = reading.requests(reading.connector.check)
    assert asked[0] == "/oauth/tokens"
    assert asked.count("/oauth/tokens") == 1


def test_an_oauth_client_makes_no_webhook_and_is_told_how_else(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(**CLIENT_ALONE)
    address = "https://flagstaff.example.com/hooks/desk/0123456789abcdef"
    assert Zendesk.webhook.registered(reading.door, [], address) == []
    with pytest.raises(Refused) as refused:
        Zendesk.webhook.register(reading.door, [], address, "")
    assert "by hand" in refused.value.remedy
    assert not isinstance(refused.value, NotVisible)


def test_an_oauth_client_with_a_wrong_secret_is_refused(read_with: Callable[..., Any]) -> None:
    with pytest.raises(Refused, match="invalid_client") as refused:
        read_with(**{**CLIENT_ALONE, "client_secret": "another"}).connector.check()
    assert "id and secret" in refused.value.remedy


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": None},
        {"token": None, "client_id": "flagstaff"},
        {"client_id": "flagstaff", "client_secret": "S3CRET"},
        {**CLIENT_ALONE, "email": "pmo@example.com"},
    ],
)
def test_there_is_exactly_one_way_to_sign_in(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options(**wrong)


def test_check_says_who_we_are_and_what_there_is(reading: Any) -> None:
    identity = reading.connector.check()
    assert identity.account == "pmo@example.com"
    assert identity.site.startswith("127.0.0.1:")
    assert identity.server_time == reading.clock.now()
    assert [scope.name for scope in identity.scopes] == ["IT Operations", "IT Projects", "Fax team"]
    assert not identity.warnings


@pytest.mark.parametrize("email", ["pmo@example.com", None])
def test_an_unknown_token_gets_a_stranger_and_is_refused(
    read_with: Callable[..., Any], email: str | None
) -> None:
    reading = read_with(token="wrong", email=email)
    with pytest.raises(Refused, match="whose token") as refused:
        reading.connector.check()
    assert "`token`" in refused.value.remedy
    assert not isinstance(refused.value, NotVisible)


@pytest.mark.parametrize("stream", Zendesk.streams)
def test_an_unknown_token_reads_nothing(read_with: Callable[..., Any], stream: str) -> None:
    with pytest.raises(Refused) as refused:
        read_with(token="wrong").turn(stream)
    assert not isinstance(refused.value, NotVisible)
    assert "`token`" in refused.value.remedy


def test_who_is_no_administrator_is_told_so(read_with: Callable[..., Any]) -> None:
    reading = read_with(role="agent")
    with pytest.raises(Refused, match="no administrator"):
        reading.connector.check()
    for stream in ("tasks", "events", "slas"):
        with pytest.raises(Refused) as refused:  # a 403 with an empty page as its body
            reading.turn(stream)
        assert "administrators" in refused.value.remedy
        assert not isinstance(refused.value, NotVisible)
    assert reading.turn("people").items["people"]


def test_a_403_is_read_by_its_status(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply(403, b"", HTML)
    with pytest.raises(NotVisible, match="403"):
        reading.turn("people")


def test_a_wrong_subdomain_is_refused(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply(404, b"<html>No help desk</html>", HTML)
    with pytest.raises(Refused):
        reading.connector.check()


@pytest.mark.parametrize(
    "reply",
    [
        Reply.of({"error": "APIRateLimitExceeded"}, 429, Retry_After="7"),
        Reply(429, b"Number of allowed API requests per minute exceeded", {"Retry-After": "7"}),
        Reply(503, b"", {"Retry-After": "7"}),
    ],
)
def test_a_short_wait_that_zendesk_asks_for_is_waited(reading: Any, reply: Reply) -> None:
    replies = iter([reply])
    reading.sandbox.interfere = lambda request: next(replies, None)
    before = reading.clock.seconds
    assert len(reading.turn("tasks").of(Task)) == 6
    assert reading.clock.seconds - before >= 60 + 7


def test_a_long_wait_goes_to_the_planner(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply(429, b"", {"Retry-After": "3600"})
    with pytest.raises(Throttled) as throttled:
        reading.turn("tasks")
    assert throttled.value.until >= reading.clock.now() + timedelta(minutes=59)


@pytest.mark.parametrize("status", [409, 500, 502, 503, 504])
def test_what_passes_is_tried_again(reading: Any, status: int) -> None:
    replies = iter([Reply(status, b"", HTML)] * 2)
    reading.sandbox.interfere = lambda request: next(replies, None)
    assert len(reading.turn("tasks").of(Task)) == 6


def test_a_504_that_stays_says_what_helps(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply(504, b"upstream request timeout", HTML)
    with pytest.raises(Unavailable) as down:
        reading.turn("tasks")
    assert "`page_size`" in down.value.remedy


def test_other_refusals_are_ours(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of({"error": "InvalidEndpoint"}, 400)
    with pytest.raises(Unexpected):
        reading.turn("people")


# --- limits -----------------------------------------------------------------------------------


def test_exports_are_paced_by_themselves(read_with: Callable[..., Any]) -> None:
    reading = read_with(page_size=1, limited=True)
    for _ in range(3):
        reading.turn("tasks", settle=False)
        del reading.kept.cursors["tasks"]
    exports = [r for r in reading.sandbox.log if "incremental" in r.path]
    assert len(exports) == 18
    assert reading.door.retries == 0  # never one too many
    assert reading.clock.seconds == 60


def test_the_sandbox_does_refuse_what_is_too_much(read_with: Callable[..., Any]) -> None:
    one = read_with(limited=True)
    start = one.clock.now()
    codes = []
    for _ in range(12):
        one.sandbox.answer(request := one_request(one))
        codes.append(one.sandbox.handle(request).status)
    assert 429 in codes
    assert one.clock.now() == start
    refused = one.sandbox.handle(one_request(one))
    assert 0 < int(refused.headers["Retry-After"]) <= 61


def one_request(reading: Any) -> Any:
    reading.door.get("/api/v2/groups")
    made = reading.sandbox.log[-1]
    return type(made)("GET", "/api/v2/incremental/ticket_events", {"start_time": ["0"]},
                      made.headers)  # fmt: skip


def answer(path: str = "/api/v2/groups", **headers: str) -> Answer:
    return Answer(200, {k.replace("_", "-"): v for k, v in headers.items()}, {}, f"{SITE}{path}")


def test_the_accounts_budget_is_learnt_from_either_family_of_headers() -> None:
    expected = [Budget(694, timedelta(seconds=43), 700, name="account")]
    for names in (
        {"x_rate_limit": "700", "x_rate_limit_remaining": "694", "ratelimit_reset": "43"},
        {"ratelimit_limit": "700", "ratelimit_remaining": "694", "ratelimit_reset": "43"},
        {"rate_limit": "700", "rate_limit_remaining": "694", "rate_limit_reset": "43"},
    ):
        assert Zendesk.budget(answer(**names)) == expected
    without = answer(x_rate_limit="700", x_rate_limit_remaining="694")
    assert Zendesk.budget(without) == [Budget(694, timedelta(minutes=1), 700, name="account")]


def test_an_end_points_budget_holds_for_its_path_alone() -> None:
    told = {"zendesk_ratelimit_incremental_exports": "total=10; remaining=0; resets=42"}
    assert Zendesk.budget(answer("/proxy/api/v2/incremental/tickets/cursor?cursor=x", **told)) == [
        Budget(0, timedelta(seconds=42), 10, "/api/v2/incremental", "incremental-exports")
    ]
    told = {"zendesk_ratelimit_tickets_index": "total=100;remaining=99;resets=55"}
    assert Zendesk.budget(answer("/api/v2/tickets/show_many", **told)) == [
        Budget(99, timedelta(seconds=55), 100, "/api/v2/tickets/show_many", "tickets-index")
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_rate_limit": "many", "x_rate_limit_remaining": "694"},
        {"x_rate_limit": "700"},
        {"zendesk_ratelimit_tickets": "none"},
        {"zendesk_ratelimit_tickets": "total=10"},
    ],
)
def test_odd_headers_say_nothing(headers: dict[str, str]) -> None:
    assert Zendesk.budget(answer(**headers)) == []


def test_a_spent_export_holds_exports_and_nothing_else(reading: Any) -> None:
    spent = {"zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=30"}

    def interfere(request: Any) -> Reply | None:
        if "incremental" not in request.path:
            return None
        reply = reading.sandbox.handle(request)
        return Reply(reply.status, reply.body, {**reply.headers, **spent})

    reading.sandbox.interfere = interfere
    reading.turn("tasks")
    before = reading.clock.seconds
    reading.turn("people", settle=False)
    assert reading.clock.seconds == before
    reading.turn("events", settle=False)
    assert reading.clock.seconds - before >= 29
