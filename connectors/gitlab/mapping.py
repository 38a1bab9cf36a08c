"""GitLab's items as records. Pure and total: the same item gives the same records.

What an item's body holds, by stream: `projects`, `people`, `milestones` and `sprints` the row as
GitLab gave it; `epics` our `id` and the `epic`; `tasks` our `id`, the `issue`, its `work_item`
(`parent`, `links`, `timelogs`, `status` as GraphQL gave them), its `notes` and `…_events`, and
whether `statuses` are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from connectors.gitlab.history import changes, comments
from connectors.gitlab.values import (
    day,
    epic_id,
    global_id,
    identifier,
    instant,
    mapping,
    minutes,
    number,
    objects,
    reference,
    text,
    texts,
    work_item_id,
)
from connectors.gitlab.words import (
    ITERATION_STATES,
    LINKS,
    MILESTONE_STATES,
    OTHER_LINK,
    TYPES,
    project_state,
    scoped,
    status_of,
)
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
    Task,
    TaskType,
    Worklog,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id key name description url state created_at updated_at"),
    Person: _fields("id name email active kind url"),
    Milestone: _fields("id project_id name description url state state_label start_on due_on"),
    Sprint: _fields("id name goal state start_at end_at"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "assignee_ids reporter_id labels due_on created_at updated_at completed_at "
        "estimate_minutes spent_minutes points milestone_id custom"
    ),
    Link: _fields("id type type_label from_id to_id"),
    Membership: _fields("id task_id kind container_id"),
    Comment: _fields("id task_id author_id text at updated_at public"),
    Worklog: _fields("id task_id project_id person_id minutes on text"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
}
"""The fields that GitLab can fill; README.md says which of its words fills which."""

PAID: Mapping[type[Record], frozenset[str]] = {
    Sprint: PROVIDES[Sprint],
    Membership: PROVIDES[Membership],
    Task: _fields("points"),
}
"""Those that a free GitLab cannot."""

BOTS = re.compile(r"(project|group)_\d+_bot(_\w+|\d*)?|service_account_\w+|ghost|support-bot")
"""User names that GitLab gives to accounts that are no people."""

EPIC_ADDRESS = re.compile(r"/groups/(\d+)/epics/(\d+)$")


def provided(*, paid: bool) -> Mapping[type[Record], frozenset[str]]:
    """What a GitLab of a plan can fill."""
    if paid:
        return PROVIDES
    narrowed = {kind: names - PAID.get(kind, frozenset()) for kind, names in PROVIDES.items()}
    return {kind: names for kind, names in narrowed.items() if names}


def to_records(stream: str, item: Mapping[str, Any]) -> Iterable[Record]:
    """The records of one item; none for a stream or an item that has no identity."""
    read = STREAMS.get(stream)
    return () if read is None else list(read(mapping(item)))


def _project(row: Mapping[str, Any]) -> Iterator[Record]:
    id = identifier(row.get("id"))
    if id is None:
        return
    key = text(row.get("path_with_namespace"))
    yield Project(
        id=id,
        key=key,
        name=text(row.get("name")) or key or f"#{id}",
        description=text(row.get("description")),
        url=text(row.get("web_url")),
        state=project_state(row),
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")) or instant(row.get("last_activity_at")),
    )


def _person(row: Mapping[str, Any]) -> Iterator[Record]:
    id = identifier(row.get("id"))
    if id is None:
        return
    user, state = text(row.get("username")), text(row.get("state"))
    blocked = row.get("blocked")  # what old versions have instead of a state
    known = not blocked if isinstance(blocked, bool) else None
    bot = row.get("bot") is True or BOTS.fullmatch(user or "") is not None
    yield Person(
        id=id,
        name=text(row.get("name")) or user or f"#{id}",
        email=text(row.get("email")) or text(row.get("public_email")),
        active=known if state is None else state == "active",
        kind="app" if bot else "human",
        url=text(row.get("web_url")),
    )


def _milestone(row: Mapping[str, Any]) -> Iterator[Record]:
    id = identifier(row.get("id"))
    if id is None:
        return
    label = text(row.get("state"))
    yield Milestone(
        id=id,
        project_id=identifier(row.get("project_id")),
        name=text(row.get("title")) or f"#{id}",
        description=text(row.get("description")),
        url=text(row.get("web_url")),
        state=MILESTONE_STATES.get(label or ""),
        state_label=label,
        start_on=day(row.get("start_date")),
        due_on=day(row.get("due_date")),
    )


def _iteration(row: Mapping[str, Any]) -> Iterator[Record]:
    id = identifier(row.get("id"))
    if id is None:
        return
    start, due, state = day(row.get("start_date")), day(row.get("due_date")), row.get("state")
    spans = " – ".join(each.isoformat() for each in (start, due) if each)
    goal = row.get("description", "")
    yield Sprint(
        id=id,
        # Iterations that a cadence makes have no title; GitLab shows their days.
        name=text(row.get("title")) or spans or f"#{id}",
        goal=goal if isinstance(goal, str) else "",
        state=ITERATION_STATES.get(state) if isinstance(state, int) else None,
        start_at=_at(start, time(0, 0, 0)),
        end_at=_at(due, time(23, 59, 59)),
    )


def _epic(body: Mapping[str, Any]) -> Iterator[Record]:
    id, row = text(body.get("id")), mapping(body.get("epic"))
    if id is None:
        return
    state = text(row.get("state"))
    labels = texts(row.get("labels"), "name")
    yield Task(
        id=id,
        key=text(mapping(row.get("references")).get("full")) or _numbered("&", row),
        parent_id=_parent_epic(row),
        title=text(row.get("title")) or "",
        description=text(row.get("description")),
        url=text(row.get("web_url")),
        type="epic",
        type_label="epic",
        status=status_of(state, None, moved=False),
        status_label=state,
        reporter_id=reference(row.get("author")),
        labels=labels,
        due_on=day(row.get("due_date")) or day(row.get("end_date")),
        created_at=instant(row.get("created_at")),
        updated_at=instant(row.get("updated_at")),
        completed_at=instant(row.get("closed_at")) if state == "closed" else None,
        custom=tuple(_custom(row, labels)),
    )


def _parent_epic(row: Mapping[str, Any]) -> str | None:
    """A parent may be of another group, which only its address tells."""
    found = EPIC_ADDRESS.search(text(mapping(row.get("_links")).get("parent")) or "")
    return epic_id(found[1], found[2]) if found else None


def _issue(body: Mapping[str, Any]) -> Iterator[Record]:
    issue, work_item = mapping(body.get("issue")), mapping(body.get("work_item"))
    id = text(body.get("id"))
    if id is None:
        return
    project = identifier(issue.get("project_id")) or identifier(id.partition("-")[0])
    state, named = text(issue.get("state")), mapping(work_item.get("status"))
    moved = identifier(issue.get("moved_to_id")) is not None
    parent, labels = _parent(issue, work_item), texts(issue.get("labels"), "name")
    label, times = _type_label(issue), mapping(issue.get("time_stats"))
    estimate = minutes(times.get("time_estimate"))
    yield Task(
        id=id,
        key=text(mapping(issue.get("references")).get("full")) or _numbered("#", issue),
        project_id=project,
        parent_id=parent if parent != id else None,
        title=text(issue.get("title")) or "",
        description=text(issue.get("description")),
        url=text(issue.get("web_url")),
        type=_type(label, parent),
        type_label=label,
        status=status_of(state, text(named.get("category")), moved=moved),
        status_label=text(named.get("name")) or state,
        assignee_ids=_assignees(issue),
        reporter_id=reference(issue.get("author")),
        labels=labels,
        due_on=day(issue.get("due_date")),
        created_at=instant(issue.get("created_at")),
        updated_at=instant(issue.get("updated_at")),
        # Issues that were closed long ago may lack it, also where they are closed.
        completed_at=instant(issue.get("closed_at")) if state == "closed" else None,
        estimate_minutes=estimate or None,  # GitLab writes 0 for "no estimate"
        spent_minutes=minutes(times.get("total_time_spent")),
        points=number(issue.get("weight")),
        milestone_id=reference(issue.get("milestone")),
        custom=tuple(_custom(issue, labels)),
    )
    iteration = reference(issue.get("iteration"))
    if iteration is not None:
        yield Membership(
            id=f"sprint:{iteration}:{id}", task_id=id, kind="sprint", container_id=iteration
        )
    yield from _links(id, work_item)
    yield from _worklogs(id, project, work_item)
    yield from comments(id, body)
    yield from changes(id, body)


def _numbered(sign: str, row: Mapping[str, Any]) -> str | None:
    """What people call an issue or an epic within its project or group."""
    iid = identifier(row.get("iid"))
    return f"{sign}{iid}" if iid else None


def _type_label(issue: Mapping[str, Any]) -> str | None:
    """`issue_type`, or what older and newer versions write in `type`, in capitals."""
    return text(issue.get("issue_type")) or (text(issue.get("type")) or "").lower() or None


def _type(label: str | None, parent: str | None) -> TaskType:
    if label is None:
        return "task"  # versions before types knew issues only
    found = TYPES.get(label, "other")
    return "task" if found == "subtask" and parent is None else found


def _parent(issue: Mapping[str, Any], work_item: Mapping[str, Any]) -> str | None:
    """The parent as GraphQL says; the epic where that says none (epics were no work items once)."""
    epic = mapping(issue.get("epic"))
    return work_item_id(work_item.get("parent")) or epic_id(epic.get("group_id"), epic.get("iid"))


def _assignees(issue: Mapping[str, Any]) -> tuple[str, ...]:
    """Several where the plan has them; `assignee` is the first of them."""
    people = objects(issue.get("assignees")) or [mapping(issue.get("assignee"))]
    return tuple(dict.fromkeys(id for each in people if (id := reference(each)) is not None))


def _custom(row: Mapping[str, Any], labels: tuple[str, ...]) -> Iterator[Custom]:
    """What GitLab has beside our fields, and scoped labels, so that an admin can map them."""
    if isinstance(row.get("confidential"), bool):
        yield Custom(id="confidential", name="Confidential", value=row["confidential"])
    severity = text(row.get("severity"))
    if severity is not None and severity.upper() != "UNKNOWN":
        yield Custom(id="severity", name="Severity", value=severity.lower())
    if "health_status" in row:
        yield Custom(id="health_status", name="Health", value=text(row["health_status"]))
    if row.get("state") == "closed":
        # An admin may let such a label say the status. One that was forgotten on a closed issue
        # must not open it again.
        return
    for key, values in scoped(labels):
        value: CustomValue = values[0] if len(values) == 1 else values
        yield Custom(id=f"label:{key}", name=key, value=value)


def _links(id: str, work_item: Mapping[str, Any]) -> Iterator[Link]:
    for each in objects(work_item.get("links")):
        link, other = global_id(each.get("linkId")), work_item_id(each.get("workItem"))
        if link is None or other is None:
            continue
        word = text(each.get("linkType"))
        kind, label, reverse = LINKS.get(word or "", OTHER_LINK)
        # A relation has no direction, and both ends must tell it alike.
        reverse = reverse or (kind != "blocks" and other < id)
        source, target = (other, id) if reverse else (id, other)
        yield Link(id=link, type=kind, type_label=label or word, from_id=source, to_id=target)


def _worklogs(id: str, project: str | None, work_item: Mapping[str, Any]) -> Iterator[Worklog]:
    for each in objects(work_item.get("timelogs")):
        log, effort = global_id(each.get("id")), minutes(each.get("timeSpent"))
        at = instant(each.get("spentAt"))
        if log is None or effort is None or at is None:
            continue
        yield Worklog(
            id=log,
            task_id=id,
            project_id=project,
            person_id=global_id(mapping(each.get("user")).get("id")),
            minutes=effort,
            on=at.date(),
            text=text(each.get("summary")),
        )


def _at(on: date | None, moment: time) -> datetime | None:
    return None if on is None else datetime.combine(on, moment, UTC)


STREAMS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Record]]] = {
    "projects": _project,
    "people": _person,
    "milestones": _milestone,
    "sprints": _iteration,
    "epics": _epic,
    "tasks": _issue,
}
