"""Projects: all of them, worst first; and the scorecard of each."""

from __future__ import annotations

from fastapi import Response

from sync_engine.digest.text import listed, plural
from sync_engine.rules.language import LanguageError
from sync_engine.rules.limits import TooSlow
from sync_engine.views.clauses import tidied
from sync_engine.views.project import Scorecard, scorecard
from sync_engine.views.projects import NO_PORTFOLIO, Projects, Wanted, projects
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.console.words import path_to, percent

NEEDS = Needs(ALL, "visible")
LONGEST = 2000
TOO_SLOW = "This filter takes too long to answer. Ask for less, or for something simpler."


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("Projects", "/projects", NEEDS)

    @pages.get("/projects", NEEDS)
    def show(
        ask: Asked, where: str = "", portfolio: str = "", state: str = "", page: str = "1"
    ) -> Response:
        wanted = _wanted(where, portfolio, state, page)
        found, error = _projects(ask, wanted)
        return ask.page(
            "projects.html.j2", status=422 if error else 200, found=found, wanted=wanted,
            error=error, headline=None if found is None else headline_of_list(found, wanted),
            none=NO_PORTFOLIO, address=lambda number: _address(wanted, number),
        )  # fmt: skip

    @pages.get("/projects/{connection}/{id:path}", NEEDS)
    def card(ask: Asked, connection: str, id: str) -> Response:
        intervals = ask.settings.intervals
        with ask.reading() as store:
            found = scorecard(
                store, ask.visible(store), ask.moment, intervals, ask.console.standards(),
                (connection, id),
            )  # fmt: skip
        if found is None:
            raise missing()
        return ask.page(
            "project.html.j2", found=found, headline=headline(found), flags_at=_flags_at(found),
            bars=[(name, found.flags.get(name, 0)) for name in ("critical", "high", "medium",
                                                                "low", "info")],
        )  # fmt: skip


def _wanted(where: str, portfolio: str, state: str, page: str) -> Wanted:
    if len(where) > LONGEST or len(portfolio) > LONGEST:
        raise Refusal(400, f"A filter has at most {LONGEST:,} characters of text.")
    if state not in ("", "all"):
        raise Refusal(400, "Projects are shown while they are active, or all of them.")
    if not page.isascii() or not page.isdecimal() or len(page) > 9:
        raise Refusal(400, "A page has a number: 1, 2, 3 …")
    return Wanted(tidied(where), portfolio, state == "all", int(page))


def _projects(ask: Ask, wanted: Wanted) -> tuple[Projects | None, str | None]:
    """The projects, or what is wrong with the filter."""
    try:
        with ask.reading() as connection:
            return projects(connection, ask.visible(connection), ask.moment, wanted), None
    except LanguageError as error:
        return None, f"Column {error.at.column}: {error.message}."
    except TooSlow:
        return None, TOO_SLOW


def _address(wanted: Wanted, page: int) -> str:
    return path_to(
        "projects", where=wanted.condition, portfolio=wanted.portfolio,
        state="all" if wanted.every else "", page=str(page) if page > 1 else "",
    )  # fmt: skip


def headline_of_list(found: Projects, wanted: Wanted) -> str:
    """What there is, in one sentence."""
    if found.assessed is None:
        return "Nothing has been assessed yet, so nothing is known of how projects stand."
    if not found.count:
        if _narrow(wanted):
            return "No project is as you ask for."
        return f"There is no {'' if wanted.every else 'active '}project to be seen."
    what = plural(found.count, "project" if wanted.every else "active project")
    melons = sum(each.watermelon for each in found.shown)
    told = f"{what}, those that meet the least of their standards first."
    if melons:
        verb = "is" if melons == 1 else "are"
        told += f" {melons} on this page {verb} reported better than found."
    return told


def _narrow(wanted: Wanted) -> bool:
    return bool(wanted.condition or wanted.portfolio)


def headline(found: Scorecard) -> str:
    """How a project stands, in a sentence or two."""
    if found.assessed is None:
        return "Nothing has been assessed yet, so nothing is known of how it stands."
    if found.found.health is None:
        said = f"How it stands cannot be said: {found.found.why}."
    else:
        share = found.counts.share if found.counts else None
        checks = (
            "no check could be made" if share is None else f"{percent(share)} of checks are met"
        )
        said = f"{found.found.words.capitalize()} by what is found: {_urgent(found)}; {checks}."
    if found.watermelon and found.reported is not None:
        said += f" It is reported {found.reported.words}, which is better than what is found."
    late = [each for each in found.milestones if each.late]
    if late:
        said += f" {plural(len(late), 'milestone')} {'is' if len(late) == 1 else 'are'} overdue."
    if found.stale:
        said += " Its connection is out of date, so this may have changed."
    elif found.outdated:
        said += " All this is out of date: nothing was assessed for more than a day."
    return said


def _urgent(found: Scorecard) -> str:
    urgent = {name: found.flags.get(name, 0) for name in ("critical", "high")}
    told = [f"{times:,} {name}" for name, times in urgent.items() if times]
    if told:
        one = sum(urgent.values()) == 1
        return f"{listed(told)} {'flag is' if one else 'flags are'} open"
    if found.open:
        verb = "is" if found.open == 1 else "are"
        return f"{plural(found.open, 'flag')} {verb} open, none critical or high"
    return "no flag is open"


def _flags_at(found: Scorecard) -> str:
    """The condition that finds its flags; "": its name cannot be written in one."""
    if '"' in found.name or "\n" in found.name:
        return ""
    return (
        f'state in (open, acknowledged) and connection = "{found.connection}" '
        f'and project = "{found.name}"'
    )
