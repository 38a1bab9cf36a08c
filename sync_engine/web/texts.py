"""What callers write: none that a database would not keep as text."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

NUL = "\x00"
"""The one character of Unicode that PostgreSQL keeps in no text."""


def is_text(encoded: bytes) -> bool:
    """Whether percent-encoded bytes are UTF-8 (so no half of a surrogate pair) and hold no NUL."""
    try:
        return NUL not in unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return False
