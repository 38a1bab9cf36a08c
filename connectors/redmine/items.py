"""Rows of Redmine as items that explain themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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


def private_ids(roster: Iterable[Json]) -> list[str]:
    """Ids of projects that no stranger sees; only so many that a cursor stays small."""
    return [str(row["id"]) for row in roster if row.get("is_public") is False][:200]


def shows_private(rows: Iterable[Json], private: Sequence[str]) -> bool:
    """Whether a list holds what a stranger never gets: then the key was good when it was read.

    Known from an earlier turn, so it is believed only where nothing follows from the list: a
    project may have been opened to all since.
    """
    return any(id_of(row.get("project")) in private for row in rows)
