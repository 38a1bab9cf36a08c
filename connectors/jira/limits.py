"""What Jira says in its own way about refusals and limits (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.jira.values import instant, items, obj, word
from connectors.sdk.atlassian import quota
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected

ADVICE = (
    "Make a new API token (Cloud: id.atlassian.com, Security, API tokens; Data Center: profile, "
    "Personal access tokens), put it into `token`, and on Cloud check `email`."
)


def classify(answer: Answer) -> ConnectorError | None:
    """Refusals that Jira words in its own way; None leaves it to the status alone."""
    sign_in = answer.headers.get("x-seraph-loginreason", "")
    if answer.status == 401 or "AUTHENTICATED_FAILED" in sign_in or "_DENIED" in sign_in:
        # Jira may go on as if nobody had signed in, and answer 200 with nothing in it.
        return Refused("Jira does not accept this account's token.", remedy=ADVICE)
    said = message(answer)
    denied = answer.headers.get("x-authentication-denied-reason", "")
    match answer.status:
        case 403 if "CAPTCHA" in denied:
            return Refused(
                "Jira wants this account to solve a captcha after failed sign-ins.",
                remedy="Sign in once with a browser as this account, then try again.",
            )
        case 410:
            return Refused(
                f"This Jira has removed an API that Flagstaff asked for: {said}",
                remedy="Check `deployment` (cloud or data_center) and use the newest Flagstaff.",
            )
        case 400 if "for the field 'project'" in said:
            return NotVisible(
                f"Jira does not know one of the projects: {said}",
                remedy="Give the account 'Browse projects' there, or take it out of `projects`.",
            )
        case 400:
            return Unexpected(f"Jira did not understand the question: {said or 'no reason given'}")
        case _:
            return None


def message(answer: Answer) -> str:
    """Jira's own words about an error."""
    held = obj(answer.data)
    said = [each for each in items(held.get("errorMessages")) if isinstance(each, str)]
    said += [f"{name}: {each}" for name, each in obj(held.get("errors")).items()]
    return " ".join(said)[:300] or word(held.get("message")) or ""


def budget(headers: Mapping[str, str]) -> list[Budget]:
    """`X-RateLimit-*` of bursts, and the hourly quota of `Beta-RateLimit`."""
    found = (_burst(headers), quota(headers))
    return [each for each in found if each is not None]


def _burst(headers: Mapping[str, str]) -> Budget | None:
    remaining, reset = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset")
    now = _date(headers)
    if remaining and remaining.isdecimal() and reset and now is not None:
        until = instant(reset)
        if until is not None:
            limit = headers.get("x-ratelimit-limit", "")
            return Budget(
                remaining=int(remaining),
                resets_in=max(until - now, timedelta(0)),
                limit=int(limit) if limit.isdecimal() else None,
                name="burst",
            )
    return None


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
