"""Rows of a delivered file, CSV or JSON lines. Pure: bytes go in, rows come out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from connectors.sdk.deliveries import FileError, Row
from connectors.sdk.errors import Unexpected
from connectors.sdk.json_body import BrokenText, NotJson, parse_json

DELIMITERS = "\t;|,"
SAMPLE, ROWS = 64 * 1024, 50
"""Characters and rows by which it is seen what stands between cells."""


def rows_of(name: str, content: bytes) -> Iterator[Row]:
    """The rows of a file, by the ending of its name.

    Raises:
        FileError: it is neither CSV nor JSON lines, not UTF-8, or has no header.
    """
    ending = name.lower().rpartition(".")[2]
    if ending in ("jsonl", "ndjson"):
        return _json_lines(content)
    if ending in ("csv", "tsv", "txt"):
        return _csv(content)
    raise FileError("the name of the file has to end with .csv, .tsv, .jsonl or .ndjson")


def _json_lines(content: bytes) -> Iterator[Row]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield Row(number, parse_json(line)[0])
        except (NotJson, BrokenText, Unexpected):
            yield Row(number, trouble="it is not a JSON object in UTF-8")


def _csv(content: bytes) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileError(f'line {line}: the file is not UTF-8; export it as "CSV UTF-8"') from None
    # Of equals the first: a comma in a name or a number is more usual than the others.
    delimiter = max(DELIMITERS, key=lambda sign: _fit(text[:SAMPLE], sign))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, line)
            elif len(cells) > len(header):
                yield Row(line, trouble=f"it has {len(cells)} cells, the header {len(header)}")
            else:
                yield Row(line, dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        raise FileError(f"line {reader.line_num}: {error}") from None
    if header is None:
        raise FileError("the file is empty")


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows are as wide as the header if this stands between cells, and how
    wide that is; nothing where there is but one cell."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        widths = [len(cells) for cells in islice(reader, ROWS) if any(cells)]
    except csv.Error:
        return 0, 0
    if not widths or widths[0] < 2:
        return 0, 0
    return widths.count(widths[0]), widths[0]


def _header(cells: Sequence[str], line: int) -> list[str]:
    header = [cell.strip() for cell in cells]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise FileError(f'line {line}: more than one column is called "{twice[0]}"')
    return header
