"""Signing in, refusals, limits, and what the options leave unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import ValidationError

from connectors.salesforce.answers import QueryTooLong
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.options import SalesforceOptions
from connectors.salesforce.provides import NEEDS
from connectors.salesforce.sandbox import CLIENT, REFRESH, USER
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
)
from connectors.sdk.records import Approval, Change, Comment, Project, SlaCycle, Task
from connectors.sdk.sandbox import Reply, Request

BASE = {"url": "https://acme.my.salesforce.com", "client_id": "3MVG9"}
DATE = "Mon, 30 Nov 2026 09:00:00 GMT"
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


def refusal(status: int, code: str, said: str = "said", **headers: str) -> Answer:
    return Answer(
        status, {"date": DATE, **headers}, [{"message": said, "errorCode": code}], "https://x"
    )


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key and its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def forms(organization: Any) -> list[dict[str, list[str]]]:
    return [
        parse_qs(each.body.decode())
        for each in organization.sandbox.log
        if each.path == "/services/oauth2/token"
    ]


def test_the_app_signs_in_with_its_own_credentials(organization: Any) -> None:
    assert organization.turn("tasks").records
    assert [form["grant_type"] for form in forms(organization)] == [["client_credentials"]]


def test_a_refresh_token_signs_in(organization: Any) -> None:
    connector = organization.with_options(client_secret=None, token=REFRESH)
    assert organization.turn("tasks", connector=connector).records
    [form] = forms(organization)
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], [REFRESH])


def test_a_person_signs_in_where_the_options_hold_nothing_to_sign_in_with() -> None:
    oauth = Salesforce.access(SalesforceOptions(**BASE)).oauth
    assert oauth is not None
    assert oauth.by_login
    assert oauth.login is not None
    assert oauth.login.authorize_url == "https://acme.my.salesforce.com/services/oauth2/authorize"
    assert oauth.login.scopes == ("api", "refresh_token")


def test_an_app_that_signs_in_by_itself_never_becomes_a_person() -> None:
    for by_itself in ({"client_secret": "s"}, {"user": USER, "key": "pem"}):
        oauth = Salesforce.access(SalesforceOptions(**BASE, **by_itself)).oauth
        assert oauth is not None
        assert oauth.login is None


def test_a_key_signs_in(open_organization: Any, keys: tuple[str, str]) -> None:
    organization = open_organization(public_key=keys[1])
    connector = organization.with_options(client_secret=None, user=USER, key=keys[0])
    assert organization.turn("tasks", connector=connector).records
    [form] = forms(organization)
    assert form.keys() == {"grant_type", "assertion"}


@pytest.mark.parametrize(
    "wrong", [{"user": "eve@example.com"}, {"audience": "https://test.salesforce.com"}]
)
def test_an_assertion_for_another_is_refused_with_the_reason(
    open_organization: Any, keys: tuple[str, str], wrong: dict[str, str]
) -> None:
    organization = open_organization(public_key=keys[1])
    options = {"client_secret": None, "user": USER, "key": keys[0], **wrong}
    with pytest.raises(Refused, match="invalid_grant: invalid grant"):
        organization.with_options(**options).check()


def test_a_key_that_is_none_is_refused_and_not_shown(organization: Any) -> None:
    connector = organization.with_options(client_secret=None, user=USER, key="my-canary-key")
    with pytest.raises(Refused, match="cannot be read") as caught:
        connector.check()
    assert "PEM" in caught.value.advice
    assert "canary" not in f"{caught.value!r}{caught.value.__context__!r}{caught.value.__cause__!r}"


def test_an_ended_session_is_renewed_once(organization: Any) -> None:
    connector = organization.connect()
    connector.check()
    organization.sandbox.end_sessions()
    assert organization.turn("tasks", connector=connector).records
    assert organization.sandbox.signed_in == 2


def test_a_session_that_is_never_good_is_refused(organization: Any) -> None:
    connector = organization.connect()
    connector.check()

    def deny(request: Request) -> Reply | None:
        if request.path == "/services/oauth2/token":
            return None
        error = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        return Reply.of(error, 401)

    organization.sandbox.interfere = deny
    with pytest.raises(Refused, match="does not accept the sign-in") as caught:
        organization.turn("tasks", connector=connector)
    assert not isinstance(caught.value, NotVisible)
    assert organization.sandbox.signed_in == 2


def test_a_used_up_quota_is_waited_for_and_no_refusal(organization: Any) -> None:
    organization.sandbox.quota = 3
    with pytest.raises(Throttled) as caught:
        organization.turn("tasks")
    assert caught.value.until - organization.clock.now() <= timedelta(hours=1)


def test_our_share_of_the_quota_is_kept(organization: Any) -> None:
    organization.sandbox.quota = 10
    connector = organization.with_options(quota_share=50)
    with pytest.raises(Throttled, match="used its share of the quota"):
        organization.read(connector=connector)
    assert organization.sandbox.used == 5
    organization.clock.sleep(3601)
    organization.sandbox.quota = 100_000
    assert organization.read(connector=connector).records


def test_the_daily_quota_is_told_by_every_answer() -> None:
    header = {"sforce-limit-info": "api-usage=25/15000"}
    assert Salesforce.budget(Answer(200, header, {}, "https://x")) == [
        Budget(remaining=14_975, resets_in=timedelta(hours=1), limit=15_000, name="daily")
    ]


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("api-usage=15009/15000", {"daily": 0}),
        ("api-usage=1/10;per-app-api-usage=17/250(appName=sample)",
         {"daily": 9, "daily of the app": 233}),
        ("", {}), ("api-usage=x/y", {}), ("api-usage=1/0", {}), ("per-app-api-usage=1/5",
         {"daily of the app": 4}),
    ],
)  # fmt: skip
def test_odd_budgets(header: str, left: dict[str, int]) -> None:
    found = Salesforce.budget(Answer(200, {"sforce-limit-info": header}, {}, "https://x"))
    assert {each.name: each.remaining for each in found} == left


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "INVALID_SESSION_ID", Refused),
        (403, "API_DISABLED_FOR_ORG", Refused),
        (403, "API_CURRENTLY_DISABLED", Refused),
        (400, "INVALID_QUERY_LOCATOR", CursorExpired),
        (400, "QUERY_TIMEOUT", QueryTooLong),
        (503, "SERVER_UNAVAILABLE", Unavailable),
        (400, "INVALID_TYPE", NotVisible),
        (400, "INVALID_FIELD", NotVisible),
        (400, "OPERATION_TOO_LARGE", NotVisible),
    ],
)
def test_error_codes(status: int, code: str, kind: type[Exception]) -> None:
    error = Salesforce.classify(refusal(status, code))
    assert type(error) is kind
    assert "said" in str(error)


@pytest.mark.parametrize("code", ["MALFORMED_QUERY", "NOT_FOUND", "INSUFFICIENT_ACCESS", "NEW"])
def test_other_codes_are_left_to_the_status(code: str) -> None:
    assert Salesforce.classify(refusal(400, code)) is None


def test_an_error_inside_a_success_is_no_refusal() -> None:
    assert Salesforce.classify(refusal(200, "INVALID_SESSION_ID")) is None


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("TotalRequests Limit exceeded.", timedelta(hours=1)),
        ("ConcurrentPerOrgLongTxn Limit exceeded.", timedelta(seconds=15)),
    ],
)
def test_limits_say_when_to_come_back(said: str, wait: timedelta) -> None:
    error = Salesforce.classify(refusal(403, "REQUEST_LIMIT_EXCEEDED", said))
    assert isinstance(error, Throttled)
    assert error.until == AT + wait


def test_a_limit_without_a_clock_is_tried_again() -> None:
    body = [{"message": "no", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert type(Salesforce.classify(Answer(403, {}, body, "https://x"))) is Unavailable


@pytest.mark.parametrize("data", [None, "x", {}, {"errorCode": 1}, [None], [[]], [{"message": 1}]])
def test_odd_errors_do_not_crash(data: Any) -> None:
    assert Salesforce.classify(Answer(400, {}, data, "https://x")) is None
    assert isinstance(Salesforce.classify(Answer(401, {}, data, "https://x")), Refused)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"user": "ada@example.com", "client_secret": "s"}, "belong together"),
        ({"key": "pem", "client_secret": "s"}, "belong together"),
        ({"token": "t", "user": "ada@example.com", "key": "pem"}, "not both"),
        ({"client_secret": "s", "objects": ["CaseComment"]}, "with `Case` only"),
        ({"client_secret": "s", "objects": ["Lead"]}, "Task"),
        ({"client_secret": "s", "project_object": "x'y"}, "no API name"),
        ({"client_secret": "s", "fields": ["Target__c"]}, r"Object\.Field"),
        ({"client_secret": "s", "fields": ["Case.a, Id"]}, r"Object\.Field"),
        ({"client_secret": "s", "without": ["Case.Status"]}, "none of"),
        ({"client_secret": "s", "tracked": ["Status"]}, "no Task"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SalesforceOptions(**BASE, **options)


def connector(**options: Any) -> Salesforce:
    return Salesforce(SalesforceOptions(**BASE, client_secret="s", **options), None)  # type: ignore[arg-type]


def test_what_is_not_read_is_not_provided() -> None:
    plain = connector().provided
    assert SlaCycle not in plain
    assert {Comment, Change, Approval} <= plain.keys()
    assert SlaCycle in connector(objects=["Case", "CaseMilestone"]).provided
    assert "due_on" not in connector(objects=["Case"]).provided[Task]
    assert not {"key", "parent_id"} & connector(objects=["Task"]).provided[Task]
    assert Project not in connector(project_object=None).provided


@pytest.mark.parametrize("name", ["Task.Priority", "Case.Description", "User.Email"])
def test_what_is_hidden_is_not_provided(name: str) -> None:
    kind, fields = NEEDS[name]
    assert fields
    assert not fields & connector(without=[name]).provided[kind]
    assert fields <= Salesforce.provides[kind]


def test_history_is_what_the_options_say_is_tracked() -> None:
    assert connector().history == frozenset()
    cases = connector(objects=["Case", "CaseHistory"], tracked=["Status", "Owner"])
    assert cases.history == {"status", "assignee_ids"}


def test_the_client_of_the_sandbox_is_asked_with_nothing_in_the_address(organization: Any) -> None:
    organization.read()
    for each in organization.sandbox.log:
        assert CLIENT not in each.path + orjson.dumps(dict(each.query)).decode()
