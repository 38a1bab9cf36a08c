"""Issues: project by project at first, later by what changed in their groups."""

from __future__ import annotations

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

BEGINNING = "1970-01-01T00:00:00+00:00"
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
        """First a lane per project, then one for all changes, from when the first began to read."""
        if "" in cursors:
            return Plan([Lane(full=False)])
        projects = self._roster()
        floors = [at for each in cursors.values() if (at := instant(each.get("floor")))]
        floor = min([*floors, *([projects.clock] if projects.clock else [])], default=None)
        joint = {
            "since": stamp(floor) if floor else BEGINNING,
            "known": " ".join(projects.projects),
        }
        return Plan([Lane(id, scope=id) for id in projects.projects], joint=joint)

    def pull(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane: a project, or ("") what changed."""
        return self.of_project(lane, since) if lane else self.changed(since or {})

    def of_project(self, project: str, since: Cursor | None) -> Iterator[Page]:
        """Every issue of a project, oldest first. The cursor tells how far, and when it began."""
        row, clock = self._api.one(project_path(project), project)
        floor = (since or {}).get("floor") or (stamp(clock) if clock else BEGINNING)
        after = (since or {}).get("after", BEGINNING)
        path = f"{project_path(project)}/issues"
        for rows in self._api.walk(path, EVERY, "created_at", after, project):
            items, unread = self._open(rows, {project: row})
            if rows.rows:
                after = str(rows.rows[-1]["created_at"])
            yield Page(items, {"floor": floor, "after": after}, unread=unread)

    def changed(self, since: Cursor) -> Iterator[Page]:
        """What changed in all projects since a cursor, and all of projects that are new to us."""
        projects = self._roster()
        last = instant(since.get("since")) or datetime.fromisoformat(BEGINNING)
        start = stamp(max(last - OVERLAP, datetime.fromisoformat(BEGINNING)))
        known = set(since.get("known", "").split())
        for place in _without(projects.places(), known):
            yield from self._changed_in(place, projects, start)
        for id in projects.projects:
            if id not in known:
                for page in self.of_project(id, None):
                    yield Page(page.items, unread=page.unread)
        clock = projects.clock or last.astimezone(UTC)
        yield Page(cursor={"since": stamp(clock), "known": " ".join(projects.projects)})
        for name in projects.missing:
            raise not_listed(name)

    def ids(self, project: str) -> Iterator[Sequence[str]]:
        """The ids of all issues of a project."""
        path = f"{project_path(project)}/issues"
        told: set[str] = set()
        for rows in self._api.walk(path, EVERY, "created_at", BEGINNING, project):
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
        asked = {**EVERY, "non_archived": "false"} if len(place.projects) > 1 else EVERY
        read = False
        try:
            walk = self._api.walk(f"{place.path}/issues", asked, "updated_at", start)
            for rows in walk:
                read = True
                yield self._page(rows, place, projects)
        except NotVisible:
            if read or len(place.projects) == 1:
                raise
            # A group that does not show itself to members of its projects: ask these.
            for id in place.projects:
                path = f"{project_path(id)}/issues"
                for rows in self._api.walk(path, EVERY, "updated_at", start, id):
                    yield self._page(rows, place, projects)

    def _page(self, rows: Rows, place: Place, projects: Roster) -> Page:
        """A group's list also has issues of projects that are not ours."""
        held = {id: projects.projects[id] for id in place.projects}
        items, unread = self._open(rows, held)
        return Page(items, unread=unread)

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


def _without(places: Sequence[Place], known: set[str]) -> Iterator[Place]:
    """The places, without projects that are read in full anyway."""
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
