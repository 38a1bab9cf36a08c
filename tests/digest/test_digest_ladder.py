"""How flags climb: never twice to the same person, never before their time, ever upwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync_engine.digest import periods
from sync_engine.digest.ladder import Standing, Step, climb
from sync_engine.digest.model import Ladder, Rung
from sync_engine.rules.calendars import WorkCalendar

CALENDAR = WorkCalendar()
WEEKLY = periods.parse("Mon 08:00", "UTC")
MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
RUNGS: tuple[Rung, ...] = ("lead", "manager", "pmo")
PEOPLE = st.sampled_from(["ann@example.com", "Ann@Example.com", "bo@example.com", "cy@example.com"])

ladders = st.builds(
    Ladder,
    st.integers(1, 6),
    st.sampled_from(["days", "working days", "weeks", "periods"]),
    st.permutations(RUNGS).flatmap(lambda order: st.integers(1, 3).map(lambda n: tuple(order[:n]))),
)
chains = st.dictionaries(st.sampled_from(RUNGS), PEOPLE).map(
    lambda held: tuple(Step(rung, address, address) for rung, address in held.items())
)


@given(
    ladder=ladders,
    chain=st.lists(chains, min_size=1, max_size=4),
    owner=st.none() | PEOPLE,
    gaps=st.lists(st.integers(0, 24 * 20), max_size=30),
)
def test_a_flag_climbs_up_in_time_and_never_twice_to_one(
    ladder: Ladder, chain: list[tuple[Step, ...]], owner: str | None, gaps: list[int]
) -> None:
    """Whoever is on the ladder may change at any look at it."""
    past: list[tuple[Step, datetime]] = []
    now = MONDAY
    for at, gap in enumerate(gaps):
        now += timedelta(hours=gap)
        flag = Standing(
            opened_at=MONDAY, owner=("Ola", owner), chain=chain[at % len(chain)], past=tuple(past)
        )
        found = climb(flag, ladder, WEEKLY, CALENDAR, now)
        if found is None:
            continue
        since = past[-1][1] if past else MONDAY
        assert found.to in flag.chain
        assert found.had == ("Ola", *(step.name for step, _ in past))
        days = (now.date() - since.date()).days
        assert days >= {"days": 1, "working days": 1, "weeks": 7, "periods": 0}[ladder.unit]
        past.append((found.to, now))
    told = [step.address.casefold() for step, _ in past]
    assert len(set(told)) == len(told)
    assert owner is None or owner.casefold() not in told
    ranks = [ladder.to.index(step.rung) for step, _ in past]
    assert ranks == sorted(set(ranks))


def flag(*past: tuple[Step, datetime], owner: str | None = "ola@example.com") -> Standing:
    chain = tuple(Step(rung, f"{rung}@example.com", rung.title()) for rung in RUNGS)
    return Standing(opened_at=MONDAY, owner=("Ola", owner), chain=chain, past=past)


def climbed(ladder: Ladder, days: float, standing: Standing) -> str | None:
    found = climb(standing, ladder, WEEKLY, CALENDAR, MONDAY + timedelta(days=days))
    return found.to.rung if found else None


def test_working_days_leave_the_weekend_out() -> None:
    five = Ladder(5, "working days", RUNGS)
    assert climbed(five, 4, flag()) is None
    assert climbed(five, 6, flag()) is None  # a Sunday
    assert climbed(five, 7, flag()) == "lead"


def test_periods_are_digests_of_this_name() -> None:
    two = Ladder(2, "periods", RUNGS)
    assert climbed(two, 7, flag()) is None
    assert climbed(two, 13.9, flag()) is None
    assert climbed(two, 14, flag()) == "lead"


def test_after_each_rung_the_time_begins_anew() -> None:
    week = Ladder(1, "weeks", RUNGS)
    lead = (Step("lead", "lead@example.com", "Lead"), MONDAY + timedelta(days=7))
    assert climbed(week, 13, flag(lead)) is None
    assert climbed(week, 14, flag(lead)) == "manager"


def test_who_owns_it_is_passed_over() -> None:
    week = Ladder(1, "weeks", RUNGS)
    assert climbed(week, 7, flag(owner="Lead@example.com")) == "manager"
