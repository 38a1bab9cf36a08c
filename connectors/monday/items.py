"""Lists of items to their end, items by their ids, and how monday.com's filters write a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from connectors.monday import queries
from connectors.monday.api import Api, items_page, objects_of, rows
from connectors.monday.roster import read_boards, subitem_boards
from connectors.sdk.contract import Json
from connectors.sdk.errors import Unexpected

MOST_PAGES = 10_000


def more_pages(
    api: Api, markers: Sequence[str], query: Callable[[int], str], scope: str
) -> Iterator[list[Json]]:
    """The pages after each of some markers, side by side, to the last."""
    given = set(markers)
    for _ in range(MOST_PAGES):
        if not markers:
            return
        variables = {f"c{place}": marker for place, marker in enumerate(markers)}
        told = api.ask(query(len(markers)), variables, scope)
        after = []
        for place in range(len(markers)):
            found, marker = items_page(told.data, f"n{place}", scope)
            yield found
            if marker is not None:
                after.append(marker)
        if given & set(after):
            break
        given.update(after)
        markers = after
    raise Unexpected("monday.com gives the same page of items again and again.", scope=scope)


def item_ids(api: Api, scope: str) -> Iterator[list[str]]:
    """Ids of a board's items and subitems.

    Raises:
        NotVisible: one of its boards is not shown. Nothing may be concluded then.
    """
    markers: list[str] = []
    for board in with_hidden(api, scope, queries.item_ids()):
        found, marker = items_page(board, "items_page", scope)
        yield [str(item["id"]) for item in found]
        if marker is not None:
            markers.append(marker)
    for found in more_pages(api, markers, queries.more_item_ids, scope):
        yield [str(item["id"]) for item in found]


def with_hidden(api: Api, scope: str, query: str) -> Iterator[Json]:
    """A board, then the hidden boards of its subitems, as a query with `$ids` tells them."""
    told = api.ask(query, {"ids": [scope], "count": 1}, scope)
    [board] = read_boards(rows(told.data, "boards", scope), [scope], scope)
    yield board
    below = subitem_boards(board)
    if below:
        told = api.ask(query, {"ids": below, "count": len(below)}, scope)
        found = rows(told.data, "boards", scope)
        gone = {str(each["id"]) for each in objects_of(found) if each.get("state") == "deleted"}
        yield from read_boards(found, [id for id in below if id not in gone], scope, gone)


def by_id(api: Api, ids: Sequence[str], query: str, scope: str | None = None) -> Iterator[Json]:
    """Items by their ids, a hundred a call; those that are not shown are left out."""
    for start in range(0, len(ids), queries.BY_ID):
        asked = list(ids[start : start + queries.BY_ID])
        told = api.ask(query, {"ids": asked}, scope)
        for found in objects_of(rows(told.data, "items", scope)):
            if str(found["id"]) in asked:
                yield found


def stamp(at: datetime) -> str:
    """An instant as monday.com's filters take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
