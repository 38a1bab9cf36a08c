"""Redmine's traps: each must end in the truth or in an error, never in a quiet loss."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pytest

from connectors.sdk.errors import Refused, Unavailable, Unexpected
from connectors.sdk.records import Project, Record, Task, Worklog
from connectors.sdk.sandbox import Reply, Request

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
STREAMS = ("projects", "people", "milestones", "tasks", "worklogs")


def numbers(count: int) -> set[str]:
    return {str(n) for n in range(1, count + 1)}


def asked(tool: Any, path: str) -> list[Request]:
    return [request for request in tool.sandbox.log if request.path == path]


# --- who we are -------------------------------------------------------------------------------


def test_a_wrong_key_gets_an_empty_list_and_is_refused(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(token="feedfeedfeedfeedfeedfeedfeedfeedfeedfeed")
    listed = tool.door.get("/issues.json", {"status_id": "*"})
    assert listed["total_count"] == 0  # the trap
    questions: list[Callable[[], object]] = [tool.connector.check, tool.connector.scopes]
    for stream in STREAMS:
        questions += [
            partial(tool.turn, stream),
            partial(tool.turn, stream, {stream: {"": {"updated": "2026-01-01T00:00:00Z", "id": "9",
                                                      "created": "2026-01-01T00:00:00Z"}}}),
            partial(tool.connector.confirm, stream, ["4711"]),
        ]  # fmt: skip
    for stream in ("tasks", "worklogs"):
        questions += [
            lambda s=stream: list(tool.connector.census(s, "1")),  # type: ignore[misc]
            partial(tool.connector.count, stream, "1"),
        ]
    for question in questions:
        with pytest.raises(Refused) as refusal:
            question()
        assert "API key" in refusal.value.message
        assert refusal.value.remedy
        assert "feed" not in f"{refusal.value}{refusal.value.remedy}"


def hand_over(tool: Any, stream: str, handed: dict[str, Any]) -> None:
    """A first read that keeps what came, then one more question: a key may die after the last."""
    for lane in tool.connector.lanes(stream, {}).lanes:
        for page in tool.connector.pull(stream, lane.name, None):
            handed.update((item.id, item) for item in page.items)
    tool.connector.check()


@pytest.mark.parametrize("stream", STREAMS)
def test_a_key_revoked_at_any_moment_never_looks_like_deletions(
    tool_of: Callable[..., Any], stream: str
) -> None:
    """Wherever the key dies, all that is handed on is true, and the pull does not end well."""
    calm = tool_of(page_size=2)
    truth = calm.turn(stream).records
    for moment in range(len(calm.sandbox.log)):
        tool = tool_of(page_size=2)

        def revoke(request: Request, tool: Any = tool, moment: int = moment) -> None:
            if len(tool.sandbox.log) > moment:
                tool.sandbox.key = "another key by now, forty characters long"

        tool.sandbox.interfere = revoke
        handed: dict[str, Any] = {}
        with pytest.raises(Refused):
            hand_over(tool, stream, handed)
        for item in handed.values():
            for record in tool.connector.to_records(stream, item.body):
                assert truth[type(record), record.id] == record


def test_a_dying_key_in_a_public_project_is_noticed(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    """Strangers may read it: nothing is refused, only who we are tells."""
    tool = tool_of([*many(6), Worklog(id="w", project_id="p0", minutes=5, on=START.date())])
    tool.sandbox.public.add("1")
    cursors = {stream: tool.turn(stream).cursors[stream] for stream in ("tasks", "worklogs")}
    tool.clock.pass_by(minutes=9)
    tool.sandbox.world.edit("2", title="Changed")
    tool.sandbox.key = "another key by now, forty characters long"
    assert tool.door.get("/issues.json", {"project_id": "1"})["total_count"] == 6
    questions: list[Callable[[], object]] = [
        partial(list, tool.connector.pull("projects", "", None)),
        partial(list, tool.connector.pull("people", "", None)),
        partial(list, tool.connector.pull("tasks", "1", None)),
        partial(list, tool.connector.pull("worklogs", "", None)),
        tool.connector.scopes,
    ]
    for stream, held in cursors.items():
        questions += [
            partial(tool.turn, stream, {stream: held}),
            partial(tool.connector.count, stream, "1"),
            partial(tool.connector.confirm, stream, ["1"]),
            partial(list, tool.connector.census(stream, "1")),
        ]
    for question in questions:
        with pytest.raises(Refused):
            question()


# --- all there is -----------------------------------------------------------------------------


def test_closed_issues_and_closed_projects_are_read(tool: Any) -> None:
    tasks = {record.title for record in tool.turn("tasks").records.values()
             if isinstance(record, Task)}  # fmt: skip
    assert {"Done", "Dropped", "Quiet"} <= tasks
    assert {scope.state for scope in tool.connector.scopes()} == {"active", "closed"}


@pytest.mark.parametrize("page_size", [2, 3, 100])
def test_a_limit_cut_silently_loses_nothing(
    tool_of: Callable[..., Any], many: Callable[..., Any], page_size: int
) -> None:
    tool = tool_of(many(10, projects=2), page_size=page_size)
    assert set(tool.turn("tasks").items["tasks"]) == numbers(10)
    listed = [id for p in "12" for ids in tool.connector.census("tasks", p) for id in ids]
    assert sorted(listed, key=int) == sorted(numbers(10), key=int)


def test_subprojects_are_read_once(tool: Any) -> None:
    tool.turn("tasks")
    opened = [r.path for r in tool.sandbox.log if r.path.startswith("/issues/")]
    assert len(opened) == len(set(opened)) == 5
    erp, mig = (tool.native(Project, id) for id in ("erp", "mig"))  # one inside the other
    for scope, inside in ((erp, "pc"), (mig, "dx")):
        listed = [id for ids in tool.connector.census("tasks", scope) for id in ids]
        assert sorted(listed) == sorted(tool.native(Task, id) for id in inside)


def test_issues_deleted_while_they_are_read_hide_no_others(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(10), page_size=3)

    def delete(request: Request) -> None:
        if request.path == "/issues/3.json":
            for gone in ("1", "2", "3"):
                tool.sandbox.world.remove(Task, gone)

    tool.sandbox.interfere = delete
    assert set(tool.turn("tasks").items["tasks"]) >= numbers(10) - {"1", "2", "3"}


def test_time_deleted_while_it_is_read_hides_no_other(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    entries: list[Record] = [
        Worklog(id=f"w{n}", project_id="p0", minutes=n, on=START.date(),
                updated_at=START + timedelta(minutes=n))
        for n in range(1, 10)
    ]  # fmt: skip
    tool = tool_of([*many(1), *entries], page_size=4)

    def delete(request: Request) -> None:
        if request.one("offset") == "3":
            tool.sandbox.world.remove(Worklog, "2")
            tool.sandbox.interfere = None

    tool.sandbox.interfere = delete
    assert set(tool.turn("worklogs").items["worklogs"]) >= numbers(9) - {"2"}
    assert [request.one("offset") for request in asked(tool, "/time_entries.json")] == [
        "0", "3", "0", "3", "6",
    ]  # fmt: skip


def test_a_list_that_keeps_losing_rows_is_given_up(tool: Any) -> None:
    rows = [{"id": n, "name": f"P{n}"} for n in range(400)]

    def shrink(request: Request) -> Reply | None:
        if request.path != "/projects.json":
            return None
        offset = int(request.one("offset"))
        page = rows[offset:][:100]
        if offset == 0:
            del rows[:1]
        return Reply.of({"projects": page, "total_count": len(rows)})

    tool.sandbox.interfere = shrink
    with pytest.raises(Unavailable, match="lost rows"):
        tool.turn("projects")


@pytest.mark.parametrize(("path", "key"), [("/projects.json", "projects"),
                                           ("/issues.json", "issues")])  # fmt: skip
def test_a_list_that_repeats_itself_is_an_error(tool: Any, path: str, key: str) -> None:
    row = {"id": 1, "name": "Again", "project": {"id": 1}, "updated_on": "2026-01-01T00:00:00Z"}

    def repeat(request: Request) -> Reply | None:
        if request.path == path and request.one("limit") != "1":
            return Reply.of({key: [row], "total_count": 5})
        return None

    tool.sandbox.interfere = repeat
    lane = tool.native(Project, "erp") if key == "issues" else ""
    stream = "tasks" if key == "issues" else "projects"
    with pytest.raises(Unexpected):
        list(tool.connector.pull(stream, lane, None))


def test_a_list_that_promises_more_and_gives_none_is_an_error(tool: Any) -> None:
    def promise(request: Request) -> Reply | None:
        if request.path == "/issues.json":
            return Reply.of({"issues": [], "total_count": 5})
        return None

    tool.sandbox.interfere = promise
    with pytest.raises(Unexpected, match="more issues"):
        list(tool.connector.census("tasks", "1"))
    assert len(asked(tool, "/issues.json")) == 4  # the first, and three more chances
    with pytest.raises(Unexpected, match="more changed issues"):
        tool.turn("tasks", {"tasks": {"": {"updated": "2026-01-01T00:00:00Z"}}})


@pytest.mark.parametrize(
    "body", [{}, {"issues": None}, {"issues": [1]}, {"issues": [{"id": "x"}]}, [],
             {"issues": [], "total_count": "many"}]
)  # fmt: skip
def test_an_answer_of_another_shape_is_an_error(tool: Any, body: Any) -> None:
    tool.sandbox.interfere = lambda request: (
        Reply(200, orjson.dumps(body), {"Content-Type": "application/json"})
        if request.path == "/issues.json"
        else None
    )
    with pytest.raises(Unexpected):
        list(tool.connector.pull("tasks", "1", {"floor": "2026-01-01T00:00:00Z", "after": "0"}))
