"""The Redmine connector against a Redmine that nobody here wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest

from connectors.sdk.errors import (
    ConnectorError,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.http import Bounds
from connectors.sdk.records import (
    Change,
    Comment,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)

pytestmark = [
    pytest.mark.redmine,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group(__name__),  # one server for all of them
]

STREAMS = ("projects", "people", "milestones", "tasks", "worklogs")
EARLIER = {"updated": "2026-01-01T00:00:00Z", "seen": "", "projects": ""}
STATUS = {"New": "todo", "In Progress": "in_progress", "Resolved": "in_progress",
          "Feedback": "in_progress", "Closed": "done", "Rejected": "cancelled"}  # fmt: skip
PRIORITY = {"Low": 5, "Normal": 4, "High": 3, "Urgent": 2, "Immediate": 1}


@pytest.fixture
def reader(redmine: Any, reader_of: Callable[..., Any]) -> Any:
    return reader_of(redmine.base_url, redmine.api_key)


def of_kind(records: dict[tuple[type[Record], str], Record], kind: type[Record]) -> dict[str, Any]:
    return {id: record for (found, id), record in records.items() if found is kind}


def as_day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def named(holder: dict[str, Any], key: str) -> str | None:
    return str(holder[key]["id"]) if holder.get(key) else None


def test_check_says_who_we_are(redmine: Any, reader: Any) -> None:
    identity = reader.connector.check()
    assert identity.account == "admin"
    assert {scope.name for scope in identity.scopes} == {
        "PMO Portfolio", "ERP rollout", "Intranet relaunch",
    }  # fmt: skip
    assert identity.warnings == []


def test_every_stream_says_what_rest_says(redmine: Any, reader: Any) -> None:
    tasks = reader.read("tasks").records("tasks")
    truth = redmine.issues(include="relations")
    found = of_kind(tasks, Task)
    assert found.keys() == truth.keys()
    assert len(found) >= 60
    for id, issue in truth.items():
        task = found[id]
        closed = issue["status"]["is_closed"]
        assert task.title == issue["subject"]
        assert task.status == STATUS[issue["status"]["name"]]
        assert task.priority == PRIORITY[issue["priority"]["name"]]
        assert task.project_id == named(issue, "project")
        assert task.parent_id == named(issue, "parent")
        assert task.milestone_id == named(issue, "fixed_version")
        assert task.reporter_id == named(issue, "author")
        assert task.assignee_ids == (
            (named(issue, "assigned_to"),) if "assigned_to" in issue else ()
        )
        assert (task.start_on, task.due_on) == (
            as_day(issue["start_date"]), as_day(issue["due_date"]),
        )  # fmt: skip
        assert task.updated_at == datetime.fromisoformat(issue["updated_on"])
        assert task.completed_at == (datetime.fromisoformat(issue["closed_on"]) if closed else None)
        hours = issue["estimated_hours"]
        assert task.estimate_minutes == (None if hours is None else hours * 60)
        assert task.spent_minutes == issue["spent_hours"] * 60
        assert task.percent_complete == issue["done_ratio"]
        assert {each.name: each.value for each in task.custom if each.id != "category"} == {
            each["name"]: each["value"] for each in issue["custom_fields"]
        }
    sample = list(truth)[::3]  # journals come one issue at a time
    journals = [(id, each) for id in sample for each in redmine.issue(id)["journals"]]
    comments = {id: c for id, c in of_kind(tasks, Comment).items() if c.task_id in sample}
    assert {(c.task_id, c.id, c.text) for c in comments.values()} == {
        (id, str(each["id"]), each["notes"]) for id, each in journals if each["notes"]
    }
    assert len(comments) > 5
    changes = [change for change in of_kind(tasks, Change).values() if change.task_id in sample]
    assert len(changes) == sum(len(each["details"]) for _, each in journals)
    assert {
        (link.id, link.type_label, link.from_id, link.to_id)
        for link in of_kind(tasks, Link).values()
    } == {
        (str(r["id"]), r["relation_type"], str(r["issue_id"]), str(r["issue_to_id"]))
        for issue in truth.values()
        for r in issue["relations"]
    }


def test_small_streams_say_what_rest_says(redmine: Any, reader: Any) -> None:
    projects = of_kind(reader.read("projects").records("projects"), Project)
    assert {(p.key, p.name, p.state) for p in projects.values()} == {
        (row["identifier"], row["name"], "active")
        for row in redmine.every("/projects.json", "projects")
    }
    people = of_kind(reader.read("people").records("people"), Person)
    assert {(p.name, p.email, p.active) for p in people.values()} == {
        (f"{row['firstname']} {row['lastname']}", row["mail"], True)
        for row in redmine.every("/users.json", "users")
    }
    versions = [
        row
        for project in projects
        for row in redmine.get(f"/projects/{project}/versions.json")["versions"]
    ]
    milestones = of_kind(reader.read("milestones").records("milestones"), Milestone)
    assert {(m.id, m.name, m.due_on) for m in milestones.values()} == {
        (str(row["id"]), row["name"], as_day(row["due_date"])) for row in versions
    }
    entries = redmine.every("/time_entries.json", "time_entries")
    worklogs = of_kind(reader.read("worklogs").records("worklogs"), Worklog)
    assert {(w.id, w.minutes, w.on, w.task_id, w.person_id) for w in worklogs.values()} == {
        (str(row["id"]), row["hours"] * 60, as_day(row["spent_on"]), named(row, "issue"),
         named(row, "user"))
        for row in entries
    }  # fmt: skip
    assert worklogs


def test_changes_are_found(redmine: Any, reader: Any) -> None:
    before = list(redmine.issues())
    first = {"": reader.connector.lanes("tasks", {}).joint}
    edited, closed = before[:2]
    redmine.edit(edited, subject="Renamed", due_date="2031-05-06", notes="moved out")
    redmine.edit(closed, status_id=5)
    made = redmine.new_issue("intranet", "Brand new", estimated_hours=1.5)

    second = reader.read("tasks", first)

    tasks = of_kind(second.records("tasks"), Task)
    assert {edited, closed, made} <= tasks.keys()
    assert len(tasks) < len(before) / 2  # not everything again
    assert (tasks[edited].title, tasks[edited].due_on) == ("Renamed", date(2031, 5, 6))
    assert tasks[closed].status == "done"
    assert tasks[closed].completed_at is not None
    assert tasks[made].estimate_minutes == 90
    pushed = [
        change
        for change in of_kind(second.records("tasks"), Change).values()
        if change.task_id == edited and change.field == "due_on"
    ]
    assert pushed[-1].new == "2031-05-06"
    said = [c.text for c in of_kind(second.records("tasks"), Comment).values()]
    assert "moved out" in said


def test_new_time_is_found_and_the_next_turn_is_cheap(redmine: Any, reader: Any) -> None:
    first = reader.read("worklogs")
    issue = next(iter(redmine.issues()))
    entry = {"issue_id": issue, "hours": 0.75, "activity_id": 8, "spent_on": "2026-01-05"}
    made = redmine.call("POST", "/time_entries.json", {"time_entry": entry})["time_entry"]["id"]

    second = reader.read("worklogs", first.cursors)
    third = reader.read("worklogs", second.cursors)

    worklog = of_kind(second.records("worklogs"), Worklog)[str(made)]
    assert (worklog.minutes, worklog.on, worklog.task_id) == (45, date(2026, 1, 5), issue)
    assert third.requests == 1
    assert third.cursors == second.cursors


def test_a_parent_takes_its_children(redmine: Any, reader: Any) -> None:
    project = redmine.project_id("intranet")
    parent = redmine.new_issue("intranet", "Parent")
    children = {
        redmine.new_issue("intranet", f"Child {n}", parent_issue_id=int(parent)) for n in range(3)
    }
    known = set(redmine.issues())
    assert {parent, *children} <= set(_census(reader.connector, "tasks", project))

    redmine.delete(parent)

    left = set(redmine.issues())
    gone = known - left
    assert gone == {parent, *children}
    there = set(_census(reader.connector, "tasks", project))
    assert there == set(redmine.issues(project_id=project))
    assert reader.connector.count("tasks", project) == len(there)
    asked = [*sorted(gone), *sorted(there)[:3]]
    fates = reader.connector.confirm("tasks", asked)
    assert {id for id, fate in fates.items() if fate == "deleted"} == gone
    assert {id for id, fate in fates.items() if fate is None} == set(asked) - gone


def test_an_archived_project_is_not_a_deleted_one(redmine: Any, reader: Any) -> None:
    body = {"name": "Short lived", "identifier": "short-lived", "is_public": False}
    redmine.call("POST", "/projects.json", {"project": body})
    issue = redmine.new_issue("short-lived", "Inside")
    project = redmine.project_id("short-lived")
    try:
        redmine.call("PUT", f"/projects/{project}/close.json")
        states = {scope.id: scope.state for scope in reader.connector.scopes()}
        assert states[project] == "closed"
        pages = reader.connector.pull("tasks", project, None)
        assert [item.id for page in pages for item in page.items] == [issue]
        redmine.call("PUT", f"/projects/{project}/reopen.json")

        redmine.call("PUT", f"/projects/{project}/archive.json")
        assert project not in {scope.id for scope in reader.connector.scopes()}
        with pytest.raises(NotVisible) as refusal:
            _census(reader.connector, "tasks", project)
        assert refusal.value.scope == project
        assert reader.connector.confirm("tasks", [issue]) == {issue: "archived"}
        assert reader.connector.confirm("projects", [project]) == {project: "archived"}
        redmine.call("PUT", f"/projects/{project}/unarchive.json")
    finally:
        redmine.call("DELETE", f"/projects/{project}.json")
    assert reader.connector.confirm("projects", [project]) == {project: "deleted"}


def test_a_wrong_key_is_refused_everywhere(
    redmine: Any, reader: Any, reader_of: Callable[..., Any], wrong_key: str
) -> None:
    body = {"name": "Open to all", "identifier": "open-to-all", "is_public": True}
    redmine.call("POST", "/projects.json", {"project": body})
    try:
        redmine.new_issue("open-to-all", "Anyone may read this")
        stranger = reader_of(redmine.base_url, wrong_key)
        project = redmine.project_id("open-to-all")
        # The trap itself: no refusal, and a list that is not even empty.
        plain = redmine.session.get(
            redmine.base_url + "/issues.json?status_id=*", headers={"X-Redmine-API-Key": wrong_key}
        )
        assert (plain.status_code, plain.json()["total_count"]) == (200, 1)

        ask = stranger.connector
        questions: dict[str, Callable[[], object]] = {
            "check": ask.check,
            "scopes": ask.scopes,
            "people in full": lambda: list(ask.pull("people", "", None)),
            "projects in full": lambda: list(ask.pull("projects", "", None)),
            "issues of a project": lambda: list(ask.pull("tasks", project, None)),
            "issues of all, later": lambda: stranger.read("tasks", {"": EARLIER}),
            "time in full": lambda: list(ask.pull("worklogs", "", None)),
            "time later": lambda: stranger.read("worklogs", reader.read("worklogs").cursors),
        }
        for stream in STREAMS:
            questions[f"{stream} planned"] = partial(stranger.read, stream)
            questions[f"{stream} confirmed"] = partial(ask.confirm, stream, ["99999"])
        for stream in ("tasks", "worklogs"):
            questions[f"{stream} censused"] = partial(_census, ask, stream, project)
        questions["tasks counted"] = partial(ask.count, "tasks", project)
        questions["time counted"] = partial(ask.count, "worklogs", project)
        for what, question in questions.items():
            with pytest.raises(Refused) as refusal:
                pytest.fail(f"{what}: {question()!r}")
            assert wrong_key not in str(refusal.value) + refusal.value.remedy, what
    finally:
        redmine.call("DELETE", "/projects/open-to-all.json")


def _census(connector: Any, stream: str, scope: str) -> list[str]:
    return [id for batch in connector.census(stream, scope) for id in batch]


def test_an_ordinary_account_sees_members_and_says_so(
    redmine: Any, reader_of: Callable[..., Any]
) -> None:
    ordinary = reader_of(redmine.base_url, redmine.user_keys["bruno"])
    identity = ordinary.connector.check()
    assert identity.account == "bruno"
    assert any("no administrator" in warning for warning in identity.warnings)
    people = of_kind(ordinary.read("people").records("people"), Person)
    assert {person.name for person in people.values()} >= {"Amara Okafor", "Farid Haddad"}
    assert {person.email for person in people.values()} == {None}
    assert ordinary.connector.lanes("people", {}).lanes[0].full is False


def test_a_project_that_opens_up_is_read(redmine: Any, reader_of: Callable[..., Any]) -> None:
    ordinary = reader_of(redmine.base_url, redmine.user_keys["bruno"])
    body = {"name": "Opens up", "identifier": "opens-up", "is_public": False}
    redmine.call("POST", "/projects.json", {"project": body})
    try:
        inside = redmine.new_issue("opens-up", "Written before we came")
        redmine.edit(next(iter(redmine.issues())), notes="something later")
        first = {"": ordinary.connector.lanes("tasks", {}).joint}
        assert inside not in redmine.issues_seen_by("bruno")
        bruno = redmine.call("GET", "/users/current.json", key=redmine.user_keys["bruno"])
        member = {"user_id": bruno["user"]["id"], "role_ids": [4]}
        redmine.call("POST", "/projects/opens-up/memberships.json", {"membership": member})

        second = ordinary.read("tasks", first)

        assert inside in second.items
        known = second.cursors[""]["projects"].split()
        assert redmine.project_id("opens-up") in known
    finally:
        redmine.call("DELETE", "/projects/opens-up.json")


@pytest.mark.parametrize("fault", ["429", "503", "truncate", "reset", "slow", "login"])
def test_faults_leave_the_same_records(
    fault: str, redmine: Any, reader: Any, reader_of: Callable[..., Any], fault_proxy: Any
) -> None:
    through = reader_of(fault_proxy.base_url, redmine.api_key, web_url=redmine.base_url)
    fault_proxy.delay = 0.02
    fault_proxy.plan([None, fault, None, None, None, fault, None, fault] * 3)
    for stream in ("projects", "worklogs", "milestones"):
        assert through.read(stream).records(stream) == reader.read(stream).records(stream)
    assert len(fault_proxy.hit) >= 2
    assert {hit for hit, _ in fault_proxy.hit} == {fault}


def test_issues_survive_a_storm(
    redmine: Any, reader: Any, reader_of: Callable[..., Any], fault_proxy: Any
) -> None:
    through = reader_of(fault_proxy.base_url, redmine.api_key, web_url=redmine.base_url)
    project = redmine.project_id("intranet")
    ids = sorted(map(int, redmine.issues(project_id=project)))[-10:]
    since = {"floor": "2026-01-01T00:00:00Z", "after": str(ids[0] - 1)}
    storm = ["429", "503", "truncate", "reset", "login"]
    fault_proxy.plan([each for fault in storm * 2 for each in (None, fault)])

    stormy, calm = (
        [
            record
            for page in each.connector.pull("tasks", project, since)
            for item in page.items
            for record in each.connector.to_records("tasks", item.body)
        ]
        for each in (through, reader)
    )

    assert stormy == calm
    assert {record.id for record in calm if isinstance(record, Task)} == set(map(str, ids))
    assert len(fault_proxy.hit) == 10


@pytest.mark.parametrize(
    ("fault", "error"),
    [("429", Throttled), ("503", Unavailable), ("truncate", Unavailable), ("reset", Unavailable),
     ("slow", Unavailable), ("login", (Unavailable, Unexpected))],
)  # fmt: skip
def test_a_fault_that_lasts_ends_in_the_right_error(
    fault: str, error: type[ConnectorError], redmine: Any, reader_of: Callable[..., Any],
    fault_proxy: Any,
) -> None:  # fmt: skip
    quick = Bounds(deadline=0.5, tries=3, patience=5.0)
    through = reader_of(fault_proxy.base_url, redmine.api_key, quick)
    fault_proxy.always, fault_proxy.retry_after, fault_proxy.delay = fault, "3600", 1.0
    with pytest.raises(error) as failure:
        through.read("projects")
    assert redmine.api_key not in str(failure.value)
    assert not isinstance(failure.value, Refused)
