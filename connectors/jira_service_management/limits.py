"""What Jira says in its own way about refusals and limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.jira_service_management.values import instant, items, obj, word
from connectors.sdk.atlassian import quota
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected

ADVICE = (
    "Make a new API token (id.atlassian.com, Security, API tokens), put it into `token`, and check "
    "`email`."
)


def classify(answer: Answer) -> ConnectorError | None:
    """Refusals that Jira words in its own way; None leaves it to the status alone."""
    if answer.status == 401 or "AUTHENTICATED_FAILED" in answer.headers.get(
        "x-seraph-loginreason", ""
    ):
        # Jira may go on as if nobody had signed in, and answer 200 with nothing in it.
        return Refused("Jira does not accept this account's token.", remedy=ADVICE)
    said = message(answer)
    match answer.status:
        case 410:
            return Refused(
                f"Jira has removed an API that Flagstaff asked for: {said}",
                remedy="Use the newest Flagstaff; report this if you do.",
            )
        case 400 if "for the field 'project'" in said:
            return NotVisible(
                f"Jira does not know one of the projects: {said}",
                remedy="Give the account access there, or take it out of `service_desks`.",
            )
        case 400:
            return Unexpected(f"Jira did not understand the question: {said or 'no reason given'}")
        case _:
            return None


def message(answer: Answer) -> str:
    """Jira's own words about an error; the service desk's API has one message, not a list."""
    held = obj(answer.data)
    said = [each for each in items(held.get("errorMessages")) if isinstance(each, str)]
    said += [f"{name}: {each}" for name, each in obj(held.get("errors")).items()]
    return " ".join(said)[:300] or word(held.get("errorMessage")) or ""


def budget(headers: Mapping[str, str]) -> list[Budget]:
    """`X-RateLimit-*` of bursts, and the hourly quota of `Beta-RateLimit`."""
    found = (_burst(headers), quota(headers))
    return [each for each in found if each is not None]


def _burst(headers: Mapping[str, str]) -> Budget | None:
    remaining, limit = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-limit")
    until, now = instant(headers.get("x-ratelimit-reset")), _date(headers.get("date", ""))
    if not remaining.isdecimal() or until is None or now is None:
        return None
    return Budget(
        remaining=int(remaining),
        resets_in=max(until - now, timedelta(0)),
        limit=int(limit) if limit and limit.isdecimal() else None,
        name="burst",
    )


def _date(written: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
