"""Asking monday.com: one address, answers checked for their shape, pages to their true end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.monday.answers import date_of
from connectors.monday.values import identifier
from connectors.sdk.contract import Http, Json
from connectors.sdk.errors import Unexpected

PATH = "/v2"
MAX_PAGES = 2_000

Rows = list[Mapping[str, Any] | None]
"""Rows of a list; None stands for what the account may not see."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer without errors: its data, and the time by monday.com's clock."""

    data: Json
    clock: datetime | None
    altered: int = 0


class Api:
    """Asks through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> Told:
        """One call. Answers with errors, also with a part of the data, have raised before."""
        body = {"query": query, "variables": dict(variables or {})}
        answer = self.http.request("POST", PATH, json=body, scope=scope)
        data = answer.data.get("data") if isinstance(answer.data, Mapping) else None
        if not isinstance(data, Mapping):
            raise Unexpected("monday.com's answer holds no data.", scope=scope)
        return Told(data, date_of(answer.headers), answer.altered)

    def pages(
        self,
        build: Callable[[Sequence[int]], str],
        variables: Mapping[str, Any] | None = None,
        scope: str | None = None,
    ) -> Iterator[tuple[Rows, Told]]:
        """The pages of a list of the account, under the aliases `p1`, `p2` …"""

        def fetch(pages: Sequence[int]) -> list[tuple[Rows, Told]]:
            told = self.ask(build(pages), variables, scope)
            return [(rows(told.data, f"p{page}", scope), told) for page in pages]

        return paged(fetch, lambda each: each[0], scope)


def paged(
    fetch: Callable[[Sequence[int]], Sequence[Any]],
    rows_of: Callable[[Any], Rows],
    scope: str | None = None,
    *,
    first: int = 1,
    width: int = 2,
    then: int = 10,
) -> Iterator[Any]:
    """Pages until an empty one, several in a call.

    A page that is not full is no end mark: monday.com cuts what it finds too much, silently. So
    the page after it is asked for in the same call, which costs nothing more.

    Args:
        fetch: the pages of these numbers, in their order.
        rows_of: the rows of one of them.
        scope: named in errors.
        first: the number of the first page.
        width: how many pages the first call asks for.
        then: how many each later one does.
    """
    seen: set[str] = set()
    page = first
    while page < MAX_PAGES:
        numbers = range(page, page + width)
        for found in fetch(numbers):
            held = rows_of(found)
            if not held:
                return
            ids = {str(row["id"]) for row in held if row is not None}
            if ids and ids <= seen:
                break
            seen |= ids
            yield found
        else:
            page, width = page + width, then
            continue
        break
    raise Unexpected("monday.com gives the same page again and again.", scope=scope)


def rows(data: Json, name: str, scope: str | None = None) -> Rows:
    """A list of objects with ids; what the account may not see is None in it."""
    found = data.get(name)
    if not isinstance(found, list):
        raise Unexpected(f"monday.com's answer holds no list {name!r}.", scope=scope)
    for row in found:
        if row is not None and not (isinstance(row, Mapping) and identifier(row.get("id"))):
            raise Unexpected(f"monday.com's list {name!r} holds what has no id.", scope=scope)
    return found


def objects_of(found: Rows) -> list[Json]:
    """Without those that the account may not see."""
    return [row for row in found if row is not None]


def items_page(holder: Json, name: str, scope: str) -> tuple[list[Json], str | None]:
    """A page of items and the marker of the next; None: it is the last."""
    page = holder.get(name)
    if not isinstance(page, Mapping) or "cursor" not in page:
        raise Unexpected("monday.com does not say whether a board has more items.", scope=scope)
    marker = page["cursor"]
    if marker is not None and not (isinstance(marker, str) and marker):
        raise Unexpected("monday.com's page marker is none.", scope=scope)
    found = rows(page, "items", scope)
    if None in found:
        raise Unexpected("monday.com lists an item that it does not show.", scope=scope)
    return objects_of(found), marker
