"""Issues: project by project at first, later by what changed in their groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors.gitlab import roster
from connectors.gitlab.api import Api, Rows, not_listed, stamp
from connectors.gitlab.items import issue_body
from connectors.gitlab.options import GitLabOptions
from connectors.gitlab.roster import Place, Roster, path_of, project_path
from connectors.gitlab.values import instant, issue_id
from connectors.gitlab.work_items import details
from connectors.sdk.contract import Cursor, Item, Json, Lane, Page, Plan
from connectors.sdk.errors import NotVisible, Unexpected

OVERLAP = timedelta(minutes=2)
"""An issue's `updated_at` is set before its transaction ends, and GitLab.com answers from copies
of its database: a change may show up that much later."""

HEAD_START = timedelta(minutes=10)
"""How long before the first read changes are read from: its lanes begin at about the same time."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
EVERY = {"scope": "all", "state": "all"}
"""Without `scope` some lists give only what the account itself created."""

FREE_EVENTS = ("state", "label", "milestone")
PAID_EVENTS = (*FREE_EVENTS, "iteration", "weight")


class Issues:
    """The stream of tasks.

    Args:
        api: the way to GitLab.
        options: what is read.
    """

    def __init__(self, api: Api, options: GitLabOptions) -> None:
        self._api = api
        self._options = options

    def plan(self, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane for all changes (""), and one for each project that is yet to be read in full.

        So a project that refuses to be read holds up no other, and none waits for another's end.
        """
        if "" not in cursors:
            return Plan([Lane(), *(Lane(id, scope=id) for id in self._roster().projects)])
        due = (_lane(id, at, cursors) for id, at in _known(cursors[""]).items())
        return Plan([Lane(full=False), *(lane for lane in due if lane is not None)])

    def pull(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane: a project, or ("") what changed."""
        if lane:
            return self._of_project(lane.partition("@")[0], since)
        return self._begin() if since is None else self._changed(since)

    def _of_project(self, project: str, since: Cursor | None) -> Iterator[Page]:
        """Every issue of a project, oldest first. The cursor tells how far, and when it began."""
        row, clock = self._api.one(project_path(project), project)
        floor = (since or {}).get("floor") or stamp(clock or BEGINNING)
        after = (since or {}).get("after", stamp(BEGINNING))
        path = f"{project_path(project)}/issues"
        for rows in self._api.walk(path, EVERY, "created_at", after, project):
            items, unread = self._open(rows, {project: row})
            if rows.rows:
                after = str(rows.rows[-1]["created_at"])
            yield Page(items, {"floor": floor, "after": after}, unread=unread)
        yield Page(cursor={"floor": floor, "after": after, "done": "1"})

    def _begin(self) -> Iterator[Page]:
        """From when on changes are read: from before the lanes of the projects begin."""
        projects = self._roster()
        start = BEGINNING if projects.clock is None else projects.clock - HEAD_START
        yield Page(cursor=_cursor(start, dict.fromkeys(projects.projects, _seconds(start))))
        for name in projects.missing:
            raise not_listed(name)

    def _changed(self, since: Cursor) -> Iterator[Page]:
        """What changed since a cursor in the projects that are known; new ones become known, and
        have lanes of their own from the next turn on."""
        projects = self._roster()
        last = instant(since.get("since")) or BEGINNING
        known, clock = _known(since), projects.clock or last
        start = stamp(max(last - OVERLAP, BEGINNING))
        hidden: list[NotVisible] = []
        unread: set[str] = set()
        asked = deque(_without(projects.places(), known))
        while asked:
            place = asked.popleft()
            try:
                yield from self._changed_in(place, projects, start)
            except NotVisible as error:
                if len(place.projects) > 1:  # a group that is hidden, or one project of it
                    asked.extend(Place(project_path(id), [id]) for id in place.projects)
                    continue
                hidden.append(error)
                unread.update(place.projects)
        # Forgotten, so that it is read in full once it can be read again.
        here = [id for id in projects.projects if id not in unread]
        yield Page(cursor=_cursor(clock, {id: known.get(id, _seconds(clock)) for id in here}))
        for told in [*hidden, *map(not_listed, projects.missing)]:
            raise told

    def ids(self, project: str) -> Iterator[Sequence[str]]:
        """The ids of all issues of a project."""
        path = f"{project_path(project)}/issues"
        told: set[str] = set()
        for rows in self._api.walk(path, EVERY, "created_at", stamp(BEGINNING), project):
            found = [id for row in rows.rows if (id := _id(row)) and id not in told]
            told.update(found)
            yield found

    def count(self, project: str) -> int | None:
        """GitLab's own count; None where it does not count so far (above 10,000)."""
        asked = {**EVERY, "per_page": 1}
        return self._api.page(f"{project_path(project)}/issues", asked, project).total

    def _roster(self) -> Roster:
        return roster.read(self._api, self._options)

    def _changed_in(self, place: Place, projects: Roster, start: str) -> Iterator[Page]:
        """A group's list also has issues of projects that are not ours, and leaves out those of
        archived ones unless it is told not to."""
        alone = len(place.projects) == 1
        scope = place.projects[0] if alone else None
        asked = EVERY if alone else {**EVERY, "non_archived": "false"}
        ours = {id: projects.projects[id] for id in place.projects}
        for rows in self._api.walk(f"{place.path}/issues", asked, "updated_at", start, scope):
            items, unread = self._open(rows, ours)
            yield Page(items, unread=unread)

    def _open(
        self, rows: Rows, projects: Mapping[str, Json]
    ) -> tuple[list[Item], list[tuple[str, str]]]:
        """Each issue with all that hangs on it."""
        items: list[Item] = []
        unread: list[tuple[str, str]] = []
        for project, issues in _by_project(rows.rows, projects).items():
            iids = [str(row["iid"]) for row in issues]
            known = details(
                self._api, project, path_of(projects[project]), iids,
                statuses=self._options.statuses,
            )  # fmt: skip
            for row, iid in zip(issues, iids, strict=True):
                id = f"{project}-{iid}"
                told = self._told(project, row) if iid in known else None
                if told is None:
                    unread.append((id, "GitLab lists this issue but does not open it."))
                    continue
                body = issue_body(id, row, known[iid], told, statuses=self._options.statuses)
                items.append(Item(id, body, project, rows.altered))
        return items, unread

    def _told(self, project: str, row: Json) -> dict[str, list[Json]] | None:
        """Notes and events of an issue; None when it is no more to be seen."""
        path = f"{project_path(project)}/issues/{row['iid']}"
        wanted: dict[str, tuple[str, Mapping[str, str]]] = {}
        if row.get("user_notes_count") != 0:
            order = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}
            wanted["notes"] = ("notes", order)
        if self._options.history:
            for kind in PAID_EVENTS if self._options.paid else FREE_EVENTS:
                wanted[f"{kind}_events"] = (f"resource_{kind}_events", {})
        found: dict[str, list[Json]] = {}
        try:
            for name, (part, params) in wanted.items():
                pages = self._api.numbered(f"{path}/{part}", params, project)
                found[name] = [each for page in pages for each in page.rows]
        except NotVisible:
            # Deleted or hidden since it was listed: one issue, if it is not the whole project.
            if self._api.find(path).rows:
                raise
            self._api.one(project_path(project), project)
            return None
        return found


def _id(row: Json) -> str | None:
    return issue_id(row.get("project_id"), row.get("iid"))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _cursor(since: datetime, known: Mapping[str, int]) -> Cursor:
    """Of the lane of changes: since when, and since when each project's are read."""
    joined = " ".join(f"{id}@{at}" for id, at in known.items())
    return {"since": stamp(since), "known": joined}


def _known(cursor: Cursor) -> dict[str, int]:
    pairs = (each.partition("@") for each in cursor.get("known", "").split())
    return {id: int(at) for id, _, at in pairs}


def _lane(project: str, at: int, cursors: Mapping[str, Cursor]) -> Lane | None:
    """The lane that reads a project in full, None where that is done.

    What was read before its changes were followed (`at`) does not count: there is a gap between.
    """
    anew = f"{project}@{at}"
    name = project if _begun(cursors.get(project), at) else anew
    if cursors.get(name, {}).get("done"):
        return None
    return Lane(name, scope=project)


def _begun(cursor: Cursor | None, at: int) -> bool:
    floor = None if cursor is None else instant(cursor.get("floor"))
    return cursor is None or (floor is not None and _seconds(floor) >= at)


def _without(places: Sequence[Place], known: Mapping[str, int]) -> Iterator[Place]:
    """The places, without projects whose changes are not followed yet."""
    for place in places:
        ids = [id for id in place.projects if id in known]
        if len(ids) == 1:
            yield Place(project_path(ids[0]), ids)
        elif ids:
            yield Place(place.path, ids)


def _by_project(rows: Sequence[Json], projects: Mapping[str, Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for row in rows:
        if _id(row) is None:
            raise Unexpected(f"GitLab's issue {row['id']} has no project or no number.")
        project = str(row["project_id"])
        if project in projects:
            found.setdefault(project, []).append(row)
    return found
