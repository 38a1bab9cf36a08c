"""The three ways of paging, against lists that change, repeat or do not say how they go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.gitlab.api import Api
from connectors.sdk.contract import Answer
from connectors.sdk.errors import Refused, Unavailable, Unexpected

START = datetime(2026, 1, 1, tzinfo=UTC)


class Script:
    """Answers each request with the next of what a test wrote down, and keeps what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers: Iterator[Any] = iter(answers)
        self.asked: list[Mapping[str, Any]] = []

    def request(self, method: str, path: str, **more: Any) -> Answer:
        self.asked.append({k: v for k, v in (more.get("params") or {}).items() if v is not None})
        rows, headers, *status = next(self.answers)
        return Answer(status[0] if status else 200, headers, rows, path)

    def get(self, path: str, params: Any = None) -> Any:
        return self.request("GET", path, params=params).data

    def post(self, path: str, json: Any = None, params: Any = None) -> Any:
        self.asked.append(json)
        return next(self.answers)

    def send(self, method: str, path: str, json: Any = None, *, params: Any = None) -> Answer:
        raise AssertionError("paging only reads")


def rows(*ids: int) -> list[dict[str, Any]]:
    return [{"id": id} for id in ids]


def numbered(next: str, total: str = "") -> dict[str, str]:
    return {"x-next-page": next, **({"x-total": total} if total else {})}


def link(query: str) -> dict[str, str]:
    return {"link": f'<https://inside.example.com/api/v4/projects?{query}>; rel="next"'}


def ids(pages: Any) -> list[int]:
    return [row["id"] for page in pages for row in page.rows]


# --- by id ------------------------------------------------------------------------------------


def test_keyset_follows_the_link_whatever_host_it_names() -> None:
    http = Script((rows(1, 2), link("id_after=2&per_page=2")), (rows(5), {}))
    assert ids(Api(http).keyset("/v4/projects", {"membership": "true"})) == [1, 2, 5]
    assert http.asked[0]["pagination"] == "keyset"
    assert http.asked[1]["id_after"] == "2"
    assert http.asked[1]["membership"] == "true"


def test_keyset_may_end_with_an_empty_page() -> None:
    assert ids(Api(Script((rows(1), link("id_after=1")), ([], {}))).keyset("/v4/users", {})) == [1]


def test_an_old_version_without_keyset_is_read_by_number() -> None:
    refused: Any = ({"error": "Keyset pagination is not yet available"}, {}, 405)
    http = Script(refused, (rows(1, 2), numbered("2", "3")), (rows(3), numbered("", "3")))
    assert ids(Api(http).keyset("/v4/users", {})) == [1, 2, 3]
    assert "pagination" not in http.asked[1]
    ignored = (rows(1, 2), numbered("2", "3"))
    http = Script(ignored, ignored, (rows(3), numbered("", "3")))
    assert ids(Api(http).keyset("/v4/users", {})) == [1, 2, 3]


@pytest.mark.parametrize(
    "answers",
    [
        [(rows(1, 2), link("id_after=2")), (rows(1, 2), link("id_after=2"))],  # a loop
        [(rows(2, 1), {})],  # another order
        [(rows(*range(1, 101)), {})],  # full, and no word of more
        [([], link("id_after=2"))],  # nothing, and more
        [({"message": "odd"}, {})],
        [([{"id": "1"}], {})],
        [([{"id": True}], {})],
    ],
)
def test_keyset_that_does_not_hold_what_it_promises(answers: list[Any]) -> None:
    with pytest.raises(Unexpected):
        ids(Api(Script(*answers)).keyset("/v4/projects", {}))


# --- by number --------------------------------------------------------------------------------


def test_the_empty_header_of_the_last_page_is_the_end() -> None:
    http = Script((rows(1, 2), numbered("2", "3")), (rows(3), numbered("", "3")))
    assert ids(Api(http).numbered("/x", {})) == [1, 2, 3]
    assert [asked.get("page") for asked in http.asked] == [None, 2]


def test_a_row_that_moved_up_when_another_was_deleted_is_found() -> None:
    http = Script(
        (rows(1, 2), numbered("2", "5")),  # 1 is deleted: 3 moves to the first page
        (rows(4, 5), numbered("", "4")),
        (rows(2, 3), numbered("2", "4")),
        (rows(4, 5), numbered("", "4")),
    )
    assert sorted(ids(Api(http).numbered("/x", {}))) == [1, 2, 3, 4, 5]


def test_a_list_without_a_total_is_read_until_a_reading_brings_nothing_new() -> None:
    first = [(rows(1, 2), numbered("2")), (rows(3), numbered(""))]
    http = Script(*first, *first)
    assert ids(Api(http).numbered("/x", {})) == [1, 2, 3]
    assert len(http.asked) == 4


def test_a_list_that_keeps_losing_rows_is_read_at_the_next_turn() -> None:
    answers = [
        each
        for n in range(4)
        for each in ((rows(n * 2 + 1), numbered("2", "9")), (rows(n * 2 + 2), numbered("", "8")))
    ]
    with pytest.raises(Unavailable):
        ids(Api(Script(*answers)).numbered("/x", {}))


def test_without_any_header_a_list_ends_with_an_empty_page() -> None:
    http = Script((rows(1), {}), ([], {}), (rows(1), {}), ([], {}))
    assert ids(Api(http).numbered("/x", {})) == [1]


@pytest.mark.parametrize(
    "answers",
    [
        [(rows(1), numbered("2")), (rows(1), numbered("3"))],
        [([], numbered("2"))],
    ],
)
def test_numbered_pages_that_repeat_or_are_empty_are_an_error(answers: list[Any]) -> None:
    with pytest.raises(Unexpected):
        ids(Api(Script(*answers)).numbered("/x", {}))


# --- by time ----------------------------------------------------------------------------------


def issues(*at: tuple[int, int]) -> list[dict[str, Any]]:
    """Rows by id and milliseconds."""
    times = [(id, START + timedelta(milliseconds=ms)) for id, ms in at]
    return [
        {"id": id, "updated_at": time.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        for id, time in times
    ]


def walk(*answers: Any) -> list[int]:
    return ids(Api(Script(*answers)).walk("/x", {}, "updated_at", START.isoformat()))


def test_each_page_begins_where_the_last_ended() -> None:
    http = Script(
        (issues((1, 0), (2, 5), (3, 7)), numbered("2")), (issues((3, 7), (4, 9)), numbered(""))
    )
    found = ids(Api(http).walk("/x", {}, "updated_at", START.isoformat()))
    assert found == [1, 2, 3, 4]
    assert [asked["updated_after"] for asked in http.asked] == [
        "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.007Z",
    ]  # fmt: skip
    assert "page" not in http.asked[1]


def test_more_issues_of_one_moment_than_a_page_holds() -> None:
    assert walk(
        (issues((1, 0), (2, 0)), numbered("2", "5")),
        (issues((1, 0), (2, 0)), numbered("2", "4")),  # the crowd of that moment, by number
        (issues((3, 0), (4, 1)), numbered("", "4")),
        (issues((4, 1), (5, 3)), numbered("", "2")),  # and on after it
    ) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "answers",
    [
        [(issues((1, 5), (2, 3)), numbered(""))],  # out of order
        [(issues((1, 0), (2, 9)), numbered("2")), (issues((1, 0), (2, 9)), numbered("2"))],  # loop
        [([], numbered("2"))],
        [([{"id": 1, "updated_at": None}], numbered(""))],
        [([{"id": 1, "updated_at": "2026-01-01"}], numbered(""))],
    ],
)
def test_a_walk_that_does_not_hold_what_it_promises(answers: list[Any]) -> None:
    with pytest.raises(Unexpected):
        walk(*answers)


def test_many_issues_of_one_instant_are_all_read(tool_of: Callable[..., Any], many: Any) -> None:
    tool = tool_of(many(23, step=timedelta(0)), page_size=4, history=False)
    assert len(tool.turn("tasks").items["tasks"]) == 23
    assert {id for ids in tool.connector.census("tasks", "1") for id in ids} == {
        f"1-{n}" for n in range(1, 24)
    }


def test_no_page_has_a_number_that_gitlab_refuses(tool_of: Callable[..., Any], many: Any) -> None:
    tool = tool_of(many(60), page_size=3, history=False)
    tool.sandbox.counted = 10
    assert len(tool.turn("tasks").items["tasks"]) == 60
    assert not [each for each in tool.sandbox.log if int(each.one("page", "1")) > 1]


# --- GraphQL ----------------------------------------------------------------------------------


def test_graphql_answers() -> None:
    assert Api(Script({"data": {"project": None}})).graphql("query", {}) == {"project": None}
    answers: list[Any] = [None, [], {}, {"data": None}, {"errors": [{"message": "no"}], "data": {}}]
    for wrong in answers:
        with pytest.raises(Unexpected):
            Api(Script(wrong)).graphql("query", {})


@pytest.mark.parametrize(
    "said",
    [
        "Field 'linkedItems' doesn't exist on type 'WorkItem'",
        "No such type WorkItemWidgetStatus, so it can't be a fragment condition",
    ],
)
def test_words_that_this_gitlab_does_not_know_are_the_admins_matter(said: str) -> None:
    with pytest.raises(Refused) as raised:
        Api(Script({"errors": [{"message": said}]})).graphql("query", {})
    assert "Upgrade GitLab" in raised.value.advice
