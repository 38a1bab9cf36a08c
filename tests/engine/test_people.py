"""One person across tools: by address or by the people file, and never by name alone."""

from __future__ import annotations

from typing import Any

from sync_engine.people import KnownPerson, accounts, assign_identities, suggested


def identities(bench: Any) -> dict[str, int]:
    return dict(bench.rows("SELECT id, identity_id FROM person ORDER BY id"))


def test_the_people_file_joins_accounts_whose_address_is_hidden(bench: Any) -> None:
    bench.pull()
    known = (KnownPerson("Tom Okafor", ("ines@example.com",), {"tool": ("u2",)}),)
    assign_identities(bench.engine, known)
    held = identities(bench)
    assert held["u1"] == held["u2"]


def test_the_same_name_only_makes_a_suggestion(bench: Any) -> None:
    bench.ledger.people["u3"] = {"id": "u3", "name": "TOM  Okafor"}
    bench.pull()
    held = identities(bench)
    assert held["u2"] != held["u3"]
    with bench.engine.connect() as connection:
        [suggestion] = suggested(accounts(connection))
    assert set(suggestion.identity_ids) == {held["u2"], held["u3"]}


def test_a_changed_address_is_another_person(bench: Any) -> None:
    bench.pull()
    before = identities(bench)
    bench.ledger.people["u1"] = {"id": "u1", "name": "New Hire", "email": "new@example.com"}
    bench.pull()
    after = identities(bench)
    assert after["u1"] != before["u1"]
    assert after["u2"] == before["u2"]


def test_a_person_of_the_file_without_address_is_found_by_account(bench: Any) -> None:
    bench.pull()
    known = (KnownPerson("Tomasz Okafor", (), {"tool": ("Tom Okafor",)}),)
    assign_identities(bench.engine, known)
    assign_identities(bench.engine, known)
    assert bench.rows("SELECT count(*) FROM identity WHERE source = 'file'") == [(1,)]
    assert bench.rows(
        "SELECT i.name FROM person p JOIN identity i ON i.id = p.identity_id WHERE p.id = 'u2'"
    ) == [("Tomasz Okafor",)]


def test_who_leads_whom_comes_from_the_file(bench: Any) -> None:
    known = (KnownPerson("Ines Moreau", ("ines@example.com",), lead="lead@example.com"),)
    bench.pull(known_people=known)
    assert bench.rows("SELECT lead_email FROM identity WHERE source = 'file'") == [
        ("lead@example.com",)
    ]
