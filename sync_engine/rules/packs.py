"""Packs: files of standards, read, checked and set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from sync_engine.rules import entries
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.pack_schema import (
    EscalateEntry,
    Examples,
    PackEntry,
    ParamEntry,
    StandardEntry,
)
from sync_engine.rules.resolve import resolve
from sync_engine.rules.standards import Severity, Standard
from sync_engine.rules.syntax import Condition
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Path_, Problem, SettingsError, Source
from sync_engine.settings.source import read as read_yaml


class Setting(Protocol):
    """What the configuration says about a standard, otherwise than its pack."""

    @property
    def enabled(self) -> bool | None: ...
    @property
    def severity(self) -> Severity | None: ...
    @property
    def scope(self) -> str | None: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as its file says."""

    name: str
    title: str
    source: Source
    entries: tuple[StandardEntry, ...]
    standards: tuple[Standard, ...]


class PackError(Exception):
    """The configuration asks for standards in a way that makes no sense."""


def folders() -> list[Path]:
    """Where the packs that come with the product are: in the wheel, or in a checkout."""
    packed = Path(str(files("sync_engine"))) / "_config" / "packs"
    checkout = Path(__file__).resolve().parents[2] / "config" / "packs"
    return [folder for folder in (packed, checkout) if folder.is_dir()]


def find(name: str, base: Path | None = None) -> Path:
    """The file of a pack: a known name, or a path (relative to `base`)."""
    if name.endswith((".yaml", ".yml")):
        return (base or Path()) / name
    known = {path.stem: path for folder in folders() for path in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise PackError(
            f'there is no pack "{name}"{nearest(name, known)}; known: '
            f"{', '.join(known) or 'none'}, or write the path of a file that ends in .yaml"
        )
    return known[name]


def load(path: Path) -> Pack:
    """Read and check a pack. Raises `SettingsError` with every problem and its place."""
    return from_source(read_yaml(path))


def from_source(source: Source) -> Pack:
    """A pack out of a file that was read."""
    problems: list[Problem] = []
    head = _checked(PackEntry, source.data, source, (), problems)
    if head is None:
        raise SettingsError(source.file, problems)
    held: list[StandardEntry] = []
    standards: list[Standard] = []
    seen: set[str] = set()
    for number, raw in enumerate(head.standards):
        path: Path_ = ("standards", number)
        entry = _checked(StandardEntry, raw, source, path, problems)
        if entry is None:
            continue
        if entry.id in seen:
            place = source.place((*path, "id"))
            problems.append(Problem(f'the standard "{entry.id}" is given twice', place))
        seen.add(entry.id)
        made = entries.standard_of(entry, head.pack, source, path, problems)
        if made is not None:
            held.append(entry)
            standards.append(made)
    if problems:
        raise SettingsError(source.file, problems)
    return Pack(head.pack, head.title, source, tuple(held), tuple(standards))


def _checked(
    model: type[Any], data: Any, source: Source, path: Path_, problems: list[Problem]
) -> Any:
    if not isinstance(data, dict):
        problems.append(Problem("a mapping of keys and values must stand here", source.place(path)))
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            where = (*path, *each["loc"])
            problems.append(Problem(_told(each, model), source.place(where)))
        return None


def _told(error: Any, model: type[BaseModel]) -> str:
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, error["loc"][:-1])
        return f'the key "{name}" is not known{nearest(name, known)}; known: {", ".join(known)}'
    if error["type"] == "missing":
        return f'the key "{name}" is missing'
    if error["type"] == "literal_error":
        given = str(error["input"])
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f'"{given}" is not a {name}{nearest(given, known)}; known: {", ".join(known)}'
    message = error["msg"].removeprefix("Value error, ")
    return f'"{name}": {message[:1].lower()}{message[1:]}' if name else message


def _keys_at(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    nested: dict[str, type[BaseModel]] = {"escalate": EscalateEntry, "examples": Examples}
    if loc and loc[0] == "params":
        model = ParamEntry
    elif loc:
        model = nested.get(str(loc[0]), model)
    return list(model.model_fields)


def configured(packs: Iterable[Pack], settings: Mapping[str, Setting]) -> tuple[Standard, ...]:
    """The standards of some packs as the configuration sets them. Raises `PackError`."""
    known: dict[str, tuple[Pack, StandardEntry, Standard]] = {}
    for pack in packs:
        for entry, standard in zip(pack.entries, pack.standards, strict=True):
            if entry.id in known:
                raise PackError(
                    f'the standard "{entry.id}" is in the packs "{known[entry.id][0].name}" and '
                    f'"{pack.name}"; leave one of them out'
                )
            known[entry.id] = (pack, entry, standard)
    for id in settings:
        if id not in known:
            raise PackError(f'there is no standard "{id}"{nearest(id, known)}')
    return tuple(
        _set(pack, entry, settings[id]) if id in settings else standard
        for id, (pack, entry, standard) in known.items()
    )


def _set(pack: Pack, entry: StandardEntry, setting: Setting) -> Standard:
    def refuse(message: str) -> PackError:
        return PackError(f'standard "{entry.id}": {message}')

    params = {name: ParamValue(param.default, param.type) for name, param in entry.params.items()}
    for name, value in setting.params.items():
        if name not in entry.params:
            known = [*entry.params, "enabled", "severity", "scope"]
            raise refuse(f'there is no parameter "{name}"{nearest(name, known)}')
        try:
            given = entries.param_value(name, entry.params[name], value)
        except ValueError as error:
            raise refuse(str(error)) from None
        params[name] = ParamValue(given, entry.params[name].type)
    scope_text = entry.scope if setting.scope is None else setting.scope

    def condition(text: str) -> Condition:
        return resolve(read(text), entry.subject, params)

    worse = entry.escalate.when if entry.escalate else None
    try:
        conditions = entries.Conditions(
            None if scope_text is None else condition(scope_text),
            condition(entry.flag_when),
            None if worse is None else condition(worse),
        )
    except LanguageError as error:
        raise refuse(f"scope, {error}") from None
    changes: dict[str, Any] = {"scope_text": scope_text or ""}
    if setting.severity is not None:
        changes["severity"] = setting.severity
    if setting.enabled is not None:
        changes["enabled"] = setting.enabled
    said = entries.say_facts(entry.say, entry.subject, entry.params)
    return entries.make(entry, pack.name, params, conditions, said, **changes)


def load_all(
    names: Iterable[str], settings: Mapping[str, Setting] | None = None, base: Path | None = None
) -> tuple[Standard, ...]:
    """The standards of the named packs, set. Raises `SettingsError` or `PackError`."""
    return configured([load(find(name, base)) for name in names], settings or {})
