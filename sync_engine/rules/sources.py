"""Where facts come from: the store's tables, joined as far as the facts in use need them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import Column, FieldRows, Truth
from sync_engine.rules.facts import Fact
from sync_engine.rules.syntax import Ref
from sync_engine.store.models import ProjectRow

_project = ProjectRow.__table__  # type: ignore[attr-defined]

_ALONE = {"assignee_ids": "owner_id"}
"""Where a field of tasks is a list: the column that is NULL when the list is empty."""

NULL: Truth = sa.cast(sa.null(), sa.Boolean)
"""The third answer: unknown."""


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """What an assessment must know of a connection.

    Args:
        read: it is in force; an entry of the console that is left out is not.
    """

    id: int
    name: str
    connector: str
    provides: Mapping[str, frozenset[str]]
    fresh: bool = True
    interval: timedelta | None = None
    read: bool = True

    def has(self, needs: Iterable[str]) -> bool:
        """Whether its tool provides all of these fields ("task.due_on")."""
        return all(
            name in self.provides.get(kind, ())
            for kind, name in (need.split(".", 1) for need in needs)
        )


@dataclass(frozen=True)
class Frame:
    """What all conditions of one statement share.

    Args:
        connections: those that are configured; rows of others are not assessed.
        only: rows (connection_id, id) to which the subjects are limited.
        every: all rows of the store belong to these connections.
        lacking: fields of tasks ("due_on") that some project has no room for.
    """

    moment: Moment
    dialect: str
    connections: Sequence[ConnectionInfo] = ()
    only: sa.CTE | None = None
    every: bool = True
    lacking: frozenset[str] = frozenset()

    def provided(self, needs: Sequence[str], connection_id: Column) -> Truth | None:
        """Whether a row's tool provides what a fact needs; None: all of them do."""
        if not needs:
            return None
        having = [c.id for c in self.connections if c.has(needs)]
        if len(having) == len(self.connections):
            return None
        return connection_id.in_(having) if having else sa.false()

    def configured(self, connection_id: Column) -> Truth:
        """The row's connection is still configured."""
        if self.every:
            return sa.true()
        return connection_id.in_([c.id for c in self.connections])

    def start(
        self, table: sa.FromClause, connection_id: Column, id: Column | None
    ) -> sa.FromClause:
        """A table to aggregate, limited to the subjects in question.

        Subjects that are no records of a connection (people) stand as their number alone.
        """
        if self.only is None:
            return table
        matching = self.only.c.connection_id == connection_id
        if id is not None:
            matching = sa.and_(matching, self.only.c.id == id)
        return self.only.join(table, matching)


@dataclass(frozen=True, slots=True)
class Value:
    """A fact in SQL.

    Args:
        expr: its value, NULL when empty or unknown.
        known: whether it is known at all; None: for every row.
        null: what NULL means where the fact is known.
        names: further texts that count as equal to the value (a person's address).
        any: for facts with several values: some value meets a condition on its text.
        rows: for custom fields.
        shown: what evidence keeps.
    """

    type: str
    expr: Column
    known: Truth | None = None
    null: Literal["empty", "unknown"] = "empty"
    names: tuple[Column, ...] = ()
    any: Callable[[Callable[[Column], Truth]], Truth] | None = None
    rows: FieldRows | None = None
    shown: Column | None = None


class Source(Protocol):
    """What a condition is compiled against."""

    @property
    def frame(self) -> Frame:
        """What the statement's conditions share."""
        ...

    @property
    def subject(self) -> str:
        """What the facts are about."""
        ...

    def value(self, ref: Ref) -> Value:
        """A fact of the subject."""
        ...

    def tally(self, relation: str, measures: Measures) -> Tally:
        """Sums over the related records, 0 without any, and whether the relation is known."""
        ...

    def peers(self, per: Ref, measures: Measures) -> Tally:
        """Likewise of the records with the same value of `per`; NULL without that."""
        ...


Measures = Callable[[Source], Mapping[str, Column]]
"""From a source of related records to what is added up over them, by name."""

Tally = tuple[Mapping[str, Column], Truth | None]

Builder = Callable[["StoreSource"], "Value | Column"]


@dataclass
class StoreSource:
    """The FROM clause of one subject, growing with the facts that are asked for.

    Args:
        link: of related tasks: the kind of link.
        seen: whether a row is in our sight; where it is not, all but the link is unknown.
    """

    frame: Frame
    subject: str
    base: Any
    facts: Mapping[str, Fact]
    builders: Mapping[str, Builder]
    keys: tuple[str, str | None] = ("connection_id", "id")
    root: bool = True
    there: Callable[[StoreSource], Truth] | None = None
    link: Column | None = None
    seen: Truth | None = None
    relations: Mapping[str, Any] = field(default_factory=dict)
    _joins: dict[str, tuple[sa.FromClause, Truth]] = field(default_factory=dict)
    _values: dict[str, Value] = field(default_factory=dict)

    def join(self, name: str, make: Callable[[], tuple[Any, Truth]]) -> Any:
        """A table joined at most once; None of its columns decides whether a row is there."""
        if name not in self._joins:
            self._joins[name] = make()
        return self._joins[name][0]

    def unused(self, name: str) -> str:
        """A name for a join that no other use shares."""
        return f"{name} {len(self._joins)}"

    @property
    def origin(self) -> sa.FromClause:
        """The FROM clause, as far as it has grown. Ask for it last."""
        if not self.root:
            return self.joined_to(self.base)
        first, second = self.keys
        id = None if second is None else self.base.c[second]
        return self.joined_to(self.frame.start(self.base, self.base.c[first], id))

    def joined_to(self, found: sa.FromClause) -> sa.FromClause:
        """What holds the base, joined to all that facts need."""
        for table, on in self._joins.values():
            found = found.outerjoin(table, on)
        return found

    def live(self) -> Truth:
        """Neither gone nor of a connection that is no longer configured."""
        if self.there is not None:
            return self.there(self)
        here: Truth = self.base.c.gone_at.is_(None)
        return sa.and_(here, self.frame.configured(self.base.c.connection_id))

    def value(self, ref: Ref) -> Value:
        """A fact of the subject."""
        if ref.is_field:
            return self._field(ref.name)
        if ref.name not in self._values:
            self._values[ref.name] = self._build(ref.name)
        return self._values[ref.name]

    def uses(self, name: str) -> bool:
        """Whether a fact was asked for."""
        return name in self._values

    def _build(self, name: str) -> Value:
        if name == "link" and self.link is not None:
            return Value("word", self.link)
        fact = self.facts[name]
        built = self.base.c[fact.column] if fact.column is not None else self.builders[name](self)
        if not isinstance(built, Value):
            built = Value(fact.type, built, null=fact.null)
        known = both(self._provided(fact.needs), built.known)
        return replace(built, known=both(self.seen, known))

    def _provided(self, needs: Sequence[str]) -> Truth | None:
        if "connection_id" not in self.base.c:
            return None  # people and connections: their builders know better
        provided = self.frame.provided(needs, self.base.c.connection_id)
        return both(provided, self._has_room(needs))

    def _has_room(self, needs: Sequence[str]) -> Truth | None:
        if self.subject not in ("task", "request"):
            return None
        return self.room("room", self.base, needs)

    def room(self, join: str, task: Any, needs: Sequence[str]) -> Truth | None:
        """Whether a row of tasks holds what a fact needs, or its project can; None: every project
        can. `join` names the project's row in the FROM clause."""
        lacking = [
            name
            for kind, name in (need.split(".", 1) for need in needs)
            if kind == "task" and name in self.frame.lacking
        ]
        if not lacking:
            return None

        def make() -> tuple[Any, Truth]:
            project = _project.alias()
            on = sa.and_(
                project.c.connection_id == task.c.connection_id,
                project.c.id == task.c.project_id,
            )
            return project, on

        said = sa.cast(self.join(join, make).c.lacks, sa.Text)
        missing = sa.or_(
            *(
                sa.and_(
                    said.contains(f'"{name}"', autoescape=True),
                    task.c[_ALONE.get(name, name)].is_(None),
                )
                for name in lacking
            )
        )
        return sa.or_(said.is_(None), sa.not_(missing))

    def _field(self, name: str) -> Value:
        key = f"field {name}"
        if key not in self._values:
            rows = FieldRows(self.base.c.custom, name, self.frame.dialect)
            kind = "task" if self.subject == "request" else self.subject
            known = both(self._provided((f"{kind}.custom",)), rows.present())
            known = both(self.seen, known)
            self._values[key] = Value(
                "field", sa.null(), known=known, rows=rows, shown=self.base.c.custom
            )
        return self._values[key]

    def tally(self, relation: str, measures: Measures) -> Tally:
        """See `Source`."""
        return self.relations[relation](self, measures)  # type: ignore[no-any-return]

    def peers(self, per: Ref, measures: Measures) -> Tally:
        """See `Source`."""
        return self.relations[f"per {per.name}"](self, measures)  # type: ignore[no-any-return]


def both(first: Truth | None, second: Truth | None) -> Truth | None:
    """Known only when both are; None is known always."""
    if first is None or second is None:
        return second if first is None else first
    return sa.and_(first, second)


def guarded(known: Truth | None, answer: Truth) -> Truth:
    """The answer where the fact is known, else NULL."""
    if known is None:
        return answer
    return NULL if isinstance(known, sa.False_) else sa.case((known, answer))
