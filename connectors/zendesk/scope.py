"""Groups, and which of them a connection reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from connectors.sdk.contract import Json, Scope
from connectors.sdk.errors import NotVisible
from connectors.zendesk.client import Client
from connectors.zendesk.words import identifier


def groups(client: Client) -> list[Json]:
    """Every group, deleted ones too: old tickets are still theirs."""
    asked = {"exclude_deleted": False}
    return [row for page in client.pages("/groups", "groups", asked) for row in page]


def scope_of(group: Json) -> Scope:
    """A group as the roster lists it."""
    state = "trashed" if group.get("deleted") is True else "active"
    return Scope(str(group["id"]), str(group.get("name") or f"#{group['id']}"), state)  # type: ignore[arg-type]


class Chosen:
    """The groups under `groups`, by id or name. Asks Zendesk only once it is needed.

    Args:
        names: as configured; None: all, and tickets without a group too.
    """

    def __init__(self, client: Client, names: Sequence[str] | None) -> None:
        self._client = client
        self._names = names

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self._names is None

    def rows(self) -> tuple[list[Json], list[str]]:
        """The groups that are read, and the configured names that no group has."""
        found = groups(self._client)
        if self._names is None:
            return found, []
        called = {str(row["id"]): {str(row["id"]), str(row.get("name"))} for row in found}
        known = set().union(*called.values())
        wanted = set(self._names)
        return (
            [row for row in found if called[str(row["id"])] & wanted],
            [name for name in self._names if name not in known],
        )

    def has(self, group: object) -> bool:
        """Whether a ticket of this group is read.

        Raises:
            NotVisible: a configured group is not there: it may have been renamed, and then its
                tickets would be passed over, and those that were read be called moved.
        """
        return self.everything or identifier(group) in self._ids

    @cached_property
    def _ids(self) -> set[str]:
        rows, missing = self.rows()
        if missing:
            raise missing_group(missing[0])
        return {str(row["id"]) for row in rows}


def missing_group(name: str) -> NotVisible:
    """What is said of a group that is configured and not there."""
    return NotVisible(
        f"Zendesk has no group {name!r}; no tickets are read until it has.",
        remedy="Correct `groups`; by its id a group is known even after it was renamed.",
        scope=name,
    )
