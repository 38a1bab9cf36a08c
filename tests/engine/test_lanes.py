"""Fetching side by side: what comes of a stop while a tool is slow."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sdk.contract import Cursor, Item, Lane, Page, Plan
from sync_engine.admin_map import AdminMapping
from sync_engine.lanes import Event, Fetched, Fetcher, Planned
from sync_engine.store.items import ItemMapper

PATIENCE = 5.0  # seconds; an answer without a poll would take three times as long


class Slow:
    """A tool that gives one page, and the next one only when it is let."""

    name = title = "slow"
    parallel = 1

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()

    def lanes(self, _stream: str, _cursors: Mapping[str, Cursor]) -> Plan:
        """One lane."""
        return Plan([Lane()])

    def pull(self, _stream: str, _lane: str, _since: Cursor | None) -> Iterator[Page]:
        """Two pages."""
        yield Page([Item("1", {})])
        self.asked.set()
        self.let.wait()
        yield Page([Item("2", {})])


def test_who_waits_for_a_slow_tool_hears_of_a_stop_at_once() -> None:
    tool: Any = Slow()
    over = threading.Event()
    seen: list[Event] = []
    with Fetcher(tool, over.is_set, ItemMapper(lambda *_: (), AdminMapping())) as fetcher:
        fetcher.plan("tasks", {})

        def consume() -> None:
            for event in fetcher.events():
                seen.append(event)
                if isinstance(event, Planned):
                    fetcher.start("tasks", event.plan.lanes[0], None, ahead=False)

        reader = threading.Thread(target=consume)
        reader.start()
        assert tool.asked.wait(PATIENCE)
        over.set()
        reader.join(PATIENCE)
        heard = not reader.is_alive()
        tool.let.set()
        reader.join()
    assert heard
    assert [type(each) for each in seen] == [Planned, Fetched]
