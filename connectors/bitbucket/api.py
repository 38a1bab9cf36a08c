"""Bitbucket's lists, read to their true end.

A list is followed by its `next` link, as it is. What is filtered by date of change is sorted by
date of creation, which never changes: an item that is edited meanwhile keeps its place. Only what
is deleted meanwhile moves the others up; the list's `size`, where it is told, then has fallen.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.bitbucket.answers import clock
from connectors.bitbucket.words import text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unavailable, Unexpected

ROUNDS = 100_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list.

    Args:
        rows: objects.
        next: address of the next page; None ends the list.
        at: Bitbucket's clock when it answered.
        size: of the whole list; None: not told.
        altered: how much the door had to clean in the answer.
    """

    rows: list[Json]
    next: str | None
    at: datetime
    size: int | None
    altered: int


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def get(self, path: str, scope: str | None = None, accept: Container[int] = ()) -> Answer:
        """One object; a status in `accept` comes as it is."""
        answer = self.http.request("GET", path, scope=scope, accept=accept)
        if answer.status == 200 and not isinstance(answer.data, Mapping):
            raise Unexpected(f"Bitbucket's answer for {path} is not an object.", scope=scope)
        return answer

    def size(self, path: str, params: Mapping[str, Any], scope: str) -> int | None:
        """How long a list is; None where Bitbucket does not tell."""
        asked = {**params, "pagelen": 1, "fields": "size"}
        answer = self.http.request("GET", path, params=asked, scope=scope)
        return _size(answer.data)

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> Iterator[Rows]:
        """A list as Bitbucket links its pages; the one without a link is the last.

        Raises:
            Unavailable: something was deleted meanwhile, so that another may have been missed.
        """
        page = self._page(path, params, scope)
        first, seen = page.size, set[str]()
        while True:
            if None not in (first, page.size) and (page.size or 0) < (first or 0):
                raise Unavailable(
                    f"Bitbucket's list {path} lost rows while it was read.", scope=scope
                )
            yield page
            if page.next is None:
                return
            if page.next in seen or len(seen) > ROUNDS:
                raise Unexpected(f"Bitbucket's pages of {path} do not come to an end.", scope=scope)
            seen.add(page.next)
            page = self._page(page.next, None, scope)

    def all(self, path: str, params: Mapping[str, Any], scope: str | None = None) -> list[Json]:
        """All rows of a short list."""
        return [row for page in self.pages(path, params, scope) for row in page.rows]

    def _page(self, path: str, params: Mapping[str, Any] | None, scope: str | None) -> Rows:
        answer = self.http.request("GET", path, params=params, scope=scope)
        data, at, where = answer.data, clock(answer), urlsplit(path).path
        if at is None:
            raise Unexpected(
                "Bitbucket's answer has no date, so that it cannot be said from when to go on.",
                remedy="Let the proxy between us and Bitbucket leave the header `Date`.",
                scope=scope,
            )
        values = data.get("values") if isinstance(data, Mapping) else None
        if not isinstance(values, list) or not all(isinstance(each, Mapping) for each in values):
            raise Unexpected(f"Bitbucket's answer for {where} is not a list.", scope=scope)
        return Rows(values, text(data.get("next")), at, _size(data), answer.altered)


def _size(data: Any) -> int | None:
    size = data.get("size") if isinstance(data, Mapping) else None
    return size if type(size) is int and size >= 0 else None
