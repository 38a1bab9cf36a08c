"""Custom fields: their values on tasks and projects, and in the stories that tell of an edit."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.asana.values import gid, number, objects, part, text, when
from connectors.asana.words import any_text, is_estimate, is_priority, kind_of
from connectors.sdk.contract import Json
from connectors.sdk.records import Custom, CustomValue


def customs(owner: Json) -> Iterator[Custom]:
    """The custom fields of a task or project, without those that fill a field of our own."""
    for field in objects(owner.get("custom_fields")):
        id = gid(field)
        if id is not None and not is_priority(field) and not is_estimate(field):
            yield Custom(id=id, name=text(field.get("name")) or id, value=custom_value(field))


def custom_value(field: Json) -> CustomValue:
    """An option's label, a number, a day or instant, ids of people, text; else what is shown."""
    value: CustomValue
    match kind_of(field):
        case "enum":
            value = text(part(field, "enum_value").get("name"))
        case "multi_enum":
            value = tuple(_names(field.get("multi_enum_values"))) or None
        case "number":
            value = number(field.get("number_value"))
        case "date":
            value = when(field.get("date_value"), "date_time", "date")
        case "people":
            ids = tuple(filter(None, (gid(each) for each in objects(field.get("people_value")))))
            value = ids[0] if len(ids) == 1 else ids or None
        case "text":
            value = text(field.get("text_value"))
        case _:
            value = text(field.get("display_value"))
    return value


def edited_value(story: Json, which: str) -> tuple[str | None, str | None]:
    """The value before ("old") or after ("new") an edit of a custom field, and Asana's word."""
    if f"{which}_enum_value" in story:
        name = text(part(story, f"{which}_enum_value").get("name"))
        return name, name
    if f"{which}_number_value" in story:
        value = any_text(number(story.get(f"{which}_number_value")))
        return value, value
    if f"{which}_date_value" in story:
        moment = when(story.get(f"{which}_date_value"), "date_time", "date")
        shown = moment.isoformat() if moment else None
        return shown, shown
    if f"{which}_people_value" in story:
        people = objects(story.get(f"{which}_people_value"))
        return _joined(map(gid, people)), _joined(_names(people))
    if f"{which}_multi_enum_values" in story:
        names = _joined(_names(story.get(f"{which}_multi_enum_values")))
        return names, names
    value = text(story.get(f"{which}_text_value"))
    return value, value


def _names(values: object) -> Iterator[str]:
    for each in objects(values):
        name = text(each.get("name"))
        if name:
            yield name


def _joined(values: Iterator[str | None] | Iterator[str]) -> str | None:
    return ",".join(filter(None, values)) or None
