"""A pack's text as a form shows it, and back (pure): one standard, its parameters, its examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync_engine.configure.forms import Field, read
from sync_engine.rules import facts
from sync_engine.rules.pack_schema import WHOLE, ParamType
from sync_engine.rules.standards import SEVERITIES
from sync_engine.settings.source import Path_, Problem, SettingsError, Source, parse, scalar
from sync_engine.settings.written import text as yaml_of

_PARAM = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PARAM_TYPES: tuple[str, ...] = ParamType.__args__  # type: ignore[attr-defined]  # of a Literal
LONGEST_NAME, SHORTEST_TITLE = 60, 3
MOST_PARAMS = 12
EXAMPLES = ("examples.flags", "examples.passes", "examples.not_assessable")
CONDITIONS = ("scope", "flag_when", "escalate.when")
UNKNOWN, EMPTY = "unknown", "empty"
_WORDS: Mapping[str, Any] = {EMPTY: None, UNKNOWN: "?", "yes": True, "no": False}


def _choices(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, each) for each in values)


PARAM_FIELDS = (
    Field(name="name", label="Name", help="As conditions write it, after a colon.", kind="text"),
    Field(name="type", label="Type", help="Its unit.", kind="choice",
          choices=_choices(_PARAM_TYPES)),
    Field(name="default", label="Value", help="Until somebody sets another.", kind="text"),
    Field(name="min", label="At least", help="The lowest that may be set.", kind="number"),
    Field(name="max", label="At most", help="The highest that may be set.", kind="number"),
    Field(name="help", label="What it is", help="One line for who sets it.", kind="text"),
)  # fmt: skip
"""Of one parameter. Its names come in rows: ``params.0.name``."""

FIELDS = (
    Field(name="id", label="Id", kind="text", required=True,
          help="Small letters, digits and hyphens. It never changes: flags and waivers hang on it.",
          placeholder="release-without-notes"),
    Field(name="title", label="Title", kind="text", required=True,
          help="What is wrong where it is flagged, in a few words."),
    Field(name="subject", label="Subject", kind="choice", required=True,
          help="What it speaks of.", choices=_choices(facts.SUBJECTS), default="task"),
    Field(name="severity", label="Severity", kind="choice", required=True,
          help="Of its flags.", choices=_choices(SEVERITIES[::-1]), default="medium"),
    Field(name="scope", label="Which are assessed", kind="text",
          help="A condition; left empty: all."),
    Field(name="flag_when", label="Flagged when", kind="text", required=True,
          help="A condition, such as: status = in_progress and owner is empty"),
    Field(name="say", label="What the flag says", kind="text", required=True, lines=True,
          help="A sentence; {fact} stands for its value, {:name} for a parameter."),
    Field(name="remedy", label="Remedy", kind="text", required=True, lines=True,
          help="What to do about it, in the tool."),
    Field(name="why", label="Why", kind="text", required=True, lines=True,
          help="Why it matters, in a sentence."),
    Field(name="source", label="Source", kind="text", required=True,
          help="Which rule of yours, or of a standard, it comes from."),
    Field(name="limit", label="Limit", kind="text", placeholder="30%",
          help="Above this share of flagged, the standard itself is suspect; such as: 30%"),
    Field(name="escalate.after", label="More severe after", kind="text",
          placeholder="10 working days",
          help="How long unsolved; such as: 10 working days, 3 weeks"),
    Field(name="escalate.when", label="More severe when", kind="text",
          help="A condition; left empty: only by time."),
    Field(name="escalate.to", label="Then as severe as", kind="choice",
          help="Where one of the two above is given.", choices=_choices(SEVERITIES[::-1]),
          default="high"),
    Field(name="examples.flags", label="Examples that are flagged", kind="text", required=True,
          lines=True, help="One a line: status: in_progress; owner: empty; due: 3 days ago"),
    Field(name="examples.passes", label="Examples that are met", kind="text", required=True,
          lines=True, help="One a line, in the same way. They must be of its scope."),
    Field(name="examples.not_assessable", label="Examples that cannot be assessed", kind="text",
          lines=True, help="One a line; a fact that nobody can say is: unknown"),
)  # fmt: skip


class UnreadableError(ValueError):
    """A text is no YAML of a pack, so no form can show it. `problems` say where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(each.message for each in problems))


def begin(name: str, title: str) -> str:
    """The text of a pack without a standard."""
    return yaml_of({"pack": name, "title": title, "standards": []})


def data_of(name: str, text: str) -> dict[str, Any]:
    """The values of a pack's text, right or wrong. Raises `UnreadableError`."""
    return dict(_source(name, text).data)


def _source(name: str, text: str) -> Source:
    try:
        source = parse(text, f'pack "{name}"')
    except SettingsError as error:
        raise UnreadableError(error.problems) from None
    data = source.data
    listed = data.get("standards", []) if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise UnreadableError([Problem("a pack has `pack`, `title` and a list of `standards`")])
    return source


def ids_of(name: str, text: str) -> list[str]:
    """The standards of a pack's text. Raises `UnreadableError`."""
    return [str(each.get("id", "")) for each in data_of(name, text).get("standards") or ()]


def with_standard(name: str, text: str, standard: Mapping[str, Any], before: str | None) -> str:
    """The text with a standard in it, in the place of the one called `before`.

    Raises:
        UnreadableError: the text is no pack.
        ValueError: another standard of it has that id.
    """
    data = data_of(name, text)
    held = list(data.get("standards") or ())
    ids = [str(each.get("id")) for each in held]
    if standard["id"] != before and standard["id"] in ids:
        raise ValueError(f'this pack has a standard "{standard["id"]}" already')
    if before in ids:
        held[ids.index(before)] = dict(standard)
    else:
        held.append(dict(standard))
    return yaml_of(data | {"standards": held})


def without_standard(name: str, text: str, id: str) -> str:
    """The text without a standard. Raises `UnreadableError`."""
    data = data_of(name, text)
    held = [each for each in data.get("standards") or () if each.get("id") != id]
    return yaml_of(data | {"standards": held})


def problems_by_standard(
    name: str, text: str, problems: Sequence[Problem]
) -> dict[str, dict[str, str]]:
    """By standard and field of its form ("" for the whole): what is wrong, in a sentence."""
    try:
        source = _source(name, text)
    except UnreadableError:
        return {}
    known = {field.name for field in FIELDS}
    held = source.data.get("standards") or ()
    by_place = sorted(
        (place.line, place.column, path) for path, place in source.places.items()
        if len(path) >= 2 and path[0] == "standards"
    )  # fmt: skip
    found: dict[str, dict[str, list[str]]] = {}
    for problem in problems:
        if problem.place is None:
            continue
        at = (problem.place.line, problem.place.column)
        path: Path_ = next((path for *where, path in by_place if tuple(where) == at), ())
        if not path:
            continue
        id = str(held[int(path[1])].get("id", ""))
        inner = [str(part) for part in path[2:]]
        name_of = next(
            (joined for end in (2, 1) if (joined := ".".join(inner[:end])) in known), ""
        )  # fmt: skip
        found.setdefault(id, {}).setdefault(name_of, []).append(problem.message)
    return {id: {at: "; ".join(told) for at, told in by.items()} for id, by in found.items()}


# -- a standard as a form --------------------------------------------------------------------------


def shown(standard: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields for a standard of a pack's text."""
    found: dict[str, str] = {}
    for field in FIELDS:
        value: Any = standard
        for part in field.name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if field.name in EXAMPLES:
            listed = value if isinstance(value, list) else []
            found[field.name] = "\n".join(_example_line(each) for each in listed)
        elif value is not None:
            found[field.name] = str(value)
    params = standard.get("params")
    for number, (name, declared) in enumerate((params or {}).items() if isinstance(params, dict)
                                              else ()):  # fmt: skip
        held = declared if isinstance(declared, dict) else {}
        found[f"params.{number}.name"] = str(name)
        for field in PARAM_FIELDS[1:]:
            if held.get(field.name) is not None:
                found[f"params.{number}.{field.name}"] = str(held[field.name])
    return found


def read_standard(
    given: Mapping[str, str], before: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A standard out of the fields of a form, and by field what cannot be read.

    Args:
        before: the standard that was shown: what the form has no field for, stays.
    """
    fields = tuple(field for field in FIELDS if field.name not in EXAMPLES)
    document, errors = read(fields, {at: " ".join(value.split()) if at not in CONDITIONS else value
                                     for at, value in given.items()})  # fmt: skip
    if "id" in document and not _ID.fullmatch(document["id"]):
        errors["id"] = "small letters, digits and single hyphens, such as: release-without-notes"
    escalate = document.pop("escalate", {})
    if escalate.keys() - {"to"}:
        document["escalate"] = escalate
    params = _params(given, errors)
    if params:
        document["params"] = params
    examples: dict[str, Any] = {}
    for name in EXAMPLES:
        try:
            listed = [_example(line) for line in given.get(name, "").splitlines() if line.strip()]
        except ValueError as error:
            errors[name] = str(error)
            continue
        if listed:
            examples[name.removeprefix("examples.")] = listed
        elif name != EXAMPLES[2]:
            errors.setdefault(name, "this is needed: one at least")
    document["examples"] = examples
    kept = {at: before[at] for at in ("ref", "enabled") if at in before}
    return document | kept, errors


def param_types(given: Mapping[str, str]) -> dict[str, str]:
    """The types of the parameters that a form has, by name."""
    found = {}
    for at, name in given.items():
        row = at.split(".")
        if len(row) == 3 and row[0] == "params" and row[2] == "name" and name.strip():
            type = given.get(f"params.{row[1]}.type", "")
            if type in _PARAM_TYPES:
                found[name.strip()] = type
    return found


def _params(given: Mapping[str, str], errors: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number in _rows(given):
        at = f"params.{number}"
        row = {field.name: given.get(f"{at}.{field.name}", "").strip() for field in PARAM_FIELDS}
        name = row.pop("name")
        if not _PARAM.fullmatch(name):
            errors[f"{at}.name"] = "small letters, digits and underscores, such as: days"
            continue
        declared: dict[str, Any] = {}
        for key, said in row.items():
            if not said:
                continue
            try:
                declared[key] = _param_value(key, row["type"], said)
            except ValueError as error:
                errors[f"{at}.{key}"] = str(error)
        if not row["default"]:
            errors[f"{at}.default"] = "a value is needed"
        found[name] = declared
    return found


def _param_value(key: str, type: str, said: str) -> Any:
    if key in ("type", "help") or (key == "default" and type == "text"):
        return said
    value = scalar(said.replace(",", "."))
    if not isinstance(value, (int, float)):
        raise ValueError(f'this is a number; read "{said}"')  # noqa: TRY004  # told to people
    if key == "default" and type in WHOLE and value != int(value):
        raise ValueError(f"{type} are counted whole")
    return value


def _rows(given: Mapping[str, str]) -> Iterator[int]:
    numbers = {at.split(".")[1] for at in given if at.startswith("params.")}
    yield from sorted(int(each) for each in numbers if each.isdecimal())


def _example(line: str) -> dict[str, Any]:
    """``fact: value; fact: value``, or what YAML writes between braces."""
    text = line.strip()
    if text.startswith("{"):
        try:
            found = parse(text, "example").data
        except SettingsError as error:
            raise ValueError(error.problems[0].message) from None
        if not isinstance(found, dict):
            raise ValueError(f'"{text}" is no example')
        return found
    example: dict[str, Any] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, mark, value = (each.strip() for each in part.partition(":"))
        if not mark or not name:
            raise ValueError(f'write "fact: value"; read "{part.strip()}"')
        example[name] = _WORDS[value] if value in _WORDS else scalar(value)
    return example


def _example_line(example: Any) -> str:
    if not isinstance(example, Mapping):
        return str(example)
    if any(isinstance(value, (dict, list)) or (isinstance(value, str) and ";" in value)
           for value in example.values()):  # fmt: skip
        return _flow(example)
    words = {None: EMPTY, "?": UNKNOWN, True: "yes", False: "no"}
    parts = []
    for name, value in example.items():
        said = words[value] if value is None or isinstance(value, bool) or value == "?" else value
        parts.append(f"{name}: {said}")
    return "; ".join(parts)


def _flow(value: Any) -> str:
    """YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return yaml_of({"x": value})[3:].strip()
    return str(value)


def bad_name(name: str) -> bool:
    """Whether a pack cannot be called so."""
    return _ID.fullmatch(name) is None or len(name) > LONGEST_NAME
