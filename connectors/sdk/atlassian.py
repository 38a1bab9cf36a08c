"""What Atlassian's clouds say alike, whichever product answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connectors.sdk.contract import Budget


def quota(headers: Mapping[str, str]) -> Budget | None:
    """What is left of the hourly quota (`r`) and until when (`t`, seconds), beside its policy: how
    much (`q`) for how long (`w`). None: the answer does not tell."""
    told = _parameters(headers.get("beta-ratelimit", ""))
    policy = _parameters(headers.get("beta-ratelimit-policy", ""))
    left, seconds, period = told.get("r"), told.get("t"), policy.get("w")
    if left is None or seconds is None:
        return None
    per = timedelta(seconds=min(period, 86400)) if period else None
    until = timedelta(seconds=min(seconds, 86400))
    return Budget(left, until, policy.get("q") or None, name="quota", per=per)


def _parameters(header: str) -> dict[str, int]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {
        name: int(value)
        for name, _, value in pairs
        if value.isascii() and value.isdecimal() and len(value) < 16
    }
