"""What Wrike means by a refusal: `{"error": CODE, "errorDescription": …}`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unavailable
from connectors.wrike.api import NOT_ALLOWED
from connectors.wrike.words import text

NEW_ONE = (
    "Make a new permanent token in Wrike (Apps & Integrations, API) and put it in `token`, or sign "
    "in anew and put the answer's token in `refresh_token`."
)
SWITCHED = {"comments": "comments", "timelogs": "worklogs", "approvals": "approvals"}
"""By the last part of an address: the option that leaves this out."""


def refusal(answer: Answer) -> ConnectorError | None:
    """What only Wrike says in its own way; None: the door's reading holds."""
    data = answer.data if isinstance(answer.data, Mapping) else {}
    code, said = text(data.get("error")), text(data.get("errorDescription")) or "no reason given"
    if answer.status == 300:
        return Refused(
            "This account is kept in another data centre of Wrike's.",
            remedy="Put the address that Wrike shows in your browser into `url`, followed by "
            "/api/v4.",
        )
    if answer.status == 401 and code:
        return Refused(f"Wrike refuses the credential ({code}): {said}.", remedy=NEW_ONE)
    if answer.status == 403 and code == NOT_ALLOWED:
        return NotVisible(
            f"Wrike does not allow this to the account: {said}.", remedy=_without(answer)
        )
    if answer.status == 400 and "nextpagetoken" in said.lower():
        # The next turn goes on from what was read, with a question of its own.
        return Unavailable(f"Wrike does not know the next page any more: {said}.")
    return None


def _without(answer: Answer) -> str:
    option = SWITCHED.get(urlsplit(answer.url).path.rpartition("/")[2])
    leave = f", or set `{option}: false`" if option else ""
    return f"It depends on the licence of the account and on its role{leave}."
