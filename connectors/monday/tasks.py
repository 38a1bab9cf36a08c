"""An item as a task, with its place, links, booked time and history. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connectors.monday.columns import (
    Roles,
    custom,
    date_of,
    done_of,
    is_milestone,
    label_of,
    linked,
    minutes_of,
    people_of,
    roles,
    span_of,
    tags_of,
)
from connectors.monday.history import to_changes
from connectors.monday.values import identifier, instant, json_object, objects, part, text, whole
from connectors.monday.words import (
    DEPENDENCIES,
    MILESTONE_STATES,
    blocked,
    priority_of,
    status_of,
    type_of,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Link,
    Membership,
    Milestone,
    Record,
    Status,
    Task,
    TaskType,
    Worklog,
)

DAY_MINUTES = 8 * 60  # of working time, as lags are counted


@dataclass(frozen=True, slots=True)
class _State:
    """What the status column says; all None on a board that has none."""

    status: Status | None = None
    label: str | None = None
    blocked: bool | None = None
    completed_at: datetime | None = None


def to_task(body: Json) -> Iterator[Record]:
    """The records of an item; none for a body without an id."""
    item = part(body, "item")
    id = identifier(item.get("id"))
    if id is None:
        return
    columns = {str(each.get("id")): each for each in objects(body.get("columns"))}
    role = roles(objects(body.get("columns")))
    cells = {str(each.get("id")): each for each in objects(item.get("column_values"))}
    board = identifier(part(body, "board").get("id"))
    task = _task(id, board, item, role, cells, columns)
    yield task
    if task.type == "milestone":
        yield _milestone(task)
    group = part(item, "group")
    if board is not None and task.parent_id is None:
        yield Membership(
            id=f"project:{board}:{id}",
            task_id=id,
            kind="project",
            container_id=board,
            section=text(group.get("title")),
        )
    yield from _links(id, cells)
    yield from _worklogs(id, board, cells)
    yield from to_changes(id, body.get("logs"), role, columns)


def _task(
    id: str,
    board: str | None,
    item: Json,
    role: Roles,
    cells: Mapping[str, Json],
    columns: Mapping[str, Json],
) -> Task:
    created = instant(item.get("created_at"))
    state = _state(role, cells, columns, created)
    priority = label_of(cells.get(role.priority or "", {}))
    kind = label_of(cells.get(role.type or "", {}))
    parent = identifier(part(item, "parent_item").get("id"))
    start, due = _dates(role, cells)
    spent = minutes_of(cells.get(role.time or "", {}))
    tags = [tag for cell in cells.values() if cell.get("type") == "tags" for tag in tags_of(cell)]
    return Task(
        id=id,
        key=text(cells.get(role.key or "", {}).get("text")),
        project_id=board,
        parent_id=None if parent == id else parent,
        title=text(item.get("name")) or "",
        url=text(item.get("url")),
        type=_type(kind, parent, drawn=_drawn_as_milestone(role, cells)),
        type_label=kind,
        status=state.status,
        status_label=state.label,
        blocked=state.blocked,
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=people_of(cells.get(role.people or "", {})),
        reporter_id=identifier(item.get("creator_id")),
        labels=tuple(dict.fromkeys(tags)),
        start_on=start,
        due_on=due,
        created_at=created,
        updated_at=instant(item.get("updated_at")),
        completed_at=state.completed_at,
        spent_minutes=None if spent is None else whole(spent),
        custom=tuple(custom(item, columns)),
    )


def _type(label: str | None, parent: str | None, *, drawn: bool) -> TaskType:
    if drawn:
        return "milestone"
    return "subtask" if parent is not None else type_of(label)


def _state(
    role: Roles, cells: Mapping[str, Json], columns: Mapping[str, Json], created: datetime | None
) -> _State:
    if role.status is None or role.status not in cells:
        return _State()
    cell = cells[role.status]
    label = label_of(cell)
    status = status_of(label, done=done_of(cell, columns.get(role.status, {})))
    over = status in ("done", "cancelled")
    return _State(status, label, blocked(label), _changed_at(cell, created) if over else None)


def _changed_at(cell: Json, created: datetime | None) -> datetime | None:
    """When the label was set. A copied board keeps the times of the one that it was copied
    from: before the item itself there was nothing."""
    at = instant(json_object(cell.get("value")).get("changed_at")) or instant(
        cell.get("updated_at")
    )
    return None if at is None or (created is not None and at < created) else at


def _dates(
    role: Roles, cells: Mapping[str, Json]
) -> tuple[date | datetime | None, date | datetime | None]:
    """Start and due: of date columns, else of the timeline's ends."""
    first, last = span_of(cells.get(role.timeline or "", {}))
    start = first if role.start is None else date_of(cells.get(role.start, {}))
    due = last if role.due is None else date_of(cells.get(role.due, {}))
    return start, due


def _drawn_as_milestone(role: Roles, cells: Mapping[str, Json]) -> bool:
    return is_milestone(cells.get(role.timeline or "", {}))


def _milestone(task: Task) -> Milestone:
    due = task.due_on
    start = task.start_on
    return Milestone(
        id=task.id,
        project_id=task.project_id,
        name=task.title,
        url=task.url,
        state=MILESTONE_STATES.get(task.status) if task.status else None,
        state_label=task.status_label,
        owner_id=next(iter(task.assignee_ids), None),
        start_on=start.date() if isinstance(start, datetime) else start,
        due_on=due,
        completed_at=task.completed_at,
    )


def _links(id: str, cells: Mapping[str, Json]) -> Iterator[Record]:
    """Dependencies: what stands in the column goes before the item. Connections: no direction,
    and both boards may show them."""
    for cell in cells.values():
        if cell.get("type") == "dependency":
            details = {identifier(x.get("linked_item_id")): x for x in objects(
                cell.get("dependency_links"))}  # fmt: skip
            others = linked(cell) or [each for each in details if each is not None]
            for other in others:
                if other != id:
                    yield _dependency(other, id, details.get(other, {}))
        elif cell.get("type") == "board_relation":
            for other in linked(cell):
                if other != id:
                    first, second = sorted((id, other))
                    yield Link(
                        id=f"relates:{first}:{second}",
                        type="relates",
                        from_id=first,
                        to_id=second,
                    )


def _dependency(before: str, after: str, detail: Json) -> Link:
    kind, lag = whole(detail.get("dependency_type")), whole(detail.get("lag"))
    label = DEPENDENCIES.get(kind) if kind is not None else None
    ours = "blocks" if kind in (None, 0) else "other"
    return Link(
        id=f"{ours}:{before}:{after}",
        type="blocks" if kind in (None, 0) else "other",
        type_label=label,
        from_id=before,
        to_id=after,
        lag_minutes=None if lag is None or abs(lag) > 100_000 else lag * DAY_MINUTES,
    )


def _worklogs(id: str, board: str | None, cells: Mapping[str, Json]) -> Iterator[Record]:
    """Sessions of time tracking that have ended: how long one runs that has not, nobody knows."""
    for cell in cells.values():
        for session in objects(cell.get("history")):
            number = identifier(session.get("id"))
            begun, ended = instant(session.get("started_at")), instant(session.get("ended_at"))
            if number is None or begun is None or ended is None or ended < begun:
                continue
            yield Worklog(
                id=number,
                task_id=id,
                project_id=board,
                person_id=identifier(session.get("started_user_id")),
                minutes=round((ended - begun) / timedelta(minutes=1)),
                on=begun.date(),
                started_at=begun,
                updated_at=instant(session.get("updated_at")),
            )
