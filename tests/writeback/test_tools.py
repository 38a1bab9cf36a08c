"""Each tool's own way to be commented on: the same life of a comment in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.comments import Note, Place, comments_of, fingerprint_in, hidden, inert, plain
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Task
from tests.writeback.kit import COMMENT, TASK, Bench, bench

TOOLS = [name for name in registry.names() if comments_of(registry.get(name))]
NOTE = Note(("First line.", "/close @all"), "0123456789abcdef")


@pytest.fixture(params=TOOLS)
def tool(
    request: pytest.FixtureRequest,
    sqlite_store: sa.Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    with bench(sqlite_store, request.param, tmp_path, monkeypatch.setattr, items=2) as made:
        yield made


def test_these_can_be_commented_on() -> None:
    assert TOOLS == ["asana", "github", "gitlab", "jira", "redmine", "trello"]


def test_a_comment_is_written_edited_closed_and_not_counted(tool: Bench) -> None:
    tool.read()
    before = {row.id: row.updated_at for row in tool.rows(TASK)}
    assert len(before) == 2
    assert tool.write().written == 2  # type: ignore[union-attr]
    assert len(tool.ours()) == 2
    tool.read()
    assert {row.id: row.updated_at for row in tool.rows(TASK)} == before
    assert tool.rows(COMMENT) == []
    assert tool.write() is None
    tool.own()
    tool.read()
    assert tool.write().closed == 1  # type: ignore[union-attr]
    texts = [each.text for each in tool.ours()]
    assert sum(text.startswith("Flagstaff: solved since") for text in texts) == 1
    assert sum(text.startswith("Flagstaff (low)") for text in texts) == 1
    after = {row.id: row.updated_at for row in tool.rows(TASK)}
    tool.read()
    assert {row.id: row.updated_at for row in tool.rows(TASK)} == after


def test_a_comment_is_found_behind_many_others(tool: Bench) -> None:
    tool.read()
    tool.write()
    mine = tool.ours()[0]
    look = comments_of(registry.get(tool.tool.name))
    assert look is not None
    reached = tool.workshop.reach(tool.connection)
    comments = look(reached.options, reached.door)
    mark = fingerprint_in(mine.text) or ""
    for number in range(130):
        tool.tool.say(mine.task_id, numbered(mine.id, number), f"Note {number}")
    seen = comments.look(Place(mine.task_id), mark)
    assert seen.comment_id == mine.id
    assert comments.look(Place(mine.task_id), "f" * 16).comment_id is None


def numbered(id: str, number: int) -> str:
    """An id of the same shape, before the given one."""
    if id.isdecimal():
        return str(int(id) - number - 1)
    return f"{number + 1:08x}{id[8:]}"


def test_who_may_not_write_is_told_what_is_missing(tool: Bench) -> None:
    tool.read()
    tool.tool.may_comment = False
    done = tool.write()
    assert done is not None
    told = " ".join([*done.items, done.trouble, done.remedy])
    kind: Any = comments_of(registry.get(tool.tool.name))
    assert (done.written, f"{kind.needs} Or take `writeback` out." in told) == (0, True)
    assert "writeback" not in kind.needs  # it is shown where writing back is still off, too
    assert tool.ours() == []
    tool.tool.may_comment = True
    tool.now = tool.now.replace(day=tool.now.day + 2)
    assert tool.write().written == 2  # type: ignore[union-attr]


def test_an_item_that_is_not_there_is_said_to_be_so(tool: Bench) -> None:
    tool.read()
    tool.tool.world.remove(Task, tool.task_id())
    done = tool.write()
    assert done is not None
    assert (done.written, len(done.items)) == (1, 1)


@pytest.mark.parametrize(("kind", "id"), [("github", "draft"), ("gitlab", "g7-3")])
def test_what_cannot_be_commented_on_is_told(kind: str, id: str) -> None:
    made: Any = comments_of(registry.get(kind))
    options = registry.get(kind).Config.model_validate({"url": "https://example.com", "token": "x"})
    with pytest.raises(NotVisible, match="Only issues"):
        made(options, None).look(Place(id), "f" * 16)


@pytest.mark.parametrize("write", [plain, hidden])
def test_the_marker_is_read_back_at_the_end_alone(write: Any) -> None:
    text = write(NOTE)
    assert fingerprint_in(text) == NOTE.fingerprint
    assert fingerprint_in(f"{text}\n ") == NOTE.fingerprint
    assert fingerprint_in(f"> {text}\nDone.") is None
    assert fingerprint_in(text.replace("[flagstaff:0", "[flagstaff:g")) is None


@pytest.mark.parametrize(
    "sign", ["@all", "#12", "[[Secret]]", "{{x}}", "<b>", "!i!", "*b*", "`c`", "/close", "~x~"]
)
def test_signs_lose_their_power(sign: str) -> None:
    assert sign[:2] not in inert(sign)
    assert inert(sign).replace("\u200b", "") == sign


@pytest.mark.parametrize(
    ("said", "acts"),
    [
        ("See https://x.example/a", "https:/"),
        ("See www.1and1.example", "www.1"),
        ("See example.com", "example.c"),
        ('See "this":/projects', '":/'),
        ("Like GH-12", "GH-1"),
        ("Like web2-7", "web2-7"),
        ("In version:1.0", "version:1"),
        ("In r12", "r1"),
        ("In a1b2c3d", "a1b2c3d"),
        ("For ann@example.com", "@e"),
        ("&#64;all and $5", "&#"),
    ],
)
def test_words_refer_to_nothing(said: str, acts: str) -> None:
    assert acts not in inert(said)
    assert inert(said).replace("\u200b", "") == said


def test_times_and_numbers_stay_whole() -> None:
    said = "Due 2026-03-02 10:30, 3.5 days late; half done: 50 % of 20."
    assert inert(said) == said
