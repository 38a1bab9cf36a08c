"""What other standards would change, in words: a newer version of a pack, or what is set of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sync_engine.rules.entries import shown_param
from sync_engine.rules.standards import SEVERITIES, Escalation, Standard


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of one standard; `what` is one clause a change."""

    standard: str
    title: str
    kind: Literal["added", "removed", "changed"]
    what: tuple[str, ...]


def differences(before: Iterable[Standard], after: Iterable[Standard]) -> tuple[Difference, ...]:
    """By standard, in the order of their ids; those that stay as they are are left out."""
    old, new = {s.id: s for s in before}, {s.id: s for s in after}
    found = []
    for id in sorted(old.keys() | new.keys()):
        was, will = old.get(id), new.get(id)
        if was is None and will is not None:
            found.append(Difference(id, will.title, "added", tuple(_added(will))))
        elif was is not None and will is None:
            found.append(Difference(id, was.title, "removed", ("its flags would be resolved",)))
        elif was is not None and will is not None and (what := tuple(_changed(was, will))):
            found.append(Difference(id, will.title, "changed", what))
    return tuple(found)


def _added(standard: Standard) -> Iterator[str]:
    off = "" if standard.enabled else ", switched off"
    yield f"{standard.severity}, of every {standard.subject}{off}"
    if standard.scope_text:
        yield f"assessed: {_one_line(standard.scope_text)}"
    yield f"flagged when: {_one_line(standard.flag_text)}"


def _changed(was: Standard, will: Standard) -> Iterator[str]:
    if was.enabled != will.enabled:
        yield "switched on" if will.enabled else "switched off"
    if was.severity != will.severity:
        up = SEVERITIES.index(will.severity) > SEVERITIES.index(was.severity)
        yield f"severity {'raised' if up else 'lowered'} from {was.severity} to {will.severity}"
    yield from _params(was, will)
    texts: Mapping[str, tuple[str, str]] = {
        "assessed": (was.scope_text, will.scope_text),
        "flagged when": (was.flag_text, will.flag_text),
        "subject": (was.subject, will.subject),
        "escalates": (_escalation(was.escalate), _escalation(will.escalate)),
        "limit": (_share(was.limit), _share(will.limit)),
        "title": (was.title, will.title),
        "says": (was.say, will.say),
        "remedy": (was.remedy, will.remedy),
        "why": (was.why, will.why),
        "source": (was.source, will.source),
    }
    for name, (old, new) in texts.items():
        before, after = _one_line(old), _one_line(new)
        if before != after:
            none = "all" if name == "assessed" else "nothing"
            yield f"{name}: {before or none} → {after or none}"


def _params(was: Standard, will: Standard) -> Iterator[str]:
    for name in sorted(was.params.keys() | will.params.keys()):
        old, new = was.params.get(name), will.params.get(name)
        if old is None and new is not None:
            yield f"new parameter {name}: {shown_param(new)}"
        elif new is None:
            yield f"parameter {name} is gone"
        elif old is not None and shown_param(old) != shown_param(new):
            yield f"{name}: {shown_param(old)} → {shown_param(new)}"


def _escalation(rule: Escalation | None) -> str:
    if rule is None:
        return ""
    after = f" after {rule.after[0]} {rule.after[1]}" if rule.after else ""
    return f"to {rule.to}{after}{' by its own condition' if rule.when else ''}"


def _share(limit: float | None) -> str:
    return "" if limit is None else f"{limit:.0%}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
