"""Redmine's items as records. Pure and total: the same item gives the same records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors.redmine.history import journal_records, rank_of
from connectors.redmine.values import (
    day,
    identifier,
    instant,
    mapping,
    minutes,
    name,
    number,
    objects,
    reference,
    text,
    whole,
)
from connectors.redmine.words import (
    CATEGORY,
    MILESTONE_STATES,
    PROJECT_STATES,
    RELATIONS,
    status_of,
    type_of,
)
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    CustomValue,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Status,
    Task,
    Worklog,
)

PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: frozenset({
        "id", "key", "name", "description", "url", "state", "parent_id", "created_at",
        "updated_at", "custom",
    }),
    Person: frozenset({"id", "name", "email", "active", "kind", "url"}),
    Milestone: frozenset({
        "id", "project_id", "name", "description", "url", "state", "state_label", "due_on",
    }),
    Task: frozenset({
        "id", "key", "project_id", "parent_id", "title", "description", "url", "type",
        "type_label", "status", "status_label", "priority", "priority_label", "assignee_ids",
        "reporter_id", "start_on", "due_on", "created_at", "updated_at", "completed_at",
        "estimate_minutes", "spent_minutes", "percent_complete", "milestone_id", "custom",
    }),
    Link: frozenset({"id", "type", "type_label", "from_id", "to_id", "lag_minutes"}),
    Comment: frozenset({"id", "task_id", "author_id", "text", "at", "public"}),
    Worklog: frozenset({
        "id", "task_id", "project_id", "person_id", "minutes", "on", "text", "updated_at",
    }),
    Change: frozenset({
        "id", "task_id", "at", "author_id", "field", "field_label", "old", "new", "old_label",
        "new_label",
    }),
}  # fmt: skip

DAY_MINUTES = 8 * 60  # of working time, as lags are counted


def to_records(stream: str, item: Mapping[str, Any]) -> Iterable[Record]:
    """The records of one item; none for a stream or an item that has no identity."""
    read = STREAMS.get(stream)
    return () if read is None else list(read(mapping(item)))


def _project(body: Mapping[str, Any]) -> Iterator[Record]:
    project = mapping(body.get("project"))
    id = identifier(project.get("id"))
    if id is None:
        return
    key = text(project.get("identifier"))
    yield Project(
        id=id,
        key=key,
        name=text(project.get("name")) or key or f"#{id}",
        description=text(project.get("description")),
        url=_link(body, "projects", key or id),
        state=PROJECT_STATES.get(whole(project.get("status")) or 1, "active"),
        parent_id=reference(project.get("parent")),
        created_at=instant(project.get("created_on")),
        updated_at=instant(project.get("updated_on")),
        custom=_custom(project, body),
    )


def _person(body: Mapping[str, Any]) -> Iterator[Record]:
    group = mapping(body.get("group"))
    person = group or mapping(body.get("user"))
    id = identifier(person.get("id"))
    if id is None:
        return
    full = " ".join(
        part for part in (text(person.get("firstname")), text(person.get("lastname"))) if part
    )
    active = body.get("active")
    yield Person(
        id=id,
        name=full or text(person.get("name")) or text(person.get("login")) or f"#{id}",
        email=text(person.get("mail")),
        active=active if isinstance(active, bool) else None,
        kind="group" if group else "human",
        url=_link(body, "groups" if group else "users", id),
    )


def _milestone(body: Mapping[str, Any]) -> Iterator[Record]:
    version = mapping(body.get("version"))
    id = identifier(version.get("id"))
    if id is None:
        return
    label = text(version.get("status"))
    yield Milestone(
        id=id,
        project_id=reference(version.get("project")),
        name=text(version.get("name")) or f"#{id}",
        description=text(version.get("description")),
        url=_link(body, "versions", id),
        state=MILESTONE_STATES.get(label or ""),
        state_label=label,
        due_on=day(version.get("due_date")),
    )


def _worklog(body: Mapping[str, Any]) -> Iterator[Record]:
    entry = mapping(body.get("time_entry"))
    id = identifier(entry.get("id"))
    effort = minutes(entry.get("hours"))
    booked = instant(entry.get("created_on"))
    on = day(entry.get("spent_on")) or (booked.date() if booked else None)
    if id is None or effort is None or on is None:
        return
    yield Worklog(
        id=id,
        task_id=reference(entry.get("issue")),
        project_id=reference(entry.get("project")),
        person_id=reference(entry.get("user")),
        minutes=effort,
        on=on,
        text=text(entry.get("comments")),
        updated_at=instant(entry.get("updated_on")),
    )


def _task(body: Mapping[str, Any]) -> Iterator[Record]:
    issue = mapping(body.get("issue"))
    id = identifier(issue.get("id"))
    if id is None:
        return
    status = _status(issue, body)
    over = status in ("done", "cancelled")
    tracker = name(issue.get("tracker"))
    priorities = mapping(body.get("priorities"))
    assignee = reference(issue.get("assigned_to"))
    yield Task(
        id=id,
        key=f"#{id}",
        project_id=reference(issue.get("project")),
        parent_id=reference(issue.get("parent")),
        title=text(issue.get("subject")) or "",
        description=text(issue.get("description")),
        url=_link(body, "issues", id),
        type=type_of(tracker),
        type_label=tracker,
        status=status,
        status_label=name(issue.get("status")),
        priority=rank_of(mapping(priorities.get(reference(issue.get("priority")) or ""))),
        priority_label=name(issue.get("priority")),
        assignee_ids=() if assignee is None else (assignee,),
        reporter_id=reference(issue.get("author")),
        start_on=day(issue.get("start_date")),
        due_on=day(issue.get("due_date")),
        created_at=instant(issue.get("created_on")),
        updated_at=instant(issue.get("updated_on")),
        # Redmine keeps `closed_on` when an issue is opened again.
        completed_at=instant(issue.get("closed_on")) if over else None,
        estimate_minutes=minutes(issue.get("estimated_hours")),
        spent_minutes=minutes(issue.get("spent_hours")),
        percent_complete=number(issue.get("done_ratio")),
        milestone_id=reference(issue.get("fixed_version")),
        custom=_category(issue) + _custom(issue, body),
    )
    yield from _links(issue)
    yield from journal_records(issue, body)


def _status(issue: Mapping[str, Any], body: Mapping[str, Any]) -> Status | None:
    own = mapping(issue.get("status"))
    known = mapping(mapping(body.get("statuses")).get(reference(own) or ""))
    closed = own.get("is_closed", known.get("closed"))
    return status_of(
        name(own), closed if isinstance(closed, bool) else None, known.get("initial") is True
    )


def _links(issue: Mapping[str, Any]) -> Iterator[Link]:
    for relation in objects(issue.get("relations")):
        id = identifier(relation.get("id"))
        source, target = (
            identifier(relation.get("issue_id")),
            identifier(relation.get("issue_to_id")),
        )
        if id is None or source is None or target is None:
            continue
        label = text(relation.get("relation_type"))
        kind, reverse = RELATIONS.get(label or "", ("other", False))
        delay = whole(relation.get("delay"))
        yield Link(
            id=id,
            type=kind,
            type_label=label,
            from_id=target if reverse else source,
            to_id=source if reverse else target,
            lag_minutes=None if delay is None else delay * DAY_MINUTES,
        )


def _category(issue: Mapping[str, Any]) -> tuple[Custom, ...]:
    category = name(issue.get("category"))
    id, called = CATEGORY
    return () if category is None else (Custom(id=id, name=called, value=category),)


def _custom(holder: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Custom, ...]:
    fields = mapping(body.get("fields"))
    found = []
    for field in objects(holder.get("custom_fields")):
        id = identifier(field.get("id"))
        if id is not None:
            value = _custom_value(field.get("value"), mapping(fields.get(id)))
            found.append(Custom(id=id, name=text(field.get("name")) or f"cf_{id}", value=value))
    return tuple(found)


def _custom_value(raw: object, field: Mapping[str, Any]) -> CustomValue:
    """A value by its field's format; Redmine writes every value as text."""
    labels = mapping(field.get("labels"))
    if isinstance(raw, list):
        held = [each for each in map(identifier, raw) if each is not None]
        return tuple(str(labels.get(each, each)) for each in held) or None
    written = text(identifier(raw))
    if written is None:
        return None
    form = field.get("format")
    if form in ("int", "float"):
        value = number(written)
        return written if value is None else value
    if form == "bool":
        return {"1": True, "0": False}.get(written, written)
    if form == "date":
        return day(written) or written
    return str(labels.get(written, written))


def _link(body: Mapping[str, Any], *path: str) -> str | None:
    base = text(body.get("web"))
    return None if base is None else "/".join((base, *path))


STREAMS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Record]]] = {
    "projects": _project,
    "people": _person,
    "milestones": _milestone,
    "tasks": _task,
    "worklogs": _worklog,
}
