"""An invented portfolio as rows: three teams' projects, people, flags, twelve weeks of compliance.

`Core` has the projects alpha and beta, `Labs` gamma; `eve` leads `bob`, who owns flags in gamma.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.store.digest_models import Delivery, DigestReader, Outgoing
from sync_engine.store.flag_models import (
    AssessmentRow,
    Compliance,
    ComplianceOfProject,
    ComplianceOfStandard,
    FlagEvent,
    FlagRow,
)
from sync_engine.store.models import Connection, Identity, PersonRow, ProjectRow, TaskRow

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)  # a Wednesday
HOSTILE = "<script>alert(1)</script> \u202etxt.exe\u2066"
PROJECTS = {
    "alpha": ("Billing platform", "Core", 96),
    "beta": ("Warehouse move", "Core", 78),
    "gamma": ("Sensor research", "Labs", 88),
    "delta": (HOSTILE, "Labs", 91),
}
EVIDENCE = {
    "status": "in_progress", "owner": None, "started": "2026-11-03T08:15:00+00:00",
    "due": "2026-11-27", "field Team": "Ledger",
}  # fmt: skip
SAID = "has been in progress since 3 November and nobody owns it."


def table(model: Any) -> sa.Table:
    """The table of a model."""
    found: sa.Table = model.__table__
    return found


def fill(engine: sa.Engine, now: datetime = NOW) -> None:
    """Put all of it into an empty store."""
    with engine.begin() as connection:
        _connections(connection, now)
        _people(connection, now)
        for id, (name, portfolio, _) in PROJECTS.items():
            _record(connection, ProjectRow, id, now, key=id[:3].upper(), name=name, state="active",
                    custom=[{"id": "p", "name": "Portfolio", "value": portfolio}])  # fmt: skip
        _compliance(connection, now)
        _flags(connection, now)
        _letters(connection, now)


def _connections(connection: sa.Connection, now: datetime) -> None:
    states = (
        ("engineering", "jira", "ok", None, None, now),
        ("office", "trello", "needs_reauth", "The token was refused", "Make a new token in Trello.",
         now - timedelta(days=2)),
    )  # fmt: skip
    for id, (name, connector, state, message, remedy, at) in enumerate(states, 1):
        connection.execute(
            sa.insert(table(Connection)),
            {"id": id, "name": name, "connector": connector, "state": state, "message": message,
             "remedy": remedy, "complete_at": at, "lease_epoch": 0,
             "provides": {"project": ["name", "custom"], "task": ["title"]}},
        )  # fmt: skip


def _people(connection: sa.Connection, now: datetime) -> None:
    eve = "eve@acme.example"
    for id, (name, lead) in enumerate((("eve", None), ("bob", eve), ("ada", None)), 1):
        address = f"{name}@acme.example"
        connection.execute(
            sa.insert(table(Identity)),
            {"id": id, "name": name.title(), "email": address, "lead_email": lead,
             "source": "file"},
        )  # fmt: skip
        _record(connection, PersonRow, name, now, name=name.title(), email=address, kind="human",
                identity_id=id)  # fmt: skip
        _record(connection, TaskRow, f"task-{name}", now, title=f"Task of {name}", type="task",
                project_id="gamma", owner_id=name)  # fmt: skip


def _compliance(connection: sa.Connection, now: datetime) -> None:
    dice = random.Random(3)
    for back in reversed(range(12)):
        if back == 6:  # nothing was assessed in that week
            continue
        at = now - timedelta(weeks=back)
        for id, (_, _, share) in PROJECTS.items():
            met = share - back + dice.randint(-2, 2)
            counts = {"met": met * 3, "flagged": (100 - met) * 3, "waived": 4, "unknown": 11}
            key = {"day": at.date(), "connection_id": 1, "project_id": id}
            connection.execute(sa.insert(table(ComplianceOfProject)), {**key, **counts})
            connection.execute(
                sa.insert(table(Compliance)), {**key, **counts, "standard": "no-owner"}
            )
        _by_standard(connection, at.date(), back)
        assessed(connection, at, at.date())


def _by_standard(connection: sa.Connection, day: date, back: int) -> None:
    """Some standards that come with the product, each by project and in all."""
    for standard, flagged, unknown in (
        ("active-without-owner", 9 - back // 2, 3), ("many-owners", 0, 0),
        ("stale-in-progress", 14 + back, 0), ("active-without-estimate", 0, 120),
    ):  # fmt: skip
        counts = {"met": 0 if unknown > 100 else 60 - flagged, "flagged": flagged,
                  "waived": flagged // 9, "unknown": unknown}  # fmt: skip
        for id in PROJECTS:
            key = {"day": day, "connection_id": 1, "project_id": id, "standard": standard}
            connection.execute(sa.insert(table(Compliance)), key | counts)
        sums = {name: count * len(PROJECTS) for name, count in counts.items()}
        connection.execute(
            sa.insert(table(ComplianceOfStandard)), {"day": day, "standard": standard, **sums}
        )


def assessed(connection: sa.Connection, at: datetime, day: date) -> None:
    """Note a full assessment."""
    connection.execute(
        sa.insert(table(AssessmentRow)),
        {"at": at, "day": day, "full": True, "standards": "x", "subjects": 1, "opened": 0,
         "worsened": 0, "resolved": 0, "reopened": 0, "frozen": 0},
    )  # fmt: skip


def _flags(connection: sa.Connection, now: datetime) -> None:
    severities = ("critical", "high", "high", "medium", "medium", "medium", "low", "info")
    number = 0
    for project, (name, portfolio, share) in PROJECTS.items():
        for n in range((100 - share) * 2):
            number += 1
            owner = ("bob", 2) if project == "gamma" and n % 4 == 0 else ("ada", 3)
            flag(
                connection, number, now, severity=severities[n % len(severities)], project=project,
                state="acknowledged" if n % 9 == 5 else "open",
                opened_at=now - timedelta(days=(n * 7) % 60, hours=n % 5),
                owner=owner, shown=(name, portfolio),
            )  # fmt: skip


def flag(
    connection: sa.Connection, id: int, now: datetime, *, project: str,
    severity: str = "high", state: str = "open", opened_at: datetime = NOW,
    owner: tuple[str, int | None] = ("ada", 3), shown: tuple[str, str] = ("P", "Core"),
) -> None:  # fmt: skip
    """Add a flag with its first event."""
    name, identity = owner
    connection.execute(
        sa.insert(table(FlagRow)),
        {
            "id": id, "fingerprint": f"f{id}", "standard": "no-owner", "pack": "small",
            "standard_version": "1", "standard_title": "Nobody owns it", "subject": "task",
            "connection_id": 1, "subject_id": f"t{id}", "severity": severity, "state": state,
            "said": f"ENG-{id} {SAID}", "remedy": "Assign one owner.",
            "title": f"Move the ledger, part {id}", "key": f"ENG-{id}",
            "url": f"https://acme.example/browse/ENG-{id}", "project_id": project,
            "project": shown[0], "portfolio": shown[1], "owner": name.title(),
            "owner_email": f"{name}@acme.example", "identity_id": identity, "tool": "jira",
            "connection": "engineering", "opened_at": opened_at, "first_opened_at": opened_at,
            "assessed_at": now, "read_at": now - timedelta(hours=1), "evidence": EVIDENCE,
        },
    )  # fmt: skip
    connection.execute(
        sa.insert(table(FlagEvent)),
        {"flag_id": id, "at": opened_at, "event": "opened", "severity": severity},
    )


def _letters(connection: sa.Connection, now: datetime) -> None:
    """One digest to eve, one to ada that was given up, and pat, who has left."""
    sent = now - timedelta(days=2)
    for id, (name, state) in enumerate((("eve", "sent"), ("ada", "parked")), 1):
        said = "Taken by the mail server." if state == "sent" else (
            "The mail server refuses the recipient: 5.1.1 no such user <b>here</b>"
        )  # fmt: skip
        connection.execute(
            sa.insert(table(Outgoing)),
            {"id": id, "subscription": "Weekly", "recipient": f"{name}@acme.example",
             "period_key": "2026-W48", "channel": "email", "label": "Week 48",
             "subject": f"8 flags need a hand {HOSTILE}", "message_id": f"<{id}@acme.example>",
             "body": b"frozen", "queued_at": sent, "state": state, "next_at": sent,
             "attempts": 1, "sent_at": sent if state == "sent" else None, "message": said},
        )  # fmt: skip
        connection.execute(
            sa.insert(table(Delivery)),
            {"outbox_id": id, "at": sent, "outcome": "sent" if state == "sent" else "refused",
             "code": 250 if state == "sent" else 550, "message": said},
        )  # fmt: skip
    for name, left in (("eve", None), ("ada", None), ("pat", now)):
        connection.execute(
            sa.insert(table(DigestReader)),
            {"subscription": "Weekly", "recipient": f"{name}@acme.example", "since": sent,
             "token": f"token-{name}", "unsubscribed_at": left},
        )  # fmt: skip


def _record(connection: sa.Connection, model: Any, id: str, now: datetime, **values: Any) -> None:
    row = {"connection_id": 1, "id": id, "item_id": id, "run_id": 1, "hash": b"", "seen_at": now,
           "written_at": now, **values}  # fmt: skip
    connection.execute(sa.insert(table(model)), row)
