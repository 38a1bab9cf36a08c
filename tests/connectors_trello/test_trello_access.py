"""Who we are, what we may see, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.sdk.errors import NotVisible, Refused
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply
from connectors.trello.connector import Trello


def test_check_says_who_we_are_and_what_we_see(reading: Any) -> None:
    identity = reading.connector.check()
    assert identity.account == "Flagstaff Reader (@flagstaffreader)"
    assert identity.server_time == reading.clock.now()
    assert [(scope.name, scope.state) for scope in identity.scopes] == [
        ("Website", "active"),
        ("Operations", "active"),
        ("Old works", "closed"),
    ]
    assert not identity.warnings


@pytest.mark.parametrize(
    ("options", "remedy"), [({"token": "wrong"}, "token"), ({"key": "wrong"}, "key")]
)
@pytest.mark.parametrize("ask", ["check", "scopes", *Trello.streams])
def test_a_wrong_credential_is_refused_everywhere(
    read_with: Callable[..., Any], options: dict[str, str], remedy: str, ask: str
) -> None:
    reading = read_with(**options)
    with pytest.raises(Refused) as refused:
        reading.items(ask) if ask in Trello.streams else getattr(reading.connector, ask)()
    assert not isinstance(refused.value, NotVisible)
    assert f"`{remedy}`" in refused.value.remedy
    assert "wrong" not in refused.value.remedy


def test_a_pull_of_a_board_with_a_revoked_token_is_refused(reading: Any) -> None:
    board = reading.native(Project, "web")
    reading.sandbox.interfere = lambda request: Reply(
        401, b"invalid token", {"Content-Type": "text/plain"}
    )
    with pytest.raises(Refused) as refused:
        list(reading.connector.pull("tasks", board, None))
    assert not isinstance(refused.value, NotVisible)


@pytest.mark.parametrize("by", ["id", "name", "short link"])
def test_boards_are_chosen_by_id_name_or_short_link(
    reading: Any, read_with: Callable[..., Any], by: str
) -> None:
    web = reading.world.get(Project, reading.native(Project, "web"))
    word = {"id": web.id, "name": web.name, "short link": web.url.rsplit("/")[-1]}[by]
    chosen = read_with(boards=(word,))
    assert [scope.id for scope in chosen.connector.scopes()] == [web.id]
    assert {task.project_id for task in chosen.records("tasks") if isinstance(task, Task)} == {
        web.id
    }


def test_a_board_that_is_configured_and_not_visible_fails_alone(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(boards=("Website", "Wbesite"))
    assert reading.connector.check().warnings == [
        "The board 'Wbesite' is not visible to the account that the token belongs to."
        " Invite the account to the board, or take the board out of `boards`."
    ]
    assert reading.records("tasks")
    [error] = reading.kept.errors
    assert error.scope == "Wbesite"


def test_a_board_hidden_between_list_and_read_fails_in_its_own_lane(reading: Any) -> None:
    lanes = reading.connector.lanes("tasks", {}).lanes
    ops = reading.native(Project, "ops")
    reading.sandbox.hidden.add(ops)
    for lane in lanes:
        if lane.name == ops:
            with pytest.raises(NotVisible):
                list(reading.connector.pull("tasks", lane.name, None))
        else:
            assert list(reading.connector.pull("tasks", lane.name, None))
    assert ops not in [scope.id for scope in reading.connector.scopes()]
