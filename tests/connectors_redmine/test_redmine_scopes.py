"""Which projects are read, and how deleted, hidden, archived and moved are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import NotVisible, Refused
from connectors.sdk.records import Person, Project, Task, Worklog
from connectors.sdk.sandbox import Reply


def test_only_configured_projects_are_read(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(projects=("mig",))
    mig = tool.native(Project, "mig")
    assert [scope.id for scope in tool.connector.scopes()] == [mig]
    for stream in ("tasks", "worklogs", "milestones"):
        assert {item.scope for item in tool.turn(stream).items[stream].values()} <= {mig}
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit(tool.native(Task, "p"), title="Elsewhere")
    tool.sandbox.world.edit(tool.native(Task, "d"), title="Here")
    assert set(tool.turn("tasks", first.cursors).items["tasks"]) == {tool.native(Task, "d")}


def test_check_names_what_is_configured_and_not_visible(tool_of: Callable[..., Any]) -> None:
    assert any(
        "nowhere" in w for w in tool_of(projects=("mig", "nowhere")).connector.check().warnings
    )
    with pytest.raises(Refused, match="nowhere"):
        tool_of(projects=("nowhere",)).connector.check()


def test_a_hidden_project_concerns_its_own_lane_only(tool: Any) -> None:
    plan = tool.connector.lanes("tasks", {})
    mig = tool.native(Project, "mig")
    tool.sandbox.hidden.add(mig)
    refused, read = [], []
    for lane in plan.lanes:
        try:
            read += [i.id for p in tool.connector.pull("tasks", lane.name, None) for i in p.items]
        except NotVisible as refusal:
            refused.append((lane.scope, refusal.scope))
    assert refused == [(mig, mig)]
    assert set(read) == {tool.native(Task, id) for id in "pcq"}
    assert mig not in {scope.id for scope in tool.connector.scopes()}
    with pytest.raises(NotVisible):
        list(tool.connector.census("tasks", mig))


@pytest.mark.parametrize("admin", [True, False])
def test_deleted_shut_and_moved_are_told_apart(tool_of: Callable[..., Any], admin: bool) -> None:
    tool = tool_of(admin=admin)
    parent, child, done, quiet = (tool.native(Task, id) for id in "pcdq")
    old = tool.native(Project, "old")
    tool.sandbox.world.remove(Task, parent)  # takes its child along
    tool.sandbox.world.remove(Project, old, "archived")
    tool.sandbox.world.edit(done, project_id=tool.native(Project, "erp"))
    fates = tool.connector.confirm("tasks", [parent, child, done, quiet])
    # Only an administrator, whom nothing else is hidden from, knows what a 403 means.
    shut = "archived" if admin else "access_lost"
    assert fates == {parent: "deleted", child: "deleted", done: None, quiet: shut}
    assert tool.connector.confirm("projects", [old, "99"]) == {old: shut, "99": "deleted"}
    ann = tool.native(Person, "ann")
    gone = "deleted" if admin else "unknown"
    assert tool.connector.confirm("people", [ann, "99"]) == {ann: None, "99": gone}
    assert quiet not in tool.turn("tasks").items["tasks"]


def test_the_count_is_the_tools_own(tool: Any) -> None:
    for stream in ("tasks", "worklogs"):
        for scope in tool.connector.scopes():
            listed = [id for ids in tool.connector.census(stream, scope.id) for id in ids]
            assert tool.connector.count(stream, scope.id) == len(listed)
    assert tool.connector.count("people", "1") is None


def test_an_issue_that_is_listed_but_closed_to_us_is_counted(tool: Any) -> None:
    task = tool.native(Task, "d")
    tool.sandbox.interfere = lambda request: (
        Reply(403) if request.path == f"/issues/{task}.json" else None
    )
    pages = list(tool.connector.pull("tasks", tool.native(Project, "mig"), None))
    assert [unread for page in pages for unread, _ in page.unread] == [task]
    assert task not in {item.id for page in pages for item in page.items}


def test_an_ordinary_account_is_told_what_it_lacks(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(admin=False)
    warnings = tool.connector.check().warnings
    assert any("no administrator" in warning for warning in warnings)
    assert tool.connector.lanes("people", {}).lanes[0].full is False


def test_a_project_that_opens_up_later_is_read_in_full(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(admin=False)
    mig = tool.native(Project, "mig")
    tool.sandbox.hidden.add(mig)
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=30)
    tool.sandbox.hidden.clear()
    tool.sandbox.world.edit(tool.native(Task, "q"), title="Something changed")
    second = tool.turn("tasks", first.cursors)
    assert set(second.items["tasks"]) == {tool.native(Task, id) for id in "dxq"}
    assert tool.native(Project, "mig") in second.cursors["tasks"][""]["projects"].split()


def test_what_moved_to_a_project_that_is_not_read_is_gone_from_here(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(projects=("mig",))
    moved, erp = tool.native(Task, "d"), tool.native(Project, "erp")
    entry = tool.sandbox.world.get(Worklog, tool.native(Worklog, "w2"))
    assert tool.connector.confirm("tasks", [moved]) == {moved: None}
    assert tool.connector.confirm("worklogs", [entry.id]) == {entry.id: None}
    tool.sandbox.world.edit(moved, project_id=erp)
    tool.sandbox.world.put(replace(entry, project_id=erp))
    assert tool.connector.confirm("tasks", [moved]) == {moved: "moved"}
    assert tool.connector.confirm("worklogs", [entry.id]) == {entry.id: "moved"}
