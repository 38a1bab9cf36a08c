"""How one collection is read: whole, or what has changed since a sync token (RFC 6578).

A read of the whole begins with the collection's own state: its sync token, else its CTag (which
changes with every change in it). That state is the cursor, so what changes meanwhile comes again.
Which objects are to-dos a query tells (RFC 4791 §7.8): a calendar may hold appointments too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from connectors.caldav.dav import (
    CALDAV,
    CALENDAR_SERVER,
    DAV,
    OK,
    Dav,
    Multistatus,
    Resource,
    hrefs,
)
from connectors.sdk.contract import Cursor, Item, Page
from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.records import Gone, GoneReason

BATCH = 100  # objects in one multiget
MAX_TRUNCATED = 10_000

CALENDAR_PROPS = (
    "<D:resourcetype/><D:displayname/><C:calendar-description/>"
    "<C:supported-calendar-component-set/><S:getctag/><D:sync-token/>"
)
TO_DOS = (
    "<D:prop><D:getetag/></D:prop><C:filter>"
    '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"/></C:comp-filter></C:filter>'
)
TO_DO = re.compile(r"^BEGIN:VTODO\s*$", re.IGNORECASE | re.MULTILINE)
FATES: Mapping[int, GoneReason | None] = {OK: None, 404: "deleted", 410: "deleted"}


@dataclass(frozen=True, slots=True)
class Calendar:
    """A collection as its server describes it.

    Args:
        cursor: its state: a sync token or a CTag; empty where the server tells neither.
    """

    path: str
    name: str
    description: str | None
    cursor: Cursor


def calendar_of(resource: Resource) -> Calendar | None:
    """The collection that a resource is; None when it is none for to-dos."""
    if not resource.has(f"{DAV}resourcetype", f"{CALDAV}calendar"):
        return None
    kinds = resource.props.get(f"{CALDAV}supported-calendar-component-set")
    names = None if kinds is None else {each.get("name", "").upper() for each in kinds}
    if names is not None and "VTODO" not in names:  # no such property: all kinds (RFC 4791 §5.2.3)
        return None
    token = resource.text(f"{DAV}sync-token")
    ctag = resource.text(f"{CALENDAR_SERVER}getctag")
    return Calendar(
        resource.path,
        resource.text(f"{DAV}displayname") or resource.path.rstrip("/").rpartition("/")[2],
        resource.text(f"{CALDAV}calendar-description"),
        {"token": token} if token else {"ctag": ctag} if ctag else {},
    )


class Collection:
    """Reads one collection."""

    def __init__(self, dav: Dav, path: str) -> None:
        self._dav = dav
        self.path = path

    def whole(self) -> Iterator[Page]:
        """Every to-do; the cursor is the state in which the collection was before."""
        cursor = self._state()
        paths = self.paths()
        for start in range(0, len(paths), BATCH):
            yield self._page(paths[start : start + BATCH])
        yield Page(cursor=cursor)

    def changes(self, token: str) -> Iterator[Page]:
        """What has changed since a token; a server may cut its answer and go on from its end."""
        seen = {token}
        for _ in range(MAX_TRUNCATED):
            told = self._since(token)
            others = [each for each in told.resources if each.path != self.path]
            gone = [_gone(each.path) for each in others if FATES.get(each.status)]
            changed = list(dict.fromkeys(each.path for each in others if each.status == OK))
            hidden = [
                (each.path, f"the server says {each.status}")
                for each in others
                if each.status not in FATES
            ]
            for start in range(0, len(changed), BATCH):
                yield self._page(changed[start : start + BATCH])
            if told.sync_token is None:
                raise Unexpected("The server gives no sync token.", scope=self.path)
            yield Page(cursor={"token": told.sync_token}, gone=gone, unread=hidden)
            if self._is_all(told):
                return
            token = told.sync_token
            if token in seen:
                break
            seen.add(token)
        raise Unexpected("The server's changes do not come to an end.", scope=self.path)

    def paths(self) -> list[str]:
        """The addresses of all to-dos."""
        found = self._dav.report(self.path, "C:calendar-query", TO_DOS, 1)
        if not self._is_all(found):
            raise Unexpected("The server cuts the list of the to-dos.", scope=self.path)
        others = (each.path for each in found.resources if each.path != self.path)
        return list(dict.fromkeys(others))

    def fates(self, paths: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """What became of objects; "unknown" where the collection itself is not found."""
        found: dict[str, GoneReason | None] = {}
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            body = f"<D:prop><D:getetag/></D:prop>{hrefs(batch)}"
            try:
                told = self._dav.report(self.path, "C:calendar-multiget", body, 1)
            except NotVisible:
                found.update(dict.fromkeys(batch, "unknown"))
                continue
            for path, each in self._answered(told, batch):
                found[path] = FATES.get(each.status, "access_lost")
        return found

    def _state(self) -> Cursor:
        told = self._dav.properties(self.path, CALENDAR_PROPS, scope=self.path)
        found = map(calendar_of, told.resources)
        calendar = next((each for each in found if each is not None), None)
        if calendar is None:
            raise NotVisible(
                f"{self.path} is no calendar with tasks.",
                remedy="Correct `calendars`.",
                scope=self.path,
            )
        return calendar.cursor

    def _since(self, token: str) -> Multistatus:
        body = (
            f"<D:sync-token>{escape(token)}</D:sync-token><D:sync-level>1</D:sync-level>"
            "<D:prop><D:getetag/></D:prop>"
        )
        return self._dav.report(self.path, "D:sync-collection", body, 0)

    def _page(self, paths: Sequence[str]) -> Page:
        """Objects with all they hold; what went since it was listed is gone."""
        body = f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs(paths)}"
        told = self._dav.report(self.path, "C:calendar-multiget", body, 1)
        items, gone, hidden = [], [], []
        for path, each in self._answered(told, paths):
            if each.status not in FATES:
                hidden.append((path, f"the server says {each.status}"))
            elif FATES[each.status]:
                gone.append(_gone(path))
            elif (data := each.text(f"{CALDAV}calendar-data")) is None:
                raise Unexpected(f"The server gives {path} without its data.", scope=self.path)
            elif TO_DO.search(data):
                etag = each.text(f"{DAV}getetag")
                held = {"href": path, "etag": etag, "collection": self.path, "data": data}
                items.append(Item(path, held, scope=self.path))
        return Page(items, gone=gone, unread=hidden)

    def _answered(self, told: Multistatus, asked: Sequence[str]) -> list[tuple[str, Resource]]:
        found = {each.path: each for each in told.resources}
        missing = [path for path in asked if path not in found]
        if missing:
            raise Unexpected(f"The server says nothing of {missing[0]}.", scope=self.path)
        return [(path, found[path]) for path in asked]

    def _is_all(self, told: Multistatus) -> bool:
        """Whether nothing was cut: a 507 for the collection itself says so (RFC 6578 §3.6)."""
        return all(each.status != 507 for each in told.resources)


def _gone(path: str) -> Gone:
    return Gone(id=path, stream="tasks", reason="deleted")
