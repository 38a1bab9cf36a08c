"""Tasks that name each other across tools, by the addresses that people paste."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.flags import apply as flags
from sync_engine.rules import packs
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.changed import reach
from sync_engine.rules.evidence import items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.syntax import Ref, Span
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from sync_engine.store.mentions import parent_key, url_key

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PROVIDES = {
    "task": ["url", "status", "description", "title"], "change": ["field"], "comment": ["text"],
}  # fmt: skip
DESK, BOARD = "https://desk.example.com/browse", "https://board.example.com/c"


def mention(
    c: sa.Connection, tool: int, task: str, url: str, kind: str = "task", record: str | None = None
) -> None:
    key = url_key(url)
    assert key is not None
    c.execute(sa.insert(m.Mention.__table__), {  # type: ignore[attr-defined]
        "connection_id": tool, "kind": kind, "record_id": record or task, "task_id": task,
        "url_key": key, "parent_key": parent_key(key),
    })  # fmt: skip


@pytest.fixture
def linked(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """A desk whose tasks are about the cards of a board, and the other way round."""

    def task(tool: int, id: str, status: str | None, url: str | None, **more: Any) -> None:
        add(c, m.TaskRow, tool, id, title=id, type="task", status=status, labels=[],
            url=url, url_key=url_key(url), **more)  # fmt: skip

    with store.begin() as c:
        for tool in (1, 2):
            add_connection(c, tool, PROVIDES)
        task(1, "D1", "done", f"{DESK}/D1")
        task(1, "D2", "todo", f"{DESK}/D2")
        task(1, "D3", "todo", f"{DESK}/D3")
        task(1, "D4", "todo", f"{DESK}/D4", gone_at=NOW)
        task(2, "card", "in_progress", f"{BOARD}/abc")
        task(2, "item", "todo", f"{BOARD}/abc", parent_id="card")
        task(2, "odd", None, f"{BOARD}/odd")
        mention(c, 1, "D1", f"{BOARD}/abc/7-the-door")
        mention(c, 1, "D1", f"{DESK}/D2")  # its own tool: no sibling
        mention(c, 2, "card", f"{DESK}/D1?focus=1", kind="comment", record="said")  # again: once
        mention(c, 2, "odd", f"{DESK}/D2")
        mention(c, 2, "odd", f"{DESK}/D4")
    return store


def test_siblings_are_found_both_ways_and_counted_once(linked: sa.Engine, moment: Moment) -> None:
    refs = [Ref(name, Span(1, 1)) for name in ("open_siblings", "done_siblings")]
    keys = [(1, "D1"), (1, "D2"), (1, "D3"), (2, "card"), (2, "item"), (2, "odd")]
    with reading(linked) as connection:
        found = items(connection, frame_for(connection, moment), "task", keys, refs)
    assert {key[1]: tuple(item.values.values()) for key, item in found.items()} == {
        "D1": (1, 0),  # the card, not the item of its checklist
        "D2": (None, None),  # nobody knows where the odd card stands
        "D3": (0, 0),
        "card": (0, 1),
        "item": (0, 0),
        "odd": (1, 0),  # D4 is gone
    }


def test_a_sibling_is_looked_at_again_when_its_counterpart_changed(
    linked: sa.Engine, moment: Moment
) -> None:
    from sync_engine.store.flag_models import AssessmentRow

    def reached() -> set[str]:
        with reading(linked) as connection:
            frame = frame_for(connection, moment)
            found = reach(connection, frame, "same", full=False, small=0).tasks
        assert found is not None
        return {id for _, id in found}

    def run(id: int, connection: int) -> dict[str, Any]:
        return {"id": id, "connection_id": connection, "kind": "pull", "epoch": 1,
                "started_at": NOW, "ended_at": NOW}  # fmt: skip

    with linked.begin() as c:
        c.execute(sa.insert(AssessmentRow.__table__), {  # type: ignore[attr-defined]
            "at": NOW, "day": moment.today, "full": True, "standards": "same",
            "runs": {"1": 1, "2": 2}, "subjects": 1, "opened": 0, "worsened": 0, "resolved": 0,
            "reopened": 0, "frozen": 0, "slow": [], "suspect": {},
        })  # fmt: skip
        c.execute(sa.insert(m.Run.__table__), [run(9, 1), run(10, 2)])  # type: ignore[attr-defined]
    assert reached() == set()
    task, comment = m.TaskRow.__table__, m.CommentRow.__table__  # type: ignore[attr-defined]
    with linked.begin() as c:
        c.execute(sa.update(task).where(task.c.id == "D2").values(run_id=9))
    assert reached() == {"D2", "odd"}
    with linked.begin() as c:
        c.execute(sa.insert(comment), {
            "connection_id": 2, "id": "said", "item_id": "said", "run_id": 10, "hash": b"",
            "seen_at": NOW, "written_at": NOW, "task_id": "card", "text": "x", "at": NOW,
        })  # fmt: skip
    assert reached() == {"D2", "odd", "card", "D1"}


def test_tools_that_contradict_each_other_are_flagged_until_they_agree(
    linked: sa.Engine, add: Callable[..., None]
) -> None:
    standards = [s for s in packs.load_all(["pmo-core"]) if s.id == "tools-disagree"]
    with linked.begin() as c:
        add(c, m.ChangeRow, 1, "h", task_id="D1", at=datetime(2026, 3, 9, tzinfo=UTC),
            field="status", old="todo", new="done")  # fmt: skip

    def assess() -> flags.FlagReport:
        return flags.run(
            linked, standards, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(),
            full=True,
        )  # fmt: skip

    opened = assess().opened
    with linked.begin() as c:
        rows = c.execute(sa.text("SELECT subject_id, said FROM flag")).all()
        assert [row[0] for row in rows] == ["D1"]
        assert "1 task in another tool" in rows[0][1]
        task = m.TaskRow.__table__  # type: ignore[attr-defined]
        c.execute(sa.update(task).where(task.c.id == "card").values(status="done"))
    assert assess().resolved == opened


def test_what_another_tool_said_long_ago_contradicts_nothing(
    linked: sa.Engine, add: Callable[..., None]
) -> None:
    standards = [s for s in packs.load_all(["pmo-core"]) if s.id == "tools-disagree"]
    long_ago = datetime(2026, 3, 14, tzinfo=UTC)
    with linked.begin() as c:
        add(c, m.ChangeRow, 1, "h", task_id="D1", at=datetime(2026, 3, 9, tzinfo=UTC),
            field="status", old="todo", new="done")  # fmt: skip
        connection = m.Connection.__table__  # type: ignore[attr-defined]
        c.execute(sa.update(connection).where(connection.c.id == 2).values(complete_at=long_ago))
    found = flags.run(
        linked, standards, now=NOW, timezone=ZoneInfo("UTC"), calendar=WorkCalendar(), full=True
    )
    assert found.opened == ()
    with reading(linked) as c:
        held = c.execute(
            sa.text("SELECT flagged, unknown FROM compliance WHERE connection_id = 1")
        ).one()
    assert tuple(held) == (0, 1)
