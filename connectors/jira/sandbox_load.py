"""Records for load runs: one company's issues, invented, of a realistic size."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import get_args

from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Status,
    Task,
    Worklog,
)

PROJECTS = (
    ("PAY", "Payments"), ("SHIP", "Shipping"), ("CORE", "Core platform"), ("MOB", "Mobile"),
    ("DATA", "Data warehouse"),
)  # fmt: skip
WORDS = (
    "the", "queue", "of", "open", "orders", "waits", "for", "a", "second", "confirmation",
    "before", "it", "moves", "on", "while", "the", "buyer", "sees", "an", "older", "total", "and",
    "calls", "support", "because", "neither", "page", "explains", "what", "happened", "to", "the",
    "refund", "that", "finance", "booked", "on", "the", "first", "day", "of", "the", "month",
    "in", "another", "currency",
)  # fmt: skip
NAMES = ("Ada Quill", "Ben Osei", "Carla Ruiz", "Dmitri Hale", "Elif Aydin", "Farid Noor")
WORD_OF: dict[Status, str] = {
    "todo": "To Do", "in_progress": "In Progress", "done": "Done", "cancelled": "Done",
}  # fmt: skip


def bulk(count: int, *, seed: int, now: datetime) -> list[Record]:
    """Five projects with so many issues, their comments, history, links, sprints and time.

    An issue is 3 to 6 KB as Jira writes it. Nothing was updated in the last hour before `now`.
    The same seed and moment give the same records.
    """
    rng = random.Random(seed)  # noqa: S311 - invented data, no secret
    records: list[Record] = []
    people = [f"{index:024x}" for index in range(0x5F0000, 0x5F0000 + 60)]
    for index, id_ in enumerate(people):
        name = f"{NAMES[index % len(NAMES)]} {index}"
        mail = f"person{index}@example.com" if index % 3 else None
        records.append(Person(id=id_, name=name, email=mail, active=index % 17 != 0))
    for index, (key, name) in enumerate(PROJECTS):
        project = str(10001 + index)
        records.append(Project(id=project, key=key, name=name, owner_id=people[index]))
        released = Milestone(id=str(20001 + index), project_id=project, name="1.0", state="open")
        records += [released, _sprint(index, project, now)]
    for index in range(count):
        records += _issue(rng, index, people, now)
    return records


def _sprint(index: int, project: str, now: datetime) -> Sprint:
    start = now - timedelta(days=7)
    return Sprint(
        id=str(31 + index),
        project_id=project,
        board_id=str(81 + index),
        name=f"Sprint {index + 1}",
        state="active",
        start_at=start,
        end_at=start + timedelta(days=14),
    )


def _issue(rng: random.Random, index: int, people: list[str], now: datetime) -> list[Record]:
    place = index % len(PROJECTS)
    number = index // len(PROJECTS) + 1
    id_ = str(100_000 + index)
    created = now - timedelta(minutes=rng.uniform(60 * 24 * 10, 60 * 24 * 700))
    updated = now - timedelta(minutes=rng.uniform(60, 60 * 24 * 9))
    status = rng.choice(get_args(Status))
    closed = status in ("done", "cancelled")
    task = Task(
        id=id_,
        key=f"{PROJECTS[place][0]}-{number}",
        project_id=str(10001 + place),
        parent_id=str(100_000 + place) if index >= 50 and index % 4 == 0 else None,
        title=_text(rng, 8),
        description="\n\n".join(_text(rng, 45) for _ in range(rng.randint(2, 5))),
        type="epic" if index < len(PROJECTS) else rng.choice(("task", "story", "bug")),
        status=status,
        status_label=WORD_OF[status],
        priority=rng.randint(1, 5),
        assignee_ids=(rng.choice(people),) if index % 5 else (),
        reporter_id=rng.choice(people),
        labels=("customer", f"team{index % 7}") if index % 2 else (),
        due_on=(now + timedelta(days=rng.randint(-60, 90))).date() if index % 3 else None,
        created_at=created,
        updated_at=updated,
        completed_at=updated if closed else None,
        estimate_minutes=60 * rng.randint(1, 40) if index % 2 else None,
        points=float(rng.choice((1, 2, 3, 5, 8))),
        milestone_id=str(20001 + place) if index % 6 == 0 else None,
        custom=(
            Custom(id="risk", name="Risk rating", value=rng.choice(("High", "Medium", "Low"))),
            Custom(id="cost", name="Cost centre", value=f"CC-{index % 40:03d}"),
            Custom(id="score", name="Value score", value=float(index % 100)),
        ),
    )
    records: list[Record] = [task]
    for turn in range(rng.randint(1, 4)):
        at, number = created + (updated - created) * (turn + 1) / 6, index * 8 + turn + 1_000_000
        records.append(_change(f"{number}.0", id_, at, rng.choice(people)))
    records += (
        Comment(
            id=str(index * 4 + turn + 2_000_000),
            task_id=id_,
            author_id=rng.choice(people),
            text=_text(rng, 35),
            at=created + (updated - created) * (turn + 1) / 5,
        )
        for turn in range(rng.randint(0, 3))
    )
    if index % 10 == 9:
        far = str(100_000 + index - len(PROJECTS))
        records.append(Link(id=str(3_000_000 + index), type="blocks", from_id=id_, to_id=far))
    if index % 20 == 0:
        sprint = str(31 + place)
        records.append(Membership(id=f"m{index}", task_id=id_, kind="sprint", container_id=sprint))
        records.append(
            Worklog(
                id=str(4_000_000 + index),
                task_id=id_,
                person_id=rng.choice(people),
                minutes=15 * rng.randint(1, 16),
                on=updated.date(),
                started_at=updated,
                updated_at=updated,
            )
        )
    return records


def _change(id_: str, task_id: str, at: datetime, author: str) -> Change:
    return Change(
        id=id_,
        task_id=task_id,
        at=at,
        author_id=author,
        field="status",
        old="todo",
        new="in_progress",
        old_label="To Do",
        new_label="In Progress",
    )


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))
