"""What the sandbox holds is what the connector reads, and what it declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.github.connector import GitHub
from connectors.github.history import EVENTS
from connectors.sdk.records import STORED_KINDS, Change, Comment, Sprint, Task, Worklog


def test_everything_comes_back_as_it_is_held(tool: Any) -> None:
    read: dict[Any, Any] = {}
    for stream in GitHub.streams:
        read.update(tool.turn(stream).records)
    for kind in STORED_KINDS:
        held = {record.id: record for record in tool.sandbox.world.all(kind)}
        assert {id: record for (each, id), record in read.items() if each is kind} == held
    kinds = {kind for kind, _ in read}
    assert kinds == set(GitHub.provides)
    assert not kinds & {Sprint, Worklog}
    changes = {change.field_label for (kind, _), change in read.items() if kind is Change}
    assert changes == {"closed", "reopened", "renamed", "assigned"}


def test_the_history_tells_who_did_it(tool: Any) -> None:
    changes = tool.turn("changes").records.values()
    assigned = next(change for change in changes if change.field_label == "assigned")
    assert assigned.new_label == "bob-baker"
    assert assigned.author_id is not None


def test_items_hold_what_the_mapping_reads_and_little_more(tool: Any) -> None:
    for item in tool.turn("tasks").items["tasks"].values():
        assert "reactions" not in item.body["issue"]
        assert "html_url" not in (item.body["issue"]["user"] or {})


def test_every_task_and_comment_counts_in_its_repository(tool: Any) -> None:
    for stream, kind in (("tasks", Task), ("comments", Comment)):
        for item in tool.turn(stream).items[stream].values():
            [record] = [
                each for each in GitHub.to_records(stream, item.body) if isinstance(each, kind)
            ]
            place = record.id if isinstance(record, Task) else record.task_id
            assert place.partition("#")[0] == item.scope


def test_the_readme_names_every_event_that_is_history(root: Path) -> None:
    readme = (root / "connectors" / "github" / "README.md").read_text()
    for event in EVENTS:
        assert f"*{event}*" in readme
    for name in GitHub.Config.model_fields:
        assert f"| `{name}` |" in readme
