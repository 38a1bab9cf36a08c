"""The walk through spaces and folders: every list once, with the state that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.clickup.api import Api
from connectors.clickup.roster import Roster
from connectors.sdk.contract import Answer
from connectors.sdk.errors import Unexpected

Asked = tuple[str, bool]


def named(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"id-{name}", "name": name, **more} for name in names]


class Tool:
    """Answers by path and `archived`; an empty list where nothing is said."""

    def __init__(self, answers: Mapping[Asked, Any]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []

    def request(self, method: str, path: str, *, params: Any = None, **_: Any) -> Answer:
        archived = bool((params or {}).get("archived"))
        self.asked.append((path, archived))
        kind = path.rpartition("/")[2]
        empty: Any = {} if kind == "shared" else []
        key = kind if kind == "shared" else f"{kind}s"
        data = {key: self.answers.get((path, archived), empty)}
        return Answer(200, {}, data, f"{method} {path}")


def walk(tool: Tool, *spaces: str, archived: bool = True) -> dict[str, tuple[Any, Any, str]]:
    roster = Roster(Api(tool, "9"), spaces, archived=archived)  # type: ignore[arg-type]
    places = list(roster.places())
    found: dict[str, tuple[Any, Any, str]] = {
        place.scope.name: (place.space, place.folder, place.scope.state) for place in places
    }
    assert len(found) == len(places)
    return found


WORLD: Mapping[Asked, Any] = {
    ("/team/9/space", False): named("Delivery"),
    ("/team/9/space", True): named("Attic"),
    ("/space/id-Delivery/folder", False): named("Client", lists=named("Site", "Shop")),
    ("/space/id-Delivery/folder", True): named("Former client", lists=named("Old site")),
    ("/space/id-Delivery/list", False): named("Inbox"),
    ("/space/id-Delivery/list", True): named("Old inbox"),
    ("/folder/id-Client/list", True): named("Old shop"),
    ("/space/id-Attic/folder", False): named("Boxes", lists=named("Box")),
    ("/space/id-Attic/list", False): named("Dust"),
    ("/team/9/shared", False): {
        "lists": [*named("Guest list"), *named("Site")],
        "folders": named("Guest folder"),
    },
    ("/folder/id-Guest folder/list", False): named("In guest folder"),
}


def test_every_list_has_the_state_of_the_first_archived_thing_around_it() -> None:
    assert walk(Tool(WORLD)) == {
        "Site": ("Delivery", "Client", "active"),
        "Shop": ("Delivery", "Client", "active"),
        "Old shop": ("Delivery", "Client", "archived"),
        "Inbox": ("Delivery", None, "active"),
        "Old inbox": ("Delivery", None, "archived"),
        "Old site": ("Delivery", "Former client", "archived"),
        "Box": ("Attic", "Boxes", "archived"),
        "Dust": ("Attic", None, "archived"),
        "Guest list": (None, None, "active"),
        "In guest folder": (None, "Guest folder", "active"),
    }


def test_what_is_archived_is_not_asked_for_where_it_is_not_wanted() -> None:
    tool = Tool(WORLD)
    assert walk(tool, archived=False).keys() == {
        "Site", "Shop", "Inbox", "Guest list", "In guest folder",
    }  # fmt: skip
    assert not [asked for asked in tool.asked if asked[1]]


def test_chosen_spaces_leave_out_what_is_shared() -> None:
    tool = Tool(WORLD)
    assert walk(tool, "id-Attic").keys() == {"Box", "Dust"}
    assert not [path for path, _ in tool.asked if "Delivery" in path or "shared" in path]


def test_a_folder_that_does_not_tell_its_lists_is_asked_for_them() -> None:
    world = {
        ("/team/9/space", False): named("S"),
        ("/space/id-S/folder", False): named("F"),
        ("/folder/id-F/list", False): named("L"),
    }
    assert walk(Tool(world)) == {"L": ("S", "F", "active")}


def test_a_hidden_folder_is_none() -> None:
    world = {
        ("/team/9/space", False): named("S"),
        ("/space/id-S/folder", False): named("hidden", hidden=True, lists=named("L")),
    }
    assert walk(Tool(world)) == {"L": ("S", None, "active")}


def test_what_it_costs_is_what_the_readme_says() -> None:
    world = {
        ("/team/9/space", False): named("A", "B"),
        ("/space/id-A/folder", False): named("F", "G", lists=[]),
    }
    tool = Tool(world)
    walk(tool)
    assert len(tool.asked) == 3 + 4 * 2 + 1 * 2
    tool = Tool(world)
    walk(tool, archived=False)
    assert len(tool.asked) == 2 + 2 * 2


def test_another_shape_is_an_error() -> None:
    with pytest.raises(Unexpected):
        walk(Tool({("/team/9/space", False): "none"}))
    with pytest.raises(Unexpected):
        walk(Tool({("/team/9/space", False): [{"name": "no id"}]}))
