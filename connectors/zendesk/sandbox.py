"""An imitation of Zendesk Support's REST API over a world of records, for an administrator.

Its traps are kept: exports leave the last minute out and go by the time of the change as Zendesk
itself wrote it down; the cursor is null at the end; the time exports begin with what the page
before ended with, and stand still where one second holds more than a page; without a good
credential `/users/me` answers 200.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from connectors.sdk.records import Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.zendesk.sandbox_adopt import SITE
from connectors.zendesk.sandbox_exports import Exports, decoded, encoded
from connectors.zendesk.sandbox_hooks import Hooks
from connectors.zendesk.sandbox_render import Out

EMAIL = "pmo@example.com"
TOKEN = "an-invented-api-token"  # noqa: S105
CLIENT, SECRET = "flagstaff", "an-invented-client-secret"
LIFE = timedelta(minutes=30)
"""Of the access tokens of an OAuth client."""
MINUTE = timedelta(minutes=1)
ACCOUNT, EXPORTS = 700, 10  # requests a minute


class ZendeskSandbox(Exports):
    """Zendesk's groups, users, tickets and exports.

    Args:
        records: as the base has it.
        now: as the base has it.
        page_size: the most rows of a page; a time export has twice as many.
        role: of the account that asks.
        limited: whether more requests a minute than the plan allows are refused.
        bulk_clocks: whether metric events come with many tickets, or with single ones only.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 1000,
        role: str = "admin",
        limited: bool = False,
        bulk_clocks: bool = True,
    ) -> None:
        super().__init__(records, now, page_size=page_size)
        self.role = role
        self.limited = limited
        self.bulk_clocks = bulk_clocks
        self.email, self.token = EMAIL, TOKEN
        self.bearer = TOKEN
        self._lent: dict[str, datetime] = {}  # until when an OAuth client's token is good
        self.hooks = Hooks(self._list)
        self._sent: dict[str, deque[datetime]] = {"account": deque(), "exports": deque()}

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": base_url, "email": self.email, "token": self.token,
            "allow_private_network": True,
        }  # fmt: skip

    def handle(self, request: Request) -> Reply:
        """Answer one GET, or what is done with webhooks."""
        self._notice()
        path = request.path.removesuffix(".json").strip("/").split("/")
        if (request.method, path) == ("POST", ["oauth", "tokens"]):
            return self._lend(dict(parse_qsl(request.body.decode())))
        hooked = path[2:3] == ["webhooks"]
        if path[:2] != ["api", "v2"] or (request.method != "GET" and not hooked):
            return Reply(404, b"<html></html>", {"Content-Type": "text/html"})
        known, me = self._is_known(request), path[2:] == ["users", "me"]
        if not known and not me:
            return Reply.of({"error": "Couldn't authenticate you"}, 401)
        if me:
            return Reply.of({"user": self._me() if known else _anonymous()})
        refused, headers = self._count("incremental" in path[2:3])
        answer = self._hooked if hooked else self._route
        reply = refused or answer(path[2:], request)
        return Reply(reply.status, reply.body, {**reply.headers, **headers})

    def _hooked(self, path: Sequence[str], request: Request) -> Reply:
        reads_only = self._is_lent(request) and request.method != "GET"
        allowed = self.role == "admin" and not reads_only
        return self.hooks.answer(path[1:], request) if allowed else _forbidden()

    def _route(self, path: Sequence[str], request: Request) -> Reply:
        render = self._render
        match path:
            case ["incremental", *rest]:
                return self._export(rest, request) if self.role == "admin" else _forbidden()
            case ["groups"]:
                return self._list(request, "groups", map(render.group, self._groups()))
            case ["users"]:
                return self._list(request, "users", map(render.user, self._agents()))
            case ["ticket_fields"]:
                return self._list(request, "ticket_fields", render.ticket_fields())
            case ["custom_statuses"]:
                return Reply.of({"custom_statuses": render.custom_statuses()})
            case _:
                return self._single(path, request)

    def _export(self, path: Sequence[str], request: Request) -> Reply:
        match path:
            case ["tickets", "cursor"]:
                return self._cursor_export(request)
            case ["ticket_events"]:
                return self._time_export(request, "ticket_events", self._events())
            case ["ticket_metric_events"]:
                return self._time_export(request, "ticket_metric_events", self._metric_events())
            case _:
                return _missing()

    # --- who asks, and how often --------------------------------------------------------------

    def _is_known(self, request: Request) -> bool:
        pair = base64.b64encode(f"{self.email}/token:{self.token}".encode()).decode()
        given = request.headers.get("authorization", "")
        return self._is_lent(request) or given in (f"Basic {pair}", f"Bearer {self.bearer}")

    def _is_lent(self, request: Request) -> bool:
        """Whether the token was lent to an OAuth client, and is not over."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return given in self._lent and self.world.now() < self._lent[given]

    def _lend(self, asked: dict[str, str]) -> Reply:
        """A token for an OAuth client that shows its own secret."""
        right = {
            "grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET,
            "scope": "read",
        }  # fmt: skip
        if asked != right:
            return Reply.of({"error": "invalid_client"}, 401)
        token = f"lent-{len(self._lent) + 1}"
        self._lent[token] = self.world.now() + LIFE
        told = {"access_token": token, "token_type": "bearer", "scope": "read"}
        return Reply.of({**told, "expires_in": LIFE.seconds})

    def _me(self) -> Out:
        id = 23_110_000_000_001
        return {
            "id": id,
            "url": f"{SITE}/api/v2/users/{id}.json",
            "name": "Flagstaff Reader",
            "email": self.email,
            "role": self.role,
            "iana_time_zone": "Etc/UTC",
        }

    def _count(self, export: bool) -> tuple[Reply | None, dict[str, str]]:
        """Whether a request is one too many, and what the headers say of the minute."""
        now = self.world.now()
        allowed = {"account": ACCOUNT, **({"exports": EXPORTS} if export else {})}
        left, resets = {}, 0
        for name, most in allowed.items():
            sent = self._sent[name]
            while sent and sent[0] <= now - MINUTE:
                sent.popleft()
            left[name] = most - len(sent)
            if sent:
                resets = max(resets, int((sent[0] + MINUTE - now).total_seconds()))
        over = self.limited and min(left.values()) <= 0
        if not over:
            for name in allowed:
                self._sent[name].append(now)
        headers = {
            "X-Rate-Limit": str(ACCOUNT),
            "X-Rate-Limit-Remaining": str(max(left["account"] - 1, 0)),
            "ratelimit-limit": str(ACCOUNT),
            "ratelimit-remaining": str(max(left["account"] - 1, 0)),
            "ratelimit-reset": str(resets),
        }
        if not over:
            return None, headers if self.limited else {}
        error = {"error": "APIRateLimitExceeded", "description": "Number of allowed requests"}
        return Reply.of(error, 429, Retry_After=str(resets + 1)), headers

    # --- lists and single things --------------------------------------------------------------

    def _groups(self) -> list[Project]:
        return [each for each in self.world.all(Project) if each.id not in self.hidden]

    def _agents(self) -> list[Person]:
        return [each for each in self.world.all(Person) if each.kind != "customer"]

    def _list(self, request: Request, key: str, rows: Iterable[Out]) -> Reply:
        held = sorted(rows, key=lambda row: str(row["id"]).rjust(30))
        after = decoded(request.one("page[after]"))
        first = 0 if after is None else int(after[0])
        size = min(int(request.one("page[size]", "100")), self.page_size, 100)
        page, more = held[first : first + size], len(held) > first + size
        meta = {
            "has_more": more,
            "after_cursor": encoded((float(first + size), 0)) if page else None,
            "before_cursor": None,
        }
        return Reply.of({key: page, "meta": meta, "links": {"prev": None, "next": None}})

    def _show_many(self, request: Request) -> Reply:
        ids = request.one("ids").split(",")
        if len(ids) > 100:
            return Reply.of({"error": "TooManyIds"}, 422)
        held = (self.world.get(Task, id) for id in ids)
        shown = [task for task in held if task is not None and self._sees(task.id)]
        clocks = self.bulk_clocks and "metric_events" in request.one("include")
        render = self._render.with_clocks if clocks else self._render.ticket
        return Reply.of({"tickets": [render(task) for task in shown], "count": len(shown)})

    def _single(self, path: Sequence[str], request: Request) -> Reply:
        match path:
            case ["tickets", "show_many"]:
                return self._show_many(request)
            case ["tickets", id, *rest] if task := self.world.get(Task, id):
                return self._ticket_itself(task, rest, request) if self._sees(id) else _forbidden()
            case ["groups", id] if group := self.world.get(Project, id):
                shown = Reply.of({"group": self._render.group(group)})
                return shown if id not in self.hidden else _forbidden()
            case ["users", id] if person := self.world.get(Person, id):
                return Reply.of({"user": self._render.user(person)})
            case _:
                return _missing()

    def _ticket_itself(self, task: Task, rest: Sequence[str], request: Request) -> Reply:
        if rest == ["audits"]:
            told = (row for _, row in self._events() if str(row["ticket_id"]) == task.id)
            return self._list(request, "audits", map(_as_audit, told))
        clocks = "metric_events" in request.one("include")
        render = self._render.with_clocks if clocks else self._render.ticket
        return Reply.of({"ticket": render(task)}) if not rest else _missing()


def _missing() -> Reply:
    return Reply.of({"error": "RecordNotFound", "description": "Not found"}, 404)


def _anonymous() -> Out:
    return {"id": None, "url": None, "name": "Anonymous user", "email": "invalid@example.com",
            "role": "end-user"}  # fmt: skip


def _forbidden() -> Reply:
    """A refusal says nothing but its status."""
    return Reply(403, b"", {"Content-Type": "text/html"})


def _as_audit(row: Out) -> Out:
    """A ticket event as the ticket's own list of audits shows it."""
    events = []
    for child in row["child_events"]:
        event = {name: value for name, value in child.items() if name != "event_type"}
        event["type"] = child["event_type"]
        if child["event_type"] in ("Change", "Create"):
            [name] = event.keys() - {"id", "via", "via_reference_id", "previous_value", "type"} or [
                "type"
            ]
            event["field_name"], event["value"] = name, child[name]
            if name != "type":
                del event[name]
        events.append(event)
    return {
        "id": row["id"],
        "ticket_id": row["ticket_id"],
        "created_at": row["created_at"],
        "author_id": row["updater_id"],
        "metadata": {},
        "events": events,
    }


SANDBOX = ZendeskSandbox
