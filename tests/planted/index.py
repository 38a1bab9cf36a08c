"""Where the reading of planted rows finds what belongs together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.planted.days import Days
from tests.planted.portfolio import Place, Portfolio, Row

OPEN, ENDED = ("todo", "in_progress"), ("done", "cancelled")
UNSEEN = Row(status=None)
"""Stands for a task that was never read."""

Group = dict[tuple[int, Any], list[Row]]


class Index:
    """The rows of a portfolio, by what they hang on. Nothing here is gone."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.days: Days = portfolio.days
        self.rows = portfolio.rows
        self.places: dict[int, Place] = {p.id: p for p in portfolio.places.values()}
        self.tasks = self.by_id("task")
        self.accounts, self.projects = self.by_id("person"), self.by_id("project")
        self.milestones, self.sprints = self.by_id("milestone"), self.by_id("sprint")
        self.parts = self.grouped("task", "parent_id")
        self.in_project = self.grouped("task", "project_id")
        self.in_milestone = self.grouped("task", "milestone_id")
        self.comments, self.bookings = self.grouped("comment"), self.grouped("worklog")
        self.changes, self.approvals = self.grouped("change"), self.grouped("approval")
        self.clocks = self.grouped("slacycle")
        self.stays = self.grouped("membership")
        self.stayed = self.grouped("membership", "container_id")
        self.reports = self.grouped("statusupdate", "project_id")
        self.columns = self.grouped("column", "project_id")
        self.waits_for, self.links_to = (
            self.grouped("link", "to_id"),
            self.grouped("link", "from_id"),
        )
        self.results = {(r.connection_id, r.project_id): r for r in self.all("result")}
        self.floats = {(r.connection_id, r.task_id): r for r in self.all("float")}
        self.baselines = self.grouped("baseline", "project_id")
        self.planned = self.of_baseline("planned")
        self.planned_stones = self.of_baseline("planned_stone")
        self.commitments = {(r.connection_id, r.sprint_id) for r in self.all("commitment")}
        self.committed = self.grouped("committed", "sprint_id")
        self.of_identity: dict[int, list[Row]] = defaultdict(list)
        for account in self.all("person"):
            if account.identity_id is not None:
                self.of_identity[account.identity_id].append(account)
        self.given = self.grouped("assignment", "person_id")
        self.named: dict[str, list[Row]] = defaultdict(list)
        for task in self.all("task"):
            for name in {task.url, task.key} - {None}:
                self.named[name].append(task)
        self.mentioned = self._mentioned()
        self.titles: dict[str, list[Row]] = defaultdict(list)
        for task in self.all("task"):
            if task.status in OPEN and task.parent_id is None and len(task.title) >= 12:
                self.titles[task.title.strip().lower()].append(task)

    def all(self, kind: str) -> list[Row]:
        """Every row of a kind."""
        return self.rows.get(kind, [])

    def by_id(self, kind: str) -> dict[tuple[int, Any], Row]:
        """Rows by connection and id."""
        return {(r.connection_id, r.id): r for r in self.all(kind)}

    def of_baseline(self, kind: str) -> dict[int, list[Row]]:
        """Rows by the baseline that has them."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.all(kind):
            found[row.baseline_id].append(row)
        return found

    def grouped(self, kind: str, key: str = "task_id") -> Group:
        """Rows by connection and what they hang on."""
        found: Group = defaultdict(list)
        for row in self.all(kind):
            if getattr(row, key) is not None:
                found[row.connection_id, getattr(row, key)].append(row)
        return found

    def _mentioned(self) -> dict[tuple[int, str], set[tuple[int, str]]]:
        """Pairs of tasks of different tools of which one names the other, both ways round."""
        urls = {t.url_key: t for t in self.all("task") if t.url_key}
        found: dict[tuple[int, str], set[tuple[int, str]]] = defaultdict(set)
        pairs = [((n.connection_id, n.task_id), urls.get(n.url_key)) for n in self.all("mention")]
        for link in self.all("link"):
            if (link.connection_id, link.to_id) not in self.tasks:
                near = (link.connection_id, link.from_id)
                pairs += [(near, other) for other in self.named.get(link.to_id, ())]
        for near, other in pairs:
            if other is not None and other.connection_id != near[0] and near in self.tasks:
                far = (other.connection_id, other.id)
                found[near].add(far)
                found[far].add(near)
        return found

    def linked(self, task: Row) -> list[Row]:
        """The tasks that it is linked with, either way round, each once; `UNSEEN` for those that
        are not among what was read of its tool."""
        here = (task.connection_id, task.id)
        names = {link.to_id for link in self.links_to.get(here, ())}
        names |= {link.from_id for link in self.waits_for.get(here, ())}
        return [self.tasks.get((task.connection_id, name), UNSEEN) for name in sorted(names)]

    def siblings(self, task: Row) -> list[Row]:
        """Its siblings in other tools."""
        keys: Iterable[Any] = self.mentioned.get((task.connection_id, task.id), ())
        return [self.tasks[key] for key in keys]

    def is_whole(self, task: Row) -> bool:
        """Whether parts stand for it."""
        parts = self.parts.get((task.connection_id, task.id), ())
        return any(each.status != "cancelled" for each in parts)
