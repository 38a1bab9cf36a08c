"""Any sequence of what happens to flags, in the tool and on the way to it, leaves at most one
comment for a flag; and once all is calm, it says what the flag says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sdk.comments import fingerprint_in
from connectors.sdk.sandbox import Reply, Request
from sync_engine.writeback.text import note_of
from tests.writeback.kit import FLAG, Bench, bench

TEXT = {"Content-Type": "application/json"}
FAULTS = ("lost", "unavailable", "refused", "throttled", "broken")
EVENTS = st.lists(
    st.one_of(
        st.sampled_from(["own", "disown", "rename", "read", "write", "days"]),
        st.sampled_from([f"write {fault}" for fault in FAULTS]),
    ),
    max_size=9,
)


def fault(work: Bench, kind: str) -> Callable[[Request], Reply | None]:
    """What happens to the first request that would change something."""
    hit: list[bool] = []

    def interfere(request: Request) -> Reply | None:
        if request.method != "PUT" or hit:
            return None
        hit.append(True)
        if kind == "lost":
            work.tool.handle(request)
        replies = {"refused": 403, "throttled": 503, "unavailable": 502}
        extra = {"Retry-After": "1"} if kind == "throttled" else {}
        return Reply(replies.get(kind, 200), b"<html>", {**TEXT, **extra})

    return interfere


def happen(work: Bench, event: str) -> None:
    what, _, how = event.partition(" ")
    if what == "own":
        work.own()
    elif what == "disown":
        work.edit(assignee_ids=())
    elif what == "rename":
        work.edit(title=f"Renamed {work.tool.world.revision}")
    elif what == "days":
        work.now += timedelta(days=25)
    elif what == "read":
        work.read()
    else:
        work.tool.interfere = fault(work, how) if how else None
        work.write()
        work.tool.interfere = None


@pytest.fixture
def one(
    sqlite_store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    with bench(sqlite_store, "redmine", tmp_path, monkeypatch.setattr) as made:
        made.read()
        yield made


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=EVENTS)
def test_one_comment_with_the_latest_text(one: Bench, events: list[str]) -> None:
    for event in events:
        happen(one, event)
        marks = [fingerprint_in(each.text) for each in one.ours()]
        assert len(marks) == len(set(marks))
    one.now += timedelta(days=2)
    one.read()
    for _ in range(3):
        one.now += timedelta(hours=3)
        one.configure()  # no tool asks for time any more
        one.write()
    assert one.due() == []
    [flag] = one.rows(FLAG)
    rows = one.rows()
    if flag.state == "open" or (rows and rows[0].comment_id):
        assert note_of(flag).lines[0] in one.text()
        assert rows[0].tried_at is None
