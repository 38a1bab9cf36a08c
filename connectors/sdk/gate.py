"""Pacing: one gate per limit scope, shared by every thread and connection of the process.

A limit scope is what a vendor counts requests by: a credential at a host. The gate keeps the
declared limits by itself, learns from what the answers' headers say is left, and closes for all
when the tool asks us to stay away.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.sdk.contract import Budget, Clock, RateLimit

LONGEST_COOLDOWN = timedelta(days=1)
"""A tool may ask for more; we then knock once a day."""

_LOOK_AGAIN = 5.0  # seconds after which another process's cooldown is looked for
_LOW = 0.1  # share of a budget under which the rest is spread over the time to its reset


class Cooldowns(Protocol):
    """Where cooldowns outlive the process and are seen by the others: the engine's store."""

    def get(self, key: str) -> datetime | None:
        """Until when this limit scope is closed; None if it is not."""
        ...

    def set(self, key: str, until: datetime) -> None:
        """Close the limit scope until then; a later instant that is already set stays."""
        ...


@dataclass(slots=True)
class _Pace:
    """How far apart requests are to be until a low budget is full again, in seconds."""

    last: float
    until: float = 0.0
    apart: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds after which to ask again; none once the budget is full."""
        return min(self.last + self.apart, self.until) - now if now < self.until else 0.0


class Gate:
    """The pace of one limit scope. All times inside are seconds of a monotonic clock."""

    def __init__(self, key: str, limits: Sequence[RateLimit], clock: Gates) -> None:
        self.key = key
        self._windows = [(limit, deque[float](maxlen=limit.requests)) for limit in limits]
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._looked_at = -_LOOK_AGAIN
        self._paces: dict[tuple[str, str], _Pace] = {}  # by path and name of the budget

    def enter(self, path: str) -> float:
        """Take a place for one request now: 0.0; or the seconds after which to ask again."""
        with self._lock:
            now = self._clock.monotonic()
            self._look_at_others(now)
            wait = self._closed_until - now
            paces = [pace for (start, _), pace in self._paces.items() if path.startswith(start)]
            for pace in paces:
                wait = max(wait, pace.wait(now))
            counted = [(li, sent) for li, sent in self._windows if path.startswith(li.path)]
            for limit, sent in counted:
                if len(sent) == limit.requests:
                    wait = max(wait, sent[0] + limit.per.total_seconds() - now)
            if wait > 0:
                return wait
            for _, sent in counted:
                sent.append(now)
            for pace in paces:
                pace.last = now
            return 0.0

    def close(self, seconds: float) -> datetime:
        """Let nobody through for a time; gives the instant of reopening."""
        seconds = min(max(seconds, 0.0), LONGEST_COOLDOWN.total_seconds())
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            reopening = self._clock.monotonic() + seconds
            longer = reopening > self._closed_until
            self._closed_until = max(self._closed_until, reopening)
        if longer and self._clock.cooldowns is not None:
            self._clock.cooldowns.set(self.key, until)
        return until

    def learn(self, budget: Budget) -> None:
        """Heed what an answer says is left: hold at nothing, slow down at little."""
        seconds = max(budget.resets_in.total_seconds(), 0.0)
        if budget.remaining <= 0 and not budget.path:
            self.close(seconds)
            return
        with self._lock:
            now = self._clock.monotonic()
            pace = self._paces.setdefault((budget.path, budget.name), _Pace(now))
            low = budget.limit is not None and budget.remaining < budget.limit * _LOW
            pace.until = now + seconds if low or budget.remaining <= 0 else now
            if budget.remaining <= 0:
                pace.apart = LONGEST_COOLDOWN.total_seconds()
            elif low:
                pace.apart = min(seconds, 86400.0) / budget.remaining

    def _look_at_others(self, now: float) -> None:
        if self._clock.cooldowns is None or now - self._looked_at < _LOOK_AGAIN:
            return
        self._looked_at = now
        until = self._clock.cooldowns.get(self.key)
        if until is not None:
            seconds = min((until - self._clock.now()), LONGEST_COOLDOWN).total_seconds()
            self._closed_until = max(self._closed_until, now + seconds)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gates:
    """The gates of a process: whoever has the same key shares one.

    Args:
        cooldowns: shares cooldowns beyond the process; None keeps them in memory.
        now: for the instants given to `cooldowns` and to the planner.
        monotonic: seconds; jumps of the wall clock do not move a gate.
    """

    def __init__(
        self,
        cooldowns: Cooldowns | None = None,
        *,
        now: Clock = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cooldowns = cooldowns
        self.now = now
        self.monotonic = monotonic
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def gate(self, key: str, limits: Sequence[RateLimit]) -> Gate:
        """The gate of a limit scope."""
        with self._lock:
            if key not in self._gates:
                self._gates[key] = Gate(key, limits, self)
            return self._gates[key]
