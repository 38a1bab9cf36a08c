"""Who changed what: written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.store.audit_models import AuditRow

Via = Literal["console", "api", "command line", "mail"]

_audit: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]


LONGEST_ABOUT = 300
"""Lines are found by what they are about, and an index takes no text of any length."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where. `name` is an address where there is one."""

    name: str
    via: Via


def note(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    about: str,
    *,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the audit log.

    Args:
        about: what it was done to; cut after `LONGEST_ABOUT` characters.
        action: what was done, in the past tense: "connection changed".
        before, after: the values that changed. Never a secret.
    """
    connection.execute(
        sa.insert(_audit),
        {
            "at": at, "who": actor.name, "via": actor.via, "action": action,
            "about": about[:LONGEST_ABOUT],
            "before": None if before is None else dict(before),
            "after": None if after is None else dict(after),
        },
    )  # fmt: skip
