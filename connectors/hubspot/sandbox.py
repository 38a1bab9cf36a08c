"""An imitation of HubSpot's CRM API, version 3, over a world of records.

Its traps are kept: every value is a text; a search is behind by `lag`, shows at most 10,000
records and tells no associations; stages have numbers for names; a task's `hs_timestamp` is when
it is due; deleted records are in a list of their own; a record that was merged away is answered
with the one that it was merged into; a batch fails in part with 207; times have milliseconds or
not; the last page has no `paging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.hubspot.sandbox_adopt import Adoption, memberships
from connectors.hubspot.sandbox_render import Render, Row
from connectors.hubspot.sandbox_rows import Wrong, number, passes, refuse_others, shown_as
from connectors.hubspot.sandbox_words import FOUNDED, PROPERTIES, TYPES
from connectors.sdk.records import Comment, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox

TOKEN = "pat-na1-sandbox-0123456789abcdef"  # noqa: S105  opens the sandbox alone
CLIENT, SECRET, REFRESH = "sandbox-client", "sandbox-client-secret-01234", "sandbox-refresh-01234"
PORTAL = 4711
TOKEN_LIFE = timedelta(minutes=30)
MOST_FOUND = 10_000
OBJECTS = "/crm/v3/objects/"


class HubSpotSandbox(Sandbox):
    """One account.

    Args:
        records: as the base has it.
        now: as the base has it.
        page_size: the most records of a list's or a search's answer, whatever was asked for.
    """

    name: ClassVar[str] = "hubspot"
    lag: ClassVar[timedelta] = timedelta(seconds=30)

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int = 200
    ) -> None:
        records = list(records)
        self.page_size = page_size
        self.most_found = MOST_FOUND
        self.quota = 250_000
        self.used = 0
        self.no_scope: set[str] = set()  # objects that the app may not read
        self.no_object: set[str] = set()  # objects that the account has not
        self.merged: dict[str, str] = {}
        self._tokens: dict[str, datetime] = {}
        self._numbers: dict[str, int] = {}
        self._natives: dict[str, str] = {}
        self._cache: dict[str, dict[str, Row]] = {}
        self._cached_at: tuple[Any, ...] | None = None
        self._adoption = Adoption(records)
        super().__init__(records, now)
        self._render = Render(self.world, self._adoption, self.hidden, self.merged)
        pipelines = {
            self._adoption.came_as[each.id]: each
            for each in self.world.all(Project)
            if self._adoption.stages_of(each.id)
        }
        for column in self._adoption.columns(pipelines):
            self.world.put(column, FOUNDED)
        for place in memberships(self.world.all(Task), self.world.all(Project)):
            self.world.put(place, FOUNDED)

    def native_id(self, record: Record) -> str:
        """Coordinates, a pipeline's number, or an owner's."""
        object = self._adoption.object_of(record)
        type = "owner" if isinstance(record, Person) else TYPES.get(object, "other")
        number = self._numbers[type] = self._numbers.get(type, 0) + 1
        native = f"{type}-{48_000 + number}"
        if isinstance(record, Person):
            native = str(32_000 + number)
        elif isinstance(record, Project):
            if self._adoption.is_pipeline(record):
                native = f"{object}/{700 + number}"
            self._adoption.came_as[native] = record.id
        elif isinstance(record, Task):
            self._natives[record.id] = native
        elif isinstance(record, Comment):
            native = f"{native}:{self._natives.get(record.task_id, '')}"
        return native

    def adopt(self, record: Record) -> Record | None:
        """See `Adoption`."""
        return self._adoption.adopt(record, self.refer(record))

    def options(self, base_url: str) -> dict[str, Any]:
        """Signed in as a private app, reading all there is."""
        return {
            "url": base_url,
            "token": TOKEN,
            "objects": list(TYPES),
            "allow_private_network": True,
        }

    def merge(self, loser: str, winner: str) -> None:
        """Merge a piece of work into another one of its object."""
        self.merged[loser] = winner
        self.world.remove(Task, loser, "moved")
        self.world.edit(winner)

    def handle(self, request: Request) -> Reply:
        """Answer as the account would."""
        try:
            if request.path == "/oauth/2026-03/token":
                return self._sign_in(request)
            self._authorize(request)
            self._count()
            reply = self._answer(request)
        except Wrong as wrong:
            reply = wrong.reply
        return Reply(reply.status, reply.body, {**reply.headers, **self._limits(request)})

    def _count(self) -> None:
        self.used += 1
        if self.used > self.quota:
            raise Wrong(
                429, "RATE_LIMITS", "You have reached your daily limit.",
                errorType="RATE_LIMIT", policyName="DAILY",
            )  # fmt: skip

    def _limits(self, request: Request) -> dict[str, str]:
        """What is left; answers of searches do not tell."""
        if request.path.endswith("/search"):
            return {}
        prefix = "X-HubSpot-RateLimit"
        return {
            f"{prefix}-Max": "110", f"{prefix}-Remaining": "109",
            f"{prefix}-Interval-Milliseconds": "10000", f"{prefix}-Daily": str(self.quota),
            f"{prefix}-Daily-Remaining": str(max(self.quota - self.used, 0)),
        }  # fmt: skip

    # --- signing in ---------------------------------------------------------------------------

    def _sign_in(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        known = (
            form.get("grant_type"), form.get("client_id"), form.get("client_secret"),
            form.get("refresh_token"),
        )  # fmt: skip
        if request.method != "POST" or known != ("refresh_token", CLIENT, SECRET, REFRESH):
            raise Wrong(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        token = f"CKfake{len(self._tokens):04d}{'x' * 20}"
        self._tokens[token] = self.world.now() + TOKEN_LIFE
        return Reply.of(
            {"access_token": token, "refresh_token": REFRESH, "token_type": "bearer",
             "expires_in": int(TOKEN_LIFE.total_seconds())}
        )  # fmt: skip

    def expire_tokens(self) -> None:
        """Every access token ends."""
        self._tokens = dict.fromkeys(self._tokens, self.world.now())

    def _authorize(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == TOKEN or self._tokens.get(token, self.world.now()) > self.world.now():
            return
        if not token.startswith(("pat-", "CK")):
            raise Wrong(530, "INVALID_AUTHENTICATION", "The token is of no known form.")
        raise Wrong(401, "EXPIRED_AUTHENTICATION", "The OAuth token used expired.")

    # --- addresses ----------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        reply: Reply
        match (request.method, *request.path.strip("/").split("/")):
            case ("GET", "account-info", "v3", "details"):
                reply = self._account(request)
            case ("GET", "crm", "v3", "owners"):
                reply = self._owners(request)
            case ("GET", "crm", "v3", "pipelines", object):
                reply = self._pipelines(request, object)
            case ("GET", "crm", "v3", "properties", object):
                reply = self._properties(request, object)
            case ("GET", "crm", "v3", "objects", object):
                reply = self._list(request, object)
            case ("POST", "crm", "v3", "objects", object, "search"):
                reply = self._search(request, object)
            case ("POST", "crm", "v3", "objects", object, "batch", "read"):
                reply = self._read(request, object)
            case ("POST", "crm", "v4", "associations", object, other, "batch", "read"):
                reply = self._associated(request, object, other)
            case _:
                raise Wrong(404, "OBJECT_NOT_FOUND", "No such address.")
        return reply

    def _account(self, request: Request) -> Reply:
        refuse_others(request)
        return Reply.of(
            {
                "portalId": PORTAL,
                "accountType": "STANDARD",
                "timeZone": "US/Eastern",
                "uiDomain": "app.hubspot.com",
            }
        )

    def _owners(self, request: Request) -> Reply:
        refuse_others(request, "limit", "after", "archived", "email")
        owners = self._render.owners(archived=request.one("archived") == "true")
        return self._listed(request, owners, most=500)

    def _pipelines(self, request: Request, object: str) -> Reply:
        refuse_others(request, "archived")
        self._may_read(object)
        return Reply.of({"results": self._render.pipelines(object)})

    def _properties(self, request: Request, object: str) -> Reply:
        refuse_others(request, "archived")
        self._may_read(object)
        own = self._adoption.own[object].values()
        return Reply.of({"results": [each.rendered() for each in (*PROPERTIES[object], *own)]})

    def _may_read(self, object: str) -> None:
        if object in self.no_object or object not in TYPES:
            raise Wrong(400, "VALIDATION_ERROR", f"Unable to infer object type from: {object}")
        if object in self.no_scope:
            context = {"requiredGranularScopes": [f"crm.objects.{object}.read"]}
            raise Wrong(
                403, "MISSING_SCOPES",
                "This app hasn't been granted all required scopes to make this call.",
                errors=[{"message": "One of these scopes is required.", "context": context}],
            )  # fmt: skip

    def _rows(self, object: str) -> dict[str, Row]:
        """The rows that the account may see, made once per state of the world."""
        self._may_read(object)
        state = (self.world.revision, self.world.now(), frozenset(self.hidden))
        if state != self._cached_at:
            self._cached_at, self._cache = state, {}
        if object not in self._cache:
            self._cache[object] = self._render.rows(object)
        return self._cache[object]

    # --- lists --------------------------------------------------------------------------------

    def _list(self, request: Request, object: str) -> Reply:
        refuse_others(
            request, "limit", "after", "properties", "propertiesWithHistory", "associations",
            "archived",
        )  # fmt: skip
        self._may_read(object)
        archived = request.one("archived") == "true"
        rows = self._render.bin(object) if archived else self._rows(object)
        shown = [shown_as(row, (), ()) for row in rows.values()]
        return self._listed(request, shown, most=100)

    def _listed(self, request: Request, rows: list[Row], most: int) -> Reply:
        """A page of a list, after the id that it names."""
        limit, after = request.one("limit", "10"), request.one("after")
        if not limit.isdecimal() or not 1 <= int(limit) <= most:
            raise Wrong(400, "VALIDATION_ERROR", f"limit must be between 1 and {most}")
        size = min(int(limit), self.page_size)
        rest = [row for row in rows if not after or int(row["id"]) > int(after)]
        answer: Row = {"results": rest[:size]}
        if len(rest) > size:
            last = rest[size - 1]["id"]
            answer["paging"] = {"next": {"after": last, "link": f"?after={last}"}}
        return Reply.of(answer)

    # --- searches -----------------------------------------------------------------------------

    def _search(self, request: Request, object: str) -> Reply:
        refuse_others(request)
        question = request.json()
        limit, after = int(question.get("limit", 10)), int(question.get("after") or 0)
        if not 1 <= limit <= 200 or len(question.get("filterGroups", ())) > 6:
            raise Wrong(400, "VALIDATION_ERROR", "limit must be at most 200")
        if after + limit > self.most_found:
            raise Wrong(
                400, "VALIDATION_ERROR", "paging through results is limited to a maximum of 10,000"
            )
        known = self._render.changed_at(object)
        rows = [
            row
            for id, row in self._rows(object).items()
            if known[id] <= self.world.now() - self.lag and passes(row, question["filterGroups"])
        ]
        for sort in question.get("sorts", ()):
            rows.sort(key=lambda row, sort=sort: number(row, sort))  # type: ignore[misc]
        size = min(limit, self.page_size)
        found = rows[after : after + size]
        asked = question.get("properties", ())
        answer: Row = {"total": len(rows), "results": [shown_as(row, asked, ()) for row in found]}
        if after + size < len(rows):
            answer["paging"] = {"next": {"after": str(after + size)}}
        return Reply.of(answer)

    # --- batches ------------------------------------------------------------------------------

    def _read(self, request: Request, object: str) -> Reply:
        refuse_others(request, "archived")
        question = request.json()
        asked, history = question["properties"], question["propertiesWithHistory"]
        ids = [each["id"] for each in question["inputs"]]
        if len(ids) > (50 if history else 100):
            raise Wrong(400, "VALIDATION_ERROR", "The batch is too large.")
        rows = self._rows(object)
        if request.one("archived") == "true":
            rows = self._render.bin(object)
        type = TYPES[object]
        into = {
            id: self.merged.get(f"{type}-{id}", f"{type}-{id}").rpartition("-")[2] for id in ids
        }
        found = {into[id]: rows[into[id]] for id in ids if into[id] in rows}
        missing = [id for id in ids if into[id] not in rows]
        answer: Row = {
            "status": "COMPLETE",
            "results": [shown_as(row, asked, history) for row in found.values()],
        }
        if missing:
            answer["numErrors"] = 1
            answer["errors"] = [
                {"status": "error", "category": "OBJECT_NOT_FOUND", "context": {"ids": missing},
                 "message": "Could not get some objects, they may be deleted or not exist."}
            ]  # fmt: skip
        return Reply.of(answer, 207 if missing else 200)

    def _winner(self, record: str) -> str:
        """The number of a record, or of the one that it was merged into."""
        return self.merged.get(record, record).rpartition("-")[2]

    def _associated(self, request: Request, object: str, other: str) -> Reply:
        refuse_others(request)
        self._may_read(object)
        self._may_read(other)
        ids = [each["id"] for each in request.json()["inputs"]]
        if len(ids) > 1000:
            raise Wrong(400, "VALIDATION_ERROR", "The batch is too large.")
        answer: Row = {"status": "COMPLETE", "results": [], "errors": []}
        for id in ids:
            to = self._render.associated(object, id, other, self._rows(other))
            if to:
                kind = {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}
                answer["results"].append(
                    {"from": {"id": id},
                     "to": [{"toObjectId": int(e), "associationTypes": [kind]} for e in to]}
                )  # fmt: skip
            else:
                answer["errors"].append(
                    {"status": "error", "category": "OBJECT_NOT_FOUND",
                     "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                     "message": f"No {other} are associated with {id}."}
                )  # fmt: skip
        return Reply.of(answer, 207 if answer["errors"] else 200)


SANDBOX = HubSpotSandbox
