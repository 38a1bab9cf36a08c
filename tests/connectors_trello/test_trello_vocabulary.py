"""What there is to map in Trello."""

from __future__ import annotations

from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Request
from connectors.trello.connector import Trello
from connectors.trello.sandbox import TrelloSandbox
from tests.conformance.reading import Subject

LISTS = [{"id": "1", "name": "Doing"}, {"id": "2", "name": "Old", "closed": True}, {"id": "3"}]
FIELDS = [{"id": "f1", "name": "Effort", "type": "number"}, {"id": "f2", "type": "checkbox"}]


def test_closed_lists_and_check_lists_have_words_too() -> None:
    def board(request: Request) -> Reply | None:
        told = {"lists": LISTS, "customFields": FIELDS}
        return Reply.of(told) if request.path.startswith("/1/boards/") else None

    with Subject(Trello, TrelloSandbox).tool() as tool:
        tool.sandbox.interfere = board
        known = tool.vocabulary()
    assert known.status == ("Doing", "Old", "incomplete", "complete")
    assert [(each.id, each.name, each.type) for each in known.fields or ()] == [
        ("f1", "Effort", "number"), ("f2", "f2", "yes or no"),
    ]  # fmt: skip


def test_only_the_configured_boards_are_asked_for() -> None:
    with Subject(Trello, TrelloSandbox).tool() as tool:
        board = next(iter(tool.sandbox.world.all(Project)))
        asked = tool.requests(lambda: tool.vocabulary(boards=[board.name]))
    assert asked == ["/1/members/me/boards", f"/1/boards/{board.id}"]
