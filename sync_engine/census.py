"""Census: reading every id of every scope, to learn what is gone and what we never saw.

Retires only what a complete list does not name, no other scope lists, a read of the id itself
denies, and the guard lets pass. What the guard holds waits for an admin's word on that very run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from connectors.sdk.contract import Can, Scope
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Throttled
from sync_engine.confirming import confirm_and_retire
from sync_engine.reconcile import ScopeCensus, compare, why_hold
from sync_engine.source import Source, telling
from sync_engine.store import holds, retire, runs, scopes
from sync_engine.store.cursors import Cursors
from sync_engine.store.engine import database_now, reading
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import Connection, RawItem, Run
from sync_engine.store.runs import RunReport

_raw = RawItem.__table__  # type: ignore[attr-defined]
_run = Run.__table__  # type: ignore[attr-defined]
_connection = Connection.__table__  # type: ignore[attr-defined]


def census(
    engine: sa.Engine,
    source: Source,
    lease: Lease,
    *,
    progress: Callable[[str, int], None] | None = None,
) -> RunReport:
    """Take the census of a connection and retire what is proven gone.

    Holds that an admin has accepted since are confirmed and applied first.

    Raises:
        LeaseLostError: another worker has taken over.
    """
    run = _Census(engine, source, lease, progress)
    try:
        run.work()
    except Throttled as error:
        run.abandon("rate_limited", error)
        run.report.next_at = error.until
    except NotVisible as error:
        run.abandon("partial", error)
    except Refused as error:
        run.abandon("needs_reauth", error)
    except ConnectorError as error:
        run.abandon("failed", error)
    report = run.finish()
    changes: dict[str, Any] = {}
    if report.outcome in ("complete", "held"):
        changes["census_at"] = report.started_at
    return runs.end(engine, lease, report, changes)


class _Census:
    def __init__(
        self,
        engine: sa.Engine,
        source: Source,
        lease: Lease,
        progress: Callable[[str, int], None] | None,
    ) -> None:
        self.engine = engine
        self.source = source
        self.lease = lease
        self.progress = progress
        self.report = runs.start(engine, lease, source.name, "census", full=True)
        self._requests, self._retries = source.meter.requests, source.meter.retries

    def abandon(self, outcome: str, error: ConnectorError) -> None:
        """The census ends early; nothing that it had not proven is retired."""
        self.report.outcome = outcome
        self.report.message, self.report.remedy = error.message, error.advice

    def finish(self) -> RunReport:
        """The report with what it cost."""
        self.report.requests = self.source.meter.requests - self._requests
        self.report.retries = self.source.meter.retries - self._retries
        return self.report

    def work(self) -> None:
        """The roster first, then each stream that can be listed."""
        connector = self.source.connector
        with telling(connector, "check"):
            connector.check()
        with telling(connector, "the roster"):
            roster = list(connector.scopes())
        with self.engine.begin() as connection:
            fence(connection, self.lease)
            lost = scopes.see(connection, self.lease.connection_id, roster)
        for stream, can in connector.streams.items():
            if can & Can.CENSUS:
                self._stream(stream, roster)
        left_out = [scope for scope in lost if self._lost(scope)]
        self._leave_out(left_out, roster)
        if self.report.outcome == "complete" and self.report.problems:
            self.report.message = "; ".join(self.report.problems[:3])

    def _stream(self, stream: str, roster: Sequence[Scope]) -> None:
        self._apply_accepted(stream, roster)
        listed = self._lists(stream, roster)
        known = self._known(stream)
        findings = compare(
            [ScopeCensus(scope, known.get(scope, set()), ids) for scope, ids in listed.items()],
            self.source.guard,
            beside=(id for scope in known.keys() - listed.keys() for id in known[scope]),
        )
        self._keep_counts(stream, listed, known)
        self._follow_moves(stream, findings.moved)
        with self.engine.begin() as connection:
            fence(connection, self.lease)
            passed = [scope for scope in listed if scope not in findings.held]
            holds.release(connection, self.lease.connection_id, stream, passed)
        if findings.unknown:
            # New in the tool since the last pull, or passed over: the next one tells.
            unknown = {id for ids in findings.unknown.values() for id in ids}
            Cursors(self.engine, self.lease, self.report.run_id).expect(stream, sorted(unknown))
        retired = 0
        for scope, ids in findings.missing.items():
            if scope in findings.held:
                self._hold(stream, scope, findings.held[scope], ids, len(known[scope]))
            else:
                retired += self._retire(stream, ids, visible=True)
        self.report.tally.retired += retired
        self.report.streams[stream] = {
            "outcome": self.report.outcome,
            "listed": sum(len(ids) for ids in listed.values()),
            "known": sum(len(ids) for ids in known.values()),
            "missing": sum(len(ids) for ids in findings.missing.values()),
            "unknown": sum(len(ids) for ids in findings.unknown.values()),
            "moved": len(findings.moved),
            "retired": retired,
        }

    def _lists(self, stream: str, roster: Sequence[Scope]) -> dict[str, set[str]]:
        """Complete lists only: a scope that fails is left out, and nothing is concluded of it."""
        listed: dict[str, set[str]] = {}
        for scope in roster:
            ids: set[str] = set()
            try:
                for batch in self._batches(stream, scope.id):
                    ids.update(batch)
                    self._renew()
                    if self.progress is not None:
                        self.progress(scope.name, len(ids))
            except NotVisible as error:
                if scope.state != "active":  # not listed because it is put away, not lost
                    continue
                self.report.problems.append(f"{stream}, {scope.name}: {error.message}")
                with self.engine.begin() as connection:
                    fence(connection, self.lease)
                    scopes.lose(connection, self.lease.connection_id, scope.id)
                continue
            listed[scope.id] = ids
            self.report.tally.items += len(ids)
        return listed

    def _batches(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        with telling(self.source.connector, f"the census of {stream}"):
            yield from self.source.connector.census(stream, scope)

    def _known(self, stream: str) -> dict[str, set[str]]:
        with reading(self.engine) as connection:
            rows = connection.execute(
                sa.select(_raw.c.scope, _raw.c.item_id)
                .where(_raw.c.connection_id == self.lease.connection_id)
                .where(_raw.c.stream == stream, _raw.c.gone_at.is_(None))
                .where(_raw.c.scope.is_not(None))
            )
            known: dict[str, set[str]] = {}
            for scope, id in rows:
                known.setdefault(scope, set()).add(id)
        return known

    def _keep_counts(
        self, stream: str, listed: Mapping[str, set[str]], known: Mapping[str, set[str]]
    ) -> None:
        """Completeness: our count beside the tool's, the list's own length where it has none.

        What a scope lists counts in it, wherever we have it: a task may lie in several projects.
        """
        ours = set().union(*known.values())
        anywhere = set().union(*listed.values())
        counts: dict[str, dict[str, dict[str, int | None]]] = {}
        for scope, ids in listed.items():
            with telling(self.source.connector, f"the count of {stream}"):
                told = self.source.connector.count(stream, scope)
            held = len(ours & ids) + len(known.get(scope, set()) - anywhere)
            counts[scope] = {stream: {"store": held, "tool": len(ids) if told is None else told}}
        with self.engine.begin() as connection:
            fence(connection, self.lease)
            scopes.keep_counts(connection, self.lease.connection_id, counts)

    def _follow_moves(self, stream: str, moved: Mapping[str, str]) -> None:
        with self.engine.begin() as connection:
            fence(connection, self.lease)
            for id, scope in moved.items():
                connection.execute(
                    sa.update(_raw)
                    .where(_raw.c.connection_id == self.lease.connection_id)
                    .where(_raw.c.stream == stream, _raw.c.item_id == id)
                    .values(scope=scope)
                )

    def _hold(self, stream: str, scope: str, reason: str, ids: Sequence[str], known: int) -> None:
        self.report.outcome = "held"
        self.report.problems.append(f"{stream}, {scope}: {reason}; nothing was retired")
        self.report.remedy = (
            "Look whether the items are really gone. If they are: "
            f"flagstaff census {self.source.name} --accept {self.report.run_id}"
        )
        with self.engine.begin() as connection:
            fence(connection, self.lease)
            holds.hold(
                connection, self.lease.connection_id, self.report.run_id,
                stream=stream, scope=scope, reason=reason, ids=ids, known=known,
            )  # fmt: skip

    def _lost(self, scope: str) -> bool:
        """A container that the roster no longer names: deleted, hidden, or left out (True)."""
        with telling(self.source.connector, "confirming projects"):
            answer = self.source.connector.confirm("projects", [scope]).get(scope, "unknown")
        if answer not in (None, "deleted"):
            self.report.problems.append(f"{scope} is not visible any more; its items stay as read")
        elif answer == "deleted":
            for stream, ids in self._of_scopes([scope]).items():
                reason = f"its container was deleted in the tool, with {len(ids)} items"
                self._hold(stream, scope, reason, ids, len(ids))
        return answer is None

    def _of_scopes(self, scopes: Sequence[str]) -> dict[str, list[str]]:
        """By stream: the items of some containers, where there are any."""
        found: dict[str, list[str]] = {}
        for stream, can in self.source.connector.streams.items():
            if scopes and can & Can.CENSUS and stream != "projects":
                known = self._known(stream)
                ids = sorted({id for scope in scopes for id in known.get(scope, ())})
                found |= {stream: ids} if ids else {}
        return found

    def _leave_out(self, scopes: Sequence[str], roster: Sequence[Scope]) -> None:
        """Containers that still answer by themselves: left out of the configuration on purpose,
        or by a tool that lists less than there is. After a changed configuration, or when an admin
        wanted it, all was read anew since the last census; without that the guard decides."""
        meant = bool(roster) and self._read_anew()
        for stream, ids in self._of_scopes(scopes).items():
            known = len(set().union(*self._known(stream).values()))
            rest = known - len(ids) if roster else 0
            doubt = None if meant else why_hold(len(ids), known, rest, self.source.guard)
            if doubt:
                self.report.problems.append(
                    f"{stream}: {', '.join(scopes[:3])}{' …' if len(scopes) > 3 else ''} still "
                    f"answer but are not listed any more ({doubt}); their items stay as read"
                )
                self.report.remedy = (
                    "If they are left out on purpose: "
                    f"flagstaff sync {self.source.name} --full, then "
                    f"flagstaff census {self.source.name}"
                )
                continue
            with self.engine.begin() as connection:
                fence(connection, self.lease)
                self.report.tally.retired += retire.items(
                    connection, self.lease.connection_id, stream, ids, "moved",
                    at=database_now(connection), run_id=self.report.run_id,
                )  # fmt: skip

    def _read_anew(self) -> bool:
        """Whether everything was read from its beginning since the last census."""
        with reading(self.engine) as connection:
            last = sa.select(_connection.c.census_at).where(
                _connection.c.id == self.lease.connection_id
            )
            anew = sa.select(sa.literal(1)).where(
                _run.c.connection_id == self.lease.connection_id,
                _run.c.kind == "pull",
                _run.c.full.is_(True),
                _run.c.started_at >= last.scalar_subquery(),
            )
            return connection.execute(anew.limit(1)).first() is not None

    def _apply_accepted(self, stream: str, roster: Sequence[Scope]) -> None:
        visible = {scope.id for scope in roster}
        for accepted in holds.accepted(self.engine, self.lease.connection_id, stream):
            self.report.tally.retired += self._retire(
                stream, accepted.ids, visible=accepted.scope in visible
            )
            with self.engine.begin() as connection:
                fence(connection, self.lease)
                holds.settle(connection, accepted.id)

    def _retire(self, stream: str, ids: Sequence[str], *, visible: bool) -> int:
        return confirm_and_retire(
            self.engine, self.source.connector, self.lease, self.report.run_id, stream, ids,
            visible=visible,
        )  # fmt: skip

    def _renew(self) -> None:
        with self.engine.begin() as connection:
            fence(connection, self.lease)
