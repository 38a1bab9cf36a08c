"""Against what no one here wrote: Atlassian's own descriptions, and its examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_schema_validator import OAS30Validator

from connectors.jira_service_management.catalogue import annotate, catalogue
from connectors.jira_service_management.mapping import to_records
from connectors.jira_service_management.values import items, obj
from connectors.sdk.json_body import parse_json
from connectors.sdk.records import Approval, Change, Comment, Person, Project, SlaCycle, Task
from connectors.sdk.sandbox import Request
from tests.conformance.shapes import faults
from tests.connectors_jira_service_management.conftest import Desk, Open, company

pytestmark = pytest.mark.contract

Operation = tuple[dict[str, Any], dict[str, Any]]


class Description:
    """The vendor's descriptions of the platform and of the service desk, as one."""

    def __init__(self, folder: Path) -> None:
        self.paths: list[tuple[str, re.Pattern[str], dict[str, Any], dict[str, Any]]] = []
        for tool in ("jira", "jira_service_management"):
            spec = orjson.loads((folder / tool / "spec.json").read_bytes())
            for path, operations in spec["paths"].items():
                pattern = re.compile(re.sub(r"\\?\{\w+\\?\}", "[^/]+", re.escape(path)))
                self.paths.append((path, pattern, operations, spec))
        # Paths without a variable come first: /issue/bulkfetch is no issue.
        self.paths.sort(key=lambda each: each[0].count("{"))

    def find(self, request: Request) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """The path, the operation and its description; None where there is none."""
        for path, pattern, operations, spec in self.paths:
            method = request.method.lower()
            if pattern.fullmatch(request.path) and method in operations:
                return path, operations[method], spec
        return None

    def complaints(self, request: Request) -> Iterator[str]:
        """What the description has against a request."""
        found = self.find(request)
        if found is None:
            yield f"no such path: {request.method} {request.path}"
            return
        path, operation, spec = found
        known = {
            each["name"]: each["schema"]
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        }
        for name, values in request.query.items():
            if name not in known:
                yield f"{path}: unknown parameter {name}"
                continue
            schema = known[name]
            several = schema.get("type") == "array"
            held = [_typed(value, schema["items"] if several else schema) for value in values]
            yield from _errors(path, {**schema}, spec, held if several else held[0])
        body = operation.get("requestBody")
        if body is None:
            if request.body:
                yield f"{path}: takes no body"
        elif request.body or body.get("required"):
            schema = body["content"]["application/json"]["schema"]
            yield from _errors(path, {"allOf": [schema]}, spec, request.json())


def _typed(value: str, schema: dict[str, Any]) -> Any:
    return int(value) if schema.get("type") == "integer" and value.isdecimal() else value


def _errors(path: str, schema: Any, spec: dict[str, Any], held: Any) -> Iterator[str]:
    root = {**schema, "components": spec["components"]}
    yield from (f"{path}: {error.message}" for error in OAS30Validator(root).iter_errors(held))


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def everything(desk: Desk, **options: Any) -> list[Request]:
    """All that the connector ever asks, as the sandbox saw it."""
    connector = desk.with_options(**options)
    connector.check()
    read = desk.read(connector=connector)
    desk.clock.sleep(13 * 3600)
    for task in desk.sandbox.world.all(Task):
        desk.sandbox.world.edit(task.id, title=f"{task.title}!")
    desk.read(read.cursors, connector=connector)
    project = desk.native(Project, "help")
    for stream in ("tasks", "approvals"):
        ids = [id_ for batch in connector.census(stream, project) for id_ in batch]
        connector.confirm(stream, [*ids, "77"])
        connector.count(stream, project)
    return desk.sandbox.log


def test_every_request_is_one_that_atlassian_describes(
    open_desk: Open, description: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jira_service_management.client.HISTORIES", 1)
    monkeypatch.setattr("connectors.jira_service_management.connector.LANE_ISSUES", 1)
    asked: list[Request] = []
    for options in ({}, {"service_desks": ("HELP",)}):
        desk = open_desk(company(), page_size=1)
        task = desk.native(Task, "r1")
        for number in range(25):
            comment = Comment(id=f"9{number:03}", task_id=task, text="!", at=desk.clock.now())
            desk.sandbox.world.put(comment)
        asked += everything(desk, **options)
    assert [each for request in asked for each in description.complaints(request)] == []
    found = [description.find(request) for request in asked]
    assert {each[0].removeprefix("/rest/") for each in found if each is not None} == {
        "servicedeskapi/info", "servicedeskapi/organization",
        "servicedeskapi/request/{issueIdOrKey}/approval", "api/3/myself", "api/3/project/search",
        "api/3/project/{projectIdOrKey}", "api/3/users/search", "api/3/field",
        "api/3/field/search", "api/3/status", "api/3/search/jql",
        "api/3/search/approximate-count", "api/3/changelog/bulkfetch", "api/3/issue/bulkfetch",
        "api/3/issue/{issueIdOrKey}/comment",
    }  # fmt: skip
    for path in ("search/jql", "changelog/bulkfetch"):
        assert any(b"nextPageToken" in each.body for each in asked if path in each.path)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/rest/servicedeskapi/desk", {}, b""),
        ("GET", "/rest/servicedeskapi/request/1/approval", {"startAt": ["0"]}, b""),
        ("GET", "/rest/servicedeskapi/organization", {"limit": ["all"]}, b""),
        ("GET", "/rest/servicedeskapi/info", {}, b"{}"),
        ("GET", "/rest/api/3/project/search", {"status": ["sleeping"]}, b""),
        ("POST", "/rest/api/3/search/jql", {}, b'{"jql":"x","startAt":0}'),
        ("POST", "/rest/api/3/changelog/bulkfetch", {}, b"{}"),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, method: str, path: str, query: Any, body: bytes
) -> None:
    assert list(description.complaints(Request(method, path, query, {}, body)))


def test_the_imitation_answers_in_the_described_shapes(
    open_desk: Open, description: Description
) -> None:
    """What the sandbox says for the service desk is valid by Atlassian's description."""
    desk = open_desk(company())
    task = desk.native(Task, "r1")
    http = desk.connect().client.http  # type: ignore[attr-defined]
    for path in ("organization", f"request/{task}/approval"):
        found = description.find(Request("GET", f"/rest/servicedeskapi/{path}", {}, {}))
        assert found is not None
        schema = found[1]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = http.get(f"/rest/servicedeskapi/{path}")
        assert answer["values"]
        assert list(_errors(path, schema, found[2], answer)) == []
    clocks = description.find(Request("GET", "/rest/servicedeskapi/request/1/sla/1", {}, {}))
    assert clocks is not None
    schema = clocks[1]["responses"]["200"]["content"]["application/json"]["schema"]
    body = {"jql": "projectType = service_desk", "fields": list(desk.sandbox.clocks)}
    for issue in http.post("/rest/api/3/search/jql", json=body)["issues"]:
        for clock in issue["fields"].values():
            assert list(_errors("sla", schema, clocks[2], clock)) == []


# -- Atlassian's own examples, and real answers of the platform ------------------------------------


def example(contracts: Path, name: str) -> Any:
    """The body of one of Atlassian's examples."""
    file = f"ex_get_rest_servicedeskapi_{name}_200.json"
    path = contracts / "jira_service_management" / "recorded" / file
    return orjson.loads(path.read_bytes())["response"]["body"]


def test_an_example_of_an_sla_is_three_runs(contracts: Path) -> None:
    clock = example(contracts, "request__issueIdOrKey__sla__slaMetricId_")
    body = {
        "issue": {"id": "1", "fields": {"customfield_9": clock}},
        "fields": {"customfield_9": ["SLA", "sla"]},
    }
    told = [each for each in to_records("tasks", body) if isinstance(each, SlaCycle)]
    ended, missed, going = told
    assert len({each.id for each in told}) == 3
    assert {each.name for each in told} == {clock["name"]}
    assert (ended.breached, ended.elapsed_minutes, ended.goal_minutes) == (False, 7, 240)
    assert (missed.breached, missed.elapsed_minutes) == (True, 323)
    assert missed.breach_at is not None
    assert missed.stopped_at is not None
    assert missed.breach_at < missed.stopped_at
    # Outside its hours a clock runs on without a time at which it will have been missed.
    assert (going.stopped_at, going.breach_at, going.paused, going.elapsed_minutes) == (
        None, None, False, 94,
    )  # fmt: skip


def test_an_example_of_an_approval(contracts: Path) -> None:
    approval = example(contracts, "request__issueIdOrKey__approval__approvalId_")
    [told] = to_records("approvals", {"request_id": "2", "approvals": [approval]})
    assert isinstance(told, Approval)
    assert (told.id, told.decision, told.name) == ("2:1", "approved", approval["name"])
    assert told.approver_ids == (approval["approvers"][0]["approver"]["accountId"],)
    assert told.asked_at is not None
    assert told.decided_at is not None
    assert told.decided_at.timestamp() * 1000 == approval["completedDate"]["epochMillis"]


def test_an_example_of_organizations(contracts: Path) -> None:
    [held] = example(contracts, "organization")["values"]
    [told] = to_records("people", {"organization": held})
    assert told == Person(id=f"organization:{held['id']}", name=held["name"], kind="group")


def bodies(contracts: Path, prefix: str) -> list[dict[str, Any]]:
    """Real answers of the platform whose files begin so, cleaned as the door cleans them."""
    files = sorted((contracts / "jira" / "recorded").glob(f"{prefix}*.json"))
    return [parse_json(file.read_bytes())[0]["response"]["body"] for file in files]


def test_real_requests_map_without_loss(contracts: Path) -> None:
    """Issues that real Jiras answered, with their fields as those sites describe them."""
    [described] = bodies(contracts, "gojira_all_fields")
    known = catalogue(described, [], [], None)
    issues = [each for each in bodies(contracts, "devlake_jira_api_issues") if obj(each).get("id")]
    assert len(issues) >= 10
    for issue in issues:
        history = annotate(items(obj(issue.get("changelog")).get("histories")), {})
        fields = obj(issue.get("fields"))
        body = {"issue": issue, "fields": known.describe(fields), "changelog": history}
        records = list(to_records("tasks", body))
        [task] = [each for each in records if isinstance(each, Task)]
        assert [fault for record in records for fault in faults(record)] == []
        assert (task.id, task.key, task.title) == (issue["id"], issue["key"], fields["summary"])
        assert task.status is not None
        assert task.created_at is not None
        changed = [each for each in records if isinstance(each, Change)]
        assert len(changed) == sum(len(each["items"]) for each in history)


def test_changelogs_in_bulk_tell_their_time_as_a_number(
    description: Description,
) -> None:
    found = description.find(Request("POST", "/rest/api/3/changelog/bulkfetch", {}, {}))
    assert found is not None
    [log] = found[1]["responses"]["200"]["content"]["application/json"]["example"][
        "issueChangeLogs"
    ]
    body = {"issue": {"id": "1", "fields": {}}, "changelog": log["changeHistories"]}
    changed = [each for each in to_records("tasks", body) if isinstance(each, Change)]
    assert [each.at.timestamp() for each in changed] == [
        each["created"] for each in log["changeHistories"]
    ]


def test_real_changelogs_map_without_loss(contracts: Path) -> None:
    entries = bodies(contracts, "devlake_jira_api_issue_changelogs")
    assert len(entries) >= 10
    for entry in entries:
        body = {"issue": {"id": "1", "fields": {}}, "changelog": [entry]}
        changed = [each for each in to_records("tasks", body) if isinstance(each, Change)]
        assert len(changed) == len(entry["items"])
        assert [fault for record in changed for fault in faults(record)] == []
