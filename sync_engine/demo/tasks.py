"""The company's tasks: who has them, how far they are, and what happened on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from connectors.sdk.records import Custom, Person, Status
from sync_engine.demo.company import COLLEAGUES, OVERLOADED, WORKS, Colleague, Tool, Work
from sync_engine.demo.draft import LABELS, Draft, at, workday
from sync_engine.demo.plants import Plant

MOST_IN_PROGRESS = 3
"""What one healthy person has in progress at most, over all tools."""

STATES: tuple[tuple[Status, int], ...] = (
    ("done", 46), ("todo", 40), ("in_progress", 9), ("cancelled", 5),
)  # fmt: skip
"""Of a hundred healthy tasks, how many are in each state."""


_SAID = (
    "Done as agreed, please have a look.", "Two small corrections, then it is finished.",
    "Tested with the pilot customer.", "The result is in the shared folder.",
)  # fmt: skip
_SAYS = (
    "On track, the first half is done.", "Going well; a first version tomorrow.",
    "Waiting for nothing, continuing.", "Half way; no surprises so far.",
)  # fmt: skip


class Tasks:
    """Makes the tasks of every project; `drafts` has them by id, `of_work` by project."""

    def __init__(self, today: date, rng: Random) -> None:
        self.today = today
        self.rng = rng
        self.in_progress: Counter[str] = Counter({Colleague(OVERLOADED, ()).id: 5})
        self.drafts: dict[str, Draft] = {}
        self.of_work: dict[str, list[Draft]] = {work.key: [] for work in WORKS}

    def keep(self, draft: Draft) -> None:
        """Take a task in."""
        self.drafts[draft.id] = draft
        self.of_work[draft.id[:3]].append(draft)

    def people(self, tool: Tool) -> Iterator[Person]:
        """The accounts of a tool."""
        for colleague in COLLEAGUES:
            if tool in colleague.tools:
                yield Person(
                    id=colleague.id,
                    name=colleague.name,
                    # Trello shows nobody's address.
                    email=None if tool == "trello" else colleague.email,
                    active=not colleague.left,
                )

    # People

    def _free(self, tool: Tool) -> str:
        """Who has least in progress; nobody gets more than is healthy."""
        able = [c.id for c in COLLEAGUES if tool in c.tools and not c.left]
        self.rng.shuffle(able)
        chosen = min(able, key=lambda id: self.in_progress[id])
        if self.in_progress[chosen] >= MOST_IN_PROGRESS:
            raise ValueError(f"too much is in progress in {tool}")
        self.in_progress[chosen] += 1
        return chosen

    def _anyone(self, tool: Tool) -> str:
        return self.rng.choice([c.id for c in COLLEAGUES if tool in c.tools and not c.left])

    # Tasks

    def epics(self, work: Work) -> Iterator[Draft]:
        """The epics of a project, where its tool has them."""
        for number, name in enumerate(work.epics, 1):
            draft = self._draft(work, f"{work.key}-{number}", f"{name} of {work.name}", "epic")
            draft.created = at(workday(self.today, 95))
            lead = Colleague(work.lead, ()).id if work.lead else None
            draft.now.update(
                assignee_ids=(lead,) if lead else (),
                due_on=self.today + timedelta(days=120),
                estimate_minutes=9600,
                remaining_minutes=9600,
            )
            yield draft

    def healthy(self, work: Work) -> Iterator[Draft]:
        """The ordinary work of a project."""
        titles = [f"{verb} {thing}" for thing in work.objects for verb in work.verbs]
        self.rng.shuffle(titles)
        states = [state for state, share in STATES for _ in range(work.size * share // 100)]
        states += ["done"] * (work.size - len(states))
        self.rng.shuffle(states)
        for index, (title, state) in enumerate(zip(titles, states, strict=False)):
            if work.state == "archived":
                state = "todo" if index < 3 else "done"  # closed with work left: planted
            id = f"{work.key}-{len(work.epics) + 1 + index}"
            kind = self.rng.choice(("story", "task", "task", "bug"))
            yield self._task(work, id, title, state, kind=kind)

    def planted(self, plant: Plant) -> Draft:
        """A task of `PLANTS`."""
        work = work_of(plant.id[:3])
        draft = self._task(
            work, plant.id, plant.title, plant.state, kind=plant.kind, owner=plant.owner,
            under=self.drafts[plant.under] if plant.under else None,
        )  # fmt: skip
        plant.spoil(draft, self.today)
        return draft

    def parts(self, work: Work) -> Iterator[Draft]:
        """Healthy subtasks: as far as their task is, and due no later."""
        whole = [
            draft
            for draft in self.of_work[work.key]
            if draft.now["status"] in ("todo", "done")
            and draft.now["type"] in ("story", "task")
            and int(draft.id[4:]) < 200
        ]
        for index, parent in enumerate(whole[2::9]):
            for part, word in enumerate(("first draft", "acceptance")):
                title = f"{parent.now['title']}: {word}"
                id = f"{work.key}-{401 + 2 * index + part}"
                yield self._task(work, id, title, parent.now["status"], under=parent)

    def _draft(self, work: Work, id: str, title: str, kind: str) -> Draft:
        todo = LABELS[work.tool]["todo"]
        custom = {
            "jira": Custom(id="cost-centre", name="Cost centre", value=f"LF-{len(work.name)}0"),
            "asana": Custom(id="region", name="Region", value="Europe"),
            "trello": Custom(id="building", name="Building", value="Quay Street 4"),
        }[work.tool]
        return Draft(
            work.tool, id, at(self.today), self._anyone(work.tool),
            {
                "key": id if work.tool == "jira" else None,
                "project_id": work.key,
                "title": title,
                "description": f"{title}, for {work.about}. Done when the owner of the project "
                "has seen the result.",
                "type": kind,
                "status": "todo",
                "status_label": todo,
                "priority": self.rng.choice((2, 3, 3, 3, 3, 4, 4)),
                "custom": (custom,),
            },
        )  # fmt: skip

    def _task(
        self,
        work: Work,
        id: str,
        title: str,
        state: Status,
        *,
        kind: str | None = None,
        owner: str | None = None,
        under: Draft | None = None,
    ) -> Draft:
        """A healthy task that has come as far as `state`."""
        rng = self.rng
        loose = kind == "loose"  # belongs to nothing larger
        kind = "subtask" if under else "task" if loose or kind is None else kind
        draft = self._draft(work, id, title, kind)
        parent = under.id if under else None
        if parent is None and work.epics and not loose:
            parent = f"{work.key}-{rng.randint(1, len(work.epics))}"
        if owner is None:
            owner = self._free(work.tool) if state == "in_progress" else self._anyone(work.tool)
        age = rng.randint(30, 85) if state in ("done", "cancelled") else rng.randint(12, 28)
        estimate = 60 * rng.randint(4, 16)
        draft.created = at(workday(self.today, age), rng.randint(7, 15), rng.randint(0, 59))
        draft.now.update(
            parent_id=parent,
            assignee_ids=(owner,),
            estimate_minutes=estimate,
            remaining_minutes=estimate,
            points=float(rng.choice((1, 2, 3, 5, 8))) if kind == "story" else None,
            labels=(rng.choice(("customer", "internal", "release")),) if rng.random() < 0.3 else (),
        )
        if state in ("done", "cancelled"):
            self._ended(draft, state, age, under)
        else:
            self._open(draft, state, under)
        return draft

    def _ended(self, draft: Draft, state: Status, age: int, under: Draft | None) -> None:
        rng, today = self.rng, self.today
        end = rng.randint(12, 20) if under else rng.randint(4, 10)
        start = rng.randint(end + 2, age - 2)
        ended = workday(today, end)
        draft.now["due_on"] = ended + timedelta(days=rng.randint(0, 3))
        if under is not None and under.now.get("due_on"):
            draft.now["due_on"] = min(draft.now["due_on"], under.now["due_on"])
        draft.now["start_on"] = workday(today, start)
        draft.move("in_progress", at(workday(today, start), 9, rng.randint(0, 59)))
        if state == "done" and draft.tool != "trello":
            minutes = draft.now["estimate_minutes"] * rng.randint(70, 100) // 100
            draft.log(minutes // 2, workday(today, start))
            draft.log(minutes - minutes // 2, workday(today, end + 1))
        if rng.random() < 0.6:
            draft.say(rng.choice(_SAID), at(workday(today, end + 1), 15, rng.randint(0, 59)))
        draft.move(state, at(ended, 16, rng.randint(0, 59)))
        if state == "done":
            draft.now["remaining_minutes"] = 0

    def _open(self, draft: Draft, state: Status, under: Draft | None) -> None:
        rng, today = self.rng, self.today
        latest = under.now.get("due_on") if under else None
        due = today + timedelta(days=rng.randint(4, 18) if state != "todo" else rng.randint(8, 75))
        draft.now["due_on"] = min(due, latest) if latest else due
        if state == "todo":
            draft.now["start_on"] = max(
                min(draft.now["due_on"] - timedelta(days=rng.randint(3, 6)), draft.now["due_on"]),
                today + timedelta(days=1),
            )
            if rng.random() < 0.2 and under is None and int(draft.id[4:]) < 200:
                self._replanned(draft)
            return
        start = rng.randint(2, 7)
        draft.now["start_on"] = workday(today, start)
        draft.move("in_progress", at(workday(today, start), 9, rng.randint(0, 59)))
        if draft.tool != "trello":
            draft.log(draft.now["estimate_minutes"] * rng.randint(20, 60) // 100, workday(today, 1))
        draft.say(rng.choice(_SAYS), at(workday(today, 1), 14, rng.randint(0, 59)))

    def _replanned(self, draft: Draft) -> None:
        """Moved once: that is how plans are."""
        due: date = draft.now["due_on"]
        draft.now["due_on"] = due - timedelta(days=7)
        draft.set(at(workday(self.today, 6), 11), due_on=due)


def work_of(key: str) -> Work:
    """The project of a key."""
    return next(work for work in WORKS if work.key == key)
