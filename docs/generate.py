"""Write what is made from the code: the reference pages and the README's table of connectors.

`python docs/generate.py` writes, `--check` only names what is out of date and then ends with 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from connectors.sdk import registry
from connectors.sdk.contract import Can, Connector
from connectors.sdk.records import Change
from connectors.sdk.webhooks import Registrar
from sync_engine.cli import reference as command_line
from sync_engine.rules import reference as rules
from sync_engine.settings import reference as configuration

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- connectors: begin -->", "<!-- connectors: end -->"
PROVEN = {"docs": "documentation", "recorded": "recordings", "live": "a real server"}
_FIGURES: dict[str, Any] = json.loads((ROOT / "benchmarks" / "requests.json").read_text("utf-8"))


def pages() -> dict[Path, str]:
    """Every generated file, and what must be in it."""
    reference = ROOT / "docs" / "reference"
    return {
        reference / "configuration.md": configuration.page(),
        reference / "cli.md": command_line.page(),
        **rules.pages(),
        README: with_table(README.read_text("utf-8"), table()),
    }


def with_table(text: str, rows: str) -> str:
    """The README with its table of connectors as given."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"README.md must hold the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{rows}{END}{after}"


def table() -> str:
    """What each connector reads, how cheaply, and how that was proven."""
    head = (
        "| Connector | Reads | Only what changed | What is gone | History | Calls us | "
        f"Requests ({_FIGURES['tasks']:,} tasks) | Proven |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    asked = [registry.get(name) for name in registry.imitated()]
    found = sorted(asked, key=lambda connector: connector.title.casefold())
    return head + "".join(_row(connector) for connector in found)


def _row(connector: type[Connector]) -> str:
    streams = connector.streams
    cells = (
        f"[{connector.title}](connectors/{connector.name}/README.md)",
        _words(streams),
        _words(stream for stream, can in streams.items() if Can.INCREMENTAL in can),
        _deletions(streams.values()),
        "told" if Change in connector.provides else "as seen",
        _calls(connector),
        _requests(connector.name),
        f"{PROVEN[connector.evidence]}, {connector.evidence_on}",
    )
    return f"| {' | '.join(cells)} |\n"


def _words(streams: Iterable[str]) -> str:
    return ", ".join(stream.replace("_", " ") for stream in streams) or "–"


def _deletions(can: Iterable[Can]) -> str:
    every = reduce(or_, can)
    ways = []
    if Can.FEED in every:
        ways.append("change feed")
    elif Can.TOMBSTONES in every:
        ways.append("deletions told")
    if Can.CENSUS in every:
        ways.append("census")
    return ", ".join(ways) or "complete reads"


def _calls(connector: type[Connector]) -> str:
    webhook = getattr(connector, "webhook", None)
    if webhook is None:
        return "–"
    return "set up for you" if isinstance(webhook, Registrar) else "set up by hand"


def _requests(name: str) -> str:
    """Of a first read and of an unchanged turn, as `benchmarks.requests_made --keep` counts."""
    counted = _FIGURES["connectors"].get(name)
    return f"{counted['first']:,} / {counted['unchanged']:,}" if counted else "not counted"


def main(arguments: list[str]) -> int:
    """Write, or check."""
    stale = [
        (file, text)
        for file, text in pages().items()
        if not file.is_file() or file.read_text("utf-8") != text
    ]
    if "--check" in arguments:
        for file, _ in stale:
            sys.stderr.write(f"{file.relative_to(ROOT)} is not as the code says: run `make docs`\n")
        return 1 if stale else 0
    for file, text in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
