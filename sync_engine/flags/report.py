"""What an assessment leaves behind besides flags: its report and its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from sync_engine.rules.assessment import Assessment
from sync_engine.rules.joins import table
from sync_engine.store.flag_models import AssessmentRow

ASSESSMENT = table(AssessmentRow)


@dataclass(frozen=True, slots=True)
class FlagReport:
    """What an assessment changed; flags are named by fingerprint.

    Args:
        waived: flags that a waiver of a scope has covered since.
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
    waived: tuple[str, ...] = ()
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
            "baselines": found.baselines,
            "subjects": found.rows, "opened": len(report.opened),
            "worsened": len(report.worsened), "resolved": len(report.resolved),
            "reopened": len(report.reopened), "frozen": len(report.frozen),
            "slow": list(report.slow), "suspect": suspect,
        },
    )  # fmt: skip
