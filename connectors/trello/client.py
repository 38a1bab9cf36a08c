"""Trello's answers, checked for their shape, and its one way of paging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sdk.contract import Answer, Http
from connectors.sdk.errors import Unexpected
from connectors.trello.words import second_after, text

MAX_PAGES = 10_000


class Client:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def object(
        self, path: str, params: Mapping[str, Any], scope: str | None = None
    ) -> tuple[Mapping[str, Any], datetime | None]:
        """One object, and the time by Trello's clock when it was given."""
        answer = self.http.request("GET", path, params=params, scope=scope)
        if not isinstance(answer.data, Mapping):
            raise Unexpected(f"Trello's answer for {path} is not an object.", scope=scope)
        return answer.data, _server_time(answer)

    def objects(
        self, path: str, params: Mapping[str, Any], scope: str | None = None
    ) -> list[dict[str, Any]]:
        """A list of objects that have an id each."""
        found = self.http.request("GET", path, params=params, scope=scope).data
        if not isinstance(found, list) or not all(
            isinstance(each, dict) and text(each.get("id")) for each in found
        ):
            raise Unexpected(
                f"Trello's answer for {path} is not a list of objects with ids.", scope=scope
            )
        return found

    def pages(
        self, path: str, params: Mapping[str, Any], limit: int, scope: str
    ) -> Iterator[list[dict[str, Any]]]:
        """From the newest to the oldest; nothing twice in a row.

        Trello's end mark is a page that is not full. `before` takes an id and means the time in
        it; whether its own second counts is not documented. So the next page begins with the
        second of the oldest once more, and only within one second goes from id to id. `before`
        falls with every page, or the read ends in an error.
        """
        before: str | None = None
        last: set[str] = set()
        for _ in range(MAX_PAGES):
            found = self.objects(path, {**params, "limit": limit, "before": before}, scope)
            new = [each for each in found if each["id"] not in last]
            if new:
                yield new
            if len(found) < limit:
                return
            last = {each["id"] for each in found}
            oldest = min(last)
            steps = (second_after(oldest), oldest)
            step = next((each for each in steps if before is None or each < before), None)
            if step is None:
                break
            before = step
        raise Unexpected(f"Trello's pages of {path} do not come to an end.", scope=scope)

    def find(self, path: str) -> str | None:
        """The id of what is at a path; None when there is nothing.

        Raises:
            NotVisible: it is there, and Trello does not show it to us.
        """
        answer = self.http.request("GET", path, params={"fields": "id"}, accept=(404,))
        if answer.status == 404:
            return None
        id = text(answer.data.get("id")) if isinstance(answer.data, Mapping) else None
        if id is None:
            raise Unexpected(f"Trello's answer for {path} has no id.")
        return id


def _server_time(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
