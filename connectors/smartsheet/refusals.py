"""What Smartsheet's numbered errors mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled, Unavailable

PAUSE = timedelta(seconds=60)
"""How long Smartsheet wants us to stay away when it says 4003 and no more."""
TOKEN_PAGE = "Account > Personal Settings > API Access"  # noqa: S105  a menu
NEW_TOKEN = f"Make a new token ({TOKEN_PAGE}) and put it in `token`."
REFUSALS = {
    1001: ("No access token was given.", NEW_TOKEN),
    1002: ("Smartsheet does not know the token: it is wrong or revoked.", NEW_TOKEN),
    1003: ("The token has expired.", NEW_TOKEN),
    1005: (
        "The account of the token has to sign in by single sign-on first.",
        f"Sign in once in a browser, then make a new token ({TOKEN_PAGE}).",
    ),
}
NOT_FOUND = 1006
NO_PLAN = 1013
RATE = 4003
PASSING = frozenset({4001, 4002, 4004})
"""Maintenance, time-out, and "another request is changing this sheet just now"."""


def reading(answer: Answer) -> ConnectorError | None:
    """The error that a number stands for, where its status alone would be read otherwise."""
    code = error_code(answer) if answer.status >= 400 else None
    if code == RATE or answer.status == 429:
        return _too_many(answer)
    if code in PASSING:
        return Unavailable(f"Smartsheet cannot answer just now ({code}).")
    if code in REFUSALS:
        message, remedy = REFUSALS[code]
        return Refused(message, remedy=remedy)
    if code == NO_PLAN:
        return NotVisible(
            f"The Smartsheet plan of this account does not include what {answer.url} reads.",
            remedy="Use an account on a Business or Enterprise plan.",
        )
    return None


def _too_many(answer: Answer) -> ConnectorError | None:
    """Whatever says itself how long to wait is read by its status; else it is a minute."""
    now = server_time(answer)
    if now is not None and "retry-after" not in answer.headers:
        return Throttled("Smartsheet finds that we ask too much.", until=now + PAUSE)
    return None if answer.status == 429 else Unavailable("Smartsheet finds that we ask too much.")


def error_code(answer: Answer) -> int | None:
    """Smartsheet's own number of an error."""
    code = answer.data.get("errorCode") if isinstance(answer.data, Mapping) else None
    return code if type(code) is int else None


def server_time(answer: Answer) -> datetime | None:
    """The time by Smartsheet's clock when it answered."""
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None
