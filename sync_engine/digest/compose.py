"""From what is known to what is said: sections, roll-ups, caps, one sentence, three things to do.

Pure: the same input makes the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sync_engine.digest import phrases, trend
from sync_engine.digest.model import (
    SEVERITIES,
    Digest,
    DigestInput,
    Entry,
    FlagLine,
    Section,
    SectionId,
    Severity,
)
from sync_engine.digest.text import (
    SENTENCE_LIMIT,
    age,
    clean,
    plural,
    safe_url,
)
from sync_engine.flags.lifecycle import WAIVER_NOTICE
from sync_engine.rules import facts

TITLES: dict[SectionId, str] = {
    "escalated": "Escalated to you",
    "new": "New",
    "worse": "Worse",
    "open": "Still open",
    "solved": "Solved",
    "waivers": "Waivers",
}
ROLL_UP_FROM = 5  # so many alike are told as one
EXAMPLES = 3
FIRST_THINGS = 3


@dataclass(frozen=True, slots=True)
class _Group:
    """A flag, or many of one standard in one project. Never empty."""

    flags: tuple[FlagLine, ...]

    @property
    def rank(self) -> int:
        return min(SEVERITIES.index(f.severity) for f in self.flags)

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.rank]

    @property
    def waived(self) -> bool:
        return self.flags[0].state == "waived"

    @property
    def oldest(self) -> datetime:
        return min(f.opened_at for f in self.flags)


def compose(given: DigestInput) -> Digest:
    """What the recipient is told."""
    sorted_in = _sort_in(given)
    groups = {name: _ordered(name, flags) for name, flags in sorted_in.items()}
    lasting = _lasting_waivers(given)
    sections = tuple(
        _section(given, name, groups[name], lasting if name == "waivers" else 0)
        for name in TITLES
        if groups.get(name) or (name == "waivers" and lasting)
    )
    standing = [f for f in given.flags if f.state in ("open", "acknowledged")]
    counts = {name: len(flags) for name, flags in sorted_in.items()}
    title = clean(given.subscription.title)
    subject_counts = [f"{counts[n]} {n}" for n in ("escalated", "new", "worse") if counts[n]]
    subject_counts.append(f"{len(standing)} open" if standing else "nothing open")
    first = _first_things(given, groups)
    ended = [flag for flag in sorted_in["waivers"] if flag.state != "waived"]
    counts["waivers"] = len(ended)
    headline = phrases.headline(given, title, standing, counts)
    return Digest(
        subject=clean(f"{title}: {', '.join(subject_counts)} ({phrases.period_name(given)})", 150),
        preheader=clean(phrases.preheader(first, headline), 200),
        title=title,
        period=phrases.period(given),
        greeting=clean(given.recipient_name) if given.recipient_name else None,
        headline=headline,
        first=first,
        figures=tuple(
            (f"{counts[n]:,}", what) for n, what in _FIGURES.items() if counts[n] or n in _ALWAYS
        ),
        trend=trend.view(given.trend),
        sections=sections,
        health=tuple(phrases.health(given, line) for line in given.health),
        health_summary=phrases.health_summary(given),
        reason=phrases.reason(given, title),
        notes=tuple(clean(note, SENTENCE_LIMIT) for note in given.notes),
        console=safe_url(given.console),
        unsubscribe=safe_url(given.unsubscribe),
        changed=_changed(given, sorted_in),
    )


_FIGURES: dict[SectionId, str] = {
    "escalated": "escalated to you", "new": "new", "worse": "worse",
    "waivers": "no longer accepted", "open": "still open", "solved": "solved",
}  # fmt: skip
"""All but the last are parts of what is open."""
_ALWAYS: tuple[SectionId, ...] = ("new", "worse", "open", "solved")


def _sort_in(given: DigestInput) -> dict[SectionId, list[FlagLine]]:
    """Each flag into the one section that says most about it."""
    found: dict[SectionId, list[FlagLine]] = {name: [] for name in TITLES}
    for flag in given.flags:
        name = _section_of(flag, given)
        if name:
            found[name].append(flag)
    return found


def _section_of(flag: FlagLine, given: DigestInput) -> SectionId | None:
    if flag.state == "resolved":
        # What came and went between two digests was never told, so it is no news either.
        lives = [each for each in flag.news if each in ("opened", "reopened", "resolved")]
        return "solved" if lives[:1] == ["resolved"] else None
    if flag.state == "waived":
        ends = flag.waived_until
        return "waivers" if ends is not None and ends <= given.today + WAIVER_NOTICE else None
    if flag.escalated is not None and not flag.escalated.told:
        return "escalated"
    if "opened" in flag.news or "reopened" in flag.news:
        return "new"
    if "waiver_expired" in flag.news or "waiver_ended" in flag.news:
        return "waivers"
    return "worse" if "worsened" in flag.news else "open"


def _lasting_waivers(given: DigestInput) -> int:
    """Waivers are never silent: those that are no news are counted."""
    return sum(f.state == "waived" and _section_of(f, given) is None for f in given.flags)


def _ordered(name: SectionId, flags: Iterable[FlagLine]) -> list[_Group]:
    groups = _rolled_up(flags)
    match name:
        case "escalated" | "new" | "worse":
            return sorted(groups, key=lambda g: (g.rank, g.oldest, g.flags[0].id))
        case "open":
            return sorted(groups, key=lambda g: (g.oldest, g.rank, g.flags[0].id))
        case "solved":
            return sorted(groups, key=lambda g: (_solved_at(g), g.flags[0].id), reverse=True)
        case "waivers":
            return sorted(groups, key=lambda g: (_waived_until(g), g.flags[0].id))


def _solved_at(group: _Group) -> datetime:
    return max(f.resolved_at or f.opened_at for f in group.flags)


def _waived_until(group: _Group) -> date:
    return min(f.waived_until or date.min for f in group.flags)


def _rolled_up(flags: Iterable[FlagLine]) -> list[_Group]:
    alike: dict[tuple[str, str | None, str, bool], list[FlagLine]] = {}
    for flag in flags:
        kind = (flag.rule, flag.project, flag.subject, flag.state == "waived")
        alike.setdefault(kind, []).append(flag)
    groups: list[_Group] = []
    for members in alike.values():
        members.sort(key=lambda f: (SEVERITIES.index(f.severity), f.opened_at, f.id))
        if len(members) >= ROLL_UP_FROM:
            groups.append(_Group(tuple(members)))
        else:
            groups.extend(_Group((member,)) for member in members)
    return groups


def _section(given: DigestInput, name: SectionId, groups: list[_Group], lasting: int) -> Section:
    cap = max(1, given.subscription.cap)
    rest = [flag for group in groups[cap:] for flag in group.flags]
    more = [_more(rest)] if rest else []
    if lasting:
        more.append(f"{plural(lasting, 'flag')} accepted until a later day")
    return Section(
        id=name,
        title=TITLES[name],
        count=sum(len(g.flags) for g in groups) + lasting,
        entries=tuple(_entry(given, name, group) for group in groups[:cap]),
        more="; ".join(more) or None,
    )


def _more(rest: list[FlagLine]) -> str:
    counts = [(sum(f.severity == s for f in rest), s) for s in SEVERITIES]
    return f"and {len(rest):,} more ({', '.join(f'{n:,} {s}' for n, s in counts if n)})"


def _entry(given: DigestInput, name: SectionId, group: _Group) -> Entry:
    if len(group.flags) > 1:
        return _group_entry(given, name, group)
    flag = group.flags[0]
    return Entry(
        severity=flag.severity,
        title=clean(flag.title) or "(without a title)",
        key=clean(flag.key, 40) if flag.key else None,
        url=safe_url(flag.url),
        flag_url=safe_url(f"{given.console}/flags/{flag.id}") if given.console else None,
        acts=given.acts(flag),
        sentence=phrases.sentence(flag, name),
        meta=phrases.meta(given, name, flag),
        remedy=clean(flag.remedy, SENTENCE_LIMIT)
        if flag.remedy and name not in ("solved", "waivers")
        else None,
    )


def _group_entry(given: DigestInput, name: SectionId, group: _Group) -> Entry:
    flag, count = group.flags[0], len(group.flags)
    project = clean(flag.project, 60) if flag.project else None
    many = facts.plural(flag.subject)
    owners = sorted({clean(f.owner, 60) for f in group.flags if f.owner})
    unowned = any(not f.owner for f in group.flags)
    who = owners[0] if len(owners) == 1 and not unowned else plural(len(owners), "owner")
    whose = [who] if owners else ["No owner"] if flag.subject in phrases.OWNABLE else []
    remedies = {f.remedy for f in group.flags if f.remedy}
    oldest = age(group.oldest, given.now, given.zone)
    waivers = "waivers ending soon" if group.waived else "waivers ended"
    when = {"solved": "solved", "waivers": waivers}.get(
        name, f"the oldest open for {oldest}" if oldest != "today" else "all since today"
    )
    shown = group.flags[:EXAMPLES]
    return Entry(
        severity=group.severity,
        title=f"{count:,} {many}" + (f" of {project}" if project else ""),
        sentence=clean(flag.rule_title, SENTENCE_LIMIT),
        meta=(*whose, when, *([clean(flag.tool, 60)] if flag.tool else [])),
        remedy=clean(remedies.pop(), SENTENCE_LIMIT)
        if len(remedies) == 1 and name not in ("solved", "waivers")
        else None,
        count=count,
        examples=tuple((clean(f.key or f.title, 40), safe_url(f.url)) for f in shown),
        beyond=count - len(shown),
    )


def _first_things(given: DigestInput, groups: dict[SectionId, list[_Group]]) -> tuple[Entry, ...]:
    """What to do first: the most severe, then what got worse or is new, then the oldest."""
    names: tuple[SectionId, ...] = ("escalated", "worse", "new", "open")
    standing = {name: groups[name] for name in names}
    # Whose waiver ended is open as any other.
    standing["open"] = [*groups["open"], *(g for g in groups["waivers"] if not g.waived)]
    ranked = sorted(
        ((g.rank, at, g.oldest, g.flags[0].id), name, g)
        for at, name in enumerate(names)
        for g in standing[name]
    )
    return tuple(_entry(given, name, group) for _, name, group in ranked[:FIRST_THINGS])


def _changed(given: DigestInput, flags: dict[SectionId, list[FlagLine]]) -> bool:
    """Whether the digest has news; a waiver that nears its end is news once."""
    if flags["escalated"] or flags["new"] or flags["worse"] or flags["solved"]:
        return True
    last_told = given.since.astimezone(given.zone).date()
    for flag in flags["waivers"]:
        if flag.state != "waived" or (
            flag.waived_until is not None and flag.waived_until - WAIVER_NOTICE > last_told
        ):
            return True
    return any(
        line.stale and line.since is not None and given.since < line.since for line in given.health
    )
