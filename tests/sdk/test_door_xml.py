"""What the door makes of a call in XML: sent as it is, read as strictly as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connectors.sdk.contract import Answer, Xml
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.http import Bounds

BASE = "https://toy.example.com/api"
ASK = Xml('<propfind xmlns="DAV:">\u00e9</propfind>', {"Depth": "1"})
FINE = '<multistatus xmlns="DAV:"><response/></multistatus>'


@pytest.fixture
def tool() -> Iterator[Any]:
    """The toy's answers, in the order in which they are added."""
    with responses.RequestsMock(
        registry=responses.registries.OrderedRegistry, assert_all_requests_are_fired=True
    ) as mock:
        yield mock


def give(tool: Any, *answers: tuple[Any, ...], path: str = "/items") -> None:
    """Queue answers to PROPFIND: status, body, headers."""
    for answer in answers:
        status, body, headers = (*answer, {})[:3]
        tool.add("PROPFIND", BASE + path, status=status, body=body, headers=headers)


def ask(door: Any, **more: Any) -> Answer:
    answer: Answer = door.request("PROPFIND", "/items", xml=ASK, **more)
    return answer


def test_the_document_is_sent_with_its_headers_and_read_as_a_tree(
    tool: Any, open_toy: Any, token: str
) -> None:
    give(tool, (207, FINE))
    answer = ask(open_toy())
    assert answer.status == 207
    assert [each.tag for each in answer.data.iter()] == ["{DAV:}multistatus", "{DAV:}response"]
    sent = tool.calls[0].request
    assert sent.body == ASK.text.encode()
    assert sent.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert sent.headers["Accept"] == "application/xml"
    assert sent.headers["Depth"] == "1"
    assert sent.headers["X-Api-Key"] == token


def test_the_next_call_speaks_json_again(tool: Any, open_toy: Any) -> None:
    give(tool, (207, FINE))
    tool.add(responses.GET, BASE + "/items", json=[1])
    door = open_toy()
    ask(door)
    assert door.get("/items") == [1]
    assert tool.calls[1].request.headers["Accept"] == "application/json"


@pytest.mark.parametrize("body", ["", "[1]", "<html><p>Sign in", "<!DOCTYPE html><p>Hi</p>"])
def test_an_answer_that_is_not_xml_is_asked_three_times(
    tool: Any, open_toy: Any, body: str
) -> None:
    give(tool, *[(200, body)] * 3)
    with pytest.raises(Unavailable, match="not XML"):
        ask(open_toy())


def test_broken_utf8_is_asked_again_then_repaired_and_counted(tool: Any, open_toy: Any) -> None:
    give(tool, (207, b"<a>\xff</a>"), (207, b"<a>\xff</a>"))
    answer = ask(open_toy())
    assert (answer.data.text, answer.altered) == ("\ufffd", 1)


def test_too_deep_or_too_large_is_unexpected(tool: Any, open_toy: Any) -> None:
    give(tool, (207, "<a>" * 200 + "</a>" * 200))
    with pytest.raises(Unexpected, match="nests deeper"):
        ask(open_toy())
    give(tool, (207, "<a>" + "x" * 5000 + "</a>"))
    with pytest.raises(Unexpected, match="more than"):
        ask(open_toy(bounds=Bounds(max_bytes=4000)))


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [(401, Refused, 1), (403, NotVisible, 1), (404, NotVisible, 1), (412, Unexpected, 1),
     (500, Unavailable, 5), (507, Unavailable, 5)],
)  # fmt: skip
def test_a_refusal_means_what_it_means_in_json(
    tool: Any, open_toy: Any, status: int, error: type[ConnectorError], tries: int
) -> None:
    give(tool, *[(status, "<error xmlns='DAV:'/>")] * tries)
    with pytest.raises(error, match=f"PROPFIND /api/items .*{status}") as caught:
        ask(open_toy(), scope="B1")
    assert type(caught.value) is error


def test_a_refusal_is_given_to_the_connector_as_a_tree_or_as_text(
    tool: Any, open_toy: Any, variant: Any
) -> None:
    told: list[Any] = []

    def classify(answer: Answer) -> ConnectorError | None:
        told.append(answer.data)
        expired = not isinstance(answer.data, str)
        return CursorExpired("too old") if expired else None

    give(tool, (403, "<error><old/></error>"), (403, "Forbidden canary/t0k+n=secret"))
    door = open_toy(variant(classify=classify))
    with pytest.raises(CursorExpired):
        ask(door)
    with pytest.raises(NotVisible):
        ask(door)
    assert told[0].tag == "error"
    assert told[1] == "Forbidden ***"


def test_a_short_throttle_is_waited_out_and_a_long_one_given_back(
    tool: Any, open_toy: Any, time: Any
) -> None:
    give(tool, (429, "", {"Retry-After": "3"}), (207, FINE), (503, "", {"Retry-After": "7200"}))
    door = open_toy()
    ask(door)
    assert sum(time.slept) >= 3
    with pytest.raises(Throttled):
        ask(door)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_the_same_document(
    tool: Any, open_toy: Any, status: int
) -> None:
    give(tool, (status, "", {"Location": "/api/moved/"}))
    give(tool, (207, FINE), path="/moved/")
    assert ask(open_toy()).status == 207
    second = tool.calls[1].request
    assert (second.method, second.body) == ("PROPFIND", ASK.text.encode())
    assert second.headers["Depth"] == "1"


def test_a_redirect_elsewhere_is_refused(tool: Any, open_toy: Any) -> None:
    give(tool, (301, "", {"Location": "https://dav.example.org/"}))
    with pytest.raises(Refused, match="another address"):
        ask(open_toy())
