"""What Wrike takes as a question, and what it answers to any other. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from connectors.sdk.sandbox import Request
from connectors.wrike.words import instant

MOST, WEEK = 1000, timedelta(days=7)
NAMED = 100
_TASKS = (
    "descendants title status importance startDate dueDate scheduledDate createdDate updatedDate "
    "completedDate authors responsibles permalink type limit sortField sortOrder subTasks pageSize "
    "nextPageToken metadata customField customStatuses billingTypes fields"
)
_PARAMETERS: Mapping[str, str] = {
    r"contacts": "me metadata deleted fields",
    r"account": "metadata fields",
    r"workflows|customfields": "",
    r"folders": "permalink descendants metadata customField updatedDate project deleted fields",
    r"spaces": "withArchived userIsMember fields",
    r"tasks|(folders|spaces)/[^/]+/tasks": _TASKS,
    r"(folders|tasks|contacts)/[^/]+": "fields",
    r"dependencies/[^/]+|approvals/[^/]+": "",
    r"comments": "plainText updatedDate limit",
    r"(comments|timelogs)/[^/]+": "plainText",
    r"timelogs|folders/[^/]+/timelogs": "createdDate updatedDate trackedDate me descendants "
    "subTasks plainText timelogCategories fields",
    r"approvals": "statuses updatedDate approvers pendingApprovers limit pageSize nextPageToken",
    r"webhooks": "",
    r"webhooks/[^/]+": "status",
}
OPTIONAL = frozenset(
    (
        "authorIds", "responsibleIds", "parentIds", "superParentIds", "superTaskIds", "subTaskIds",
        "dependencyIds", "customFields", "briefDescription", "description", "effortAllocation",
        "metadata", "billingType", "recurrent", "hasAttachments",
    )
)  # fmt: skip
"""Fields of a task that are left out of a list unless they are asked for."""


class Refused(Exception):
    """A question that Wrike does not take; `args` are the status, the code and the words."""


def known(path: str, request: Request) -> None:
    """Refuse what Wrike does not know."""
    allowed = next(
        (names for shape, names in _PARAMETERS.items() if re.fullmatch(shape, path)), None
    )
    if allowed is None:
        raise Refused(404, "method_not_found", "HTTP method not found")
    for name in request.query:
        if name not in allowed.split():
            raise Refused(400, "invalid_request", f"Parameter '{name}' is not supported")


def page_size(request: Request) -> int:
    """How many rows a page has; a thousand at most."""
    given = request.one("pageSize", str(MOST))
    if not given.isdecimal() or not 1 <= int(given) <= MOST:
        raise invalid("pageSize")
    return int(given)


def optional(request: Request) -> frozenset[str]:
    """The optional fields that are asked for."""
    given = _json(request, "fields")
    if given is None:
        return frozenset()
    if not isinstance(given, list) or not OPTIONAL.issuperset(given):
        raise invalid("fields")
    return frozenset(given)


def span(request: Request, name: str, longest: timedelta | None = None) -> tuple[Any, Any]:
    """Both ends of a range of time; None for an end that is not asked for."""
    given = _json(request, name)
    if given is None:
        return None, None
    if not isinstance(given, dict) or not given.keys() <= {"start", "end", "equal"}:
        raise invalid(name)
    start, end = (instant(given[each]) if each in given else None for each in ("start", "end"))
    if any(each in given and at is None for each, at in (("start", start), ("end", end))):
        raise invalid(name)
    if longest and (start is None or end is None or end - start >= longest):
        raise invalid(name)
    return start, end


def inside(at: datetime | None, ends: tuple[Any, Any]) -> bool:
    """Whether an instant lies in a range, its ends included."""
    start, end = ends
    if at is None:
        return start is None and end is None
    return (start is None or at >= start) and (end is None or at <= end)


def invalid(name: str) -> Refused:
    """The refusal of a parameter's value."""
    return Refused(400, "invalid_parameter", f"Parameter '{name}' value is invalid")


def _json(request: Request, name: str) -> Any:
    if name not in request.query:
        return None
    try:
        return orjson.loads(request.one(name))
    except orjson.JSONDecodeError:
        raise invalid(name) from None
