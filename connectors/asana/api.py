"""Asana's protocol over the HTTP door: envelopes, pages, batches and the events feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.asana.values import gid, objects, part, text
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import CursorExpired, NotVisible, Unavailable, Unexpected

LIMIT = 100
"""Rows a page: the most that Asana gives."""
BATCH = 8
"""Actions a batch. Asana allows 10 and runs them side by side, 50 at most for one credential:
8 in each of 6 lanes stays below."""
ROUNDS = 100_000
"""A list of ten million rows; beyond that something goes round in circles."""
EMPTY = 3
"""Empty pages in a row that say "more" and are followed."""
HIDDEN = (403, 404, 451)
REMEDY = (
    "Open the project in Asana and share it with the account whose token Flagstaff uses, "
    "or take it out of this connection's projects."
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list, or the object that one action of a batch gave.

    Args:
        rows: the resources, each with its gid.
        offset: Asana's token for the next page; None ends the list.
        status: the HTTP status; one of `HIDDEN` has no rows.
        at: Asana's clock when it answered.
        altered: how much the door had to clean in the answer.
        asked: the path, for a part of a batch.
    """

    rows: Sequence[Json]
    offset: str | None = None
    status: int = 200
    at: datetime | None = None
    altered: int = 0
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """One answer of the events feed: at most 100 events, and the token to go on from.

    `expired`: the token that was sent is unknown by now (or none was sent).
    """

    events: Sequence[Json]
    sync: str
    more: bool
    expired: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Action:
    """A GET inside a batch."""

    path: str
    fields: str
    params: Mapping[str, str] | None = None
    list: bool = False


class Api:
    """Reads Asana; keeps nothing but the door."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def one(self, path: str, fields: str) -> Rows:
        """A single resource."""
        answer = self._http.request("GET", path, params={"opt_fields": fields})
        return _rows(answer, [_envelope(answer.data).get("data")])

    def pages(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        scope: str | None = None,
        offset: str | None = None,
    ) -> Iterator[Rows]:
        """A list from its beginning, or from the page whose token was kept.

        Raises:
            CursorExpired: Asana no longer knows the token that was kept.
            NotVisible: the container `scope` may not be read.
            Unexpected: the list goes round in circles.
        """
        kept, seen, empty = offset, set[str](), 0
        for _ in range(ROUNDS):
            answer = self._http.request(
                "GET",
                path,
                params={**params, "limit": LIMIT, "offset": offset},
                accept=(*(HIDDEN if scope else ()), *((400,) if kept else ())),
                scope=scope,
            )
            if answer.status in HIDDEN:
                raise hidden(scope, answer.status)
            if answer.status == 400:
                if offset == kept:
                    raise CursorExpired(
                        f"Asana no longer knows the page of {path} where the last read ended.",
                        scope=scope,
                    )
                raise Unexpected(f"Asana refused a page of {path} that it had named.", scope=scope)
            envelope = _envelope(answer.data)
            page = _rows(answer, envelope.get("data"), _offset(envelope))
            yield page
            if page.offset is None:
                return
            empty = 0 if page.rows else empty + 1
            if page.offset in seen or empty > EMPTY:
                raise Unexpected(f"The pages of {path} at Asana go round in circles.", scope=scope)
            seen.add(page.offset)
            offset = page.offset
        raise Unexpected(f"The list {path} at Asana has no end.", scope=scope)

    def batch(self, actions: Sequence[Action]) -> Iterator[Rows]:
        """The answers to many GETs, in their order, in as few requests as Asana allows."""
        for start in range(0, len(actions), BATCH):
            chunk = actions[start : start + BATCH]
            answer = self._http.request(
                "POST", "/batch", json={"data": {"actions": [_action(each) for each in chunk]}}
            )
            parts = objects(_envelope(answer.data).get("data"))
            if len(parts) != len(chunk):
                raise Unexpected(
                    f"Asana answered {len(parts)} of {len(chunk)} questions asked in one batch."
                )
            for action, each in zip(chunk, parts, strict=True):
                yield _outcome(answer, action, each)

    def lists(self, actions: Sequence[Action]) -> Iterator[Rows]:
        """Whole lists, asked for in batches; what is longer than a page is read on singly.

        A list that may not be read comes as its status without rows.
        """
        for action, first in zip(actions, self.batch(actions), strict=True):
            rows = list(first.rows)
            if first.offset is not None:
                params = {**(action.params or {}), "opt_fields": action.fields}
                for page in self.pages(action.path, params, offset=first.offset):
                    rows.extend(page.rows)
            yield Rows(rows, None, first.status, first.at, first.altered)

    def events(self, project: str, sync: str | None) -> Feed:
        """What happened in a project since a token; without one, a token for now.

        Raises:
            NotVisible: the project may not be read.
        """
        answer = self._http.request(
            "GET",
            "/events",
            params={"resource": project, "sync": sync, "opt_fields": EVENT_FIELDS},
            accept=(412, *HIDDEN),
            scope=project,
        )
        if answer.status in HIDDEN:
            raise hidden(project, answer.status)
        envelope = answer.data if isinstance(answer.data, Mapping) else {}
        token = text(envelope.get("sync"))
        if token is None:
            raise Unexpected(
                f"Asana gave no sync token for the events of project {project}.", scope=project
            )
        expired = answer.status == 412
        return Feed(
            events=() if expired else objects(envelope.get("data")),
            sync=token,
            more=not expired and envelope.get("has_more") is True,
            expired=expired,
            at=clock(answer),
        )


EVENT_FIELDS = (
    "action,created_at,parent,parent.resource_type,resource,resource.resource_type,type,"
    "change.field,change.action"
)


def hidden(scope: str | None, status: int) -> NotVisible:
    """The error for a project that may not be read; 404 may be a deletion, 403 is not."""
    reason = "does not exist there any more" if status == 404 else "is not shared with this token"
    return NotVisible(
        f"Asana does not show the project {scope}: it {reason}.", remedy=REMEDY, scope=scope
    )


def refusal(status: int) -> str:
    """Why one thing could not be read."""
    if status == 404:
        return "Asana says that it does not exist (any more)."
    return "Asana does not let this token read it."


def clock(answer: Answer) -> datetime | None:
    """Asana's time when it answered; None when the answer does not say."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def broken(data: Any) -> int | None:
    """The status of a part of a batch that Asana could not answer; None when there is none."""
    for each in objects(data.get("data")) if isinstance(data, Mapping) else ():
        status = each.get("status_code")
        if isinstance(status, int) and (status == 429 or status >= 500):
            return status
    return None


def _action(action: Action) -> Json:
    options: dict[str, Any] = {"fields": action.fields.split(",")}
    if action.list:
        options["limit"] = LIMIT
    data = {"data": dict(action.params)} if action.params else {}
    return {"method": "get", "relative_path": action.path, "options": options, **data}


def _outcome(answer: Answer, action: Action, part_: Json) -> Rows:
    status, body = part_.get("status_code"), part(part_, "body")
    if status in HIDDEN:
        return Rows((), None, status, clock(answer), answer.altered, action.path)
    if broken({"data": [part_]}):
        raise Unavailable(f"Asana could not answer {action.path} just now ({status}).")
    if status != 200:
        raise Unexpected(f"Asana answered {action.path} in a batch with the status {status}.")
    data = body.get("data")
    return _rows(answer, data if action.list else [data], _offset(body))


def _envelope(data: Any) -> Json:
    if not isinstance(data, Mapping) or "data" not in data:
        raise Unexpected("An answer of Asana has no data in it.")
    return data


def _rows(answer: Answer, data: Any, offset: str | None = None) -> Rows:
    if not isinstance(data, list) or any(gid(row) is None for row in data):
        raise Unexpected(f"Asana listed something without an id in {answer.url}.")
    return Rows(data, offset, 200, clock(answer), answer.altered)


def _offset(envelope: Json) -> str | None:
    return text(part(envelope, "next_page").get("offset"))
