"""`/api/v1/people`: what each has to do, across all tools, week by week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from sync_engine.flags.named import LARGEST
from sync_engine.views import load as views
from sync_engine.views import marks
from sync_engine.views.people import Some, Someone, people_after
from sync_engine.views.person import TASKS_SHOWN, person
from sync_engine.views.person import Person as FoundPerson
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.api.shapes import Severities
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import missing

READ = Needs(ALL, "visible")
ORDER = "people"
Id = Annotated[int, Path(ge=1, le=LARGEST, description="The person's number.")]


class WeekOfWork(BaseModel):
    """A week of somebody; what is overdue counts in the first."""

    first: date = Field(description="Its first day that is not over.")
    last: date
    capacity_minutes: int = Field(description="Without weekends, days off and leave.")
    booked_minutes: int | None = Field(
        description="Of the tasks that say how much they are; null: none of them does."
    )
    tasks: int = Field(description="Open ones that are due in it.")
    unsized: int = Field(description="Of these, those that do not say how much they are.")
    leave_days: int
    share: float | None = Field(description="Booked of the capacity; null: not known, or none.")
    level: Literal["free", "some", "full", "over", "away", "unknown"]


class Load(BaseModel):
    """What somebody has to do: at least this, where a tool does not tell all."""

    open: int
    in_progress: int
    later: int = Field(description="Of the open: due after the last week shown.")
    undated: int = Field(description="Of the open: without a due date.")
    unmapped: int = Field(description="May be open: nobody has mapped their status. Not counted.")
    weeks: list[WeekOfWork]


class Person(BaseModel):
    """Somebody, with what they have to do."""

    id: int
    name: str
    email: str | None
    lead_email: str | None
    full_time_assumed: bool = Field(description="Nobody has said how much they work.")
    connections: list[str] = Field(description="Where they have an account.")
    not_told: dict[str, str] = Field(description="By connection: what its tool cannot tell.")
    stale: list[str] = Field(description="Connections of theirs that are out of date.")
    load: Load | None = Field(
        description="null: none of their tools tells who is assigned and what is open."
    )
    open_flags: Severities


class People(Page):
    """A page of people."""

    people: list[Person]


class Work(BaseModel):
    """An open task."""

    title: str
    key: str | None
    url: str | None
    connection: str
    project: str | None
    status: str | None = Field(description="null: nobody has mapped the tool's word.")
    status_label: str | None
    due_on: date | None
    minutes_left: int | None = Field(description="In all; null: nobody has said.")
    shared: bool = Field(description="It is assigned to others, too.")


class Absence(BaseModel):
    """Days on which somebody is away, both included."""

    first: date
    last: date


class WholePerson(BaseModel):
    """All that there is to say about somebody."""

    person: Person
    manager_email: str | None
    weekly_minutes: int | None = Field(description="null: nobody has said; full time is assumed.")
    tasks: list[Work] = Field(
        description=f"The first {TASKS_SHOWN} open ones: those in progress, then by due date; only "
        "those that the caller may see."
    )
    more_tasks: bool
    leave: list[Absence]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/people", READ, answer=People, may=(400,))
    def list_people(
        ask: Asked,
        name: Annotated[
            str, Query(max_length=200, pattern=TEXT, description="Part of a name or an address.")
        ] = "",
        limit: Limit = USUAL,
        after: After = None,
    ) -> People:
        """List people."""
        intervals = ask.settings.intervals
        with ask.reading() as connection, understood():
            key = None if after is None else marks.read(after, ORDER, int)[0]
            found = people_after(
                connection, ask.visible(connection), ask.moment, intervals, name.strip(), key,
                limit,
            )  # fmt: skip
        return People(
            people=[_listed(each, found) for each in found.shown],
            next=None if found.next is None else marks.made(ORDER, found.next),
        )

    @resources.get("/people/{id}", READ, answer=WholePerson, may=(404,))
    def show_person(ask: Asked, id: Id) -> WholePerson:
        """Show somebody with their load and their open work."""
        intervals = ask.settings.intervals
        with ask.reading() as connection:
            found = person(connection, ask.visible(connection), ask.moment, intervals, id)
        if found is None:
            raise missing()
        return _whole(found)


def _listed(row: Someone, page: Some) -> Person:
    untold = {name: page.silent[name] for name in row.silent}
    return Person(
        id=row.id, name=row.name, email=row.address, lead_email=row.lead,
        full_time_assumed=row.assumed, connections=list(row.connections), not_told=untold,
        stale=[name for name in page.stale if name in row.connections],
        load=_load(row.load, row.connections, untold), open_flags=Severities.of(row.flags),
    )  # fmt: skip


def _load(found: views.Load, connections: Iterable[str], untold: Mapping[str, str]) -> Load | None:
    if all(views.counts_nothing(untold.get(name, "")) for name in connections):
        return None
    return Load(
        open=found.open, in_progress=found.in_progress, later=found.later, undated=found.undated,
        unmapped=found.unmapped, weeks=[_week(each) for each in found.weeks],
    )  # fmt: skip


def _week(week: views.Week) -> WeekOfWork:
    return WeekOfWork(
        first=week.first, last=week.last, capacity_minutes=week.capacity,
        booked_minutes=None if week.unsized and not week.minutes else week.minutes,
        tasks=week.open, unsized=week.unsized, leave_days=week.leave, share=week.share,
        level=week.level,
    )  # fmt: skip


def _whole(found: FoundPerson) -> WholePerson:
    connections = list(dict.fromkeys(account.connection for account in found.accounts))
    return WholePerson(
        person=Person(
            id=found.id, name=found.name, email=found.address,
            lead_email=found.lead.address if found.lead else None,
            full_time_assumed=found.weekly is None, connections=connections,
            not_told=dict(found.silent), stale=list(found.stale),
            load=_load(found.load, connections, found.silent),
            open_flags=Severities.of(found.flags),
        ),
        manager_email=found.manager.address if found.manager else None,
        weekly_minutes=found.weekly,
        tasks=[
            Work(title=each.title, key=each.key, url=each.url, connection=each.connection,
                 project=each.project, status=each.status, status_label=each.label,
                 due_on=each.due_on, minutes_left=each.minutes, shared=each.shared)
            for each in found.tasks
        ],
        more_tasks=found.more_tasks,
        leave=[Absence(first=first, last=last) for first, last in found.leave],
    )  # fmt: skip
