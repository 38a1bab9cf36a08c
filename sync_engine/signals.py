"""Waiting for signals so that none is missed.

A handler in Python runs only once the main thread comes back to Python. One that is about to wait
for a lock or a queue does not come back for a signal that came a moment before, nor for one that
the system hands to another thread. A byte on a socket does not get lost.
"""

from __future__ import annotations

import signal
import socket
from types import FrameType


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler must be there for the byte to be written."""


class Signals:
    """Takes these signals over for the process; to be made in the main thread."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)
        signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _nothing)

    def wait(self) -> int:
        """The number of the next signal, once it comes."""
        return self._here.recv(1)[0]
