"""Against what no one here wrote: Atlassian's own description, and what real Jiras answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_schema_validator import OAS30Validator

from connectors.jira import tasks
from connectors.jira.catalogue import Catalogue, annotate, catalogue
from connectors.jira.connector import Jira
from connectors.jira.mapping import to_records
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract


@dataclass
class Description:
    """The vendor's descriptions of platform and boards, as one list of paths."""

    paths: list[tuple[re.Pattern[str], dict[str, Any], dict[str, Any]]]

    def find(self, path: str, method: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The described operation; fails for an unknown path or method."""
        for pattern, operations, spec in self.paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                return operations[method.lower()], spec
        pytest.fail(f"{method} {path} is in no description")


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    found = []
    for name in ("spec.json", "spec_agile.json"):
        spec = orjson.loads((contracts / "jira" / name).read_bytes())
        for path, operations in spec["paths"].items():
            pattern = re.compile(re.sub(r"\\?\{\w+\\?\}", "[^/]+", re.escape(path)))
            found.append((pattern, operations, spec))
    # Paths without a variable come first: /issue/bulkfetch is no issue.
    found.sort(key=lambda each: each[0].pattern.count("[^/]+"))
    return Description(found)


def typed(value: str, schema: dict[str, Any]) -> Any:
    """A query value as the type that the description gives it."""
    match schema.get("type"):
        case "integer":
            return int(value)
        case "boolean":
            return {"true": True, "false": False}[value]
        case _:
            return value


def complaints(request: Request, description: Description) -> Iterator[str]:
    """What the vendor's description has against a request."""
    operation, spec = description.find(request.path, request.method)
    known = {
        each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"
    }
    for name, values in request.query.items():
        if name not in known:
            yield f"{request.path}: unknown parameter {name}"
            continue
        schema = known[name]["schema"]
        single = schema.get("items", schema) if schema.get("type") == "array" else schema
        held = [typed(value, single) for value in values]
        root = {**schema, "components": spec["components"]}
        instance = held if schema.get("type") == "array" else held[0]
        yield from (f"{name}: {e.message}" for e in OAS30Validator(root).iter_errors(instance))
    required = {name for name, each in known.items() if each.get("required")}
    yield from (f"{request.path}: {name} is missing" for name in required - set(request.query))
    body = operation.get("requestBody")
    if request.body or (body and body.get("required")):
        if not body:
            yield f"{request.path}: takes no body"
            return
        schema = body["content"]["application/json"]["schema"]
        root = {"allOf": [schema], "components": spec["components"]}
        errors = OAS30Validator(root).iter_errors(request.json())
        yield from (f"{request.path}: {error.message}" for error in errors)


def everything(make: Any, clock: Any) -> list[Request]:
    """All that the connector ever asks of Cloud, as the sandbox saw it."""
    seen: list[Request] = []
    for options in ({}, {"projects": ["WEB", "OPS"]}):
        site = make(options=options, page_size=2)
        jira = site.jira
        jira.check()
        jira.scopes()
        for stream in Jira.streams:
            site.turn(stream)
        clock.pass_by(hours=1)
        for task in site.sandbox.world.all(Task):
            site.sandbox.world.edit(task.id, title="New")
        for index in range(30):
            task = site.native(Task, "s1")
            site.sandbox.world.put(
                Comment(id=f"99{index:03d}", task_id=task, text="!", at=clock.at)
            )
        for stream in Jira.streams:
            site.turn(stream)
        project = site.native(Project, "web")
        ids = [id_ for batch in jira.census("tasks", project) for id_ in batch]
        jira.confirm("tasks", [*ids, "77"])
        jira.count("tasks", project)
        seen += site.sandbox.log
    return seen


def test_every_request_is_one_that_atlassian_describes(
    make: Any, clock: Any, description: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LANE_ISSUES", 2)
    monkeypatch.setattr("connectors.jira.cloud.HISTORIES", 5)
    requests = everything(make, clock)
    asked = {re.sub(r"/\d{2,}", "/{}", each.path).partition("/rest/")[2] for each in requests}
    assert asked == {
        "api/3/serverInfo", "api/3/myself", "api/3/project/search", "api/3/project/{}",
        "api/3/project/{}/versions", "api/3/users/search", "api/3/field", "api/3/field/search",
        "api/3/status", "api/3/search/jql", "api/3/search/approximate-count",
        "api/3/changelog/bulkfetch", "api/3/issue/bulkfetch", "api/3/issue/{}/comment",
        "api/3/worklog/updated", "api/3/worklog/deleted", "api/3/worklog/list",
        "agile/1.0/board", "agile/1.0/board/{}/configuration", "agile/1.0/board/{}/sprint",
    }  # fmt: skip
    assert any(b"nextPageToken" in each.body for each in requests if "changelog" in each.path)
    assert any(b"nextPageToken" in each.body for each in requests if "search/jql" in each.path)
    found = [each for request in requests for each in complaints(request, description)]
    assert found == []


def test_the_check_itself_sees_what_is_wrong(description: Description) -> None:
    """Else the test above could not fail."""
    rest = "/rest/api/3"

    def said(method: str, path: str, query: Any = None, body: bytes = b"") -> list[str]:
        return list(complaints(Request(method, rest + path, query or {}, {}, body), description))

    assert said("GET", "/project/search", {"status": ["sleeping"]})
    assert said("GET", "/project/search", {"limit": ["5"]})
    assert said("POST", "/search/jql", body=b'{"jql":"x","startAt":0}')
    assert said("POST", "/changelog/bulkfetch", body=b'{"maxResults":20000,"issueIdsOrKeys":["1"]}')
    assert said("POST", "/changelog/bulkfetch", body=b"{}")
    assert not said("POST", "/changelog/bulkfetch", body=b'{"issueIdsOrKeys":["1"]}')
    with pytest.raises(pytest.fail.Exception):
        said("GET", "/comment/all")


# -- recorded answers ------------------------------------------------------------------------------


@dataclass
class Recorded:
    """Real answers by file, and the catalogue of the sites that gave them."""

    folder: Path
    known: Catalogue

    def body(self, name: str) -> Any:
        """The answer of one file."""
        return orjson.loads((self.folder / f"{name}.json").read_bytes())["response"]["body"]

    def named(self, prefix: str) -> dict[str, Any]:
        """The answers of all files whose names begin so."""
        found = sorted(path.stem for path in self.folder.glob(f"{prefix}*.json"))
        return {name: body for name in found if (body := self.body(name)) is not None}

    def issue(self, issue: dict[str, Any], fields: dict[str, list[str]] | None = None) -> Any:
        """An issue as the connector wraps it."""
        histories = (issue.get("changelog") or {}).get("histories", [])
        own = fields or self.known.describe(issue.get("fields") or {})
        return {
            "issue": issue,
            "changelog": annotate(histories, self.known.categories),
            "fields": own,
        }

    def task(self, name: str, fields: dict[str, list[str]] | None = None) -> Task:
        """The task of a file with one issue."""
        found: Task = one(to_records("tasks", self.issue(self.body(name), fields)), Task)
        return found


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    folder = contracts / "jira" / "recorded"
    found = Recorded(folder, Catalogue())
    fields = found.body("nango_list-fields_get_00")
    statuses = list(found.named("devlake_jira_api_status_").values())
    return Recorded(folder, catalogue(fields, [], statuses, None))


def one(records: Any, kind: type[Any]) -> Any:
    found = [each for each in records if type(each) is kind]
    assert len(found) == 1
    return found[0]


def issues_of(recorded: Recorded) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recorded issue, from pages and alone."""
    alone = (
        *recorded.named("devlake_jira_api_issues_"),
        *recorded.named("nango_get-issue_"),
        "jiraruby_issue__10002",
    )
    for name in alone:
        yield name, recorded.body(name)
    for name in (
        "gojira_issues_in_sprint", "jiraruby_board__1_issues", "jiraruby_issue",
        "jiraruby_project__SAMPLEPROJECT.issues", "jiraruby_sprint__1_issues",
        "jiraruby_rapidview__SAMPLEPROJECT.issues.full",
    ):  # fmt: skip
        for issue in recorded.body(name)["issues"]:
            yield name, issue


def test_every_recorded_issue_is_read_without_loss(recorded: Recorded) -> None:
    count = 0
    for name, issue in issues_of(recorded):
        records = list(to_records("tasks", recorded.issue(issue)))
        fields = issue.get("fields") or {}
        task = one(records, Task)
        assert (task.id, task.key) == (issue["id"], issue["key"]), name
        if "summary" in fields:
            assert task.title == fields["summary"]
        if "status" in fields:
            assert task.status_label == fields["status"]["name"]
        for written, ours in (("created", task.created_at), ("updated", task.updated_at)):
            assert (ours is not None) == (fields.get(written) is not None), name
        comments = fields.get("comment") or []
        comments = comments["comments"] if isinstance(comments, dict) else comments
        assert ids(records, Comment) == [each["id"] for each in comments]
        histories = (issue.get("changelog") or {}).get("histories", [])
        assert sum(isinstance(each, Change) for each in records) == sum(
            len(each["items"]) for each in histories
        )
        count += 1
    assert count >= 55


def ids(records: list[Record], kind: type[Record]) -> list[str]:
    return [each.id for each in records if type(each) is kind]


@pytest.mark.parametrize(
    ("stream", "key", "prefixes", "count"),
    [
        ("projects", "project", ("devlake_jira_api_projects_", "gojira_project",
                                 "nango_get-project", "jiraruby_project__SAMPLEPROJECT"), 13),
        ("people", "user", ("devlake_jira_api_users_", "jiraruby_user"), 11),
        ("worklogs", "worklog", ("devlake_jira_api_worklogs_",
                                 "jiraruby_issue__10002__worklog__"), 12),
        ("sprints", "sprint", ("devlake_jira_api_sprints_", "jiraruby_sprint__1"), 11),
        ("milestones", "version", ("jiraruby_version",), 3),
    ],
)  # fmt: skip
def test_every_recorded_thing_is_read(
    recorded: Recorded, stream: str, key: str, prefixes: tuple[str, ...], count: int
) -> None:
    bodies = {name: body for prefix in prefixes for name, body in recorded.named(prefix).items()}
    things = {n: b for n, b in bodies.items() if "issues" not in b and "errorMessages" not in b}
    for name, body in things.items():
        records = list(to_records(stream, {key: body}))
        held = (
            body.get("accountId") or body.get("key") or body["name"]
            if key == "user"
            else body["id"]
        )
        assert [each.id for each in records] == [str(held)], name
    assert len(things) == count


def test_recorded_lists_are_read_without_loss(recorded: Recorded) -> None:
    for name in ("gojira_sprints", "gojira_sprints_filtered"):
        values = recorded.body(name)["values"]
        found = [each for value in values for each in to_records("sprints", {"sprint": value})]
        assert [each.id for each in found] == [str(value["id"]) for value in values]
    worklogs = recorded.body("jiraruby_issue__10002__worklog")["worklogs"]
    found = [each for value in worklogs for each in to_records("worklogs", {"worklog": value})]
    assert [each.id for each in found] == [value["id"] for value in worklogs]
    comments = recorded.body("jiraruby_issue__10002__comment")
    issue = {"id": "10002", "fields": {"comment": comments}}
    records = list(to_records("tasks", {"issue": issue}))
    assert ids(records, Comment) == [each["id"] for each in comments["comments"]]
    histories = list(recorded.named("devlake_jira_api_issue_changelogs_").values())
    body = {"issue": {"id": "13383"}, "changelog": annotate(histories, recorded.known.categories)}
    found = [each for each in to_records("tasks", body) if isinstance(each, Change)]
    assert {each.id.partition(".")[0] for each in found} == {each["id"] for each in histories}
    assert len(found) == sum(len(each["items"]) for each in histories)


def test_recorded_fields_and_statuses_make_a_catalogue(recorded: Recorded) -> None:
    custom = recorded.known.custom
    assert custom == {
        "customfield_10001": ["Team", "team"],
        "customfield_10015": ["Start date", "start"],
        "customfield_10021": ["Flagged", "flagged"],
    }
    assert len(recorded.known.categories) == 10
    assert recorded.known.categories["3"] == "indeterminate"
    old = catalogue(
        recorded.body("gojira_all_fields"), [], recorded.body("gojira_all_statuses"), None
    )
    assert len(old.categories) == 37
    assert set(old.categories.values()) <= {"new", "indeterminate", "done", "undefined"}


# Facts below were read from the recorded answers by eye, not computed.


def test_facts_of_recorded_issues(recorded: Recorded) -> None:
    first = recorded.task("devlake_jira_api_issues_000")
    assert (first.status, first.priority, first.milestone_id) == ("todo", 3, "10026")
    assert first.due_on == date(2025, 3, 9)
    assert first.created_at == datetime(2020, 6, 12, 0, 13, 13, 360000, UTC)
    assert first.assignee_ids == ("5ecfbd0c730ec90c1999cadf",)
    assert first.labels == ("frontEnd", "Saas")
    assert first.url is not None
    assert first.url.endswith(".atlassian.net/browse/EE-1")

    subtask = recorded.task("devlake_jira_api_issues_018")
    assert (subtask.type, subtask.parent_id) == ("subtask", "10063")
    assert (subtask.status, subtask.resolution) == ("cancelled", "Won't Do")

    booked = recorded.task("devlake_jira_api_issues_012")
    assert (booked.estimate_minutes, booked.spent_minutes, booked.remaining_minutes) == (
        360, 120, 240,
    )  # fmt: skip
    assert booked.start_on == date(2020, 6, 12)

    assert [recorded.task(f"devlake_jira_api_issues_0{n}").status for n in (14, 15, 16, 19)] == [
        "cancelled", "done", "cancelled", "done",
    ]  # fmt: skip

    modern = recorded.task("nango_get-issue_get_00")
    assert (modern.key, modern.status, modern.status_label) == ("KAN-2", "in_progress", "In Review")
    assert (modern.spent_minutes, modern.remaining_minutes, modern.estimate_minutes) == (
        540,
        0,
        None,
    )
    assert (modern.assignee_ids, modern.blocked, modern.url) == ((), False, None)
    assert modern.description == (
        "This is a test issue created for testing the delete-comment action"
    )

    ancient = recorded.task("jiraruby_issue__10002")
    assert (ancient.status, ancient.status_label) == (None, "Open")  # no category in 2011
    assert (ancient.priority, ancient.priority_label) == (3, "Major")
    assert ancient.created_at == datetime(2011, 12, 13, 21, 26, 6, 30000, UTC)

    server = recorded.body("gojira_issues_in_sprint")["issues"][0]
    described = {"customfield_10105": ["Story Points", "points"]}
    task = one(to_records("tasks", recorded.issue(server, described)), Task)
    assert (task.points, task.resolution, task.key) == (13.0, "Done", "AR-86")


def test_facts_of_recorded_sprint_membership(recorded: Recorded) -> None:
    described = {"customfield_10020": ["Sprint", "sprint"]}
    issue = recorded.issue(recorded.body("devlake_jira_api_issues_003"), described)
    membership = one(to_records("tasks", issue), Membership)
    assert (membership.container_id, membership.task_id) == ("7", "10066")


def test_facts_of_recorded_history(recorded: Recorded) -> None:
    found: dict[str, Change] = {}
    for body in recorded.named("devlake_jira_api_issue_changelogs_").values():
        item = {"issue": {"id": "13383"}, "changelog": annotate([body], recorded.known.categories)}
        found |= {each.id: each for each in to_records("tasks", item) if isinstance(each, Change)}
    fields = {each.field for each in found.values()}
    assert {"status", "priority", "estimate_minutes", "remaining_minutes", "description"} <= fields
    moved = found["58006.0"]
    assert (moved.field, moved.old, moved.old_label) == ("status", "todo", "Open")
    estimates = [each for each in found.values() if each.field == "estimate_minutes"]
    assert (estimates[0].old, estimates[0].new) == (None, "120")
    raised = next(each for each in found.values() if each.field == "priority")
    assert (raised.old, raised.new, raised.new_label) == ("3", "2", "High")
    assert found["57278.0"].at == datetime(2021, 1, 25, 3, 9, 27, 985000, UTC)


def test_facts_of_recorded_containers_and_people(recorded: Recorded) -> None:
    sprint = one(
        to_records("sprints", {"sprint": recorded.body("devlake_jira_api_sprints_000")}), Sprint
    )
    assert (sprint.id, sprint.board_id, sprint.state, sprint.goal) == ("7", "8", "closed", "")
    assert sprint.completed_at == datetime(2020, 6, 22, 5, 59, 58, 980000, UTC)
    west = recorded.body("gojira_sprints")["values"][0]
    zoned = one(to_records("sprints", {"sprint": west}), Sprint)
    assert zoned.start_at == datetime(2016, 4, 11, 14, 29, 3, 294000, UTC)
    assert zoned.goal is None  # that Jira does not say

    robot = one(to_records("people", {"user": recorded.body("devlake_jira_api_users_000")}), Person)
    assert (robot.kind, robot.active, robot.email) == ("app", True, None)

    version = recorded.body("jiraruby_version__10000")
    milestone = one(to_records("milestones", {"version": version}), Milestone)
    assert (milestone.name, milestone.state, milestone.due_on) == ("1.0", "open", date(2012, 1, 12))

    project = one(
        to_records("projects", {"project": recorded.body("nango_get-project_get_00")}), Project
    )
    assert (project.id, project.key, project.state) == ("10000", "KAN", "active")

    worklog = recorded.body("devlake_jira_api_worklogs_001")
    booked = one(to_records("worklogs", {"worklog": worklog}), Worklog)
    assert (booked.minutes, booked.on, booked.task_id) == (120, date(2020, 7, 22), "10079")


def test_facts_of_a_recorded_board(recorded: Recorded) -> None:
    configured = recorded.body("gojira_board_configuration")
    columns = configured["columnConfig"]["columns"]
    body = {"board": {"id": configured["id"], "name": configured["name"], "columns": columns}}
    found = [each for each in to_records("sprints", body) if isinstance(each, Column)]
    assert [(each.name, each.wip_min, each.wip_max) for each in found] == [
        ("Backlog", 5, 30), ("Selected for development", None, 20), ("In Progress", None, None),
        ("Blocked", None, None), ("QA", None, 10), ("Done", None, None),
    ]  # fmt: skip
