"""What Salesforce says in its own way: refusals, limits, its clock. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.salesforce.values import mapping, objects, text
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)

QUOTA_FREES = timedelta(hours=1)
"""The quota counts the last 24 hours, sliding, so there is no instant at which it is full again:
an hour after it was used up a share of it is free."""

CROWDED = timedelta(seconds=15)
"""For how long to stay away when too many long calls run side by side."""

_USAGE = re.compile(r"(per-app-api-usage|api-usage)=(\d{1,15})/(\d{1,15})")

SIGN_IN = (
    "Check that the connected app is active and that its user may use the API, then check the "
    "credential of this connection."
)


Plain = Refused | Unavailable | Unexpected


class QueryTooLong(Unexpected):
    """Salesforce has stopped a query after its two minutes: ask for less at once."""


_API = (
    Refused,
    "Salesforce refuses the API",
    "Give the account the permission 'API Enabled'; the organization's edition must include it.",
)
MEANINGS: Mapping[str, tuple[type[Plain], str, str]] = {
    "INVALID_SESSION_ID": (Refused, "Salesforce does not accept the sign-in", SIGN_IN),
    "API_DISABLED_FOR_ORG": _API,
    "API_CURRENTLY_DISABLED": _API,
    "INVALID_QUERY_LOCATOR": (CursorExpired, "Salesforce has forgotten where a query stood", ""),
    "QUERY_TIMEOUT": (QueryTooLong, "Salesforce has stopped a query", ""),
    "SERVER_UNAVAILABLE": (Unavailable, "Salesforce is not available", ""),
    "INVALID_TYPE": (
        NotVisible,
        "An object is not visible to this account",
        "Give the account the permission 'Read' on it, or take it out of `objects`.",
    ),
    "INVALID_FIELD": (
        NotVisible,
        "A field is not visible to this account",
        "Give the account read access to the field.",
    ),
    "OPERATION_TOO_LARGE": (
        NotVisible,
        "Salesforce cannot work out what this account may see",
        "Give the account the permission 'View All' on the object.",
    ),
}
"""Error code → what it is for us, in words, and what to do."""


def errors(answer: Answer) -> Iterator[tuple[str, str]]:
    """Code and message of each error in a body: a list of objects."""
    for each in objects(answer.data):
        code = text(each.get("errorCode"))
        if code is not None:
            yield code, " ".join((text(each.get("message")) or "").split())[:300]


def classify(answer: Answer) -> ConnectorError | None:
    """What only the error code tells; None leaves it to the status."""
    if answer.status < 400:
        return None
    for code, said in errors(answer):
        error = _by_code(code, said, answer)
        if error is not None:
            return error
    if answer.status == 401:
        return Refused("Salesforce does not accept the sign-in.", remedy=SIGN_IN)
    return None


def _by_code(code: str, said: str, answer: Answer) -> ConnectorError | None:
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limited(said, answer)
    if code not in MEANINGS:
        return None
    kind, words, remedy = MEANINGS[code]
    return kind(f"{words}: {said}", remedy=remedy)


def _limited(said: str, answer: Answer) -> ConnectorError:
    now = clock(answer)
    if now is None:
        return Unavailable(f"Salesforce answers no more requests for now: {said}")
    wait = CROWDED if "concurrent" in said.casefold() else QUOTA_FREES
    return Throttled(f"Salesforce answers no more requests for now: {said}", until=now + wait)


def budget(answer: Answer) -> list[Budget]:
    """`Sforce-Limit-Info`: what the whole organization, and our app, used in 24 hours."""
    names = {"api-usage": "daily", "per-app-api-usage": "daily of the app"}
    return [
        Budget(
            remaining=max(int(limit) - int(used), 0),
            resets_in=QUOTA_FREES,
            limit=int(limit),
            name=names[kind],
        )
        for kind, used, limit in _USAGE.findall(answer.headers.get("sforce-limit-info", ""))
        if int(limit) > 0
    ]


def clock(answer: Answer) -> datetime | None:
    """The server's time when it answered."""
    try:
        at = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def user_and_org(identity: object) -> tuple[str | None, str | None]:
    """Ids of the user and the organization in an identity URL, `…/id/ORG/USER`."""
    parts = identity.rstrip("/").split("/") if isinstance(identity, str) else []
    if len(parts) < 3 or parts[-3] != "id":
        return None, None
    return parts[-1], parts[-2]


def attribute(row: Mapping[str, object], name: str) -> str | None:
    """What a row says of itself: its `type` or `url`."""
    return text(mapping(row.get("attributes")).get(name))
