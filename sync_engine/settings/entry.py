"""Entries of the configuration that are made in the console, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

Kind = Literal[
    "setting", "connection", "pack", "pack choice", "standard", "channel", "digest", "person",
    "different people",
]  # fmt: skip
"""What an entry is. `setting` is one key of the file's top level; `pack` is a whole pack, and
`pack choice` whether one is on; `different people` is a suggestion that was refused."""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are taken: what others rest on comes first."""

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the store has it.

    Args:
        document: as the file would say it, without the name. Secrets are references.
        version: 1 when it is made, one more with each change.
    """

    kind: Kind
    name: str
    document: Any
    version: int
    made_at: datetime
    made_by: str
    changed_at: datetime
    changed_by: str

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.kind, self.name

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        at = f"{self.changed_at:%Y-%m-%d %H:%M} UTC"
        return f"store, {self.changed_by}, {at}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the store that is not in force; `reason` is a sentence for an admin."""

    kind: Kind
    name: str
    reason: str
    origin: str

    def __str__(self) -> str:
        """One sentence with the name, the place and the reason."""
        return f'The {self.kind} "{self.name}" ({self.origin}) is left out: {self.reason}.'
