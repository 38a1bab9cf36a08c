"""What Prometheus is told: counters of this process, and gauges read from the store when asked."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sync_engine import clock
from sync_engine.store.digest_models import Outgoing
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import Connection
from sync_engine.store.runs import RunReport

_connection = Connection.__table__  # type: ignore[attr-defined]
_flag = FlagRow.__table__  # type: ignore[attr-defined]
_outbox = Outgoing.__table__  # type: ignore[attr-defined]


class Metrics:
    """The metrics of one process."""

    def __init__(self, engine: sa.Engine) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_StoreGauges(engine))
        self._runs = Counter(
            "flagstaff_runs", "Runs by outcome.", ("connection", "kind", "outcome"),
            registry=self.registry,
        )  # fmt: skip
        self._requests = Counter(
            "flagstaff_tool_requests", "HTTP requests to a tool.", ("connection",),
            registry=self.registry,
        )  # fmt: skip
        self._records = Counter(
            "flagstaff_records", "Records by what came of them.", ("connection", "what"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "flagstaff_run_seconds", "Duration of a run.", ("connection", "kind"),
            buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600), registry=self.registry,
        )  # fmt: skip

    def count(self, report: RunReport) -> None:
        """Count one run in."""
        name = report.connection
        self._runs.labels(name, report.kind, report.outcome).inc()
        self._requests.labels(name).inc(report.requests)
        self._seconds.labels(name, report.kind).observe(report.seconds)
        for what in ("written", "unchanged", "retired", "parked"):
            self._records.labels(name, what).inc(getattr(report.tally, what))


class _StoreGauges(Collector):
    """What the store says at the moment of the scrape."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing in advance: the store may not be reachable yet."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ages of connections, open flags, waiting digests."""
        age = GaugeMetricFamily(
            "flagstaff_connection_age_seconds", "Since the last complete pull began.",
            labels=("connection", "state"),
        )  # fmt: skip
        flags = GaugeMetricFamily("flagstaff_open_flags", "Open flags.", labels=("severity",))
        waiting = GaugeMetricFamily("flagstaff_outbox", "Digests by state.", labels=("state",))
        now = clock.now()
        with reading(self._engine) as connection:
            for row in connection.execute(
                sa.select(_connection).where(_connection.c.removed_at.is_(None))
            ):
                seconds = (
                    (now - row.complete_at).total_seconds() if row.complete_at else float("nan")
                )
                age.add_metric((row.name, row.state), seconds)
            for severity, count in connection.execute(
                sa.select(_flag.c.severity, sa.func.count())
                .where(_flag.c.state.in_(("open", "acknowledged")))
                .group_by(_flag.c.severity)
            ):
                flags.add_metric((severity,), count)
            for state, count in connection.execute(
                sa.select(_outbox.c.state, sa.func.count()).group_by(_outbox.c.state)
            ):
                waiting.add_metric((state,), count)
        yield from (age, flags, waiting)
