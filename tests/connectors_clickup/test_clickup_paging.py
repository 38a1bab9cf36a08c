"""How tasks are paged: against a list that others change meanwhile, and against odd answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from connectors.clickup.api import Api
from connectors.sdk.contract import Answer
from connectors.sdk.errors import Unexpected

PAGE = 3
Row = dict[str, Any]


def row(id: str, at: int) -> Row:
    return {"id": id, "date_created": str(at), "date_updated": str(at)}


class Tool:
    """A list of tasks as ClickUp gives it. `before` may change it before each answer."""

    def __init__(self, rows: Iterable[Row], before: Callable[[Tool], None] | None = None) -> None:
        self.rows = list(rows)
        self.before = before
        self.asked: list[Mapping[str, Any]] = []
        self.mark = True  # says whether there is more
        self.newest_first = False

    def request(self, method: str, path: str, *, params: Any = None, **_: Any) -> Answer:
        assert method == "GET"
        self.asked.append(params)
        if self.before is not None:
            self.before(self)
        key = f"date_{params['order_by']}"
        since = params.get(f"{key}_gt")
        found = [each for each in self.rows if since is None or int(each[key]) > since]
        found.sort(key=lambda each: int(each[key]), reverse=self.newest_first)
        start = params["page"] * PAGE
        data: dict[str, Any] = {"tasks": found[start : start + PAGE]}
        if self.mark:
            data["last_page"] = start + PAGE >= len(found)
        return Answer(200, {}, data, path)

    def read(self, **how: Any) -> list[str]:
        pages = Api(self, "9").tasks("/list/1/task", {}, **{"by": "updated", **how})  # type: ignore[arg-type]
        return [each["id"] for page in pages for each in page.rows]


def many(count: int) -> list[Row]:
    return [row(f"t{number}", 1000 + number) for number in range(count)]


def test_everything_once_closed_tasks_and_subtasks_too() -> None:
    tool = Tool(many(10))
    assert tool.read() == [f"t{number}" for number in range(10)]
    for asked in tool.asked:
        assert (asked["include_closed"], asked["subtasks"], asked["reverse"]) == (True, True, True)


def test_each_page_begins_with_the_last_instant_of_the_one_before() -> None:
    tool = Tool(many(6))
    tool.read()
    assert [asked["date_updated_gt"] for asked in tool.asked] == [None, 1001, 1003]
    assert {asked["page"] for asked in tool.asked} == {0}


def test_the_filter_is_strict_so_it_gets_a_millisecond_less() -> None:
    tool = Tool(many(6))
    assert tool.read(since=1003) == ["t3", "t4", "t5"]
    assert tool.asked[0]["date_updated_gt"] == 1002
    assert Tool(many(2)).read(since=0) == ["t0", "t1"]


def test_a_task_deleted_between_pages_takes_no_other_along() -> None:
    """Counting pages would skip t3: with t0 gone it moves up into the page that was read."""

    def delete_first(tool: Tool) -> None:
        if len(tool.asked) == 2:
            del tool.rows[0]

    assert Tool(many(7), delete_first).read() == [f"t{number}" for number in range(7)]


def test_tasks_changed_between_pages_are_read_again_and_take_no_other_along() -> None:
    def touch(tool: Tool) -> None:
        if len(tool.asked) == 2:
            for each in tool.rows[:2]:
                each["date_updated"] = "5000"

    read = Tool(many(7), touch).read()
    assert read == ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t0", "t1"]


def test_more_tasks_of_one_instant_than_a_page_holds() -> None:
    rows = [row("a", 1), *(row(f"same{number}", 7) for number in range(8)), row("z", 9)]
    tool = Tool(rows)
    assert sorted(tool.read()) == sorted(each["id"] for each in rows)
    assert max(asked["page"] for asked in tool.asked) > 0


def test_without_an_end_mark_an_empty_page_ends_it() -> None:
    tool = Tool(many(7))
    tool.mark = False
    assert tool.read() == [f"t{number}" for number in range(7)]
    nothing = Tool([])
    nothing.mark = False
    assert nothing.read() == []
    assert len(nothing.asked) == 1


def test_where_the_order_is_not_as_asked_pages_are_counted() -> None:
    tool = Tool(many(8))
    tool.newest_first = True
    assert sorted(tool.read()) == [f"t{number}" for number in range(8)]
    assert [asked["page"] for asked in tool.asked] == [0, 1, 2]
    assert {asked["date_updated_gt"] for asked in tool.asked} == {None}


def test_a_page_of_one_instant_shows_no_order() -> None:
    tool = Tool([*(row(f"late{number}", 9) for number in range(4)), row("early", 1)])
    tool.newest_first = True
    assert sorted(tool.read()) == ["early", "late0", "late1", "late2", "late3"]


def test_tasks_without_a_date_are_not_lost() -> None:
    tool = Tool(many(5))
    plain = tool.request

    def undated(method: str, path: str, **how: Any) -> Answer:
        answer = plain(method, path, **how)
        answer.data["tasks"] = [{"id": each["id"]} for each in answer.data["tasks"]]
        return answer

    tool.request = undated  # type: ignore[method-assign]
    assert tool.read() == [f"t{number}" for number in range(5)]


def test_a_census_takes_no_order_for_granted() -> None:
    tool = Tool(many(8))
    assert sorted(tool.read(counted=True)) == [f"t{number}" for number in range(8)]
    assert [asked["page"] for asked in tool.asked] == [0, 1, 2]


def test_a_page_says_how_far_it_has_come_only_where_the_order_holds() -> None:
    def reached(tool: Tool, **how: Any) -> list[int | None]:
        pages = Api(tool, "9").tasks("/x", {}, by="updated", **how)  # type: ignore[arg-type]
        return [page.reached for page in pages]

    assert reached(Tool(many(6))) == [1002, 1004, 1005]
    assert reached(Tool(many(6)), counted=True) == [None, None]


class Scripted:
    """Gives the same answer again and again."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.count = 0

    def request(self, method: str, path: str, **_: Any) -> Answer:
        self.count += 1
        return Answer(200, {}, self.data, f"{method} {path}")


@pytest.mark.parametrize(
    "data",
    [
        {"tasks": [row("a", 1)], "last_page": False},
        {"tasks": [], "last_page": False},
        {"tasks": [row("a", 1), row("b", 2)]},
    ],
)
def test_a_list_without_end_is_an_error_soon(data: Any) -> None:
    tool = Scripted(data)
    with pytest.raises(Unexpected, match="do not come to an end"):
        list(Api(tool, "9").tasks("/team/9/task", {}, by="created"))  # type: ignore[arg-type]
    assert tool.count < 8


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"tasks": None}, {"tasks": {}}, {"tasks": [None]}, {"tasks": [{"name": "x"}]},
     {"tasks": [{"id": None}]}],
)  # fmt: skip
def test_another_shape_is_an_error_that_names_the_list(data: Any) -> None:
    with pytest.raises(Unexpected) as raised:
        list(Api(Scripted(data), "9").tasks("/list/1/task", {}, by="created", scope="1"))  # type: ignore[arg-type]
    assert raised.value.scope == "1"


def test_comments_are_paged_by_the_last_ones_date_and_id() -> None:
    held = [{"id": f"c{number}", "date": str(9000 - number)} for number in range(60)]
    asked = []

    class Comments:
        def request(self, method: str, path: str, *, params: Any = None, **_: Any) -> Answer:
            asked.append(params)
            ids = [each["id"] for each in held]
            start = ids.index(params["start_id"]) + 1 if params else 0
            return Answer(200, {}, {"comments": held[start : start + 25]}, f"{method} {path}")

    found, _ = Api(Comments(), "9").comments("86a", None)  # type: ignore[arg-type]
    assert [each["id"] for each in found] == [each["id"] for each in held]
    assert asked == [
        {},
        {"start": 8976, "start_id": "c24"},
        {"start": 8951, "start_id": "c49"},
    ]


def test_comments_without_end_are_an_error() -> None:
    page = [{"id": f"c{number}", "date": "1"} for number in range(25)]
    with pytest.raises(Unexpected, match="do not come to an end"):
        Api(Scripted({"comments": page}), "9").comments("86a", None)  # type: ignore[arg-type]
