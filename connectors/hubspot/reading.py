"""How one of HubSpot's objects is read: everything, then what changed.

* **Everything** comes from the list, which is true at once and is not disturbed by changes: it
  goes by ids. The list gives ids, and the records are read in batches: an address has no room
  for the names of many properties.
* **What changed** comes from the search, which follows the records after seconds or minutes. So a
  read looks back by `SETTLES`, and once in `SWEEP` it looks back by that much more. The search
  says only which records changed; their values are read from themselves.
* A search shows at most 10,000 records, and its pages shift while records change. So no page is
  asked for: each question begins at the last time that came, and where one instant fills a whole
  answer (an import), its records are followed by their ids.
* **What was deleted** is the list of the recycle bin, which cannot be asked from a time on. It is
  read first, and gives the server's time, from which the next turn goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.hubspot.api import Api
from connectors.hubspot.kinds import ID, MERGED, MODIFIED, Kind
from connectors.hubspot.values import EPOCH, identifier, instant, mapping, several
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import CursorExpired, Unexpected
from connectors.sdk.records import Gone

SETTLES = timedelta(minutes=5)
"""How far a read looks back, for what the search did not know yet."""

SWEEP = timedelta(hours=1)
"""How long after a change it is looked for once more, should the search have been slower."""

KEPT = ("properties", "propertiesWithHistory", "createdAt", "updatedAt", "url")
"""What the mapping reads of a record."""

Explain = Callable[[Sequence[Json]], Iterator[Json]]
"""What the items' bodies hold beside the records, so that they explain themselves."""


class Reading:
    """Reads one object.

    Args:
        stream: for the tombstones.
        properties: of its records, as the account has them; asked for when there is a record.
        explain: what the mapping has to know besides.
    """

    def __init__(
        self,
        api: Api,
        stream: str,
        kind: Kind,
        properties: Callable[[], Sequence[str]],
        explain: Explain,
    ) -> None:
        self._api = api
        self._stream = stream
        self._kind = kind
        self._properties = properties
        self._explain = explain

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """All there is, or what changed since the cursor."""
        if cursor is not None and "since" in cursor:
            yield from self._changes(_time(cursor, "since"), _time(cursor, "swept"))
        else:
            yield from self._everything(cursor)

    def ids(self) -> Iterator[list[str]]:
        """Every id that exists."""
        for page in self._api.records(self._kind.object):
            yield [self._kind.coordinates(str(row["id"])) for row in page.rows]

    def _everything(self, cursor: Cursor | None) -> Iterator[Page]:
        """The list, from where an earlier read was cut, then the recycle bin."""
        begun = None if cursor is None else _time(cursor, "begun")
        after = None if cursor is None else cursor.get("after")
        for page in self._api.records(self._kind.object, after=after):
            begun = begun or page.at
            on = None
            if page.after is not None:
                on = {"begun": begun.isoformat(), "after": page.after}
            yield replace(self._page([str(row["id"]) for row in page.rows]), cursor=on)
        for gone, _ in self._bin(None):
            yield Page(gone=gone)
        if begun is None:
            raise Unexpected(f"HubSpot lists nothing of {self._kind.object}, not even an end.")
        yield Page(cursor={"since": begun.isoformat(), "swept": begun.isoformat()})

    def _changes(self, since: datetime, swept: datetime) -> Iterator[Page]:
        begun: datetime | None = None
        for gone, at in self._bin(since - SETTLES):
            begun = begun or at
            yield Page(gone=gone)
        if begun is None:
            raise Unexpected(f"HubSpot lists nothing of {self._kind.object}, not even an end.")
        low, sweeps = since - SETTLES, begun - swept >= SWEEP
        if sweeps:
            low = min(low, swept - SWEEP)
        for ids, reached in self._found(low):
            upto = max(since, min(reached, begun))
            on = {"since": upto.isoformat(), "swept": swept.isoformat()}
            yield replace(self._page(ids), cursor=on)
        done = begun if sweeps else swept
        yield Page(cursor={"since": begun.isoformat(), "swept": done.isoformat()})

    def _bin(self, since: datetime | None) -> Iterator[tuple[list[Gone], datetime]]:
        """What was deleted since, in pages with the server's time. What does not say when it was
        deleted is told every time."""
        for page in self._api.records(self._kind.object, archived=True):
            gone = []
            for row in page.rows:
                at = instant(row.get("archivedAt"))
                if since is None or at is None or at >= since:
                    gone.append(self._gone(str(row["id"]), at))
            yield gone, page.at

    def _gone(self, id: str, at: datetime | None = None) -> Gone:
        return Gone(id=self._kind.coordinates(id), stream=self._stream, reason="deleted", at=at)

    def _found(self, low: datetime) -> Iterator[tuple[list[str], datetime]]:
        """The ids of what changed from `low` on, none twice, and the time that was reached."""
        start, seen = _milliseconds(low), set[str]()
        while True:
            rows, more = self._search([_filter(MODIFIED, "GTE", start)], MODIFIED)
            stamps = [self._stamp(row) for row in rows]
            if any(stamp < start for stamp in stamps) or (more and not rows):
                raise self._endless()
            yield _new(rows, seen), _instant(stamps[-1] if stamps else start)
            if not more:
                return
            if stamps[-1] > start:
                start = stamps[-1]
            else:
                for ids in self._of(start):
                    yield [id for id in ids if id not in seen], _instant(start)
                    seen.update(ids)
                start += 1

    def _of(self, stamp: int) -> Iterator[list[str]]:
        """The ids of what changed in one and the same millisecond."""
        last = 0
        while True:
            filters = [_filter(MODIFIED, "EQ", stamp), _filter(ID, "GT", last)]
            rows, more = self._search(filters, ID)
            ids = [str(row["id"]) for row in rows]
            numbers = [int(id) for id in ids if id.isdecimal()]
            if len(numbers) < len(ids) or any(each <= last for each in numbers) or (
                more and not ids
            ):  # fmt: skip
                raise self._endless()
            yield ids
            if not more:
                return
            last = max(numbers)

    def _search(self, filters: Sequence[Json], sort: str) -> tuple[list[Json], bool]:
        return self._api.search(self._kind.object, filters, sort, (MODIFIED,))

    def _stamp(self, row: Json) -> int:
        at = instant(mapping(row.get("properties")).get(MODIFIED)) or instant(row.get("updatedAt"))
        if at is None:
            raise Unexpected(f"A record of {self._kind.object} has no time of change.")
        return _milliseconds(at)

    def _endless(self) -> Unexpected:
        object = self._kind.object
        return Unexpected(f"HubSpot finds what it was not asked for in {object}.", scope=object)

    def _page(self, ids: Sequence[str]) -> Page:
        """Records as items; those that were merged into them are gone."""
        if not ids:
            return Page()
        kind = self._kind
        read = list(self._api.read(kind.object, ids, self._properties(), tuple(kind.history)))
        wanted = set(ids)
        # A record that was merged into another one is answered with that other one.
        found = {str(row["id"]): (row, altered) for row, altered in read if row["id"] in wanted}
        bodies = self._explain([row for row, _ in found.values()])
        items, gone = [], []
        for (id, (row, altered)), more in zip(found.items(), bodies, strict=True):
            here = kind.coordinates(id)
            body = {"row": {**_kept(row), "id": here}, **more}
            items.append(Item(here, body, kind.object, altered))
            merged = several(mapping(row.get("properties")).get(MERGED))
            gone += [self._gone(each) for each in merged if each != id]
        return Page(items, gone=gone)


def _kept(row: Json) -> Json:
    return {name: row[name] for name in KEPT if name in row}


def _filter(name: str, operator: str, value: int) -> Json:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _new(rows: Sequence[Json], seen: set[str]) -> list[str]:
    ids = dict.fromkeys(identifier(row.get("id")) or "" for row in rows)
    new = [id for id in ids if id not in seen]
    seen.update(new)
    return new


def _milliseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def _instant(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _time(cursor: Mapping[str, str], name: str) -> datetime:
    at = instant(cursor.get(name))
    if at is None:
        raise CursorExpired("This cursor is none of this version's.")
    return at
