"""ClickUp's custom fields by their type. Pure and total.

ClickUp leaves `value` away where a field is empty. What a field of a kind that is not known here
holds is unknown to us, and unknown is not empty: such a field is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.clickup.words import id_of, ids, instant, number_of, objects, part, text
from connectors.sdk.contract import Json
from connectors.sdk.records import Custom, CustomValue


def custom_fields(values: Any) -> Iterator[Custom]:
    """The custom fields of a task, the empty ones with None."""
    for field in objects(values):
        id = text(field.get("id"))
        if id is None:
            continue
        name, value = text(field.get("name")) or id, field.get("value")
        if value in (None, "", [], {}):
            yield Custom(id=id, name=name, value=None)
        elif (read := _read(field, value)) is not None:
            yield Custom(id=id, name=name, value=read)


def _read(field: Json, value: Any) -> CustomValue:
    kind = field.get("type")
    if kind == "drop_down":
        return _option(field, value)
    if kind == "labels":
        return _labels(field, value)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return _plain(value) if reader is None else reader(value)


def _options(field: Json) -> list[Mapping[str, Any]]:
    return objects(part(field, "type_config").get("options"))


def _option(field: Json, value: Any) -> str | None:
    """A drop-down's value is the position of the option, or its id; what is shown is its name."""
    chosen = id_of(value)
    for key in ("id", "orderindex"):
        for option in _options(field):
            if chosen is not None and id_of(option.get(key)) == chosen:
                return text(option.get("name")) or chosen
    return chosen  # an option that was removed from the field since


def _labels(field: Json, value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, (list, tuple)):
        return None
    shown = {
        id_of(option.get("id")): text(option.get("label")) or text(option.get("name"))
        for option in _options(field)
    }
    chosen = (id_of(each) for each in value)
    return tuple(shown.get(each) or each for each in chosen if each is not None) or None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _progress(value: Any) -> float | None:
    """Automatic progress tells percent; the manual one tells where it stands on its own scale."""
    if not isinstance(value, Mapping):
        return number_of(value)
    for key in ("current", "percent_complete", "percent_completed"):
        if (number := number_of(value.get(key))) is not None:
            return number
    return None


def _several(value: Any) -> tuple[str, ...] | None:
    """People and tasks by their ids."""
    return ids(value) or None


def _titles(value: Any) -> tuple[str, ...] | None:
    titles = (text(each.get("title")) or text(each.get("url")) for each in objects(value))
    return tuple(title for title in titles if title is not None) or None


def _place(value: Any) -> str | None:
    return text(part({"value": value}, "value").get("formatted_address"))


def _plain(value: Any) -> CustomValue:
    """A bare value as it is, numbers as floats."""
    if isinstance(value, (bool, str)):
        return value if isinstance(value, bool) else text(value)
    return number_of(value)


_READERS: Mapping[str, Callable[[Any], CustomValue]] = {
    "number": number_of,
    "currency": number_of,
    "money": number_of,
    "emoji": number_of,
    "automatic_progress": _progress,
    "manual_progress": _progress,
    "checkbox": _boolean,
    "date": instant,
    "users": _several,
    "tasks": _several,
    "list_relationship": _several,
    "attachment": _titles,
    "location": _place,
}
"""Everything else (text, url, email, phone …) is a bare value."""
