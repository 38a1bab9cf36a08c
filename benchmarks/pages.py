"""How quickly the console's pages answer over a large store.

Run ``python -m benchmarks.pages --rows 1000000``. The store has that many tasks of three
connections, six hundred projects, five hundred people, about fifty thousand open flags, and twelve
weeks of compliance and of loads. Each page is asked for as a browser does, one after the other, by
an admin, by a manager of a fifth of the projects, and by one of all the others; the figures are
milliseconds until the whole page is here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
import sqlalchemy as sa
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry

from benchmarks.conditions import standards
from benchmarks.portfolio import NOW, PROJECTS, fill
from sync_engine import accounts, workload
from sync_engine.accounts import NewAccount, Passwords
from sync_engine.flags import apply
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.settings import load
from sync_engine.store.audit import Actor
from sync_engine.store.engine import open_engine
from sync_engine.store.flag_models import AssessmentRow, Compliance, ComplianceOfProject
from sync_engine.store.models import Assignment, Identity, PersonRow, ProjectRow, TaskRow
from sync_engine.web.app import make_app
from sync_engine.web.console.site import Console
from sync_engine.web.listener import Listener

PEOPLE = 500
DAYS = 84
FLAGGING = 12
"""So many of the benchmark's standards flag about fifty thousand of a million tasks."""

LABS, CORE = 'portfolio = "Labs"', 'portfolio = "Core"'
WRITER = Actor("benchmark", "command line")
READERS = {
    "admin": NewAccount("olga@acme.example", "Olga", "admin"),
    "manager of a fifth": NewAccount("eve@acme.example", "Eve", "manager", None, LABS),
    "manager of the rest": NewAccount("max@acme.example", "Max", "manager", None, CORE),
}
PATHS = (
    "/", "/flags", "/flags?where=severity+%3D+low+and+project+%3D+%22Project+7%22", "/flags/1",
    "/projects", "/projects/tool-1/P1", "/people", "/people/1", "/standards",
    "/standards/active-without-owner", "/connections", "/connections/tool-1", "/digests",
    "/settings", "/api/v1/flags",
)  # fmt: skip


def _record(id: str, connection_id: int, **values: Any) -> dict[str, Any]:
    return {
        "connection_id": connection_id, "id": id, "item_id": id, "run_id": connection_id,
        "hash": b"", "seen_at": NOW, "written_at": NOW, **values,
    }  # fmt: skip


def _table(model: Any) -> sa.Table:
    found: sa.Table = model.__table__
    return found


def furnish(engine: sa.Engine) -> None:
    """Projects and people for the tasks, then flags, then the compliance of twelve weeks."""
    with engine.begin() as connection:
        rows: list[dict[str, Any]] = [
            _record(f"P{n}", c, name=f"Project {n}", key=f"P{n}", state="active",
                    custom=[{"id": "p", "name": "Portfolio", "value": "Core" if n % 5 else "Labs"}])
            for c in (1, 2, 3) for n in range(PROJECTS)
        ]  # fmt: skip
        connection.execute(sa.insert(_table(ProjectRow)), rows)
        people = [
            {"id": n + 1, "name": f"Person {n}", "email": f"p{n}@acme.example", "source": "file",
             "lead_email": "eve@acme.example" if n % 20 == 0 else None}
            for n in range(PEOPLE)
        ]  # fmt: skip
        connection.execute(sa.insert(_table(Identity)), people)
        rows = [
            _record(f"p{n}", c, name=f"Person {n}", email=f"p{n}@acme.example", kind="human",
                    identity_id=n + 1)
            for c in (1, 2, 3) for n in range(PEOPLE)
        ]  # fmt: skip
        connection.execute(sa.insert(_table(PersonRow)), rows)
        task = _table(TaskRow)
        assigned = sa.select(task.c.connection_id, task.c.id, sa.literal(0), task.c.owner_id)
        connection.execute(
            sa.insert(_table(Assignment)).from_select(
                ["connection_id", "task_id", "position", "person_id"],
                assigned.where(task.c.owner_id.is_not(None)),
            )
        )
    workload.refresh(engine)
    apply.run(
        engine, standards()[:FLAGGING], now=NOW, timezone=ZoneInfo("UTC"),
        calendar=WorkCalendar(), full=True, seconds=600,
    )  # fmt: skip
    _weeks(engine)


def _weeks(engine: sa.Engine) -> None:
    """The compliance of the day, on each day before it."""
    with engine.begin() as connection:
        for model in (Compliance, ComplianceOfProject):
            table = _table(model)
            others = [column for column in table.c if column.name != "day"]
            for back in range(1, DAYS):
                day = sa.literal(NOW.date() - timedelta(days=back), sa.Date())
                copied = sa.select(day, *others).where(table.c.day == NOW.date())
                connection.execute(
                    sa.insert(table).from_select(["day", *(c.name for c in others)], copied)
                )
        assessment = _table(AssessmentRow)
        last = connection.execute(sa.select(assessment)).mappings().one()
        earlier = [
            {**last, "id": None, "day": NOW.date() - timedelta(days=back),
             "at": NOW - timedelta(days=back)}
            for back in range(1, DAYS)
        ]  # fmt: skip
        for row in earlier:
            row.pop("id")
        connection.execute(sa.insert(assessment), earlier)


def ask(address: str, token: str, paths: Iterable[str], rounds: int) -> dict[str, dict[str, Any]]:
    """By path: the answers' times and size."""
    session = requests.Session()
    session.cookies.set("flagstaff", token)
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        times, size, status = [], 0, 0
        for _ in range(rounds + 1):
            begun = time.perf_counter()
            answer = session.get(address + path, timeout=60, stream=True)
            size = len(answer.raw.read())  # as it came over the wire, compressed
            times.append((time.perf_counter() - begun) * 1000)
            status = answer.status_code
        warm = sorted(times[1:])
        found[path] = {
            "status": status, "kilobytes": round(size / 1024, 1), "first": round(times[0], 1),
            "median": round(statistics.median(warm), 1),
            "95th": round(warm[int(len(warm) * 0.95)], 1),
        }  # fmt: skip
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        engine = open_engine(f"sqlite:///{path}")
        fill(engine, given.rows, path)
        furnish(engine)
        names = [{"name": f"tool-{n}", "connector": "jira", "options": {
            "url": "https://acme.example", "email": "p@acme.example", "token": "t"}}
            for n in (1, 2, 3)]  # fmt: skip
        file = Path(folder) / "flagstaff.yaml"
        file.write_text(json.dumps({"connections": names, "timezone": "UTC"}))
        configuration = load(file)
        passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        console = Console(engine, lambda: configuration, listen="127.0.0.1:0", now=lambda: NOW,
                          passwords=passwords)  # fmt: skip
        app = make_app(healthz=_fine, readyz=_fine, metrics=CollectorRegistry(), console=console)
        listener = Listener("127.0.0.1:0", app)
        figures: dict[str, Any] = {"rows": given.rows}
        for role, new in READERS.items():
            user = accounts.add(engine, new, passwords.hash("not a real password"), WRITER, NOW)
            token = accounts.open_session(engine, user.id, NOW)
            figures[role] = ask(listener.address, token, PATHS, given.rounds)
        listener.close()
        console.close()
        engine.dispose()
    for role in READERS:
        print(f"\n{role:58} status    kB   first  median    95th (ms)")
        for path_, each in figures[role].items():
            print(f"{path_:58} {each['status']:6} {each['kilobytes']:5} {each['first']:7} "
                  f"{each['median']:7} {each['95th']:7}")  # fmt: skip
    print(json.dumps(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _fine() -> tuple[bool, dict[str, Any]]:
    return True, {}


if __name__ == "__main__":
    sys.exit(main())
