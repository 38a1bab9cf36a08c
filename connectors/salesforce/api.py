"""Questions to Salesforce's REST API, and answers checked for their shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.salesforce.answers import QueryTooLong, attribute, clock
from connectors.salesforce.kinds import Kind, base
from connectors.salesforce.values import ID, text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import CursorExpired, Unavailable, Unexpected

VERSION = "v62.0"
DATA = f"/services/data/{VERSION}"
IN_LIST = 200  # ids of one question: an address may have 16,384 bytes


@dataclass(frozen=True, slots=True)
class Described:
    """An object as this account sees it. `at`: the server's time."""

    object: str
    prefix: str | None
    fields: Mapping[str, Json]
    at: datetime

    def hidden(self, paths: Sequence[str]) -> list[str]:
        """Which of the fields this account cannot read."""
        return [path for path in paths if base(path) not in self.fields]


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def object(self, path: str, scope: str | None = None) -> tuple[Json, datetime]:
        """One object, and the server's time."""
        answer = self._http.request("GET", path, scope=scope)
        return _mapping(answer, path), _time(answer)

    def count(self, object: str, where: str) -> tuple[int, datetime]:
        """How many rows there are, deleted and archived ones too, and the server's time."""
        path, params = f"{DATA}/queryAll", {"q": soql("COUNT()", object, where)}
        answer = self._http.request("GET", path, params=params, scope=object)
        total = _mapping(answer, path).get("totalSize")
        if isinstance(total, bool) or not isinstance(total, int):
            raise Unexpected(f"Salesforce does not say how many there are of {object}.")
        return total, _time(answer)

    def batches(self, object: str, question: str) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """The rows of a query with what had to be cleaned in them, to Salesforce's own end mark.

        Raises:
            CursorExpired: Salesforce has forgotten where the query stood.
            QueryTooLong: it takes more than two minutes.
            Unavailable: fewer rows came than were announced.
        """
        path: str = f"{DATA}/queryAll"
        params: Mapping[str, Any] | None = {"q": question}
        seen: set[str] = set()
        got = 0
        while True:
            answer = self._http.request("GET", path, params=params, scope=object)
            data = _mapping(answer, path)
            rows = _rows(data, object)
            for row in rows:
                self._complete(row, object)
            got += len(rows)
            following = text(data.get("nextRecordsUrl"))
            if data.get("done") is True:
                break
            if data.get("done") is not False or following is None:
                raise Unexpected(f"Salesforce does not say whether {object} goes on.", scope=object)
            if following in seen:
                raise Unexpected(f"Salesforce gives {object} again and again.", scope=object)
            seen.add(following)
            yield rows, answer.altered
            path, params = following, None
        if got != data.get("totalSize"):
            raise Unavailable(
                f"Salesforce gave {got} rows of {object}, and had announced"
                f" {data.get('totalSize')}.",
                scope=object,
            )
        yield rows, answer.altered

    def rows(self, object: str, question: str) -> list[dict[str, Any]]:
        """All rows of a query that gives few: there is no place in it to go on from."""
        try:
            return [row for batch, _ in self.batches(object, question) for row in batch]
        except (CursorExpired, QueryTooLong) as error:
            raise Unavailable(error.message, scope=object) from None

    def by_id(self, object: str, select: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of these ids that there are, deleted ones too. What is no id is not asked."""
        known = [id for id in dict.fromkeys(ids) if ID.fullmatch(id)]
        for first in range(0, len(known), IN_LIST):
            listed = ", ".join(f"'{id}'" for id in known[first : first + IN_LIST])
            yield from self.rows(object, soql(select, object, f"Id IN ({listed})"))

    def describe(self, object: str) -> Described:
        """An object with the fields that this account may read."""
        path = f"{DATA}/sobjects/{object}/describe"
        data, at = self.object(path, object)
        fields = data.get("fields")
        if data.get("name") != object or not isinstance(fields, list):
            raise Unexpected(f"Salesforce's description of {object} is none.", scope=object)
        named = {str(each["name"]): each for each in fields if _has_text(each, "name")}
        return Described(object, text(data.get("keyPrefix")), named, at)

    def visible(self) -> dict[str, str]:
        """Objects that this account may query, with their names for people."""
        data, _ = self.object(f"{DATA}/sobjects")
        listed = data.get("sobjects")
        if not isinstance(listed, list) or not all(_has_text(each, "name") for each in listed):
            raise Unexpected("Salesforce's list of objects is none.")
        return {
            each["name"]: text(each.get("labelPlural")) or each["name"]
            for each in listed
            if each.get("queryable") is not False
        }

    def _complete(self, row: dict[str, Any], object: str) -> None:
        """Children beyond the first batch of a nested query are fetched to the last."""
        for name, held in row.items():
            if isinstance(held, Mapping) and "done" in held and "records" in held:
                children, seen = dict(held), set[str]()
                records = list(_list_of_rows(children, object))
                while children.get("done") is not True:
                    following = text(children.get("nextRecordsUrl"))
                    if following is None or following in seen:
                        raise Unexpected(f"Salesforce does not end {name} of {object}.")
                    seen.add(following)
                    children = dict(self.object(following, object)[0])
                    records += _list_of_rows(children, object)
                row[name] = {"records": records}


def soql(select: str, object: str, where: str = "", order: str = "") -> str:
    """A query. All of it comes from this package, the options' checked names, Salesforce's own
    names of fields and ids of its shape: there is no text of a person's to be quoted."""
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {select} FROM {object}{condition}{f' ORDER BY {order}' if order else ''}"  # noqa: S608


def literal(at: datetime) -> str:
    """An instant as SOQL writes it: whole seconds, UTC, no quotes."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def within(kind: Kind, low: datetime | None, high: datetime | None, *, due_by: datetime) -> str:
    """The condition for what changed from `low` on and before `high`, and is of the stream.

    Args:
        due_by: what falls due by itself from `low` until then counts as changed, too.
    """
    changed = []
    if low is not None:
        changed.append(f"{kind.stamp} >= {literal(low)}")
    if high is not None:
        changed.append(f"{kind.stamp} < {literal(high)}")
    window = " AND ".join(changed)
    if kind.due is not None and low is not None:
        field, condition = kind.due
        due = f"{condition} AND {field} >= {literal(low)} AND {field} <= {literal(due_by)}"
        window = f"(({window}) OR ({due}))"
    return " AND ".join(each for each in (window, kind.where) if each)


def _has_text(each: object, name: str) -> bool:
    return isinstance(each, Mapping) and text(each.get(name)) is not None


def _mapping(answer: Answer, path: str) -> Json:
    if not isinstance(answer.data, Mapping):
        raise Unexpected(f"Salesforce's answer for {path.split('?')[0]} is not an object.")
    return answer.data


def _list_of_rows(data: Json, object: str) -> list[dict[str, Any]]:
    rows = data.get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unexpected(f"Salesforce's answer for {object} has no rows.", scope=object)
    return rows


def _rows(data: Json, object: str) -> list[dict[str, Any]]:
    """The rows of an answer; each says that it is of the object that was asked for."""
    rows = _list_of_rows(data, object)
    for row in rows:
        if attribute(row, "type") != object:
            raise Unexpected(
                f"Salesforce answers the question for {object} with another object.", scope=object
            )
    return rows


def _time(answer: Answer) -> datetime:
    at = clock(answer)
    if at is None:
        raise Unexpected("Salesforce's answer does not tell its time.")
    return at
