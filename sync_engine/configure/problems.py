"""What is wrong with a document, option by option, in plain words (pure)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from sync_engine.settings.digests import Digest, Way
from sync_engine.settings.entry import Key
from sync_engine.settings.load import to_be_fetched
from sync_engine.settings.models import Connection, Settings, StandardSetting
from sync_engine.settings.people_file import PersonEntry
from sync_engine.settings.secret_places import Configs
from sync_engine.settings.wording import sentence

_MODELS: dict[str, type[BaseModel]] = {
    "connection": Connection, "digest": Digest, "standard": StandardSetting, "person": PersonEntry,
    "channel": Way,
}  # fmt: skip


def problems_of(key: Key, document: Any, configs: Configs) -> dict[str, str]:
    """By option ("options.token"; "" for the whole): what is wrong. Empty: nothing, by itself."""
    kind, name = key
    if kind == "setting":
        return _of_setting(name, document)
    model = _MODELS.get(kind)
    if model is None:
        return {}
    named = {"name": name, **document} if kind in ("connection", "digest") else document
    found = of_model(model, named)
    if kind == "connection" and isinstance(document.get("connector"), str):
        config = configs(document["connector"])
        if config is None:
            found["connector"] = f'no connector is called "{document["connector"]}"'
        else:
            options = of_model(config, document.get("options") or {})
            found |= {f"options.{at}" if at else "options": why for at, why in options.items()}
    return found


def of_model(model: type[BaseModel], document: Any) -> dict[str, str]:
    """By option, what a model has against a document."""
    try:
        model.model_validate(document)
    except ValidationError as error:
        return {
            _option(each): sentence(model, each, "")
            for each in reversed(error.errors(include_url=False))
            if not to_be_fetched(model, each)
        }
    return {}


def _option(error: Any) -> str:
    return ".".join(map(str, error["loc"]))


def _of_setting(name: str, document: Any) -> dict[str, str]:
    field = Settings.model_fields.get(name)
    if field is None:
        return {}  # told with the whole
    annotated: Any = field.annotation
    if field.metadata:
        annotated = Annotated[(field.annotation, *field.metadata)]
    try:
        TypeAdapter(annotated).validate_python(document)
    except ValidationError as error:
        return {
            _option(each): sentence(Settings, {**each, "loc": (name, *each["loc"])}, "")
            for each in reversed(error.errors(include_url=False))
        }
    return {}
