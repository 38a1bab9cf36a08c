"""The demonstration's work: believable, deterministic, and wrong only where it is meant to be.

The standards are checked here by plain code of the tests' own, so that a healthy task that breaks
one by accident is found, and a planted breach that does not break anything too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from connectors.sdk.records import (
    REFERENCES,
    Change,
    Column,
    Comment,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import as_text
from sync_engine.demo.portfolio import NEAR_MISSES, PLANTED, portfolio

R = TypeVar("R", bound=Record)
DAYS = [date(2026, 11, 20) + timedelta(days=n) for n in range(5)] + [date(2027, 1, 3)]


class Company:
    """The portfolio with what the checks need at hand."""

    def __init__(self, today: date, seed: int = 7) -> None:
        self.today = today
        self.tools = portfolio(today, seed)
        self.records = [record for held in self.tools.values() for record in held]
        self.tasks = {task.id: task for task in self.all(Task)}
        self.children: dict[str, list[Task]] = defaultdict(list)
        for task in self.tasks.values():
            if task.parent_id:
                self.children[task.parent_id].append(task)
        self.changes: dict[str, list[Change]] = defaultdict(list)
        for change in self.all(Change):
            self.changes[change.task_id].append(change)

    def all(self, kind: type[R]) -> list[R]:
        return [record for record in self.records if isinstance(record, kind)]

    def ago(self, working_days: int) -> datetime:
        day = self.today
        while working_days:
            day -= timedelta(days=1)
            working_days -= day.weekday() < 5
        return datetime.combine(day, time(0), UTC)

    def open(self, *states: str) -> Iterator[Task]:
        wanted = states or ("todo", "in_progress")
        return (task for task in self.tasks.values() if task.status in wanted)


Check = Callable[[Company], Any]


def ids(found: Any) -> set[str]:
    return {each.id for each in found}


def due(task: Any) -> date:
    assert isinstance(task.due_on, date)
    return task.due_on


def t02(c: Company) -> set[str]:
    left = ids(person for person in c.all(Person) if not person.active)
    return ids(task for task in c.open() if set(task.assignee_ids) & left)


def t06(c: Company) -> set[str]:
    return ids(t for t in c.open() if t.due_on and due(t) < c.today)


def t07(c: Company) -> set[str]:
    def pushes(task: Task) -> int:
        return sum(
            x.field == "due_on" and x.old is not None and x.new is not None and x.new > x.old
            for x in c.changes[task.id]
        )

    return ids(task for task in c.open() if pushes(task) >= 3)


def t08(c: Company) -> set[str]:
    return ids(t for t in c.open("in_progress") if t.updated_at and t.updated_at < c.ago(10))


def t09(c: Company) -> set[str]:
    def since(task: Task) -> datetime:
        return [x.at for x in c.changes[task.id] if x.field == "status"][-1]

    return ids(task for task in c.open("in_progress") if since(task) < c.ago(10))


def t14(c: Company) -> set[str]:
    return {
        task.id
        for task in c.open("done")
        if any(child.status in ("todo", "in_progress") for child in c.children[task.id])
    }


def t15(c: Company) -> set[str]:
    return {
        task.id
        for task in c.open()
        if c.children[task.id]
        and all(
            child.completed_at and child.completed_at < c.ago(3) for child in c.children[task.id]
        )
    }


def t16(c: Company) -> set[str]:
    milestones = {m.id: m for m in c.all(Milestone)}
    found = set()
    for task in c.open():
        above = [c.tasks.get(task.parent_id or ""), milestones.get(task.milestone_id or "")]
        if task.due_on and any(a and a.due_on and due(a) < due(task) for a in above):
            found.add(task.id)
    return found


def t20(c: Company) -> set[str]:
    said = {comment.task_id for comment in c.all(Comment)}
    return ids(t for t in c.open() if t.blocked and not t.blocked_reason and t.id not in said)


def t22(c: Company) -> set[str]:
    return {
        id
        for id, changes in c.changes.items()
        if sum(x.field == "status" and x.old == "done" for x in changes) >= 2
    }


def t25(c: Company) -> set[str]:
    titles = Counter(task.title.casefold() for task in c.tasks.values())
    return ids(task for task in c.tasks.values() if titles[task.title.casefold()] > 1)


def t26(c: Company) -> set[str]:
    found = set()
    for task in c.tasks.values():
        _, _, key = (task.description or "").partition("/browse/")
        if key and (task.status == "done") != (c.tasks[key].status == "done"):
            found.add(task.id)
    return found


def t28(c: Company) -> set[str]:
    found = set()
    for log in c.all(Worklog):
        task = c.tasks[log.task_id or ""]
        if task.completed_at and log.on > task.completed_at.date():
            found.add(task.id)
    return found


def s01(c: Company) -> set[str]:
    held = Counter(person for task in c.open("in_progress") for person in task.assignee_ids)
    return {person for person, number in held.items() if number > 3}


def s02(c: Company) -> set[str]:
    held = Counter((task.project_id, task.status_label) for task in c.tasks.values())
    return {
        column.id
        for column in c.all(Column)
        if column.wip_max
        and sum(held[column.project_id, label] for label in column.status_labels) > column.wip_max
    }


def p03(c: Company) -> set[str]:
    latest: dict[str, datetime] = {}
    for update in c.all(StatusUpdate):
        latest[update.project_id] = max(update.at, latest.get(update.project_id, update.at))
    return {p for p, at in latest.items() if at.date() < c.today - timedelta(days=14)}


def p17(c: Company) -> set[str | None]:
    archived = ids(project for project in c.all(Project) if project.state == "archived")
    return {task.project_id for task in c.open() if task.project_id in archived}


def d15(c: Company) -> set[str]:
    return {
        link.to_id
        for link in c.all(Link)
        if link.type == "blocks"
        and c.tasks[link.to_id].status == "todo"
        and due(c.tasks[link.to_id]) < due(c.tasks[link.from_id])
    }


def d16(c: Company) -> set[str]:
    ends = {(link.from_id, link.to_id) for link in c.all(Link) if link.type == "blocks"}
    return {one for one, other in ends if (other, one) in ends}


def d18(c: Company) -> set[str]:
    return {
        link.to_id
        for link in c.all(Link)
        if link.type == "blocks"
        and c.tasks[link.to_id].status == "done"
        and c.tasks[link.from_id].status != "done"
    }


CHECKS: dict[str, Check] = {
    "T01": lambda c: ids(t for t in c.open("in_progress") if not t.assignee_ids),
    "T02": t02,
    "T04": lambda c: ids(t for t in c.open() if t.due_on is None),
    "T05": lambda c: ids(t for t in c.open() if t.estimate_minutes is None),
    "T06": t06,
    "T07": t07,
    "T08": t08,
    "T09": t09,
    "T10": lambda c: ids(t for t in c.open("todo") if t.spent_minutes),
    "T11": lambda c: ids(
        t for t in c.tasks.values() if t.start_on and t.due_on and t.start_on > t.due_on
    ),
    "T14": t14,
    "T15": t15,
    "T16": t16,
    "T17": lambda c: ids(
        t
        for t in c.tasks.values()
        if t.key and t.type != "epic" and not t.parent_id and not t.milestone_id
    ),
    "T18": lambda c: ids(t for t in c.tasks.values() if len(t.title) < 8),
    "T20": t20,
    "T22": t22,
    "T25": t25,
    "T26": t26,
    "T28": t28,
    "T29": lambda c: ids(
        t
        for t in c.tasks.values()
        if t.estimate_minutes and (t.spent_minutes or 0) > 1.2 * t.estimate_minutes
    ),
    "T30": lambda c: ids(t for t in c.open() if t.remaining_minutes == 0),
    "S01": s01,
    "S02": s02,
    "S03": lambda c: ids(s for s in c.all(Sprint) if not s.goal),
    "S07": lambda c: ids(
        s for s in c.all(Sprint) if s.state == "active" and s.end_at and s.end_at.date() < c.today
    ),
    "P01": lambda c: ids(p for p in c.all(Project) if p.owner_id is None),
    "P03": p03,
    "P07": lambda c: ids(m for m in c.all(Milestone) if m.state == "open" and due(m) < c.today),
    "P11": lambda c: ids(t for t in c.open() if t.type == "risk" and not t.assignee_ids),
    "P17": p17,
    "D15": d15,
    "D16": d16,
    "D18": d18,
}  # fmt: skip


@pytest.fixture(scope="module", params=DAYS, ids=str)
def company(request: pytest.FixtureRequest) -> Company:
    return Company(request.param)


@pytest.mark.parametrize("ref", sorted(CHECKS))
def test_exactly_what_is_planted_breaks_a_standard(company: Company, ref: str) -> None:
    assert CHECKS[ref](company) == set(PLANTED[ref])


def test_every_planted_breach_is_checked_or_said_why_not() -> None:
    # T21 asks when someone last escalated, which no field says; it is a T20 of long standing.
    assert set(PLANTED) - set(CHECKS) == {"T21"}
    assert set(PLANTED["T21"]) <= set(PLANTED["T20"])


def test_near_misses_exist_and_are_healthy(company: Company) -> None:
    held = set(company.tasks) | ids(company.all(Project))
    for ref, subjects in NEAR_MISSES.items():
        assert set(subjects) <= held
        assert not set(subjects) & set(PLANTED[ref])


@pytest.mark.parametrize("seed", range(8))
def test_any_seed_gives_the_same_breaches(seed: int) -> None:
    company = Company(date(2026, 11, 23), seed)
    for ref, check in CHECKS.items():
        assert check(company) == set(PLANTED[ref]), ref


def test_the_same_day_and_seed_give_the_same_records() -> None:
    today = date(2026, 11, 23)
    assert portfolio(today, 7) == portfolio(today, 7)
    assert portfolio(today, 7) != portfolio(today, 8)


def test_it_is_a_mid_size_firm(company: Company) -> None:
    assert len(company.all(Project)) == 12
    assert 38 <= len({person.id for person in company.all(Person)}) <= 45
    assert 600 <= len(company.tasks) <= 800
    accounts = Counter(person.id for person in company.all(Person))
    assert sum(number > 1 for number in accounts.values()) >= 5
    assert {
        person.email for person in company.all(Person) if person in company.tools["trello"]
    } == {None}
    assert all(
        person.email is None or person.email.endswith(".example.com")
        for person in company.all(Person)
    )
    states = Counter(task.status for task in company.tasks.values())
    assert states["in_progress"] < states["todo"] < states["done"] + states["cancelled"]


def test_references_lead_to_records_of_the_same_tool(company: Company) -> None:
    for tool, records in company.tools.items():
        held = {(type(record), record.id) for record in records}
        assert len(held) == len(records), f"{tool}: an id is used twice"
        for record in records:
            for name, kind in REFERENCES.get(type(record), {}).items():
                value = getattr(record, name)
                for each in value if isinstance(value, tuple) else (value,):
                    assert each is None or (kind, each) in held, f"{tool} {record.id} {name} {each}"


def test_histories_lead_to_the_present(company: Company) -> None:
    checked = 0
    for id, task in company.tasks.items():
        changes = company.changes[id]
        if not changes:
            continue
        assert [x.at for x in changes] == sorted(x.at for x in changes)
        assert task.created_at is not None
        assert task.created_at <= changes[0].at
        by_field: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_field[change.field].append(change)
        for name, found in by_field.items():
            assert found[-1].new == as_text(getattr(task, name)), f"{id} {name}"
            for before, after in pairwise(found):
                assert before.new == after.old, f"{id} {name}"
            checked += 1
        if "status" in by_field:
            assert by_field["status"][0].old == "todo"
            assert by_field["status"][-1].new_label == task.status_label
    assert checked > 400
    begun = [task for task in company.tasks.values() if task.status != "todo"]
    assert all(company.changes[task.id] for task in begun)


def test_time_booked_adds_up_and_nothing_lies_in_the_future(company: Company) -> None:
    booked: Counter[str] = Counter()
    for log in company.all(Worklog):
        booked[log.task_id or ""] += log.minutes
        assert log.on < company.today
        assert log.minutes > 0
    for task in company.tasks.values():
        assert (task.spent_minutes or 0) == booked[task.id]
        assert task.updated_at is not None
        assert task.updated_at.date() < company.today
        assert (task.completed_at is not None) == (task.status in ("done", "cancelled"))
    for change in company.all(Change):
        assert change.at.date() < company.today
