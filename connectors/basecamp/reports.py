"""Time from timesheets, and the needles that were set on gauges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.basecamp.api import Api, told
from connectors.basecamp.roster import Roster
from connectors.basecamp.words import id_of, instant, part
from connectors.sdk.contract import Cursor, Item, Json, Lane, Page, Plan
from connectors.sdk.errors import CursorExpired, NotVisible
from connectors.sdk.records import GoneReason

TIME_KEPT = ("id", "parent", "bucket", "date", "description", "hours", "updated_at")
NEEDLE_KEPT = ("id", "bucket", "created_at", "color", "description")
REPORTED = timedelta(days=28)
"""The account's report reaches back one month."""
OVERLAP = timedelta(minutes=5)


class Timesheets:
    """Reads time: project by project at first, then the account's report of the last month.

    Args:
        api: the way to Basecamp.
        roster: the projects to read.
        projects: ids of the only projects to read; empty: all.
    """

    def __init__(self, api: Api, roster: Roster, projects: Sequence[str]) -> None:
        self._api = api
        self._roster = roster
        self._projects = frozenset(projects)

    def lanes(self, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane for each active project that has a timesheet, until all were read; then one."""
        if "" in cursors:
            return Plan([Lane(full=False)])
        begun = [at for each in cursors.values() if (at := instant(each.get("at")))]
        lanes = []
        for page in self._roster.listed("active"):
            begun.append(told(page.at))
            for row in page.rows:
                if _has_timesheet(row):
                    id = str(id_of(row["id"]))
                    lanes.append(Lane(id, scope=id))
        return Plan(lanes, joint={"at": min(begun).isoformat()})

    def pull(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """All entries of a project, or those of the last month in all of them."""
        if lane:
            for page in self._api.pages(_sheet(lane), scope=lane):
                items = [_entry(row, page.altered) for row in page.rows]
                yield Page(items, cursor={"at": told(page.at).isoformat()})
            return
        last = instant((since or {}).get("at"))
        for page in self._api.pages("/reports/timesheet.json"):
            at = told(page.at)
            if last is None or at - last > REPORTED:
                raise CursorExpired("Basecamp's report of time does not reach back far enough.")
            rows = [row for row in page.rows if self._wanted(row)]
            yield Page([_entry(row, page.altered) for row in rows], cursor={"at": at.isoformat()})

    def ids(self, scope: str) -> Iterator[Sequence[str]]:
        """The ids of a project's entries; none where its timesheet is switched off.

        Raises:
            NotVisible: the project itself was put away.
        """
        if not _has_timesheet(self._roster.active(scope)):
            return
        for page in self._api.pages(_sheet(scope), scope=scope):
            yield [str(id_of(row["id"])) for row in page.rows]

    def fate(self, id: str) -> GoneReason | None:
        """What has become of an entry."""
        answer = self._api.visible(f"/timesheet_entries/{id}.json")
        if answer is None:
            return "unknown"
        return None if answer.data.get("status") in ("active", "archived") else "deleted"

    def _wanted(self, row: Json) -> bool:
        return not self._projects or id_of(part(row, "bucket").get("id")) in self._projects


def _has_timesheet(project: Json) -> bool:
    return project.get("timesheet_enabled") is not False


def _sheet(project: str) -> str:
    return f"/projects/{project}/timesheet.json"


def _entry(row: Json, altered: int) -> Item:
    body: dict[str, Any] = {name: row[name] for name in TIME_KEPT if name in row}
    body["person"] = {"id": part(row, "person").get("id")}
    return Item(
        str(id_of(row["id"])), body, scope=id_of(part(row, "bucket").get("id")), altered=altered
    )


class Gauges:
    """Reads the needles of each project whose gauge has moved.

    A project's needles make one item, so that one which is gone from them is seen to be.

    Args:
        api: the way to Basecamp.
        projects: ids of the only projects to read; empty: all.
    """

    def __init__(self, api: Api, projects: Sequence[str]) -> None:
        self._api = api
        self._bucket_ids = ",".join(projects) or None

    def lanes(self, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane."""
        return Plan([Lane(full="" not in cursors)])

    def pull(self, since: Cursor | None) -> Iterator[Page]:
        """The gauges, and all needles of those that have changed, or were not read before: a
        project that is shown later comes with old needles."""
        until, known = (
            instant((since or {}).get("since")),
            (since or {}).get("projects", "").split(),
        )
        begun: datetime | None = None
        read: list[str] = []
        for page in self._api.pages("/reports/gauges.json", {"bucket_ids": self._bucket_ids}):
            begun = begun or told(page.at)
            for gauge in page.rows:
                changed = instant(gauge.get("updated_at"))
                project = id_of(part(gauge, "bucket").get("id"))
                if until is None or changed is None or changed >= until or project not in known:
                    told_now = self._needles(gauge)
                    read += [item.id for item in told_now.items]
                    yield told_now
                elif project is not None:
                    read.append(project)
        if begun is not None:
            at = (begun - OVERLAP).isoformat()
            yield Page(cursor={"since": at, "projects": " ".join(read)})

    def _needles(self, gauge: Json) -> Page:
        project = id_of(part(gauge, "bucket").get("id"))
        if project is None:
            return Page(unread=[(str(id_of(gauge["id"])), "Basecamp's gauge has no project.")])
        rows: list[Json] = []
        altered = 0
        if gauge.get("last_needle_position") is not None:
            path = f"/projects/{project}/gauge/needles.json"
            try:
                for page in self._api.pages(path, scope=project):
                    rows += page.rows
                    altered += page.altered
            except NotVisible as error:  # the other projects are read all the same
                return Page(unread=[(project, error.message)])
        needles = [
            {
                **{name: row[name] for name in NEEDLE_KEPT if name in row},
                "creator": {"id": part(row, "creator").get("id")},
            }
            for row in rows
        ]
        return Page([Item(project, {"needles": needles}, scope=project, altered=altered)])
