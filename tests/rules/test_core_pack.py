"""The core pack against what our tools can tell: no standard that can never answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine.flags.apply import run
from sync_engine.rules import facts, packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.standards import Standard, sentence
from sync_engine.store import models as m

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
TOOLS = ("jira", "asana", "trello", "redmine")
PACK = packs.load(packs.find("pmo-core"))
STANDARDS = {standard.id: standard for standard in PACK.standards}
EVERY = {
    standard.id: standard
    for path in packs.folders()[-1].glob("*.yaml")
    for standard in packs.load(path).standards
}


def provides(tool: str) -> dict[str, list[str]]:
    """What a tool's connector says that it can fill, as the store keeps it."""
    declared = registry.get(tool).provides
    return {kind.__name__.lower(): sorted(names) for kind, names in declared.items()}


@pytest.mark.parametrize("id", STANDARDS)
def test_every_standard_can_be_decided_in_some_tool(id: str) -> None:
    lacking = {t: facts.missing(STANDARDS[id].needed(), provides(t)) for t in TOOLS}
    assert [] in lacking.values(), lacking


@pytest.mark.parametrize(
    ("id", "tools"),
    [
        ("active-without-due-date", set(TOOLS)),  # with milestones or without
        ("active-without-estimate", {"jira", "asana", "redmine"}),  # points or hours
        ("due-after-parent", set(TOOLS)),
        ("due-after-milestone", set(TOOLS)),  # out of scope where there are none
        ("blocked-without-reason", {"jira", "trello"}),
        ("orphan", set(TOOLS)),
        ("tools-disagree", set(TOOLS)),
        ("milestone-overdue", {"jira", "asana", "redmine"}),
    ],
)
def test_where_a_standard_can_be_decided(id: str, tools: set[str]) -> None:
    needed = STANDARDS[id].needed()
    assert {t for t in TOOLS if not facts.missing(needed, provides(t))} == tools


def said(standard: Standard, count: int) -> str:
    """Its sentence, with one number for every number."""
    known = facts.of(standard.subject)
    values = {
        name: count if known[name].type == "number" else NOW if known[name].type == "instant"
        else NOW.date() if known[name].type == "day" else 90 if known[name].type == "minutes"
        else 40.0 if known[name].type == "percent" else "Ann"
        for name in standard.say_facts
    }  # fmt: skip
    return sentence(standard, values, ZoneInfo("UTC"))


@pytest.mark.parametrize("id", EVERY)
def test_sentences_read_well_for_one_and_for_several(id: str) -> None:
    for text in (said(EVERY[id], 1), said(EVERY[id], 3)):
        assert not re.search(r"\(s\)|\(es\)|[{}|]|\bnone\b|\bunknown\b", text)
        assert text.endswith(".")
        assert len(text) <= 160
    one = said(EVERY[id], 1)
    assert not re.search(r"\b1 (?!of\b)(?:\w+ )?\w{3,}(?<!s)s\b", one), one
    assert not re.search(r"\b1 [^.,;]{0,40}\bare\b", one), one


Fill = Callable[..., None]


@pytest.fixture
def flags_of(store: sa.Engine) -> Callable[..., set[tuple[str, str]]]:
    """Assess by the whole pack: (standard, subject) of what is flagged."""

    def assess(*only: str) -> set[tuple[str, str]]:
        chosen = [replace(s, limit=None) for s in PACK.standards if not only or s.id in only]
        run(store, chosen, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(), full=True)
        with store.begin() as c:
            rows = c.execute(sa.text("SELECT standard, subject_id FROM flag "
                                     "WHERE state <> 'resolved'"))  # fmt: skip
            return {(row[0], row[1]) for row in rows}

    return assess


def insert(c: sa.Connection, model: Any, **values: Any) -> None:
    c.execute(sa.insert(model.__table__), values)


def test_work_without_a_date_is_told_where_the_tool_has_no_milestones(
    store: sa.Engine, add: Fill, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("asana"))
        add_connection(c, 2, provides("jira"))
        for tool in (1, 2):
            add(c, m.TaskRow, tool, f"bare-{tool}", title="Bare of any date", type="task",
                status="in_progress", labels=[])  # fmt: skip
        add(c, m.MilestoneRow, 2, "v1", name="v1", state="open", due_on=NOW.date())
        add(c, m.TaskRow, 2, "aimed", title="Aimed at v1", type="task", status="in_progress",
            labels=[], milestone_id="v1")  # fmt: skip
    found = flags_of("active-without-due-date")
    assert found == {("active-without-due-date", f"bare-{tool}") for tool in (1, 2)}


def test_a_silent_block_is_told_where_the_tool_keeps_no_reason(
    store: sa.Engine, add: Fill, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("jira"))
        for id in ("silent", "told", "linked", "reason"):
            add(c, m.TaskRow, 1, id, title=id, type="task", status="in_progress", blocked=True,
                labels=[], blocked_reason="the permit" if id == "reason" else None)  # fmt: skip
        add(c, m.CommentRow, 1, "c", task_id="told", text="waits for the permit", at=NOW)
        add(c, m.LinkRow, 1, "l", type="blocks", from_id="told", to_id="linked")
    assert flags_of("blocked-without-reason") == {("blocked-without-reason", "silent")}


def test_a_leaver_is_someone_of_whom_no_account_may_still_be_active(
    store: sa.Engine, add: Fill, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("jira"))
        add_connection(c, 2, provides("asana"))
        for id, name in ((1, "Ann"), (2, "Bo")):
            insert(c, m.Identity, id=id, name=name, source="tool")
            add(c, m.PersonRow, 1, name, name=name, active=False, kind="human", identity_id=id)
            add(c, m.TaskRow, 1, f"of-{name}", title="Open work", type="task", status="todo",
                owner_id=name, assignee_ids=[name], labels=[])  # fmt: skip
            insert(c, m.Assignment, connection_id=1, task_id=f"of-{name}", position=0,
                   person_id=name)  # fmt: skip
        # Asana does not say whether an account is active; Ann has one there.
        add(c, m.PersonRow, 2, "Ann", name="Ann", active=None, kind="human", identity_id=1)
    assert flags_of("leaver-with-open-work") == {("leaver-with-open-work", "2")}


def scope(c: sa.Connection, id: str, **values: Any) -> None:
    insert(c, m.ScopeState, **{"connection_id": 1, "scope": id, "name": id, "state": "active",
           "visible": False, "lost_at": NOW, **values})  # fmt: skip


def raw(c: sa.Connection, id: str, **values: Any) -> None:
    insert(c, m.RawItem, **{"connection_id": 1, "stream": "tasks", "item_id": id, "hash": b"",
           "body": b"", "yields": b"", "read_at": NOW, "run_id": 1, **values})  # fmt: skip


def test_a_scope_is_lost_only_while_there_is_something_to_miss(
    store: sa.Engine, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("jira"))
        scope(c, "archived", state="archived")
        raw(c, "a", scope="archived")
        scope(c, "left-out")  # of the configuration: all of its items were retired
        raw(c, "b", scope="left-out", gone_at=NOW, gone_reason="moved")
        scope(c, "seen", visible=True, lost_at=None)
    assert flags_of("scope-lost") == set()
    with store.begin() as c:
        scope(c, "hidden")
        raw(c, "c", scope="hidden")
    assert flags_of("scope-lost") == {("scope-lost", "1")}
    with store.begin() as c:
        c.execute(sa.delete(m.ScopeState.__table__).where(sa.column("scope") == "hidden"))  # type: ignore[attr-defined]
        scope(c, "never-seen")  # not one item of it could ever be read
    assert flags_of("scope-lost") == {("scope-lost", "1")}


def test_parked_items_stay_told_until_they_can_be_read(
    store: sa.Engine, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("jira"))
        raw(c, "odd", parked="a Task without an id")
        raw(c, "gone", parked="as above", gone_at=NOW)
        # A later run had nothing to say of them, since nothing had changed.
        insert(c, m.Run, id=9, connection_id=1, kind="pull", epoch=1, started_at=NOW,
               ended_at=NOW, parked=0)  # fmt: skip
    assert flags_of("items-parked") == {("items-parked", "1")}
    with store.begin() as c:
        assert c.execute(sa.text("SELECT said FROM flag")).scalar() == (
            "1 item could not be understood."
        )
        c.execute(sa.update(m.RawItem.__table__).values(parked=None))  # type: ignore[attr-defined]
    assert flags_of("items-parked") == set()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"complete_at": None, "state": "failed"}, {"never-read"}),
        ({"complete_at": None, "state": "partial"}, {"never-read"}),
        ({"complete_at": None, "state": "new"}, set()),
        ({"complete_at": None, "state": "needs_reauth"}, {"never-read", "credential-refused"}),
        ({"state": "needs_reauth"}, {"credential-refused"}),
        ({"credential_expires_at": datetime(2026, 3, 20, tzinfo=UTC)}, {"credential-ends"}),
        ({"credential_expires_at": datetime(2026, 3, 10, tzinfo=UTC)}, {"credential-ends"}),
        ({"credential_expires_at": datetime(2026, 6, 20, tzinfo=UTC)}, set()),
    ],
)
def test_connections_that_do_not_read_are_told_once_for_each_reason(
    store: sa.Engine,
    add_connection: Fill,
    flags_of: Callable[..., Any],
    values: dict[str, Any],
    told: set[str],
) -> None:
    with store.begin() as c:
        add_connection(c, 1, provides("jira"), **values)
    assert flags_of() == {(id, "1") for id in told}


def test_a_due_date_that_moves_too_often_grows_more_severe(
    store: sa.Engine, add: Fill, add_connection: Fill, flags_of: Callable[..., Any]
) -> None:
    def push(number: int) -> None:
        day = f"2026-04-{number:02}"
        with store.begin() as c:
            add(c, m.ChangeRow, 1, f"h{number}", task_id="t", at=NOW, field="due_on",
                old=f"2026-04-{number - 1:02}", new=day)  # fmt: skip

    def history() -> list[tuple[str, str]]:
        flags_of("due-date-pushed")
        with store.begin() as c:
            rows = c.execute(sa.text("SELECT event, severity FROM flag_event ORDER BY id"))
            return [(row[0], row[1]) for row in rows]

    with store.begin() as c:
        add_connection(c, 1, provides("jira"))
        add(c, m.TaskRow, 1, "t", title="t", type="task", status="todo", labels=[])
    for number in (2, 3, 4):
        push(number)
    assert history() == [("opened", "medium")]
    push(5)
    assert history() == [("opened", "medium")]
    push(6)
    assert history() == [("opened", "medium"), ("worsened", "high")]
    assert len(history()) == 2
