"""Signing in, being refused, and what is visible."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from connectors.basecamp.connector import Basecamp, BasecampOptions
from connectors.basecamp.sandbox import LIFE, TOKEN
from connectors.sdk.contract import Answer
from connectors.sdk.errors import NotVisible, Refused
from connectors.sdk.records import Comment, Project, Task, Worklog
from connectors.sdk.sandbox import Reply
from tests.connectors_basecamp.conftest import Account, Open

BASE = {"account": "5550123", "contact": "pmo@example.com"}
INTEGRATION = {"client_id": "id", "client_secret": "secret", "refresh_token": "refresh"}


def test_every_request_says_whom_to_reach(account: Account) -> None:
    account.read()
    account.connect().check()
    assert {each.headers["user-agent"] for each in account.sandbox.log} == {
        "Flagstaff (pmo@example.com)"
    }


def test_a_token_is_renewed_before_its_two_weeks_are_over(account: Account) -> None:
    connector = account.connect()
    connector.check()
    assert account.sandbox.signed_in == 1
    account.clock.sleep(3600)
    connector.check()
    assert account.sandbox.signed_in == 1
    account.clock.sleep(LIFE.total_seconds())
    connector.check()
    assert account.sandbox.signed_in == 2


def test_a_project_without_timesheet_is_not_asked_for_its_time(account: Account) -> None:
    project = account.native(Project, "project-1")
    account.sandbox.untimed.add(project)
    lanes = account.connect().lanes("worklogs", {}).lanes
    assert project not in {lane.name for lane in lanes}
    assert len(lanes) == 2
    assert list(account.connect().census("worklogs", project)) == []


def test_an_access_token_alone_works_until_it_ends(open_account: Open) -> None:
    without = dict.fromkeys(INTEGRATION)
    account = open_account(options={**without, "token": TOKEN})
    assert account.connect().check().account == "Flagstaff Reader"
    assert account.sandbox.signed_in == 0
    with pytest.raises(Refused) as told:
        account.with_options(token="BAhb-that-has-ended").check()
    assert "credential" in told.value.remedy


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"client_id": "id", "client_secret": "secret"},
        {**INTEGRATION, "token": "t"},
        {"token": "t", "contact": "just a name"},
        {"token": "t", "contact": "a@b.example) (c"},
        {"token": "t", "account": "acme"},
        {"token": "t", "projects": ["Website"]},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BasecampOptions(**{**BASE, **options})


@pytest.mark.parametrize("contact", ["pmo@example.com", "https://example.com/flagstaff"])
def test_a_contact_is_an_e_mail_or_web_address(contact: str) -> None:
    config = BasecampOptions(**{**BASE, "token": "t", "contact": contact})
    assert Basecamp.access(config).headers["User-Agent"] == f"Flagstaff ({contact})"


def test_an_inactive_account_is_refused_and_takes_nothing_away(account: Account) -> None:
    read = account.read()
    account.sandbox.inactive = True
    connector = account.connect()
    with pytest.raises(Refused, match="inactive") as told:
        connector.check()
    assert not isinstance(told.value, NotVisible)
    for stream, kind in (("tasks", Task), ("comments", Comment), ("worklogs", Worklog),
                         ("projects", Project)):  # fmt: skip
        with pytest.raises(Refused, match="inactive"):
            connector.confirm(stream, [next(iter(read.of(kind)))])


def test_too_many_requests_are_waited_out(open_account: Open) -> None:
    account = open_account(allowance=5)
    assert len(account.turn("tasks").of(Task)) == 30
    assert account.clock.seconds > 0


def test_a_configured_project_that_is_not_there_is_said_after_the_others(
    account: Account,
) -> None:
    seen, other = account.native(Project, "project-1"), "4040404"
    connector = account.with_options(projects=[seen, other])
    read = account.read(connector=connector, patient=True)
    assert set(read.of(Project)) == {seen}
    assert {task.project_id for task in read.of(Task).values()} == {seen}
    assert {entry.project_id for entry in read.of(Worklog).values()} == {seen}
    (error,) = read.errors
    assert isinstance(error, NotVisible)
    assert error.scope == other
    identity = connector.check()
    assert [scope.id for scope in identity.scopes] == [seen]
    assert other in identity.warnings[0]


def test_the_roster_has_projects_in_every_state(account: Account) -> None:
    first, second = account.sandbox.world.all(Project)[:2]
    for project, state in ((first, "archived"), (second, "trashed")):
        account.sandbox.world.put(msgspec.structs.replace(project, state=state))
    states = {scope.id: scope.state for scope in account.connect().scopes()}
    assert (states[first.id], states[second.id]) == ("archived", "trashed")
    assert {each.state for each in account.turn("projects").of(Project).values()} == {
        "active", "archived", "trashed",
    }  # fmt: skip


def test_a_project_that_was_put_away_is_not_counted_through(account: Account) -> None:
    first = account.sandbox.world.all(Project)[0]
    account.sandbox.world.put(msgspec.structs.replace(first, state="archived"))
    for stream in ("tasks", "comments", "worklogs"):
        with pytest.raises(NotVisible) as told:
            list(account.connect().census(stream, first.id))
        assert told.value.scope == first.id


def test_what_has_become_of_each(account: Account) -> None:
    world, connector = account.sandbox.world, account.connect()
    trashed, purged = account.some("To-do"), account.some("Card")
    world.remove(Task, trashed.id)
    world.remove(Task, purged.id)
    account.sandbox.purged.add(purged.id)
    step = account.some("Step")
    assert connector.confirm("tasks", [trashed.id, purged.id, step.id]) == {
        trashed.id: "deleted",
        purged.id: "unknown",
        step.id: None,
    }
    elsewhere = account.with_options(projects=[account.native(Project, "project-1")])
    away = account.some("To-do", project_id=account.native(Project, "project-2"))
    assert elsewhere.confirm("tasks", [away.id]) == {away.id: "moved"}
    entry = world.all(Worklog)[0]
    assert connector.confirm("worklogs", [entry.id, "1"]) == {entry.id: None, "1": "unknown"}
    project = account.native(Project, "project-1")
    assert connector.confirm("projects", [project, "1"]) == {project: None, "1": "unknown"}
    assert connector.confirm("columns", ["1"]) == {"1": "unknown"}


def test_time_is_not_provided_where_it_is_not_read(account: Account) -> None:
    assert Worklog in account.connect().provided  # type: ignore[attr-defined]
    without = account.with_options(timesheet=False)
    assert Worklog not in without.provided  # type: ignore[attr-defined]
    assert account.requests(lambda: account.turn("worklogs", connector=without)) == []
    assert list(without.census("worklogs", account.native(Project, "project-1"))) == []


def test_only_a_404_with_its_reason_means_the_whole_account() -> None:
    address = "https://3.basecampapi.com/5550123/x"
    assert Basecamp.classify(Answer(404, {}, None, address)) is None
    inactive = Answer(404, {"reason": "Account Inactive"}, None, address)
    assert isinstance(Basecamp.classify(inactive), Refused)


def test_links_to_another_host_are_not_followed(account: Account) -> None:
    def elsewhere(request: Any) -> Reply | None:
        if not request.path.endswith("recordings.json"):
            return None
        reply = account.sandbox.handle(request)
        link = '<https://evil.example.org/2.json>; rel="next"'
        return Reply(reply.status, reply.body, {**reply.headers, "Link": link})

    account.sandbox.interfere = elsewhere
    with pytest.raises(Refused, match=re.escape("evil.example.org")):
        account.turn("tasks")
