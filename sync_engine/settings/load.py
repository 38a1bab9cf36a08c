"""From a file to checked settings: every problem with its place, what was read, what is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from connectors.sdk import registry as installed
from connectors.sdk.registry import RegistryError
from sync_engine.settings import source as yaml_source
from sync_engine.settings.addresses import secrets_of
from sync_engine.settings.entry import Entry, Kind, LeftOut
from sync_engine.settings.models import Connection, Settings
from sync_engine.settings.nearest import nearest
from sync_engine.settings.people_file import People, PersonEntry
from sync_engine.settings.secret_places import of_settings
from sync_engine.settings.source import Path_, Problem, SettingsError, Source
from sync_engine.settings.values import Reference
from sync_engine.settings.wording import is_secret, place_name, sentence

M = TypeVar("M", bound=BaseModel)


class Registry(Protocol):
    """Where connectors come from (see `connectors.sdk.registry`)."""

    def names(self) -> Sequence[str]:
        """Every connector that is installed."""
        ...

    def get(self, name: str) -> Any:
        """The class of one."""
        ...


@dataclass(frozen=True, slots=True)
class Configuration:
    """Checked settings, and what they came from: a file, and entries made in the console.

    Args:
        source: the file; with entries, its values and theirs, of which only the file's have places.
        entries: those of the store that are in force.
        left_out: those that are not, and why.
        kept: opens a secret that is sealed in the store.
        file: the file alone; None: this is it.
    """

    settings: Settings
    source: Source
    folder: Path
    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    kept: Callable[[str], str | None] | None = field(default=None, compare=False, repr=False)
    file: Configuration | None = field(default=None, repr=False)

    def of_kind(self, kind: Kind) -> Iterator[Entry]:
        """The entries of the store in force of one kind."""
        return (entry for entry in self.entries if entry.kind == kind)

    @property
    def connection_names(self) -> tuple[str, ...]:
        """The names of all connections, those among them that are left out: nobody removed them."""
        return (
            *(connection.name for connection in self.settings.connections),
            *(left.name for left in self.left_out if left.kind == "connection"),
        )

    @property
    def own_packs(self) -> dict[str, str]:
        """The packs that were written in the console and published, by name, as YAML."""
        return {each.name: each.document["text"] for each in self.of_kind("pack")
                if each.document.get("text")}  # fmt: skip

    def path(self, text: str) -> Path:
        """A path of the file: relative ones begin at the folder of the file."""
        return self.folder / Path(text).expanduser()

    def connection(self, name: str) -> Connection:
        """A connection by its name. Raises `SettingsError` with the nearest known name."""
        names = [connection.name for connection in self.settings.connections]
        if name not in names:
            known = ", ".join(names) or "none"
            raise SettingsError(
                self.source.file,
                [
                    Problem(
                        f'there is no connection "{name}"{nearest(name, names)}; known: {known}',
                        self.source.place(("connections",)),
                    )
                ],
            )
        return self.settings.connections[names.index(name)]

    def literal_secrets(self, registry: Registry | None = None) -> list[Problem]:
        """Secrets that stand in the file in clear."""
        return [
            Problem(
                f"{place_name(self.source.data, path)}: the secret stands in this file in clear; "
                'move it out and write "env:NAME", "file:PATH" or "cmd:COMMAND" here',
                self.source.place(path),
            )
            for path, value in _secrets_of(self.source.data, registry or installed_connectors())
            if Reference.of(value) is None
        ]


def load(path: Path, registry: Registry | None = None, *, optional: bool = False) -> Configuration:
    """Read and check a configuration file.

    Args:
        optional: where there is no such file, all options have their defaults.

    Raises:
        SettingsError: with everything that is wrong in it.
    """
    absent = optional and not path.exists()
    source = Source(str(path), {}) if absent else yaml_source.read(path)
    return check(source, path.absolute().parent, registry or installed_connectors())


def check(source: Source, folder: Path, registry: Registry) -> Configuration:
    """Check a file's values."""
    settings, problems = checked(source, registry)
    if problems or settings is None:
        raise SettingsError(source.file, sorted(problems, key=_order))
    return Configuration(settings, source, folder)


def checked(source: Source, registry: Registry) -> tuple[Settings | None, list[Problem]]:
    """Settings out of values, or all that is wrong with them."""
    settings, problems = _validated(Settings, source, ())
    problems += _connector_problems(source, registry)
    problems += _twice(source, "connections", lambda entry: entry.get("name"))
    problems += _twice(source, "digests", _unnamed_digest)
    return settings, problems


def load_people(configuration: Configuration) -> People:
    """The people of the file and of the store; those of the file go first."""
    return read_people(configuration)[0]


def people_of_file(configuration: Configuration) -> People:
    """The people of the file alone, who may have accounts in any connection in force. Raises as
    `read_people`."""
    return read_people(replace(configuration, entries=()))[0]


def read_people(configuration: Configuration) -> tuple[People, tuple[LeftOut, ...]]:
    """The people of the file and of the store, and those of the store that are not in force.

    Raises:
        SettingsError: the file has problems.
    """
    names = configuration.connection_names
    source = None
    people: People | None = People()
    if configuration.settings.people is not None:
        source = yaml_source.read(configuration.path(configuration.settings.people))
        people, problems = _validated(People, source, ())
        for index, entry in enumerate(people.people if people else ()):
            problems += [
                Problem(why, source.place(("people", index, "accounts", account)))
                for account, why in _unknown_accounts(entry, names)
            ]
        if problems or people is None:
            raise SettingsError(source.file, sorted(problems, key=_order))
    return _with_entries(people or People(), source, configuration.of_kind("person"), names)


def _unknown_accounts(person: PersonEntry, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for account in person.accounts:
        if account not in names:
            yield account, f'there is no connection "{account}"{nearest(account, names)}'


def _claims(person: PersonEntry) -> Iterator[tuple[str, ...]]:
    """What can be one person's only: addresses, and accounts."""
    for address in person.emails:
        yield ("address", address.casefold())
    for connection, accounts in person.accounts.items():
        for account in accounts:
            yield ("account", connection, account.casefold())


def _with_entries(
    people: People, source: Source | None, entries: Iterable[Entry], names: Sequence[str]
) -> tuple[People, tuple[LeftOut, ...]]:
    """People of a file, and those of the store that claim nothing that is somebody's already."""
    taken: dict[tuple[str, ...], str] = {}
    for index, person in enumerate(people.people):
        place = source.place(("people", index)) if source else None
        where = f"{source.file if source else ''}{f':{place.line}' if place else ''}"
        taken |= dict.fromkeys(_claims(person), f"{person.name} ({where})")
    found, left = list(people.people), []
    for entry in entries:
        person = PersonEntry.model_validate(entry.document)
        reasons = [why for _, why in _unknown_accounts(person, names)]
        reasons += [
            f"the {claim[0]} {claim[-1]} is that of {taken[claim]} already"
            for claim in _claims(person)
            if claim in taken
        ]
        if reasons:
            left.append(LeftOut(entry.kind, entry.name, "; ".join(reasons), entry.origin))
            continue
        found.append(person)
        taken |= dict.fromkeys(_claims(person), f"{person.name} ({entry.origin})")
    return People(people=tuple(found)), tuple(left)


def installed_connectors() -> Registry:
    """Every connector of this installation."""
    return cast(Registry, installed)


def _order(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _validated(
    model: type[M], source: Source, path: Path_, data: Any = None
) -> tuple[M | None, list[Problem]]:
    """A model of the values at a path, or what is wrong with them."""
    data = source.data if not path else data
    if not path and data is None:
        return None, [Problem("the file is empty; `flagstaff init` writes one to begin with")]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        found = [each for each in error.errors(include_url=False) if not to_be_fetched(model, each)]
    return None, [
        Problem(
            sentence(model, each, place_name(source.data, (*path, *each["loc"]))),
            source.place((*path, *each["loc"])),
        )
        for each in found
        if not to_be_fetched(model, each)
    ]


def entries(data: Any, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of a list of a file that are mappings, whatever else is wrong there."""
    held = data.get(section) if isinstance(data, dict) else None
    for index, entry in enumerate(held if isinstance(held, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def to_be_fetched(model: type[BaseModel], error: Mapping[str, Any]) -> bool:
    """Whether the value is only the reference to a secret, to be judged once it is fetched."""
    field = model.model_fields.get(str(error["loc"][0])) if len(error["loc"]) == 1 else None
    value = error["input"]
    return (
        field is not None
        and is_secret(field.annotation)
        and isinstance(value, str)
        and Reference.of(value) is not None
    )


def _connector_problems(source: Source, registry: Registry) -> list[Problem]:
    """What the connectors themselves have against their options."""
    problems: list[Problem] = []
    names = list(registry.names())
    get = cache(registry.get)  # looks into folders each time
    for index, entry in entries(source.data, "connections"):
        path: Path_ = ("connections", index)
        name = entry.get("connector")
        if not isinstance(name, str):
            continue  # the structure's check says so
        if name not in names:
            problems.append(
                Problem(
                    f'{place_name(source.data, path)}.connector: no connector is called "{name}"'
                    f"{nearest(name, names)}; known: {', '.join(names)}",
                    source.place((*path, "connector")),
                )
            )
            continue
        options = entry.get("options")
        if options is None or isinstance(options, dict):
            try:
                kind = get(name)
            except RegistryError as error:
                problems.append(Problem(str(error), source.place((*path, "connector"))))
                continue
            config: type[BaseModel] = kind.Config
            problems += _validated(config, source, (*path, "options"), options or {})[1]
            if entry.get("webhook") and not hasattr(kind, "webhook"):
                where = place_name(source.data, (*path, "webhook"))
                said = f"{where}: {kind.title} does not call Flagstaff; take `webhook` out"
                problems.append(Problem(said, source.place((*path, "webhook"))))
    return problems


def digest_key(entry: dict[str, Any]) -> Any:
    """The identity of a digest as it is written; see `Digest.key`."""
    to = entry.get("to")
    return entry.get("name") or (to if isinstance(to, str) else None)


def _unnamed_digest(entry: dict[str, Any]) -> Any:
    """What two digests must not share; of one name they may be, if they agree."""
    to = entry.get("to")
    return to if isinstance(to, str) and not entry.get("name") else None


def _twice(source: Source, section: str, key: Callable[[dict[str, Any]], Any]) -> list[Problem]:
    seen: Counter[str] = Counter()
    problems = []
    for index, entry in entries(source.data, section):
        name = key(entry)
        if not isinstance(name, str):
            continue
        seen[name] += 1
        if seen[name] == 2:
            problems.append(
                Problem(
                    f'{section}: "{name}" is given twice; each needs a `name` of its own',
                    source.place((section, index)),
                )
            )
    return problems


def _secrets_of(data: Any, registry: Registry) -> Iterator[tuple[Path_, str]]:
    """Every secret's place and text, the store's URL among them."""
    for path, value in of_settings(data, lambda name: registry.get(name).Config):
        if isinstance(value, str):
            yield path, value
    store = data.get("store")
    if isinstance(store, str) and secrets_of(store):
        yield ("store",), store
