"""What a status means where the vendor says nothing special. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.sdk.errors import (
    ConnectorError,
    NotVisible,
    Refused,
    Unavailable,
    Unexpected,
)

_TRANSIENT = frozenset({408, 409, 423, 425})

CHECK_CREDENTIAL = "Check the credential of this connection, or make a new one."


def reading(status: int, what: str, said: str, scope: str | None) -> ConnectorError:
    """The error that a status of 400 or more stands for (429 apart).

    Args:
        status: the answer's status.
        what: the request in words: "Jira at acme.example … GET /issue".
        said: the beginning of the answer, scrubbed.
        scope: the container that was asked for, None if none.
    """
    told = f': "{said}"' if said else ""
    if status == 401:
        return Refused(f"{what} was refused (401){told}.", remedy=CHECK_CREDENTIAL)
    if status == 402:
        return Refused(
            f"{what} needs a plan that this account does not have (402){told}.",
            remedy="Upgrade the account, or leave this part out.",
        )
    if status in (403, 404, 451):
        place = f' for "{scope}"' if scope else ""
        return NotVisible(
            f"{what} is not visible to this account{place} ({status}){told}.",
            remedy="Give the account access, or take it out of the configuration.",
            scope=scope,
        )
    if status == 410:
        return Refused(
            f"{what} uses a part of the API that was removed (410){told}.",
            remedy="Upgrade Flagstaff; report this if you have the newest version.",
        )
    if status >= 500 or status in _TRANSIENT:
        return Unavailable(f"{what} was answered with {status}{told}.")
    return Unexpected(
        f"{what} was answered with {status}{told}.",
        remedy="Check the options of this connection; report this if they are right.",
        scope=scope,
    )


def seconds_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long `Retry-After` asks us to stay away; None when it is absent or makes no sense.

    A date is compared with the tool's own clock where the answer tells it; one in the past
    means now.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) < 16 else float("inf")
    until = _date(value)
    if until is None:
        return None
    return max((until - (_date(headers.get("date", "")) or now)).total_seconds(), 0.0)


def _date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
