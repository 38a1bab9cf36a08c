"""An imitation of monday.com's GraphQL API over a world of records, for the account that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.monday.sandbox_boards import MOST_ITEMS, Boards, Refusal
from connectors.monday.sandbox_graphql import Answering, QueryError, parse
from connectors.monday.sandbox_render import Object, user_json
from connectors.monday.sandbox_words import READER
from connectors.sdk.records import Person, Record
from connectors.sdk.sandbox import Reply, Request

TOKEN = "an-invented-monday-token-0123456789"  # noqa: S105
MINUTE_COMPLEXITY = 10_000_000


class MondaySandbox(Boards):
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
        self._day = now().astimezone(UTC).date()
        self._budget: tuple[datetime, int] = (now(), MINUTE_COMPLEXITY)

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
            wait = refusal.wait
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

    def _updates(self, args: Mapping[str, Any]) -> list[Object]:
        found = self._all_posts()
        if args.get("ids") is not None:
            found = [each for each in found if each["id"] in args["ids"]]
        since = args.get("from_date")
        if since:
            found = [each for each in found if each["created_at"] >= since]
        return self._page(found, dict(args))


SANDBOX = MondaySandbox
