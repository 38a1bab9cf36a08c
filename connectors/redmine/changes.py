"""Where the reading of changed issues stands: the bookmark behind the cursor. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.redmine.reading import Listing, moment, stamp, updated_on
from connectors.sdk.contract import Cursor, Json

OVERLAP = timedelta(minutes=2)
"""An issue's `updated_on` is set before its transaction ends: it may show up that much later."""

SETTLED = timedelta(seconds=5)
"""An issue changed that long before it was read was read as that change left it: a later change
has a later time. `updated_on` has whole seconds only."""

MOST_SEEN = 500
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far changes have been read.

    Args:
        updated: the latest change that was read, by Redmine's own clock.
        seen: issue → its time of change, for the settled issues of the overlap: they are listed
            again next time and need not be opened again.
    """

    updated: datetime
    seen: Mapping[str, str] = field(default_factory=dict)

    @property
    def start(self) -> datetime:
        """From when on changes are asked for."""
        return max(self.updated - OVERLAP, BEGINNING)

    @classmethod
    def before(cls, latest: Listing) -> Bookmark:
        """Where changes are read from once everything has been read that is there now."""
        if not latest.rows:
            return cls(BEGINNING)
        times = [moment(updated_on(row)) for row in latest.rows]
        cap = latest.server_time or max(times)
        return _bookmark(min(max(times), cap), _settled(latest.rows, cap))

    @classmethod
    def read(cls, cursor: Cursor) -> Bookmark:
        """The reverse of `cursor`; an absent cursor is the beginning."""
        if "updated" not in cursor:
            return cls(BEGINNING)
        pairs = (each.partition("@") for each in cursor.get("seen", "").split())
        return cls(moment(cursor["updated"]), {id: at for id, _, at in pairs})

    def cursor(self, projects: Iterable[str]) -> Cursor:
        """As the engine keeps it, with the projects that have been read in full."""
        return {
            "updated": stamp(self.updated),
            "seen": " ".join(f"{id}@{at}" for id, at in sorted(self.seen.items())),
            "projects": " ".join(sorted(projects)),
        }

    def has(self, row: Json) -> bool:
        """Whether this very state of an issue was read already."""
        return self.seen.get(str(row["id"])) == updated_on(row)


def moved(bookmark: Bookmark, page: Listing, latest: Callable[[], Listing]) -> Bookmark:
    """The bookmark after a page has been read.

    Never past the server's clock: a time in the future (its clock was wrong once) would hide all
    changes until then. Where no answer tells the clock, `latest` is asked, once a page at most.
    """
    if not page.rows:
        return bookmark
    top = max(moment(updated_on(row)) for row in page.rows)
    cap = page.server_time
    if cap is None and top > bookmark.updated:
        now_latest = latest()
        cap = moment(updated_on(now_latest.rows[0])) if now_latest.rows else bookmark.updated
    reached = max(bookmark.updated, top if cap is None else min(top, cap))
    # What was listed in this page and read after it; `has` rows stay what they were.
    settled = _settled(page.rows, page.server_time or min(top, reached))
    kept = {str(row["id"]): updated_on(row) for row in page.rows if bookmark.has(row)}
    return _bookmark(reached, {**bookmark.seen, **settled, **kept})


def _settled(rows: Iterable[Json], clock: datetime) -> dict[str, str]:
    return {
        str(row["id"]): updated_on(row)
        for row in rows
        if moment(updated_on(row)) <= clock - SETTLED
    }


def _bookmark(updated: datetime, seen: Mapping[str, str]) -> Bookmark:
    """With what lies in the overlap only, the latest first, and bounded."""
    within = sorted(
        ((at, id) for id, at in seen.items() if moment(at) >= updated - OVERLAP), reverse=True
    )
    return Bookmark(updated, {id: at for at, id in within[:MOST_SEEN]})
