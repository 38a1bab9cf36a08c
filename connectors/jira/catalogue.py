"""What a Jira site calls its fields and statuses (pure): read once a turn, put into the items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.jira.values import ident, items, obj, word
from connectors.jira.vocabulary import EPIC_LINK, FLAGGED, POINTS, START
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

SYSTEM_FIELDS = (
    "summary", "description", "status", "statuscategorychangedate", "issuetype", "priority",
    "resolution", "resolutiondate", "project", "parent", "assignee", "reporter", "labels",
    "duedate", "created", "updated", "timeoriginalestimate", "timeestimate", "timespent",
    "fixVersions", "issuelinks", "comment",
)  # fmt: skip
"""The fields of Jira's own that the mapping reads, and no other: each is asked for by name."""

SPRINT_SCHEMA = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_SCHEMA = "com.pyxis.greenhopper.jira:gh-epic-link"
NOISE = (  # held by Jira for itself: ranks, colours, development panels, request internals
    "com.pyxis.greenhopper.jira:gh-lexo-rank",
    "com.pyxis.greenhopper.jira:jsw-issue-color",
    "com.pyxis.greenhopper.jira:gh-epic-color",
    "com.pyxis.greenhopper.jira:gh-epic-status",
    "com.pyxis.greenhopper.jira:gh-epic-label",
    "com.atlassian.jira.plugins.jira-development-integration-plugin",
    "com.atlassian.jpo:jpo-custom-field-parent",
    "com.atlassian.servicedesk",
    "com.atlassian.jira.toolkit",
    "com.atlassian.jira.ext.charting",
)

FILLS: Mapping[str, str] = {
    "points": "points", "start": "start_on", "flagged": "blocked", "epic": "parent_id",
}  # fmt: skip
"""By role of a field: what it fills. It is no custom field of the tasks then."""
KINDS: Mapping[str, str] = {
    "points": "number", "start": "date", "flagged": "several of a list", "epic": "link",
    "option": "one of a list", "array": "several of a list", "option-with-child": "one of a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A site's custom fields and statuses.

    Args:
        custom: field id → [name, kind]; the kind is a role (`sprint`, `points`, `start`,
            `flagged`, `epic`) or the type of the value.
        categories: status id → key of its category.
        site: address of the site for people's links; None: the issues' own links say it.
    """

    custom: Mapping[str, list[str]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    site: str | None = None

    @property
    def wanted(self) -> list[str]:
        """The fields to ask a search for."""
        return [*SYSTEM_FIELDS, *self.custom]

    @property
    def epic_field(self) -> str | None:
        """The field with an epic's key, which older Jiras have instead of `parent`."""
        return next((id_ for id_, (_, kind) in self.custom.items() if kind == "epic"), None)

    def describe(self, fields: Mapping[str, Any]) -> dict[str, list[str]]:
        """The custom fields that an issue has, with their names and kinds."""
        return {id_: known for id_, known in self.custom.items() if id_ in fields}


def catalogue(
    fields: Iterable[Any], more_fields: Iterable[Any], statuses: Iterable[Any], site: str | None
) -> Catalogue:
    """From the answers of `/field`, `/field/search` (they differ: both count) and `/status`."""
    custom: dict[str, list[str]] = {}
    for each in (*fields, *more_fields):
        described = obj(each)
        id_ = word(described.get("id"))
        kind = _kind(described)
        if id_ is not None and kind is not None and id_ not in custom:
            custom[id_] = [word(described.get("name")) or id_, kind]
    categories: dict[str, str] = {}
    for each in statuses:
        status = obj(each)
        id_ = ident(status.get("id"))
        if id_ is None:
            continue
        categories[id_] = word(obj(status.get("statusCategory")).get("key")) or ""
    return Catalogue(dict(sorted(custom.items())), categories, site)


def _kind(described: Mapping[str, Any]) -> str | None:
    schema = obj(described.get("schema"))
    made_by = word(schema.get("custom"))
    if made_by is None or made_by.startswith(NOISE):
        return None
    name = (word(described.get("name")) or "").lower()
    if made_by == SPRINT_SCHEMA:
        return "sprint"
    if made_by == EPIC_SCHEMA or name in EPIC_LINK:
        return "epic"
    kind = word(schema.get("type")) or "string"
    for names, types, role in (
        (POINTS, ("number",), "points"),
        (START, ("date", "datetime"), "start"),
        (FLAGGED, ("array",), "flagged"),
    ):
        if name in names and kind in types:
            return role
    return kind


def words(known: Catalogue, statuses: Iterable[Any]) -> Vocabulary:
    """What there is to map. A sprint is none of a task's fields, but a membership."""
    return Vocabulary.of(
        (word(obj(each).get("name")) for each in statuses),
        (
            FieldName(id_, name, plain_type(kind, KINDS), FILLS.get(kind), taken=kind in FILLS)
            for id_, (name, kind) in known.custom.items()
            if kind != "sprint"
        ),
    )


def annotate(histories: Any, categories: Mapping[str, str]) -> list[Any]:
    """Put the category beside each status that a changelog names."""
    for history in items(histories):
        for item in items(obj(history).get("items")):
            if isinstance(item, dict) and item.get("field") == "status":
                item["fromCategory"] = categories.get(str(item.get("from")))
                item["toCategory"] = categories.get(str(item.get("to")))
    return list(items(histories))
