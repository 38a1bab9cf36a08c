"""Rows of Redmine as items that explain themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.contract import Item, Json


def item(
    web: str,
    key: str,
    row: Json,
    scope: str | None = None,
    altered: int = 0,
    more: Mapping[str, object] | None = None,
) -> Item:
    """A row under its name, with the address for links and what explains it."""
    return Item(str(row["id"]), {key: row, "web": web, **(more or {})}, scope, altered)


def id_of(holder: object) -> str | None:
    """The id inside `{"id": …, "name": …}`."""
    return str(holder["id"]) if isinstance(holder, Mapping) and "id" in holder else None


def field_ids(row: Json) -> set[str]:
    """Ids of the custom fields that a row has."""
    return {str(each.get("id")) for each in row.get("custom_fields") or ()}
