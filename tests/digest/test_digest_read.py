"""What is read from the store for a digest, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, Occasion, Subscription, Unreadable
from sync_engine.digest.periods import Period
from sync_engine.digest.read import Store
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import FLAG, flag_condition
from sync_engine.store.flag_models import (
    AssessmentRow,
    Compliance,
    Waiver,
)
from sync_engine.store.models import Connection, Hold, Identity, Run
from tests.digest.filling import NOW, Filling, days

SINCE = NOW - timedelta(days=7)


@pytest.fixture
def filling(store: sa.Engine) -> Filling:
    fill = Filling(store)
    fill.row(Connection, name="jira-eng", connector="jira", state="ok", complete_at=days(0.05))
    fill.row(Identity, name="Maria Holm", email="Maria@example.com", source="file")
    fill.assessed(25)
    return fill


@pytest.fixture
def gathered(store: sa.Engine, weekly: Subscription) -> Any:
    def gather(intervals: Any = None, **values: Any) -> DigestInput:
        occasion = Occasion(
            subscription=replace(weekly, **values),
            recipient="maria@example.com",
            period=Period("2026-W48", NOW - timedelta(minutes=2), "Week 48"),
            now=NOW,
            since=SINCE,
        )
        dialect = store.dialect.name
        read = Store(
            where=lambda scope: flag_condition(scope, Moment(NOW), dialect, FLAG),
            intervals=intervals,
            standard_titles={"wip": "Too much in progress"},
        )
        return read(store, occasion)

    return gather


def test_flags_come_with_their_evidence(filling: Filling, gathered: Any) -> None:
    filling.flag("a", ("opened", 2))
    waived = filling.flag(
        "b", ("opened", 60), ("waived", 50), state="waived", waived_until=date(2026, 11, 28)
    )
    filling.row(
        Waiver, flag_id=waived, approver="Jo", reason="Old.", until=date(2026, 11, 1),
        made_at=days(55), ended_at=days(50), ended_why="replaced",
    )  # fmt: skip
    filling.row(
        Waiver, flag_id=waived, approver="Maria", reason="Vendor.", until=date(2026, 11, 28),
        made_at=days(50),
    )  # fmt: skip
    filling.flag(
        "c", ("opened", 60), ("waived", 50), ("waiver_expired", 1), waived_until=date(2026, 11, 21)
    )
    for mark, why, ago in (
        ("d", "fixed", 2), ("e", "fixed", 9), ("f", "standard_off", 2), ("g", "gone", 3),
    ):  # fmt: skip
        filling.flag(
            mark, ("opened", 30), ("resolved", ago), state="resolved", resolved_at=days(ago),
            resolution=why,
        )  # fmt: skip
    filling.flag("h", ("opened", 30), frozen_at=days(3), frozen_why="stale", severity="low")

    given = gathered()
    assert given.recipient_name == "Maria Holm"
    assert [flag.id for flag in given.flags] == ["a", "b", "c", "d", "g", "h"]
    by_id = {flag.id: flag for flag in given.flags}
    assert by_id["a"].tool == "Jira"
    assert by_id["a"].sentence == "Due on 1 November, and still open."
    assert (by_id["b"].waived_by, by_id["b"].waiver_reason) == ("Maria", "Vendor.")
    assert by_id["c"].waiver_ended_at == days(1)

    told = {s.id: [e.key for e in s.entries] for s in compose(given).sections}
    assert told == {"new": ["A"], "open": ["H"], "solved": ["D", "G"], "waivers": ["C", "B"]}
    metas = {e.key: e.meta[1] for s in compose(given).sections for e in s.entries}
    assert metas["G"] == "gone from its tool 3 days ago after 3 weeks"
    assert metas["H"] == (
        "open for 4 weeks, not checked since 20 November because its connection is out of date"
    )


def test_scope_and_severities_choose(filling: Filling, gathered: Any) -> None:
    filling.flag("a", ("opened", 2))
    filling.flag("b", ("opened", 2), portfolio="Other")
    filling.flag("c", ("opened", 2), severity="low")
    assert [f.id for f in gathered().flags] == ["a", "b", "c"]
    core = gathered(scope='portfolio = "Core"')
    assert [f.id for f in core.flags] == ["a", "c"]
    assert core.trend.points[-1].open == 2
    grave = gathered(severities=frozenset({"high"}))
    assert [f.id for f in grave.flags] == ["a", "b"]
    assert (grave.trend.points[-1].open, grave.trend.points[-1].urgent) == (2, 2)


def test_the_trend_is_replayed_from_history(filling: Filling, gathered: Any) -> None:
    filling.flag("a", ("opened", 24), ("resolved", 10), ("reopened", 2))
    filling.flag(
        "b", ("opened", 24), ("acknowledged", 20), ("waived", 12), ("severity_changed", 11),
        state="waived",
    )  # fmt: skip
    filling.flag("c", ("opened", 24), severity="low")
    points = gathered().trend.points
    assert len(points) == 12
    assert points[-1].week == date(2026, 11, 23)
    assert [p.open for p in points[:-5]] == [None] * 7  # nobody counted yet
    # Weeks end on 2, 9, 16 and 23 November, and the present one now.
    assert [(p.open, p.urgent) for p in points[-5:]] == [(3, 2), (3, 2), (1, 0), (2, 1), (2, 1)]


def test_a_connection_that_is_out_of_date_is_told(filling: Filling, gathered: Any) -> None:
    filling.row(
        Connection, name="ops-trello", connector="trello", state="needs_reauth",
        message="Trello refuses the token.", remedy="Make a new token.", complete_at=days(3),
    )  # fmt: skip
    filling.row(Connection, name="new-asana", connector="asana", state="new")
    filling.row(Connection, name="left", connector="asana", state="failed", removed_at=days(9))
    given = gathered()
    assert given.connections == 3
    assert given.read_at is None
    assert [(h.subject, h.problem, h.stale) for h in given.health] == [
        ("new-asana", "It has never been read completely", True),
        ("ops-trello", "Trello refuses the token.", True),
    ]
    assert "new-asana and ops-trello are out of date" in compose(given).headline


def test_a_connection_that_is_left_out_is_told(filling: Filling, gathered: Any) -> None:
    """However fresh its data are, and however its last read ended."""
    for name in ("office", "trades"):
        filling.row(Connection, name=name, connector="trello", state="ok", complete_at=days(0))
    filling.flag("a", ("opened", 30), frozen_at=days(0), frozen_why="unread")
    given = gathered(dict.fromkeys(("jira-eng", "trades"), timedelta(hours=1)))
    assert [(h.subject, h.problem, h.stale) for h in given.health] == [
        ("office", "It is not in force, so nothing reads it", True)
    ]
    (flag,) = given.flags
    assert flag.frozen_why == "its connection is not in force, so nothing reads it"


def test_holds_doubts_and_what_could_not_be_checked_are_told(
    store: sa.Engine, filling: Filling, gathered: Any
) -> None:
    filling.flag("a", ("opened", 2))
    run = filling.row(Run, connection_id=1, kind="census", epoch=1, started_at=days(1), full=True)
    for reason, values in (
        ("40 of 50 tasks of Checkout are missing", {}),
        ("done with", {"superseded_at": NOW}),
    ):
        filling.row(
            Hold, connection_id=1, run_id=run, stream="tasks", scope="x", reason=reason, known=50,
            at=days(1), **values,
        )  # fmt: skip
    filling.row(
        AssessmentRow, at=days(0.1), day=date(2026, 11, 23), full=True, standards="x", subjects=9,
        opened=0, worsened=0, resolved=0, reopened=0, frozen=0, slow=["wip"],
        suspect={"overdue": {"share": 0.62, "limit": 0.3}},
    )  # fmt: skip
    for day, met in ((date(2026, 11, 22), 7), (date(2026, 11, 23), 30)):
        for number, standard in enumerate(["overdue", "estimate", "s3", "s4", "s5"]):
            filling.row(
                Compliance, day=day, standard=standard, connection_id=1, project_id="p", met=met,
                flagged=2, unknown=10 * (number + 1), missing=["estimate"] if number == 4 else None,
            )  # fmt: skip

    given = gathered()
    assert [(h.subject, h.problem) for h in given.health] == [
        ("jira-eng", "40 of 50 tasks of Checkout are missing"),
        (
            "Work is past its due date",
            "It would flag 62% of what it checks, which is more than it may, so its new flags are"
            " held back",
        ),
        ("Too much in progress", "It took too long to check, so its flags are as they were"),
        ("s5", "50 checks could not be made: the tool does not tell estimate"),
        ("s4", "40 checks could not be made"),
        ("s3", "30 checks could not be made"),
        ("2 other standards", "30 checks could not be made"),
    ]
    assert (given.met, given.flagged, given.not_assessed) == (150, 10, 150)
    assert given.read_at == days(0.05)
    # Of a part of the work, the figures of everything would be wrong.
    part = gathered(scope='portfolio = "Core"')
    assert (part.met, part.flagged, part.not_assessed) == (None, None, None)


def test_what_a_removed_connection_held_is_nobodys_any_more(
    store: sa.Engine, filling: Filling, gathered: Any
) -> None:
    run = filling.row(Run, connection_id=1, kind="census", epoch=1, started_at=days(1), full=True)
    filling.row(
        Hold, connection_id=1, run_id=run, stream="tasks", scope="x", reason="40 are missing",
        known=50, at=days(1),
    )  # fmt: skip
    assert [line.problem for line in gathered().health] == ["40 are missing"]
    with store.begin() as connection:
        connection.execute(sa.update(Connection).where(Connection.id == 1).values(removed_at=NOW))  # type: ignore[arg-type]
    assert gathered().health == ()


def test_a_wrong_scope_is_explained(filling: Filling, gathered: Any) -> None:
    with pytest.raises(Unreadable, match=r'digest "core" is not understood.*portfollo'):
        gathered(scope='portfollo = "Core"')


def test_an_empty_store(store: sa.Engine, gathered: Any) -> None:
    digest = compose(gathered())
    assert digest.health_summary == "No connection has been read."
    assert digest.trend is None
    assert not digest.sections
