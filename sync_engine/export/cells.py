"""Rows as CSV that no spreadsheet takes for formulas.

A text that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage
return) is written with an apostrophe before it. So that it can be read back, a text that begins
with apostrophes and then such a character gets one more. `text_of` undoes it: nothing is lost.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

_RUN = re.compile(r"'*[=+\-@\t\r]")


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows under a header."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return out.getvalue()


def text_of(cell: str) -> str:
    """The text that a cell was written for."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(each) for each in value)
    if isinstance(value, str) and _RUN.match(value):
        return f"'{value}"
    return value
