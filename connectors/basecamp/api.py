"""Basecamp's answers, checked for their shape, its pages, and its own ways to say no."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.basecamp.words import id_of
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import ConnectorError, Refused, Unexpected

HIDDEN = (403, 404)
"""Basecamp says 404 for what was deleted and for what is hidden alike."""
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Rows:
    """Objects with an id each, as one answer holds them.

    Args:
        rows: the objects.
        at: Basecamp's clock when it answered; None when the answer does not say.
        altered: how much the door had to clean in the answer.
        etag: the name of this state of the list; empty when it has none.
        next: where the list goes on; None: this is its end.
        unchanged: the list is still in the state that was named; `rows` is empty.
    """

    rows: Sequence[Json]
    at: datetime | None
    altered: int = 0
    etag: str = ""
    next: str | None = None
    unchanged: bool = False


class Api:
    """Reads one account; keeps nothing but the door."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def object(self, path: str, scope: str | None = None) -> Answer:
        """The answer with one object."""
        answer = self.http.request("GET", path, scope=scope)
        if not isinstance(answer.data, Mapping) or id_of(answer.data.get("id")) is None:
            raise Unexpected(f"Basecamp's answer for {path} is no object with an id.", scope=scope)
        return answer

    def visible(self, path: str) -> Answer | None:
        """The answer with one object; None where there is none for us to see.

        Raises:
            Refused: the whole account is inactive.
        """
        answer = self.http.request("GET", path, accept=HIDDEN)
        if (error := refusal(answer)) is not None:
            raise error
        if answer.status in HIDDEN:
            return None
        if not isinstance(answer.data, Mapping) or id_of(answer.data.get("id")) is None:
            raise Unexpected(f"Basecamp's answer for {path} is no object with an id.")
        return answer

    def pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        scope: str | None = None,
    ) -> Iterator[Rows]:
        """A list as Basecamp links its pages; the one without a link is the last.

        Args:
            path: of the first page, or a link to a later one.
            params: of the first page; links hold their own.
            etag: the state of the first page that is known already.
            scope: the container that is named in errors.
        """
        page = self._page(path, params, etag, scope)
        seen: set[str] = set()
        while True:
            yield page
            if page.next is None:
                return
            if page.next in seen:
                raise Unexpected(f"Basecamp's pages of {path} go round in circles.", scope=scope)
            seen.add(page.next)
            page = self._page(page.next, None, None, scope)

    def _page(
        self, path: str, params: Mapping[str, Any] | None, etag: str | None, scope: str | None
    ) -> Rows:
        answer = self.http.request("GET", path, params=params, etag=etag, scope=scope)
        if answer.not_modified:
            return Rows((), clock(answer), etag=etag or "", unchanged=True)
        found = answer.data
        if not isinstance(found, list) or not all(
            isinstance(each, Mapping) and id_of(each.get("id")) for each in found
        ):
            raise Unexpected(
                f"Basecamp's answer for {path.partition('?')[0]} is no list of objects with an id.",
                scope=scope,
            )
        link = _NEXT.search(answer.headers.get("link", ""))
        return Rows(
            found,
            clock(answer),
            answer.altered,
            answer.headers.get("etag", ""),
            link.group(1) if link else None,
        )


def clock(answer: Answer) -> datetime | None:
    """Basecamp's time when it answered; None when the answer does not say."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def told(at: datetime | None) -> datetime:
    """Basecamp's time, without which no cursor can be made.

    Raises:
        Unexpected: the answer did not tell it.
    """
    if at is None:
        raise Unexpected("Basecamp's answers carry no date, which the reading of changes needs.")
    return at


def refusal(answer: Answer) -> ConnectorError | None:
    """What only Basecamp says in its own way; None: the door's reading holds."""
    if answer.status == 404 and answer.headers.get("reason", "").lower() == "account inactive":
        return Refused(
            "The Basecamp account is inactive: its trial has ended or it was suspended.",
            remedy="Renew the account at Basecamp, or take this connection out.",
        )
    if answer.status == 507:
        return Refused(
            "Basecamp takes no further webhook in this project.",
            remedy="Delete some of its webhooks, or go on without: all is read without them too.",
        )
    return None
