"""How a flag is named: by its number, or by its fingerprint, which links and exports keep."""

from __future__ import annotations

import sqlalchemy as sa

from sync_engine.rules.joins import table
from sync_engine.store.flag_models import FlagRow

FLAG = table(FlagRow)
LARGEST = 2**31 - 1
LONGEST = len(str(LARGEST))
"""Digits of the largest number; whatever is longer is a fingerprint, if it is of digits only."""


def named(flag: int | str) -> sa.ColumnElement[bool]:
    """The condition on the table of flags that a flag of this name meets; none may."""
    text = str(flag)
    if not text.isascii() or not text.isalnum():
        return sa.false()
    if text.isdecimal() and len(text) <= LONGEST:
        number = int(text)
        return FLAG.c.id == number if 0 < number <= LARGEST else sa.false()
    return FLAG.c.fingerprint == text
