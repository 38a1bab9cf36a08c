"""ARCHITECTURE.md and the tree say the same."""

from __future__ import annotations

import re
from pathlib import Path

SPAN = re.compile(r"`([^`\n]+)`")


def _spans(root: Path) -> set[str]:
    return set(SPAN.findall((root / "ARCHITECTURE.md").read_text("utf-8")))


def test_every_module_of_the_engine_is_placed(root: Path) -> None:
    """A module or folder that is not told about cannot be found by a stranger."""
    engine = root / "sync_engine"
    modules = {file.name for file in engine.glob("*.py")} - {"__init__.py"}
    folders = {f"{file.parent.name}/" for file in engine.glob("*/__init__.py")}
    assert modules | folders <= _spans(root)


def test_every_connector_and_part_of_the_kit_is_told(root: Path) -> None:
    """The same for the connectors."""
    spans = _spans(root)
    tools = {f"connectors/{file.parent.name}/" for file in root.glob("connectors/*/connector.py")}
    kit = {file.name for file in root.glob("connectors/sdk/*.py")} - {"__init__.py"}
    named = {span.rpartition("/")[2] for span in spans}
    assert tools <= spans
    assert kit <= named


def test_every_path_that_is_named_exists(root: Path) -> None:
    """Nothing is told that is not there. Bare names are those of the engine or the kit."""
    places = (root, root / "sync_engine", root / "connectors/sdk", root / "connectors/trello")
    written = {
        span
        for span in _spans(root)
        if re.fullmatch(r"[\w./-]+", span) and span.endswith(("/", ".py", ".md", ".yaml"))
    }
    assert len(written) > 40
    assert not {span for span in written if not any((place / span).exists() for place in places)}
