"""The list of flags: chosen by words and by clicking, put together, kept as a view, exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Response

from sync_engine.digest.text import listed, plural
from sync_engine.export import files
from sync_engine.rules.language import LanguageError
from sync_engine.store import flag_views
from sync_engine.views import clauses, flags, marks
from sync_engine.views.checked import checked
from sync_engine.views.compliance import counted_last, last_assessed
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.flag_search import Search, in_time, mistake, words
from sync_engine.web.console.needs import ACTING, ALL, PMO, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import Number

SHOW = Needs(ALL, "visible")
SIZE = 50
CHOICES, ALL_CHOICES = 8, 200
MOST_EXPORTED = 100_000
SORTS = (("severity", "most severe first"), ("newest", "newest first"), ("oldest", "oldest first"))
GROUPS = (("", "no"), ("standard", "standard"), ("project", "project"), ("owner", "owner"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the condition, and where one is without it."""

    words: str
    without: str


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("Flags", "/flags", SHOW)

    @pages.get("/flags", SHOW)
    def show(
        ask: Asked, where: str | None = None, sort: str = "severity", group: str = "",
        by: str = "standard", after: str | None = None, all: str = "",
    ) -> Response:  # fmt: skip
        search = Search.of(where, sort, group, by)
        values = _read(ask, search, after, CHOICES if not all else ALL_CHOICES)
        return ask.page("flags.html.j2", search=search, **values)

    @pages.get("/flags/export", SHOW)
    def export(
        ask: Asked, where: str | None = None, sort: str = "severity", format: str = "csv"
    ) -> Response:
        if format not in files.FORMATS:
            raise Refusal(400, f"There is no such format; there is {', '.join(files.FORMATS)}.")
        return _exported(ask, Search.of(where, sort, "", "standard"), format)

    @pages.post("/flags/views", Needs(ALL, "none", changes=True))
    def keep(ask: Asked) -> Response:
        form = ask.form
        search = Search.of(
            form.text("where"), form.text("sort") or "severity", form.text("group"), "standard"
        )
        shared = form.text("shared") == "yes"
        if shared and ask.signed_in.role not in PMO:
            raise Refusal(403, "Only the PMO shares views. Keep it for yourself.")
        try:
            view = flag_views.View(
                form.text("name"), search.where, search.sort, search.group, shared
            )
            flag_views.keep(ask.engine, ask.signed_in.id, view, actor=ask.actor, now=ask.now)
        except flag_views.ViewError as error:
            raise Refusal(422, f"The view was not kept: {error}.") from None
        return ask.go(search.to(), said=f'The view "{form.text("name")}" is kept.')

    @pages.post("/flags/views/{id}/delete", Needs(ALL, "none", changes=True))
    def delete(ask: Asked, id: Number) -> Response:
        me = ask.signed_in.id
        if not flag_views.delete(ask.engine, me, id, actor=ask.actor, now=ask.now):
            raise missing()
        return ask.go("/flags", said="The view is deleted.")


def _read(ask: Ask, search: Search, after: str | None, most: int) -> dict[str, Any]:
    """What the page shows; of a condition that is not understood, what is wrong with it."""
    with ask.reading() as connection:
        visible = ask.visible(connection)
        views = flag_views.listed(connection, ask.signed_in.id)
        assessed = last_assessed(connection)
        shared: dict[str, Any] = {
            "views": views, "sorts": SORTS, "groupings": GROUPS, "facts": words(),
            "formats": files.KINDS, "acting": _acting(ask), "sharing": ask.signed_in.role in PMO,
            "titles": {each.id: each.title for each in ask.console.standards()},
            "assessed": assessed, "counts": counted_last(connection, visible, assessed),
            "error": None, "found": None, "groups": None, "facets": None, "choices": (),
            "more": False, "parts": [], "headline": None,
        }  # fmt: skip
        known = shared["counts"].share is not None
        try:
            with in_time(connection):
                found = flags.facets(connection, visible, ask.moment, search.where)
                choices = flags.breakdown(
                    connection, visible, ask.moment, search.where, search.by, most + 1
                )
                shared |= {
                    "facets": found, "headline": headline(found, search.where, known=known),
                    "choices": choices[:most], "more": len(choices) > most,
                }  # fmt: skip
                if search.group:
                    shared["groups"] = flags.grouped(
                        connection, visible, ask.moment, search.where, search.group
                    )
                else:
                    shared["found"] = flags.page(
                        connection, visible, ask.moment,
                        flags.Wanted(search.where, search.sort, after), SIZE,
                    )  # fmt: skip
        except LanguageError as error:
            return shared | {"error": mistake(search.where, error)}
        except marks.MarkError as error:
            raise Refusal(400, f"{str(error).capitalize()}.") from None
    held = clauses.parts(search.where)
    shared["parts"] = [
        Part(part, search.to(where=clauses.joined([*held[:n], *held[n + 1 :]])))
        for n, part in enumerate(held)
    ]
    return shared


def headline(found: flags.Facets, where: str, *, known: bool) -> str:
    """How many there are, in a sentence. `known`: something could be assessed."""
    usual = where == flags.UNSOLVED
    if not found.total:
        if not known:
            return "Nothing that you may see has been assessed, so nothing is known."
        return "No flag is unsolved." if usual else "No flag meets this."
    on = [each for each in found.severities if each.on]
    told = [f"{each.count:,} {each.value}" for each in found.severities if each.count]
    one = found.total == 1
    verb = ("is" if one else "are") if usual else ("meets" if one else "meet")
    lead = f"{plural(found.total, 'flag')} {verb} {'unsolved' if usual else 'this'}"
    return f"{lead}." if on or len(told) < 2 else f"{lead}: {listed(told)}."


def _acting(ask: Ask) -> bool:
    return ask.signed_in.role in ACTING and ask.console.demo is None


def _exported(ask: Ask, search: Search, format: files.Format) -> Response:
    wanted = flags.Wanted(search.where, search.sort)
    with ask.reading() as connection:
        visible = ask.visible(connection)
        try:
            with in_time(connection):
                found = flags.page(
                    connection, visible, ask.moment, wanted, MOST_EXPORTED, files.COLUMNS
                )
                how = checked(connection, visible, whole=not search.where)
        except LanguageError as error:
            raise Refusal(400, mistake(search.where, error).words) from None
    if found.next is not None:
        raise Refusal(
            413, f"These are more than {MOST_EXPORTED:,} flags. Narrow the condition, or read them "
            "page by page from /api/v1/flags."
        )  # fmt: skip
    about = files.About(
        ask.zone, ask.now, search.where or None, standards=ask.console.standards(), checked=how
    )
    end, kind = files.KINDS[format]
    name = f"flags-{ask.now.astimezone(ask.zone):%Y-%m-%d}.{end}"
    return Response(
        files.file(format, found.rows, about),
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
