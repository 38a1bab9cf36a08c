"""What a connection's status words and custom fields mean: shown on samples, and mapped anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from fastapi import Response
from pydantic import ValidationError

from connectors.sdk.records import Status
from sync_engine.admin_map import MAPPABLE_FIELDS
from sync_engine.commands import CommandError
from sync_engine.configure import connections as commands
from sync_engine.settings.models import Mapping
from sync_engine.views import connection as views
from sync_engine.vocabulary import Listing, NothingToMapError
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import desk_of, errors_of, version_of
from sync_engine.web.console.needs import PMO, Needs
from sync_engine.web.console.pages.connection import Head, head_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

STATUSES: tuple[Status, ...] = get_args(Status)
OURS = tuple(sorted(MAPPABLE_FIELDS))
MOST = 900


@dataclass(frozen=True, slots=True)
class WordRow:
    """A status word in the form. `chosen`: what the admin says; "": nothing."""

    word: str
    by_tool: Status | None
    chosen: str
    samples: tuple[str, ...]
    seen: bool


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A custom field in the form. `fills`: what the tool's own mapping fills from it."""

    name: str
    type: str
    fills: str | None
    samples: tuple[str, ...]


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/connections/{name}/words", Needs(PMO, "whole"))
    def show(ask: Asked, name: str) -> Response:
        return _page(ask, head_of(ask, name))

    @pages.post("/connections/{name}/words/ask", Needs(PMO, "whole", changes=True))
    def look(ask: Asked, name: str) -> Response:
        head = head_of(ask, name)
        if head.configured is None:
            raise missing()
        try:
            listing = commands.vocabulary(desk_of(ask), name)
        except NothingToMapError as error:
            return _page(ask, head, error=str(error))
        told = " ".join(filter(None, (f"{each.message} {each.remedy}" for each in listing.troubles
                                      if each.stops)))  # fmt: skip
        return _page(ask, head, listing, told or None)

    @pages.post("/connections/{name}/words", Needs(PMO, "whole", changes=True))
    def save(ask: Asked, name: str) -> Response:
        head = head_of(ask, name)
        if head.entry is None:
            raise missing()
        try:
            commands.map_words(
                desk_of(ask), ask.actor, name, status=_words(ask), fields=_fields(ask),
                version=version_of(ask),
            )  # fmt: skip
        except CommandError as error:
            status, errors = errors_of((), error)
            return _page(ask, head, error=" ".join(errors.values()), status=status, typed=True)
        ask.console.changed()
        back = "/setup" if ask.form.text("back") == "/setup" else f"{head.path}/words"
        return ask.go(back, said="Kept. What is stored is mapped again by itself, within a turn; "
                      "the tool is not asked.")  # fmt: skip


def _words(ask: Ask) -> dict[str, str]:
    """What the form says of status words; where nothing is chosen, the tool's word holds."""
    words, means = ask.form.all("word"), ask.form.all("means")
    if len(words) != len(means) or len(words) > MOST:
        raise Refusal(400, "The form is not as its page sends it. Open the page anew.")
    if unknown := [each for each in means if each and each not in STATUSES]:
        raise Refusal(
            400,
            f'A status word means todo, in_progress, done or cancelled, not "{unknown[0][:40]}".',
        )
    return {word: meaning for word, meaning in zip(words, means, strict=True) if meaning}


def _chosen(ask: Ask) -> dict[str, str]:
    """What the form says of our fields."""
    return {ours: held for ours in OURS if (held := ask.form.text(f"field.{ours}", 500))}


def _fields(ask: Ask) -> dict[str, str]:
    found = _chosen(ask)
    for line in ask.form.text("facts").splitlines():
        ours, mark, theirs = (each.strip() for each in line.partition("="))
        if not line.strip():
            continue
        if not mark or not ours or not theirs:
            raise CommandError(
                f'a fact of your own is written "name = field"; read "{line.strip()[:80]}"'
            )
        if ours in MAPPABLE_FIELDS:
            raise CommandError(f'"{ours}" is chosen above, not written here')
        found[ours] = theirs
    return found


def _page(
    ask: Ask, head: Head, listing: Listing | None = None, error: str | None = None,
    status: int = 200, *, typed: bool = False,
) -> Response:  # fmt: skip
    """The page. `typed`: with what was chosen and written, instead of what is kept."""
    found = views.Vocabulary((), (), (), 0)
    if head.line.id is not None:
        with ask.reading() as connection:
            found = views.vocabulary(connection, head.line.id)
    mapping = _mapping(head)
    said: dict[str, Any] = dict(mapping.status)
    fields = dict(mapping.fields)
    facts = [f"{key} = {value}" for key, value in fields.items() if key not in MAPPABLE_FIELDS]
    if typed:
        said, fields, facts = _words(ask), _chosen(ask), ask.form.text("facts").splitlines()
    rows = _field_rows(found, listing)
    return ask.page(
        "connection_words.html.j2", status=status, head=head, found=found, error=error,
        listing=listing, words=_word_rows(found, listing, said), fields=rows,
        names=sorted({row.name for row in rows} | set(fields.values()), key=str.casefold),
        ours=OURS, held=fields, statuses=STATUSES,
        facts=facts, back=ask.request.query_params.get("back", "") or ask.form.text("back"),
    )  # fmt: skip


def _mapping(head: Head) -> Mapping:
    """What is said so far; nothing, where what is said cannot be understood."""
    if head.configured is not None:
        return head.configured.mapping
    try:
        said = head.entry.document.get("mapping") if head.entry else None
        return Mapping.model_validate(said or {})
    except ValidationError:
        return Mapping()


def _word_rows(
    found: views.Vocabulary, listing: Listing | None, chosen: dict[str, Any]
) -> list[WordRow]:
    said = {word.casefold(): means for word, means in chosen.items()}
    rows = {
        each.word.casefold(): WordRow(
            each.word, each.means if each.by == "tool" else None,
            said.get(each.word.casefold(), ""),            each.samples, True,
        )
        for each in found.words
    }  # fmt: skip
    for line in listing.status if listing else ():
        rows.setdefault(
            line.word.casefold(),
            WordRow(line.word, line.means if line.by == "tool" else None,
                    said.get(line.word.casefold(), ""), (), line.seen),
        )  # fmt: skip
    for word in chosen:
        rows.setdefault(word.casefold(), WordRow(word, None, said[word.casefold()], (), False))
    return list(rows.values())


def _field_rows(found: views.Vocabulary, listing: Listing | None) -> list[FieldRow]:
    samples = {each.name.casefold(): each for each in found.columns}
    rows = {key: FieldRow(each.name, "", None, each.samples) for key, each in samples.items()}
    for line in (listing.fields if listing else None) or ():
        held = samples.get(line.name.casefold())
        rows[line.name.casefold()] = FieldRow(
            line.name, line.type, line.fills, held.samples if held else ()
        )
    return sorted(rows.values(), key=lambda row: row.name.casefold())
