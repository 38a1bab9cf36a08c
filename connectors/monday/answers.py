"""What monday.com says in its own way of errors and limits. Pure.

Errors come in a 200, perhaps beside a part of the data: whatever has errors was not read. Older
and newer shapes are mixed (`errors[].extensions.code`, `error_code`, mere text), so all are
looked at together and the gravest counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.monday.values import number, part, text
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

COPY_AGAIN = (
    "Copy the API token anew (monday.com: your picture, Developers, API token) into `token`; the "
    "account must be active."
)
DAILY = frozenset({"dailylimitexceeded"})
THROTTLED = frozenset(
    {
        "complexityexception", "complexitybudgetexhausted", "ratelimitexceeded",
        "maxconcurrencyexceeded", "concurrencylimitexceeded", "fieldlimitexceeded",
        "fieldminuteratelimitexceeded", "ipratelimitexceeded", "toomanyrequests",
    }
)  # fmt: skip
TOO_COMPLEX = frozenset({"maxcomplexityexceeded"})
CURSOR = frozenset({"cursorexception", "cursorexpirederror", "cursorexpired"})
SIGN_IN = frozenset({"usernotauthenticated", "notauthenticated", "unauthenticated", "invalidtoken"})
SCOPE = frozenset({"missingrequiredpermissions", "unauthorizedfieldortype", "insufficientscope"})
FORBIDDEN = frozenset({"userunauthorizedexception", "userunauthorized", "useraccessdenied"})
NOT_THERE = frozenset({"resourcenotfoundexception", "resourcenotfound", "invalidboardidexception"})
PLACES = frozenset({"boards", "items", "next_items_page", "updates"})
"""Root fields that lead to containers: what is forbidden there is one board, not the account."""

LONGEST_WAIT = timedelta(minutes=1)
"""Where monday.com does not say how long: its windows are a minute."""

_PATIENCE = re.compile(r"rate limit exceeded|budget exhausted|concurrency limit")
_SECONDS = re.compile(r"(?:reset|retry)\D{0,12}(\d{1,5}) ?s", re.IGNORECASE)
_POLICY = re.compile(r'\s*"?(?P<name>[\w.\- /]+)"?\s*(?P<rest>(?:;\s*[\w-]+=[^;,]+)*)')


@dataclass(frozen=True, slots=True)
class _Problem:
    """One error of an answer."""

    code: str  # letters and digits only, in lower case
    message: str
    status: int | None
    seconds: float | None
    root: str | None  # the field of the query that it is about


def classify(answer: Answer) -> ConnectorError | None:
    """The error that an answer stands for; None where the status says all."""
    problems = list(_problems(answer))
    if not problems:
        return _by_status(answer)
    for judge in (_signed_out, _throttled, _cursor, _forbidden, _down):
        for problem in problems:
            error = judge(problem, answer)
            if error is not None:
                return error
    if any(problem.code in TOO_COMPLEX for problem in problems):
        return Unexpected("monday.com finds one of Flagstaff's questions too complex.")
    return Unexpected(f"monday.com did not understand the question: {_said(problems)}")


def budget(answer: Answer) -> list[Budget]:
    """What is left: of the complexity of a minute (in queries like this one), and of whatever
    limits the headers name."""
    found = list(_limits(answer.headers))
    complexity = part(part({"v": answer.data}, "v"), "data").get("complexity")
    if isinstance(complexity, Mapping):
        cost, left = number(complexity.get("query")), number(complexity.get("after"))
        seconds = number(complexity.get("reset_in_x_seconds"))
        if left is not None and seconds is not None:
            again = int(max(left, 0) // max(cost or 1, 1))
            wait = timedelta(seconds=min(max(seconds, 0), 3600))
            found.append(Budget(again, wait, name="query complexity"))
    return found


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """monday.com's own clock, where the answer tells it."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _problems(answer: Answer) -> Iterator[_Problem]:
    data = part({"v": answer.data}, "v")
    errors = data.get("errors")
    told: Sequence[Any] = errors if isinstance(errors, list) else [errors] if errors else []
    above = {"code": data.get("error_code"), "status_code": data.get("status_code"),
             "error_data": data.get("error_data")}  # fmt: skip
    if not told and (data.get("error_code") or data.get("error_message")):
        told = [data.get("error_message") or data.get("error_code")]
    for each in told:
        entry = part({"v": each}, "v")
        more = {**above, **part(entry, "extensions")}
        message = text(entry.get("message")) or text(each) or text(data.get("error_message"))
        code = re.sub(r"[^a-z0-9]", "", str(more.get("code") or "").lower())
        status = number(more.get("status_code"))
        path = entry.get("path")
        yield _Problem(
            code=code,
            message=(message or str(more.get("code") or "no reason given"))[:300],
            status=None if status is None else int(status),
            seconds=_seconds(more, message or "", answer),
            root=_root(path),
        )


def _root(path: Any) -> str | None:
    return path[0] if isinstance(path, list) and path and isinstance(path[0], str) else None


def _seconds(more: Mapping[str, Any], message: str, answer: Answer) -> float | None:
    told = (more.get("retry_in_seconds"), part(more, "error_data").get("retry_in_seconds"))
    for each in (*told, answer.headers.get("retry-after")):
        seconds = number(each)
        if seconds is not None and seconds >= 0:
            return seconds
    found = _SECONDS.search(message)
    return float(found[1]) if found else None


def _signed_out(problem: _Problem, answer: Answer) -> ConnectorError | None:
    words = problem.message.lower()
    if problem.code in SIGN_IN or "not authenticated" in words or problem.status == 401:
        return Refused("monday.com does not accept the API token.", remedy=COPY_AGAIN)
    if problem.code in SCOPE:
        return Refused(
            f"monday.com wants a right that the token lacks: {problem.message}",
            remedy="Use a personal API token, or give the app the scopes in the README.",
        )
    if answer.status in (401, 403):
        return _by_status(answer)
    return None


def _throttled(problem: _Problem, answer: Answer) -> ConnectorError | None:
    words = problem.message.lower()
    daily = problem.code in DAILY or "daily limit" in words
    if problem.code in TOO_COMPLEX:
        return None
    slow = problem.code in THROTTLED or 429 in (problem.status, answer.status)
    if not (daily or slow or _PATIENCE.search(words)):
        return None
    now = date_of(answer.headers)
    if now is None:
        return Unavailable(f"monday.com asks for patience: {problem.message}")
    if daily:
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return Throttled(
            "monday.com's limit of calls a day is used up.",
            until=midnight,
            remedy="Nothing to do: it starts anew at midnight UTC. If this comes often, set a "
            "longer `every` for this connection, or read fewer boards.",
        )
    wait = LONGEST_WAIT if problem.seconds is None else timedelta(
        seconds=min(problem.seconds, 86400.0)
    )  # fmt: skip
    return Throttled(f"monday.com asks for patience: {problem.message}", until=now + wait)


def _cursor(problem: _Problem, answer: Answer) -> ConnectorError | None:  # noqa: ARG001
    if problem.code in CURSOR or "cursorexpired" in problem.message.lower().replace(" ", ""):
        return CursorExpired("monday.com's page marker is older than an hour.")
    return None


def _forbidden(problem: _Problem, answer: Answer) -> ConnectorError | None:  # noqa: ARG001
    if problem.code in NOT_THERE or (
        problem.code in FORBIDDEN and problem.root in PLACES
    ):  # fmt: skip
        return NotVisible(
            f"monday.com does not show this to the account: {problem.message}",
            remedy="Invite the account to the board, or take the board out of the configuration.",
        )
    if problem.code in FORBIDDEN or problem.status == 403:
        return Refused(
            f"monday.com refuses the account: {problem.message}",
            remedy="Give the account at least the role 'viewer', or use another one's token.",
        )
    return None


def _down(problem: _Problem, answer: Answer) -> ConnectorError | None:
    codes = ("internalservererror", "apitemporarilyblocked", "internalerror", "timeout")
    if problem.code in codes or (problem.status or 0) >= 500 or answer.status >= 500:
        return Unavailable(f"monday.com has an error of its own: {problem.message}")
    return None


def _by_status(answer: Answer) -> ConnectorError | None:
    """There is one address only: refused there is the account, not a container."""
    if answer.status == 401:
        return Refused("monday.com does not accept the API token.", remedy=COPY_AGAIN)
    if answer.status == 403:
        return Refused(
            "monday.com refuses the account.",
            remedy="Check whether the account's administrators allow API access from this address "
            "(Administration, Security), and that the token's user is active.",
        )
    if answer.status == 404:
        return Refused("monday.com's API is not at this address.", remedy="Check `url`.")
    return None


def _said(problems: Sequence[_Problem]) -> str:
    return "; ".join(dict.fromkeys(problem.message for problem in problems))[:300]


def _limits(headers: Mapping[str, str]) -> Iterator[Budget]:
    """`RateLimit` and `RateLimit-Policy`: by name, what is left (`r`), until when (`t`, in
    seconds), of how much (`q`), and for how long that is (`w`)."""
    policies = dict(_parameters(headers.get("ratelimit-policy", "")))
    for name, told in _parameters(headers.get("ratelimit", "")):
        left, seconds = told.get("r"), told.get("t")
        if left is not None and seconds is not None:
            policy = policies.get(name, {})
            limit, period = policy.get("q") or None, policy.get("w")
            per = timedelta(seconds=min(period, 86400)) if period else None
            yield Budget(left, timedelta(seconds=min(seconds, 86400)), limit, name=name, per=per)


def _parameters(header: str) -> Iterator[tuple[str, dict[str, int]]]:
    for each in header.split(","):
        found = _POLICY.fullmatch(each.strip())
        if found is None:
            continue
        pairs = (pair.strip().partition("=") for pair in found["rest"].split(";") if "=" in pair)
        numbers = {
            key: int(value) for key, _, value in pairs
            if value.isascii() and value.isdecimal() and len(value) < 12
        }  # fmt: skip
        yield found["name"].strip(), numbers
