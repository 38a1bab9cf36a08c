"""Issues: project by project at first, later by what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.redmine.changes import Bookmark, moved
from connectors.redmine.items import id_of, item, private_ids, shows_private
from connectors.redmine.lookups import Lookups
from connectors.redmine.reading import (
    EVERY,
    PAGE,
    identity,
    issues_by_id,
    issues_changed,
    listing,
    moment,
    newest,
    stamp,
)
from connectors.sdk.contract import Cursor, Http, Item, Json, Lane, Page, Plan
from connectors.sdk.errors import Unexpected


class Issues:
    """The stream of tasks.

    Args:
        http: the way out.
        web: address that links begin with.
        chosen: ids of the configured projects, None for all; may ask Redmine.
    """

    def __init__(self, http: Http, web: str, chosen: Callable[[], set[str] | None]) -> None:
        self._http = http
        self._web = web
        self._chosen = chosen

    def first(self, cursors: Mapping[str, Cursor], roster: Sequence[Json]) -> Plan:
        """A lane per project. Afterwards all begin where the first of them began to read."""
        floors = [cursor["floor"] for cursor in cursors.values() if "floor" in cursor]
        if floors:
            bookmark = Bookmark(min(moment(floor) for floor in floors))
        else:
            bookmark = Bookmark.before(newest(self._http, PAGE))
        bookmark = replace(bookmark, private=private_ids(roster))
        account = identity(self._http)
        lanes = [Lane(str(row["id"]), scope=str(row["id"])) for row in roster]
        known = (
            account.projects if self._chosen() is None else frozenset(lane.name for lane in lanes)
        )
        return Plan(lanes, joint=bookmark.cursor(known))

    def of_project(self, project: str, since: Cursor | None) -> Iterator[Page]:
        if since is None:
            start, after = Bookmark.before(newest(self._http)).updated, 0
        else:
            start, after = moment(since["floor"]), int(since["after"])
        look = Lookups(self._http)
        read = False
        within = {"project_id": project, "subproject_id": "!*"}
        for page in issues_by_id(self._http, within, after, project):
            items, unread = self._open(page.rows, look)
            after = page.rows[-1]["id"]
            identity(self._http)
            read = True
            yield Page(items, {"floor": stamp(start), "after": str(after)}, unread=unread)
        if not read:
            identity(self._http)
            yield Page(cursor={"floor": stamp(start), "after": str(after)})

    def changed(self, since: Cursor) -> Iterator[Page]:
        bookmark = Bookmark.read(since)
        chosen = self._chosen()
        known = current = frozenset(since.get("projects", "").split())
        look = Lookups(self._http)
        for page in issues_changed(self._http, bookmark.start):
            rows = [
                row
                for row in page.rows
                if not bookmark.has(row) and (chosen is None or id_of(row.get("project")) in chosen)
            ]
            items, unread = self._open(rows, look)
            bookmark = moved(bookmark, page, lambda: newest(self._http))
            quiet = not rows and bookmark.cursor(known) == since
            if quiet and shows_private(page.rows, bookmark.private):
                continue  # nothing follows from the list, and no stranger would have got it
            account = identity(self._http)
            current = account.projects if chosen is None else frozenset(chosen)
            if not quiet:
                yield Page(items, bookmark.cursor(known), unread=unread)
        # What lies in a project that we have just been let into need not have changed since.
        for project in sorted(current - known):
            for read in self.of_project(project, None):
                yield Page(read.items, unread=read.unread)
        if current != known:
            yield Page(cursor=bookmark.cursor(current))

    def _open(
        self, rows: Sequence[Json], look: Lookups
    ) -> tuple[list[Item], list[tuple[str, str]]]:
        """Each issue with its journals and relations: lists have none of the journals."""
        items: list[Item] = []
        unread: list[tuple[str, str]] = []
        for row in rows:
            answer = self._http.request(
                "GET",
                f"/issues/{row['id']}.json",
                params={"include": "journals,relations"},
                accept=(403, 404),
                scope=id_of(row.get("project")),
            )
            if answer.status == 403:
                unread.append((str(row["id"]), "Redmine lists this issue but does not open it."))
            elif answer.status != 404:  # deleted since it was listed
                issue = answer.data.get("issue") if isinstance(answer.data, Mapping) else None
                if not isinstance(issue, Mapping) or issue.get("id") != row["id"]:
                    raise Unexpected(f"Redmine's answer for issue {row['id']} is another thing.")
                project = id_of(issue.get("project"))
                items.append(
                    item(self._web, "issue", issue, project, answer.altered, look.explain(issue))
                )
        return items, unread

    def existing(self, ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """Which of the issues can still be read, and in which projects they are."""
        for first in range(0, len(ids), PAGE):
            asked = ",".join(ids[first : first + PAGE])
            found = listing(
                self._http, "/issues.json", "issues", {**EVERY, "issue_id": asked, "limit": PAGE}
            )
            yield from ((str(row["id"]), id_of(row.get("project"))) for row in found.rows)
