"""Where the reading of changed issues stands: the bookmark behind the cursor. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors.redmine.reading import Listing, moment, stamp, updated_on
from connectors.sdk.contract import Cursor, Json

OVERLAP = timedelta(minutes=2)
"""An issue's `updated_on` is set before its transaction ends: it may show up that much later."""

SETTLED = timedelta(seconds=5)
"""An issue changed that long before it was read was read as that change left it: a later change
has a later time. `updated_on` has whole seconds only."""

MOST_SEEN = 150
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far changes have been read.

    Args:
        updated: the latest change that was read, by Redmine's own clock.
        seen: issue → its time of change, for the settled issues of the overlap: they are listed
            again next time and need not be opened again.
        private: ids of projects that no stranger sees.
    """

    updated: datetime
    seen: Mapping[str, str] = field(default_factory=dict)
    private: Sequence[str] = ()

    @property
    def start(self) -> datetime:
        """From when on changes are asked for."""
        return max(self.updated - OVERLAP, BEGINNING)

    @classmethod
    def before(cls, latest: Listing) -> Bookmark:
        """Where changes are read from once everything has been read that is there now."""
        if not latest.rows:
            return cls(BEGINNING)
        top = max(moment(updated_on(row)) for row in latest.rows)
        cap = latest.server_time or top
        return cls(min(top, cap))._with(_settled(latest.rows, cap))

    @classmethod
    def read(cls, cursor: Cursor) -> Bookmark:
        """The reverse of `cursor`; an absent cursor is the beginning."""
        if "updated" not in cursor:
            return cls(BEGINNING)
        updated = moment(cursor["updated"])
        seen = {}
        for pair in cursor.get("seen", "").split():
            id, _, seconds = pair.partition("-")
            seen[id] = stamp(updated - timedelta(seconds=int(seconds)))
        return cls(updated, seen, cursor.get("private", "").split())

    def cursor(self, projects: Iterable[str]) -> Cursor:
        """As the engine keeps it, with the projects that have been read in full.

        What was seen is written as issue and seconds before the latest change.
        """
        before = {id: self.updated - moment(at) for id, at in sorted(self.seen.items())}
        return {
            "updated": stamp(self.updated),
            "seen": " ".join(f"{id}-{int(ago.total_seconds())}" for id, ago in before.items()),
            "projects": " ".join(sorted(projects)),
            "private": " ".join(self.private),
        }

    def _with(self, seen: Mapping[str, str]) -> Bookmark:
        """With what was seen in the overlap, the latest first, and bounded."""
        start = self.updated - OVERLAP
        within = sorted(
            ((at, id) for id, at in seen.items() if start <= moment(at) <= self.updated),
            reverse=True,
        )
        return replace(self, seen={id: at for at, id in within[:MOST_SEEN]})

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
    return replace(bookmark, updated=reached)._with({**bookmark.seen, **settled, **kept})


def _settled(rows: Iterable[Json], clock: datetime) -> dict[str, str]:
    return {
        str(row["id"]): updated_on(row)
        for row in rows
        if moment(updated_on(row)) <= clock - SETTLED
    }
