"""From a standard as a pack's file says it to the one that is assessed: parameters set, conditions
resolved, sentences checked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync_engine.rules import facts
from sync_engine.rules.language import LanguageError, read, words_of
from sync_engine.rules.measured import Measure, measures
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.pack_schema import WHOLE, ParamEntry, StandardEntry
from sync_engine.rules.resolve import resolve
from sync_engine.rules.standards import Escalation, Standard
from sync_engine.rules.syntax import Condition
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Path_, Problem, Source

_AFTER = re.compile(r"(\d{1,4}) (working days|days|weeks)")
_NAME = re.compile(r"\{([^{}]*)\}")
_MOST = 1_000_000_000
"""A parameter is no larger, whatever its pack allows."""


def standard_of(
    entry: StandardEntry, pack: str, source: Source, path: Path_, problems: list[Problem]
) -> Standard | None:
    params: dict[str, ParamValue] = {}
    for name, declared in entry.params.items():
        try:
            params[name] = ParamValue(param_value(name, declared, declared.default), declared.type)
        except ValueError as error:
            problems.append(Problem(str(error), source.place((*path, "params", name, "default"))))
            return None
    before = len(problems)

    def condition(text: str | None, *key: str) -> Condition | None:
        return _condition(text, entry.subject, params, source, (*path, *key), problems)

    scope, flag = condition(entry.scope, "scope"), condition(entry.flag_when, "flag_when")
    worse = condition(entry.escalate.when if entry.escalate else None, "escalate", "when")
    said: tuple[str, ...] = ()
    try:
        said = say_facts(entry.say, entry.subject, entry.params)
    except ValueError as error:
        problems.append(Problem(str(error), source.place((*path, "say"))))
    if len(problems) > before or flag is None:
        return None
    return make(entry, pack, params, Conditions(scope, flag, worse), said)


@dataclass(frozen=True, slots=True)
class Conditions:
    """A standard's conditions, resolved; `worse`: when what is flagged is more severe."""

    scope: Condition | None
    flag: Condition
    worse: Condition | None = None


def make(
    entry: StandardEntry,
    pack: str,
    params: Mapping[str, ParamValue],
    conditions: Conditions,
    said: tuple[str, ...],
) -> Standard:
    """The standard that an entry says, with these parameters."""
    escalate = None
    if entry.escalate:
        after = _AFTER.fullmatch(entry.escalate.after or "")
        escalate = Escalation(
            to=entry.escalate.to,
            after=(int(after[1]), after[2]) if after else None,  # type: ignore[arg-type]
            when=conditions.worse,
        )
    fields: dict[str, Any] = {
        "severity": entry.severity, "enabled": entry.enabled, "scope_text": entry.scope or "",
    }  # fmt: skip
    meaning = [
        entry.subject, entry.flag_when, entry.say, entry.remedy, entry.limit, fields,
        {name: param.value for name, param in params.items()},
        entry.escalate and entry.escalate.model_dump(),
    ]  # fmt: skip
    version = hashlib.sha256(json.dumps(meaning, sort_keys=True, default=str).encode()).hexdigest()
    said_text = _NAME.sub(
        lambda name: name[0] if name[1].startswith(":") else _named(name[1], entry),
        " ".join(entry.say.split()),
    )
    for name, param in params.items():
        said_text = said_text.replace(f"{{:{name}}}", shown_param(param))
    return Standard(
        id=entry.id, pack=pack, title=entry.title, source=entry.source, ref=entry.ref,
        why=" ".join(entry.why.split()), subject=entry.subject,
        scope=conditions.scope, flag_when=conditions.flag,
        say=said_text, remedy=" ".join(entry.remedy.split()), params=dict(params),
        escalate=escalate, limit=int(entry.limit[:-1]) / 100 if entry.limit else None,
        version=version[:12], flag_text=entry.flag_when, say_facts=said,
        counted=_counted(entry, params, conditions), **fields,
    )  # fmt: skip


def _counted(
    entry: StandardEntry, params: Mapping[str, ParamValue], conditions: Conditions
) -> tuple[Measure, ...]:
    said = ((entry.scope, conditions.scope), (entry.flag_when, conditions.flag))
    found = [
        each for text, condition in said if text is not None and condition is not None
        for each in measures(text, condition, params)
    ]  # fmt: skip
    return tuple({each.words: each for each in found}.values())


def _named(written: str, entry: StandardEntry) -> str:
    """A place in a sentence, with the fact by its own name."""
    name, *words = written.split("|")
    fact = facts.find(entry.subject, words_of(name))
    return f"{{{'|'.join([fact.name if fact else name, *words])}}}"


def shown_param(param: ParamValue) -> str:
    """A parameter's value with its unit, as people read it."""
    value = param.value
    number = f"{value:g}" if isinstance(value, float) else str(value)
    if param.type == "percent":
        return f"{number}%"
    if param.type in ("number", "count", "text"):
        return number
    return f"{number} {param.type[:-1] if value == 1 else param.type}"


def _condition(
    text: str | None,
    subject: str,
    params: Mapping[str, ParamValue],
    source: Source,
    path: Path_,
    problems: list[Problem],
) -> Condition | None:
    if text is None:
        return None
    try:
        return resolve(read(text), subject, params)
    except LanguageError as error:
        # The place is the key's; the one in the sentence is told apart from it, since folding
        # and quoting in YAML move it.
        told = f'in "{path[-1]}", {error}'
        problems.append(Problem(told, source.place(path)))
        return None


def say_facts(say: str, subject: str, params: Iterable[str] = ()) -> tuple[str, ...]:
    """The facts that a sentence names. Raises `ValueError` for what is no fact."""
    found = []
    for name in _NAME.findall(say):
        if name.startswith(":"):
            if name[1:] not in params:
                raise ValueError(f'"say" names {{{name}}}, which is no parameter')
            continue
        name, *words = name.split("|")
        fact = facts.find(subject, words_of(name))
        if fact is None:
            hint = nearest(name.replace("_", " "), facts.words_of(subject))
            if name in params:
                hint = f"; for the parameter write {{:{name}}}"
            raise ValueError(f'"say" names {{{name}}}, which is no fact of a {subject}{hint}')
        if words and (len(words) != 2 or fact.type != "number"):
            raise ValueError(
                f'"say" chooses a word with {{{"|".join([name, *words])}}}; write '
                f"{{number|word for one|word for several}}"
            )
        found.append(fact.name)
    rest = _NAME.sub("", say)
    if "{" in rest or "}" in rest:
        raise ValueError('"say" has a brace without its partner; write {fact}')
    return tuple(dict.fromkeys(found))


def param_value(name: str, declared: ParamEntry, value: Any) -> Any:
    """A value for a parameter, checked. Raises `ValueError`."""
    if declared.type == "text":
        if not isinstance(value, str):
            raise ValueError(f'the parameter "{name}" is a text')  # told to people
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(  # noqa: TRY004  # told to people, as every other refusal here
            f'the parameter "{name}" is a number ({declared.type}), not "{value}"'
        )
    low = 0 if declared.min is None else declared.min
    high = _MOST if declared.max is None else declared.max
    if not low <= value <= high:  # nor is what is no number at all
        upper = "" if declared.max is None and value < low else f" and at most {high:.15g}"
        told = f"{value:g}" if abs(value) < _MOST else str(value)[:20]
        raise ValueError(f'the parameter "{name}" must be at least {low:g}{upper}, not {told}')
    if declared.type in WHOLE and value != int(value):
        raise ValueError(f'the parameter "{name}" is counted whole')
    return int(value) if declared.type in WHOLE else float(value)
