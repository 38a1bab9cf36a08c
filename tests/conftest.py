"""Fixtures that every folder of tests shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def missing_part(part: str, remedy: str) -> None:
    """Skip a test for a missing part; in CI nothing may be skipped, so fail there."""
    message = f"{part} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder with the vendors' API descriptions and recorded answers."""
    folder = Path(os.environ.get("FLAGSTAFF_CONTRACTS") or ROOT.parent / "shared" / "contracts")
    if not folder.is_dir():
        missing_part("the contract data", "set FLAGSTAFF_CONTRACTS to its folder")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT
