"""The credential, the limits, and what Airtable refuses."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.airtable.connector import Airtable
from connectors.airtable.options import AirtableOptions
from connectors.airtable.sandbox import CLIENT, REFRESH, SECRET, SIGN_IN
from connectors.sdk.contract import Answer
from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Throttled
from connectors.sdk.records import Comment, Task
from tests.conformance import world
from tests.connectors_airtable.conftest import Open, Workspace

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def answer(status: int, type: str, **headers: str) -> Answer:
    """A refusal of Airtable."""
    told = {"date": format_datetime(NOW, usegmt=True), **headers}
    return Answer(status, told, {"error": {"type": type, "message": "…"}}, "GET /v0/x")


# -- what errors mean ----------------------------------------------------------------------------


def test_the_months_calls_used_up_is_waited_for_and_tried_once_a_day() -> None:
    error = Airtable.classify(answer(429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED"))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(days=1)
    assert "month" in error.message
    assert "Upgrade" in error.advice


def test_who_asks_too_fast_waits_half_a_minute() -> None:
    error = Airtable.classify(answer(429, "RATE_LIMIT_REACHED"))
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=30)


def test_a_time_that_the_answer_names_holds() -> None:
    assert Airtable.classify(answer(429, "RATE_LIMIT_REACHED", **{"retry-after": "7"})) is None


def test_a_formula_that_is_not_accepted_begins_the_lane_anew() -> None:
    error = Airtable.classify(answer(422, "INVALID_FILTER_BY_FORMULA"))
    assert isinstance(error, CursorExpired)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": "NOT_FOUND"}),
        (403, {"error": {"type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"}}),
        (401, {"error": {"type": "AUTHENTICATION_REQUIRED"}}),
        (500, "text"),
        (422, None),
        (200, {"error": {"type": "INVALID_FILTER_BY_FORMULA"}}),
    ],
)
def test_all_else_is_read_by_its_status(status: int, body: Any) -> None:
    assert Airtable.classify(Answer(status, {}, body, "u")) is None


def test_a_refusal_half_a_minute_long_is_waited_out(open_workspace: Open) -> None:
    workspace = open_workspace(strict=True)
    for _ in range(5):  # others ask in the same second
        workspace.connect().confirm("tasks", [workspace.task(5)])
    before = workspace.clock.seconds
    told = workspace.connect().confirm("tasks", [workspace.task(6)])
    assert told == {workspace.task(6): None}
    assert workspace.clock.seconds == before + 30


def test_a_pace_of_five_a_second_is_kept(open_workspace: Open) -> None:
    workspace = open_workspace(strict=True, page_size=2)
    connector = workspace.connect()
    ids = [i for batch in connector.census("tasks", workspace.table()) for i in batch]
    connector.confirm("tasks", ids)
    assert workspace.clock.seconds < 30  # nobody was sent away
    assert len(ids) == world.PROJECTS["project-1"]


def test_a_spent_month_stops_the_reading_of_records(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.sandbox.spent = True
    with pytest.raises(Throttled) as spent:
        workspace.turn("tasks", first.cursors)
    assert spent.value.until == workspace.clock.now() + timedelta(days=1)


# -- who we are ----------------------------------------------------------------------------------


def test_check_says_who_we_are_and_which_tables_there_are(workspace: Workspace) -> None:
    identity = workspace.connect().check()
    assert identity.account == "flagstaff@example.com"
    assert [scope.name for scope in identity.scopes] == [
        "New web site base / New web site", "New web site base / Web shop",
        "Operations base / Operations",
    ]  # fmt: skip
    assert identity.warnings == []
    assert identity.server_time == workspace.clock.now()


def test_check_names_the_scopes_that_are_missing(open_workspace: Open) -> None:
    workspace = open_workspace(scopes=["data.records:read", "schema.bases:read"])
    [warning] = workspace.connect().check().warnings
    assert "data.recordComments:read" in warning
    assert workspace.with_options(comments=False).check().warnings == []
    read = workspace.read(patient=True)
    assert len(read.of(Task)) == sum(world.PROJECTS.values())
    assert all(isinstance(error, NotVisible) for error in read.errors)
    assert read.errors
    assert not read.of(Comment)


def test_a_credential_without_bases_is_told(workspace: Workspace) -> None:
    workspace.sandbox.hidden = {
        scope.id.partition(":")[0] for scope in workspace.connect().scopes()
    }
    [warning] = workspace.connect().check().warnings
    assert "no table" in warning


# -- OAuth ---------------------------------------------------------------------------------------


def test_signing_in_shows_the_clients_secret_in_a_header_only(workspace: Workspace) -> None:
    connector = workspace.connect(workspace.config(**workspace.sandbox.signed_in(workspace.url)))
    assert connector.check().account == "flagstaff@example.com"
    [asked] = [each for each in workspace.sandbox.log if each.path == SIGN_IN]
    named = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {named}"
    assert SECRET.encode() not in asked.body


def test_a_refresh_token_is_used_once_and_the_next_one_is_kept(workspace: Workspace) -> None:
    config = workspace.config(**workspace.sandbox.signed_in(workspace.url))
    for _ in range(3):  # connections of several turns, an access token's life apart
        workspace.connect(config).check()
        workspace.connect(config).check()
        workspace.clock.sleep(3600)
    asked = [each.body for each in workspace.sandbox.log if each.path == SIGN_IN]
    assert len(asked) == len(set(asked)) == 3
    assert sum(REFRESH.encode() in body and body.endswith(b"-0") for body in asked) == 1


def test_a_used_refresh_token_asks_the_admin_to_sign_in_again(workspace: Workspace) -> None:
    workspace.sandbox.refresh_token = "another"
    config = workspace.config(**workspace.sandbox.signed_in(workspace.url))
    with pytest.raises(Refused, match="no longer valid"):
        workspace.connect(config).check()


def test_one_signs_in_at_the_site_and_reads_from_the_api() -> None:
    config = AirtableOptions(client_id="c", refresh_token="r")
    access = Airtable.access(config)
    assert access.base_url == "https://api.airtable.com/v0"
    assert access.oauth is not None
    assert access.oauth.token_url == "https://airtable.com/oauth2/v1/token"
    assert not access.headers


def test_a_login_asks_to_read_and_for_comments_only_where_they_are_read() -> None:
    asked = []
    for comments in (True, False):
        oauth = Airtable.access(AirtableOptions(client_id="c", comments=comments)).oauth
        assert oauth is not None
        assert oauth.by_login
        assert oauth.login is not None
        assert oauth.login.authorize_url == "https://airtable.com/oauth2/v1/authorize"
        asked.append(set(oauth.login.scopes))
    assert asked[0] - asked[1] == {"data.recordComments:read"}
    assert asked[1] == {"data.records:read", "schema.bases:read"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"refresh_token": "r"},
        {"client_secret": "s", "refresh_token": "r"},
        {"token": "t", "client_id": "c"},
        {"token": "t", "client_id": "c", "refresh_token": "r"},
    ],
)
def test_there_is_exactly_one_credential(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="token"):
        AirtableOptions(**options)
