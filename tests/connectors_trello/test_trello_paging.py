"""Pages: of any size, cut anywhere, looping, endless, of the wrong shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply
from connectors.trello import board as board_module
from connectors.trello import client as client_module
from connectors.trello import connector as connector_module


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_any_size_give_the_same(
    reading: Any, read_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = reading.all()
    for module in (board_module, connector_module):
        for name in ("CARDS_PAGE", "ACTIONS_PAGE", "IDS_PAGE"):
            monkeypatch.setattr(module, name, size, raising=False)
    small = read_with()
    key = lambda record: (type(record).__name__, record.id)  # noqa: E731
    assert sorted(small.all(), key=key) == sorted(whole, key=key)
    web = reading.native(Project, "web")
    assert sum(len(batch) for batch in small.connector.census("tasks", web)) == 3


def test_a_page_loop_ends_in_an_error(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "CARDS_PAGE", 1)
    reading.sandbox.interfere = lambda request: (
        Reply.of([{"id": "5e9310df53f23017628a8011"}]) if request.path.endswith("/cards") else None
    )
    with pytest.raises(Unexpected, match="do not come to an end"):
        list(reading.connector.pull("tasks", reading.native(Project, "web"), None))


def test_pages_are_capped(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "CARDS_PAGE", 1)
    monkeypatch.setattr(client_module, "MAX_PAGES", 2)
    with pytest.raises(Unexpected, match="do not come to an end"):
        list(reading.connector.pull("tasks", reading.native(Project, "web"), None))


@pytest.mark.parametrize("body", [{}, [1], [{"name": "no id"}], None, "text"])
@pytest.mark.parametrize("stream", ["tasks", "comments", "changes"])
def test_a_page_of_the_wrong_shape_never_ends_a_read_normally(
    reading: Any, body: Any, stream: str
) -> None:
    reading.sandbox.interfere = lambda request: (
        Reply.of(body) if request.path.endswith(("/cards", "/actions")) else None
    )
    with pytest.raises(Unexpected):
        list(reading.connector.pull(stream, reading.native(Project, "web"), None))


@pytest.mark.parametrize("stream", ["tasks", "comments", "changes"])
def test_a_read_cut_after_any_page_resumes_to_the_same_set(
    reading: Any, read_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr(board_module, "CARDS_PAGE", 1)
    monkeypatch.setattr(board_module, "ACTIONS_PAGE", 2)
    web = reading.native(Project, "web")
    whole = list(reading.connector.pull(stream, web, None))
    for cut in range(len(whole)):
        cursor, seen = None, set()
        for page in list(reading.connector.pull(stream, web, None))[:cut]:
            cursor = page.cursor or cursor
            seen |= {item.id for item in page.items}
        seen |= {
            item.id for page in reading.connector.pull(stream, web, cursor) for item in page.items
        }
        assert seen == {item.id for page in whole for item in page.items}


def test_cards_made_in_one_second_fill_more_than_a_page(
    read_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "CARDS_PAGE", 3)
    reading = read_with(boards=("Operations",))
    for number in range(10):
        card = Task(id=f"n{number}", project_id=reading.native(Project, "ops"), title="New",
                    status="todo", created_at=reading.clock.now())  # fmt: skip
        reading.world.put(reading.sandbox.adopt(card))
    read = [item.id for item in reading.items("tasks")]
    assert sorted(set(read)) == sorted(
        card.id for card in reading.world.where(Task, "project_id", reading.native(Project, "ops"))
    )
