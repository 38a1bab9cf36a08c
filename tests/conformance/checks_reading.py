"""Checks of reading a tool that behaves: lanes, cursors, census, what is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from connectors.sdk.contract import Can, Cursor
from connectors.sdk.records import Comment, Link, Project, Task, Worklog
from connectors.sdk.vocabulary import vocabulary_of
from tests.conformance.checks import check
from tests.conformance.reading import Read, Subject, Tool

_CUTS = 8  # of each stream
_FEW = 3  # requests for what is listed once for all


def tasks_by_title(read: Read) -> set[str]:
    """Titles of the tasks that were read."""
    return {task.title for task in read.of(Task).values()}


def item_of(read: Read, tool: Tool, id: str) -> tuple[str, str]:
    """The stream and the id of the item that yields a task; not every tool calls both alike."""
    for stream, found in read.items.items():
        for item in found.values():
            for record in tool.subject.connector.to_records(stream, item.body):
                if isinstance(record, Task) and record.id == id:
                    return stream, item.id
    raise AssertionError(f"no stream has task {id}")


@check
def check_tells_who_we_are(subject: Subject) -> None:
    """`check` names the account and the site, its times have a zone, its scopes an id."""
    with subject.tool() as tool:
        connector = tool.connect()
        identity = connector.check()
        scopes = connector.scopes()
    assert identity.account
    assert identity.site
    for instant in (identity.server_time, identity.credential_expires_at):
        assert instant is None or instant.utcoffset() is not None
    ids = [scope.id for scope in scopes]
    assert len(ids) == len(set(ids)) > 0
    assert all(scope.id and scope.name for scope in scopes)


@check
def what_there_is_to_map_is_named(subject: Subject) -> None:
    """Every custom field that a task carries, and every status word, is one that the connector
    lists, at the price of a few requests a container; what fields fill is provided."""
    with subject.tool() as tool:
        connector = tool.connect()
        roster = len(tool.requests(connector.scopes))
        containers = len(connector.scopes())
        begun = len(tool.sandbox.log)
        known = vocabulary_of(connector)
        asked = len(tool.sandbox.log) - begun
        if known is None:
            return
        tasks = list(tool.read().of(Task).values())
    assert asked <= roster + _FEW + 2 * containers, f"{asked} requests to name what there is"
    shown = {task.status_label for task in tasks} - {None}
    assert known.status is None or shown <= {*known.status}, f"listed are {known.status}"
    carried = {(each.id, each.name) for task in tasks for each in task.custom}
    if known.fields is not None:
        listed = {(each.id, each.name) for each in known.fields if not each.taken}
        assert carried <= listed, f"not listed: {sorted(carried - listed)}"
    for field in known.fields or ():
        assert all((field.id, field.name, field.type)), f"{field} says too little"
        assert field.fills in (None, *subject.connector.provides[Task]), f"{field} fills nothing"


@check
def lanes_and_pages_are_well_formed(subject: Subject) -> None:
    """Lane names are unique, scopes known, cursors small and textual, bodies JSON."""
    with subject.tool() as tool:
        connector = tool.connect()
        scopes = {scope.id for scope in connector.scopes()}
        for stream, can in connector.streams.items():
            plan = connector.lanes(stream, {})
            names = [lane.name for lane in plan.lanes]
            assert len(names) == len(set(names)) > 0, f"lanes of {stream}: {names}"
            assert plan.joint is None or _is_cursor(plan.joint)
            moved = plan.joint is not None
            for lane in plan.lanes:
                assert lane.full, f"the first read of {stream} is not full"
                assert lane.scope is None or lane.scope in scopes
                for page in connector.pull(stream, lane.name, None):
                    moved |= page.cursor is not None
                    assert page.cursor is None or _is_cursor(page.cursor)
                    for item in page.items:
                        orjson.dumps(item.body)
                        assert item.scope is None or item.scope in scopes, item.scope
            if Can.INCREMENTAL in can:
                assert moved, f"{stream} can be read incrementally, but gives no cursor"


def _is_cursor(cursor: Cursor) -> bool:
    held: dict[Any, Any] = dict(cursor)
    texts = all(isinstance(each, str) for pair in held.items() for each in pair)
    return texts and len(orjson.dumps(held)) < 4096


@check
def a_cut_pull_resumes_to_the_same_set(subject: Subject) -> None:
    """Cut after any page, the next turns bring what is missing."""
    with subject.tool() as tool:
        whole = tool.read()
        for stream, pages in whole.pages.items():
            step = max(1, pages // _CUTS)
            for cut in range(1, pages + 1, step):
                before = tool.read(streams=[stream], stop_after=cut)
                after = tool.read(before.cursors, streams=[stream])
                got = before.ids(stream) | after.ids(stream)
                lost = whole.ids(stream) - got
                assert not lost, f"{stream} cut after page {cut} lost {sorted(lost)[:5]}"


@check
def cursors_are_inclusive(subject: Subject) -> None:
    """What changes in the very instant of a read is in the next one, however often."""
    with subject.tool() as tool:
        read = tool.read()
        for number in (5, 6, 7):
            title = f"Changed in the same instant {number}"
            tool.sandbox.world.edit(tool.native(Task, f"task-{number}"), title=title)
            read = tool.read(read.cursors)
            assert title in tasks_by_title(read), f"{title!r} was not read"


@check
def later_changes_are_read(subject: Subject) -> None:
    """What changes between reads, and a new task, is in the next read."""
    with subject.tool() as tool:
        read = tool.read()
        for number in (5, 20, 29):
            tool.clock.sleep(3600)
            title = f"Changed later {number}"
            tool.sandbox.world.edit(tool.native(Task, f"task-{number}"), title=title)
            tool.clock.sleep(3600)
            read = tool.read(read.cursors)
            assert title in tasks_by_title(read), f"{title!r} was not read"


@check
def a_future_date_does_not_carry_the_cursor_away(subject: Subject) -> None:
    """An item said to be updated in years to come hides no change of today."""
    with subject.tool() as tool:
        ahead = tool.clock.now() + timedelta(days=3000)
        tool.sandbox.world.edit(tool.native(Task, "task-5"), title="From afar", at=ahead)
        read = tool.read()
        read = tool.read(read.cursors)
        tool.clock.sleep(3600)
        tool.sandbox.world.edit(tool.native(Task, "task-6"), title="Changed today")
        tool.clock.sleep(600)
        read = tool.read(read.cursors)
        assert "Changed today" in tasks_by_title(read)


@check
def an_unchanged_tool_is_quiet(subject: Subject) -> None:
    """A second turn brings nothing new, and asks at most one request of an incremental stream."""
    with subject.tool() as tool:
        first = tool.read()
        cursors = first.cursors
        for _ in range(2):
            tool.clock.sleep(7200)
            connector = tool.connect()
            for stream, can in subject.connector.streams.items():
                tool.sandbox.log.clear()
                again = tool.read(cursors, streams=[stream], connector=connector)
                cursors = again.cursors
                asked = len(tool.sandbox.log)
                for key, record in again.records.items():
                    assert first.records.get(key) == record, f"{stream} brought {record}"
                assert not again.gone, f"{stream} says that something is gone"
                if Can.INCREMENTAL in can:
                    allowed = len(again.lanes[stream]) + 1 if stream in subject.quiet else 1
                    assert asked <= allowed, f"{stream}: {asked} requests for nothing"


@check
def census_lists_what_was_read(subject: Subject) -> None:
    """The ids that a census gives are those of the items, none twice, each scope its own."""
    with subject.tool() as tool:
        read = tool.read()
        connector = tool.connect()
        scopes = [scope.id for scope in connector.scopes()]
        for stream, can in connector.streams.items():
            if Can.CENSUS not in can:
                continue
            listed: set[str] = set()
            for scope in scopes:
                ids = [id for batch in connector.census(stream, scope) for id in batch]
                assert len(ids) == len(set(ids)), f"{stream}: ids twice in {scope}"
                here = {i.id for i in read.items[stream].values() if i.scope == scope}
                assert here <= set(ids), f"{stream}: {scope} lacks {sorted(here - set(ids))[:5]}"
                listed |= set(ids)
            assert listed == read.ids(stream), (
                f"{stream}: listed only {sorted(listed - read.ids(stream))[:5]},"
                f" read only {sorted(read.ids(stream) - listed)[:5]}"
            )


@check
def count_is_none_or_right(subject: Subject) -> None:
    """Where the tool counts, its count is that of the census."""
    with subject.tool() as tool:
        connector = tool.connect()
        for stream, can in connector.streams.items():
            if Can.CENSUS not in can:
                continue
            for scope in connector.scopes():
                ids = {id for batch in connector.census(stream, scope.id) for id in batch}
                count = connector.count(stream, scope.id)
                assert count in (None, len(ids)), f"{stream} of {scope.id}: {count}"


def _leaf(tool: Tool) -> str:
    """A task on which no other hangs, not in the first project."""
    busy = {
        id
        for each in (*tool.sandbox.world.all(Link), *tool.sandbox.world.all(Comment),
                     *tool.sandbox.world.all(Worklog))
        for id in (getattr(each, "task_id", None), getattr(each, "from_id", None),
                   getattr(each, "to_id", None))
    }  # fmt: skip
    busy |= {task.parent_id for task in tool.sandbox.world.all(Task)}
    away = tool.native(Project, "project-1")
    for task in tool.sandbox.world.all(Task):
        if task.id not in busy and task.project_id != away and task.parent_id is None:
            return task.id
    raise AssertionError("every task has something on it")


@check
def what_is_gone_is_told_apart(subject: Subject) -> None:
    """`confirm` tells present, deleted and hidden apart, or says that it cannot."""
    with subject.tool() as tool:
        read = tool.read()
        leaf = _leaf(tool)
        stream, gone = item_of(read, tool, leaf)
        hidden = item_of(read, tool, tool.native(Task, "task-30"))[1]
        here = item_of(read, tool, tool.native(Task, "task-5"))[1]
        if Can.CENSUS not in subject.connector.streams[stream]:
            return
        tool.sandbox.world.remove(Task, leaf)
        tool.sandbox.hidden.add(tool.native(Project, "project-3"))
        tool.clock.sleep(3600)
        told = tool.connect().confirm(stream, [here, gone, hidden])
        assert told.keys() == {here, gone, hidden}
        assert told[here] is None, f"a present task is {told[here]}"
        assert told[gone] in ("deleted", "unknown"), f"a deleted task is {told[gone]}"
        assert told[hidden] in ("access_lost", "unknown"), f"a hidden task is {told[hidden]}"


@check
def tombstones_are_only_for_what_is_gone(subject: Subject) -> None:
    """A stream with tombstones tells a deletion in the next turn, and no other."""
    with subject.tool() as tool:
        read = tool.read()
        leaf = _leaf(tool)
        stream, gone = item_of(read, tool, leaf)
        tool.clock.sleep(3600)
        tool.sandbox.world.remove(Task, leaf)
        tool.clock.sleep(3600)
        again = tool.read(read.cursors, streams=[stream])
        told = {each.id for each in again.gone}
        assert told <= {gone}, f"said to be gone: {sorted(told - {gone})}"
        assert leaf not in again.of(Task)
        if Can.TOMBSTONES in subject.connector.streams[stream]:
            assert told == {gone}, "the deletion was not told"


@check
def a_hidden_container_harms_no_other(subject: Subject) -> None:
    """When a container is hidden the others are read, and nothing is called deleted."""
    with subject.tool() as tool:
        before = tool.read()
        away = tool.native(Project, "project-2")
        tool.sandbox.hidden.add(away)
        tool.clock.sleep(3600)
        tool.sandbox.world.edit(tool.native(Task, "task-5"), title="Seen")
        later, anew = tool.read(before.cursors, patient=True), tool.read(patient=True)
        for read in (later, anew):
            assert not [each for each in read.gone if each.reason == "deleted"]
            assert "Seen" in tasks_by_title(read)
        seen = {task.project_id for task in anew.of(Task).values()}
        expected = {task.project_id for task in before.of(Task).values()} - {away}
        assert seen == expected, f"tasks of {seen}, expected {expected}"
        assert away not in {scope.id for scope in tool.connect().scopes()}
