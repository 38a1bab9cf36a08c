"""The tables that give Redmine's numbers their words, so that an item explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from connectors.redmine.reading import listing
from connectors.redmine.values import identifier, mapping, objects, text
from connectors.redmine.words import CATEGORY
from connectors.sdk.contract import Http, Json
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

Table = Mapping[str, Any]
FORMATS = {
    "int": "number", "float": "number", "list": "one of a list", "enumeration": "one of a list",
    "link": "link", "user": "person",
}  # fmt: skip


class Lookups:
    """Statuses, priorities, trackers and custom fields: each asked once per pull, when needed."""

    def __init__(self, http: Http) -> None:
        self._http = http

    @cached_property
    def statuses(self) -> Table:
        """Status id → name, whether it closes, whether new issues of a tracker begin in it."""
        initial = {mapping(row.get("default_status")).get("id") for row in self._trackers}
        return {
            str(row["id"]): {
                "name": row.get("name"),
                "closed": row.get("is_closed"),
                "initial": row["id"] in initial,
            }
            for row in listing(self._http, "/issue_statuses.json", "issue_statuses").rows
        }

    @cached_property
    def priorities(self) -> Table:
        """Priority id → name and its place, 1 the lowest, among how many."""
        path = "/enumerations/issue_priorities.json"
        rows = listing(self._http, path, "issue_priorities").rows
        return {
            str(row["id"]): {"name": row.get("name"), "position": place, "of": len(rows)}
            for place, row in enumerate(rows, start=1)
        }

    @cached_property
    def trackers(self) -> Table:
        """Tracker id → name."""
        return {str(row["id"]): row.get("name") for row in self._trackers}

    @cached_property
    def fields(self) -> Table:
        """Custom field id → name, format, labels of its values. Only administrators may ask:
        for others it is empty, and every value stays the text that Redmine gives."""
        return {
            str(row.get("id")): {
                "name": row.get("name"),
                "format": row.get("field_format"),
                "labels": {
                    str(each.get("value")): each.get("label")
                    for each in objects(row.get("possible_values"))
                    if each.get("label") is not None
                },
            }
            for row in self._defined or ()
        }

    def words(self) -> Vocabulary:
        """What there is to map; custom fields where this account may list them."""
        if self._defined is None:
            fields = None
        else:
            fields = [
                FieldName(id, text(row.get("name")) or f"cf_{id}", _type(row))
                for row in self._defined
                if (id := identifier(row.get("id"))) is not None
                and row.get("customized_type") == "issue"
            ]
            fields.append(FieldName(*CATEGORY, "one of a list"))
        return Vocabulary.of((text(each["name"]) for each in self.statuses.values()), fields)

    @cached_property
    def _defined(self) -> list[Json] | None:
        """The definitions of all custom fields; None: only administrators may ask."""
        answer = self._http.request("GET", "/custom_fields.json", accept=(403,))
        if answer.status == 403:
            return None
        return list(objects(mapping(answer.data).get("custom_fields")))

    def explain(self, issue: Json) -> dict[str, Table]:
        """The rows of the tables that an issue and its journals speak of."""
        used: dict[str, set[str]] = {
            "status_id": _ids([issue.get("status")]),
            "priority_id": _ids([issue.get("priority")]),
            "tracker_id": set(),
            "cf": _ids(objects(issue.get("custom_fields"))),
        }
        for journal in objects(issue.get("journals")):
            for detail in objects(journal.get("details")):
                kind = "cf" if detail.get("property") == "cf" else str(detail.get("name"))
                if kind == "cf":
                    used[kind].add(str(detail.get("name")))
                elif kind in used:
                    used[kind] |= {str(detail.get(side)) for side in ("old_value", "new_value")}
        return {
            "statuses": _only(self.statuses, used["status_id"]),
            "priorities": _only(self.priorities, used["priority_id"]),
            "trackers": _only(self.trackers, used["tracker_id"]),
            **self.explain_fields(used["cf"]),
        }

    def explain_fields(self, ids: Iterable[str]) -> dict[str, Table]:
        """The rows of the custom fields' table; nothing is asked when there are none."""
        return {"fields": _only(self.fields, ids) if ids else {}}

    @cached_property
    def _trackers(self) -> list[Json]:
        return listing(self._http, "/trackers.json", "trackers").rows


def _type(row: Json) -> str:
    """A field's format in plain words; one of a list that takes several is several."""
    kind = plain_type(row.get("field_format"), FORMATS)
    return "several of a list" if row.get("multiple") is True else kind


def _ids(holders: Iterable[object]) -> set[str]:
    return {str(each["id"]) for each in holders if isinstance(each, Mapping) and "id" in each}


def _only(table: Table, ids: Iterable[str]) -> Table:
    return {id: table[id] for id in sorted(ids) if id in table}
