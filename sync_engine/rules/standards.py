"""A standard as it is assessed: its conditions resolved, its parameters set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sync_engine.rules import facts
from sync_engine.rules.facts import LINK, Fact
from sync_engine.rules.measured import Measure
from sync_engine.rules.operands import FIELD, ParamValue
from sync_engine.rules.syntax import Condition, Count, Quantified, Ref, Span, children, refs

Severity = Literal["info", "low", "medium", "high", "critical"]
_PLACE = re.compile(r"\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}")
"""A fact in a sentence, or the word for one or several of it."""

SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Escalation:
    """A flag open for longer than `after`, or for which `when` holds, is as severe as `to`."""

    to: Severity
    after: tuple[int, Literal["days", "working days", "weeks"]] | None = None
    when: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A condition on a subject, with severity, reason, remedy and source.

    Args:
        id: stable: fingerprint, link and waiver key.
        ref: id in the PMO's catalogue of standards.
        scope: which subjects are assessed at all; None: all.
        flag_when: what breaks it.
        say: sentence with {fact} names in it.
        counted: what its condition counts of related tasks.
        limit: share (0 to 1) of what is assessed, above which the standard itself is suspect.
        version: changes whenever its meaning does.
    """

    id: str
    pack: str
    title: str
    source: str
    why: str
    severity: Severity
    subject: str
    scope: Condition | None
    flag_when: Condition
    say: str
    remedy: str
    version: str
    ref: str | None = None
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    escalate: Escalation | None = None
    limit: float | None = None
    enabled: bool = True
    scope_text: str = ""
    flag_text: str = ""
    say_facts: tuple[str, ...] = ()
    counted: tuple[Measure, ...] = ()

    def conditions(self) -> tuple[Condition, ...]:
        """Scope and condition."""
        return (self.flag_when,) if self.scope is None else (self.scope, self.flag_when)

    def refs(self) -> tuple[Ref, ...]:
        """Every fact that it reads or says, each once."""
        worse = self.escalate.when if self.escalate else None
        every = self.conditions() if worse is None else (*self.conditions(), worse)
        found = {(r.name, r.is_field): r for c in every for r in refs(c)}
        for name in self.say_facts:
            found.setdefault((name, False), Ref(name, Span(1, 1)))
        return tuple(found.values())

    def needed(self) -> tuple[Fact, ...]:
        """The facts on which its answer rests, those of related tasks included."""
        return tuple(
            fact for condition in self.conditions() for fact in _needed(condition, self.subject)
        )


def _needed(condition: Condition, subject: str) -> list[Fact]:
    own = [
        FIELD if ref.is_field else facts.of(subject).get(ref.name, LINK) for ref in refs(condition)
    ]
    return own + _nested(condition)


def _nested(condition: Condition) -> list[Fact]:
    if isinstance(condition, (Quantified, Count)):
        summed = isinstance(condition, Count) and condition.of is not None
        own = [facts.of("task")[condition.of.name]] if summed else []  # type: ignore[union-attr]
        return own + _needed(condition.condition, "task")
    return [fact for part in children(condition) for fact in _nested(part)]


def sentence(standard: Standard, values: Mapping[str, Any], zone: ZoneInfo) -> str:
    """What a standard says about a subject with these values."""
    known = facts.of(standard.subject)

    def said(place: re.Match[str]) -> str:
        value = values.get(place[1])
        if place[2] is None:
            return shown(value, known[place[1]], zone)
        return place[2] if value == 1 else place[3]

    return _PLACE.sub(said, standard.say)


def said_in_general(standard: Standard) -> str:
    """What a standard says, before it is known of what: names of facts, and words for several."""
    return _PLACE.sub(lambda place: place[3] or f"{{{place[1].replace('_', ' ')}}}", standard.say)


def shown(value: Any, fact: Fact, zone: ZoneInfo) -> str:  # noqa: PLR0911  # one case a type
    """A fact's value as people read it."""
    if value is None:
        return (
            "unknown" if fact.null == "unknown" else "nobody" if fact.type == "person" else "none"
        )
    if isinstance(value, datetime):
        return _day_text(value.astimezone(zone).date())
    if isinstance(value, date):
        return _day_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fact.type == "minutes":
        return _effort(int(value))
    if fact.type == "percent":
        return f"{value:.0f}%"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 10 or value.is_integer() else f"{value:.1f}"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value).replace("_", " ") if fact.type == "word" else str(value)


def _day_text(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _effort(minutes: int) -> str:
    if minutes % 60 == 0 or minutes >= 600:
        return f"{round(minutes / 60)} h"
    return f"{minutes / 60:.1f} h" if minutes >= 60 else f"{minutes} min"
