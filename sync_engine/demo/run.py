"""The demonstration's stage: the imitated tools, a configuration that reads them, and a change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from connectors.sdk import registry
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Sandbox, serve
from sync_engine import clock
from sync_engine.demo.company import COLLEAGUES, DOMAIN, TOOLS, WORKS, Tool
from sync_engine.demo.portfolio import portfolio

CONNECTIONS: dict[str, str] = {"jira": "engineering", "asana": "marketing", "trello": "office"}
MANAGER = f"ada.lindqvist@{DOMAIN}"
MARK = ".flagstaff-demo"
OURS = ("flagstaff.yaml", "people.yaml", "flagstaff.db", "flagstaff.db-wal", "flagstaff.db-shm")


class StageError(Exception):
    """The demonstration cannot use its folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that people did in a tool between two reads."""

    connection: str
    title: str
    url: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The imitated tools while they are served."""

    folder: Path
    sandboxes: dict[str, Sandbox]

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "flagstaff.yaml"

    @property
    def digests(self) -> Path:
        """Where digests are written."""
        return self.folder / "digests"

    def requests(self) -> int:
        """How many requests the tools have answered so far."""
        return sum(len(sandbox.log) for sandbox in self.sandboxes.values())

    def change(self) -> list[Happening]:
        """Let people work: one item is finished, one deleted, two are pushed out (of which one
        was a case already, and becomes a worse one), one is newly broken."""
        return [
            self._finish(),
            self._delete(),
            self._push_out("CLD-301", "was pushed out, for the third time"),
            self._push_out("CLD-205", "was pushed out again, for the fifth time"),
            self._break(),
        ]

    def _task(self, id: str) -> tuple[Tool, Sandbox, Task]:
        tool = next(work.tool for work in WORKS if work.key == id[:3])
        sandbox = self.sandboxes[tool]
        task = sandbox.world.get(Task, sandbox.ids[Task, id])
        if task is None:
            raise StageError(f"the demonstration's task {id} is not there; this is our mistake")
        return tool, sandbox, task

    def _edit(self, id: str, what: str, **to: Any) -> Happening:
        tool, sandbox, task = self._task(id)
        by = task.assignee_ids[0] if task.assignee_ids else task.reporter_id
        sandbox.world.edit(task.id, author_id=by, **to)
        return Happening(CONNECTIONS[tool], task.title, task.url, what)

    def _finish(self) -> Happening:
        now = clock.now().replace(microsecond=0)
        return self._edit(
            "ATL-203", "was overdue, and has been finished", status="done", status_label="Done",
            resolution="Done", completed_at=now, remaining_minutes=0,
        )  # fmt: skip

    def _delete(self) -> Happening:
        tool, sandbox, task = self._task("OFF-202")
        sandbox.world.remove(Task, task.id)
        return Happening(CONNECTIONS[tool], task.title, task.url, "was overdue, and was deleted")

    def _push_out(self, id: str, what: str) -> Happening:
        _, _, task = self._task(id)
        due = task.due_on
        if not isinstance(due, date):
            raise StageError(f"the demonstration's task {id} has no due date; our mistake")
        return self._edit(id, what, due_on=due + timedelta(days=7))

    def _break(self) -> Happening:
        return self._edit("ATL-301", "is due today, and lost its owner", assignee_ids=())


@contextmanager
def stage(folder: Path, today: date, seed: int = 7, *, every_tool: bool = False) -> Iterator[Stage]:
    """Serve the company's tools on loopback, with a configuration in `folder` that reads them.

    Args:
        every_tool: all the others that we can imitate, too; each holds what marketing's tool does.

    Raises:
        StageError: the folder holds something that is not a demonstration's.
    """
    folder = folder.absolute()
    _prepare(folder)
    made = portfolio(today, seed)
    with ExitStack() as stack:
        sandboxes: dict[str, Sandbox] = {}
        options: dict[str, dict[str, Any]] = {}
        others = [name for name in registry.imitated() if name not in TOOLS]
        for tool in (*TOOLS, *(others if every_tool else ())):
            records = made.get(tool, made["asana"])
            sandbox = registry.sandbox(tool)(records, clock.now)
            options[tool] = sandbox.options(stack.enter_context(serve(sandbox)))
            sandboxes[tool] = sandbox
        _write(folder / "flagstaff.yaml", _configuration(options))
        _write(folder / "people.yaml", _people())
        yield Stage(folder, sandboxes)


def _prepare(folder: Path) -> None:
    mark = folder / MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        raise StageError(
            f"{folder} holds files that are not a demonstration's; name another folder with --out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    for name in OURS:
        (folder / name).unlink(missing_ok=True)
    for old in (folder / "digests").glob("*"):
        old.unlink()


def _write(file: Path, document: dict[str, Any]) -> None:
    """JSON is YAML."""
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _configuration(options: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "store": "sqlite:///flagstaff.db",
        "timezone": "UTC",
        "connections": [
            {"name": CONNECTIONS.get(tool, tool), "connector": tool, "options": held}
            for tool, held in options.items()
        ],
        "standards": {
            "packs": ["pmo-core"],
            "set": {"too-much-in-progress": {"most": 3}, "active-without-estimate": "on"},
        },
        "people": "people.yaml",
        "digests": [
            {
                "to": MANAGER,
                "name": "larkfield",
                "title": "Larkfield Instruments",
                "when": "daily 06:00",
                "channels": ["file"],
            }
        ],
        "files": {"folder": "digests"},
    }


def _people() -> dict[str, Any]:
    """Who has accounts where addresses are hidden, too."""
    return {
        "people": [
            {
                "name": colleague.name,
                "emails": [colleague.email],
                "accounts": {CONNECTIONS["trello"]: [colleague.name]},
                "manager": MANAGER,
            }
            for colleague in COLLEAGUES
            if "trello" in colleague.tools
        ]
    }
