"""Python's cycle collector, tuned for reading: pages of parsed JSON hold many containers and no
cycles, and the default thresholds would walk all of them again and again (a fifth of a sync's
processor time)."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 100_000, 50, 100


def calm() -> None:
    """Collect rarely from now on, and never what was loaded so far. For the whole process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
