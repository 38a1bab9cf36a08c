"""Jira's items as records. Pure and total: whatever an item holds, it maps or it is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from connectors.jira.issues import issue_records
from connectors.jira.links import browse_link, site_of
from connectors.jira.values import (
    account,
    day,
    day_there,
    ident,
    instant,
    items,
    minutes,
    obj,
    spelled_minutes,
    truth,
    whole,
    word,
    words_in,
)
from connectors.sdk.adf import plain
from connectors.sdk.records import (
    Column,
    Milestone,
    MilestoneState,
    Person,
    PersonKind,
    Project,
    ProjectState,
    Record,
    Sprint,
    SprintState,
    Worklog,
)

Json = Mapping[str, Any]

PERSON_KINDS: dict[str, PersonKind] = {"app": "app", "customer": "customer"}
SPRINT_STATES: dict[str, SprintState] = {"future": "future", "active": "active", "closed": "closed"}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item of a stream."""
    read = READERS.get(stream)
    return list(read(item)) if read is not None and isinstance(item, dict) else ()


def _projects(body: Json) -> Iterator[Record]:
    project = obj(body.get("project"))
    id_ = ident(project.get("id"))
    if id_ is None:
        return
    key = word(project.get("key"))
    state: ProjectState = "active"
    if project.get("deleted") is True:
        state = "trashed"
    elif project.get("archived") is True:
        state = "archived"
    yield Project(
        id=id_,
        key=key,
        name=word(project.get("name")) or key or id_,
        description=plain(project.get("description")),
        url=browse_link(body, project, key),
        state=state,
        owner_id=account(project.get("lead")),
    )


def _people(body: Json) -> Iterator[Record]:
    user = obj(body.get("user"))
    id_ = account(user)
    if id_ is None:
        return
    yield Person(
        id=id_,
        name=word(user.get("displayName")) or word(user.get("name")) or id_,
        email=word(user.get("emailAddress")),
        active=truth(user.get("active")),
        kind=PERSON_KINDS.get(str(user.get("accountType")), "human"),
        time_zone=word(user.get("timeZone")),
    )


def _milestones(body: Json) -> Iterator[Record]:
    version = obj(body.get("version"))
    id_ = ident(version.get("id"))
    if id_ is None:
        return
    project = obj(body.get("project"))
    key, site = word(project.get("key")), site_of(body, version)
    state: MilestoneState = "open"
    label = "unreleased"
    if version.get("released") is True:
        state, label = "done", "released"
    elif version.get("archived") is True:
        state, label = "cancelled", "archived"
    yield Milestone(
        id=id_,
        project_id=ident(version.get("projectId")) or ident(project.get("id")),
        name=word(version.get("name")) or id_,
        description=plain(version.get("description")),
        url=f"{site}/projects/{key}/versions/{id_}" if site and key else None,
        state=state,
        state_label=label,
        start_on=day(version.get("startDate")),
        due_on=day(version.get("releaseDate")),
    )


def _sprints(body: Json) -> Iterator[Record]:
    board = obj(body.get("board"))
    board_id = ident(board.get("id"))
    project_id = ident(board.get("projectId"))
    if "sprint" not in body:
        if board_id is not None:
            yield from _columns(board, board_id, project_id)
        return
    sprint = obj(body.get("sprint"))
    id_ = ident(sprint.get("id"))
    if id_ is None:
        return
    goal = sprint.get("goal")
    yield Sprint(
        id=id_,
        project_id=project_id,
        board_id=ident(sprint.get("originBoardId")) or board_id,
        name=word(sprint.get("name")) or id_,
        goal=goal if isinstance(goal, str) else None,
        state=SPRINT_STATES.get(str(sprint.get("state")).lower()),
        start_at=instant(sprint.get("startDate")),
        end_at=instant(sprint.get("endDate")),
        completed_at=instant(sprint.get("completeDate")),
    )


def _columns(board: Json, board_id: str, project_id: str | None) -> Iterator[Record]:
    for position, each in enumerate(items(board.get("columns"))):
        column = obj(each)
        yield Column(
            id=f"{board_id}:{position}",
            project_id=project_id,
            board_id=board_id,
            board_name=word(board.get("name")),
            name=word(column.get("name")) or f"{position + 1}",
            position=position,
            status_labels=words_in(column.get("statuses")),
            wip_min=whole(column.get("min")),
            wip_max=whole(column.get("max")),
        )


def _worklogs(body: Json) -> Iterator[Record]:
    worklog = obj(body.get("worklog"))
    id_, spent = ident(worklog.get("id")), minutes(worklog.get("timeSpentSeconds"))
    if spent is None:
        spent = spelled_minutes(worklog.get("timeSpent"))
    started, author = worklog.get("started"), worklog.get("author")
    # The day is the worker's own: Jira writes the start in the zone of the account that reads.
    on = day_there(started, obj(author).get("timeZone")) or _day_of(worklog.get("created"))
    if id_ is None or spent is None or on is None:
        return
    yield Worklog(
        id=id_,
        task_id=ident(worklog.get("issueId")),
        person_id=account(author),
        minutes=spent,
        on=on,
        started_at=instant(started),
        text=plain(worklog.get("comment")),
        updated_at=instant(worklog.get("updated")),
    )


def _day_of(value: Any) -> date | None:
    at = instant(value)
    return at.date() if at is not None else None


READERS: dict[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _projects,
    "people": _people,
    "milestones": _milestones,
    "sprints": _sprints,
    "tasks": issue_records,
    "worklogs": _worklogs,
}
