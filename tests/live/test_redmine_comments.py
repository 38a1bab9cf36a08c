"""Notes of ours in a Redmine that nobody here wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.redmine.comments import RedmineComments
from connectors.sdk.comments import Note, Place
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Comment, Task

pytestmark = [
    pytest.mark.redmine,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("tests.live.test_redmine_live"),  # one server for all of them
]
MARK = "0123456789abcdef"


def note(*lines: str) -> Note:
    return Note(lines, MARK)


def notes_of(redmine: Any, id: str) -> list[str]:
    return [each["notes"] for each in redmine.issue(id)["journals"] if each["notes"]]


@pytest.fixture
def comments(redmine: Any, reader_of: Callable[..., Any]) -> RedmineComments:
    return RedmineComments(None, reader_of(redmine.base_url, redmine.api_key).door)


def test_a_note_is_written_found_and_edited(redmine: Any, comments: RedmineComments) -> None:
    id = redmine.new_issue("intranet", "To be commented on")
    place = Place(id)
    before = comments.look(place, MARK)
    assert before.comment_id is None
    assert before.updated_at is not None
    comments.write(place, note("Flagstaff (low): {{include(x)}}", "@admin #1"))
    after = comments.look(place, MARK)
    assert after.comment_id is not None
    assert after.updated_at is not None
    assert after.said_at is not None
    assert abs((after.updated_at - after.said_at).total_seconds()) <= 5
    comments.update(place, after.comment_id, note("Flagstaff: solved."))
    assert comments.look(place, MARK).comment_id == after.comment_id
    assert notes_of(redmine, id) == [f"Flagstaff: solved.\n\n[flagstaff:{MARK}]"]


def test_what_the_reader_reads_is_when_the_issue_was_updated(
    redmine: Any, comments: RedmineComments, reader_of: Callable[..., Any]
) -> None:
    id = redmine.new_issue("intranet", "Read with our note")
    comments.write(Place(id), note("A line."))
    reader = reader_of(redmine.base_url, redmine.api_key)
    records = reader.read("tasks").records("tasks")
    task: Any = records[Task, id]
    assert task.updated_at == comments.look(Place(id), MARK).updated_at
    said: Any = [each for (kind, _), each in records.items() if kind is Comment]
    assert any(each.task_id == id and each.text.endswith(f"{MARK}]") for each in said)


def test_an_issue_that_is_not_there_is_told(comments: RedmineComments) -> None:
    with pytest.raises(NotVisible):
        comments.look(Place("999999"), MARK)
