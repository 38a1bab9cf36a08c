"""The overview: how things stand, in the order in which they want attention."""

from __future__ import annotations

from fastapi import Response

from sync_engine.digest.text import listed, plural
from sync_engine.views.guide import guide
from sync_engine.views.overview import Overview, overview
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, PMO, Needs
from sync_engine.web.console.site import Pages
from sync_engine.web.console.words import percent

NEEDS = Needs(ALL, "visible")


def register(pages: Pages) -> None:
    """Add the route."""
    pages.menu("Overview", "/", NEEDS)

    @pages.get("/", NEEDS)
    def show(ask: Asked) -> Response:
        intervals = ask.settings.intervals
        with ask.reading() as connection:
            visible = ask.visible(connection)
            found = overview(connection, visible, ask.moment, intervals, ask.zone)
            steps = (
                guide(connection, ask.console.configuration())
                if ask.signed_in.role in PMO
                else None
            )
        whole = visible.everything
        bars = [(each.severity, each.total) for each in found.standing]
        return ask.page(
            "overview.html.j2", found=found, headline=headline(found, whole=whole), bars=bars,
            whole=whole, guide=steps if ask.console.demo is None else None,
        )  # fmt: skip


def headline(found: Overview, *, whole: bool = True) -> str:
    """How things stand, in one sentence or two. `whole`: the reader sees all that there is."""
    if found.assessed is None:
        if not found.connections:
            some = "Nothing is connected yet" if whole else "Nothing connected is yours to see"
            return f"{some}, so there is nothing to say."
        return "Nothing has been assessed yet: the first complete read is still to come."
    if found.counts.share is None and not found.open:
        return "Nothing that you may see could be assessed, so nothing is known of how it stands."
    return f"{_flags(found)} {_compliance(found)}{_doubt(found)}"


def _flags(found: Overview) -> str:
    if not found.open:
        return "No flag is open."
    urgent = [each for each in found.standing if each.severity in ("critical", "high")]
    told = [f"{each.total:,} {each.severity}" for each in urgent if each.total]
    if not told:
        verb = "is" if found.open == 1 else "are"
        return f"{plural(found.open, 'flag')} {verb} open, none of them critical or high."
    count = sum(each.total for each in urgent)
    return f"{listed(told)} {'flag needs' if count == 1 else 'flags need'} a hand."


def _compliance(found: Overview) -> str:
    if found.counts.share is None:
        return "How much of the work meets its standards could not be assessed."
    return f"{percent(found.counts.share)} of checks are met."


def _doubt(found: Overview) -> str:
    stale = sum(each.stale for each in found.troubles)
    if found.outdated:
        return " All this is out of date: nothing was assessed for more than a day."
    if stale:
        verb = "is" if stale == 1 else "are"
        return f" {plural(stale, 'connection')} {verb} out of date, so this may be incomplete."
    return ""
