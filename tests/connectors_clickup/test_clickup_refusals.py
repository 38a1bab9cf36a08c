"""What ClickUp means by a refusal, and what it says of its limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.clickup.connector import ClickUp
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import NotVisible, Refused, Throttled, Unavailable
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply

API = "https://api.clickup.com/api/v2"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def answer(status: int, data: Any = None, path: str = "/list/1/task", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, data, API + path)


def said(code: str) -> dict[str, str]:
    return {"err": "No", "ECODE": code}


@pytest.mark.parametrize("code", ["OAUTH_017", "OAUTH_018", "OAUTH_019", "OAUTH_025", "OAUTH_077"])
def test_a_token_that_is_refused(code: str) -> None:
    error = ClickUp.classify(answer(401, said(code)))
    assert type(error) is Refused
    assert "`token`" in error.remedy


def test_a_401_without_a_code_is_the_tokens() -> None:
    assert type(ClickUp.classify(answer(401, {"err": "Unauthorized"}))) is Refused
    assert ClickUp.classify(answer(401, "no")) is None  # the door refuses as well


@pytest.mark.parametrize(
    "code",
    ["OAUTH_023", "OAUTH_026", "OAUTH_027", "OAUTH_029", "OAUTH_045", "ACCESS_083", "ITEM_010"],
)
@pytest.mark.parametrize("path", ["/list/1", "/list/1/task", "/task/86a", "/space/3/folder"])
def test_a_401_for_what_the_token_may_not_see(code: str, path: str) -> None:
    error = ClickUp.classify(answer(401, said(code), path))
    assert isinstance(error, NotVisible)
    assert error.remedy


def test_a_workspace_that_the_token_may_not_see_is_the_whole_connection() -> None:
    for path in ("/team/9/task", "/team/9/space", "/team/9/shared"):
        error = ClickUp.classify(answer(401, said("OAUTH_027"), path))
        assert type(error) is Refused
        assert "`workspace`" in error.remedy


def test_time_of_others_is_for_admins() -> None:
    for status, code in ((401, "TIMEENTRY_059"), (403, "TEAM_110"), (401, "OAUTH_027")):
        error = ClickUp.classify(answer(status, said(code), "/team/9/time_entries"))
        assert isinstance(error, NotVisible)
        assert "worklogs: false" in error.remedy
    token = ClickUp.classify(answer(401, said("OAUTH_025"), "/team/9/time_entries"))
    assert type(token) is Refused


def test_what_the_plan_leaves_out_is_not_the_whole_connection() -> None:
    error = ClickUp.classify(answer(403, said("TEAM_110"), "/team/9/custom_item"))
    assert isinstance(error, NotVisible)
    assert ClickUp.classify(answer(403, None)) is None


@pytest.mark.parametrize("status", [200, 400, 404, 500, 503])
def test_other_statuses_mean_what_they_say(status: int) -> None:
    assert ClickUp.classify(answer(status, said("ITEM_013"))) is None


def test_a_429_lasts_until_the_minute_ends() -> None:
    end = NOON + timedelta(seconds=40)
    error = ClickUp.classify(answer(429, x_ratelimit_reset=str(int(end.timestamp()))))
    assert isinstance(error, Throttled)
    assert error.until == end
    assert ClickUp.classify(answer(429, x_ratelimit_reset="1772452840", retry_after="9")) is None
    assert ClickUp.classify(answer(429)) is None
    assert ClickUp.classify(answer(429, x_ratelimit_reset="soon")) is None


def test_the_budget_is_what_the_headers_say() -> None:
    headers = {
        "x_ratelimit_limit": "100",
        "x_ratelimit_remaining": "7",
        "x_ratelimit_reset": str(int(NOON.timestamp()) + 25),
        "date": format_datetime(NOON, usegmt=True),
    }
    told = Budget(remaining=7, resets_in=timedelta(seconds=25), limit=100)
    assert ClickUp.budget(answer(200, **headers)) == [told]
    past = {**headers, "x_ratelimit_reset": str(int(NOON.timestamp()) - 5)}
    assert ClickUp.budget(answer(200, **past))[0].resets_in == timedelta()
    for name in ("x_ratelimit_remaining", "x_ratelimit_reset", "date"):
        assert ClickUp.budget(answer(200, **{**headers, name: "?"})) == ()
    assert ClickUp.budget(answer(200, **{**headers, "x_ratelimit_limit": ""}))[0].limit is None


@pytest.fixture
def reading(read_with: Any) -> Any:
    """The company's reading, served over HTTP."""
    return read_with(direct=False)


def test_all_of_it_comes_through(reading: Any, read_with: Any) -> None:
    assert reading.connector.check().server_time == reading.clock.now()
    for stream in ClickUp.streams:
        assert reading.records(stream) == read_with(page_size=2).records(stream)


def test_the_plan_with_100_a_minute_is_kept_to_without_one_refusal(reading: Any) -> None:
    reading.sandbox.allowance = 100
    web = reading.native(Project, "web")
    for _ in range(130):
        list(reading.connector.census("tasks", web))
    assert reading.door.retries == 0
    assert reading.clock.seconds >= 60


def test_a_429_waits_for_the_end_of_the_minute(reading: Any) -> None:
    end = reading.clock.now() + timedelta(seconds=45)
    times = iter(range(1))

    def interfere(_: Any) -> Reply | None:
        if next(times, None) is None:
            return None
        reset = str(int(end.timestamp()))
        return Reply.of(said("APP_002"), 429, X_RateLimit_Reset=reset)

    reading.sandbox.interfere = interfere
    reading.connector.check()
    assert reading.clock.now() >= end
    assert reading.door.retries == 1
    assert reading.clock.seconds < 60


def test_a_500_for_an_id_is_an_outage_and_no_deletion(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of(said("TASK_099"), 500)
    with pytest.raises(Unavailable):
        reading.connector.confirm("tasks", [reading.native(Task, "e1")])


def test_the_token_is_in_no_text(reading: Any) -> None:
    token = reading.config().token.get_secret_value()
    reading.sandbox.interfere = lambda request: Reply.of(
        {"err": f"bad {token}", "ECODE": "OAUTH_025"}, 401
    )
    with pytest.raises(Refused) as raised:
        reading.connector.check()
    assert token not in f"{raised.value} {raised.value.remedy} {reading.config()!r}"
    assert not any(token in f"{each.path}{each.query}" for each in reading.sandbox.log)
