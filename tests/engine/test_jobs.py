"""What is due, and when it is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine import clock, jobs, planner
from sync_engine.settings import Connection
from sync_engine.settings.values import Schedule
from sync_engine.store import runs

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOARDS = Connection(name="boards", connector="trello")


def stored(engine: sa.Engine, **columns: Any) -> None:
    from sync_engine.store.models import Connection as Row

    with engine.begin() as connection:
        connection.execute(
            sa.insert(Row).values(
                name="boards", connector="trello", lease_epoch=0, state="ok", **columns
            )
        )


def kinds(engine: sa.Engine, *connections: Connection) -> list[str]:
    return [job.kind for _, job in jobs.due(engine, connections or (BOARDS,), NOW)]


def test_a_connection_never_read_is_due(store: sa.Engine) -> None:
    assert kinds(store) == ["pull"]


def test_one_that_is_switched_off_is_not(store: sa.Engine) -> None:
    assert kinds(store, BOARDS.model_copy(update={"enabled": False})) == []


def test_the_first_census_comes_with_the_first_complete_pull(store: sa.Engine) -> None:
    stored(store, complete_at=NOW - HOUR, next_pull_at=NOW - HOUR)
    assert kinds(store) == ["census"]


def test_a_pull_is_due_at_its_time(store: sa.Engine) -> None:
    stored(store, complete_at=NOW, next_pull_at=NOW, next_census_at=NOW + HOUR)
    assert kinds(store) == ["pull"]


def test_nothing_is_due_before_its_time(store: sa.Engine) -> None:
    stored(store, complete_at=NOW, next_pull_at=NOW + HOUR, next_census_at=NOW + HOUR)
    assert kinds(store) == []


def test_a_census_can_be_switched_off(store: sa.Engine) -> None:
    stored(store, complete_at=NOW, next_pull_at=NOW + HOUR)
    assert kinds(store, BOARDS.model_copy(update={"census": None})) == []


def test_what_left_the_configuration_is_marked_once(store: sa.Engine) -> None:
    stored(store)
    assert jobs.retire_unconfigured(store, ["other"], NOW) == ["boards"]
    assert jobs.retire_unconfigured(store, ["other"], NOW) == []


@pytest.mark.parametrize(
    ("outcome", "until", "failures", "waits"),
    [
        ("complete", None, 0, timedelta(minutes=5)),
        ("partial", None, 0, timedelta(minutes=5)),
        ("cut", None, 0, timedelta(0)),
        ("rate_limited", NOW + 3 * HOUR, 0, 3 * HOUR),
        ("rate_limited", NOW - HOUR, 0, timedelta(0)),
        ("failed", None, 1, timedelta(minutes=5)),
        ("failed", None, 3, timedelta(minutes=20)),
        ("failed", None, 50, HOUR),
        ("needs_reauth", None, 2, timedelta(minutes=10)),
    ],
)
def test_when_to_pull_again(
    outcome: str, until: datetime | None, failures: int, waits: timedelta
) -> None:
    again = planner.next_pull(outcome, timedelta(minutes=5), NOW, until=until, failures=failures)
    assert again - NOW == waits


def test_a_rare_pull_is_not_made_more_frequent_by_failing() -> None:
    day = timedelta(days=1)
    assert planner.next_pull("failed", day, NOW, until=None, failures=1) == NOW + day


def test_a_census_follows_its_schedule_and_is_retried_when_it_failed() -> None:
    zone = ZoneInfo("America/Montreal")
    nightly = Schedule.daily(2)
    assert planner.next_census(nightly, "complete", NOW, zone, until=None) == datetime(
        2026, 3, 3, 7, tzinfo=UTC
    )
    assert planner.next_census(nightly, "failed", NOW, zone, until=None) == NOW + HOUR
    assert planner.next_census(6 * HOUR, "held", NOW, zone, until=None) == NOW + 6 * HOUR
    assert planner.next_census(None, "complete", NOW, zone, until=None) is None


def test_what_ends_a_census_from_outside_does_not_keep_pulls_away(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.pull()
    tool = Connection(name="tool", connector="tool")
    settings = SimpleNamespace(zone=UTC)
    workshop: Any = SimpleNamespace(
        engine=bench.engine,
        source=lambda _: bench.source,
        configuration=SimpleNamespace(settings=settings),
    )

    def killed(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(jobs, "census", killed)
    now = clock.now()
    [(_, job)] = jobs.due(bench.engine, [tool], now)
    assert job.kind == "census"
    with pytest.raises(MemoryError):
        jobs.run(workshop, tool, job)
    assert [job.kind for _, job in jobs.due(bench.engine, [tool], now)] == ["pull"]
    later = now + planner.CENSUS_RETRY + HOUR
    assert [job.kind for _, job in jobs.due(bench.engine, [tool], later)] == ["census"]


def test_what_cannot_run_is_tried_again_in_its_own_time_a_due_census_too(store: sa.Engine) -> None:
    stored(store, complete_at=NOW, next_pull_at=NOW, message="old", remedy="Make a new token.")
    runs.cannot_run(store, "boards", "trello", "TRELLO_TOKEN is not set", HOUR)
    assert jobs.due(store, [BOARDS], clock.now()) == []
    with store.connect() as connection:
        told = connection.execute(sa.text("SELECT state, message, remedy FROM connection")).one()
    assert tuple(told) == ("failed", "TRELLO_TOKEN is not set", None)
    assert len(jobs.due(store, [BOARDS], clock.now() + 2 * HOUR)) == 1


def test_a_census_that_is_not_due_stays_where_it_is(store: sa.Engine) -> None:
    far = clock.now().replace(microsecond=0) + 48 * HOUR
    stored(store, complete_at=NOW, next_pull_at=NOW, next_census_at=far)
    runs.cannot_run(store, "boards", "trello", "TRELLO_TOKEN is not set", HOUR)
    assert jobs.due(store, [BOARDS], far - HOUR)[0][1].kind == "pull"
    assert jobs.due(store, [BOARDS], far)[0][1].kind == "census"
