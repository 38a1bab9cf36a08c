"""What a comment on an item says. Pure."""

from __future__ import annotations

import hashlib
from typing import Any

from connectors.sdk.comments import Note

_ENDS = {
    "fixed": "solved", "out_of_scope": "no longer checked here", "gone": "no longer there",
    "standard_off": "no longer checked", "removed": "no longer checked",
}  # fmt: skip


def note_of(flag: Any) -> Note:
    """The comment of a flag as it stands now.

    Args:
        flag: a row of `FlagRow`.
    """
    if flag.state == "resolved":
        word = _ENDS.get(flag.resolution or "", "no longer open")
        ended = f" since {flag.resolved_at:%Y-%m-%d}" if flag.resolved_at else ""
        lines = [f"Flagstaff: {word}{ended}. Nothing is to be done.", f"It was: {flag.said}"]
    else:
        lines = [
            f"Flagstaff ({flag.severity}): {flag.standard_title}",
            f"What is wrong: {flag.said}",
            f"What to do: {flag.remedy}",
        ]
    return Note(tuple(lines), mark_of(flag))


def mark_of(flag: Any) -> str:
    """Names a flag in its tool: by its standard and the tool's own id of the item, and by nothing
    of this store, so that another one that reads the tool, or a later one, knows the comment."""
    text = "\x1f".join((flag.standard, flag.subject, flag.subject_id))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hash_of(note: Note) -> str:
    """Tells whether a comment says what it should."""
    return hashlib.blake2b(
        "\n".join((*note.lines, note.marker)).encode(), digest_size=16
    ).hexdigest()
