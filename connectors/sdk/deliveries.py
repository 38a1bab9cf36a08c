"""Connections that are not pulled: their work is delivered to us, row by row.

Such a connector reads rows that its sender shaped, so that what is wrong with one is an error for
the sender, told at once, and no unknown. The engine neither plans nor takes the census of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from connectors.sdk.contract import Item


class RowError(ValueError):
    """A row cannot be read; the message says why in the sender's own words.

    Args:
        id: the row's id, where that could be read.
    """

    def __init__(self, why: str, *, id: str | None = None) -> None:
        super().__init__(why)
        self.id = id


class FileError(ValueError):
    """A file cannot be read at all; the message says why, and where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a delivery.

    Args:
        line: the line of the file on which it begins, or its place in a list, from 1.
        trouble: why there is no value.
    """

    line: int
    value: Any = None
    trouble: str = ""


@runtime_checkable
class TakesDeliveries(Protocol):
    """A connector of which nothing can be asked."""

    delivered: ClassVar[Literal[True]]

    def admits(self, token: str) -> bool:
        """Whether whoever holds this token may deliver; compared in constant time."""
        ...

    def item_of(self, row: Any) -> Item:
        """The item that a row says. Pure.

        Raises:
            RowError: it says none.
        """
        ...

    def is_gone(self, item: Item) -> bool:
        """Whether the row says that its item is no more."""
        ...

    @staticmethod
    def rows_of(name: str, content: bytes) -> Iterator[Row]:
        """The rows of a file, by the ending of its name.

        Raises:
            FileError: it is of no kind that we read.
        """
        ...

    @staticmethod
    def proposal(header: Sequence[str]) -> Mapping[str, str]:
        """For the columns of a sender: the fields that their names speak of."""
        ...
