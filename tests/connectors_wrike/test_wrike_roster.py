"""The tree of an account: where something counts that lies in some folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sdk.contract import Answer
from connectors.wrike.api import Api
from connectors.wrike.roster import Lookups, Roster

DATE = {"date": "Mon, 30 Nov 2026 10:00:00 GMT"}
STATUSES = [
    {"id": "S1", "name": "Shipped", "group": "Completed", "standard": False},
    {"id": "S2", "name": "Dropped", "group": "Cancelled", "standard": False},
]


class Tree:
    """A tree of folders; answers like the door."""

    def __init__(self, rows: list[dict[str, Any]], spaces: Mapping[str, bool]) -> None:
        self.asked: list[str] = []
        self.answers = {
            "/folders": rows,
            "/spaces": [
                {"id": id, "title": id, "archived": archived} for id, archived in spaces.items()
            ],
            "/workflows": [{"id": "W", "customStatuses": STATUSES}],
        }

    def request(self, method: str, path: str, **_: Any) -> Answer:
        self.asked.append(path)
        return Answer(200, DATE, {"kind": "", "data": self.answers[path]}, f"{method} {path}")


def folder(id: str, *children: str, project: Any = None, scope: str = "WsFolder") -> dict[str, Any]:
    row = {"id": id, "title": id, "childIds": list(children), "scope": scope}
    return row if project is None else {**row, "project": project}


GREEN = {"status": "Green"}


def roster(*rows: dict[str, Any], spaces: Mapping[str, bool] | None = None) -> Roster:
    api = Api(Tree(list(rows), spaces or {}))  # type: ignore[arg-type]
    return Roster(api, Lookups(api))


def test_the_nearest_project_counts_however_deep_the_folder() -> None:
    found = roster(
        folder("ROOT", "S", scope="WsRoot"),
        folder("S", "P1"),
        folder("P1", "F1", project=GREEN),
        folder("F1", "P2", "F2"),
        folder("F2", "F3"),
        folder("F3"),
        folder("P2", project=GREEN),
        spaces={"S": False},
    )
    assert found.homes(["F3"]) == ["P1"]
    assert found.homes(["P2", "F3"]) == ["P2", "P1"]
    assert {place.id: place.parent for place in found.places()} == {
        "S": None, "P1": "S", "P2": "P1",
    }  # fmt: skip


def test_without_a_project_above_the_space_counts_and_without_a_space_nothing() -> None:
    found = roster(
        folder("ROOT", "S", "F9", scope="WsRoot"),
        folder("S", "F1"),
        folder("F1"),
        folder("F9"),
        spaces={"S": False},
    )
    assert found.homes(["F1", "S"]) == ["S"]
    assert found.homes(["F9", "ROOT", "nowhere"]) == []


def test_a_folder_in_two_places_counts_in_the_project_and_not_in_the_space() -> None:
    found = roster(
        folder("S", "F1"), folder("P1", "F2", project=GREEN), folder("F2", "F1"), folder("F1"),
        spaces={"S": False},
    )  # fmt: skip
    assert found.homes(["F1"]) == ["P1"]


def test_folders_that_lie_in_one_another_do_not_go_on_for_ever() -> None:
    found = roster(folder("F1", "F2"), folder("F2", "F1"))
    assert found.homes(["F1"]) == []


def test_what_lies_in_the_recycle_bin_is_no_project() -> None:
    found = roster(
        folder("BIN", "P1", scope="RbRoot"), folder("P1", project=GREEN, scope="RbFolder")
    )
    assert list(found.places()) == []


def test_the_state_of_a_project_comes_from_its_word_or_the_group_of_its_own_status() -> None:
    own = {"status": "Custom"}
    found = roster(
        folder("P1", project={"status": "OnHold"}),
        folder("P2", project={"status": "Completed"}),
        folder("P3", project={**own, "customStatusId": "S1"}),
        folder("P4", project={**own, "customStatusId": "S2"}),
        folder("P5", project={**own, "customStatusId": "unknown"}),
        spaces={"S1": True, "S2": False},
    )
    assert {place.id: place.state for place in found.places()} == {
        "S1": "archived", "S2": "active", "P1": "active", "P2": "closed", "P3": "closed",
        "P4": "closed", "P5": "active",
    }  # fmt: skip


def test_statuses_are_asked_for_once_and_only_where_a_project_has_its_own() -> None:
    plain = Tree([folder("P1", project=GREEN)], {})
    api = Api(plain)  # type: ignore[arg-type]
    list(Roster(api, Lookups(api)).places())
    assert plain.asked == ["/folders", "/spaces"]
    own = {"status": "Custom", "customStatusId": "S1"}
    tree = Tree([folder("P1", project=own), folder("P2", project=own)], {})
    api = Api(tree)  # type: ignore[arg-type]
    list(Roster(api, Lookups(api)).places())
    assert tree.asked == ["/folders", "/spaces", "/workflows"]
