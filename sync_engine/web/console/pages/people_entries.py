"""The people file in the console: who leads whom, what people can take on, when they are away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response
from fastapi.responses import PlainTextResponse

from sync_engine.configure import export, forms
from sync_engine.configure.people import remove_person, set_person
from sync_engine.settings import SettingsError, people_of_file
from sync_engine.settings.entry import Entry
from sync_engine.settings.people_file import PersonEntry
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import PMO, Needs
from sync_engine.web.console.pages.configured import done, take, version_of
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages

SEES = Needs(PMO, "none")
CHANGES = Needs(PMO, "none", changes=True)
PEOPLE = "/settings/people"
FORM = forms.form_of(PersonEntry)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get(PEOPLE, SEES)
    def show(ask: Asked) -> Response:
        configuration = ask.console.configuration()
        file = configuration.file or configuration
        broken: str | None = None
        of_file: tuple[PersonEntry, ...] = ()
        try:
            of_file = people_of_file(configuration).people
        except SettingsError as error:
            broken = str(error)
        return ask.page(
            "people_entries.html.j2", of_file=of_file, broken=broken, file=file.settings.people,
            held=list(configuration.of_kind("person")),
            left_out=[each for each in configuration.left_out if each.kind == "person"],
        )  # fmt: skip

    _register_changes(pages)


def _register_changes(pages: Pages) -> None:
    """Adding, changing, taking back."""

    @pages.get(f"{PEOPLE}/form", SEES)
    def form(ask: Asked, key: str = "") -> Response:
        if not key:
            return _form(ask, "", {}, {}, None)
        entry = _entry(ask, key)
        return _form(ask, key, forms.shown(FORM, entry.document), {}, entry.version)

    @pages.post(f"{PEOPLE}/form", CHANGES)
    def save(ask: Asked) -> Response:
        key, version = ask.form.text("key", 400), version_of(ask)

        def write(document: dict[str, Any]) -> object:
            return set_person(
                ask.desk, ask.actor, document, key=("person", key) if version else None,
                version=version,
            )  # fmt: skip

        def again(values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
            return _form(ask, key, values, errors, version, status=422)

        return take(ask, FORM, write, again) or ask.go(
            PEOPLE, said=f"{ask.form.text('name', 200)} is saved."
        )

    @pages.post(f"{PEOPLE}/remove", CHANGES)
    def remove(ask: Asked) -> Response:
        key, version = ask.form.text("key", 400), version_of(ask)
        if version is None:
            raise missing()
        done(ask, lambda: remove_person(ask.desk, ask.actor, ("person", key), version=version))
        return ask.go(PEOPLE, said="What was said of this person is taken back.")

    @pages.get(f"{PEOPLE}/yaml", SEES)
    def as_yaml(ask: Asked, key: str = "") -> Response:
        return PlainTextResponse(export.entry(_entry(ask, key))) if key else ask.go(PEOPLE)


def _entry(ask: Ask, key: str) -> Entry:
    held = ask.console.configuration().of_kind("person")
    found = next((each for each in held if each.name == key), None)
    if found is None:
        raise missing()
    return found


def _form(
    ask: Ask, key: str, values: Mapping[str, Any], errors: Mapping[str, str], version: int | None,
    status: int = 200,
) -> Response:  # fmt: skip
    return ask.page(
        "person_form.html.j2", status=status, key=key, form=FORM, values=values, errors=errors,
        version=version, spare=len(values.get("leave") or ()),
    )  # fmt: skip
