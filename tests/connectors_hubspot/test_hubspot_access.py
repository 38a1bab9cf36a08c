"""Signing in, refusals, limits, options, and what a connection may say it provides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.hubspot.answers import budget, classify
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.options import HubSpotOptions
from connectors.hubspot.provides import PROVIDES, provided
from connectors.hubspot.sandbox import CLIENT, REFRESH, SECRET
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import NotVisible, Refused, Throttled
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Project,
    StatusUpdate,
    Task,
)
from connectors.sdk.sandbox import Reply, Request
from tests.connectors_hubspot.conftest import Portal

DATE = "Fri, 20 Nov 2026 15:00:00 GMT"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
APP = {"token": None, "client_id": CLIENT, "client_secret": SECRET, "refresh_token": REFRESH}


def answer(status: int, data: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"date": DATE, **named}, data, "https://api.example.com/x")


def test_a_private_app_sends_its_token_in_a_header() -> None:
    access = HubSpot.access(HubSpotOptions(token="pat-na1-x"))
    assert access.base_url == "https://api.hubapi.com"
    assert access.headers == {"Authorization": "Bearer pat-na1-x"}
    assert access.oauth is None


def test_an_oauth_app_renews_its_token_of_half_an_hour(portal: Portal) -> None:
    connector = portal.with_options(**APP)
    first = portal.requests(lambda: portal.read(streams=["people"], connector=connector))
    assert first[0] == "/oauth/2026-03/token"
    portal.clock.sleep(1800)
    later = portal.requests(lambda: portal.read(streams=["people"], connector=connector))
    assert later.count("/oauth/2026-03/token") == 1


def test_a_token_that_ends_within_a_read_is_renewed_once(portal: Portal) -> None:
    connector = portal.with_options(**APP)
    connector.check()
    portal.sandbox.expire_tokens()
    asked = portal.requests(lambda: portal.read(streams=["people"], connector=connector))
    assert asked[:3] == ["/crm/v3/owners", "/oauth/2026-03/token", "/crm/v3/owners"]


def test_a_refresh_token_that_is_no_more_is_refused(portal: Portal) -> None:
    connector = portal.with_options(**{**APP, "refresh_token": "another"})
    with pytest.raises(Refused, match="no longer valid"):
        connector.check()


def test_a_login_asks_for_what_shall_be_read_and_for_nothing_else() -> None:
    options = HubSpotOptions(client_id="a", client_secret="b", objects=["tickets", "notes"])
    oauth = HubSpot.access(options).oauth
    assert oauth is not None
    assert oauth.by_login
    assert oauth.login is not None
    assert oauth.login.authorize_url == "https://app.hubspot.com/oauth/authorize"
    assert oauth.login.scopes == (
        "oauth", "crm.objects.owners.read", "tickets", "crm.objects.contacts.read",
    )  # fmt: skip
    assert oauth.login.localhost  # HubSpot takes no address of numbers


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": "pat-x", "client_id": "a", "client_secret": "b", "refresh_token": "c"},
        {"client_id": "a", "refresh_token": "c"},
        {"client_secret": "b", "refresh_token": "c"},
        {"token": "pat-x", "client_secret": "b"},
        {"token": "pat-x", "refresh_token": "c"},
        {"token": "pat-x", "objects": []},
        {"token": "pat-x", "objects": ["contacts"]},
        {"token": "pat-x", "objects": ["tasks", "notes"]},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HubSpotOptions(**options)


def test_check_names_the_account_and_what_is_visible(portal: Portal) -> None:
    identity = portal.connect().check()
    assert identity.site == "app.hubspot.com (4711)"
    assert identity.time_zone == "US/Eastern"
    assert [scope.id for scope in identity.scopes] == [
        "tasks", "tickets", "deals", "projects", "notes",
    ]  # fmt: skip


def test_an_app_that_sees_nothing_is_refused_with_what_to_do(portal: Portal) -> None:
    portal.sandbox.no_scope |= {"tasks", "tickets"}
    with pytest.raises(Refused, match="sees none of tasks, tickets") as refused:
        portal.with_options(objects=["tasks", "tickets"]).check()
    assert "scope" in refused.value.advice


def test_a_token_of_no_known_form_is_the_admins(portal: Portal) -> None:
    with pytest.raises(Refused, match="530") as refused:
        portal.with_options(token="cut-off").check()
    assert "token" in refused.value.advice


@pytest.mark.parametrize(
    ("policy", "wait"),
    [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("ten_secondly_rolling", 10), ("DAILY", 3600)],
)
def test_a_limit_is_waited_out_by_its_policy(policy: str, wait: int) -> None:
    said = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "message": "Slow."}
    error = classify(answer(429, said))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=wait)


def test_a_limit_that_says_for_how_long_is_believed() -> None:
    assert classify(answer(429, {"policyName": "DAILY"}, retry_after="7")) is None
    assert classify(answer(429, {"policyName": "WEEKLY"})) is None
    assert classify(answer(429, "slow down")) is None


def test_a_missing_scope_is_named() -> None:
    context = {"requiredGranularScopes": ["tickets", "tickets", 7]}
    said = {"category": "MISSING_SCOPES", "message": "No.", "errors": [{"context": context}]}
    error = classify(answer(403, said))
    assert isinstance(error, NotVisible)
    assert "scope tickets," in error.advice
    assert classify(answer(403, {"category": "BANNED"})) is None


def test_what_is_left_of_the_window_and_of_the_day() -> None:
    headers = {
        "x_hubspot_ratelimit_max": "110",
        "x_hubspot_ratelimit_remaining": "0",
        "x_hubspot_ratelimit_interval_milliseconds": "10000",
        "x_hubspot_ratelimit_daily": "250000",
        "x_hubspot_ratelimit_daily_remaining": "12",
    }
    assert budget(answer(200, {}, **headers)) == [
        Budget(remaining=0, resets_in=timedelta(seconds=10), limit=110, name="window"),
        Budget(remaining=12, resets_in=timedelta(hours=1), limit=250_000, name="daily"),
    ]
    assert budget(answer(200, {}, x_hubspot_ratelimit_max="many")) == []


def test_a_short_limit_within_a_read_costs_ten_seconds(portal: Portal) -> None:
    refused: list[str] = []

    def interfere(request: Request) -> Reply | None:
        if refused:
            return None
        refused.append(request.path)
        said = {"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your limit."}
        return Reply.of(said, 429)

    portal.sandbox.interfere = interfere
    before = portal.clock.seconds
    assert portal.turn("people").ids("people")
    assert portal.clock.seconds - before >= 10


def test_with_everything_read_everything_is_provided() -> None:
    assert provided(("tasks", "tickets", "deals", "projects", "notes")) == PROVIDES


def test_tickets_alone_have_neither_due_dates_nor_parents() -> None:
    found = provided(("tickets",))
    assert {"due_on", "parent_id"}.isdisjoint(found[Task])
    assert {"project_id", "labels"} <= found[Task]
    assert found.keys().isdisjoint({Link, Comment, StatusUpdate, Membership})
    assert "due_on" not in found[Project]
    assert Column in found


def test_tasks_alone_have_no_project_and_no_labels() -> None:
    found = provided(("tasks",))
    assert {"project_id", "labels"}.isdisjoint(found[Task])
    assert {"due_on", "parent_id"} <= found[Task]
    assert found.keys().isdisjoint({Project, Column, Link})
    assert Change in found


def test_projects_alone_are_no_work() -> None:
    found = provided(("projects",))
    assert found.keys().isdisjoint({Task, Change, Membership, Column})
    assert found[Project] == PROVIDES[Project]
