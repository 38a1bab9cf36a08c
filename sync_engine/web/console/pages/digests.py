"""Digests: who is told what and when, what was delivered; adding, changing, taking away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import Response
from fastapi.responses import PlainTextResponse

from sync_engine.commands import CommandError
from sync_engine.configure import entries, export, forms
from sync_engine.configure.changes import InvalidError
from sync_engine.digest import outbox
from sync_engine.digest.text import plural
from sync_engine.settings.digests import Digest
from sync_engine.settings.entry import LeftOut
from sync_engine.views.digests import (
    STATES,
    Sought,
    attempts,
    deliveries,
    delivery,
    left,
    parked,
    subscribed,
)
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ALL, PMO, Needs
from sync_engine.web.console.pages import channels
from sync_engine.web.console.pages.configured import done, take, version_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import Number

SEES = Needs(ALL, "visible")
WRITES = Needs(PMO, "none", changes=True)
NAME = forms.Field(
    name="name", label="Name", kind="text", required=True,
    help="What you call it; it tells this digest from others.",
)  # fmt: skip
FORM = tuple(field for field in forms.form_of(Digest) if field.name != "name")
LOG = "/digests/log"
REACHED = (
    "How it reaches people. A channel with a name is told once, whole, for all who read it; a "
    "digest that goes there only needs no recipients."
)


def register(pages: Pages) -> None:
    """Add the routes."""
    pages.menu("Digests", "/digests", SEES)

    @pages.get("/digests", SEES)
    def show(ask: Asked) -> Response:
        with ask.reading() as connection:
            visible = ask.visible(connection)
            found = subscribed(connection, ask.console.configuration(), visible, ask.now)
            latest, _ = deliveries(connection, visible, Sought(), 5)
            return ask.page(
                "digests.html.j2", found=found, parked=parked(connection, visible),
                left=left(connection, visible), latest=latest, left_out=_left_out(ask),
                lead=_lead(len(found), whole=visible.everything),
                may_change=ask.signed_in.role in PMO,
            )  # fmt: skip

    _register_changes(pages)


def _register_changes(pages: Pages) -> None:
    """Adding, changing, taking away."""

    @pages.get("/digests/form", Needs(PMO, "none"))
    def form(ask: Asked, name: str = "") -> Response:
        if not name:
            return _form(ask, "", {}, {}, None)
        entry = _entry(ask, name)
        return _form(ask, name, forms.shown(_fields(ask), entry.document), {}, entry.version)

    @pages.post("/digests/form", WRITES)
    def save(ask: Asked) -> Response:
        name, version = ask.form.text("name", 200), version_of(ask)

        def again(values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
            return _form(ask, name, values, errors, version, status=422)

        def write(document: dict[str, Any]) -> object:
            said = {key: value for key, value in document.items() if key != "name"}
            try:
                return entries.set_digest(ask.desk, ask.actor, name, said, version=version)
            except InvalidError as error:
                raise _by_option(error, name) from None

        wrong = take(ask, (NAME, *_fields(ask)), write, again)
        said = "is changed" if version else "is added"
        return wrong or ask.go("/digests", said=f'The digest "{name}" {said}.')

    @pages.post("/digests/remove", WRITES)
    def remove(ask: Asked) -> Response:
        name, version = ask.form.text("name", 200), version_of(ask)
        if version is None:
            raise missing()
        done(ask, lambda: entries.remove_digest(ask.desk, ask.actor, name, version=version))
        return ask.go("/digests", said=f'The digest "{name}" is removed. What was sent stays here.')

    @pages.get("/digests/yaml", Needs(PMO, "none"))
    def as_yaml(ask: Asked, name: str = "") -> Response:
        return PlainTextResponse(export.entry(_entry(ask, name))) if name else ask.go("/digests")

    _register_log(pages)


def _register_log(pages: Pages) -> None:
    """What was delivered."""

    @pages.get(LOG, SEES)
    def log(
        ask: Asked, state: str = "", digest: str = "", to: str = "", before: Number | None = None
    ) -> Response:
        sought = Sought(state if state in STATES else "", digest, to.strip(), before)
        with ask.reading() as connection:
            visible = ask.visible(connection)
            rows, following = deliveries(connection, visible, sought)
            names = [
                each.name
                for each in subscribed(connection, ask.console.configuration(), visible, ask.now)
            ]
        return ask.page(
            "deliveries.html.j2", rows=rows, following=following, sought=sought, states=STATES,
            names=names, may_change=ask.signed_in.role in PMO,
        )  # fmt: skip

    @pages.get("/digests/log/{id}", SEES)
    def one(ask: Asked, id: Number) -> Response:
        with ask.reading() as connection:
            found = delivery(connection, ask.visible(connection), id)
            if found is None:
                raise missing()
            tries = attempts(connection, id)
        return ask.page(
            "delivery.html.j2", found=found, tries=tries, may_change=ask.signed_in.role in PMO
        )

    @pages.post("/digests/log/{id}/release", Needs(PMO, "whole", changes=True))
    def release(ask: Asked, id: Number) -> Response:
        if not outbox.release(ask.engine, id, ask.now, ask.actor):
            raise Refusal(409, "This message does not wait for a hand any more.")
        return ask.go(f"{LOG}/{id}", said="It is tried again in the next minute.")


def _by_option(error: InvalidError, name: str) -> InvalidError:
    """What the times and the language have against an option, told of that option."""
    fields = dict(error.fields)
    at, said, why = fields.get("", "").removeprefix(f"digests.{name}.").partition(": ")
    if said and at in Digest.model_fields:
        del fields[""]
        fields[at] = why
    return InvalidError(fields)


def _left_out(ask: Ask) -> list[LeftOut]:
    return [each for each in ask.console.configuration().left_out if each.kind == "digest"]


def _lead(count: int, *, whole: bool) -> str:
    if not count:
        return "Nobody is told anything by itself yet." if whole else "No digest goes to you."
    return "1 digest goes out." if count == 1 else f"{plural(count, 'digest')} go out."


def _entry(ask: Ask, name: str) -> Any:
    try:
        return ask.desk.entry(("digest", name))
    except CommandError:
        raise missing() from None


def _fields(ask: Ask) -> tuple[forms.Field, ...]:
    """The form, with the channels that there are now."""
    known = channels.choices(ask.console.configuration())
    return tuple(
        replace(field, kind="choices", choices=known, help=REACHED)
        if field.name == "channels" else field for field in FORM
    )  # fmt: skip


def _form(
    ask: Ask, name: str, values: Mapping[str, Any], errors: Mapping[str, str],
    version: int | None, status: int = 200,
) -> Response:  # fmt: skip
    fields = _fields(ask)
    return ask.page(
        "digest_form.html.j2", status=status, name=name, values=values, errors=errors,
        version=version, form=fields if version else (NAME, *fields),
    )  # fmt: skip
