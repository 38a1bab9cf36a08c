"""The part of SOQL that an imitated Salesforce understands: parsing and deciding. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

Row = Mapping[str, Any]
Condition = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w.]*)|(?P<mark><=|>=|!=|[=<>(),]))"
)
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


class SoqlError(Exception):
    """A query that Salesforce would refuse, with its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Query:
    """A parsed query. `children` are the nested ones, by relationship."""

    object: str = ""
    paths: list[str] = field(default_factory=list)
    children: dict[str, list[str]] = field(default_factory=dict)
    counts: bool = False
    where: Condition | None = None
    filtered: dict[str, str] = field(default_factory=dict)  # path → the literal's type
    order: list[str] = field(default_factory=list)


class _Tokens:
    def __init__(self, soql: str) -> None:
        self.left: list[tuple[str, str]] = list(_tokens(soql))

    def peek(self) -> str:
        """The next token's text, in upper case; "" at the end."""
        return self.left[0][1].upper() if self.left else ""

    def next(self) -> tuple[str, str]:
        """Kind and text of the next token."""
        if not self.left:
            raise SoqlError("MALFORMED_QUERY", "unexpected token: '<EOF>'")
        return self.left.pop(0)

    def take(self, *texts: str) -> str:
        """The next token, which has to be one of these."""
        found = self.next()[1]
        if found.upper() not in texts:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{found}'")
        return found.upper()

    def name(self) -> str:
        """The next token, which has to be a name."""
        kind, found = self.next()
        if kind != "name":
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{found}'")
        return found


def _tokens(soql: str) -> Iterator[tuple[str, str]]:
    at = 0
    soql = soql.strip()
    while at < len(soql):
        hit = _TOKEN.match(soql, at)
        if hit is None:
            raise SoqlError("MALFORMED_QUERY", f"unexpected char: '{soql[at]}'")
        at = hit.end()
        yield str(hit.lastgroup), hit[str(hit.lastgroup)]


def parse(soql: str) -> Query:
    """A query.

    Raises:
        SoqlError: it is none.
    """
    tokens, query = _Tokens(soql), Query()
    tokens.take("SELECT")
    _selected(tokens, query)
    tokens.take("FROM")
    query.object = tokens.name()
    if tokens.peek() == "WHERE":
        tokens.take("WHERE")
        query.where = _either(tokens, query)
    if tokens.peek() == "ORDER":
        tokens.take("ORDER")
        tokens.take("BY")
        query.order.append(tokens.name())
        while tokens.peek() == ",":
            tokens.take(",")
            query.order.append(tokens.name())
    if tokens.left:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{tokens.next()[1]}'")
    return query


def _selected(tokens: _Tokens, query: Query) -> None:
    while True:
        if tokens.peek() == "(":
            tokens.take("(")
            tokens.take("SELECT")
            inner = Query()
            _selected(tokens, inner)
            tokens.take("FROM")
            query.children[tokens.name()] = inner.paths
            tokens.take(")")
        else:
            name = tokens.name()
            if name.upper() == "COUNT" and tokens.peek() == "(":
                tokens.take("(")
                tokens.take(")")
                query.counts = True
            else:
                query.paths.append(name)
        if tokens.peek() != ",":
            return
        tokens.take(",")


def _either(tokens: _Tokens, query: Query) -> Condition:
    """Salesforce takes AND and OR side by side only with parentheses around one of them."""
    first = _one(tokens, query)
    word = tokens.peek()
    if word not in ("AND", "OR"):
        return first
    parts = [first]
    while tokens.peek() in ("AND", "OR"):
        if tokens.peek() != word:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{tokens.peek()}'")
        tokens.take(word)
        parts.append(_one(tokens, query))
    decide = all if word == "AND" else any
    return lambda row: decide(part(row) for part in parts)


def _one(tokens: _Tokens, query: Query) -> Condition:
    if tokens.peek() == "(":
        tokens.take("(")
        inner = _either(tokens, query)
        tokens.take(")")
        return inner
    path = tokens.name()
    if tokens.peek() in ("IN", "NOT"):
        negated = tokens.take("IN", "NOT") == "NOT"
        if negated:
            tokens.take("IN")
        values = _list(tokens, query, path)
        return lambda row: (value_at(row, path) in values) != negated
    mark = tokens.take("=", "!=", "<", "<=", ">", ">=")
    right = _literal(tokens, query, path)
    return lambda row: _holds(value_at(row, path), mark, right)


def _list(tokens: _Tokens, query: Query, path: str) -> list[Any]:
    tokens.take("(")
    values = [_literal(tokens, query, path)]
    while tokens.take(",", ")") == ",":
        values.append(_literal(tokens, query, path))
    return values


def _literal(tokens: _Tokens, query: Query, path: str) -> Any:
    kind, found = tokens.next()
    query.filtered[path] = kind
    if kind == "text":
        value = found[1:-1]
        if path.endswith("Id") and not _ID.fullmatch(value):
            raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
        return value
    if kind == "time":
        return datetime.fromisoformat(found).astimezone(UTC)
    if kind == "day":
        return date.fromisoformat(found)
    if kind == "number":
        return float(found)
    words = {"TRUE": True, "FALSE": False, "NULL": None}
    if found.upper() not in words:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{found}'")
    return words[found.upper()]


def value_at(row: Row, path: str) -> Any:
    """A field of a row, or of its parent; times as instants."""
    held: Any = row
    for name in path.split("."):
        held = held.get(name) if isinstance(held, Mapping) else None
    if isinstance(held, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*[+]0000", held):
        return datetime.fromisoformat(held)
    return held


def _holds(left: Any, mark: str, right: Any) -> bool:
    if mark == "=":
        return bool(left == right)
    if mark == "!=":
        return bool(left != right)
    if left is None or right is None:
        return False
    return bool(
        {
            "<": left.__lt__, "<=": left.__le__, ">": left.__gt__, ">=": left.__ge__,
        }[mark](right)
    )  # fmt: skip
