"""Where secrets stand in a document, whatever model it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from sync_engine.settings.models import Connection, Settings
from sync_engine.settings.source import Path_
from sync_engine.settings.wording import is_secret

Configs = Callable[[str], type[BaseModel] | None]
"""The options' model of a connector by its name; None: it is not installed."""


def secrets_in(annotation: Any, value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every place of a secret in a document as it is written, and what stands there.

    Args:
        annotation: the type that the document is of.
    """
    if value is None or (not is_secret(annotation) and not _may_hold(annotation)):
        return
    if annotation is SecretStr:
        yield path, value
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if isinstance(value, dict):
            for name, field in annotation.model_fields.items():
                key = field.alias or name
                yield from secrets_in(field.annotation, value.get(key), (*path, key))
    elif get_origin(annotation) is dict:
        for key, each in value.items() if isinstance(value, dict) else ():
            yield from secrets_in(get_args(annotation)[1], each, (*path, key))
    elif get_origin(annotation) in (tuple, list):
        for number, each in enumerate(value) if isinstance(value, (list, tuple)) else ():
            yield from secrets_in(get_args(annotation)[0], each, (*path, number))
    else:
        found = [held for each in get_args(annotation) for held in secrets_in(each, value, path)]
        yield from dict.fromkeys(found)


def _may_hold(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, BaseModel)
    return any(_may_hold(each) for each in get_args(annotation))


def of_connection(document: Any, configs: Configs) -> Iterator[tuple[Path_, Any]]:
    """The secrets of a connection's document, its connector's options included."""
    yield from secrets_in(Connection, document)
    config = configs(document["connector"]) if isinstance(document.get("connector"), str) else None
    if config is not None:
        yield from secrets_in(config, document.get("options"), ("options",))


def of_settings(data: Any, configs: Configs) -> Iterator[tuple[Path_, Any]]:
    """The secrets of a whole configuration; the store's URL is another matter."""
    yield from secrets_in(Settings, data)
    held = data.get("connections") if isinstance(data, dict) else None
    for number, entry in enumerate(held if isinstance(held, list) else ()):
        if isinstance(entry, dict):
            config = configs(str(entry.get("connector")))
            if config is not None:
                place: Path_ = ("connections", number, "options")
                yield from secrets_in(config, entry.get("options"), place)
