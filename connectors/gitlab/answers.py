"""What GitLab's answers say in its own way: refusals and what is left of its limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.gitlab.values import mapping, objects
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError, Refused, Unavailable

MINUTE = timedelta(minutes=1)
MAKE_ANOTHER = (
    "Make a new access token with the scope `read_api` and put it in `token`; with OAuth, sign in "
    "again."
)


def refusal(answer: Answer) -> ConnectorError | None:
    """The error that an answer stands for; None: the ordinary reading of its status holds."""
    said = _said(answer.data).lower()
    if answer.status == 401:
        return Refused(
            "GitLab refuses the token: it is wrong, expired or revoked.", remedy=MAKE_ANOTHER
        )
    if answer.status == 403 and "insufficient_scope" in said:
        return Refused("The token lacks the scope `read_api`.", remedy=MAKE_ANOTHER)
    if answer.status == 403 and "terms of service" in said:
        return Refused(
            "GitLab waits for this account to accept its terms of service.",
            remedy="Sign in once as the account that reads, and accept them.",
        )
    if answer.status == 403 and "blocked" in said:
        return Refused(
            "GitLab has blocked this account.", remedy="Ask an administrator to unblock it."
        )
    if answer.status == 200 and any(_passing(each) for each in _errors(answer.data)):
        return Unavailable("GitLab's GraphQL could not answer just now.")
    return None


def budgets(answer: Answer) -> Sequence[Budget]:
    """What the `RateLimit-` headers say is left of the limit that this request counted in."""
    headers = answer.headers
    remaining, limit = headers.get("ratelimit-remaining", ""), headers.get("ratelimit-limit", "")
    if not (remaining.isdecimal() and remaining.isascii()):
        return ()
    return [
        Budget(
            remaining=int(remaining),
            resets_in=_until(headers),
            limit=int(limit) if limit.isdecimal() and limit.isascii() else None,
            name=headers.get("ratelimit-name", ""),
        )
    ]


def _until(headers: Mapping[str, str]) -> timedelta:
    """Until the reset, by GitLab's own clock; its limits count by the minute where it tells none.

    A named limit may be another path's, and one that is used up closes for all: so no longer than
    an hour is believed.
    """
    reset, date = headers.get("ratelimit-reset", ""), headers.get("date", "")
    try:
        now = parsedate_to_datetime(date)
        left = datetime.fromtimestamp(int(reset), UTC) - now
    except (ValueError, TypeError, OverflowError, OSError):
        return MINUTE
    return min(max(left, timedelta(0)), timedelta(hours=1))


def _errors(data: Any) -> list[Mapping[str, Any]]:
    return objects(mapping(data).get("errors"))


def _passing(error: Mapping[str, Any]) -> bool:
    said = str(error.get("message")).lower()
    return "timeout" in said or "internal server error" in said or "try again" in said


def _said(data: Any) -> str:
    """The words of a refusal: plain text, or the values of an object."""
    if isinstance(data, Mapping):
        return " ".join(str(value) for value in data.values())
    return data if isinstance(data, str) else ""
