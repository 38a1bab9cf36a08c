"""What tells recipients apart."""

from __future__ import annotations


def folded(recipient: str) -> str:
    """The same for all spellings of one recipient: of an address, case says nothing; of a channel's
    name, it does. To compare by; messages go to the address as somebody wrote it."""
    return recipient.casefold() if "@" in recipient else recipient
