"""Write-back of a connection: which flags, how many a day; seen as an example before it counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from fastapi import Response

from connectors.sdk import registry
from connectors.sdk.comments import comments_of
from sync_engine.commands import CommandError
from sync_engine.configure import forms
from sync_engine.configure import writing_back as commands
from sync_engine.configure.writing_back import Prospect
from sync_engine.settings.models import Writeback
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import (
    desk_of,
    errors_of,
    sentences,
    submitted,
    typed,
    version_of,
)
from sync_engine.web.console.needs import ADMIN, Needs
from sync_engine.web.console.pages.connection import Head, head_of
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages
from sync_engine.writeback.run import comments

SHOWN = 5
LABELS = {
    "standards": "Standards", "after": "Open for", "team_daily": "New comments a day for a team",
    "daily": "Changes a day in all",
}  # fmt: skip
FORM = tuple(
    replace(field, label=LABELS.get(field.name, field.label)) for field in forms.form_of(Writeback)
)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/connections/{name}/writeback", Needs(ADMIN, "whole"))
    def show(ask: Asked, name: str) -> Response:
        head = _head(ask, name)
        held = _held(head)
        found = commands.prospect(desk_of(ask), name, head.line.id, held) if held else None
        return _page(ask, head, forms.shown(FORM, held or {}), found)

    @pages.post("/connections/{name}/writeback", Needs(ADMIN, "whole", changes=True))
    def save(ask: Asked, name: str) -> Response:
        head = _head(ask, name)
        if head.entry is None:
            raise missing()
        if ask.form.text("do", 10) == "off":
            return _off(ask, head)
        version, desk = version_of(ask), desk_of(ask)
        said, wrong = forms.read(FORM, submitted(ask, FORM))
        values = typed(ask, FORM)
        if wrong:
            return _page(ask, head, values, None, sentences(forms.by_field(FORM, wrong)), 422)
        looked = _mark(said)
        try:
            if ask.form.text("looked", 64) != looked or ask.form.text("do", 10) != "keep":
                found = commands.prospect(desk, name, head.line.id, said)
                return _page(ask, head, values, found, looked=looked)
            commands.write_back(desk, ask.actor, name, said, version=version)
        except CommandError as error:
            status, errors = errors_of(FORM, error)
            return _page(ask, head, values, None, errors, status)
        ask.console.changed()
        return ask.go(
            f"{head.path}/writeback", said="Kept. Flags are written back after each assessment."
        )


def _off(ask: Ask, head: Head) -> Response:
    name = head.line.name
    try:
        commands.write_back(desk_of(ask), ask.actor, name, None, version=version_of(ask))
    except CommandError as error:
        status, errors = errors_of(FORM, error)
        return _page(ask, head, forms.shown(FORM, _held(head) or {}), None, errors, status)
    ask.console.changed()
    return ask.go(
        f"{head.path}/writeback", said="Nothing more is written; the comments stay as they are."
    )


def _head(ask: Ask, name: str) -> Head:
    head = head_of(ask, name)
    if not head.writes:
        raise missing()
    return head


def _held(head: Head) -> dict[str, Any] | None:
    """What is said of writing back; None: it is off."""
    configured = head.configured
    if configured is None or configured.writeback is None:
        return None
    return configured.writeback.model_dump(mode="json", exclude_unset=True)


def _mark(said: Mapping[str, Any]) -> str:
    """Tells whether what is kept is what was looked at."""
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _page(
    ask: Ask, head: Head, values: Mapping[str, Any], found: Prospect | None,
    errors: Mapping[str, str] | None = None, status: int = 200, looked: str = "",
) -> Response:  # fmt: skip
    written = comments(ask.engine, head.line.name)
    kind = registry.get(head.line.connector)
    written_by = comments_of(kind)
    steps = found.steps if found else ()
    return ask.page(
        "connection_writeback.html.j2", status=status, head=head, form=FORM, values=values,
        errors=errors or {}, found=found, looked=looked, on=_held(head) is not None,
        due=sum(not each.waits for each in steps), waits=sum(bool(each.waits) for each in steps),
        shown=steps[:SHOWN], written=Counter(each["state"] for each in written),
        troubled=[each for each in written if each["trouble"]][:SHOWN],
        tool=kind.title, needs=written_by.needs if written_by else "",
    )  # fmt: skip
