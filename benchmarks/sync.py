"""Sync against the floor: first, 1%-changed and unchanged, in one run on one machine.

Prints a table and, with ``--json FILE``, the figures. CPU is the process's own time after its
imports, memory the peak of the whole process; the imitated Jira is another process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import floor

LATENCY_MS = 100


def ours(url: str, options: dict[str, Any], path: Path) -> dict[str, Any]:
    """One pull by Flagstaff."""
    from sqlmodel import SQLModel

    from connectors.jira.connector import CONNECTOR
    from connectors.sdk.http import open_door
    from sync_engine import collector
    from sync_engine.pull import pull
    from sync_engine.source import Source
    from sync_engine.store import tables
    from sync_engine.store.engine import open_engine
    from sync_engine.store.lease import claim, release
    from sync_engine.store.runs import connection_id

    engine = open_engine(f"sqlite:///{path}")
    assert tables.MODULES
    SQLModel.metadata.create_all(engine)
    id = connection_id(engine, "load", "jira")
    lease = claim(engine, id, "benchmark")
    assert lease is not None
    collector.calm()
    started, cpu = time.perf_counter(), time.process_time()
    config: Any = CONNECTOR.Config(**{**options, "url": url, "allow_private_network": True})
    door = open_door(CONNECTOR, config)
    source = Source("load", CONNECTOR(config, door), door, scope_fingerprint="s")
    report = pull(engine, source, lease)
    figures = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - started,
        "requests": report.requests,
        "streams": len(report.streams),
        "items": report.tally.items,
        "written": report.tally.written,
        "outcome": report.outcome,
        "message": report.message,
    }
    release(engine, lease)
    return figures


def floors(url: str, options: dict[str, Any], path: Path) -> dict[str, Any]:
    """One read by the floor."""
    started, cpu = time.perf_counter(), time.process_time()
    issues, requests = floor.sync(url, options, path)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - started,
        "requests": requests,
        "items": issues,
    }


def child(what: str, url: str, options: dict[str, Any], path: Path) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", what, url, json.dumps(options), str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if figures.get("outcome", "complete") != "complete":
        raise SystemExit(f"{what}: {figures['outcome']}: {figures['message']}")
    return figures


@contextmanager
def jira(issues: int, latency: int = 0) -> Iterator[dict[str, Any]]:
    """An imitated Jira in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.jira.sandbox", "--issues", str(issues),
         "--latency", str(latency)],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def touch(url: str) -> None:
    """Change one issue in a hundred."""
    request = urllib.request.Request(f"{url}/_sandbox/touch?percent=1", method="POST", data=b"")
    urllib.request.urlopen(request).read()


def measure(issues: int, repeat: int) -> dict[str, Any]:
    """All figures for one size; of repeated measurements the one in the middle by CPU."""

    def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
        return sorted(runs, key=lambda run: run["cpu"])[len(runs) // 2]

    with tempfile.TemporaryDirectory() as folder, jira(issues) as tool:
        url, options = tool["url"], tool["options"]
        at = Path(folder)
        warm = child("floor", url, options, at / "warm.db")
        assert warm["items"] == issues, warm
        floor_runs = [child("floor", url, options, at / f"f{n}.db") for n in range(repeat)]
        first_runs = [child("ours", url, options, at / f"o{n}.db") for n in range(repeat)]
        store = at / "o0.db"
        unchanged = child("ours", url, options, store)
        touch(url)
        changed = child("ours", url, options, store)
        base, first = middle(floor_runs), middle(first_runs)
        sizes = {
            "ours_mb": store.stat().st_size / 1e6,
            "floor_mb": (at / "f0.db").stat().st_size / 1e6,
        }
    return {
        "issues": issues,
        "floor": base,
        "first": first,
        "unchanged": unchanged,
        "changed": changed,
        "cpu_ratio": first["cpu"] / base["cpu"],
        "peak_mb": first["rss_mb"],
        "file": sizes,
    }


def with_latency(issues: int) -> dict[str, Any]:
    """Wall time where every answer takes LATENCY_MS."""
    with tempfile.TemporaryDirectory() as folder, jira(issues, LATENCY_MS) as tool:
        at = Path(folder)
        base = child("floor", tool["url"], tool["options"], at / "f.db")
        first = child("ours", tool["url"], tool["options"], at / "o.db")
    return {
        "issues": issues,
        "floor": base,
        "first": first,
        "wall_ratio": first["wall"] / base["wall"],
    }


def report(figures: dict[str, Any]) -> None:
    """The table for people."""
    print(f"{'':22}{'floor':>12}{'ours':>12}{'ratio':>8}   goal")
    for each in figures["sizes"]:
        base, first = each["floor"], each["first"]
        print(f"first sync of {each['issues']:,} issues")
        print(
            f"{'  CPU s':22}{base['cpu']:12.2f}{first['cpu']:12.2f}{each['cpu_ratio']:8.2f}   ≤ 2.5"
        )
        wall = first["wall"] / base["wall"]
        print(f"{'  wall s':22}{base['wall']:12.2f}{first['wall']:12.2f}{wall:8.2f}")
        print(f"{'  peak MB':22}{base['rss_mb']:12.0f}{each['peak_mb']:12.0f}{'':8}   ≤ 200")
        print(f"{'  requests':22}{base['requests']:12}{first['requests']:12}")
        print(f"{'  file MB':22}{each['file']['floor_mb']:12.0f}{each['file']['ours_mb']:12.0f}")
        for name in ("unchanged", "changed"):
            run = each[name]
            print(
                f"{'  ' + name:22}{'':12}{run['cpu']:10.2f} s   {run['requests']} requests for "
                f"{run['streams']} streams, {run['written']} records written"
            )
    late = figures["latency"]
    print(f"{LATENCY_MS} ms an answer, {late['issues']:,} issues")
    print(
        f"{'  wall s':22}{late['floor']['wall']:12.1f}{late['first']['wall']:12.1f}"
        f"{late['wall_ratio']:8.2f}   ≤ 0.25"
    )


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, nargs="*", default=[20_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--latency-issues", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        what, url, options, path = given.child
        figures = {"ours": ours, "floor": floors}[what](url, json.loads(options), Path(path))
        figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
        return
    figures = {
        "sizes": [measure(issues, given.repeat) for issues in given.issues],
        "latency": with_latency(given.latency_issues),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
    }
    report(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
