"""`/api/v1/audit`: who changed what. Of admins alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from sync_engine.views import audit as views
from sync_engine.views import marks
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ADMIN, Needs

ORDER = "audit"


def _counted(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is no instant that can be counted with") from None


Instant = Annotated[AwareDatetime, AfterValidator(_counted)]


class Difference(BaseModel):
    """A value that changed."""

    what: str
    before: Any = Field(description="null: there was none.")
    after: Any = Field(description="null: there is none.")


class Change(BaseModel):
    """What somebody did."""

    id: int
    at: datetime
    who: str
    via: str = Field(description="By which way: console, api, command line …")
    action: str
    about: str
    differences: list[Difference]


class Changes(Page):
    """A page of the log."""

    changes: list[Change]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/audit", Needs(ADMIN, "whole"), answer=Changes, may=(400,))
    def list_changes(
        ask: Asked,
        who: Annotated[
            str, Query(max_length=254, pattern=TEXT, description="The address of who did it.")
        ] = "",
        action: Annotated[
            str, Query(max_length=200, pattern=TEXT, examples=["flag waived"],
                       description="What was done, word by word.")
        ] = "",
        since: Annotated[
            Instant | None, Query(description="From this instant on.")
        ] = None,
        until: Annotated[Instant | None, Query(description="Before this instant.")] = None,
        limit: Limit = USUAL,
        after: After = None,
    ) -> Changes:  # fmt: skip
        """List changes, the latest first."""
        with ask.reading() as connection, understood():
            before = None if after is None else marks.read(after, ORDER, int)[0]
            sought = views.Sought(who.strip().lower(), action, since, until, before)
            rows, following = views.changes(connection, sought, limit)
        return Changes(
            changes=[_change(each) for each in rows],
            next=None if following is None else marks.made(ORDER, following),
        )


def _change(row: views.Change) -> Change:
    return Change(
        id=row.id, at=row.at, who=row.who, via=row.via, action=row.action, about=row.about,
        differences=[
            Difference(what=what, before=before, after=after)
            for what, before, after in row.differences
        ],
    )  # fmt: skip
