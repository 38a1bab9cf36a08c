"""What monday.com says of errors and limits, in a 200 and otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.monday.connector import Monday
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)

DATE = {"date": "Mon, 02 Mar 2026 22:30:00 GMT"}
NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {**DATE, **headers}, body, "https://api.monday.com/v2")


def told(code: str, message: str = "no", status: int | None = None, **more: Any) -> dict[str, Any]:
    """A body with one error in the present shape, beside a part of the data."""
    extensions = {"code": code, "status_code": status, "error_data": {}, **more}
    path = more.pop("path", None)
    error = {"message": message, "extensions": extensions, **({"path": path} if path else {})}
    return {"data": {"boards": []}, "errors": [error], "account_id": 1}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (told("UserUnauthorizedException", path=["boards", 3, "activity_logs"]), NotVisible),
        (told("USER_UNAUTHORIZED", path=["items"]), NotVisible),
        (told("UserUnauthorizedException", status=403, path=["me"]), Refused),
        (told("USER_UNAUTHORIZED", status=403, path=["users"]), Refused),
        (told("USER_NOT_AUTHENTICATED"), Refused),
        (told("", "Not Authenticated"), Refused),
        ({"errors": ["Not Authenticated"]}, Refused),
        (told("missingRequiredPermissions", "needs boards:read"), Refused),
        (told("UNAUTHORIZED_FIELD_OR_TYPE"), Refused),
        (told("ResourceNotFoundException", status=404), NotVisible),
        (told("CursorException", "no such page", 200), CursorExpired),
        (told("", "CursorExpiredError: expired", 200), CursorExpired),
        (told("INTERNAL_SERVER_ERROR", status=500), Unavailable),
        (told("API_TEMPORARILY_BLOCKED"), Unavailable),
        (told("maxComplexityExceeded", "exceeds max complexity of 5000000", 429), Unexpected),
        (told("undefinedField", "Field 'x' doesn't exist on type 'Board'"), Unexpected),
        (told("ColumnValueException", status=400), Unexpected),
        ({"errors": [{"message": "something new"}]}, Unexpected),
        ({"errors": [{}], "data": {"boards": [{"id": "1"}]}}, Unexpected),
        ({"error_code": "SomethingNew", "error_message": "no", "status_code": 400}, Unexpected),
    ],
)
def test_who_must_act(body: Any, error: type[ConnectorError]) -> None:
    found = Monday.classify(answer(body))
    assert type(found) is error
    assert str(found)
    if isinstance(found, Refused):
        assert found.remedy


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (told("ComplexityException", "budget", 429, retry_in_seconds=17), {}, 17),
        (told("COMPLEXITY_BUDGET_EXHAUSTED", "budget", 200, retry_in_seconds=9), {}, 9),
        (told("maxConcurrencyExceeded"), {"retry-after": "30"}, 30),
        (told("RATE_LIMIT_EXCEEDED"), {}, 60),
        (told("", "Rate Limit Exceeded", 429), {}, 60),
        (told("IP_RATE_LIMIT_EXCEEDED", retry_in_seconds=10), {}, 10),
        ({"error_code": "FIELD_LIMIT_EXCEEDED", "error_message": "Concurrency limit exceeded",
          "error_data": {"retry_in_seconds": 15}, "status_code": 429}, {}, 15),
        ({"error_code": "ComplexityException", "status_code": 429, "error_data": {},
          "errors": ["Complexity budget exhausted, query cost 30001 budget remaining 19986 out of "
                     "1000000 reset in 3 seconds"]}, {}, 3),
    ],
)  # fmt: skip
def test_every_way_to_ask_for_patience(body: Any, headers: dict[str, str], seconds: int) -> None:
    for status in (200, 429):
        found = Monday.classify(answer(body, status, **headers))
        assert isinstance(found, Throttled)
        assert found.until == NOW + timedelta(seconds=seconds)


def test_the_daily_limit_waits_for_midnight_utc() -> None:
    found = Monday.classify(answer(told("DAILY_LIMIT_EXCEEDED", status=429, retry_in_seconds=5)))
    assert isinstance(found, Throttled)
    assert found.until == datetime(2026, 3, 3, tzinfo=UTC)
    assert "every" in found.remedy


def test_without_a_clock_patience_is_asked_for_all_the_same() -> None:
    body = told("DAILY_LIMIT_EXCEEDED")
    assert type(Monday.classify(Answer(200, {}, body, "/v2"))) is Unavailable


def test_the_gravest_of_several_errors_counts() -> None:
    weak = told("undefinedField")
    strong = told("ComplexityException", retry_in_seconds=4)
    both = {"errors": [*weak["errors"], *strong["errors"]]}
    assert isinstance(Monday.classify(answer(both)), Throttled)
    both["errors"] += told("USER_NOT_AUTHENTICATED")["errors"]
    assert type(Monday.classify(answer(both))) is Refused


@pytest.mark.parametrize(
    "body", [{"data": {}}, {"data": {}, "errors": []}, {"errors": None}, [], None]
)
def test_an_answer_without_errors_is_none(body: Any) -> None:
    assert Monday.classify(answer(body)) is None


@pytest.mark.parametrize(
    ("status", "error"), [(401, Refused), (403, Refused), (404, Refused), (500, None), (429, None)]
)
def test_statuses_that_say_all(status: int, error: type[ConnectorError] | None) -> None:
    found = Monday.classify(answer("<html>", status))
    assert (found and type(found)) is error


def test_complexity_is_counted_in_queries_like_this_one() -> None:
    def body(after: Any, query: Any, reset: Any = 40) -> dict[str, Any]:
        told = {"before": 1, "query": query, "after": after, "reset_in_x_seconds": reset}
        return {"data": {"complexity": told}}

    forty = timedelta(seconds=40)
    assert Monday.budget(answer(body(9_990_000, 10_000))) == [
        Budget(999, forty, name="query complexity")
    ]
    # Another one like it would be refused, and refusals cost calls.
    assert Monday.budget(answer(body(9_999, 10_000))) == [Budget(0, forty, name="query complexity")]
    assert Monday.budget(answer(body(None, 1))) == []
    assert Monday.budget(answer({"data": None})) == []


def test_headers_tell_what_is_left_of_which_limit() -> None:
    found = Monday.budget(
        answer(
            {},
            200,
            **{
                "ratelimit-policy": '"daily"; q=1000; w=86400, "minute";q=500;w=60',
                "ratelimit": '"daily"; r=812; t=5400, "minute";r=499;t=12',
            },
        )
    )
    assert found == [
        Budget(812, timedelta(seconds=5400), 1000, name="daily", per=timedelta(days=1)),
        Budget(499, timedelta(seconds=12), 500, name="minute", per=timedelta(minutes=1)),
    ]
    for odd in ("", "x", "r=1", '"daily"; r=x; t=1', ";;,,=", '"daily"; r=5'):
        assert Monday.budget(answer({}, 200, ratelimit=odd)) == []
