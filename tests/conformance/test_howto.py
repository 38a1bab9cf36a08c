"""The how-to shows code that runs."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from tests.conformance.checks import HEADINGS


def _lines(code: str) -> list[str]:
    return [line.strip() for line in textwrap.dedent(code).splitlines() if line.strip()]


def test_every_piece_of_code_is_in_the_tool_that_the_suite_runs(root: Path) -> None:
    page = (root / "docs" / "howto" / "write-a-connector.md").read_text()
    source = "\n".join(_lines((root / "tests" / "conformance" / "pebble.py").read_text()))
    pieces = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(pieces) > 5
    for piece in pieces:
        assert "\n".join(_lines(piece)) in source, f"not in pebble.py:\n{piece}"


def test_the_page_names_what_the_suite_wants_of_a_readme(root: Path) -> None:
    page = (root / "docs" / "howto" / "write-a-connector.md").read_text()
    about = page.split("## 7.")[1].split("## 8.")[0]
    for what, pattern in HEADINGS.items():
        assert re.search(pattern, about, re.IGNORECASE), f"nothing about {what}"
