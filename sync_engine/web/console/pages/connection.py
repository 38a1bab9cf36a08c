"""One connection: how it stands, its runs, what was read; and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from connectors.sdk.comments import comments_of
from sync_engine import commands
from sync_engine.commands import CommandError
from sync_engine.configure import connections as connection_commands
from sync_engine.configure import export, turns
from sync_engine.configure.tool_login import offers_login
from sync_engine.settings import models as settings
from sync_engine.settings.entry import Entry
from sync_engine.store import entries
from sync_engine.views import connection as views
from sync_engine.views import raw
from sync_engine.views.connections import Line, census_text, line
from sync_engine.views.naming import naming
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import desk_of, sentence, version_of
from sync_engine.web.console.connection_forms import kind_of, place_of
from sync_engine.web.console.needs import ADMIN, ALL, PMO, Needs
from sync_engine.web.console.pages.connections import left_out
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import Number

SEEN = Needs(ALL, "visible")
OF_PMO = Needs(PMO, "whole")
BY_PMO = Needs(PMO, "whole", changes=True)
BY_ADMIN = Needs(ADMIN, "whole", changes=True)


@dataclass(frozen=True, slots=True)
class Head:
    """What all pages of a connection show.

    Args:
        entry: what the console made of it, in force or not; None: it comes from the file, or is
            removed.
        place: where the file says it.
        spare: an entry of the console that is not in force, because the file says it.
    """

    line: Line
    configured: settings.Connection | None
    entry: Entry | None
    place: str | None
    spare: Entry | None

    @property
    def options(self) -> dict[str, Any]:
        """The options as they are written, in force or not."""
        if self.configured is not None:
            return dict(self.configured.options)
        held = self.entry.document.get("options") if self.entry else None
        return held if isinstance(held, dict) else {}

    @property
    def can_be_set(self) -> bool:
        """Whether its settings can be drawn: what is removed, or of no tool, has none."""
        return bool(self.configured or self.entry) and kind_of(self.line.connector) is not None

    @property
    def path(self) -> str:
        """Its address."""
        return f"/connections/{self.line.name}"

    @property
    def writes(self) -> bool:
        """Whether flags can be written back to the tool."""
        kind = kind_of(self.line.connector) if self.configured else None
        return kind is not None and comments_of(kind) is not None

    @property
    def signs_in(self) -> bool:
        """Whether one signs in to the tool in a browser."""
        return self.configured is not None and offers_login(self.configured)


def head_of(ask: Ask, name: str) -> Head:
    """A connection that the reader may see. Raises a 404."""
    configuration = ask.console.configuration()
    configured = configuration.settings.connections
    with ask.reading() as connection:
        found = line(
            connection, ask.visible(connection), ask.moment, configured, left_out(ask), name
        )
    if found is None:
        raise missing()
    stored = entries.snapshot(ask.engine)[1]
    entry = next((each for each in stored if each.key == ("connection", name)), None)
    place = place_of(configuration, name)
    return Head(
        found, next((each for each in configured if each.name == name), None),
        None if place else entry, place, entry if place else None,
    )  # fmt: skip


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/connections/{name}", SEEN)
    def show(ask: Asked, name: str) -> Response:
        return _show(ask, head_of(ask, name))

    @pages.get("/connections/{name}/runs", SEEN)
    def runs(ask: Asked, name: str, before: Number | None = None) -> Response:
        head = head_of(ask, name)
        found: list[views.RunLine] = []
        if head.line.id is not None:
            with ask.reading() as connection:
                found = views.runs(connection, head.line.id, before)
        more = len(found) > views.RUNS_SHOWN
        return ask.page(
            "connection_runs.html.j2", head=head, runs=found[: views.RUNS_SHOWN], more=more,
            before=before, whole=ask.signed_in.role != "manager",
        )  # fmt: skip

    @pages.get("/connections/{name}/items", OF_PMO)
    def items(ask: Asked, name: str, q: str = "") -> Response:
        head = head_of(ask, name)
        wanted = q.strip()[:500]
        found: list[raw.ItemShown] = []
        parked: list[tuple[str, str, str]] = []
        if head.line.id is not None:
            with ask.reading() as connection:
                if wanted:
                    found = raw.items(connection, head.line.id, wanted)
                else:
                    parked = raw.parked(connection, head.line.id)
        return ask.page("connection_items.html.j2", head=head, q=wanted, items=found, parked=parked)

    @pages.get("/connections/{name}/yaml", Needs(ADMIN, "whole"))
    def as_yaml(ask: Asked, name: str) -> Response:
        head = head_of(ask, name)
        if head.entry is None:
            return ask.go(head.path, said=f"It stands in {head.place or 'no file'} as it is.")
        return Response(
            export.entry(head.entry), media_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'inline; filename="{name}.yaml"'},
        )  # fmt: skip

    _turns(pages)
    _life(pages)


def _turns(pages: Pages) -> None:
    """What lets a connection be read, and what a census holds be retired."""

    @pages.post("/connections/{name}/read", BY_PMO)
    def read(ask: Asked, name: str) -> Response:
        told = "It is read at the next look, within seconds."
        return _do(ask, name, told, lambda: turns.read_soon(desk_of(ask), ask.actor, name))

    @pages.post("/connections/{name}/census", BY_PMO)
    def census(ask: Asked, name: str) -> Response:
        told = "Its census is taken at the next look, within seconds."
        return _do(ask, name, told, lambda: turns.census_soon(desk_of(ask), ask.actor, name))

    @pages.post("/connections/{name}/accept", BY_PMO)
    def accept(ask: Asked, name: str) -> Response:
        head = head_of(ask, name)
        run = ask.form.text("run", 20)
        with ask.reading() as connection:
            waiting = views.held(connection, head.line.id) if head.line.id is not None else []
        if run not in {str(each.run_id) for each in waiting}:
            raise Refusal(
                409, "That census holds nothing any more: it was accepted, or a later one has "
                "found otherwise. Look at the connection anew."
            )  # fmt: skip

        def act() -> None:
            commands.accept_census(ask.engine, int(run), by=ask.actor)
            turns.census_soon(desk_of(ask), ask.actor, name)

        told = "Accepted. Each item is looked at once more and retired by the next census."
        return _do(ask, name, told, act)


def _life(pages: Pages) -> None:
    """Switched on and off, removed, purged."""

    @pages.post("/connections/{name}/switch", BY_ADMIN)
    def switch(ask: Asked, name: str) -> Response:
        on = ask.form.text("on") == "yes"
        version = version_of(ask)

        def act() -> None:
            connection_commands.enable(desk_of(ask), ask.actor, name, on=on, version=version)
            ask.console.changed()

        told = "It is read from now on." if on else "It is not read any more; its records stay."
        return _do(ask, name, told, act)

    @pages.post("/connections/{name}/remove", BY_ADMIN)
    def remove(ask: Asked, name: str) -> Response:
        _check_typed(ask, name)
        version = version_of(ask)

        def act() -> None:
            connection_commands.take_away(desk_of(ask), ask.actor, name, version=version)
            ask.console.changed()

        head = head_of(ask, name)
        known = head.line.id is not None
        told = f"{name} is removed." + (" Its records stay until they are purged." if known else "")
        if head.spare:
            told = f"The console's entry is removed; what {head.place} says holds."
        return _do(ask, name, told, act, to=None if known or head.spare else "/connections")

    @pages.post("/connections/{name}/purge", BY_ADMIN)
    def purge(ask: Asked, name: str) -> Response:
        _check_typed(ask, name)
        told = f"All that was read of {name} is deleted."
        return _do(
            ask, name, told, to="/connections",
            act=lambda: connection_commands.purge_records(desk_of(ask), ask.actor, name),
        )  # fmt: skip


def _show(ask: Ask, head: Head, error: str | None = None, status: int = 200) -> Response:
    id = head.line.id
    whole = ask.signed_in.role != "manager"
    about, runs, held, counts, scopes, waiting = None, [], [], [], [], 0
    after = ask.request.query_params.get("after") if whole else None
    if id is not None:
        with ask.reading() as connection:
            about, runs = views.about(connection, id), views.runs(connection, id)
            if whole:
                held, waiting = views.held(connection, id), views.accepted(connection, id)
                counts = views.counts(connection, id)
                scopes = views.containers(connection, id, after)
    most = views.SCOPES_SHOWN + sum(not each.visible for each in scopes)
    configured = head.configured
    named: tuple[str, ...] = ()
    if head.entry is not None and ask.signed_in.role == "admin":  # who may remove it
        with ask.reading() as connection:
            named = naming(connection, ask.settings, ask.console.standards(), head.line.name, id)
    return ask.page(
        "connection.html.j2", status=status, head=head, about=about, runs=runs, held=held,
        counts=counts, scopes=scopes[:most], more=len(scopes) > most, after=after,
        named=named, waiting=waiting, whole=whole, error=error, kinds=kind_words,
        census=census_text(configured) if configured else None,
        holds=sorted({each.run_id for each in held}),
    )  # fmt: skip


KINDS = {"person": "people", "statusupdate": "reports", "slacycle": "service levels",
         "membership": "places on boards", "change": "changes of history"}  # fmt: skip
"""Kinds of records in words, where adding an s does not make them."""


def kind_words(kind: str, count: int) -> str:
    """What records of a kind are called."""
    return KINDS.get(kind, kind if count == 1 else f"{kind}s")


def _do(
    ask: Ask, name: str, told: str, act: Callable[[], object], to: str | None = None
) -> Response:
    """Do something about a connection; what speaks against it is shown on its page."""
    head = head_of(ask, name)
    try:
        act()
    except CommandError as error:
        return _show(ask, head, sentence(str(error)), 409)
    return ask.go(to or head.path, said=told)


def _check_typed(ask: Ask, name: str) -> None:
    if ask.form.text("typed", 100) != name:
        raise Refusal(
            422, f'Nothing was done: to be sure, the name "{name}" has to be typed exactly so.'
        )
