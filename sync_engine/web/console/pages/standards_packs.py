"""Packs of one's own: their drafts as YAML, what publishing would do, their versions."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import drafts, standards
from sync_engine.configure.changes import ChangedMeanwhileError
from sync_engine.configure.drafts import UnreadableError
from sync_engine.digest.text import plural
from sync_engine.rules.differences import Difference
from sync_engine.settings.entry import Entry
from sync_engine.settings.source import Problem, SettingsError
from sync_engine.views import standards as view
from sync_engine.views.catalogue import Shelf
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.library import Library
from sync_engine.web.console.needs import PMO, Needs
from sync_engine.web.console.pages.standards_words import changes_in_words, sentence
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages

READ = Needs(PMO, "whole")
CHANGED = Needs(PMO, "whole", changes=True)
PACK = "/standards/_packs/{name}"
LONGEST = 400_000
"""Characters of a pack's text."""


def register(pages: Pages, library: Library) -> None:
    """Add the routes."""
    _register_shown(pages, library)

    @pages.post(f"{PACK}/yaml", CHANGED)
    def save_yaml(ask: Asked, name: str) -> Response:
        return _save_yaml(ask, library, name)

    @pages.post(f"{PACK}/preview", CHANGED)
    def preview(ask: Asked, name: str) -> Response:
        shelf, entry = own(library, name)
        try:
            prospect = standards.preview_pack(library.desk(), name, text_of(entry))
        except CommandError as error:
            return _page(ask, library, shelf, entry, error=sentence(str(error)))
        return ask.page("pack_preview.html.j2", shelf=shelf, entry=entry, prospect=prospect)

    @pages.post(f"{PACK}/publish", CHANGED)
    def publish(ask: Asked, name: str) -> Response:
        return _publish(ask, library, name)

    @pages.post(f"{PACK}/remove", CHANGED)
    def remove(ask: Asked, name: str) -> Response:
        shelf, entry = own(library, name)
        version = library.version_of(ask) or 0
        try:
            standards.remove_pack(library.desk(), ask.actor, name, version=version)
        except CommandError as error:
            return _page(ask, library, shelf, entry, error=sentence(str(error)))
        library.took_up()
        return ask.go("/standards", said=f"The pack “{shelf.title}” is removed.")


def _register_shown(pages: Pages, library: Library) -> None:
    @pages.get(PACK, READ)
    def pack(ask: Asked, name: str) -> Response:
        return _page(ask, library, *own(library, name))

    @pages.get(f"{PACK}/yaml", READ)
    def as_yaml(ask: Asked, name: str) -> Response:
        _, entry = own(library, name)
        text = text_of(entry)
        return _yaml_form(ask, entry, text, standards.check_pack(name, text))

    @pages.get(f"{PACK}/versions/{{number}}", READ)
    def version(ask: Asked, name: str, number: int) -> Response:
        held = {each.number: each for each in standards.history(library.desk(), name)}
        if number not in held:
            raise missing()
        before = held.get(number - 1)
        diff: tuple[Difference, ...] = ()
        told = None
        try:
            if before is not None:
                diff = standards.diff(name, before.text, held[number].text)
        except SettingsError as error:  # it speaks of facts or packs that are gone since
            told = sentence(error.problems[0].message)
        return ask.page(
            "pack_version.html.j2", name=name, version=held[number], before=before, diff=diff,
            told=told,
        )  # fmt: skip

    @pages.get(f"{PACK}/export", READ)
    def export(name: str) -> Response:
        _, entry = own(library, name)
        headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
        text = entry.document.get("text") or text_of(entry)
        return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


def own(library: Library, name: str) -> tuple[Shelf, Entry]:
    """A pack of one's own. Raises `Refusal`: there is none."""
    shelf = library.catalogue().shelf(name)
    if shelf is None or shelf.entry is None:
        raise missing()
    return shelf, shelf.entry


def text_of(entry: Entry) -> str:
    """What is worked on: the draft, else what is published."""
    draft = entry.document.get("draft")
    return str(entry.document.get("text") or "" if draft is None else draft)


def _save_yaml(ask: Ask, library: Library, name: str) -> Response:
    _, entry = own(library, name)
    text, version = ask.form.text("text", LONGEST).replace("\r\n", "\n"), library.version_of(ask)
    text = f"{text}\n"
    if ask.form.text("step") == "check":
        problems = standards.check_pack(name, text)
        return _yaml_form(ask, entry, text, problems, version=version, checked=True)
    try:
        _, problems = standards.save_draft(library.desk(), ask.actor, name, text, version=version)
    except ChangedMeanwhileError as error:
        _, entry = own(library, name)
        return _yaml_form(ask, entry, text, [Problem(str(error))], status=409)
    library.took_up()
    said = "The draft is kept."
    if problems:
        wrong = plural(len(problems), "thing is", "things are")
        said += f" It cannot be published yet: {wrong} wrong."
    return ask.go(f"/standards/_packs/{name}", said=said)


def _publish(ask: Ask, library: Library, name: str) -> Response:
    shelf, _ = own(library, name)
    desk, version = library.desk(), library.version_of(ask) or 0
    put_on = ask.form.text("on") == "yes" and not shelf.on
    try:
        note = ask.form.text("note", 500) or None
        standards.publish(desk, ask.actor, name, version=version, note=note)
        library.took_up()
        if put_on:
            standards.switch_pack(desk, ask.actor, name, on=True, version=shelf.choice)
    except CommandError as error:
        return _page(ask, library, *own(library, name), error=sentence(str(error)))
    library.took_up()
    when = "and counts from the next assessment on" if shelf.on or put_on else (
        "and counts once the pack is switched on"
    )  # fmt: skip
    return ask.go(f"/standards/_packs/{name}", said=f"It is published, {when}.")


def _yaml_form(
    ask: Ask, entry: Entry, text: str, problems: Sequence[Problem], *, version: int | None = None,
    checked: bool = False, status: int = 200,
) -> Response:  # fmt: skip
    return ask.page(
        "pack_yaml.html.j2", status=status, entry=entry, name=entry.name, text=text,
        problems=problems, odd=standards.oddities(entry.name, text),
        version=entry.version if version is None else version, checked=checked,
    )  # fmt: skip


def _page(
    ask: Ask, library: Library, shelf: Shelf, entry: Entry, *, error: str | None = None
) -> Response:
    name, text = entry.name, text_of(entry)
    problems = standards.check_pack(name, text)
    unreadable = False
    try:
        held = drafts.data_of(name, text).get("standards") or ()
    except UnreadableError:
        held, unreadable = (), True
    with ask.reading() as connection:
        steps = view.history(connection, ("pack", "draft of a pack"), name)
    return ask.page(
        "pack.html.j2", status=409 if error else 200, shelf=shelf, entry=entry, name=name,
        held=held, unreadable=unreadable, problems=problems, error=error, steps=steps,
        odd=standards.oddities(name, text),
        wrong=drafts.problems_by_standard(name, text, problems), changes=changes_in_words,
        versions=standards.history(library.desk(), name),
    )  # fmt: skip
