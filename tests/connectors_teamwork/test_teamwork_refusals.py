"""What Teamwork says when it says no, and answers that cannot be right."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled, Unexpected
from connectors.sdk.sandbox import Reply, Request
from connectors.teamwork.connector import Teamwork, TeamworkOptions
from connectors.teamwork.sandbox import KEY
from tests.connectors_teamwork.conftest import Open, Site

DATE = "Fri, 20 Nov 2026 15:00:00 GMT"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def answer(status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, None, "https://acme.teamwork.com/projects/api/v3/tasks.json")


def page(**more: Any) -> Any:
    return {"tasks": [], "meta": {"page": {"hasMore": False}}, "included": {}} | more


def ended(site: Site, body: Any, stream: str = "tasks") -> ConnectorError:
    site.sandbox.interfere = lambda _: Reply.of(body)
    with pytest.raises(ConnectorError) as raised:
        site.turn(stream)
    return raised.value


def test_an_api_key_is_a_users_name_and_a_token_a_bearers() -> None:
    by_key = TeamworkOptions(url="https://acme.eu.teamwork.com/", api_key="twp_x")
    access = Teamwork.access(by_key)
    assert access.base_url == "https://acme.eu.teamwork.com"
    pair = access.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(pair) == b"twp_x:x"
    by_token = TeamworkOptions(url="https://acme.teamwork.com", token="t")
    assert Teamwork.access(by_token).headers["Authorization"] == "Bearer t"


def test_a_bearers_token_reads_as_well(site: Site) -> None:
    connector = site.connect(site.config(api_key=None, token=KEY))
    assert connector.check().account == "Flagstaff Reader"


@pytest.mark.parametrize(
    "options",
    [{}, {"api_key": "a", "token": "b"}, {"api_key": "a", "url": "https://acme.teamwork.com/app"}],
)
def test_options_that_make_no_sense(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TeamworkOptions(**({"url": "https://acme.teamwork.com"} | options))


def test_check_tells_the_account_the_site_and_its_clock(site: Site) -> None:
    identity = site.connect().check()
    assert (identity.account, identity.version) == ("Flagstaff Reader", "3")
    assert site.url.endswith(identity.site)
    assert identity.server_time == NOW
    assert len(identity.scopes) == 3
    assert identity.warnings == []


def test_an_account_without_projects_is_told(open_site: Open) -> None:
    assert open_site([]).connect().check().warnings == ["The account sees no project."]


def test_a_login_page_instead_of_an_answer_is_a_wrong_key(site: Site) -> None:
    with pytest.raises(Refused) as refused:
        site.with_options(api_key="twp_wrong").check()
    assert "401" in str(refused.value)
    assert refused.value.remedy


def test_a_429_in_plain_text_lasts_until_the_minute_ends(open_site: Open) -> None:
    site = open_site(allowance=5, small_pages=False)
    before = site.clock.seconds
    assert len(site.read().ids("tasks")) == 30
    assert site.clock.seconds - before >= 60


@pytest.mark.parametrize(
    ("reset", "until"),
    [(str(int(NOW.timestamp()) + 42), 42), ("42", 42), (str(int(NOW.timestamp()) - 5), 0)],
)
def test_the_reset_is_a_time_or_a_span(reset: str, until: int) -> None:
    told = answer(429, date=DATE, x_rate_limit_reset=reset)
    error = Teamwork.classify(told)
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(seconds=until)


@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after": "5", "x_rate_limit_reset": "42", "date": DATE},
        {"x_rate_limit_reset": "soon", "date": DATE},
        {"x_rate_limit_reset": "42"},
        {},
    ],
)
def test_a_429_without_a_reset_is_left_to_the_ordinary_reading(headers: dict[str, str]) -> None:
    assert Teamwork.classify(answer(429, **headers)) is None


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
def test_other_statuses_mean_what_they_say(status: int) -> None:
    assert Teamwork.classify(answer(status, date=DATE, x_rate_limit_reset="42")) is None


def test_the_budget_is_what_the_headers_say() -> None:
    told = answer(
        date=DATE, x_rate_limit_limit="150", x_rate_limit_remaining="149",
        x_rate_limit_reset=str(int(NOW.timestamp()) + 30),
    )  # fmt: skip
    assert Teamwork.budget(told) == [Budget(149, timedelta(seconds=30), limit=150)]
    assert Teamwork.budget(answer(date=DATE)) == ()
    odd = answer(date=DATE, x_rate_limit_remaining="²", x_rate_limit_reset="30")
    assert Teamwork.budget(odd) == ()
    without = answer(date=DATE, x_rate_limit_remaining="3", x_rate_limit_reset="30")
    assert Teamwork.budget(without) == [Budget(3, timedelta(seconds=30))]


@pytest.mark.parametrize("meta", [{}, {"page": {}}, {"page": {"hasMore": None}}, None])
def test_a_list_that_does_not_say_whether_it_goes_on_is_an_error(site: Site, meta: Any) -> None:
    error = ended(site, page(meta=meta))
    assert isinstance(error, Unexpected)
    assert "does not say" in str(error)


@pytest.mark.parametrize("rows", [{}, "no", [1], [{}], [{"id": None}], [{"id": 0}]])
def test_rows_without_an_id_are_an_error_that_names_the_list(site: Site, rows: Any) -> None:
    error = ended(site, page(tasks=rows))
    assert isinstance(error, Unexpected)
    assert "/tasks.json" in str(error)


def test_a_list_that_is_null_is_empty(site: Site) -> None:
    site.sandbox.interfere = lambda _: Reply.of(page(tasks=None))
    assert not site.turn("tasks").ids("tasks")


@pytest.mark.parametrize("rows", [[], [{"id": 5, "tasklist": {"id": 6}, "status": "new"}]])
def test_pages_that_bring_nothing_new_for_ever_are_an_error(site: Site, rows: Any) -> None:
    more = {"page": {"hasMore": True}}
    body = page(tasks=rows, meta=more, included={"tasklists": {}})
    site.sandbox.interfere = lambda request: (
        Reply.of(body) if request.path.endswith("/tasks.json") else None
    )
    with pytest.raises(Unexpected, match="do not come to an end"):
        site.turn("tasks")


def test_tasks_without_their_lists_are_an_error_for_they_belong_nowhere(site: Site) -> None:
    error = ended(site, page(tasks=[{"id": 5, "status": "new"}]))
    assert "without the lists" in str(error)


def test_one_task_without_its_list_is_read_without_a_project(site: Site) -> None:
    body = page(tasks=[{"id": 5, "name": "Lost", "status": "new"}], included={"tasklists": {}})
    site.sandbox.interfere = lambda request: (
        Reply.of(body) if request.path.endswith("/tasks.json") else None
    )
    (item,) = site.turn("tasks").items["tasks"].values()
    assert (item.scope, item.body["project"]) == (None, None)


def test_an_answer_about_one_thing_without_an_id_is_no_answer(site: Site) -> None:
    site.sandbox.interfere = lambda _: Reply.of({"task": {"name": "N"}})
    with pytest.raises(Unexpected):
        site.connect().confirm("tasks", ["5"])


def test_custom_fields_that_the_plan_has_not_are_refused_in_words(site: Site) -> None:
    site.sandbox.interfere = lambda request: (
        Reply.of({}, 403) if "customfields" in request.path else None
    )
    with pytest.raises(NotVisible):
        site.turn("tasks")
    read = site.read(streams=["tasks"], connector=site.with_options(custom_fields=False))
    assert len(read.ids("tasks")) == 30


@pytest.mark.parametrize(
    "query",
    [
        {"updatedafter": ["2026-11-20"]}, {"pageSize": ["501"]}, {"pageSize": ["0"]},
        {"page": ["0"]},
    ],
)  # fmt: skip
def test_the_imitation_refuses_what_teamwork_does_not_know(site: Site, query: Any) -> None:
    request = Request("GET", "/projects/api/v3/tasks.json", query, signed_in(site))
    assert site.sandbox.handle(request).status == 400


def test_the_imitation_knows_no_other_paths_and_writes_nothing(site: Site) -> None:
    for method, path in (
        ("GET", "/projects/api/v3/risks.json"), ("GET", "/projects/api/v3/tasks"),
        ("POST", "/projects/api/v3/tasks.json"), ("GET", "/tasks.json/5"),
    ):  # fmt: skip
        assert site.sandbox.handle(Request(method, path, {}, signed_in(site))).status == 404


def signed_in(site: Site) -> dict[str, str]:
    return {"authorization": Teamwork.access(site.config()).headers["Authorization"]}  # type: ignore[arg-type]
