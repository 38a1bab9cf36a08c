"""How one repository's pull requests and issues are read: what changed, and all about each.

A walk goes over a list filtered by `updated_on` and sorted by `created_on`. Its cursor says where
the next one begins (`since`, Bitbucket's clock at the beginning of this one, less an overlap); of
a walk that was cut also how far it had come (`created`) and when it had begun (`begun`).

Whether an approval or a task moves a pull request's date Bitbucket does not say. So a walk takes
all open ones along where the last that did so began hours ago (`open`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.bitbucket.api import Api, Rows
from connectors.bitbucket.roster import Repository
from connectors.bitbucket.words import ISSUE, PULL, instant, item_id, key, stamp
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import NotVisible, Unexpected

OVERLAP = timedelta(minutes=2)
"""How far back of Bitbucket's clock a walk begins: a change may show late in a list."""
OPEN_AGAIN = timedelta(hours=6)
"""How often all open pull requests are read."""

STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
LISTS: Mapping[str, str] = {PULL: "pullrequests", ISSUE: "issues"}
PAGE: Mapping[str, int] = {PULL: 50, ISSUE: 100}  # the most that Bitbucket gives

PULL_FIELDS = (
    "id", "title", "summary", "state", "draft", "author", "participants", "reviewers",
    "created_on", "updated_on", "links",
)  # fmt: skip
TASK_FIELDS = (
    "id", "content", "state", "creator", "pending", "created_on", "updated_on", "resolved_on",
    "resolved_by", "links",
)  # fmt: skip
ISSUE_FIELDS = (
    "id", "title", "content", "state", "kind", "priority", "assignee", "reporter", "milestone",
    "component", "version", "created_on", "updated_on", "links",
)  # fmt: skip
COMMENT_FIELDS = ("id", "content", "user", "created_on", "updated_on", "deleted", "pending")
CHANGE_FIELDS = ("id", "changes", "user", "created_on")
_ACTIVITY: Mapping[str, Sequence[str]] = {
    "comment": COMMENT_FIELDS,
    "update": ("state", "title", "date", "author"),
    "changes_requested": ("date", "user"),
}
"""What is kept of each kind of a pull request's activity."""


_ACCOUNT = ("uuid", "type")
_KEPT: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("author", "creator", "resolved_by", "assignee", "reporter", "user"), _ACCOUNT),
    **dict.fromkeys(("milestone", "component", "version"), ("id", "name")),
    "reviewers": _ACCOUNT,
    "participants": ("user", "role", "state", "approved", "participated_on"),
    **dict.fromkeys(("content", "summary"), ("raw",)),
    "links": ("html",),
}
"""What is kept of an object (of each of a list) inside an item."""


def changed(api: Api, repository: Repository, sign: str, since: Cursor | None) -> Iterator[Page]:
    """All about the pull requests (or issues) of a repository that changed since a cursor."""
    held = dict(since or {})
    begun = held.get("begun")
    due = sign == PULL and _is_due(held)
    path, scope = f"{repository.path}/{LISTS[sign]}", repository.id
    asked = {"pagelen": PAGE[sign], "sort": "created_on"}
    if sign == PULL:  # reviewers and decisions are left out unless they are asked for
        asked |= {"state": STATES, "fields": "+values.participants,+values.reviewers"}
    asked["q"] = _query(sign, held, all_open=due)
    for rows in api.pages(path, asked, scope):
        begun = begun or stamp(rows.at - OVERLAP)
        items: list[Item] = []
        unread: list[tuple[str, str]] = []
        for row in rows.rows:
            number = _number(row, path, scope)
            id, home = item_id(scope, sign, number), {"id": scope, "name": repository.name}
            try:
                details = _DETAILS[sign](api, f"{path}/{number}", row, scope)
            except NotVisible as error:  # gone since it was listed; the census finds out
                unread.append((id, error.message))
                continue
            body = {"id": id, "repository": home, **_main(sign, row), **details}
            items.append(Item(id, body, scope, rows.altered))
        opened = begun if due else held.get("open")
        yield Page(items, _place(rows, held, begun, opened, scope), unread=unread)


def numbers(api: Api, repository: Repository, sign: str) -> Iterator[list[str]]:
    """The ids of all pull requests (or issues) of a repository."""
    path, scope = f"{repository.path}/{LISTS[sign]}", repository.id
    asked = {"pagelen": PAGE[sign], "sort": "created_on", "fields": "next,size,values.id"}
    if sign == PULL:
        asked["state"] = STATES
    for rows in api.pages(path, asked, scope):
        yield [item_id(scope, sign, _number(row, path, scope)) for row in rows.rows]


def count(api: Api, repository: Repository, sign: str) -> int | None:
    """Bitbucket's own count of them, None where it does not tell."""
    asked = {"state": STATES} if sign == PULL else {}
    return api.size(f"{repository.path}/{LISTS[sign]}", asked, repository.id)


def pick(row: Json, names: Sequence[str]) -> dict[str, Any]:
    """The fields of a row that are there and kept, and of the objects in them the few we read."""
    return {name: _picked(name, row[name]) for name in names if name in row}


def _picked(name: str, value: Any) -> Any:
    kept = _KEPT.get(name)
    if kept is None:
        return value
    if isinstance(value, Mapping):
        return pick(value, kept)
    return [_picked(name, each) for each in value] if isinstance(value, list) else value


def _is_due(held: Cursor) -> bool:
    """Whether the last walk came long after the last one that read all open pull requests."""
    last, opened = instant(held.get("since")), instant(held.get("open"))
    return last is None or opened is None or last - opened >= OPEN_AGAIN


def _query(sign: str, held: Cursor, *, all_open: bool) -> str | None:
    """The filter of a walk; None where it reads everything from the beginning.

    The states of pull requests stand in it as well: beside `q`, `state` may not be heeded.
    """
    terms = []
    if "since" in held:
        moved = f"updated_on>={held['since']}"
        terms.append(f'({moved} OR state="OPEN")' if all_open else moved)
    if "created" in held:
        terms.append(f"created_on>={held['created']}")
    if terms and sign == PULL:
        terms.append("(" + " OR ".join(f'state="{state}"' for state in STATES) + ")")
    return " AND ".join(terms) or None


def _place(
    rows: Rows, held: Cursor, begun: str, opened: str | None, scope: str
) -> dict[str, str] | None:
    """The cursor after a page; None where nothing tells how far it came."""
    if rows.next is None:
        return {"since": begun, **({"open": opened} if opened else {})}
    if not rows.rows:
        return None
    created = instant(rows.rows[-1].get("created_on"))
    if created is None:
        raise Unexpected("Bitbucket gave a time of creation that is none.", scope=scope)
    return {**held, "begun": begun, "created": stamp(created.replace(microsecond=0))}


def _number(row: Json, path: str, scope: str) -> str:
    number = key(row.get("id"))
    if number is None:
        raise Unexpected(f"Bitbucket lists something in {path} without a number.", scope=scope)
    return number


def _main(sign: str, row: Json) -> dict[str, Any]:
    return {"pull": pick(row, PULL_FIELDS)} if sign == PULL else {"issue": pick(row, ISSUE_FIELDS)}


def _of_pull(api: Api, path: str, row: Json, scope: str) -> dict[str, Any]:
    """A pull request's tasks, and its activity: comments, decisions, changes of its state."""
    id, asked = item_id(scope, PULL, _number(row, path, scope)), {"pagelen": PAGE[PULL]}
    activity = []
    for entry in api.all(f"{path}/activity", asked, scope):
        for name, kept in _ACTIVITY.items():
            if isinstance(entry.get(name), Mapping):
                activity.append({name: pick(entry[name], kept)})
    tasks = [
        {"id": f"{id}/{_number(task, path, scope)}", "task": pick(task, TASK_FIELDS)}
        for task in api.all(f"{path}/tasks", asked, scope)
    ]
    return {"tasks": tasks, "activity": activity}


def _of_issue(api: Api, path: str, row: Json, scope: str) -> dict[str, Any]:
    """An issue's comments and changes; each of them moves its date."""
    if row.get("updated_on") == row.get("created_on"):
        return {"comments": [], "changes": []}
    asked = {"pagelen": PAGE[ISSUE]}
    comments = [pick(each, COMMENT_FIELDS) for each in api.all(f"{path}/comments", asked, scope)]
    changes = [pick(each, CHANGE_FIELDS) for each in api.all(f"{path}/changes", asked, scope)]
    return {"comments": comments, "changes": changes}


_DETAILS = {PULL: _of_pull, ISSUE: _of_issue}
