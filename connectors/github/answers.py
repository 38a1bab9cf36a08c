"""What GitHub's answers say beside their data: limits, refusals, clocks, links. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.github.words import objects, text
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    ConnectorError,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.statuses import seconds_asked

GRAPHQL, ENTERPRISE_GRAPHQL = "/graphql", "/api/graphql"
"""Where the GraphQL API is: at github.com below the REST API, else beside it."""
HOUR = timedelta(hours=1)
"""The period of GitHub's quotas."""
SECONDARY = timedelta(seconds=60)
"""How long to stay away after a secondary limit that names no time: GitHub asks for a minute."""
RENEW = (
    "Make a new token in GitHub's settings (Developer settings), and put it in `token`; of a "
    "GitHub App see whether it is still installed."
)
_LATEST = 253402300799  # the end of the year 9999, in seconds since 1970
_NEXT = re.compile(r'<([^<>]*)>\s*;[^<]*?\brel="?next\b')


def clock(answer: Answer) -> datetime | None:
    """GitHub's time when it answered."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def next_link(answer: Answer) -> str | None:
    """Where the list goes on; None: this was its last page."""
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else None


def expiry(answer: Answer) -> datetime | None:
    """When the token expires; None: never, or GitHub does not say."""
    said = answer.headers.get("github-authentication-token-expiration", "")
    said = said.replace(" UTC", "+00:00").replace(" +", "+").replace(" -", "-")
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def budget(answer: Answer) -> Sequence[Budget]:
    """What is left of the hour's quota; the REST API and the GraphQL API have one each."""
    at, headers = clock(answer), answer.headers
    limit, left, reset = (
        _count(headers.get(f"x-ratelimit-{part}")) for part in ("limit", "remaining", "reset")
    )
    if at is None or limit is None or left is None or reset is None:
        return ()
    name = headers.get("x-ratelimit-resource") or "core"
    if name not in ("core", "graphql"):
        return ()
    # An empty quota of GraphQL must not stop the REST API.
    path = ""
    if name == "graphql":
        served = urlsplit(answer.url).path
        path = ENTERPRISE_GRAPHQL if served.endswith(ENTERPRISE_GRAPHQL) else GRAPHQL
    resets_in = timedelta(seconds=min(max(reset - at.timestamp(), 0.0), HOUR.total_seconds()))
    return [Budget(left, resets_in, limit, path=path, name=name, per=HOUR)]


def classify(answer: Answer) -> ConnectorError | None:
    """What only GitHub says in its own way. None: the status means what it says."""
    said = _said(answer.data)
    match answer.status:
        case 401:
            return Refused(
                "GitHub does not accept the token: it is wrong, expired or revoked.",
                remedy=RENEW,
            )
        case 403 | 429:
            return _throttled(answer, said) or (
                _forbidden(answer, said) if answer.status == 403 else None
            )
        case 410:
            return NotVisible(
                "GitHub says that this is gone (410): an issue that was deleted, or a repository "
                "whose issues are switched off.",
                remedy="Switch the repository's issues on, or take it out of the configuration.",
            )
        case 200:
            return _graphql(answer)
        case _:
            return None


def _throttled(answer: Answer, said: str) -> ConnectorError | None:
    """A limit is used up: the hour's quota, or one of those that GitHub calls secondary."""
    headers, at = answer.headers, clock(answer)
    if answer.status == 429 and "retry-after" in headers:
        return None  # as everywhere
    if "retry-after" in headers and at is not None:
        asked = seconds_asked(headers, at)
        if asked is not None:
            return _away(at + timedelta(seconds=min(asked, 86400.0)))
    if "rate limit" in said or "abuse detection" in said:
        return _used_up(answer) or _away_for_a_minute(at)
    return _used_up(answer)


def _used_up(answer: Answer) -> Throttled | None:
    """The hour's quota is used up, until its end."""
    reset = _count(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") != "0" or reset is None:
        return None
    return _away(datetime.fromtimestamp(min(reset, _LATEST), UTC))


def _away(until: datetime) -> Throttled:
    return Throttled("GitHub's limit on requests is used up.", until=until)


def _away_for_a_minute(at: datetime | None) -> ConnectorError:
    if at is None:
        return Unavailable("GitHub asks for a pause (secondary rate limit).")
    return _away(at + SECONDARY)


def _forbidden(answer: Answer, said: str) -> ConnectorError | None:
    if "x-github-sso" in answer.headers or "saml" in said:
        return NotVisible(
            "The organization wants the token authorized for its single sign-on (SAML).",
            remedy="Open the token's settings at GitHub and choose 'Configure SSO', 'Authorize'.",
        )
    if "resource not accessible" in said:
        return NotVisible(
            "The token lacks a permission for this.",
            remedy="Give it read access to the repository's 'Issues' and 'Metadata'.",
        )
    if "ip allow list" in said:
        return NotVisible(
            "The organization lets only listed addresses in, and ours is not among them.",
            remedy="Have this machine's address put on the organization's IP allow list.",
        )
    return None


def _graphql(answer: Answer) -> ConnectorError | None:
    """GraphQL tells its errors in an answer of 200; what came along with them is not complete."""
    errors = answer.data.get("errors") if isinstance(answer.data, Mapping) else None
    if not errors:
        return None
    told = objects(errors)
    kinds = {str(each.get("type")) for each in told}
    said = "; ".join(str(each.get("message")) for each in told)[:200] or "no reason given"
    if "RATE_LIMITED" in kinds or "rate limit" in said.lower():
        return _used_up(answer) or _away_for_a_minute(clock(answer))
    if kinds == {"NOT_FOUND"} and all(map(_is_of_a_list, told)):
        return None
    if kinds & {"NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return hidden(said)
    if kinds <= {"None", "SERVICE_UNAVAILABLE", "INTERNAL"}:  # "Something went wrong while …"
        return Unavailable(f"GitHub could not answer a question: {said}")
    return Unexpected(f"GitHub did not understand a question: {said}")


def hidden(said: str) -> NotVisible:
    """What the GraphQL API keeps from the token."""
    return NotVisible(
        f"GitHub does not show a repository, or a part of it, to the token: {said}",
        remedy="Give the token read access to the repository's 'Issues' and 'Metadata', and to the "
        "organization's 'Projects' where boards are configured.",
    )


def _is_of_a_list(error: Mapping[str, Any]) -> bool:
    """Whether one of several things that were asked for by id is not there: the list has null in
    its place, and whoever asked sees it."""
    path = error.get("path")
    return isinstance(path, list) and len(path) == 2 and path[0] == "nodes"


def _said(data: Any) -> str:
    message = data.get("message") if isinstance(data, Mapping) else data
    return (text(message) or "").lower()


def _count(value: str | None) -> int | None:
    if not value or not value.isascii() or not value.isdecimal() or len(value) > 15:
        return None
    return int(value)
