"""monday.com's boards, people, items and updates as records. Pure and total; see README.md.

What an item's body holds, by stream:

========== ===================================================================================
projects   the board, with its `workspace`, `owners` and `columns`
people     `user`, or `team`
tasks      `item` with its cells, the `board` that people know it on, that board's `columns` (of
           a subitem: those of the hidden board), and `logs`: what has just happened to it
comments   the update, with its replies
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from connectors.monday.columns import lacking
from connectors.monday.tasks import to_task
from connectors.monday.values import identifier, instant, objects, part, text
from connectors.monday.words import PROJECT_STATES
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name description url state owner_id created_at updated_at custom"),
    Person: _fields("id name email active kind time_zone url"),
    Task: _fields(
        "id key project_id parent_id title url type type_label status status_label blocked "
        "priority priority_label assignee_ids reporter_id labels start_on due_on created_at "
        "updated_at completed_at spent_minutes custom"
    ),
    Link: _fields("id type type_label from_id to_id lag_minutes"),
    Milestone: _fields(
        "id project_id name url state state_label owner_id start_on due_on completed_at"
    ),
    Membership: _fields("id task_id kind container_id section"),
    Comment: _fields("id task_id author_id text at updated_at"),
    Worklog: _fields("id task_id project_id person_id minutes on started_at updated_at"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
}
"""The fields that monday.com can fill; README.md says which of its words fills which."""

PERSON_STATES = {"ACTIVE": True, "INACTIVE": False, "PENDING": False}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = STREAMS.get(stream)
    return () if read is None else read(item)


def _board(board: Json) -> Iterator[Record]:
    id = identifier(board.get("id"))
    if id is None:
        return
    owners = (identifier(owner.get("id")) for owner in objects(board.get("owners")))
    workspace = text(part(board, "workspace").get("name"))
    yield Project(
        id=id,
        name=text(board.get("name")) or "",
        description=text(board.get("description")),
        url=text(board.get("url")),
        state=PROJECT_STATES.get(text(board.get("state")) or "", "active"),
        owner_id=next((owner for owner in owners if owner is not None), None),
        created_at=instant(board.get("created_at")),
        updated_at=instant(board.get("updated_at")),
        custom=(Custom(id="workspace", name="Workspace", value=workspace),),
        lacks=lacking(objects(board.get("columns"))),
        task_fields=tuple(dict.fromkeys(_names(objects(board.get("columns"))))),
    )


def _names(columns: Iterable[Json]) -> Iterator[str]:
    """Ids and titles of columns: either is what an admin may map by."""
    for column in columns:
        for name in (text(column.get("id")), text(column.get("title"))):
            if name is not None:
                yield name


def _person(body: Json) -> Iterator[Record]:
    team = part(body, "team")
    team_id = identifier(team.get("id"))
    if team_id is not None:
        yield Person(id=f"team:{team_id}", name=text(team.get("name")) or "", kind="group")
    user = part(body, "user")
    id = identifier(user.get("id"))
    if id is None:
        return
    active = PERSON_STATES.get(text(user.get("status")) or "")
    yield Person(
        id=id,
        name=text(user.get("name")) or text(user.get("email")) or "",
        email=text(user.get("email")),
        active=False if user.get("is_deleted") is True else active,
        time_zone=text(user.get("time_zone_identifier")),
        url=text(user.get("url")),
    )


def _update(update: Json) -> Iterator[Record]:
    task_id = identifier(update.get("item_id"))
    if task_id is None:  # about the board as a whole
        return
    for post in (update, *objects(update.get("replies"))):
        id, at = identifier(post.get("id")), instant(post.get("created_at"))
        if id is None or at is None:
            continue
        edited = instant(post.get("updated_at"))
        yield Comment(
            id=id,
            task_id=task_id,
            author_id=identifier(post.get("creator_id")),
            text=text(post.get("text_body")) or "",
            at=at,
            updated_at=None if edited == at else edited,
        )


STREAMS: Mapping[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _board,
    "people": _person,
    "tasks": to_task,
    "comments": _update,
}
