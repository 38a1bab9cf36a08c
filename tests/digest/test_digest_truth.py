"""What a digest claims is so: no comfort that the data do not give, no figure of something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from sync_engine.digest.channels import slack, teams
from sync_engine.digest.channels.base import Letter
from sync_engine.digest.compose import compose
from sync_engine.digest.model import (
    Digest,
    DigestInput,
    Escalated,
    FlagLine,
    HealthLine,
    Subscription,
)
from sync_engine.digest.render import render
from tests.digest.news import as_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
Make = Callable[..., FlagLine]


@pytest.fixture
def tell(weekly: Subscription) -> Callable[..., Digest]:
    def telling(*flags: FlagLine, **values: Any) -> Digest:
        given = DigestInput(
            subscription=weekly, recipient="maria@example.com", period_label="Week 48", now=NOW,
            since=SINCE, flags=tuple(as_of(flag, SINCE) for flag in flags), connections=2,
            read_at=NOW - timedelta(hours=1),
        )  # fmt: skip
        return compose(replace(given, **values))

    return telling


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


def test_all_is_well_only_where_all_is_known(tell: Any) -> None:
    assert tell().headline == "All is well in Core portfolio: no flag is open."
    unread = tell(connections=0, read_at=None)
    assert unread.headline == "No open flag is known in Core portfolio, but nothing has been read."
    held = HealthLine(subject="Overdue", problem="It would flag 90%, so its flags are held back")
    assert tell(health=(held,)).headline == "No flag is open in Core portfolio."


def test_every_check_could_be_made_is_not_said_beside_one_that_could_not(tell: Any) -> None:
    values = {"met": 10, "flagged": 0, "not_assessed": 0}
    assert "Every check could be made." in tell(**values).health_summary
    slow = HealthLine(subject="Overdue", problem="It took too long to check")
    assert "Every check could be made." not in tell(**values, health=(slow,)).health_summary


def test_a_waiver_that_ended_is_a_change(make_flag: Make, tell: Any) -> None:
    ended = make_flag(opened_at=days(30), severity="critical", waiver_ended_at=days(2))
    digest = tell(ended)
    assert digest.headline == (
        "1 flag is open, 1 of them critical or high: 1 no longer accepted since 16 November."
    )
    assert [entry.key for entry in digest.first] == ["OPS-1"]
    assert digest.first[0].remedy == "Finish it or agree a new date."


def test_the_figures_add_up_to_what_is_open(make_flag: Make, tell: Any) -> None:
    climbed = Escalated(1, days(1), ("Ada Brandt",))
    digest = tell(
        make_flag(id="a", opened_at=days(30), escalated=climbed),
        make_flag(id="b", opened_at=days(30), waiver_ended_at=days(2)),
        make_flag(id="c", opened_at=days(2)),
        make_flag(id="d", opened_at=days(30), worsened_at=days(2)),
        make_flag(id="e", opened_at=days(30)),
        make_flag(id="f", opened_at=days(30), state="resolved", resolved_at=days(2)),
    )
    assert digest.headline.startswith("5 flags are open")
    assert digest.figures == (
        ("1", "escalated to you"), ("1", "new"), ("1", "worse"), ("1", "no longer accepted"),
        ("1", "still open"), ("1", "solved"),
    )  # fmt: skip
    assert [what for _, what in tell().figures] == ["new", "worse", "still open", "solved"]


def test_waivers_that_ended_are_not_told_as_ending(make_flag: Make, tell: Any) -> None:
    ended = [make_flag(id=f"a{n}", opened_at=days(30), waiver_ended_at=days(2)) for n in range(5)]
    waived = {"state": "waived", "waived_until": date(2026, 11, 30)}
    ending = [make_flag(id=f"b{n}", opened_at=days(30), **waived) for n in range(5)]
    (section,) = tell(*ended, *ending).sections
    assert [(each.count, each.meta[1]) for each in section.entries] == [
        (5, "waivers ended"),
        (5, "waivers ending soon"),
    ]


def test_what_is_solved_is_not_said_to_be_wrong_anywhere(make_flag: Make, tell: Any) -> None:
    done = make_flag(opened_at=days(30), state="resolved", resolved_at=days(1))
    digest = tell(done)
    letter = Letter(
        digest=digest, rendered=render(digest), subscription="core", recipient="board",
        recipient_name=None, period_key="2026-W48", message_key="k", at=NOW,
    )  # fmt: skip
    for said in (slack.message(letter), teams.message(letter)):
        text = orjson.dumps(orjson.loads(said)).decode()
        assert "Write the handbook" in text
        assert "still open." not in text
        assert "✓" in text
        assert "▲" not in text


def test_the_reason_names_no_scope_of_another_part(weekly: Subscription, tell: Any) -> None:
    core = replace(weekly, scope='portfolio = "Core"')
    assert 'flags where portfolio = "Core"' in tell(subscription=core).reason
    other = replace(weekly, scope='portfolio = "Edge"', to=("jo@example.com",))
    assert "flags where" not in tell(subscription=replace(core, also=(other,))).reason
    alike = replace(core, to=("jo@example.com",))
    assert "flags where" in tell(subscription=replace(core, also=(alike,))).reason
