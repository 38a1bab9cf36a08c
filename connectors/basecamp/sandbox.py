"""An imitation of Basecamp's REST API over a world of records, for one account."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from connectors.basecamp import sandbox_render as render
from connectors.basecamp.sandbox_account import READER, Account
from connectors.basecamp.sandbox_adopt import ACCOUNT, FOUNDED, number_id
from connectors.basecamp.sandbox_hooks import Hooks
from connectors.basecamp.sandbox_render import Object
from connectors.basecamp.words import CARD, COMMENT, LIST, STEP, TO_DO
from connectors.sdk.records import (
    Column,
    Comment,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request

SIGN_IN = "/authorization/token"
CLIENT, SECRET = "5f1ac0de5f1ac0de", "c0ffee5f1ac0dec0ffee5f1ac0de"
REFRESH, TOKEN = "BAhb-invented-refresh-token", "BAhb-invented-access-token"
LIFE = timedelta(days=14)
WINDOW = timedelta(seconds=10)
GEARS = (15, 30, 50, 100)
"""Rows of the first, second, third and every later page."""
RECORDINGS = {"type", "bucket", "status", "sort", "direction", "page"}
TYPES = {TO_DO, CARD, STEP, COMMENT, LIST, "Document", "Message", "Upload", "Vault"}
FLAT = {"todos": TO_DO, "cards": CARD, "steps": STEP}


class BasecampSandbox(Account):
    """Basecamp's projects, people, recordings, timesheets, gauges and webhooks.

    Args:
        records: see `Sandbox`.
        now: the tool's clock.
        page_size: rows of the first page; the later ones grow as Basecamp's do.
        allowance: requests in ten seconds.
        whole: whether the list of recordings gives each with all its fields.

    Attributes:
        inactive: the account was suspended.
        untimed: ids of projects whose timesheet is switched off.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        page_size: int = GEARS[0],
        allowance: int = 50,
        whole: bool = True,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.allowance = allowance
        self.whole = whole
        self.inactive = False
        self.untimed: set[str] = set()
        self.hooks = Hooks(self)
        self.signed_in = 0
        self._tokens: dict[str, datetime] = {}
        self._window, self._asked = now(), 0
        self._lists: Mapping[str, Callable[[Request, str], Reply]] = {
            "recordings": self._recordings,
            "timesheet": self._timesheet,
            "needles": self._gauge,
            "gauges": self._gauges,
            "groups": self._groups,
            "todos": self._in_list,
        }

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": base_url,
            "account": ACCOUNT,
            "contact": "pmo@example.com",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "refresh_token": REFRESH,
            "sign_in_url": f"{base_url}{SIGN_IN}",
            "timesheet": True,
            "allow_private_network": True,
        }

    def handle(self, request: Request) -> Reply:
        """Answer as Basecamp would."""
        if not re.search(r"\(.*(@|://).*\)", request.headers.get("user-agent", "")):
            return Reply(400, b"Please identify your application with a User-Agent.")
        if request.path == SIGN_IN:
            return self._sign_in(request)
        account, _, path = request.path.removeprefix("/").partition("/")
        refused = self._refusal(request, account, path)
        if refused is not None:
            return refused
        self._index()
        parts = path.removesuffix(".json").split("/")
        if "webhooks" in parts:
            return self.hooks.answer(request, parts)
        listed = self._listed(request, parts)
        return _conditional(request, self._one(request, parts) if listed is None else listed)

    def _refusal(self, request: Request, account: str, path: str) -> Reply | None:
        if (wait := self._count()) is not None:
            return Reply(429, b"", {"Retry-After": str(wait)})
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token != TOKEN and self._tokens.get(token, FOUNDED) <= self.world.now():
            return Reply.of({"error": "OAuth token expired (old age)."}, 401)
        if self.inactive:
            return Reply(404, b"", {"Reason": "Account Inactive"})
        asks_json = path.endswith(".json") or "json" in request.headers.get("accept", "")
        if account == ACCOUNT and asks_json:
            return None
        return Reply(404 if asks_json else 406)

    def _sign_in(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return Reply.of({"error": "invalid_client"}, 401)
        if (form.get("grant_type"), form.get("refresh_token")) != ("refresh_token", REFRESH):
            return Reply.of({"error": "invalid_grant"}, 400)
        self.signed_in += 1
        token = f"BAhb-invented-{self.signed_in}"
        self._tokens[token] = self.world.now() + LIFE
        return Reply.of(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": int(LIFE.total_seconds()),
                "refresh_token": REFRESH,
            }
        )

    def _count(self) -> int | None:
        """Seconds to stay away; None: go on."""
        now = self.world.now()
        if now - self._window >= WINDOW:
            self._window, self._asked = now, 0
        self._asked += 1
        if self._asked <= self.allowance:
            return None
        return max(1, int((self._window + WINDOW - now).total_seconds()))

    def _listed(self, request: Request, path: list[str]) -> Reply | None:
        """A list; None where the path is none of one."""
        match path:
            case ["projects"]:
                state = request.one("status", "active")
                found = [each for each in self._visible() if each.state == state]
                return self._list(request, map(self._project_json, found), {"status", "page"})
            case ["people"]:
                rows = map(render.person, self.world.all(Person))
                return self._list(request, rows, {"page"})
            case ["projects" | "reports" | "todolists", *_, what] if what in self._lists:
                return self._lists[what](request, path[1])
            case _:
                return None

    def _one(self, request: Request, path: list[str]) -> Reply:
        """One thing by its flat route."""
        if request.query:
            return Reply.of({"error": "unknown parameter"}, 400)
        if path == ["my", "profile"]:
            company = {"company": {"id": 1, "name": "Example"}}
            return Reply.of((render.person(READER) or {}) | company)
        kind, id = path[-2:] if len(path) > 1 else ("", "")
        found: Object | None = None
        if kind == "projects":
            home = self._home(id)
            found = self._project_json(home) if home else None
        elif kind == "people":
            found = render.person(self.world.get(Person, id))
        elif kind == "card_tables":
            found = self._board(id)
        elif kind in FLAT:
            found = self._whole_task(FLAT[kind], id)
        elif kind == "comments" and isinstance(held := self._held.get((Comment, id)), Comment):
            found = self._comment_json(held)
        elif kind == "timesheet_entries" and (entry := self.world.get(Worklog, id)):
            found = self._entry(entry)
        return Reply(404) if found is None else Reply.of(found)

    def _whole_task(self, type: str, id: str) -> Object | None:
        task = self._held.get((Task, id))
        if not isinstance(task, Task) or render.TYPE.get(task.type_label or "") != type:
            return None
        found = self._task_json(task)
        return None if found is None else found | self._steps(task)

    def _list(
        self,
        request: Request,
        rows: Iterable[Object | None],
        allowed: set[str],
    ) -> Reply:
        """A page of a list, with a link to the next one."""
        if not request.query.keys() <= allowed:
            return Reply.of({"error": "unknown parameter"}, 400)
        found = [row for row in rows if row is not None]
        number, start = int(request.one("page", "1")), 0
        sizes = [max(1, gear * self.page_size // GEARS[0]) for gear in GEARS]
        for before in range(1, number):
            start += sizes[min(before, len(sizes)) - 1]
        end = start + sizes[min(number, len(sizes)) - 1]
        headers = {"Content-Type": "application/json", "X-Total-Count": str(len(found))}
        if end < len(found):
            query = [(n, v) for n, each in request.query.items() for v in each if n != "page"]
            host = request.headers.get("host", "3.basecampapi.com")
            url = f"http://{host}{request.path}?{urlencode([*query, ('page', number + 1)])}"
            headers["Link"] = f'<{url}>; rel="next"'
        return Reply(200, orjson.dumps(found[start:end]), headers)

    def _project_json(self, held: Project) -> Object:
        boards = {
            column.board_id: column.board_name or ""
            for column in self.world.where(Column, "project_id", held.id)
        }
        return render.project(held, boards.items(), timesheet=held.id not in self.untimed)

    def _timesheet(self, request: Request, id: str) -> Reply:
        """A project's; the account's is a report of the last month, in one page."""
        if id == "timesheet":
            first = (self.world.now() - timedelta(days=30)).date()
            entries = [each for each in self.world.all(Worklog) if each.on >= first]
            if request.query:
                return Reply.of({"error": "unknown parameter"}, 400)
            return Reply.of([row for row in map(self._entry, entries) if row is not None])
        if self._home(id) is None or id in self.untimed:
            return Reply(404)
        entries = self.world.where(Worklog, "project_id", id)
        return self._list(request, map(self._entry, entries), {"page"})

    def _gauge(self, request: Request, id: str) -> Reply:
        home = self._home(id)
        return Reply(404) if home is None else self._list(request, self._needles(home), {"page"})

    def _recordings(self, request: Request, _: str) -> Reply:
        type, state = request.one("type"), request.one("status", "active")
        by, order = request.one("sort", "created_at"), request.one("direction", "desc")
        if type not in TYPES or state not in ("active", "archived", "trashed"):
            return Reply.of({"error": "bad parameter"}, 400)
        if by not in ("created_at", "updated_at") or order not in ("asc", "desc"):
            return Reply.of({"error": "bad parameter"}, 400)
        named = request.one("bucket").split(",") if request.one("bucket") else None
        rows = [
            row
            for row in self._of_type(type)
            if row["status"] == state and self._in_buckets(str(row["bucket"]["id"]), named)
        ]
        rows.sort(key=lambda row: (row[by], row["id"]), reverse=order == "desc")
        if not self.whole:
            generic = render.recording(
                "1", "", "", Project(id="1", name=""), creator=None, place="",
            )  # fmt: skip
            rows = [
                {name: row[name] for name in (*generic, "parent") if name in row} for row in rows
            ]
        return self._list(request, rows, RECORDINGS)

    def _in_buckets(self, id: str, named: list[str] | None) -> bool:
        home = self._home(id)
        return home is not None and (home.state == "active" if named is None else id in named)

    def _groups(self, request: Request, _: str) -> Reply:
        return self._list(request, (), {"page"})

    def _in_list(self, request: Request, id: str) -> Reply:
        """Pending active to-dos unless asked otherwise."""
        state, completed = request.one("status", "active"), request.one("completed") == "true"
        rows = []
        for held in self._todos(id):
            row = self._task_json(held)
            if row and row["status"] == state and row["completed"] == completed:
                rows.append(row | self._steps(held))
        return self._list(request, rows, {"status", "completed", "page"})

    def _gauges(self, request: Request, _: str) -> Reply:
        named = request.one("bucket_ids")
        rows = []
        for home in self._visible():
            if home.state != "active" or (named and home.id not in named.split(",")):
                continue
            needles = self._needles(home)
            moved = [
                self.world.edited.get((StatusUpdate, each.id), each.at)
                for each in self.world.where(StatusUpdate, "project_id", home.id)
            ]
            moved += [at for (kind, _), (_, at) in self.world.gone.items() if kind is StatusUpdate]
            gauge = render.recording(
                number_id("gauge", home.id), "Gauge", "How far along are we?", home,
                at=(FOUNDED, max(moved, default=FOUNDED)), creator=READER,
                place=f"projects/{home.id}/gauge",
            )  # fmt: skip
            gauge["enabled"] = True
            gauge["last_needle_color"] = needles[0]["color"] if needles else "green"
            gauge["last_needle_position"] = needles[0]["position"] if needles else None
            rows.append(gauge)
        return self._list(request, rows, {"bucket_ids", "page"})


def _conditional(request: Request, reply: Reply) -> Reply:
    """The answer with the name of its state; none where the client has that state already."""
    if reply.status != 200:
        return reply
    link = reply.headers.get("Link", "").encode()
    etag = f'W/"{hashlib.sha256(reply.body + link).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == etag:
        return Reply(304, b"", {"ETag": etag})
    return Reply(200, reply.body, {**reply.headers, "ETag": etag})


SANDBOX = BasecampSandbox
