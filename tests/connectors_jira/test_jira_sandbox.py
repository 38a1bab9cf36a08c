"""What the imitated Jira says is what was put into it; what the mapping reads is what it says."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from connectors.jira.connector import Jira
from connectors.jira.sandbox_load import bulk
from connectors.sdk.records import (
    STORED_KINDS,
    Change,
    Column,
    Comment,
    Custom,
    Link,
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

KINDS = (
    Project, Person, Milestone, Sprint, Column, Task, Link, Membership, Comment, Worklog, Change,
)  # fmt: skip


def held(site: Any) -> dict[tuple[type[Record], str], Record]:
    """All that the sandbox holds."""
    world = site.sandbox.world
    return {(kind, each.id): each for kind in STORED_KINDS for each in world.all(kind)}


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
def test_the_mapping_gives_every_adopted_record_back(make: Any, deployment: str) -> None:
    site = make(deployment=deployment)
    expected = held(site)
    if deployment == "data_center":  # it tells neither apps nor customers from people …
        expected = {
            key: msgspec.structs.replace(each, kind="human") if isinstance(each, Person) else each
            for key, each in expected.items()
            if not (isinstance(each, Project) and each.state == "trashed")  # … and shows no bin
        }
    found = site.read(patient=True).records
    assert {kind for kind, _ in found} == set(KINDS)
    assert found.keys() == expected.keys()
    for key, record in expected.items():
        assert found[key] == record


def test_what_jira_provides_survives_adoption(site: Any) -> None:
    world, native = site.sandbox.world, site.native
    task = world.get(Task, native(Task, "s1"))
    assert task == Task(
        id=native(Task, "s1"),
        key="WEB-2",
        project_id=native(Project, "web"),
        parent_id=native(Task, "e1"),
        title="Basket",
        description="As a buyer\nI fill it.\n\nThen I pay.",
        url="https://jira.example.com/browse/WEB-2",
        type="story",
        type_label="Story",
        status="in_progress",
        status_label="In Review",
        blocked=True,
        priority=2,
        priority_label="Critical",
        assignee_ids=(native(Person, "ann"),),
        reporter_id=native(Person, "bob"),
        labels=("shop", "release"),
        start_on=date(2026, 2, 2),
        due_on=date(2026, 3, 20),
        created_at=task.created_at,
        updated_at=task.updated_at,
        estimate_minutes=480,
        spent_minutes=90,
        remaining_minutes=390,
        points=5.0,
        milestone_id=native(Milestone, "v2"),
        custom=task.custom,
    )
    assert {(each.name, each.value) for each in task.custom} >= {
        ("Risk rating", "High"), ("Budget", 1250.5), ("Go live", date(2026, 4, 1)),
        ("Regions", ("EU", "US")), ("Needs legal", True), ("Cost centre", None),
    }  # fmt: skip
    cancelled = world.get(Task, native(Task, "t2"))
    assert (cancelled.status, cancelled.resolution) == ("cancelled", "Won't Do")
    assert world.get(Task, native(Task, "o2")).status_label == "Limbo"
    booked = world.get(Worklog, native(Worklog, "w2"))
    assert booked.on == date(2026, 2, 22)
    assert booked.started_at.date() == date(2026, 2, 21)  # a zone lies between


def test_provides_is_what_is_ever_filled(make: Any) -> None:
    filled: dict[type[Record], set[str]] = {}
    for record in make().read(patient=True).records.values():
        names = {
            name for name in record.__struct_fields__ if getattr(record, name) not in (None, ())
        }
        filled.setdefault(type(record), set()).update(names)
    assert filled == {kind: set(fields) for kind, fields in Jira.provides.items()}


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "ORDER BY created ASC",
        "assignee = currentUser()",
        "project in (1) OR project in (2)",
        'updated >= "2026-01-01" ORDER BY updated ASC',
        "project in (10001) ORDER BY rank ASC",
        "project in (424242)",
    ],
)
def test_other_jql_is_refused_in_jiras_words(site: Any, jql: str) -> None:
    answer = site.door.request("POST", "/rest/api/3/search/jql", json={"jql": jql}, accept=(400,))
    assert answer.status == 400
    assert len(answer.data["errorMessages"]) == 1


def test_the_old_search_is_gone(site: Any) -> None:
    answer = site.door.request("GET", "/rest/api/3/search", accept=(410,))
    assert "search/jql" in answer.data["errorMessages"][0]


def test_a_load_is_of_a_real_size_and_repeatable(make: Any, clock: Any) -> None:
    records = bulk(300, seed=7, now=clock.at)
    assert records == bulk(300, seed=7, now=clock.at)
    site = make(records=records)
    task = site.sandbox.world.all(Task)[0]
    sizes = []
    fields = frozenset(each["id"] for each in site.sandbox.render.fields())
    for task in site.sandbox.world.all(Task):
        wanted = fields | {
            "summary",
            "description",
            "status",
            "comment",
            "issuelinks",
            "project",
            "assignee",
            "reporter",
            "issuetype",
            "priority",
            "created",
            "updated",
        }
        sizes.append(len(site.sandbox.render.issue(task, wanted)))
    assert 2500 < sum(sizes) / len(sizes) < 6500
    found = site.turn("tasks")
    assert len(found.of(Task)) == 300
    assert len({each.project_id for each in found.of(Task).values()}) == 5


def test_touching_a_share_updates_it(make: Any, clock: Any) -> None:
    site = make(records=bulk(200, seed=1, now=clock.at))
    site.turn("tasks")
    clock.pass_by(hours=1)
    site.sandbox.handle(Request("POST", "/_sandbox/touch", {"percent": ["5"]}, {}))
    assert len(site.turn("tasks").items["tasks"]) == 10


def test_custom_values_keep_their_kind(site: Any) -> None:
    """One name with two kinds of values is two fields, as it would be in Jira."""
    record = Task(
        id="x",
        project_id="web",
        title="x",
        custom=(Custom(id="1", name="Size", value=1.0), Custom(id="2", name="Size", value="big")),
    )
    taken = site.sandbox.adopt(record)
    assert len({each.id for each in taken.custom}) == 2
    assert site.sandbox.adopt(Task(id="y", title="y")) is None  # an issue is always a project's
