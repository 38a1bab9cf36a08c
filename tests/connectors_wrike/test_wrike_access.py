"""Signing in, what is refused, and who has to act."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.sdk.contract import Answer
from connectors.sdk.errors import NotVisible, Refused, Throttled, Unavailable, Unexpected
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.wrike.api import Api
from connectors.wrike.connector import Wrike, WrikeOptions
from connectors.wrike.sandbox_words import error
from tests.connectors_wrike.conftest import Account, Open


def test_check_names_the_user_the_account_and_all_places(account: Account) -> None:
    identity = account.connect().check()
    assert (identity.account, identity.site) == ("Flagstaff Reader", "Example")
    assert identity.server_time == account.clock.now()
    assert {scope.name for scope in identity.scopes} == {
        "Delivery", "Operations", "New web site", "Web shop",
    }  # fmt: skip
    assert not identity.warnings


def test_an_account_that_sees_nothing_is_warned(open_account: Open) -> None:
    account = open_account([])
    account.sandbox.hidden.update(account.sandbox.spaces)
    assert account.connect().check().warnings == ["The account sees no project and no space."]


def test_an_api_app_signs_in_and_renews_what_has_run_out(account: Account) -> None:
    options = account.sandbox.app_options(account.url)
    connector = account.connect(account.config(**options))
    connector.check()
    account.sandbox.expire()
    assert connector.check().account == "Flagstaff Reader"
    signed_in = [each for each in account.sandbox.log if each.path == "/oauth2/token"]
    assert len(signed_in) == 2
    bearers = {
        each.headers["authorization"]
        for each in account.sandbox.log
        if each.path != "/oauth2/token"
    }
    assert len(bearers) == 2
    assert all(each.startswith("Bearer ") for each in bearers)


def test_a_wrong_refresh_token_is_refused(account: Account) -> None:
    options = {**account.sandbox.app_options(account.url), "refresh_token": "another"}
    with pytest.raises(Refused):
        account.connect(account.config(**options)).check()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"client_id": "a", "client_secret": "b"},
        {"token": "a", "client_id": "b"},
        {"token": "a", "client_id": "b", "client_secret": "c", "refresh_token": "d"},
    ],
)
def test_there_is_one_whole_credential(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give either `token`"):
        WrikeOptions(**options)


def test_a_revoked_token_is_refused_with_a_remedy(account: Account) -> None:
    connector = account.connect(account.config(token="revoked-token"))
    with pytest.raises(Refused) as refused:
        connector.check()
    assert not isinstance(refused.value, NotVisible)
    assert "`token`" in refused.value.remedy


def test_another_data_centre_is_told(account: Account) -> None:
    account.sandbox.interfere = lambda _: Reply(300, b"")
    with pytest.raises(Refused, match="another data centre") as refused:
        account.connect().check()
    assert "/api/v4" in refused.value.remedy


@pytest.mark.parametrize(
    ("stream", "option"), [("worklogs", "worklogs"), ("approvals", "approvals")]
)
def test_what_the_licence_does_not_allow_names_the_option(
    open_account: Open, stream: str, option: str
) -> None:
    account = open_account(licence=False)
    read = account.read(patient=True)
    refused = [each for each in read.errors if isinstance(each, NotVisible)]
    assert [f"`{option}: false`" in each.remedy for each in refused].count(True) == 1
    assert len(refused) == len(read.errors) == 2
    assert not read.ids(stream)
    assert read.of(Task)


def test_dependencies_that_the_licence_does_not_allow_are_asked_for_once(account: Account) -> None:
    handle, asked = account.sandbox.handle, []

    def refuse(request: Request) -> Reply:
        if not request.path.startswith("/api/v4/dependencies/"):
            return handle(request)
        asked.append(request.path)
        return Reply.of(error("not_allowed", "not in your licence"), 403)

    account.sandbox.interfere = refuse
    ids = [f"IEAAAAAQIU{number:06}" for number in range(150)]
    named = Api(account.door).named("/dependencies", ids)
    assert len(asked) == 2
    assert named.refused == dict.fromkeys(ids, 403)


def test_comments_that_are_shut_for_the_plan_name_the_option() -> None:
    data = error("not_allowed", "not in your plan")
    url = "https://www.wrike.com/api/v4/comments"
    refused = Wrike.classify(Answer(403, {}, data, url))
    assert isinstance(refused, NotVisible)
    assert "`comments: false`" in refused.remedy


def test_a_page_that_is_not_known_any_more_is_asked_for_at_the_next_turn() -> None:
    data = error("invalid_parameter", "Parameter 'nextPageToken' value is invalid")
    assert isinstance(Wrike.classify(Answer(400, {}, data, "")), Unavailable)
    other = error("invalid_parameter", "Parameter 'fields' value is invalid")
    assert Wrike.classify(Answer(400, {}, other, "")) is None


def test_a_parameter_that_is_refused_is_a_mistake_of_ours(account: Account) -> None:
    account.sandbox.interfere = lambda _: Reply.of(error("invalid_parameter", "'fields'"), 400)
    with pytest.raises(Unexpected):
        account.turn("tasks")


def test_too_many_requests_are_waited_out_without_a_word_from_wrike(account: Account) -> None:
    refusals = [Reply.of(error("too_many_requests", "Too many"), 429) for _ in range(2)]
    account.sandbox.interfere = lambda _: refusals.pop() if refusals else None
    began = account.clock.seconds
    read = account.turn("tasks")
    assert len(read.ids("tasks")) == len(account.sandbox.world.all(Task))
    assert account.clock.seconds - began >= 1


def test_a_limit_that_does_not_end_is_come_back_to(open_account: Open) -> None:
    with pytest.raises(Throttled):
        open_account(allowance=5).turn("tasks")


def test_a_project_that_is_hidden_takes_no_task_away(account: Account) -> None:
    read = account.turn("tasks")
    account.sandbox.hidden.add(account.native(Project, "project-2"))
    account.clock.sleep(3600)
    again = account.turn("tasks", read.cursors)
    assert not again.gone
    told = account.connect().confirm("projects", [account.native(Project, "project-2")])
    assert set(told.values()) == {"access_lost"}


@pytest.mark.parametrize(
    "data", [None, [], {}, {"data": None}, {"data": [{"title": "x"}]}, {"data": [1]}]
)
def test_an_answer_of_another_shape_is_unexpected(account: Account, data: Any) -> None:
    account.sandbox.interfere = lambda _: Reply.of(data)
    for stream in Wrike.streams:
        with pytest.raises(Unexpected):
            account.turn(stream)


def test_an_answer_without_a_date_is_unexpected(account: Account) -> None:
    handle = account.sandbox.handle
    account.sandbox.interfere = lambda request: Reply(
        200, handle(request).body, {"Content-Type": "application/json", "Date": "today"}
    )
    with pytest.raises(Unexpected, match="no date"):
        account.turn("tasks")


def test_an_account_without_a_recycle_bin_or_a_beginning_is_unexpected(account: Account) -> None:
    handle = account.sandbox.handle
    account.sandbox.interfere = lambda request: (
        Reply.of({"data": [{"id": "IEAAAAAQ"}]}) if "account" in request.path else handle(request)
    )
    for stream in ("tasks", "comments"):
        with pytest.raises(Unexpected, match="account"):
            account.turn(stream)
