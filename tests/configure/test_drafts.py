"""A pack's text as a form, and back: nothing is lost, nothing is guessed."""

from __future__ import annotations

import pytest

from sync_engine.configure import drafts, standards
from sync_engine.configure.drafts import UnreadableError
from sync_engine.rules import packs
from sync_engine.settings.source import parse

FORM = {
    "id": "release-without-notes", "title": "Release has no notes", "subject": "task",
    "severity": "low", "scope": "status = done", "flag_when": "description length < :letters",
    "say": "It was closed without notes.", "remedy": "Write them.", "why": "People ask for them.",
    "source": "Acme: release", "examples.flags": "status: done; description length: 3",
    "examples.passes": "status: done; description length: 40",
    "examples.not_assessable": "status: done; description length: unknown",
    "params.0.name": "letters", "params.0.type": "count", "params.0.default": "10",
    "params.0.min": "1",
}  # fmt: skip


def test_a_form_makes_a_pack_that_holds() -> None:
    standard, errors = drafts.read_standard(FORM, {})
    assert errors == {}
    text = drafts.with_standard("acme", drafts.begin("acme", "Acme's: own"), standard, None)
    assert standards.check_pack("acme", text) == []
    assert drafts.ids_of("acme", text) == ["release-without-notes"]
    assert drafts.ids_of("acme", drafts.without_standard("acme", text, FORM["id"])) == []


@pytest.mark.parametrize("name", sorted(packs.known()))
def test_every_standard_goes_through_the_form_unchanged(name: str) -> None:
    """Those that come with the product have all that a standard can have."""
    data = parse(packs.known()[name].read_text("utf-8"), name).data
    for standard in data["standards"]:
        said, errors = drafts.read_standard(drafts.shown(standard), standard)
        assert errors == {}
        flat = {
            key: " ".join(value.split()) if isinstance(value, str) else value
            for key, value in standard.items()
        }
        kept = {
            key: " ".join(value.split()) if isinstance(value, str) else value
            for key, value in said.items()
        }
        assert kept == flat, standard["id"]


def test_problems_stand_at_their_fields() -> None:
    wrong = FORM | {"flag_when": "description length < :leters", "say": "It {nothing}."}
    standard, _ = drafts.read_standard(wrong, {})
    text = drafts.with_standard("acme", drafts.begin("acme", "Acme"), standard, None)
    told = drafts.problems_by_standard("acme", text, standards.check_pack("acme", text))
    found = told["release-without-notes"]
    assert "leters" in found["flag_when"]
    assert "nothing" in found["say"]
    right, _ = drafts.read_standard(FORM | {"examples.passes": "status: todo"}, {})
    text = drafts.with_standard("acme", drafts.begin("acme", "Acme"), right, None)
    told = drafts.problems_by_standard("acme", text, standards.check_pack("acme", text))
    assert "expected met" in told["release-without-notes"]["examples.passes"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Not An Id"), ("title", ""), ("flag_when", ""), ("examples.flags", ""),
        ("examples.passes", "no mark"), ("params.0.name", "Bad Name"), ("params.0.default", ""),
        ("params.0.default", "many"), ("params.0.default", "2.5"), ("examples.flags", "{a: [}"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_beside_its_field(field: str, value: str) -> None:
    _, errors = drafts.read_standard(FORM | {field: value}, {})
    assert field in errors


def test_what_is_no_pack_is_for_the_text() -> None:
    for text in ("a: [", "- 1\n", "pack: x\nstandards: [1]\n"):
        with pytest.raises(UnreadableError):
            drafts.data_of("acme", text)
    assert drafts.problems_by_standard("acme", "a: [", []) == {}
    standard, _ = drafts.read_standard(FORM, {})
    text = drafts.with_standard("acme", drafts.begin("acme", "Acme"), standard, None)
    with pytest.raises(ValueError, match="already"):
        drafts.with_standard("acme", text, standard, None)
    assert drafts.with_standard("acme", text, standard, standard["id"]) == text
