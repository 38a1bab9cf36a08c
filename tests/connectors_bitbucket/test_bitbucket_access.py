"""Who may read what: credentials, scopes, what is hidden, what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.bitbucket.connector import Bitbucket
from connectors.bitbucket.options import BitbucketOptions
from connectors.bitbucket.sandbox import ACCESS_TOKEN, CLIENT, CLIENT_KEY, GRANT
from connectors.sdk.errors import NotVisible, Refused, Throttled
from connectors.sdk.records import Milestone, Person, Project, Task
from connectors.sdk.sandbox import Reply
from tests.connectors_bitbucket.conftest import Open, Workspace

OAUTH = {"email": None, "token": None, "client_id": CLIENT, "client_secret": CLIENT_KEY}


def headers(**options: Any) -> dict[str, str]:
    return dict(Bitbucket.access(BitbucketOptions(**options)).headers)


def test_an_api_token_goes_with_the_e_mail_address() -> None:
    sent = headers(email="a@example.com", token="t")
    assert sent == {"Authorization": "Basic YUBleGFtcGxlLmNvbTp0"}


def test_an_access_token_goes_alone() -> None:
    assert headers(token="t") == {"Authorization": "Bearer t"}


def test_a_consumer_signs_in_at_bitbuckets_own_site() -> None:
    access = Bitbucket.access(BitbucketOptions(client_id="k", client_secret="s"))
    assert access.oauth is not None
    assert access.oauth.token_url == "https://bitbucket.org/site/oauth2/access_token"
    assert access.base_url == "https://api.bitbucket.org/2.0"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"client_id": "k"},
        {"email": "a@example.com"},
        {"email": "a@example.com", "client_id": "k", "client_secret": "s"},
        {"token": "t", "client_id": "k", "client_secret": "s"},
        {"token": "t", "refresh_token": "r"},
        {"token": "t", "repositories": ["site"]},
        {"token": "t", "workspaces": ["acme/site"]},
        {"token": "t", "pull_requests": False, "issues": False},
    ],
)
def test_half_a_credential_or_a_wrong_name_is_refused_at_once(options: Any) -> None:
    with pytest.raises(ValidationError):
        BitbucketOptions(**options)


@pytest.mark.parametrize("grant", [{}, {"refresh_token": GRANT}])
def test_a_consumer_reads_and_renews_its_token_after_two_hours(
    open_workspace: Open, grant: dict[str, str]
) -> None:
    workspace = open_workspace(options={**OAUTH, **grant})
    connector = workspace.connect()
    first = workspace.read(connector=connector).ids("tasks")
    workspace.clock.pass_by(hours=3)
    assert workspace.read(connector=connector).ids("tasks") == first
    assert len(workspace.sandbox.issued) >= 2


def test_an_access_token_reads_and_belongs_to_nobody(open_workspace: Open) -> None:
    workspace = open_workspace(options={"email": None, "token": ACCESS_TOKEN})
    assert workspace.turn("tasks").ids("tasks")
    workspace.sandbox.granted = {"repository", "pullrequest", "issue"}
    assert workspace.connect().check().account == "an access token"


def test_check_says_who_reads_and_which_scopes_are_too_strong(workspace: Workspace) -> None:
    identity = workspace.connect().check()
    assert identity.account == "Flagstaff reader"
    assert {each.name for each in identity.scopes} == {
        "acme/new-web-site", "acme/operations", "acme/web-shop",
    }  # fmt: skip
    assert identity.warnings == []
    reply = Reply.of({"username": "r"}, X_OAuth_Scopes="repository:write, pullrequest")
    workspace.answering("/user", reply)
    identity = workspace.connect().check()
    assert identity.account == "r"
    assert identity.warnings == [
        "The credential may also write (repository:write); reading is enough."
    ]


def test_without_a_name_all_workspaces_of_the_account_are_read(open_workspace: Open) -> None:
    workspace = open_workspace(options={"workspaces": []})
    asked = workspace.asked(lambda: workspace.turn("projects"))
    assert [each.path for each in asked] == ["/2.0/user/workspaces", "/2.0/repositories/acme"]
    assert len(workspace.connect().scopes()) == 3


def test_the_lists_across_workspaces_are_gone(workspace: Workspace) -> None:
    """Bitbucket removed them; the sandbox says so as it does."""
    http: Any = workspace.connect()._api.http  # type: ignore[attr-defined]
    for path in ("/workspaces", "/repositories"):
        with pytest.raises(NotVisible, match="410"):
            http.get(path)


def test_only_named_repositories_are_read(open_workspace: Open) -> None:
    workspace = open_workspace(options={"workspaces": [], "repositories": ["acme/Operations"]})
    assert [each.name for each in workspace.connect().scopes()] == ["acme/operations"]
    home = workspace.native(Project, "project-2")
    assert {id.partition("}")[0] + "}" for id in workspace.turn("tasks").ids("tasks")} == {home}


def test_a_named_repository_that_is_hidden_is_an_error_and_the_others_are_read(
    open_workspace: Open,
) -> None:
    names = ["acme/new-web-site", "acme/web-shop"]
    workspace = open_workspace(options={"workspaces": [], "repositories": names})
    workspace.sandbox.hidden.add(workspace.native(Project, "project-3"))
    for stream in ("projects", "milestones", "tasks"):
        read = workspace.turn(stream, patient=True)
        told = [(type(each), each.scope) for each in read.errors]
        assert told == [(NotVisible, "acme/web-shop")], stream
        assert read.items[stream], stream
    [warning] = workspace.connect().check().warnings
    assert "acme/web-shop" in warning


def test_where_nothing_that_is_named_can_be_seen_check_is_refused(open_workspace: Open) -> None:
    workspace = open_workspace(options={"workspaces": ["other"]})
    with pytest.raises(NotVisible) as caught:
        workspace.connect().check()
    assert caught.value.scope == "other"


def test_a_missing_scope_is_named_in_the_remedy(workspace: Workspace) -> None:
    workspace.sandbox.granted = {"account", "repository", "issue"}
    read = workspace.turn("tasks", patient=True)
    errors = [each for each in read.errors if isinstance(each, NotVisible)]
    assert len(errors) == 3
    assert all("pullrequest" in each.remedy for each in errors)
    assert {each.scope for each in errors} == {each.id for each in workspace.connect().scopes()}
    assert all("#" in id for id in read.ids("tasks"))  # issues are read all the same


def test_people_need_a_scope_that_nothing_else_needs(workspace: Workspace) -> None:
    workspace.sandbox.granted = {"repository", "pullrequest", "issue"}
    read = workspace.read(patient=True)
    assert [type(each) for each in read.errors] == [NotVisible]
    assert "account" in read.errors[0].remedy
    assert not read.of(Person)
    assert read.of(Task)


def test_a_repository_without_a_tracker_is_asked_for_no_issue(workspace: Workspace) -> None:
    home = workspace.native(Project, "project-1")
    workspace.sandbox.no_tracker.add(home)
    asked = workspace.asked(lambda: workspace.read(streams=["milestones", "tasks"]))
    mine = [each.path for each in asked if home in each.path]
    assert mine
    assert not [path for path in mine if "/issues" in path or "/milestones" in path]
    read = workspace.read()
    assert not [id for id in read.ids("tasks") if id.startswith(f"{home}#")]
    assert read.of(Project)[home].lacks == ("priority", "priority_label", "milestone_id")
    assert not [each for each in read.of(Milestone).values() if each.project_id == home]


def test_issues_of_a_tracker_that_was_taken_away_are_lost_to_us_and_not_deleted(
    workspace: Workspace,
) -> None:
    read = workspace.turn("tasks")
    home = workspace.native(Project, "project-1")
    workspace.sandbox.no_tracker.add(home)
    connector = workspace.connect()
    listed = {id for batch in connector.census("tasks", home) for id in batch}
    missing = {id for id in read.ids("tasks") if id.startswith(home)} - listed
    assert missing
    assert set(connector.confirm("tasks", sorted(missing)).values()) == {"access_lost"}


def test_what_an_option_switched_off_is_not_taken_for_deleted(open_workspace: Open) -> None:
    workspace = open_workspace(options={"issues": False})
    issue, pull = workspace.native(Task, "task-5"), workspace.pulls()[0].id
    workspace.answering(f"/issues/{issue.rpartition('#')[2]}", Reply.of({}, 404))
    told = workspace.connect().confirm("tasks", [issue, pull])
    assert told == {issue: "access_lost", pull: None}


@pytest.mark.parametrize(
    ("status", "fate"), [(200, None), (403, "access_lost"), (404, "deleted"), (410, "unknown")]
)
def test_what_an_answer_about_one_issue_means(
    workspace: Workspace, status: int, fate: str | None
) -> None:
    id = workspace.native(Task, "task-5")
    workspace.answering(f"/issues/{id.rpartition('#')[2]}", Reply.of({}, status))
    assert workspace.connect().confirm("tasks", [id]) == {id: fate}


def test_of_what_is_in_no_listed_repository_nothing_is_said(workspace: Workspace) -> None:
    id = workspace.native(Task, "task-30")
    workspace.sandbox.hidden.add(workspace.native(Project, "project-3"))
    told = workspace.connect().confirm("tasks", [id, "nonsense", "{x}#1"])
    assert set(told.values()) == {"unknown"}


def test_a_census_of_a_hidden_repository_is_an_error(workspace: Workspace) -> None:
    home = workspace.native(Project, "project-3")
    workspace.sandbox.hidden.add(home)
    with pytest.raises(NotVisible) as caught:
        list(workspace.connect().census("tasks", home))
    assert caught.value.scope == home


def test_a_removed_part_of_bitbucket_is_no_deletion(workspace: Workspace) -> None:
    error = {"type": "error", "error": {"message": "Functionality has been deprecated"}}
    workspace.answering("/issues", Reply.of(error, 410))
    read = workspace.turn("tasks", patient=True)
    assert {type(each) for each in read.errors} == {NotVisible}
    assert all("issues: false" in each.advice for each in read.errors)
    assert read.gone == []
    assert read.ids("tasks")  # the pull requests


def test_too_many_requests_are_a_pause(workspace: Workspace) -> None:
    workspace.answering("/members", Reply.of({}, 429, Retry_After="3600"))
    with pytest.raises(Throttled):
        workspace.turn("people")


def test_no_more_than_a_thousand_requests_an_hour_are_made_of_repositories() -> None:
    [limit] = Bitbucket.limits
    assert (limit.requests, limit.per.total_seconds(), limit.path) == (1000, 3600, "/repositories")


def test_an_expired_token_is_the_admins_matter(workspace: Workspace) -> None:
    workspace.answering("/user", Reply.of({"type": "error"}, 401))
    with pytest.raises(Refused) as caught:
        workspace.connect().check()
    assert "token" in caught.value.remedy
