"""Where the lanes of a connection's streams resume.

A first read may be cut into lanes that end one by one; the cursor that will take their place
stands aside until all of them have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import sqlalchemy as sa

from connectors.sdk.contract import Cursor, Lane, Plan
from sync_engine.store.engine import reading
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import LaneState, RawItem
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

COLUMNS = ("connection_id", "stream", "lane", "cursor", "done", "moved_at", "run_id")
JOINT_LANE = "~joint"
"""Under this name a first read keeps the cursor that will take its lanes' place."""
UNREAD_LANE = "~unread"
"""Under this name a census keeps ids that no pull had brought: the next one has to."""
UNREAD_KEPT = 10_000
"""Ids of a stream that are kept so; the next census finds the others again."""
CHUNK = 500

_raw = RawItem.__table__  # type: ignore[attr-defined]
_lane = LaneState.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a stream stands: its lanes' cursors, and whether nothing of it is stored yet."""

    cursors: Mapping[str, Cursor]
    empty: bool


class Cursors:
    """The cursors of one connection, moved by one run."""

    def __init__(self, engine: sa.Engine, lease: Lease, run_id: int) -> None:
        self._engine = engine
        self._lease = lease
        self._run_id = run_id
        self._instant = instant_for(engine.dialect.name)
        self._upsert = Upsert(_lane, COLUMNS, engine.dialect)

    def move(
        self,
        connection: sa.Connection,
        stream: str,
        lane: str,
        cursor: Cursor | None,
        now: datetime,
        *,
        done: bool = False,
    ) -> None:
        """Set where a lane resumes, in the transaction of what it read."""
        kept = None if cursor is None else orjson.dumps(dict(cursor)).decode()
        at = self._instant(now)
        row = (self._lease.connection_id, stream, lane, kept, done, at, self._run_id)
        self._upsert.run(connection, [row])

    def begin(self, stream: str, *, full: bool) -> Standing:
        """Where the lanes of a stream resume; `full`: nowhere, everything is to be read again."""
        with self._engine.begin() as connection:
            fence(connection, self._lease)
            of_stream = self._of(stream)
            if full:
                connection.execute(sa.delete(_lane).where(of_stream))
            rows = connection.execute(
                sa.select(_lane.c.lane, _lane.c.cursor)
                .where(of_stream, _lane.c.lane.not_in((JOINT_LANE, UNREAD_LANE)))
                .where(_lane.c.cursor.is_not(None))
            )
            cursors = {row.lane: row.cursor for row in rows}
            held = sa.select(sa.literal(1)).where(
                _raw.c.connection_id == self._lease.connection_id, _raw.c.stream == stream
            )
            return Standing(cursors, connection.execute(held.limit(1)).first() is None)

    def unfinished(self, stream: str, plan: Plan) -> list[Lane]:
        """The lanes still to run; of a first read that was cut, only those that had not ended."""
        if plan.forget:
            self._forget(stream, plan.forget)
        if plan.joint is None:
            return list(plan.lanes)
        self._keep_joint(stream, plan.joint)
        with reading(self._engine) as connection:
            done = set(
                connection.execute(
                    sa.select(_lane.c.lane).where(self._of(stream), _lane.c.done.is_(True))
                ).scalars()
            )
        return [lane for lane in plan.lanes if lane.name not in done]

    def finish(self, stream: str, lane: Lane) -> None:
        """A lane of a first read has ended."""
        with self._engine.begin() as connection:
            now = fence(connection, self._lease)
            self.move(connection, stream, lane.name, None, now, done=True)

    def join(self, stream: str) -> None:
        """All lanes of a first read have ended: one cursor takes the place of theirs."""
        with self._engine.begin() as connection:
            now = fence(connection, self._lease)
            joint = connection.execute(
                sa.select(_lane.c.cursor).where(self._of(stream), _lane.c.lane == JOINT_LANE)
            ).scalar_one()
            connection.execute(sa.delete(_lane).where(self._of(stream)))
            self.move(connection, stream, "", joint, now)

    def expect(self, stream: str, ids: Sequence[str]) -> None:
        """The tool has items that no pull has brought yet; the latest such word counts."""
        with self._engine.begin() as connection:
            now = fence(connection, self._lease)
            cursor = {"ids": orjson.dumps(list(ids[:UNREAD_KEPT])).decode()}
            self.move(connection, stream, UNREAD_LANE, cursor, now)

    def missed(self, stream: str) -> int:
        """How many of the expected items a pull that has ended did not bring either; if any, the
        stream is read from its beginning next time."""
        unread = sa.and_(self._of(stream), _lane.c.lane == UNREAD_LANE)
        with reading(self._engine) as connection:
            if connection.execute(sa.select(_lane.c.lane).where(unread)).first() is None:
                return 0
        with self._engine.begin() as connection:
            fence(connection, self._lease)
            held = connection.execute(
                sa.select(_lane.c.cursor, _lane.c.moved_at).where(unread)
            ).one()
            ids = orjson.loads(held.cursor["ids"])
            gone_at = _raw.c.gone_at  # what came and went since was read
            found = 0
            for start in range(0, len(ids), CHUNK):
                found += connection.execute(
                    sa.select(sa.func.count())
                    .select_from(_raw)
                    .where(_raw.c.connection_id == self._lease.connection_id)
                    .where(_raw.c.stream == stream)
                    .where(_raw.c.item_id.in_(ids[start : start + CHUNK]))
                    .where(sa.or_(gone_at.is_(None), gone_at >= held.moved_at))
                ).scalar_one()
            connection.execute(
                sa.delete(_lane).where(self._of(stream) if found < len(ids) else unread)
            )
        return len(ids) - found

    def _forget(self, stream: str, lanes: Sequence[str]) -> None:
        with self._engine.begin() as connection:
            fence(connection, self._lease)
            named = _lane.c.lane.in_(list(lanes))
            connection.execute(sa.delete(_lane).where(self._of(stream), named))

    def _keep_joint(self, stream: str, joint: Cursor) -> None:
        """Remember where the joint cursor stood when the first read began: what changes in a
        lane that has ended, before the last one does, comes after that."""
        with self._engine.begin() as connection:
            now = fence(connection, self._lease)
            held = connection.execute(
                sa.select(_lane.c.lane).where(self._of(stream), _lane.c.lane == JOINT_LANE)
            ).one_or_none()
            if held is None:
                self.move(connection, stream, JOINT_LANE, joint, now)

    def _of(self, stream: str) -> sa.ColumnElement[bool]:
        return sa.and_(_lane.c.connection_id == self._lease.connection_id, _lane.c.stream == stream)
