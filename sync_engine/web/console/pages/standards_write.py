"""Write a standard as a form: what is wrong is said beside each field, before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import drafts, standards
from sync_engine.configure.changes import ChangedMeanwhileError
from sync_engine.configure.drafts import UnreadableError
from sync_engine.rules import assist, facts
from sync_engine.settings.entry import Entry
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.library import Library
from sync_engine.web.console.pages.standards_packs import CHANGED, PACK, READ, own, text_of
from sync_engine.web.console.pages.standards_words import sentence
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages


def register(pages: Pages, library: Library) -> None:
    """Add the routes."""

    @pages.get("/standards/_new", READ)
    def begin(ask: Asked) -> Response:
        return _begin(ask, library)

    @pages.post("/standards/_new", CHANGED)
    def make(ask: Asked) -> Response:
        return _make(ask, library)

    @pages.get(f"{PACK}/write", READ)
    def form(ask: Asked, name: str, id: str = "") -> Response:
        return _form(ask, own(library, name)[1], id)

    @pages.post(f"{PACK}/write", CHANGED)
    def write(ask: Asked, name: str) -> Response:
        return _write(ask, library, name)

    @pages.post(f"{PACK}/drop", CHANGED)
    def drop(ask: Asked, name: str) -> Response:
        _, entry = own(library, name)
        try:
            text = drafts.without_standard(name, text_of(entry), ask.form.text("id"))
            version = library.version_of(ask)
            standards.save_draft(library.desk(), ask.actor, name, text, version=version)
        except (UnreadableError, CommandError) as error:
            raise Refusal(409, sentence(str(error))) from error
        library.took_up()
        return ask.go(f"/standards/_packs/{name}", said="It is taken out of the draft.")


def _begin(
    ask: Ask, library: Library, values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    mine = [shelf for shelf in library.catalogue().shelves if shelf.entry]
    return ask.page(
        "pack_new.html.j2", status=422 if errors else 200, mine=mine, values=values or {},
        errors=errors or {},
    )  # fmt: skip


def _make(ask: Ask, library: Library) -> Response:
    values = {at: ask.form.text(at) for at in ("name", "title")}
    name, errors = values["name"], {}
    if drafts.bad_name(name):
        errors["name"] = "Small letters, digits and single hyphens, at most 60: acme-release."
    elif library.catalogue().shelf(name) is not None:
        errors["name"] = f"There is a pack “{name}” already."
    if len(values["title"]) < drafts.SHORTEST_TITLE:
        errors["title"] = "Give it a title of three letters at least."
    if not errors:
        try:
            text = drafts.begin(**values)
            standards.save_draft(library.desk(), ask.actor, name, text, version=None)
        except CommandError as error:
            errors["name"] = sentence(str(error))
    if errors:
        return _begin(ask, library, values, errors)
    library.took_up()
    return ask.go(f"/standards/_packs/{name}/write")


def _form(ask: Ask, entry: Entry, id: str) -> Response:
    name, text = entry.name, text_of(entry)
    try:
        held = drafts.data_of(name, text).get("standards") or ()
    except UnreadableError:
        return ask.go(f"/standards/_packs/{name}/yaml")
    if not id:
        first = {field.name: str(field.default) for field in drafts.FIELDS if field.default}
        return _page(ask, _Sheet(entry, first))
    standard = next((each for each in held if str(each.get("id")) == id), None)
    if standard is None:
        raise missing()
    told = drafts.problems_by_standard(name, text, standards.check_pack(name, text)).get(id, {})
    sheet = _Sheet(entry, drafts.shown(standard), id)
    return _page(ask, sheet, told, status=200, odd=_odd(name, text, id))


def _odd(name: str, text: str, id: str) -> list[str]:
    """What works in a standard of a pack's text and is certainly not meant."""
    odd = standards.oddities(name, text)
    return list(drafts.problems_by_standard(name, text, odd).get(id, {}).values())


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A standard's form.

    Args:
        before: the id of the standard that it changes; "": a new one.
        version: of the pack as it was shown; None: as it is.
        spare: rows for further parameters.
    """

    entry: Entry
    values: Mapping[str, str]
    before: str = ""
    version: int | None = None
    spare: int = 1


def _write(ask: Ask, library: Library, name: str) -> Response:
    _, entry = own(library, name)
    step = ask.form.text("step")
    sheet = _Sheet(
        entry, _fields(ask), ask.form.text("before"), library.version_of(ask),
        2 if step == "row" else 1,
    )  # fmt: skip
    if step in ("row", "facts"):
        return _page(ask, sheet, status=200)
    standard, text, errors = _read(sheet)
    if errors:
        return _page(ask, sheet, errors)
    problems = standards.check_pack(name, text)
    told = drafts.problems_by_standard(name, text, problems).get(str(standard["id"]), {})
    if step == "check" or told:
        odd = _odd(name, text, str(standard["id"]))
        return _page(ask, sheet, told, fine=not told, odd=odd)
    try:
        desk = library.desk()
        standards.save_draft(desk, ask.actor, name, text, version=sheet.version)
    except ChangedMeanwhileError as error:
        now = _Sheet(own(library, name)[1], sheet.values, sheet.before)
        return _page(ask, now, {"": str(error)}, status=409)
    library.took_up()
    said = f"“{standard['title']}” is in the draft. See what it would do, then publish it."
    return ask.go(f"/standards/_packs/{name}", said=said)


def _read(sheet: _Sheet) -> tuple[dict[str, Any], str, dict[str, str]]:
    """The standard that a form says, the pack's text with it, and what is wrong."""
    name, before = sheet.entry.name, text_of(sheet.entry)
    try:
        held = drafts.data_of(name, before).get("standards") or ()
    except UnreadableError as error:
        raise Refusal(409, f"The draft cannot be read as YAML: {error}. Mend it there.") from error
    old: Mapping[str, Any] = next((each for each in held if each.get("id") == sheet.before), {})
    standard, errors = drafts.read_standard(sheet.values, old)
    if errors:
        return standard, before, errors
    try:
        return standard, drafts.with_standard(name, before, standard, sheet.before or None), {}
    except ValueError as error:
        return standard, before, {"id": str(error)}


def _fields(ask: Ask) -> dict[str, str]:
    """The fields of the form, its parameters' rows included."""
    values = {field.name: ask.form.text(field.name) for field in drafts.FIELDS}
    for number in range(drafts.MOST_PARAMS):
        names = [f"params.{number}.{field.name}" for field in drafts.PARAM_FIELDS]
        row = {at: ask.form.text(at) for at in names}
        if any(value for at, value in row.items() if not at.endswith(".type")):
            values |= row
    return values


def _page(
    ask: Ask, sheet: _Sheet, errors: Mapping[str, str] | None = None, *, fine: bool = False,
    status: int | None = None, odd: Sequence[str] = (),
) -> Response:  # fmt: skip
    values = sheet.values
    subject = values.get("subject") if values.get("subject") in facts.SUBJECTS else "task"
    params = drafts.param_types(values)
    taken = sorted({int(at.split(".")[1]) for at in values if at.startswith("params.")})
    free = [number for number in range(drafts.MOST_PARAMS) if number not in taken]
    troubles = {
        at: wrong for at in drafts.CONDITIONS
        if values.get(at) and (wrong := assist.trouble(values[at], str(subject), params))
    }  # fmt: skip
    return ask.page(
        "standard_write.html.j2", status=status or (422 if errors else 200), entry=sheet.entry,
        name=sheet.entry.name, fields=drafts.FIELDS, param_fields=drafts.PARAM_FIELDS,
        values=values, errors={at: sentence(why) for at, why in (errors or {}).items()},
        troubles=troubles, before=sheet.before, subject=subject, params=params,
        rows=[*taken, *free[: sheet.spare]], subjects=facts.SUBJECTS, fine=fine,
        odd=[sentence(each) for each in odd],
        version=sheet.entry.version if sheet.version is None else sheet.version,
        known=facts.of(str(subject)).values(),
    )  # fmt: skip
