"""How each standard fared besides its flags, as far as somebody may know."""

from __future__ import annotations

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.export.junit import Checked
from sync_engine.flags.compliance import last_day
from sync_engine.rules.joins import table
from sync_engine.store.flag_models import Compliance

COMPLIANCE = table(Compliance)


def checked(connection: sa.Connection, visible: Visible, *, whole: bool) -> dict[str, Checked]:
    """By standard: what met it on the last assessed day, and what could not be assessed.

    Args:
        whole: all flags are told of. What meets a condition on flags cannot be told of what has
            no flag, so with one nothing is said to be met.
    """
    day = last_day(connection)
    if day is None:
        return {}
    row = COMPLIANCE.c
    rows = connection.execute(
        sa.select(row.standard, sa.func.sum(row.met), sa.func.sum(row.unknown))
        .where(row.day == day, visible.of_projects(COMPLIANCE))
        .group_by(row.standard)
    )
    return {
        standard: Checked(int(met) if whole else None, int(unknown))
        for standard, met, unknown in rows
    }
