"""Tune a standard: a form, then what it would change, then it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import standards
from sync_engine.configure.changes import ChangedMeanwhileError, InvalidError
from sync_engine.configure.forms import Field, by_field, of_standard, read, shown
from sync_engine.rules import assist
from sync_engine.settings.models import StandardSetting
from sync_engine.views.catalogue import Card
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.library import Library
from sync_engine.web.console.needs import PMO, Needs
from sync_engine.web.console.pages.standards_words import sentence
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

READ = Needs(PMO, "whole")
CHANGED = Needs(PMO, "whole", changes=True)
OFF = "Its pack is switched off. Switch the pack on first, then it can be tuned."


def register(pages: Pages, library: Library) -> None:
    """Add the routes."""

    @pages.get("/standards/{id}/tune", READ)
    def form(ask: Asked, id: str) -> Response:
        return _form(ask, _card(library, id))

    @pages.post("/standards/{id}/tune", CHANGED)
    def tune(ask: Asked, id: str) -> Response:
        return _tune(ask, library, id)

    @pages.post("/standards/{id}/reset", CHANGED)
    def reset(ask: Asked, id: str) -> Response:
        card, version = _card(library, id), library.version_of(ask)
        if version is None:
            raise Refusal(409, "Nothing is set of it, so there is nothing to take back.")
        try:
            standards.reset_standard(library.desk(), ask.actor, id, version=version)
        except CommandError as error:
            return _form(ask, card, None, {"": str(error)}, status=409)
        library.took_up()
        return ask.go(f"/standards/{id}", said="It is again as its pack says.")


def _card(library: Library, id: str) -> Card:
    card = library.catalogue().cards.get(id)
    if card is None:
        raise missing()
    if not card.pack_on:
        raise Refusal(409, OFF)
    if card.said_in:
        raise Refusal(409, f"What is set of it stands in {card.said_in}. Change it there.")
    return card


def _tune(ask: Ask, library: Library, id: str) -> Response:
    card, version = _card(library, id), library.version_of(ask)
    fields = fields_of(card)
    given = {field.name: ask.form.text(field.name) for field in fields}
    document, errors = read(fields, given)
    try:
        _check_turn(card, version)
        if errors:
            return _form(ask, card, given, errors, version=version)
        document, desk = _different(card, document), library.desk()
        if ask.form.text("step") != "save":
            prospect = standards.preview_setting(desk, id, document or None)
            return ask.page("standard_preview.html.j2", card=card, given=given, prospect=prospect,
                            version=version)  # fmt: skip
        if document:
            standards.set_standard(desk, ask.actor, id, document, version=version)
        elif version is not None:
            standards.reset_standard(desk, ask.actor, id, version=version)
    except ChangedMeanwhileError as error:
        return _form(ask, _card(library, id), given, {"": str(error)}, status=409)
    except InvalidError as error:
        told = by_field(fields, _placed(fields, error.fields))
        return _form(ask, card, given, told, version=version)
    library.took_up()
    return ask.go(f"/standards/{id}", said="Saved. It counts from the next assessment on.")


def fields_of(card: Card) -> tuple[Field, ...]:
    """What may be set of a standard."""
    return of_standard(card.member.entry)


def values_of(card: Card) -> dict[str, Any]:
    """What stands in its form at first: what is in force."""
    document: dict[str, Any] = {
        "enabled": card.standard.enabled, "severity": card.standard.severity,
        "scope": card.standard.scope_text or None,
        "params": {name: param.value for name, param in card.standard.params.items()},
    }  # fmt: skip
    return shown(fields_of(card), document)


def _different(card: Card, document: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the pack: only that is kept, so that a newer pack may bring the rest."""
    own = shown(fields_of(card), StandardSetting.model_validate(
        {"enabled": card.member.entry.enabled, "severity": card.member.entry.severity,
         "scope": card.member.entry.scope,
         "params": {name: param.default for name, param in card.member.entry.params.items()}}
    ).model_dump())  # fmt: skip
    given = shown(fields_of(card), document)
    found: dict[str, Any] = {}
    for name, value in given.items():
        if own.get(name) == value or " ".join(str(own.get(name)).split()) == value:
            continue
        if name.startswith("params."):
            key = name.removeprefix("params.")
            found.setdefault("params", {})[key] = document["params"][key]
        else:
            found[name] = document[name]
    return found


def _check_turn(card: Card, version: int | None) -> None:
    if card.version != version:
        who = f" by {card.entry.changed_by}" if card.entry else ""
        raise ChangedMeanwhileError(f"it was changed meanwhile{who}; below is what holds now, with "
                                    "what you typed; look at both, then go on")  # fmt: skip


def _placed(fields: tuple[Field, ...], errors: Mapping[str, str]) -> dict[str, str]:
    """Errors of the whole that name a parameter or the scope, given to their fields."""
    found = {}
    for at, why in errors.items():
        name = at
        if not at:
            name = next(
                (field.name for field in fields if field.name.startswith("params.")
                 and f'"{field.name.removeprefix("params.")}"' in why),
                "scope" if why.startswith("scope, ") else "",
            )  # fmt: skip
        found[name] = why.removeprefix("scope, ")
    return found


def _form(
    ask: Ask, card: Card, given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None, *, status: int | None = None,
    version: int | None = None,
) -> Response:  # fmt: skip
    values = given if given is not None else values_of(card)
    params = {name: param.type for name, param in card.member.entry.params.items()}
    scope = values.get("scope") or ""
    trouble = assist.trouble(scope, card.standard.subject, params) if scope else None
    said = {at: sentence(why) for at, why in (errors or {}).items()}
    return ask.page(
        "standard_tune.html.j2", status=status or (422 if errors else 200), card=card,
        fields=fields_of(card), values=values, errors=said, trouble=trouble,
        version=card.version if version is None or status == 409 else version, params=params,
    )  # fmt: skip
