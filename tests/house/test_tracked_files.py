"""What may not stand in a tracked file, and what each folder must have."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

LONGEST = 450
LONGEST_TEST = 600  # cases listed one after the other are still read at a sitting
# Not read at a sitting: what a migration did once, and the list of the store's tables.
LISTS = re.compile(r"/migrations/versions/|/store/models\.py$")

# Written in two halves, so that this file does not find itself.
FORBIDDEN = {
    "a registry's host": "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("files", "pythonhosted", "org"),
            ("pypi", "org"),
            ("registry", "npmjs", "org"),
            ("deb", "debian", "org"),
        )
    ),
    "a path of one machine": r"(?<![\w.])/(?:" + "work|farm|root|home/[a-z]" + r")\b(?=/)",
    "something left undone": r"\b(?:"
    + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK"))
    + r")\b(?!\")",
    "a silenced check without its code": "# type: " + r"ignore(?!\[)|# no" + r"qa(?!: )",
    "a conflict": r"^(?:<{7}|>{7}) ",
}


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    """The tracked files that are text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    )
    files = [root / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(root: Path, tracked: list[Path], what: str) -> None:
    """Nothing of the kind, anywhere."""
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [
        f"{file.relative_to(root)}:{number}: {line.strip()[:100]}"
        for file in tracked
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join([f"{what}:", *found])


def test_files_stay_readable(root: Path, tracked: list[Path]) -> None:
    """A file of code that one cannot read at a sitting is cut in two."""
    long = {
        str(file.relative_to(root)): lines
        for file in tracked
        if file.suffix == ".py"
        and not LISTS.search(str(file))
        and (lines := len(file.read_text("utf-8").splitlines()))
        > (LONGEST_TEST if file.is_relative_to(root / "tests") else LONGEST)
    }
    assert not long


def test_configuration_folder_holds_no_code(root: Path) -> None:
    """A module named `config` would collide with a popular package."""
    assert not list((root / "config").rglob("*.py"))


def test_each_connector_is_a_whole_slice(root: Path) -> None:
    """Same files everywhere: who has seen one has seen all."""
    folders = [file.parent for file in (root / "connectors").glob("*/connector.py")]
    assert len(folders) >= 4
    needed = ("__init__.py", "connector.py", "mapping.py", "sandbox.py", "README.md")
    missing = {
        f"{folder.name}/{name}"
        for folder in folders
        for name in needed
        if not (folder / name).is_file()
    } - {"inbound/sandbox.py"}  # which asks no tool
    assert not missing


def test_test_folders_do_not_shadow_packages(root: Path) -> None:
    """`tests/connectors` would be found instead of `connectors`."""
    names = {folder.name for folder in (root / "tests").iterdir() if folder.is_dir()}
    assert names.isdisjoint({"connectors", "sync_engine", "config"})
