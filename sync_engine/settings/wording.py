"""What pydantic says about a value, as a sentence for an admin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Path_

KINDS = {
    "model_type": "options below it, one `name: value` a line",
    "model_attributes_type": "options below it, one `name: value` a line",
    "dict_type": "`name: value` pairs below it",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "text (put it in quotes if it is a number)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "date_from_datetime_parsing": "a date such as 2026-12-24",
}
"""What must stand where something of another kind does, by pydantic's word for the error."""


def sentence(model: type[BaseModel], error: Mapping[str, Any], where: str) -> str:
    """What is wrong, as a sentence with what was read and what is allowed.

    Args:
        error: one of pydantic's.
        where: the option in words.
    """
    kind, loc = error["type"], error["loc"]
    context, message = error.get("ctx", {}), error["msg"]
    at = f"{where}: " if where else ""
    option = loc
    while option and isinstance(option[-1], int):
        option = option[:-1]
    field = _options_at(model, option[:-1]).get(str(option[-1])) if option else None
    if kind in ("extra_forbidden", "missing"):
        around = where.rpartition(".")[0]
        at = f"{around}: " if around else ""
    if kind == "extra_forbidden":
        known = list(_options_at(model, loc[:-1]))
        return f'{at}unknown option "{loc[-1]}"{nearest(str(loc[-1]), known)}; known: ' + (
            ", ".join(known) or "none"
        )
    if kind == "missing":
        return f'{at}the option "{loc[-1]}" is missing; add it'
    if kind == "value_error":
        message = message.removeprefix("Value error, ")
    elif kind in ("literal_error", "enum"):
        choices = [
            each.strip("'") for each in str(context["expected"]).replace(" or ", ", ").split(", ")
        ]
        close = nearest(str(error["input"]), choices)
        message = f"this must be one of {', '.join(choices)}{close}"
    elif kind in KINDS:
        message = f"this must be {KINDS[kind]}"
    elif kind == "string_pattern_mismatch":
        message = f"this does not have the right form ({_description(field)})"
    else:
        message = message[0].lower() + message[1:]
    hidden = field is not None and is_secret(field.annotation)
    return f"{at}{message}{'' if hidden else _read(error['input'])}"


def _description(field: Any) -> str:
    return (getattr(field, "description", None) or "see the reference").rstrip(".")


def _read(value: Any) -> str:
    """What was read, where it is short enough to say and cannot be a secret."""
    if isinstance(value, (str, int, float)) and not isinstance(value, SecretStr):
        text = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
        return f"; read {text}" if len(text) <= 60 else ""
    if value is None:
        return "; nothing stands there"
    return "; read a list" if isinstance(value, (list, tuple)) else ""


def place_name(data: Any, path: Path_) -> str:
    """A path in words: entries of lists by their name where they have one."""
    parts: list[str] = []
    for part in path:
        inner = data[part] if _holds(data, part) else None
        if isinstance(part, int):
            name = inner.get("name") if isinstance(inner, dict) else None
            parts.append(name if isinstance(name, str) else f"entry {part + 1}")
        else:
            parts.append(part)
        data = inner
    return ".".join(parts)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _options_at(model: type[BaseModel], loc: Iterable[str | int]) -> dict[str, Any]:
    """The options that are known at a place, by the name that the file uses."""
    here: type[BaseModel] | None = model
    free = False  # the next part is a key that the admin chose
    for part in loc:
        if isinstance(part, int) or free:
            free = False
            continue
        field = _options(here).get(part)
        here = model_in(field.annotation) if field else None
        free = field is not None and get_origin(field.annotation) is dict
    return _options(here)


def _options(model: type[BaseModel] | None) -> dict[str, Any]:
    fields = model.model_fields if model else {}
    return {field.alias or name: field for name, field in fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The section that an option holds, one or many of it; None when it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (model_in(argument) for argument in get_args(annotation))
    return next((each for each in found if each), None)


def is_secret(annotation: Any) -> bool:
    """Whether an option's type is, or may be, a secret."""
    return annotation is SecretStr or any(is_secret(each) for each in get_args(annotation))
