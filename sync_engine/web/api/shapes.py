"""What several resources show: compliance, its course, flags by severity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pydantic import BaseModel, Field

from sync_engine.views import compliance as views


class Compliance(BaseModel):
    """How checks fared."""

    share: float | None = Field(
        description="Met of met and flagged, 0 to 1, rounded down; null: nothing had an answer."
    )
    met: int
    flagged: int
    waived: int = Field(description="Of the flagged.")
    not_assessable: int = Field(description="Checks that could not be made.")

    @classmethod
    def of(cls, counts: views.Counts | None) -> Compliance | None:
        """As views count; None: it was not assessed."""
        if counts is None:
            return None
        return cls(
            share=counts.share, met=counts.met, flagged=counts.flagged, waived=counts.waived,
            not_assessable=counts.unknown,
        )  # fmt: skip


class Week(BaseModel):
    """How a week ended."""

    monday: date
    day: date | None = Field(description="Its last assessed day; null: there was none.")
    compliance: Compliance | None = Field(description="On that day; null: not assessed.")

    @classmethod
    def course(cls, weeks: Iterable[views.Week]) -> list[Week]:
        """The oldest first."""
        return [
            cls(monday=each.monday, day=each.day, compliance=Compliance.of(each.counts))
            for each in weeks
        ]


class Assessed(BaseModel):
    """The last assessment of everything."""

    at: datetime
    day: date

    @classmethod
    def of(cls, found: views.Assessed | None) -> Assessed | None:
        """None: there never was one."""
        return None if found is None else cls(at=found.at, day=found.day)


class Severities(BaseModel):
    """How many flags are open or acknowledged."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0

    @classmethod
    def of(cls, flags: Mapping[str, int]) -> Severities:
        """As views count them."""
        return cls.model_validate(dict(flags))
