"""The account's updates, which are our comments: all boards in one question.

An update can be asked for by the day on which it was written and not by that of its last edit
or reply, so the last days' are read again every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connectors.monday import queries
from connectors.monday.api import Api, Rows, Told, objects_of, paged, rows
from connectors.monday.items import with_hidden
from connectors.monday.roster import read_boards
from connectors.monday.values import identifier, instant, part
from connectors.sdk.contract import Cursor, Item, Json, Page

READ_AGAIN = timedelta(days=3)
"""How long after it was written an update's edits and replies are looked for."""


def updates(api: Api, since: Cursor | None, boards: frozenset[str] | None) -> Iterator[Page]:
    """Updates with their replies; since a cursor those of the days before it and after.

    `boards`: ids of the boards that are read; None: every one.
    """
    begun = instant((since or {}).get("since"))
    first = None if begun is None else (begun - READ_AGAIN).date().isoformat()
    clocks: list[datetime | None] = []

    def fetch(pages: Sequence[int]) -> list[tuple[Rows, Told]]:
        told = api.ask(queries.updates(pages), {"from": first})
        clocks.append(told.clock)
        return [(rows(told.data, f"p{page}"), told) for page in pages]

    for found, told in paged(fetch, lambda each: each[0], then=5):
        items = [_item(update, told) for update in objects_of(found)]
        yield Page([each for each in items if boards is None or each.scope in boards])
    read_from = clocks[0] or begun
    yield Page(cursor={} if read_from is None else {"since": read_from.isoformat()})


def _item(update: Json, told: Told) -> Item:
    """An update counts in the board that people know its item on."""
    item = part(update, "item")
    board = part(part(item, "parent_item"), "board") or part(item, "board")
    body = {name: value for name, value in update.items() if name != "item"}
    return Item(str(update["id"]), body, identifier(board.get("id")), told.altered)


def census(api: Api, scope: str) -> Iterator[list[str]]:
    """Ids of the updates on a board and on the hidden boards of its subitems."""
    for board in with_hidden(api, scope, queries.update_ids(_FIRST)):
        id = str(board["id"])
        first = [rows(board, f"u{page}", scope) for page in _FIRST]

        def fetch(pages: Sequence[int], id: str = id, first: list[Rows] = first) -> list[Rows]:
            if 1 in pages:
                return first
            told = api.ask(queries.update_ids(pages), {"ids": [id], "count": 1}, scope)
            [more] = read_boards(rows(told.data, "boards", scope), [id], scope)
            return [rows(more, f"u{page}", scope) for page in pages]

        for found in paged(fetch, lambda each: each, scope, width=len(_FIRST)):
            yield [str(update["id"]) for update in objects_of(found)]


_FIRST = (1, 2, 3, 4, 5)
"""Pages that the first call of a census asks for."""
