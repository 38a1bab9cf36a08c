"""What makes a row explain itself: labels of fields, meanings of statuses, projects and parents."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import cached_property

from connectors.salesforce.api import Api, Described, soql
from connectors.salesforce.kinds import CAMPAIGN_PREFIX, CASE_PREFIX
from connectors.salesforce.options import CAMPAIGN, SalesforceOptions
from connectors.salesforce.reading import Explain, Selection, project_lookups
from connectors.salesforce.values import objects, text
from connectors.sdk.contract import Json
from connectors.sdk.vocabulary import FieldName, plain_type

STATUS_FIELDS = "Id, ApiName, MasterLabel, IsClosed, IsDefault"
CASE_FIELDS = {
    "IsEscalated": ("Escalated", "yes or no"), "RecordTypeId": ("Record type", "one of a list"),
}  # fmt: skip
"""By id: name and type of the custom fields that a case has of Salesforce's own."""
STATUSES = {"tasks": "TaskStatus", "cases": "CaseStatus", "changes": "CaseStatus"}
"""Streams with statuses, and the object that says what these mean."""
TYPES = {
    "picklist": "one of a list", "multipicklist": "several of a list", "reference": "link",
    "double": "number", "int": "number", "long": "number", "combobox": "text",
}  # fmt: skip


class Explaining:
    """Explains the rows of one stream in one read; asks only for what the stream needs."""

    def __init__(self, api: Api, config: SalesforceOptions, stream: str) -> None:
        self._api = api
        self._config = config
        self._stream = stream
        self._web = (config.web_url or config.url).rstrip("/")

    def of(self, described: Described, chosen: Selection) -> Explain:
        """How the rows of an object are explained."""
        leading = self._lookups(described)[:1]
        explained = {
            name: _explained(field) for name, field in chosen.custom.items() if name not in leading
        }
        constant: dict[str, Json | str] = {"web": self._web, "object": described.object}
        if explained:
            constant["fields"] = explained
        specific = self._specific(described)

        def explain(row: Json) -> Json:
            return {**constant, **specific(row)}

        return explain

    @property
    def statuses(self) -> list[str]:
        """The words that a record's status may be."""
        return list(self._statuses)

    def _specific(self, described: Described) -> Callable[[Json], Json]:
        statuses = self._statuses if self._stream in STATUSES else {}
        if self._stream == "changes":
            tracked = list(self._config.tracked)
            return lambda row: {
                "tracked": tracked,
                "statuses": {
                    word: statuses[word]
                    for word in (row.get("OldValue"), row.get("NewValue"))
                    if isinstance(word, str) and word in statuses and row.get("Field") == "Status"
                },
            }
        if self._stream not in STATUSES:
            return lambda row: {}  # noqa: ARG005
        lookups = self._lookups(described)
        return lambda row: {
            "status": statuses.get(str(row.get("Status"))),
            **self._places(row, lookups),
        }

    def _lookups(self, described: Described) -> list[str]:
        """What leads from a task or case to its project."""
        if self._stream not in ("tasks", "cases"):
            return []
        return project_lookups(described, self._config.project_object)

    def _places(self, row: Json, lookups: list[str]) -> Json:
        """The project and the parent of a task or case: what it is about, or a lookup of it."""
        about, places = text(row.get("WhatId")) or "", {}
        if self._prefix is not None and about.startswith(self._prefix):
            places["project"] = about
        elif about.startswith(CASE_PREFIX) and "Case" in self._config.objects:
            places["parent"] = about
        if "project" not in places and lookups and text(row.get(lookups[0])):
            places["project"] = str(row[lookups[0]])
        return places

    @cached_property
    def _prefix(self) -> str | None:
        """With what the ids of projects begin."""
        object = self._config.project_object
        if object is None or object == CAMPAIGN:
            return CAMPAIGN_PREFIX if object else None
        return self._api.describe(object).prefix

    @cached_property
    def _statuses(self) -> Mapping[str, Json]:
        """Status → whether it closes, whether new records begin in it."""
        table = STATUSES[self._stream]
        return {
            str(row.get("ApiName") or row.get("MasterLabel")): {
                "closed": row.get("IsClosed"),
                "default": row.get("IsDefault"),
            }
            for row in self._api.rows(table, soql(STATUS_FIELDS, table))
        }


def field_names(
    described: Described, chosen: Selection, leading: Container[str]
) -> list[FieldName]:
    """The custom fields of an object for people, without what leads to the project; a case has two
    of Salesforce's own."""
    own = {name: label for name, label in CASE_FIELDS.items() if described.object == "Case"}
    asked = {path.partition(".")[0].removesuffix("Id") for path in chosen.paths}
    found = [
        FieldName(name, label, kind)
        for name, (label, kind) in own.items()
        if name.removesuffix("Id") in asked
    ]
    return found + [
        FieldName(name, text(field.get("label")) or name, plain_type(field.get("type"), TYPES))
        for name, field in chosen.custom.items()
        if name not in leading
    ]


def _explained(field: Json) -> Json:
    """A custom field as the mapping needs it."""
    labels = {
        str(each.get("value")): str(each.get("label"))
        for each in objects(field.get("picklistValues"))
        if each.get("label") not in (None, each.get("value"))
    }
    explained = {"label": field.get("label"), "type": field.get("type")}
    return {**explained, "labels": labels} if labels else explained
