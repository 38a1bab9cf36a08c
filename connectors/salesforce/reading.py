"""How one of Salesforce's objects is read: everything, then what changed.

* The cursor is the server's time at the beginning of a read, less `OVERLAP`. A row's time of
  change is set within a transaction that may end ten minutes later; only then others see it.
* The newest window has no upper end: what is dated into the future is read too, and does not
  move the cursor, which follows the server's clock.
* A query that takes too long is asked for half of its window; a query whose place was forgotten
  goes on from the time of the last row that came.
* A turn in which nothing changed costs one request: the rows are counted first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.salesforce.answers import QueryTooLong
from connectors.salesforce.api import Api, Described, literal, soql, within
from connectors.salesforce.kinds import Kind, asked
from connectors.salesforce.options import SalesforceOptions
from connectors.salesforce.values import identifier, instant, text
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Unavailable, Unexpected
from connectors.sdk.records import Gone

OVERLAP = timedelta(minutes=10)
"""The longest that an Apex transaction may last (its limit of execution time)."""

LOOK_AHEAD = timedelta(hours=3)
"""The server's time is not known before it is asked, so what falls due by itself is counted this
far beyond the last turn; a turn that comes later than that reads without counting on it."""

BEGINNING = datetime(1999, 3, 1, tzinfo=UTC)  # Salesforce was founded then
NARROWEST = timedelta(minutes=1)
LONGEST_SELECT = 12_000
"""Characters of a list of fields: an address may have 16,384 bytes in all."""

UNREADABLE = frozenset({"address", "location", "base64", "complexvalue", "datacategorygroup"})
"""Types that a query cannot give together with others, or that say nothing to a person."""

Explain = Callable[[Json], Json]
"""What an item's body holds beside the row, so that it explains itself."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of an object. `signature` changes when other fields are read."""

    paths: tuple[str, ...]
    custom: Mapping[str, Json]
    signature: str

    def soql(self, kind: Kind, where: str) -> str:
        """The query, in the order in which changes are followed."""
        listed = ", ".join((*self.paths, *self.custom, *kind.nested))
        return soql(listed, kind.object, where, f"{kind.stamp}, Id")


def selection(kind: Kind, described: Described, config: SalesforceOptions) -> Selection:
    """The fields to ask for. What leads to the project is asked for in any case.

    Raises:
        NotVisible: a field that is needed is hidden from this account.
        Refused: there are more custom fields than one question can name.
    """
    needed = asked(kind, config.without)
    hidden = described.hidden(needed)
    if hidden:
        raise hidden_fields(kind.object, hidden)
    extras = [path for path in kind.extras if not described.hidden([path])]
    custom = custom_fields(kind, described, config.fields)
    if kind.custom:
        leading = project_lookups(described, config.project_object)[:1]
        custom |= {name: described.fields[name] for name in leading}
    paths = (*needed, *extras)
    if sum(len(name) + 2 for name in (*paths, *custom)) > LONGEST_SELECT:
        raise Refused(
            f"{kind.object} has {len(custom)} custom fields, more than one question can name.",
            remedy="Name those that you need in `fields`.",
        )
    told = "\n".join((*paths, *(f"{name} {each.get('type')}" for name, each in custom.items())))
    return Selection(paths, custom, hashlib.sha256(told.encode()).hexdigest()[:12])


def custom_fields(
    kind: Kind, described: Described, chosen: tuple[str, ...] | None
) -> dict[str, Json]:
    """The admin's own fields that are read, in Salesforce's order."""
    if not kind.custom:
        return {}
    return {
        name: field
        for name, field in described.fields.items()
        if field.get("custom") is True
        and field.get("type") not in UNREADABLE
        and (chosen is None or f"{kind.object}.{name}" in chosen)
    }


def project_lookups(described: Described, project: str | None) -> list[str]:
    """The object's own fields that lead to a project; the first of them tells it."""
    return [
        name
        for name, field in described.fields.items()
        if field.get("custom") is True
        and project is not None
        and project in (field.get("referenceTo") or ())
    ]


def hidden_fields(object: str, names: Sequence[str]) -> NotVisible:
    """That this account cannot read what is needed: as empty values they would be untrue."""
    listed = ", ".join(f"{object}.{name}" for name in names)
    return NotVisible(
        f"This account cannot read {listed}.",
        remedy="Give it read access to these fields (permission set, object settings), or name "
        "them in `without`, so that what depends on them counts as unknown.",
        scope=object,
    )


class Reading:
    """Reads one kind of a stream.

    Args:
        stream: for the tombstones.
        kind: what is asked.
        choose: the fields, of the object's description.
        explain: made once per read, when there is something to explain.
    """

    def __init__(
        self,
        api: Api,
        stream: str,
        kind: Kind,
        choose: Callable[[Described], Selection],
        explain: Callable[[Described, Selection], Explain],
    ) -> None:
        self._api = api
        self._stream = stream
        self._kind = kind
        self._choose = choose
        self._explain = explain

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Everything, or what changed since.

        Raises:
            CursorExpired: other fields are read than before, so everything has to be read anew.
        """
        kind, low, begun = self._kind, None, None
        if since is not None:
            low = datetime.fromisoformat(since["since"])
            until = low + LOOK_AHEAD
            count, begun = self._api.count(kind.object, within(kind, low, None, due_by=until))
            overlooked = kind.due is not None and begun > until
            if not count and not overlooked:
                yield Page(cursor=_cursor(since["fields"], low, begun - OVERLAP))
                return
        described = self._api.describe(kind.object)
        chosen = self._choose(described)
        if since is not None and since["fields"] != chosen.signature:
            raise CursorExpired(f"Salesforce shows other fields of {kind.object} than before.")
        explain = self._explain(described, chosen)
        begun = begun or described.at
        for rows, altered, reached in self._windows(chosen, low, begun):
            upto = _cursor(chosen.signature, low, min(reached, begun - OVERLAP))
            yield self.page(rows, explain, altered, upto)
        yield Page(cursor=_cursor(chosen.signature, low, begun - OVERLAP))

    def again(self, ids: Sequence[str]) -> Iterator[Page]:
        """These rows as they are now, whenever they changed."""
        described = self._api.describe(self._kind.object)
        chosen = self._choose(described)
        explain = self._explain(described, chosen)
        select = ", ".join((*chosen.paths, *chosen.custom, *self._kind.nested))
        yield self.page(list(self._api.by_id(self._kind.object, select, ids)), explain, 0, None)

    def ids(self) -> Iterator[list[str]]:
        """Every id that exists, the archived ones' too; none twice."""
        kind, seen = self._kind, set[str]()
        field = kind.prefix[0] if kind.prefix else kind.stamp
        described = self._api.describe(kind.object)
        paths = tuple(dict.fromkeys(("Id", kind.stamp, field)))
        if "IsDeleted" in described.fields:
            paths = (*paths, "IsDeleted")
        for rows, _, _ in self._windows(Selection(paths, {}, ""), None, described.at):
            found = [_id(row, kind) for row in rows if self._is_here(row)]
            yield [id for id in dict.fromkeys(found) if id not in seen]
            seen.update(found)

    def page(
        self, rows: Sequence[Json], explain: Explain, altered: int, cursor: Cursor | None
    ) -> Page:
        """Rows as items and tombstones."""
        items, gone = [], []
        for row in rows:
            id = _id(row, self._kind)
            if row.get("IsDeleted") is True:
                at = instant(row.get(self._kind.stamp))
                gone.append(Gone(id=id, stream=self._stream, reason="deleted", at=at))
            elif self._is_here(row):
                body = {"row": _bare(row), **explain(row)}
                items.append(Item(id, body, self._kind.scope, altered))
                altered = 0  # it is counted once, whichever row it was
        if self._kind.stamp == "CreatedDate":
            gone = []  # history only grows
        return Page(items, cursor, gone)

    def _is_here(self, row: Json) -> bool:
        """Whether a row exists and is of the stream."""
        if row.get("IsDeleted") is True:
            return False
        if self._kind.prefix is None:
            return True
        field, prefix = self._kind.prefix
        return (text(row.get(field)) or "").startswith(prefix)

    def _windows(
        self, chosen: Selection, low: datetime | None, now: datetime
    ) -> Iterator[tuple[list[dict[str, Any]], int, datetime]]:
        """Batches of rows, with the time up to which all has been read."""
        todo: list[tuple[datetime | None, datetime | None]] = [(low, None)]
        while todo:
            begin, end = todo.pop()
            reached = begin
            where = within(self._kind, begin, end, due_by=now)
            try:
                for rows, altered in self._api.batches(
                    self._kind.object, chosen.soql(self._kind, where)
                ):
                    if rows:
                        last = instant(rows[-1].get(self._kind.stamp))
                        if last is None:
                            raise Unexpected(f"A row of {self._kind.object} has no time of change.")
                        reached = max(last, reached or last)
                        yield rows, altered, reached
            except (CursorExpired, QueryTooLong) as error:
                todo += self._rest((begin, end), reached, now, error)

    def _rest(
        self,
        window: tuple[datetime | None, datetime | None],
        reached: datetime | None,
        now: datetime,
        error: CursorExpired | QueryTooLong,
    ) -> list[tuple[datetime | None, datetime | None]]:
        """The windows in which to go on, the first of them last."""
        begin, end = window
        if reached is not None and (begin is None or reached > begin):
            return [(reached, end)]
        low, high = begin or BEGINNING, end or now
        if isinstance(error, CursorExpired) or high - low < 2 * NARROWEST:
            raise Unavailable(error.message, scope=self._kind.object)
        middle = low + (high - low) / 2
        return [(middle, end), (begin, middle)]


def _cursor(signature: str, low: datetime | None, since: datetime) -> Cursor:
    """Where to go on; never before where this read began."""
    return {"since": literal(max(since, low or since)), "fields": signature}


def _id(row: Json, kind: Kind) -> str:
    id = identifier(row.get("Id"))
    if id is None:
        raise Unexpected(f"A row of {kind.object} has no id.", scope=kind.object)
    return id


def _bare(row: Json) -> dict[str, Any]:
    """A row without what Salesforce says of it beside its fields."""
    return {name: value for name, value in row.items() if name != "attributes"}
