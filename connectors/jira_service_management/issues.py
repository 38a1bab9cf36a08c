"""A request as a task with its service levels, links, comments, booked time and changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.jira_service_management.clocks import cycles
from connectors.jira_service_management.custom import custom_value
from connectors.jira_service_management.history import changes
from connectors.jira_service_management.values import (
    account,
    day,
    day_there,
    ident,
    instant,
    items,
    minutes,
    obj,
    truth,
    word,
    words_in,
)
from connectors.jira_service_management.words import link_of, priority_of, status_of, type_of
from connectors.sdk.adf import plain
from connectors.sdk.records import Comment, Custom, Link, Record, SlaCycle, Task, Worklog

Json = Mapping[str, Any]

GATEWAY = "https://api.atlassian.com"


def browse_link(body: Json, held: Json, key: str | None) -> str | None:
    """The page of a request or a project.

    The site's address comes from the connector where it had to ask for it, else from the answer's
    own link; the gateway that some tokens go through is no place for people.
    """
    site = word(body.get("site"))
    if site is None:
        site, found, _ = (word(held.get("self")) or "").partition("/rest/")
        site = site if found and not site.startswith(GATEWAY) else ""
    return f"{site}/browse/{key}" if key and site else None


def request_records(body: Json) -> Iterator[Record]:
    """The task of an item, and all that hangs on it."""
    issue = obj(body.get("issue"))
    id_ = ident(issue.get("id"))
    if id_ is None:
        return
    fields = obj(issue.get("fields"))
    request_type: str | None = None
    custom: list[Custom] = []
    clocks: list[SlaCycle] = []
    for field_id, description in obj(body.get("fields")).items():
        if type(description) is not list or len(description) != 2 or field_id not in fields:
            continue
        name, kind = description
        value = fields[field_id]
        if kind == "request_type":
            request_type = word(obj(obj(value).get("requestType")).get("name"))
        elif type(name) is not str:
            continue
        elif kind == "sla":
            clocks += cycles(id_, field_id, name, value)
        else:
            custom.append(Custom(id=field_id, name=name, value=custom_value(value, kind)))
    yield _task(body, issue, id_, request_type, tuple(custom))
    yield from clocks
    yield from _links(id_, fields.get("issuelinks"))
    yield from _comments(id_, obj(fields.get("comment")).get("comments"))
    yield from _worklogs(id_, obj(fields.get("worklog")).get("worklogs"))
    yield from changes(id_, body.get("changelog"))


def _task(
    body: Json, issue: Json, id_: str, request_type: str | None, custom: tuple[Custom, ...]
) -> Task:
    fields = obj(issue.get("fields"))
    key = word(issue.get("key"))
    status, issue_type = obj(fields.get("status")), obj(fields.get("issuetype"))
    resolution = word(obj(fields.get("resolution")).get("name"))
    ours = status_of(status, resolution)
    priority = word(obj(fields.get("priority")).get("name"))
    assignee = account(fields.get("assignee"))
    completed = instant(fields.get("resolutiondate"))
    if completed is None and ours in ("done", "cancelled"):
        # A workflow may close without a resolution; the category's change says when it was.
        completed = instant(fields.get("statuscategorychangedate"))
    return Task(
        id=id_,
        key=key,
        project_id=ident(obj(fields.get("project")).get("id")),
        parent_id=ident(obj(fields.get("parent")).get("id")),
        title=word(fields.get("summary")) or key or id_,
        description=plain(fields.get("description")),
        url=browse_link(body, issue, key),
        type=type_of(issue_type, request_type),
        type_label=request_type or word(issue_type.get("name")),
        status=ours,
        status_label=word(status.get("name")),
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=(assignee,) if assignee is not None else (),
        reporter_id=account(fields.get("reporter")),
        labels=words_in(fields.get("labels")),
        due_on=day(fields.get("duedate")),
        created_at=instant(fields.get("created")),
        updated_at=instant(fields.get("updated")),
        completed_at=completed,
        resolution=resolution,
        estimate_minutes=minutes(fields.get("timeoriginalestimate")),
        spent_minutes=minutes(fields.get("timespent")),
        remaining_minutes=minutes(fields.get("timeestimate")),
        custom=custom,
    )


def _links(task_id: str, links: Any) -> Iterator[Link]:
    for each in items(links):
        link = obj(each)
        id_ = ident(link.get("id"))
        outward = ident(obj(link.get("outwardIssue")).get("id"))
        inward = ident(obj(link.get("inwardIssue")).get("id"))
        if id_ is None or (outward is None and inward is None):
            continue
        name = word(obj(link.get("type")).get("name"))
        # "outwardIssue" stands at the end of the outward words: this one blocks that one.
        yield Link(
            id=id_,
            type=link_of(name),
            type_label=name,
            from_id=task_id if outward is not None else str(inward),
            to_id=outward if outward is not None else task_id,
        )


def _comments(task_id: str, comments: Any) -> Iterator[Comment]:
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


def _worklogs(task_id: str, worklogs: Any) -> Iterator[Worklog]:
    for each in items(worklogs):
        worklog = obj(each)
        id_, spent = ident(worklog.get("id")), minutes(worklog.get("timeSpentSeconds"))
        # The day is the worker's own: Jira writes the start in the zone of the account that reads.
        author = worklog.get("author")
        on = day_there(worklog.get("started"), obj(author).get("timeZone"))
        if id_ is None or spent is None or on is None:
            continue
        yield Worklog(
            id=id_,
            task_id=task_id,
            person_id=account(author),
            minutes=spent,
            on=on,
            started_at=instant(worklog.get("started")),
            text=plain(worklog.get("comment")),
            updated_at=instant(worklog.get("updated")),
        )
