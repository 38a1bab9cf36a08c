"""`/api/v1/flags`: what breaks a standard, why, and what people say about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from sync_engine import commands
from sync_engine.flags.named import LARGEST
from sync_engine.rules import filters, limits
from sync_engine.views import flags
from sync_engine.views.flag import Whole, whole
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Body, Limit, Page, Resources
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import ACTING, ALL, Needs
from sync_engine.web.console.refusals import missing

State = Literal["open", "acknowledged", "waived", "resolved"]
Severity = Literal["info", "low", "medium", "high", "critical"]
READ, CHANGE = Needs(ALL, "visible"), Needs(ACTING, "visible", changes=True)
Id = Annotated[int, Path(ge=1, le=LARGEST, description="The flag's number.")]
LONGEST = 2000


class Flag(BaseModel):
    """A standard broken by a subject."""

    id: int
    fingerprint: str = Field(description="Of standard and subject: the same in every export.")
    severity: Severity
    state: State
    standard: str = Field(description="Id of the standard.")
    standard_title: str
    subject: str = Field(description="What kind of thing is flagged.")
    key: str | None = Field(description="The item's key in its tool.")
    title: str
    said: str = Field(description="What is wrong, as a sentence.")
    remedy: str
    project: str | None
    portfolio: str | None
    owner: str | None = Field(description="None: nobody owns it, or nobody we know.")
    owner_email: str | None
    tool: str | None
    connection: str | None
    url: str | None = Field(description="The item in its own tool.")
    opened_at: datetime = Field(description="When it was raised, or came back.")
    worsened_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    waived_until: date | None
    acknowledged_by: str | None
    acknowledged_note: str | None
    read_at: datetime | None = Field(description="When the item was last read; None: not known.")
    assessed_at: datetime = Field(description="When an answer was last had.")
    frozen_at: datetime | None = Field(description="Since when no answer could be had.")
    frozen_why: str | None


COLUMNS = tuple(Flag.model_fields)


class Flags(Page):
    """A page of flags."""

    flags: list[Flag]


class Evidence(BaseModel):
    """A value that the answer rests on."""

    fact: str
    value: Any = Field(
        description="As it was kept; null: empty, or not known. Two numbers: it lies between them."
    )
    words: str = Field(description="As people read it.")
    meaning: str


class Event(BaseModel):
    """A step in a flag's life."""

    at: datetime
    event: str
    severity: str = Field(description="From then on.")
    actor: str | None = Field(description="Who did it; None: an assessment.")
    note: str | None


class Waiver(BaseModel):
    """What somebody accepted."""

    approver: str
    reason: str
    until: date = Field(description="The last day on which it holds.")
    made_at: datetime
    ended_at: datetime | None
    ended_why: str | None
    scope: str | None = Field(description="The waiver of a scope to which it belongs.")


class Standard(BaseModel):
    """The standard as it is in force now."""

    title: str
    scope: str | None = Field(description="Which subjects are assessed; None: all.")
    flag_when: str
    why: str
    source: str
    version: str


class WholeFlag(BaseModel):
    """All that there is to say about a flag."""

    flag: Flag
    seen: int = Field(description="Give it back with a change: it is refused if more has happened.")
    evidence: list[Evidence]
    history: list[Event] = Field(description="The oldest first.")
    waivers: list[Waiver] = Field(description="The latest first.")
    standard: Standard | None = Field(description="None: it is no longer in force.")
    outdated: bool = Field(description="The standard has changed since the last assessment.")


class Change(Body):
    """A change of one flag."""

    seen: int | None = Field(
        None, ge=0, le=LARGEST,
        description="As the flag was read with; without it, the change is made in any case.",
    )  # fmt: skip


class Acknowledge(Change):
    """Somebody has seen it and takes care."""

    note: str | None = Field(None, max_length=LONGEST, pattern=TEXT, description="What is done.")


class Waive(Change):
    """Somebody accepts it until a day."""

    until: date = Field(description="The last day: from today on, a year at most.")
    reason: str = Field(min_length=1, max_length=LONGEST, pattern=TEXT)


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/flags", READ, answer=Flags, may=(400,))
    def list_flags(
        ask: Asked,
        where: Annotated[
            str,
            Query(max_length=4096, pattern=TEXT, description="A condition in the language of "
                  "standards; without one, every flag, also those that are resolved.",
                  examples=["state in (open, acknowledged) and severity = high"]),
        ] = "",
        sort: Annotated[flags.Sort, Query(description="`severity`: the most severe first.")]
        = "severity",
        limit: Limit = USUAL,
        after: After = None,
    ) -> Flags:  # fmt: skip
        """List flags."""
        wanted = flags.Wanted(where, sort, after)
        with ask.reading() as connection, understood():
            visible = ask.visible(connection)
            with limits.limited(connection, filters.SECONDS):
                page = flags.page(connection, visible, ask.moment, wanted, limit, COLUMNS)
        return Flags(flags=[Flag.model_validate(dict(row)) for row in page.rows], next=page.next)

    @resources.get("/flags/{id}", READ, answer=WholeFlag, may=(404,))
    def show_flag(ask: Asked, id: Id) -> WholeFlag:
        """Show a flag with its evidence, its history and its waivers."""
        return _answer(_found(ask, id))

    @resources.post("/flags/{id}/acknowledge", CHANGE, answer=WholeFlag, may=(404, 409))
    def acknowledge_flag(ask: Asked, id: Id, change: Acknowledge) -> WholeFlag:
        """Say that somebody has seen a flag and takes care of it."""
        return _changed(
            ask, id,
            lambda: commands.acknowledge(
                ask.engine, id, by=ask.actor, now=ask.now, note=change.note, seen=change.seen
            ),
        )  # fmt: skip

    @resources.post("/flags/{id}/waive", CHANGE, answer=WholeFlag, may=(404, 409))
    def waive_flag(ask: Asked, id: Id, change: Waive) -> WholeFlag:
        """Accept a flag until a day; a running waiver is replaced."""
        return _changed(
            ask, id,
            lambda: commands.waive(
                ask.engine, id, by=ask.actor, reason=change.reason, until=change.until,
                now=ask.now, today=ask.moment.today, seen=change.seen,
            ),
        )  # fmt: skip

    @resources.post("/flags/{id}/end-waiver", CHANGE, answer=WholeFlag, may=(404, 409))
    def end_waiver_of_flag(ask: Asked, id: Id, change: Change) -> WholeFlag:
        """End the running waiver of a flag: it is open again."""
        return _changed(
            ask, id,
            lambda: commands.end_waiver(
                ask.engine, id, by=ask.actor, now=ask.now, seen=change.seen
            ),
        )  # fmt: skip


def _found(ask: Ask, id: int) -> Whole:
    with ask.reading() as connection:
        found = whole(connection, ask.visible(connection), id, ask.console.standards(), ask.zone)
    if found is None:
        raise missing()
    return found


def _changed(ask: Ask, id: int, change: Callable[[], None]) -> WholeFlag:
    _found(ask, id)
    with understood():
        change()
    return _answer(_found(ask, id))


def _answer(found: Whole) -> WholeFlag:
    rule = found.standard
    return WholeFlag(
        flag=Flag.model_validate(dict(found.flag)),
        seen=found.seen,
        evidence=[
            Evidence(fact=e.fact, value=e.value, words=e.shown, meaning=e.meaning)
            for e in found.evidence
        ],
        history=[
            Event(at=s.at, event=s.event, severity=s.severity, actor=s.actor, note=s.note)
            for s in found.steps
        ],
        waivers=[
            Waiver(approver=w.approver, reason=w.reason, until=w.until, made_at=w.made_at,
                   ended_at=w.ended_at, ended_why=w.ended_why, scope=w.scope)
            for w in found.waivers
        ],
        standard=None if rule is None else Standard(
            title=rule.title, scope=rule.scope_text or None, flag_when=rule.flag_text,
            why=rule.why, source=rule.source, version=rule.version,
        ),
        outdated=found.outdated,
    )  # fmt: skip
