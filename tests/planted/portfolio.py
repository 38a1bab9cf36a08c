"""A portfolio as rows: tools with what they really provide, and everything that lies in them.

What a tool does not provide is not in its rows either; a history that a tool does not keep is one
that we observed ourselves.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import islice
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine.store import baseline_models as agreed
from sync_engine.store import models as m
from sync_engine.store.mentions import url_key
from sync_engine.store.schedule_models import ScheduleResult, TaskSchedule
from tests.planted.days import Days

Key = tuple[int, str]
Row = SimpleNamespace
KINDS: dict[str, Any] = {
    "task": m.TaskRow, "project": m.ProjectRow, "person": m.PersonRow, "link": m.LinkRow,
    "milestone": m.MilestoneRow, "sprint": m.SprintRow, "column": m.ColumnRow,
    "membership": m.MembershipRow, "comment": m.CommentRow, "worklog": m.WorklogRow,
    "change": m.ChangeRow, "statusupdate": m.StatusUpdateRow, "slacycle": m.SlaCycleRow,
    "approval": m.ApprovalRow,
}  # fmt: skip
OTHERS: dict[str, Any] = {
    "connection": m.Connection, "run": m.Run, "identity": m.Identity, "leave": m.Leave,
    "assignment": m.Assignment, "mention": m.Mention, "scope": m.ScopeState, "hold": m.Hold,
    "raw": m.RawItem, "word": m.StatusWord, "field": m.MappedField, "result": ScheduleResult,
    "float": TaskSchedule, "baseline": agreed.Baseline, "planned": agreed.BaselineTask,
    "planned_stone": agreed.BaselineMilestone, "commitment": agreed.Commitment,
    "committed": agreed.CommitmentTask,
}  # fmt: skip
ORDER = ("connection", "run", "identity", "leave", *KINDS, *(k for k in OTHERS if k not in
         ("connection", "run", "identity", "leave")))  # fmt: skip
ALWAYS = {"id", "title", "name", "type", "kind", "decision", "text", "at", "minutes", "on", "state"}
"""Fields that the store's rows cannot do without."""
CHUNK = 1_000
BARE = "bare"
"""A connection of a tool that says of tasks and people only that they are there."""


@cache
def _blank(kind: str) -> dict[str, Any]:
    """A row of a kind with nothing in it."""
    blank: dict[str, Any] = dict.fromkeys(columns(kind))
    blank |= {name: [] for name in ("labels", "custom", "assignee_ids") if name in blank}
    return blank | {name: b"" for name in ("hash",) if name in blank}


@cache
def columns(kind: str) -> tuple[str, ...]:
    """The columns of a kind's table that a row gives; the database counts what is held itself."""
    table = (KINDS | OTHERS)[kind].__table__
    return tuple(c.name for c in table.c if (kind, c.name) != ("hold", "id"))


@cache
def tools() -> dict[str, dict[str, frozenset[str]]]:
    """What each registered tool provides, by kind."""
    return {
        name: {kind.__name__.lower(): frozenset(fields)
               for kind, fields in registry.get(name).provides.items()}
        for name in registry.names()
    }  # fmt: skip


@dataclass(frozen=True)
class Plant:
    """A subject planted for a standard; `answer`: what that standard must say of it."""

    standard: str
    subject: str
    key: Key
    answer: bool | None


@dataclass
class Portfolio:
    """Rows by kind; `places`: the connections, by name."""

    days: Days
    rows: dict[str, list[Row]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    plants: list[Plant] = field(default_factory=list)
    intervals: dict[str, timedelta] = field(default_factory=dict)
    identities: int = 0
    baselines: int = 0

    def place(
        self, tool: str, name: str | None = None,
        provides: Mapping[str, frozenset[str]] | None = None, **more: Any,
    ) -> Place:  # fmt: skip
        """A further connection; `provides`: other than its tool does."""
        provides = tools()[tool] if provides is None else provides
        id, now = len(self.places) + 1, self.days.now
        values = {
            "id": id, "name": name or tool, "connector": tool, "state": "ok", "lease_epoch": 0,
            "complete_at": now - timedelta(minutes=2), **more,
            "provides": {kind: sorted(names) for kind, names in provides.items()},
        }  # fmt: skip
        self.add("connection", **values)
        self.add("run", id=id, connection_id=id, kind="pull", epoch=1, started_at=now, ended_at=now,
                 full=False, **dict.fromkeys(_COUNTS, 0))  # fmt: skip
        self.intervals[values["name"]] = timedelta(minutes=10)
        found = self.places[values["name"]] = Place(self, id, tool, provides)
        return found

    def add(self, kind: str, /, **values: Any) -> Row:
        """A row, whatever it is of."""
        row = Row(**{**_blank(kind), **values})
        self.rows.setdefault(kind, []).append(row)
        return row

    def named(self, key: Key) -> str:
        """The name of a subject's connection."""
        return next((p.tool for p in self.places.values() if p.id == key[0]), "no tool")

    def take(self) -> dict[str, list[Row]]:
        """The rows so far; the portfolio begins anew with its connections."""
        found, self.rows = self.rows, {}
        return found


_COUNTS = ("requests", "retries", "items", "written", "unchanged", "retired", "parked", "unread",
           "altered")  # fmt: skip


@dataclass
class Place:
    """One connection of the portfolio: adds rows to it, as its tool would have them."""

    portfolio: Portfolio
    id: int
    tool: str
    provides: Mapping[str, frozenset[str]]
    count: int = 0

    @property
    def days(self) -> Days:
        """The calendar."""
        return self.portfolio.days

    def has(self, needs: Iterable[str]) -> bool:
        """Whether the tool provides these fields."""
        pairs = (need.split(".", 1) for need in needs)
        return all(name in self.provides.get(kind, ()) for kind, name in pairs)

    def name(self, stem: str) -> str:
        """An id that nothing else here has."""
        self.count += 1
        return f"{stem}{self.id}-{self.count}"

    def record(self, kind: str, /, **values: Any) -> str:
        """A record; what the tool does not provide is left out."""
        id = values.setdefault("id", self.name(kind[0].upper()))
        if kind == "change" and kind not in self.provides:
            values["observed"] = True  # the tool keeps no history: what we saw ourselves
        elif kind not in self.provides:
            return str(id)
        else:
            fields, known = self.provides[kind], _record_fields(kind)
            for name in [n for n in values if n in known and n not in fields and n not in ALWAYS]:
                del values[name]
        now = self.days.now
        seen = values.setdefault("seen_at", now - timedelta(days=90))
        self.portfolio.add(kind, **{"connection_id": self.id, "item_id": id, "run_id": self.id,
                           "written_at": seen, **values})  # fmt: skip
        return str(id)

    def person(self, *, human: bool = True, **more: Any) -> str:
        """An account, and the human whose it is."""
        identity = None
        if human:
            self.portfolio.identities += 1
            identity = self.portfolio.identities
            capacity = more.pop("capacity", None)
            self.portfolio.add("identity", id=identity, name=f"Person {identity}", source="tool",
                               capacity_minutes=capacity)  # fmt: skip
        id = self.name("U")
        values = {"name": f"Person {id}", "active": True, "kind": "human", "id": id, **more}
        return self.record("person", identity_id=identity, **values)

    def task(self, **more: Any) -> str:
        """A task in progress of which all is well, but for what is said otherwise."""
        days, id = self.days, more.pop("id", None) or self.name("T")
        now, today = days.now, days.today
        if "assignee_ids" not in more:
            more["assignee_ids"] = [self.person()]
        url = f"https://{self.tool}-{self.id}.example/{id}"
        values: dict[str, Any] = {
            "id": id, "key": f"K-{self.id}-{id}", "url": url, "title": f"Work on matter {self.id} {id}",
            "type": "task", "status": "in_progress", "status_label": "Doing", "blocked": False,
            "priority": 3, "labels": [], "custom": [], "archived": False,
            "start_on": today - timedelta(days=9), "due_on": today + timedelta(days=60),
            "created_at": now - timedelta(days=20), "updated_at": now - timedelta(hours=1),
            "estimate_minutes": 600, "spent_minutes": 60, "remaining_minutes": 540,
            "percent_complete": 60.0, "project_id": None, **more,
        }  # fmt: skip
        if "assignee_ids" not in self.provides.get("task", ()):
            values["assignee_ids"] = []
        given = values["assignee_ids"]
        values["owner_id"] = given[0] if given else None
        values["url_key"] = url_key(values["url"])
        found = self.record("task", **values)
        for position, who in enumerate(given):
            self.portfolio.add("assignment", connection_id=self.id, task_id=id, position=position,
                               person_id=who)  # fmt: skip
        return found

    def project(self, **more: Any) -> str:
        """A project of which all is well."""
        days, id = self.days, more.pop("id", None) or self.name("P")
        if "owner_id" not in more:
            more["owner_id"] = self.person(human=False)
        values = {"id": id, "key": id, "name": f"Project {id}", "state": "active", "custom": [],
                  "due_on": days.today + timedelta(days=90), "updated_at": days.now, **more}  # fmt: skip
        return self.record("project", **values)

    def link(self, type: str, one: str, other: str, **more: Any) -> str:
        """A link from one task to another, or to an address."""
        return self.record("link", type=type, from_id=one, to_id=other, **more)

    def change(self, task: str, field: str, old: str | None, new: str | None, at: Any) -> str:
        """A step of a task's history."""
        return self.record("change", task_id=task, field=field, old=old, new=new, at=at,
                           observed=False)  # fmt: skip

    def baseline(self, project: str, *tasks: str, removed: bool = False, **more: Any) -> int:
        """What was agreed of a project, with these tasks."""
        now, self.portfolio.baselines = self.days.now, self.portfolio.baselines + 1
        id = self.portfolio.baselines
        self.portfolio.add("baseline", **{
            "id": id, "connection_id": self.id, "project_id": project, "name": "Agreed",
            "reason": "person", "taken_at": now - timedelta(days=30), "change": id,
            "day": self.days.day_of(now - timedelta(days=30)), "tasks": len(tasks),
            "removed_at": now if removed else None, **more})  # fmt: skip
        for task in tasks:
            self.planned(id, task)
        return id

    def planned(self, baseline: int, task: str, **more: Any) -> None:
        """A task of a baseline; what is not said is as it was when all was well."""
        self.portfolio.add("planned", **{
            "baseline_id": baseline, "task_id": task, "type": "task", "whole": False,
            "status": "todo", "due_on": self.days.today + timedelta(days=60),
            "estimate_minutes": 600, **more})  # fmt: skip

    def subject(self, standard: str, subject: str, key: str, answer: bool | None) -> None:
        """Remember what was planted."""
        whole = subject in ("person", "connection")
        found: Key = (int(key), "") if whole else (0 if subject == "portfolio" else self.id, key)
        self.portfolio.plants.append(Plant(standard, subject, found, answer))


@cache
def _record_fields(kind: str) -> frozenset[str]:
    """The fields of a kind that any tool provides: the store's own columns are not among them."""
    return frozenset(name for each in tools().values() for name in each.get(kind, ()))


def write(connection: sa.Connection, rows: Mapping[str, list[Row]]) -> None:
    """Insert rows, in an order that keeps references."""
    for kind in ORDER:
        statement, names = sa.insert((KINDS | OTHERS)[kind].__table__), columns(kind)
        for chunk in _chunks(iter(rows.get(kind, ()))):
            connection.execute(statement, [{n: getattr(row, n) for n in names} for row in chunk])


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
