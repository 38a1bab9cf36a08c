"""GitHub's repositories, people, milestones, issues and comments as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   the repository; where boards are configured `boards`: the fields of each on which
           issues of it are
people     the user (of the GraphQL API)
milestones `milestone`, and `repository`: the id of its repository
sprints    `board` (`id`, `title`), `field`: the id of its field there, `iteration`, whether it
           is `over`, and the day on which it was `read_on`
tasks      its `id` (see `issue_id`), `issue`, its `repository` (`id`, `full_name`), `parent`:
           the id of the issue that it is part of, `blocked_by`: the ids of those it waits for;
           where it is on a configured board `board` (`id`, `title`, its `fields` with values)
comments   `comment`, and `repository`: the id of its repository
changes    `event`, and `repository` (see `history.py`)
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.github.fields import (
    by_role,
    customs,
    iteration_id,
    lacking,
    priority_of,
    value_of,
)
from connectors.github.fields import status_of as status_on_board
from connectors.github.history import to_change
from connectors.github.words import (
    day,
    field_value,
    instant,
    issue_id,
    key,
    labels_of,
    objects,
    part,
    place_of,
    status_of,
    text,
    type_of,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    CustomValue,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    SprintState,
    Task,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id key name description url state created_at updated_at"),
    Person: _fields("id name url"),
    Milestone: _fields("id project_id name description url state state_label due_on completed_at"),
    Sprint: _fields("id board_id name state start_at end_at"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id labels start_on due_on created_at "
        "updated_at completed_at resolution points milestone_id custom"
    ),
    Membership: _fields("id task_id kind container_id"),
    Link: _fields("id type from_id to_id"),
    Comment: _fields("id task_id author_id text at updated_at"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
}
"""The fields that GitHub can fill; README.md says which of its words fills which."""

ON_BOARDS: Mapping[type[Record], frozenset[str]] = {
    Sprint: PROVIDES[Sprint],
    Membership: PROVIDES[Membership],
    Task: _fields("priority priority_label start_on due_on points"),
}
"""Those that only boards can say."""

DAYS = 3660  # no iteration is longer


def provided(*, boards: bool) -> Mapping[type[Record], frozenset[str]]:
    """What GitHub can fill with boards, or without."""
    if boards:
        return PROVIDES
    narrowed = {kind: names - ON_BOARDS.get(kind, frozenset()) for kind, names in PROVIDES.items()}
    return {kind: names for kind, names in narrowed.items() if names}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _READ.get(stream)
    return () if read is None else read(item)


def _repository(row: Json) -> Iterator[Record]:
    id, said = key(row.get("id")), row.get("boards")
    if id is None:
        return
    boards = [objects(each) for each in said] if isinstance(said, (list, tuple)) else []
    yield Project(
        id=id,
        key=text(row.get("full_name")),
        name=text(row.get("name")) or "",
        description=text(row.get("description")),
        url=text(row.get("html_url")),
        state="archived" if row.get("archived") is True else "active",
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")),
        lacks=() if said is None else lacking(boards),
        task_fields=tuple(dict.fromkeys(_names(boards))),
    )


def _names(boards: Iterable[Sequence[Json]]) -> Iterator[str]:
    """Ids and names of fields: either is what an admin may map by."""
    for fields in boards:
        for field in fields:
            for name in (text(field.get("id")), text(field.get("name"))):
                if name is not None:
                    yield name


def _user(row: Json) -> Iterator[Record]:
    id = key(row.get("databaseId"))
    if id is None:
        return
    name = text(row.get("name")) or text(row.get("login")) or ""
    yield Person(id=id, name=name, url=text(row.get("url")))


def _milestone(item: Json) -> Iterator[Record]:
    row = part(item, "milestone")
    id, state = key(row.get("id")), text(row.get("state"))
    if id is None:
        return
    closed = state == "closed"
    yield Milestone(
        id=id,
        project_id=text(item.get("repository")),
        name=text(row.get("title")) or "",
        description=text(row.get("description")),
        url=text(row.get("html_url")),
        state="done" if closed else "open" if state == "open" else None,
        state_label=state,
        due_on=day(row.get("due_on")),  # GitHub makes midnight in California of the day chosen
        completed_at=instant(row.get("closed_at")) if closed else None,
    )


def _iteration(item: Json) -> Iterator[Record]:
    row, board = part(item, "iteration"), part(item, "board")
    field, own = text(item.get("field")), text(row.get("id"))
    if field is None or own is None:
        return
    start, length = day(row.get("startDate")), row.get("duration")
    last = None
    if start is not None and type(length) is int and 0 < length < DAYS and start.year < 9000:
        last = start + timedelta(days=length - 1)
    today = day(item.get("read_on"))
    state: SprintState | None = None
    if item.get("over") is True or (last is not None and today is not None and last < today):
        state = "closed"
    elif start is not None and today is not None:
        state = "active" if start <= today else "future"
    yield Sprint(
        id=iteration_id(field, own),
        board_id=text(board.get("id")),
        name=text(row.get("title")) or own,
        state=state,
        start_at=None if start is None else datetime.combine(start, time(0), UTC),
        end_at=None if last is None else datetime.combine(last, time(23, 59, 59), UTC),
    )


def _issue(item: Json) -> Iterator[Record]:
    issue, repository = part(item, "issue"), part(item, "repository")
    id, name = text(item.get("id")), text(repository.get("full_name"))
    if id is None:
        return
    kind, kind_label = type_of(issue)
    status, label = status_of(issue.get("state"), issue.get("state_reason"))
    closed = issue.get("state") == "closed"
    fields = objects(part(item, "board").get("fields"))
    roles = by_role(fields)
    said = {role: value_of(field) for role, field in roles.items()}
    if not closed and isinstance(said.get("status"), str):
        label = text(said["status"])
        status = status_on_board(label)
    urgency, points = text(said.get("priority")), said.get("points")
    yield Task(
        id=id,
        key=f"{name}#{id.partition('#')[2]}" if name else None,
        project_id=text(repository.get("id")),
        parent_id=text(item.get("parent")),
        title=text(issue.get("title")) or "",
        description=text(issue.get("body")),
        url=text(issue.get("html_url")),
        type=kind,
        type_label=kind_label,
        status=status,
        status_label=label,
        assignee_ids=_assignees(issue),
        reporter_id=key(part(issue, "user").get("id")),
        labels=labels_of(issue),
        priority=priority_of(urgency),
        priority_label=urgency,
        start_on=_day(said.get("start")),
        due_on=_day(said.get("due")),
        points=points if isinstance(points, float) else None,
        created_at=instant(issue.get("created_at")),
        updated_at=instant(issue.get("updated_at")),
        completed_at=instant(issue.get("closed_at")) if closed else None,
        resolution=text(issue.get("state_reason")) if closed else None,
        milestone_id=key(part(issue, "milestone").get("id")),
        custom=(*_custom(issue), *customs(fields)),
    )
    for field in fields:
        iteration = _iteration_of(field)
        if iteration is not None:
            place = f"sprint:{iteration}:{id}"
            yield Membership(id=place, task_id=id, kind="sprint", container_id=iteration)
    blockers = item.get("blocked_by")
    named = (text(each) for each in (blockers if isinstance(blockers, (list, tuple)) else ()))
    for other in dict.fromkeys(named):
        if other is not None and other != id:
            yield Link(id=f"blocks:{other}:{id}", type="blocks", from_id=other, to_id=id)


def _day(value: CustomValue) -> date | None:
    return value if isinstance(value, date) else None


def _iteration_of(field: Json) -> str | None:
    id, iteration = text(field.get("id")), text(field.get("iteration"))
    return None if id is None or iteration is None else iteration_id(id, iteration)


def _assignees(issue: Json) -> tuple[str, ...]:
    """`assignee` is the first of `assignees`, from the time when there was but one."""
    given = objects(issue.get("assignees")) or [part(issue, "assignee")]
    ids = (key(each.get("id")) for each in given)
    return tuple(dict.fromkeys(id for id in ids if id is not None))


def _custom(issue: Json) -> Iterator[Custom]:
    for entry in objects(issue.get("issue_field_values")):
        id = key(entry.get("issue_field_id"))
        if id is not None:
            name = text(entry.get("issue_field_name")) or id
            yield Custom(id=id, name=name, value=field_value(entry))


def _comment(item: Json) -> Iterator[Record]:
    comment, home = part(item, "comment"), text(item.get("repository"))
    id, place = key(comment.get("id")), place_of(comment.get("issue_url"))
    at, edited = instant(comment.get("created_at")), instant(comment.get("updated_at"))
    if id is None or home is None or place is None or at is None:
        return
    yield Comment(
        id=id,
        task_id=issue_id(home, place[1]),
        author_id=key(part(comment, "user").get("id")),
        text=text(comment.get("body")) or "",
        at=at,
        updated_at=edited if edited != at else None,
    )


_READ: Mapping[str, Callable[[Json], Iterable[Record]]] = {
    "projects": _repository,
    "people": _user,
    "milestones": _milestone,
    "sprints": _iteration,
    "tasks": _issue,
    "comments": _comment,
    "changes": to_change,
}
