"""What a digest says: sections, order, roll-ups, caps, the one sentence and the three things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sync_engine.digest import trend
from sync_engine.digest.compose import compose
from sync_engine.digest.model import (
    Digest,
    DigestInput,
    FlagLine,
    HealthLine,
    Section,
    Subscription,
    Trend,
    TrendPoint,
)
from sync_engine.digest.render import render
from sync_engine.digest.text import age, clean, safe_url
from tests.digest.news import as_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
Make = Callable[..., FlagLine]


@pytest.fixture
def tell(weekly: Subscription) -> Callable[..., Digest]:
    def telling(*flags: FlagLine, **values: Any) -> Digest:
        base = DigestInput(
            subscription=replace(weekly, **values.pop("subscription", {})),
            recipient="maria@example.com",
            period_label="Week 48 · Monday 23 November 2026",
            now=NOW,
            since=SINCE,
            flags=tuple(as_of(flag, SINCE) for flag in flags),
            connections=2,
            read_at=NOW - timedelta(hours=1),
        )
        return compose(replace(base, **values))

    return telling


def section(digest: Digest, name: str) -> Section:
    return next(s for s in digest.sections if s.id == name)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


def test_each_flag_is_told_in_the_one_section_that_says_most(make_flag: Make, tell: Any) -> None:
    waived = {"state": "waived", "waived_by": "Maria Holm", "waiver_reason": "Vendor is late."}
    digest = tell(
        make_flag(id="a", title="fresh", opened_at=days(2)),
        make_flag(id="b", title="again", opened_at=days(3), reopened_at=days(3)),
        make_flag(id="c", title="graver", opened_at=days(30), worsened_at=days(1)),
        make_flag(id="d", title="old", opened_at=days(40)),
        make_flag(id="e", title="seen", opened_at=days(50), state="acknowledged"),
        make_flag(id="f", title="done", opened_at=days(20), state="resolved", resolved_at=days(1)),
        make_flag(id="g", title="long done", state="resolved", resolved_at=days(8)),
        make_flag(id="h", title="brief", opened_at=days(3), state="resolved", resolved_at=days(2)),
        make_flag(id="i", title="ending", waived_until=date(2026, 11, 30), **waived),
        make_flag(id="j", title="far away", waived_until=date(2027, 1, 30), **waived),
        make_flag(
            id="k", title="ended", waived_until=date(2026, 11, 20), waiver_ended_at=days(2.5)
        ),
    )
    told = {s.id: [e.title for e in s.entries] for s in digest.sections}
    assert told == {
        "new": ["again", "fresh"],
        "worse": ["graver"],
        "open": ["seen", "old"],
        "solved": ["done"],
        "waivers": ["ended", "ending"],
    }
    assert [s.id for s in digest.sections] == ["new", "worse", "open", "solved", "waivers"]
    metas = {e.title: e.meta for s in digest.sections for e in s.entries}
    assert metas["fresh"] == ("Ada Brandt", "open for 2 days", "Operations", "Jira")
    assert metas["again"][1] == "back for 3 days"
    assert metas["graver"][1] == "worse for 1 day, open for 4 weeks"
    assert metas["seen"][1] == "open for 7 weeks, acknowledged"
    assert metas["done"][1] == "solved 1 day ago after 2 weeks"
    assert metas["ending"][1] == "waiver ends in 7 days, on Monday 30 November"
    assert metas["ended"][1] == "waiver ended on Friday 20 November"
    assert section(digest, "waivers").entries[1].sentence == (
        "Accepted by Maria Holm: Vendor is late."
    )


def test_no_waiver_is_silent(make_flag: Make, tell: Any) -> None:
    lasting = {"state": "waived", "waived_until": date(2027, 1, 30)}
    only = tell(make_flag(id="a", **lasting), make_flag(id="b", **lasting))
    assert (section(only, "waivers").entries, section(only, "waivers").count) == ((), 2)
    assert section(only, "waivers").more == "2 flags accepted until a later day"
    assert not only.changed
    assert "2 flags accepted until a later day" in render(only).text
    ending = {"state": "waived", "waived_until": date(2026, 11, 30)}
    many = [make_flag(id=f"c{n}", rule=f"r{n}", **ending) for n in range(3)]
    both = tell(*many, make_flag(id="a", **lasting), subscription={"cap": 2})
    assert section(both, "waivers").more == (
        "and 1 more (1 high); 1 flag accepted until a later day"
    )


def test_a_waiver_that_was_ended_by_hand_is_told(make_flag: Make, tell: Any) -> None:
    digest = tell(make_flag(id="a", opened_at=days(30), waiver_ended_at=days(2)))
    assert section(digest, "waivers").entries[0].meta[1] == "waiver ended on Saturday 21 November"
    assert digest.changed


def test_the_headline_is_one_sentence_with_the_counts(make_flag: Make, tell: Any) -> None:
    digest = tell(
        make_flag(id="a", opened_at=days(2)),
        make_flag(id="b", opened_at=days(30), severity="low"),
        make_flag(id="c", opened_at=days(30), state="resolved", resolved_at=days(1)),
    )
    assert digest.headline == (
        "2 flags are open, 1 of them critical or high: 1 new and 1 solved since 16 November."
    )
    assert digest.subject == "Core portfolio: 1 new, 2 open (week 48)"
    assert digest.figures == (
        ("1", "new"),
        ("0", "worse"),
        ("1", "still open"),
        ("1", "solved"),
    )
    assert digest.changed


def test_nothing_new_is_said_with_the_oldest(make_flag: Make, tell: Any) -> None:
    digest = tell(make_flag(opened_at=days(36), severity="low"))
    assert digest.headline == (
        "Nothing changed since 16 November: 1 flag is open, the oldest for 5 weeks."
    )
    assert not digest.changed


def test_all_is_well_only_when_the_data_are_fresh(tell: Any) -> None:
    assert tell().headline == "All is well in Core portfolio: no flag is open."
    assert not tell().changed
    stale = HealthLine(subject="Trello", problem="The token expired", since=days(2), stale=True)
    digest = tell(health=(stale,))
    assert digest.headline == (
        "No open flag is known in Core portfolio, but Trello is out of date and may hide more."
    )
    assert digest.health == (("Trello", "The token expired since Saturday 21 November.", None),)
    assert digest.health_summary.startswith("1 of 2 connections is out of date.")
    assert digest.changed


def test_health_is_always_told(tell: Any) -> None:
    digest = tell(met=996, flagged=4, not_assessed=0)
    assert digest.health_summary == (
        "2 connections read completely, Monday 23 November 09:00 or later."
        " 99% of what was checked meets the standards (996 of 1,000). Every check could be made."
    )
    assert tell(connections=0).health_summary == "No connection has been read."
    assert tell(not_assessed=41).health_summary.endswith("41 checks could not be made.")


def test_first_come_the_gravest_then_worse_then_new_then_old(make_flag: Make, tell: Any) -> None:
    digest = tell(
        make_flag(id="a", rule="r1", title="old critical", severity="critical"),
        make_flag(id="b", rule="r2", title="new high", opened_at=days(1)),
        make_flag(id="c", rule="r3", title="worse high", worsened_at=days(1)),
        make_flag(id="d", rule="r4", title="old high"),
        make_flag(id="e", rule="r5", title="worse low", severity="low", worsened_at=days(1)),
    )
    assert [e.title for e in digest.first] == ["old critical", "worse high", "new high"]
    assert digest.preheader == ("First: OPS-1 old critical. Finish it or agree a new date.")


def test_many_alike_are_one_line(make_flag: Make, tell: Any) -> None:
    alike = [
        make_flag(
            id=f"{n:02}",
            key=f"OPS-{n}",
            url=f"https://jira.example.com/browse/OPS-{n}",
            owner=None,
            rule="ownerless",
            rule_title="Work in progress has no owner",
            remedy="Assign one accountable owner.",
            opened_at=days(60 - n),
        )
        for n in range(14)
    ]
    other = make_flag(id="x", rule="ownerless", project="Sales", opened_at=days(90))
    digest = tell(*alike, other)
    whole = section(digest, "open")
    assert whole.count == 15
    assert [(e.title, e.count) for e in whole.entries] == [
        ("Write the handbook", 1),
        ("14 tasks of Operations", 14),
    ]
    many = whole.entries[1]
    assert many.sentence == "Work in progress has no owner"
    assert many.remedy == "Assign one accountable owner."
    assert many.meta == ("No owner", "the oldest open for 8 weeks", "Jira")
    assert many.examples[0] == ("OPS-0", "https://jira.example.com/browse/OPS-0")
    assert len(many.examples) + many.beyond == 14
    # Told as one, it is also one thing to do.
    assert {e.title for e in digest.first} == {"14 tasks of Operations", "Write the handbook"}


def test_only_of_what_should_be_owned_it_is_said_that_nobody_owns_it(
    make_flag: Make, tell: Any
) -> None:
    digest = tell(
        make_flag(id="a", subject="sprint", rule="r1", owner=None, opened_at=days(30)),
        make_flag(id="b", subject="project", rule="r2", owner=None, opened_at=days(20)),
        *(make_flag(id=f"c{n}", subject="person", rule="r3", owner=None) for n in range(5)),
    )
    assert [(e.title, e.meta) for e in section(digest, "open").entries] == [
        ("5 people of Operations", ("the oldest open for 7 weeks", "Jira")),
        ("Write the handbook", ("open for 4 weeks", "Operations", "Jira")),
        ("Write the handbook", ("No owner", "open for 2 weeks", "Jira")),
    ]


def test_four_alike_stay_apart(make_flag: Make, tell: Any) -> None:
    digest = tell(*(make_flag(id=str(n)) for n in range(4)))
    assert [e.count for e in section(digest, "open").entries] == [1, 1, 1, 1]


def test_the_cap_says_what_it_hides(make_flag: Make, tell: Any) -> None:
    flags = [
        make_flag(id=f"{n}", rule=f"r{n}", opened_at=days(10 + n), severity=severity)
        for n, severity in enumerate(["low", "high", "low", "medium", "high", "critical"])
    ]
    digest = tell(*flags, subscription={"cap": 2})
    whole = section(digest, "open")
    assert [e.severity for e in whole.entries] == ["critical", "high"]  # the oldest
    assert whole.count == 6
    assert whole.more == "and 4 more (1 high, 1 medium, 2 low)"


def test_composing_is_pure_and_ignores_the_order_of_its_input(sample: DigestInput) -> None:
    turned = replace(sample, flags=tuple(reversed(sample.flags)))
    assert compose(sample) == compose(sample) == compose(turned)


def test_late_says_so(tell: Any) -> None:
    assert tell(late=True).period == (
        "Week 48 · Monday 23 November 2026 · sent late, on Monday 23 November"
    )


@pytest.mark.parametrize(
    ("ago", "zone", "words"),
    [
        (timedelta(hours=1), "UTC", "today"),
        (timedelta(hours=10), "UTC", "1 day"),  # 23:00 the day before
        (timedelta(hours=10), "America/Montreal", "1 day"),
        (timedelta(days=13), "UTC", "13 days"),
        (timedelta(days=14), "UTC", "2 weeks"),
        (timedelta(days=60), "UTC", "8 weeks"),
        (timedelta(days=61), "UTC", "2 months"),
        (timedelta(days=729), "UTC", "24 months"),
        (timedelta(days=730), "UTC", "2 years"),
        (timedelta(days=-3), "UTC", "today"),
    ],
)
def test_ages_are_words_in_the_readers_days(ago: timedelta, zone: str, words: str) -> None:
    from zoneinfo import ZoneInfo

    assert age(NOW - ago, NOW, ZoneInfo(zone)) == words


# -- trend --------------------------------------------------------------------------------------


def points(*counts: tuple[int | None, int | None]) -> Trend:
    monday = date(2026, 11, 23)
    return Trend(
        tuple(
            TrendPoint(monday - timedelta(weeks=len(counts) - 1 - n), *count)
            for n, count in enumerate(counts)
        )
    )


def test_a_trend_in_words_bars_and_one_line() -> None:
    view = trend.view(points((None, None), (40, 10), (20, 0), (30, 3)))
    assert view is not None
    assert view.sentence == (
        "Open flags fell from 40 to 30 in 2 weeks; 3 of them are critical or high."
    )
    assert [(b.label, b.value, b.height, b.urgent_height) for b in view.bars] == [
        ("W45", None, 0, 0),
        ("W46", 40, 100, 25),
        ("W47", 20, 50, 0),
        ("W48", 30, 75, 8),
    ]
    assert [b.last for b in view.bars] == [False, False, False, True]
    assert view.line == "·█▅▆"


def test_a_trend_needs_two_weeks() -> None:
    assert trend.view(Trend()) is None
    assert trend.view(points((None, None), (3, 1))) is None


def test_a_trend_of_nothing_divides_by_nothing() -> None:
    view = trend.view(points((0, 0), (0, 0)))
    assert view is not None
    assert view.sentence == "Open flags stand at 0, as many as 1 week ago."
    assert [b.height for b in view.bars] == [0, 0]


# -- text from outside ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        ("a\r\nb\tc\x00d\x1b[31m", "a b c d [31m"),
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("\u2066x\u2069 \u200f\u061cy\ufeff\u200bz", "x yz"),
        ("نام\u200cها", "نام\u200cها"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("\ud800broken", "broken"),
        ("x" * 500, "x" * 119 + "…"),
        ("\u2028\u2029 \u00a0 ", ""),
        ("\u202e" * 10_000_000, "…"),
    ],
)
def test_text_is_made_one_harmless_line(hostile: str, said: str) -> None:
    assert clean(hostile) == said


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://jira.example.com/browse/A-1?x=1&y=2#z", True),
        ("http://10.0.0.1:8080/x", True),
        ("mailto:pmo@example.com", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\tscript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("//evil.example", False),
        ("/relative", False),
        ("https://", False),
        ("https://bank.example@evil.example/", False),
        ("https://evil.example\\@bank.example", False),
        ('https://x.example/"onmouseover="x', False),
        ("https://x.example/\u202egnp", False),
        ("https://[::1", False),
        ("https://x.example/" + "a" * 3000, False),
        ("mailto:", False),
        ("", False),
        (None, False),
    ],
)
def test_only_links_that_lead_somewhere_honest(url: str | None, kept: bool) -> None:
    assert safe_url(url) == (url if kept else None)
