"""How changes on boards reach the issues, which they do not touch.

An issue says with its board's fields all there is about its task, so a field that changes has the
issue read again. A board is a lane of its own among the repositories': it lists what is on it
once something has changed, and reads again, one by one, the issues whose place changed.

Some changes name no issue: one is taken off the board, an option is renamed, a board becomes
visible. Then everything is to be read again. The lane of a repository is named after the instant
since when its issues are read, and one that is older than such a change gives way to a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.github.api import OVERLAP, Api
from connectors.github.boards import Board, Boards, Listing, Place, board, on_board
from connectors.github.reading import Issues
from connectors.github.roster import Repository, Roster
from connectors.github.words import instant, stamp
from connectors.sdk.contract import Cursor, Item, Json, Lane, Page, Plan
from connectors.sdk.errors import NotVisible, Unexpected

PREFIX = "board "
BATCH = 50  # issues read again, one request each, and then committed
MANY = 300  # more than these cost less when everything is read again
LONGEST = 3000  # characters of a cursor that names the repositories on boards
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
"""How often at most everything is read again; and a board listed at least, as GitHub does not
promise that it always says when something on it has changed."""


def lanes(
    repositories: Sequence[Repository],
    boards: Sequence[str],
    cursors: Mapping[str, Cursor],
    now: datetime | None,
) -> Plan:
    """The lanes of issues: boards first, so that they are followed from before the first issue
    is read. A lane that gave way is forgotten once the other one has a cursor.

    Args:
        now: GitHub's clock; where it told none there is nothing to read either.
    """
    fresh = stamp(now) if now else ""
    again = ""
    found: list[Lane] = []
    old: list[str] = []
    for name in boards:
        start = f"{PREFIX}{name} "
        lane = _latest(start, cursors, old)
        if lane is not None:
            again = max(again, lane.removeprefix(start), cursors[lane].get("again", ""))
        found.append(Lane(lane or start + fresh, full=lane is None))
    for repository in repositories:
        start = f"{repository.id} {repository.name} "
        lane = _latest(start, cursors, old)
        if lane is None or lane.removeprefix(start) < again:
            lane = start + fresh
        found.append(Lane(lane, scope=repository.id, full=lane not in cursors))
    return Plan(found, forget=old)


def _latest(start: str, cursors: Mapping[str, Cursor], old: list[str]) -> str | None:
    """The lane that reads something now; the ones before it are added to `old`."""
    *before, last = [None, *sorted(name for name in cursors if name.startswith(start))]
    old += filter(None, before)
    return last


def follow(
    api: Api, lane: str, boards: Sequence[str], roster: Callable[[], Roster], since: Cursor | None
) -> Iterator[Page]:
    """The issues whose places on a board changed since a cursor, from before its last listing on.

    Args:
        lane: of the board.
        boards: all that are configured: an issue says what the first of them says.
        roster: the repositories; of others nothing is read.
    """
    try:
        found = board(api, lane.split(" ")[1])
    except NotVisible:
        if since is not None:  # what issues say meanwhile is not what it says
            yield Page(cursor={**since, "hidden": "yes"})
        raise
    horizon = found.at - OVERLAP
    if since is None:  # from before any issue was read
        begun = instant(lane.split(" ")[2]) or horizon
        yield Page(cursor=_cursor(found, on_board(api, found), min(begun, horizon)))
        return
    start, last = instant(since.get("since")), instant(since.get("again"))
    if start is None:
        raise Unexpected(f"The cursor of the board {found.name} is none.")
    hidden = since.get("hidden") == "yes"
    may_again = last is None or found.at - last >= DAY or hidden
    owed = since.get("owed") == "yes" or since.get("words") != found.words or hidden
    if found.updated < start and found.at - start < DAY and not (owed and may_again):
        return
    listing = on_board(api, found)
    changed = sorted(
        (each for each in listing.places if each.repository and each.updated >= start),
        key=lambda each: each.updated,
    )
    owed = owed or len(changed) > MANY or _lost(since.get("count"), listing, start)
    if owed and may_again:  # what changed until now comes with all the rest
        yield Page(cursor=_cursor(found, listing, found.at, again=stamp(found.at)))
        return
    kept = {"again": since.get("again", ""), "owed": "yes" if owed else ""}
    reader = _Reader(api, boards, roster) if changed else None
    for first in range(0, len(changed), BATCH):
        batch = changed[first : first + BATCH]
        items, unread = reader.read(batch) if reader else ([], [])
        until = min(batch[-1].updated, horizon)
        # A listing from which something may have slipped is made once more.
        moved = _cursor(found, listing, max(until, start), **kept) if listing.sure else None
        yield Page(items, moved, unread=unread)
    if listing.sure:
        yield Page(cursor=_cursor(found, listing, max(horizon, start), **kept))


def _cursor(found: Board, listing: Listing, since: datetime, **more: str) -> dict[str, str]:
    count = str(_count(listing, since)) if listing.sure else ""
    return {"since": stamp(since), "words": found.words, "count": count, **more}


def _count(listing: Listing, until: datetime) -> int:
    """How many issues of those on a board had been there at an instant."""
    return sum(1 for each in listing.places if each.repository and each.born <= until)


def _lost(count: str | None, listing: Listing, start: datetime) -> bool:
    """Whether fewer of the issues that were on a board are there now."""
    return bool(count) and listing.sure and _count(listing, start) < int(count or 0)


class _Reader:
    """Reads single issues of several repositories."""

    def __init__(self, api: Api, boards: Sequence[str], roster: Callable[[], Roster]) -> None:
        self._boards = Boards(api, boards)
        self._of = {each.id: Issues(api, each, self._boards) for each in roster().with_issues()}

    def read(self, places: Sequence[Place]) -> tuple[list[Item], list[tuple[str, str]]]:
        """The issues at these places, as the lanes of their repositories give them."""
        items: list[Item] = []
        unread: list[tuple[str, str]] = []
        for id, issues in self._of.items():
            numbers = [each.number for each in places if each.repository == id]
            if numbers:
                found, closed = issues.some(numbers)
                items += found
                unread += closed
        return items, unread


def homes(
    api: Api, boards: Boards, since: Cursor | None
) -> tuple[dict[str, list[Sequence[Json]]], Cursor | None]:
    """By repository: the fields of each board on which issues of it are; and where to resume, so
    that a board is not listed more than once an hour for it."""
    found: dict[str, list[Sequence[Json]]] = {}
    cursor: dict[str, str] = {}
    for each in boards.visible():
        said, *ids = (since or {}).get(each.name, "").split(" ")
        at = instant(said)
        age = each.at - at if at else DAY
        if at is None or age >= DAY or (age >= HOUR and each.updated >= at - OVERLAP):
            at, places = each.at, on_board(api, each).places
            ids = sorted({place.repository for place in places if place.repository})
        cursor[each.name] = " ".join((stamp(at), *ids))
        for id in ids:
            found.setdefault(id, []).append(each.fields)
    size = sum(len(name) + len(held) for name, held in cursor.items())
    return found, cursor if size <= LONGEST else None
