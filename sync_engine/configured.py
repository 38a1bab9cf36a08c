"""The configuration as it is in force: the file, and the entries of the store that hold together
with it, with the standards' language and with the digests' times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import sqlalchemy as sa

from sync_engine.connect import kept_secrets
from sync_engine.digest import periods
from sync_engine.duties import baselines_of, pack_of, standards_of
from sync_engine.rules import filters, packs
from sync_engine.rules.language import LanguageError
from sync_engine.rules.pack import Member, Pack, Refused
from sync_engine.rules.packs import PackError
from sync_engine.secrets import Kept
from sync_engine.settings import Configuration, Problem, SettingsError, people_of_file
from sync_engine.settings.entry import Entry, Key
from sync_engine.settings.load import read_people
from sync_engine.settings.merge import merge
from sync_engine.store import entries

OF_PACKS = frozenset({"pack", "pack choice", "standard"})


def with_entries(file: Configuration, engine: sa.Engine) -> tuple[Configuration, int]:
    """The file with the store's entries, and the version that the entries have."""
    version, held = entries.snapshot(engine)
    return together(file, held, kept_secrets(file, engine).open), version


def together(file: Configuration, held: Iterable[Entry], kept: Kept | None = None) -> Configuration:
    """The file with entries; those that do not hold are left out, with their reasons."""
    held = list(held)
    refused: dict[Key, str] = {}
    while True:
        configuration = merge(file, held, kept=kept, refused=refused)
        found = dict(_unsound(configuration))
        if not found:
            break
        refused |= found
    try:
        _, left = read_people(configuration)
    except SettingsError:
        return configuration  # a broken people file is told by whoever needs the people
    return replace(configuration, left_out=(*configuration.left_out, *left))


def told_by_the_file(configuration: Configuration) -> list[str]:
    """What the file says that does not hold, with its place: its people, packs and standards may
    rest on what is made in the console."""
    found: list[str] = []
    for look in (people_of_file, standards_of):
        try:
            look(configuration)
        except SettingsError as error:
            found += error.lines()
        except PackError as error:
            place = configuration.source.place(("standards", *error.path))
            problem = Problem(f"standards: {error}", place)
            found += SettingsError(configuration.source.file, [problem]).lines()
    return found


def _unsound(configuration: Configuration) -> Iterator[tuple[Key, str]]:
    """Entries that are right by themselves and make no sense to what they speak of."""
    if any(entry.kind in OF_PACKS for entry in configuration.entries):
        yield from _packs_and_standards(configuration)
    yield from _wrong_baselines(configuration)
    settings = configuration.settings
    digests = {each.key: each for each in settings.digests}
    for entry in configuration.of_kind("digest"):
        digest = digests[entry.name]
        try:
            periods.parse(digest.when, digest.zone or settings.timezone)
        except ValueError as error:
            yield entry.key, f"digests.{entry.name}.when: {error}"
        try:
            if digest.scope is not None:
                filters.check(digest.scope, "flag")
        except LanguageError as error:
            yield entry.key, f"digests.{entry.name}.scope: {error}"


def _wrong_baselines(configuration: Configuration) -> Iterator[tuple[Key, str]]:
    for entry in configuration.of_kind("setting"):
        if entry.name == "baselines" and "projects" in entry.document:
            try:
                baselines_of(configuration)
            except SettingsError as error:
                yield entry.key, "; ".join(each.message for each in error.problems)


def _packs_and_standards(configuration: Configuration) -> Iterator[tuple[Key, str]]:
    wrong = dict(_wrong_packs(configuration))
    yield from wrong.items()
    chosen = {entry.name: entry.key for entry in configuration.of_kind("pack choice")}
    held: list[Pack] = []
    for name in configuration.settings.standards.packs:
        if ("pack", name) in wrong:
            continue
        try:
            pack = pack_of(configuration, name)
            packs.configured([*held, pack], {})
        except (SettingsError, PackError) as error:
            if name not in chosen:
                return  # of the file: told by whoever needs the standards
            yield chosen[name], str(error)
        else:
            held.append(pack)
    yield from _wrong_settings(configuration, held)


def _wrong_packs(configuration: Configuration) -> Iterator[tuple[Key, str]]:
    for entry in configuration.of_kind("pack"):
        try:
            if entry.name in configuration.own_packs:
                pack_of(configuration, entry.name)
        except (SettingsError, PackError) as error:
            yield entry.key, str(error)


def _wrong_settings(
    configuration: Configuration, held: Iterable[Pack]
) -> Iterator[tuple[Key, str]]:
    known: dict[str, Member] = {}
    for pack in held:
        known |= pack.members()
    for entry in configuration.of_kind("standard"):
        if (member := known.get(entry.name)) is None:
            yield entry.key, f'no pack that is on has a standard "{entry.name}"'
            continue
        try:
            member.as_set(configuration.settings.standards.set[entry.name])
        except Refused as error:
            yield entry.key, str(error)
