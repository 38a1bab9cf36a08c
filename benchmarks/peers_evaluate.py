"""Ten standards over a store's tasks by one of the libraries that read rules in Python.

Run by `benchmarks.peers` in an environment of its own (`requirements-peers.lock`), since a peer
may need other versions of what Flagstaff ships: ``python peers_evaluate.py STORE LIBRARY``. Prints
the seconds of the processor and how many tasks each standard flags. The rules are written in each
library's own way, guarded against empty values, which none of them takes for unknown.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

TODAY = date(2026, 3, 18)
COLUMNS = ("status", "owner_id", "due_on", "start_on", "estimate_minutes", "points", "priority",
           "resolution", "milestone_id", "parent_id", "type")  # fmt: skip
Test = Callable[[dict[str, Any]], bool]

DOING, OPEN, DONE = "in_progress", ("todo", "in_progress"), "done"
CEL = (
    'status == "in_progress" && owner_id == ""',
    'status == "in_progress" && due_on == ""',
    'status == "in_progress" && estimate_minutes < 0 && points < 0.0',
    'status in ["todo", "in_progress"] && due_on != "" && due_on < today',
    'status in ["todo", "in_progress"] && start_on != "" && due_on != "" && start_on > due_on',
    'status in ["todo", "in_progress"] && priority < 0',
    'status == "done" && resolution == ""',
    'status == "done" && start_on != "" && start_on > today',
    'status in ["todo", "in_progress"] && milestone_id == "" && parent_id == ""',
    'status in ["todo", "in_progress"] && type == "bug" && priority < 0',
)
C7N: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"key": "status", "value": DOING}, {"key": "owner_id", "value": ""}),
    ({"key": "status", "value": DOING}, {"key": "due_on", "value": ""}),
    ({"key": "status", "value": DOING}, {"key": "estimate_minutes", "op": "lt", "value": 0},
     {"key": "points", "op": "lt", "value": 0}),
    ({"key": "status", "op": "in", "value": list(OPEN)}, {"key": "due_on", "op": "ne", "value": ""},
     {"key": "due_on", "op": "lt", "value": TODAY.isoformat()}),
    ({"key": "status", "op": "in", "value": list(OPEN)}, {"key": "late", "value": True}),
    ({"key": "status", "op": "in", "value": list(OPEN)},
     {"key": "priority", "op": "lt", "value": 0}),
    ({"key": "status", "value": DONE}, {"key": "resolution", "value": ""}),
    ({"key": "status", "value": DONE}, {"key": "start_on", "op": "ne", "value": ""},
     {"key": "start_on", "op": "gt", "value": TODAY.isoformat()}),
    ({"key": "status", "op": "in", "value": list(OPEN)}, {"key": "milestone_id", "value": ""},
     {"key": "parent_id", "value": ""}),
    ({"key": "status", "op": "in", "value": list(OPEN)}, {"key": "type", "value": "bug"},
     {"key": "priority", "op": "lt", "value": 0}),
)  # fmt: skip


def by_cel() -> list[Test]:
    """The Common Expression Language, in Python."""
    import celpy  # type: ignore[import-not-found]

    environment = celpy.Environment()
    programs = [environment.program(environment.compile(text)) for text in CEL]

    def test(program: Any) -> Test:
        return lambda row: bool(program.evaluate(row["cel"]))

    return [test(program) for program in programs]


def by_rule_engine() -> list[Test]:
    """rule-engine, whose language is close to CEL's."""
    import rule_engine  # type: ignore[import-not-found]

    texts = [text.replace("&&", "and") for text in CEL]
    return [rule_engine.Rule(text).matches for text in texts]


def by_c7n() -> list[Test]:
    """Cloud Custodian's value filter, one for each part of a rule."""
    from c7n.filters.core import ValueFilter  # type: ignore[import-not-found]

    def test(parts: tuple[dict[str, Any], ...]) -> Test:
        filters = [ValueFilter({"type": "value", **part}) for part in parts]
        return lambda row: all(each(row) for each in filters)

    return [test(parts) for parts in C7N]


def rows(path: str, library: str) -> Iterator[dict[str, Any]]:
    """The tasks as each library wants them; -1 and "" stand for what is empty."""
    numbers = {"estimate_minutes", "points", "priority"}
    for values in sqlite3.connect(path).execute(f"SELECT {', '.join(COLUMNS)} FROM task"):
        row: dict[str, Any] = {
            name: (-1 if name in numbers else "") if value is None else value
            for name, value in zip(COLUMNS, values, strict=True)
        }
        row["today"] = TODAY.isoformat()
        row["late"] = bool(row["start_on"] and row["due_on"] and row["start_on"] > row["due_on"])
        if library == "cel":
            import celpy

            row["cel"] = celpy.json_to_cel({**row, "points": float(row["points"])})
        yield row


def main() -> None:
    """Evaluate and print."""
    path, library = sys.argv[1:]
    made = {"cel": by_cel, "rule-engine": by_rule_engine, "c7n": by_c7n}[library]
    tests = made()
    counts = [0] * len(tests)
    begun = time.process_time()
    for row in rows(path, library):
        for number, test in enumerate(tests):
            if test(row):
                counts[number] += 1
    spent = time.process_time() - begun
    sys.stdout.write(json.dumps({"seconds": spent, "flagged": counts}) + "\n")


if __name__ == "__main__":
    main()
