"""Standards as pages see them: counts that are true, what each reader may see, what is said where;
and what happens to forms that are old or wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.configure import drafts, standards
from sync_engine.configure.changes import Desk
from sync_engine.duties import standards_of
from sync_engine.rules import packs
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.standards import Standard
from sync_engine.settings import load
from sync_engine.settings.entry import Entry
from sync_engine.store import entries
from sync_engine.store.engine import reading
from sync_engine.store.models import Connection
from sync_engine.views import standards as view
from sync_engine.views.catalogue import Catalogue, catalogue
from sync_engine.web.console.pages import configured, standards_words
from tests.console.portfolio import NOW, fill, table
from tests.console.site import ACTOR, Site

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())
ID = "active-without-owner"
OWN = """\
pack: acme
title: Acme
standards:
  - id: own-rule
    title: Nobody owns it
    source: Acme
    why: Because nobody looks after it.
    severity: low
    subject: task
    flag_when: owner is empty
    say: Nobody owns this.
    remedy: Assign somebody.
    examples: {flags: [{owner: null}], passes: [{owner: Ada}]}
"""


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio."""
    fill(store)
    return store


def visible(connection: sa.Connection, role: Any, scope: str | None = None) -> Visible:
    return Visible.to(User(1, "eve@acme.example", "Eve", role, None, scope), connection, MOMENT)


def test_counts_are_those_of_the_last_full_assessment(filled: sa.Engine) -> None:
    with reading(filled) as connection:
        found = view.fared(connection, visible(connection, "viewer"), MOMENT.today)
        one = view.fared(connection, visible(connection, "viewer"), MOMENT.today, ID)
    counts = found.now[ID]
    assert (counts.met, counts.flagged, counts.waived, counts.unknown) == (204, 36, 4, 12)
    blind = found.now["active-without-estimate"]
    assert blind.share is None
    assert blind.unknown == 480
    assert [week.share is None for week in found.weeks[ID]] == [n == 5 for n in range(12)]
    assert one.now == {ID: counts}
    assert "no-such" not in found.now


def test_a_manager_counts_their_projects(filled: sa.Engine) -> None:
    with reading(filled) as connection:
        mine = visible(connection, "manager", 'portfolio = "Core"')
        found = view.fared(connection, mine, MOMENT.today)
        nobody = visible(connection, "manager", 'portfolio = "none such"')
        nothing = view.fared(connection, nobody, MOMENT.today)
        flags = view.flagged(connection, mine, "no-owner")
        everything = view.flagged(connection, visible(connection, "viewer"), "no-owner")
    assert (found.now[ID].met, found.now[ID].flagged) == (102, 18)
    assert nothing.assessed is not None
    assert nothing.now == {}
    assert everything.unsolved == 94
    assert 0 < flags.unsolved < 94
    assert {each.severity for each in everything.worst} == {"critical"}
    assert everything.worst[0].opened_at <= everything.worst[1].opened_at
    core = {"Billing platform", "Warehouse move"}
    assert all(each.project in core or each.owner == "Bob" for each in flags.worst)


def test_what_a_tool_does_not_say_is_named(filled: sa.Engine) -> None:
    standard = _standard(ID)
    with filled.begin() as connection:
        connection.execute(
            sa.update(table(Connection)).values(provides=None).where(table(Connection).c.id == 2)
        )
    with reading(filled) as connection:
        day = MOMENT.today
        found = view.blind(connection, visible(connection, "viewer"), standard, day)
        theirs = view.blind(
            connection, visible(connection, "manager", 'portfolio = "Core"'), standard, day
        )
    assert [(each.connection, each.unknown, each.read) for each in found] == [
        ("engineering", 12, True), ("office", 0, False),
    ]  # fmt: skip
    assert "owner" in found[0].missing
    assert found[1].missing == ()
    assert [(each.connection, each.unknown) for each in theirs] == [("engineering", 6)]


def test_nothing_is_known_before_an_assessment(store: sa.Engine) -> None:
    with reading(store) as connection:
        found = view.fared(connection, Visible(), MOMENT.today)
        assert view.suspect(connection, ID) is None
    assert found.assessed is None
    assert found.now == {}


def _standard(id: str) -> Standard:
    return packs.shipped("pmo-core").members()[id].standard


# -- the catalogue ---------------------------------------------------------------------------------


def seen(store: sa.Engine, file: Path, text: str = "") -> tuple[Desk, Catalogue]:
    """What there is with this configuration file."""
    file.write_text(text or "timezone: UTC\n")
    desk = Desk(store, load(file), now=lambda: NOW)
    return desk, _now(desk)


def _now(desk: Desk) -> Catalogue:
    held: dict[Any, Entry] = {each.key: each for each in entries.snapshot(desk.engine)[1]}
    return catalogue(desk.configuration(), held)


def test_what_comes_from_the_file_says_where(sqlite_store: sa.Engine, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    text = (
        "standards:\n  packs: [pmo-core, own.yaml]\n  set:\n    many-owners: {most: 5}\n"
        "    own-rule: off\n"
    )
    _, known = seen(sqlite_store, tmp_path / "flagstaff.yaml", text)
    assert [shelf.name for shelf in known.shelves[:2]] == ["pmo-core", "own.yaml"]
    assert [shelf.origin for shelf in known.shelves[:2]] == ["product", "file"]
    assert known.shelves[0].named_in == "flagstaff.yaml:2"
    assert not any(shelf.on for shelf in known.shelves[2:])
    tuned = known.cards["many-owners"]
    assert tuned.said_in == "flagstaff.yaml:4"
    assert tuned.standard.params["most"].value == 5
    assert tuned.member.standard.params["most"].value == 3
    assert not known.cards["own-rule"].on
    assert known.cards["own-rule"].pack_on


def test_a_pack_of_ones_own_and_what_is_left_out(sqlite_store: sa.Engine, tmp_path: Path) -> None:
    desk, _ = seen(sqlite_store, tmp_path / "flagstaff.yaml")
    standards.save_draft(desk, ACTOR, "acme", OWN, version=None)
    shelf = _now(desk).shelf("acme")
    assert shelf is not None
    assert (shelf.origin, shelf.has_draft, shelf.published, shelf.cards) == ("console", True, False,
                                                                            ())  # fmt: skip
    standards.publish(desk, ACTOR, "acme", version=1)
    standards.switch_pack(desk, ACTOR, "acme", on=True, version=None)
    standards.set_standard(desk, ACTOR, "own-rule", {"severity": "high"}, version=None)
    card = _now(desk).cards["own-rule"]
    assert (card.on, card.standard.severity, card.version) == (True, "high", 1)
    desk, known = seen(
        sqlite_store, tmp_path / "flagstaff.yaml",
        "standards: {packs: [pmo-core], set: {many-owners: {most: 4}}}\n",
    )  # fmt: skip
    assert known.left_out == ()
    standards.set_standard(desk, ACTOR, "own-rule", False, version=1)
    desk, known = seen(sqlite_store, tmp_path / "flagstaff.yaml",
                       "standards: {packs: [pmo-core], set: {own-rule: off}}\n")  # fmt: skip
    assert ["own-rule" in each.name for each in known.left_out] == [True]


# -- what is sent ----------------------------------------------------------------------------------

FIELDS = {"severity": "high", "enabled": "on", "scope": "status = in_progress", "params.most": "7"}


def test_a_standard_is_tuned_after_it_was_seen_what_that_would_do(site: Site) -> None:
    pmo = site.browser("pmo")
    shown = pmo.post("/standards/many-owners/tune", step="preview", **FIELDS)
    assert shown.status_code == 200
    assert "severity raised from low to high" in shown.text
    assert "most: 3 → 7" in shown.text
    assert entries.snapshot(site.engine)[1] == []
    saved = pmo.post("/standards/many-owners/tune", step="save", **FIELDS)
    assert saved.headers["Location"] == "/standards/many-owners"
    [entry] = entries.snapshot(site.engine)[1]
    assert entry.document == {"severity": "high", "params": {"most": 7}}  # not what the pack says
    page = pmo.get("/standards/many-owners").text
    assert "the pack says 3" in page
    assert "pat@acme.example" in page
    late = pmo.post("/standards/many-owners/tune", step="save", **FIELDS | {"params.most": "9"})
    assert late.status_code == 409
    old = pmo.post("/standards/many-owners/tune", step="preview", version="4", **FIELDS)
    assert old.status_code == 409
    assert "changed meanwhile by pat@acme.example" in old.text
    back = pmo.post("/standards/many-owners/reset", version="1")
    assert back.status_code == 303
    assert entries.snapshot(site.engine)[1] == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("params.most", "51", "at most 50"), ("params.most", "many", "whole number"),
        ("scope", "statuss = todo", "did you mean"), ("severity", "awful", "severity"),
        ("version", "x", "and nothing else"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_nothing_is_kept(
    site: Site, field: str, value: str, said: str
) -> None:
    answer = site.browser("pmo").post("/standards/many-owners/tune", step="save",
                                      **FIELDS | {field: value})  # fmt: skip
    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert entries.snapshot(site.engine)[1] == []


def test_packs_are_switched_after_it_was_seen_what_that_would_do(site: Site) -> None:
    pmo = site.browser("pmo")
    assert "Switch it on" in pmo.post("/standards/_switch", pack="delivery", on="yes").text
    assert entries.snapshot(site.engine)[1] == []
    done = pmo.post("/standards/_switch", pack="delivery", on="yes", step="save")
    assert done.status_code == 303
    again = pmo.post("/standards/_switch", pack="delivery", on="no", step="save")
    assert again.status_code == 409
    off = pmo.post("/standards/_switch", pack="delivery", on="no", step="save", version="1")
    assert off.status_code == 303
    assert pmo.post("/standards/_switch", pack="nope", on="yes").status_code == 404


def test_a_change_is_seen_and_told_at_once(site: Site) -> None:
    told: list[int] = []
    site.console.changed = lambda: told.append(1)
    pmo = site.browser("pmo")
    pmo.post("/standards/_switch", pack="delivery", on="yes", step="save")
    assert told == [1]
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    card = standards_of(desk.configuration())[-1]
    assert "switched off" not in pmo.get(f"/standards/{card.id}").text


def test_hostile_texts_are_text(site: Site) -> None:
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    hostile = OWN.replace("Nobody owns it", "<script>alert(1)</script>").replace("acme", "hostile")
    standards.save_draft(desk, ACTOR, "hostile", hostile, version=None)
    standards.publish(desk, ACTOR, "hostile", version=1)
    for path in ("/standards", "/standards/own-rule", "/standards/_packs/hostile",
                 "/standards/_packs/hostile/write?id=own-rule",
                 "/standards/_packs/hostile/versions/1", "/standards?q=<script>"):  # fmt: skip
        answer = site.browser("pmo").get(path)
        assert answer.status_code == 200, path
        assert "<script>a" not in answer.text, path


@pytest.mark.parametrize(
    ("key", "line", "told"),
    [
        (
            "    flag_when: owner is empty or owner is not empty",
            "Line 10, column 5:",
            "flags all that it can assess: its condition always holds there",
        ),
        (
            "    flag_when: owner is empty\n"
            "    escalate: {to: high, when: owner is not empty and owner is empty}",
            "Line 11, column 26:",
            "never escalates: its `when` can never hold",
        ),
    ],
)
def test_what_can_hardly_be_meant_is_told_in_the_words_of_the_command_line(
    site: Site, key: str, line: str, told: str
) -> None:
    """In the editor, in the form, of the pack, and before it is published; it hinders nothing."""
    pmo, pack = site.browser("pmo"), "/standards/_packs/odd"
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    text = OWN.replace("acme", "odd").replace("    flag_when: owner is empty", key)
    standards.save_draft(desk, ACTOR, "odd", text, version=None)
    editor = pmo.get(f"{pack}/yaml").text
    assert line in editor[editor.index("hardly be meant") :]
    fields = {"step": "check", "before": "own-rule", "version": "1", **drafts.shown(
        drafts.data_of("odd", text)["standards"][0]
    )}  # fmt: skip
    pages = [
        editor, pmo.post(f"{pack}/yaml", step="check", text=text, version="1").text,
        pmo.get(pack).text, pmo.get(f"{pack}/write?id=own-rule").text,
        pmo.post(f"{pack}/write", **fields).text,
    ]  # fmt: skip
    if "escalates" in told:  # the examples of the other do not come out
        pages.append(pmo.post(f"{pack}/preview").text)
    assert [told in page for page in pages] == [True] * len(pages)
    sound = OWN.replace("acme", "odd")
    assert "hardly be meant" not in pmo.post(f"{pack}/yaml", step="check", text=sound).text


def test_a_scope_that_can_never_hold_is_told_before_it_is_set(site: Site) -> None:
    shown = site.browser("pmo").post("/standards/many-owners/tune", step="preview",
        **FIELDS | {"scope": "status = todo and status = done"})  # fmt: skip
    assert "assesses nothing: its scope can never hold" in shown.text


def test_the_language_answers_programs(site: Site) -> None:
    viewer = site.browser("viewer")
    found = viewer.get("/standards/_language?text=owner%20is%20emty&subject=task").json()
    assert found["trouble"]["start"] == 9
    assert viewer.get("/standards/_language?subject=nothing").status_code == 422
    assert viewer.get(f"/standards/_language?text={'x' * 6000}").status_code == 422
    assert viewer.get("/standards/_language?cursor=-99&text=a&params=,:,a:b").status_code == 200


def test_a_page_view_never_reads_tasks(filled: sa.Engine) -> None:
    asked: list[str] = []
    sa.event.listen(
        filled, "before_cursor_execute", lambda *values: asked.append(str(values[2]).lower())
    )
    with reading(filled) as connection:
        view.fared(connection, Visible(), MOMENT.today)
        view.flagged(connection, Visible(), ID)
        view.blind(connection, Visible(), _standard(ID), MOMENT.today)
        view.history(connection, ("standard",), ID)
    assert len(asked) > 5
    assert not [each for each in asked if " task" in each.replace("'task", "")]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ('no fact "statu"; did you mean "status"?', 'No fact "statu"; did you mean "status"?'),
        ("it is wrong", "It is wrong."),
        ("it is wrong.", "It is wrong."),
    ],
)
def test_what_is_wrong_ends_as_one_sentence(told: str, shown: str) -> None:
    assert standards_words.sentence(told) == shown
    assert configured.sentence(ValueError(told)) == shown
