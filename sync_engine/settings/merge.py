"""A file and the entries of the store, as one configuration (pure).

What the file says cannot be said otherwise by the store. An entry that is wrong, or says what the
file says already, is left out with its reason, and harms neither the others nor the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from connectors.sdk.registry import RegistryError
from sync_engine.settings.entry import KINDS, Entry, Key, LeftOut
from sync_engine.settings.load import (
    Configuration,
    Registry,
    checked,
    digest_key,
    entries,
    installed_connectors,
)
from sync_engine.settings.models import Settings, Standards
from sync_engine.settings.people_file import PersonEntry
from sync_engine.settings.secret_places import of_settings
from sync_engine.settings.source import Place, Source
from sync_engine.settings.values import Reference
from sync_engine.settings.wording import sentence

OPERATORS = frozenset({"store", "files", "log", "people"})
"""Keys that say where this process reads and writes on its machine: a matter of the file."""

OF_ENTRIES = frozenset({"connections", "standards", "channels", "digests"})
OPERATORS_INNER = {"web": frozenset({"listen"})}
SETTINGS = tuple(
    name for name in Settings.model_fields if name not in OPERATORS | OF_ENTRIES
)  # fmt: skip
"""Keys that the store may say."""


_SECTIONS = {"connection": "connections", "digest": "digests"}


class _Wrong(Exception):
    """Why an entry cannot be put beside what is there."""


def merge(
    file: Configuration,
    held: Iterable[Entry],
    *,
    registry: Registry | None = None,
    kept: Callable[[str], str | None] | None = None,
    refused: Mapping[Key, str] | None = None,
) -> Configuration:
    """The configuration that a file and entries make together.

    Args:
        file: the file alone, checked.
        refused: entries that something beyond the settings' own form speaks against, and why.
    """
    ordered = sorted(held, key=lambda entry: (KINDS.index(entry.kind), entry.name))
    whole = _Whole(file, registry or installed_connectors())
    fitting = []
    for entry in ordered:
        if refused and entry.key in refused:
            whole.leave(entry, refused[entry.key])
            continue
        try:
            _look(entry)
            whole.try_on(entry)
        except _Wrong as error:
            whole.leave(entry, str(error))
        else:
            fitting.append(entry)
    whole.admit(fitting)
    return replace(
        file, settings=whole.settings, source=whole.source, entries=tuple(whole.taken),
        left_out=tuple(whole.left), kept=kept, file=file,
    )  # fmt: skip


def alone(entry: Entry, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """An entry as a file would say it, beside what is said already."""
    found: dict[str, Any] = {} if data is None else data
    _put(found, entry, Source("", {}))
    return found


class _Whole:
    """What is put together so far."""

    def __init__(self, file: Configuration, registry: Registry) -> None:
        self.file = file
        self.registry = registry
        self.installed = frozenset(registry.names())
        self.configs: dict[str, Any] = {}
        self.settings = file.settings
        self.source = file.source
        self.taken: list[Entry] = []
        self.named = {
            "connections": _names(file.source, "connections", lambda each: each.get("name")),
            "digests": _names(file.source, "digests", digest_key),
        }
        self.left: list[LeftOut] = []

    def leave(self, entry: Entry, reason: str) -> None:
        self.left.append(LeftOut(entry.kind, entry.name, reason.rstrip("."), entry.origin))

    def try_on(self, entry: Entry) -> None:
        """Whether an entry can be put beside the file by itself. Raises `_Wrong`."""
        if (section := _SECTIONS.get(entry.kind)) and entry.name in self.named[section]:
            index = self.named[section][entry.name]
            raise _said_twice(entry.kind, entry, self.file.source, (section, index))
        if section is None:
            _put(dict(self.file.source.data), entry, self.file.source)
        data: dict[str, Any] = {}
        _put(data, entry, self.file.source)
        for _, value in of_settings(data, self._config):
            reference = Reference.of(value) if isinstance(value, str) else None
            if reference is None or reference.kind != "kept":
                raise _Wrong("a secret of an entry of the store is sealed; type it in the console")

    def _config(self, name: str) -> Any:
        if name not in self.installed:
            return None
        if name not in self.configs:
            try:
                self.configs[name] = self.registry.get(name).Config
            except RegistryError:
                self.configs[name] = None  # told with the whole
        return self.configs[name]

    def admit(self, some: Sequence[Entry]) -> None:
        """Take entries, except those that make the whole wrong: found by halving."""
        if not some:
            return
        data = dict(self.source.data)
        for section in self.named:
            if data.get(section):
                data[section] = list(data[section])
        places: dict[Any, Place | None] = dict(self.source.places)
        for entry in some:
            if (path := _put(data, entry, self.file.source)) is not None:
                places[path] = None
        # An entry of the store has no place in the file.
        source = Source(self.source.file, data, places)  # type: ignore[arg-type]
        settings, problems = checked(source, self.registry)
        if settings is not None and not problems:
            self.settings, self.source = settings, source
            self.taken += some
        elif len(some) == 1:
            said = dict.fromkeys(problem.message for problem in problems)
            self.leave(some[0], "; ".join(said))
        else:
            self.admit(some[: len(some) // 2])
            self.admit(some[len(some) // 2 :])


def _put(data: dict[str, Any], entry: Entry, source: Source) -> tuple[str | int, ...] | None:
    """Put an entry into the values of a file; where it stands there. Raises `_Wrong`."""
    document = entry.document
    if entry.kind == "setting":
        return _put_setting(data, entry, source)
    if (section := _SECTIONS.get(entry.kind)) is not None:
        listed = data[section] = data.get(section) or []
        listed.append({"name": entry.name, **document} | {"name": entry.name})
        return (section, len(listed) - 1)
    if entry.kind == "channel":
        if entry.name in (known := dict(data.get("channels") or {})):
            raise _said_twice("channel", entry, source, ("channels", entry.name))
        data["channels"] = {**known, entry.name: document}
        return ("channels", entry.name)
    standards = dict(data.get("standards") or {})
    if entry.kind == "pack choice":
        said = (source.data.get("standards") or {}).get("packs")
        if entry.name in (said or ()):
            raise _said_twice("pack", entry, source, ("standards", "packs"))
        on = dict.fromkeys(standards.get("packs", Standards().packs))
        others = [name for name in on if name != entry.name]
        standards["packs"] = [*others, entry.name] if document else others
    elif entry.kind == "standard":
        chosen = dict(standards.get("set") or {})
        if entry.name in chosen:
            raise _said_twice("standard", entry, source, ("standards", "set", entry.name))
        standards["set"] = {**chosen, entry.name: document}
    else:
        return None
    data["standards"] = standards
    return None


def _names(
    source: Source, section: str, name_of: Callable[[dict[str, Any]], Any]
) -> dict[str, int]:
    return {name_of(each): index for index, each in entries(source.data, section)}


def _put_setting(
    data: dict[str, Any], entry: Entry, source: Source
) -> tuple[str | int, ...] | None:
    held, said = data.get(entry.name), entry.document
    if held is None:
        data[entry.name] = said
        return (entry.name,)
    if not isinstance(held, dict) or not isinstance(said, dict):
        raise _said_twice("setting", entry, source, (entry.name,))
    for key in said:
        if key in held:
            raise _said_twice("setting", entry, source, (entry.name, key))
    data[entry.name] = {**held, **said}
    return None


def _said_twice(what: str, entry: Entry, source: Source, path: tuple[str | int, ...]) -> _Wrong:
    place = source.place(path)
    at = f"{source.file}{f':{place.line}' if place else ''}"
    name = ".".join([entry.name, *map(str, path[1:])]) if what == "setting" else entry.name
    return _Wrong(f'the {what} "{name}" stands in {at} too, which holds; take one of the two out')


def _look(entry: Entry) -> None:
    """What an entry may not be, whatever the others are. Raises `_Wrong`."""
    if entry.kind == "setting":
        _look_at_setting(entry)
    elif entry.kind == "pack choice":
        if not isinstance(entry.document, bool):
            raise _Wrong("a pack is on or off: true or false")
        if entry.name.endswith((".yaml", ".yml")):
            raise _Wrong("a pack that is a file is named in the configuration file only")
    elif entry.kind == "person":
        _look_at_person(entry.document)
    elif entry.kind != "standard":
        if not isinstance(entry.document, dict):
            raise _Wrong("a mapping of options must stand here")
        _look_inside(entry)


def _look_inside(entry: Entry) -> None:
    if entry.kind in _SECTIONS and not entry.name:
        raise _Wrong("a name is missing")
    if entry.kind == "pack" and not isinstance(entry.document.get("text"), str | None):
        raise _Wrong("a pack is text")
    if entry.kind == "different people":
        held = entry.document.get("accounts")
        if not isinstance(held, list) or not all(
            isinstance(each, list) and list(map(type, each)) == [str, str] for each in held
        ):
            raise _Wrong("pairs of a connection and an account must stand here")


def _look_at_setting(entry: Entry) -> None:
    if entry.name not in SETTINGS:
        raise _Wrong(f'"{entry.name}" is said in the configuration file only')
    if isinstance(entry.document, dict):
        for key in OPERATORS_INNER.get(entry.name, frozenset()) & entry.document.keys():
            raise _Wrong(f'"{entry.name}.{key}" is said in the configuration file only')


def _look_at_person(said: Any) -> None:
    try:
        PersonEntry.model_validate(said)
    except ValidationError as error:
        told = [
            sentence(PersonEntry, each, ".".join(map(str, each["loc"])))
            for each in error.errors(include_url=False)
        ]
        raise _Wrong("; ".join(told)) from None
