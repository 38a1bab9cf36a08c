"""The guided start: connect, say what words mean, pick packs, add a digest. Left and resumed at
will; each step is a page that is there afterwards, too."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import entries, forms
from sync_engine.configure import guide as commands
from sync_engine.configure.changes import Desk
from sync_engine.flags.preview import Effect
from sync_engine.rules import packs
from sync_engine.rules.pack import Pack
from sync_engine.settings.digests import Digest, Mail
from sync_engine.views.connection import unsaid_words
from sync_engine.views.guide import guide
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.changing import desk_of, errors_of, sentences, submitted, typed
from sync_engine.web.console.needs import ADMIN, PMO, Needs
from sync_engine.web.console.refusals import Refusal
from sync_engine.web.console.site import Pages

SEEN = Needs(PMO, "whole")
CHANGED = Needs(PMO, "whole", changes=True)
OF_DIGEST = tuple(
    each for each in forms.form_of(Digest) if each.name in ("to", "when", "severities")
)
OF_MAIL = forms.form_of(Mail, "mail.")
KEPT = "The digest is kept; it is sent when its time comes."


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/setup", SEEN)
    def show(ask: Asked) -> Response:
        with ask.reading() as connection:
            found = guide(connection, ask.console.configuration())
            unsaid = unsaid_words(connection)
        return ask.page(
            "setup.html.j2", guide=found, unsaid=next(iter(unsaid), None),
            begun=next((each.name for each in ask.settings.connections), None),
        )  # fmt: skip

    @pages.post("/setup/done", CHANGED)
    def done(ask: Asked) -> Response:
        step = ask.form.text("step", 20)
        if step not in (*commands.STEPS, "all"):
            raise Refusal(400, "There is no such step.")
        commands.call_done(ask.engine, ask.actor, step, ask.now)
        return ask.go("/" if step == "all" else "/setup")

    _packs_routes(pages)
    _digest_routes(pages)


def _packs_routes(pages: Pages) -> None:
    @pages.get("/setup/packs", SEEN)
    def choose(ask: Asked) -> Response:
        return _packs(ask)

    @pages.post("/setup/packs", CHANGED)
    def use(ask: Asked) -> Response:
        names = ask.form.all("pack", 100)
        if unknown := set(names) - set(packs.known()):
            raise Refusal(400, f'There is no pack "{min(unknown)[:60]}".')
        desk = desk_of(ask)
        try:
            if ask.form.text("do") == "preview":
                return _packs(ask, names, commands.preview_packs(desk, names))
            commands.choose_packs(desk, ask.actor, names)
            commands.call_done(ask.engine, ask.actor, "packs", ask.now)
        except CommandError as error:
            status, errors = errors_of((), error)
            return _packs(ask, names, error=" ".join(errors.values()), status=status)
        ask.console.changed()
        return ask.go("/setup", said="In force. The work is checked against them within seconds.")


def _digest_routes(pages: Pages) -> None:
    @pages.get("/setup/digest", Needs(ADMIN, "none"))
    def digest(ask: Asked) -> Response:
        return _digest(ask)

    @pages.post("/setup/digest", Needs(ADMIN, "none", changes=True))
    def add(ask: Asked) -> Response:
        form = OF_DIGEST if ask.settings.mail else (*OF_DIGEST, *OF_MAIL)
        read, wrong = forms.read(form, submitted(ask, form))
        errors = sentences(forms.by_field(form, wrong))
        if errors:
            return _digest(ask, errors, 422)
        mail = read.pop("mail", None)
        desk, name = desk_of(ask), ask.form.text("name", 100) or _free_name(ask)
        try:
            if mail is not None:
                entries.set_setting(desk, ask.actor, "mail", mail, version=None)
            entries.set_digest(desk, ask.actor, name, read, version=None)
        except CommandError as error:
            ask.console.changed()  # the mail server may have been taken already
            if _is_kept(desk, name, read):  # the button was pressed twice
                return ask.go("/setup", said=KEPT)
            status, errors = errors_of(form, error)
            return _digest(ask, errors, status)
        ask.console.changed()
        return ask.go("/setup", said=KEPT)


def _is_kept(desk: Desk, name: str, document: dict[str, Any]) -> bool:
    try:
        return bool(desk.entry(("digest", name)).document == document)
    except CommandError:
        return False


def _free_name(ask: Ask) -> str:
    taken = {each.key for each in ask.settings.digests}
    names = ("weekly", *(f"weekly-{number}" for number in range(2, 1000)))
    return next(name for name in names if name not in taken)


def _packs(
    ask: Ask, names: list[str] | None = None, effects: tuple[Effect, ...] | None = None,
    error: str | None = None, status: int = 200,
) -> Response:  # fmt: skip
    on, fixed = set(ask.settings.standards.packs), commands.said_by_file(desk_of(ask))
    shown: list[Pack] = [packs.load(path) for path in packs.known().values()]
    ranked = sorted(effects or (), key=lambda each: (-each.flagged, each.title))
    return ask.page(
        "setup_packs.html.j2", status=status, packs=shown,
        on=on if names is None else {*names, *fixed},
        fixed=fixed, previewed=effects is not None, effects=ranked, error=error,
        flagged=sum(each.flagged for each in ranked),
        silent=sum(not each.assessed for each in ranked),
    )  # fmt: skip


def _digest(ask: Ask, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    values: dict[str, Any] = {"to": [ask.signed_in.address]}
    values |= typed(ask, (*OF_DIGEST, *OF_MAIL))
    return ask.page(
        "setup_digest.html.j2", status=status, form=OF_DIGEST, values=values, errors=errors or {},
        name=ask.form.text("name", 100) or _free_name(ask),
        mail=() if ask.settings.mail else OF_MAIL,
    )  # fmt: skip
