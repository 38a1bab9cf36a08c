"""How one repository is read: its milestones, issues, comments and events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.github.api import OVERLAP, Api
from connectors.github.boards import Boards
from connectors.github.history import EVENTS
from connectors.github.roster import Repository
from connectors.github.words import instant, issue_id, key, part, place_of, stamp
from connectors.sdk.contract import Cursor, Item, Json, Page

ISSUE_FIELDS = (
    "number", "title", "body", "state", "state_reason", "html_url", "user", "assignee",
    "assignees", "labels", "milestone", "type", "created_at", "updated_at", "closed_at",
    "parent_issue_url", "issue_field_values",
)  # fmt: skip
MILESTONE_FIELDS = (
    "id", "number", "title", "description", "state", "html_url", "due_on", "closed_at",
)  # fmt: skip
COMMENT_FIELDS = ("id", "user", "body", "created_at", "updated_at", "issue_url", "html_url")
EVENT_FIELDS = (
    "id", "event", "actor", "assignee", "assigner", "created_at", "label", "milestone", "rename",
    "state_reason",
)  # fmt: skip
PART_FIELDS = ("id", "number", "login", "name", "title")
"""What is kept of an object inside an item: a person, a label, a milestone, a type."""
NESTED = frozenset(
    {"user", "assignee", "assignees", "assigner", "actor", "labels", "label", "milestone", "type"}
)
GONE = (404, 410)
_PULL = re.compile(r"/pull/\d+#")


def milestones(api: Api, repository: Repository, since: Cursor | None) -> Iterator[Page]:
    """All milestones of a repository; nothing where its list is what it was."""
    path, etag = f"{repository.path}/milestones", (since or {}).get("etag")
    first = True
    for page in api.pages(path, {"state": "all"}, repository.id, etag):
        if page.unchanged:
            return
        items = [
            Item(
                f"{repository.id}/{row.get('number')}",
                {"milestone": pick(row, MILESTONE_FIELDS), "repository": repository.id},
                scope=repository.id,
                altered=page.altered,
            )
            for row in page.rows
        ]
        # The name of a first page says nothing of the others.
        only = first and page.next is None
        yield Page(items, None if page.next else {"etag": page.etag if only else ""})
        first = False


def comments(api: Api, repository: Repository, since: Cursor | None) -> Iterator[Page]:
    """Comments on issues; those on pull requests come in the same list and are left out."""
    path = f"{repository.path}/issues/comments"
    for found in api.changed(path, {}, since, repository.id):
        yield Page(
            [
                Item(
                    f"{repository.id}/{row['id']}",
                    {"comment": pick(row, COMMENT_FIELDS), "repository": repository.id},
                    scope=repository.id,
                    altered=found.altered,
                )
                for row in found.rows
                if not is_on_pull_request(row)
            ],
            found.cursor,
        )


def is_on_pull_request(comment: Json) -> bool:
    """Of a comment only the address for people says what it is on."""
    return bool(_PULL.search(str(comment.get("html_url"))))


def changes(api: Api, repository: Repository, since: Cursor | None) -> Iterator[Page]:
    """Issue events. Their list is newest first and has no filter: a first read follows it to its
    end, and can be resumed; a later one ends where the last one began."""
    path, held = f"{repository.path}/issues/events", since or {}
    start, resumed = instant(held.get("since")), held.get("next")
    floor = instant(held.get("floor"))
    etag = None
    for page in api.pages(resumed or path, None, repository.id, held.get("etag")):
        if page.unchanged:
            return
        floor = floor or page.at - OVERLAP
        etag = page.etag if etag is None and not resumed else etag or ""
        oldest = instant(page.rows[-1].get("created_at")) if page.rows else None
        known = start is not None and oldest is not None and oldest < start
        cursor: dict[str, str] | None = None
        if known or page.next is None:
            cursor = {"since": stamp(floor), "etag": etag}
        elif start is None:
            cursor = {"floor": stamp(floor), "next": page.next}
        items = [
            Item(
                str(row["id"]),
                {
                    "event": {
                        **pick(row, EVENT_FIELDS),
                        "issue": {"number": part(row, "issue").get("number")},
                    },
                    "repository": repository.id,
                },
                scope=repository.id,
                altered=page.altered,
            )
            for row in page.rows
            if row.get("event") in EVENTS and "pull_request" not in part(row, "issue")
        ]
        yield Page(items, cursor)
        if known:
            return


class Issues:
    """Reads the issues of one repository; pull requests come in the same list and are left out.

    Args:
        boards: what the configured boards say of issues; None where none is configured.
    """

    def __init__(self, api: Api, repository: Repository, boards: Boards | None = None) -> None:
        self._api = api
        self._repository = repository
        self._boards = boards
        self._ids: dict[str, str | None] = {repository.name.lower(): repository.id}

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Issues that changed since a cursor, each with its parent and what it waits for."""
        path = f"{self._repository.path}/issues"
        for found in self._api.changed(path, {"state": "all"}, since, self._repository.id):
            items, unread = self._open(found.rows, found.altered)
            yield Page(items, found.cursor, unread=unread)

    def some(self, numbers: Sequence[str]) -> tuple[list[Item], list[tuple[str, str]]]:
        """Single issues, and the ids of those that do not open; one that is gone, or was moved to
        another repository, is for the census to confirm."""
        rows: list[Json] = []
        altered = 0
        for number in numbers:
            path = f"/repositories/{self._repository.id}/issues/{number}"
            answer = self._api.get(path, self._repository.id, accept=(301, *GONE))
            if answer.status == 200:
                rows.append(answer.data)
                altered += answer.altered
        return self._open(rows, altered)

    def _open(self, rows: Sequence[Json], altered: int) -> tuple[list[Item], list[tuple[str, str]]]:
        items: list[Item] = []
        unread: list[tuple[str, str]] = []
        home = self._repository
        issues = [row for row in rows if "pull_request" not in row and key(row.get("number"))]
        boards = self._boards.of(issues) if self._boards and issues else None
        for row in issues:
            number = str(row["number"])
            id, blockers = issue_id(home.id, number), self._blockers(row, number)
            placed = {} if boards is None else boards[str(row.get("node_id"))]
            if blockers is None or placed is None:
                unread.append((id, "GitHub lists this issue but does not open it."))
                continue
            body: dict[str, Any] = {
                "id": id,
                "issue": pick(row, ISSUE_FIELDS),
                "repository": {"id": home.id, "full_name": home.name},
                "parent": self._id_at(row.get("parent_issue_url")),
                "blocked_by": blockers,
            }
            if placed:
                body["board"] = placed
            items.append(Item(id, body, scope=home.id, altered=altered))
        return items, unread

    def _blockers(self, row: Json, number: str) -> Sequence[str] | None:
        """Ids of the issues that an issue waits for; None where it does not open any more.

        The list of issues tells how many they are, so most need not be asked for.
        """
        if not part(row, "issue_dependencies_summary").get("total_blocked_by"):
            return ()
        path = f"{self._repository.path}/issues/{number}/dependencies/blocked_by"
        first = self._api.rows(path, {"per_page": 100}, self._repository.id, accept=GONE)
        if first is None:
            return None
        rows = list(first.rows)
        if first.next is not None:
            rows += [each for page in self._api.pages(first.next) for each in page.rows]
        ids = (self._id_at(each.get("url")) for each in rows if "pull_request" not in each)
        return [id for id in ids if id is not None]

    def _id_at(self, url: Any) -> str | None:
        """The id of the issue at an address; None for one in a repository that we may not see."""
        place = place_of(url)
        if place is None:
            return None
        name, number = place
        known = name.lower()
        if known not in self._ids:
            answer = self._api.get(f"/repos/{name}", accept=(403, 404, 451))
            self._ids[known] = key(answer.data.get("id")) if answer.status == 200 else None
        home = self._ids[known]
        return None if home is None else issue_id(home, number)


def pick(row: Json, names: Sequence[str]) -> dict[str, Any]:
    """The fields of a row that are there and kept, and of the objects in them the few we read."""
    return {
        name: _picked(row[name]) if name in NESTED else row[name] for name in names if name in row
    }


def _picked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: value[name] for name in PART_FIELDS if name in value}
    return [_picked(each) for each in value] if isinstance(value, list) else value
