"""What tests of write-back share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.writeback.kit import Bench, bench


@pytest.fixture
def work(store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """An imitated Redmine, once with each database."""
    with bench(store, "redmine", tmp_path, monkeypatch.setattr) as made:
        yield made


@pytest.fixture
def lite(
    sqlite_store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """An imitated Redmine with four tasks."""
    with bench(sqlite_store, "redmine", tmp_path, monkeypatch.setattr, items=4) as made:
        yield made
