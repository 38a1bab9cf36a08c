"""Larkfield's work as records: healthy in the main, with planted breaches and near misses.

Everything is dated relative to `today` and follows from `seed`. Nothing happens later than the
working day before, so that every tool's clock may stand anywhere on `today`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from connectors.sdk.records import (
    Column,
    Link,
    Membership,
    Milestone,
    Project,
    Record,
    Sprint,
    StatusUpdate,
)
from sync_engine.demo.company import TOOLS, WORKS, Colleague, Work
from sync_engine.demo.draft import Draft, at, workday
from sync_engine.demo.plants import NEAR_MISSES, PLANTED, PLANTS, planted_links
from sync_engine.demo.tasks import Tasks, work_of

__all__ = ["NEAR_MISSES", "PLANTED", "portfolio"]


def portfolio(today: date, seed: int = 7) -> dict[str, list[Record]]:
    """The records of each tool, with logical ids (the sandboxes give them native ones)."""
    return _Company(today, Random(seed)).records()  # noqa: S311 - a likeness, not a secret


class _Company(Tasks):
    def records(self) -> dict[str, list[Record]]:
        """Everything, tool by tool."""
        for work in WORKS:
            for draft in (*self.epics(work), *self.healthy(work)):
                self.keep(draft)
        for plant in PLANTS:
            self.keep(self.planted(plant))
        for work in WORKS:
            for draft in list(self.parts(work)):
                self.keep(draft)
        made: dict[str, list[Record]] = {tool: list(self.people(tool)) for tool in TOOLS}
        for work in WORKS:
            made[work.tool] += self._project(work)
        for key, link in planted_links():
            made[work_of(key).tool].append(link)
        return made

    # What surrounds the tasks

    def _project(self, work: Work) -> Iterator[Record]:
        lead = Colleague(work.lead, ()).id if work.lead else None
        yield Project(
            id=work.key,
            key=work.key if work.tool == "jira" else None,
            name=work.name,
            description=work.about.capitalize() + ".",
            state=work.state,
            owner_id=lead,
            start_on=workday(self.today, 100) if work.tool == "asana" else None,
            due_on=self.today + timedelta(days=150) if work.tool == "asana" else None,
        )
        milestones = list(self._milestones(work, lead))
        yield from milestones
        if work.tool == "jira":
            self._aim(work, milestones)
            yield from self._columns(work)
        if work.sprints:
            yield from self._sprints(work)
        if work.tool == "asana":
            yield from self._updates(work, lead)
        for draft in self.of_work[work.key]:
            yield from draft.records()
        yield from self._links(work)

    def _milestones(self, work: Work, lead: str | None) -> Iterator[Milestone]:
        if work.tool == "trello":
            return
        jira = work.tool == "jira"
        owner = None if jira else lead or self._anyone(work.tool)
        plan: list[tuple[str, str, int]] = [
            ("2.0" if jira else "Kick-off done", "done", -40),
            ("2.2" if jira else "Half-time review", "open", 45),
            ("3.0" if jira else "Hand-over", "open", 130),
        ]
        if work.key == "CLD":
            plan.insert(1, ("2.1", "open", -12))
        for name, state, days in plan:
            due = self.today + timedelta(days=days)
            yield Milestone(
                id=f"{work.key}/milestone/{name}",
                project_id=work.key,
                name=f"{work.name} {name}" if jira else name,
                state="done" if state == "done" else "open",
                owner_id=owner,
                due_on=due,
                completed_at=at(due, 15) if state == "done" else None,
            )

    def _aim(self, work: Work, milestones: list[Milestone]) -> None:
        """Every piece of work is for the first milestone that is due no earlier."""
        for draft in self.of_work[work.key]:
            if draft.now["type"] in ("epic", "subtask") or not draft.now.get("parent_id"):
                continue
            due = draft.now.get("due_on") or self.today + timedelta(days=20)
            due = max(due, self.today) if draft.now["status"] != "done" else due
            fitting = [m for m in milestones if isinstance(m.due_on, date) and m.due_on >= due]
            draft.now["milestone_id"] = fitting[0].id
        if work.key == "CLD":
            done = [d for d in self.of_work["CLD"] if d.now["status"] == "done"]
            for draft in done[:6]:
                if draft.now["type"] != "subtask":
                    draft.now["milestone_id"] = "CLD/milestone/2.1"

    def _columns(self, work: Work) -> Iterator[Column]:
        limits = {"In Review": 4, "In Progress": 30}
        for position, name in enumerate(("To Do", "In Progress", "In Review", "Done")):
            yield Column(
                id=f"{work.key}/column/{name}",
                project_id=work.key,
                board_id=f"{work.key}/board",
                board_name=f"{work.name} board",
                name=name,
                position=position,
                status_labels=(name,),
                wip_max=limits.get(name) if work.sprints else None,
            )

    def _sprints(self, work: Work) -> Iterator[Record]:
        ahead = -4 if work.key == "CLD" else 9  # the active sprint's end, from today
        for number, turn in ((10, -2), (11, -1), (12, 0), (13, 1)):
            end = self.today + timedelta(days=ahead + 14 * turn)
            goal = f"Sprint {number}: {work.epics[number % len(work.epics)].lower()} usable."
            yield Sprint(
                id=f"{work.key}/sprint/{number}",
                project_id=work.key,
                board_id=f"{work.key}/board",
                name=f"{work.key} sprint {number}",
                goal="" if (work.key, number) == ("DAT", 12) else goal,
                state="closed" if turn < 0 else "future" if turn else "active",
                start_at=at(end - timedelta(days=14), 8),
                end_at=at(end, 8),
                completed_at=at(end, 9) if turn < 0 else None,
            )
        for draft in self.of_work[work.key]:
            if (number_of := self._sprint_of(draft)) is not None:
                sprint = f"{work.key}/sprint/{number_of}"
                yield Membership(
                    id=f"sprint:{sprint}:{draft.id}",
                    task_id=draft.id,
                    kind="sprint",
                    container_id=sprint,
                )

    def _sprint_of(self, draft: Draft) -> int | None:
        if draft.now["type"] in ("epic", "subtask"):
            return None
        due = draft.now.get("due_on")
        soon = due is not None and due <= self.today + timedelta(days=30)
        states: dict[str, int | None] = {
            "in_progress": 12, "done": 11, "todo": 13 if soon else None, "cancelled": None,
        }  # fmt: skip
        return states[draft.now["status"]]

    def _updates(self, work: Work, lead: str | None) -> Iterator[StatusUpdate]:
        last = {"SPR": 30, "WEB": 11}.get(work.key, 3)
        author = lead or self._anyone(work.tool)
        for number in range(5):
            when = at(self.today - timedelta(days=last + 7 * number), 14)
            yield StatusUpdate(
                id=f"{work.key}/update/{number}",
                project_id=work.key,
                author_id=author,
                at=when,
                health="at_risk" if number == 3 else "on_track",
                title=f"{work.name}, week {when.isocalendar().week}",
                text="We are where we said we would be; next week's work is agreed.",
            )

    def _links(self, work: Work) -> Iterator[Link]:
        """What came first is done; what follows is not."""
        if work.tool == "trello":
            return
        mine = [d for d in self.of_work[work.key] if int(d.id[4:]) < 200]
        before = [d for d in mine if d.now["status"] == "done" and d.now["type"] != "epic"]
        after = [d for d in mine if d.now["status"] == "todo" and d.now["type"] != "epic"]
        for first, second in zip(before[::3], after[::3], strict=False):
            kind = "blocks" if len(first.id) % 2 or work.tool == "asana" else "relates"
            yield Link(
                id=f"{kind}:{first.id}:{second.id}",
                type="blocks" if kind == "blocks" else "relates",
                from_id=first.id,
                to_id=second.id,
            )
