"""What flags keep of conditions on related tasks: the number that was counted, under the
condition's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync_engine.rules import facts
from sync_engine.rules.facts import Fact
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.syntax import Condition, Count, Literal, Not, Quantified, on_related

_PARTS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[()]")
_PARAMS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|:([a-z][a-z0-9_]*)")
_BEGINS = re.compile(r"(count|share|sum) (?:of (?:(.+?) of )?|per )[\w ]+ \(", re.IGNORECASE)
"""How a measure's words begin: what is counted, and for a sum the fact that is added up."""
_UNIT = re.compile(r"\s+(minutes?|hours?|days?|working|weeks?)\b", re.IGNORECASE)
_UNITED = ("minutes", "hours", "days", "working days", "weeks")


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of related tasks.

    Args:
        words: what it is, as the standard says it, parameters set; of one subject, the same
            words are the same measure.
        count: how it is counted; what it is compared with does not matter.
    """

    words: str
    count: Count


def measures(
    text: str, condition: Condition, params: Mapping[str, ParamValue]
) -> tuple[Measure, ...]:
    """What a condition counts, in the order of its text.

    Where it says "any", "all" or "no", how many decide it: for "all", those that do not meet it.
    """
    return tuple(_measure(text, each, params) for each in on_related(condition))


def _measure(text: str, each: Quantified | Count, params: Mapping[str, ParamValue]) -> Measure:
    before, within = _said(text, each)
    inner = " ".join(_PARAMS.sub(lambda found: _set(found, params), within).split())
    if isinstance(each, Count):
        return Measure(f"{' '.join(before.split())} ({inner})", each)
    every = each.quantifier == "all"
    counted = Not(each.condition) if every else each.condition
    named = facts.RELATIONS[each.relation][-1]
    count = Count(each.relation, None, counted, ">", Literal(0.0, each.at), each.at)
    return Measure(f"count of {named} ({f'not ({inner})' if every else inner})", count)


def _said(text: str, each: Quantified | Count) -> tuple[str, str]:
    """The words before the parentheses of a condition on related tasks, and those within."""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: each.at.line - 1]) + each.at.column - 1
    depth = opened = 0
    for part in _PARTS.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if part[0] == "(" and depth == 1:
            opened = part.end()
        elif part[0] == ")" and depth == 0:
            return text[start : opened - 1], text[opened : part.start()]
    raise ValueError(f"no parentheses follow in {text[start:]!r}")


def _set(found: re.Match[str], params: Mapping[str, ParamValue]) -> str:
    """A parameter by its value; texts are left as they are."""
    param = params.get(found[1] or "")
    if param is None:
        return found[0]
    if isinstance(param.value, str):
        return f'"{param.value}"'
    number = f"{param.value:g}" if isinstance(param.value, float) else str(param.value)
    if param.type not in _UNITED or _UNIT.match(found.string, found.end()):
        return number
    return f"{number} {param.type}"


def measured_fact(words: str) -> Fact | None:
    """What the value of a measure is, by its words; None: they are no measure's."""
    begins = _BEGINS.match(words)
    if begins is None:
        return None
    kind, summed = begins[1].lower(), begins[2]
    meaning = "Counted among the related tasks when it was assessed."
    if kind == "share":
        return Fact(name=words, subject="task", type="percent", meaning=meaning, null="unknown")
    added = facts.find("task", "_".join(summed.split())) if kind == "sum" and summed else None
    effort = added is not None and added.type == "minutes"
    return Fact(name=words, subject="task", type="minutes" if effort else "number",
                meaning=meaning, null="unknown")  # fmt: skip
