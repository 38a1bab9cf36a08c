"""The rows of an imitated organization, made of its world."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.salesforce.sandbox_adopt import FIELDS, FOUNDED, LOOKUP, Adoption
from connectors.salesforce.sandbox_schema import PREFIXES, full_id
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    CustomValue,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)
from connectors.sdk.sandbox import World

Row = dict[str, Any]
KINDS: Mapping[str, type[Record]] = {
    "Campaign": Project, "Project__c": Project, "Task": Task, "Case": Task,
    "CaseComment": Comment, "CaseMilestone": SlaCycle, "ProcessInstance": Approval,
}  # fmt: skip


class Render:
    """Makes the rows of an object.

    Args:
        projects: the object that projects are kept in.
    """

    def __init__(self, world: World, adoption: Adoption, projects: str) -> None:
        self._world = world
        self._adoption = adoption
        self._projects = projects

    def rows(self, object: str) -> list[Row]:
        """Every row of an object, the recycle bin's too, with all its fields."""
        makers: Mapping[str, Callable[[], Iterator[Row]]] = {
            "User": self._users,
            "Group": self._groups,
            "CaseHistory": self._history,
            "ProcessInstanceWorkitem": self._workitems,
            "TaskStatus": lambda: self._statuses("Task"),
            "CaseStatus": lambda: self._statuses("Case"),
        }
        if object in makers:
            return list(makers[object]())
        if object not in KINDS:
            return []
        kind = KINDS[object]
        living = [self._row(each) for each in self._world.all(kind) if self._is(each, object)]
        return [*living, *self._bin(kind, object)]

    def _is(self, record: Record, object: str) -> bool:
        if isinstance(record, Project):
            return object == self._projects
        return record.id.startswith(PREFIXES[object])

    def _row(self, record: Record) -> Row:
        match record:
            case Project():
                return self._project(record)
            case Task():
                return self._case(record) if record.id.startswith("500") else self._task(record)
            case Comment():
                return self._comment(record)
            case SlaCycle():
                return self._milestone(record)
            case Approval():
                return self._approval(record)
            case _:
                raise AssertionError(record)

    def _bin(self, kind: type[Record], object: str) -> Iterator[Row]:
        """What was deleted stays in the recycle bin, and is found by its time of deletion."""
        for (gone_kind, id), (reason, at) in self._world.gone.items():
            if gone_kind is kind and reason == "deleted" and id.startswith(PREFIXES[object]):
                yield {
                    "Id": id,
                    "IsDeleted": True,
                    "IsRecurrence": False,
                    "IsClosed": False,
                    "IsCompleted": False,
                    "CreatedDate": written(FOUNDED),
                    "LastModifiedDate": written(at),
                    "SystemModstamp": written(at),
                    "TargetObjectId": "500",
                }

    def _system(self, record: Record, created: datetime | None, changed: datetime | None) -> Row:
        """Whatever touches a row moves `SystemModstamp`; only people's edits `LastModifiedDate`."""
        changed = changed or created or FOUNDED
        touched = self._world.edited.get((type(record), record.id), changed)
        return {
            "Id": record.id,
            "IsDeleted": False,
            "CreatedDate": written(created or FOUNDED),
            "LastModifiedDate": written(changed),
            "SystemModstamp": written(max(touched, changed)),
        }

    def _project(self, project: Project) -> Row:
        due = project.due_on
        return {
            **self._system(project, project.created_at, project.updated_at),
            "Name": project.name,
            "Description": project.description,
            "ParentId": project.parent_id,
            "OwnerId": project.owner_id,
            "StartDate": written(project.start_on),
            "EndDate": written(due),
            "Status": "In Progress",
            "IsActive": True,
            **_custom(project.custom),
        }

    def _work(self, task: Task) -> Row:
        return {
            **self._system(task, task.created_at, task.updated_at),
            "Subject": task.title,
            "Description": task.description,
            "Status": task.status_label,
            "IsClosed": task.status in ("done", "cancelled"),
            "Priority": task.priority_label,
            "OwnerId": task.assignee_ids[0] if task.assignee_ids else None,
            "CreatedById": task.reporter_id,
        }

    def _task(self, task: Task) -> Row:
        return {
            **self._work(task),
            "ActivityDate": written(task.due_on),
            "WhatId": task.project_id,
            "WhoId": None,
            "CompletedDateTime": written(task.completed_at),
            "TaskSubtype": "Task",
            "IsHighPriority": task.priority_label == "High",
            "IsArchived": task.archived,
            "IsRecurrence": False,
            **_custom(task.custom),
        }

    def _case(self, case: Task) -> Row:
        held = {each.id: each.value for each in case.custom}
        kind = held.pop("RecordTypeId", None)
        return {
            **self._work(case),
            "CaseNumber": case.key,
            "Type": None,
            "IsEscalated": held.pop("IsEscalated", False),
            "ParentId": case.parent_id,
            "ClosedDate": written(case.completed_at),
            "RecordTypeId": None if kind is None else made_up("012", str(kind)),
            "RecordType": kind and _parent("RecordType", "012", str(kind)),
            LOOKUP: case.project_id,
            **{name: _value(value) for name, value in held.items()},
        }

    def _comment(self, comment: Comment) -> Row:
        return {
            **self._system(comment, comment.at, comment.updated_at),
            "ParentId": comment.task_id,
            "CommentBody": comment.text,
            "IsPublished": comment.public,
            "CreatedById": comment.author_id,
        }

    def _milestone(self, cycle: SlaCycle) -> Row:
        overdue = cycle.breach_at is not None and (
            (cycle.stopped_at or self._world.now()) > cycle.breach_at
        )
        return {
            **self._system(cycle, cycle.started_at, cycle.stopped_at),
            "CaseId": cycle.task_id,
            "MilestoneTypeId": made_up("557", cycle.name),
            "MilestoneType": _parent("MilestoneType", "557", cycle.name),
            "StartDate": written(cycle.started_at),
            "TargetDate": written(cycle.breach_at),
            "CompletionDate": written(cycle.stopped_at),
            "IsCompleted": cycle.stopped_at is not None,
            "IsViolated": bool(cycle.breached) or overdue,
            "TargetResponseInMins": cycle.goal_minutes,
        }

    def _approval(self, approval: Approval) -> Row:
        pending = approval.decision == "pending"
        items = _children(
            "ProcessInstanceWorkitem", approval,
            {"IsDeleted": not pending},  # what was decided stays in the recycle bin
        )  # fmt: skip
        steps = _children("ProcessInstanceStep", approval, {"StepStatus": approval.decision_label})
        return {
            **self._system(approval, approval.asked_at, approval.decided_at),
            "TargetObjectId": approval.task_id,
            "Status": approval.decision_label,
            "CompletedDate": written(approval.decided_at),
            "ProcessDefinitionId": made_up("04a", approval.name or ""),
            "ProcessDefinition": _parent("ProcessDefinition", "04a", approval.name or ""),
            "Workitems": items,
            "Steps": None if pending else steps,
        }

    def _workitems(self) -> Iterator[Row]:
        for row in self.rows("ProcessInstance"):
            for each in (row.get("Workitems") or {}).get("records", ()):
                yield {**each, "SystemModstamp": row["SystemModstamp"]}

    def _users(self) -> Iterator[Row]:
        for person in self._world.all(Person):
            if person.kind != "group":
                types = {"app": "AutomatedProcess", "customer": "PowerCustomerSuccess"}
                yield {
                    **self._system(person, None, None),
                    "Name": person.name,
                    "Username": person.email or f"{person.id}@example.com",
                    "Email": person.email,
                    "IsActive": person.active,
                    "TimeZoneSidKey": person.time_zone,
                    "UserType": types.get(person.kind, "Standard"),
                }

    def _groups(self) -> Iterator[Row]:
        for person in self._world.all(Person):
            if person.kind == "group":
                row = self._system(person, None, None)
                yield {**row, "Name": person.name, "Type": "Queue"}
        yield {"Id": full_id("00G", 10**6), "SystemModstamp": written(FOUNDED),
               "CreatedDate": written(FOUNDED), "Name": "All Internal Users",
               "Type": "Organization"}  # fmt: skip

    def _history(self) -> Iterator[Row]:
        """Of a reference two rows: the ids that we know, and the names for the screen."""
        for change in self._world.all(Change):
            if not change.task_id.startswith("500"):
                continue
            id = change.id if change.id.startswith("017") else made_up("017", change.id)
            name = FIELDS.get(change.field, change.field)
            old, new = change.old_label or change.old, change.new_label or change.new
            row = {
                "Id": id,
                "IsDeleted": False,
                "CaseId": change.task_id,
                "CreatedById": change.author_id,
                "CreatedDate": written(change.at),
                "Field": name,
                "OldValue": old,
                "NewValue": new,
            }
            yield row
            if name in ("Owner", "Parent"):
                named = {"OldValue": old and f"Name of {old}", "NewValue": new and f"Name of {new}"}
                yield {**row, **named, "Id": made_up("017", id)}

    def _statuses(self, object: str) -> Iterator[Row]:
        values = self._adoption.statuses[object].values
        for number, (label, (closed, default)) in enumerate(values.items(), start=1):
            yield {
                "Id": full_id("01J", number if object == "Task" else 500 + number),
                "ApiName": label,
                "MasterLabel": label,
                "IsClosed": closed,
                "IsDefault": default,
                "SortOrder": number,
                "SystemModstamp": written(FOUNDED),
            }


def written(value: date | datetime | None) -> str | None:
    """A day, or an instant with a zone without a colon, to the second."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value.isoformat() if value else None


def made_up(prefix: str, seed: str) -> str:
    """A stable id for what the world has none for."""
    number = int(hashlib.sha256(seed.encode()).hexdigest()[:9], 16)
    return full_id(prefix, number)


def _children(object: str, approval: Approval, more: Row) -> Row | None:
    """The answer of a nested query; null when there are none."""
    children = [
        {
            "attributes": {"type": object},
            "Id": made_up(PREFIXES[object], approval.id + actor),
            "ActorId": actor,
            "ProcessInstanceId": approval.id,
            **more,
        }
        for actor in approval.approver_ids
    ]
    return {"totalSize": len(children), "done": True, "records": children} if children else None


def _parent(object: str, prefix: str, name: str) -> Row:
    return {"attributes": {"type": object}, "Id": made_up(prefix, name), "Name": name}


def _value(value: CustomValue) -> Any:
    if isinstance(value, tuple):
        return ";".join(value) or None
    return written(value) if isinstance(value, (date, datetime)) else value


def _custom(custom: tuple[Custom, ...]) -> Row:
    return {each.id: _value(each.value) for each in custom}
