"""Every crash point of a round, one by one: the process is killed before or after its k-th HTTP
attempt, SQL statement or commit; the next round leaves one comment, with the latest text."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.sdk.records import Task
from sync_engine import duties
from sync_engine.crash import CrashPoints
from sync_engine.store.engine import open_engine
from tests.writeback.kit import TASK, Bench, bench


def die_at(work: Bench, url: str, at: int) -> int:
    """A round in a child that is killed at a point; how it ended (0: it came through)."""
    child = os.fork()
    if child == 0:
        try:
            crash = CrashPoints(at)
            engine = open_engine(url)
            crash.arm(engine)
            shop = replace(work.workshop, engine=engine, crash=crash)
            duties.write_back(shop, work.connection)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def again(work: Bench) -> None:
    """What time would do, and the next round."""
    with work.engine.begin() as connection:
        connection.execute(sa.text("UPDATE connection SET lease_until = NULL, lease_owner = NULL"))
    work.now += timedelta(hours=2)
    work.write()


def forget(work: Bench, task: Task) -> None:
    """As if nothing had ever been written."""
    work.drop()
    work.tool.world.put(task)
    with work.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM writeback"))


@pytest.mark.slow
def test_every_point_leaves_one_comment(
    sqlite_store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_store.url.render_as_string(hide_password=False)
    with bench(sqlite_store, "redmine", tmp_path, monkeypatch.setattr) as work:
        work.read()
        [task] = work.tool.world.all(Task)
        killed = 0
        for at in range(1, 400):
            if die_at(work, url, at) != signal.SIGKILL:
                break
            killed += 1
            again(work)
            assert len(work.ours()) == 1, at
            assert "Task 0 has no owner." in work.text()
            row = work.row()
            assert (row.state, row.tried_at) == ("written", None), at
            work.read()
            assert work.rows(TASK)[0].updated_at == task.updated_at, at
            forget(work, task)
        assert killed > 20
