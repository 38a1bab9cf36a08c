"""Every crash point, one by one: the process is killed before or after its k-th HTTP attempt, SQL
statement or commit, then the run is repeated once. Nothing may be lost, nothing may be there twice,
and at most one page is fetched again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from connectors.sdk.gate import Gates
from connectors.sdk.http import open_door
from connectors.sdk.records import Person, Project, Task
from connectors.sdk.sandbox import Sandbox, serve
from connectors.trello.connector import CONNECTOR
from connectors.trello.sandbox import SANDBOX
from sync_engine.census import census
from sync_engine.crash import CrashPoints
from sync_engine.pull import pull
from sync_engine.source import Source
from sync_engine.store.engine import open_engine
from sync_engine.store.lease import claim
from sync_engine.store.runs import connection_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POINTS = {"sqlite": 220, "postgresql": 110}
"""How many points are tried on a database, spread evenly over all that there are."""

Work = Callable[[sa.Engine, Source, Any], object]


def sandbox() -> Sandbox:
    """Three boards with some thirty cards."""
    records: list[Any] = [
        Project(id=f"board{number}", name=f"Board {number}", created_at=NOW) for number in range(3)
    ]
    records.append(Person(id="ada", name="Ada Quist"))
    records += [
        Task(
            id=f"card{number}",
            project_id=f"board{number % 3}",
            title=f"Card {number}",
            status="todo",
            status_label="To do",
            assignee_ids=("ada",),
            created_at=NOW,
            updated_at=NOW,
        )
        for number in range(30)
    ]
    return SANDBOX(records, lambda: NOW)


def source(base_url: str, tool: Sandbox, crash: CrashPoints | None = None) -> Source:
    options: Any = CONNECTOR.Config(**{**tool.options(base_url), "allow_private_network": True})
    door = open_door(
        CONNECTOR,
        options,
        gates=Gates(),
        sleep=lambda _: None,
        on_attempt=crash.point if crash else None,
    )
    return Source("boards", CONNECTOR(options, door), door, scope_fingerprint="s")


def free_lease(engine: sa.Engine, id: int) -> Any:
    """What the time would do: the dead holder's lease runs out."""
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE connection SET lease_until = NULL"))
    lease = claim(engine, id, "next")
    assert lease is not None
    return lease


def die_at(url: str, base_url: str, tool: Sandbox, at: int, work: Work) -> int:
    """Run in a child that is killed at a point; how it ended (0: it came through)."""
    child = os.fork()
    if child == 0:
        try:
            crash = CrashPoints(at)
            engine = open_engine(url)
            lease = free_lease(engine, 1)
            crash.arm(engine)
            work(engine, source(base_url, tool, crash), lease)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def points_of(url: str, base_url: str, tool: Sandbox, work: Work) -> int:
    engine = open_engine(url)
    lease = free_lease(engine, 1)
    crash = CrashPoints()
    crash.arm(engine)
    work(engine, source(base_url, tool, crash), lease)
    engine.dispose()
    return crash.passed


def state(engine: sa.Engine) -> dict[str, list[Any]]:
    """What the store holds, without when and by which run."""
    tables = {
        "task": "id, title, status, gone_at IS NULL",
        "project": "id, name, gone_at IS NULL",
        "person": "id, name, gone_at IS NULL",
        "assignment": "task_id, position, person_id",
        "raw_item": "stream, item_id, gone_at IS NULL",
        "change": "id, task_id",
        "lane_state": "stream, lane",
    }
    with engine.connect() as connection:
        return {
            table: sorted(
                tuple(row) for row in connection.execute(sa.text(f"SELECT {what} FROM {table}"))
            )
            for table, what in tables.items()
        }


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty store and gives its URL; a second call empties it again."""
    if request.param == "sqlite":
        made: list[str] = []

        def anew() -> str:
            made.append(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
            prepare(made[-1])
            return made[-1]

        return anew
    url: str = request.getfixturevalue("postgres_url")
    prepare(url)

    def emptied() -> str:
        engine = open_engine(url)
        names = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
        with engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
        connection_id(engine, "boards", "trello")
        engine.dispose()
        return url

    return emptied


def prepare(url: str) -> None:
    engine = open_engine(url)
    SQLModel.metadata.create_all(engine)
    connection_id(engine, "boards", "trello")
    engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_crash_point_of_a_first_pull_loses_or_doubles_anything(
    fresh: Callable[[], str], record_property: Callable[[str, object], None]
) -> None:
    tool = sandbox()
    with serve(tool) as base_url:
        url = fresh()
        total = points_of(url, base_url, tool, pull)
        engine = open_engine(url)
        expected, points = state(engine), POINTS[engine.dialect.name]
        engine.dispose()
        tried = sorted({1 + round(step * (total - 1) / (points - 1)) for step in range(points)})
        most_again = 0
        for at in tried:
            url = fresh()
            before = len(tool.log)
            assert die_at(url, base_url, tool, at, pull) == signal.SIGKILL
            engine = open_engine(url)
            pull(engine, source(base_url, tool), free_lease(engine, 1))
            assert state(engine) == expected, f"crash point {at} of {total}"
            most_again = max(most_again, repeated_pages(tool.log[before:]))
            engine.dispose()
    record_property("crash_points", len(tried))
    record_property("of", total)
    assert len(tried) == points
    assert most_again <= 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_crash_point_of_a_census_retires_too_much_or_too_little(
    fresh: Callable[[], str],
) -> None:
    tool = sandbox()
    with serve(tool) as base_url:
        url = fresh()
        tried = 0
        at = 1
        while True:
            url = fresh()
            engine = open_engine(url)
            victim = tool.world.all(Task)[0]
            pull(engine, source(base_url, tool), free_lease(engine, 1))
            tool.world.remove(Task, victim.id)
            ended = die_at(url, base_url, tool, at, census)
            census(engine, source(base_url, tool), free_lease(engine, 1))
            with engine.connect() as connection:
                gone = connection.execute(
                    sa.text("SELECT id, gone_reason FROM task WHERE gone_at IS NOT NULL")
                ).all()
            assert [tuple(row) for row in gone] == [(victim.id, "deleted")], f"crash point {at}"
            tool.world.put(victim)
            engine.dispose()
            tried += 1
            if not ended:
                break
            at += 4
    assert tried > 10


def repeated_pages(log: list[Any]) -> int:
    """How many pages of cards were fetched twice: one per lane that the crash cut."""
    pages = [
        (request.path, request.one("before"))
        for request in log
        if request.path.endswith("/cards") and "limit" in request.query
    ]
    return max((pages.count(page) - 1 for page in set(pages)), default=0)
