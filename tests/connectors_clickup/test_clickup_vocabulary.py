"""What there is to map in ClickUp."""

from __future__ import annotations

from connectors.clickup.connector import ClickUp
from connectors.clickup.sandbox import ClickUpSandbox
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.reading import Subject


def test_a_list_that_overrides_the_statuses_is_asked_for_its_own() -> None:
    own = {"id": "7", "name": "Own", "override_statuses": True, "archived": False}

    def lists(request: Request) -> Reply | None:
        if request.path.endswith("/field"):
            return Reply.of({"fields": [{"id": "f", "name": "Size", "type": "drop_down"}]})
        if request.path.endswith("/list/7"):
            return Reply.of({**own, "statuses": [{"status": "soaking", "type": "custom"}]})
        if request.path.endswith("/list"):
            return Reply.of({"lists": [own]})
        return None

    with Subject(ClickUp, ClickUpSandbox).tool() as tool:
        tool.sandbox.interfere = lists
        known = tool.vocabulary()
        paths = [request.path for request in tool.sandbox.log]
    assert "soaking" in (known.status or ())
    assert "To do" in (known.status or ())
    assert [(each.name, each.type) for each in known.fields or ()] == [("Size", "one of a list")]
    assert sum(path.endswith("/list/7") for path in paths) == 1


def test_lists_of_other_spaces_are_not_asked_for() -> None:
    with Subject(ClickUp, ClickUpSandbox).tool() as tool:
        known = tool.vocabulary(spaces=["1"])
        assert not [each for each in tool.sandbox.log if each.path.endswith("/field")]
    assert known.fields == ()
