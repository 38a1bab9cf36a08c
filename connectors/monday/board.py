"""How one board is read, with its subitems: what changed, what has happened, what is gone.

One call opens a board: its columns, the items that changed since, and its activity. What the
activity mentions and the list of items does not bring (deleted, archived, moved away; moved in
or restored with an old time of change) is asked for by id: the tool's own word for each.

Activity shows late, so each read begins a while before the one before it ended, and a board
whose last change is younger than that is read once more. Every item carries the entries about
it; the changes in them are kept for ever, so what a later read no longer brings is not lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.monday import queries
from connectors.monday.activity import Activity, activity_of, board_variables
from connectors.monday.api import Api, Told, items_page, rows
from connectors.monday.columns import done_colors
from connectors.monday.history import BACK, CHANGES, DELETED
from connectors.monday.items import by_id, more_pages, stamp
from connectors.monday.roster import SEPARATOR, read_boards, seen
from connectors.monday.values import identifier, instant, objects, part
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.records import Gone, GoneReason

OVERLAP = timedelta(minutes=10)
"""Entries of activity were seen to come half a minute late; changes carry their own times."""

COPYING = timedelta(hours=1)
"""A copied board fills after it was made, with items that keep their old times of change."""

ALWAYS = "2100-01-01T00:00:00.000Z"
"""`between`, the one operator that the time of change takes, needs an end."""


class Board:
    """Reads one board and the hidden ones of its subitems.

    Args:
        api: the way to monday.com.
        lane: ids of the family, as `Family.lane` writes them.
    """

    def __init__(self, api: Api, lane: str) -> None:
        self._api = api
        self._ids = lane.split(SEPARATOR)
        self.id = self._ids[0]

    def items(
        self, since: Cursor | None, roster: Callable[[], frozenset[str] | None]
    ) -> Iterator[Page]:
        """Items with all that is on them; since a cursor only those that changed.

        `roster` tells which boards this connection reads, None: all; it is asked only when an
        item was moved away.
        """
        begun = instant((since or {}).get("since"))
        start = None if begun is None else begun - OVERLAP
        told, boards = self._open(start, start)
        activity = activity_of(self._api, boards, start, self.id)
        cursor = _cursor(boards, told.clock)
        if since and start is not None and self._is_stale(since, cursor, boards, activity, begun):
            told, boards = self._open(None, start)
            cursor = _cursor(boards, told.clock)
        frames = {str(board["id"]): _Frame.of(board) for board in boards}
        read: set[str] = set()
        for found in self._pages(boards):
            read.update(str(item["id"]) for item in found)
            yield Page([self._item(item, frames, boards[0], activity, told) for item in found])
        late, gone = ([], []) if start is None else self._mentioned(activity, read, roster)
        yield Page(
            items=[self._item(item, frames, boards[0], activity, told) for item in late],
            cursor=cursor,
            gone=gone,
            unread=[
                (f"activity of board {id}", "monday.com does not show it to this account")
                for id in activity.unseen
            ],
        )

    def _open(
        self, changed_since: datetime | None, happened_since: datetime | None
    ) -> tuple[Told, list[Json]]:
        rules = None
        if changed_since is not None:
            rules = {
                "rules": [
                    {
                        "column_id": "__last_updated__",
                        "compare_value": [stamp(changed_since), ALWAYS],
                        "operator": "between",
                    }
                ],
                "order_by": [{"column_id": "__last_updated__", "direction": "asc"}],
            }
        told = self._api.ask(
            queries.opened((1, 2)),
            {
                **board_variables(self._ids, happened_since),
                "limit": queries.ITEMS_PAGE,
                "rules": rules,
            },
            self.id,
        )
        return told, read_boards(rows(told.data, "boards", self.id), self._ids, self.id)

    def _is_stale(
        self,
        since: Cursor,
        cursor: Cursor,
        boards: Sequence[Json],
        activity: Activity,
        begun: datetime | None,
    ) -> bool:
        """Whether what was read before may be other than it was without any item having changed."""
        made = instant(boards[0].get("created_at"))
        young = made is not None and begun is not None and begun - made < COPYING
        return young or activity.brings_more or since.get("frame") != cursor.get("frame")

    # --- items ------------------------------------------------------------------------------

    def _pages(self, boards: Sequence[Json]) -> Iterator[list[Json]]:
        """All items of the boards, page by page, the boards side by side."""
        markers: list[str] = []
        for board in boards:
            found, marker = items_page(board, "items_page", self.id)
            yield found
            if marker is not None:
                markers.append(marker)
        yield from more_pages(self._api, markers, queries.more_items, self.id)

    def _item(
        self,
        item: Json,
        frames: Mapping[str, _Frame],
        board: Json,
        activity: Activity,
        told: Told,
    ) -> Item:
        id = str(item["id"])
        home = identifier(part(item, "board").get("id")) or self.id
        frame = frames.get(home) or frames[self.id]
        kept = [entry for entry in activity.of.get(id, ()) if entry.get("event") in CHANGES]
        body = {
            "item": item,
            "board": {"id": self.id, "name": board.get("name")},
            "columns": frame.columns,
            "logs": kept,
        }
        return Item(id, body, scope=self.id, altered=told.altered)

    # --- what only the activity tells -------------------------------------------------------

    def _mentioned(
        self,
        activity: Activity,
        read: set[str],
        roster: Callable[[], frozenset[str] | None],
    ) -> tuple[list[Json], list[Gone]]:
        """The items that something happened to and that the list did not bring: as they are
        now, or gone."""
        asked = [id for id in activity.of if id not in read]
        late: list[Json] = []
        gone: list[Gone] = []
        parents: list[str] = []
        there: dict[str, Json] = {}
        for found in by_id(self._api, asked, queries.items("...Item subitems { id }"), self.id):
            there[str(found["id"])] = found
        for id in asked:
            reason = self._fate(there.get(id), activity.of[id], roster)
            if reason is not None:
                gone.append(Gone(id=id, stream="tasks", reason=reason))
                parents.append(id)
            elif id in there and self._is_here(there[id]):
                late.append({k: v for k, v in there[id].items() if k != "subitems"})
        return late, gone + self._below(parents, there, asked, roster)

    def _below(
        self,
        parents: Sequence[str],
        there: Mapping[str, Json],
        asked: Sequence[str],
        roster: Callable[[], frozenset[str] | None],
    ) -> list[Gone]:
        """Subitems that went with their item, where monday.com says so of each."""
        below = [
            str(sub["id"])
            for parent in parents
            for sub in objects(there.get(parent, {}).get("subitems"))
            if identifier(sub.get("id")) and str(sub["id"]) not in asked
        ]
        gone = []
        for found in by_id(self._api, below, queries.items("id state board { id }"), self.id):
            reason = self._fate(found, (), roster)
            if reason is not None:
                gone.append(Gone(id=str(found["id"]), stream="tasks", reason=reason))
        return gone

    def _fate(
        self,
        item: Json | None,
        entries: Sequence[Json],
        roster: Callable[[], frozenset[str] | None],
    ) -> GoneReason | None:
        """Why an item is gone from this board; None: it is not, or nobody says so."""
        if item is None:
            # Newest first: what was restored after it was deleted is only out of sight.
            last = next((e for e in entries if e.get("event") in DELETED | BACK), None)
            return "deleted" if last is not None and last.get("event") in DELETED else None
        state = item.get("state")
        if state == "deleted":
            return "deleted"
        if state == "archived":
            return "archived"
        if self._is_here(item):
            return None
        read = roster()
        home = identifier(part(part(item, "parent_item"), "board").get("id")) or identifier(
            part(item, "board").get("id")
        )
        return None if read is None or home in read else "moved"

    def _is_here(self, item: Json) -> bool:
        return identifier(part(item, "board").get("id")) in self._ids


@dataclass(frozen=True, slots=True)
class _Frame:
    """What items show of their board: its columns and the names of its groups."""

    columns: list[dict[str, object]]

    @classmethod
    def of(cls, board: Json) -> _Frame:
        columns = []
        for column in objects(board.get("columns")):
            kept = {name: column.get(name) for name in ("id", "title", "type")}
            if column.get("archived") is True:
                kept["archived"] = True
            if column.get("type") == "status":
                kept["done"] = done_colors(column.get("settings_str"))
            columns.append(kept)
        return cls(columns)


def _cursor(boards: Sequence[Json], clock: datetime | None) -> Cursor:
    """Where the next read begins; without monday.com's clock it is a full one."""
    if clock is None:
        return {}
    shown = [
        [_Frame.of(board).columns, [[g.get("id"), g.get("title")] for g in objects(
            board.get("groups"))], [c.get("settings_str") for c in objects(
            board.get("columns")) if c.get("type") == "status"]]
        for board in boards
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]
    cursor = {"since": clock.isoformat(), "frame": digest}
    changed = [instant(board.get("updated_at")) for board in boards]
    word = seen(boards)
    if word is not None and all(at is not None and at < clock - OVERLAP for at in changed):
        cursor["seen"] = word
    return cursor
