"""Setting a connection up: tested, limited to what is chosen of the live list, switched on; and
its settings later."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from connectors.sdk import registry
from sync_engine.commands import CommandError
from sync_engine.configure import connections as commands
from sync_engine.configure import forms
from sync_engine.configure.changes import InvalidError
from sync_engine.configure.connections import Choosable
from sync_engine.connect import token_store
from sync_engine.digest.text import listed, plural
from sync_engine.probing import Finding, Trouble, probe
from sync_engine.settings.entry import Entry
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import (
    desk_of,
    errors_of,
    sentence,
    sentences,
    submitted,
    typed,
    version_of,
)
from sync_engine.web.console.connection_forms import document_of, of_connector
from sync_engine.web.console.guide_text import where_to_get_it
from sync_engine.web.console.needs import ADMIN, Needs
from sync_engine.web.console.pages.connection import Head, head_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

SEEN = Needs(ADMIN, "whole")
CHANGED = Needs(ADMIN, "whole", changes=True)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/connections/{name}/check", SEEN)
    def about(ask: Asked, name: str) -> Response:
        return _check_page(ask, _configured(ask, name))

    @pages.post("/connections/{name}/check", CHANGED)
    def check(ask: Asked, name: str) -> Response:
        head = _configured(ask, name)
        finding, found = _asked(ask, head)
        return _check_page(ask, head, finding, found)

    @pages.post("/connections/{name}/begin", CHANGED)
    def begin(ask: Asked, name: str) -> Response:
        head = _configured(ask, name)
        if head.entry is None:
            raise missing()
        version = version_of(ask)
        try:
            document = _limited(ask, head, head.entry)
            commands.change(desk_of(ask), ask.actor, name, document, version=version)
        except CommandError as error:
            status, errors = errors_of((), error)
            finding, found = _asked(ask, head)
            return _check_page(ask, head, finding, found, " ".join(errors.values()), status)
        ask.console.changed()
        return ask.go(head.path, said=f"{name} is connected. Its first records arrive now.")

    _settings(pages)


def _settings(pages: Pages) -> None:
    @pages.get("/connections/{name}/settings", SEEN)
    def settings(ask: Asked, name: str) -> Response:
        return _settings_page(ask, _configured(ask, name))

    @pages.post("/connections/{name}/settings", CHANGED)
    def save(ask: Asked, name: str) -> Response:
        head = _configured(ask, name)
        if head.entry is None:
            raise missing()
        connector, version = head.line.connector, version_of(ask)
        form = of_connector(registry.get(connector)).all
        read, wrong = forms.read(form, submitted(ask, form))
        if wrong:
            return _settings_page(ask, head, sentences(forms.by_field(form, wrong)), 422)
        document = document_of(head.entry, read, connector)
        try:
            commands.change(desk_of(ask), ask.actor, name, document, version=version)
        except CommandError as error:
            status, errors = errors_of(form, error)
            return _settings_page(ask, head, errors, status)
        ask.console.changed()
        to = f"{head.path}/check" if head.line.state == "unfinished" else head.path
        return ask.go(to, said="Kept. What has to be read anew, is.")


def _configured(ask: Ask, name: str) -> Head:
    head = head_of(ask, name)
    if not head.configured and not head.entry:
        raise missing()
    if not head.can_be_set:
        raise Refusal(
            409, f'No connector "{head.line.connector}" is installed. Install it, or remove the '
            "connection."
        )  # fmt: skip
    return head


def _asked(ask: Ask, head: Head) -> tuple[Finding, Choosable | None]:
    """Ask the tool who we are there, and, of a connection of the console, what to choose from."""
    desk = desk_of(ask)
    name = head.line.name
    if head.entry is None:
        configuration = desk.configuration()
        of_file = configuration.connection(name)
        return probe(configuration, of_file, lambda: token_store(configuration, desk.engine)), None
    try:
        finding = commands.check_draft(desk, name, head.entry.document)
        found = commands.choosable(desk, name, head.entry.document) if finding.ok else None
    except InvalidError as error:
        wrong = Trouble(sentence(str(error)), "Correct its settings.")
        return Finding(name, registry.get(head.line.connector).title, troubles=[wrong]), None
    return finding, found


def _limited(ask: Ask, head: Head, entry: Entry) -> dict[str, Any]:
    """The connection's document with what was chosen, switched on.

    Raises:
        CommandError: nothing was chosen, or the tool would still show more.
    """
    document = {**entry.document, "enabled": True}
    option = commands.scope_option(registry.get(head.line.connector).Config)
    if option is None or ask.form.text("which") == "as it is":
        return document
    options = {key: value for key, value in head.options.items() if key != option}
    if ask.form.text("which") == "all":
        return {**document, "options": options}
    picked = list(dict.fromkeys(ask.form.all("chosen", 500)))
    if not picked:
        raise CommandError("nothing is chosen: choose something, or all that the account sees")
    document = {**document, "options": {**options, option: picked}}
    shown = commands.chosen(desk_of(ask), head.line.name, document)
    if shown.scopes is None:
        why = shown.why_not
        raise CommandError(" ".join(filter(None, (why.message, why.remedy))) if why else "")
    others = [each.name for each in shown.choices if each.value not in picked]
    if others:
        raise CommandError(
            f"the tool would still show {plural(len(others), 'other')} ({listed(others[:3])}), "
            "because another setting names them too; empty that one first, under Settings"
        )
    return document


def _check_page(
    ask: Ask, head: Head, finding: Finding | None = None, found: Choosable | None = None,
    error: str | None = None, status: int = 200,
) -> Response:  # fmt: skip
    option = commands.scope_option(registry.get(head.line.connector).Config)
    said = head.options.get(option or "")
    held = {str(each) for each in said} if isinstance(said, (list, tuple)) else set()
    picked = set(ask.form.all("chosen", 500)) or held
    return ask.page(
        "connection_check.html.j2", status=status, head=head, finding=finding, found=found,
        picked=picked, limited=bool(held), error=error, option=(option or "").replace("_", " "),
        guide=where_to_get_it(registry.readme(head.line.connector)),
    )  # fmt: skip


def _settings_page(
    ask: Ask, head: Head, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    form = of_connector(registry.get(head.line.connector))
    held: Any = {}
    if head.entry is not None:
        held = head.entry.document
    elif head.configured is not None:
        held = head.configured.model_dump(mode="json", exclude_unset=True)
    values = {**forms.shown(form.all, held), **(typed(ask, form.all) if errors else {})}
    return ask.page(
        "connection_settings.html.j2", status=status, head=head, form=form, values=values,
        errors=errors or {}, guide=where_to_get_it(registry.readme(head.line.connector)),
    )  # fmt: skip
