"""What Zendesk says in its own way about refusals and limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import SplitResult, parse_qs, urlsplit

from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Unavailable,
)
from connectors.zendesk.client import API

EXPORTS = f"{API}/incremental"
RENEW = (
    "Check that `token` is still active and `email` the address of an administrator. Zendesk makes "
    "no new API tokens: else make an OAuth client (Admin Center, Apps and integrations, APIs, "
    "OAuth clients) and put its identifier and secret into `client_id` and `client_secret`."
)
ADMINISTRATORS_ONLY = (
    "Zendesk lets only administrators export tickets: use the address of one in `email`, or an "
    "OAuth client or a token with the scope `read` that an administrator has made."
)
BY_HAND = (
    "Make it by hand, as the command says without --register, or use an administrator's token "
    "with the scope `webhooks:write` besides."
)
MINUTE = timedelta(minutes=1)

_FAMILIES = (
    ("x-rate-limit", "x-rate-limit-remaining"),
    ("ratelimit-limit", "ratelimit-remaining"),
    ("rate-limit", "rate-limit-remaining"),
)
"""One and the same allowance of the account under three names."""

_RESETS = ("ratelimit-reset", "rate-limit-reset", "x-rate-limit-reset")
_OF_ENDPOINT = "zendesk-ratelimit-"
_PART = re.compile(r"(total|remaining|resets)\s*=\s*(\d{1,9})")


def classify(answer: Answer) -> ConnectorError | None:
    """Refusals by their status: the body of a 403 may be an empty page of HTML."""
    address = urlsplit(answer.url)
    if EXPORTS in address.path and (error := _of_export(answer, address)) is not None:
        return error
    match answer.status:
        case 401:
            return Refused("Zendesk does not accept this account's token.", remedy=RENEW)
        case 403 if f"{API}/webhooks" in address.path:
            return Refused("Zendesk lets this credential make no webhook (403).", remedy=BY_HAND)
        case 403:
            return NotVisible(f"Zendesk does not show {address.path} to this account (403).")
        case 504:
            return Unavailable(
                f"Zendesk was not done in time with {address.path} (504).",
                remedy="It is asked again at the next turn; if this stays, set `page_size` to 250.",
            )
        case _:
            return None


def _of_export(answer: Answer, address: SplitResult) -> ConnectorError | None:
    match answer.status:
        case 403:
            return Refused("Zendesk refuses the export (403).", remedy=ADMINISTRATORS_ONLY)
        case 400 | 410 | 422 if "cursor" in parse_qs(address.query):
            # Nothing else in this question could be wrong.
            return CursorExpired("Zendesk no longer knows how far its tickets were read.")
        case 400 | 422 if "start_time" in _said(answer):
            return Refused(
                "Zendesk refuses the time from which it is asked.",
                remedy="Set `since` to a day in the past.",
            )
        case _:
            return None


def budget(answer: Answer) -> list[Budget]:
    """The account's requests a minute, and those of the end point that answered."""
    headers = answer.headers
    resets = next((headers[name] for name in _RESETS if headers.get(name, "").isdecimal()), None)
    found = [
        Budget(
            remaining=int(headers[left]),
            resets_in=MINUTE if resets is None else timedelta(seconds=int(resets[:9])),
            limit=int(headers[whole]),
            name="account",
        )
        for whole, left in _FAMILIES
        if headers.get(whole, "").isdecimal() and headers.get(left, "").isdecimal()
    ]
    return [*found[:1], *_of_endpoints(answer)]


def _of_endpoints(answer: Answer) -> Iterator[Budget]:
    """`Zendesk-RateLimit-…: total=10; remaining=9; resets=42`: of the end point that was asked,
    and of all exports where it is one."""
    path = urlsplit(answer.url).path
    path = path[path.index(API) :] if API in path else ""
    for name, value in answer.headers.items():
        told = dict(_PART.findall(value)) if name.startswith(_OF_ENDPOINT) else {}
        if path and "remaining" in told:
            yield Budget(
                remaining=int(told["remaining"]),
                resets_in=timedelta(seconds=int(told["resets"])) if "resets" in told else MINUTE,
                limit=int(told["total"]) if "total" in told else None,
                path=EXPORTS if path.startswith(EXPORTS) else path,
                name=name.removeprefix(_OF_ENDPOINT),
            )


def _said(answer: Answer) -> str:
    """The words of an error."""
    data = answer.data
    if isinstance(data, Mapping):
        return " ".join(str(value) for value in data.values())
    return data if isinstance(data, str) else ""
