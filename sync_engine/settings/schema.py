"""The JSON Schema of the configuration file, for editors; connectors' options included."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from sync_engine.settings.base import Section
from sync_engine.settings.load import Registry, installed_connectors
from sync_engine.settings.models import Settings


def json_schema(registry: Registry | None = None) -> dict[str, Any]:
    """The schema (draft 2020-12) of every option there is."""
    schema = Settings.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    _as_written(schema, Settings)
    for section in Section.__subclasses__():
        if section.__name__ in definitions:
            _as_written(definitions[section.__name__], section)
    _allow_short_standards(definitions["StandardSetting"])
    digest = definitions["Digest"]["properties"]["to"]
    digest["anyOf"] = [digest["items"], {"type": "array", "items": digest.pop("items")}]
    del digest["type"]
    connection = definitions["Connection"]
    connectors = registry or installed_connectors()
    connection["properties"]["connector"]["enum"] = list(connectors.names())
    connection["allOf"] = []
    for name in connectors.names():
        options = connectors.get(name).Config.model_json_schema(by_alias=True)
        for inner, definition in options.pop("$defs", {}).items():
            definitions[f"{name}.{inner}"] = _renamed(definition, name)
        definitions[f"{name}.options"] = _renamed(options, name)
        connection["allOf"].append(
            {
                "if": {"properties": {"connector": {"const": name}}},
                "then": {"properties": {"options": {"$ref": f"#/$defs/{name}.options"}}},
            }
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Flagstaff configuration",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def written_defaults(section: type[BaseModel]) -> dict[str, Any]:
    """The defaults of a section's options as an admin writes them, by name in the file."""
    return section.model_construct().model_dump(mode="json", by_alias=True, warnings=False)


def _as_written(schema: dict[str, Any], section: type[Section]) -> None:
    """Defaults as an admin writes them ("5m", "Sat"), not as they are held."""
    held = written_defaults(section)
    for name, described in schema["properties"].items():
        if "default" in described:
            described["default"] = held[name]


def _allow_short_standards(setting: dict[str, Any]) -> None:
    """A standard's own parameters stand beside the other keys; `on` or `off` may stand alone."""
    setting["additionalProperties"] = True
    whole = dict(setting)
    setting.clear()
    setting["anyOf"] = [whole, {"enum": ["on", "off", True, False]}]


def _renamed(value: Any, name: str) -> Any:
    """References to a connector's own definitions, under its name."""
    if isinstance(value, dict):
        return {
            key: each.replace("#/$defs/", f"#/$defs/{name}.")
            if key == "$ref" and isinstance(each, str)
            else _renamed(each, name)
            for key, each in value.items()
        }
    return [_renamed(each, name) for each in value] if isinstance(value, list) else value
