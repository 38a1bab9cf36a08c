"""Packs: the one we ship, and what is wrong with others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sync_engine.rules import packs
from sync_engine.rules.examples import check
from sync_engine.settings.source import SettingsError, parse

GOOD = """pack: mine
title: Mine
standards:
  - id: late
    title: It is late
    source: us
    why: Because others wait.
    severity: medium
    subject: task
    scope: status = todo
    flag_when: due older than :days
    params: {days: {type: working days, default: 2, min: 1, max: 9}}
    say: "{key} was due on {due} (grace: {:days})."
    remedy: Finish it.
    examples:
      flags: [{status: todo, due: 5 working days ago}]
      passes: [{status: todo, due: today}]
      not_assessable: [{status: todo, due: null}]
"""


@dataclass
class Setting:
    enabled: bool | None = None
    severity: Any = None
    scope: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


def test_the_core_pack_says_what_its_examples_say() -> None:
    pack = packs.load(packs.find("pmo-core"))
    assert [problem.message for problem in check(pack)] == []
    assert len(pack.standards) >= 22
    for entry in pack.entries:
        assert entry.ref
        if entry.subject != "connection":  # what we know of ourselves is never unknown
            assert entry.examples.not_assessable, entry.id


def test_wrong_examples_are_found_where_they_stand() -> None:
    text = GOOD.replace("due: today", "due: 5 working days ago").replace("due: null", "due: soon")
    problems = check(packs.from_source(parse(text, "mine.yaml")))
    assert [(p.place.line if p.place else None, p.message) for p in problems] == [
        (17, 'example of "late": expected met, found flagged'),
        (18, 'example of "late": "soon" is no time; write a date, "today", "3 days ago" or '
             '"in 2 weeks"'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ("due: 99999999 days ago", "is no time"),
        ("due: 9999 weeks ago", "is met"),
        ("priority: {a: 1}", 'is a number, not "'),
        ("priority: [high]", 'is a number, not "'),
        ("subtasks: null", '"subtasks" is a list of tasks; write [{status: done}]'),
        ("subtasks: [done]", '"subtasks" is a list of tasks'),
        ("linked_tasks: {status: done}", '"linked_tasks" is a list of tasks'),
        ("fields: [a]", '"fields" is fields by their names; write {Cost centre: 12}'),
        ("fields: null", '"fields" is fields by their names'),
        ("count per owner: many", '"count per owner" is a number, not "many"'),
        ("count per owner of (blocked): 7", 'written short, as "count per owner"'),
        ("'field \"Cost\"': 7", "a custom field stands under `fields`"),
        ("statu: todo", 'a task has no fact "statu"; did you mean "status"'),
        ("subtask: []", 'a task has no fact "subtask"; did you mean "subtasks"'),
    ],
)
def test_an_example_of_the_wrong_shape_is_told_where_it_stands(facts: str, told: str) -> None:
    text = GOOD.replace("{status: todo, due: 5 working days ago}", f"{{{facts}}}")
    (problem,) = check(packs.from_source(parse(text, "mine.yaml")))
    assert told in problem.message or told == "is met"
    assert problem.place is not None
    assert problem.place.line == 16


def test_settings_change_a_standard_and_its_version() -> None:
    pack = packs.from_source(parse(GOOD, "mine.yaml"))
    (plain,) = packs.configured([pack], {})
    (changed,) = packs.configured(
        [pack], {"late": Setting(severity="high", params={"days": 5}, scope="status = done")}
    )
    assert (plain.severity, changed.severity) == ("medium", "high")
    assert plain.version != changed.version
    assert changed.scope_text == "status = done"
    assert changed.say == "{key} was due on {due} (grace: 5 working days)."
    (off,) = packs.configured([pack], {"late": Setting(enabled=False)})
    assert not off.enabled


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"lat": Setting()}, 'no standard "lat"; did you mean "late"'),
        ({"late": Setting(params={"day": 3})}, 'no parameter "day"; did you mean "days"'),
        ({"late": Setting(params={"days": 0})}, "at least 1 and at most 9, not 0"),
        ({"late": Setting(params={"days": "x"})}, "is a number"),
        ({"late": Setting(params={"days": 2.5})}, "counted whole"),
        ({"late": Setting(params={"days": 10**400})}, "at most 9, not 10000000000000000000$"),
        ({"late": Setting(params={"days": float("nan")})}, "at most 9, not nan"),
        ({"late": Setting(scope="statu = x")}, 'no fact "statu"'),
    ],
)
def test_settings_that_make_no_sense(setting: dict[str, Setting], told: str) -> None:
    pack = packs.from_source(parse(GOOD, "mine.yaml"))
    with pytest.raises(packs.PackError, match=told):
        packs.configured([pack], setting)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (5000, "flag_when, line 1, column 16: an age lies between 0 and 4000 working days"),
        (10**12, "at least 1 and at most 1000000000, not 1000000000000"),
    ],
)
def test_a_parameter_without_bounds_is_refused_by_its_own_name(days: int, told: str) -> None:
    pack = packs.from_source(parse(GOOD.replace(", max: 9", ""), "mine.yaml"))
    with pytest.raises(packs.PackError, match=told) as caught:
        packs.configured([pack], {"late": Setting(params={"days": days})})
    assert caught.value.path == ("set", "late", "days")


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("severity: medium", "severity: medum", 8, 'did you mean "medium"'),
        ("remedy: Finish it.", "remedy: Finish it.\n    escalat: {}", 15,
         'the key "escalat" is not known; did you mean "escalate"'),
        ("    why: Because others wait.\n", "", 4, 'the key "why" is missing'),
        ("status = todo", "status = tod", 10, 'did you mean "todo"'),
        ("{key} was", "{kei} was", 13, "names {kei}, which is no fact of a task"),
        ("{key} was", "{key was", 13, "brace without its partner"),
        ("{:days}", "{:day}", 13, "which is no parameter"),
        ("default: 2", "default: 20", 12, "at least 1 and at most 9"),
        ("{:days}", "{days}", 13, "no fact of a task; for the parameter write {:days}"),
        ("id: late", "id: Late One", 4,
         '"id": this must be small letters and digits, with hyphens between words: '
         'invoice-overdue; it is "Late One"'),
        ("pack: mine", "pack: My Pack", 1, '"pack": this must be small letters'),
        ("Because others wait.", "Why?", 7,
         '"why": this says too little; write at least 10 characters'),
        ("[{status: todo, due: today}]", "[]", 17, '"passes": at least 1 must stand here'),
        ("[{status: todo, due: today}]", "{a: 1}", 17, '"passes": this must be a list'),
        ("[{status: todo, due: today}]", "[late]", 17, '"passes": this must be `name: value`'),
        ("remedy: Finish it.", "remedy: Finish it.\n    limit: 0%", 15,
         '"limit": this must be a share between 1% and 100%'),
        ("remedy: Finish it.", "remedy: Finish it.\n    limit: half", 15,
         '"limit": this must be a share such as 50%; it is "half"'),
        ("remedy: Finish it.", "remedy: Finish it.\n    escalate: {after: 3 moons, to: high}", 15,
         '"after": this must be a time such as 10 working days'),
        ("params: {days:", "params: {Days:", 12, "a name of small letters, digits and _"),
        ("title: Mine", "title: Mine\ntitle: Yours", 3, "is given twice"),
        ("title: Mine", "title: &x Mine", 2, "anchor"),
    ],
)  # fmt: skip
def test_pack_errors_have_a_place(old: str, new: str, line: int, told: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError) as caught:
        packs.from_source(parse(GOOD.replace(old, new, 1), "mine.yaml"))
    (problem,) = caught.value.problems
    assert told in problem.message
    assert problem.place is not None
    assert problem.place.line == line


@pytest.mark.parametrize(
    "page", ["config/flagstaff.example.yaml", "docs/howto/change-standards.md"]
)
def test_what_is_shown_of_a_scope_keeps_open_work_apart(page: str, root: Path) -> None:
    """A scope that is set takes the place of the pack's: the example must repeat it."""
    (overdue,) = (each for each in packs.load(packs.find("pmo-core")).entries
                  if each.id == "overdue")  # fmt: skip
    (shown,) = re.findall(r"scope: (.*Sandbox.*)", (root / page).read_text())
    assert shown == f'{overdue.scope} and project != "Sandbox"'


def test_finding_packs(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(GOOD)
    assert packs.load_all(["own.yaml"], base=tmp_path)[0].id == "late"
    with pytest.raises(packs.PackError, match='no pack "pmo-cor"; did you mean "pmo-core"'):
        packs.find("pmo-cor")
    pack = packs.from_source(parse(GOOD, "mine.yaml"))
    with pytest.raises(packs.PackError, match="is in the packs"):
        packs.configured([pack, pack], {})
