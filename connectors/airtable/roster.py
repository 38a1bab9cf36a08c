"""Which bases and tables are read: those that are configured and that Airtable shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.airtable.api import Api
from connectors.airtable.frame import Frame
from connectors.airtable.options import AirtableOptions
from connectors.airtable.values import text
from connectors.sdk.contract import Json, Scope
from connectors.sdk.errors import NotVisible


class Table(NamedTuple):
    """A table that is read, with its base, as the schema tells them."""

    frame: Frame
    schema: Json
    base: Json

    @property
    def name(self) -> str:
        """As people tell it from the tables of other bases."""
        return f"{_name(self.base)} / {_name(self.schema)}"

    @property
    def scope(self) -> Scope:
        """The table in the roster; what is chosen is its base."""
        base = self.base
        return Scope(self.frame.id, self.name, chosen_as=base["id"], chosen_name=_name(base))


class Roster:
    """The bases and tables of one connection."""

    def __init__(self, config: AirtableOptions, api: Api) -> None:
        self.config = config
        self.api = api

    def bases(self) -> tuple[list[Json], list[str], datetime | None]:
        """The configured bases that we see, the configured ones that we do not, the time."""
        listed, at = self.api.bases()
        wanted = self.config.bases
        if wanted is None:
            return listed, [], at
        chosen = [base for base in listed if _is_meant(wanted, base)]
        missing = [each for each in wanted if not any(_is_meant([each], b) for b in chosen)]
        return chosen, list(dict.fromkeys(missing)), at

    def tables(self, base: Json) -> list[Table]:
        """The configured tables of a base."""
        tables = [
            Table(Frame.of(base["id"], schema), schema, base)
            for schema in self.api.tables(base["id"])
        ]
        wanted = self.config.tables
        return [table for table in tables if wanted is None or _is_wanted(wanted, table)]

    def names(self, base: Json) -> list[str]:
        """The ids of the configured tables of a base."""
        return [table.frame.id for table in self.tables(base)]

    def all(self) -> tuple[list[Table], list[str]]:
        """The configured tables that we see, and what is configured and not seen."""
        bases, missing, _ = self.bases()
        tables = [table for base in bases for table in self.tables(base)]
        for each in dict.fromkeys(self.config.tables or ()):
            if not any(_is_wanted([each], table) for table in tables):
                missing.append(each)
        return tables, missing

    def frame(self, id: str) -> Frame:
        """What the schema says of a table now.

        Raises:
            NotVisible: it says nothing of it.
        """
        base, _, table = id.partition(":")
        for schema in self.api.tables(base, scope=id):
            if schema["id"] == table:
                return Frame.of(base, schema)
        raise not_visible(id)


def not_visible(what: str) -> NotVisible:
    """What is said of a base or table that Airtable does not show."""
    return NotVisible(
        f"{what!r} is not visible with this credential, or is no base or table.",
        remedy="Give the credential access to the base, or take it out of `bases` and `tables`.",
        scope=what,
    )


def _name(thing: Json) -> str:
    return text(thing.get("name")) or str(thing["id"])


def _is_meant(names: Sequence[str], base: Json) -> bool:
    return base["id"] in names or base.get("name") in names


def _is_wanted(names: Sequence[str], table: Table) -> bool:
    known = (table.schema["id"], table.schema.get("name"), table.name, table.frame.id)
    return any(each in names for each in known)
