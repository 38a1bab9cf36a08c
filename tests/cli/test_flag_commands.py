"""Flags, waivers, compliance and standards' tooling on the command line, on one small store."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as Xml
import pytest
import sqlalchemy as sa

from sync_engine import clock
from sync_engine.rules import limits
from sync_engine.store import upgrade
from sync_engine.store.engine import open_engine
from tests.flags.world import CONNECTION, NOW, PACK, PROVIDES, World

Flagstaff = Callable[..., Any]
TODAY = NOW.date()
CONFIG = """
store: sqlite:///store.db
timezone: UTC
standards: {packs: [./small.yaml]}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Three tasks of which two have no owner, assessed."""
    (tmp_path / "flagstaff.yaml").write_text(CONFIG)
    (tmp_path / "small.yaml").write_text(PACK.replace("LIMIT", "100%"))
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    upgrade.upgrade(engine, NOW)
    with engine.begin() as connection:
        connection.execute(sa.insert(CONNECTION), {"id": 1, "name": "t", "connector": "jira",
                           "state": "ok", "lease_epoch": 0, "provides": PROVIDES,
                           "complete_at": NOW})  # fmt: skip
    made = World(engine)
    made.task("a", title="=SUM(A1)")
    made.task("b", title="Pilot")
    made.task("c", owner_id="p1")
    made.assess(full=True)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    yield made
    engine.dispose()


def days(count: int) -> str:
    return str(TODAY + timedelta(days=count))


@pytest.mark.parametrize("command", ["flags", "tasks", "compliance"])
def test_lists_may_take_a_minute_and_say_so_when_they_take_longer(
    flagstaff: Flagstaff, world: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Pages are given up after seconds; a file of all flags of a large store takes longer."""
    given: list[float] = []

    def limited(_connection: Any, seconds: float) -> Any:
        given.append(seconds)
        raise limits.TooSlow(f"stopped after {seconds:g} seconds")

    monkeypatch.setattr(limits, "limited", limited)
    said = flagstaff(command)
    assert given == [60.0]
    assert said.code == 1
    assert "takes too long: it was stopped after 60 seconds. Ask for less" in said.err


def test_flags_of_a_past_day(flagstaff: Flagstaff, world: World) -> None:
    world.pass_days(2)
    world.read()
    world.task("a", owner_id="p1")
    world.assess(full=True)
    said = flagstaff("flags", "--as-of", days(0), "--json")
    assert {row["title"] for row in said.json} == {"=SUM(A1)", "Pilot"}
    assert [row["title"] for row in flagstaff("flags", "--json").json] == ["Pilot"]
    gap = flagstaff("flags", "--as-of", days(1), "--where", "title = Pilot", "--json")
    assert len(gap.json) == 1
    assert f"Nothing was assessed on {days(1)}" in gap.err


def test_a_day_before_the_first_assessment_is_no_empty_list(
    flagstaff: Flagstaff, world: World
) -> None:
    del world
    said = flagstaff("flags", "--as-of", days(-1), "--json")
    assert said.code == 1
    assert "assessed since 2026-03-18" in said.json["error"]["message"]
    for wrong, told in (("soon", "is not a day"), (days(0), "is not over"), (days(9), "not over")):
        assert told in flagstaff("flags", "--as-of", wrong).err
    assert flagstaff("flags", "--as-of", days(-1), "--fail-on", "low").code == 1


def test_flags_leave_in_every_format(flagstaff: Flagstaff, world: World) -> None:
    del world
    rows = list(csv.DictReader(io.StringIO(flagstaff("flags", "--format", "csv").out, newline="")))
    assert "'=SUM(A1)" in {row["title"] for row in rows}
    lines = flagstaff("flags", "--format", "jsonl").out.splitlines()
    assert {json.loads(line)["title"] for line in lines} == {"=SUM(A1)", "Pilot"}
    assert flagstaff("flags", "--format", "markdown").out.startswith("2 flags.")
    assert flagstaff("flags", "--format", "html").out.startswith("<!doctype html>")
    root = Xml.fromstring(flagstaff("flags", "--format", "junit").out)
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    some = Xml.fromstring(flagstaff("flags", "--format", "junit", "--where", "title = Pilot").out)
    assert (some.get("tests"), some.get("failures")) == ("1", "1")


def test_a_scope_is_waived_listed_and_ended(flagstaff: Flagstaff, world: World) -> None:
    until = days(30)
    scope = ("--standard", "no-owner", "--where", "title = Pilot")
    by = ("--reason", "a trial", "--by", "Maria")
    made = flagstaff("flags", "waive", *scope, "--until", until, *by, "--json")
    assert (made.json["waiver"], len(made.json["covered"])) == ("s1", 1)
    (a,) = (row for row in flagstaff("flags", "--json").json if row["state"] == "open")
    flagstaff("flags", "waive", str(a["id"]), "--until", days(3), "--reason", "=x", "--by", "Omar")
    told = flagstaff("flags", "waivers", "--json").json
    assert [(w["id"], w["covers"], w["runs_out"]) for w in told] == [
        (str(a["id"]), 1, True), ("s1", 1, False),
    ]  # fmt: skip
    assert "2 running, 1 of them run out within 14 days." in flagstaff("flags", "waivers").out
    assert "'=x" in flagstaff("flags", "waivers", "--format", "csv").out
    world.assess(full=True)
    (row,) = flagstaff("compliance", "--json").json
    assert (row["met"], row["flagged"], row["waived"]) == (1, 2, 2)
    assert flagstaff("flags", "end-waiver", "s1").code == 0
    assert flagstaff("flags", "end-waiver", str(a["id"])).code == 0
    assert {row["state"] for row in flagstaff("flags", "--json").json} == {"open"}
    assert flagstaff("flags", "waivers", "--json").json == []
    assert len(flagstaff("flags", "waivers", "--ended", "--json").json) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("waive", "1", "--standard", "no-owner"), "Name one flag, or a scope"),
        (("waive",), "Name one flag, or a scope"),
        (("waive", "--standard", "no-ownr"), 'did you mean "no-owner"'),
        (("waive", "--where", "opened older than 2 days"), "changes by itself"),
        (("waive", "--where", "titel = x"), 'did you mean "title"'),
    ],
)
def test_a_waiver_says_what_it_is_of(
    flagstaff: Flagstaff, world: World, arguments: tuple[str, ...], told: str
) -> None:
    del world
    said = flagstaff("flags", *arguments, "--until", days(3), "--reason", "x", "--by", "Maria")
    assert said.code == 1
    assert told in said.err


def test_flags_are_acknowledged_in_bulk(flagstaff: Flagstaff, world: World) -> None:
    said = flagstaff("flags", "ack", "--where", "standard = no-owner", "--note", "on it", "--json")
    assert said.json["acknowledged"] == 2
    assert {world.flag(id).state for id in "ab"} == {"acknowledged"}
    assert flagstaff("flags", "ack", "--where", "title = Pilot", "--json").json["acknowledged"] == 0
    assert (
        flagstaff("flags", "ack").code == flagstaff("flags", "ack", "1", "--where", "x").code == 1
    )


def test_compliance_shows_gaps(flagstaff: Flagstaff, world: World) -> None:
    world.pass_days(2)
    world.read()
    world.assess(full=True)
    said = flagstaff("compliance", "--from", days(-1), "--to", days(2), "--json")
    assert [(row["day"], row["compliance"]) for row in said.json] == [
        (days(-1), None), (days(0), 0.3333), (days(1), None), (days(2), 0.3333),
    ]  # fmt: skip
    assert [row["assessed"] for row in said.json] == [False, True, False, True]
    table = flagstaff("compliance", "--from", days(0), "--by", "person").out
    assert "not assessed" in table
    assert "(nobody)" in table
    assert "33.3%" in flagstaff("compliance").out
    rows = list(csv.DictReader(io.StringIO(flagstaff("compliance", "--format", "csv").out)))
    assert rows[0]["not_assessable"] == "0"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", days(-2), "--from", days(-3)), "assessed in full since 2026-03-18"),
        (("--from", days(0), "--to", days(-1)), "is after"),
        (("--to", days(5)), "has not come yet"),
        (("--from", "1900-01-01"), "days at most"),
        (("--by", "person", "--where", "standard = x"), "all standards are kept together"),
    ],
)
def test_compliance_that_nobody_knows_is_refused(
    flagstaff: Flagstaff, world: World, arguments: tuple[str, ...], told: str
) -> None:
    del world
    said = flagstaff("compliance", *arguments)
    assert said.code == 1
    assert told in said.err


def test_an_empty_answer_says_what_is_empty(flagstaff: Flagstaff, world: World) -> None:
    del world
    none = flagstaff("flags", "--where", "severity = critical").out
    assert "Nothing is flagged that meets the condition." in none
    some = flagstaff("compliance", "--where", "standard = no-ownr").out
    assert some == "Nothing of this was assessed.\n"


def test_a_name_that_nothing_bears_is_told_with_the_nearest(
    flagstaff: Flagstaff, world: World
) -> None:
    del world
    for command, where, told in (
        ("flags", "standard = no-ownr", 'the standard "no-ownr"; did you mean "no-owner"?'),
        ("compliance", "standard = no-ownr", 'the standard "no-ownr"; did you mean "no-owner"?'),
        ("tasks", 'field "Cots" is empty', 'the custom field "Cots".'),
        ("tasks", "connection = tt", 'the connection "tt"; did you mean "t"?'),
    ):
        said = flagstaff(command, "--where", where, "--json")
        assert (said.code, said.json) == (0, [])
        assert said.err == f"Nothing here has {told}\n"
    assert flagstaff("flags", "--where", "severity = critical").err == ""


def test_resolved_flags_that_are_asked_for_are_told_of(flagstaff: Flagstaff, world: World) -> None:
    world.task("a", owner_id="p1")
    world.assess(full=True)
    said = flagstaff("flags", "--where", "state = resolved", "--json")
    assert said.json == []
    assert said.err == "Only resolved flags meet the condition (1); add --resolved.\n"
    (row,) = flagstaff("flags", "--where", "state = resolved", "--resolved", "--json").json
    assert row["state"] == "resolved"


def test_a_changed_pack_is_previewed_against_the_store(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    world.task("d", status=None, owner_id="p1")
    text = PACK.replace("LIMIT", "100%").replace("owner is empty", "owner is not empty")
    (tmp_path / "new.yaml").write_text(text)
    (effect,) = flagstaff("standards", "preview", "new.yaml", "--json").json
    counts = [effect[n] for n in ("assessed", "flagged", "opens", "resolves", "unknown")]
    assert counts == [3, 1, 1, 2, 1]
    assert [len(effect[n]) for n in ("opening", "resolving", "not_assessed")] == [1, 2, 1]
    assert "no-owner cannot assess:" in flagstaff("standards", "preview", "new.yaml").out
    assert flagstaff("standards", "preview", "small.yaml", "--json").json == []
    (tmp_path / "org.yaml").write_text(
        "pack: org\ntitle: Org\nextends: ./small.yaml\nset: {no-owner: off}\n"
    )
    (off,) = flagstaff("standards", "preview", "org.yaml", "--json").json
    assert (off["opens"], off["resolves"]) == (0, 2)


def test_other_working_days_and_another_time_zone_are_previewed(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    """Each side by its own: the last Friday is three working days ago, or two."""
    text = PACK.replace("LIMIT", "100%").replace(
        "owner is empty", "created older than 2 working days"
    )
    (tmp_path / "small.yaml").write_text(text)
    world.connection(provides={"task": [*PROVIDES["task"], "created_at"]})
    world.task("d", owner_id="p1", created_at=NOW - timedelta(days=5))
    new = tmp_path / "new.yaml"
    for changes, effects in (
        ("", []),
        ("calendar: {days_off: [2026-03-17]}\n", [(0, 1)]),
        ("calendar: {days_off: [2026-03-02]}\n", []),
    ):
        new.write_text(CONFIG + changes)
        found = flagstaff("standards", "preview", "new.yaml", "--json").json
        assert [(each["opens"], each["resolves"]) for each in found] == effects, changes
    world.task("d", owner_id="p1", created_at=NOW.replace(hour=2) - timedelta(days=2))
    new.write_text(CONFIG.replace("timezone: UTC", "timezone: America/New_York"))
    (effect,) = flagstaff("standards", "preview", "new.yaml", "--json").json
    assert (effect["opens"], effect["resolves"]) == (1, 0)
    (sample,) = effect["opening"]
    assert sample["title"] == "Task d"


def test_another_version_of_a_pack_is_told_in_words(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    del world
    text = PACK.replace("LIMIT", "50%").replace("severity: low", "severity: high")
    (tmp_path / "new.yaml").write_text(text.replace("pack: small", 'pack: small\nversion: "2"'))
    for written in ("new.yaml", "small@new.yaml"):
        (found,) = flagstaff("standards", "diff", written, "--json").json
        assert found["pack"] == "small → small 2"
        assert found["changes"][0]["what"] == [
            "severity raised from low to high", "limit: 100% → 50%",
        ]  # fmt: skip
    assert 'did you mean "small"' in flagstaff("standards", "diff", "smal@new.yaml").err
    assert flagstaff("standards", "diff", "nowhere.yaml").code == 1
    config = CONFIG.replace("packs:", "set: {no-owner: {severity: critical}}, packs:")
    (tmp_path / "flagstaff.yaml").write_text(config)
    assert "severity raised from low to critical" in flagstaff("standards", "diff").out


def test_a_pack_that_extends_those_in_use_is_compared_with_them(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    del world
    (tmp_path / "org.yaml").write_text(
        "pack: org\ntitle: Org\nextends: ./small.yaml\nset: {no-owner: {severity: critical}}\n"
    )
    (found,) = flagstaff("standards", "diff", "org.yaml", "--json").json
    assert found["pack"] == "small → org"
    assert [change["kind"] for change in found["changes"]] == ["changed"]
    (tmp_path / "far.yaml").write_text("pack: far\ntitle: Far\nextends: governance\n")
    (found,) = flagstaff("standards", "diff", "far.yaml", "--json").json
    assert found["pack"] == "far, which is not in use"


@pytest.mark.parametrize(
    ("standards", "told"),
    [
        ("packs: [./smal.yaml]",
         '4:21: there is no file "./smal.yaml"; did you mean "small.yaml"?'),
        ("packs: [./small.yaml, smll]", '4:35: there is no pack "smll"'),
        ("packs: [./small.yaml], set: {no-ownr: off}",
         '4:42: there is no standard "no-ownr"; did you mean "no-owner"?'),
        ("packs: [./small.yaml], set: {no-owner: {scope: statsu = x}}",
         '4:53: standard "no-owner": scope, line 1, column 1: there is no fact "statsu"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [("standards", "check"), ("config", "check")])
def test_standards_that_make_no_sense_are_told_with_their_place(
    flagstaff: Flagstaff, world: World, tmp_path: Path, standards: str, told: str,
    command: tuple[str, ...],
) -> None:  # fmt: skip
    del world
    text = CONFIG.replace("{packs: [./small.yaml]}", f"{{{standards}}}")
    (tmp_path / "flagstaff.yaml").write_text(text)
    said = flagstaff(*command)
    assert said.code == 1
    assert f"flagstaff.yaml:{told}" in (said.out + said.err).replace("standards: ", "")


def test_a_file_to_preview_that_is_not_there_is_asked_for(
    flagstaff: Flagstaff, world: World
) -> None:
    del world
    said = flagstaff("standards", "preview", "nowhere.yaml")
    assert said.err == "There is no file nowhere.yaml; name a pack or a configuration file.\n"


def test_a_condition_that_cannot_hold_is_warned_of(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    del world
    config = CONFIG.replace("packs:", "set: {no-owner: {scope: owner = ann}}, packs:")
    (tmp_path / "flagstaff.yaml").write_text(config)
    said = flagstaff("standards", "check", "--json")
    assert said.code == 0
    (warning,) = said.json["warnings"]
    assert "small.yaml:12:5: " in warning
    assert 'flags nothing: its condition excludes its scope ("owner" cannot be empty' in warning


def test_a_scope_that_cannot_hold_is_warned_of_where_it_is_set(
    flagstaff: Flagstaff, world: World, tmp_path: Path
) -> None:
    del world
    scope = "{no-owner: {scope: status = done and status = todo}}"
    (tmp_path / "flagstaff.yaml").write_text(CONFIG.replace("packs:", f"set: {scope}, packs:"))
    (warning,) = flagstaff("standards", "check", "--json").json["warnings"]
    assert warning.startswith("flagstaff.yaml:4:30: ")
    (tmp_path / "org.yaml").write_text(
        f"pack: org\ntitle: Org\nextends: ./small.yaml\nset: {scope}\n"
    )
    (tmp_path / "flagstaff.yaml").write_text(CONFIG.replace("small", "org"))
    (warning,) = flagstaff("standards", "check", "--json").json["warnings"]
    assert "org.yaml:4:18: " in warning


def test_an_address_whose_query_names_the_item_is_shown_whole(
    flagstaff: Flagstaff, world: World
) -> None:
    address = "https://tool.example.com/open.htm?id=958249795"
    world.task("a", title="Pilot", url=address)
    world.assess(full=True)
    assert address in "".join(flagstaff("flags").out.split())
    assert address in flagstaff("flags", "explain", str(world.flag().id)).out


def test_what_became_of_a_flag_is_told_in_words(flagstaff: Flagstaff, world: World) -> None:
    flag = str(world.flag().id)
    flagstaff("flags", "waive", flag, "--until", days(3), "--reason", "a trial", "--by", "Omar")
    flagstaff("flags", "end-waiver", flag, "--by", "Omar")
    assert "waiver ended by Omar" in flagstaff("flags", "explain", flag).out


@pytest.mark.parametrize("command", ["standards", "flags"])
def test_a_flag_explains_itself(flagstaff: Flagstaff, world: World, command: str) -> None:
    flag = world.flag()
    said = flagstaff(command, "explain", str(flag.id))
    assert said.code == 0
    shown = " ".join(said.out.split())
    for part in (
        flag.said, "Item: task “=SUM(A1)”", "Flagged when: owner is empty",
        f"version {flag.standard_version}", "Assessed on: 2026-03-18", "Read on: 2026-03-18",
        "owner none", "opened",
    ):  # fmt: skip
        assert part in shown, part
    (owner,) = [v for v in flagstaff(command, "explain", str(flag.id), "--json").json["values"]
                if v["fact"] == "owner"]  # fmt: skip
    assert owner["value"] is None
    missing = flagstaff(command, "explain", "999")
    assert missing.code == 1
    assert "no flag 999" in missing.err
