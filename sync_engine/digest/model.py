"""The words of a digest: who gets it, what goes in, what comes out. Values only."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sync_engine.digest.periods import Period

Severity = Literal["critical", "high", "medium", "low", "info"]
SectionId = Literal["new", "worse", "open", "solved", "waivers"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told what, and when. Comes from the settings.

    Attributes:
        name: stable identity; renaming one starts a new subscription.
        to: e-mail addresses of the recipients, each of whom gets a message of their own.
        title: what the digest is about, as people call it ("Core portfolio").
        scope: which flags, in the language of standards; None is all of them.
        severities: which severities are told; empty is all of them.
        when: see `periods.parse`.
        zone: IANA name of the time zone in which `when` and all dates are meant.
        quiet: days on which nothing is sent (holidays).
        only_changes: send nothing when nothing changed since the last digest.
        cap: how many entries a section shows before "and N more".
    """

    name: str
    to: tuple[str, ...]
    title: str
    when: str
    zone: str
    scope: str | None = None
    severities: frozenset[Severity] = frozenset()
    channels: tuple[str, ...] = ("email",)
    only_changes: bool = False
    cap: int = 10
    quiet: Container[date] = field(default=frozenset(), hash=False, compare=False)


class Unreadable(Exception):
    """The flags of a subscription cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom, for which period, and since when a digest is made.

    Attributes:
        since: what came later is new.
        console: address of the web console; None when there is none.
    """

    subscription: Subscription
    recipient: str
    period: Period
    now: datetime
    since: datetime
    unsubscribe: str | None = None
    console: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagLine:
    """A flag as a digest sees it: evidence as it was kept, times as instants.

    Attributes:
        rule: id of the standard; alike flags of one standard may be told as one.
        rule_title: what the standard is about ("Work in progress has no owner").
        subject: what is flagged: task, project, person, milestone, sprint…
        sentence: what is wrong, in plain words.
        remedy: what to do about it; None when the standard names none.
        owner: name of who owns the item; None when nobody is known to.
        tool: the tool's name as people know it ("Jira").
        frozen_at: since when nobody could check it again; `frozen_why` says why, in words.
        waived_until: the last day on which the present or last waiver holds.
        solved_by: why a resolved flag is no more, in words ("fixed", "item deleted").
    """

    id: str
    rule: str
    rule_title: str
    subject: str
    severity: Severity
    state: Literal["open", "acknowledged", "waived", "resolved"]
    title: str
    sentence: str
    opened_at: datetime
    key: str | None = None
    url: str | None = None
    project: str | None = None
    owner: str | None = None
    tool: str | None = None
    remedy: str | None = None
    worsened_at: datetime | None = None
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    solved_by: str | None = None
    frozen_at: datetime | None = None
    frozen_why: str | None = None
    waived_until: date | None = None
    waiver_ended_at: datetime | None = None
    waived_by: str | None = None
    waiver_reason: str | None = None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """How a week ended. None: nobody counted in that week."""

    week: date  # its Monday
    open: int | None
    urgent: int | None  # of these, critical or high


@dataclass(frozen=True, slots=True)
class Trend:
    """Open flags over weeks, oldest first; the last point is now."""

    points: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """Something that the reader must know about the data before trusting a silence.

    Attributes:
        subject: the connection or the standard that it is about.
        problem: one plain sentence without the subject's name.
        since: since when it has been so.
        stale: the flags of this connection are frozen, so the digest may be incomplete.
    """

    subject: str
    problem: str
    remedy: str | None = None
    since: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInput:
    """All that a digest is made of. The same input makes the same digest.

    Attributes:
        since: instant of the last digest: what came later is new.
        recipient_name: as the recipient's people call them; None when unknown.
        connections: how many connections were looked at.
        read_at: when the oldest of their last complete reads began; None when there is none.
    """

    subscription: Subscription
    recipient: str
    period_label: str
    now: datetime
    since: datetime
    late: bool = False
    recipient_name: str | None = None
    flags: tuple[FlagLine, ...] = ()
    trend: Trend = Trend()
    health: tuple[HealthLine, ...] = ()
    connections: int = 0
    read_at: datetime | None = None
    met: int | None = None
    flagged: int | None = None
    not_assessed: int | None = None
    console: str | None = None  # address of the web console
    unsubscribe: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the reader's days are counted."""
        return ZoneInfo(self.subscription.zone)

    @property
    def today(self) -> date:
        """The reader's day."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a section: a flag, or many alike told as one. All text is clean."""

    severity: Severity
    title: str
    sentence: str
    meta: tuple[str, ...]
    key: str | None = None
    url: str | None = None
    remedy: str | None = None
    count: int = 1
    examples: tuple[tuple[str, str | None], ...] = ()  # (what, link) of a few of the many
    beyond: int = 0  # of the many, how many are not among the examples


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind; `count` counts flags, `more` says what the cap left out."""

    id: SectionId
    title: str
    count: int
    entries: tuple[Entry, ...]
    more: str | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A week of the trend, ready to draw. Heights are parts of 100; None is no count."""

    label: str
    value: int | None
    height: int
    urgent_height: int
    last: bool


@dataclass(frozen=True, slots=True)
class TrendView:
    """The trend in words, as bars, and as one line of text."""

    sentence: str
    bars: tuple[Bar, ...]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one recipient is told for one period; ready to be rendered."""

    subject: str
    preheader: str
    title: str
    period: str
    greeting: str | None
    headline: str
    first: tuple[Entry, ...]
    figures: tuple[tuple[str, str], ...]  # (number, what it counts)
    trend: TrendView | None
    sections: tuple[Section, ...]
    health: tuple[tuple[str, str, str | None], ...]  # (subject, problem, remedy)
    health_summary: str
    reason: str  # why the reader gets this
    console: str | None
    unsubscribe: str | None
    changed: bool  # something is new, worse, solved or about to expire
