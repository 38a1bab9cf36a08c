"""What the API shows beside flags: the same as the pages, page by page, unknown as null."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.store.models import ProjectRow, Run
from tests.console.portfolio import NOW, table
from tests.console.program import Program
from tests.console.site import Site
from tests.console.work import record


@pytest.fixture
def viewer(site: Site) -> Program:
    """A token that reads everything."""
    return Program(site, "viewer", "read")


@pytest.fixture
def manager(site: Site) -> Program:
    """A token of who sees Core, and whom they lead."""
    return Program(site, "manager", "read")


def ids(rows: Any) -> list[Any]:
    """Which they are."""
    return [row["id"] for row in rows]


def test_projects_are_listed_with_what_is_found_beside_what_is_reported(viewer: Program) -> None:
    """Each once, by key; a condition chooses among them."""
    rows = list(viewer.whole("/projects", "projects", 3))
    assert ids(rows) == ["alpha", "beta", "delta", "gamma"]
    beta = rows[1]
    assert beta["portfolio"] == "Core"
    assert beta["found"]["health"] == "off_track"
    assert (beta["reported"]["health"], beta["reported_better"]) == ("on_track", True)
    assert 0.7 < beta["compliance"]["share"] < 0.8
    assert beta["open_flags"]["critical"] > 0
    assert ids(viewer.whole("/projects", "projects", 9, where='portfolio = "Labs"')) == [
        "delta", "gamma",
    ]  # fmt: skip


def test_what_is_not_known_of_a_project_is_null(site: Site, viewer: Program) -> None:
    """One that was not assessed has no share, no count of flags and no health."""
    with site.engine.begin() as connection:
        record(connection, ProjectRow, "omega", key="OME", name="Omega", state="active")
    omega = viewer.get("/projects/engineering/omega").json()
    assert omega["project"]["compliance"] is omega["project"]["open_flags"] is None
    assert omega["project"]["found"]["health"] is None
    assert {week["compliance"] for week in omega["weeks"]} == {None}
    assert omega["baseline"] is omega["due_on"] is omega["owner"] is None


def test_a_project_shows_its_course_and_its_milestones(viewer: Program) -> None:
    """Twelve weeks, one of them a gap; milestones against what was agreed."""
    beta = viewer.get("/projects/engineering/beta").json()
    assert len(beta["weeks"]) == 12
    assert [week["day"] for week in beta["weeks"]].count(None) == 1
    assert [(m["name"], m["slip"], m["late"]) for m in beta["milestones"]] == [
        ("Stock is counted", 5, True), ("Old hall is empty", None, False),
        ("Racks are up", 2, False),
    ]  # fmt: skip
    assert beta["more_milestones"] is False
    assert (beta["owner"], beta["sponsor"]) == ("Bob", "Grace Quist")
    assert [report["label"] for report in beta["reports"]] == ["Green", "Amber"]


def test_a_manager_reads_their_projects(manager: Program) -> None:
    """Whatever they ask for."""
    for where in ("", 'portfolio = "Labs" or portfolio = "Core"'):
        rows = manager.whole("/projects", "projects", 1, where=where, state="all")
        assert ids(rows) == ["alpha", "beta"]


@pytest.mark.parametrize(
    ("path", "params", "status", "field"),
    [
        ("/projects", {"where": "stat = active"}, 400, "where"),
        ("/projects", {"after": "x"}, 400, "after"),
        ("/projects", {"state": "closed"}, 422, "state"),
        ("/audit", {"since": "2026-11-25T10:00:00"}, 422, "since"),
        ("/compliance", {"to": "2026-11-26"}, 422, "to"),
        ("/compliance", {"from": "2026-11-02", "to": "2026-11-01"}, 422, "from"),
        ("/compliance", {"from": "1990-01-01"}, 422, "from"),
        ("/compliance", {"by": "person", "where": "standard = x"}, 400, "where"),
        ("/audit", {"since": "0001-01-01T00:00:00+23:59"}, 422, "since"),
    ],
)
def test_what_is_not_understood_is_said(
    site: Site, path: str, params: dict[str, str], status: int, field: str
) -> None:
    """With the parameter that it is about."""
    answer = Program(site, "admin", "admin").get(path, **params)
    assert (answer.status_code, answer.json().get("field")) == (status, field)


def test_people_are_listed_with_their_load(viewer: Program) -> None:
    """Each once; a week of which nobody knows how much it is says so."""
    rows = list(viewer.whole("/people", "people", 2))
    assert ids(rows) == [1, 2, 3, 4]
    bob = rows[1]
    now, then = bob["load"]["weeks"][:2]
    assert (now["booked_minutes"], now["capacity_minutes"], now["level"]) == (1440, 1080, "over")
    assert (then["booked_minutes"], then["share"], then["unsized"]) == (None, None, 1)
    assert (bob["load"]["open"], bob["open_flags"]["critical"]) == (5, 3)
    assert "how much work it is" in bob["not_told"]["office"]
    assert ids(viewer.whole("/people", "people", 9, name="ada@")) == [3]


def test_a_load_that_no_tool_tells_is_null(viewer: Program) -> None:
    """A tool that does not say who is assigned says nothing of what they have to do."""
    assert viewer.get("/people/4").json()["person"]["load"] is None
    assert viewer.get("/people/3").json()["person"]["load"]["open"] > 0


def test_somebody_shows_their_open_work(viewer: Program) -> None:
    """What is in progress first."""
    ada = viewer.get("/people/3").json()
    assert ada["tasks"][0]["status"] == "in_progress"
    assert ada["tasks"][0]["minutes_left"] is None
    assert ada["leave"] == [{"first": "2026-11-30", "last": "2026-12-04"}]


def test_a_manager_reads_whom_they_lead(manager: Program) -> None:
    """Themselves and Bob."""
    assert ids(manager.whole("/people", "people", 1)) == [1, 2]


def test_standards_are_listed_with_where_they_come_from(viewer: Program) -> None:
    """Each once, by id, on or off; what was not assessed has no counts."""
    rows = list(viewer.whole("/standards", "standards", 100))
    assert ids(rows) == sorted(set(ids(rows)))
    known = {row["id"]: row for row in rows}
    owner = known["active-without-owner"]
    assert (owner["pack"], owner["origin"], owner["on"]) == ("pmo-core", "product", True)
    assert owner["compliance"]["flagged"] == 9 * 4
    assert known["active-without-estimate"]["compliance"] is None
    off = {row["id"] for row in rows if not row["on"]}
    assert off == set(ids(viewer.whole("/standards", "standards", 100, on="false")))
    assert {known[id]["compliance"] is None for id in off} == {True}


def test_a_standard_shows_its_text_its_examples_and_its_course(viewer: Program) -> None:
    """As its pack says it; twelve weeks, one of them a gap."""
    found = viewer.get("/standards/stale-in-progress").json()
    assert found["flag_when"].startswith("last activity older than :days")
    assert (found["parameters"][0]["name"], found["parameters"][0]["value"][-12:]) == (
        "days", "working days",
    )  # fmt: skip
    assert found["examples"]["flagged"]
    assert [week["compliance"] for week in found["weeks"]].count(None) == 1
    assert found["weeks"][-1]["compliance"]["flagged"] == 14 * 4
    assert found["not_assessable"][0]["connection"] == "office"


def test_a_manager_reads_how_standards_fare_in_their_projects(manager: Program) -> None:
    """The standards are everybody's, the counts are of two projects of four."""
    found = manager.get("/standards/active-without-owner").json()
    assert found["standard"]["compliance"]["flagged"] == 9 * 2
    assert {each["connection"] for each in found["not_assessable"]} <= {"engineering"}


def test_connections_are_listed_with_how_they_stand(viewer: Program) -> None:
    """By name; what no tool counts has no completeness."""
    engineering, office = viewer.whole("/connections", "connections", 1)
    assert (engineering["name"], engineering["state"], engineering["frozen"]) == (
        "engineering", "trouble", False,
    )  # fmt: skip
    whole = engineering["completeness"]
    assert (whole["ours"], whole["theirs"], whole["uncounted"], whole["lost"]) == (166, 174, 1, 1)
    assert (office["state"], office["remedy"]) == ("trouble", "Make a new token in Trello.")
    assert office["completeness"]["theirs"] is office["completeness"]["share"] is None
    found = viewer.get("/connections/engineering").json()
    assert (found["connection"], found["not_understood"]) == (engineering, 1)


def test_runs_are_listed_with_what_they_did(site: Site, viewer: Program) -> None:
    """The latest first; nothing is said of the numbers of one that is under way."""
    with site.engine.begin() as connection:
        connection.execute(
            sa.insert(table(Run)),
            {"id": 99, "connection_id": 1, "kind": "pull", "epoch": 0, "started_at": NOW},
        )
    running, *over = viewer.whole("/connections/engineering/runs", "runs", 15)
    assert running["items"] is running["seconds"] is running["outcome"] is None
    assert ids(over) == [41, *range(30, 0, -1)]
    assert (over[9]["outcome"], over[9]["message"], over[9]["items"]) == (
        "partial", "Jira answered 503 to /search.", 120,
    )  # fmt: skip


def test_a_manager_reads_of_a_connection_what_is_of_their_projects(manager: Program) -> None:
    """The one through which they are read; nothing that names or counts other work."""
    (found,) = manager.whole("/connections", "connections", 1)
    assert (found["name"], found["completeness"]) == ("engineering", None)
    assert manager.get("/connections/engineering").json()["not_understood"] is None
    runs = manager.get("/connections/engineering/runs").json()["runs"]
    told = {"id", "kind", "full", "started_at", "seconds", "outcome"}
    assert {name for run in runs for name, value in run.items() if value is not None} == told
    about = manager.get("/connections/engineering").json()
    for name in ("budget_used", "credential_expires_at", "called_at"):
        assert about[name] is None


def test_digests_and_what_became_of_them(viewer: Program) -> None:
    """Who is told what and when; each message with what was said of it."""
    (digest,) = viewer.get("/digests").json()["digests"]
    (part,) = digest["parts"]
    assert part["to"] == ["eve@acme.example", "ada@acme.example"]
    assert part["severities"] == ["critical", "high", "low", "medium"]
    assert digest["next_at"] == "2026-11-30T08:00:00Z"
    found = list(viewer.whole("/digests/deliveries", "deliveries", 1))
    assert [(each["id"], each["state"]) for each in found] == [(2, "parked"), (1, "sent")]
    assert found[0]["sent_at"] is None
    assert ids(viewer.whole("/digests/deliveries", "deliveries", 9, state="sent")) == [1]


def test_a_manager_reads_what_was_sent_to_them(manager: Program) -> None:
    """And not what was sent to others, whatever they ask for."""
    assert ids(manager.whole("/digests/deliveries", "deliveries", 1)) == [1]
    other = manager.get("/digests/deliveries", recipient="ada@acme.example")
    assert other.json()["deliveries"] == []


def test_admins_read_the_audit_log_and_the_accounts(site: Site) -> None:
    """All of it, the latest change first; nothing of what lets somebody in."""
    admin = Program(site, "admin", "admin")
    changes = list(admin.whole("/audit", "changes", 2))
    assert ids(changes) == sorted(ids(changes), reverse=True)
    added = [each for each in changes if each["action"] == "user added"]
    assert [each["about"] for each in added] == [
        "vic@acme.example", "eve@acme.example", "pat@acme.example", "olga@acme.example",
    ]  # fmt: skip
    assert ids(admin.whole("/audit", "changes", 9, action="user added")) == ids(added)
    late = (NOW + timedelta(days=1)).isoformat()
    assert admin.get("/audit", since=late).json()["changes"] == []
    users = list(admin.whole("/users", "users", 3))
    assert [(each["email"], each["role"]) for each in users] == [
        ("olga@acme.example", "admin"), ("pat@acme.example", "pmo"),
        ("eve@acme.example", "manager"), ("vic@acme.example", "viewer"),
    ]  # fmt: skip
    assert set(users[0]) == {"id", "email", "name", "role", "zone", "scope", "enabled",
                             "invited_until"}  # fmt: skip


@pytest.mark.parametrize("path", ["/audit", "/users"])
def test_what_is_of_admins_needs_a_token_of_theirs_for_it(site: Site, path: str) -> None:
    """Neither another role nor a lesser token of an admin suffices."""
    assert Program(site, "pmo").get(path).status_code == 403
    assert Program(site, "admin", "write").get(path).status_code == 403


def test_compliance_is_read_day_by_day(viewer: Program) -> None:
    """Each group once a day, the oldest day first; a day that was not assessed is a row of null."""
    asked: dict[str, Any] = {"by": "project", "from": "2026-11-11", "to": "2026-11-25"}
    rows = list(viewer.whole("/compliance", "compliance", 3, **asked))
    assessed = [row for row in rows if row["assessed"]]
    assert [(row["day"], row["group_id"]) for row in assessed] == [
        (day, id) for day in ("2026-11-11", "2026-11-18", "2026-11-25")
        for id in ("alpha", "beta", "delta", "gamma")
    ]  # fmt: skip
    gaps = [row for row in rows if not row["assessed"]]
    assert len(gaps) == 12
    assert {value for row in gaps for key, value in row.items()
            if key not in ("day", "assessed", "by")} == {None}  # fmt: skip
    assert [row["day"] for row in rows] == sorted(row["day"] for row in rows)
    (owner,) = viewer.get("/compliance", where="standard = active-without-owner").json()[
        "compliance"
    ]  # fmt: skip
    assert (owner["group"], owner["flagged"], owner["group_id"]) == ("active-without-owner", 36,
                                                                    None)  # fmt: skip


def test_a_manager_reads_compliance_of_what_is_theirs(manager: Program) -> None:
    """Of two projects, whatever it is told by."""
    rows = list(manager.whole("/compliance", "compliance", 1, by="project"))
    assert [row["group_id"] for row in rows] == ["alpha", "beta"]
    (owner,) = manager.get("/compliance", where="standard = active-without-owner").json()[
        "compliance"
    ]  # fmt: skip
    assert owner["flagged"] == 18


HOWTO = Path(__file__).resolve().parents[2] / "docs/howto/read-from-programs.md"


def test_the_guide_names_every_address(viewer: Program) -> None:
    """One that it does not name is found by nobody."""
    text = HOWTO.read_text("utf-8")
    shown = [
        path for path, of in viewer.get("/openapi.json").json()["paths"].items() if "get" in of
    ]
    assert len(shown) > 10
    assert [path for path in shown if f"`{path.removeprefix('/api/v1')}`" not in text] == []


def test_the_program_of_the_guide_reads_all_pages(viewer: Program) -> None:
    """As it stands there, but for the address, and for pages so short that there are several."""
    (program,) = re.findall(r"```python\n(.*?)```", HOWTO.read_text("utf-8"), re.DOTALL)
    program = program.replace("https://flagstaff.acme.example", viewer.site.address)
    held: dict[str, Any] = {"TOKEN": viewer.token}
    exec(program.replace('"limit": 1000', '"limit": 10'), held)
    days = [row["day"] for row in held["rows"]]
    assert (days[0], days[-1]) == ("2026-11-01", "2026-11-25")
    assert len(days) == 25 - 4 + 4 * 4
