"""What a digest is made of, read from the store. Everything else of the digest is pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.digest.health import health
from sync_engine.digest.model import (
    Change,
    DigestInput,
    FlagLine,
    Occasion,
    Severity,
    Share,
    Trend,
    TrendPoint,
    Unreadable,
)
from sync_engine.flags.apply import tool_title
from sync_engine.flags.past import STATES
from sync_engine.rules.language import LanguageError
from sync_engine.rules.limits import TooSlow, limited
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import AssessmentRow, FlagEvent, FlagRow, Waiver
from sync_engine.store.models import Identity, PersonRow, ProjectRow

WEEKS = 12
_NEVER = datetime.max.replace(tzinfo=UTC)
SECONDS = 60.0
URGENT = ("critical", "high")
SOLVED_BY = {"fixed": "fixed", "gone": "gone from its tool", "out_of_scope": "no longer concerned"}
"""Resolutions that are told as solved: a standard that was switched off solves nothing."""
NOT_CHECKED = {
    "stale": "its connection is out of date",
    "unread": "its connection is not in force, so nothing reads it",
    "not_assessable": "its tool no longer says",
    "access_lost": "its tool no longer shows it to us",
    "slow": "its standard takes too long",
    "suspect": "its standard is in doubt",
}

WAIVER_ENDS: tuple[Change, ...] = ("waiver_expired", "waiver_ended")
NEWS: tuple[Change, ...] = (*get_args(Change),)
"""Who writes one of these holds `Lock.FLAGS`, so that their numbers follow their commits: by them,
not by instants, it is known what a digest told. An assessment's instant is that of its start."""

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_event = FlagEvent.__table__  # type: ignore[attr-defined]
_waiver = Waiver.__table__  # type: ignore[attr-defined]
_assessment = AssessmentRow.__table__  # type: ignore[attr-defined]
_identity = Identity.__table__  # type: ignore[attr-defined]
_project = ProjectRow.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]

PROJECT_OWNER: sa.ColumnElement[Any] = (
    sa.select(_person.c.identity_id)
    .where(
        _project.c.connection_id == _flag.c.connection_id,
        _project.c.id == _flag.c.project_id,
        _person.c.connection_id == _project.c.connection_id,
        _person.c.id == _project.c.owner_id,
    )
    .correlate(_flag)
    .scalar_subquery()
)
"""The human who owns a flag's project in its tool; NULL: nobody whom we know."""

Filter = Callable[[str], sa.ColumnElement[bool]]
"""Makes a condition on the table of flags from an expression of the standards' language."""
Shares = Sequence[tuple[Share, sa.ColumnElement[bool]]]
"""What a recipient is told, each with its flags of any severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Reads digests from a store; call it with an occasion.

    Args:
        where: what a subscription's scope means.
        intervals: how often each connection is pulled; says which are stale. None: not known.
        tool_names: what people call a tool, where it is not just its name ("jira" → "Jira Cloud").
        standard_titles: by id; else known only of standards that ever flagged anything.
    """

    where: Filter
    intervals: Mapping[str, timedelta] | None = None
    tool_names: Mapping[str, str] = field(default_factory=dict)
    standard_titles: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, engine: sa.Engine, occasion: Occasion) -> DigestInput:
        """All that the occasion's digest says, as of one consistent state of the store.

        Raises:
            Unreadable: the subscription's scope is wrong, or takes longer than `SECONDS`.
        """
        subscription = occasion.subscription
        where = f'The scope of the digest "{subscription.name}"'
        try:
            shares = [(share, self._of(share)) for share in shares_of(occasion)]
            with reading(engine) as connection, limited(connection, SECONDS):
                return self._read(connection, occasion, shares)
        except LanguageError as error:
            raise Unreadable(f"{where} is not understood: {error}") from error
        except TooSlow as error:
            raise Unreadable(f"{where} takes too long ({error}). Make it simpler.") from error

    def _of(self, share: Share) -> sa.ColumnElement[bool]:
        """The flags of a share, whatever their severity."""
        wanted = [self.where(share.scope) if share.scope else sa.true()]
        if share.people is not None:
            owner = PROJECT_OWNER if share.of_projects else _flag.c.identity_id
            whose = owner.in_(sorted(share.people))
            wanted.append(sa.or_(whose, owner.is_(None)) if share.unowned else whose)
        if share.flags is not None:
            wanted.append(_flag.c.id.in_(sorted(share.flags)))
        return sa.and_(*wanted)

    def _read(self, connection: sa.Connection, occasion: Occasion, shares: Shares) -> DigestInput:
        subscription = occasion.subscription
        found = health(
            connection,
            occasion.now,
            self.intervals,
            whole=any(share.whole for share, _ in shares),
            titles=self.standard_titles,
        )
        return DigestInput(
            subscription=subscription,
            recipient=occasion.recipient,
            recipient_name=_name(connection, occasion.recipient),
            period_label=occasion.period.label,
            late=occasion.period.late(occasion.now),
            now=occasion.now,
            since=occasion.since,
            until=_until(connection),
            flags=_flags(connection, occasion, shares, self.tool_names),
            trend=_trend(connection, occasion, shares),
            health=found.lines,
            connections=found.connections,
            read_at=found.read_at,
            met=found.met,
            flagged=found.flagged,
            not_assessed=found.not_assessed,
            console=occasion.console,
            unsubscribe=occasion.unsubscribe,
            notes=occasion.notes,
        )


def shares_of(occasion: Occasion) -> tuple[Share, ...]:
    """What the recipient is told; where nothing else is said, all that it is about."""
    if occasion.shares:
        return occasion.shares
    return tuple(
        Share(scope=part.scope, severities=part.severities) for part in occasion.subscription.parts
    )


def _graded(share: Share, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A share's flags of the severities that are told."""
    if not share.severities:
        return condition
    return sa.and_(condition, _flag.c.severity.in_(sorted(share.severities)))


def _flags(
    connection: sa.Connection,
    occasion: Occasion,
    shares: Shares,
    tool_names: Mapping[str, str],
) -> tuple[FlagLine, ...]:
    scope = sa.or_(*(_graded(*each) for each in shares))
    news = _news(connection, scope, occasion)
    solved = sa.and_(
        _flag.c.id.in_(sa.select(_event.c.flag_id).where(_untold(occasion, ["resolved"]))),
        _flag.c.resolution.in_(list(SOLVED_BY)),
    )
    wanted = sa.select(_flag).where(scope, sa.or_(_flag.c.state != "resolved", solved))
    rows = connection.execute(wanted.order_by(_flag.c.id)).mappings().all()
    waivers = _waivers(connection, scope)
    climbed = {each.flag_id: each for each in occasion.escalated}
    return tuple(
        replace(
            _line(row, waivers.get(row["id"]), news.get(row["id"], ()), tool_names),
            escalated=climbed.get(row["id"]),
        )
        for row in rows
    )


def _line(
    row: sa.RowMapping,
    waiver: sa.RowMapping | None,
    news: Sequence[tuple[Change, datetime]],
    tool_names: Mapping[str, str],
) -> FlagLine:
    return FlagLine(
        id=row["fingerprint"],
        rule=row["standard"],
        rule_title=row["standard_title"],
        subject=row["subject"],
        severity=cast("Severity", row["severity"]),
        state=row["state"],
        title=row["title"],
        sentence=row["said"],
        opened_at=row["opened_at"],
        news=tuple(change for change, _ in news),
        key=row["key"],
        url=row["url"],
        project=row["project"],
        owner=row["owner"],
        tool=tool_names.get(row["tool"], tool_title(row["tool"])) if row["tool"] else None,
        remedy=row["remedy"] or None,
        worsened_at=row["worsened_at"],
        reopened_at=row["reopened_at"],
        resolved_at=row["resolved_at"],
        solved_by=SOLVED_BY.get(row["resolution"] or ""),
        frozen_at=row["frozen_at"],
        frozen_why=NOT_CHECKED.get(row["frozen_why"] or ""),
        waived_until=row["waived_until"],
        waiver_ended_at=max((at for change, at in news if change in WAIVER_ENDS), default=None),
        waived_by=waiver["approver"] if waiver else None,
        waiver_reason=waiver["reason"] if waiver else None,
    )


def _name(connection: sa.Connection, address: str) -> str | None:
    found = connection.execute(
        sa.select(_identity.c.name).where(sa.func.lower(_identity.c.email) == address.lower())
    ).first()
    return found.name if found else None


def _waivers(connection: sa.Connection, scope: sa.ColumnElement[bool]) -> dict[int, sa.RowMapping]:
    """By flag: its latest waiver."""
    rows = connection.execute(
        sa.select(_waiver)
        .join(_flag, _flag.c.id == _waiver.c.flag_id)
        .where(scope)
        .order_by(_waiver.c.id)
    ).mappings()
    return {row["flag_id"]: row for row in rows}


def _untold(occasion: Occasion, changes: Sequence[Change]) -> sa.ColumnElement[bool]:
    """Events of which the recipient was not told."""
    since = _event.c.at > occasion.since if occasion.after is None else _event.c.id > occasion.after
    return sa.and_(_event.c.event.in_(changes), since)


def _until(connection: sa.Connection) -> int:
    """The number of the last event that this state of the store knows of."""
    last = sa.select(sa.func.max(_event.c.id)).where(_event.c.event.in_(NEWS))
    return connection.execute(last).scalar_one() or 0


def _news(
    connection: sa.Connection, scope: sa.ColumnElement[bool], occasion: Occasion
) -> dict[int, list[tuple[Change, datetime]]]:
    """By flag: what the recipient was not told of, in order."""
    rows = connection.execute(
        sa.select(_event.c.flag_id, _event.c.event, _event.c.at)
        .join(_flag, _flag.c.id == _event.c.flag_id)
        .where(scope, _untold(occasion, NEWS))
        .order_by(_event.c.id)
    )
    found: dict[int, list[tuple[Change, datetime]]] = defaultdict(list)
    for row in rows:
        found[row.flag_id].append((row.event, row.at))
    return found


def _trend(connection: sa.Connection, occasion: Occasion, shares: Shares) -> Trend:
    """How many flags stood open at the end of each of the last weeks, and now."""
    zone = ZoneInfo(occasion.subscription.zone)
    today = occasion.now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    # The last point is all that the store knows, as what the digest lists is.
    ends = [*(_start(week + timedelta(weeks=1), zone) for week in weeks[:-1]), _NEVER]
    began = connection.execute(sa.select(sa.func.min(_assessment.c.at))).scalar_one()
    told = sa.or_(
        *(
            sa.and_(condition, _event.c.severity.in_(sorted(share.severities)))
            if share.severities
            else condition
            for share, condition in shares
        )
    )
    events = connection.execute(
        sa.select(
            _event.c.flag_id, _event.c.at, _event.c.event, _event.c.severity, told.label("told")
        )
        .join(_flag, _flag.c.id == _event.c.flag_id)
        .where(sa.or_(*(condition for _, condition in shares)))
        .order_by(_event.c.at, _event.c.id)
    ).all()
    standing: dict[int, str | None] = {}  # flag → severity; None: one that is not told
    points: list[TrendPoint] = []
    at = 0
    for week, end in zip(weeks, ends, strict=True):
        while at < len(events) and events[at].at <= end:
            _replay(standing, events[at])
            at += 1
        counted = [severity for severity in standing.values() if severity]
        known = began is not None and began <= end
        points.append(
            TrendPoint(
                week,
                len(counted) if known else None,
                sum(s in URGENT for s in counted) if known else None,
            )
        )
    return Trend(tuple(points))


def _replay(standing: dict[int, str | None], event: Any) -> None:
    state = STATES.get(event.event)
    if state in ("resolved", "waived"):
        standing.pop(event.flag_id, None)
    elif state == "open" or event.flag_id in standing:
        standing[event.flag_id] = event.severity if event.told else None


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
