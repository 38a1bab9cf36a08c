"""Workers on a real PostgreSQL queue."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
import sqlalchemy as sa
from procrastinate.exceptions import ConnectorException

from sync_engine import clock
from sync_engine.configure import people as persons
from sync_engine.configure.changes import Desk
from sync_engine.settings import load
from sync_engine.store.audit import Actor
from sync_engine.worker import NeedsPostgresError, Worker

pytestmark = pytest.mark.postgres


@pytest.fixture
def worker(write_config: Callable[..., Path], postgres_url: str) -> Worker:
    return Worker(write_config(store=postgres_url))


def count(worker: Worker, table: str) -> int:
    with worker.engine.connect() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_is_due_is_enqueued_once_and_done(worker: Worker) -> None:
    worker.run(wait=False)
    with worker.app.open():
        assert worker.enqueue_due(worker.connection_task) == ["boards"]
        assert worker.enqueue_due(worker.connection_task) == []
    worker.run(wait=False)
    assert count(worker, "task") == 6
    worker.engine.dispose()


def test_a_connection_that_cannot_run_says_so_and_is_tried_later(
    write_config: Callable[..., Path], postgres_url: str
) -> None:
    file = write_config(store=postgres_url)
    file.write_text(file.read_text().replace("token: ", "token: env:NO_SUCH_SECRET #"))
    worker = Worker(file)
    worker.work("boards", "pull")
    with worker.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT state, message FROM connection")).one()
    assert row.state == "failed"
    assert "NO_SUCH_SECRET" in row.message
    worker.engine.dispose()


def test_people_of_the_console_are_known_before_the_next_job(
    write_config: Callable[..., Path], postgres_url: str
) -> None:
    file = write_config(store=postgres_url)
    made = Worker(file)
    desk, ada = Desk(made.engine, load(file)), Actor("ada@example.com", "console")
    leads = "SELECT lead_email FROM identity"
    document = {"name": "Ada Quist", "emails": ["ada@example.com"], "lead": "lead@example.com"}
    persons.set_person(desk, ada, document)
    Worker(file).engine.dispose()
    with made.engine.connect() as connection:
        assert connection.execute(sa.text(leads)).scalars().all() == ["lead@example.com"]
    persons.remove_person(desk, ada, persons.key_of(document), version=1)
    made.take_entries()
    with made.engine.connect() as connection:
        assert connection.execute(sa.text(leads)).scalars().all() == [None]
    made.engine.dispose()


def test_sqlite_is_refused_in_plain_words(write_config: Callable[..., Path]) -> None:
    with pytest.raises(NeedsPostgresError, match="flagstaff run"):
        Worker(write_config())


def test_wrong_standards_are_said_once_and_mending_them_is_enough(
    write_config: Callable[..., Path],
    postgres_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pack = tmp_path / "own.yaml"
    worker = Worker(write_config(store=postgres_url, extra="standards: {packs: [own.yaml]}"))
    duty = worker.app.tasks["flagstaff.duties"]
    for wrong in ("pack: [", "standards: nonsense"):
        pack.write_text(wrong)
        for _ in range(2):
            duty.func(timestamp=0)
        assert capsys.readouterr().out.count("cannot assess or send") == 1
    assert count(worker, "assessment") == 0
    pack.write_text("pack: own\ntitle: Our own\nextends: governance\n")
    duty.func(timestamp=0)
    assert "cannot assess or send" not in capsys.readouterr().out
    assert count(worker, "assessment") == 1
    pack.write_text("pack: [")
    duty.func(timestamp=0)
    assert capsys.readouterr().out.count("cannot assess or send") == 1
    worker.engine.dispose()


def test_a_digest_that_cannot_be_composed_is_logged(
    write_config: Callable[..., Path],
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    digest = "digests: [{to: [ann@example.com], channels: [file], scope: 'nonsense = 1'}]"
    worker = Worker(write_config(store=postgres_url, extra=digest))
    for day in (1, 2):  # a Sunday, on which it is first seen, and the Monday
        now = datetime(2026, 3, day, 9, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        worker.app.tasks["flagstaff.duties"].func(timestamp=0)
    assert "is not understood" in capsys.readouterr().out
    worker.engine.dispose()


def test_a_worker_outlives_a_restart_of_the_database(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue ends with an error, then without one; then it is told to stop."""
    begun = 0

    async def works(**_: object) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise ConnectorException
        if begun == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()

    monkeypatch.setattr("sync_engine.worker.AGAIN_SECONDS", 0)
    monkeypatch.setattr(worker.app, "run_worker_async", works)
    worker.run()
    assert begun == 3
    second = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    assert second == [signal.SIG_DFL, signal.default_int_handler]  # whatever they were before
    worker.engine.dispose()


def test_what_is_wrong_with_a_worker_itself_ends_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.app, "run_worker_async", AsyncMock(side_effect=RuntimeError("no")))
    with pytest.raises(RuntimeError, match="no"):
        worker.run()
    worker.engine.dispose()
