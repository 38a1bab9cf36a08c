"""The one layer of retries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from connectors.sdk.errors import ConnectorError

T = TypeVar("T")

_backoff = tenacity.wait_random_exponential(multiplier=0.5, max=30)


class Again(Exception):
    """Try once more; when this was try number `tries`, it was `error`.

    Args:
        error: raised when there is no more try.
        tries: how many this failure is worth.
        wait: seconds before the next try; None: back off exponentially, with jitter.
    """

    def __init__(self, error: ConnectorError, tries: int, wait: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.tries = tries
        self.wait = wait


def _again(state: tenacity.RetryCallState) -> Again | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Again) else None


def _stop(state: tenacity.RetryCallState) -> bool:
    again = _again(state)
    return again is not None and state.attempt_number >= again.tries


def _wait(state: tenacity.RetryCallState) -> float:
    again = _again(state)
    return again.wait if again is not None and again.wait is not None else _backoff(state)


def retrying(attempt: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Call until it raises no `Again`, or its tries are used up; then its error is raised."""
    loop = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Again),
        stop=_stop,
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )
    try:
        return loop(attempt)
    except Again as again:
        failure = again.error
    # Outside the handler, so that nothing that holds a URL hangs on it.
    raise failure
