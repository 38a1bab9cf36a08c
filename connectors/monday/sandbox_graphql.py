"""As much of GraphQL as the imitation of monday.com needs: a reader of queries, and their answer.

Objects are dictionaries. A value that is callable takes the field's arguments; `__typename`
decides which fragments apply; a field that an object does not have is an error, as in the tool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

_TOKEN = re.compile(
    r'\s*(?:#[^\n]*\s*)*(?P<word>\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|[{}()\[\]:,$!=@])'
)
_CONSTANTS = {"true": True, "false": False, "null": None}


class QueryError(Exception):
    """A query that the tool would refuse."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` in the place of a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """A field with its alias and arguments; or, with `on` or `spread`, a fragment."""

    name: str = ""
    alias: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[Select] = ()
    on: str = ""
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A query and its fragments."""

    fields: Sequence[Select]
    fragments: Mapping[str, Select]


def parse(text: str) -> Document:
    """Read a query.

    Raises:
        QueryError: it is none.
    """
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        end, text = 0, text.rstrip()
        while end < len(text):
            found = _TOKEN.match(text, end)
            if found is None:
                raise QueryError(f"Parse error near {text[end : end + 20]!r}")
            end = found.end()
            if found["word"] != ",":
                self.tokens.append(found["word"])
        self.at = 0

    def document(self) -> Document:
        fields: Sequence[Select] = ()
        fragments: dict[str, Select] = {}
        while self.at < len(self.tokens):
            word = self.take()
            if word == "fragment":
                name = self.take()
                self.take("on")
                fragments[name] = Select(on=self.take(), fields=self.selection())
            elif word == "query":
                while self.peek() != "{":
                    self.take()  # the name, and what the variables are
                fields = self.selection()
            elif word == "{":
                self.at -= 1
                fields = self.selection()
            else:
                raise QueryError(f"Parse error near {word!r}")
        return Document(fields, fragments)

    def selection(self) -> list[Select]:
        self.take("{")
        found = []
        while self.peek() != "}":
            found.append(self.select())
        self.take("}")
        return found

    def select(self) -> Select:
        name = self.take()
        if name == "...":
            if self.peek() == "on":
                self.take("on")
                return Select(on=self.take(), fields=self.selection())
            return Select(spread=self.take())
        alias = name
        if self.peek() == ":":
            self.take(":")
            name = self.take()
        args: dict[str, Any] = {}
        if self.peek() == "(":
            self.take("(")
            while self.peek() != ")":
                key = self.take()
                self.take(":")
                args[key] = self.value()
            self.take(")")
        return Select(name, alias, args, self.selection() if self.peek() == "{" else ())

    def value(self) -> Any:
        word = self.take()
        if word == "$":
            return Variable(self.take())
        if word == "[":
            held = []
            while self.peek() != "]":
                held.append(self.value())
            self.take("]")
            return held
        if word == "{":
            made = {}
            while self.peek() != "}":
                key = self.take()
                self.take(":")
                made[key] = self.value()
            self.take("}")
            return made
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word[0] == '"' or word[0] == "-" or word[0].isdigit():
            return orjson.loads(word)
        return word  # an enumeration's

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        word = self.peek()
        if not word or (expected and word != expected):
            raise QueryError(f"Parse error: {expected or 'more'} expected, not {word!r}")
        self.at += 1
        return word


class Answering:
    """Answers a document over objects; counts what it gave."""

    def __init__(self, document: Document, variables: Mapping[str, Any]) -> None:
        self._document = document
        self._variables = variables
        self.given = 0

    def answer(self, root: Mapping[str, Any]) -> dict[str, Any]:
        """The data of the query."""
        return self._object(root, self._document.fields)

    def _object(self, held: Mapping[str, Any], fields: Sequence[Select]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for each in fields:
            if each.spread:
                fragment = self._document.fragments.get(each.spread)
                if fragment is None:
                    raise QueryError(f"Fragment {each.spread} was used, but not defined")
                made.update(self._object(held, fragment.fields))
            elif each.on:
                if held.get("__typename") == each.on:
                    made.update(self._object(held, each.fields))
            else:
                made[each.alias] = self._field(held, each)
        return made

    def _field(self, held: Mapping[str, Any], each: Select) -> Any:
        if each.name not in held:
            kind = held.get("__typename", "Query")
            raise QueryError(f"Cannot query field {each.name!r} on type {kind!r}.")
        self.given += 1
        value = held[each.name]
        args = {name: self._given(value) for name, value in each.args.items()}
        return self._value(value(args) if callable(value) else value, each)

    def _value(self, value: Any, each: Select) -> Any:
        if isinstance(value, list):
            return [self._value(one, each) for one in value]
        if isinstance(value, Mapping) and each.fields:
            return self._object(value, each.fields)
        return value

    def _given(self, value: Any) -> Any:
        if isinstance(value, Variable):
            return self._variables.get(value.name)
        if isinstance(value, list):
            return [self._given(one) for one in value]
        if isinstance(value, dict):
            return {name: self._given(one) for name, one in value.items()}
        return value
