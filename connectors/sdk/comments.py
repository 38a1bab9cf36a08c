"""How a tool's items are commented on: what a connector offers that lets flags be written back.

A connector that can names a class of this contract as its `comments`. It is the only part of a
connector that changes anything in the tool besides hooks, and it is used only where the admin
asks for it. Every comment of ours ends in a marker, by which it is found again and told apart from
what people say; so none is written twice, and none counts as activity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from connectors.sdk.contract import Connector, Http

_MARKER = re.compile(r"\[flagstaff:([0-9a-f]{16})\]\s*(?:-->)?\s*\Z")
_ACTS = (
    # Mentions, references, markup, macros, entities, commands.
    re.compile(r"([@#!$%&^\[{<>*_`~|\\]|\A/)(?=\S)"),
    # Addresses and domains, and `version:1.0`; times and numbers stay whole.
    re.compile(r"((?<!\d):|:(?!\d)|(?<=\w)\.(?=[^\W\d])|(?<=[wW]{3})\.)(?=\S)"),
    # Keys of items (`GH-12`) and revisions (`r12`).
    re.compile(r"(\b[^\W\d_]\w*-|\b[rR])(?=\d)"),
    # Names of commits.
    re.compile(r"\b([0-9a-fA-F]{6})(?=[0-9a-fA-F]{1,58}\b)"),
)
"""What a tool may take for more than text."""
_ZERO_WIDTH = "\u200b"
_MOST = 600


@dataclass(frozen=True, slots=True)
class Place:
    """The item that is commented on.

    Args:
        task_id: its id, as the connector's records have it.
        project_id: the container that it counts in, None where it has none.
    """

    task_id: str
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What a comment says.

    Args:
        lines: sentences; they hold words of the tool's people, so nothing in them may act.
        fingerprint: names the flag in its tool, for every store that reads it: 16 hexadecimal
            digits.
    """

    lines: Sequence[str]
    fingerprint: str

    @property
    def marker(self) -> str:
        """The last words of the comment."""
        return f"[flagstaff:{self.fingerprint}]"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an item shows of one of our comments.

    Args:
        comment_id: of the comment; None: the item has none with this marker.
        said_at: when it was written or last edited, by the tool's clock; None: not told.
        updated_at: when the item itself was last changed, as its record has it.
    """

    comment_id: str | None
    said_at: datetime | None = None
    updated_at: datetime | None = None


class CommentsOn(Protocol):
    """The comments of one account in one tool. Made as a connector is; keeps nothing."""

    needs: ClassVar[str]
    """What the credential must be allowed to do, for an admin; one sentence."""

    def __init__(self, config: Any, http: Http) -> None:
        """Keeps both; no I/O."""
        ...

    def look(self, place: Place, fingerprint: str) -> Seen:
        """Read an item and our comment on it.

        Raises:
            NotVisible: the item is not there, or not for us.
        """
        ...

    def write(self, place: Place, note: Note) -> None:
        """Comment on an item, in one request that is never repeated."""
        ...

    def update(self, place: Place, comment_id: str, note: Note) -> None:
        """Replace the text of a comment, in one request that is never repeated."""
        ...


def comments_of(connector: type[Connector] | Connector) -> type[CommentsOn] | None:
    """How a connector's items are commented on; None: they cannot be."""
    found: type[CommentsOn] | None = getattr(connector, "comments", None)
    return found


def fingerprint_in(text: str) -> str | None:
    """The flag of which a comment is ours; None: people wrote it. A comment that only quotes one
    of ours says something after the marker, and is theirs."""
    found = _MARKER.search(text)
    return found[1] if found else None


def inert(text: str) -> str:
    """One line of text in which nothing is a mention, a link, a reference, a command or markup in
    any of the tools: an invisible space stands in everything that could be one."""
    line = one_line(text)
    for act in _ACTS:
        line = act.sub(rf"\1{_ZERO_WIDTH}", line)
    return line


def one_line(text: str) -> str:
    """Text as one printable line of bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _MOST else f"{line[:_MOST]} …"


def plain(note: Note) -> str:
    """The text of a note where the tool shows everything."""
    return "\n\n".join((*map(inert, note.lines), note.marker))


def hidden(note: Note) -> str:
    """The text of a note where the tool does not show HTML comments."""
    return "\n\n".join((*map(inert, note.lines), f"<!-- {note.marker} -->"))
