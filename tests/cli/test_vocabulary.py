"""What there is to map in a tool, and mappings that name what there is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk import registry
from connectors.sdk.records import Custom, Project, Status, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox, serve
from connectors.sdk.vocabulary import FieldName, Vocabulary
from sync_engine import clock
from sync_engine.cli.output import console
from sync_engine.cli.vocabulary import tell
from sync_engine.probing import unknown_words
from sync_engine.settings.models import Mapping
from sync_engine.vocabulary import Listing, WordLine, complete

Flagstaff = Callable[..., Any]
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def _task(id: str, label: str, status: Status | None) -> Task:
    return Task(
        id=id, project_id="move", title=f"Desk {id}", status=status, status_label=label,
        created_at=AT, updated_at=AT, custom=(Custom(id="risk", name="Risk", value="High"),),
    )  # fmt: skip


@pytest.fixture
def trello() -> Sandbox:
    return registry.sandbox("trello")(
        [
            Project(id="move", name="Office move"),
            _task("t1", "To do", "todo"),
            _task("t2", "Parked", None),
        ],
        clock.now,
    )


@pytest.fixture
def configured(trello: Sandbox, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Writes the configuration of a connection to the sandbox."""
    with serve(trello) as url:

        def write(mapping: dict[str, Any] | None = None, connector: str = "trello") -> None:
            options = trello.options(url) if connector == "trello" else {}
            held = {"name": "office", "connector": connector, "options": options}
            document = {"connections": [{**held, "mapping": mapping or {}}]}
            (tmp_path / "flagstaff.yaml").write_text(json.dumps(document))

        yield write


def _words(said: Any) -> dict[str, Any]:
    return {line["word"]: line for line in said.json["status"]}


def test_fields_lists_what_a_tool_that_was_never_read_has(
    flagstaff: Flagstaff, configured: Callable[..., None]
) -> None:
    configured({"fields": {"exposure": "risk"}, "status": {"Parked": "cancelled"}})
    said = flagstaff("connections", "fields", "office", "--json")
    assert said.code == 0
    [risk] = said.json["fields"]
    assert (risk["name"], risk["type"], risk["fills"]) == ("Risk", "one of a list", None)
    assert risk["mapped_to"] == ["exposure"]
    assert _words(said)["To do"] == {
        "word": "To do", "means": None, "by": None, "seen": False, "listed": True,
    }  # fmt: skip
    assert (_words(said)["Parked"]["means"], _words(said)["Parked"]["by"]) == ("cancelled", "admin")
    assert said.json["troubles"] == []


def test_fields_tells_what_words_mean_once_they_were_read(
    flagstaff: Flagstaff, configured: Callable[..., None]
) -> None:
    configured()
    assert flagstaff("sync", "office").code == 0
    words = _words(flagstaff("connections", "fields", "office", "--json"))
    assert (words["To do"]["means"], words["To do"]["by"]) == ("todo", "tool")
    assert words["Parked"]["seen"]
    assert words["Parked"]["means"] is None
    shown = flagstaff("connections", "fields", "office").out
    assert "Fills by itself" in shown
    [parked] = [line.rstrip() for line in shown.splitlines() if line.startswith("Parked")]
    assert parked.endswith("nobody yet")


def test_what_an_admin_no_longer_maps_means_nothing(
    flagstaff: Flagstaff, configured: Callable[..., None]
) -> None:
    configured({"status": {"Parked": "cancelled"}})
    assert flagstaff("sync", "office").code == 0
    configured()
    parked = _words(flagstaff("connections", "fields", "office", "--json"))["Parked"]
    assert (parked["means"], parked["by"], parked["seen"]) == (None, None, True)


def test_a_tool_that_refuses_is_told_with_the_remedy(
    flagstaff: Flagstaff, configured: Callable[..., None], trello: Sandbox
) -> None:
    configured()
    trello.interfere = lambda _: Reply(401, b"invalid token")
    said = flagstaff("connections", "fields", "office")
    assert said.code == 2
    assert "→" in said.out
    assert "Status word" not in said.out


def test_a_secret_that_is_not_there_is_told(flagstaff: Flagstaff, tmp_path: Path) -> None:
    options = {"key": "env:NOT_SET_KEY", "token": "env:NOT_SET"}
    document = {"connections": [{"name": "a", "connector": "trello", "options": options}]}
    (tmp_path / "flagstaff.yaml").write_text(json.dumps(document))
    said = flagstaff("connections", "fields", "a")
    assert said.code == 2
    assert "NOT_SET" in said.out


@pytest.mark.parametrize(
    ("connector", "options", "why"),
    [
        ("basecamp", {"account": "1", "token": "t", "contact": "pmo@example.com"}, "README"),
        ("inbound", {"columns": {"No": "id", "Task": "title"}}, "deliver"),
    ],
)
def test_a_connector_that_cannot_tell_says_so(
    flagstaff: Flagstaff, tmp_path: Path, connector: str, options: dict[str, Any], why: str
) -> None:
    document = {"connections": [{"name": "a", "connector": connector, "options": options}]}
    (tmp_path / "flagstaff.yaml").write_text(json.dumps(document))
    said = flagstaff("connections", "fields", "a")
    assert said.code == 1
    assert why in said.err


def test_check_names_words_of_the_mapping_that_the_tool_does_not_list(
    flagstaff: Flagstaff, configured: Callable[..., None]
) -> None:
    configured({"status": {"Parkd": "cancelled", "to DO": "todo"}, "fields": {"risk": "Rsk"}})
    said = flagstaff("connections", "check", "--json")
    assert said.code == 0
    assert [trouble["message"] for trouble in said.json[0]["troubles"]] == [
        'The tool lists no status word "Parkd"; did you mean "Parked"?',
        'The tool lists no custom field "Rsk"; did you mean "Risk"?',
    ]
    told = flagstaff("connections", "fields", "office")
    assert told.code == 0
    assert 'did you mean "Parked"?' in told.out


def test_check_asks_nothing_more_where_nothing_is_mapped(
    flagstaff: Flagstaff, configured: Callable[..., None], trello: Sandbox
) -> None:
    configured()
    flagstaff("connections", "check")
    assert not [each for each in trello.log if "/1/boards/" in each.path]


def test_a_mapping_that_cannot_be_checked_is_no_obstacle(
    flagstaff: Flagstaff, configured: Callable[..., None], trello: Sandbox
) -> None:
    configured({"fields": {"risk": "Risk"}})

    def broken(request: Request) -> Reply | None:
        return Reply(404, b"no") if request.path.startswith("/1/boards/") else None

    trello.interfere = broken
    said = flagstaff("connections", "check", "--json")
    assert said.code == 0
    [trouble] = said.json[0]["troubles"]
    assert trouble["message"].startswith("The mapping was not checked.")
    assert trouble["stops"] is False


POINTS = FieldName("f1", "Story points", "number", fills="points", taken=True)
SIZE = FieldName("f2", "Size", "number")


def _told(mapping: Mapping, known: Vocabulary) -> list[str]:
    return [trouble.message for trouble in unknown_words(mapping, known)]


def test_a_field_is_known_by_its_id_or_its_name() -> None:
    known = Vocabulary.of([], [SIZE])
    assert _told(Mapping(fields={"a": "f2", "b": "sIZE"}), known) == []
    assert _told(Mapping(fields={"a": "F2"}), known) == ['The tool lists no custom field "F2".']


def test_nothing_is_said_of_what_a_tool_does_not_list() -> None:
    mapping = Mapping(status={"Odd": "done"}, fields={"risk": "Risk"})
    assert _told(mapping, Vocabulary(None, None)) == []


def test_where_people_write_what_they_like_no_status_word_is_wrong() -> None:
    mapping = Mapping(status={"Odd": "done"})
    assert _told(mapping, Vocabulary.of(["Done"], [], free=True)) == []


def test_where_a_field_says_the_status_its_words_are_not_those_of_the_tool() -> None:
    mapping = Mapping(status={"Odd": "done"}, fields={"status": "Size"})
    assert _told(mapping, Vocabulary.of(["Done"], [SIZE])) == []


def test_a_field_that_fills_something_by_itself_cannot_be_mapped_elsewhere() -> None:
    known = Vocabulary.of([], [POINTS])
    assert _told(Mapping(fields={"points": "Story points"}), known) == []
    assert _told(Mapping(fields={"effort": "Story points"}), known) == [
        'The field "Story points" fills `points` by itself, and nothing else.'
    ]


def test_words_of_which_only_the_case_differs_are_one() -> None:
    listing = Listing("a", "Tool")
    seen: dict[str, tuple[Status | None, str | None]] = {"done": ("done", "tool")}
    complete(listing, Vocabulary.of(["Done"], []), Mapping(status={"DONE": "cancelled"}), seen)
    assert listing.status == [WordLine("Done", "cancelled", "admin", seen=True, listed=True)]


def test_words_that_the_tool_does_not_list_are_shown_as_such() -> None:
    listing = Listing("a", "Tool")
    complete(listing, Vocabulary.of(["Done"], []), Mapping(), {"Old": (None, None)})
    assert {line.word: line.listed for line in listing.status} == {"Done": True, "Old": False}


def test_fields_of_many_lists_that_are_called_alike_take_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listing = Listing("a", "Tool")
    sizes = [FieldName(f"f{number}", "Size", "number") for number in range(1, 4)]
    other = FieldName("g", "Size", "text")
    complete(listing, Vocabulary.of([], [*sizes, other]), Mapping(), {})
    assert listing.fields is not None
    assert len(listing.fields) == 4
    tell(console(), listing)
    out = capsys.readouterr().out
    assert "f1 and 2 more" in out
    assert sum(line.startswith("Size") for line in out.splitlines()) == 2


def test_fields_that_may_not_be_listed_are_not_called_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listing = Listing("a", "Tool")
    complete(listing, Vocabulary(("Done",), None), Mapping(fields={"risk": "Risk"}), {})
    assert listing.document()["fields"] is None
    tell(console(), listing)
    assert "lists no custom fields for this account" in capsys.readouterr().out
    assert listing.troubles == []
