"""Channels of digests: Slack, Teams, webhooks, Apprise; adding, changing, trying, taking away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import PlainTextResponse

from sync_engine.commands import CommandError
from sync_engine.configure import entries, export, forms
from sync_engine.configure.forms import Field
from sync_engine.digest.channels import apprise
from sync_engine.digest.channels.configured import boards
from sync_engine.digest.greeting import greet
from sync_engine.settings import Configuration
from sync_engine.settings.digests import BUILT_IN, NEEDS, Way
from sync_engine.settings.origins import origins
from sync_engine.store import audit
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ADMIN, Needs
from sync_engine.web.console.pages.configured import done, take, version_of
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

SEES = Needs(ADMIN, "none")
CHANGES = Needs(ADMIN, "none", changes=True)
CHANNELS = "/settings/channels"
NAME = Field(
    name="name", label="Name", kind="text", required=True, placeholder="pmo-slack",
    help="What digests call it: letters, digits, dots, dashes and underscores.",
)  # fmt: skip
_OPTIONS = {field.name: field for field in forms.form_of(Way)}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel.

    Args:
        wants: its options by name: what they are called, and what they are.
    """

    name: str
    title: str
    lead: str
    wants: Mapping[str, tuple[str, str]]

    @property
    def form(self) -> tuple[Field, ...]:
        """The fields of its options."""
        needed = NEEDS.get(self.name, ())
        return tuple(
            replace(_OPTIONS[name], label=label, help=help, required=name in needed)
            for name, (label, help) in self.wants.items()
        )


_PRIVATE = {"allow_private_network": ("Allow a private network",
                                      "Its address may be one of your own network.")}  # fmt: skip
_KINDS = (
    Kind(
        "slack", "Slack", "A channel of Slack, by an incoming webhook or by a bot that is in it.",
        {"webhook": ("Webhook", "The address of an incoming webhook. Or, instead of it, a bot's "
                     "token and its channel:"),
         "token": ("Token of a bot", "Begins with xoxb-; the bot needs chat:write."),
         "channel": ("Channel of the bot", "Its name or id; the bot must have been invited."),
         "url": ("Address of Slack's API", "Left empty: Slack's own."), **_PRIVATE},
    ),
    Kind(
        "teams", "Microsoft Teams", "A channel of Teams, by one of its workflows.",
        {"webhook": ("Address of the workflow", "What Teams gives for “Post to a channel when a "
                     "webhook request is received”."), **_PRIVATE},
    ),
    Kind(
        "webhook", "Webhook", "A program of yours that takes digests as JSON, signed.",
        {"url": ("Address", "To which digests are posted."),
         "secret": ("Secret", "Signs what is sent; 24 characters or more. The program needs it, "
                    "too."), **_PRIVATE},
    ),
    Kind(
        "apprise", "Apprise", "What Apprise reaches: further chats, phones, mail services.",
        {"webhook": ("Address", "As Apprise writes it, with its scheme.")},
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Line:
    """A channel as it is configured.

    Args:
        target: where it goes, without a secret; "" where only a secret says it.
        used: names of the digests that go there.
        version: of what was made here; None: it stands in the file.
    """

    name: str
    kind: Kind
    target: str
    place: str
    used: tuple[str, ...]
    version: int | None


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get(CHANNELS, SEES)
    def show(ask: Asked) -> Response:
        return _show(ask)

    @pages.get(f"{CHANNELS}/form", SEES)
    def form(ask: Asked, kind: str = "", name: str = "") -> Response:
        if name:
            entry = _entry(ask, name)
            held = _kind(entry.document.get("kind"))
            return _form(ask, held, name, forms.shown(held.form, entry.document), {}, entry.version)
        return _form(ask, KINDS[kind], "", {}, {}, None) if kind in KINDS else ask.go(CHANNELS)

    @pages.post(f"{CHANNELS}/form", CHANGES)
    def save(ask: Asked) -> Response:
        name, version = ask.form.text("name", 200), version_of(ask)
        kind = _kind(
            ask.form.text("kind", 20) if version is None else _entry(ask, name).document.get("kind")
        )

        def again(values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
            return _form(ask, kind, name, values, errors, version, status=422)

        def write(document: dict[str, Any]) -> object:
            said = {key: value for key, value in document.items() if key != "name"}
            said["kind"] = kind.name
            return entries.set_channel(ask.desk, ask.actor, name, said, version=version)

        wrong = take(ask, kind.form if version else (NAME, *kind.form), write, again)
        told = "is changed" if version else "is added; digests can choose it now"
        return wrong or ask.go(CHANNELS, said=f'The channel "{name}" {told}.')

    _register_life(pages)


def _register_life(pages: Pages) -> None:
    """Trying and taking away."""

    @pages.post(f"{CHANNELS}/try", CHANGES)
    def attempt(ask: Asked) -> Response:
        name = ask.form.text("name", 200)
        channel = boards(ask.console.configuration()).get(name)
        if channel is None:
            raise missing()
        answer = greet(channel, name, name, ask.now)
        with ask.engine.begin() as connection:
            after = {"outcome": answer.outcome}
            audit.note(connection, ask.actor, "trial message", name, at=ask.now, after=after)
        if answer.outcome != "sent":
            return _show(ask, f'The channel "{name}" took no message. {answer.text}', 502)
        return ask.go(CHANNELS, said=f'"{name}" has taken a trial message. Look for it there.')

    @pages.post(f"{CHANNELS}/remove", CHANGES)
    def remove(ask: Asked) -> Response:
        name, version = ask.form.text("name", 200), version_of(ask)
        if version is None:
            raise missing()
        done(ask, lambda: entries.remove_channel(ask.desk, ask.actor, name, version=version))
        return ask.go(CHANNELS, said=f'The channel "{name}" is removed, with its secrets.')

    @pages.get(f"{CHANNELS}/yaml", SEES)
    def as_yaml(ask: Asked, name: str = "") -> Response:
        return PlainTextResponse(export.entry(_entry(ask, name))) if name else ask.go(CHANNELS)


def _show(ask: Ask, failed: str = "", status: int = 200) -> Response:
    configuration = ask.console.configuration()
    left_out = [each for each in configuration.left_out if each.kind == "channel"]
    return ask.page(
        "channels.html.j2", status=status, lines=_lines(configuration), kinds=KINDS.values(),
        left_out=left_out, failed=failed, with_apprise=apprise.installed(),
    )  # fmt: skip


def choices(configuration: Configuration) -> tuple[tuple[str, str], ...]:
    """The ways that a digest may take, and what they are called."""
    built_in = zip(BUILT_IN, ("e-mail", "files"), strict=True)
    named = configuration.settings.channels.items()
    return (*built_in, *((name, f"{name} ({KINDS[way.kind].title})") for name, way in named))


def _lines(configuration: Configuration) -> list[Line]:
    settings = configuration.settings
    places = {each.name: each.place for each in origins(configuration) if each.kind == "channel"}
    versions = {each.name: each.version for each in configuration.of_kind("channel")}
    return [
        Line(
            name, KINDS[way.kind], _target(way), places.get(name, ""),
            tuple(each.key for each in settings.digests if name in each.channels),
            versions.get(name),
        )
        for name, way in sorted(settings.channels.items())
    ]  # fmt: skip


def _target(way: Way) -> str:
    """A channel's name, or the host of an address: its path may be as good as a password."""
    return way.channel or (urlsplit(way.url).hostname or "" if way.url else "")


def _kind(name: Any) -> Kind:
    if name not in KINDS:
        raise Refusal(400, "There is no such kind of channel.")
    return KINDS[name]


def _entry(ask: Ask, name: str) -> Any:
    try:
        return ask.desk.entry(("channel", name))
    except CommandError:
        raise missing() from None


def _form(
    ask: Ask, kind: Kind, name: str, values: Mapping[str, Any], errors: Mapping[str, str],
    version: int | None, status: int = 200,
) -> Response:  # fmt: skip
    return ask.page(
        "channel_form.html.j2", status=status, kind=kind, name=name, values=values, errors=errors,
        version=version, form=kind.form if version else (NAME, *kind.form),
    )  # fmt: skip
