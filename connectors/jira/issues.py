"""An issue as a task with its links, sprints, comments and changes (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from connectors.jira.custom import custom_value
from connectors.jira.history import changes
from connectors.jira.links import browse_link
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
    truth,
    word,
    words_in,
)
from connectors.jira.vocabulary import link_of, priority_of, status_of, type_of
from connectors.sdk.adf import plain
from connectors.sdk.records import (
    Comment,
    Custom,
    Link,
    Membership,
    Record,
    Task,
)

Json = Mapping[str, Any]


def issue_records(body: Json) -> Iterator[Record]:
    """The task of an item, and all that hangs on it."""
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
        url=browse_link(body, issue, key),
        type=type_of(issue_type),
        type_label=word(issue_type.get("name")),
        status=ours,
        status_label=word(status.get("name")),
        blocked=own.blocked,
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=(assignee,) if assignee is not None else (),
        reporter_id=account(fields.get("reporter")),
        labels=words_in(fields.get("labels")),
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
