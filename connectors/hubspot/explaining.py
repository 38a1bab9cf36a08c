"""What makes a record explain itself: labels of properties, stages, people, what it belongs to.

Nothing is asked for before there is a record that needs it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.hubspot.api import Api
from connectors.hubspot.kinds import CREATOR, KINDS, Kind
from connectors.hubspot.values import identifier, mapping, objects, several, text
from connectors.hubspot.words import is_closed
from connectors.sdk.contract import Json
from connectors.sdk.vocabulary import FieldName, plain_type

UNREADABLE = frozenset({"json", "object_coordinates"})
"""Types of properties that say nothing to a person."""
TYPES = {
    "enumeration": "one of a list", "phone_number": "phone number", "several": "several of a list",
}  # fmt: skip


class Explaining:
    """Explains the records of one object in one read.

    Args:
        objects: what the connection reads.
    """

    def __init__(self, api: Api, kind: Kind, objects: Container[str]) -> None:
        self._api = api
        self._kind = kind
        self._linked = [other for other in kind.linked if other in objects]

    def properties(self) -> Sequence[str]:
        """The properties to ask for, the account's own ones too."""
        return tuple(dict.fromkeys((*self._kind.properties, *self.custom)))

    @cached_property
    def custom(self) -> Mapping[str, Json]:
        """Definitions of the properties that become custom fields."""
        kind = self._kind
        return {
            name: each
            for name, each in self._definitions.items()
            if name in kind.extras
            or (
                kind.custom
                and each.get("hubspotDefined") is not True
                and each.get("hidden") is not True
                and each.get("type") not in UNREADABLE
                and name not in kind.properties
            )
        }

    @cached_property
    def pipelines(self) -> list[Json]:
        """The pipelines of the object, with their stages."""
        return self._api.settings("pipelines", self._kind.object)

    @property
    def statuses(self) -> list[str | None]:
        """The names of the stages; of what goes through none, the options of its status."""
        if self._kind.pipelines:
            stages = (stage for each in self.pipelines for stage in objects(each.get("stages")))
            return [text(stage.get("label")) for stage in stages]
        name = next(name for name, tells in self._kind.history.items() if tells == "status")
        options = objects(mapping(self._definitions.get(name)).get("options"))
        return [text(each.get("label")) or text(each.get("value")) for each in options]

    @property
    def fields(self) -> Iterator[FieldName]:
        """The properties that become custom fields, for people."""
        for name, each in self.custom.items():
            known = _explained(each, ())
            kind = plain_type("several" if known["several"] else known["type"], TYPES)
            yield FieldName(name, text(known["label"]) or name, kind)

    def of(self, rows: Sequence[Json]) -> Iterator[Json]:
        """What each record's body holds beside the record."""
        ids = [str(row["id"]) for row in rows]
        linked = {
            other: self._api.associated(self._kind.object, other, ids) for other in self._linked
        }
        for row in rows:
            yield {
                "fields": self._fields(row),
                "custom": list(self.custom),
                "stages": self._stages(row) if self._kind.pipelines else {},
                "owners": self._people(row),
                "linked": {
                    other: [KINDS[other].coordinates(id) for id in found.get(str(row["id"]), ())]
                    for other, found in linked.items()
                },
            }

    @cached_property
    def _definitions(self) -> Mapping[str, Json]:
        listed = self._api.settings("properties", self._kind.object)
        return {name: each for each in listed if (name := text(each.get("name"))) is not None}

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        """User → owner: records say who made them by the user, and who has them by the owner."""
        found: dict[str, str] = {}
        for row in (row for page in self._api.owners() for row in page):
            for name in ("userIdIncludingInactive", "userId"):
                user = identifier(row.get(name))
                if user is not None:
                    found[user] = str(row.get("id"))
        return found

    def _fields(self, row: Json) -> Mapping[str, Any]:
        """Definitions of what the record has, with the labels of the options that it uses."""
        used = _used(row)
        explained = {
            name: _explained(self._definitions[name], used.get(name, ()))
            for name in self.properties()
            if name in self._definitions
        }
        told = (*self.custom, *self._kind.history)
        return {name: each for name, each in explained.items() if name in told or each["labels"]}

    def _stages(self, row: Json) -> Mapping[str, Any]:
        used = {value for values in _used(row).values() for value in values}
        return {id: stage for id, stage in self._all_stages.items() if id in used}

    @cached_property
    def _all_stages(self) -> Mapping[str, Any]:
        """Stage → what it means; the first open stage of its pipeline is where work begins."""
        found: dict[str, Any] = {}
        for pipeline in self.pipelines:
            stages = sorted(objects(pipeline.get("stages")), key=_order)
            first = next(
                (each for each in stages if is_closed(mapping(each.get("metadata"))) is False), None
            )
            for stage in stages:
                found[str(stage.get("id"))] = {
                    "label": stage.get("label"),
                    "metadata": stage.get("metadata"),
                    "first": stage is first,
                }
        return found

    def _people(self, row: Json) -> Mapping[str, str]:
        """Owners of the users that a record names."""
        users = {text(mapping(row.get("properties")).get(CREATOR))}
        for versions in mapping(row.get("propertiesWithHistory")).values():
            users |= {identifier(each.get("updatedByUserId")) for each in objects(versions)}
        return {
            user: self._owners[user] for user in sorted(filter(None, users)) if user in self._owners
        }


def _used(row: Json) -> dict[str, tuple[str, ...]]:
    """The values that a record's properties have and had, each of several by itself."""
    used: dict[str, list[str]] = {}
    for name, value in mapping(row.get("properties")).items():
        used.setdefault(name, []).extend(several(value))
    for name, versions in mapping(row.get("propertiesWithHistory")).items():
        for each in objects(versions):
            used.setdefault(name, []).extend(several(each.get("value")))
    return {name: tuple(dict.fromkeys(values)) for name, values in used.items()}


def _explained(definition: Json, used: Sequence[str]) -> Mapping[str, Any]:
    """A property as the mapping needs it."""
    labels = {
        str(each.get("value")): each.get("label")
        for each in objects(definition.get("options"))
        if each.get("value") in used
    }
    kind, shown_as = definition.get("type"), definition.get("fieldType")
    return {
        "label": definition.get("label"),
        "type": "bool" if shown_as == "booleancheckbox" else kind,
        "several": kind == "enumeration" and shown_as == "checkbox",
        "labels": labels,
    }


def _order(stage: Json) -> int:
    place = stage.get("displayOrder")
    return place if isinstance(place, int) else 0
