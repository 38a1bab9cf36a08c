"""Bitbucket's repositories, people, milestones, pull requests and issues as records. Pure, total.

What an item's body holds, by stream:

========== ===================================================================================
projects   `repository`; or `project`: a project of a workspace
people     the membership
milestones its `id`, `milestone`, and `repository`: the id of its repository
tasks      its `id` (see `item_id`), its `repository` (`id`, `name`), and either `pull`, `tasks`
           (each with its `id`) and `activity`, or `issue`, `comments` and `changes`
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta

from connectors.bitbucket.history import completed, issue_changes, pull_changes, task_changes
from connectors.bitbucket.words import (
    ISSUE_STATES,
    KINDS,
    OVER,
    PRIORITIES,
    PULL_STATES,
    TASK_STATES,
    account,
    instant,
    key,
    link,
    objects,
    part,
    raw,
    text,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Milestone,
    Person,
    PersonKind,
    Project,
    Record,
    Task,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id key name description url state parent_id created_at updated_at"),
    Person: _fields("id name kind url"),
    Milestone: _fields("id project_id name"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id created_at updated_at completed_at "
        "resolution milestone_id custom"
    ),
    Comment: _fields("id task_id author_id text at updated_at"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
    Approval: _fields("id task_id approver_ids decision decision_label decided_at"),
}
"""The fields that Bitbucket can fill; README.md says which of its words fills which."""

OF_ISSUES = ("priority", "priority_label", "milestone_id")
"""Fields of `Task` that only issues have."""
HISTORY = frozenset({"status", "title", "priority"})
"""Fields of `Task` whose every change Bitbucket tells."""

_DECISIONS: Mapping[str, str] = {"approved": "approved", "changes_requested": "declined"}
_KINDS: Mapping[str, PersonKind] = {"app_user": "app", "team": "group"}
_AS_WRITTEN = timedelta(seconds=1)  # a new comment's two dates differ by so little


def provided(*, pull_requests: bool, issues: bool) -> Mapping[type[Record], frozenset[str]]:
    """What is filled where only one of them is read."""
    held = dict(PROVIDES)
    if not pull_requests:
        del held[Approval]
        held[Task] -= {"parent_id"}
    if not issues:
        del held[Milestone]
        held[Task] -= {*OF_ISSUES, "custom"}
    return held


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an id."""
    read = _READ.get(stream)
    return () if read is None else read(item)


def _project(item: Json) -> Iterator[Record]:
    row = part(item, "repository")
    id = text(row.get("uuid"))
    if id is None:
        yield from _group(part(item, "project"))
        return
    yield Project(
        id=id,
        key=text(row.get("full_name")),
        name=text(row.get("name")) or "",
        description=text(row.get("description")),
        url=link(row),
        parent_id=text(part(row, "project").get("uuid")),
        created_at=instant(row.get("created_on")),
        updated_at=instant(row.get("updated_on")),
        lacks=() if row.get("has_issues") is True else OF_ISSUES,
    )


def _group(row: Json) -> Iterator[Record]:
    """A project of a workspace, which holds repositories."""
    id = text(row.get("uuid"))
    if id is not None:
        name = text(row.get("name")) or ""
        yield Project(id=id, key=text(row.get("key")), name=name, url=link(row))


def _member(item: Json) -> Iterator[Record]:
    user = part(item, "user")
    id = account(user)
    if id is None:
        return
    name = text(user.get("display_name")) or text(user.get("nickname")) or ""
    yield Person(id=id, name=name, kind=_KINDS.get(str(user.get("type")), "human"), url=link(user))


def _milestone(item: Json) -> Iterator[Record]:
    id = text(item.get("id"))
    if id is None:
        return
    yield Milestone(
        id=id,
        project_id=text(item.get("repository")),
        name=text(part(item, "milestone").get("name")) or "",
    )


def _work(item: Json) -> Iterator[Record]:
    id = text(item.get("id"))
    if id is None:
        return
    yield from _pull(id, item) if "pull" in item else _issue(id, item)


def _pull(id: str, item: Json) -> Iterator[Record]:
    pull, home = part(item, "pull"), part(item, "repository")
    activity = objects(item.get("activity"))
    changes = pull_changes(id, [part(each, "update") for each in activity])
    author, said = account(pull.get("author")), text(pull.get("state"))
    status = PULL_STATES.get(said or "")
    over = status in OVER
    project, name = text(home.get("id")), text(home.get("name"))
    yield Task(
        id=id,
        key=f"{name}/pull-requests/{id.rpartition('!')[2]}" if name else None,
        project_id=project,
        title=text(pull.get("title")) or "",
        description=raw(pull.get("summary")),
        url=link(pull),
        type="other",
        type_label="Pull request",
        status=status,
        status_label="DRAFT" if said == "OPEN" and pull.get("draft") is True else said,
        assignee_ids=(author,) if author else (),
        reporter_id=author,
        created_at=instant(pull.get("created_on")),
        updated_at=instant(pull.get("updated_on")),
        completed_at=completed(changes) if over else None,
        resolution=said if over else None,
    )
    yield from changes
    for entry in objects(item.get("tasks")):
        yield from _task(entry, id, project, author)
    yield from _approvals(id, pull, activity)
    yield from _comments(id, [part(each, "comment") for each in activity])


def _task(entry: Json, parent: str, project: str | None, author: str | None) -> Iterator[Record]:
    """A task of a pull request: whoever made the pull request has to do it."""
    id, task = text(entry.get("id")), part(entry, "task")
    if id is None or task.get("pending") is True:  # a draft that only its writer sees
        return
    title, _, rest = (raw(task.get("content")) or "").partition("\n")
    said = text(task.get("state"))
    status = TASK_STATES.get(said or "")
    done = status == "done"
    yield Task(
        id=id,
        project_id=project,
        parent_id=parent,
        title=title.strip(),
        description=text(rest.strip()),
        url=link(task),
        type="subtask",
        type_label="Pull request task",
        status=status,
        status_label=said,
        assignee_ids=(author,) if author else (),
        reporter_id=account(task.get("creator")),
        created_at=instant(task.get("created_on")),
        updated_at=instant(task.get("updated_on")),
        completed_at=instant(task.get("resolved_on")) if done else None,
        resolution=said if done else None,
    )
    yield from task_changes(id, task)


def _approvals(id: str, pull: Json, activity: list[Json]) -> Iterator[Record]:
    """What each reviewer decided, and whoever else decided something."""
    decided: dict[str, Json] = {}
    for reviewer in objects(pull.get("reviewers")):
        if (who := account(reviewer)) is not None:
            decided[who] = {}
    for participant in objects(pull.get("participants")):
        who = account(participant.get("user"))
        if who and (participant.get("role") == "REVIEWER" or text(participant.get("state"))):
            decided[who] = participant
    asked = [part(each, "changes_requested") for each in activity]
    for who, participant in decided.items():
        said = text(participant.get("state"))
        at = instant(participant.get("participated_on")) if said == "approved" else None
        if said == "changes_requested":  # the participant's date is that of the last comment
            dates = (instant(one.get("date")) for one in asked if account(one.get("user")) == who)
            at = max((date for date in dates if date is not None), default=None)
        yield Approval(
            id=f"{id}/{who}",
            task_id=id,
            approver_ids=(who,),
            decision=_DECISIONS.get(said or "", "pending"),  # type: ignore[arg-type]
            decision_label=said,
            decided_at=at,
        )


def _issue(id: str, item: Json) -> Iterator[Record]:
    issue, home = part(item, "issue"), part(item, "repository")
    changes = issue_changes(id, objects(item.get("changes")))
    said, kind = text(issue.get("state")), text(issue.get("kind"))
    status = ISSUE_STATES.get(said or "")
    over = status in OVER
    project, name = text(home.get("id")), text(home.get("name"))
    milestone, assignee = key(part(issue, "milestone").get("id")), account(issue.get("assignee"))
    yield Task(
        id=id,
        key=f"{name}#{id.rpartition('#')[2]}" if name else None,
        project_id=project,
        title=text(issue.get("title")) or "",
        description=raw(issue.get("content")),
        url=link(issue),
        type=KINDS.get(kind or "", "other"),
        type_label=kind,
        status=status,
        status_label=said,
        priority=PRIORITIES.get(text(issue.get("priority")) or ""),
        priority_label=text(issue.get("priority")),
        assignee_ids=(assignee,) if assignee else (),
        reporter_id=account(issue.get("reporter")),
        created_at=instant(issue.get("created_on")),
        updated_at=instant(issue.get("updated_on")),
        completed_at=completed(changes) if over else None,
        resolution=said if over else None,
        milestone_id=f"{project}/{milestone}" if project and milestone else None,
        custom=(
            Custom(id="component", name="Component", value=_named(issue, "component")),
            Custom(id="version", name="Version", value=_named(issue, "version")),
        ),
    )
    yield from changes
    yield from _comments(id, objects(item.get("comments")))


def _named(issue: Json, name: str) -> str | None:
    return text(part(issue, name).get("name"))


def _comments(id: str, rows: list[Json]) -> Iterator[Record]:
    """What was said; a change of an issue makes an empty comment as well."""
    told: set[str] = set()
    for row in rows:
        number, said = key(row.get("id")), raw(row.get("content"))
        at = instant(row.get("created_on"))
        if number is None or said is None or at is None or number in told:
            continue
        if row.get("deleted") is True or row.get("pending") is True:
            continue
        told.add(number)
        edited = instant(row.get("updated_on"))
        yield Comment(
            id=f"{id}/{number}",
            task_id=id,
            author_id=account(row.get("user")),
            text=said,
            at=at,
            updated_at=edited if edited and edited - at > _AS_WRITTEN else None,
        )


_READ: Mapping[str, Callable[[Json], Iterable[Record]]] = {
    "projects": _project,
    "people": _member,
    "milestones": _milestone,
    "tasks": _work,
}
