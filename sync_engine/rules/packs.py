"""Packs: files of standards, read, checked and set."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from sync_engine.rules import facts
from sync_engine.rules.language import LanguageError, read, words_of
from sync_engine.rules.pack_schema import (
    WHOLE,
    EscalateEntry,
    Examples,
    PackEntry,
    ParamEntry,
    StandardEntry,
)
from sync_engine.rules.resolve import ParamValue, resolve
from sync_engine.rules.standards import Escalation, Severity, Standard
from sync_engine.rules.syntax import Condition
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Path_, Problem, SettingsError, Source
from sync_engine.settings.source import read as read_yaml

_AFTER = re.compile(r"(\d{1,4}) (working days|days|weeks)")
_NAME = re.compile(r"\{([^{}]*)\}")


class Setting(Protocol):
    """What the configuration says about a standard, otherwise than its pack."""

    @property
    def enabled(self) -> bool | None: ...
    @property
    def severity(self) -> Severity | None: ...
    @property
    def scope(self) -> str | None: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as its file says."""

    name: str
    title: str
    source: Source
    entries: tuple[StandardEntry, ...]
    standards: tuple[Standard, ...]


class PackError(Exception):
    """The configuration asks for standards in a way that makes no sense."""


def folders() -> list[Path]:
    """Where the packs that come with the product are: in the wheel, or in a checkout."""
    packed = Path(str(files("sync_engine"))) / "_config" / "packs"
    checkout = Path(__file__).resolve().parents[2] / "config" / "packs"
    return [folder for folder in (packed, checkout) if folder.is_dir()]


def find(name: str, base: Path | None = None) -> Path:
    """The file of a pack: a known name, or a path (relative to `base`)."""
    if name.endswith((".yaml", ".yml")):
        return (base or Path()) / name
    known = {path.stem: path for folder in folders() for path in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise PackError(
            f'there is no pack "{name}"{nearest(name, known)}; known: '
            f"{', '.join(known) or 'none'}, or write the path of a file that ends in .yaml"
        )
    return known[name]


def load(path: Path) -> Pack:
    """Read and check a pack. Raises `SettingsError` with every problem and its place."""
    return from_source(read_yaml(path))


def from_source(source: Source) -> Pack:
    """A pack out of a file that was read."""
    problems: list[Problem] = []
    head = _checked(PackEntry, source.data, source, (), problems)
    if head is None:
        raise SettingsError(source.file, problems)
    entries: list[StandardEntry] = []
    standards: list[Standard] = []
    seen: set[str] = set()
    for number, raw in enumerate(head.standards):
        path: Path_ = ("standards", number)
        entry = _checked(StandardEntry, raw, source, path, problems)
        if entry is None:
            continue
        if entry.id in seen:
            place = source.place((*path, "id"))
            problems.append(Problem(f'the standard "{entry.id}" is given twice', place))
        seen.add(entry.id)
        made = _standard(entry, head.pack, source, path, problems)
        if made is not None:
            entries.append(entry)
            standards.append(made)
    if problems:
        raise SettingsError(source.file, problems)
    return Pack(head.pack, head.title, source, tuple(entries), tuple(standards))


def _checked(
    model: type[Any], data: Any, source: Source, path: Path_, problems: list[Problem]
) -> Any:
    if not isinstance(data, dict):
        problems.append(Problem("a mapping of keys and values must stand here", source.place(path)))
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            where = (*path, *each["loc"])
            problems.append(Problem(_told(each, model), source.place(where)))
        return None


def _told(error: Any, model: type[BaseModel]) -> str:
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, error["loc"][:-1])
        return f'the key "{name}" is not known{nearest(name, known)}; known: {", ".join(known)}'
    if error["type"] == "missing":
        return f'the key "{name}" is missing'
    if error["type"] == "literal_error":
        given = str(error["input"])
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f'"{given}" is not a {name}{nearest(given, known)}; known: {", ".join(known)}'
    message = error["msg"].removeprefix("Value error, ")
    return f'"{name}": {message[:1].lower()}{message[1:]}' if name else message


def _keys_at(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    nested: dict[str, type[BaseModel]] = {"escalate": EscalateEntry, "examples": Examples}
    if loc and loc[0] == "params":
        model = ParamEntry
    elif loc:
        model = nested.get(str(loc[0]), model)
    return list(model.model_fields)


def _standard(
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
    scope = _condition(entry.scope, entry.subject, params, source, (*path, "scope"), problems)
    flag = _condition(
        entry.flag_when, entry.subject, params, source, (*path, "flag_when"), problems
    )
    said: tuple[str, ...] = ()
    try:
        said = say_facts(entry.say, entry.subject, entry.params)
    except ValueError as error:
        problems.append(Problem(str(error), source.place((*path, "say"))))
    if len(problems) > before or flag is None:
        return None
    return make(entry, pack, params, scope, flag, said)


def make(
    entry: StandardEntry,
    pack: str,
    params: Mapping[str, ParamValue],
    scope: Condition | None,
    flag: Condition,
    said: tuple[str, ...],
    **changes: Any,
) -> Standard:
    """The standard that an entry says, with these parameters and changes."""
    escalate = None
    if entry.escalate and (found := _AFTER.fullmatch(entry.escalate.after)):
        escalate = Escalation(int(found[1]), found[2], entry.escalate.to)  # type: ignore[arg-type]
    fields: dict[str, Any] = {
        "severity": entry.severity, "enabled": entry.enabled, "scope_text": entry.scope or "",
        **changes,
    }  # fmt: skip
    meaning = [
        entry.subject, entry.flag_when, entry.say, entry.remedy, entry.limit, fields,
        {name: param.value for name, param in params.items()},
        entry.escalate and entry.escalate.model_dump(),
    ]  # fmt: skip
    version = hashlib.sha256(json.dumps(meaning, sort_keys=True, default=str).encode()).hexdigest()
    said_text = _NAME.sub(
        lambda name: name[0] if name[1].startswith(":") else f"{{{_fact_name(name[1], entry)}}}",
        " ".join(entry.say.split()),
    )
    for name, param in params.items():
        said_text = said_text.replace(f"{{:{name}}}", shown_param(param))
    return Standard(
        id=entry.id, pack=pack, title=entry.title, source=entry.source, ref=entry.ref,
        why=" ".join(entry.why.split()), subject=entry.subject, scope=scope, flag_when=flag,
        say=said_text, remedy=" ".join(entry.remedy.split()), params=dict(params),
        escalate=escalate, limit=int(entry.limit[:-1]) / 100 if entry.limit else None,
        version=version[:12], flag_text=entry.flag_when, say_facts=said, **fields,
    )  # fmt: skip


def _fact_name(written: str, entry: StandardEntry) -> str:
    fact = facts.find(entry.subject, words_of(written))
    return fact.name if fact else written


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
        fact = facts.find(subject, words_of(name))
        if fact is None:
            hint = nearest(name.replace("_", " "), facts.words_of(subject))
            raise ValueError(f'"say" names {{{name}}}, which is no fact of a {subject}{hint}')
        found.append(fact.name)
    rest = _NAME.sub("", say)
    if "{" in rest or "}" in rest:
        raise ValueError('"say" has a brace without its partner; write {fact}')
    return tuple(found)


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
    if declared.type in WHOLE and value != int(value):
        raise ValueError(f'the parameter "{name}" is counted whole')
    low = 0 if declared.min is None else declared.min
    if value < low or (declared.max is not None and value > declared.max):
        upper = "" if declared.max is None else f" and at most {declared.max:g}"
        raise ValueError(f'the parameter "{name}" must be at least {low:g}{upper}, not {value:g}')
    return int(value) if declared.type in WHOLE else float(value)


def configured(packs: Iterable[Pack], settings: Mapping[str, Setting]) -> tuple[Standard, ...]:
    """The standards of some packs as the configuration sets them. Raises `PackError`."""
    known: dict[str, tuple[Pack, StandardEntry, Standard]] = {}
    for pack in packs:
        for entry, standard in zip(pack.entries, pack.standards, strict=True):
            if entry.id in known:
                raise PackError(
                    f'the standard "{entry.id}" is in the packs "{known[entry.id][0].name}" and '
                    f'"{pack.name}"; leave one of them out'
                )
            known[entry.id] = (pack, entry, standard)
    for id in settings:
        if id not in known:
            raise PackError(f'there is no standard "{id}"{nearest(id, known)}')
    return tuple(
        _set(pack, entry, settings[id]) if id in settings else standard
        for id, (pack, entry, standard) in known.items()
    )


def _set(pack: Pack, entry: StandardEntry, setting: Setting) -> Standard:
    def refuse(message: str) -> PackError:
        return PackError(f'standard "{entry.id}": {message}')

    params = {name: ParamValue(param.default, param.type) for name, param in entry.params.items()}
    for name, value in setting.params.items():
        if name not in entry.params:
            known = [*entry.params, "enabled", "severity", "scope"]
            raise refuse(f'there is no parameter "{name}"{nearest(name, known)}')
        try:
            given = param_value(name, entry.params[name], value)
        except ValueError as error:
            raise refuse(str(error)) from None
        params[name] = ParamValue(given, entry.params[name].type)
    scope_text = entry.scope if setting.scope is None else setting.scope
    try:
        scope = None if scope_text is None else resolve(read(scope_text), entry.subject, params)
        flag = resolve(read(entry.flag_when), entry.subject, params)
    except LanguageError as error:
        raise refuse(f"scope, {error}") from None
    changes: dict[str, Any] = {"scope_text": scope_text or ""}
    if setting.severity is not None:
        changes["severity"] = setting.severity
    if setting.enabled is not None:
        changes["enabled"] = setting.enabled
    return make(
        entry,
        pack.name,
        params,
        scope,
        flag,
        say_facts(entry.say, entry.subject, entry.params),
        **changes,
    )


def load_all(
    names: Iterable[str], settings: Mapping[str, Setting] | None = None, base: Path | None = None
) -> tuple[Standard, ...]:
    """The standards of the named packs, set. Raises `SettingsError` or `PackError`."""
    return configured([load(find(name, base)) for name in names], settings or {})
