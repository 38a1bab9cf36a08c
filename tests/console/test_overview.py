"""What the overview says, and that it says no more than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import ComplianceOfProject, FlagEvent, FlagRow
from sync_engine.store.models import Connection
from sync_engine.views.overview import Overview, overview
from sync_engine.views.projects import Wanted, projects
from sync_engine.web.console import charts
from sync_engine.web.console.pages.overview import headline
from sync_engine.web.console.words import percent, since_words
from tests.console.portfolio import NOW, fill, table
from tests.console.site import Site

UTC = ZoneInfo("UTC")
EVERY = {"engineering": timedelta(minutes=5), "office": timedelta(minutes=5)}


def seen(engine: sa.Engine, role: Any = "viewer", scope: str | None = None) -> Overview:
    moment = Moment(NOW, UTC, WorkCalendar())
    user = User(1, "eve@acme.example", "Eve", role, None, scope)
    with reading(engine) as connection:
        return overview(connection, Visible.to(user, connection, moment), moment, EVERY, UTC)


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio."""
    fill(store)
    return store


def test_it_counts_what_is_there(filled: sa.Engine) -> None:
    """The same as row by row."""
    found = seen(filled)
    flag = table(FlagRow)
    with filled.connect() as connection:
        rows = connection.execute(sa.select(flag)).all()
    assert found.open == len(rows) == 94
    for each in found.standing:
        own = [row for row in rows if row.severity == each.severity]
        ages = [(NOW - row.opened_at).days for row in own]
        assert each.week == sum(age < 7 for age in ages)
        assert each.older == sum(age >= 30 for age in ages)
        assert each.total == len(own)
        assert each.acknowledged == sum(row.state == "acknowledged" for row in own)
    assert [week.share is None for week in found.weeks] == [n == 5 for n in range(12)]
    assert found.counts == found.weeks[-1].counts
    assert [project.id for project in found.projects] == ["beta", "gamma", "delta", "alpha"]
    assert sum(sum(each.flags.values()) for each in found.projects) == 94
    assert found.changes.raised == 5
    assert [flag.severity for flag in found.changes.newest] == ["critical"] * 4 + ["medium"]
    assert [trouble.connection for trouble in found.troubles] == ["office"]
    assert found.troubles[0].stale


def test_a_manager_counts_what_is_theirs(filled: sa.Engine) -> None:
    """Not a number of it tells of what others have."""
    found = seen(filled, "manager", 'portfolio = "Core"')
    assert [project.id for project in found.projects] == ["beta", "alpha"]
    flag = table(FlagRow)
    own = sa.or_(flag.c.project_id.in_(("alpha", "beta")), flag.c.identity_id.in_((1, 2)))
    with filled.connect() as connection:
        count = connection.execute(sa.select(sa.func.count()).where(own)).scalar_one()
    assert found.open == count < 94
    assert found.changes.raised < 5
    led = {"Bob"}
    core = {"Billing platform", "Warehouse move"}
    assert all(new.project in core or new.owner in led for new in found.changes.newest)
    assert found.counts.unknown == 22
    assert found.connections == 1
    assert found.troubles == ()
    nothing = seen(filled, "manager", 'portfolio = "none such"')
    assert nothing.projects == ()
    assert nothing.counts.share is None
    assert nothing.project_count == 0


def test_nothing_connected_nothing_assessed(store: sa.Engine) -> None:
    """Never 0%, never 100%."""
    found = seen(store)
    assert headline(found) == "Nothing is connected yet, so there is nothing to say."
    with store.begin() as connection:
        connection.execute(
            sa.insert(table(Connection)),
            {"id": 1, "name": "engineering", "connector": "jira", "state": "new", "lease_epoch": 0},
        )
    found = seen(store)
    assert headline(found).startswith("Nothing has been assessed yet")
    assert found.counts.share is None
    assert all(week.share is None for week in found.weeks)
    assert found.troubles[0].problem == "It has never been read completely"


def test_weeks_are_the_pmos_and_yesterday_is_the_readers(filled: sa.Engine) -> None:
    """The same weeks as the projects' own, wherever the reader is."""
    sunday = datetime(2026, 11, 29, 20, tzinfo=UTC)  # in Tokyo it is Monday
    moment = Moment(sunday, ZoneInfo("Asia/Tokyo"), WorkCalendar())
    with reading(filled) as connection:
        found = overview(connection, Visible(), moment, EVERY, UTC)
        others = projects(connection, Visible(), moment, Wanted())
    assert found.changes.since == datetime(2026, 11, 28, tzinfo=UTC)
    assert found.weeks[-1].monday == date(2026, 11, 30)
    course = {each.id: each.weeks for each in others.shown}
    assert {each.id: each.weeks for each in found.projects} == course


def test_the_sentence(filled: sa.Engine) -> None:
    """What is most urgent first; doubt where there is some."""
    found = seen(filled)
    assert headline(found) == (
        "13 critical and 25 high flags need a hand. 87.7% of checks are met. "
        "1 connection is out of date, so this may be incomplete."
    )
    late = replace(found, outdated=True)
    assert headline(late).endswith("nothing was assessed for more than a day.")
    calm = replace(found, standing=found.standing[2:], troubles=())
    assert headline(calm).startswith("56 flags are open, none of them critical or high. 87.7%")
    blind = replace(calm, standing=(), counts=replace(found.counts, met=0, flagged=0))
    assert "nothing is known" in headline(blind)


def test_old_data_are_called_old(filled: sa.Engine) -> None:
    """When the last full assessment is long ago."""
    with filled.begin() as connection:
        connection.execute(
            sa.text("UPDATE assessment SET \"full\" = false WHERE day = '2026-11-25'")
        )
    found = seen(filled)
    assert found.outdated
    assert found.assessed is not None
    assert found.assessed.day.isoformat() == "2026-11-18"


def test_it_never_reads_tasks(filled: sa.Engine) -> None:
    """A page view costs the same with a million of them."""
    asked: list[str] = []
    sa.event.listen(
        filled, "before_cursor_execute", lambda *values: asked.append(str(values[2]).lower())
    )
    seen(filled)
    assert 5 < len(asked) < 25
    assert not [statement for statement in asked if " task" in statement]
    assert not [statement for statement in asked if "from compliance " in statement]


def test_pages_show_the_readers_zone(site: Site) -> None:
    """Pat lives in Berlin, the PMO in UTC."""
    assert "11:30 CET" in site.browser("pmo").get("/").text
    assert "10:30 UTC" in site.browser("viewer").get("/").text


def test_times_and_shares_in_words() -> None:
    """Rounded so that they never promise too much."""
    for minutes, said in ((0, "just now"), (1, "1 minute ago"), (119, "1 hour ago"),
                          (11 * 60, "yesterday"), (60 * 24 * 3, "3 days ago"),
                          (-30, "in 30 minutes"), (-60 * 5, "in 5 hours"),
                          (-60 * 24, "tomorrow")):  # fmt: skip
        assert since_words(NOW - timedelta(minutes=minutes), NOW, UTC) == said
    for share, said in ((None, "–"), (1.0, "100%"), (0.9999, "99.9%"), (0.5, "50%"), (0.0, "0%")):
        assert percent(share) == said


def test_charts_have_gaps_and_words() -> None:
    """What is not known is not drawn; what is said of it is text."""
    drawn = charts.line([0.5, 0.6, None, 0.7, 0.8], 'Compliance "<b>"')
    assert drawn.count('class="line"') == 2
    assert 'aria-label="Compliance &#34;&lt;b&gt;&#34;"' in drawn
    assert charts.line([None, None], "x").count('class="line"') == 0
    assert charts.sparkline([None, 0.4, None], "x").count('class="dot"') >= 1
    flat = charts.sparkline([0.5, 0.5], "x")
    assert "M6.0 14.0L114.0 14.0" in flat
    bar = charts.stacked([("critical", 1), ("low", 100_000), ("info", 0)], "x")
    assert bar.count("<rect") == 2
    assert 'class="none"' in charts.stacked([], "x")


def test_events_and_sums_are_where_they_are_kept(filled: sa.Engine) -> None:
    """The view reads tables that the assessment writes."""
    with filled.connect() as connection:
        for model in (FlagEvent, ComplianceOfProject):
            held = sa.select(sa.func.count()).select_from(table(model))
            assert connection.execute(held).scalar_one() > 40
