"""A pack of an organisation takes over other packs, and sets what is different."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_engine.rules import packs
from sync_engine.rules.differences import differences
from sync_engine.rules.examples import check
from sync_engine.settings.models import StandardSetting
from sync_engine.settings.source import SettingsError

STANDARD = """
  - id: ID
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
"""
BASE = f"pack: base\ntitle: Base\nstandards:{STANDARD.replace('ID', 'late')}"
ACME = (
    "pack: acme\n"
    "title: What Acme wants\n"
    "owner: pmo@acme.example\n"
    'version: "1.10"\n'
    "extends: ./base.yaml\n"
    "set:\n"
    "  late: {days: 6, severity: high}\n"
    f"standards:{STANDARD.replace('ID', 'own')}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "acme.yaml").write_text(ACME)
    return tmp_path


def test_it_has_the_standards_of_both_as_it_sets_them(folder: Path) -> None:
    pack = packs.load(folder / "acme.yaml")
    assert (pack.owner, pack.version) == ("pmo@acme.example", "1.10")
    late, own = packs.configured([pack], {})
    assert (late.id, late.pack, late.severity) == ("late", "base", "high")
    assert late.params["days"].value == 6
    assert "grace: 6 working days" in late.say
    assert (own.id, own.pack) == ("own", "acme")
    assert [check(each) for each in pack.family()] == [[], []]


def test_the_configuration_has_the_last_word(folder: Path) -> None:
    pack = packs.load(folder / "acme.yaml")
    late, _ = packs.configured([pack], {"late": StandardSetting(severity="low")})
    assert (late.severity, late.params["days"].value) == ("low", 6)


def test_a_standard_that_is_set_is_the_same_as_one_that_is_written_so(folder: Path) -> None:
    written = BASE.replace("medium", "high").replace("default: 2", "default: 6")
    (folder / "written.yaml").write_text(written)
    late, _ = packs.configured([packs.load(folder / "acme.yaml")], {})
    (same,) = packs.configured([packs.load(folder / "written.yaml")], {})
    assert late.version == same.version


def test_a_pack_need_not_have_standards_of_its_own(folder: Path) -> None:
    (folder / "thin.yaml").write_text("pack: thin\ntitle: Thin\nextends: [pmo-core]\n")
    pack = packs.load(folder / "thin.yaml")
    assert pack.members().keys() == packs.load(packs.find("pmo-core")).members().keys()
    assert [p.name for p in packs.with_pack([packs.load(packs.find("pmo-core"))], pack)] == ["thin"]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("./base.yaml", "./bse.yaml", 5, 'no file "./bse.yaml"; did you mean "base.yaml"'),
        ("./base.yaml", "pmo-cor", 5, 'no pack "pmo-cor"; did you mean "pmo-core"'),
        ("./base.yaml", "./acme.yaml", 5, "cannot extend itself: acme.yaml extends acme.yaml"),
        ("./base.yaml", "[./base.yaml, ./base.yaml]", 5, "in more than one of the packs"),
        ("  late: {", "  lat: {", 7, 'no standard "lat" in what it extends; did you mean "late"'),
        ("  late: {days: 6,", "  own: {days: 6,", 7, "change it where it stands"),
        ("{days: 6,", "{day: 6,", 7, 'no parameter "day"; did you mean "days"'),
        ("{days: 6,", "{days: 60,", 7, "at least 1 and at most 9, not 60"),
        ("severity: high", "severity: hig", 7, '"hig" is not a severity; did you mean "high"'),
        ("severity: high", 'scope: "statu = todo"', 7, 'did you mean "status"'),
        ("{days: 6, severity: high}", "maybe", 7, "`on`, `off`, or a mapping"),
        ("id: own", "id: late", 9, 'is in the pack "base" already; change it under "set"'),
        ('"1.10"', "1.10", 4, "put it in quotes"),
        ("owner: pmo", "ownr: pmo", 3, 'did you mean "owner"'),
        ("extends: ./base.yaml\n", "", 6, 'no standard "late"'),
    ],
)
def test_mistakes_are_told_with_their_place(
    folder: Path, old: str, new: str, line: int, told: str
) -> None:
    assert old in ACME
    (folder / "acme.yaml").write_text(ACME.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        packs.load(folder / "acme.yaml")
    matching = [each for each in caught.value.problems if told in each.message]
    assert matching, caught.value
    assert matching[0].place is not None
    assert matching[0].place.line == line


def test_circles_are_refused_however_long(folder: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f"pack: {name}\ntitle: Round\nextends: ./{other}.yaml\n"
        (folder / f"{name}.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"a\.yaml extends b\.yaml extends c\.yaml ext"):
        packs.load(folder / "a.yaml")


def test_a_mistake_in_the_base_is_told_where_it_is(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("status = todo", "status = tod"))
    with pytest.raises(SettingsError, match=r"base.yaml:10:5: .*did you mean \"todo\""):
        packs.load(folder / "acme.yaml")


def test_a_pack_beside_its_own_base_is_refused(folder: Path) -> None:
    both = [packs.load(folder / name) for name in ("base.yaml", "acme.yaml")]
    with pytest.raises(packs.PackError, match='in the packs "base" and "acme"'):
        packs.configured(both, {})


def test_differences_are_told_in_words(folder: Path) -> None:
    changed = (
        BASE.replace("severity: medium", "severity: high")
        .replace("default: 2", "default: 3")
        .replace("scope: status = todo", "scope: status in (todo, in_progress)")
        .replace("remedy: Finish it.", "remedy: Finish it.\n    limit: 40%")
    )
    (folder / "new.yaml").write_text(changed + STANDARD.replace("ID", "later"))
    before = packs.configured([packs.load(folder / "base.yaml")], {})
    after = packs.configured([packs.load(folder / "new.yaml")], {})
    late, later = differences(before, after)
    assert (late.kind, late.what) == (
        "changed",
        (
            "severity raised from medium to high",
            "days: 2 working days → 3 working days",
            "assessed: status = todo → status in (todo, in_progress)",
            "limit: nothing → 40%",
            "says: {key} was due on {due} (grace: 2 working days). → "
            "{key} was due on {due} (grace: 3 working days).",
        ),
    )
    assert (later.kind, later.what[0]) == ("added", "medium, of every task")
    assert [each.kind for each in differences(after, before)] == ["changed", "removed"]
    assert differences(before, before) == ()
