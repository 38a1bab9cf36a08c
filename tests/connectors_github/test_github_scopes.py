"""Which repositories there are, and what becomes of one that changes, moves or vanishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.records import Link, Milestone, Person, Project, Task
from connectors.sdk.sandbox import Reply


def names(scopes: Any) -> dict[str, str]:
    return {scope.name: scope.state for scope in scopes}


def test_check_says_who_and_what(tool: Any) -> None:
    identity = tool.connector.check()
    assert identity.account == "flagstaff-reader"
    assert identity.server_time == tool.clock.at
    assert names(identity.scopes) == {
        "acme/site": "active", "acme/shop": "active", "acme/old-works": "archived",
    }  # fmt: skip
    assert identity.warnings == []


def test_check_tells_the_end_of_the_token_and_what_is_hidden(tool: Any) -> None:
    def interfere(request: Any) -> Reply | None:
        if request.path == "/user":
            return Reply.of(
                {"login": "reader", "id": 1},
                200,
                GitHub_Authentication_Token_Expiration="2026-12-30 12:00:00 UTC",
                X_OAuth_Scopes="gist, read:user",
                X_GitHub_Enterprise_Version="3.19.1",
            )
        if request.path == "/user/repos":
            return Reply.of([], 200, X_GitHub_SSO="partial-results; organizations=1")
        return None

    tool.sandbox.interfere = interfere
    identity = tool.connector.check()
    assert str(identity.credential_expires_at) == "2026-12-30 12:00:00+00:00"
    assert identity.version == "3.19.1"
    said = " ".join(identity.warnings)
    assert "single sign-on" in said
    assert "scope `repo`" in said
    assert "no repository" in said


def test_only_what_is_named_is_read(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(repositories=["acme/site", "ACME/Shop"])
    assert set(names(tool.connector.scopes())) == {"acme/site", "acme/shop"}


def test_organizations_are_read_whole_and_others_besides(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(organizations=["acme"])
    assert len(tool.connector.scopes()) == 3
    assert "/user/repos" not in tool.requests(tool.connector.scopes)
    both = tool_of(organizations=["acme"], repositories=["acme/site"])
    assert len(both.connector.scopes()) == 3


def test_what_is_named_and_not_visible_fails_alone(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(repositories=["acme/site", "acme/gone"], organizations=["nobody"])
    assert [each.split("'")[1] for each in tool.connector.check().warnings] == [
        "nobody", "acme/gone",
    ]  # fmt: skip
    lanes = tool.connector.lanes("tasks", {}).lanes
    assert [lane.scope for lane in lanes[1:]] == ["nobody", "acme/gone"]
    assert list(tool.connector.pull("tasks", lanes[0].name, None))
    for lane in lanes[1:]:
        with pytest.raises(NotVisible) as hidden:
            list(tool.connector.pull("tasks", lane.name, None))
        assert hidden.value.scope == lane.scope


def test_a_repository_in_which_the_account_has_no_part_is_found_by_name(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(repositories=["acme/site"])
    tool.sandbox.interfere = lambda request: Reply.of([]) if request.path == "/user/repos" else None
    assert set(names(tool.connector.scopes())) == {"acme/site"}


def rename(tool: Any, id: str, name: str) -> str:
    native: str = tool.native(Project, id)
    tool.sandbox.handle(tool.sandbox.log[-1])  # the old name was in use
    project = tool.sandbox.world.get(Project, native)
    tool.sandbox.world.put(msgspec.structs.replace(project, name=name))
    return native


def test_a_renamed_repository_keeps_its_id_and_is_read_anew(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(repositories=["acme/site"])
    first = tool.turn("tasks")
    id = rename(tool, "site", "Portal")
    tool.clock.pass_by(hours=1)
    second = tool.turn("tasks", first.cursors)  # a former name leads to the present one
    assert set(first.items["tasks"]) == set(second.items["tasks"])
    assert {item.scope for item in second.items["tasks"].values()} == {id}
    keys = {task.key for task in second.records.values() if isinstance(task, Task)}
    assert keys == {f"acme/portal#{number}" for number in range(1, 5)}
    assert len(tool.connector.scopes()) == 1


def test_a_repository_renamed_while_it_is_read_is_followed(tool: Any) -> None:
    lane = next(
        lane for lane in tool.connector.lanes("tasks", {}).lanes if "acme/site" in lane.name
    )
    rename(tool, "site", "Portal")
    [page] = tool.connector.pull("tasks", lane.name, None)
    assert len(page.items) == 4


def test_issues_that_are_switched_off_are_not_gone(tool: Any) -> None:
    site, task = tool.native(Project, "site"), tool.native(Task, "a")
    tool.sandbox.disabled.add(site)
    assert names(tool.connector.scopes())["acme/site"] == "closed"
    assert "acme/site" in tool.connector.check().warnings[0]
    assert site not in {lane.scope for lane in tool.connector.lanes("tasks", {}).lanes}
    with pytest.raises(NotVisible):
        list(tool.connector.census("tasks", site))
    with pytest.raises(NotVisible):
        list(tool.connector.census("comments", site))
    assert tool.connector.confirm("tasks", [task]) == {task: "access_lost"}
    with pytest.raises(NotVisible) as off:
        list(tool.connector.pull("tasks", f"{site} acme/site", None))
    assert off.value.scope == site


def test_deleted_transferred_and_hidden_are_told_apart(tool: Any) -> None:
    here, deleted, moved, away, beyond = (
        tool.native(Task, each) for each in ("e", "b", "c", "s", "a")
    )
    tool.sandbox.world.remove(Task, deleted)
    tool.sandbox.world.remove(Task, moved, "moved")
    tool.sandbox.world.remove(Task, beyond, "access_lost")
    tool.sandbox.hidden.add(tool.native(Project, "shop"))
    assert tool.connector.confirm("tasks", [here, deleted, moved, away, beyond]) == {
        here: None,
        deleted: "deleted",
        moved: "moved",
        away: "unknown",  # a deleted repository answers alike
        beyond: "moved",
    }


def test_an_issue_that_was_transferred_to_where_we_see_it_is_another(tool: Any) -> None:
    site, moved = tool.native(Project, "site"), tool.native(Task, "c")

    def interfere(request: Any) -> Reply | None:
        if request.path != f"/repositories/{moved.replace('#', '/issues/')}":
            return None
        target = f"http://{request.headers['host']}/repositories/{site}/issues/1"
        return Reply(301, b"{}", {"Location": target})

    tool.sandbox.interfere = interfere
    assert tool.connector.confirm("tasks", [moved]) == {moved: "moved"}


def test_a_forbidden_repository_is_lost_access(tool: Any) -> None:
    site, task = tool.native(Project, "site"), tool.native(Task, "a")
    tool.sandbox.interfere = lambda _: Reply.of({"message": "Resource not accessible"}, 403)
    assert tool.connector.confirm("projects", [site]) == {site: "access_lost"}
    assert tool.connector.confirm("tasks", [task]) == {task: "access_lost"}


def test_an_outage_confirms_nothing(tool: Any) -> None:
    tool.sandbox.interfere = lambda _: Reply.of({"message": "secondary rate limit"}, 403)
    with pytest.raises(Exception, match="limit"):
        tool.connector.confirm("tasks", [tool.native(Task, "a")])


def test_other_items_are_confirmed_by_themselves(tool: Any) -> None:
    comment, milestone = next(iter(tool.turn("comments").items["comments"])), next(
        iter(tool.turn("milestones").items["milestones"])
    )  # fmt: skip
    home = milestone.partition("/")[0]
    assert tool.connector.confirm("comments", [comment, f"{home}/1"]) == {
        comment: None, f"{home}/1": "deleted",
    }  # fmt: skip
    assert tool.connector.confirm("milestones", [milestone, f"{home}/77"]) == {
        milestone: None, f"{home}/77": "deleted",
    }  # fmt: skip
    assert tool.connector.confirm("projects", [home, "404"]) == {home: None, "404": "unknown"}
    assert tool.connector.confirm("changes", ["51"]) == {"51": "unknown"}


def test_the_census_is_not_fooled_by_pull_requests(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(page_size=2)
    site = tool.native(Project, "site")
    batches = list(tool.connector.census("tasks", site))
    assert sorted(id for batch in batches for id in batch) == [
        f"{site}#{number}" for number in range(1, 5)
    ]
    assert len(batches) == 2
    assert tool.connector.count("tasks", site) == 4
    assert tool.connector.count("comments", site) is None
    assert len([id for batch in tool.connector.census("comments", site) for id in batch]) == 2


@pytest.mark.parametrize(
    "info",
    [None, {"hasNextPage": None}, {"hasNextPage": True}, {"hasNextPage": True, "endCursor": "x"}],
)
def test_a_census_whose_end_is_not_said_concludes_nothing(tool: Any, info: Any) -> None:
    site = tool.native(Project, "site")
    issues = {"totalCount": 9, "pageInfo": info, "nodes": [{"number": 1}]}
    tool.sandbox.interfere = lambda request: (
        Reply.of({"data": {"node": {"hasIssuesEnabled": True, "issues": issues}}})
        if request.path == "/graphql"
        else None
    )
    with pytest.raises(Unexpected):
        list(tool.connector.census("tasks", site))


def test_parents_and_blockers_in_other_repositories(tool: Any) -> None:
    records = tool.turn("tasks").records
    site, shop = tool.native(Project, "site"), tool.native(Project, "shop")
    assert records[Task, f"{shop}#1"].parent_id == f"{site}#1"
    links = {record.id for kind, record in ((k[0], r) for k, r in records.items()) if kind is Link}
    assert links == {
        f"blocks:{site}#3:{site}#2", f"blocks:{shop}#1:{site}#2",
    }  # fmt: skip


def test_a_parent_that_is_hidden_is_left_out_and_the_rest_is_read(tool: Any) -> None:
    tool.sandbox.hidden.add(tool.native(Project, "shop"))
    site = tool.native(Project, "site")
    records = tool.turn("tasks").records
    assert [id for kind, id in records if kind is Link] == [f"blocks:{site}#3:{site}#2"]


def test_dependencies_are_asked_for_only_where_there_are_some(tool: Any) -> None:
    asked = tool.requests(lambda: tool.turn("tasks"))
    assert len([path for path in asked if path.endswith("blocked_by")]) == 1


def test_an_issue_that_does_not_open_any_more_is_counted(tool: Any) -> None:
    tool.sandbox.interfere = lambda request: (
        Reply.of({"message": "Not Found"}, 404) if request.path.endswith("blocked_by") else None
    )
    read = tool.turn("tasks")
    assert list(read.unread) == [tool.native(Task, "a")]
    assert tool.native(Task, "a") not in read.items["tasks"]


def test_people_are_told_once_and_to_the_last(tool_of: Callable[..., Any]) -> None:
    many = [Person(id=f"p{number}", name=f"Person {number}") for number in range(7)]
    projects = [Project(id=f"r{number}", name=f"Repo {number}") for number in range(23)]
    tool = tool_of([*many, *projects], page_size=3)
    read = tool.turn("people")
    assert len(read.items["people"]) == 7
    posts = [request for request in tool.sandbox.log if request.path == "/graphql"]
    assert len([request for request in posts if b"query People" in request.body]) == 2


def test_a_repository_hidden_since_the_roster_ends_the_people_without_a_loss(tool: Any) -> None:
    def interfere(request: Any) -> Reply | None:
        if request.path == "/graphql":
            tool.sandbox.hidden.add(tool.native(Project, "shop"))
        return None

    tool.sandbox.interfere = interfere
    with pytest.raises(NotVisible):
        tool.turn("people")


def test_a_server_of_ones_own_has_graphql_beside_the_rest_api(tool: Any) -> None:
    from connectors.github.api import Api

    asked: list[str] = []

    class Http:
        def request(self, method: str, path: str, **_: Any) -> Any:
            asked.append(path)
            raise NotVisible("stop")

    for url in ("https://git.example.com/api/v3/", "https://api.github.com"):
        with pytest.raises(NotVisible):
            Api(Http(), url).graphql("query X { x }", {})  # type: ignore[arg-type]
    assert asked == ["https://git.example.com/api/graphql", "/graphql"]


def test_milestones_belong_to_their_repository(tool: Any) -> None:
    records = tool.turn("milestones").records
    assert {record.project_id for record in records.values()} == {tool.native(Project, "site")}
    assert {kind for kind, _ in records} == {Milestone}


@pytest.mark.parametrize("name", ["site", "acme/", "acme/site/issues", "https://x/acme/site"])
def test_a_repository_is_named_with_its_owner(tool_of: Callable[..., Any], name: str) -> None:
    with pytest.raises(ValueError, match="repositories"):
        tool_of(repositories=[name]).config()
