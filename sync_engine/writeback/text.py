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
    return Note(tuple(lines), flag.fingerprint)


def hash_of(note: Note) -> str:
    """Tells whether a comment says what it should."""
    return hashlib.blake2b(
        "\n".join((*note.lines, note.marker)).encode(), digest_size=16
    ).hexdigest()
