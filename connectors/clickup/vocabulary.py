"""What there is to map in a workspace: the statuses of its places, the fields of its lists."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.clickup.api import Api
from connectors.clickup.roster import Roster, status_names
from connectors.clickup.words import text
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

TYPES: Mapping[str, str] = {
    "short_text": "text", "drop_down": "one of a list", "labels": "several of a list",
    "users": "people", "tasks": "links", "list_relationship": "links", "money": "number",
    "emoji": "number", "automatic_progress": "number", "manual_progress": "number",
    "date": "date and time", "attachment": "attachments",
}  # fmt: skip


def vocabulary(api: Api, roster: Roster) -> Vocabulary:
    """Spaces and folders come with their statuses; a list that overrides these is asked for its
    own, and every list for its fields, the inherited ones among them."""
    words, fields = list[str | None](), list[FieldName]()
    for place in roster.places():
        id = place.scope.id
        if place.list.get("override_statuses") is True:
            words += status_names(api.object(f"/list/{id}")[0])
        for row in api.rows(f"/list/{id}/field", "fields", scope=id).rows:
            name = text(row.get("name")) or str(row["id"])
            fields.append(FieldName(str(row["id"]), name, plain_type(row.get("type"), TYPES)))
    return Vocabulary.of((*roster.statuses, *words), fields)
