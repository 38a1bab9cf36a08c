"""A desk at which configuration is changed, on either database."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync_engine.configure.changes import Desk
from sync_engine.settings import load
from sync_engine.store.audit import Actor

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Actor("ada@example.com", "console")
BEN = Actor("ben@example.com", "api")
CANARY = "canary-4711-never-shown"
FILE = """\
timezone: Europe/Berlin
connections:
  - name: boards
    connector: trello
    options: {key: "env:KEY", token: "env:TOKEN"}
web: {listen: 127.0.0.1:8650}
"""


def trello(**further: object) -> dict[str, object]:
    """A connection as a form gives it, its secrets in clear."""
    return {
        "connector": "trello",
        "options": {"key": "public-key-1234", "token": CANARY, **further},
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file."""
    path = tmp_path / "flagstaff.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def desk(store: sa.Engine, file: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk beside that file, on each database."""
    monkeypatch.delenv("FLAGSTAFF_KEY", raising=False)
    assert "FLAGSTAFF_KEY" not in os.environ
    return Desk(store, load(file), now=lambda: NOW)
