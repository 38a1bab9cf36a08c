"""What is exported reads back as the same configuration, and holds no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_engine.cli.configuring import _write_all
from sync_engine.cli.frame import UsageProblem
from sync_engine.configure import connections, export, standards
from sync_engine.configure import entries as plain
from sync_engine.configure import people as persons
from sync_engine.configure.changes import Desk
from sync_engine.configured import together
from sync_engine.settings import load, load_people
from sync_engine.settings.addresses import secrets_of, without_secrets
from sync_engine.settings.entry import Entry
from sync_engine.settings.load import Configuration, check, installed_connectors
from sync_engine.settings.models import Settings
from sync_engine.settings.origins import origins
from sync_engine.settings.source import Source, parse
from sync_engine.settings.written import text
from tests.configure.conftest import ADA, CANARY, FILE, NOW, trello

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), TEXT,
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    TEXT,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(DOCUMENTS)
def test_what_is_written_reads_back(document: Any) -> None:
    assert parse(text(document), "it").data == document


NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,10}", fullmatch=True)
CONNECTIONS = st.fixed_dictionaries(
    {"connector": st.just("trello"),
     "options": st.fixed_dictionaries(
         {"key": st.just("kept:a"), "token": st.just("kept:b")},
         optional={"boards": st.lists(TEXT, max_size=3)})},
    optional={
        "every": st.sampled_from(["5m", "1h", "2d"]), "enabled": st.booleans(),
        "census": st.sampled_from(["off", "daily 03:00", "12h"]),
        "mapping": st.fixed_dictionaries({"status": st.dictionaries(
            TEXT, st.sampled_from(["todo", "done"]), max_size=2)}),
    },
)  # fmt: skip
DIGESTS = st.fixed_dictionaries(
    {"to": st.just("maria@example.com"), "channels": st.just(["file"])},
    optional={"title": TEXT, "cap": st.integers(1, 500), "when": st.just("Tue 07:30")},
)


def entry(kind: Any, name: str, document: Any) -> Entry:
    return Entry(kind, name, document, 1, NOW, "ada", NOW, "ada")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
@given(
    st.dictionaries(NAMES, CONNECTIONS, max_size=3), st.dictionaries(NAMES, DIGESTS, max_size=3),
    st.sampled_from([None, {"country": "CA", "weekend": ["Fri", "Sat"]}]),
)  # fmt: skip
def test_an_export_reads_back_as_the_same_configuration(
    held: dict[str, Any], digests: dict[str, Any], calendar: Any
) -> None:
    file = Configuration(Settings(), Source("flagstaff.yaml", {"timezone": "UTC"}), Path())
    made = [entry("connection", name, document) for name, document in held.items()]
    made += [entry("digest", name, document) for name, document in digests.items()]
    if calendar:
        made.append(entry("setting", "calendar", calendar))
    merged = together(file, made)
    assert not merged.left_out
    written = export.whole(merged, NOW)[export.MAIN]
    again = check(parse(written, "export"), Path(), installed_connectors())
    assert again.settings == merged.settings


def test_an_export_has_people_packs_and_no_secret(desk: Desk, tmp_path: Path) -> None:
    connections.add(desk, ADA, "team", trello())
    mail = {"host": "mail.example.com", "from": "pmo@example.com", "user": "pmo",
            "password": CANARY}  # fmt: skip
    plain.set_setting(desk, ADA, "mail", mail, version=None)
    persons.set_person(desk, ADA, {"name": "Ada Quist", "emails": ["ada@example.com"]})
    standards.save_draft(desk, ADA, "acme", "pack: acme\ntitle: Acme\nextends: delivery\n",
                         version=None)  # fmt: skip
    standards.publish(desk, ADA, "acme", version=1)
    standards.switch_pack(desk, ADA, "acme", on=True, version=None)
    configuration = desk.configuration()
    files = export.whole(configuration, NOW)
    assert CANARY not in repr(files)
    assert "# from the store, ada@example.com, 2026-03-02 09:00 UTC" in files[export.MAIN]
    assert "# sealed in this store" in files[export.MAIN]
    target = tmp_path / "other"
    for name, content in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(content)
    again = load(target / export.MAIN)
    assert again.settings.connections == configuration.settings.connections
    assert again.settings.mail == configuration.settings.mail
    assert again.settings.standards.packs[-1] == "packs/acme.yaml"
    assert load_people(again) == load_people(configuration)
    from sync_engine.duties import standards_of

    assert [s.id for s in standards_of(again)] == [s.id for s in standards_of(configuration)]
    one = export.entry(desk.entry(("connection", "team")))
    assert parse(one, "it").data["connections"][0]["name"] == "team"


def test_an_export_writes_all_or_nothing_and_never_beside_its_folder(
    sqlite_store: sa.Engine, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "shared.yaml").write_text("people: [{name: Ben}]\n")
    file.write_text(f"{FILE}people: {tmp_path / 'shared.yaml'}\n")
    desk = Desk(sqlite_store, load(file), now=lambda: NOW)
    persons.set_person(desk, ADA, {"name": "Ada Quist", "emails": ["ada@example.com"]})
    files = export.whole(desk.configuration(), NOW)
    assert set(files) == {"flagstaff.yaml", "people.yaml"}
    assert parse(files[export.MAIN], "it").data["people"] == "people.yaml"
    target = tmp_path / "other"
    target.mkdir()
    (target / "packs").write_text("in the way")
    wanted = {target / "new" / "flagstaff.yaml": "a", target / "packs" / "acme.yaml": "b"}
    with pytest.raises(UsageProblem, match=r"packs.* cannot be written: .*Nothing was\."):
        _write_all(wanted)
    assert [each.name for each in target.iterdir()] == ["packs"]
    (target / "packs").unlink()
    assert _write_all(wanted) == list(wanted)
    with pytest.raises(UsageProblem, match="exists; name another folder"):
        _write_all(wanted)
    assert (target / "packs" / "acme.yaml").read_text() == "b"


def test_a_secret_in_clear_in_the_file_is_not_exported(
    sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    path = tmp_path / "flagstaff.yaml"
    path.write_text(FILE.replace("env:TOKEN", CANARY))
    written = export.whole(Desk(sqlite_store, load(path)).configuration(), NOW)[export.MAIN]
    assert CANARY not in written
    assert "env:BOARDS_TOKEN" in written


@pytest.mark.parametrize("which", ["file", "store"])
def test_everything_knows_where_it_comes_from(desk: Desk, which: str) -> None:
    connections.add(desk, ADA, "team", trello())
    held = {(each.kind, each.name): each for each in origins(desk.configuration())}
    if which == "file":
        found = held["connection", "boards"]
        assert found.place.endswith("flagstaff.yaml:3")
        assert found.read_only
    else:
        assert held["connection", "team"].place.startswith("store, ada@example.com")


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        (f"postgresql://db.example.com/pmo?user=pmo&password={CANARY}",
         "postgresql://db.example.com/pmo?user=pmo"),
        (f"https://pmo:{CANARY}@acme.example.com:8443/a?b=c", "https://acme.example.com:8443/a?b=c"),
        (f"https://{CANARY}@[fd00::1]/", "https://[fd00::1]/"),
        (f"https://acme.example.com/feed?access_token={CANARY}#top",
         "https://acme.example.com/feed#top"),
        ("https://acme.example.com/@pmo?page=2", "https://acme.example.com/@pmo?page=2"),
        ("pmo@example.com", "pmo@example.com"),
    ],
)  # fmt: skip
def test_a_credential_in_an_address_is_not_exported(address: str, bare: str) -> None:
    assert without_secrets(address) == bare
    data = {"store": address, "connections": [
        {"name": "a", "connector": "jira", "options": {"url": address}}]}  # fmt: skip
    file = Configuration(Settings(), Source("flagstaff.yaml", data), Path())
    written = export.whole(file, NOW)[export.MAIN]
    assert CANARY not in written
    assert bare in written
    assert ("put it in again" in written) == (bare != address)


def test_a_password_in_an_addresss_query_is_taken_out_of_every_text() -> None:
    assert secrets_of("postgresql://db.example.com/pmo?password=a%20b&x=y") == ["a%20b", "a b"]
    assert secrets_of("postgresql://pmo:p%40ss@db.example.com/pmo") == ["p%40ss", "p@ss"]
