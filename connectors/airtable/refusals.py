"""What Airtable's typed errors mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError, CursorExpired, Throttled

PAUSE = timedelta(seconds=30)
"""How long Airtable refuses everything after it was asked too much."""
KNOCK = timedelta(days=1)
"""When to ask again once the month's calls are used up: a bought plan counts at once."""
MONTH_IS_SPENT = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
ITERATOR_GONE = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
NOT_THERE = ("NOT_FOUND", "MODEL_ID_NOT_FOUND", "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
BAD_FORMULA = "INVALID_FILTER_BY_FORMULA"


def reading(answer: Answer) -> ConnectorError | None:
    """The error that a type stands for, where the status alone would be read otherwise."""
    kind = error_type(answer) if answer.status >= 400 else None
    now = server_time(answer)
    if kind == MONTH_IS_SPENT and now is not None:
        return Throttled(
            "The workspace has used up the API calls that its Airtable plan allows in a month.",
            until=now + KNOCK,
            remedy="Upgrade the plan, read fewer tables or read less often; it is tried once a "
            "day.",
        )
    if answer.status == 429 and now is not None and "retry-after" not in answer.headers:
        return Throttled("Airtable finds that we ask too much.", until=now + PAUSE)
    if kind == BAD_FORMULA:
        # The column by whose time we asked is gone: the lane chooses anew from its beginning.
        return CursorExpired("Airtable does not accept how we ask for what changed.")
    return None


def error_type(answer: Answer) -> str | None:
    """Airtable's own name of an error, which comes as an object or as a mere word."""
    error = answer.data.get("error") if isinstance(answer.data, Mapping) else None
    kind = error.get("type") if isinstance(error, Mapping) else error
    return kind if isinstance(kind, str) else None


def server_time(answer: Answer) -> datetime | None:
    """The time by Airtable's clock when it answered."""
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None
