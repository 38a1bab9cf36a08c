"""Lists of the whole site, other than tasks, that tell what has changed in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sdk.contract import Cursor, Item, Page
from connectors.teamwork.api import BY_ID, Api, Rows
from connectors.teamwork.mapping import is_deleted, is_on_task
from connectors.teamwork.tasks import gone
from connectors.teamwork.words import id_of, ref


def _is_there(row: Mapping[str, Any]) -> bool:
    return not is_deleted(row)


@dataclass(frozen=True, slots=True)
class Listed:
    """How a stream is asked for.

    Args:
        path: of the whole site's list.
        key: what it is called in the answer.
        body: what a row is called in an item's body.
        kept: what an item keeps of a row.
        asked: what has to be asked for so that nothing is left out.
        counts: whether a row is an item.
    """

    path: str
    key: str
    body: str
    kept: Sequence[str]
    asked: Mapping[str, Any] = field(default_factory=dict)
    counts: Callable[[Mapping[str, Any]], bool] = _is_there


LISTED: Mapping[str, Listed] = {
    "milestones": Listed(
        "/milestones.json",
        "milestones",
        "milestone",
        (
            "id", "name", "description", "deadline", "project", "projectId", "responsibleParties",
            "status", "completed", "completedOn",
        ),
        {"status": "all", "includeCompleted": True},
    ),
    "comments": Listed(
        "/comments.json",
        "comments",
        "comment",
        (
            "id", "body", "contentType", "object", "postedBy", "postedDateTime", "dateLastEdited",
            "deleted",
        ),
        counts=is_on_task,  # one that was deleted among them: its item then has no record
    ),
    "worklogs": Listed(
        "/time.json",
        "timelogs",
        "timelog",
        (
            "id", "description", "minutes", "timeLogged", "user", "userId", "task", "taskId",
            "project", "projectId", "createdAt", "dateCreated", "updatedAt", "dateEdited",
        ),
    ),
    "updates": Listed(
        "/projects/updates.json",
        "projectUpdates",
        "update",
        (
            "id", "text", "health", "healthLabel", "project", "projectId", "createdBy",
            "createdAt", "dateCreated",
        ),
        {"activeOnly": False},  # else only the latest of each project
    ),
}  # fmt: skip
NAMED = 100
"""Projects that one question names."""
DELETED_TOLD = ("milestones", "worklogs", "updates")
"""The streams whose lists tell what was deleted."""


class Changing:
    """Reads such a list.

    Args:
        api: the way to Teamwork.
        site: address of the pages that people open.
        filters: the only projects to read, and whether archived ones are.
    """

    def __init__(self, api: Api, site: str, filters: Mapping[str, Any]) -> None:
        self._api = api
        self._site = site
        self._filters = filters

    def pull(self, stream: str, since: Cursor | None) -> Iterator[Page]:
        """All there is, later what has changed, and what of it was deleted."""
        if stream == "updates":
            yield from self._updates(since or {})
            return
        for page, cursor in self._changes(stream, since):
            yield self._page(stream, page, cursor)

    def _updates(self, since: Cursor) -> Iterator[Page]:
        """As `pull`; and all of a project that was not among them before, for what was said there
        is older, and no census lists it. The cursor has the `projects` besides."""
        known = since.get("projects", "")
        projects = self._api.pages("/projects.json", "projects", {**BY_ID, **self._filters})
        here = [str(id_of(row["id"])) for page in projects for row in page.rows]
        for page, cursor in self._changes("updates", since):
            yield self._page("updates", page, {**cursor, "projects": known})
        new = [id for id in here if id not in known.split()] if "since" in since else []
        for first in range(0, len(new), NAMED):
            named = {"projectIds": ",".join(new[first : first + NAMED])}
            for page, _ in self._changes("updates", None, named):
                yield self._page("updates", page, None)
        yield Page(cursor={**cursor, "projects": " ".join(here)})

    def _changes(
        self, stream: str, since: Cursor | None, named: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[Rows, Cursor]]:
        listed, told = LISTED[stream], True if stream in DELETED_TOLD else None
        params = {**BY_ID, **listed.asked, **self._filters, "showDeleted": told, **(named or {})}
        return self._api.changes(listed.path, listed.key, params, since)

    def _page(self, stream: str, page: Rows, cursor: Cursor | None) -> Page:
        told = gone(page, stream) if stream in DELETED_TOLD else ()
        return Page(self._items(LISTED[stream], page), cursor=cursor, gone=told)

    def ids(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of what a project has."""
        listed = LISTED[stream]
        params = {**BY_ID, **listed.asked, "includeArchivedProjects": True}
        if stream == "comments":
            # Their list says nothing of a project that may not be seen.
            self._api.object(f"/projects/{scope}.json", "project", scope)
            path, params["projectIds"] = listed.path, scope
        else:
            path = f"/projects/{scope}{listed.path}"
        for page in self._api.pages(path, listed.key, params, scope=scope):
            yield [item.id for item in self._items(listed, page)]

    def _items(self, listed: Listed, page: Rows) -> list[Item]:
        return [
            Item(
                str(id_of(row["id"])),
                {
                    listed.body: {name: row[name] for name in listed.kept if name in row},
                    "site": self._site,
                },
                ref(row, "project", "projectId"),
                page.altered,
            )
            for row in page.rows
            if listed.counts(row)
        ]
