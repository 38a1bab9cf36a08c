"""The items of Jira Service Management as records. Pure and total: whatever an item holds, it
maps or it is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors.jira_service_management.issues import browse_link, request_records
from connectors.jira_service_management.values import (
    account,
    ident,
    items,
    moment,
    obj,
    truth,
    word,
)
from connectors.jira_service_management.words import DECISIONS
from connectors.sdk.adf import plain
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Link,
    Person,
    PersonKind,
    Project,
    ProjectState,
    Record,
    SlaCycle,
    Task,
    Worklog,
)

Json = Mapping[str, Any]

PERSON_KINDS: Mapping[str, PersonKind] = {"app": "app", "customer": "customer"}

PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: frozenset({"id", "key", "name", "description", "url", "state", "owner_id"}),
    Person: frozenset({"id", "name", "email", "active", "kind", "time_zone"}),
    Task: frozenset({
        "id", "key", "project_id", "parent_id", "title", "description", "url", "type",
        "type_label", "status", "status_label", "priority", "priority_label", "assignee_ids",
        "reporter_id", "labels", "due_on", "created_at", "updated_at", "completed_at",
        "resolution", "estimate_minutes", "spent_minutes", "remaining_minutes", "custom",
    }),
    Link: frozenset({"id", "type", "type_label", "from_id", "to_id"}),
    Comment: frozenset({"id", "task_id", "author_id", "text", "at", "updated_at", "public"}),
    Worklog: frozenset({
        "id", "task_id", "person_id", "minutes", "on", "started_at", "text", "updated_at",
    }),
    Change: frozenset({
        "id", "task_id", "at", "author_id", "field", "field_label", "old", "new", "old_label",
        "new_label",
    }),
    SlaCycle: frozenset({
        "id", "task_id", "name", "started_at", "stopped_at", "breach_at", "breached", "paused",
        "goal_minutes", "elapsed_minutes",
    }),
    Approval: frozenset({
        "id", "task_id", "name", "approver_ids", "decision", "decision_label", "asked_at",
        "decided_at",
    }),
}  # fmt: skip


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
    user, organization = obj(body.get("user")), obj(body.get("organization"))
    if (id_ := account(user)) is not None:
        yield Person(
            id=id_,
            name=word(user.get("displayName")) or id_,
            email=word(user.get("emailAddress")),
            active=truth(user.get("active")),
            kind=PERSON_KINDS.get(str(user.get("accountType")), "human"),
            time_zone=word(user.get("timeZone")),
        )
    if (number := ident(organization.get("id"))) is not None:
        yield Person(
            id=f"organization:{number}",
            name=word(organization.get("name")) or number,
            kind="group",
        )


def _approvals(body: Json) -> Iterator[Record]:
    task_id = ident(body.get("request_id"))
    if task_id is None:
        return
    for each in items(body.get("approvals")):
        approval = obj(each)
        id_, label = ident(approval.get("id")), word(approval.get("finalDecision"))
        decision = DECISIONS.get(label or "")
        if id_ is None or decision is None:
            continue
        approvers = (account(obj(one).get("approver")) for one in items(approval.get("approvers")))
        yield Approval(
            id=f"{task_id}:{id_}",
            task_id=task_id,
            name=word(approval.get("name")),
            approver_ids=tuple(who for who in approvers if who is not None),
            decision=decision,
            decision_label=label,
            asked_at=moment(approval.get("createdDate")),
            decided_at=moment(approval.get("completedDate")),
        )


READERS: Mapping[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _projects,
    "people": _people,
    "tasks": request_records,
    "approvals": _approvals,
}
