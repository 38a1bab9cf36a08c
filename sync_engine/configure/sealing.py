"""Secrets of a document that was typed in: taken out to be sealed, references put in (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sync_engine.configure.problems import problems_of
from sync_engine.settings.digests import Digest, Way
from sync_engine.settings.entry import Key
from sync_engine.settings.models import Settings
from sync_engine.settings.secret_places import Configs, of_connection, of_settings, secrets_in
from sync_engine.settings.source import Path_
from sync_engine.settings.values import Reference

REFERS = (
    "this reads like a reference (env:, file:, cmd:, kept:), which only the configuration file may "
    "hold; type the secret itself"
)
TYPE_ANEW = "the address has changed, so the secret has to be typed anew"


@dataclass(slots=True)
class Sealed:
    """A document whose secrets are references, and what is to be sealed.

    Args:
        fresh: secrets in clear by the name of their reference.
        touched: the options whose secret was set or taken away.
        problems: by option, what is wrong with the document as it was typed.
    """

    document: Any
    fresh: dict[str, str] = field(default_factory=dict, repr=False)
    touched: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def seal(key: Key, before: Any, document: Any, configs: Configs) -> Sealed:
    """Take the secrets out of a document.

    Args:
        before: the document that it replaces; its references stay where nothing else is said.
    """
    found = Sealed(deepcopy(document))
    held = dict(_places(key, before, configs))
    _carry_over(found, held)
    typed = dict(_places(key, found.document, configs))
    new = {
        path: value
        for path, value in typed.items()
        if isinstance(value, str) and value != held.get(path)
    }
    # The secrets in clear are checked, too: a reference says nothing of what it stands for.
    found.problems = problems_of(key, found.document, configs)
    for path in typed.keys() & held.keys() - new.keys():
        if _goes_to(before, path) != _goes_to(found.document, path):
            found.problems.setdefault(_dotted(path), TYPE_ANEW)
    for path, value in new.items():
        if Reference.of(value) is not None:
            found.problems[_dotted(path)] = REFERS
            continue
        name = ".".join([*key, _dotted(path)])
        _at(found.document, path[:-1])[path[-1]] = f"kept:{name}"
        found.fresh[name] = value
        found.touched.append(_dotted(path))
    return found


def _carry_over(found: Sealed, held: Mapping[Path_, Any]) -> None:
    """Keep references where nothing is said, and take away what is said to be none."""
    for path, reference in held.items():
        parent = _at(found.document, path[:-1])
        if not isinstance(parent, dict):
            continue
        if path[-1] not in parent:
            parent[path[-1]] = reference
        elif parent[path[-1]] is None:
            del parent[path[-1]]
            found.touched.append(_dotted(path))


def names(key: Key, document: Any, configs: Configs) -> list[str]:
    """The names of the sealed secrets that a document refers to."""
    return list(_kept(value for _, value in _places(key, document, configs)))


def names_in_file(data: Any, configs: Configs) -> list[str]:
    """The names of the sealed secrets that a configuration file refers to."""
    return list(_kept(value for _, value in of_settings(data, configs)))


def _kept(values: Iterator[Any]) -> Iterator[str]:
    for value in values:
        reference = Reference.of(value) if isinstance(value, str) else None
        if reference is not None and reference.kind == "kept":
            yield reference.target


def _places(key: Key, document: Any, configs: Configs) -> Iterator[tuple[Path_, Any]]:
    kind, name = key
    if kind == "connection" and isinstance(document, dict):
        yield from of_connection(document, configs)
    elif kind == "digest":
        yield from secrets_in(Digest, document)
    elif kind == "channel":
        yield from secrets_in(Way, document)
    elif kind == "setting" and name in Settings.model_fields:
        yield from secrets_in(Settings.model_fields[name].annotation, document)


def _at(document: Any, path: Path_) -> Any:
    for part in path:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document


def _goes_to(document: Any, path: Path_) -> dict[str, Any]:
    """What says whom a secret is shown to, beside it."""
    beside = _at(document, path[:-1])
    return {
        key: value
        for key, value in (beside.items() if isinstance(beside, dict) else ())
        if key in ("host", "audience", "issuer") or key.endswith("url")
    }


def _dotted(path: Path_) -> str:
    return ".".join(map(str, path))
