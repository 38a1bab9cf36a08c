"""One person has one digest, however their address is spelled."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from sync_engine.digest import leaving, outbox
from sync_engine.digest.model import Ladder, Subscription
from sync_engine.store.digest_models import DigestReader, Escalation
from tests.digest.test_digest_people import MONDAY, PMO, SUNDAY, WEEK, Office

_reader = DigestReader.__table__  # type: ignore[attr-defined]
_escalation = Escalation.__table__  # type: ignore[attr-defined]


@pytest.fixture
def office(store: sa.Engine) -> Office:
    return Office(store)


def readers(office: Office) -> list[str]:
    with office.engine.connect() as connection:
        return list(connection.execute(sa.select(_reader.c.recipient)).scalars())


def test_an_address_that_is_spelled_anew_goes_on_as_it_was(
    office: Office, weekly: Subscription
) -> None:
    first = replace(weekly, to=("Ann@Example.com", "ann@example.com"), zone="UTC")
    again = replace(first, to=("ann@example.COM",))
    office.tick(first, SUNDAY)
    assert len(office.tick(first, MONDAY)) == 1
    assert office.tick(again, MONDAY) == []
    assert [each.period_key for each in office.tick(again, MONDAY + WEEK)] == ["2026-W49"]
    assert readers(office) == ["Ann@Example.com"]
    assert [to for to, _ in office.mailbox.got] == ["Ann@Example.com"] * 2


def test_who_left_under_one_spelling_has_left(office: Office, weekly: Subscription) -> None:
    here = replace(weekly, to=("ann@example.com",), zone="UTC")
    with office.engine.begin() as connection:  # as they were before one spelling was the rule
        for token, spelled in enumerate(("Ann@example.com", "ann@example.com")):
            row = {"subscription": here.name, "since": SUNDAY, "token": str(token)}
            connection.execute(sa.insert(_reader).values(**row, recipient=spelled))
    assert leaving.unsubscribe(office.engine, "0", SUNDAY)
    assert office.tick(here, MONDAY) == []
    assert leaving.resubscribe(office.engine, "1", MONDAY)
    assert not any(each.unsubscribed for each in outbox.known(office.engine, here.name).values())


def test_what_climbed_is_told_whatever_the_spelling(office: Office, weekly: Subscription) -> None:
    ann = office.person("Ann", "ann@example.com", lead_email="Lea@Example.com")
    bo = office.person("Bo", "bo@example.com", lead_email="LEA@example.com")
    climbing = replace(
        weekly, name="mine", to=("lea@example.com",), roles=("owners",), fallback=PMO, zone="UTC",
        escalate=Ladder(1, "periods", ("lead",)), severities=frozenset({"critical"}),
    )  # fmt: skip
    office.flag("a", ann, severity="critical")
    office.flag("b", bo, severity="critical")
    office.tick(climbing, SUNDAY)
    office.tick(climbing, MONDAY)
    assert "ESCALATED TO YOU (2)" in office.texts()["lea@example.com"]
    with office.engine.connect() as connection:
        assert set(connection.execute(sa.select(_escalation.c.told_at)).scalars()) == {MONDAY}
