"""A deliberate death, so that every crash point can be tried in turn.

Off unless armed: by ``FLAGSTAFF_CRASH_AT=k`` in the environment, or by a test. Then every HTTP
attempt, every SQL statement and every commit is counted, before and after, and the process is
killed (SIGKILL) at the k-th.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


class CrashPoints:
    """Counts the points that the process passes, and dies at one of them.

    Args:
        at: the point to die at; 0: none, they are only counted.
    """

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.passed = 0
        self._lock = threading.Lock()

    def point(self, _event: str = "") -> None:
        """Pass a point; the process may not come back from it."""
        with self._lock:
            self.passed += 1
            if self.passed == self.at:
                os.kill(os.getpid(), signal.SIGKILL)

    def arm(self, engine: sa.Engine) -> None:
        """Make every statement and commit of an engine a point, before and after."""

        def passing(*_: Any) -> None:
            self.point()

        event.listen(engine, "before_cursor_execute", passing)
        event.listen(engine, "after_cursor_execute", passing)
        event.listen(engine, "commit", passing)


def from_environment() -> CrashPoints | None:
    """What the environment asks for; None, as ever outside tests."""
    at = os.environ.get("FLAGSTAFF_CRASH_AT")
    return CrashPoints(int(at)) if at else None
