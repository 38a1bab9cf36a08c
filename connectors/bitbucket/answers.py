"""What Bitbucket's answers say beside their data. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.bitbucket.words import part, text
from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError, NotVisible, Refused

RENEW = (
    "Make a new API token (or access token) with the scopes that the README lists, and put it in "
    "`token`; with OAuth, sign in again."
)

_STRONG = ("write", "admin", "delete")


def clock(answer: Answer) -> datetime | None:
    """Bitbucket's time when it answered."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def classify(answer: Answer) -> ConnectorError | None:
    """What only Bitbucket says in its own way. None: the status means what it says."""
    match answer.status:
        case 401:
            return Refused(
                "Bitbucket does not accept the credential: it is wrong, expired or revoked.",
                remedy=RENEW,
            )
        case 403:
            needed = ", ".join(required(answer))
            if not needed:
                return None
            return NotVisible(
                f"The credential lacks a scope: this needs {needed}.",
                remedy=f"The scopes of a token cannot be changed: make a new one that has {needed} "
                "as well, and put it in `token`; an OAuth consumer is given the permission.",
            )
        case 410:
            return NotVisible(
                "Bitbucket says that this is gone (410): an issue that cannot be had any more, or "
                "a part of Bitbucket that was removed, such as the issue tracker.",
                remedy="Write `issues: false` if it is the issue tracker; else upgrade Flagstaff, "
                "and report this if you have the newest version.",
            )
        case _:
            return None


def required(answer: Answer) -> Iterator[str]:
    """The scopes that a refusal for want of one lists."""
    named = part(answer.data, "error", "detail").get("required")
    for each in named if isinstance(named, list) else ():
        if (scope := text(each)) is not None:
            yield scope


def may_write(answer: Answer) -> list[str]:
    """The scopes of the credential by which it could change something."""
    granted = [each.strip() for each in answer.headers.get("x-oauth-scopes", "").split(",")]
    return [each for each in granted if any(word in each for word in _STRONG)]
