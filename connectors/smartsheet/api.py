"""Smartsheet's answers, checked for their shape and for being whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Literal

from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unavailable, Unexpected
from connectors.smartsheet.refusals import NOT_FOUND, error_code, server_time
from connectors.smartsheet.values import ident, objects

ROWS_PAGE = 500
"""Rows an answer, all columns: the widest sheet stays below the door's bound on an answer."""
IDS_PAGE = 5000
"""Rows an answer where only one column is asked for."""
HOOKS_PAGE = 1000
NAMED = 100
"""Rows that are asked for by their ids at once: the address stays short."""
OUTLINE_TRIES = 3

Standing = Literal["here", "hidden", "missing"]


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A sheet with some of its rows. `total` is how many the whole sheet has."""

    sheet: Json
    version: str
    total: int
    columns: Sequence[Json]
    rows: Sequence[Json]


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def one(self, path: str, params: Mapping[str, Any], scope: str | None = None) -> Answer:
        """An answer that is an object."""
        answer = self.http.request("GET", path, params=params, scope=scope)
        if not isinstance(answer.data, Mapping):
            raise Unexpected(f"Smartsheet's answer for {path} is not an object.", scope=scope)
        return answer

    def everything(
        self, path: str, params: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> list[Json]:
        """All of a list in one answer, each with an id."""
        return self.listed(self.one(path, {"includeAll": True, **(params or {})}, scope), scope)

    def listed(self, answer: Answer, scope: str | None = None) -> list[Json]:
        """The objects of a list that was asked for as a whole.

        It tells how many there are; a list that lacks some would be taken for deletions.
        """
        found = _identified(answer, scope)
        total, pages = (answer.data.get(name) for name in ("totalCount", "totalPages"))
        if total not in (None, len(found)) or pages not in (None, 0, 1):
            raise Unexpected(
                f"Smartsheet gave {len(found)} of {total} things for {answer.url}, asked for all.",
                scope=scope,
            )
        return found

    def webhooks(self) -> Iterator[Json]:
        """Every webhook of the account. Their list alone is not given as a whole, and does not
        tell how many there are; a page after the last may be the last once more."""
        seen: set[str] = set()
        for number in count(1):
            rows = _identified(self.one("/webhooks", {"pageSize": HOOKS_PAGE, "page": number}))
            new = [row for row in rows if row_of(row) not in seen]
            yield from new
            if len(rows) < HOOKS_PAGE or not new:
                return
            seen.update(map(row_of, new))

    def sheets(self) -> tuple[list[Json], datetime | None]:
        """Every sheet that the account sees, with its version, and the time by Smartsheet."""
        params = {"includeAll": True, "include": "sheetVersion"}
        answer = self.one("/sheets", params)
        return self.listed(answer), server_time(answer)

    def sheet(self, sheet: str, params: Mapping[str, Any]) -> tuple[SheetPage, datetime | None]:
        """A sheet, with the rows that the parameters choose.

        An answer without its rows (the abbreviated one) is none: no row may be missed for it.
        """
        answer = self.one(f"/sheets/{sheet}", {"level": 2, **params}, sheet)
        data = answer.data
        version, total = ident(data.get("version")), data.get("totalRowCount")
        rows, columns = data.get("rows"), data.get("columns")
        if rows is None and total == 0:
            rows = []
        if (
            version is None
            or type(total) is not int
            or not isinstance(rows, list)
            or not isinstance(columns, list)
            or any(ident(row.get("id")) is None for row in objects(rows))
            or len(objects(rows)) < len(rows)
        ):
            raise Unexpected(
                "Smartsheet's answer for a sheet lacks its version, its columns or its rows.",
                scope=sheet,
            )
        return SheetPage(data, version, total, objects(columns), rows), server_time(answer)

    def bare(self, sheet: str) -> tuple[SheetPage, datetime | None]:
        """What a sheet says of itself, at the price of one row."""
        params = {"include": "ownerInfo", "exclude": "nonexistentCells", "pageSize": 1, "page": 1}
        return self.sheet(sheet, params)

    def outline(self, sheet: str) -> dict[str, str | None]:
        """Every row's id with that of its parent, all from one version of the sheet.

        Rows are paged by their place, so a sheet that changes between two pages is begun again.

        Raises:
            Unavailable: it changes faster than it can be listed.
        """
        primary = _primary(self.bare(sheet)[0])
        for _ in range(OUTLINE_TRIES):
            found: dict[str, str | None] = {}
            versions: set[str] = set()
            for page in self.row_pages(sheet, {"columnIds": primary}, IDS_PAGE):
                versions.add(page.version)
                found.update((row_of(row), ident(row.get("parentId"))) for row in page.rows)
            if len(versions) == 1 and len(found) == page.total:
                return found
        raise Unavailable("A sheet changes faster than its rows can be listed.", scope=sheet)

    def row_pages(self, sheet: str, params: Mapping[str, Any], size: int) -> Iterator[SheetPage]:
        """A sheet page by page, until as many rows came as it has.

        A page after the last would be the last once more, and a smaller size than was asked for
        may be given; so only the count of rows ends it, and a page without a new row is an error.
        """
        seen: set[str] = set()
        number = 0
        while True:
            number += 1
            chosen = {"exclude": EXCLUDE, "pageSize": size, "page": number, **params}
            page, _ = self.sheet(sheet, chosen)
            new = {row_of(row) for row in page.rows} - seen
            if not new and len(seen) < page.total:
                raise Unexpected("A page of a sheet brings no new row.", scope=sheet)
            seen |= new
            yield page
            if len(seen) >= page.total:
                return

    def standing(self, path: str) -> Standing:
        """Whether something can be read by itself.

        Smartsheet says 403 (1004) for what we may not see and 404 (1006) for what is not found;
        a 404 that is not its own, of a proxy perhaps, is an error.
        """
        answer = self.http.request("GET", path, accept=(403, 404))
        if answer.status == 403:
            return "hidden"
        if answer.status != 404:
            return "here"
        if error_code(answer) != NOT_FOUND:
            raise Unexpected(f"A 404 for {path} does not come from Smartsheet.")
        return "missing"


EXCLUDE = "nonexistentCells,linkInFromCellDetails,linksOutToCellsDetails"


def _identified(answer: Answer, scope: str | None = None) -> list[Json]:
    """The objects of a list, each with an id."""
    found = answer.data.get("data") if isinstance(answer.data, Mapping) else None
    if not isinstance(found, list) or not all(
        isinstance(each, Mapping) and ident(each.get("id")) for each in found
    ):
        raise Unexpected(
            f"Smartsheet's answer for {answer.url} is not a list of objects with ids.", scope=scope
        )
    return found


def row_of(row: Json) -> str:
    """The id of a row whose shape was checked."""
    return str(ident(row.get("id")))


def _primary(page: SheetPage) -> str | None:
    """The id of the primary column; every sheet has one."""
    columns = (each for each in page.columns if each.get("primary") is True)
    return ident(next(columns, {}).get("id"))
