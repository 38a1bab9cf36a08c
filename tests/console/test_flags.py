"""The pages of flags: what people do on them, in a real browser and by forms."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.store.account_models import FlagView
from sync_engine.store.audit_models import AuditRow
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver
from tests.console.pages import ChosenFlags, FlagPage, Flags, Overview
from tests.console.portfolio import NOW, flag, table
from tests.console.site import ACTOR, PEOPLE, Site
from tests.console.test_every_page import shown

FLAG, EVENT, WAIVER, AUDIT, VIEW = map(table, (FlagRow, FlagEvent, Waiver, AuditRow, FlagView))
UNTIL = (NOW + timedelta(days=20)).date().isoformat()


def held(site: Site, statement: Any) -> list[Any]:
    with site.engine.connect() as connection:
        return list(connection.execute(statement).all())


def state(site: Site, id: int) -> str:
    return str(held(site, sa.select(FLAG.c.state).where(FLAG.c.id == id))[0].state)


def seen(site: Site, id: int) -> int:
    page = site.browser("pmo").get(f"/flags/{id}").text
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return int(found[1])


def audited(site: Site, action: str) -> list[Any]:
    return held(site, sa.select(AUDIT).where(AUDIT.c.action == action))


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_one_looks_for_flags_and_takes_care(site: Site, chromium: Any, script: bool) -> None:
    """From the overview to a flag; then by clicking and by words to many, waived together."""
    with shown(site, chromium, Overview, "manager", java_script_enabled=script) as page:
        page.page.locator("#h-changes ~ *, section:has(#h-changes)").locator(
            ".rows a"
        ).first.click()
        one = FlagPage(site, page.page)
        assert one.history == ["Raised"]
        one.act("Acknowledge", "Acknowledge", What_is_being_done="I ask Ada.")
        assert "acknowledged" in page.page.locator("[role=status]").inner_text()
        assert one.history == ["Acknowledged", "Raised"]
        listed = Flags(site, page.page)
        listed.open()
        listed.narrow("critical")
        page.page.wait_for_url("**severity*")
        assert listed.condition == "state in (open, acknowledged) and severity = critical"
        assert all("ENG-" in name for name in listed.names)
        count = len(listed.names)
        listed.ask('severity = critical and project = "Warehouse move" and state = open')
        page.page.wait_for_url("**Warehouse*")
        assert 1 < len(listed.names) < count
        names = listed.names
        listed.choose(*names[:2])
        page.page.get_by_role("button", name="Waive chosen").click()
        sure = ChosenFlags(site, page.page)
        assert sure.heading == "Waive 2 flags"
        sure.waive(UNTIL, "Known, and planned for spring.")
        assert "2 flags are waived." in page.page.locator("[role=status]").inner_text()
        assert listed.names == names[2:]
        listed.ask("state = waived")
        page.page.wait_for_url("**waived*")
        page.page.get_by_role("link", name=names[0]).click()
        one.act("End the waiver", "End the waiver")
        assert one.history[0] == "The waiver was ended"


@pytest.mark.browser
def test_a_view_is_kept_and_found(site: Site, chromium: Any) -> None:
    """By a name; it opens what was looked at."""
    with shown(site, chromium, Flags, "pmo") as opened:
        page = Flags(site, opened.page)
        page.ask('owner = "Bob" and severity = high')
        page.page.wait_for_url("**Bob*")
        page.keep("Bob's urgent ones")
        page.open()
        page.page.get_by_role("link", name="Bob's urgent ones").click()
        page.page.wait_for_url("**Bob*")
        assert page.condition == 'owner = "Bob" and severity = high'
        assert page.page.locator(".views [aria-current]").inner_text() == "Bob's urgent ones"


@pytest.mark.browser
def test_words_are_completed(site: Site, chromium: Any) -> None:
    """Facts first, and after a fact its values; what stands before is kept."""
    with shown(site, chromium, Flags, "pmo") as page:
        field = page.page.get_by_label("Flags for which this is true")

        def offered(text: str) -> list[str]:
            field.fill(text)
            options = page.page.locator("#f-where-words option")
            return [str(options.nth(n).get_attribute("value")) for n in range(options.count())]

        assert offered("sev") == ["severity"]
        assert offered("frozen and sta") == ["frozen and standard", "frozen and state"]
        assert offered("severity = ") == [
            f"severity = {each}" for each in ("info", "low", "medium", "high", "critical")
        ]
        assert offered("state in (open, w") == ["state in (open, waived"]


def test_many_are_waived_only_as_they_were_seen(site: Site) -> None:
    """One more or one less by then: nothing is done, and the new count is shown."""
    browser = site.browser("pmo")
    where = "severity = critical and state in (open, acknowledged)"
    page = browser.get(f"/flags/chosen?do=waive&all=yes&where={where}").text
    count = int(re.search(r'name="expected" value="(\d+)"', page)[1])  # type: ignore[index]
    with site.engine.begin() as connection:
        flag(connection, 900, NOW, project="beta", severity="critical")
    fields = {"do": "waive", "all": "yes", "where": where, "until": UNTIL, "reason": "Planned."}
    late = browser.post("/flags/chosen", expected=str(count), **fields)
    assert late.status_code == 409
    assert f"By now these are {count + 1} flags, not {count}" in late.text
    assert f'name="expected" value="{count + 1}"' in late.text
    assert 'value="Planned."' in late.text
    assert held(site, sa.select(WAIVER)) == []
    assert audited(site, "flags waived") == []
    for wrong, said in (
        ({"until": "soon"}, "is not a day"), ({"reason": " "}, "a reason"),
        ({"until": "2020-01-01"}, "has passed"), ({"until": "2999-01-01"}, "a year at most"),
    ):  # fmt: skip
        refused = browser.post("/flags/chosen", expected=str(count + 1), **{**fields, **wrong})
        assert refused.status_code == 422
        assert said in refused.text
    done = browser.post("/flags/chosen", expected=str(count + 1), **fields)
    assert done.status_code == 303
    waivers = held(site, sa.select(WAIVER))
    assert len(waivers) == count + 1
    assert {row.approver for row in waivers} == {"pat@acme.example"}
    events = held(site, sa.select(EVENT).where(EVENT.c.event == "waived"))
    assert {row.flag_id for row in events} == {row.flag_id for row in waivers}
    [line] = audited(site, "flags waived")
    assert (line.who, line.via, line.about) == ("pat@acme.example", "console", "14 flags")
    assert line.after["reason"] == "Planned."
    assert len(line.after["flags"]) == count + 1
    assert held(site, sa.select(FLAG).where(FLAG.c.severity == "critical",
                                            FLAG.c.state != "waived")) == []  # fmt: skip


def test_a_manager_changes_what_is_theirs_only(site: Site) -> None:
    """Foreign flags among those that were named are left out; "all" means all of theirs."""
    browser = site.browser("manager")
    ids = held(site, sa.select(FLAG.c.id, FLAG.c.project_id).where(FLAG.c.state == "open"))
    foreign = [row.id for row in ids if row.project_id == "delta"][:2]
    own = [row.id for row in ids if row.project_id == "alpha"][:2]
    fields: dict[str, Any] = {"do": "acknowledge", "flag": [*foreign, *own]}
    assert browser.post("/flags/chosen", expected="4", **fields).status_code == 409
    assert browser.post("/flags/chosen", expected="2", **fields).status_code == 303
    assert {state(site, id) for id in own} == {"acknowledged"}
    assert {state(site, id) for id in foreign} == {"open"}
    assert browser.post(f"/flags/{foreign[0]}/acknowledge", seen="1").status_code == 404
    text = browser.get("/flags/export?format=json&where=").json()
    assert {row["project"] for row in text} <= {"Billing platform", "Warehouse move",
                                                "Sensor research"}  # fmt: skip
    assert all(row["owner"] == "Bob" for row in text if row["project"] == "Sensor research")


def test_a_change_made_meanwhile_is_told(site: Site) -> None:
    """Nothing is done over it, and the page shows how it is now."""
    browser, other = site.browser("pmo"), site.browser("admin")
    before = seen(site, 1)
    assert other.post("/flags/1/acknowledge", seen=str(before), note="Mine.").status_code == 303
    late = browser.post("/flags/1/waive", seen=str(before), until=UNTIL, reason="Planned.")
    assert late.status_code == 409
    assert "has changed since you looked, and is acknowledged now" in late.text
    assert "Mine." in late.text
    assert state(site, 1) == "acknowledged"
    again = browser.post("/flags/1/waive", seen=str(seen(site, 1)), until=UNTIL, reason="Planned.")
    assert again.status_code == 303
    assert state(site, 1) == "waived"
    assert browser.post("/flags/1/end-waiver", seen=str(seen(site, 1))).status_code == 303
    assert state(site, 1) == "open"
    assert [len(audited(site, action)) for action in
            ("flag acknowledged", "flag waived", "waiver ended")] == [1, 1, 1]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"do": "delete", "flag": "1", "expected": "1"}, "nothing else"),
        ({"do": "waive", "expected": "1"}, "No flag was chosen"),
        ({"do": "waive", "flag": "x", "expected": "1"}, "not the numbers"),
        ({"do": "waive", "flag": "1"}, "does not say how many"),
        ({"do": "waive", "all": "yes", "where": "severty = 1", "expected": "1"}, "severity"),
    ],
)
def test_a_wrong_shape_is_refused(site: Site, fields: dict[str, str], said: str) -> None:
    """In plain words, and nothing is done."""
    answer = site.browser("pmo").post("/flags/chosen", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert held(site, sa.select(AUDIT).where(AUDIT.c.action.contains("flag"))) == []


def test_a_mistake_is_shown_under_its_word(site: Site) -> None:
    """With its place and what was meant; nothing is listed meanwhile."""
    page = site.browser("viewer").get('/flags?where=frozen and severty = "high"').text
    assert "frozen and <mark>severty</mark> = " in page
    assert "Column 12: there is no fact" in page
    assert "did you mean" in page
    assert 'class="rows' not in page


def test_exports_hold_what_is_shown(site: Site) -> None:
    """In every format, and no more than the condition says; no cell is a formula."""
    with site.engine.begin() as connection:
        connection.execute(sa.update(FLAG).where(FLAG.c.id == 1).values(title="=cmd|'x'!A1"))
    browser = site.browser("viewer")
    where = "severity = critical and state = open"
    count = len(held(site, sa.select(FLAG.c.id).where(
        FLAG.c.severity == "critical", FLAG.c.state == "open")))  # fmt: skip

    def text(format: str) -> str:
        answer = browser.get(f"/flags/export?format={format}&where={where}")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="flags-2026')
        return answer.text

    assert len(json.loads(text("json"))) == count
    assert len(text("jsonl").splitlines()) == count
    assert len(text("csv").splitlines()) == count + 1
    assert ",'=cmd|" in text("csv")
    assert text("markdown").startswith(f"{count} flags.")
    assert text("html").count("ENG-") >= count
    suites = Xml.fromstring(text("junit"))  # ours
    assert len(suites.findall(".//failure")) == count
    assert browser.get("/flags/export?format=exe").status_code == 400


def test_views_are_ones_own(site: Site) -> None:
    """Others find what the PMO shares; nobody deletes or shares what they may not."""
    manager, pmo = site.browser("manager"), site.browser("pmo")
    assert manager.post("/flags/views", name="Mine", where="frozen").status_code == 303
    assert manager.post("/flags/views", name="Ours", shared="yes").status_code == 403
    assert pmo.post("/flags/views", name="Ours", where="", shared="yes").status_code == 303
    assert pmo.post("/flags/views", name="", where="").status_code == 422
    page = manager.get("/flags").text
    assert "Mine" in page
    assert "by Pat" in page
    assert "Mine" not in pmo.get("/flags").text
    ids = {row.name: row.id for row in held(site, sa.select(VIEW))}
    assert manager.post(f"/flags/views/{ids['Ours']}/delete").status_code == 404
    assert manager.post(f"/flags/views/{ids['Mine']}/delete").status_code == 303
    assert {row.name for row in held(site, sa.select(VIEW))} == {"Ours"}
    assert len(audited(site, "view of flags kept")) == 2


def test_links_in_digests_lead_to_the_flag(site: Site) -> None:
    """They name it by its mark, which stays whatever becomes of the row; be it digits only."""
    marks = {1: "f1", 2: "1234567890123456"}
    with site.engine.begin() as connection:
        connection.execute(sa.update(FLAG).where(FLAG.c.id == 2).values(fingerprint=marks[2]))
    manager = site.browser("manager")
    for id, mark in marks.items():
        answer = manager.get(f"/flags/{mark}")
        assert (answer.status_code, answer.headers.get("Location")) == (303, f"/flags/{id}")
    assert manager.get("/flags/f94").status_code == 404  # not theirs
    assert manager.get("/flags/no-such-flag").status_code == 404
    assert manager.get("/flags/99999999999999999999").status_code == 404


def test_what_is_not_known_is_told(site: Site) -> None:
    """A frozen flag, a standard that is no more, evidence that nobody could say."""
    with site.engine.begin() as connection:
        frozen = {"frozen_at": NOW - timedelta(days=2), "frozen_why": "stale", "read_at": None}
        connection.execute(sa.update(FLAG).where(FLAG.c.id == 1).values(frozen))
    browser = site.browser("viewer")
    page = browser.get("/flags/1").text
    assert "its connection is out of date" in page
    assert "no longer in force" in page
    assert "none, or not known" in page
    assert "at a time that was not kept" in page
    assert "Acknowledge" not in page
    assert "not assessable since" in browser.get("/flags?where=frozen").text
    assert browser.get("/flags/2147483648").status_code == 404
    assert browser.get("/flags/x").status_code == 404


def test_before_the_first_assessment_no_flag_is_no_good_news(fresh: Site) -> None:
    """Neither the sentence above nor the list says that none is unsolved."""
    accounts.add(fresh.engine, PEOPLE["viewer"], None, ACTOR, NOW)
    page = fresh.browser("viewer").get("/flags").text
    assert "Nothing that you may see has been assessed, so nothing is known." in page
    assert "No flag is unsolved" not in page
