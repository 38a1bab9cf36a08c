"""What HubSpot says in its own way: refusals, limits, its clock. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.hubspot.values import mapping, objects, text, texts
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled

RENEW = (
    "Check `token` (HubSpot, Development, Keys, Service keys; of a private app its tab Auth), or "
    "sign in the OAuth app again; a token that was rotated ends after a week."
)

FREES: Mapping[str, timedelta] = {
    "SECONDLY": timedelta(seconds=1),
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "DAILY": timedelta(hours=1),
}
"""How long to stay away after a limit was used up, by its policy. The day of an account ends at
its own midnight, which no answer tells: so it is asked again every hour."""


def classify(answer: Answer) -> ConnectorError | None:
    """What only HubSpot's error body tells; None leaves it to the status."""
    said = mapping(answer.data)
    message = " ".join((text(said.get("message")) or "").split())[:300]
    match answer.status:
        case 401:
            return Refused("HubSpot does not accept the sign-in (401).", remedy=RENEW)
        case 530:
            return Refused("HubSpot knows no token of this form (530).", remedy=RENEW)
        case 403 if said.get("category") == "MISSING_SCOPES":
            scopes = ", ".join(dict.fromkeys(_scopes(said)))
            return NotVisible(
                f"HubSpot does not let this app read: {message}",
                remedy=f"Give the app the scope {scopes or 'that the message names'}, or take the "
                "object out of `objects`.",
            )
        case 400 if "infer object type" in message.casefold():
            return NotVisible(
                f"This account has no such object: {message}",
                remedy="Take the object out of `objects`.",
            )
        case 429:
            return _throttled(answer, text(said.get("policyName")), message)
        case _:
            return None


def _throttled(answer: Answer, policy: str | None, message: str) -> ConnectorError | None:
    """A limit that says its name and not for how long."""
    now, frees = clock(answer), FREES.get((policy or "").upper())
    if now is None or frees is None or "retry-after" in answer.headers:
        return None
    return Throttled(f"HubSpot answers no more requests for now: {message}", until=now + frees)


def _scopes(said: Mapping[str, object]) -> Iterator[str]:
    for error in objects(said.get("errors")):
        yield from texts(mapping(error.get("context")).get("requiredGranularScopes"))


def budget(answer: Answer) -> list[Budget]:
    """What is left of the rolling window and of the day; answers of searches tell neither."""
    window = _count(answer, "interval-milliseconds")
    found = [
        _left(answer, "", timedelta(milliseconds=window or 10_000), "window"),
        _left(answer, "daily", FREES["DAILY"], "daily"),
    ]
    return [each for each in found if each is not None]


def _left(answer: Answer, kind: str, resets_in: timedelta, name: str) -> Budget | None:
    limit = _count(answer, kind or "max")
    remaining = _count(answer, f"{kind}-remaining" if kind else "remaining")
    if not limit or remaining is None:
        return None
    return Budget(remaining=remaining, resets_in=resets_in, limit=limit, name=name)


def _count(answer: Answer, name: str) -> int | None:
    value = answer.headers.get(f"x-hubspot-ratelimit-{name}", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def clock(answer: Answer) -> datetime | None:
    """The server's time when it answered."""
    try:
        at = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
