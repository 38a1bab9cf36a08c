"""What ClickUp means by a refusal. Pure.

It answers `{"err": …, "ECODE": …}`, and 401 both for a wrong token and for what a good one may
not see: the code tells which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.clickup.words import text
from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled

NO_ACCESS = frozenset({"OAUTH_023", "OAUTH_026", "OAUTH_027"}) | {
    f"OAUTH_{number:03}" for number in range(29, 46)
}
"""Codes of a 401 that means not the token but what it was used for ("Team not authorized")."""
NEW_ONE = "Make a new one in ClickUp (avatar, Settings, Apps) and put it in `token`."


def refusal(answer: Answer) -> ConnectorError | None:
    """What only ClickUp says in its own way; None: the door's reading holds."""
    if answer.status == 429:
        full_at = reset(answer)
        if full_at is None or "retry-after" in answer.headers:
            return None
        return Throttled("ClickUp's requests of this minute are used up.", until=full_at)
    data = answer.data if isinstance(answer.data, Mapping) else {}
    code, said = text(data.get("ECODE")) or "", text(data.get("err")) or "no reason given"
    if answer.status == 403:
        return _shut_out(answer, said) if code else None
    if answer.status != 401 or not data:
        return None
    if code in NO_ACCESS or (code and not code.startswith("OAUTH_")):
        return _shut_out(answer, said)
    return Refused(f"ClickUp refuses the token ({code or 401}): {said}.", remedy=NEW_ONE)


def reset(answer: Answer) -> datetime | None:
    """When the requests of a minute are given anew."""
    seconds = answer.headers.get("x-ratelimit-reset", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 11):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _shut_out(answer: Answer, said: str) -> Refused:
    """The token is good, but not for this."""
    path = urlsplit(answer.url).path.strip("/").split("/")
    if "time_entries" in path:
        return NotVisible(
            f"ClickUp does not show everybody's time entries to this account: {said}.",
            remedy="Make the account an owner or admin of the workspace, or set `worklogs: false`.",
        )
    if "team" in path and answer.status == 401:
        return Refused(
            f"The token may not read this ClickUp workspace: {said}.",
            remedy="Check `workspace`, or give the token's account (the OAuth app) access.",
        )
    return NotVisible(
        f"ClickUp does not show this to the account: {said}.",
        remedy="Share the list, or its folder or space, with the token's account.",
    )
