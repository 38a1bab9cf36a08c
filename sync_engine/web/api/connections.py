"""`/api/v1/connections`: how each stands, how complete it is, and its runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from sync_engine.views import connection as of_one
from sync_engine.views import connections as views
from sync_engine.views import marks
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.pages.connections import left_out
from sync_engine.web.console.refusals import missing

READ = Needs(ALL, "visible")
ORDER, RUNS = "connections", "runs"
Name = Annotated[
    str, Path(min_length=1, max_length=100, pattern=TEXT, description="The connection's name.")
]
WHOLE = "null for managers, who see some of it only"


class Completeness(BaseModel):
    """How much of what the tool counts is in the store, by the last census."""

    share: float | None = Field(description="0 to 1; null: not known.")
    ours: int | None = Field(description="Items; null: nothing was counted.")
    theirs: int | None = Field(description="Items; null: nothing was counted.")
    containers: int = Field(description="Projects, boards… that the account sees or saw.")
    uncounted: int = Field(description="Of these, those of which the tool tells no number.")
    lost: int = Field(description="Of these, those that are not visible any more.")


class Connection(BaseModel):
    """A connection in one line."""

    name: str
    connector: str
    state: Literal["good", "trouble", "reading", "new", "off", "unfinished", "removed"]
    said: str = Field(description="How it stands.")
    remedy: str | None = Field(description="What to do; null: nothing.")
    frozen: bool | None = Field(
        description="Its flags stay as they are until it is read again; null: it has none yet."
    )
    complete_at: datetime | None = Field(description="Last read completely; null: never.")
    next_at: datetime | None = Field(description="Read next; null: at once, or not at all.")
    completeness: Completeness | None = Field(description=WHOLE.capitalize() + ".")


class Connections(Page):
    """A page of connections."""

    connections: list[Connection]


class WholeConnection(BaseModel):
    """All that there is to say about a connection."""

    connection: Connection
    checked_at: datetime | None
    census_at: datetime | None
    next_census_at: datetime | None
    credential_expires_at: datetime | None = Field(
        description=f"null: the tool does not tell, or it does not expire; {WHOLE}."
    )
    budget_used: float | None = Field(
        description=f"Percent of the tool's limit; null: the tool does not tell; {WHOLE}."
    )
    called_at: datetime | None = Field(
        description=f"When the tool called last; null: never; {WHOLE}."
    )
    not_understood: int | None = Field(
        description=f"Items whose raw form is kept for later; null: it was never read, or {WHOLE}."
    )


class Run(BaseModel):
    """A pull, census or replay. Figures are null while it is under way, and for managers, who see
    some of it only."""

    id: int
    kind: str
    full: bool
    started_at: datetime
    seconds: float | None
    outcome: str | None
    message: str | None = Field(description=f"What went wrong; {WHOLE}.")
    remedy: str | None = Field(description=f"What to do; {WHOLE}.")
    requests: int | None
    retries: int | None
    items: int | None = Field(description="Read from the tool.")
    written: int | None = Field(description="Records that are new or changed.")
    retired: int | None = Field(description="Records that went.")
    not_understood: int | None
    unread: int | None = Field(description="Items that the tool lists but does not show.")


class Runs(Page):
    """A page of runs."""

    runs: list[Run]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/connections", READ, answer=Connections, may=(400,))
    def list_connections(ask: Asked, limit: Limit = USUAL, after: After = None) -> Connections:
        """List connections, by name."""
        with ask.reading() as connection, understood():
            key = "" if after is None else marks.read(after, ORDER, str)[0]
            visible = ask.visible(connection)
            found = views.lines(
                connection, visible, ask.moment, ask.settings.connections, left_out(ask)
            )
            rows = sorted((each for each in found if each.name > key), key=lambda row: row.name)
            shown = views.with_completeness(connection, visible, rows[:limit])
        return Connections(
            connections=[_line(ask, each) for each in shown],
            next=marks.made(ORDER, shown[-1].name) if len(rows) > limit else None,
        )

    @resources.get("/connections/{name}", READ, answer=WholeConnection, may=(404,))
    def show_connection(ask: Asked, name: Name) -> WholeConnection:
        """Show how a connection stands."""
        line = _found(ask, name)
        about = None
        if line.id is not None:
            with ask.reading() as connection:
                about = of_one.about(connection, line.id)
        whole = about if _whole(ask) else None
        return WholeConnection(
            connection=_line(ask, line),
            checked_at=about and about.checked_at,
            census_at=about and about.census_at,
            next_census_at=about and about.next_census_at,
            credential_expires_at=whole and whole.credential_expires_at,
            budget_used=whole and whole.budget_used,
            called_at=whole and whole.hooked_at,
            not_understood=whole and whole.parked,
        )

    @resources.get("/connections/{name}/runs", READ, answer=Runs, may=(400, 404))
    def list_runs(ask: Asked, name: Name, limit: Limit = USUAL, after: After = None) -> Runs:
        """List the runs of a connection, the latest first."""
        line = _found(ask, name)
        with ask.reading() as connection, understood():
            before = None if after is None else marks.read(after, RUNS, int)[0]
            found = [] if line.id is None else of_one.runs(connection, line.id, before, limit)
        shown = [_run(ask, each) for each in found[:limit]]
        more = len(found) > limit
        return Runs(runs=shown, next=marks.made(RUNS, shown[-1].id) if more else None)


def _whole(ask: Ask) -> bool:
    return ask.signed_in.role != "manager"


def _found(ask: Ask, name: str) -> views.Line:
    with ask.reading() as connection:
        line = views.line(
            connection, ask.visible(connection), ask.moment, ask.settings.connections,
            left_out(ask), name,
        )  # fmt: skip
    if line is None:
        raise missing()
    return line


def _line(ask: Ask, line: views.Line) -> Connection:
    return Connection(
        name=line.name, connector=line.connector, state=line.state, said=line.said,
        remedy=line.remedy, frozen=line.frozen, complete_at=line.at, next_at=line.next_at,
        completeness=_completeness(line.complete) if _whole(ask) else None,
    )  # fmt: skip


def _completeness(found: views.Completeness) -> Completeness:
    counted = bool(found.ours or found.theirs)
    return Completeness(
        share=found.share, ours=found.ours if counted else None,
        theirs=found.theirs if counted else None, containers=found.scopes,
        uncounted=found.uncounted, lost=found.lost,
    )  # fmt: skip


def _run(ask: Ask, run: of_one.RunLine) -> Run:
    told = _whole(ask)
    counted = told and run.outcome is not None
    return Run(
        id=run.id, kind=run.kind, full=run.full, started_at=run.started_at, seconds=run.seconds,
        outcome=run.outcome, message=run.message if told else None,
        remedy=run.remedy if told else None, requests=run.requests if counted else None,
        retries=run.retries if counted else None, items=run.items if counted else None,
        written=run.written if counted else None, retired=run.retired if counted else None,
        not_understood=run.parked if counted else None, unread=run.unread if counted else None,
    )  # fmt: skip
