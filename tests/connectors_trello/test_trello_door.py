"""The connector through the real door, against the sandbox served over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sdk.errors import NotVisible, Refused, Throttled, Unexpected
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply


@pytest.fixture
def reading(read_with: Any) -> Any:
    """The company's reading, served over HTTP."""
    return read_with(direct=False)


def test_all_of_it_comes_through(reading: Any, read_with: Any) -> None:
    assert reading.connector.check().server_time == reading.clock.now()
    assert reading.all() == read_with().all()


def test_hidden_and_deleted_are_told_apart(reading: Any) -> None:
    hidden, deleted = reading.native(Task, "o1"), reading.native(Task, "s2")
    ops = reading.native(Project, "ops")
    reading.sandbox.hidden.add(ops)
    reading.world.remove(Task, deleted)
    assert reading.connector.confirm("tasks", [hidden, deleted]) == {
        hidden: "access_lost",
        deleted: "deleted",
    }
    with pytest.raises(NotVisible) as not_visible:
        list(reading.connector.pull("tasks", ops, None))
    assert not_visible.value.scope == ops


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (b"invalid token", "token"),
        (b"invalid key", "API key"),
        (b"invalid app key", "API key"),
        (b'{"message":"missing scopes"}', "token"),
        (b"", "token"),
    ],
)
def test_every_way_to_say_401_is_refused(reading: Any, body: bytes, remedy: str) -> None:
    reading.sandbox.interfere = lambda request: Reply(401, body, {"Content-Type": "text/plain"})
    with pytest.raises(Refused) as refused:
        reading.connector.check()
    assert not isinstance(refused.value, NotVisible)
    assert remedy in refused.value.remedy
    assert "ATTA" not in f"{refused.value} {refused.value.remedy}"


def test_too_many_cards_is_not_a_lost_permission(reading: Any) -> None:
    body = {"error": "API_TOO_MANY_CARDS_REQUESTED", "message": "Requested too many cards"}
    reading.sandbox.interfere = lambda request: Reply.of(body, 403)
    with pytest.raises(Unexpected, match="too many cards"):
        list(reading.connector.pull("tasks", reading.native(Project, "web"), None))


def test_a_long_refusal_goes_to_the_planner(reading: Any) -> None:
    body = {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}
    reading.sandbox.interfere = lambda request: Reply.of(body, 429, Retry_After="600")
    with pytest.raises(Throttled):
        reading.connector.check()
