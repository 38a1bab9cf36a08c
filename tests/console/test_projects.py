"""What the pages of projects say, and that they say no more than is known."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.rules import packs
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.language import LanguageError
from sync_engine.rules.standards import Standard
from sync_engine.store.baseline_models import Baseline
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import Compliance, ComplianceOfProject, FlagRow
from sync_engine.store.models import Connection, ProjectRow
from sync_engine.store.schedule_models import ScheduleResult
from sync_engine.views.compliance import Counts
from sync_engine.views.health import Found, Reported, found_health, is_watermelon
from sync_engine.views.project import Scorecard, Unassessed, scorecard
from sync_engine.views.projects import NO_PORTFOLIO, PAGE, Projects, Wanted, projects
from sync_engine.web.console.pages.projects import headline
from sync_engine.web.console.words import unflagged
from tests.console.portfolio import HOSTILE, NOW, PROJECTS, fill, table
from tests.console.site import Site
from tests.console.work import fill_work, record

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())
EVERY = {"engineering": timedelta(minutes=5), "office": timedelta(minutes=5)}


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio with its work."""
    fill(store)
    fill_work(store)
    return store


def visible(connection: sa.Connection, role: Any, scope: str | None) -> Visible:
    user = User(1, "eve@acme.example", "Eve", role, None, scope)
    return Visible.to(user, connection, MOMENT)


def listed(
    engine: sa.Engine, role: Any = "viewer", scope: str | None = None, **wanted: Any
) -> Projects:
    with reading(engine) as connection:
        return projects(connection, visible(connection, role, scope), MOMENT, Wanted(**wanted))


def card(
    engine: sa.Engine, id: str, role: Any = "viewer", scope: str | None = None,
    standards: tuple[Standard, ...] = (), moment: Moment = MOMENT,
) -> Scorecard | None:  # fmt: skip
    with reading(engine) as connection:
        seen = visible(connection, role, scope)
        return scorecard(connection, seen, moment, EVERY, standards, ("engineering", id))


def shown(engine: sa.Engine, id: str = "beta", **more: Any) -> Scorecard:
    found = card(engine, id, **more)
    assert found is not None
    return found


def test_flags_of_what_was_never_assessed_are_not_known(site: Site) -> None:
    """The list does not call them none: nobody has looked."""
    with site.engine.begin() as connection:
        record(connection, ProjectRow, "new", name="Brand new", state="active")
    page = site.browser("viewer").get("/projects").text
    told = re.search(r"Brand new</b>.*?</tr>", page, re.DOTALL)
    assert told is not None
    assert "not assessed yet" in told[0]
    assert '<span class="muted">not known</span>' in told[0]
    assert '<span class="muted">none</span>' not in told[0]


def test_the_worst_come_first_with_all_that_is_known_of_them(filled: sa.Engine) -> None:
    """The same as row by row."""
    found = listed(filled)
    assert [each.id for each in found.shown] == ["beta", "gamma", "delta", "alpha"]
    assert found.count == 4
    assert found.portfolios == ("Core", "Labs")
    beta = found.shown[0]
    flag = table(FlagRow)
    with filled.connect() as connection:
        rows = connection.execute(
            sa.select(flag.c.severity).where(flag.c.project_id == "beta")
        ).scalars()
        held = list(rows)
    assert sum(beta.flags.values()) == len(held) == 44
    assert beta.flags["critical"] == held.count("critical")
    assert beta.counts == beta.weeks[-1].counts
    assert [week.share is None for week in beta.weeks] == [n == 5 for n in range(12)]
    assert beta.portfolio == "Core"


def test_what_is_reported_stands_beside_what_is_found(filled: sa.Engine) -> None:
    """Green outside, red inside; nobody's word is neither."""
    by_id = {each.id: each for each in listed(filled).shown}
    assert by_id["beta"].watermelon
    assert by_id["beta"].reported is not None
    assert by_id["beta"].reported.at == NOW - timedelta(days=3)
    assert by_id["beta"].reported.author == "Bob"
    assert not by_id["gamma"].watermelon
    assert by_id["gamma"].reported is not None
    assert by_id["gamma"].reported.words == "Sunny"
    assert by_id["delta"].reported is None
    assert not by_id["delta"].watermelon


def test_health_follows_from_flags_and_is_unknown_without_an_answer() -> None:
    """Never on track for lack of a look."""
    some = Counts(met=9, flagged=1)
    assert found_health(some, {"critical": 1, "high": 2}).health == "off_track"
    assert found_health(some, {"high": 1}).health == "at_risk"
    assert found_health(some, {"medium": 9}).health == "on_track"
    hidden = found_health(some, {"medium": 9}, 1)
    assert (hidden.health, hidden.words) == (None, "not assessable")
    assert hidden.why.startswith("1 check breaks a standard without a flag")
    assert found_health(some, {"high": 1}, 1).health == "at_risk"
    assert found_health(None, {}).health is None
    assert found_health(Counts(unknown=7), {}).health is None
    assert found_health(None, {}).words == "not assessable"


def test_only_a_better_report_is_a_watermelon() -> None:
    """Worse, equal, on hold or unknown is none."""

    def told(health: str | None) -> Reported:
        return Reported(NOW, health, None)

    at_risk = Found("at_risk", "")
    assert is_watermelon(told("on_track"), at_risk)
    for health in ("at_risk", "off_track", "on_hold", "complete", None):
        assert not is_watermelon(told(health), at_risk)
    assert not is_watermelon(told("on_track"), Found(None, ""))
    assert not is_watermelon(None, at_risk)


def test_projects_are_narrowed_down(filled: sa.Engine) -> None:
    """By portfolio, by the language, by state; a wrong word is told."""
    assert [p.id for p in listed(filled, portfolio="Labs").shown] == ["gamma", "delta"]
    assert listed(filled, portfolio="Labs").portfolios == ("Core", "Labs")
    assert [p.id for p in listed(filled, condition="health = on_track").shown] == ["beta", "alpha"]
    assert [p.id for p in listed(filled, condition="open tasks = 3").shown] == ["beta"]
    with pytest.raises(LanguageError, match="ownr"):
        listed(filled, condition="ownr is empty")
    with filled.begin() as connection:
        row = table(ProjectRow)
        connection.execute(sa.update(row).where(row.c.id == "beta").values(state="archived"))
        connection.execute(sa.update(row).where(row.c.id == "gamma").values(custom=None))
    assert listed(filled).count == 3
    assert listed(filled, every=True).count == 4
    assert [p.id for p in listed(filled, portfolio=NO_PORTFOLIO).shown] == ["gamma"]
    assert listed(filled).portfolios == ("Core", "Labs", NO_PORTFOLIO)


def test_projects_come_page_by_page(filled: sa.Engine) -> None:
    """Each once; what was not assessed comes last, and says so."""
    with filled.begin() as connection:
        for n in range(PAGE):
            record(connection, ProjectRow, f"x{n:02}", name=f"X {n:02}", state="active")
    one, two = listed(filled), listed(filled, page=2)
    assert (one.count, one.pages) == (PAGE + 4, 2)
    ids = [each.id for each in (*one.shown, *two.shown)]
    assert len(set(ids)) == len(ids) == PAGE + 4
    assert ids[:4] == ["beta", "gamma", "delta", "alpha"]
    assert two.shown[-1].counts is None
    assert two.shown[-1].found.health is None
    assert listed(filled, page=99).page == 2


def test_a_manager_sees_theirs(filled: sa.Engine) -> None:
    """Others are neither listed nor counted, nor are their portfolios."""
    found = listed(filled, "manager", 'portfolio = "Core"')
    assert [each.id for each in found.shown] == ["beta", "alpha"]
    assert found.portfolios == ("Core",)
    assert found.count == 2
    assert card(filled, "gamma", "manager", 'portfolio = "Core"') is None
    assert card(filled, "alpha", "manager", 'portfolio = "Core"') is not None
    assert listed(filled, "manager", 'portfolio = "none"').shown == ()


def test_what_is_gone_is_gone(filled: sa.Engine) -> None:
    """A tombstone, a connection that was removed, one that never was."""
    with filled.begin() as connection:
        row = table(ProjectRow)
        connection.execute(sa.update(row).where(row.c.id == "beta").values(gone_at=NOW))
    assert card(filled, "beta") is None
    assert "beta" not in [each.id for each in listed(filled).shown]
    with filled.begin() as connection:
        connection.execute(sa.update(table(Connection)).values(removed_at=NOW))
    assert card(filled, "alpha") is None
    assert listed(filled).count == 0
    with reading(filled) as connection:
        assert scorecard(connection, Visible(), MOMENT, {}, (), ("no such", "alpha")) is None


def test_the_scorecard(filled: sa.Engine) -> None:
    """Who, when, how it stands."""
    found = shown(filled)
    assert found.owner is not None
    assert (found.owner.name, found.owner.id) == ("Bob", 2)
    assert found.sponsor is not None
    assert found.sponsor.name == "Grace Quist"
    assert [each.health for each in found.updates] == ["on_track", "at_risk"]
    assert found.watermelon
    assert found.counts is not None
    assert len(found.weeks) == 12
    assert [(each.severity, each.flags) for each in found.broken] == [
        ("critical", 6), ("high", 12), ("medium", 16), ("low", 5), ("info", 5),
    ]  # fmt: skip
    assert headline(found) == (
        "Off track by what is found: 6 critical and 12 high flags are open; 77% of checks are met. "
        "It is reported on track, which is better than what is found. 1 milestone is overdue."
    )


def test_the_sentence_doubts_where_it_must(filled: sa.Engine) -> None:
    """Old data, nothing assessed, nothing assessable."""
    found = shown(filled)
    assert headline(replace(found, stale=True)).endswith("so this may have changed.")
    assert headline(replace(found, outdated=True)).endswith("for more than a day.")
    blind = replace(found, counts=Counts(unknown=3), flags={}, milestones=(), updates=())
    assert headline(blind) == "How it stands cannot be said: no check could be made of it."
    assert headline(replace(found, assessed=None)).startswith("Nothing has been assessed yet")
    calm = replace(blind, counts=Counts(met=5), flags={"low": 1}, unflagged=0)
    assert "1 flag is open, none critical or high; 100% of checks are met." in headline(calm)


def test_an_owner_whom_a_manager_may_not_see_is_only_a_name(filled: sa.Engine) -> None:
    """No link leads to a page that is not there for them."""
    with filled.begin() as connection:
        row = table(ProjectRow)
        connection.execute(sa.update(row).where(row.c.id == "alpha").values(owner_id="ada"))
    found = shown(filled, id="alpha", role="manager", scope='portfolio = "Core"')
    assert found.owner is not None
    assert (found.owner.name, found.owner.id) == ("Ada", None)


def test_milestones_tell_their_slip_and_what_is_done(filled: sa.Engine) -> None:
    """Against the baseline in force, in working days; unknown where nothing can be compared."""
    found = shown(filled)
    by_name = {each.name: each for each in found.milestones}
    assert [each.name for each in found.milestones] == [
        "Stock is counted", "Old hall is empty", "Racks are up",
    ]  # fmt: skip
    counted, hall = by_name["Stock is counted"], by_name["Old hall is empty"]
    assert (counted.slip, counted.late, counted.share) == (5, True, 2 / 3)
    assert (hall.agreed, hall.slip, hall.late, hall.share) == (False, None, False, 0)
    assert (by_name["Racks are up"].slip, by_name["Racks are up"].late) == (2, False)
    assert found.baseline is not None
    with filled.begin() as connection:
        connection.execute(sa.update(table(Baseline)).values(removed_at=NOW))
        connection.execute(sa.text("UPDATE task SET status = NULL WHERE id = 'b6'"))
    bare = shown(filled)
    assert bare.baseline is None
    assert all(each.agreed is None and each.slip is None for each in bare.milestones)
    assert {each.name: each.share for each in bare.milestones}["Old hall is empty"] is None


def test_the_schedule_says_what_holds_and_what_cannot_be_said(filled: sa.Engine) -> None:
    """From what the analysis kept; a threshold of a standard in force goes before the usual one."""
    schedule = shown(filled).schedule
    assert schedule.why is None
    assert (schedule.critical, schedule.least) == (2, -5.0)
    assert [each.key for each in schedule.path] == ["ENG-b6", "ENG-b7"]
    answers = {each.point.ref: each.point.answer for each in schedule.points}
    assert {ref for ref, answer in answers.items() if answer == "flagged"} == {
        "D01", "D07", "D11", "D13", "D14",
    }  # fmt: skip
    unknown = {each.point.ref: each.why for each in schedule.points if each.why}
    assert unknown == {
        "D08": "some of its tasks lack a status or a date",
        "D10": "some of its tasks lack a status or a date",
    }
    assert schedule.length == 52


def test_a_point_is_not_said_to_lack_what_it_does_not_rest_on(filled: sa.Engine) -> None:
    """Some linked tasks have no dates, but D01 to D04 and D15 ask for none."""
    with filled.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE schedule_result SET open_ends_share = NULL, finish_to_start_share = NULL,"
                " cpli = NULL, bei = NULL"
            )
        )
    why = {each.point.ref: each.why for each in shown(filled).schedule.points if each.why}
    assert why["D01"] == "nobody knows where some of its tasks stand"
    assert why["D04"] == "nobody knows of what kind some links are, or where their tasks stand"
    assert why["D13"] == "linked tasks have no dates to compute with"
    assert why["D14"] == "nothing was due by now by its baseline"


def test_without_a_schedule_it_is_told_why(filled: sa.Engine) -> None:
    """The tool, the standards, the work: each is another reason."""
    assert shown(filled, id="alpha").schedule.why == (
        "no standard that is in force looks at schedules"
    )
    with filled.begin() as connection:
        row = table(ScheduleResult)
        connection.execute(sa.update(row).values(dependencies=0))
    assert "no network to judge" in str(shown(filled).schedule.why)
    with filled.begin() as connection:
        row = table(Connection)
        connection.execute(sa.update(row).values(provides={"task": ["title"]}))
        connection.execute(sa.delete(table(ScheduleResult)))
    assert "does not tell which tasks depend on which" in str(shown(filled).schedule.why)


def test_what_a_tool_cannot_tell_is_named(filled: sa.Engine) -> None:
    """A point without a value, for lack of what the tool does not have."""
    with filled.begin() as connection:
        connection.execute(
            sa.update(table(Connection)).values(provides={"link": ["type"], "task": ["status"]})
        )
        connection.execute(sa.text("UPDATE schedule_result SET leads = NULL, invalid_dates = NULL"))
    unknown = {each.point.ref: each.why for each in shown(filled).schedule.points if each.why}
    assert unknown["D02"] == "its tool does not tell leads and lags of links"
    assert unknown["D09"] == "its tool does not tell due dates"


def test_an_old_schedule_is_called_old(filled: sa.Engine) -> None:
    """It holds for its day only."""
    later = Moment(NOW + timedelta(days=1), ZoneInfo("UTC"), WorkCalendar())
    assert not shown(filled).schedule.old
    assert shown(filled, moment=later).schedule.old


def test_what_could_not_be_assessed_is_named_with_what_is_lacking(filled: sa.Engine) -> None:
    """Of the standards in force, by their titles."""
    held = packs.configured([packs.load(packs.find("pmo-core", Path()))], {})
    known = next(each for each in held if each.id == "due-date-pushed")
    with filled.begin() as connection:
        connection.execute(
            sa.insert(table(Compliance)),
            {"day": NOW.date(), "standard": known.id, "connection_id": 1, "project_id": "beta",
             "met": 1, "flagged": 0, "waived": 0, "unknown": 4, "missing": ["owner"]},
        )  # fmt: skip
    assert shown(filled, standards=(known,)).unassessed == (
        Unassessed(known.id, known.title, 4, ("owner",)),
    )
    assert shown(filled, standards=()).unassessed == ()


def test_no_page_scans_tasks(filled: sa.Engine) -> None:
    """Tasks are found by project's milestones and by the critical path only, by their indexes."""
    if filled.dialect.name != "sqlite":
        return  # PostgreSQL's plans go by its statistics
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            raw = connection.connection.dbapi_connection
            rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plans.extend(row[3] for row in rows)

    sa.event.listen(filled, "before_cursor_execute", explain)
    listed(filled)
    shown(filled)
    assert len(plans) > 20
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert not [plan for plan in scans if " task" in plan or " assignment" in plan or
                " flag" in plan or " status_update" in plan or " milestone" in plan]  # fmt: skip


def test_addresses_and_fields_of_another_shape_are_refused(site: Site) -> None:
    """In plain words; a wrong condition is told beside its field, and stays there to be mended."""
    browser = site.browser("viewer")
    for query in ("page=x", "page=1e9", "page=²", "state=some", f"where={'x' * 3000}", "where=%00"):
        answer = browser.get(f"/projects?{query}")
        assert answer.status_code == 400, query
        assert "Traceback" not in answer.text
    wrong = browser.get("/projects?where=ownr+is+empty")
    assert wrong.status_code == 422
    assert "Column 1" in wrong.text
    assert 'value="ownr is empty"' in wrong.text
    for path in ("/projects/engineering/none", "/projects/none/beta",
                 "/projects/engineering/..%2F..%2Fetc", "/projects/engineering/"):  # fmt: skip
        assert browser.get(path).status_code == 404, path


def test_hostile_names_are_text_and_their_addresses_lead_home(site: Site) -> None:
    """An id with slashes, a name with markup."""
    with site.engine.begin() as connection:
        record(connection, ProjectRow, "a/b ?#", name=HOSTILE, state="active",
               url="javascript:alert(1)")  # fmt: skip
    browser = site.browser("viewer")
    page = browser.get("/projects?state=all").text
    assert "/projects/engineering/a%2Fb%20%3F%23" in page
    answer = browser.get("/projects/engineering/a%2Fb%20%3F%23")
    assert answer.status_code == 200
    for text in (page, answer.text):
        assert HOSTILE not in text
        assert "javascript:" not in text
        assert "&lt;script&gt;" in text
    assert len(PROJECTS) == 4


def test_checks_that_broke_without_a_flag_are_not_health(filled: sa.Engine) -> None:
    """What was solved since has had its flag; one that is kept without an answer is none."""
    flag, fared = table(FlagRow), table(ComplianceOfProject)
    alpha = flag.c.project_id == "alpha"
    at = {"opened_at": NOW - timedelta(hours=1), "severity": "low"}
    today = sa.and_(fared.c.project_id == "alpha", fared.c.day == NOW.date())

    def hidden(flagged: int) -> tuple[int, str | None]:
        with filled.begin() as connection:
            connection.execute(sa.update(fared).where(today).values(flagged=flagged))
        found = shown(filled, "alpha")
        by_id = {each.id: each for each in listed(filled).shown}
        assert (by_id["alpha"].unflagged, by_id["alpha"].found) == (found.unflagged, found.found)
        return found.unflagged, found.found.health

    with filled.begin() as connection:
        connection.execute(sa.update(flag).where(alpha).values(at))
        ids = connection.execute(sa.select(flag.c.id).where(alpha)).scalars().all()
    assert hidden(len(ids)) == (0, "on_track")
    assert hidden(len(ids) + 1) == (1, None)
    with filled.begin() as connection:
        solved = {"state": "resolved", "resolved_at": NOW + timedelta(minutes=1)}
        connection.execute(sa.update(flag).where(flag.c.id == ids[0]).values(solved))
    assert hidden(len(ids)) == (0, "on_track")
    with filled.begin() as connection:
        unknown = {"frozen_at": NOW, "frozen_why": "not_assessable"}
        connection.execute(sa.update(flag).where(flag.c.id == ids[1]).values(unknown))
    assert hidden(len(ids)) == (1, None)


def test_no_open_flag_is_told_by_what_was_counted() -> None:
    """Never that all is met while checks broke."""
    assert unflagged(Counts(met=9, flagged=2, waived=2)).startswith("All that could be assessed")
    assert unflagged(Counts(unknown=3)).startswith("No check could be made")
    assert unflagged(Counts(met=9, flagged=3, waived=2)).startswith("Yet 1 check was broken")
