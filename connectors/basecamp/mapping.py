"""Basecamp's projects, people, recordings, time and gauges as records. Pure and total.

What an item's body holds, by stream:

=============== ==============================================================================
projects        the project
people          the person
columns         a card table with its `lists`
tasks           a to-do, a card or a step, as the list of recordings gives it
comments        the comment
worklogs        the entry of a timesheet
status_updates  `needles`: all that were set on a project's gauge
=============== ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from connectors.basecamp.words import (
    CARD,
    COLUMNS,
    HEALTH,
    ON_HOLD,
    STATES,
    STEP,
    TASKS,
    TO_DO,
    day,
    flag,
    id_of,
    ids,
    instant,
    minutes,
    objects,
    part,
    plain,
    text,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Person,
    Project,
    Record,
    Status,
    StatusUpdate,
    Task,
    TaskType,
    Worklog,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name description url state start_on due_on created_at updated_at"),
    Person: _fields("id name email kind time_zone"),
    Column: _fields("id project_id board_id board_name name position status_labels"),
    Task: _fields(
        "id project_id parent_id title description url type type_label status status_label blocked "
        "assignee_ids reporter_id start_on due_on created_at updated_at completed_at archived "
        "custom"
    ),
    Comment: _fields("id task_id author_id text at updated_at public"),
    Worklog: _fields("id task_id project_id person_id minutes on text updated_at"),
    StatusUpdate: _fields("id project_id author_id at health health_label text"),
}
"""The fields that Basecamp can fill; README.md says which of its words fills which."""

TYPES: Mapping[str, tuple[TaskType, str]] = {
    TO_DO: ("task", "To-do"), CARD: ("task", "Card"), STEP: ("subtask", "Step"),
}  # fmt: skip
PENDING, COMPLETED = "pending", "completed"
LIST_FIELD = "list"


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _OF_STREAM.get(stream)
    return read(item) if read else ()


def _project(row: Json) -> Iterator[Record]:
    id = id_of(row.get("id"))
    if id is None:
        return
    yield Project(
        id=id,
        name=text(row.get("name")) or "",
        description=text(row.get("description")),
        url=text(row.get("app_url")),
        state=STATES.get(text(row.get("status")) or "", "active"),
        start_on=day(row.get("start_date")),
        due_on=day(row.get("end_date")),
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")),
    )


def _person(row: Json) -> Iterator[Record]:
    id = id_of(row.get("id"))
    if id is None:
        return
    client = row.get("client") is True or row.get("personable_type") == "Client"
    yield Person(
        id=id,
        name=text(row.get("name")) or "",
        email=text(row.get("email_address")),
        kind="customer" if client else "human",
        time_zone=text(row.get("time_zone")),
    )


def _columns(board: Json) -> Iterator[Record]:
    board_id = id_of(board.get("id"))
    if board_id is None:
        return
    for position, column in enumerate(objects(board.get("lists"))):
        id, name = id_of(column.get("id")), text(column.get("title"))
        if id is None:
            continue
        yield Column(
            id=id,
            project_id=id_of(part(board, "bucket").get("id")),
            board_id=board_id,
            board_name=text(board.get("title")),
            name=name or "",
            position=position,
            status_labels=(name,) if name else (),
        )


def _task(row: Json) -> Iterator[Record]:
    id = id_of(row.get("id"))
    if id is None:
        return
    word = text(row.get("type"))
    unknown: tuple[TaskType, str | None] = ("other", word)
    kind, label = TYPES.get(word or "", unknown)
    parent = part(row, "parent")
    status, status_label, blocked = _status(row, word, parent)
    completion = part(row, "completion")
    in_list = text(parent.get("title")) if parent.get("type") == "Todolist" else None
    yield Task(
        id=id,
        project_id=id_of(part(row, "bucket").get("id")),
        parent_id=id_of(parent.get("id")) if word == STEP else None,
        title=text(row.get("title")) or text(row.get("content")) or "",
        description=_description(row, word),
        url=text(row.get("app_url")),
        type=kind,
        type_label=label,
        status=status,
        status_label=status_label,
        blocked=blocked,
        assignee_ids=ids(row.get("assignees")),
        reporter_id=id_of(part(row, "creator").get("id")),
        start_on=day(row.get("starts_on")),
        due_on=day(row.get("due_on")),
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")),
        completed_at=instant(completion.get("created_at")) or instant(row.get("completed_at")),
        archived={"active": False, "archived": True}.get(text(row.get("status")) or ""),
        custom=(Custom(id=LIST_FIELD, name="List", value=in_list),) if word == TO_DO else (),
    )


def _description(row: Json, word: str | None) -> str | None:
    """The rich text of a card is its content; what a to-do calls content is its title."""
    if word == CARD:
        return plain(row.get("content")) or plain(row.get("description"))
    return plain(row.get("description"))


def _status(
    row: Json, word: str | None, parent: Json
) -> tuple[Status | None, str | None, bool | None]:
    """Status, its word, and whether it is held up: a card's by its column, others' by the tick."""
    completed = flag(row.get("completed"))
    if word != CARD:
        if completed is None:
            return None, None, None
        return ("done", COMPLETED, None) if completed else ("todo", PENDING, None)
    kind = text(parent.get("type")) or ""
    held = kind.startswith(ON_HOLD)
    status = "in_progress" if held else COLUMNS.get(kind)
    return "done" if completed else status, text(parent.get("title")), held


def _comment(row: Json) -> Iterator[Record]:
    id, at = id_of(row.get("id")), instant(row.get("created_at"))
    parent = part(row, "parent")
    task_id = id_of(parent.get("id"))
    if id is None or at is None or task_id is None or parent.get("type") not in TASKS:
        return
    yield Comment(
        id=id,
        task_id=task_id,
        author_id=id_of(part(row, "creator").get("id")),
        text=plain(row.get("content")) or "",
        at=at,
        updated_at=instant(row.get("updated_at")),
        public=flag(row.get("visible_to_clients")),
    )


def _worklog(row: Json) -> Iterator[Record]:
    id, on, spent = id_of(row.get("id")), day(row.get("date")), minutes(row.get("hours"))
    if id is None or on is None or spent is None:
        return
    parent = part(row, "parent")
    yield Worklog(
        id=id,
        task_id=id_of(parent.get("id")) if parent.get("type") in TASKS else None,
        project_id=id_of(part(row, "bucket").get("id")),
        person_id=id_of(part(row, "person").get("id")),
        minutes=spent,
        on=on,
        text=text(row.get("description")),
        updated_at=instant(row.get("updated_at")),
    )


def _needles(item: Json) -> Iterator[Record]:
    for needle in objects(item.get("needles")):
        id, at = id_of(needle.get("id")), instant(needle.get("created_at"))
        project_id = id_of(part(needle, "bucket").get("id"))
        if id is None or at is None or project_id is None:
            continue
        color = text(needle.get("color"))
        yield StatusUpdate(
            id=id,
            project_id=project_id,
            author_id=id_of(part(needle, "creator").get("id")),
            at=at,
            health=HEALTH.get(color or ""),
            health_label=color,
            text=plain(needle.get("description")),
        )


_OF_STREAM: Mapping[str, Callable[[Json], Iterable[Record]]] = {
    "projects": _project,
    "people": _person,
    "columns": _columns,
    "tasks": _task,
    "comments": _comment,
    "worklogs": _worklog,
    "status_updates": _needles,
}
