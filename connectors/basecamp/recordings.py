"""To-dos, cards, steps and comments, by Basecamp's list of recordings of a whole account.

The list gives one type in one state, and each pair is a lane. There is no "changed since": it is
read with the latest change first, until what comes is older than the cursor. A cursor holds
`since`, Basecamp's clock at the beginning of the last read less an overlap, and `etag`, by which
Basecamp answers "unchanged" to the next one, where nothing in the overlap is to be read again.
During a first read, which goes by the instant of creation, it holds `begun` and `next`, the link
to the page that comes.

What is trashed or archived takes along what it holds, and Basecamp does not promise that this
counts as a change of each: so what lies below is looked up when its holder is seen to go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.basecamp.api import Api, told
from connectors.basecamp.roster import Roster
from connectors.basecamp.words import (
    CARD,
    COMMENT,
    LIST,
    STEP,
    TASKS,
    TO_DO,
    id_of,
    instant,
    objects,
    part,
    text,
)
from connectors.sdk.contract import Answer, Cursor, Item, Json, Lane, Page, Plan
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Gone, GoneReason

OVERLAP = timedelta(minutes=5)
"""A change may show late in the list."""
PATH = "/projects/recordings.json"
ACTIVE, ARCHIVED, TRASHED = "active", "archived", "trashed"
TYPES: Mapping[str, Sequence[str]] = {"tasks": TASKS, "comments": (COMMENT,)}
LANES: Mapping[str, Sequence[str]] = {
    "tasks": (
        *(f"{type} {state}" for type in TASKS for state in (ACTIVE, ARCHIVED, TRASHED)),
        f"{LIST} {ARCHIVED}",
        f"{LIST} {TRASHED}",
    ),
    "comments": tuple(f"{COMMENT} {state}" for state in (ACTIVE, ARCHIVED, TRASHED)),
}
PLACES = {
    TO_DO: "/todos", CARD: "/card_tables/cards", STEP: "/card_tables/steps", COMMENT: "/comments",
}  # fmt: skip
"""Where one recording of a type is."""
MARK = {TO_DO: "completed", CARD: "completed", STEP: "completed", COMMENT: "content"}
"""A field that the list leaves out where it gives no more than a recording's generic part."""
TASK_KEPT = (
    "id", "status", "type", "title", "content", "description", "app_url", "created_at",
    "updated_at", "parent", "bucket", "completed", "completed_at", "completion", "starts_on",
    "due_on",
)  # fmt: skip
COMMENT_KEPT = (
    "id", "status", "content", "created_at", "updated_at", "parent", "bucket", "visible_to_clients",
)  # fmt: skip


class Recordings:
    """Reads recordings.

    Args:
        api: the way to Basecamp.
        roster: the projects to read.
        projects: ids of the only ones to read; empty: all active ones.
    """

    def __init__(self, api: Api, roster: Roster, projects: Sequence[str]) -> None:
        self._api = api
        self._roster = roster
        self._projects = frozenset(projects)
        self._bucket = ",".join(projects) or None

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane for each type in each state."""
        return Plan([Lane(name, full=name not in cursors) for name in LANES[stream]])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """What there is of a type in a state, or what has changed of it."""
        type, _, state = lane.partition(" ")
        since = since or {}
        until = instant(since.get("since"))
        if until is not None:
            yield from self._changed(stream, type, state, until, since.get("etag"))
        elif state == TRASHED or type == LIST:
            yield from self._beginning(type, state)
        else:
            yield from self._all(type, state, since)

    def ids(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of a project's recordings, archived ones included.

        Raises:
            NotVisible: the project itself was put away.
        """
        self._roster.active(scope)
        for type in TYPES[stream]:
            for state in (ACTIVE, ARCHIVED):
                asked = {**_by_creation(type, state), "bucket": scope}
                seen: set[str] = set()
                for page in self._api.pages(PATH, asked, scope=scope):
                    ids = [str(id_of(row["id"])) for row in page.rows if _counts(row, type)]
                    yield [id for id in ids if id not in seen]
                    seen.update(ids)

    def fate(self, stream: str, id: str) -> GoneReason | None:
        """What has become of one: Basecamp says 404 for deleted and for hidden."""
        for type in TYPES[stream]:
            answer = self._api.visible(f"{PLACES[type]}/{id}")
            if answer is None:
                continue
            if answer.data.get("status") not in (ACTIVE, ARCHIVED):
                return "deleted"
            home = id_of(part(answer.data, "bucket").get("id"))
            return "moved" if self._projects and home not in self._projects else None
        return "unknown"

    def _all(self, type: str, state: str, since: Cursor) -> Iterator[Page]:
        """Everything, by creation: what is changed meanwhile stays at its place."""
        asked = {**_by_creation(type, state), "bucket": self._bucket}
        begun = instant(since.get("begun"))
        link = since.get("next") if begun else None
        for page in self._api.pages(link or PATH, None if link else asked):
            begun = begun or told(page.at)
            cursor = {"begun": begun.isoformat(), "next": page.next or ""}
            if page.next is None:
                cursor = {"since": (begun - OVERLAP).isoformat()}
            yield self._page(page.rows, type, page.altered, cursor)

    def _beginning(self, type: str, state: str) -> Iterator[Page]:
        """What had gone before we came was never ours: only from when on to look."""
        page = next(self._api.pages(PATH, {**_by_change(type, state), "bucket": self._bucket}))
        yield Page(cursor={"since": (told(page.at) - OVERLAP).isoformat()})

    def _changed(
        self, stream: str, type: str, state: str, until: datetime, etag: str | None
    ) -> Iterator[Page]:
        asked = {**_by_change(type, state), "bucket": self._bucket}
        cursor: dict[str, str] | None = None
        for page in self._api.pages(PATH, asked, etag=etag):
            if cursor is None:
                since = told(page.at) - OVERLAP
                cursor = {"since": since.isoformat()}
                if not _newer(page.rows, since)[0]:  # else the overlap is to be read once more
                    cursor["etag"] = page.etag
            rows, ended = _newer(page.rows, until)
            if state == TRASHED:
                yield self._trashed(stream, rows, type)
            elif type != LIST:
                yield self._page(rows, type, page.altered)
            if state == ARCHIVED:
                for row in rows:
                    yield from self._archived_with(row, type)
            if ended:
                break
        yield Page(cursor=cursor)

    def _page(
        self, rows: Sequence[Json], type: str, altered: int, cursor: Cursor | None = None
    ) -> Page:
        items, unread = [], []
        for row in rows:
            if not _counts(row, type):
                continue
            if MARK[type] in row:
                items.append(_item(row, type, altered))
            elif (whole := self._one(type, row)) is not None:
                items.append(_item(whole.data, type, whole.altered))
            else:
                unread.append((str(id_of(row["id"])), "Basecamp lists it, but does not show it."))
        return Page(items, cursor=cursor, unread=unread)

    def _one(self, type: str, row: Json) -> Answer | None:
        """A recording by itself, with all its fields; None where it is not shown."""
        return self._api.visible(f"{PLACES[type]}/{id_of(row['id'])}")

    def _trashed(self, stream: str, rows: Sequence[Json], type: str) -> Page:
        gone: dict[str, datetime | None] = {}
        for row in rows:
            at = instant(row.get("updated_at"))
            if type != LIST and _counts(row, type):
                gone[str(id_of(row["id"]))] = at
            for below, _ in self._below(row, type, TRASHED):
                gone.setdefault(str(id_of(below["id"])), at)
        return Page(
            gone=[Gone(id=id, stream=stream, reason="deleted", at=at) for id, at in gone.items()]
        )

    def _archived_with(self, row: Json, type: str) -> Iterator[Page]:
        """What was archived together with what holds it."""
        items = [
            _item({**below, "status": ARCHIVED}, kind, 0)
            for below, kind in self._below(row, type, ARCHIVED)
        ]
        if items:
            yield Page(items)

    def _below(self, row: Json, type: str, state: str) -> Iterator[tuple[Json, str]]:
        """What is in a state because what holds it is: each with its type."""
        if type == LIST:
            for todo in self._todos(str(id_of(row["id"])), state):
                yield todo, TO_DO
                yield from self._below(todo, TO_DO, state)
        elif type == CARD and "steps" not in row:
            card = self._one(CARD, row)
            yield from _steps({} if card is None else card.data)
        else:
            yield from _steps(row)

    def _todos(self, list_id: str, state: str) -> Iterator[Json]:
        """The to-dos of a list and of its groups that inherit its state."""
        groups = [list_id]
        for page in self._api.pages(f"/todolists/{list_id}/groups.json"):
            groups += [str(id_of(row["id"])) for row in page.rows]
        for group in groups:
            for completed in (None, True):
                asked = {"status": state, "completed": completed}
                for page in self._api.pages(f"/todolists/{group}/todos.json", asked):
                    yield from (row for row in page.rows if row.get("inherits_status") is True)


def _by_creation(type: str, state: str) -> dict[str, Any]:
    return {"type": type, "status": state, "sort": "created_at", "direction": "asc"}


def _by_change(type: str, state: str) -> dict[str, Any]:
    return {"type": type, "status": state, "sort": "updated_at", "direction": "desc"}


def _newer(rows: Sequence[Json], until: datetime) -> tuple[list[Json], bool]:
    """The rows that changed since, and whether all that follow changed before.

    Raises:
        Unexpected: they do not come with the latest change first.
    """
    stamps = [instant(row.get("updated_at")) for row in rows]
    known = [stamp for stamp in stamps if stamp is not None]
    if known != sorted(known, reverse=True):
        raise Unexpected("Basecamp's list of recordings does not begin with the latest change.")
    newer = [
        row for row, stamp in zip(rows, stamps, strict=True) if stamp is None or stamp >= until
    ]
    return newer, bool(known) and known[-1] < until


def _counts(row: Json, type: str) -> bool:
    """Whether it is work, or a comment on work."""
    return type != COMMENT or part(row, "parent").get("type") in TASKS


def _steps(holder: Json) -> Iterator[tuple[Json, str]]:
    for step in objects(holder.get("steps")):
        if id_of(step.get("id")) is not None and step.get("inherits_status") is True:
            yield step, STEP


def _item(row: Json, type: str, altered: int) -> Item:
    kept = COMMENT_KEPT if type == COMMENT else TASK_KEPT
    body: dict[str, Any] = {name: row[name] for name in kept if name in row}
    body["creator"] = {"id": part(row, "creator").get("id")}
    if type != COMMENT:
        body["type"] = text(row.get("type")) or type
        body["assignees"] = [{"id": each.get("id")} for each in objects(row.get("assignees"))]
    return Item(
        str(id_of(row["id"])), body, scope=id_of(part(row, "bucket").get("id")), altered=altered
    )
