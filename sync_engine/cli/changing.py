"""`flagstaff standards check`, `preview`, `diff`: are standards sound, and what a change does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from sync_engine.cli.frame import ExitCode, Frame, UsageProblem, command

if TYPE_CHECKING:
    from rich.console import Console

    from sync_engine.flags.preview import Effect, Sample
    from sync_engine.rules.differences import Difference
    from sync_engine.rules.pack import Pack
    from sync_engine.rules.standards import Standard
    from sync_engine.settings import Configuration
    from sync_engine.settings.source import Path_, Source


def register(standards: typer.Typer) -> None:
    """Add these commands to the group."""
    command(standards, "check")(check)
    command(standards, "preview")(preview)
    command(standards, "diff")(diff)


def check(frame: Frame) -> ExitCode:
    """Read the packs, hold every standard to its own examples, and warn of conditions that can
    never hold, or always do."""
    from sync_engine.duties import packs_of
    from sync_engine.rules import examples

    configuration = frame.configuration()
    in_force = _in_force(configuration)  # raises for what the configuration sets wrongly
    held = {each.source.file: each for top in packs_of(configuration) for each in top.family()}
    problems = [
        f"{pack.source.file}{_at(problem.place)}: {problem.message}"
        for pack in held.values()
        for problem in examples.check(pack)
    ]
    odd = list(_warnings(held, in_force, configuration))
    count = sum(len(pack.standards) for pack in held.values())

    def tell(console: Console) -> None:
        for line in problems:
            console.print(line, style="bad", markup=False, soft_wrap=True)
        for line in odd:
            console.print(f"warning: {line}", style="warn", markup=False, soft_wrap=True)
        if not problems:
            console.print(f"All {count} standards answer their examples as they say.", style="good")

    frame.answer({"standards": count, "problems": problems, "warnings": odd}, tell)
    return ExitCode.PARTLY if problems else ExitCode.FINE


def _warnings(
    held: dict[str, Pack], in_force: tuple[Standard, ...], configuration: Configuration
) -> Iterator[str]:
    """What is odd about the standards as they are set, with the place in their packs, or where a
    scope was set."""
    from sync_engine.rules import sanity

    places = {
        entry.id: (pack, number)
        for pack in held.values()
        for number, entry in enumerate(pack.entries)
    }
    for standard in in_force:
        pack, number = places[standard.id]
        for each in sanity.warnings(standard):
            source, path = pack.source, cast("Path_", ("standards", number, each.key))
            if each.key == "scope":
                source, path = _scope_set(standard.id, held, configuration) or (source, path)
            yield f"{source.file}{_at(source.place(path))}: {each.message}"


def _scope_set(
    id: str, held: dict[str, Pack], configuration: Configuration
) -> tuple[Source, Path_] | None:
    """Where the scope in force was set: in the configuration, else in the outermost pack."""
    setting = configuration.settings.standards.set.get(id)
    if setting is not None and setting.scope is not None:
        return configuration.source, ("standards", "set", id, "scope")
    for pack in reversed(held.values()):
        if id in pack.set and pack.set[id].scope is not None:
            return pack.source, ("set", id, "scope")
    return None


def _at(place: Any) -> str:
    return f":{place.line}:{place.column}" if place else ""


def preview(
    frame: Frame,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A pack, or a configuration file, not in use yet."),
    ],
) -> None:
    """Say what a changed pack or configuration would do to the store's flags, before it counts."""
    from sync_engine import clock
    from sync_engine.cli.running import open_store
    from sync_engine.configured import with_entries
    from sync_engine.duties import analyse_schedules, packs_of, standards_of
    from sync_engine.flags.preview import preview as previewed
    from sync_engine.rules import packs
    from sync_engine.scheduling.keep import needed
    from sync_engine.settings import load
    from sync_engine.subscriptions import calendar_of, moment_of

    configuration = frame.configuration()
    coming = configuration
    if _is_pack(file):
        held = packs.with_pack(packs_of(configuration), packs.load(file))
        changed = standards_of(configuration, held)
    else:
        coming = with_entries(load(file), frame.store())[0]
        changed = _in_force(coming)
    engine, now, in_force = open_store(frame), clock.now(), standards_of(configuration)
    analyse_schedules(engine, configuration, (*in_force, *changed), now)
    then = moment_of(coming.settings, now)
    if then != moment_of(configuration.settings, now) and needed((*in_force, *changed)):
        frame.note(
            "What rests on the schedules of projects is told by the working days that are in force."
        )
    effects = previewed(
        engine,
        in_force,
        changed,
        now=now,
        timezone=configuration.settings.zone,
        calendar=calendar_of(configuration.settings),
        intervals=configuration.settings.intervals,
        then=then,
    )
    document = [{**asdict(each), "assessed": each.assessed} for each in effects]
    frame.answer(document, lambda console: _tell(console, effects))


def _in_force(configuration: Configuration) -> tuple[Standard, ...]:
    """The standards of a configuration. Raises `SettingsError` with the place of what is wrong."""
    from sync_engine.duties import standards_of
    from sync_engine.rules.packs import PackError
    from sync_engine.settings import Problem, SettingsError

    try:
        return standards_of(configuration)
    except PackError as error:
        place = configuration.source.place(("standards", *error.path))
        raise SettingsError(configuration.source.file, [Problem(str(error), place)]) from None


def _is_pack(file: Path) -> bool:
    from sync_engine.settings.source import read

    if not file.is_file():
        raise UsageProblem(f"There is no file {file}; name a pack or a configuration file.")
    data = read(file).data
    return isinstance(data, dict) and "pack" in data


def _tell(console: Console, effects: tuple[Effect, ...]) -> None:
    from sync_engine.cli.output import cell, number, table

    if not effects:
        console.print("Nothing would change.")
        return
    numbers = ("Assesses", "Flags", "Opens", "Resolves", "Not assessable")
    shown = table("Standard", *numbers, "Severity", right=numbers)
    for effect in effects:
        counts = (effect.assessed, effect.flagged, effect.opens, effect.resolves, effect.unknown)
        shown.add_row(
            cell(effect.standard, "name"), *map(number, counts),
            cell(" → ".join(effect.severity) if effect.severity else ""),
        )  # fmt: skip
    console.print(shown)
    for effect in effects:
        for word, samples in (
            ("opens", effect.opening), ("resolves", effect.resolving),
            ("cannot assess", effect.not_assessed),
        ):  # fmt: skip
            _samples(console, f"{effect.standard} {word}", samples)
        for connection, lacking in effect.missing.items():
            told = f"{effect.standard}: {connection} does not tell {', '.join(lacking)}"
            console.print(cell(told, "dim"), soft_wrap=True)
        if effect.suspect is not None:
            told = (
                f"{effect.standard} would flag {effect.suspect:.0%} of what it assesses, more "
                "than its limit; it would be reported and left out of digests."
            )
            console.print(cell(told, "warn"), soft_wrap=True)
        if effect.slow:
            console.print(cell(f"{effect.standard} takes too long; it was stopped.", "warn"))


def _samples(console: Console, head: str, samples: tuple[Sample, ...]) -> None:
    from sync_engine.cli.output import cell, link

    if samples:
        console.print(cell(f"{head}:", "dim"))
    for each in samples:
        name = " ".join(filter(None, (each.key, each.title)))
        console.print(cell("  ") + link(name, each.url) + cell(f"  {each.said}"), soft_wrap=True)


def diff(
    frame: Frame,
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PACK@]FILE...",
            help="Other versions of packs: core@new.yaml, or a file that says its own name. "
            "Without any: what the configuration sets otherwise than the packs.",
        ),
    ] = None,
) -> None:
    """Say in words what another version of a pack changes."""
    from sync_engine.duties import packs_of, standards_of
    from sync_engine.rules.differences import differences
    from sync_engine.rules.packs import configured

    configuration = frame.configuration()
    held = {pack.name: pack for pack in packs_of(configuration)}
    if versions:
        found = {}
        for each in versions:
            old, new = _versions(held, each)
            found[_heading(old, new)] = differences(configured(old, {}), configured([new], {}))
    else:
        packs = held.values()
        found = {"As configured": differences(configured(packs, {}), standards_of(configuration))}

    def tell(console: Console) -> None:
        for heading, each in found.items():
            _tell_differences(console, heading, each)

    frame.answer(
        [
            {"pack": heading, "changes": [asdict(d) for d in each]}
            for heading, each in found.items()
        ],
        tell,
    )


def _versions(held: dict[str, Pack], written: str) -> tuple[list[Pack], Pack]:
    """A pack as it is in use, else those in use that it extends, and as the file has it."""
    from sync_engine.rules import packs
    from sync_engine.settings.nearest import nearest

    name, at, file = written.partition("@")
    path = Path(file if at else written)
    if not path.is_file():
        raise UsageProblem(f"There is no file {path}; write PACK@FILE or FILE.")
    new = packs.load(path)
    wanted = name if at else new.name
    old = next((p for top in held.values() for p in top.family() if p.name == wanted), None)
    if at and old is None:
        known = [p.name for top in held.values() for p in top.family()]
        raise UsageProblem(f'No pack "{name}" is in use{nearest(name, known)}')
    if old is not None:
        return [old], new
    family = {each.name for each in new.family()}
    return [each for each in held.values() if each.name in family], new


def _heading(old: list[Pack], new: Pack) -> str:
    if not old:
        return f"{_named(new)}, which is not in use"
    return f"{', '.join(map(_named, old))} → {_named(new)}"


def _named(pack: Pack) -> str:
    return " ".join(filter(None, (pack.name, pack.version)))


def _tell_differences(console: Console, heading: str, found: tuple[Difference, ...]) -> None:
    from sync_engine.cli.output import cell

    styles = {"added": "good", "removed": "bad", "changed": "name"}
    console.print(cell(heading, "heading"), soft_wrap=True)
    if not found:
        console.print("No standard changes.")
    for each in found:
        console.print(
            cell(f"{each.kind} ", styles[each.kind]) + cell(f"{each.standard}: {each.title}"),
            soft_wrap=True,
        )
        for clause in each.what:
            console.print(cell(f"  {clause}"), soft_wrap=True)
