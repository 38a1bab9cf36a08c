"""One person across tools: by address or by the people file, and never by name alone."""

from __future__ import annotations

from typing import Any

import pytest

from sync_engine.people import KnownPerson, accounts, assign_identities, suggested, take


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


def test_who_is_no_longer_known_leads_and_is_led_by_nobody(bench: Any) -> None:
    said = KnownPerson(
        "Ines Moreau", ("ines@example.com",), lead="lead@example.com", manager="m@example.com",
        capacity_minutes=60,
    )  # fmt: skip
    bench.pull(known_people=(said,))
    before = identities(bench)
    assign_identities(bench.engine, ())
    sql = "SELECT lead_email, manager_email, capacity_minutes, source FROM identity"
    assert bench.rows(f"{sql} WHERE email = 'ines@example.com'") == [(None, None, None, "tool")]
    assert identities(bench) == before


def test_accounts_without_an_address_are_parted_again(bench: Any) -> None:
    bench.ledger.people["u3"] = {"id": "u3", "name": "TOM Okafor"}
    bench.pull()
    apart = identities(bench)
    assign_identities(bench.engine, (KnownPerson("Tom", (), {"tool": ("u2", "u3")}),))
    assert identities(bench)["u2"] == identities(bench)["u3"]
    assign_identities(bench.engine, (KnownPerson("Tom", (), {"tool": ("u2",)}),))
    assert len(set(identities(bench).values())) == len(apart)
    assign_identities(bench.engine, (KnownPerson("Tom", (), {"tool": ("u2", "u3")}),))
    assign_identities(bench.engine, ())
    assert len(set(identities(bench).values())) == len(apart)
    assert bench.rows("SELECT count(*) FROM identity WHERE source = 'file'") == [(0,)]


def test_a_change_of_people_reaches_accounts_that_no_run_has_written(bench: Any) -> None:
    bench.pull()
    joined = (KnownPerson("Tom", ("ines@example.com",), {"tool": ("u2",)}),)
    bench.ledger.people["u9"] = {"id": "u9", "name": "Somebody Else"}
    bench.pull(known_people=joined)
    held = identities(bench)
    assert held["u1"] == held["u2"]


def test_the_same_people_are_taken_once(bench: Any) -> None:
    bench.pull()
    joined = (KnownPerson("Tom", ("ines@example.com",), {"tool": ("u2",)}),)
    take(bench.engine, joined)
    assert identities(bench)["u1"] == identities(bench)["u2"]
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE person SET identity_id = NULL")
    take(bench.engine, joined)
    assert set(identities(bench).values()) == {None}
    take(bench.engine, ())
    assert None not in identities(bench).values()


def test_accounts_of_a_read_that_was_killed_get_their_identity_with_the_next(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("sync_engine.people.assign_identities", killed)
        with pytest.raises(MemoryError):
            bench.pull()
    assert bench.rows("SELECT count(*) FROM person WHERE identity_id IS NULL") == [(2,)]
    bench.pull()  # which finds them unchanged
    assert bench.rows("SELECT count(*) FROM person WHERE identity_id IS NULL") == [(0,)]


def test_an_address_that_a_replay_brings_is_heeded_with_the_next_read(bench: Any) -> None:
    bench.pull()
    before = dict(bench.rows("SELECT id, identity_id FROM person"))
    to_records = bench.source.connector.to_records

    def newer(stream: str, item: Any) -> Any:
        return to_records(
            stream, {**item, "email": "ines@example.com"} if stream == "people" else item
        )

    bench.source_with(mapping_fingerprint="another")
    bench.source.connector.to_records = newer
    bench.pull()
    after = dict(bench.rows("SELECT id, identity_id FROM person"))
    assert after == {"u1": before["u1"], "u2": before["u1"]}
