"""People: who has more to do than they can; and the page of each."""

from __future__ import annotations

from fastapi import Response

from sync_engine.digest.text import listed, plural
from sync_engine.views.load import Load
from sync_engine.views.people import People, people
from sync_engine.views.person import Person, person
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, PMO, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.console.words import path_to
from sync_engine.web.numbers import Number

NEEDS = Needs(ALL, "visible")
LONGEST = 200


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("People", "/people", NEEDS)

    @pages.get("/people", NEEDS)
    def show(ask: Asked, name: str = "", page: str = "1") -> Response:
        if len(name) > LONGEST:
            raise Refusal(400, f"A name to look for has at most {LONGEST} characters.")
        if not page.isascii() or not page.isdecimal() or len(page) > 9:
            raise Refusal(400, "A page has a number: 1, 2, 3 …")
        text = " ".join(name.split())
        intervals = ask.settings.intervals
        with ask.reading() as connection:
            found = people(
                connection, ask.visible(connection), ask.moment, intervals, text=text,
                page=int(page),
            )  # fmt: skip
        return ask.page(
            "people.html.j2", found=found, name=text,
            decides=ask.signed_in.role in PMO, headline=headline_of_list(found, text),
            address=lambda number: path_to(
                "people", name=text, page=str(number) if number > 1 else ""
            ),
        )  # fmt: skip

    @pages.get("/people/{id}", NEEDS)
    def one(ask: Asked, id: Number) -> Response:
        intervals = ask.settings.intervals
        with ask.reading() as connection:
            found = person(connection, ask.visible(connection), ask.moment, intervals, id)
        if found is None:
            raise missing()
        return ask.page("person.html.j2", found=found, headline=headline(found))


def headline_of_list(found: People, text: str) -> str:
    """Who needs a hand, in one sentence."""
    if not found.count:
        return "Nobody is called so." if text else "There is nobody to be seen yet."
    if not found.over:
        return f"{plural(found.count, 'person', 'people')}; nobody is overbooked, as far as known."
    return (
        f"{plural(found.over, 'person', 'people')} of {found.count:,} "
        f"{'has' if found.over == 1 else 'have'} more to do than time in some week."
    )


def headline(found: Person) -> str:
    """How busy somebody is, in one sentence."""
    load = found.load
    if not load.open and not load.unmapped:
        return "Nothing that is open is assigned to them, as far as the tools tell."
    said = f"{plural(load.open, 'open task')}, {load.in_progress:,} in progress. {_weeks(load)}"
    if load.unmapped:
        said += (
            f" {plural(load.unmapped, 'task')} more may be open: nobody has mapped their status."
        )
    return said


def _weeks(load: Load) -> str:
    over = [n for n, week in enumerate(load.weeks) if week.level == "over"]
    if not over:
        return "No week is overbooked, as far as known."
    names = ["this week" if n == 0 else "next week" if n == 1 else f"in {n} weeks" for n in over]
    return f"Overbooked {listed(names)}."
