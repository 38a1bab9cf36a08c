"""From a file to checked settings: every problem with its place, what was read, what is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from connectors.sdk import registry as installed
from connectors.sdk.registry import RegistryError
from sync_engine.settings import source as yaml_source
from sync_engine.settings.digests import SECRETS
from sync_engine.settings.models import Connection, Settings
from sync_engine.settings.nearest import nearest
from sync_engine.settings.people_file import People
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
    """Checked settings, and the file that they came from."""

    settings: Settings
    source: Source
    folder: Path

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


def load(path: Path, registry: Registry | None = None) -> Configuration:
    """Read and check a configuration file.

    Raises:
        SettingsError: with everything that is wrong in it.
    """
    source = yaml_source.read(path)
    return check(source, path.absolute().parent, registry or installed_connectors())


def check(source: Source, folder: Path, registry: Registry) -> Configuration:
    """Check a file's values."""
    settings, problems = _validated(Settings, source, ())
    problems += _connector_problems(source, registry)
    problems += _twice(source, "connections", lambda entry: entry.get("name"))
    problems += _twice(source, "digests", _digest_key)
    if problems or settings is None:
        raise SettingsError(source.file, sorted(problems, key=_order))
    return Configuration(settings, source, folder)


def load_people(configuration: Configuration) -> People:
    """The people file; empty where the settings name none."""
    if configuration.settings.people is None:
        return People()
    source = yaml_source.read(configuration.path(configuration.settings.people))
    people, problems = _validated(People, source, ())
    names = [connection.name for connection in configuration.settings.connections]
    for index, entry in enumerate(people.people if people else ()):
        for account in entry.accounts:
            if account not in names:
                problems.append(
                    Problem(
                        f'there is no connection "{account}"{nearest(account, names)}',
                        source.place(("people", index, "accounts", account)),
                    )
                )
    if problems or people is None:
        raise SettingsError(source.file, sorted(problems, key=_order))
    return people


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
        found = [
            each for each in error.errors(include_url=False) if not _to_be_fetched(model, each)
        ]
    return None, [
        Problem(
            sentence(model, each, place_name(source.data, (*path, *each["loc"]))),
            source.place((*path, *each["loc"])),
        )
        for each in found
        if not _to_be_fetched(model, each)
    ]


def entries(data: Any, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of a list of a file that are mappings, whatever else is wrong there."""
    held = data.get(section) if isinstance(data, dict) else None
    for index, entry in enumerate(held if isinstance(held, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def _to_be_fetched(model: type[BaseModel], error: Mapping[str, Any]) -> bool:
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
                kind = registry.get(name)
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


def _digest_key(entry: dict[str, Any]) -> Any:
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


def _secrets_of_digests(data: Any) -> Iterator[tuple[Path_, str]]:
    mail = data.get("mail") or {}
    if isinstance(password := mail.get("password"), str):
        yield ("mail", "password"), password
    for name, way in (data.get("channels") or {}).items():
        for option in SECRETS:
            if isinstance(value := way.get(option), str):
                yield ("channels", name, option), value


def _secrets_of(data: Any, registry: Registry) -> Iterator[tuple[Path_, str]]:
    """Every secret's place and text: options of connectors, webhooks, the mail password, the
    store's URL."""
    for index, entry in entries(data, "connections"):
        options = entry.get("options") or {}
        for name, field in registry.get(entry["connector"]).Config.model_fields.items():
            value = options.get(field.alias or name)
            if is_secret(field.annotation) and isinstance(value, str):
                yield ("connections", index, "options", field.alias or name), value
        for name, value in (entry.get("webhook") or {}).items():
            if isinstance(value, str):
                yield ("connections", index, "webhook", name), value
    yield from _secrets_of_digests(data)
    store = data.get("store")
    if (
        isinstance(store, str)
        and "@" in store
        and ":" in store.split("@", maxsplit=1)[0].partition("://")[2]
    ):
        yield ("store",), store
