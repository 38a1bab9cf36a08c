"""What a configuration file may say, and what it is told when it says something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_engine.settings import Configuration, SettingsError, load, load_people
from sync_engine.settings.load import Registry
from sync_engine.settings.source import MAX_BYTES, parse
from sync_engine.settings.values import parse_schedule

Read = Callable[[str], Configuration]
Refused = Callable[[str], list[str]]

DESIGN = """\
store: sqlite:///flagstaff.db
timezone: America/Montreal
calendar: {country: CA, region: QC, days_off: [2026-12-24], weekend: [Sat, Sun]}
connections:
  - name: engineering
    connector: board
    options: {url: "https://acme.example.com", token: "env:BOARD_TOKEN", boards: [ENG, OPS]}
    every: 5m
    census: "daily 02:00"
    mapping:
      status: {In Review: in_progress, Parked: cancelled}
      fields: {points: "Story points", risk: "Risk rating"}
standards:
  packs: [pmo-core, delivery]
  set: {stale-in-progress: {days: 10}, active-without-owner: {severity: critical}, orphan: off}
people: people.yaml
digests:
  - to: maria@acme.example
    scope: portfolio = "Core"
    when: "Mon 08:00"
    channels: [file]
web: {listen: 127.0.0.1:8650}
"""


def test_everything_is_typed(read: Read) -> None:
    configuration = read(DESIGN)
    found = configuration.settings
    assert found.zone == ZoneInfo("America/Montreal")
    assert found.calendar.days_off == (date(2026, 12, 24),)
    assert found.calendar.weekend == (5, 6)
    [connection] = found.connections
    assert connection.every == timedelta(minutes=5)
    assert connection.census == parse_schedule("daily 02:00")
    assert connection.mapping.status == {"In Review": "in_progress", "Parked": "cancelled"}
    assert (connection.guard.share, connection.guard.items) == (0.2, 10)
    assert connection.options["token"] == "env:BOARD_TOKEN"
    assert found.standards.set["stale-in-progress"].params == {"days": 10}
    assert found.standards.set["stale-in-progress"].enabled is None
    assert found.standards.set["active-without-owner"].severity == "critical"
    assert found.standards.set["orphan"].enabled is False
    assert found.digests[0].to == ("maria@acme.example",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("storr: x\n", 'flagstaff.yaml:1:1: unknown option "storr"; did you mean "store"?'),
        ("timezone: Europe/Berln\n", 'did you mean "Europe/Berlin"?'),
        ("log: {level: loud}\n", 'flagstaff.yaml:1:7: log.level: this must be one of debug, info, '
         'warning, error; read "loud"'),
        ("connections: {name: a}\n", "flagstaff.yaml:1:1: connections: this must be a list"),
        ("connections:\n  - connector: board\n    options: {token: env:T}\n",
         'flagstaff.yaml:2:5: connections.entry 1: the option "name" is missing; add it'),
        ("connections:\n  - {name: a b, connector: board, options: {token: env:T}}\n",
         "letters, digits, dots"),
        ("connections:\n  - {name: a, connector: bord, options: {}}\n",
         'flagstaff.yaml:2:15: connections.a.connector: no connector is called "bord"; '
         'did you mean "board"?; known: board'),
        ("connections:\n  - {name: a, connector: board, every: 5 minutes, options: {token: env:T}}",
         "flagstaff.yaml:2:33: connections.a.every: write a number and a unit"),
        ("connections:\n  - {name: a, connector: board, options: {token: env:T, bords: [x]}}\n",
         'flagstaff.yaml:2:57: connections.a.options: unknown option "bords"; did you mean '
         '"boards"?; known: url, allow_private_network, quota_share, key, token, boards'),
        ("connections:\n  - {name: a, connector: board, options: {}}\n",
         'connections.a.options: the option "token" is missing'),
        ("calendar: {country: XQ}\n", 'the country "XQ"'),
        ("calendar: {country: CA, region: QQ}\n", "known: AB, BC"),
        ("calendar: {days_off: [20261224]}\n", "for example"),
        ("calendar: {weekend: [Sat, Sonntag]}\n", 'write a day of the week: Mon'),
        ("digests: [{to: maria}]\n", "Addresses, and roles"),
        ("digests: [{to: owners, channels: [file]}]\n", "`fallback` is missing"),
        ("digests: [{channels: [file]}]\n", "needs `to`: an address or a role"),
        ("digests: [{to: a@acme.example, channels: [fil]}]\n", 'no channel "fil"; did you mean'),
        (
            "digests: [{to: a@acme.example, name: x, channels: [file]},"
            " {to: b@acme.example, name: x, channels: [file], cap: 3}]\n",
            "their `cap` differs",
        ),
        (
            "digests: [{to: a@acme.example, channels: [file],"
            " escalate: {after: soon, to: [lead]}}]\n",
            '"5 working days"',
        ),
        ("channels: {ops: {kind: teams}}\n", "teams needs `webhook`"),
        ("channels: {ops: {kind: slack, token: x}}\n", "belong together"),
        ("channels: {email: {kind: teams, webhook: 'https://x.example'}}\n", "cannot be the name"),
        ("digests: [{to: maria@acme.example}]\n", "there is no `mail` section"),
        ("standards: {set: {x: {severity: huge}}}\n", "standards.set.x.severity: this must be one"),
        ("mail: {host: m.example.com, from: pmo@acme.example, user: pmo}\n", "belong together"),
        ("mail: {host: m.example.com, from: PMO Office}\n", "mail.from: this names no e-mail"),
        ("mail: {host: m.example.com, from: a@acme.example, reply_to: pmo}\n",
         "mail.reply_to: this names no e-mail"),
        ("web: {listen: everywhere}\n", "Address and port"),
        ("- a\n", "this must be options below it"),
        ("", "the file is empty; `flagstaff init`"),
        ("store: [\n", "flagstaff.yaml:2:1: this is not YAML"),
        ("store: a\nstore: b\n", 'flagstaff.yaml:2:1: "store" is given twice, first in line 1'),
        ("store: &x a\npeople: *x\n", "flagstaff.yaml:1:8: the anchor &x is not allowed"),
        ("store: *x\n", "flagstaff.yaml:1:8: the alias *x is not allowed"),
        ("store: !!python/object:os.system a\n", "flagstaff.yaml:1:8: the tag"),
        ("store: a\x00b\n", "flagstaff.yaml:1:9: the character U+0000"),
        ("store: \x1b[31mred\n", "the character U+001B"),
        ("store: " + "[" * 50_000, "nested deeper than 20 levels"),
        ("store: a\n---\nstore: b\n", "flagstaff.yaml:2:1: a second document begins here"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(refused: Refused, text: str, sentence: str) -> None:
    told = refused(text)
    assert sentence in told[0]
    assert "\n" not in told[0]
    assert "Traceback" not in told[0]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    told = refused("storr: x\nlog: {level: loud}\nconnections: [{name: a, connector: nope}]\n")
    assert [line.split(":")[1] for line in told] == ["1", "2", "3"]


def test_two_connections_of_one_name_are_refused(refused: Refused, connection: str) -> None:
    told = refused(connection + connection.replace("connections:\n", ""))
    assert told == [
        'flagstaff.yaml:5:5: connections: "engineering" is given twice; '
        "each needs a `name` of its own"
    ]


def test_a_wrong_secret_is_not_repeated(refused: Refused) -> None:
    told = refused("connections: [{name: a, connector: board, options: {token: hunter2}}]\n")
    assert "hunter2" not in "".join(told)
    assert "connections.a.options.token" in told[0]


def test_a_secret_in_clear_is_a_warning(read: Read, registry: Registry) -> None:
    text = "connections: [{name: a, connector: board, options: {token: hunter2-hunter2}}]\n"
    configuration = read(text + "store: postgresql://pmo:swordfish@db.example.com/pmo\n")
    told = configuration.literal_secrets(registry)
    assert [problem.place.line for problem in told if problem.place] == [1, 2]
    assert "env:NAME" in told[0].message
    assert "hunter2" not in told[0].message
    assert "swordfish" not in told[1].message


def test_yaml_words_are_not_guessed(read: Read) -> None:
    text = (
        "connections: [{name: no, connector: board, options: {token: env:T, boards: [012, 1:30]}}]"
    )
    [connection] = read(text).settings.connections
    assert connection.name == "no"
    assert connection.options["boards"] == ["012", "1:30"]


def test_an_unknown_connection_is_told_with_the_nearest(read: Read, connection: str) -> None:
    with pytest.raises(SettingsError, match='did you mean "engineering"'):
        read(connection).connection("enginering")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "flagstaff.yaml"
    with pytest.raises(SettingsError, match="there is no such file"):
        load(file)
    file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load(file)
    file.rmdir()
    file.write_bytes(b"store: caf\xe9\n")
    with pytest.raises(SettingsError, match=r"yaml:1:11: the file is not UTF-8"):
        load(file)
    file.write_bytes(b"# \n" * (MAX_BYTES // 2))
    with pytest.raises(SettingsError, match="larger than 4 MB"):
        load(file)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab:-?[]{}&*!|>'\"%@`#, \n\t\\0~=")), max_size=60))
def test_hostile_yaml_gives_values_or_a_sentence(text: str) -> None:
    try:
        parse(text, "f.yaml")
    except SettingsError as error:
        [line] = error.lines()
        assert "\n" not in line.strip()


def test_the_people_file(read: Read, connection: str, tmp_path: Path) -> None:
    configuration = read(connection + "people: people.yaml\n")
    people = tmp_path / "people.yaml"
    people.write_text(
        "people:\n"
        "  - name: Ada Byron\n"
        "    emails: [ada@acme.example]\n"
        "    accounts: {engineering: abyron}\n"
        "    manager: maria@acme.example\n"
    )
    [ada] = load_people(configuration).people
    assert ada.accounts == {"engineering": ("abyron",)}
    assert ada.manager == "maria@acme.example"
    assert (ada.capacity_hours, ada.leave) == (40, ())
    people.write_text("people: [{name: Ada, accounts: {enginering: x}}]\n")
    with pytest.raises(SettingsError, match=r'people.yaml:1:\d+: .*did you mean "engineering"'):
        load_people(configuration)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("capacity_hours: -1", "greater than or equal to 0"),
        ("capacity_hours: 200", "less than or equal to 168"),
        ("leave: [{first: 2026-07-14, last: 2026-07-01}]", "before it begins on 2026-07-14"),
        ("leave: [{first: 2026-07-01}]", "last"),
        ("leave: [{first: 2026-07-01, last: 2026-07-05}, {first: 2026-07-05, last: 2026-07-06}]",
         "two leaves overlap on 2026-07-05"),
        ("leave: [{first: tomorrow, last: 2026-07-06}]", "first"),
    ],
)  # fmt: skip
def test_capacity_and_leave_must_make_sense(
    read: Read, connection: str, tmp_path: Path, said: str, wrong: str
) -> None:
    configuration = read(connection + "people: people.yaml\n")
    (tmp_path / "people.yaml").write_text(f"people:\n  - name: Ada\n    {said}\n")
    with pytest.raises(SettingsError) as refused:
        load_people(configuration)
    assert wrong in "\n".join(refused.value.lines())
