"""The floor of a sync: what requests + orjson + sqlite3 cost for the same answers and columns.

Strictly sequential, no raw items, no history of ours, no hashes, no retries, nothing parsed that
SQLite can hold as it came. What a script would do; Flagstaff is measured in multiples of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import requests

PAGE = 100
GROUP = 3
TASK_COLUMNS = 37


def sync(url: str, options: dict[str, Any], path: Path) -> tuple[int, int]:
    """Read all issues with their histories into a fresh SQLite file; issues and requests."""
    session = requests.Session()
    session.auth = (options["email"], options["token"])
    store = sqlite3.connect(path)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=NORMAL")
    _tables(store)
    asked = 0
    issues_read = 0

    def ask(path: str, body: Any = None) -> Any:
        nonlocal asked
        asked += 1
        answer = session.request("POST" if body else "GET", url + path, json=body)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    fields = _fields(ask("/rest/api/3/field"))
    projects = ask("/rest/api/3/project/search?status=live&maxResults=100")["values"]
    for project in projects:
        group: list[Any] = []
        for page, last in _pages(ask, project["id"], fields):
            group += page
            if len(group) >= GROUP * PAGE or last:
                _write(store, group, _histories(ask, group))
                issues_read += len(group)
                group = []
    store.close()
    return issues_read, asked


def _fields(described: list[Any]) -> list[str]:
    """All that the connector asks for: the standard fields it maps, and every custom one."""
    standard = [
        "summary", "description", "issuetype", "status", "priority", "assignee", "reporter",
        "labels", "duedate", "created", "updated", "resolution", "resolutiondate", "parent",
        "project", "timeoriginalestimate", "timespent", "timeestimate", "fixVersions",
        "issuelinks", "comment", "statuscategorychangedate",
    ]  # fmt: skip
    return standard + [each["id"] for each in described if each.get("custom")]


def _pages(ask: Any, project: str, fields: list[str]) -> Iterator[tuple[list[Any], bool]]:
    token = None
    while True:
        body = {
            "jql": f"project in ({project}) ORDER BY created ASC, key ASC",
            "fields": fields,
            "maxResults": PAGE,
        }
        if token:
            body["nextPageToken"] = token
        page = ask("/rest/api/3/search/jql", body)
        token = page.get("nextPageToken")
        yield page["issues"], not token
        if not token:
            return


def _histories(ask: Any, issues: list[Any]) -> list[Any]:
    found: list[Any] = []
    body: dict[str, Any] = {
        "issueIdsOrKeys": [issue["id"] for issue in issues],
        "maxResults": 1000,
    }
    while issues:
        page = ask("/rest/api/3/changelog/bulkfetch", body)
        found += page["issueChangeLogs"]
        if not page.get("nextPageToken"):
            break
        body["nextPageToken"] = page["nextPageToken"]
    return found


def _tables(store: sqlite3.Connection) -> None:
    columns = ", ".join(f"c{number}" for number in range(TASK_COLUMNS))
    store.execute(f"CREATE TABLE task (id TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
    store.execute(
        "CREATE TABLE change (id TEXT PRIMARY KEY, task, at, author, field, old, new, old_label, "
        "new_label) WITHOUT ROWID"
    )
    store.execute(
        "CREATE TABLE comment (id TEXT PRIMARY KEY, task, author, text, at, updated) WITHOUT ROWID"
    )
    store.execute("CREATE TABLE link (id TEXT PRIMARY KEY, type, from_id, to_id) WITHOUT ROWID")
    store.execute("CREATE TABLE membership (id TEXT PRIMARY KEY, task, container) WITHOUT ROWID")
    store.execute("CREATE TABLE assignment (task TEXT PRIMARY KEY, person) WITHOUT ROWID")


def _upsert(store: sqlite3.Connection, table: str, width: int, rows: list[Any]) -> None:
    marks = ", ".join(["?"] * width)
    store.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)


def _write(store: sqlite3.Connection, issues: list[Any], histories: list[Any]) -> None:
    tasks, comments, links, memberships, assignments = [], [], [], [], []
    for issue in issues:
        id, fields = issue["id"], issue["fields"]
        tasks.append(_task(issue, fields))
        if fields.get("assignee"):
            assignments.append((id, fields["assignee"]["accountId"]))
        for each in (fields.get("comment") or {}).get("comments", ()):
            author = each["author"]["accountId"]
            text = orjson.dumps(each["body"])
            comments.append((each["id"], id, author, text, each["created"], each["updated"]))
        for each in fields.get("issuelinks") or ():
            other = (each.get("inwardIssue") or each.get("outwardIssue"))["id"]
            links.append((each["id"], each["type"]["name"], id, other))
        for value in fields.values():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                memberships += [
                    (f"{each['id']}:{id}", id, each["id"]) for each in value if "boardId" in each
                ]
    changes = [
        (
            f"{each['id']}.{number}", log["issueId"], each["created"],
            (each.get("author") or {}).get("accountId"), item["field"], item.get("from"),
            item.get("to"), item.get("fromString"), item.get("toString"),
        )
        for log in histories
        for each in log["changeHistories"]
        for number, item in enumerate(each["items"])
    ]  # fmt: skip
    with store:
        _upsert(store, "task", TASK_COLUMNS + 1, tasks)
        _upsert(store, "change", 9, changes)
        _upsert(store, "comment", 6, comments)
        _upsert(store, "link", 4, links)
        _upsert(store, "membership", 3, memberships)
        _upsert(store, "assignment", 2, assignments)


def _task(issue: dict[str, Any], fields: dict[str, Any]) -> tuple[Any, ...]:
    def name(field: str, key: str = "name") -> Any:
        return (fields.get(field) or {}).get(key)

    custom = {key: value for key, value in fields.items() if key.startswith("customfield_")}
    version = fields.get("fixVersions") or [{}]
    return (
        issue["id"], issue["key"], name("project", "id"), name("parent", "id"),
        fields.get("summary"), orjson.dumps(fields.get("description")), issue.get("self"),
        name("issuetype"), name("issuetype"), fields["status"]["statusCategory"]["key"],
        name("status"), None, None, name("priority", "id"), name("priority"),
        name("assignee", "accountId"), orjson.dumps([name("assignee", "accountId")]),
        name("reporter", "accountId"), orjson.dumps(fields.get("labels")), None, None,
        fields.get("duedate"), None, fields.get("created"), fields.get("updated"), None,
        fields.get("resolutiondate"), name("resolution"), fields.get("timeoriginalestimate"),
        fields.get("timespent"), fields.get("timeestimate"), None, None, version[0].get("id"),
        None, orjson.dumps(custom), None, None,
    )  # fmt: skip
