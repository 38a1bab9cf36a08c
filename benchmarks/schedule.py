"""Analysing a large project's network, against the least that any way of doing it must do.

Run ``python -m benchmarks.schedule``. The floor is a bare forward pass in topological order over
lists of numbers: no kinds of links, no calendar, no float, no points. The ratio of the times is the
figure, and that memory does not grow from one round to the next.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import time
import tracemalloc
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import DAY, Activity, Dependency, Kind

TODAY = date(2026, 3, 18)
CALENDAR = WorkCalendar.of(country="DE")
KINDS: tuple[Kind, ...] = ("FS", "FS", "FS", "FS", "FS", "FS", "FS", "SS", "FF", "SF")
MOST_RATIO = 40.0
"""What is beyond this is a mistake, whatever the machine."""


def project(activities: int, links: int) -> tuple[list[Activity], list[Dependency]]:
    """A generated project, a third of it done, with all that real ones have."""
    rng = random.Random(7)
    done, started = activities // 3, activities // 3 + activities // 50
    work = []
    for n in range(activities):
        begin = TODAY + timedelta(days=rng.randrange(-200, 0) if n < done else rng.randrange(400))
        end = begin + timedelta(days=rng.randrange(30))
        if n < done:
            work.append(
                Activity(
                    id=str(n),
                    state="done",
                    start=begin,
                    finish=end,
                    actual_start=begin,
                    actual_finish=min(end, TODAY),
                    owned=True,
                )
            )
        elif n < started:
            work.append(
                Activity(
                    id=str(n),
                    state="started",
                    start=TODAY,
                    finish=end,
                    remaining=rng.randrange(1, 20) * DAY,
                    owned=True,
                )
            )
        else:
            work.append(
                Activity(
                    id=str(n),
                    start=begin,
                    finish=end,
                    owned=n % 20 > 0,
                    milestone=n % 50 == 0,
                    deadline=end if n % 50 == 0 else None,
                )
            )
    tied = []
    for _ in range(links):
        before = rng.randrange(activities - 1)
        after = rng.randrange(before + 1, min(activities, before + 500))
        lag = rng.choice((0, 0, 0, 0, 0, 0, 0, DAY, 2 * DAY, -DAY))
        tied.append(Dependency(str(before), str(after), rng.choice(KINDS), lag))
    rng.shuffle(work)
    return work, tied  # fmt: skip


def floor(lengths: Sequence[int], before: Sequence[int], after: Sequence[int]) -> int:
    """The end of a network, by nothing but a forward pass."""
    count = len(lengths)
    outs: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for link, first in enumerate(before):
        outs[first].append(after[link])
        waiting[after[link]] += 1
    finish = list(lengths)
    order = [n for n in range(count) if waiting[n] == 0]
    for n in order:
        for then in outs[n]:
            finish[then] = max(finish[then], finish[n] + lengths[then])
            waiting[then] -= 1
            if waiting[then] == 0:
                order.append(then)
    return max(finish)


def measured(rounds: int, run: Any) -> list[float]:
    """Seconds of processor time of each round."""
    found = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    return found


def memory(rounds: int, run: Any) -> list[float]:
    """MiB that are held after each round."""
    tracemalloc.start()
    found = []
    for _ in range(rounds):
        run()
        gc.collect()
        found.append(tracemalloc.get_traced_memory()[0] / 2**20)
    tracemalloc.stop()
    return found


def main() -> int:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activities", type=int, default=50_000)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    work, tied = project(given.activities, given.links)
    number = {each.id: n for n, each in enumerate(work)}
    lengths = [DAY] * len(work)
    before = [number[each.before] for each in tied]
    after = [number[each.after] for each in tied]

    def whole() -> Any:
        return analyse(work, tied, today=TODAY, calendar=CALENDAR)

    found = whole()
    bare = min(measured(given.rounds, lambda: floor(lengths, before, after)))
    ours = min(measured(given.rounds, whole))
    held = memory(given.rounds, whole)
    figures = {
        "activities": len(work),
        "links": len(tied),
        "floor_cpu_seconds": round(bare, 3),
        "cpu_seconds": round(ours, 3),
        "ratio": round(ours / bare, 1),
        "memory_growth_mib": round(held[-1] - held[0], 2),
        "finish": str(found.finish),
        "critical_path": len(found.critical_paths[0]) if found.critical_paths else 0,
    }
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    flat = figures["memory_growth_mib"] < 1  # type: ignore[operator]
    return 0 if flat and ours / bare < MOST_RATIO and found.finish is not None else 1


if __name__ == "__main__":
    sys.exit(main())
