"""`/api/v1/projects`: how each stands by what is found, beside what is reported."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from sync_engine.views import marks
from sync_engine.views.health import Reported
from sync_engine.views.milestones import SHOWN
from sync_engine.views.milestones import Milestone as FoundMilestone
from sync_engine.views.project import Scorecard, scorecard
from sync_engine.views.projects import Listed, Wanted, projects_after
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import LONGEST, TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.api.shapes import Assessed, Compliance, Severities, Week
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import missing

READ = Needs(ALL, "visible")
Health = Literal["on_track", "at_risk", "off_track", "on_hold", "complete"]
ORDER = "projects"
Place = Annotated[
    str, Path(min_length=1, max_length=100, pattern=TEXT, description="The connection's name.")
]
Id = Annotated[
    str, Path(min_length=1, max_length=LONGEST, pattern=TEXT, description="Its id in the tool.")
]


class Report(BaseModel):
    """A status update, as somebody wrote it."""

    at: datetime
    health: Health | None = Field(description="null: none given, or in a word that is not mapped.")
    label: str | None = Field(description="The tool's own word.")
    author: str | None
    title: str | None
    text: str | None


class Standing(BaseModel):
    """How it stands by its flags."""

    health: Health | None = Field(description="null: nothing could be assessed.")
    why: str


class Project(BaseModel):
    """A project in short."""

    connection: str
    id: str = Field(description="Within the connection.")
    key: str | None
    name: str
    state: str
    portfolio: str | None
    compliance: Compliance | None = Field(
        description="At the last assessment of everything; null: it was not assessed."
    )
    open_flags: Severities | None = Field(
        description="Open and acknowledged; null: it was not assessed, so nobody knows."
    )
    found: Standing
    reported: Report | None = Field(description="The last status update; null: there is none.")
    reported_better: bool = Field(description="It is reported better than it is found.")


class Projects(Page):
    """A page of projects."""

    projects: list[Project]
    assessed: Assessed | None = Field(description="null: nothing was ever assessed.")


class Milestone(BaseModel):
    """A milestone."""

    name: str
    url: str | None
    state: str | None
    label: str | None = Field(description="The tool's own word.")
    due_on: date | None
    completed_at: datetime | None
    in_baseline: bool | None = Field(description="null: there is no baseline.")
    agreed_on: date | None = Field(description="When it was due in the baseline in force.")
    slip: int | None = Field(
        description="Working days since then; below 0: earlier. null: nothing to compare."
    )
    tasks: int
    ended: int = Field(description="Tasks that are done or cancelled.")
    unmapped: int = Field(description="Tasks of which nobody knows whether they are done.")
    share: float | None = Field(description="Ended of its tasks, 0 to 1; null: not known.")
    late: bool


class Agreed(BaseModel):
    """The baseline in force."""

    name: str
    day: date
    due_on: date | None


class Broken(BaseModel):
    """A standard that is broken."""

    standard: str
    title: str
    severity: str
    flags: int
    oldest: datetime


class NotAssessable(BaseModel):
    """A standard that could not be assessed everywhere."""

    standard: str
    title: str
    times: int
    missing: list[str] = Field(
        description="Facts that the tool does not provide; none: the items do not say it."
    )


class WholeProject(BaseModel):
    """All that there is to say about a project."""

    project: Project
    url: str | None
    tool: str
    owner: str | None
    sponsor: str | None
    start_on: date | None
    due_on: date | None
    read_at: datetime | None = Field(description="When its connection was last read completely.")
    stale: bool = Field(description="That is too long ago.")
    assessed: Assessed | None = Field(description="null: nothing was ever assessed.")
    outdated: bool = Field(description="The last assessment is more than a day old.")
    weeks: list[Week] = Field(description="The oldest first.")
    baseline: Agreed | None = Field(description="null: nothing was agreed.")
    milestones: list[Milestone] = Field(
        description=f"The first {SHOWN}, by due date; those that are done last."
    )
    more_milestones: bool
    broken: list[Broken] = Field(description="The most severe first.")
    not_assessable: list[NotAssessable]
    reports: list[Report] = Field(description="The last status updates, the latest first.")


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/projects", READ, answer=Projects, may=(400,))
    def list_projects(
        ask: Asked,
        where: Annotated[
            str,
            Query(max_length=LONGEST, pattern=TEXT, examples=["due before today"],
                  description="A condition on projects in the language of standards."),
        ] = "",
        state: Annotated[
            Literal["active", "all"], Query(description="`all`: closed and archived ones, too.")
        ] = "active",
        limit: Limit = USUAL,
        after: After = None,
    ) -> Projects:  # fmt: skip
        """List projects."""
        wanted = Wanted(where.strip(), every=state == "all")
        with ask.reading() as connection, understood():
            key = None if after is None else marks.read(after, ORDER, int, str)
            found = projects_after(
                connection, ask.visible(connection), ask.moment, wanted,
                None if key is None else (key[0], key[1]), limit,
            )  # fmt: skip
        return Projects(
            projects=[_project(each) for each in found.shown],
            assessed=Assessed.of(found.assessed),
            next=None if found.next is None else marks.made(ORDER, *found.next),
        )

    @resources.get("/projects/{connection}/{id:path}", READ, answer=WholeProject, may=(404,))
    def show_project(ask: Asked, connection: Place, id: Id) -> WholeProject:
        """Show a project with its course, its milestones and what was reported of it."""
        intervals = ask.settings.intervals
        with ask.reading() as store:
            found = scorecard(
                store, ask.visible(store), ask.moment, intervals, ask.console.standards(),
                (connection, id),
            )  # fmt: skip
        if found is None:
            raise missing()
        return _whole(found)


def _project(row: Listed | Scorecard) -> Project:
    known = row.counts is not None or row.flags
    return Project(
        connection=row.connection, id=row.id, key=row.key, name=row.name, state=row.state,
        portfolio=row.portfolio, compliance=Compliance.of(row.counts),
        open_flags=Severities.of(row.flags) if known else None,
        found=Standing.model_validate({"health": row.found.health, "why": row.found.why}),
        reported=None if row.reported is None else _report(row.reported),
        reported_better=row.watermelon,
    )  # fmt: skip


def _report(said: Reported) -> Report:
    return Report.model_validate(said, from_attributes=True)


def _milestone(row: FoundMilestone) -> Milestone:
    return Milestone(
        name=row.name, url=row.url, state=row.state, label=row.label, due_on=row.due_on,
        completed_at=row.completed_at, in_baseline=row.agreed, agreed_on=row.agreed_on,
        slip=row.slip, tasks=row.tasks, ended=row.ended, unmapped=row.unmapped, share=row.share,
        late=row.late,
    )  # fmt: skip


def _whole(found: Scorecard) -> WholeProject:
    return WholeProject(
        project=_project(found), url=found.url, tool=found.tool,
        owner=found.owner.name if found.owner else None,
        sponsor=found.sponsor.name if found.sponsor else None,
        start_on=found.start_on, due_on=found.due_on, read_at=found.read_at, stale=found.stale,
        assessed=Assessed.of(found.assessed), outdated=found.outdated,
        weeks=Week.course(found.weeks),
        baseline=None if found.baseline is None
        else Agreed.model_validate(found.baseline, from_attributes=True),
        milestones=[_milestone(each) for each in found.milestones[:SHOWN]],
        more_milestones=len(found.milestones) > SHOWN,
        broken=[Broken.model_validate(each, from_attributes=True) for each in found.broken],
        not_assessable=[
            NotAssessable.model_validate(each, from_attributes=True) for each in found.unassessed
        ],
        reports=[_report(each) for each in found.updates],
    )  # fmt: skip
