"""Jira's items as records. Pure and total: whatever an item holds, it maps or it is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from connectors.jira.custom import custom_value
from connectors.jira.history import changes
from connectors.jira.text import plain
from connectors.jira.values import (
    account,
    day,
    day_or_instant,
    ident,
    instant,
    items,
    minutes,
    number,
    obj,
    spelled_minutes,
    truth,
    whole,
    word,
)
from connectors.jira.vocabulary import link_of, priority_of, status_of, type_of
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    MilestoneState,
    Person,
    PersonKind,
    Project,
    ProjectState,
    Record,
    Sprint,
    SprintState,
    Task,
    Worklog,
)

Json = Mapping[str, Any]

GATEWAY = "https://api.atlassian.com"
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
        url=_browse(body, project, key),
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
    key, site = word(project.get("key")), _site(body, version)
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
            status_labels=_words(column.get("statuses")),
            wip_min=whole(column.get("min")),
            wip_max=whole(column.get("max")),
        )


def _worklogs(body: Json) -> Iterator[Record]:
    worklog = obj(body.get("worklog"))
    id_, spent = ident(worklog.get("id")), minutes(worklog.get("timeSpentSeconds"))
    if spent is None:
        spent = spelled_minutes(worklog.get("timeSpent"))
    started = worklog.get("started")
    # The day is the worker's own: Jira writes the start with the offset of the one who booked.
    on = day(started) or _day_of(worklog.get("created"))
    if id_ is None or spent is None or on is None:
        return
    yield Worklog(
        id=id_,
        task_id=ident(worklog.get("issueId")),
        person_id=account(worklog.get("author")),
        minutes=spent,
        on=on,
        started_at=instant(started),
        text=plain(worklog.get("comment")),
        updated_at=instant(worklog.get("updated")),
    )


def _day_of(value: Any) -> date | None:
    at = instant(value)
    return at.date() if at is not None else None


def _tasks(body: Json) -> Iterator[Record]:
    issue = obj(body.get("issue"))
    id_ = ident(issue.get("id"))
    if id_ is None:
        return
    fields = obj(issue.get("fields"))
    described = obj(body.get("fields"))
    own, sprints = _own_fields(fields, described)
    yield _task(body, issue, id_, fields, own)
    for sprint_id in sprints:
        yield Membership(
            id=f"sprint:{sprint_id}:{id_}", task_id=id_, kind="sprint", container_id=sprint_id
        )
    if links := fields.get("issuelinks"):
        yield from _links(id_, links)
    if comment := fields.get("comment"):
        # A page of comments, in some answers the bare list.
        bare = isinstance(comment, list)
        yield from _comments(id_, comment if bare else obj(comment).get("comments"))
    if histories := body.get("changelog"):
        yield from changes(id_, histories, described)


class _Own:
    """What an issue's custom fields say: those that have a role in Jira, and the others."""

    __slots__ = ("blocked", "custom", "epic", "points", "start")

    def __init__(self) -> None:
        self.points: float | None = None
        self.start: date | datetime | None = None
        self.blocked: bool | None = None
        self.epic: str | None = None
        self.custom: list[Custom] = []


def _own_fields(fields: Json, described: Json) -> tuple[_Own, list[str]]:
    own = _Own()
    sprints: list[str] = []
    for id_, description in described.items():
        if type(description) is not list or len(description) != 2 or id_ not in fields:
            continue
        name, kind = description
        value = fields[id_]
        if kind == "sprint":
            sprints = _sprint_ids(value)
        elif kind == "points":
            own.points = own.points if value is None else number(value)
        elif kind == "start":
            own.start = own.start if value is None else day_or_instant(value)
        elif kind == "flagged":
            own.blocked = bool(value)
        elif kind == "epic":
            own.epic = ident(value)
        elif type(name) is str:
            own.custom.append(Custom(id=id_, name=name, value=custom_value(value, kind)))
    return own, sprints


def _task(body: Json, issue: Json, id_: str, fields: Json, own: _Own) -> Task:
    key = word(issue.get("key"))
    status = obj(fields.get("status"))
    issue_type = obj(fields.get("issuetype"))
    resolution = word(obj(fields.get("resolution")).get("name"))
    ours = status_of(status, resolution)
    priority = word(obj(fields.get("priority")).get("name"))
    assignee, versions = account(fields.get("assignee")), items(fields.get("fixVersions"))
    completed = instant(fields.get("resolutiondate"))
    if completed is None and ours in ("done", "cancelled"):
        # A workflow may close without a resolution; the category's change says when it was.
        completed = instant(fields.get("statuscategorychangedate"))
    return Task(
        id=id_,
        key=key,
        project_id=ident(obj(fields.get("project")).get("id")),
        parent_id=ident(obj(fields.get("parent")).get("id")) or ident(body.get("epic_id")),
        title=word(fields.get("summary")) or key or id_,
        description=plain(fields.get("description")),
        url=_browse(body, issue, key),
        type=type_of(issue_type),
        type_label=word(issue_type.get("name")),
        status=ours,
        status_label=word(status.get("name")),
        blocked=own.blocked,
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=(assignee,) if assignee is not None else (),
        reporter_id=account(fields.get("reporter")),
        labels=_words(fields.get("labels")),
        start_on=own.start,
        due_on=day(fields.get("duedate")),
        created_at=instant(fields.get("created")),
        updated_at=instant(fields.get("updated")),
        completed_at=completed,
        resolution=resolution,
        estimate_minutes=minutes(fields.get("timeoriginalestimate")),
        spent_minutes=minutes(fields.get("timespent")),
        remaining_minutes=minutes(fields.get("timeestimate")),
        points=own.points,
        milestone_id=ident(obj(versions[0]).get("id")) if versions else None,
        custom=tuple(own.custom),
    )


def _sprint_ids(value: Any) -> list[str]:
    """Ids from the sprint field: objects on Cloud, Java's `Sprint@1f[id=7,…]` on Data Center."""
    found: list[str] = []
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, dict):
            id_ = ident(each.get("id"))
        elif isinstance(each, str) and "[" in each:
            pairs = each.partition("[")[2].rstrip("]").split(",")
            id_ = next((pair[3:] for pair in pairs if pair.startswith("id=")), None)
        else:
            id_ = ident(each)
        if id_ and id_ not in found:
            found.append(id_)
    return found


def _links(task_id: str, links: Any) -> Iterator[Record]:
    for each in items(links):
        link = obj(each)
        id_ = ident(link.get("id"))
        outward = ident(obj(link.get("outwardIssue")).get("id"))
        inward = ident(obj(link.get("inwardIssue")).get("id"))
        if id_ is None or (outward is None and inward is None):
            continue
        # "outwardIssue" stands at the end of the outward words: this one blocks that one.
        yield Link(
            id=id_,
            type=link_of(link.get("type")),
            type_label=word(obj(link.get("type")).get("name")),
            from_id=task_id if outward is not None else str(inward),
            to_id=outward if outward is not None else task_id,
        )


def _comments(task_id: str, comments: Any) -> Iterator[Record]:
    for each in items(comments):
        comment = obj(each)
        id_, at = ident(comment.get("id")), instant(comment.get("created"))
        if id_ is None or at is None:
            continue
        yield Comment(
            id=id_,
            task_id=task_id,
            author_id=account(comment.get("author")),
            text=plain(comment.get("body")) or "",
            at=at,
            updated_at=instant(comment.get("updated")),
            public=truth(comment.get("jsdPublic")),
        )


def _words(value: Any) -> tuple[str, ...]:
    return tuple(each for each in items(value) if type(each) is str)


def _site(body: Json, held: Json) -> str | None:
    """The site's address: of the connector where it had to ask for it, else from the `self` link.

    The gateway that some tokens go through is no place for people.
    """
    site = word(body.get("site"))
    if site is None and (link := word(held.get("self"))) is not None and "/rest/" in link:
        site = link.partition("/rest/")[0]
    return None if site is None or site.startswith(GATEWAY) else site


def _browse(body: Json, held: Json, key: str | None) -> str | None:
    site = _site(body, held)
    return f"{site}/browse/{key}" if key and site else None


READERS: dict[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _projects,
    "people": _people,
    "milestones": _milestones,
    "sprints": _sprints,
    "tasks": _tasks,
    "worklogs": _worklogs,
}
