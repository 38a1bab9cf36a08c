"""GitHub's repositories, people, milestones, issues and comments as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   the repository
people     the user (of the GraphQL API)
milestones `milestone`, and `repository`: the id of its repository
tasks      its `id` (see `issue_id`), `issue`, its `repository` (`id`, `full_name`), `parent`:
           the id of the issue that it is part of, `blocked_by`: the ids of those it waits for
comments   `comment`, and `repository`: the id of its repository
changes    `event`, and `repository` (see `history.py`)
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

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
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id key name description url state created_at updated_at"),
    Person: _fields("id name url"),
    Milestone: _fields("id project_id name description url state state_label due_on completed_at"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "assignee_ids reporter_id labels created_at updated_at completed_at resolution "
        "milestone_id custom"
    ),
    Link: _fields("id type from_id to_id"),
    Comment: _fields("id task_id author_id text at updated_at"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
}
"""The fields that GitHub can fill; README.md says which of its words fills which."""


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _READ.get(stream)
    return () if read is None else read(item)


def _repository(row: Json) -> Iterator[Record]:
    id = key(row.get("id"))
    if id is None:
        return
    yield Project(
        id=id,
        key=text(row.get("full_name")),
        name=text(row.get("name")) or "",
        description=text(row.get("description")),
        url=text(row.get("html_url")),
        state="archived" if row.get("archived") is True else "active",
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")),
    )


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


def _issue(item: Json) -> Iterator[Record]:
    issue, repository = part(item, "issue"), part(item, "repository")
    id, name = text(item.get("id")), text(repository.get("full_name"))
    if id is None:
        return
    kind, kind_label = type_of(issue)
    status, label = status_of(issue.get("state"), issue.get("state_reason"))
    closed = issue.get("state") == "closed"
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
        created_at=instant(issue.get("created_at")),
        updated_at=instant(issue.get("updated_at")),
        completed_at=instant(issue.get("closed_at")) if closed else None,
        resolution=text(issue.get("state_reason")) if closed else None,
        milestone_id=key(part(issue, "milestone").get("id")),
        custom=tuple(_custom(issue)),
    )
    blockers = item.get("blocked_by")
    named = (text(each) for each in (blockers if isinstance(blockers, (list, tuple)) else ()))
    for other in dict.fromkeys(named):
        if other is not None and other != id:
            yield Link(id=f"blocks:{other}:{id}", type="blocks", from_id=other, to_id=id)


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
    "tasks": _issue,
    "comments": _comment,
    "changes": to_change,
}
