"""An imitation of monday.com's GraphQL API over a world of records, for the account that asks."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.monday.sandbox_activity import created, edited, left
from connectors.monday.sandbox_adopt import Adoption
from connectors.monday.sandbox_graphql import Answering, QueryError, parse
from connectors.monday.sandbox_render import (
    Around,
    Object,
    Shelf,
    item_json,
    update_json,
    user_json,
)
from connectors.monday.sandbox_words import READER, SITE, STANDARD, WORKSPACE, is_sub, stamp
from connectors.monday.values import instant
from connectors.sdk.records import (
    Change,
    Comment,
    Link,
    Membership,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request

TOKEN = "an-invented-monday-token-0123456789"  # noqa: S105
MOST = 100  # of boards, users, updates and entries a page, whatever is asked for
MOST_ITEMS = 500
CURSOR_LIVES = timedelta(minutes=60)
KEPT_ENTRIES = 10_000  # of each board's activity
MINUTE_COMPLEXITY = 10_000_000


class Refusal(Exception):
    """An error as monday.com words it: in a 200, with a code."""

    def __init__(self, code: str, message: str, status: int, **more: Any) -> None:
        super().__init__(message)
        self.error = {
            "message": message,
            "extensions": {"code": code, "status_code": status, "error_data": {}, **more},
        }


class MondaySandbox(Adoption):
    """monday.com's boards, items, updates, people and activity.

    Args:
        records: of whatever tool.
        now: the tool's clock.
        page_size: most items on a page, for tests.
        daily_calls: after so many calls of a day, counted in UTC, the rest is refused.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        page_size: int = MOST_ITEMS,
        daily_calls: int = 25_000,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.daily_calls = daily_calls
        self.calls = 0
        self.most = MOST
        self.lag = timedelta(0)  # after which activity shows
        self.without_activity: set[str] = set()  # boards whose activity is not shown
        self.forgotten: set[str] = set()  # deleted items that are not given by id any more
        self._day = now().astimezone(UTC).date()
        self._budget: tuple[datetime, int] = (now(), MINUTE_COMPLEXITY)
        self._revision = -1
        self._shelves: dict[str, Shelf] = {}
        self._labels: dict[str, dict[tuple[str, str, bool], int]] = defaultdict(dict)
        self._ever: dict[str, Task] = {}  # every item that ever was
        self._boards: dict[str, Project] = {}
        self._around = Around({}, {}, {}, {})
        self._index()

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": base_url, "token": TOKEN, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as monday.com would."""
        if request.path != "/v2" or request.method != "POST":
            return Reply.of({"error": "not found"}, 404)
        if request.headers.get("authorization") != TOKEN:
            return Reply.of({"errors": ["Not Authenticated"]}, 401)
        self._index()
        try:
            self._count()
            return self._answer(request)
        except Refusal as refusal:
            wait = refusal.error["extensions"].get("retry_in_seconds")
            more = {} if wait is None else {"Retry_After": str(wait)}
            return self._reply({"data": None, "errors": [refusal.error]}, **more)
        except QueryError as error:
            told = {"message": str(error), "extensions": {"code": "undefinedField"}}
            return self._reply({"errors": [told]})

    def _count(self) -> None:
        today = self.world.now().astimezone(UTC).date()
        if today != self._day:
            self._day, self.calls = today, 0
        if self.calls >= self.daily_calls:
            raise Refusal("DAILY_LIMIT_EXCEEDED", "Daily limit exceeded", 429)
        self.calls += 1

    def _answer(self, request: Request) -> Reply:
        asked = request.json()
        answering = Answering(parse(asked["query"]), asked.get("variables") or {})
        complexity: Object = {"__typename": "Complexity", "before": 0, "query": 0, "after": 0,
                              "reset_in_x_seconds": 0}  # fmt: skip
        root = {
            "__typename": "Query",
            "complexity": lambda _args: complexity,
            "me": user_json(self.world.get(Person, READER.id) or READER),
            "boards": self._list_boards,
            "items": self._items_by_id,
            "next_items_page": self._next_items,
            "users": self._users,
            "teams": self._teams,
            "updates": self._updates,
        }
        data = answering.answer(root)
        spent = self._spend(10 + 10 * answering.given)
        if "complexity" in data:
            data["complexity"] = spent
        return self._reply({"data": data})

    def _reply(self, body: Object, **headers: str) -> Reply:
        body["extensions"] = {"request_id": f"00000000-0000-0000-0000-{len(self.log):012d}"}
        now = self.world.now().astimezone(UTC)
        midnight = int(86400 - (now - now.replace(hour=0, minute=0, second=0)).total_seconds())
        return Reply.of(
            body,
            200,
            **{
                "RateLimit_Policy": f'"daily"; q={self.daily_calls}; w=86400',
                "RateLimit": f'"daily"; r={max(self.daily_calls - self.calls, 0)}; t={midnight}',
                **headers,
            },
        )

    def _spend(self, cost: int) -> Object:
        """The complexity of a query, against what a minute allows."""
        begun, left = self._budget
        now = self.world.now()
        if now - begun >= timedelta(minutes=1):
            begun, left = now, MINUTE_COMPLEXITY
        wait = max(60 - int((now - begun).total_seconds()), 0)
        if cost > left:
            raise Refusal("COMPLEXITY_BUDGET_EXHAUSTED",
                          f"Complexity budget exhausted, query cost {cost} budget remaining {left}"
                          f" out of {MINUTE_COMPLEXITY} reset in {wait} seconds", 429,
                          retry_in_seconds=wait)  # fmt: skip
        self._budget = (begun, left - cost)
        return {"before": left, "query": cost, "after": left - cost, "reset_in_x_seconds": wait}

    # --- what there is ----------------------------------------------------------------------

    def _index(self) -> None:
        """Sort everything onto its board, once per revision of the world."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        self._boards.update({board.id: board for board in self.world.all(Project)})
        self._shelves = {
            id: Shelf(board, self.columns.get(id, list(STANDARD)), labels=self._labels[id])
            for id, board in self._boards.items()
        }
        for place in self.world.all(Membership):
            if place.container_id in self._shelves and place.section:
                self._shelves[place.container_id].sections[place.task_id] = place.section
        for task in self.world.all(Task):
            self._ever[task.id] = task
            if task.project_id in self._shelves:
                self._shelves[task.project_id].add(task)
        before: dict[str, list[Link]] = defaultdict(list)
        related: dict[str, list[str]] = defaultdict(list)
        for link in self.world.all(Link):
            if link.type == "blocks":
                before[link.to_id].append(link)
            else:
                related[link.from_id].append(link.to_id)
                related[link.to_id].append(link.from_id)
        sessions: dict[str, list[Worklog]] = defaultdict(list)
        for worklog in self.world.all(Worklog):
            sessions[worklog.task_id or ""].append(worklog)
        self._around = Around(self._ever, before, related, sessions)
        self._touch()

    def _touch(self) -> None:
        """Whatever was edited moves the time of its board; that of no item but its own."""
        for (kind, id), at in self.world.edited.items():
            if kind is Project and id in self._shelves:
                self._shelves[id].touch(at, hidden=False)
            task = self._ever.get(id) if kind is Task else None
            if task is not None and task.project_id in self._shelves:
                self._shelves[task.project_id].touch(at, hidden=is_sub(task))

    def _visible(self) -> list[Shelf]:
        return [shelf for id, shelf in self._shelves.items() if id not in self.hidden]

    def _is_gone(self, shelf: Shelf) -> bool:
        return self.world.get(Project, shelf.board.id) is None

    # --- boards -----------------------------------------------------------------------------

    def _list_boards(self, args: Object) -> list[Object | None]:
        if args.get("ids") is not None:
            return self._boards_by_id(list(map(str, args["ids"])), args)
        found = []
        for shelf in self._visible():
            found.append(self._board(shelf, hidden=False))
            if shelf.subitems or self._had_subitems(shelf):
                found.append(self._board(shelf, hidden=True))
        if args.get("state", "active") != "all":
            found = [board for board in found if board["state"] == args.get("state", "active")]
        found.sort(key=lambda board: (board["created_at"], board["id"]), reverse=True)
        return self._page(found, args)

    def _boards_by_id(self, ids: Sequence[str], args: Object) -> list[Object | None]:
        """Null for a board that the account may not see, nothing for one that never was."""
        found: list[Object | None] = []
        for id in ids:
            for shelf in self._shelves.values():
                if id not in (shelf.board.id, shelf.hidden_id):
                    continue
                if shelf.board.id in self.hidden:
                    found.append(None)
                else:
                    found.append(self._board(shelf, hidden=id == shelf.hidden_id))
        return self._page(found, args)

    def _had_subitems(self, shelf: Shelf) -> bool:
        """The hidden board stays when its last subitem has gone."""
        return any(is_sub(t) and t.project_id == shelf.board.id for t in self._ever.values())

    def _board(self, shelf: Shelf, *, hidden: bool) -> Object:
        board = shelf.board
        changed = shelf.changed.get(hidden) or board.updated_at
        if not hidden and board.updated_at is not None and changed is not None:
            changed = max(changed, board.updated_at)
        gone = self._is_gone(shelf)
        id = shelf.hidden_id if hidden else board.id
        has_below = bool(shelf.subitems) or self._had_subitems(shelf)
        columns = [
            {
                "__typename": "Column", "id": column.id, "title": column.title,
                "type": column.type, "archived": False,
                "settings_str": shelf.settings(column),
            }
            for column in shelf.columns
            if column.type != "subtasks" or (has_below and not hidden)
        ]  # fmt: skip

        def only(args: Object) -> list[Object]:
            types = args.get("types")
            return [each for each in columns if types is None or each["type"] in types]

        state = "deleted" if gone else "archived" if board.state == "archived" else "active"
        return {
            "__typename": "Board",
            "id": id,
            "name": f"Subitems of {board.name}" if hidden else board.name,
            "state": state,
            "type": "sub_items_board" if hidden else "board",
            "board_kind": "public",
            "description": None if hidden else board.description or "",
            "url": f"{SITE}/boards/{id}",
            "created_at": board.created_at and stamp(board.created_at),
            "updated_at": changed and stamp(changed),
            "workspace": WORKSPACE,
            "owners": [{"id": board.owner_id}] if board.owner_id else [],
            "columns": only,
            "groups": lambda _args: shelf.groups(hidden=hidden),
            "items_page": lambda args: self._items_page(shelf, hidden, args, gone=gone),
            "activity_logs": lambda args: self._activity(shelf, hidden, args),
            "updates": lambda args: self._page(self._posts(shelf, hidden), args),
        }

    def _page(self, found: Sequence[Any], args: Object) -> list[Any]:
        """A page of a list; more than the most is cut without a word."""
        size = min(int(args.get("limit") or 25), self.most)
        start = (int(args.get("page") or 1) - 1) * size
        return list(found[start : start + size])

    # --- items ------------------------------------------------------------------------------

    def _items_page(self, shelf: Shelf, hidden: bool, args: Object, *, gone: bool) -> Object:
        if gone:
            raise Refusal("INTERNAL_SERVER_ERROR", "Internal server error", 500)
        held = list(shelf.subitems if hidden else shelf.items)
        query = args.get("query_params") or {}
        for rule in query.get("rules") or ():
            if rule["column_id"] == "__last_updated__":
                held = [task for task in held if _within(task, rule)]
        if query.get("order_by"):
            held.sort(key=lambda task: task.updated_at or datetime.min.replace(tzinfo=UTC))
        return self._cut([task.id for task in held], args.get("limit"))

    def _cut(self, ids: Sequence[str], limit: Any, made: datetime | None = None) -> Object:
        size = min(int(limit or 25), self.page_size, MOST_ITEMS)
        made = made or self.world.now()
        rest = ids[size:]
        marker = "\n".join([made.isoformat(), *rest])
        return {
            "__typename": "ItemsResponse",
            "cursor": base64.b64encode(marker.encode()).decode() if rest else None,
            "items": [self._item(id) for id in ids[:size] if self.world.get(Task, id)],
        }

    def _next_items(self, args: Object) -> Object:
        begun, *ids = base64.b64decode(args["cursor"]).decode().split("\n")
        made = datetime.fromisoformat(begun)
        if self.world.now() - made > CURSOR_LIVES:
            raise Refusal("CursorException", "CursorExpiredError: the cursor has expired", 200)
        return self._cut(ids, args.get("limit"), made)

    def _item(self, id: str, state: str = "active") -> Object:
        task = self._ever[id]
        return item_json(task, self._shelves[task.project_id or ""], self._around, state)

    def _items_by_id(self, args: Object) -> list[Object]:
        """Items in every state; nothing for those that the account may not see."""
        ids = list(map(str, args.get("ids") or ()))
        if len(ids) > 100:
            raise Refusal("BadRequest", "Too many ids", 400)
        found = []
        for id in ids:
            task = self._ever.get(id)
            if task is None or task.project_id in self.hidden or id in self.forgotten:
                continue
            reason, _ = self.world.gone.get((Task, id), ("", None))
            if reason == "access_lost":
                continue
            item = self._item(id, reason if reason in ("deleted", "archived") else "active")
            if self._is_gone(self._shelves[task.project_id or ""]):
                item["state"] = "deleted"
            if reason == "moved":
                item["board"] = {"__typename": "Board", "id": "9000000001"}
            found.append(item)
        return found[: int(args.get("limit") or 25)]

    # --- activity ---------------------------------------------------------------------------

    def _activity(self, shelf: Shelf, hidden: bool, args: Object) -> list[Object] | None:
        """Newest first; only so many are kept."""
        id = shelf.hidden_id if hidden else shelf.board.id
        if id in self.without_activity:
            return None
        entries = []
        for task in self._ever.values():
            if task.project_id == shelf.board.id and is_sub(task) == hidden:
                entries.append(created(task, id))
                gone = self.world.gone.get((Task, task.id))
                entries.append(left(task.id, gone[1], gone[0], id) if gone else None)
        for change in self.world.all(Change):
            changed = self._ever.get(change.task_id)
            if changed and changed.project_id == shelf.board.id and is_sub(changed) == hidden:
                entries.append(edited(change, changed, shelf, id))
        newest = sorted(
            (each for each in entries if each is not None),
            key=lambda each: (each["created_at"], each["id"]),
            reverse=True,
        )[:KEPT_ENTRIES]
        since, upto = instant(args.get("from")), self.world.now() - self.lag
        shown = [e for e in newest if e["at"] <= upto and (since is None or e["at"] >= since)]
        return self._page(shown, args)

    # --- people, updates --------------------------------------------------------------------

    def _users(self, args: Object) -> list[Object]:
        people = [each for each in self.world.all(Person) if each.kind != "group"]
        held = [user_json(each) for each in people]
        wanted = args.get("status") or ["ACTIVE"]
        held = [each for each in held if each["status"] in wanted]
        ids = args.get("ids")
        return self._page([each for each in held if ids is None or each["id"] in ids], args)

    def _teams(self, args: Object) -> list[Object]:
        ids = args.get("ids")
        return [
            {"id": each.id.removeprefix("team:"), "name": each.name}
            for each in self.world.all(Person)
            if each.kind == "group" and (ids is None or each.id.removeprefix("team:") in ids)
        ]

    def _posts(self, shelf: Shelf, hidden: bool) -> list[Object]:
        on = {task.id for task in (shelf.subitems if hidden else shelf.items)}
        return [each for each in self._all_posts() if each["item_id"] in on]

    def _all_posts(self) -> list[Object]:
        found = [
            update_json(comment, lambda comment=comment: self._item(comment.task_id))
            for comment in self.world.all(Comment)
            if self._shows(comment)
        ]
        return sorted(found, key=lambda each: (each["created_at"], each["id"]), reverse=True)

    def _shows(self, comment: Comment) -> bool:
        task = self.world.get(Task, comment.task_id)
        return task is not None and task.project_id not in self.hidden

    def _updates(self, args: Mapping[str, Any]) -> list[Object]:
        found = self._all_posts()
        if args.get("ids") is not None:
            found = [each for each in found if each["id"] in args["ids"]]
        since = args.get("from_date")
        if since:
            found = [each for each in found if each["created_at"] >= since]
        return self._page(found, dict(args))


def _within(task: Task, rule: Mapping[str, Any]) -> bool:
    """Whether an item was changed in a span; the time of change knows no other operator."""
    if rule.get("operator") != "between":
        raise Refusal("InvalidArgumentException", "no_operator_config", 400)
    first, last = (instant(each) for each in rule["compare_value"])
    at = task.updated_at
    return at is None or first is None or last is None or first <= at <= last


SANDBOX = MondaySandbox
