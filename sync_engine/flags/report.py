"""What an assessment leaves behind besides flags: its report, its log, the day's compliance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.evaluate import Assessment, Total
from sync_engine.rules.joins import table
from sync_engine.store.flag_models import AssessmentRow, Compliance

ASSESSMENT, COMPLIANCE = map(table, (AssessmentRow, Compliance))


@dataclass(frozen=True, slots=True)
class FlagReport:
    """What an assessment changed; flags are named by fingerprint.

    Args:
        suspect: standards that flagged more than their limit, with the share; their flags were
            left as they are.
        slow: standards that ran over their time.
        superseded: a later assessment had been applied already; nothing was changed.
    """

    opened: tuple[str, ...] = ()
    worsened: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    waiver_expired: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    suspect: Mapping[str, float] = field(default_factory=dict)
    slow: tuple[str, ...] = ()
    subjects: int = 0
    full: bool = False
    superseded: bool = False


def log(connection: sa.Connection, found: Assessment, report: FlagReport) -> None:
    """Note the assessment itself, and what it came to."""
    suspect = {
        id: {"share": share, "limit": found.standards[id].limit}
        for id, share in report.suspect.items()
    }
    connection.execute(
        sa.insert(ASSESSMENT),
        {
            "at": found.moment.now, "day": found.day, "full": found.full,
            "standards": found.fingerprint,
            "runs": {str(id): run for id, run in found.runs.items()},
            "subjects": found.rows, "opened": len(report.opened),
            "worsened": len(report.worsened), "resolved": len(report.resolved),
            "reopened": len(report.reopened), "frozen": len(report.frozen),
            "slow": list(report.slow), "suspect": suspect,
        },
    )  # fmt: skip


def keep_compliance(connection: sa.Connection, found: Assessment) -> None:
    """Note how each project fares by each standard today, in place of what was noted before."""
    day = found.day
    connection.execute(sa.delete(COMPLIANCE).where(COMPLIANCE.c.day == day))
    rows = [
        {
            "day": day, "standard": t.standard, "connection_id": t.connection_id or 0,
            "project_id": t.project_id or "", "met": t.met, "flagged": t.flagged,
            "unknown": t.unknown,
            "missing": list(found.missing.get((t.standard, t.connection_id or 0), ())),
        }
        for t in _merged(found)
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(COMPLIANCE), rows)


def _merged(assessment: Assessment) -> list[Any]:
    """Totals with people's taken together: they live in no single connection."""
    found: dict[tuple[str, int | None, str | None], Total] = {}
    for total in assessment.totals:
        key = (total.standard, total.connection_id, total.project_id)
        before = found.get(key)
        if before is not None:
            total = Total(
                *key, before.met + total.met, before.flagged + total.flagged,
                before.unknown + total.unknown,
            )  # fmt: skip
        found[key] = total
    return list(found.values())
