"""Standards: which packs are on, what differs from them, and packs of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.commands import CommandError
from sync_engine.configure.changes import Changed, Desk, InvalidError, put, remove
from sync_engine.configured import together
from sync_engine.duties import analyse_schedules, packs_of, standards_of
from sync_engine.flags.preview import Effect
from sync_engine.flags.preview import preview as previewed
from sync_engine.rules import examples, packs, sanity
from sync_engine.rules.differences import Difference, differences
from sync_engine.rules.pack import Pack
from sync_engine.rules.standards import Standard
from sync_engine.settings import Configuration, Problem, SettingsError
from sync_engine.settings.entry import Entry, Key
from sync_engine.settings.source import Path_
from sync_engine.store import entries
from sync_engine.store.audit import Actor
from sync_engine.store.config_models import PackVersion
from sync_engine.subscriptions import calendar_of

_PATHS: Mapping[str, Path_] = {"escalate": ("escalate", "when")}
"""Where in a standard the place of an oddity is, if it is not the key that says so."""


def switch_pack(desk: Desk, actor: Actor, name: str, *, on: bool, version: int | None) -> Changed:
    """Put a pack on or off; one that the file names stays on."""
    action = f"pack put {'on' if on else 'off'}"
    return put(desk, actor, ("pack choice", name), on, version=version, action=action)


def set_standard(
    desk: Desk, actor: Actor, id: str, setting: Mapping[str, Any] | bool, *, version: int | None
) -> Changed:
    """Say what differs from the pack: on or off, severity, scope, parameters within their bounds.

    Raises:
        InvalidError: the standard has no such parameter, or the value is out of its bounds.
    """
    document = setting if isinstance(setting, bool) else dict(setting)
    return put(desk, actor, ("standard", id), document, version=version)


def reset_standard(desk: Desk, actor: Actor, id: str, *, version: int) -> Changed:
    """Let a standard be as its pack says."""
    return remove(desk, actor, ("standard", id), version=version)


def check_pack(name: str, text: str) -> list[Problem]:
    """Everything that is wrong with a pack's text, each with its place; examples included."""
    try:
        return examples.check(packs.written(name, text))
    except SettingsError as error:
        return error.problems


def oddities(name: str, text: str) -> list[Problem]:
    """What works in a pack's text and is certainly not meant, each with its place; nothing of a
    text that is wrong."""
    try:
        pack = packs.written(name, text)
    except SettingsError:
        return []
    own = {entry.id: number for number, entry in enumerate(pack.entries)}
    members = pack.members()
    at: dict[str, Path_] = {id: ("standards", number) for id, number in own.items()}
    at |= {id: ("set", id) for id in pack.set if id not in own}
    return [
        Problem(each.message, pack.source.place((*path, *_PATHS.get(each.key, (each.key,)))))
        for id, path in at.items()
        for each in sanity.warnings(members[id].standard)
    ]


def save_draft(
    desk: Desk, actor: Actor, name: str, text: str, *, version: int | None
) -> tuple[Changed, list[Problem]]:
    """Keep a pack's text that is not in force, right or wrong; and what is wrong with it."""
    published = None if version is None else desk.entry(("pack", name)).document.get("text")
    document = {"text": published, "draft": text}
    changed = put(
        desk, actor, ("pack", name), document, version=version, action="draft of a pack saved"
    )
    return changed, check_pack(name, text)


def publish(
    desk: Desk, actor: Actor, name: str, *, version: int, note: str | None = None
) -> Changed:
    """Put a pack's draft in force, where the pack is on; the versions before stay readable.

    Raises:
        InvalidError: the draft is wrong, with the place of each problem.
    """
    key: Key = ("pack", name)
    draft = desk.entry(key).document.get("draft")
    if draft is None:
        raise CommandError(f'the pack "{name}" has no draft to publish')
    if problems := check_pack(name, draft):
        raise InvalidError({"text": "; ".join(_placed(each) for each in problems)})

    def keep(connection: sa.Connection, now: datetime) -> None:
        entries.publish(connection, name, draft, by=actor.name, at=now, note=note)

    return put(
        desk, actor, key, {"text": draft, "draft": None}, version=version,
        action="pack published", inside=keep,
    )  # fmt: skip


def remove_pack(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Remove a pack that is not on; its published versions stay readable."""
    return remove(desk, actor, ("pack", name), version=version)


def history(desk: Desk, name: str) -> Sequence[PackVersion]:
    """The published versions of a pack, the newest first."""
    return entries.published(desk.engine, name)


def _placed(problem: Problem) -> str:
    place = problem.place
    return f"line {place.line}, column {place.column}: {problem.message}" if place else (
        problem.message
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a draft would change: in words, and in flags; and what is certainly not meant of it."""

    differences: tuple[Difference, ...]
    effects: tuple[Effect, ...]
    odd: tuple[str, ...] = ()


def preview_pack(desk: Desk, name: str, text: str) -> Prospect:
    """What a pack's text would do if it were published and on; nothing is written.

    Raises:
        InvalidError: the text is wrong, or does not go together with what is in force.
    """
    if problems := check_pack(name, text):
        raise InvalidError({"text": "; ".join(_placed(each) for each in problems)})
    configuration = desk.configuration()
    held = packs.with_pack(packs_of(configuration), packs.written(name, text))
    try:
        changed = standards_of(configuration, held)
    except packs.PackError as error:
        raise InvalidError({"": str(error)}) from None
    return _prospect(desk, configuration, changed)


def preview_setting(desk: Desk, id: str, setting: Mapping[str, Any] | bool | None) -> Prospect:
    """What a setting of a standard would do, or (None) to have none; nothing is written.

    Raises:
        InvalidError: as `set_standard`.
    """
    return _preview_entry(desk, ("standard", id), setting)


def preview_switch(desk: Desk, name: str, *, on: bool) -> Prospect:
    """What putting a pack on or off would do; nothing is written. Raises as `switch_pack`."""
    return _preview_entry(desk, ("pack choice", name), on)


def _preview_entry(desk: Desk, key: Key, document: Any) -> Prospect:
    now, configuration = desk.now(), desk.configuration()
    held = [each for each in configuration.entries if each.key != key]
    if document is not None:
        held.append(Entry(*key, document, 1, now, "", now, ""))
    changed = together(desk.file, held, configuration.kept)
    out = {(each.kind, each.name) for each in configuration.left_out}
    for each in changed.left_out:
        if (each.kind, each.name) == key:
            raise InvalidError({"": each.reason})
        if (each.kind, each.name) not in out:
            raise CommandError(f'the {each.kind} "{each.name}" rests on it: {each.reason}')
    return _prospect(desk, configuration, standards_of(changed))


def diff(name: str, before: str, after: str) -> tuple[Difference, ...]:
    """What one text of a pack changes against another, in words. Raises `SettingsError`."""
    was, will = (_standards(packs.written(name, text)) for text in (before, after))
    return differences(was, will)


def _standards(pack: Pack) -> tuple[Standard, ...]:
    return packs.configured([pack], {})


def _prospect(desk: Desk, configuration: Configuration, changed: tuple[Standard, ...]) -> Prospect:
    now, in_force = desk.now(), standards_of(configuration)
    analyse_schedules(desk.engine, configuration, (*in_force, *changed), now)
    settings = configuration.settings
    effects = previewed(
        desk.engine, in_force, changed, now=now, timezone=settings.zone,
        calendar=calendar_of(settings),
        intervals=settings.intervals,
    )  # fmt: skip
    as_before = {(each.id, each.version) for each in in_force}
    odd = [
        warned.message for each in changed if (each.id, each.version) not in as_before
        for warned in sanity.warnings(each)
    ]  # fmt: skip
    return Prospect(differences(in_force, changed), tuple(effects), tuple(odd))
