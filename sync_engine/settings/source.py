"""Reading a YAML file into plain values that know their place.

Only what a configuration needs is read: mappings, lists and scalars of YAML 1.2. Duplicate keys,
anchors, aliases, tags and several documents are refused, so that a file means what it says and a
small file cannot stand for a large value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20

Path_ = tuple[str | int, ...]
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_SIMPLE = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place, as a sentence without the place."""

    message: str
    place: Place | None = None


class SettingsError(Exception):
    """The configuration cannot be used. `problems` has everything that is wrong, in file order."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(self.lines()))

    def lines(self) -> Iterator[str]:
        """One sentence per problem, each with ``file:line:column``."""
        for problem in self.problems:
            at = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
            yield f"{self.file}{at}: {problem.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's values, and where each of them stands: the key of an option, an entry's start."""

    file: str
    data: Any
    places: dict[Path_, Place] = field(default_factory=dict)

    def place(self, path: Path_) -> Place | None:
        """The place of an option, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path)


def read(path: Path) -> Source:
    """Read a YAML file. Raises `SettingsError` for whatever is wrong with it as a file."""
    name = str(path)

    def refuse(message: str, place: Place | None = None) -> SettingsError:
        return SettingsError(name, [Problem(message, place)])

    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refuse(
            "there is no such file; write one with `flagstaff init`, or name yours with --config"
        ) from None
    except OSError as error:
        raise refuse(f"the file cannot be read ({error.strerror}); check its permissions") from None
    if len(raw) > MAX_BYTES:
        raise refuse(f"the file is larger than {MAX_BYTES // 1024**2} MB; is it the right one?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_of(raw[: error.start].decode("utf-8", "replace"))
        raise refuse("the file is not UTF-8 text; save it as UTF-8", place) from None
    if found := _UNPRINTABLE.search(text):
        raise refuse(
            f"the character U+{ord(found[0]):04X} cannot stand in a configuration; remove it",
            _place_of(text[: found.start()]),
        )
    return parse(text, name)


def parse(text: str, name: str) -> Source:
    """Read YAML text; `name` stands in errors."""
    try:
        return _Reader(name, YAML(typ="safe", pure=True).parse(text)).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else None
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise SettingsError(
            name, [Problem(f"this is not YAML: {what}; check indentation and quotes", place)]
        ) from None
    except YAMLError as error:
        raise SettingsError(name, [Problem(f"this is not YAML: {error}")]) from None


def _place_of(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Reader:
    """Builds values from parser events; nothing is ever expanded or constructed."""

    def __init__(self, name: str, events: Iterator[Event]) -> None:
        self.name = name
        self.events = events
        self.places: dict[Path_, Place] = {}
        self.documents = 0

    def refuse(self, event: Event, message: str) -> SettingsError:
        return SettingsError(self.name, [Problem(message, self.mark(event))])

    @staticmethod
    def mark(event: Event) -> Place:
        return Place(event.start_mark.line + 1, event.start_mark.column + 1)

    def document(self) -> Source:
        data: Any = None
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise self.refuse(
                        event, "a second document begins here; keep everything in one"
                    )
            elif isinstance(event, (NodeEvent, MappingEndEvent, SequenceEndEvent)):
                data = self.value(event, ())
        return Source(self.name, data, self.places)

    def value(self, event: Any, path: Path_) -> Any:
        self.places.setdefault(path, self.mark(event))
        if isinstance(event, AliasEvent):
            raise self.refuse(event, f"the alias *{event.anchor} is not allowed; write it out")
        if getattr(event, "anchor", None):
            raise self.refuse(event, f"the anchor &{event.anchor} is not allowed; write it out")
        if getattr(event, "tag", None) is not None:
            raise self.refuse(event, f"the tag {event.tag} is not allowed; write a plain value")
        if len(path) > MAX_DEPTH:
            raise self.refuse(event, f"values are nested deeper than {MAX_DEPTH} levels here")
        if isinstance(event, MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(path)
        return scalar(event.value) if event.implicit[0] else event.value

    def mapping(self, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self.refuse(event, "a key must be plain text")
            self.value(event, (*path, event.value, "(key)"))  # refuses anchors and tags on keys
            del self.places[*path, event.value, "(key)"]
            if event.value in found:
                first = self.places[*path, event.value]
                raise self.refuse(
                    event,
                    f'"{event.value}" is given twice, first in line {first.line}; keep one of them',
                )
            self.places[*path, event.value] = self.mark(event)
            found[event.value] = self.value(next(self.events), (*path, event.value))
        return found

    def sequence(self, path: Path_) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            found.append(self.value(event, (*path, len(found))))
        return found


def scalar(text: str) -> Any:
    """A plain scalar by the core rules of YAML 1.2: `no`, `012` and `12:30` stay text."""
    if text in _SIMPLE:
        return _SIMPLE[text]
    if _INT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return int(text)
    if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
