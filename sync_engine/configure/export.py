"""The configuration in force, or one entry, as commented YAML (pure): no secret is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from connectors.sdk import registry
from sync_engine.settings import Configuration
from sync_engine.settings.addresses import without_secrets
from sync_engine.settings.entry import Entry
from sync_engine.settings.load import read_people
from sync_engine.settings.merge import alone
from sync_engine.settings.secret_places import of_settings
from sync_engine.settings.source import Path_
from sync_engine.settings.values import Reference
from sync_engine.settings.written import text

SEALED = "sealed in this store; for another one write env:NAME, file:PATH or cmd:COMMAND"
IN_CLEAR = (
    "stands in the file in clear and is not written here; set this variable, or write another"
)
IN_ADDRESS = "had a credential in its address, which is not written here; put it in again"
MAIN = "flagstaff.yaml"
PEOPLE = "people.yaml"


def whole(configuration: Configuration, now: datetime) -> dict[str, str]:
    """The files that say what is in force, by the path beside each other that each is to have.

    What only a console needs is not in them: drafts of packs, and suggestions that were refused.
    """
    data = deepcopy(configuration.source.data)
    files: dict[str, str] = {}
    standards = data.get("standards") or {}
    own = configuration.own_packs
    for name, pack in own.items():
        files[f"packs/{name}.yaml"] = pack if pack.endswith("\n") else f"{pack}\n"
    if "packs" in standards:
        standards["packs"] = [
            f"packs/{name}.yaml" if name in own else name for name in standards["packs"]
        ]
    if any(configuration.of_kind("person")):
        data["people"] = PEOPLE
        people = read_people(configuration)[0].model_dump(mode="json", exclude_unset=True)
        files[PEOPLE] = text(people)
    head = (
        f"# The configuration in force on {now:%Y-%m-%d %H:%M} UTC: what the file says, and what "
        "was made in the console.\n"
    )
    return {MAIN: head + _commented(data, _origins(configuration)), **files}


def entry(made: Entry) -> str:
    """One entry as the file would say it."""
    if made.kind == "pack":
        return str(made.document.get("text") or made.document.get("draft") or "")
    if made.kind == "person":
        return text({"people": [made.document]})
    return _commented(alone(made), {})


def console_only(configuration: Configuration) -> str:
    """What is made in the console and in force, as one document."""
    data: dict[str, Any] = {}
    for each in configuration.entries:
        data = alone(each, data)
    return _commented(data, {})


def _commented(data: dict[str, Any], comments: Mapping[Path_, str]) -> str:
    said = dict(comments)
    for path, value in list(of_settings(data, _config)):
        reference = Reference.of(value) if isinstance(value, str) else None
        if reference is None:
            _set(data, path, f"env:{_variable(data, path)}")
            said[path] = IN_CLEAR
        elif reference.kind == "kept":
            said[path] = SEALED
    store = data.get("store")
    if isinstance(store, str) and without_secrets(store) != store and Reference.of(store) is None:
        data["store"] = "env:FLAGSTAFF_STORE_URL"
        said["store",] = IN_CLEAR
    for path, value in list(_texts(data)):
        if (bare := without_secrets(value)) != value:
            _set(data, path, bare)
            said[path] = IN_ADDRESS
    return text(data, said)


def _texts(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, (*path, number))


def _config(name: str) -> Any:
    return registry.get(name).Config if name in registry.names() else None


def _origins(configuration: Configuration) -> dict[Path_, str]:
    """Above each entry of the store: where it comes from."""
    held = {entry.key: entry.origin for entry in configuration.entries}
    found: dict[Path_, str] = {}
    for kind, section in (("connection", "connections"), ("digest", "digests")):
        for number, each in enumerate(configuration.source.data.get(section) or ()):
            if (origin := held.get((kind, each.get("name")))) is not None:  # type: ignore[arg-type]
                found[section, number] = f"from the {origin}"
    for (kind, name), origin in held.items():
        if kind == "setting":
            found[name,] = f"from the {origin}"
        elif kind == "channel":
            found["channels", name] = f"from the {origin}"
        elif kind == "standard":
            found["standards", "set", name] = f"from the {origin}"
    return found


def _variable(data: Any, path: Path_) -> str:
    """A name for the variable that is to hold a secret."""
    words = []
    for part in path:
        data = data[part]
        if isinstance(part, int):
            words.append(str(data.get("name", part)) if isinstance(data, dict) else str(part))
        elif part not in ("connections", "options"):
            words.append(part)
    spelled = "_".join(words).upper()
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in spelled)


def _set(data: Any, path: Path_, value: str) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value
