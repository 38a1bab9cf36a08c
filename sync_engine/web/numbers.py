"""Numbers of rows as addresses and forms name them: none larger than the store's columns hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sync_engine.flags.named import LARGEST

Number = Annotated[int, Field(ge=1, le=LARGEST)]
"""Of a parameter of an address; there is nothing under any other."""


def number_of(text: str) -> int | None:
    """The number of a row that a text is; None: no row has it."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(LARGEST)):
        return None
    number = int(text)
    return number if 0 < number <= LARGEST else None
