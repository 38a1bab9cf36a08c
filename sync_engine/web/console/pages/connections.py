"""All connections, each in one line; and adding one: the tool, then its form."""

from __future__ import annotations

from math import ceil
from typing import Any
from urllib.parse import urlencode

from fastapi import Response

from connectors.sdk import registry
from sync_engine.commands import CommandError
from sync_engine.configure import connections as commands
from sync_engine.configure import forms
from sync_engine.digest.text import plural
from sync_engine.store import entries
from sync_engine.views import connections as views
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import desk_of, errors_of, sentences, submitted, typed
from sync_engine.web.console.connection_forms import document_of, kind_of, of_connector
from sync_engine.web.console.guide_text import lead, where_to_get_it
from sync_engine.web.console.needs import ADMIN, ALL, Needs
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages
from sync_engine.web.console.words import tool_name

SEEN = Needs(ALL, "visible")
ADDING = Needs(ADMIN, "none")
SHOWN = 50
TAKEN = "new"  # the address of this very page


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("Connections", "/connections", SEEN)

    @pages.get("/connections", SEEN)
    def show(ask: Asked, q: str = "", page: int = 1) -> Response:
        configuration = ask.console.configuration()
        with ask.reading() as connection:
            visible = ask.visible(connection)
            found = views.lines(
                connection, visible, ask.moment, configuration.settings.connections, left_out(ask)
            )
            asked = q.strip().casefold()[:200]
            chosen = [
                each for each in found
                if asked in each.name.casefold() or asked in tool_name(each.connector).casefold()
            ]  # fmt: skip
            count = max(ceil(len(chosen) / SHOWN), 1)
            page = min(max(page, 1), count)
            shown = views.with_completeness(
                connection, visible, chosen[(page - 1) * SHOWN : page * SHOWN]
            )
        return ask.page(
            "connections.html.j2", lines=shown, all=found, chosen=len(chosen), q=q.strip()[:200],
            page=page, count=count, whole=visible.everything,
            headline=headline(found, whole=visible.everything),
            address=lambda number: f"/connections?{urlencode({'q': q, 'page': number})}",
        )  # fmt: skip

    @pages.get("/connections/new", ADDING)
    def choose(ask: Asked, q: str = "") -> Response:
        asked = q.strip().casefold()[:200]
        tools = [(kind.name, kind.title, lead(registry.readme(kind.name)))
                 for kind in registry.connectors().values()]  # fmt: skip
        shown = [
            each for each in sorted(tools, key=lambda tool: tool[1].casefold())
            if asked in " ".join(each).casefold()
        ]  # fmt: skip
        return ask.page(
            "connection_tools.html.j2", tools=shown, q=q.strip()[:200], count=len(tools)
        )

    @pages.get("/connections/new/{tool}", ADDING)
    def form(ask: Asked, tool: str) -> Response:
        return _form(ask, tool)

    @pages.post("/connections/new/{tool}", Needs(ADMIN, "none", changes=True))
    def add(ask: Asked, tool: str) -> Response:
        kind = kind_of(tool)
        if kind is None:
            raise missing()
        form = of_connector(kind).all
        name = ask.form.text("name", 100)
        read, wrong = forms.read(form, submitted(ask, form))
        errors = sentences(forms.by_field(form, wrong))
        if not name:
            errors["name"] = "Fill this in."
        elif name == TAKEN:
            errors["name"] = f'Take another name: "{TAKEN}" is the address of this page.'
        if errors:
            return _form(ask, tool, errors, 422)
        # Kept, with its secrets sealed, and not read: it is tested and limited first.
        document = {**document_of(None, read, tool), "enabled": False}
        try:
            commands.add(desk_of(ask), ask.actor, name, document)
        except CommandError as error:
            status, errors = errors_of((*form, _NAME), error)
            return _form(ask, tool, errors, status)
        ask.console.changed()
        return ask.go(f"/connections/{name}/check", said="It is kept, and not read yet. Test it.")


_NAME = forms.Field(name="name", label="Name", help="", kind="text")


def _form(ask: Ask, tool: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    kind = kind_of(tool)
    if kind is None:
        raise missing()
    form = of_connector(kind)
    values = typed(ask, form.all)
    named = ask.form.text("name", 100) or _free_name(ask, tool)
    return ask.page(
        "connection_new.html.j2", status=status, tool=tool, title=kind.title, form=form,
        values=values, errors=errors or {}, named=named,
        guide=where_to_get_it(registry.readme(tool)),
    )  # fmt: skip


def _free_name(ask: Ask, tool: str) -> str:
    taken = {each.name for each in ask.settings.connections} | left_out(ask).keys()
    names = (tool, *(f"{tool}-{number}" for number in range(2, 1000)))
    return next((name for name in names if name not in taken), "")


def left_out(ask: Ask) -> dict[str, views.LeftOut]:
    """By name: the console's entries of connections that are not in force."""
    out = [each for each in ask.console.configuration().left_out if each.kind == "connection"]
    if not out:
        return {}
    stored = entries.snapshot(ask.engine)[1]
    held = {each.name: each.document for each in stored if each.kind == "connection"}
    return {each.name: views.LeftOut(each.reason, _connector(held.get(each.name))) for each in out}


def _connector(document: Any) -> str:
    said = document.get("connector") if isinstance(document, dict) else None
    return said if isinstance(said, str) else ""


def headline(found: list[views.Line], *, whole: bool = True) -> str:
    """How the connections stand, in one sentence. `whole`: the reader sees all that there are."""
    if not found:
        return "Nothing is connected yet." if whole else "Nothing connected is yours to see."
    bad = sum(each.state in ("trouble", "unfinished") for each in found)
    frozen = sum(bool(each.frozen) and each.state == "trouble" for each in found)
    if not bad:
        return _calm(found)
    verb = "needs" if bad == 1 else "need"
    told = f"{plural(bad, 'connection')} {verb} a hand"
    return f"{told}; the flags of {frozen} are frozen." if frozen else f"{told}."


def _calm(found: list[views.Line]) -> str:
    """How they stand where none is known to need a hand."""
    begun = sum(each.state in ("reading", "new") for each in found)
    if begun:
        verbs = "is being read or waits" if begun == 1 else "are being read or wait"
        return f"{plural(begun, 'connection')} {verbs} for it; no other needs a hand."
    if all(each.state in ("off", "removed") for each in found):
        return "None of them is read any more: they are switched off or removed."
    return "All of them are as they should be."
