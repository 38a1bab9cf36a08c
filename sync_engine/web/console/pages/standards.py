"""The standards: which there are, how each fares, and the packs they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import export, standards
from sync_engine.configure.standards import Prospect
from sync_engine.digest.text import plural
from sync_engine.rules.entries import shown_param
from sync_engine.rules.standards import said_in_general
from sync_engine.views import standards as view
from sync_engine.views.catalogue import Card, Catalogue, Shelf
from sync_engine.views.standards import Fared
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.library import Library
from sync_engine.web.console.needs import ALL, PMO, Needs
from sync_engine.web.console.pages import (
    standards_language,
    standards_packs,
    standards_tune,
    standards_write,
)
from sync_engine.web.console.pages.standards_words import changes_in_words, sentence
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages

SHOWN = Needs(ALL, "visible")
CHANGED = Needs(PMO, "whole", changes=True)
SHOW = (("", "All"), ("on", "Switched on"), ("off", "Switched off"), ("flagged", "With flags"),
        ("blind", "Not assessable in part"), ("set", "Set otherwise than the pack"))  # fmt: skip


def register(pages: Pages) -> None:
    """Add the routes."""
    library = Library(pages.console)
    pages.menu("Standards", "/standards", SHOWN)

    @pages.get("/standards", SHOWN)
    def listed(ask: Asked, q: str = "", show: str = "") -> Response:
        known = library.catalogue()
        with ask.reading() as connection:
            found = view.fared(connection, ask.visible(connection), ask.moment.today)
        shelves = _chosen(known, found, q.strip(), show)
        return ask.page(
            "standards.html.j2", known=known, found=found, shelves=shelves, q=q.strip(),
            show=show if show in dict(SHOW) else "", choices=SHOW, lead=headline(known, found),
            may=may_change(ask),
        )  # fmt: skip

    # What is not a standard begins with what no standard's id can begin with.
    standards_language.register(pages)
    standards_write.register(pages, library)
    standards_packs.register(pages, library)

    @pages.post("/standards/_switch", CHANGED)
    def switch(ask: Asked) -> Response:
        return _switch(ask, library)

    standards_tune.register(pages, library)

    @pages.get("/standards/{id}", SHOWN)
    def one(ask: Asked, id: str) -> Response:
        return _one(ask, library.catalogue(), id)


def _one(ask: Ask, known: Catalogue, id: str) -> Response:
    card = known.cards.get(id)
    if card is None:
        raise missing()
    with ask.reading() as connection:
        visible = ask.visible(connection)
        found = view.fared(connection, visible, ask.moment.today, id)
        day = found.assessed.day if found.assessed else None
        values: dict[str, Any] = {
            "flags": view.flagged(connection, visible, id),
            "blind": view.blind(connection, visible, card.standard, day),
            "steps": view.history(connection, ("standard",), id),
            "suspect": view.suspect(connection, id),
        }
    return ask.page(
        "standard.html.j2", card=card, shelf=known.shelf(card.pack), found=found,
        others=[each for each in known.shelves_with(id) if each.name != card.pack],
        says=said_in_general(card.standard), params=parameters(card), changes=changes_in_words,
        counts=found.now.get(id), weeks=found.weeks.get(id, ()), may=may_change(ask),
        yaml=export.entry(card.entry) if card.entry else None, **values,
    )  # fmt: skip


def _switch(ask: Ask, library: Library) -> Response:
    name, on = ask.form.text("pack"), ask.form.text("on") == "yes"
    shelf = library.catalogue().shelf(name)
    if shelf is None:
        raise missing()
    desk, version = library.desk(), library.version_of(ask)
    try:
        if ask.form.text("step") != "save":
            prospect = standards.preview_switch(desk, name, on=on)
            return _ask_about_switch(ask, shelf, on=on, prospect=prospect)
        standards.switch_pack(desk, ask.actor, name, on=on, version=version)
    except CommandError as error:
        return _ask_about_switch(ask, shelf, on=on, error=sentence(str(error)))
    library.took_up()
    done = "on: its standards are assessed from now on" if on else "off"
    return ask.go("/standards", said=f"The pack “{shelf.title}” is {done}.")


def may_change(ask: Ask) -> bool:
    """Whether the reader may change standards."""
    return ask.signed_in.role in PMO and ask.console.demo is None


def headline(known: Catalogue, found: Fared) -> str:
    """How many hold, and how they fare."""
    on = [card for card in known.cards.values() if card.on]
    packs = sum(shelf.on for shelf in known.shelves)
    told = f"{plural(len(on), 'standard')} of {plural(packs, 'pack')} "
    told += f"{'is' if len(on) == 1 else 'are'} switched on."
    if found.assessed is None:
        return f"{told} Nothing has been assessed yet."
    counts = [found.now[card.id] for card in on if card.id in found.now]
    broken = sum(1 for each in counts if each.flagged)
    blind = sum(1 for each in counts if not each.checks and each.unknown)
    clean = sum(1 for each in counts if each.checks and not each.flagged)
    told += f" {broken:,} flag something, {clean:,} are met by all that could be assessed"
    return f"{told}, {blind:,} could be assessed nowhere." if blind else f"{told}."


def _chosen(known: Catalogue, found: Fared, q: str, show: str) -> list[tuple[Shelf, list[Card]]]:
    """The packs with those of their standards that are looked for."""
    words = q.casefold().split()

    def fits(card: Card) -> bool:
        standard, counts = card.standard, found.now.get(card.id)
        text = " ".join(
            (standard.id, standard.title, standard.why, standard.subject, standard.ref or "",
             standard.flag_text, standard.source, card.pack)
        ).casefold()  # fmt: skip
        kinds: Mapping[str, bool] = {
            "on": card.on, "off": not card.on, "set": card.setting is not None,
            "flagged": card.on and bool(counts and counts.flagged),
            "blind": card.on and bool(counts and counts.unknown),
        }  # fmt: skip
        return all(word in text for word in words) and kinds.get(show, True)

    chosen = [(shelf, [card for card in shelf.cards if fits(card)]) for shelf in known.shelves]
    narrowed = bool(words or show)
    return [(shelf, cards) for shelf, cards in chosen if cards or not narrowed]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in words; `own` is the pack's value where another is set."""

    name: str
    help: str
    value: str
    own: str | None
    bounds: str


def parameters(card: Card) -> list[Parameter]:
    """The parameters of a standard with their units and bounds."""
    found = []
    for name, param in card.standard.params.items():
        declared = card.member.entry.params[name]
        value, own = shown_param(param), shown_param(card.member.standard.params[name])
        low = 0 if declared.min is None else declared.min
        bounds = "any text"
        if declared.type != "text":
            high = "no upper bound" if declared.max is None else f"at most {declared.max:g}"
            bounds = f"at least {low:g}, {high}"
        found.append(
            Parameter(
                name.replace("_", " "), declared.help or f"In {declared.type}.", value,
                own if own != value else None, bounds,
            )
        )  # fmt: skip
    return found


def _ask_about_switch(
    ask: Ask, shelf: Shelf, *, on: bool, prospect: Prospect | None = None, error: str | None = None
) -> Response:
    return ask.page(
        "standards_switch.html.j2", status=409 if error else 200, shelf=shelf, on=on,
        prospect=prospect, error=error,
    )  # fmt: skip
