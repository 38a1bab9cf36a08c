"""How Jira says no, and how it says "slower"."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.jira.config import JiraConfig
from connectors.jira.connector import Jira
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import NotVisible, Refused, Unexpected
from connectors.sdk.sandbox import Reply


def answer(status: int, data: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, data, "https://acme.example.com/rest/api/3/x")


REMOVED = {"errorMessages": ["The requested API has been removed. Please migrate."]}
UNKNOWN = {"errorMessages": ["The value 'X' does not exist for the field 'project'."]}
INVALID = {"errorMessages": ["Error in the JQL Query."], "errors": {}}


@pytest.mark.parametrize(
    ("said", "kind", "word"),
    [
        (answer(401), Refused, "token"),
        (answer(200, {}, x_seraph_loginreason="AUTHENTICATED_FAILED"), Refused, "token"),
        (answer(200, {}, x_seraph_loginreason="AUTHENTICATION_DENIED"), Refused, "token"),
        (answer(403, None, x_authentication_denied_reason="CAPTCHA_CHALLENGE; login-url=x"),
         Refused, "captcha"),
        (answer(410, REMOVED), Refused, "removed"),
        (answer(400, UNKNOWN), NotVisible, "'X'"),
        (answer(400, INVALID), Unexpected, "JQL"),
        (answer(400, "<html>"), Unexpected, "no reason"),
    ],
)  # fmt: skip
def test_refusals(said: Answer, kind: type[Exception], word: str) -> None:
    error = Jira.classify(said)
    assert type(error) is kind
    assert word in error.message


@pytest.mark.parametrize("status", [200, 204, 403, 404, 429, 500, 503])
def test_the_status_alone_is_left_to_the_door(status: int) -> None:
    assert Jira.classify(answer(status, {"errorMessages": ["words"]})) is None


def test_a_signed_in_answer_is_no_refusal() -> None:
    assert Jira.classify(answer(200, [], x_seraph_loginreason="OK")) is None


def test_budget_of_bursts() -> None:
    headers = {
        "x-ratelimit-limit": "350",
        "x-ratelimit-remaining": "12",
        "x-ratelimit-reset": "2026-03-02T12:01Z",
        "date": "Mon, 02 Mar 2026 12:00:20 GMT",
    }
    assert list(Jira.budget(Answer(200, headers, None, ""))) == [
        Budget(12, timedelta(seconds=40), 350, name="burst")
    ]


def test_budget_of_the_hourly_quota() -> None:
    headers = {"beta-ratelimit": '"global-app-quota";r=5000;t=900'}
    assert list(Jira.budget(Answer(200, headers, None, ""))) == [
        Budget(5000, timedelta(minutes=15), name="quota")
    ]
    headers["beta-ratelimit-policy"] = '"global-app-quota";q=65000;w=3600'
    assert list(Jira.budget(Answer(200, headers, None, ""))) == [
        Budget(5000, timedelta(minutes=15), 65000, name="quota", per=timedelta(hours=1))
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "many", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "soon", "date": "never"},
        {"beta-ratelimit": "nothing;r=;t=x"},
        {"beta-ratelimit": f"r={'9' * 5000};t=60"},
    ],
)
def test_no_budget_is_made_up(headers: dict[str, str]) -> None:
    assert list(Jira.budget(Answer(200, headers, None, ""))) == []


def test_a_removed_api_ends_a_read_with_advice(site: Any) -> None:
    site.sandbox.interfere = lambda request: (
        Reply.of(REMOVED, 410) if "search/jql" in request.path else None
    )
    with pytest.raises(Refused) as refusal:
        list(site.jira.pull("tasks", "", {"updated_ms": "1", "swept_ms": "1"}))
    assert "deployment" in refusal.value.remedy


def test_the_token_is_in_no_address_and_in_no_text() -> None:
    config = JiraConfig(
        url="https://acme.example.com/", email="pmo@example.com", token=SecretStr("hush-hush")
    )
    access = Jira.access(config)
    assert access.base_url == "https://acme.example.com"
    assert "hush" not in repr(access)
    assert "hush" not in repr(config)
    assert access.headers["Authorization"].startswith("Basic ")
    bearer = Jira.access(JiraConfig(url="https://acme.example.com", token=SecretStr("hush-hush")))
    assert bearer.headers["Authorization"] == "Bearer hush-hush"


@pytest.mark.parametrize("url", ["acme.atlassian.net", "ftp://acme.example.com", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="whole address"):
        JiraConfig(url=url, token=SecretStr("x"))


def test_every_option_is_described() -> None:
    assert all(each.description for each in Jira.Config.model_fields.values())


def test_the_page_for_admins_names_every_option_and_stream(root: Path) -> None:
    text = (root / "connectors" / "jira" / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in Jira.Config.model_fields)
    assert all(f"| {stream} |" in text for stream in Jira.streams)
