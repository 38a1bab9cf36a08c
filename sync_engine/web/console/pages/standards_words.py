"""Changes of standards in words (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sync_engine.views.standards import Step

NAMES = {"enabled": "switched", "": "switched", "text": "text", "draft": "draft"}


def sentence(error: str) -> str:
    """What is wrong, as a sentence that begins and ends as one."""
    text = error.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('?', '!')) else '.'}"


def changes_in_words(step: Step) -> list[str]:
    """What a step changed, one clause a value; texts of packs are not repeated."""
    return list(_clauses(step))


def _clauses(step: Step) -> Iterator[str]:
    for at in dict.fromkeys((*step.before, *step.after)):
        name = NAMES.get(at, at.removeprefix("params.").replace("_", " "))
        if name in ("text", "draft"):
            continue
        was, will = step.before.get(at), step.after.get(at)
        if was is None:
            yield f"{name}: {_value(will)}"
        elif will is None:
            yield f"{name}: {_value(was)} no more"
        else:
            yield f"{name}: {_value(was)} → {_value(will)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
