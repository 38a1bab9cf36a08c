"""What a site calls its fields and statuses (pure): read once a turn, put into the items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.jira_service_management.values import ident, items, obj, word
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

SYSTEM_FIELDS = (
    "summary", "description", "status", "statuscategorychangedate", "issuetype", "priority",
    "resolution", "resolutiondate", "project", "parent", "assignee", "reporter", "labels",
    "duedate", "created", "updated", "timeoriginalestimate", "timeestimate", "timespent",
    "issuelinks", "comment", "worklog",
)  # fmt: skip
"""The fields of Jira's own that the mapping reads, and no other: each is asked for by name."""

SERVICE_DESK = "com.atlassian.servicedesk"
KINDS = {
    f"{SERVICE_DESK}:sd-sla-field": "sla",
    f"{SERVICE_DESK}:vp-origin": "request_type",
    f"{SERVICE_DESK}:sd-request-participants": "array",
    f"{SERVICE_DESK}:sd-customer-organizations": "array",
}
"""The service desk's fields that count, and how they are read; its others are of no use."""

NOISE = (  # held by Jira for itself: ranks, colours, development panels, approvals' internals
    SERVICE_DESK,
    "com.pyxis.greenhopper.jira",
    "com.atlassian.jira.plugins.jira-development-integration-plugin",
    "com.atlassian.jpo",
    "com.atlassian.jira.toolkit",
    "com.atlassian.jira.ext.charting",
)

NOT_CUSTOM = ("sla", "request_type")
"""Kinds of fields that tasks do not carry as custom fields."""
TYPES = {
    "option": "one of a list", "array": "several of a list", "option-with-child": "one of a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A site's custom fields and statuses.

    Args:
        custom: field id → [name, kind]; the kind is a role (`sla`, `request_type`) or the type of
            the value.
        categories: status id → key of its category.
        statuses: names of the statuses.
        site: address of the site for people's links; None: the answers' own links say it.
    """

    custom: Mapping[str, list[str]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    statuses: Sequence[str | None] = ()
    site: str | None = None

    @property
    def wanted(self) -> list[str]:
        """The fields to ask a search for."""
        return [*SYSTEM_FIELDS, *self.custom]

    @property
    def clocks(self) -> list[str]:
        """The fields that hold clocks of service levels."""
        return [id_ for id_, (_, kind) in self.custom.items() if kind == "sla"]

    @property
    def request_type(self) -> str | None:
        """The field that says through which form of the portal a request came."""
        return next((id_ for id_, (_, kind) in self.custom.items() if kind == "request_type"), None)

    def words(self) -> Vocabulary:
        """What there is to map."""
        return Vocabulary.of(
            self.statuses,
            (
                FieldName(id_, name, plain_type(kind, TYPES))
                for id_, (name, kind) in self.custom.items()
                if kind not in NOT_CUSTOM
            ),
        )

    def describe(self, fields: Mapping[str, Any]) -> dict[str, list[str]]:
        """The custom fields that a request has, with their names and kinds."""
        return {id_: known for id_, known in self.custom.items() if id_ in fields}


def catalogue(
    fields: Iterable[Any], more_fields: Iterable[Any], statuses: Sequence[Any], site: str | None
) -> Catalogue:
    """From the answers of `/field`, `/field/search` (they differ: both count) and `/status`."""
    custom: dict[str, list[str]] = {}
    for each in (*fields, *more_fields):
        described = obj(each)
        id_, kind = word(described.get("id")), _kind(described)
        if id_ is not None and kind is not None and id_ not in custom:
            custom[id_] = [word(described.get("name")) or id_, kind]
    categories = {
        id_: word(obj(obj(each).get("statusCategory")).get("key")) or ""
        for each in statuses
        if (id_ := ident(obj(each).get("id"))) is not None
    }
    names = [word(obj(each).get("name")) for each in statuses]
    return Catalogue(dict(sorted(custom.items())), categories, names, site)


def _kind(described: Mapping[str, Any]) -> str | None:
    schema = obj(described.get("schema"))
    made_by = word(schema.get("custom"))
    if made_by is None:
        return None
    if made_by in KINDS:
        return KINDS[made_by]
    return None if made_by.startswith(NOISE) else word(schema.get("type")) or "string"


def annotate(histories: Any, categories: Mapping[str, str]) -> list[Any]:
    """Put the category beside each status that a changelog names."""
    for history in items(histories):
        for item in items(obj(history).get("items")):
            if isinstance(item, dict) and item.get("field") == "status":
                item["fromCategory"] = categories.get(str(item.get("from")))
                item["toCategory"] = categories.get(str(item.get("to")))
    return list(items(histories))
