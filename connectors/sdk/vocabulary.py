"""What there is to map in a tool: its status words and its custom fields. Optional.

The engine asks a connector that can tell (`Worded`) when an admin wants to see what there is, and
when a mapping is checked. Nothing that is read or stored depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from connectors.sdk.contract import Connector


@dataclass(frozen=True, slots=True)
class FieldName:
    """A custom field, or a column, as tasks carry it (`records.Custom`).

    Args:
        id: the tool's id of it.
        name: as people see it.
        type: what it holds, in plain words (`plain_type`).
        fills: the field of `Task` that the connector itself fills from it; None: none.
        taken: tasks do not carry it beside that, so it cannot be mapped to anything else.
    """

    id: str
    name: str
    type: str
    fills: str | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one account, of what this connection reads.

    Args:
        status: every status word that a task may show (`Task.status_label`); None: the tool does
            not list them.
        fields: every custom field; None: this account may not list them.
        free: people may write other status words than those (a column of plain text).
    """

    status: tuple[str, ...] | None
    fields: tuple[FieldName, ...] | None
    free: bool = False

    @classmethod
    def of(
        cls,
        status: Iterable[str | None] | None,
        fields: Iterable[FieldName] | None,
        *,
        free: bool = False,
    ) -> Self:
        """Each once, in this order; words that say nothing are left out."""
        return cls(
            status=None if status is None else tuple(dict.fromkeys(filter(None, status))),
            fields=None if fields is None else tuple(dict.fromkeys(fields)),
            free=free,
        )


@runtime_checkable
class Worded(Protocol):
    """A connector whose tool lists its status words and its custom fields."""

    def vocabulary(self) -> Vocabulary:
        """Few requests: none for each task. Where the tool lists by container, the configured
        containers alone are asked for. Raises as `check` does."""
        ...


def vocabulary_of(connector: Connector) -> Vocabulary | None:
    """What there is to map; None: the connector cannot tell."""
    return connector.vocabulary() if isinstance(connector, Worded) else None


TYPES: Mapping[str, str] = {
    "text": "text", "string": "text", "textarea": "text", "number": "number", "date": "date",
    "datetime": "date and time", "checkbox": "yes or no", "boolean": "yes or no",
    "bool": "yes or no", "user": "person", "url": "link", "email": "e-mail address",
    "phone": "phone number", "formula": "formula", "rating": "number", "currency": "number",
    "percent": "number", "duration": "duration",
}  # fmt: skip
"""What tools commonly call the types of fields."""


def plain_type(kind: Any, own: Mapping[str, str] | None = None) -> str:
    """The type of a field in plain words, by the tool's `own` table first; the tool's own word
    where nobody knows it."""
    if not isinstance(kind, str) or not kind:
        return "unknown"
    return (own or {}).get(kind) or TYPES.get(kind.lower()) or kind.replace("_", " ")
