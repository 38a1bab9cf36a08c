"""Flags are written back after an assessment: by the daemon's threads, and by workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.sdk.comments import fingerprint_in
from connectors.sdk.records import Comment
from connectors.sdk.sandbox import Sandbox
from sync_engine import duties
from sync_engine.worker import Worker
from tests.daemon.conftest import WEB
from tests.daemon.test_daemon import Running, start

__all__ = ["start"]

WRITEBACK = "    writeback: {standards: [active-without-owner], after: 0 days, team_daily: 50}"


def ours(tool: Sandbox) -> list[str]:
    found = [fingerprint_in(each.text) for each in tool.world.all(Comment)]
    return [mark for mark in found if mark]


def test_the_daemon_writes_after_it_has_assessed(
    start: Callable[..., Running],
    tool: Sandbox,
) -> None:
    daemon = start(hook=f"{WRITEBACK}\n{WEB}")
    daemon.wait_for("flags written back", connection="boards", written=6)
    assert daemon.end() < 10
    assert len(ours(tool)) == len(set(ours(tool))) == 6


@pytest.mark.postgres
def test_a_worker_does_it_as_a_job(
    write_config: Callable[..., Path], postgres_url: str, tool: Sandbox
) -> None:
    worker = Worker(write_config(store=postgres_url, hook=f"{WRITEBACK}\n{WEB}"))
    worker.work("boards", "pull")
    duties.assess(worker.engine, worker.configuration)
    worker.work("boards", "writeback")
    worker.work("boards", "writeback")
    assert len(ours(tool)) == len(set(ours(tool))) == 6
    worker.engine.dispose()
