"""Airtable's answers, checked for their shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.airtable.refusals import ITERATOR_GONE, NOT_THERE, error_type, server_time
from connectors.airtable.values import text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unavailable, Unexpected

PAGE = 100
"""The most records or comments that Airtable puts into an answer."""
ITERATIONS = 3


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some things of a list. `at` is Airtable's time when it answered."""

    rows: Sequence[Json]
    at: datetime | None
    altered: int


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def me(self) -> Answer:
        """Whose credential it is."""
        return self._asked("/meta/whoami", {}, None)

    def bases(self) -> tuple[list[Json], datetime | None]:
        """Every base that the credential may see, and the time by Airtable."""
        chunks = list(self._pages("/meta/bases", "bases", {}, None))
        return [base for chunk in chunks for base in chunk.rows], chunks[0].at

    def tables(self, base: str, scope: str | None = None) -> Sequence[Json]:
        """The tables of a base with their columns; not paged."""
        answer = self._asked(f"/meta/bases/{base}/tables", {}, scope)
        return self._rows(answer, "tables", scope)

    def records(self, table: str, params: Mapping[str, Any]) -> Iterator[Chunk]:
        """The records of a table, cells by the ids of columns, in the order that was theirs when
        the first page was asked for. No list of columns is ever asked for, so that the address
        stays far below the length from which Airtable wants a POST.

        Airtable forgets that order after minutes without a question, or when a server starts
        anew. It is then begun again: what was given already is given once more.

        Raises:
            Unavailable: it was forgotten each time.
        """
        path = "/" + table.replace(":", "/")
        asked = {"pageSize": PAGE, "returnFieldsByFieldId": True, **params}
        for _ in range(ITERATIONS):
            try:
                yield from self._pages(path, "records", asked, table)
            except _Forgotten:
                continue
            return
        raise Unavailable("Airtable forgets its list before we have read it.", scope=table)

    def comments(self, record: str, table: str) -> list[Json]:
        """All comments on a record."""
        path = f"/{record.replace(':', '/')}/comments"
        pages = self._pages(path, "comments", {"pageSize": PAGE}, table)
        return [comment for chunk in pages for comment in chunk.rows]

    def is_there(self, record: str) -> bool:
        """Whether a record can be read by itself; alike for deleted and hidden ones.

        Raises:
            Unexpected: it is refused for another reason, or not by Airtable at all.
        """
        path = "/" + record.replace(":", "/")
        answer = self.http.request("GET", path, accept=(403, 404))
        if answer.status != 200 and error_type(answer) not in NOT_THERE:
            raise Unexpected(f"Airtable does not say that {path} is not there.")
        return answer.status == 200

    def _pages(
        self, path: str, name: str, params: Mapping[str, Any], scope: str | None
    ) -> Iterator[Chunk]:
        """A list page by page; it ends where no page after it is named."""
        offset: str | None = None
        seen: set[str] = set()
        while True:
            answer = self._asked(path, {**params, "offset": offset}, scope)
            rows = self._rows(answer, name, scope)
            yield Chunk(rows, server_time(answer), answer.altered)
            offset = answer.data.get("offset")
            if offset is None:
                return
            if not isinstance(offset, str) or offset in seen:
                raise Unexpected(f"Airtable's list of {name} leads nowhere.", scope=scope)
            seen.add(offset)

    def _asked(self, path: str, params: Mapping[str, Any], scope: str | None) -> Answer:
        """An answer that is an object."""
        goes_on = params.get("offset") is not None
        accept = (422,) if goes_on else ()
        answer = self.http.request("GET", path, params=params, accept=accept, scope=scope)
        if answer.status == 422 and error_type(answer) == ITERATOR_GONE:
            raise _Forgotten
        if answer.status == 422 or not isinstance(answer.data, Mapping):
            raise Unexpected(f"Airtable's answer for {path} makes no sense to us.", scope=scope)
        return answer

    def _rows(self, answer: Answer, name: str, scope: str | None) -> Sequence[Json]:
        rows = answer.data.get(name)
        if not isinstance(rows, list) or not all(
            isinstance(each, Mapping) and text(each.get("id")) for each in rows
        ):
            raise Unexpected(
                f"Airtable's answer for {answer.url} is no list of {name} with ids.", scope=scope
            )
        return rows


class _Forgotten(Exception):
    """Airtable does not know the page any more that it named itself."""
