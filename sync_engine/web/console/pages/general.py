"""General settings: zone, calendar, mail server, address, sign-in, how long things are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from sync_engine.configure import entries, forms
from sync_engine.configure.forms import Field
from sync_engine.digest.greeting import greet
from sync_engine.settings import Configuration
from sync_engine.settings.digests import Mail
from sync_engine.settings.entry import Entry
from sync_engine.settings.models import Calendar, Retention
from sync_engine.settings.signing_in import Oidc
from sync_engine.subscriptions import channels
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ADMIN, Needs
from sync_engine.web.console.pages.configured import done, sentence, take, version_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

SEES = Needs(ADMIN, "none")
CHANGES = Needs(ADMIN, "none", changes=True)
GENERAL = "/settings/general"
ZONE = "timezone"


def _text(name: str, label: str, help: str, placeholder: str) -> Field:
    return Field(
        name=name, label=label, help=help, kind="text", required=True, placeholder=placeholder
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What is set together.

    Args:
        setting: the key of the configuration.
        inner: where within it this part stands; "" is all of it.
        otherwise: what holds where nothing is set.
    """

    name: str
    title: str
    lead: str
    setting: str
    form: tuple[Field, ...]
    inner: str = ""
    otherwise: str = ""


_RETENTION = forms.form_of(Retention)
PARTS = (
    Part("timezone", "Time zone", "It makes days of instants, and is the local time.", ZONE,
         (_text(ZONE, "Time zone", "A name such as Europe/Berlin.", "Europe/Berlin"),), ZONE,
         "UTC."),
    Part("calendar", "Working days", "Ages and deadlines are counted in them.", "calendar",
         forms.form_of(Calendar), otherwise="Monday to Friday; no public holidays."),
    Part("mail", "Mail server", "It takes the digests.", "mail", forms.form_of(Mail),
         otherwise="None, so no digest can go out by mail."),
    Part("address", "Web address", "Under which people, and tools that call, reach this.", "web",
         (_text("url", "Address", "With https, as people type it.", "https://flags.acme.example"),),
         "url", "Not said, so messages hold no links to this console."),
    Part("sign-in", "Signing in with your organisation's account", "OpenID Connect.", "web",
         forms.form_of(Oidc), "oidc", "People sign in with a password."),
    Part("retention", "What is kept how long", "What is older goes by itself.", "retention",
         _RETENTION,
         otherwise=f"{'; '.join(f'{each.label}: {each.default}' for each in _RETENTION)}."),
)  # fmt: skip
BY_NAME = {part.name: part for part in PARTS}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a part is set.

    Args:
        document: what is said; None: nothing, so the defaults hold.
        place: where; "" is nowhere.
        read_only: the file says it.
        version: of the entry of the store that it belongs to; None: there is none.
    """

    part: Part
    document: Any
    place: str
    read_only: bool
    version: int | None

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What is set, in words: labels and values; secrets only as being there."""
        shown = forms.shown(self.part.form, _as_form(self.part, self.document))
        found = []
        for field in self.part.form:
            value = shown.get(field.name)
            if value is None or value == [] or value is False:
                continue
            told = "set" if value is True and field.kind == "secret" else (
                "yes" if value is True else ", ".join(value) if isinstance(value, list) else value
            )  # fmt: skip
            found.append((field.label, told))
        return found


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get(GENERAL, SEES)
    def show(ask: Asked) -> Response:
        configuration = ask.console.configuration()
        return ask.page(
            "general.html.j2", standing=[standing(configuration, each) for each in PARTS],
            left_out=[each for each in configuration.left_out if each.kind == "setting"],
        )  # fmt: skip

    @pages.get(f"{GENERAL}/change", SEES)
    def form(ask: Asked, part: str = "") -> Response:
        if not part:
            return ask.go(GENERAL)
        held = _writable(ask, part)
        values = forms.shown(held.part.form, _as_form(held.part, held.document))
        return _form(ask, held, values, {}, held.version)

    @pages.post(f"{GENERAL}/change", CHANGES)
    def save(ask: Asked) -> Response:
        held, version = _writable(ask, ask.form.text("part", 20)), version_of(ask)
        part = held.part

        def write(document: dict[str, Any]) -> object:
            said = _whole(ask, part, document[part.inner] if _is_single(part) else document)
            return entries.set_setting(ask.desk, ask.actor, part.setting, said, version=version)

        def again(values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
            return _form(ask, held, values, _mine(part, errors), version, status=422)

        return take(ask, part.form, write, again) or ask.go(
            GENERAL, said=f"{part.title}: saved, and in force."
        )

    _register_reset(pages)


def _register_reset(pages: Pages) -> None:
    """Taking a part back."""

    @pages.post(f"{GENERAL}/reset", CHANGES)
    def reset(ask: Asked) -> Response:
        held, version = _writable(ask, ask.form.text("part", 20)), version_of(ask)
        part = held.part
        if held.document is None or version is None:
            raise missing()
        left = None if part.inner in ("", ZONE) else _whole(ask, part, None)
        if left:
            done(ask, lambda: entries.set_setting(
                ask.desk, ask.actor, part.setting, left, version=version
            ))  # fmt: skip
        else:
            done(ask, lambda: entries.unset_setting(
                ask.desk, ask.actor, part.setting, version=version
            ))  # fmt: skip
        return ask.go(GENERAL, said=f"{part.title}: back to what holds by itself.")

    _register_test(pages)


def _register_test(pages: Pages) -> None:
    """A message to try the mail server."""

    @pages.post(f"{GENERAL}/test-mail", CHANGES)
    def test_mail(ask: Asked) -> Response:
        configuration = ask.console.configuration()
        try:
            channel = channels(configuration).get("email")
        except ValueError as error:
            raise Refusal(409, sentence(error)) from error
        if channel is None:
            raise Refusal(409, "No mail server is named yet.")
        user = ask.signed_in
        answer = greet(channel, user.address, user.name, ask.now)
        if answer.outcome != "sent":
            raise Refusal(502, sentence_of(answer.text))
        return ask.go(GENERAL, said=f"The mail server has taken a message to {user.address}.")


def sentence_of(text: str) -> str:
    """What a channel said, as a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _is_single(part: Part) -> bool:
    """Whether it is one value, not a section."""
    return bool(part.inner) and len(part.form) == 1


def _as_form(part: Part, document: Any) -> Any:
    return {part.inner: document} if _is_single(part) else document


def _whole(ask: Ask, part: Part, said: Any) -> Any:
    """The setting with a part said anew, or taken out (None)."""
    if part.inner in ("", ZONE):
        return said
    entry = _entry(ask.console.configuration(), part.setting)
    others = {key: value for key, value in (entry.document if entry else {}).items()
              if key != part.inner}  # fmt: skip
    return others if said is None else {**others, part.inner: said}


def _entry(configuration: Configuration, setting: str) -> Entry | None:
    held = (each for each in configuration.of_kind("setting") if each.name == setting)
    return next(held, None)


def standing(configuration: Configuration, part: Part) -> Standing:
    """How a part is set in a configuration."""
    file = (configuration.file or configuration).source
    entry = _entry(configuration, part.setting)
    version = entry.version if entry else None
    said = file.data.get(part.setting) if isinstance(file.data, dict) else None
    inner = part.inner if part.inner != ZONE else ""
    if inner:
        said = said.get(inner) if isinstance(said, dict) else None
    if said is not None:
        place = file.place((part.setting, inner) if inner else (part.setting,))
        where = f"{file.file}:{place.line if place else 1}"
        return Standing(part, said, where, True, version)
    document = entry.document if entry else None
    if inner and document is not None:
        document = document.get(inner)
    return Standing(
        part, document, entry.origin if entry and document is not None else "", False, version
    )


def _writable(ask: Ask, name: str) -> Standing:
    if name not in BY_NAME:
        raise missing()
    held = standing(ask.console.configuration(), BY_NAME[name])
    if held.read_only:
        raise Refusal(409, f"This stands in {held.place}, and is changed there only.")
    return held


def _mine(part: Part, errors: Mapping[str, str]) -> dict[str, str]:
    """Errors of a setting by the fields of its part."""
    names = {field.name for field in part.form}
    found: dict[str, str] = {}
    for at, why in errors.items():
        inner = at.removeprefix(f"{part.inner}.") if part.inner else at
        place = inner if inner in names else part.inner if _is_single(part) else ""
        found[place] = f"{found[place]} {why}" if place in found else why
    return found


def _form(
    ask: Ask, held: Standing, values: Mapping[str, Any], errors: Mapping[str, str],
    version: int | None, status: int = 200,
) -> Response:  # fmt: skip
    return ask.page(
        "general_form.html.j2", status=status, held=held, part=held.part, values=values,
        errors=errors, version=version,
    )  # fmt: skip
