"""The sentences of a digest. Pure; every word from outside is cleaned here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync_engine.digest.model import (
    DigestInput,
    Entry,
    FlagLine,
    HealthLine,
    SectionId,
)
from sync_engine.digest.text import (
    SENTENCE_LIMIT,
    age,
    ago,
    clean,
    day_words,
    listed,
    plural,
)


def headline(
    given: DigestInput, title: str, standing: list[FlagLine], counts: Mapping[SectionId, int]
) -> str:
    """How things stand, in one sentence; says when the data do not allow to be sure.

    Args:
        counts: flags by section; of the waivers, those that ended.
    """
    since = day_words(given.since.astimezone(given.zone).date(), weekday=False)
    doubt = _doubt(given)
    if not standing:
        solved = f"; {counts['solved']:,} solved since {since}" if counts["solved"] else ""
        if doubt:
            return f"No open flag is known in {title}{solved}{doubt}."
        if given.health:  # something was not checked, or is held back
            return f"No flag is open in {title}{solved}."
        return f"All is well in {title}: no flag is open{solved}."
    urgent = sum(f.severity in ("critical", "high") for f in standing)
    be = "is" if len(standing) == 1 else "are"
    total = f"{plural(len(standing), 'flag')} {be} open"
    weight = f", {urgent:,} of them critical or high" if urgent else ""
    changes = [f"{counts[n]:,} {_CHANGES[n]}" for n in _CHANGES if counts[n]]
    if changes:
        return f"{total}{weight}: {listed(changes)} since {since}{doubt}."
    oldest = age(min(f.opened_at for f in standing), given.now, given.zone)
    lasting = f", the oldest for {oldest}" if oldest != "today" else ""
    return f"Nothing changed since {since}: {total}{weight}{lasting}{doubt}."


OWNABLE = ("task", "project", "milestone", "request")
"""What should have an owner; of others it is not said that they have none."""
_CHANGES: dict[SectionId, str] = {
    "escalated": "escalated to you", "new": "new", "worse": "worse", "solved": "solved",
    "waivers": "no longer accepted",
}  # fmt: skip


def _doubt(given: DigestInput) -> str:
    if not given.connections:
        return ", but nothing has been read"
    stale = [clean(line.subject, 60) for line in given.health if line.stale]
    if not stale:
        return ""
    named = stale if len(stale) <= 3 else [*stale[:2], f"{len(stale) - 2} others"]
    be = "is" if len(stale) == 1 else "are"
    return f", but {listed(named)} {be} out of date and may hide more"


def preheader(first: tuple[Entry, ...], standing: str) -> str:
    """What a mailbox shows beside the subject: the first thing to do."""
    if not first:
        return standing
    entry = first[0]
    what = " ".join(part for part in (entry.key, entry.title) if part)
    return f"First: {what}. {entry.remedy or entry.sentence}"


def period_name(given: DigestInput) -> str:
    """The period, short enough for a subject."""
    name = given.period_label.split(" · ")[0]
    return name.replace("Week", "week")


def period(given: DigestInput) -> str:
    """The period, and that it comes late where it does."""
    if not given.late:
        return given.period_label
    return f"{given.period_label} · sent late, on {day_words(given.today)}"


def sentence(flag: FlagLine, name: SectionId) -> str:
    """What is wrong; of a waiver, who accepted it and why."""
    if name == "waivers" and flag.waiver_reason:
        by = f" by {clean(flag.waived_by)}" if flag.waived_by else ""
        return clean(f"Accepted{by}: {clean(flag.waiver_reason, SENTENCE_LIMIT)}", SENTENCE_LIMIT)
    return clean(flag.sentence, SENTENCE_LIMIT)


def meta(given: DigestInput, name: SectionId, flag: FlagLine) -> tuple[str, ...]:
    """Who owns it, since when, and where it is."""
    when = _when(given, name, flag)
    if flag.state == "acknowledged":
        when = f"{when}, acknowledged"
    if flag.frozen_at is not None and flag.state != "resolved":
        why = f" because {clean(flag.frozen_why)}" if flag.frozen_why else ""
        since = day_words(flag.frozen_at.astimezone(given.zone).date(), weekday=False)
        when = f"{when}, not checked since {since}{why}"
    if flag.escalated is not None and flag.escalated.told:
        since = day_words(flag.escalated.at.astimezone(given.zone).date(), weekday=False)
        when = f"{when}, escalated to you on {since}"
    owner = clean(flag.owner, 60) if flag.owner else "No owner"
    owned = bool(flag.owner) or flag.subject in OWNABLE
    project = None if flag.subject == "project" else flag.project
    places = (clean(place, 60) for place in (project, flag.tool) if place)
    return (*([owner] if owned else []), when, *places)


def _when(given: DigestInput, name: SectionId, flag: FlagLine) -> str:
    now, zone = given.now, given.zone
    open_for = age(flag.opened_at, now, zone)
    match name:
        case "new":
            if "reopened" in flag.news and flag.reopened_at is not None:
                return f"back {_lasting(flag.reopened_at, given)}"
            return f"open {_lasting(flag.opened_at, given)}"
        case "worse":
            worse = _lasting(flag.worsened_at or flag.opened_at, given)
            return f"worse {worse}, open for {open_for}"
        case "solved":
            how = clean(flag.solved_by, 60) if flag.solved_by else "solved"
            solved = flag.resolved_at or now
            lasted = age(flag.opened_at, solved, zone)
            span = "less than a day" if lasted == "today" else lasted
            return f"{how} {ago(solved, now, zone)} after {span}"
        case "waivers":
            return _waiver(given, flag)
        case "open" | "escalated":
            return f"open {_lasting(flag.opened_at, given)}{_climbed(given, flag)}"


def _climbed(given: DigestInput, flag: FlagLine) -> str:
    """Since when a flag is the reader's, and who had it before."""
    if flag.escalated is None or flag.escalated.told:
        return ""
    had = listed([clean(name, 60) for name in flag.escalated.had])
    since = day_words(flag.escalated.at.astimezone(given.zone).date(), weekday=False)
    return f", with you since {since}" + (f", before with {had}" if had else "")


def _lasting(at: datetime, given: DigestInput) -> str:
    words = age(at, given.now, given.zone)
    return "since today" if words == "today" else f"for {words}"


def _waiver(given: DigestInput, flag: FlagLine) -> str:
    day = flag.waived_until
    if flag.state != "waived" and day is None and flag.waiver_ended_at is not None:
        day = flag.waiver_ended_at.astimezone(given.zone).date()  # before its last day
    if day is None:
        return "accepted without an end"
    if flag.state != "waived":
        return f"waiver ended on {day_words(day)}"
    left = (day - given.today).days
    when = f"in {plural(left, 'day')}" if left > 0 else "today"
    return f"waiver ends {when}, on {day_words(day)}"


def health(given: DigestInput, line: HealthLine) -> tuple[str, str, str | None]:
    """A finding about the data: whose, what, what to do."""
    since = f" since {day_words(line.since.astimezone(given.zone).date())}" if line.since else ""
    problem = f"{clean(line.problem, SENTENCE_LIMIT).rstrip('.')}{since}."
    remedy = clean(line.remedy, SENTENCE_LIMIT) if line.remedy else None
    return clean(line.subject), problem, remedy


def health_summary(given: DigestInput) -> str:
    """How complete the data are; said in every digest, good or bad."""
    parts: list[str] = []
    stale = sum(line.stale for line in given.health)
    if not given.connections:
        parts.append("No connection has been read.")
    elif stale:
        be = "is" if stale == 1 else "are"
        parts.append(f"{stale} of {plural(given.connections, 'connection')} {be} out of date.")
    elif given.read_at is not None:
        at = given.read_at.astimezone(given.zone)
        whole = plural(given.connections, "connection")
        parts.append(f"{whole} read completely, {day_words(at.date())} {at:%H:%M} or later.")
    if given.met is not None and given.flagged is not None and given.met + given.flagged:
        checks = given.met + given.flagged
        share = 100 * given.met // checks  # rounded down: 99.6% is not 100%
        parts.append(
            f"{share}% of what was checked meets the standards ({given.met:,} of {checks:,})."
        )
    if given.not_assessed:
        parts.append(f"{plural(given.not_assessed, 'check')} could not be made.")
    elif given.not_assessed == 0 and not given.health and given.connections:
        parts.append("Every check could be made.")
    return " ".join(parts)


def reason(given: DigestInput, title: str) -> str:
    """Why the reader gets this."""
    sub = given.subscription
    alike = len({part.scope for part in sub.parts}) == 1  # else it depends on the reader
    scope = f", flags where {clean(sub.scope, 200)}" if sub.scope and alike else ""
    return (
        f"You get this because the digest “{title}” is sent to {clean(given.recipient)}:"
        f" {clean(sub.when)} ({clean(sub.zone)}){scope}."
    )
