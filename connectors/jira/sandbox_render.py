"""Issues, their history and booked time in the shapes of Jira's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from msgspec.structs import replace

from connectors.jira.sandbox_changes import side
from connectors.jira.sandbox_shapes import Fields, Shapes, status_id
from connectors.jira.sandbox_words import (
    EPIC_FIELD,
    FIELD_WORD,
    FLAGGED_FIELD,
    LINK_ENDS,
    POINTS_FIELD,
    RANK_FIELD,
    SITE,
    SPRINT_FIELD,
    START_FIELD,
    document,
    number_for,
    priority_word,
    written,
    zone_on,
)
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Sprint,
    Task,
    Worklog,
)

COMMENTS_SHOWN = 20  # as many comments come with an issue; the rest has to be asked for


class Renderer(Shapes):
    """Issues and what hangs on them."""

    # -- issues --------------------------------------------------------------------------------

    def issue(self, task: Task, wanted: frozenset[str]) -> bytes:
        """An issue with the wanted fields."""
        revision = self.sandbox.world.revision
        if revision != self._fragments_of:
            self._fragments, self._fragments_of = {}, revision
        fields = self._few(task, wanted) if len(wanted) <= 3 else self._fields(task)
        return orjson.dumps(
            {
                "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
                "id": task.id,
                "self": f"{SITE}{self.rest}/issue/{task.id}",
                "key": task.key,
                "fields": {name: value for name, value in fields.items() if name in wanted},
            }
        )

    def _few(self, task: Task, wanted: frozenset[str]) -> Fields:
        return {
            "updated": written(task.updated_at),
            "created": written(task.created_at),
            "project": self._project(task.project_id) if "project" in wanted else None,
        }

    def _fields(self, task: Task) -> Fields:
        world = self.sandbox.world
        word = priority_word(task.priority, task.priority_label)
        milestone = world.get(Milestone, task.milestone_id) if task.milestone_id else None
        comments = world.where(Comment, "task_id", task.id)
        sprints = [
            sprint
            for each in world.where(Membership, "task_id", task.id)
            if (sprint := world.get(Sprint, each.container_id)) is not None
        ]
        return {
            "statuscategorychangedate": written(task.completed_at),
            "summary": task.title,
            "description": self._text(task.description),
            "status": self._status(self._status_word(task)),
            "issuetype": self._type(task),
            "priority": None if word is None else self._named("priority", word),
            "resolution": None
            if not task.resolution
            else self._named("resolution", task.resolution),
            "resolutiondate": written(task.completed_at),
            "project": self._project(task.project_id),
            "assignee": self._user(task.assignee_ids[0] if task.assignee_ids else None),
            "reporter": self._user(task.reporter_id),
            "labels": list(task.labels),
            "duedate": task.due_on,
            "created": written(task.created_at),
            "updated": written(task.updated_at),
            "timeoriginalestimate": _seconds(task.estimate_minutes),
            "timeestimate": _seconds(task.remaining_minutes),
            "timespent": _seconds(task.spent_minutes),
            "fixVersions": [] if milestone is None else [self.version(milestone)],
            "issuelinks": self._links(task),
            "comment": {
                "comments": [self.comment(each) for each in comments[:COMMENTS_SHOWN]],
                "self": f"{SITE}{self.rest}/issue/{task.id}/comment",
                "maxResults": len(comments[:COMMENTS_SHOWN]),
                "total": len(comments),
                "startAt": 0,
            },
            POINTS_FIELD: task.points,
            START_FIELD: task.start_on,
            FLAGGED_FIELD: [{"id": "10019", "value": "Impediment"}] if task.blocked else None,
            SPRINT_FIELD: [self._sprint(each) for each in sprints] or None,
            RANK_FIELD: f"0|i{task.id}:",
            **self._parent(task),
            **{each.id: _custom(each) for each in task.custom},
        }

    def _status_word(self, task: Task) -> str:
        return self.sandbox.status_word(task.status, task.status_label)

    def _parent(self, task: Task) -> Fields:
        if task.parent_id is None:
            return {}
        parent = self.sandbox.world.get(Task, task.parent_id)
        if not self.cloud and parent is not None and parent.type == "epic":
            return {EPIC_FIELD: parent.key}
        return {"parent": {"id": task.parent_id, "key": parent.key if parent else None}}

    def _text(self, text: str | None) -> Any:
        return document(text) if self.cloud else text

    def _type(self, task: Task) -> Any:
        label = task.type_label or "Task"
        level = {"subtask": -1, "epic": 1}.get(task.type, 0)
        return {
            "id": number_for("type", label)[:5],
            "name": label,
            "subtask": task.type == "subtask",
            **({"hierarchyLevel": level} if self.cloud else {}),
        }

    def _named(self, kind: str, name: str) -> Any:
        id_ = number_for(kind, name)[:5]
        return {"self": f"{SITE}{self.rest}/{kind}/{id_}", "name": name, "id": id_}

    def _sprint(self, sprint: Sprint) -> Any:
        if self.cloud:
            return {**self.sprint(sprint), "boardId": int(sprint.board_id or 0)}
        state = (sprint.state or "future").upper()
        return (
            "com.atlassian.greenhopper.service.sprint.Sprint@1f"
            f"[id={sprint.id},rapidViewId={sprint.board_id},state={state},name={sprint.name}]"
        )

    def _links(self, task: Task) -> list[Fields]:
        world = self.sandbox.world
        found = []
        for end, name, other in (
            ("outwardIssue", "from_id", "to_id"),
            ("inwardIssue", "to_id", "from_id"),
        ):
            for link in world.where(Link, name, task.id):
                far = world.get(Task, getattr(link, other))
                label = link.type_label or "Relates"
                outward, inward = LINK_ENDS.get(label, (label.lower(), f"{label.lower()} of"))
                found.append(
                    {
                        "id": link.id,
                        "type": {"name": label, "outward": outward, "inward": inward},
                        end: {"id": getattr(link, other), "key": far.key if far else None},
                    }
                )
        return found

    def comment(self, comment: Comment) -> Fields:
        """A comment of an issue."""
        return {
            "self": f"{SITE}{self.rest}/issue/{comment.task_id}/comment/{comment.id}",
            "id": comment.id,
            "author": self._user(comment.author_id),
            "body": self._text(comment.text),
            "created": written(comment.at),
            "updated": written(comment.updated_at),
            **({"jsdPublic": comment.public} if comment.public is not None else {}),
        }

    # -- history, time -------------------------------------------------------------------------

    def history(self, change: Change) -> Fields:
        """An entry of the changelog; one change each."""
        number = change.id.removesuffix(".0")
        name, field_id = FIELD_WORD.get(change.field, (change.field, None))
        old, old_label = side(self.sandbox, change.field, change.old, change.old_label)
        new, new_label = side(self.sandbox, change.field, change.new, change.new_label)
        return {
            "id": number if number.isdecimal() else number_for("Change", change.id),
            "author": self._user(change.author_id),
            "created": written(change.at),
            "items": [
                {
                    "field": name,
                    "fieldtype": "jira",
                    **({"fieldId": field_id} if field_id else {}),
                    "from": _raw(change.field, old, old_label),
                    "fromString": old_label,
                    "to": _raw(change.field, new, new_label),
                    "toString": new_label,
                }
            ],
        }

    def _worker(self, id_: str | None, zone: str | None) -> Fields | None:
        """Who booked time, and in which zone."""
        if id_ is None:
            return None
        person = self.sandbox.world.get(Person, id_) or Person(id=id_, name="Former user")
        return self.user(replace(person, time_zone=zone))

    def worklog(self, worklog: Worklog) -> Fields:
        """Booked time, by someone in a zone where it was that day."""
        started = worklog.started_at
        zone = zone_on(started, worklog.on) if started is not None else None
        return {
            "self": f"{SITE}{self.rest}/issue/{worklog.task_id}/worklog/{worklog.id}",
            "id": worklog.id,
            "issueId": worklog.task_id,
            "author": self._worker(worklog.person_id, zone),
            "started": written(started),
            "timeSpentSeconds": worklog.minutes * 60,
            "created": written(worklog.updated_at),
            "updated": written(worklog.updated_at),
            **({"comment": self._text(worklog.text)} if worklog.text else {}),
        }


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60


def _raw(field: str, value: str | None, label: str | None) -> str | None:
    """What a changelog holds beside the words: an id, a date, seconds."""
    if field == "status":
        return status_id(label) if label else None
    if field in ("estimate_minutes", "remaining_minutes", "spent_minutes"):
        return str(int(value) * 60) if value else None
    if field in (
        "title",
        "description",
        "labels",
        "points",
        "priority",
        "type",
        "resolution",
        "key",
    ):
        return None
    if field == "blocked":
        return "[10019]" if value == "true" else ""
    return value


def _custom(custom: Custom) -> Any:
    value = custom.value
    if isinstance(value, tuple):
        return [{"value": each} for each in value]
    return written(value) if isinstance(value, datetime) else value
