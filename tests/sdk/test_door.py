"""What the door makes of every status and body: retried, waited for, or named after who acts."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connectors.sdk.contract import Access, Answer, Budget
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.gate import Gates
from connectors.sdk.http import Bounds

BASE = "https://toy.example.com/api"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def tool() -> Any:
    """The toy's answers, in the order in which they are added."""
    with responses.RequestsMock(
        registry=responses.registries.OrderedRegistry, assert_all_requests_are_fired=True
    ) as mock:
        yield mock


def give(tool: Any, *answers: Any, path: str = "/items") -> None:
    """Queue answers: JSON data, (status, body, headers), or an exception."""
    for answer in answers:
        if isinstance(answer, tuple):
            status, body, headers = (*answer, {})[:3]
            tool.add(responses.GET, BASE + path, status=status, body=body, headers=headers)
        elif isinstance(answer, Exception):
            tool.add(responses.GET, BASE + path, body=answer)
        else:
            tool.add(responses.GET, BASE + path, json=answer)


def test_the_credential_travels_in_the_header_and_parameters_in_the_query(
    tool: Any, open_toy: Any, token: str
) -> None:
    give(tool, {"a": 1})
    params = {"n": None, "ids": ["x", "y"], "all": True, "q": "a b&c"}
    assert open_toy().get("/items", params) == {"a": 1}
    sent = tool.calls[0].request
    assert sent.headers["X-Api-Key"] == token
    assert sent.headers["Accept-Encoding"] == "gzip"
    assert parse_qs(urlsplit(sent.url).query) == {
        "ids": ["x", "y"],
        "all": ["true"],
        "q": ["a b&c"],
    }


def test_a_post_sends_json(tool: Any, open_toy: Any) -> None:
    tool.add(responses.POST, BASE + "/search", json=[1])
    assert open_toy().post("/search", {"jql": "é"}) == [1]
    sent = tool.calls[0].request
    assert sent.body == '{"jql":"é"}'.encode()
    assert sent.headers["Content-Type"] == "application/json"


def test_a_link_to_the_same_host_is_followed_and_another_refused(tool: Any, open_toy: Any) -> None:
    give(tool, {"a": 1})
    door = open_toy()
    assert door.get(f"{BASE}/items") == {"a": 1}
    for link in (
        "https://evil.example.org/api",
        "http://toy.example.com/api",
        "https://toy.example.com:8443/api",
        "https://toy.example.com@evil.example.org/",
    ):
        with pytest.raises(Refused, match="link to another address"):
            door.get(link)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Unexpected),
        (401, Refused),
        (402, Refused),
        (403, NotVisible),
        (404, NotVisible),
        (410, Refused),
        (412, Unexpected),
        (422, Unexpected),
        (451, NotVisible),
    ],
)
def test_a_refusal_is_not_repeated(
    tool: Any, open_toy: Any, status: int, error: type[ConnectorError]
) -> None:
    give(tool, (status, '{"message":"no \\n way"}'))
    with pytest.raises(error, match=f"Toy at toy.example.com: GET /api/items .*{status}") as caught:
        open_toy().request("GET", "/items", params={"q": "hidden-query"}, scope="B1")
    assert type(caught.value) is error
    assert "hidden-query" not in str(caught.value)
    assert caught.value.remedy
    assert caught.value.scope == ("B1" if error in (NotVisible, Unexpected) else None)


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 520])
def test_a_failing_tool_is_asked_five_times_with_growing_pauses(
    tool: Any, open_toy: Any, time: Any, status: int
) -> None:
    give(tool, *[(status, "oops")] * 5)
    door = open_toy()
    with pytest.raises(Unavailable, match=str(status)):
        door.get("/items")
    assert len(time.slept) == 4
    assert 0 < sum(time.slept) < 60
    assert (door.requests, door.retries) == (5, 4)
    assert door.waited_seconds == pytest.approx(sum(time.slept))


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectionError("https://toy.example.com/api/items?token=x"),
        requests.Timeout(),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ContentDecodingError(),
        (500, "oops"),
        (200, "<html>Sign in</html>", {"Content-Type": "text/html"}),
        (200, b'{"a": 1'),
    ],
)
def test_what_passes_is_not_seen_by_the_connector(tool: Any, open_toy: Any, failure: Any) -> None:
    give(tool, failure, {"a": 1})
    assert open_toy().get("/items") == {"a": 1}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>\n<b>Sign in</b>" + b"x" * 200, "<html> <b>Sign in</b>x"),
        (b"", "an empty answer"),
        (b"OK", "OK"),
        (b"\x1b[31mred\r\nline", "[31mred line"),
    ],
)
def test_an_answer_that_is_not_json_is_asked_three_times(
    tool: Any, open_toy: Any, body: bytes, said: str
) -> None:
    give(tool, *[(200, body)] * 3)
    with pytest.raises(Unavailable) as caught:
        open_toy().get("/items")
    assert f"not JSON: {said}" in str(caught.value)
    assert len(str(caught.value)) < 150
    assert str(caught.value).isprintable()


def test_no_content_is_no_data(tool: Any, open_toy: Any) -> None:
    give(tool, (204, b""))
    assert open_toy().get("/items") is None


def test_broken_utf8_is_asked_again_then_repaired_and_counted(tool: Any, open_toy: Any) -> None:
    give(tool, (200, b'["\xff"]'), (200, b'["\xff"]'))
    answer = open_toy().request("GET", "/items")
    assert (answer.data, answer.altered) == (["\ufffd"], 1)


def test_broken_utf8_that_was_an_accident_is_not_repaired(tool: Any, open_toy: Any) -> None:
    give(tool, (200, b'["\xff"]'), (200, '["é"]'.encode()))
    answer = open_toy().request("GET", "/items")
    assert (answer.data, answer.altered) == (["é"], 0)


def date(seconds: float) -> str:
    """An HTTP date so long after the start."""
    return format_datetime(START + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "7"}, [7]),
        ({"Retry-After": date(9)}, [9]),
        # The tool's clock is an hour ahead of ours; it means nine seconds all the same.
        ({"Retry-After": date(3609), "Date": date(3600)}, [9]),
        ({"Retry-After": date(-3600)}, []),
        ({"Retry-After": "0"}, []),
    ],
)
def test_retry_after_is_waited_for(
    tool: Any, open_toy: Any, time: Any, status: int, headers: Mapping[str, str], waits: list[float]
) -> None:
    give(tool, (status, "slow down", headers), {"a": 1})
    assert open_toy().get("/items") == {"a": 1}
    assert time.slept == pytest.approx(waits)


@pytest.mark.parametrize(
    "retry_after", [None, "soon", "-5", "", "１２", f"Mon, 02 Mar 2026 08:00:00 +{'9' * 20}"]
)
def test_without_a_sensible_retry_after_the_waits_grow(
    tool: Any, open_toy: Any, time: Any, retry_after: str | None
) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after.encode().decode("latin-1")}
    give(tool, *[(429, "", headers)] * 4, {"a": 1})
    assert open_toy().get("/items") == {"a": 1}
    assert time.slept == pytest.approx([1, 2, 4, 8])


@pytest.mark.parametrize(
    ("asked", "until"), [("120", timedelta(seconds=120)), ("999999", timedelta(days=1)),
                         ("9" * 400, timedelta(days=1))],
)  # fmt: skip
def test_a_long_refusal_is_given_back_to_the_planner_unslept(
    tool: Any, open_toy: Any, time: Any, asked: str, until: timedelta
) -> None:
    give(tool, (429, "", {"Retry-After": asked}))
    door = open_toy()
    for _ in range(3):  # the later ones do not even ask
        with pytest.raises(Throttled) as caught:
            door.get("/items")
        assert caught.value.until == START + until
        assert caught.value.scope is None
    assert time.slept == []
    assert door.requests == 1


def test_patience_is_configurable(tool: Any, open_toy: Any, time: Any) -> None:
    give(tool, (429, "", {"Retry-After": "120"}), {"a": 1})
    assert open_toy(bounds=Bounds(patience=300)).get("/items") == {"a": 1}
    assert time.slept == pytest.approx([120])


def test_endless_throttling_ends(tool: Any, open_toy: Any, time: Any) -> None:
    give(tool, *[(429, "", {"Retry-After": "1"})] * 5)
    with pytest.raises(Throttled):
        open_toy().get("/items")
    assert len(time.slept) == 4


def test_the_whole_limit_scope_waits_and_sends_nothing(
    tool: Any, open_toy: Any, time: Any, variant: Any
) -> None:
    gates = Gates(now=time.now, monotonic=time.monotonic)
    give(tool, (429, "", {"Retry-After": "3600"}))
    first, second = open_toy(gates=gates), open_toy(gates=gates)
    with pytest.raises(Throttled):
        first.get("/items")
    with pytest.raises(Throttled):
        second.get("/other")
    assert second.requests == 0

    other = variant(access=lambda config: Access(config.url, {"X-Api-Key": "another-account"}))
    give(tool, {"a": 1})
    assert open_toy(other, gates=gates).get("/items") == {"a": 1}


def test_an_exhausted_budget_stops_the_next_request(tool: Any, open_toy: Any, variant: Any) -> None:
    def budget(answer: Answer) -> Sequence[Budget]:
        return [Budget(int(answer.headers["x-left"]), timedelta(seconds=600), 100)]

    give(tool, (200, "[]", {"X-Left": "0"}))
    door = open_toy(variant(budget=budget))
    assert door.get("/items") == []
    with pytest.raises(Throttled) as caught:
        door.get("/items")
    assert caught.value.until == START + timedelta(seconds=600)


def test_an_error_in_a_200_is_the_connectors_to_tell(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    def verdict(answer: Answer) -> ConnectorError | None:
        if "errors" in (answer.data or {}):
            return Refused("The plan does not include this.", remedy="Upgrade.")
        return None

    give(tool, {"errors": ["no"]})
    with pytest.raises(Refused, match="The plan does not include this"):
        open_toy(variant(classify=verdict)).get("/items")


def test_a_403_that_means_slow_down_waits(
    tool: Any, open_toy: Any, variant: Any, time: Any
) -> None:
    def verdict(answer: Answer) -> ConnectorError | None:
        if answer.status == 403 and answer.data == {"message": "rate limit"}:
            return Throttled("Slow down.", until=time.now() + timedelta(seconds=5))
        return None

    give(tool, (403, '{"message":"rate limit"}'), {"a": 1}, (403, '{"message":"rate limit"}'), [2])
    door = open_toy(variant(classify=verdict))
    assert door.get("/items") == {"a": 1}
    assert door.request("GET", "/items", accept=(403,)).data == [2]
    assert time.slept == pytest.approx([5, 5])


def test_a_classified_outage_is_retried_and_an_expired_cursor_is_not(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    def verdict(answer: Answer) -> ConnectorError | None:
        if answer.data == "busy":
            return Unavailable("Busy.")
        return CursorExpired("Too old.") if answer.status == 412 else None

    give(tool, "busy", {"a": 1}, (412, "{}"))
    door = open_toy(variant(classify=verdict))
    assert door.get("/items") == {"a": 1}
    with pytest.raises(CursorExpired) as caught:
        door.request("GET", "/items", scope="B1")
    assert caught.value.scope == "B1"


def test_an_accepted_status_is_an_answer(tool: Any, open_toy: Any) -> None:
    give(tool, (404, '{"gone":true}'), (404, "plain"), (404, ""))
    door = open_toy()
    got = [door.request("GET", "/items", accept={404}).data for _ in range(3)]
    assert got == [{"gone": True}, "plain", None]


def test_an_etag_makes_the_request_conditional(tool: Any, open_toy: Any) -> None:
    give(tool, (304, b""), (200, '{"a":1}', {"ETag": '"v2"'}))
    door = open_toy()
    unchanged = door.request("GET", "/items", etag='"v1"')
    assert (unchanged.not_modified, unchanged.data) == (True, None)
    assert tool.calls[0].request.headers["If-None-Match"] == '"v1"'
    changed = door.request("GET", "/items", etag='"v1"')
    assert (changed.not_modified, changed.data, changed.headers["etag"]) == (
        False,
        {"a": 1},
        '"v2"',
    )


@pytest.mark.parametrize(
    ("status", "to"),
    [(301, "/api/new?page=2"), (302, f"{BASE}/new?page=2"), (307, "new?page=2")],
)
def test_a_redirect_on_the_same_host_is_followed(
    tool: Any, open_toy: Any, status: int, to: str
) -> None:
    give(tool, (status, "", {"Location": to}))
    give(tool, {"a": 1}, path="/new")
    assert open_toy().get("/items", {"q": "x"}) == {"a": 1}
    assert urlsplit(tool.calls[1].request.url).query == "page=2"


@pytest.mark.parametrize(
    "to", ["https://evil.example.org/?key=1", "//evil.example.org/api", "http://toy.example.com/api",
           "https://toy.example.com:444/api", "file:///etc/passwd"],
)  # fmt: skip
def test_a_redirect_elsewhere_is_refused(tool: Any, open_toy: Any, to: str) -> None:
    give(tool, (302, "", {"Location": to}))
    with pytest.raises(Refused, match="redirected to another address") as caught:
        open_toy().get("/items")
    assert "key=1" not in str(caught.value)
    assert len(tool.calls) == 1


def test_a_redirect_loop_ends(tool: Any, open_toy: Any) -> None:
    give(tool, *[(302, "", {"Location": "/api/items"})] * 6)
    with pytest.raises(Refused, match="more than 5 times"):
        open_toy().get("/items")


def test_a_post_is_not_turned_into_a_get(tool: Any, open_toy: Any) -> None:
    tool.add(responses.POST, BASE + "/a", status=307, headers={"Location": "/api/b"})
    tool.add(responses.POST, BASE + "/b", json={"ok": 1})
    tool.add(responses.POST, BASE + "/a", status=302, headers={"Location": "/api/b"})
    door = open_toy()
    assert door.post("/a", {"x": 1}) == {"ok": 1}
    assert tool.calls[1].request.body == b'{"x":1}'
    with pytest.raises(Refused, match="cannot be repeated"):
        door.post("/a", {"x": 1})


def test_every_call_is_announced_before_and_after(tool: Any, open_toy: Any) -> None:
    events: list[str] = []
    give(tool, (500, ""), {"a": 1})
    open_toy(on_attempt=events.append).get("/items", {"q": "hidden"})
    call = "Toy at toy.example.com: GET /api/items"
    assert events == [f"before {call}", f"after {call}"] * 2


def test_a_crash_at_a_call_goes_through_as_it_is(tool: Any, open_toy: Any) -> None:
    class Crash(BaseException):
        """What the crash-point hook raises."""

    def crash(_: str) -> None:
        raise Crash

    with pytest.raises(Crash):
        open_toy(on_attempt=crash).get("/items")


def test_a_wait_can_be_broken_off(tool: Any, open_toy: Any, time: Any) -> None:
    class Stop(Exception):
        """What a stopping daemon's sleep raises."""

    def stop(_: float) -> None:
        raise Stop

    give(tool, (500, ""))
    time.sleep = stop
    with pytest.raises(Stop):
        open_toy().get("/items")


def test_counters_are_right_under_threads(tool: Any, open_toy: Any) -> None:
    give(tool, *[[1, 2]] * 200)
    door = open_toy()
    lock = threading.Lock()

    def work() -> None:
        for _ in range(25):
            with lock:  # `responses` is not made for threads; the counters are what is tested
                door.get("/items")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (door.requests, door.retries, door.bytes) == (200, 0, 200 * 6)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        ((401, "bad key canary/t0k+n=secret"), 1),
        ((403, "canary%2Ft0k%2Bn%3Dsecret"), 1),
        ((400, '{"echo":"Y2FuYXJ5L3Qwaytu PXNlY3JldA== Y2FuYXJ5L3Qwaytuw=PXNlY3JldA=="}'), 1),
        ((200, "canary/t0k+n=secret"), 3),
        ((302, "", {"Location": "https://canary%2Ft0k%2Bn%3Dsecret.example.org/"}), 1),
        (requests.ConnectionError("https://toy/?key=canary/t0k+n=secret"), 5),
        (requests.exceptions.InvalidHeader("bad value canary/t0k+n=secret"), 1),
    ],
)
def test_no_secret_is_in_an_error_or_hangs_on_it(
    tool: Any, open_toy: Any, token: str, answer: Any, tries: int
) -> None:
    give(tool, *[answer] * tries)
    with pytest.raises(ConnectorError) as caught:
        open_toy().request("GET", "/items", params={"key": token})
    error: BaseException | None = caught.value
    seen = []
    while error is not None:
        seen.append(f"{error} {error!r} {vars(error)}")
        error = error.__cause__ or error.__context__
    assert len(seen) == 1
    for spelling in (token, "canary%2Ft0k%2Bn%3Dsecret", "Y2FuYXJ5L3Qwaytu" + "PXNlY3JldA"):
        assert spelling not in seen[0]


def test_no_secret_is_in_the_answers_url(tool: Any, open_toy: Any, token: str) -> None:
    give(tool, {"a": 1})
    answer = open_toy().request("GET", "/items", params={"key": token, "page": 2})
    assert answer.url == f"{BASE}/items?key=***&page=2"


def test_a_classified_error_is_scrubbed_too(
    tool: Any, open_toy: Any, variant: Any, token: str
) -> None:
    give(tool, (400, "no"))
    judged = variant(classify=lambda answer: Refused(f"bad {token}", remedy=f"not {token}"))
    with pytest.raises(Refused) as caught:
        open_toy(judged).get("/items")
    assert (str(caught.value), caught.value.message, caught.value.remedy) == (
        "bad ***", "bad ***", "not ***",
    )  # fmt: skip


def test_the_environment_sets_no_proxy_and_no_cookie_is_kept(
    tool: Any, open_toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:1")
    give(tool, (200, "[]", {"Set-Cookie": "session=1; Path=/"}), [])
    door = open_toy()
    door.get("/items")
    door.get("/items")
    assert not tool.calls[1].request.req_kwargs["proxies"]
    assert "Cookie" not in tool.calls[1].request.headers


def test_the_largest_share_of_a_budget_that_was_used_is_kept(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    def budget(answer: Answer) -> Sequence[Budget]:
        return [Budget(int(answer.headers["x-left"]), timedelta(0), limit=100)]

    for left in ("90", "15", "60"):
        give(tool, (200, "[]", {"X-Left": left}))
    door = open_toy(variant(budget=budget))
    assert door.budget_used is None
    for _ in range(3):
        door.get("/items")
    assert door.budget_used == pytest.approx(0.85)


def test_a_connection_stops_at_its_share_of_a_quota_and_of_nothing_shorter(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    def budget(answer: Answer) -> Sequence[Budget]:
        left, seconds = int(answer.headers["x-left"]), int(answer.headers["x-seconds"])
        return [Budget(left, timedelta(seconds=seconds), 1000)]

    give(tool, (200, "[]", {"X-Left": "400", "X-Seconds": "60"}))
    give(tool, (200, "[]", {"X-Left": "501", "X-Seconds": "7200"}))
    give(tool, (200, "[]", {"X-Left": "500", "X-Seconds": "7200"}))
    door = open_toy(variant(budget=budget), quota_share=50)
    for _ in range(3):
        door.get("/items")
    with pytest.raises(Throttled, match="its share of the quota") as caught:
        door.get("/items")
    assert caught.value.until == START + timedelta(hours=2)
    assert door.requests == 3


def test_a_quota_that_is_nearly_over_is_a_quota_still(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    def budget(_: Answer) -> Sequence[Budget]:
        return [Budget(500, timedelta(minutes=20), 1000, per=timedelta(hours=1))]

    give(tool, (200, "[]", {}))
    door = open_toy(variant(budget=budget), quota_share=50)
    door.get("/items")
    with pytest.raises(Throttled, match="its share of the quota") as caught:
        door.get("/items")
    assert caught.value.until == START + timedelta(minutes=20)
