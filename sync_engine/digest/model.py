"""The words of a digest: who gets it, what goes in, what comes out. Values only."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sync_engine.digest.periods import Period

Severity = Literal["critical", "high", "medium", "low", "info"]
SectionId = Literal["escalated", "new", "worse", "open", "solved", "waivers"]
Role = Literal["owners", "leads", "managers", "project_owners"]
Rung = Literal["lead", "manager", "pmo"]
Change = Literal["opened", "reopened", "worsened", "resolved", "waiver_expired", "waiver_ended"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Ladder:
    """How an unsolved flag climbs: one rung whenever so much time has passed at the one before.

    Attributes:
        unit: in what `after` is counted; a period is one digest of the subscription.
        to: the rungs above the owner, in order. `pmo` is the subscription's fallback.
    """

    after: int
    unit: Literal["days", "working days", "weeks", "periods"]
    to: tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told what, and when. Comes from the settings.

    Attributes:
        name: stable identity; renaming one starts a new subscription.
        to: e-mail addresses of the recipients, each of whom gets a message of their own.
        roles: who gets one besides: each person whose own, whose team's, whose managed people's
            flags there are, and of the flags these.
        fallback: the address that gets what nobody else would; there with roles or a ladder.
        also: what else is told under this name; whoever gets several of them gets one message.
        boards: channels that many read (Slack, a webhook): each gets one message about all of it.
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
    boards: tuple[str, ...] = ()
    scope: str | None = None
    severities: frozenset[Severity] = frozenset()
    channels: tuple[str, ...] = ("email",)
    only_changes: bool = False
    cap: int = 10
    quiet: Container[date] = field(default=frozenset(), hash=False, compare=False)
    roles: tuple[Role, ...] = ()
    fallback: str | None = None
    escalate: Ladder | None = None
    also: tuple[Subscription, ...] = ()

    @property
    def parts(self) -> tuple[Subscription, ...]:
        """All that is told under this name."""
        return (self, *self.also)

    @property
    def by_people(self) -> bool:
        """Whether it takes the store, or several parts, to say who is told what."""
        return bool(self.also or self.roles or self.escalate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of all flags one recipient is told.

    Attributes:
        scope, severities: as in `Subscription`.
        people: ids of the identities whose flags these are; None: whosoever's.
        unowned: those of nobody we know, too.
        of_projects: a flag is theirs whose project they own, whoever owns its item.
        flags: ids of these flags only; None: not limited so.
    """

    scope: str | None = None
    severities: frozenset[Severity] = frozenset()
    people: frozenset[int] | None = None
    unowned: bool = False
    of_projects: bool = False
    flags: frozenset[int] | None = None

    @property
    def whole(self) -> bool:
        """Whether it leaves nothing out but severities."""
        return not self.scope and self.people is None and self.flags is None


@dataclass(frozen=True, slots=True)
class Escalated:
    """A flag that climbed to a recipient.

    Attributes:
        at: since when they have it.
        had: names of who had it before, the owner first.
        told: whether a digest told them so already.
    """

    flag_id: int
    at: datetime
    had: tuple[str, ...]
    told: bool = False


class Unreadable(Exception):
    """The flags of a subscription cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom, for which period, and since when a digest is made.

    Attributes:
        since: when they were told last.
        after: number of the last event in the flags' lives that was read for that: those after it
            are news. None: those later than `since` are.
        console: address of the web console; None when there is none.
        shares: what of the flags the recipient is told; empty: all that the subscription is about.
        escalated: the unsolved flags that climbed to the recipient.
        notes: what the recipient must know about why they get this.
        personal: they get it for their part in the work, so nothing is sent when there is none.
    """

    subscription: Subscription
    recipient: str
    period: Period
    now: datetime
    since: datetime
    after: int | None = None
    unsubscribe: str | None = None
    console: str | None = None
    shares: tuple[Share, ...] = ()
    escalated: tuple[Escalated, ...] = ()
    notes: tuple[str, ...] = ()
    personal: bool = False


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
        news: what the reader was not told of yet, in the order in which it happened.
        frozen_at: since when nobody could check it again; `frozen_why` says why, in words.
        waived_until: the last day on which the present or last waiver holds.
        escalated: that it climbed to the recipient, and from whom.
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
    news: tuple[Change, ...] = ()
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
    escalated: Escalated | None = None


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


Acts = Callable[[FlagLine], tuple[tuple[str, str], ...]]
"""What the reader can do about a flag by a link: label and address. Pure."""


def no_acts(flag: FlagLine) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """There is nothing to be done by a link."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInput:
    """All that a digest is made of. The same input makes the same digest.

    Attributes:
        since: instant of the last digest, for words; what is new the flags themselves say.
        until: number of the last event in the flags' lives that it knows of.
        recipient_name: as the recipient's people call them; None when unknown.
        connections: how many connections were looked at.
        read_at: when the oldest of their last complete reads began; None when there is none.
        acts: makes the links by which the reader acts on a flag.
    """

    subscription: Subscription
    recipient: str
    period_label: str
    now: datetime
    since: datetime
    until: int = 0
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
    notes: tuple[str, ...] = ()
    acts: Acts = no_acts

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
    flag_url: str | None = None  # the flag's own page
    acts: tuple[tuple[str, str], ...] = ()  # what can be done about it by a link
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
    notes: tuple[str, ...]  # and what they must know about that
    console: str | None
    unsubscribe: str | None
    changed: bool  # something is new, worse, solved or about to expire
