"""The packs hold what the PMO's catalogue asks for, or the reference says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync_engine.rules import coverage, packs
from tests.conftest import missing_part

EVERY = [
    standard
    for path in sorted(packs.folders()[-1].glob("*.yaml"))
    for standard in packs.load(path).standards
]


def test_every_entry_is_checked_or_said_to_be_lacking() -> None:
    covered = coverage.by_ref(EVERY)
    assert coverage.CATALOGUE.keys() - covered.keys() == coverage.LACKING.keys()


def test_every_ref_is_an_entry() -> None:
    assert coverage.by_ref(EVERY).keys() <= coverage.CATALOGUE.keys()


def test_the_catalogue_is_the_whole_list(contracts: Path) -> None:
    listed = contracts.parent / "standards.md"
    if not listed.is_file():
        missing_part("the list of standards", "put standards.md beside the contract data")
    ids = re.findall(r"^\| ([A-Z]\d\d) \|", listed.read_text("utf-8"), re.MULTILINE)
    assert list(coverage.CATALOGUE) == ids
    assert len(ids) == 95


@pytest.mark.parametrize("ref", coverage.LACKING)
def test_what_is_lacking_says_what_it_would_take(ref: str) -> None:
    line = next(line for line in coverage.table(EVERY) if line.startswith(f"| {ref} |"))
    assert "Needed:" in line


def test_the_table_links_to_what_checks_an_entry(root: Path) -> None:
    page = (root / "docs" / "reference" / "standards.md").read_text("utf-8")
    for line in coverage.table(EVERY):
        assert line in page
    for standard in EVERY:
        assert f"### {standard.id}\n" in page


def test_about_fifty_are_in_force_by_default() -> None:
    on = [each for each in EVERY if each.pack == "pmo-core" and each.enabled]
    assert 40 <= len(on) <= 55
