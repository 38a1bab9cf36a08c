"""The boards of the imitation: what lies on them, their items, their activity, their updates."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.monday.sandbox_activity import created, edited, left
from connectors.monday.sandbox_adopt import Adoption
from connectors.monday.sandbox_render import Around, Object, Shelf, item_json, update_json
from connectors.monday.sandbox_words import SITE, STANDARD, WORKSPACE, is_sub, stamp
from connectors.monday.values import instant
from connectors.sdk.records import (
    Change,
    Comment,
    Link,
    Membership,
    Project,
    Record,
    Task,
    Worklog,
)

MOST = 100  # of boards, users, updates and entries a page, whatever is asked for
MOST_ITEMS = 500
CURSOR_LIVES = timedelta(minutes=60)
KEPT_ENTRIES = 10_000  # of each board's activity


class Refusal(Exception):
    """An error as monday.com words it: in a 200, with a code."""

    def __init__(self, code: str, message: str, status: int, **more: Any) -> None:
        super().__init__(message)
        self.wait = more.get("retry_in_seconds")
        self.error = {
            "message": message,
            "extensions": {"code": code, "status_code": status, "error_data": {}, **more},
        }


class Boards(Adoption):
    """The boards, items and updates of the world."""

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        super().__init__(records, now)
        self.page_size = MOST_ITEMS
        self.most = MOST
        self.shows_after = timedelta(0)  # of activity
        self.without_activity: set[str] = set()  # boards whose activity is not shown
        self.forgotten: set[str] = set()  # deleted items that are not given by id any more
        self._revision = -1
        self._shelves: dict[str, Shelf] = {}
        self._labels: dict[str, dict[tuple[str, str, bool], int]] = defaultdict(dict)
        self._ever: dict[str, Task] = {}  # every item that ever was
        self._boards: dict[str, Project] = {}
        self._around = Around({}, {}, {}, {})
        self._index()

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
        for change in self.world.all(Change):
            changed = self._ever.get(change.task_id)
            if changed is not None and changed.project_id in self._shelves:
                self._shelves[changed.project_id].remember(change)
        self._around = self._what_is_around()
        self._touch()

    def _what_is_around(self) -> Around:
        """What items show of other records."""
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
        return Around(self._ever, before, related, sessions)

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
        found: list[Object] = []
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
        entries: list[Object | None] = []
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
        since, upto = instant(args.get("from")), self.world.now() - self.shows_after
        shown = [e for e in newest if e["at"] <= upto and (since is None or e["at"] >= since)]
        return self._page(shown, args)

    # --- updates ----------------------------------------------------------------------------

    def _posts(self, shelf: Shelf, hidden: bool) -> list[Object]:
        on = {task.id for task in (shelf.subitems if hidden else shelf.items)}
        return [each for each in self._all_posts() if each["item_id"] in on]

    def _all_posts(self) -> list[Object]:
        found = [
            update_json(comment, self._item_of(comment))
            for comment in self.world.all(Comment)
            if self._shows(comment)
        ]
        return sorted(found, key=lambda each: (each["created_at"], each["id"]), reverse=True)

    def _item_of(self, comment: Comment) -> Callable[[], Object]:
        return lambda: self._item(comment.task_id)

    def _shows(self, comment: Comment) -> bool:
        task = self.world.get(Task, comment.task_id)
        return task is not None and task.project_id not in self.hidden


def _within(task: Task, rule: Mapping[str, Any]) -> bool:
    """Whether an item was changed in a span; the time of change knows no other operator."""
    if rule.get("operator") != "between":
        raise Refusal("InvalidArgumentException", "no_operator_config", 400)
    first, last = (instant(each) for each in rule["compare_value"])
    at = task.updated_at
    return at is None or first is None or last is None or first <= at <= last
