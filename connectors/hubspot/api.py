"""Questions to HubSpot's API, and answers checked for their shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot.answers import clock
from connectors.hubspot.values import identifier, mapping, objects, text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unexpected

OBJECTS = "/crm/v3/objects"
LISTED = 100
OWNERS = 500
FOUND = 200
READ = 100
READ_WITH_HISTORY = 50

_NOTHING_THERE = "OBJECT_NOT_FOUND"
"""What a batch says of a record that is gone by now, and of one with no associations."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list. `after`: where it goes on; None: nowhere. `at`: the server's time."""

    rows: list[Json]
    after: str | None
    at: datetime
    altered: int = 0


class Api:
    """Reads through the HTTP door; raises `Unexpected` for what is not of the promised shape."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def account(self) -> tuple[Json, datetime | None]:
        """What HubSpot says of the account, and its time."""
        answer = self._http.request("GET", "/account-info/v3/details")
        return _mapping(answer, "the account"), clock(answer)

    def pages(
        self,
        path: str,
        limit: int,
        *,
        archived: bool,
        after: str | None = None,
        scope: str | None = None,
    ) -> Iterator[Slice]:
        """The pages of a list, to the first that names no next one.

        Args:
            archived: list what was deleted; else what was not.
        """
        seen: set[str] = set()
        while True:
            asked = {"limit": limit, "archived": str(archived).lower(), "after": after}
            answer = self._http.request("GET", path, params=asked, scope=scope)
            rows, after = _rows(answer, path, scope), _after(answer)
            if any(row.get("archived", archived) is not archived for row in rows):
                raise Unexpected(f"HubSpot lists in {path} what was not asked for.", scope=scope)
            yield Slice(rows, after, _time(answer), answer.altered)
            if after is None:
                return
            if after in seen:
                raise Unexpected(f"HubSpot gives pages of {path} again and again.", scope=scope)
            seen.add(after)

    def records(
        self, object: str, *, archived: bool = False, after: str | None = None
    ) -> Iterator[Slice]:
        """The ids of all records, or of what is in the recycle bin."""
        path = f"{OBJECTS}/{object}"
        return self.pages(path, LISTED, archived=archived, after=after, scope=object)

    def probe(self, object: str) -> None:
        """Ask for one record.

        Raises:
            NotVisible: this account does not see the object, or has none such.
        """
        self._http.request("GET", f"{OBJECTS}/{object}", params={"limit": 1}, scope=object)

    def owners(self) -> Iterator[list[Json]]:
        """Those who may have records, in pages: first those who have left."""
        for archived in (True, False):
            for page in self.pages("/crm/v3/owners", OWNERS, archived=archived):
                yield page.rows

    def settings(self, what: str, object: str) -> list[Json]:
        """The `pipelines` or `properties` of an object, which come all at once."""
        path = f"/crm/v3/{what}/{object}"
        answer = self._http.request("GET", path, scope=object)
        if _after(answer) is not None:
            raise Unexpected(f"HubSpot does not end {path}.", scope=object)
        return _rows(answer, path, object)

    def search(
        self, object: str, filters: Sequence[Json], sort: str, properties: Sequence[str]
    ) -> tuple[list[Json], bool]:
        """The first records that pass all filters, and whether there are more."""
        path = f"{OBJECTS}/{object}/search"
        question = {
            "filterGroups": [{"filters": list(filters)}],
            "sorts": [sort],
            "properties": list(properties),
            "limit": FOUND,
        }
        answer = self._http.request("POST", path, json=question, scope=object)
        return _rows(answer, path, object), _after(answer) is not None

    def read(
        self,
        object: str,
        ids: Sequence[str],
        properties: Sequence[str] = (),
        history: Sequence[str] = (),
        *,
        archived: bool = False,
    ) -> Iterator[tuple[Json, int]]:
        """Those of these records that there are, with what had to be cleaned in them."""
        path, size = f"{OBJECTS}/{object}/batch/read", READ_WITH_HISTORY if history else READ
        for first in range(0, len(ids), size):
            question = {
                "inputs": [{"id": id} for id in ids[first : first + size]],
                "properties": list(properties),
                "propertiesWithHistory": list(history),
            }
            answer = self._http.request(
                "POST", path, json=question, params={"archived": str(archived).lower()},
                scope=object,
            )  # fmt: skip
            _check_errors(answer, path, object)
            altered = answer.altered
            for row in _rows(answer, path, object):
                yield row, altered
                altered = 0  # it is counted once, whichever record it was

    def associated(self, object: str, other: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Which records of another object these are associated with; none twice."""
        path = f"/crm/v4/associations/{object}/{other}/batch/read"
        found: dict[str, list[str]] = {}
        asked: set[tuple[str, str | None]] = set()
        inputs: list[dict[str, str]] = [{"id": id} for id in ids]
        while inputs:
            asked |= {(each["id"], each.get("after")) for each in inputs}
            answer = self._http.request("POST", path, json={"inputs": inputs}, scope=other)
            _check_errors(answer, path, other)
            inputs = []
            for row in _results(answer, path, other):
                id = identifier(mapping(row.get("from")).get("id"))
                to = [identifier(each.get("toObjectId")) for each in objects(row.get("to"))]
                if id is None or None in to:
                    raise Unexpected(f"HubSpot does not say what {path} is of.", scope=other)
                held = found.setdefault(id, [])
                held += [each for each in dict.fromkeys(to) if each and each not in held]
                after = text(mapping(mapping(row.get("paging")).get("next")).get("after"))
                if after is not None:
                    if (id, after) in asked:
                        raise Unexpected(f"HubSpot gives {path} again and again.", scope=other)
                    inputs.append({"id": id, "after": after})
        return found


def _mapping(answer: Answer, what: str) -> Json:
    if not isinstance(answer.data, Mapping):
        raise Unexpected(f"HubSpot's answer for {what} is not an object.")
    return answer.data


def _results(answer: Answer, path: str, scope: str | None) -> list[Json]:
    rows = _mapping(answer, path).get("results")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Unexpected(f"HubSpot's answer for {path} has no results.", scope=scope)
    return rows


def _rows(answer: Answer, path: str, scope: str | None) -> list[Json]:
    """The results, each of which says what it is."""
    rows = _results(answer, path, scope)
    if not all(identifier(row.get("id")) or text(row.get("name")) for row in rows):
        raise Unexpected(f"A result of {path} has no id.", scope=scope)
    return rows


def _after(answer: Answer) -> str | None:
    """Where a list goes on; a list that does not has no `paging`, or an empty one."""
    paging = mapping(mapping(answer.data).get("paging"))
    return identifier(mapping(paging.get("next")).get("after"))


def _check_errors(answer: Answer, path: str, scope: str) -> None:
    """A batch may fail in part, with a status that says that all is well."""
    for error in objects(_mapping(answer, path).get("errors")):
        if error.get("category") != _NOTHING_THERE:
            said = text(error.get("message")) or "no reason given"
            raise Unexpected(f"HubSpot answers {path} only in part: {said[:200]}", scope=scope)


def _time(answer: Answer) -> datetime:
    at = clock(answer)
    if at is None:
        raise Unexpected("HubSpot's answer does not tell its time.")
    return at
