"""Advisory locks: each of its own, all in one place."""

from __future__ import annotations

from pathlib import Path

from sync_engine.store.locks import Lock


def test_no_two_locks_are_one() -> None:
    numbers = [int(each) for each in Lock.__members__.values()]
    assert len(numbers) == len(set(numbers))


def test_locks_are_held_by_their_names_only(root: Path) -> None:
    """A number that is written elsewhere may be another lock's."""
    asking = {
        file.relative_to(root / "sync_engine").as_posix()
        for file in (root / "sync_engine").rglob("*.py")
        if "pg_advisory" in file.read_text("utf-8") and "migrations" not in file.parts
    }
    assert asking == {"store/locks.py", "store/vault.py"}
