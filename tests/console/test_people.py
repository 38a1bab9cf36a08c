"""What the pages of people say, on both databases, and that they say no more than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine import workload
from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.store.audit_models import AuditRow
from sync_engine.store.engine import reading
from sync_engine.store.load_models import LoadOfWeek
from sync_engine.store.models import (
    Assignment,
    Connection,
    Identity,
    Leave,
    PersonRow,
    TaskRow,
)
from sync_engine.views.load import Load, Week
from sync_engine.views.people import PAGE, People, people
from sync_engine.views.person import TASKS_SHOWN, Person, person
from sync_engine.web.console.pages.people import headline, headline_of_list
from sync_engine.web.console.words import hours
from tests.console.portfolio import NOW, fill, table
from tests.console.site import Site
from tests.console.work import HOUR, TODAY, fill_work, ran, record, task

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())
EVERY = {"engineering": timedelta(minutes=5), "office": timedelta(minutes=5)}


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio with its work."""
    fill(store)
    fill_work(store)
    return store


def visible(connection: sa.Connection, role: Any, moment: Moment) -> Visible:
    scope = 'portfolio = "Core"' if role == "manager" else None
    return Visible.to(User(1, "eve@acme.example", "Eve", role, None, scope), connection, moment)


def listed(engine: sa.Engine, role: Any = "viewer", moment: Moment = MOMENT, **more: Any) -> People:
    with reading(engine) as connection:
        return people(connection, visible(connection, role, moment), moment, EVERY, **more)


def shown(engine: sa.Engine, id: int, role: Any = "viewer", moment: Moment = MOMENT) -> Person:
    with reading(engine) as connection:
        found = person(connection, visible(connection, role, moment), moment, EVERY, id)
    assert found is not None
    return found


def test_who_has_the_fullest_week_comes_first(filled: sa.Engine) -> None:
    """Across tools; what is overdue counts in this week, shared work in equal parts."""
    found = listed(filled)
    assert [(each.name, each.id) for each in found.shown] == [
        ("Bob", 2), ("Ada", 3), ("Eve", 1), ("Ada", 4),
    ]  # fmt: skip
    assert (found.count, found.over) == (4, 1)
    bob, ada = found.shown[0], found.shown[1]
    now, then = bob.load.weeks[0], bob.load.weeks[1]
    # Wednesday to Friday of 30 hours a week; 20 of one task, half of what is left of another.
    assert (now.capacity, now.minutes, now.level) == (18 * HOUR, 24 * HOUR, "over")
    # One that nobody has sized; of the other its part counts, and that is Eve's.
    assert (then.minutes, then.unsized, then.open, then.level) == (0, 1, 2, "unknown")
    assert (bob.load.open, bob.load.in_progress, bob.load.later) == (5, 2, 1)
    assert bob.connections == ("engineering", "office")
    assert [week.level for week in ada.load.weeks[:3]] == ["some", "away", "full"]
    assert (ada.load.undated, ada.load.unmapped) == (1, 1)
    assert found.shown[2].load.weeks[1].minutes == 3 * HOUR
    assert headline_of_list(found, "") == "1 person of 4 has more to do than time in some week."


@pytest.mark.parametrize(
    "typed", ["öst", "Öst", "ÖSTERBERG", "Österberg-çelik", "bob", "BOB@", "çel"]
)
def test_people_are_found_however_their_name_is_typed(filled: sa.Engine, typed: str) -> None:
    """SQLite knows small letters of ASCII only."""
    with filled.begin() as connection:
        renamed = sa.update(table(Identity)).values(name="Bob Österberg-Çelik")
        connection.execute(renamed.where(table(Identity).c.id == 2))
    assert [each.id for each in listed(filled, text=typed).shown] == [2]


def test_what_tools_cannot_tell_is_named(filled: sa.Engine) -> None:
    """An account there makes somebody's load the least that it can be."""
    found = listed(filled)
    assert found.silent == {
        "office": "who is assigned, what is open, when work is due, how much work it is"
    }
    assert [each.silent for each in found.shown] == [("office",), (), (), ("office",)]
    assert found.stale == ("office",)


def test_the_numbers_are_those_of_the_facts(filled: sa.Engine) -> None:
    """Person by person, the same as the standards' facts: there is one way to count."""
    from sync_engine.rules.compile import compiled
    from sync_engine.rules.frames import frame_for
    from sync_engine.rules.language import read
    from sync_engine.rules.other_facts import source_of
    from sync_engine.rules.resolve import resolve

    for each in listed(filled).shown:
        if each.silent or each.load.unmapped:
            continue  # unknown to the facts
        for fact, value in (("work in progress", each.load.in_progress),
                            ("open tasks", each.load.open)):  # fmt: skip
            with reading(filled) as connection:
                source = source_of(frame_for(connection, MOMENT), "person")
                holds = compiled(resolve(read(f"{fact} = {value}"), "person"), source)
                ids = connection.execute(
                    sa.select(source.base.c.id).select_from(source.origin).where(holds)
                ).scalars()
                assert each.id in list(ids), (each.name, fact)


def test_capacity_knows_days_off_and_leave(filled: sa.Engine) -> None:
    """Weekends, the calendar's days off, leave, days that are over."""
    calendar = WorkCalendar(days_off=frozenset({date(2026, 11, 27), date(2026, 12, 8)}))
    moment = Moment(NOW, ZoneInfo("UTC"), calendar)
    ada = shown(filled, 3, moment=moment)
    assert [week.capacity // HOUR for week in ada.load.weeks] == [16, 0, 32, 40, 40, 40]
    assert ada.load.weeks[1].leave == 5
    assert ada.leave == ((date(2026, 11, 30), date(2026, 12, 4)),)
    later = Moment(NOW + timedelta(days=14), ZoneInfo("UTC"), calendar)
    assert shown(filled, 3, moment=later).leave == ()


def test_more_people_than_are_named_one_by_one(
    filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found by a name is the same, however many bear it."""
    named = listed(filled, text="b")
    assert named.count
    monkeypatch.setattr("sync_engine.views.people.MOST_IDS", 0)
    assert listed(filled, text="b") == named


def test_a_manager_sees_whom_they_lead(filled: sa.Engine) -> None:
    """And themselves; others have no page."""
    found = listed(filled, "manager")
    assert [each.name for each in found.shown] == ["Bob", "Eve"]
    assert found.count == 2
    with reading(filled) as connection:
        assert person(connection, visible(connection, "manager", MOMENT), MOMENT, EVERY, 3) is None
        assert person(connection, Visible(), MOMENT, EVERY, 99) is None
    bob = shown(filled, 2, "manager")
    assert bob.lead is not None
    assert (bob.lead.name, bob.lead.id) == ("Eve", 1)
    with filled.begin() as connection:
        row = table(Identity)
        connection.execute(
            sa.update(row).where(row.c.id == 2).values(manager_email="ada@acme.example")
        )
    seen = shown(filled, 2, "manager").manager
    assert seen is not None
    assert (seen.name, seen.id) == ("Ada", None)


def test_people_are_looked_for_by_name(filled: sa.Engine) -> None:
    """Or address; a sign of the database's is only a sign."""
    assert [each.id for each in listed(filled, text="ADA").shown] == [3, 4]
    assert [each.id for each in listed(filled, text="bob@acme").shown] == [2]
    assert listed(filled, text="%").count == 0
    assert listed(filled, text="_").count == 0
    assert headline_of_list(listed(filled, text="zoe"), "zoe") == "Nobody is called so."


def test_people_come_page_by_page(filled: sa.Engine) -> None:
    """Each once."""
    with filled.begin() as connection:
        for n in range(PAGE):
            connection.execute(
                sa.insert(table(Identity)), {"id": 100 + n, "name": f"P{n:02}", "source": "tool"}
            )
            record(connection, PersonRow, f"p{n}", name=f"P{n:02}", kind="human",
                   identity_id=100 + n)  # fmt: skip
    one, two = listed(filled), listed(filled, page=2)
    ids = [each.id for each in (*one.shown, *two.shown)]
    assert len(ids) == len(set(ids)) == one.count == PAGE + 4
    assert listed(filled, page=9).page == 2


def test_a_person_with_all_their_work(filled: sa.Engine) -> None:
    """In progress first, then by due date; what is done, gone or an epic is none."""
    bob = shown(filled, 2)
    assert [each.key or each.title for each in bob.tasks] == [
        "ENG-1", "Plan the move", "ENG-2", "ENG-3", "ENG-9",
    ]  # fmt: skip
    assert [each.minutes for each in bob.tasks] == [20 * HOUR, None, 8 * HOUR, None, 50 * HOUR]
    assert [each.shared for each in bob.tasks] == [False, False, True, False, False]
    assert [each.connection for each in bob.accounts] == ["engineering", "office"]
    assert bob.flags == {"critical": 3, "medium": 3}
    assert [each.severity for each in bob.newest] == ["critical"] * 3 + ["medium"] * 3
    assert headline(bob) == "5 open tasks, 2 in progress. Overbooked this week."
    ada = shown(filled, 3)
    assert (ada.tasks[-1].status, ada.tasks[-1].label) == (None, "Parked")
    assert "1 task more may be open: nobody has mapped their status." in headline(ada)
    with filled.begin() as connection:
        for n in range(TASKS_SHOWN):
            task(connection, f"many{n}", "bob")
    assert shown(filled, 2).more_tasks
    assert len(shown(filled, 2).tasks) == TASKS_SHOWN


def test_nothing_known_is_not_nothing_to_do(filled: sa.Engine) -> None:
    """Levels, words and hours of the borders."""
    week = Week(TODAY, TODAY, 40 * HOUR)
    assert week.level == "free"
    assert replace(week, open=1, unsized=1).level == "unknown"
    assert replace(week, open=1, unsized=1).share is None
    assert replace(week, open=1, minutes=34 * HOUR).level == "full"
    assert replace(week, open=1, minutes=40 * HOUR).level == "full"
    assert replace(week, open=1, minutes=40 * HOUR + 1).level == "over"
    assert replace(week, capacity=0).level == "away"
    assert replace(week, capacity=0, minutes=1, open=1).level == "over"
    assert Load((replace(week, capacity=0, minutes=1),)).peak == float("inf")
    for minutes, said in ((0, "0 h"), (10, "<½ h"), (60, "1 h"), (100, "1.5 h"),
                          (60_000, "1,000 h")):  # fmt: skip
        assert hours(minutes) == said


def test_what_is_kept_follows_what_is_read(filled: sa.Engine) -> None:
    """A task given to somebody else, one finished, one gone, a part added: after the next run."""
    assert workload.refresh(filled) == 0
    row, given = table(TaskRow), table(Assignment)
    with filled.begin() as connection:
        mine = sa.and_(given.c.connection_id == 1, given.c.task_id == "1")
        connection.execute(sa.update(given).where(mine).values(person_id="eve"))
        connection.execute(sa.update(row).where(row.c.id == "1").values(run_id=43))
        connection.execute(sa.update(row).where(row.c.id == "2").values(run_id=43, status="done"))
        connection.execute(sa.update(row).where(row.c.id == "9a").values(run_id=43, gone_at=NOW))
    with filled.begin() as connection:
        ran(connection, 43)
    assert workload.refresh(filled) == 1
    assert workload.refresh(filled) == 0
    by_name = {each.id: each for each in listed(filled).shown}
    assert by_name[2].load.weeks[0].minutes == 0
    assert by_name[1].load.weeks[0].minutes == 20 * HOUR
    assert by_name[1].load.weeks[1].open == 0
    assert by_name[2].load.weeks[1].minutes == 50 * HOUR


def test_load_is_read_from_what_is_kept(filled: sa.Engine) -> None:
    """No page of all people reads a task; that of one reads theirs, by an index."""
    asked: list[str] = []
    sa.event.listen(
        filled, "before_cursor_execute", lambda *values: asked.append(str(values[2]).lower())
    )
    listed(filled)
    assert 3 < len(asked) < 15
    assert not [statement for statement in asked if " task" in statement]
    if filled.dialect.name == "sqlite":
        del asked[:]
        shown(filled, 2)
        [of_tasks] = [statement for statement in asked if "from assignment" in statement]
        with filled.connect() as connection:
            bound = of_tasks.count("?")
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {of_tasks}", ("x",) * bound
            ).all()
        assert not [each for each in plan if each[3].startswith("SCAN")]
        assert any("ix_assignment_person" in each[3] for each in plan)


def test_a_connection_that_left_takes_its_work_along(filled: sa.Engine) -> None:
    """Its accounts are nobody's any more."""
    with filled.begin() as connection:
        row = table(Connection)
        connection.execute(sa.update(row).where(row.c.id == 2).values(removed_at=NOW))
    found = listed(filled)
    assert [each.id for each in found.shown] == [2, 3, 1]
    assert found.shown[0].load.open == 4
    assert found.silent == {}


def test_joined_accounts_are_counted_together(filled: sa.Engine) -> None:
    """At once: nothing has to be read anew."""
    with filled.begin() as connection:
        row = table(PersonRow)
        connection.execute(sa.update(row).where(row.c.id == "eve").values(identity_id=2))
        connection.execute(sa.delete(table(Leave)))
    bob = shown(filled, 2)
    assert bob.load.open == 6
    assert bob.load.weeks[1].minutes == 3 * HOUR
    with filled.connect() as connection:
        kept = sa.select(sa.func.count()).select_from(table(LoadOfWeek))
        assert connection.execute(kept).scalar_one() > 5


def test_what_two_accounts_of_one_person_share_counts_once(filled: sa.Engine) -> None:
    """Ada had a second account, and both are assigned to the same work. Apart they are two."""
    due = TODAY + timedelta(days=2)
    with filled.begin() as connection:
        record(connection, PersonRow, "ada2", name="Ada", kind="human", identity_id=4)
        task(connection, "d1", "ada ada2", due_on=due, remaining_minutes=6 * HOUR, run_id=43,
             status="in_progress")  # fmt: skip
        task(connection, "d2", "ada ada2 bob", due_on=due, run_id=43)
        task(connection, "d3", "ada ada2", status=None, run_id=43)
        ran(connection, 43)
    assert workload.refresh(filled) == 1
    ada = {each.id: each.load for each in listed(filled).shown}
    assert [(ada[id].open, ada[id].weeks[0].minutes) for id in (3, 4)] == [
        (ada[3].open, ada[3].weeks[0].minutes), (2, 3 * HOUR)
    ]  # fmt: skip
    with filled.begin() as connection:
        row = table(PersonRow)
        connection.execute(sa.update(row).where(row.c.id == "ada2").values(identity_id=3))
    assert workload.refresh(filled) == 1
    one, was = shown(filled, 3), ada[3]
    assert (one.load.open, one.load.in_progress, one.load.unmapped) == (
        was.open, was.in_progress, was.unmapped
    )  # fmt: skip
    now, then = one.load.weeks[0], was.weeks[0]
    assert (now.open, now.unsized, now.minutes) == (
        then.open, then.unsized, then.minutes + 3 * HOUR
    )  # fmt: skip
    listing = [(each.title, each.shared) for each in one.tasks if each.title.startswith("Work d")]
    assert sorted(listing) == [("Work d1", False), ("Work d2", True), ("Work d3", False)]


def test_accounts_that_look_alike_are_decided_on(site: Site) -> None:
    """Accepted: one person at once. What is decided is not asked again, and stands in the log."""
    browser = site.browser("pmo")
    assert "the same name" in browser.get("/people/same").text
    both = ["engineering/ada", "office/m9"]
    answer = browser.post("/people/same", do="accept", account=both)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people/same")
    page = browser.get("/people/same").text
    assert "2 accounts of Ada are one person&#39;s now" in page
    assert "the same name" not in page
    assert [each.name for each in listed(site.engine).shown] == ["Bob", "Ada", "Eve"]
    audit = table(AuditRow)
    with site.engine.connect() as connection:
        last = connection.execute(sa.select(audit).order_by(audit.c.id.desc())).first()
    assert last is not None
    assert (last.action, last.who) == ("accounts linked", "pat@acme.example")
    again = browser.post("/people/same", do="accept", account=both)
    assert again.status_code == 409
    assert "no longer suggested" in again.text


def test_accounts_are_kept_apart(site: Site) -> None:
    """Refused: never suggested again, nobody's work is added up."""
    browser = site.browser("admin")
    both = ["engineering/ada", "office/m9"]
    assert browser.post("/people/same", do="refuse", account=both).status_code == 303
    assert "Nothing to decide" in browser.get("/people/same").text
    assert listed(site.engine).count == 4
    for fields in ({"do": "both", "account": both}, {"account": both}):
        assert browser.post("/people/same", **fields).status_code == 400
    assert browser.post("/people/same", do="accept", account=["x/y"]).status_code == 409


def test_addresses_of_another_shape_are_refused(site: Site) -> None:
    """In plain words."""
    browser = site.browser("viewer")
    for path in ("/people?page=x", "/people?name=%00", f"/people?name={'x' * 300}"):
        assert browser.get(path).status_code == 400, path
    for path in ("/people/x", "/people/99", "/people/²", "/people/99999999999", "/people/-1"):
        assert browser.get(path).status_code == 404, path
    assert "One person or two" not in browser.get("/people").text
