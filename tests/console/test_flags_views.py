"""What lists of flags hold: chosen, counted, paged, put together; on both databases."""

from __future__ import annotations

from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.digest.read import NOT_CHECKED
from sync_engine.flags import lifecycle
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.language import LanguageError
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagRow
from sync_engine.views import clauses, flags, marks
from sync_engine.views.flags import Wanted
from sync_engine.web.console.flag_search import Search
from sync_engine.web.console.pages.flag import FROZEN, RESOLVED
from tests.console.portfolio import NOW, fill, flag, table

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())
FLAG = table(FlagRow)


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio."""
    fill(store)
    return store


def visible(connection: sa.Connection, role: Any = "viewer") -> Visible:
    user = User(1, "eve@acme.example", "Eve", role, None, 'portfolio = "Core"')
    return Visible.to(user, connection, MOMENT)


def rows(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(FLAG)).all())


@pytest.mark.parametrize("sort", flags.SORTS)
def test_pages_follow_each_other(filled: sa.Engine, sort: flags.Sort) -> None:
    """Page by page: each flag once, in the order that was asked for."""
    found: list[Any] = []
    mark = None
    with reading(filled) as connection:
        seen = visible(connection)
        while True:
            page = flags.page(connection, seen, MOMENT, Wanted("", sort, mark), 10)
            found += page.rows
            assert len(page.rows) <= 10
            mark = page.next
            if mark is None:
                break
    assert len(found) == len({row["id"] for row in found}) == len(rows(filled)) == 94
    ranks = [flags.SEVERITIES.index(row["severity"]) for row in found]
    ages = [row["opened_at"] for row in found]
    if sort == "severity":
        assert ranks == sorted(ranks)
        assert ages[:10] == sorted(ages[:10])
    else:
        assert ages == sorted(ages, reverse=sort == "newest")


def test_wide_rows_are_read_by_bounded_statements(
    filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database takes so many values with one statement; an export asks for more flags."""
    asked: list[int] = []
    with reading(filled) as connection:
        at_once = flags.page(connection, Visible(), MOMENT, Wanted(""), 90)
        monkeypatch.setattr(flags, "AT_ONCE", 20)
        sa.event.listen(filled, "before_cursor_execute", lambda *v: asked.append(len(v[3])))
        assert flags.page(connection, Visible(), MOMENT, Wanted(""), 90) == at_once
    assert len(at_once.rows) == 90
    assert 20 <= max(asked) < 30


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "x",
        "AAAA",
        "WyJzZXZlcml0eSJd",
        "é",
        "WyJuZXdlc3QiLDEsIjIwMjYtMDEtMDFUMDA6MDA6MDArMDA6MDAiLDFd",
    ],
)
def test_a_mark_that_is_not_ours(filled: sa.Engine, mark: str) -> None:
    """It is refused, and never guessed at; one of another order is not ours either."""
    with reading(filled) as connection, pytest.raises(marks.MarkError, match="first page"):
        flags.page(connection, visible(connection), MOMENT, Wanted("", "severity", mark), 10)


def test_counts_are_those_of_the_rows(filled: sa.Engine) -> None:
    """A choice says how many there would be after a click; its own fact does not limit it."""
    where = 'state = open and severity = high and project = "Warehouse move"'
    held = rows(filled)
    beta = [row for row in held if row.project == "Warehouse move"]
    with reading(filled) as connection:
        seen = visible(connection)
        found = flags.facets(connection, seen, MOMENT, where)
        by_project = flags.breakdown(connection, seen, MOMENT, where, "project", 9)
        assert found.total == sum(r.state == "open" and r.severity == "high" for r in beta)
        for each in found.severities:
            assert each.count == sum(r.state == "open" and r.severity == each.value for r in beta)
            assert each.on == (each.value == "high")
        for choice in (*found.severities, *found.states, *found.ages, *by_project):
            if choice.on or choice.where is None:
                continue
            after = flags.facets(connection, seen, MOMENT, choice.where).total
            alone = choice in found.ages
            assert after == choice.count + (0 if alone else found.total)
    assert {each.value: each.count for each in by_project} == {
        project: sum(r.state == "open" and r.severity == "high" and r.project == project
                     for r in held)
        for project in {row.project for row in held}
    }  # fmt: skip


def test_what_is_over_is_counted_when_it_is_asked_for(filled: sa.Engine) -> None:
    """And told as what it is."""
    with filled.begin() as connection:
        flag(connection, 900, NOW, project="beta", state="resolved")
    with reading(filled) as connection:
        seen = visible(connection)
        usual = flags.facets(connection, seen, MOMENT, flags.UNSOLVED)
        assert [each.value for each in usual.states] == list(flags.HELD)
        every = flags.facets(connection, seen, MOMENT, "")
        assert every.total == usual.total + 1
        assert {each.value: each.count for each in every.states}["resolved"] == 1


def test_a_manager_counts_what_is_theirs(filled: sa.Engine) -> None:
    """Lists, counts, choices and groups alike."""
    own = [r for r in rows(filled) if r.project_id in ("alpha", "beta") or r.owner == "Bob"]
    with reading(filled) as connection:
        seen = visible(connection, "manager")
        assert flags.facets(connection, seen, MOMENT, "").total == len(own)
        page = flags.page(connection, seen, MOMENT, Wanted(""), 200)
        assert {row["id"] for row in page.rows} == {row.id for row in own}
        groups = flags.grouped(connection, seen, MOMENT, "", "project")
        assert {each.value for each in groups} == {row.project for row in own}
        assert sum(each.total for each in groups) == len(own)
        assert all(sum(each.severities.values()) == each.total for each in groups)
        others = 'project = "<script>alert(1)</script> \u202etxt.exe\u2066"'
        assert flags.facets(connection, seen, MOMENT, others).total == 0


def test_a_group_leads_to_its_flags(filled: sa.Engine) -> None:
    """Whatever its name is."""
    with filled.begin() as connection:
        flag(connection, 900, NOW, project="beta", shown=("a \"b\" 'c'", "Core"), owner=("ada", 3))
        connection.execute(sa.update(FLAG).where(FLAG.c.id == 900).values(owner=None))
    with reading(filled) as connection:
        seen = visible(connection)
        for by in ("project", "owner", "tool", "standard"):
            for group in flags.grouped(connection, seen, MOMENT, flags.UNSOLVED, by):
                if by == "project" and group.value == "a \"b\" 'c'":
                    assert group.where is None
                    continue
                assert group.where is not None
                assert flags.facets(connection, seen, MOMENT, group.where).total == group.total
        nobody = clauses.toggled("", "owner", None)
        assert nobody == "owner is empty"
        assert flags.facets(connection, seen, MOMENT, nobody).total == 1


@pytest.mark.parametrize("where", ["severty = high", "severity =", "owner", "(", "frozen and and"])
def test_a_condition_that_is_none(filled: sa.Engine, where: str) -> None:
    """It raises what says where; a click on it does not fail."""
    with reading(filled) as connection, pytest.raises(LanguageError):
        flags.facets(connection, visible(connection), MOMENT, where)
    assert clauses.toggled(where, "severity", "low") is not None


@pytest.mark.parametrize(
    ("where", "fact", "value", "after"),
    [
        ("", "severity", "high", "severity = high"),
        ("severity = high", "severity", "low", "severity in (high, low)"),
        ("severity in (high, low)", "severity", "high", "severity = low"),
        ("severity = high", "severity", "high", ""),
        ("frozen and severity = high", "severity", "high", "frozen"),
        ("rule = x and frozen", "standard", "y", 'frozen and standard in ("x", "y")'),
        ("frozen or severity = high", "state", "open",
         "(frozen or severity = high) and state = open"),
        ('title = "a and b"', "state", "open", 'title = "a and b" and state = open'),
        ("(frozen or state = open) and severity = low", "severity", "low",
         "(frozen or state = open)"),
        ('owner = "Ada"', "owner", None, "owner is empty"),
        ("owner is empty", "owner", "Ada", 'owner = "Ada"'),
        ("", "owner", 'A "B" C', "owner = 'A \"B\" C'"),
        ("", "owner", "a\"b'c", None),
        ("", "owner", "x" * 301, None),
        ("severity != high", "severity", "low", "severity != high and severity = low"),
    ],
)  # fmt: skip
def test_a_click_changes_one_part(
    where: str, fact: str, value: str | None, after: str | None
) -> None:
    """What was typed besides stays as it is."""
    assert clauses.toggled(where, fact, value) == after


def test_spaces_in_quotes_are_part_of_a_name() -> None:
    """All others are how somebody has typed it."""
    typed = " project =\n \"Old  name \"  and owner = 'a\tb' "
    assert clauses.tidied(typed) == "project = \"Old  name \" and owner = 'a\tb'"
    assert Search.of(typed, "severity", "", "standard").where == clauses.tidied(typed)


def test_every_reason_has_its_words() -> None:
    """Why a flag is frozen, and why it was resolved."""
    assert FROZEN.keys() == set(get_args(lifecycle.Freeze)) == NOT_CHECKED.keys()
    assert RESOLVED.keys() == set(get_args(lifecycle.Resolution))
