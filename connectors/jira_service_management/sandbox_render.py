"""Records in the shapes of the answers of Jira and of its service desk."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from connectors.jira_service_management.sandbox_adopt import Adoption, sla_number
from connectors.jira_service_management.sandbox_words import (
    APPROVALS_FIELD,
    CATEGORY,
    FIELD_WORD,
    ISSUE_TYPE,
    RANK_FIELD,
    REQUEST_TYPE_FIELD,
    SCHEMA,
    SITE,
    document,
    epoch_ms,
    number_for,
    span,
    spelled,
    written,
    zone_on,
)
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    SlaCycle,
    Task,
    Worklog,
)

Fields = dict[str, Any]

REST = "/rest/api/3"
DESK = "/rest/servicedeskapi"
SHOWN = 20  # as many comments and worklogs come with an issue; the rest has to be asked for
CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
CATEGORY_NUMBER = {"undefined": 1, "new": 2, "done": 3, "indeterminate": 4}
RAW = {"status", "priority", "title"}  # fields of which a changelog holds no value beside the text


class Renderer:
    """Writes the world of a sandbox as Jira would."""

    def __init__(self, sandbox: Adoption, software: set[str]) -> None:
        self.sandbox = sandbox
        self.software = software

    # -- people, containers, words -------------------------------------------------------------

    def user(self, person: Person) -> Fields:
        """An account of the platform."""
        kind = {"app": "app", "customer": "customer"}.get(person.kind, "atlassian")
        return {
            "self": f"{SITE}{REST}/user?accountId={person.id}",
            "accountId": person.id,
            "accountType": kind,
            "displayName": person.name,
            "active": person.active,
            **({"emailAddress": person.email} if person.email else {}),
            **({"timeZone": person.time_zone} if person.time_zone else {}),
        }

    def _user(self, id_: str | None) -> Fields | None:
        if id_ is None:
            return None
        person = self.sandbox.world.get(Person, id_)
        return self.user(person or Person(id=id_, name="Former user", active=False))

    def organization(self, person: Person) -> Fields:
        """An organization of customers."""
        number = person.id.removeprefix("organization:")
        link = f"{SITE}{DESK}/organization/{number}"
        return {"id": number, "name": person.name, "_links": {"self": link}}

    def status(self, word: str) -> Fields:
        """A status with its category."""
        category = self.sandbox.categories.setdefault(word, "indeterminate")
        return {
            "self": f"{SITE}{REST}/status/{status_id(word)}",
            "id": status_id(word),
            "name": word,
            "statusCategory": {"id": CATEGORY_NUMBER[category], "key": category},
        }

    def project(self, project: Project) -> Fields:
        """A project of the roster."""
        return {
            "self": f"{SITE}{REST}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "description": project.description or "",
            "projectTypeKey": "software" if project.id in self.software else "service_desk",
            "simplified": False,
            **({"lead": self._user(project.owner_id)} if project.owner_id else {}),
            **({"archived": True} if project.state == "archived" else {}),
            **({"deleted": True} if project.state == "trashed" else {}),
        }

    def fields(self) -> list[Fields]:
        """The site's fields: Jira's own, those of the service desk, the custom ones."""
        desk = "com.atlassian.servicedesk"
        approvals = f"{desk}.approvals-plugin:sd-approvals"
        return [
            {"id": "summary", "name": "Summary", "custom": False, "schema": {"type": "string"}},
            _field(
                REQUEST_TYPE_FIELD, "Request Type", "sd-customerrequesttype", f"{desk}:vp-origin"
            ),
            _field(APPROVALS_FIELD, "Approvals", "sd-approvals", approvals),
            _field(RANK_FIELD, "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"),
            *(
                _field(id_, name, "sd-servicelevelagreement", f"{desk}:sd-sla-field")
                for id_, name in sorted(self.sandbox.clocks.items())
            ),
            *(
                _field(id_, name, kind, f"{CUSTOM_TYPES}{SCHEMA[kind]}")
                for id_, (name, kind) in sorted(self.sandbox.custom.items())
            ),
        ]

    # -- requests ------------------------------------------------------------------------------

    def issue(self, task: Task, wanted: frozenset[str]) -> Fields:
        """An issue with the wanted fields."""
        fields = self._all(task) if "summary" in wanted else self._few(task)
        return {
            "id": task.id,
            "self": f"{SITE}{REST}/issue/{task.id}",
            "key": task.key,
            "fields": {name: value for name, value in fields.items() if name in wanted},
        }

    def _few(self, task: Task) -> Fields:
        return {
            "created": written(task.created_at),
            "updated": written(task.updated_at),
            "project": self._project(task.project_id),
            REQUEST_TYPE_FIELD: self._request_type(task),
            **self._clocks(task),
        }

    def _all(self, task: Task) -> Fields:
        world = self.sandbox.world
        comments = world.where(Comment, "task_id", task.id)
        worklogs = world.where(Worklog, "task_id", task.id)
        subtask = task.type == "subtask"
        name = task.type_label if subtask else ISSUE_TYPE[task.type]
        priority, resolution = task.priority_label, task.resolution
        return {
            **self._few(task),
            "summary": task.title,
            "description": document(task.description),
            "status": self.status(self.sandbox.status_word(task.status, task.status_label)),
            "statuscategorychangedate": written(task.completed_at),
            "issuetype": {
                "id": number_for("type", str(name))[:5],
                "name": name,
                "subtask": subtask,
                "hierarchyLevel": {"subtask": -1, "epic": 1}.get(task.type, 0),
            },
            "priority": {"name": priority, "id": "3"} if priority else None,
            "resolution": {"name": resolution, "id": "10000"} if resolution else None,
            "resolutiondate": written(task.completed_at),
            "assignee": self._user(task.assignee_ids[0] if task.assignee_ids else None),
            "reporter": self._user(task.reporter_id),
            "labels": list(task.labels),
            "duedate": task.due_on,
            "timeoriginalestimate": _seconds(task.estimate_minutes),
            "timeestimate": _seconds(task.remaining_minutes),
            "timespent": _seconds(task.spent_minutes),
            "issuelinks": self._links(task),
            "comment": {
                "comments": [self.comment(each) for each in comments[:SHOWN]],
                "total": len(comments),
            },
            "worklog": {
                "worklogs": [self.worklog(each) for each in worklogs[:SHOWN]],
                "total": len(worklogs),
            },
            RANK_FIELD: f"0|i{task.id}:",
            **({"parent": {"id": task.parent_id}} if task.parent_id else {}),
            **{each.id: _custom(each) for each in task.custom},
        }

    def _project(self, id_: str | None) -> Fields | None:
        project = self.sandbox.world.get(Project, id_) if id_ else None
        return None if project is None else self.project(project)

    def _request_type(self, task: Task) -> Fields | None:
        if task.type == "subtask":
            return None  # made by an agent, of no request type: no request for the service desk
        status = {
            "status": task.status_label,
            "statusCategory": CATEGORY[task.status].upper(),
            "statusDate": spelled(task.updated_at),
        }
        number = number_for("request type", task.type_label or "")[:4]
        return {
            "_links": {"web": f"{SITE}/servicedesk/customer/portal/1/{task.key}"},
            "requestType": {"id": number, "name": task.type_label, "serviceDeskId": "1"},
            "currentStatus": status,
        }

    def _clocks(self, task: Task) -> Fields:
        found: Fields = {}
        for field, name in self.sandbox.clocks.items():
            held = self.sandbox.world.where(SlaCycle, "task_id", task.id)
            own = [each for each in held if each.name == name]
            ended = [self._cycle(each) for each in own if each.stopped_at is not None]
            going = [self._cycle(each) for each in own if each.stopped_at is None]
            number = sla_number(field)
            found[field] = {
                "id": number,
                "name": name,
                "_links": {"self": f"{SITE}{DESK}/request/{task.id}/sla/{number}"},
                "completedCycles": ended,
                **({"ongoingCycle": going[-1]} if going else {}),
            }
        return found

    def _cycle(self, cycle: SlaCycle) -> Fields:
        now = self.sandbox.world.now()
        goes_on = cycle.stopped_at is None
        breached, left = cycle.breached, None
        if goes_on and not cycle.paused and cycle.breach_at is not None:
            left = (cycle.breach_at - now).total_seconds() / 60
            breached = left <= 0
        elif cycle.goal_minutes is not None and cycle.elapsed_minutes is not None:
            left = cycle.goal_minutes - cycle.elapsed_minutes
        told = {
            "startTime": spelled(cycle.started_at),
            "stopTime": spelled(cycle.stopped_at),
            "breachTime": spelled(cycle.breach_at),
            "breached": breached,
            **({"paused": cycle.paused, "withinCalendarHours": True} if goes_on else {}),
            "goalDuration": span(cycle.goal_minutes),
            "elapsedTime": span(cycle.elapsed_minutes),
            "remainingTime": span(left),
        }
        return {name: value for name, value in told.items() if value is not None}

    def approval(self, approval: Approval) -> Fields:
        """An approval of a request."""
        task_id, _, number = approval.id.partition(":")
        decided = spelled(approval.decided_at)
        return {
            "id": number,
            "name": approval.name,
            "finalDecision": approval.decision,
            "canAnswerApproval": False,
            "approvers": [
                {"approver": self._customer(who), "approverDecision": approval.decision}
                for who in approval.approver_ids
            ],
            "createdDate": spelled(approval.asked_at),
            **({"completedDate": decided} if decided else {}),
            "_links": {"self": f"{SITE}{DESK}/request/{task_id}/approval/{number}"},
        }

    def _customer(self, id_: str) -> Fields:
        """An account as the service desk writes it: without its type."""
        user = self._user(id_) or {}
        return {name: value for name, value in user.items() if name not in ("self", "accountType")}

    def _links(self, task: Task) -> list[Fields]:
        world = self.sandbox.world
        found = []
        for end, name, other in (
            ("outwardIssue", "from_id", "to_id"),
            ("inwardIssue", "to_id", "from_id"),
        ):
            for link in world.where(Link, name, task.id):
                far = world.get(Task, getattr(link, other))
                found.append(
                    {
                        "id": link.id,
                        "type": {"name": link.type_label},
                        end: {"id": getattr(link, other), "key": far.key if far else None},
                    }
                )
        return found

    def comment(self, comment: Comment) -> Fields:
        """A comment of an issue."""
        return {
            "self": f"{SITE}{REST}/issue/{comment.task_id}/comment/{comment.id}",
            "id": comment.id,
            "author": self._user(comment.author_id),
            "body": document(comment.text),
            "created": written(comment.at),
            "updated": written(comment.updated_at),
            "jsdPublic": comment.public,
        }

    def _worker(self, id_: str | None, zone: str | None) -> Fields | None:
        """Who booked time, and in which zone."""
        if id_ is None:
            return None
        person = self.sandbox.world.get(Person, id_) or Person(
            id=id_, name="Former user", active=False
        )
        return self.user(replace(person, time_zone=zone))

    def worklog(self, worklog: Worklog) -> Fields:
        """Booked time, by someone in a zone where it was that day."""
        started = worklog.started_at
        zone = zone_on(started, worklog.on) if started is not None else None
        return {
            "id": worklog.id,
            "issueId": worklog.task_id,
            "author": self._worker(worklog.person_id, zone),
            "started": written(started),
            "timeSpentSeconds": worklog.minutes * 60,
            "updated": written(worklog.updated_at),
            **({"comment": document(worklog.text)} if worklog.text else {}),
        }

    def history(self, change: Change) -> Fields:
        """An entry of the changelog; one change each."""
        name, field = FIELD_WORD[change.field]
        old, old_label = self.sandbox.side(change.field, change.old, change.old_label)
        new, new_label = self.sandbox.side(change.field, change.new, change.new_label)
        number = change.id.removesuffix(".0")
        return {
            "id": number if number.isdecimal() else number_for("Change", change.id),
            "author": self._user(change.author_id),
            "created": epoch_ms(change.at),  # in bulk Jira writes a number
            "items": [
                {
                    "field": name,
                    "fieldtype": "jira",
                    "fieldId": field,
                    "from": _raw(change.field, old, old_label),
                    "fromString": old_label,
                    "to": _raw(change.field, new, new_label),
                    "toString": new_label,
                }
            ],
        }


def status_id(word: str) -> str:
    """The id of a status."""
    return number_for("status", word)[:8]


def _field(id_: str, name: str, kind: str, made_by: str) -> Fields:
    schema = {"type": kind, "custom": made_by, "customId": int(id_.rpartition("_")[2])}
    return {"id": id_, "key": id_, "name": name, "custom": True, "schema": schema}


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60


def _raw(field: str, value: str | None, label: str | None) -> str | None:
    """What a changelog holds beside the words: an id, a date, seconds."""
    if field == "status":
        return status_id(label) if label else None
    if field == "estimate_minutes":
        return str(int(value) * 60) if value else None
    return None if field in RAW else value


def _custom(custom: Custom) -> Any:
    value = custom.value
    if isinstance(value, tuple):
        return [{"value": each} for each in value]
    return written(value) if hasattr(value, "hour") else value  # type: ignore[arg-type]
