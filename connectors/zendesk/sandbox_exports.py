"""The exports of the imitated Zendesk, and when it noticed what."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from connectors.sdk.records import Change, Comment, Person, Record, SlaCycle, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.zendesk.sandbox_adopt import SITE, Adoption, number
from connectors.zendesk.sandbox_history import History
from connectors.zendesk.sandbox_render import Out

LATE = timedelta(seconds=60)
KINDS: tuple[type[Record], ...] = (Task, Comment, Change, SlaCycle)


class Exports(Adoption):
    """What changed since when. Arguments as of `ZendeskSandbox`."""

    lag: ClassVar[timedelta] = LATE

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self._render = History(self.world, self.fields)
        self._revision = -1
        self._edited: dict[tuple[type[Record], str], datetime] = {}
        self._written: dict[tuple[type[Record], str], datetime] = {}  # generated_timestamp
        self._homes: dict[str, str | None] = {}  # the group that a ticket was last in
        self._looked = now()
        self._notice()

    # --- when Zendesk noticed what ------------------------------------------------------------

    def _notice(self) -> None:
        """Write down when each record changed, by Zendesk's own clock, whatever it says."""
        now = self.world.now()
        if self._revision == self.world.revision:
            self._looked = now
            return
        first = self._revision < 0
        self._revision = self.world.revision
        for kind in KINDS:
            for record in self.world.all(kind):
                key = (kind, record.id)
                if first:  # it was there before
                    self._written[key] = min(_said_at(record) or now, now - LATE * 2)
                elif key in self.world.edited:
                    self._stamp(key, self.world.edited[key], now)
                if isinstance(record, Task):
                    self._homes[record.id] = record.project_id
        for key, (_, at) in self.world.gone.items():
            self._stamp(key, at, now)
        self._looked = now

    def _stamp(self, key: tuple[type[Record], str], at: datetime, now: datetime) -> None:
        if self._edited.get(key) != at:
            self._edited[key] = at
            self._written[key] = min(max(at, self._looked), now)

    def _sees(self, ticket: str) -> bool:
        return self._homes.get(ticket) not in self.hidden

    # --- exports ------------------------------------------------------------------------------

    def _cursor_export(self, request: Request) -> Reply:
        start, cursor = request.one("start_time"), request.one("cursor")
        now = self.world.now()
        at = (float(start), -1) if start.isdecimal() else None
        after = decoded(cursor) if cursor else at
        if after is None:
            error = "InvalidCursor" if cursor else "InvalidStartTime"
            return Reply.of({"error": error, "description": "start_time or cursor"}, 400)
        if not cursor and after[0] > (now - LATE).timestamp():
            return Reply.of({"error": "StartTimeTooRecent", "description": "start_time"}, 400)
        rows = [
            (at.timestamp(), number(Task, id), id)
            for (kind, id), at in self._written.items()
            if kind is Task and at <= now - LATE and self._sees(id) and self._is_told(id)
        ]
        later = sorted(row for row in rows if row[:2] > after)
        size = min(int(request.one("per_page", "1000")), self.page_size)
        page, ended = later[:size], len(later) <= size
        names = request.one("include").split(",")
        tickets = [self._exported(id, at, names) for at, _, id in page]
        last = encoded(page[-1][:2]) if page else None
        data: Out = {
            "tickets": tickets,
            "after_cursor": last,
            "after_url": f"{SITE}/api/v2/incremental/tickets/cursor.json?cursor={last}",
            "before_cursor": None,
            "before_url": None,
            "end_of_stream": ended,
        }
        if "users" in names:
            ids = {row[name] for row in tickets for name in ("requester_id", "assignee_id")}
            people = [each for each in self.world.all(Person) if number(Person, each.id) in ids]
            data["users"] = list(map(self._render.user, people))
        return Reply.of(data)

    def _is_told(self, id: str) -> bool:
        """A ticket that is there, or one that was deleted."""
        reason = self.world.gone.get((Task, id), ("deleted", None))[0]
        return self.world.get(Task, id) is not None or reason == "deleted"

    def _exported(self, id: str, at: float, names: Sequence[str]) -> Out:
        task = self.world.get(Task, id)
        if task is None:
            row = self._render.tombstone(id, self.world.gone[Task, id][1])
        else:
            row = self._render.ticket(task)
            if "metric_sets" in names:
                row["metric_set"] = self._render.metric_set(task)
        return {**row, "generated_timestamp": int(at)}

    def _events(self) -> list[tuple[int, Out]]:
        """Ticket events with the second in which Zendesk wrote each down."""
        render, every = self._render, self.world.all
        found: list[tuple[tuple[type[Record], str], Out | None]] = [
            *(((Task, task.id), render.creation(task)) for task in every(Task)),
            *(((Comment, each.id), render.comment(each)) for each in every(Comment)),
            *(((Change, each.id), render.change(each)) for each in every(Change)),
        ]
        rows = []
        for key, row in found:
            if row is not None and self._sees(str(row["ticket_id"])):
                at = int(self._written[key].timestamp())
                if key[0] is Task:  # what a ticket is does not change when it came to be
                    at = min(at, row["timestamp"])
                rows.append((at, {**row, "timestamp": at}))
        return rows

    def _metric_events(self) -> list[tuple[int, Out]]:
        rows = [self._render.beginning(task) for task in self.world.all(Task)]
        for cycle in self.world.all(SlaCycle):
            rows += self._render.metric_events(cycle)
        return [
            (int(datetime.fromisoformat(row["time"]).timestamp()), row)
            for row in rows
            if row["time"] and self._sees(str(row["ticket_id"]))
        ]

    def _time_export(self, request: Request, key: str, rows: list[tuple[int, Out]]) -> Reply:
        start = request.one("start_time")
        late = int((self.world.now() - LATE).timestamp())
        if not start.isdecimal() or int(start) > late:
            return Reply.of({"error": "StartTimeTooRecent", "description": "start_time"}, 422)
        settled = [row for row in rows if int(start) <= row[0] <= late]
        settled.sort(key=lambda row: (row[0], row[1]["id"]))
        size = self.page_size * 2
        page = settled[:size]
        ends = page[-1][0] if page else None
        return Reply.of(
            {
                key: [row for _, row in page],
                "count": len(page),
                "end_time": ends,
                "end_of_stream": len(settled) <= size,
                "next_page": f"{SITE}/api/v2/incremental/{key}.json?start_time={ends}",
            }
        )


def _said_at(record: Record) -> datetime | None:
    """When a record says that it came to be what it is."""
    for name in ("updated_at", "at", "stopped_at", "started_at"):
        if held := getattr(record, name, None):
            return held if isinstance(held, datetime) else None
    return None


def encoded(place: tuple[float, int]) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(f"{place[0]}||{place[1]}".encode()).decode()


def decoded(cursor: str) -> tuple[float, int] | None:
    """The reverse; None for what is no cursor."""
    try:
        at, _, id = base64.urlsafe_b64decode(cursor).decode().partition("||")
        return float(at), int(id)
    except ValueError:
        return None
