"""What a configuration says beyond its own form: to be checked with the parts that it speaks to."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from sync_engine.settings import Configuration, Problem, SettingsError, load_people


def further_problems(configuration: Configuration) -> list[Problem]:
    """What would fail later: standards, baselines, digests' times and scopes, the people file."""
    problems = [
        *_standards(configuration), *_baselines(configuration), *_digests(configuration),
        *_writebacks(configuration),
    ]  # fmt: skip
    try:
        load_people(configuration)
    except SettingsError as error:
        place = configuration.source.place(("people",))
        problems += [Problem(line, place) for line in error.lines()]
    return problems


def _standards(configuration: Configuration) -> Iterator[Problem]:
    from sync_engine.duties import standards_of
    from sync_engine.rules.packs import PackError

    try:
        standards_of(configuration)
    except SettingsError as error:
        place = configuration.source.place(("standards", "packs"))
        yield from (Problem(line, place) for line in error.lines())
    except PackError as error:
        place = configuration.source.place(("standards", *error.path))
        yield Problem(f"standards: {error}", place)


def _baselines(configuration: Configuration) -> list[Problem]:
    from sync_engine.duties import baselines_of

    try:
        baselines_of(configuration)
    except SettingsError as error:
        return error.problems
    return []


def _writebacks(configuration: Configuration) -> Iterator[Problem]:
    from connectors.sdk import registry
    from connectors.sdk.comments import comments_of
    from sync_engine.duties import standards_of
    from sync_engine.rules.packs import PackError
    from sync_engine.settings.nearest import nearest

    wanted = [
        (index, each)
        for index, each in enumerate(configuration.settings.connections)
        if each.writeback is not None
    ]
    try:
        known = {each.id for each in standards_of(configuration)} if wanted else set()
    except (SettingsError, PackError):
        return  # told by itself
    for index, connection in wanted:
        place = configuration.source.place(("connections", index, "writeback"))
        name = f"connections.{connection.name}.writeback"
        kind = registry.get(connection.connector)
        if comments_of(kind) is None:
            yield Problem(
                f"{name}: flags cannot be written back to {kind.title}; take this out", place
            )
        for id in connection.writeback.standards if connection.writeback else ():
            if id not in known:
                yield Problem(
                    f'{name}: no standard in force has the id "{id}"{nearest(id, known)}', place
                )


def _digests(configuration: Configuration) -> Iterator[Problem]:
    from sync_engine.digest.channels import apprise
    from sync_engine.rules import filters
    from sync_engine.rules.language import LanguageError
    from sync_engine.subscriptions import wrong_times

    settings = configuration.settings
    yield from wrong_times(configuration)
    for name, way in settings.channels.items():
        if way.kind == "apprise" and not apprise.installed():
            yield Problem(
                f"channels.{name}: {apprise.MISSING}",
                configuration.source.place(("channels", name)),
            )
    for index, digest in enumerate(settings.digests):
        try:
            if digest.scope is not None:
                filters.check(digest.scope, "flag")
        except LanguageError as error:
            yield Problem(
                f"digests.{digest.key}.scope: {error}",
                configuration.source.place(("digests", index, "scope")),
            )


def warnings(configuration: Configuration) -> list[Problem]:
    """What works and should still be looked at."""
    found = configuration.literal_secrets()
    if found and _others_may_read(configuration):
        found.append(
            Problem("others on this machine may read this file; `chmod 600` keeps it to yourself")
        )
    if not configuration.settings.connections:
        found.append(Problem("no connection is configured, so there is nothing to read"))
    for index, connection in enumerate(configuration.settings.connections):
        if connection.enabled and connection.census is None:
            found.append(
                Problem(
                    f"connections.{connection.name}: without a census, items that the tool "
                    "deletes without saying so stay in the store",
                    configuration.source.place(("connections", index, "census")),
                )
            )
    found += _nameless(configuration)
    return found


def _nameless(configuration: Configuration) -> Iterator[Problem]:
    for index, digest in enumerate(configuration.settings.digests):
        if digest.name is None:
            yield Problem(
                "digests: a digest without `name` is known by its recipients; with one more or "
                "less it starts anew, and who has unsubscribed gets it again; "
                f'`name: "{digest.key}"` keeps it as it is, also for other recipients',
                configuration.source.place(("digests", index)),
            )


def _others_may_read(configuration: Configuration) -> bool:
    from pathlib import Path

    return bool(Path(configuration.source.file).stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
