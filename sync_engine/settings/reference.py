"""The reference page of the configuration, made from the models and the connectors.

``python -m sync_engine.settings.reference FILE [--check]`` writes it, or says whether it is as it
would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sync_engine.settings.load import Registry, installed_connectors
from sync_engine.settings.models import Settings
from sync_engine.settings.people_file import People
from sync_engine.settings.schema import written_defaults
from sync_engine.settings.values import Schedule
from sync_engine.settings.wording import is_secret

HEAD = """\
# Configuration

<!-- Made from the code by `make docs`; edit the descriptions there. -->

One YAML file, by default `flagstaff.yaml` in the current folder (`--config`, `FLAGSTAFF_CONFIG`).
Unknown options, keys given twice, anchors, aliases and tags are errors; each is told with line and
column. `config/flagstaff.example.yaml` shows every option in use. `flagstaff config schema` prints
the JSON Schema for editors.

Durations are written `30s`, `5m`, `1h`, `2d`, `4w`. Secrets are written `env:NAME`, `file:PATH`
(relative to the configuration file) or `cmd:COMMAND`, and are fetched only when needed. `kept:NAME`
is one that was typed in the console and is sealed in the store.

Without `flagstaff.yaml` in the current folder every option has its default. What is made in the
console is put beside the file: [run it](../howto/run-it.md#with-and-without-a-file).
"""


def page(registry: Registry | None = None) -> str:
    """The page as Markdown."""
    parts = [HEAD, *_section(Settings, "")]
    parts.append("## Options of the connectors\n")
    connectors = registry or installed_connectors()
    for name in connectors.names():
        kind = connectors.get(name)
        parts.append(f"### {kind.title} (`connector: {name}`)\n")
        parts.append(_table(kind.Config, defaults=_plain_defaults(kind.Config)))
    parts.append("## The people file\n")
    parts.append("Named by `people`; a file with one list, `people`.\n")
    parts += _section(People, "", level=3)
    return "\n".join(parts)


def _section(model: type[BaseModel], path: str, level: int = 2) -> Iterator[str]:
    if path:
        yield f"{'#' * level} `{path}`\n"
        yield f"{' '.join((model.__doc__ or '').split())}\n"
    else:
        yield f"{'#' * level} Top level\n" if level == 2 else ""
    yield _table(model, defaults=written_defaults(model))
    for name, field in model.model_fields.items():
        inner, many = _inner(field.annotation)
        if inner is not None:
            key = field.alias or name
            yield from _section(inner, f"{path}.{key}{many}".removeprefix("."), level)


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    marks: dict[Any, str] = {tuple: "[]", dict: ".<id>"}
    mark = marks.get(get_origin(annotation), "")
    for argument in get_args(annotation):
        found, many = _inner(argument)
        if found is not None:
            return found, mark + many
    return None, ""


def _table(model: type[BaseModel], defaults: dict[str, Any]) -> str:
    rows = ["| Option | Value | Default | Meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        default = "**required**" if field.is_required() else _default(defaults.get(key))
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        rows.append(f"| `{key}` | {_kind(field)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _plain_defaults(config: type[BaseModel]) -> dict[str, Any]:
    return {name: field.default for name, field in config.model_fields.items()}


def _default(value: Any) -> str:
    if value in (None, (), [], {}) or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return f"`[{', '.join(str(each) for each in value)}]`"
    return f"`{value}`"


def _kind(field: FieldInfo) -> str:
    """What may be written, in a word or two."""
    if is_secret(field.annotation):
        return "secret"
    return _kind_of(field.annotation)


_NAMES = {
    "str": "text", "int": "number", "float": "share", "bool": "`true`, `false`",
    "timedelta": "duration", "date": "date", "Any": "any",
}  # fmt: skip


def _kind_of(annotation: Any) -> str:
    said = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, str)]
    arguments = [each for each in get_args(annotation) if each is not NoneType]
    origin = get_origin(annotation)
    if said:
        kind = said[0]
    elif origin is Literal:
        kind = ", ".join(f"`{each}`" for each in arguments)
    elif Schedule in arguments:
        kind = "time, duration or `off`"
    elif origin is dict:
        kind = "`name: value` pairs"
    elif origin is tuple:
        kind = f"list of {_kind_of(arguments[0])}"
    elif arguments:
        inner = arguments[:1] if hasattr(annotation, "__metadata__") else arguments
        kind = " or ".join(dict.fromkeys(_kind_of(each) for each in inner))
    else:
        kind = _NAMES.get(getattr(annotation, "__name__", ""), "section")
    return kind


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    file, text = Path(arguments[0]), page()
    if "--check" in arguments:
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{file} is not as the code says; run `make docs`.\n")
        return 1
    file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
