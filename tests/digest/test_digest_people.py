"""Digests to roles, and flags that climb, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from sync_engine.digest import leaving, outbox
from sync_engine.digest.audience import Audiences, Recipient
from sync_engine.digest.channels.base import Answer, Frozen, Letter
from sync_engine.digest.links import Links
from sync_engine.digest.model import Ladder, Subscription
from sync_engine.digest.read import Store
from sync_engine.digest.run import Queued, deliver, queue_due
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import FLAG, flag_condition
from sync_engine.store import retention
from sync_engine.store.digest_models import Escalation
from sync_engine.store.flag_models import FlagEvent, FlagRow
from sync_engine.store.models import Connection, Identity, PersonRow, ProjectRow

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
SUNDAY = MONDAY - timedelta(days=1)
WEEK = timedelta(weeks=1)
PMO = "pmo@example.com"
LADDER = Ladder(1, "periods", ("lead", "manager", "pmo"))

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_escalation = Escalation.__table__  # type: ignore[attr-defined]


@dataclass
class Mailbox:
    """A channel that remembers the text that each recipient got."""

    got: list[tuple[str, str]] = field(default_factory=list)

    def freeze(self, letter: Letter) -> Frozen:
        return Frozen(orjson.dumps(letter.rendered.text), f"<{letter.message_key}@example.com>")

    def send(self, recipient: str, body: bytes) -> Answer:
        self.got.append((recipient, orjson.loads(body)))
        return Answer("sent", "Taken.")

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass
class Office:
    """A store with people and flags, and what is sent of it."""

    engine: sa.Engine
    mailbox: Mailbox = field(default_factory=Mailbox)

    def person(self, name: str, email: str | None = None, **values: Any) -> int:
        """A human of the people file, unless `source` says else."""
        with self.engine.begin() as connection:
            return int(
                connection.execute(
                    sa.insert(Identity)
                    .values(**{"name": name, "email": email, "source": "file"} | values)
                    .returning(_id)
                ).scalar_one()
            )

    def flag(self, mark: str, whose: int | None, **values: Any) -> int:
        """An open flag of someone."""
        opened = values.pop("opened_at", SUNDAY)
        base = {
            "fingerprint": mark, "standard": mark, "pack": "p", "standard_version": "1",
            "standard_title": mark, "subject": "task", "subject_id": mark, "severity": "high",
            "state": "open", "said": f"{mark} is wrong.", "remedy": "", "title": f"Task {mark}",
            "opened_at": opened, "first_opened_at": opened, "assessed_at": opened,
            "identity_id": whose, "portfolio": "Core",
        }  # fmt: skip
        with self.engine.begin() as connection:
            made = connection.execute(
                sa.insert(FlagRow).values(**base | values).returning(_flag.c.id)
            ).scalar_one()
            connection.execute(
                sa.insert(FlagEvent).values(
                    flag_id=made, at=opened, event="opened",
                    severity=(base | values)["severity"],
                )
            )  # fmt: skip
        return int(made)

    def change(self, flag: int, **values: Any) -> None:
        """Change a flag; that it is solved is an event, too."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(_flag).where(_flag.c.id == flag).values(**values))
            if at := values.get("resolved_at"):
                told = {"flag_id": flag, "at": at, "event": "resolved", "severity": "high"}
                connection.execute(sa.insert(FlagEvent).values(**told))

    def audiences(self, now: datetime = MONDAY) -> Audiences:
        return Audiences(where=self._where(now))

    def told(self, subscription: Subscription) -> dict[str, Recipient]:
        return self.audiences()(self.engine, subscription, MONDAY)

    def _where(self, now: datetime) -> Callable[[str], sa.ColumnElement[bool]]:
        return lambda scope: flag_condition(scope, Moment(now), self.engine.dialect.name, FLAG)

    def tick(self, subscription: Subscription, now: datetime, **values: Any) -> list[Queued]:
        """What a daemon does at an instant."""
        channels = {"email": self.mailbox, "board": self.mailbox}
        queued = queue_due(
            self.engine, [subscription], now, channels=channels,
            gather=Store(where=self._where(now)), audiences=self.audiences(now), **values,
        )  # fmt: skip
        deliver(self.engine, channels, lambda: now)
        return queued

    def texts(self) -> dict[str, str]:
        """What was sent since it was asked last."""
        assert len({to for to, _ in self.mailbox.got}) == len(self.mailbox.got), "one each"
        got = dict(self.mailbox.got)
        self.mailbox.got.clear()
        return got


_id = Identity.__table__.c.id  # type: ignore[attr-defined]


@pytest.fixture
def office(store: sa.Engine) -> Office:
    return Office(store)


@pytest.fixture
def mine(weekly: Subscription) -> Subscription:
    return replace(
        weekly, name="mine", to=(), roles=("owners", "leads", "managers"), fallback=PMO, zone="UTC"
    )


def team(office: Office) -> tuple[int, int, int]:
    """Ann and Bo, led by Lea, managed by Max."""
    over = {"lead_email": "lea@example.com", "manager_email": "max@example.com"}
    ann = office.person("Ann", "ann@example.com", **over)
    bo = office.person("Bo", "bo@example.com", **over)
    lea = office.person("Lea", "lea@example.com", manager_email="max@example.com")
    office.person("Max", "max@example.com")
    return ann, bo, lea


def names(text: str) -> set[str]:
    return {word for word in ("Task a", "Task b", "Task l", "Task n", "Task x") if word in text}


def test_each_role_is_told_of_the_flags_in_its_care(office: Office, mine: Subscription) -> None:
    ann, bo, lea = team(office)
    office.flag("a", ann)
    office.flag("b", bo)
    office.flag("l", lea)
    assert office.tick(mine, SUNDAY) == []
    office.tick(mine, MONDAY)
    texts = office.texts()
    assert {to: names(text) for to, text in texts.items()} == {
        "ann@example.com": {"Task a"},
        "bo@example.com": {"Task b"},
        "lea@example.com": {"Task a", "Task b", "Task l"},  # her team's and her own, in one
        "max@example.com": {"Task a", "Task b", "Task l"},
        PMO: {"Task l"},
    }
    assert "Lea (no lead is named)" in " ".join(texts[PMO].split())


def test_who_cannot_be_told_has_a_fallback_that_says_so(office: Office, mine: Subscription) -> None:
    owners = replace(mine, roles=("owners",))
    office.flag("n", office.person("Nora"))
    office.flag("b", office.person("Bo", "bo@example.com", source="tool"))
    gone = office.person("Ann", "ann@example.com")
    office.flag("a", gone)
    office.flag("x", None)
    with office.engine.begin() as connection:
        tool = connection.execute(
            sa.insert(Connection)
            .values(name="code", connector="github", state="ok")
            .returning(Connection.__table__.c.id)  # type: ignore[attr-defined]
        ).scalar_one()
        account(connection, tool, gone, active=False)
    office.tick(owners, SUNDAY)
    office.tick(owners, MONDAY)
    texts = office.texts()
    assert {to: names(text) for to, text in texts.items()} == {
        PMO: {"Task n", "Task b", "Task a", "Task x"}
    }
    said = " ".join(texts[PMO].split())
    assert (
        "flags of Ann (inactive in every tool), Bo (not in the people file),"
        " Nora (no address is known) and nobody known." in said
    )
    with office.engine.begin() as connection:
        account(connection, tool, gone, id="2", active=True)  # of two accounts, one is enough
    assert "ann@example.com" in office.told(owners)


@pytest.mark.parametrize(
    ("reason", "told"), [("deleted", PMO), ("access_lost", "ann@example.com")]
)  # fmt: skip
def test_who_is_only_not_seen_any_more_has_not_left(
    office: Office, mine: Subscription, reason: str, told: str
) -> None:
    ann = office.person("Ann", "ann@example.com")
    office.flag("a", ann)
    with office.engine.begin() as connection:
        tool = connection.execute(
            sa.insert(Connection)
            .values(name="code", connector="github")
            .returning(Connection.__table__.c.id)  # type: ignore[attr-defined]
        ).scalar_one()
        account(connection, tool, ann, gone_at=SUNDAY, gone_reason=reason)
    assert set(office.told(replace(mine, roles=("owners",)))) == {told}


def test_who_owns_a_project_is_told_of_all_flags_in_it(office: Office, mine: Subscription) -> None:
    ann, bo, _ = team(office)
    nora = office.person("Nora")
    with office.engine.begin() as connection:
        tool = connection.execute(
            sa.insert(Connection)
            .values(name="code", connector="github", state="ok")
            .returning(Connection.__table__.c.id)  # type: ignore[attr-defined]
        ).scalar_one()
        for id, whose in (("1", ann), ("2", nora)):
            account(connection, tool, whose, id=id)
        for id, owner in (("core", "1"), ("edge", "2"), ("bare", None)):
            record = _record(connection, tool, id, ProjectRow)
            connection.execute(sa.insert(ProjectRow).values(**record, name=id, owner_id=owner))
    for mark, by, project in (
        ("a", bo, "core"), ("b", None, "core"), ("l", bo, "edge"), ("n", ann, "bare"),
        ("x", bo, None),
    ):  # fmt: skip
        office.flag(mark, by, connection_id=tool, project_id=project)
    owners = replace(mine, roles=("owners", "project_owners"))
    office.tick(owners, SUNDAY)
    office.tick(owners, MONDAY)
    texts = office.texts()
    assert {to: names(text) for to, text in texts.items()} == {
        "ann@example.com": {"Task a", "Task b", "Task n"},  # of her project, and her own
        "bo@example.com": {"Task a", "Task l", "Task x"},
        PMO: {"Task b", "Task l", "Task n", "Task x"},
    }
    said = " ".join(texts[PMO].split())
    assert "flags in projects of Nora (no address is known) and nobody known." in said


def account(connection: sa.Connection, tool: int, whose: int, id: str = "1", **values: Any) -> None:
    connection.execute(
        sa.insert(PersonRow).values(
            **_record(connection, tool, id), name="x", identity_id=whose, **values
        )
    )


def _record(connection: sa.Connection, tool: int, id: str, kind: Any = PersonRow) -> dict[str, Any]:
    table = kind.__table__
    needed = {
        column.name: {"connection_id": tool, "id": id}.get(column.name)
        for column in table.columns
        if not column.nullable and column.name not in ("name", "kind")
    }
    blank = {"hash": b"", "item_id": id, "run_id": 0, "stream": "people"}
    return {name: blank.get(name, SUNDAY) if value is None else value
            for name, value in needed.items()}  # fmt: skip


def test_scope_and_severities_hold_for_everybody(office: Office, mine: Subscription) -> None:
    ann, bo, _ = team(office)
    office.flag("a", ann)
    office.flag("b", bo, portfolio="Edge")
    office.flag("l", ann, severity="low")
    core = replace(
        mine, scope='portfolio = "Core"', severities=frozenset({"high"}), roles=("owners",)
    )
    assert set(office.told(core)) == {"ann@example.com"}
    office.tick(core, SUNDAY)
    office.tick(core, MONDAY)
    assert names(office.texts()["ann@example.com"]) == {"Task a"}


def test_digests_of_one_name_are_one_message(office: Office, mine: Subscription) -> None:
    ann, bo, _ = team(office)
    office.flag("a", ann)
    office.flag("b", bo, portfolio="Edge")
    edge = replace(mine, to=("ANN@example.com",), roles=(), scope='portfolio = "Edge"')
    both = replace(mine, roles=("owners",), scope='portfolio = "Core"', also=(edge,))
    office.tick(both, SUNDAY)
    office.tick(both, MONDAY)
    texts = office.texts()
    assert {to: names(text) for to, text in texts.items()} == {
        "ann@example.com": {"Task a", "Task b"}
    }


def test_digests_of_one_name_to_addresses_keep_to_their_scopes(
    office: Office, mine: Subscription
) -> None:
    office.flag("a", None)
    office.flag("b", None, portfolio="Edge")
    core = replace(mine, roles=(), to=("ann@example.com",), scope='portfolio = "Core"')
    edge = replace(core, to=("bo@example.com",), scope='portfolio = "Edge"')
    both = replace(core, also=(edge,))
    office.tick(both, SUNDAY)
    office.tick(both, MONDAY)
    assert {to: names(text) for to, text in office.texts().items()} == {
        "ann@example.com": {"Task a"}, "bo@example.com": {"Task b"},
    }  # fmt: skip


def test_who_is_told_what_is_never_guessed(store: sa.Engine, mine: Subscription) -> None:
    with pytest.raises(ValueError, match='"mine" needs to be told'):
        queue_due(store, [mine], MONDAY, channels={}, gather=Store(where=lambda scope: sa.false()))


def test_who_has_nothing_is_told_nothing(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    flag = office.flag("a", ann)
    owners = replace(mine, roles=("owners",))
    office.tick(owners, SUNDAY)
    office.tick(owners, MONDAY)
    assert set(office.texts()) == {"ann@example.com"}
    solved = {"state": "resolved", "resolution": "fixed", "resolved_at": MONDAY + WEEK / 2}
    office.change(flag, **solved)
    office.tick(owners, MONDAY + WEEK)
    assert "SOLVED" in office.texts()["ann@example.com"]
    office.tick(owners, MONDAY + 2 * WEEK)
    assert office.texts() == {}


def test_a_shared_channel_is_told_once_and_whole(office: Office, mine: Subscription) -> None:
    ann, bo, _ = team(office)
    office.flag("a", ann)
    office.flag("b", bo)
    owners = replace(mine, roles=("owners",), boards=("board",))
    office.tick(owners, SUNDAY)
    url = "https://flagstaff.example.com"
    office.tick(owners, MONDAY, web_url=url, links=lambda: Links(b"k" * 32, url))
    texts = office.texts()
    assert "/letters/acknowledge/" in texts["ann@example.com"]
    assert "/letters/" not in texts["board"]
    assert names(texts["board"]) == {"Task a", "Task b"}
    assert "unsubscribe" not in texts["board"].lower()
    assert set(texts) == {"ann@example.com", "bo@example.com", "board"}


def test_an_unsolved_flag_climbs_and_says_who_had_it(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    flag = office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    for week, expected in enumerate(
        [
            {"ann@example.com", "lea@example.com"},
            {"ann@example.com", "lea@example.com", "max@example.com"},
            {"ann@example.com", "lea@example.com", "max@example.com", PMO},
            {"ann@example.com", "lea@example.com", "max@example.com", PMO},
        ]
    ):
        office.tick(climbing, MONDAY + week * WEEK)
        texts = office.texts()
        assert set(texts) == expected
        first_time = {to for to, text in texts.items() if "ESCALATED TO YOU (1)" in text}
        assert first_time == {0: {"lea@example.com"}, 1: {"max@example.com"}, 2: {PMO}}.get(
            week, set()
        )
        if week == 1:
            said = " ".join(texts["max@example.com"].split())
            assert "with you since 30 November, before with Ann and Lea" in said
            assert "escalated to you on 23 November" in " ".join(texts["lea@example.com"].split())
    office.change(flag, state="resolved", resolution="fixed", resolved_at=MONDAY + 3.5 * WEEK)
    office.tick(climbing, MONDAY + 4 * WEEK)
    assert "ESCALATED" not in str(office.texts())


def test_a_flag_raised_again_climbs_anew(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    flag = office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    office.tick(climbing, MONDAY)
    assert "lea@example.com" in office.texts()
    office.change(flag, opened_at=MONDAY + WEEK, reopened_at=MONDAY + WEEK)
    office.tick(climbing, MONDAY + WEEK)
    assert set(office.texts()) == {"ann@example.com"}
    office.tick(climbing, MONDAY + 2 * WEEK)
    assert "ESCALATED TO YOU (1)" in office.texts()["lea@example.com"]


def test_it_climbs_past_whoever_left(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    reader = outbox.meet(office.engine, "mine", ["lea@example.com"], SUNDAY)["lea@example.com"]
    assert leaving.unsubscribe(office.engine, reader.token, SUNDAY)
    office.tick(climbing, MONDAY)
    assert set(office.texts()) == {"ann@example.com", "max@example.com"}


def test_what_climbed_is_told_after_a_round_that_failed(
    office: Office, mine: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the climb, before the digest is frozen."""
    ann, _, _ = team(office)
    office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "put", lambda *args, **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            office.tick(climbing, MONDAY)
    office.tick(climbing, MONDAY + timedelta(hours=2))
    assert "ESCALATED TO YOU (1)" in office.texts()["lea@example.com"]
    with office.engine.connect() as connection:
        rows = connection.execute(sa.select(_escalation)).all()
    assert [(row.recipient, row.told_at) for row in rows] == [
        ("lea@example.com", MONDAY + timedelta(hours=2))
    ]


def test_a_look_and_a_digest_by_hand_move_nothing(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    office.tick(climbing, MONDAY - timedelta(hours=2), by_hand=True)
    assert set(office.texts()) == {"ann@example.com"}
    with office.engine.connect() as connection:
        assert connection.execute(sa.select(_escalation)).all() == []


def test_flags_that_are_let_go_take_their_climbs_along(office: Office, mine: Subscription) -> None:
    ann, _, _ = team(office)
    flag = office.flag("a", ann)
    climbing = replace(mine, roles=("owners",), escalate=LADDER)
    office.tick(climbing, SUNDAY)
    office.tick(climbing, MONDAY)
    office.change(flag, state="resolved", resolution="fixed", resolved_at=MONDAY)
    later = MONDAY + WEEK
    assert retention.tidy(office.engine, gone=later, runs=later, flags=later).flags == 1
