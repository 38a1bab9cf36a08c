"""Plants of governance: what projects say of themselves, and portfolios."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.core_tasks import unmapped
from tests.planted.plot import Plot, plant, unknown
from tests.planted.portfolio import Place

DAY = timedelta(days=1)
FIELDS = {
    "project-without-sponsor": "Sponsor", "project-without-category": "Category",
    "project-without-business-owner": "Business owner",
}  # fmt: skip


@plant(*FIELDS)
def _(p: Plot) -> str:
    field = {"id": "f1", "name": FIELDS[p.standard.id].upper(), "value": p.pick(None, "Ada")}
    project = p.at.project(custom=[field])
    p.at.task(project_id=project, status="todo")
    return project


@unknown(*FIELDS)
def _(p: Plot) -> str:
    project = p.at.project(custom=[{"id": "f1", "name": "Another", "value": None}])
    p.at.task(project_id=project, status="todo")
    return project


@plant("project-name-against-convention")
def _(p: Plot) -> str:
    return p.at.project(name=p.pick("O - Harbour", "ÖP - "))


@plant("title-against-convention")
def _(p: Plot) -> str:
    return p.at.task(type="epic", title="Harbour-", labels=["x", p.pick("my area-north", "AREA-")])


@unknown("title-against-convention")
def _(p: Plot) -> str:
    return unmapped(p, type="milestone", title="Harbour -", labels=[])


@plant("closed-without-report")
def _(p: Plot) -> str:
    at = p.days.begins(p.days.oldest(p.param("days"), "days"))
    project = p.at.project(state="closed", updated_at=at - DAY)
    titles = ["Closed: a Report", "Lessons (Learned)"]
    for title in ["Report to close", *titles[p.bad :], "Lesson learned", "Build", "Ship"][:5]:
        p.at.task(project_id=project, title=title, status="done", completed_at=at, updated_at=at)
    return project


# ---- portfolios ----------------------------------------------------------------------------------
def portfolio(p: Plot) -> str:
    """A name that no other portfolio has."""
    return f"Fleet {p.at.name('F')}"


def member(p: Plot, name: str, at: Place | None = None, **more: Any) -> str:
    """A project of a portfolio, whatever the case of its name."""
    place = p.at if at is None else at
    written = name.upper() if place.count % 2 else name
    field = {"id": "f2", "name": "portfolio", "value": written}
    return place.project(custom=[field], **more)


def other(p: Plot, *needs: str) -> Place:
    """Another tool whose projects can name their portfolio and that tells what is needed."""
    places = p.at.portfolio.places.values()
    able = ("project.custom", "project.state", *needs)
    return next(each for each in places if each.id != p.at.id and each.has(able))


@plant("portfolio-mostly-late", needs=("project.custom",))
def _(p: Plot) -> str:
    name, far = portfolio(p), other(p, "task.project_id", "task.status", "task.due_on")
    here, there, today = member(p, name), member(p, name, far), p.days.today
    late = 20 * int(p.param("share")) // 100 + p.bad
    for n in range(20):
        at, project = ((p.at, here), (far, there))[n % 2]
        at.task(project_id=project, status="todo", due_on=today - DAY * (n < late))
    p.at.task(project_id=here, status="done", completed_at=p.now, due_on=today - DAY)
    return name.lower()


@unknown("portfolio-mostly-late")
def _(p: Plot) -> str:
    name = portfolio(p)
    project = member(p, name)
    for n in range(21):
        p.at.task(project_id=project, status="todo" if n else None, due_on=p.days.today - DAY)
    return name.lower()


def report(
    p: Plot, project: str, health: str | None, days: int = 1, at: Place | None = None
) -> None:
    """A status report, so many days and a moment ago."""
    moment = p.now - days * DAY - timedelta(microseconds=days == 30)
    (at or p.at).record("statusupdate", project_id=project, health=health, at=moment)


REPORTS = ("project.custom", "statusupdate.at", "statusupdate.health")


@plant("portfolio-off-track", needs=REPORTS)
def _(p: Plot) -> str:
    name, far = portfolio(p), other(p, *REPORTS)
    most, share = int(p.param("most")), int(p.param("share"))
    rated = most * 100 // share - p.bad
    for n in range(rated):
        at = (p.at, far)[n % 2]
        project = member(p, name, at)
        report(p, project, "off_track", 9, at)
        report(p, project, "off_track" if n < most else "at_risk", 2, at)
    report(p, member(p, name), "off_track", 30)
    report(p, member(p, name, state="archived"), "off_track")
    report(p, member(p, name), None)
    member(p, name)
    return name.lower()


@unknown("portfolio-off-track")
def _(p: Plot) -> str:
    name = portfolio(p)
    for _ in range(int(p.param("most"))):
        report(p, member(p, name), "off_track")
    member(p, name, mute(p))
    return name.lower()


def mute(p: Plot) -> Place:
    """A tool that has no status reports."""
    places = p.at.portfolio.places.values()
    return next(
        each for each in places
        if each.has(("project.custom", "project.state")) and "statusupdate" not in each.provides
    )  # fmt: skip


@plant("portfolio-unreported", needs=REPORTS)
def _(p: Plot) -> str:
    name, share = portfolio(p), int(p.param("share"))
    silent = share // 10 + p.bad
    for n in range(10):
        project = member(p, name)
        if n >= silent:
            report(p, project, None, 29)
        elif n % 2:
            report(p, project, "on_track", 30)
    member(p, name, state="closed")
    return name.lower()


@unknown("portfolio-unreported")
def _(p: Plot) -> str:
    name = portfolio(p)
    for place in (p.at, p.at, mute(p)):
        member(p, name, place)
    return name.lower()
