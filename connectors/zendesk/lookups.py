"""The tables that give a ticket's numbers their words, so that an item explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.errors import Unexpected
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type
from connectors.zendesk.client import Client
from connectors.zendesk.words import STATUS_TITLES, identifier, objects, plain, text

Table = Mapping[str, Any]
TYPES = {
    "integer": "number", "decimal": "number", "regexp": "text", "tagger": "one of a list",
    "multiselect": "several of a list", "partialcreditcard": "card number", "lookup": "link",
}  # fmt: skip


class Lookups:
    """Custom fields and custom statuses: each asked once per pull, and only when needed."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def fields(self) -> Table:
        """Field id → title, type, names of the options by the value that tickets hold."""
        return {
            str(row["id"]): {
                "title": row.get("title"),
                "type": row.get("type"),
                "options": {
                    str(option.get("value")): option.get("name")
                    for option in objects(row.get("custom_field_options"))
                },
            }
            for row in self._defined
        }

    def words(self) -> Vocabulary:
        """What there is to map. Zendesk's own fields are no custom fields: they are not
        removable."""
        return Vocabulary.of(
            (*map(text, self.statuses.values()), *STATUS_TITLES.values()),
            (
                FieldName(str(row["id"]), text(row.get("title")) or str(row["id"]),
                          plain_type(row.get("type"), TYPES))
                for row in self._defined
                if row.get("removable") is not False
            ),
        )  # fmt: skip

    @cached_property
    def _defined(self) -> list[Json]:
        pages = self._client.pages("/ticket_fields", "ticket_fields")
        return [row for page in pages for row in page]

    @cached_property
    def statuses(self) -> Table:
        """Custom status id → the name that agents see. Deleted ones are not listed."""
        data, _ = self._client.answer("/custom_statuses")
        rows = data.get("custom_statuses")
        if not isinstance(rows, list):
            raise Unexpected("Zendesk's answer for /custom_statuses holds no list.")
        return {str(row.get("id")): row.get("agent_label") for row in objects(rows)}

    def status(self, id: object) -> str | None:
        """The name of a custom status; None where there is none."""
        held = identifier(id)
        label = None if held is None else self.statuses.get(held)
        return label if isinstance(label, str) else None

    def explain(self, values: Mapping[str, Iterable[object]]) -> dict[str, Table]:
        """The custom fields, with the options that are used, of field id → its values."""
        explained: dict[str, Table] = {}
        for id, used in values.items():
            field = self.fields.get(id)
            if field is None:  # it was deleted
                continue
            words = {
                word
                for value in used
                for each in (value if isinstance(value, list) else [value])
                if (word := plain(each)) is not None
            }
            options = {name: field["options"][name] for name in words & field["options"].keys()}
            explained[id] = {**field, "options": dict(sorted(options.items()))}
        return explained

    def of_ticket(self, ticket: Json) -> dict[str, Any]:
        """What the mapping of a ticket needs beside it."""
        entries = objects(ticket.get("custom_fields"))
        values = {
            id: [entry.get("value")]
            for entry in entries
            if (id := identifier(entry.get("id"))) is not None
        }
        return {
            "status_label": self.status(ticket.get("custom_status_id")),
            "fields": self.explain(values) if values else {},
        }
