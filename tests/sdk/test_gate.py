"""Gates keep the declared limits, learn from headers, and close for everybody at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.sdk.contract import Budget, RateLimit
from connectors.sdk.gate import Gate, Gates


class Shelf:
    """Cooldowns of two processes."""

    def __init__(self) -> None:
        self.until: dict[str, datetime] = {}
        self.reads = 0

    def get(self, key: str) -> datetime | None:
        """As the protocol has it."""
        self.reads += 1
        return self.until.get(key)

    def set(self, key: str, until: datetime) -> None:
        """As the protocol has it."""
        self.until[key] = until


def gates(time: Any, shelf: Shelf | None = None) -> Gates:
    """Gates on the fake clock."""
    return Gates(shelf, now=time.now, monotonic=time.monotonic)


def run(gate: Gate, time: Any, requests: int, path: str = "/x") -> list[float]:
    """When each of some requests was let through."""
    passed: list[float] = []
    while len(passed) < requests:
        wait = gate.enter(path)
        if wait > 0:
            time.sleep(wait)
        else:
            passed.append(time.monotonic())
    return passed


def test_no_window_holds_more_than_declared(time: Any) -> None:
    gate = gates(time).gate("k", [RateLimit(3, timedelta(seconds=10))])
    passed = run(gate, time, 10)
    assert max(sum(start <= t < start + 10 for t in passed) for start in passed) == 3
    assert passed[-1] - passed[0] == pytest.approx(30)


def test_a_limit_counts_only_its_paths(time: Any) -> None:
    gate = gates(time).gate("k", [RateLimit(1, timedelta(seconds=900), "/members/")])
    assert run(gate, time, 5, "/boards/1")[-1] == 1000
    assert run(gate, time, 1, "/members/1") == [1000]
    assert gate.enter("/members/2") == pytest.approx(900)
    assert gate.enter("/boards/1") == 0


def test_a_wait_takes_no_place_in_another_window(time: Any) -> None:
    limits = [RateLimit(2, timedelta(seconds=10)), RateLimit(1, timedelta(seconds=60), "/slow")]
    gate = gates(time).gate("k", limits)
    assert gate.enter("/slow") == 0
    assert gate.enter("/slow") == pytest.approx(60)
    assert gate.enter("/fast") == 0


def test_many_threads_share_the_limit(time: Any) -> None:
    gate = gates(time).gate("k", [RateLimit(50, timedelta(hours=1))])
    waits: list[float] = []

    def hammer() -> None:
        waits.extend(gate.enter("/x") for _ in range(20))

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0) == 50


def test_the_same_key_is_the_same_gate(time: Any) -> None:
    shared = gates(time)
    shared.gate("k", []).close(30)
    assert shared.gate("k", []).enter("/x") == pytest.approx(30)
    assert shared.gate("other", []).enter("/x") == 0


def test_a_shorter_closing_does_not_open_earlier(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.close(30)
    gate.close(5)
    assert gate.enter("/x") == pytest.approx(30)


def test_an_absurd_closing_is_a_day(time: Any) -> None:
    until = gates(time).gate("k", []).close(1e12)
    assert until - time.now() == timedelta(days=1)


def test_a_cooldown_is_shared_with_other_processes(time: Any) -> None:
    shelf = Shelf()
    here, there = gates(time, shelf).gate("k", []), gates(time, shelf).gate("k", [])
    assert there.enter("/x") == 0
    here.close(60)
    time.sleep(6)
    assert there.enter("/x") == pytest.approx(54)


def test_other_processes_are_not_asked_at_every_request(time: Any) -> None:
    shelf = Shelf()
    run(gates(time, shelf).gate("k", []), time, 1000)
    assert shelf.reads == 1


def test_an_exhausted_budget_holds_until_its_reset(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(0, timedelta(seconds=42), 100))
    assert gate.enter("/x") == pytest.approx(42)


def test_a_low_budget_is_spread_over_the_time_to_its_reset(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(5, timedelta(seconds=50), 100))
    passed = run(gate, time, 4)
    assert [b - a for a, b in pairwise(passed)] == pytest.approx([10] * 3)
    time.sleep(50)
    assert run(gate, time, 20)[0] == run(gate, time, 1)[0]


def test_a_full_budget_slows_nothing(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(90, timedelta(seconds=50), 100))
    gate.learn(Budget(1, timedelta(seconds=50)))  # no limit told: low or not is unknown
    assert len(set(run(gate, time, 20))) == 1


def test_an_older_answer_does_not_lift_a_hold(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(0, timedelta(seconds=42), 100))
    gate.learn(Budget(1, timedelta(seconds=42), 100))
    assert gate.enter("/x") == pytest.approx(42)


def test_a_budget_of_some_paths_holds_only_these(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(0, timedelta(seconds=60), 10, path="/exports"))
    assert gate.enter("/exports/tickets") == pytest.approx(60)
    assert gate.enter("/tickets") == 0
    time.sleep(60)
    assert gate.enter("/exports/tickets") == 0


def test_a_full_budget_does_not_hide_a_low_one_beside_it(time: Any) -> None:
    gate = gates(time).gate("k", [])
    gate.learn(Budget(2, timedelta(seconds=60), 100, name="by account"))
    gate.learn(Budget(90, timedelta(seconds=60), 100, name="by token"))
    gate.enter("/x")
    assert gate.enter("/x") == pytest.approx(30)
