"""What happens to a portfolio between two assessments, as the store writes it: rows with the run
that wrote them, and the history that it observes."""

# ruff: noqa: E501

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.joins import ASSIGNMENT, CONNECTION, MENTION, PERSON, TASK, table
from sync_engine.store.history import comparable
from sync_engine.store.models import Run
from tests.planted.portfolio import KINDS, Portfolio

DAY = timedelta(days=1)
RUN = table(Run)
STATUSES = ("todo", "in_progress", "done", "cancelled", None)


class Changing:
    """Changes a stored portfolio, one run at a time."""

    def __init__(self, engine: sa.Engine, portfolio: Portfolio, rng: random.Random) -> None:
        self.engine, self.days, self.rng = engine, portfolio.days, rng
        self.run = 10_000
        self.keys = [(r.connection_id, r.id) for r in portfolio.rows["task"]]
        self.places = {p.id: p for p in portfolio.places.values()}
        self.tool = 0
        self.most: int | None = None

    def narrow(self, tool: int, tasks: int) -> None:
        """From now on, all happens to a few tasks of one tool, and to what is around them: so that
        changes meet."""
        self.keys = [key for key in self.keys if key[0] == tool][:tasks]
        self.most = 3

    def turn(self, name: str, tool: int | None = None) -> None:
        """One run of one connection, with one thing that it found changed."""
        self.run += 1
        self.tool = self.rng.choice(self.keys)[0] if tool is None else tool
        row = {"id": self.run, "connection_id": self.tool, "kind": "pull", "epoch": 1,
               "started_at": self.days.now, "ended_at": self.days.now, "full": False,
               **dict.fromkeys(("requests", "retries", "items", "written", "unchanged", "retired",
                                "parked", "unread", "altered"), 0)}  # fmt: skip
        with self.engine.begin() as c:
            c.execute(sa.insert(RUN), row)
            CHANGES[name](self, c)

    def some(self) -> str:
        """A task of the tool."""
        ids: list[str] = [id for tool, id in self.keys if tool == self.tool]
        return self.rng.choice(ids)

    def any_id(self, c: sa.Connection, table: Any) -> str | None:
        """Any record of a kind in the tool, gone or not; of the first ones, once narrowed."""
        ids = sorted(
            c.execute(sa.select(table.c.id).where(table.c.connection_id == self.tool)).scalars()
        )
        return self.rng.choice(ids[: self.most]) if ids else None

    def update(self, c: sa.Connection, table: Any, id: str | None, **values: Any) -> None:
        """Write some of a record anew."""
        if id is None:
            return
        here = sa.and_(table.c.connection_id == self.tool, table.c.id == id)
        if table is TASK:
            self._observe(c, id, values)
        c.execute(sa.update(table).where(here).values(run_id=self.run, **values))

    def _observe(self, c: sa.Connection, id: str, values: dict[str, Any]) -> None:
        before = c.execute(
            sa.select(TASK).where(TASK.c.connection_id == self.tool, TASK.c.id == id)
        ).mappings().one()  # fmt: skip
        for field in ("status", "due_on", "assignee_ids", "parent_id", "project_id", "blocked"):
            if field in values and before[field] != values[field]:
                self.add(c, "change", task_id=id, field=field, at=self.days.now, observed=True,
                         old=comparable(before[field]), new=comparable(values[field]))  # fmt: skip

    def add(self, c: sa.Connection, kind: str, /, **values: Any) -> None:
        """A further record."""
        id = f"{kind}-{self.run}-{self.rng.randrange(10**9)}"
        row = {"connection_id": self.tool, "id": id, "item_id": id, "run_id": self.run, "hash": b"",
               "seen_at": self.days.now, "written_at": self.days.now, **values}  # fmt: skip
        c.execute(sa.insert(KINDS[kind].__table__), row)

    def day(self) -> Any:
        """A day near the limits that matter."""
        return self.days.today + DAY * self.rng.choice((-40, -2, -1, 0, 1, 3, 60))


def _edit(x: Changing, c: sa.Connection) -> None:
    rng = x.rng
    values = {
        "status": rng.choice(STATUSES), "due_on": rng.choice((None, x.day())),
        "blocked": rng.choice((None, True, False)), "priority": rng.choice((None, 1, 3)),
        "estimate_minutes": rng.choice((None, 0, 60)), "spent_minutes": rng.choice((None, 0, 600)),
        "updated_at": x.days.now - DAY * rng.choice((0, 20, 90)),
        "completed_at": rng.choice((None, x.days.now - DAY * 9)),
        "type": rng.choice(("task", "bug", "risk", "epic", "request")),
    }  # fmt: skip
    chosen = rng.sample(sorted(values), 2)
    x.update(c, TASK, x.some(), **{name: values[name] for name in chosen})


def _retire(x: Changing, c: sa.Connection) -> None:
    table = KINDS[x.rng.choice(("task", "link", "comment", "worklog", "membership", "milestone",
                                "approval"))].__table__  # fmt: skip
    x.update(c, table, x.any_id(c, table), gone_at=x.days.now, gone_reason="deleted")


def _restore(x: Changing, c: sa.Connection) -> None:
    for kind in ("task", "link", "membership", "milestone"):
        table = KINDS[kind].__table__
        gone = sa.and_(table.c.connection_id == x.tool, table.c.gone_at.is_not(None))
        for id in c.execute(sa.select(table.c.id).where(gone)).scalars().all():
            x.update(c, table, id, gone_at=None, gone_reason=None)


def _link(x: Changing, c: sa.Connection) -> None:
    tool, far = x.rng.choice(x.keys)
    place = x.places[tool]
    other = far if tool == x.tool else f"https://{place.tool}-{place.id}.example/{far}"
    kind = x.rng.choice(("blocks", "precedes", "relates"))
    ends = x.rng.sample([x.some(), other], 2) if tool == x.tool else [x.some(), other]
    x.add(c, "link", type=kind, from_id=ends[0], to_id=ends[1])


def _hang(x: Changing, c: sa.Connection) -> None:
    column, kind = x.rng.choice((("project_id", "project"), ("milestone_id", "milestone")))
    x.update(c, TASK, x.some(), **{column: x.any_id(c, KINDS[kind].__table__)})


def _part(x: Changing, c: sa.Connection) -> None:
    x.update(c, TASK, x.some(), parent_id=x.rng.choice((None, x.some())))


def _reassign(x: Changing, c: sa.Connection) -> None:
    who, task = x.any_id(c, PERSON), x.some()
    given = [] if who is None or x.rng.random() < 0.3 else [who]
    x.update(c, TASK, task, owner_id=given[0] if given else None, assignee_ids=given,
             reporter_id=x.any_id(c, PERSON))  # fmt: skip
    table = ASSIGNMENT
    c.execute(sa.delete(table).where(table.c.connection_id == x.tool, table.c.task_id == task))
    for person in given:
        c.execute(sa.insert(table), {"connection_id": x.tool, "task_id": task, "position": 0,
                                     "person_id": person})  # fmt: skip


def _comment(x: Changing, c: sa.Connection) -> None:
    task, (tool, far), id = x.some(), x.rng.choice(x.keys), f"said-{x.run}"
    x.add(
        c,
        "comment",
        id=id,
        task_id=task,
        text="See there.",
        at=x.days.now - DAY * x.rng.choice((0, 30)),
    )
    if tool != x.tool:
        url = c.execute(
            sa.select(TASK.c.url_key).where(TASK.c.connection_id == tool, TASK.c.id == far)
        ).scalar()
        if url is not None:
            c.execute(sa.insert(MENTION), {
                "connection_id": x.tool, "kind": "comment", "record_id": id, "url_key": url,
                "task_id": task})  # fmt: skip


def _book(x: Changing, c: sa.Connection) -> None:
    x.add(c, "worklog", task_id=x.some(), minutes=30, on=x.day())


def _approve(x: Changing, c: sa.Connection) -> None:
    x.add(c, "approval", task_id=x.some(), decision=x.rng.choice(("pending", "approved")),
          approver_ids=[], asked_at=x.days.now - DAY * 30)  # fmt: skip


def _sprint(x: Changing, c: sa.Connection) -> None:
    table = KINDS["sprint"].__table__
    sprint = x.any_id(c, table)
    if sprint is None:
        return
    x.update(c, table, sprint, start_at=x.days.now + DAY * x.rng.choice((-5, 1)))
    x.add(c, "membership", task_id=x.some(), kind="sprint", container_id=sprint)


def _around(x: Changing, c: sa.Connection) -> None:
    kind, values = x.rng.choice((
        ("project", {"state": x.rng.choice(("active", "archived"))}),
        ("project", {"lacks": x.rng.choice((None, ["due_on"], ["estimate_minutes"]))}),
        ("milestone", {"due_on": x.day()}), ("person", {"active": x.rng.choice((True, False, None))}),
    ))  # fmt: skip
    table = KINDS[kind].__table__
    x.update(c, table, x.any_id(c, table), **values)


def _rename(x: Changing, c: sa.Connection) -> None:
    table = x.rng.choice((PERSON, KINDS["project"].__table__))
    x.update(c, table, x.any_id(c, table), name=x.rng.choice(("Ann Lee", "Bo Ek", "Core")))


def _lead(x: Changing, c: sa.Connection) -> None:
    table = KINDS["project"].__table__
    part, whole = x.any_id(c, table), x.any_id(c, table)
    x.update(c, table, part, owner_id=x.any_id(c, PERSON), parent_id=whole)


def _human(x: Changing, c: sa.Connection) -> None:
    person = x.any_id(c, PERSON)
    if person is not None:
        some = sa.select(sa.func.min(PERSON.c.identity_id)).scalar_subquery()
        here = sa.and_(PERSON.c.connection_id == x.tool, PERSON.c.id == person)
        c.execute(
            sa.update(PERSON)
            .where(here, PERSON.c.identity_id.is_not(None))
            .values(identity_id=some)
        )


def _team(x: Changing, c: sa.Connection) -> None:
    table = KINDS["project"].__table__
    teams = sa.select(table.c.member_ids).where(table.c.connection_id == x.tool)
    members = sorted({id for team in c.execute(teams).scalars() for id in team or ()})
    x.update(c, PERSON, x.rng.choice(members) if members else None, kind="group")


def _provides(x: Changing, c: sa.Connection) -> None:
    kept = {kind: sorted(names) for kind, names in x.places[x.tool].provides.items()}
    kept["task"] = [
        n for n in kept["task"] if n != x.rng.choice(("due_on", "blocked", "estimate_minutes"))
    ]
    c.execute(sa.update(CONNECTION).where(CONNECTION.c.id == x.tool).values(provides=kept))


def _leaves(x: Changing, c: sa.Connection) -> None:
    c.execute(sa.update(CONNECTION).where(CONNECTION.c.id == x.tool).values(removed_at=x.days.now))


CHANGES: dict[str, Callable[[Changing, sa.Connection], None]] = {
    "edit": _edit, "retire": _retire, "restore": _restore, "link": _link, "hang": _hang,
    "part": _part, "reassign": _reassign, "comment": _comment, "book": _book, "approve": _approve,
    "sprint": _sprint, "team": _team, "around": _around, "human": _human,
    "rename": _rename, "lead": _lead, "provides": _provides,
    "leaves": _leaves,
}  # fmt: skip
QUIET = ("provides", "leaves")
"""Changes that no row tells of; whoever assesses must see them by other means."""
