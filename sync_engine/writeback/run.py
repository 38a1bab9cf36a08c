"""One round of writing back, for one connection under its lease.

Each change is looked at, announced in the store, asked for once, and looked at again. Whatever
comes between these leaves a row that says so, and the next round looks for the comment first: so
there is never a second one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from connectors.sdk import registry
from connectors.sdk.comments import CommentsOn, Place, Seen, comments_of
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled, Unexpected
from sync_engine import clock, jobs
from sync_engine.connect import Workshop
from sync_engine.rules import teams
from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import table
from sync_engine.settings import Connection
from sync_engine.settings.models import Writeback
from sync_engine.store import lease as leases
from sync_engine.store import writebacks
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.lease import Lease
from sync_engine.store.models import Connection as ConnectionRow
from sync_engine.store.writeback_models import WritebackRow
from sync_engine.subscriptions import moment_of
from sync_engine.writeback.plan import Step, plan
from sync_engine.writeback.text import hash_of

NEAR = timedelta(seconds=5)
"""An item changed so soon after our comment was changed by it."""

TROUBLE_FOR = timedelta(hours=1)
UNSEEN_FOR = timedelta(days=1)

REFUSALS = 3
"""So many changes refused one after the other are the credential's fault, and not the items'."""

FLAG, CONNECTION, ROW = map(table, (FlagRow, ConnectionRow, WritebackRow))
log = structlog.get_logger()


@dataclass(slots=True)
class Round:
    """What came of a round. Numbers of comments; `trouble`: what ended it, with what to do."""

    written: int = 0
    updated: int = 0
    closed: int = 0
    removed: int = 0
    waiting: int = 0
    trouble: str = ""
    remedy: str = ""
    items: list[str] = field(default_factory=list)  # what is wrong with single items


class _Unsettled(Exception):
    """The tool was asked for a change and does not show it yet."""


def steps(workshop: Workshop, connection: Connection, now: datetime) -> list[Step]:
    """What a round would do, and what waits. Asks no tool."""
    engine, wanted = workshop.engine, connection.writeback
    if wanted is None:
        return []
    moment = moment_of(workshop.configuration.settings, now)
    with reading(engine) as store:
        id = store.execute(
            sa.select(CONNECTION.c.id).where(CONNECTION.c.name == connection.name)
        ).scalar_one_or_none()
    return [] if id is None else planned(engine, id, wanted, moment)


def planned(engine: sa.Engine, connection_id: int, wanted: Writeback, moment: Moment) -> list[Step]:
    """The steps of a connection, by its number in the store."""
    rows = writebacks.of_connection(engine, connection_id)
    live = FLAG.c.state != "resolved"
    with reading(engine) as store:
        flags = list(
            store.execute(sa.select(FLAG).where(FLAG.c.connection_id == connection_id, live))
        )
        marks = [mark for mark, row in rows.items() if row.state not in ("closed", "removed")]
        for start in range(0, len(marks), 500):
            chosen = FLAG.c.fingerprint.in_(marks[start : start + 500])
            flags += store.execute(sa.select(FLAG).where(chosen, sa.not_(live)))
        leads = teams.read(store).leads
    return plan(flags, rows, wanted, moment, leads)


def comments(engine: sa.Engine, name: str) -> list[dict[str, Any]]:
    """The comments of a connection, with the flags that they tell of, for people who look."""
    columns = [
        ROW.c[each] for each in ("fingerprint", "state", "written_at", "changed_at", "trouble")
    ]
    chosen = (
        sa.select(
            *columns,
            ROW.c.tried_at.is_not(None).label("unsure"),
            sa.func.coalesce(FLAG.c.key, FLAG.c.title, ROW.c.task_id).label("item"),
            FLAG.c.url,
            FLAG.c.said,
        )
        .join(CONNECTION, CONNECTION.c.id == ROW.c.connection_id)
        .outerjoin(FLAG, FLAG.c.fingerprint == ROW.c.fingerprint)
        .where(CONNECTION.c.name == name)
        .order_by(ROW.c.changed_at.desc(), ROW.c.fingerprint)
    )
    with reading(engine) as store:
        return [dict(row) for row in store.execute(chosen).mappings()]


def run(
    workshop: Workshop, connection: Connection, *, stop: threading.Event | None = None
) -> Round | None:
    """Do what is due; None when nothing is, or another worker has the connection.

    Raises:
        RegistryError, SecretError: the configuration names what is not there.
        LeaseLostError: another worker took over meanwhile; what it did stands.
    """
    kind = comments_of(registry.get(connection.connector))
    if connection.writeback is None or kind is None or not connection.enabled:
        return None
    if not any(not step.waits for step in steps(workshop, connection, clock.now())):
        return None
    engine, reached = workshop.engine, workshop.reach(connection)
    try:
        with reading(engine) as store:
            id = store.execute(
                sa.select(CONNECTION.c.id).where(CONNECTION.c.name == connection.name)
            ).scalar_one()
        lease = leases.claim(engine, id, jobs.owner())
        if lease is None:
            return None
        try:
            comments = kind(reached.options, reached.door)
            moment = moment_of(workshop.configuration.settings, clock.now())
            writer = Writer(engine, lease, comments, connection.writeback, moment)
            done = writer.run(stop)
        finally:
            leases.release(engine, lease)
    finally:
        reached.door.close()
    _log(connection.name, done)
    return done


class Writer:
    """Does the steps of one round.

    Args:
        comments: the tool's.
        moment: the round's one `now`.
    """

    def __init__(
        self,
        engine: sa.Engine,
        lease: Lease,
        comments: CommentsOn,
        wanted: Writeback,
        moment: Moment,
    ) -> None:
        self._engine = engine
        self._lease = lease
        self._comments = comments
        self._wanted = wanted
        self._moment = moment
        self._refused = 0  # changes, since the last that was made
        self.done = Round()

    def run(self, stop: threading.Event | None = None) -> Round:
        """All that is due, until the tool has had enough of us."""
        found = planned(self._engine, self._lease.connection_id, self._wanted, self._moment)
        self.done.waiting = sum(1 for step in found if step.waits)
        for step in found:
            if step.waits or (stop is not None and stop.is_set()):
                break
            try:
                self._do(step)
            except (NotVisible, Unexpected) as error:
                self._hold_item(step, f"{error.message} {error.advice}")
                if self._refused >= REFUSALS:
                    self._end(step, error)
                    break
            except _Unsettled as error:
                self.done.items.append(str(error))
            except ConnectorError as error:
                self._end(step, error)
                break
        return self.done

    def _do(self, step: Step) -> None:
        flag, place = step.flag, Place(step.flag.subject_id, step.flag.project_id)
        before = self._comments.look(place, step.note.fingerprint)
        if before.comment_id is None and step.action != "write":
            self._not_there(step)
            return
        base = self._base(step, before)
        old = self._kept(step)
        self._keep(step, **self._announced(step), before_at=base)
        try:
            if before.comment_id is None:
                self._comments.write(place, step.note)
            else:
                self._comments.update(place, before.comment_id, step.note)
        except (Refused, Throttled) as error:
            self._keep(step, **old)  # it was not done
            if isinstance(error, Refused):
                self._refused += 1
                error.remedy = f"{self._comments.needs} Or take `writeback` out."
            raise
        self._refused = 0
        after = self._comments.look(place, step.note.fingerprint)
        if after.comment_id is None:
            raise _Unsettled(f"{flag.key or flag.title}: the tool does not show the comment yet")
        self._settle(step, before, after, base)

    def _base(self, step: Step, seen: Seen) -> datetime | None:
        """When the item was last changed by anybody but us."""
        row, at = step.row, seen.updated_at
        if at is None:
            return None
        ours = seen.said_at is not None and abs(at - seen.said_at) <= NEAR
        if row is not None and row.tried_at is not None and ours and row.before_at is not None:
            return row.before_at  # type: ignore[no-any-return]
        known = writebacks.touches(self._engine, self._lease.connection_id, place_id(step))
        return known.get(place_id(step), {}).get(at, at)

    def _announced(self, step: Step) -> dict[str, Any]:
        row, today = step.row, self._moment.today
        changes = row.changes if row is not None and row.day == today else 0
        first = step.action == "write" and (row is None or row.written_on is None)
        return {
            "state": "queued" if row is None else row.state,
            "task_id": place_id(step),
            "team": step.team,
            "day": today,
            "changes": changes + 1,
            "written_on": today if first else row.written_on,
            "tried_at": clock.now(),
            "next_at": None,
            "holds_until": None,
        }

    def _kept(self, step: Step) -> dict[str, Any]:
        """A row as it was before it was announced."""
        row = step.row
        if row is None:
            none = {"written_on": None, "tried_at": None, "before_at": None, "changes": 0}
            return {**self._announced(step), **none}
        names = (
            "state",
            "task_id",
            "team",
            "day",
            "changes",
            "written_on",
            "tried_at",
            "before_at",
        )
        return {name: getattr(row, name) for name in names}

    def _keep(self, step: Step, **values: Any) -> None:
        writebacks.keep(self._engine, self._lease, step.flag.fingerprint, values)

    def _settle(self, step: Step, before: Seen, after: Seen, base: datetime | None) -> None:
        now, row = clock.now(), step.row
        touched = after.updated_at if after.updated_at != before.updated_at else None
        if touched is None and row is not None and row.tried_at is not None:
            touched = after.updated_at if after.updated_at != base else None
        if touched is not None and not _may_be_ours(touched, before, after):
            touched = None
        if touched is None and row is not None:
            touched, base = row.touched_at, row.before_at  # the tool counts it as no update
        state = {"write": "written", "update": "updated", "close": "closed"}[step.action]
        self._keep(
            step, state=state, task_id=place_id(step), comment_id=after.comment_id,
            text_hash=hash_of(step.note), changed_at=now,
            written_at=now if row is None or row.written_at is None else row.written_at,
            tried_at=None, trouble=None, touched_at=touched, before_at=base,
        )  # fmt: skip
        self.done.written += step.action == "write"
        self.done.updated += step.action == "update"
        self.done.closed += step.action == "close"

    def _not_there(self, step: Step) -> None:
        """A comment that people have taken away is not written again; one that never got there
        and is not needed any more neither."""
        row = step.row
        state = "closed" if row.comment_id is None else "removed"
        self.done.removed += state == "removed"
        self._keep(step, state=state, tried_at=None, trouble=None, next_at=None)

    def _hold_item(self, step: Step, trouble: str) -> None:
        """Leave one item alone for a while; the others go on."""
        self.done.items.append(trouble)
        self._note(step, trouble=trouble, next_at=clock.now() + UNSEEN_FOR)

    def _end(self, step: Step, error: ConnectorError) -> None:
        """The tool has had enough of us, or is down."""
        self.done.trouble, self.done.remedy = error.message, error.advice
        trouble, later = f"{error.message} {error.advice}", clock.now() + TROUBLE_FOR
        if isinstance(error, Throttled):
            self._note(step, trouble=trouble, holds_until=error.until)
        elif isinstance(error, Refused):
            self._note(step, trouble=trouble, holds_until=later)
        else:  # perhaps for this item alone: the next round begins with another
            self._note(step, trouble=trouble, next_at=later)

    def _note(self, step: Step, **values: Any) -> None:
        """What is to be said on the row, which may be its first."""
        held = writebacks.of_connection(self._engine, self._lease.connection_id)
        if step.flag.fingerprint not in held:
            values = {**self._kept(step), **values}
        self._keep(step, **{"task_id": place_id(step), **values})


def _may_be_ours(touched: datetime, before: Seen, after: Seen) -> bool:
    """Whether an item's last change can be our comment, and nobody's after it. A tool that does
    not tell when a comment was edited leaves it open."""
    told = after.said_at if after.said_at != before.said_at else None
    return told is None or abs(touched - told) <= NEAR


def place_id(step: Step) -> str:
    """The id of the item that a step is about."""
    return str(step.flag.subject_id)


def _log(name: str, done: Round) -> None:
    say = log.warning if done.trouble or done.items else log.info
    say(
        "flags written back", connection=name, written=done.written, updated=done.updated,
        closed=done.closed, removed=done.removed or None, waiting=done.waiting or None,
        error=done.trouble or None, remedy=done.remedy or None, items=done.items[:3] or None,
    )  # fmt: skip
