"""What a flag keeps of its subject: who and what it is, and the values of the facts in use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.aggregates import measured
from sync_engine.rules.compile import compiled
from sync_engine.rules.dialect import Column, ascii_small, pairs
from sync_engine.rules.joins import PERSON as PERSON_TABLE
from sync_engine.rules.joins import (
    connection_of,
    identity_of,
    joined,
    portfolio_of,
    project_of,
    table,
)
from sync_engine.rules.measured import Measure
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.scan import Key
from sync_engine.rules.sources import Frame, StoreSource
from sync_engine.rules.syntax import Condition, Ref
from sync_engine.store.models import RawItem

CHUNK = 5_000
STREAMS = {"project": "projects", "milestone": "milestones", "sprint": "sprints"}
"""Where a subject was read; what is about a task was read with it, as far as its item tells."""
KNOWN = ("title", "key", "url", "project_id", "project", "portfolio", "owner", "owner_email",
         "identity_id", "tool", "connection", "read_at", "place")  # fmt: skip
"""What an item tells beside its facts, as far as its subject has it."""
ENDS = ("least", "most")
"""Between which a number lies that is counted of related tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A flagged subject as people know it, and its facts when it was assessed.

    `worse`: the standards by whose own condition it is a more severe case. `place`: the project
    that it names, whether or not we know it.
    """

    connection_id: int | None
    id: str
    title: str
    key: str | None = None
    url: str | None = None
    project_id: str | None = None
    project: str | None = None
    portfolio: str | None = None
    owner: str | None = None
    owner_email: str | None = None
    identity_id: int | None = None
    tool: str | None = None
    connection: str | None = None
    read_at: datetime | None = None
    values: Mapping[str, Any]
    worse: frozenset[str] = frozenset()
    place: str | None = None


def chunks(keys: Sequence[Key], size: int = CHUNK) -> Iterator[str]:
    """Lists of subjects as the documents that limit a statement to them."""
    for start in range(0, len(keys), size):
        yield json.dumps(keys[start : start + size])


class Describer:
    """Tells what flags keep of subjects of one kind, a batch at a time."""

    def __init__(
        self,
        connection: sa.Connection,
        frame: Frame,
        subject: str,
        refs: Sequence[Ref],
        worse: Mapping[str, Condition] | None = None,
        counted: Sequence[Measure] = (),
    ) -> None:
        """Of these facts.

        Args:
            worse: by standard: the condition under which it is a more severe case.
            counted: what is told of related tasks; each costs a join.
        """
        limited = replace(frame, only=pairs(frame.dialect))
        self._connection = connection
        self._statement = _statement(limited, subject, refs, worse or {}, counted)
        names = list(self._statement.selected_columns.keys())
        self._reader = _Reader(subject, names, refs, tuple(worse or ()), counted)

    def batch(self, keys: Iterable[Key]) -> Iterator[tuple[Key, Item]]:
        """The subjects with these keys, as far as they are there; at most `CHUNK`."""
        document = json.dumps(sorted(keys))  # in order: neighbours lie together in the store
        rows = self._connection.execute(self._statement, {"document": document})
        return map(self._reader.read, rows.all())


def items(
    connection: sa.Connection,
    frame: Frame,
    subject: str,
    keys: Iterable[Key],
    refs: Sequence[Ref],
    counted: Sequence[Measure] = (),
) -> dict[Key, Item]:
    """The subjects with these keys, which are few; see `Describer`."""
    describer = Describer(connection, frame, subject, refs, counted=counted)
    left = iter(set(keys))
    found: dict[Key, Item] = {}
    while batch := list(islice(left, CHUNK)):
        found.update(describer.batch(batch))
    return found


def _statement(
    frame: Frame, subject: str, refs: Sequence[Ref], worse: Mapping[str, Condition],
    counted: Sequence[Measure],
) -> sa.Select[Any]:  # fmt: skip
    source = source_of(frame, subject)
    columns = [column.label(name) for name, column in _columns(source).items()]
    for number, ref in enumerate(refs):
        value = source.value(ref)
        shown = value.expr if value.shown is None else value.shown
        if value.known is not None and not isinstance(value.known, sa.False_):
            shown = sa.case((value.known, shown))
        elif value.known is not None:
            shown = sa.null()
        columns.append(shown.label(f"fact_{number}"))
    for number, measure in enumerate(counted):
        bounds = measured(measure.count, source, compiled)
        columns += [each.label(f"{end}_{number}") for end, each in zip(ENDS, bounds, strict=True)]
    for number, condition in enumerate(worse.values()):
        columns.append(sa.case((compiled(condition, source), 1), else_=0).label(f"worse_{number}"))
    live = source.live()
    return sa.select(*columns).select_from(source.origin).where(live)


def _columns(source: StoreSource) -> dict[str, Column]:
    base = source.base.c
    if source.subject == "person":
        return {
            "connection_key": base.id, "id_key": sa.literal(""), "title": base.name,
            "owner": base.name, "owner_email": base.email, "identity_id": base.id,
        }  # fmt: skip
    if source.subject == "connection":
        return {
            "connection_key": base.id, "id_key": sa.literal(""), "title": base.name,
            "tool": base.connector, "connection": base.name, "read_at": base.complete_at,
        }  # fmt: skip
    if source.subject == "portfolio":
        return {"connection_key": base.nowhere, "id_key": base.id, "title": base.name,
                "portfolio": base.name}  # fmt: skip
    return {**_record(source), **_owner(source)}


def _record(source: StoreSource) -> dict[str, Column]:
    base = source.base.c
    project = source.base if source.subject == "project" else project_of(source)
    row = connection_of(source)

    def raw() -> tuple[Any, Any]:
        item = table(RawItem).alias("raw")
        return item, sa.and_(
            item.c.connection_id == base.connection_id,
            item.c.stream == STREAMS.get(source.subject, "tasks"),
            item.c.item_id == base.item_id,
        )

    return {
        "connection_key": base.connection_id,
        "id_key": base.id,
        "title": base.title if "title" in base else base.name,
        "key": base.key if "key" in base else sa.null(),
        "url": base.url if "url" in base else sa.null(),
        "project_id": project.c.id,
        "place": base.id if source.subject == "project" else base.project_id,
        "project": project.c.name,
        "portfolio": portfolio_of(source, project),
        "tool": row.c.connector,
        "connection": row.c.name,
        "read_at": sa.func.coalesce(source.join("raw", raw).c.read_at, base.written_at),
    }


def _owner(source: StoreSource) -> dict[str, Column]:
    if "owner_id" not in source.base.c:
        return {}
    account = joined(source, "owner_id_account", PERSON_TABLE, "owner_id")
    human = identity_of(source, "owner_id_identity", account)
    return {
        "owner": sa.func.coalesce(human.c.name, account.c.name, source.base.c.owner_id),
        "owner_email": sa.func.coalesce(human.c.email, account.c.email),
        "identity_id": account.c.identity_id,
    }


class _Reader:
    """Reads the rows of one statement by position: there may be very many."""

    def __init__(
        self, subject: str, columns: Sequence[str], refs: Sequence[Ref], worse: Sequence[str],
        counted: Sequence[Measure],
    ) -> None:  # fmt: skip
        self._is_shared, self._worse = subject in facts.SHARED, worse
        self._whole = subject in ("person", "connection")
        at = {name: position for position, name in enumerate(columns)}
        self._connection, self._id = at["connection_key"], at["id_key"]
        self._known = [(name, at[name]) for name in KNOWN if name in at]
        self._facts = [
            (f"field {ref.name}" if ref.is_field else ref.name, at[f"fact_{number}"],
             ref.name if ref.is_field else None)
            for number, ref in enumerate(refs)
        ]  # fmt: skip
        least, most = ([at[f"{end}_{number}"] for number in range(len(counted))] for end in ENDS)
        self._counted = list(zip(counted, least, most, strict=True))
        self._first_worse = len(columns) - len(worse)

    def read(self, row: Sequence[Any]) -> tuple[Key, Item]:
        """A row's key, and what it tells."""
        connection_id, id = row[self._connection], row[self._id]
        values = {
            name: row[at] if field is None else _of_field(row[at], field)
            for name, at, field in self._facts
        }
        for each, least, most in self._counted:
            values[each.words] = _between(row[least], row[most], each.count.kind == "count")
        is_worse = zip(self._worse, row[self._first_worse :], strict=True)
        item = Item(
            connection_id=None if self._is_shared else connection_id,
            id=str(connection_id) if self._whole else id,
            values=values,
            worse=frozenset(standard for standard, holds in is_worse if holds),
            **{name: row[at] for name, at in self._known},
        )
        return (connection_id, id), item


def _between(least: Any, most: Any, is_whole: bool) -> Any:
    """A counted number, or the two between which it lies; None: nobody can say. Databases differ
    in how they divide, from the seventh place on."""
    if least is None or most is None:
        return None
    low, high = (int(each) if is_whole else round(float(each), 6) for each in (least, most))
    return low if low == high else [low, high]


def _of_field(custom: Any, name: str) -> Any:
    wanted = ascii_small(name)
    for entry in custom or ():
        if wanted in (ascii_small(str(entry.get("name"))), ascii_small(str(entry.get("id")))):
            return entry.get("value")
    return None


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
