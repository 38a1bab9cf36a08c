"""Standards, packs of one's own, people: what admins change of them in the store."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sync_engine.commands import CommandError
from sync_engine.configure import entries as plain
from sync_engine.configure import people as persons
from sync_engine.configure import standards
from sync_engine.configure.changes import Desk, InvalidError
from sync_engine.duties import packs_of, standards_of
from sync_engine.people import Account, Suggestion, suggested
from sync_engine.rules import packs
from sync_engine.settings import load_people
from sync_engine.store.models import Connection, Identity, PersonRow
from tests.configure.conftest import ADA, BEN, NOW

PACK = """\
pack: acme
title: Acme's own
extends: delivery
"""


def test_standards_are_set_within_their_bounds(desk: Desk) -> None:
    held = {each.id: each for each in standards_of(desk.configuration())}
    entry, name, param = next(
        (entry, name, param)
        for pack in packs_of(desk.configuration())
        for entry in pack.entries
        for name, param in entry.params.items()
        if param.max is not None
    )
    assert param.max is not None
    with pytest.raises(InvalidError, match=f'parameter "{name}" must be at'):
        standards.set_standard(desk, ADA, entry.id, {name: param.max + 1}, version=None)
    standards.set_standard(desk, ADA, entry.id, {name: param.max, "severity": "info"}, version=None)
    changed = {each.id: each for each in standards_of(desk.configuration())}[entry.id]
    assert changed.severity == "info" != held[entry.id].severity
    with pytest.raises(InvalidError, match="no pack that is on"):
        standards.set_standard(desk, ADA, "no-such", {"severity": "info"}, version=None)
    standards.reset_standard(desk, BEN, entry.id, version=1)
    assert standards_of(desk.configuration()) == tuple(held.values())


def test_packs_are_put_on_and_off(desk: Desk) -> None:
    standards.switch_pack(desk, ADA, "delivery", on=True, version=None)
    standards.switch_pack(desk, ADA, "pmo-core", on=False, version=None)
    assert desk.configuration().settings.standards.packs == ("delivery",)
    id = standards_of(desk.configuration())[0].id
    standards.set_standard(desk, ADA, id, False, version=None)
    with pytest.raises(CommandError, match=f'the standard "{id}" rests on it'):
        standards.switch_pack(desk, ADA, "delivery", on=False, version=1)


def test_a_pack_of_ones_own_goes_from_draft_to_version_to_version(desk: Desk) -> None:
    _, problems = standards.save_draft(desk, ADA, "acme", "pack: acme\ntitel: x\n", version=None)
    assert problems[0].place is not None
    assert any("titel" in each.message for each in problems)
    with pytest.raises(InvalidError, match="line 2"):
        standards.publish(desk, ADA, "acme", version=1)
    assert not desk.configuration().own_packs
    standards.save_draft(desk, ADA, "acme", PACK, version=1)
    standards.publish(desk, ADA, "acme", version=2, note="the first")
    standards.switch_pack(desk, ADA, "acme", on=True, version=None)
    names = {each.name for each in packs_of(desk.configuration())}
    assert names == {"pmo-core", "acme"}
    off = PACK + f"set: {{{standards_of(desk.configuration())[-1].id}: off}}\n"
    prospect = standards.preview_pack(desk, "acme", off)
    assert [each.kind for each in prospect.differences] == ["changed"]
    standards.save_draft(desk, BEN, "acme", off, version=3)
    standards.publish(desk, BEN, "acme", version=4)
    newest, first = standards.history(desk, "acme")
    assert (newest.number, newest.by, first.note) == (2, BEN.name, "the first")
    assert [each.kind for each in standards.diff("acme", first.text, newest.text)] == ["changed"]
    with pytest.raises(CommandError, match='the pack choice "acme" rests on it'):
        standards.remove_pack(desk, ADA, "acme", version=5)


def test_a_draft_that_does_not_go_with_what_is_in_force_is_told_why(desk: Desk) -> None:
    twice = packs.known()["pmo-core"].read_text("utf-8").replace("pack: pmo-core", "pack: acme", 1)
    with pytest.raises(InvalidError, match='in the packs "pmo-core" and "acme"'):
        standards.preview_pack(desk, "acme", twice)


def test_a_pack_of_the_console_reads_no_file(desk: Desk) -> None:
    text = "pack: acme\ntitle: Acme\nextends: /etc/passwd.yaml\n"
    [problem] = standards.check_pack("acme", text)
    assert "is a file" in problem.message
    with pytest.raises(InvalidError, match="named in the configuration file only"):
        standards.switch_pack(desk, ADA, "/etc/passwd.yaml", on=True, version=None)


def test_a_digest_that_never_comes_is_refused(desk: Desk) -> None:
    document = {"to": "maria@example.com", "channels": ["file"], "when": "Someday"}
    with pytest.raises(InvalidError, match=r"weekly\.when"):
        plain.set_digest(desk, ADA, "weekly", document, version=None)


@pytest.fixture
def peopled(desk: Desk) -> Desk:
    """Ada in two tools, under two names and addresses; Ben in one."""
    with desk.engine.begin() as connection:
        table: sa.Table = Connection.__table__  # type: ignore[attr-defined]
        for id, name in ((1, "boards"), (2, "team")):
            connection.execute(
                sa.insert(table), {"id": id, "name": name, "connector": "trello",
                                   "lease_epoch": 0, "state": "ok"}
            )  # fmt: skip
        identity: sa.Table = Identity.__table__  # type: ignore[attr-defined]
        for id in (1, 2, 3):
            connection.execute(sa.insert(identity), {"id": id, "name": "x", "source": "tool"})
        person: sa.Table = PersonRow.__table__  # type: ignore[attr-defined]
        rows = [
            (1, "u1", "Ada Quist", "ada.quist@example.com", 1),
            (2, "u2", "Quist, Ada", "ada.quist@acme.example", 2),
            (2, "u3", "Ben Okafor", None, 3),
        ]
        for tool, account, called, email, who in rows:
            connection.execute(
                sa.insert(person),
                {"connection_id": tool, "id": account, "item_id": account, "run_id": 0, "hash": b"",
                 "seen_at": NOW, "written_at": NOW, "name": called, "email": email,
                 "kind": "human", "identity_id": who},
            )  # fmt: skip
    return desk


def test_what_looks_like_one_person_is_suggested_and_never_merged() -> None:
    found = suggested(
        [
            Account("a", "1", "Ada Quist", "ada.quist@example.com", 1),
            Account("b", "2", "Quist, Ada", None, 2),
            Account("c", "3", "A. Q.", "adaquist@acme.example", 3),
            Account("c", "4", "Support", "support@acme.example", 4),
            Account("d", "5", "Helpers", "support@example.com", 5),
            Account("d", "6", "Ada Quist", None, 1),
        ]
    )
    assert [(each.why, each.identity_ids) for each in found] == [
        ("similar addresses", (1, 3)), ("the same name", (1, 2)),
    ]  # fmt: skip


def test_suggestions_are_accepted_or_refused(peopled: Desk) -> None:
    from sync_engine.configure import connections

    connections.add(
        peopled, ADA, "team",
        {"connector": "trello", "options": {"key": "k-1234567", "token": "t-1234567"}},
    )  # fmt: skip
    [suggestion] = persons.suggestions(peopled)
    assert suggestion.why == "similar addresses and the same name"
    persons.accept(peopled, ADA, suggestion)
    [held] = load_people(peopled.configuration()).people
    assert held.emails == ("ada.quist@example.com", "ada.quist@acme.example")
    assert held.accounts == {"boards": ("u1",), "team": ("u2",)}
    [entry] = peopled.configuration().of_kind("person")
    persons.remove_person(peopled, ADA, entry.key, version=entry.version)
    persons.refuse(peopled, BEN, suggestion)
    assert persons.suggestions(peopled) == []


def test_joining_keeps_what_was_said_of_each(peopled: Desk) -> None:
    away = [{"first": "2026-07-01", "last": "2026-07-14"}, {"first": "2026-12-24",
            "last": "2026-12-31"}]  # fmt: skip
    one = {"name": "Ada Quist", "emails": ["ada.quist@example.com"], "leave": away[:1]}
    other = {"name": "Quist, Ada", "emails": ["ada.quist@acme.example"], "leave": away,
             "lead": "lead@example.com"}  # fmt: skip
    persons.set_person(peopled, ADA, {**one, "lead": "other@example.com"})
    persons.set_person(peopled, ADA, other)
    accounts = [
        Account("boards", "u1", "Ada Quist", "ada.quist@example.com", 1),
        Account("boards", "u2", "Quist, Ada", "ada.quist@acme.example", 2),
    ]
    with pytest.raises(CommandError, match=r"lead is other@example\.com of the one and lead@"):
        persons.link(peopled, ADA, "Ada", accounts)
    persons.set_person(peopled, ADA, one, key=persons.key_of(one), version=1)
    persons.link(peopled, ADA, "Ada", accounts)
    [held] = peopled.configuration().of_kind("person")
    assert held.document["leave"] == away
    assert (held.document["name"], held.document["lead"]) == ("Ada Quist", "lead@example.com")


def test_accounts_of_a_connection_that_was_removed_are_not_suggested(peopled: Desk) -> None:
    with peopled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE connection SET removed_at = '2026-03-01' WHERE id = 2")
    assert persons.suggestions(peopled) == []


def test_many_accounts_are_refused_under_a_name_of_a_fair_length(peopled: Desk) -> None:
    many = tuple(Account("boards", f"{n:032}", "Ada", None, n) for n in range(200))
    changed = persons.refuse(peopled, ADA, Suggestion("Ada", "the same name", many))
    assert len(changed.key[1]) <= 300
    with pytest.raises(InvalidError, match="300 characters at most"):
        persons.set_person(peopled, ADA, {"name": "A" * 300})


def test_an_address_is_one_persons_only(desk: Desk) -> None:
    persons.set_person(desk, ADA, {"name": "Ada", "emails": ["ada@example.com"]})
    with pytest.raises(InvalidError, match=r"ada@example\.com is that of Ada"):
        persons.set_person(
            desk, ADA, {"name": "Ben", "emails": ["b@example.com", "Ada@example.com"]}
        )
    leave = [{"first": "2026-07-14", "last": "2026-07-01"}]
    with pytest.raises(InvalidError, match="before it begins"):
        persons.set_person(desk, ADA, {"name": "Cleo", "emails": ["c@example.com"], "leave": leave})
