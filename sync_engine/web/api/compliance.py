"""`/api/v1/compliance`: day by day how far the standards were met, for what analyses them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from sync_engine.flags.compliance import By, last_day
from sync_engine.rules import limits
from sync_engine.views.days import Row, Wanted, days
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import (
    LONGEST,
    TEXT,
    USUAL,
    After,
    Limit,
    Page,
    Resources,
)
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import Refusal

READ = Needs(ALL, "visible")
MOST_DAYS = 3_660
SECONDS = 20.0
"""A page adds up many days, so it may take more than a filter."""


class DayOfCompliance(BaseModel):
    """A group on a day. Of a day on which nothing was assessed there is one row, all null."""

    day: date
    assessed: bool
    by: By
    group: str | None = Field(
        description="The standard, the project's name, the address of a team's lead …; \"\": none."
    )
    group_id: str | None = Field(
        description="A project's id in its connection, a person's number (0: nobody whom we know); "
        "else null."
    )
    detail: str | None = Field(description="A project's connection, a person's address.")
    compliance: float | None = Field(
        description="Met of met and flagged, 0 to 1, rounded down; null: nothing had an answer."
    )
    met: int | None
    flagged: int | None
    waived: int | None = Field(description="Of the flagged.")
    not_assessable: int | None
    missing: list[str] | None = Field(
        description="Facts for lack of which something could not be assessed, where that is kept."
    )


class DaysOfCompliance(Page):
    """A page of days."""

    compliance: list[DayOfCompliance]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/compliance", READ, answer=DaysOfCompliance, may=(400,))
    def list_compliance(
        ask: Asked,
        by: Annotated[
            By, Query(description="What it is told by; a team is whom one lead leads.")
        ] = "standard",
        first: Annotated[
            date | None,
            Query(alias="from", description="The first day; else the last one assessed."),
        ] = None,
        last: Annotated[
            date | None, Query(alias="to", description="The last day; else today.")
        ] = None,
        where: Annotated[
            str,
            Query(max_length=LONGEST, pattern=TEXT, examples=['portfolio = "Core"'],
                  description="Only of these: by standard, project, portfolio, tool, connection "
                  "(teams: by standard; people: by owner)."),
        ] = "",
        limit: Limit = USUAL,
        after: After = None,
    ) -> DaysOfCompliance:  # fmt: skip
        """List compliance by day and group, the oldest day first; of what the caller may see."""
        today = ask.moment.today
        with ask.reading() as connection, understood():
            end = last or today
            start = first or min(last_day(connection) or end, end)
            _check(start, end, today)
            with limits.limited(connection, SECONDS):
                found = days(
                    connection, ask.visible(connection), ask.moment,
                    Wanted(by, start, end, where.strip()), after, limit,
                )  # fmt: skip
        return DaysOfCompliance(compliance=[_row(by, each) for each in found.rows], next=found.next)


def _check(start: date, end: date, today: date) -> None:
    if end > today:
        raise Refusal(422, f"{end} has not come yet.", more={"field": "to"})
    if start > end:
        raise Refusal(422, f"{start} is after {end}.", more={"field": "from"})
    if (end - start).days > MOST_DAYS:
        raise Refusal(422, f"Ask for {MOST_DAYS:,} days at most.", more={"field": "from"})


def _row(by: By, row: Row) -> DayOfCompliance:
    if row.fared is None:
        return DayOfCompliance(
            day=row.day, assessed=False, by=by, group=None, group_id=None, detail=None,
            compliance=None, met=None, flagged=None, waived=None, not_assessable=None,
            missing=None,
        )  # fmt: skip
    fared = row.fared
    return DayOfCompliance(
        day=row.day, assessed=True, by=by, group=fared.group,
        group_id=str(fared.key[-1]) if fared.key else None, detail=fared.detail,
        compliance=fared.compliance, met=fared.met, flagged=fared.flagged, waived=fared.waived,
        not_assessable=fared.unknown, missing=list(fared.missing),
    )  # fmt: skip
