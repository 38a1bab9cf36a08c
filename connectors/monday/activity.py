"""The activity of boards: what has happened on them since, to which items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.monday import queries
from connectors.monday.api import Api, Rows, objects_of, paged, rows
from connectors.monday.history import SILENT, WHOLE, items_of
from connectors.monday.items import stamp
from connectors.monday.roster import read_boards
from connectors.sdk.contract import Json

MOST_PAGES = 100
"""Pages of activity: a board keeps 10,000 entries."""


@dataclass(slots=True)
class Activity:
    """What has happened since.

    Args:
        entries: newest first, each once.
        of: the entries about each item.
        unseen: boards whose activity the account may not see.
    """

    entries: dict[str, Json] = field(default_factory=dict)
    of: dict[str, list[Json]] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)

    def add(self, found: Sequence[Json]) -> None:
        """Take entries in, the newest first."""
        for entry in found:
            id = str(entry["id"])
            if id in self.entries:
                continue
            self.entries[id] = entry
            if entry.get("event") not in SILENT:
                for item in items_of(entry):
                    self.of.setdefault(item, []).append(entry)

    @property
    def brings_more(self) -> bool:
        """Whether items came of which it does not say which."""
        return any(entry.get("event") in WHOLE for entry in self.entries.values())


def activity_of(api: Api, boards: Sequence[Json], start: datetime | None, scope: str) -> Activity:
    """Everything that has happened on boards since; they hold the first pages of it."""
    activity = Activity()
    for board in boards:
        id = str(board["id"])
        if board.get("a1", ()) is None:
            activity.unseen.append(id)
            continue
        first = [rows(board, f"a{page}", scope) for page in (1, 2)]

        def fetch(pages: Sequence[int], id: str = id, first: list[Rows] = first) -> list[Rows]:
            return first if 1 in pages else _more(api, pages, id, start, scope)

        for count, found in enumerate(paged(fetch, lambda each: each, scope), 1):
            activity.add(objects_of(found))
            if count >= MOST_PAGES:  # older ones monday.com does not keep
                break
    return activity


def _more(
    api: Api, pages: Sequence[int], id: str, start: datetime | None, scope: str
) -> list[Rows]:
    told = api.ask(queries.activity(pages), board_variables([id], start), scope)
    [board] = read_boards(rows(told.data, "boards", scope), [id], scope)
    return [rows(board, f"a{page}", scope) for page in pages]


def board_variables(ids: Sequence[str], since: datetime | None) -> dict[str, object]:
    """The variables of a question for boards and what has happened on them."""
    return {
        "ids": list(ids),
        "count": len(ids),
        "from": None if since is None else stamp(since),
    }
