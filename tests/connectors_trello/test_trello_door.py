"""The connector through the real door, against the sandbox served over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sdk.errors import NotVisible, Refused, Throttled, Unexpected
from connectors.sdk.http import open_door
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply, serve
from connectors.trello.connector import Trello, TrelloOptions


@pytest.fixture
def served(reading: Any) -> Iterator[Any]:
    """The company's reading, with its connector behind a real door."""
    with serve(reading.sandbox) as url:
        config = TrelloOptions(**reading.sandbox.options(url))
        door = open_door(Trello, config)
        reading.connector = Trello(config, door)
        yield reading
        door.close()


def test_all_of_it_comes_through(served: Any, read_with: Any) -> None:
    assert served.connector.check().server_time == served.clock()
    assert served.all() == read_with().all()


def test_hidden_and_deleted_are_told_apart(served: Any) -> None:
    hidden, deleted = served.id(Task, "o1"), served.id(Task, "s2")
    ops = served.id(Project, "ops")
    served.sandbox.hidden.add(ops)
    served.world.remove(Task, deleted)
    assert served.connector.confirm("tasks", [hidden, deleted]) == {
        hidden: "access_lost",
        deleted: "deleted",
    }
    with pytest.raises(NotVisible) as not_visible:
        list(served.connector.pull("tasks", ops, None))
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
def test_every_way_to_say_401_is_refused(served: Any, body: bytes, remedy: str) -> None:
    served.sandbox.interfere = lambda request: Reply(401, body, {"Content-Type": "text/plain"})
    with pytest.raises(Refused) as refused:
        served.connector.check()
    assert not isinstance(refused.value, NotVisible)
    assert remedy in refused.value.remedy
    assert "ATTA" not in f"{refused.value} {refused.value.remedy}"


def test_too_many_cards_is_not_a_lost_permission(served: Any) -> None:
    body = {"error": "API_TOO_MANY_CARDS_REQUESTED", "message": "Requested too many cards"}
    served.sandbox.interfere = lambda request: Reply.of(body, 403)
    with pytest.raises(Unexpected, match="too many cards"):
        list(served.connector.pull("tasks", served.id(Project, "web"), None))


def test_a_long_refusal_goes_to_the_planner(served: Any) -> None:
    body = {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}
    served.sandbox.interfere = lambda request: Reply.of(body, 429, Retry_After="600")
    with pytest.raises(Throttled):
        served.connector.check()
