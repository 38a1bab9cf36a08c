"""An imitation of Airtable's Web API over a world of records."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.airtable.sandbox_adopt import Adoption
from connectors.airtable.sandbox_render import cells_json, comment_json, table_json
from connectors.airtable.sandbox_words import Object, code, record_of, stamp
from connectors.sdk.records import Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request

TOKEN = "patInventedToken1.0123456789abcdef0123456789abcdef"  # noqa: S105
CLIENT = "0a1b2c3d-invented-client"
SECRET = "invented-client-secret-0123456789"  # noqa: S105
REFRESH = "oaaInvented.v1.refresh-0"
SIGN_IN = "/oauth2/v1/token"
SCOPES = ("data.records:read", "schema.bases:read", "data.recordComments:read")
ITERATOR_LIFE = timedelta(minutes=5)
PENALTY = timedelta(seconds=30)
A_SECOND = timedelta(seconds=1)
LIST_PARAMS = frozenset(
    {
        "pageSize", "offset", "view", "fields[]", "filterByFormula", "maxRecords", "cellFormat",
        "timeZone", "userLocale", "returnFieldsByFieldId", "recordMetadata[]",
    }
)  # fmt: skip
CHANGED = re.compile(
    r"IS_AFTER\(IF\((?P<clock>LAST_MODIFIED_TIME\(\)|\{\w+\}),(?P=clock),CREATED_TIME\(\)\),"
    r"DATETIME_PARSE\('(?P<since>[^']+)'\)\)"
)
"""The one kind of formula that this imitation evaluates."""


@dataclass
class Iterator:
    """A list in the order in which it was when its first page was asked for."""

    ids: list[str]
    used: datetime


class AirtableSandbox(Adoption):
    """Airtable's bases, tables, records and comments.

    Args:
        page_size: the most things of a page, whatever is asked for.
        scopes: what the credential may do.
        strict: refuse, for half a minute, who asks a base more than five times in a second.

    Attributes:
        cells: by task and column: raw values in place of what is rendered.
        dropped: ids of columns that were deleted.
        renamed: by id of a column: its name now.
        spent: whether the month's calls are used up.
    """

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 100,
        scopes: Sequence[str] = SCOPES,
        strict: bool = False,
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self.granted = tuple(scopes)
        self.strict = strict
        self.cells: dict[tuple[str, str], Any] = {}
        self.dropped: set[str] = set()
        self.renamed: dict[str, str] = {}
        self.spent = False
        self.refresh_token = REFRESH
        self.access_tokens: dict[str, datetime] = {}
        self._iterators: dict[str, Iterator] = {}
        self._asked: dict[str, list[datetime]] = defaultdict(list)
        self._closed: dict[str, datetime] = {}

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": base_url, "token": TOKEN, "allow_private_network": True}

    def signed_in(self, base_url: str) -> dict[str, Any]:
        """The options of a connection that signs in by OAuth."""
        return {
            "url": base_url, "client_id": CLIENT, "client_secret": SECRET,
            "refresh_token": REFRESH, "token": None, "allow_private_network": True,
        }  # fmt: skip

    def forget_lists(self) -> None:
        """Lose all lists that someone is in the middle of, as a restart does."""
        self._iterators.clear()

    def handle(self, request: Request) -> Reply:
        """Answer as Airtable would."""
        path = request.path.strip("/").split("/")
        if request.path == SIGN_IN:
            reply = self._sign_in(request)
        elif not self._is_known(request.headers.get("authorization", "")):
            reply = _error(401, "AUTHENTICATION_REQUIRED", "Authentication required")
        elif request.method != "GET" or path[0] != "v0":
            reply = _not_found()
        elif path[1:2] == ["meta"]:
            reply = self._meta(path[2:], request)
        elif len(path) > 2:
            table = f"{path[1]}:{path[2]}"
            reply = self._limits(path[1]) or self._of(table, path[3:], request)
        else:
            reply = _not_found()
        return reply

    # -- who may ask, and how much -----------------------------------------------------------

    def _is_known(self, authorization: str) -> bool:
        token, now = authorization.removeprefix("Bearer "), self.world.now()
        return token == TOKEN or self.access_tokens.get(token, now) > now

    def _sign_in(self, request: Request) -> Reply:
        """A refresh token is worth one request; the client shows its secret in a header."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        named = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {named}" or "client_secret" in form:
            return Reply.of({"error": "invalid_client"}, 401)
        if form != {"grant_type": "refresh_token", "refresh_token": self.refresh_token}:
            return Reply.of({"error": "invalid_grant"}, 400)
        number = len(self.access_tokens) + 1
        access, self.refresh_token = f"oaaInvented.v1.access-{number}", f"{REFRESH}{number}"
        self.access_tokens[access] = self.world.now() + timedelta(minutes=60)
        return Reply.of(
            {
                "access_token": access, "refresh_token": self.refresh_token,
                "token_type": "Bearer", "expires_in": 3600, "refresh_expires_in": 5184000,
                "scope": " ".join(self.granted),
            }
        )  # fmt: skip

    def _limits(self, base: str) -> Reply | None:
        if self.spent:
            return _error(429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "Monthly limit exceeded")
        if not self.strict:
            return None
        now = self.world.now()
        asked = [at for at in self._asked[base] if now - at < A_SECOND]
        self._asked[base] = [*asked, now]
        if len(asked) >= 5:
            self._closed[base] = now + PENALTY
        if self._closed.get(base, now) > now:
            return _error(429, "RATE_LIMIT_REACHED", "Rate limit exceeded")
        return None

    # -- what there is -------------------------------------------------------------------------

    def _meta(self, path: list[str], request: Request) -> Reply:
        reply = _not_found()
        match path:
            case ["whoami"]:
                me = {"id": code("usr", "reader"), "email": "flagstaff@example.com"}
                reply = Reply.of({**me, "scopes": list(self.granted)})
            case ["bases"]:
                reply = self._list_bases(request)
            case ["bases", base, "tables"]:
                reply = self._schema(base)
            case _:
                pass
        return reply

    def _list_bases(self, request: Request) -> Reply:
        """All bases; a page is as long as it is, and goes on with the last one's id."""
        shown = [
            {"id": each.id, "name": each.name, "permissionLevel": "read"}
            for each in self.world.all(Project)
            if ":" not in each.id and each.id not in self.hidden
        ]
        if request.query.keys() - {"offset"}:
            return _wrong()
        ids = [each["id"] for each in shown]
        after = request.one("offset").rpartition("/")[2]
        start = ids.index(after) + 1 if after in ids else 0
        found: Object = {"bases": shown[start : start + self.page_size]}
        if start + self.page_size < len(shown):
            found["offset"] = f"itr{code('', 'bases')}/{ids[start + self.page_size - 1]}"
        return Reply.of(found)

    def _schema(self, base: str) -> Reply:
        if self.world.get(Project, base) is None or base in self.hidden:
            return _hidden()
        tables = [
            self._shown(each)
            for each in self.world.all(Project)
            if each.parent_id == base and each.id not in self.hidden
        ]
        return Reply.of({"tables": tables})

    def _shown(self, project: Project) -> Object:
        columns = [
            each._replace(name=self.renamed.get(each.id, each.name))
            for each in self.columns[project.id]
            if each.id not in self.dropped
        ]
        return table_json(project, columns)

    def _of(self, table: str, rest: list[str], request: Request) -> Reply:
        project = self.world.get(Project, table)
        if project is None or table in self.hidden or project.parent_id in self.hidden:
            return _hidden()
        if not rest:
            return self._list(project, request)
        if not rest[0].startswith("rec"):
            return _not_found()
        task = self.world.get(Task, f"{table}:{rest[0]}")
        if task is None:
            return _hidden()
        if rest[1:] == ["comments"]:
            return self._comments(task, request)
        return Reply.of(self._record(task, None)) if not rest[1:] else _not_found()

    # -- records -------------------------------------------------------------------------------

    def _list(self, project: Project, request: Request) -> Reply:
        size = request.one("pageSize", "100")
        if request.query.keys() - LIST_PARAMS or not size.isdigit() or not 1 <= int(size) <= 100:
            return _wrong()
        known = {each.id for each in self.columns[project.id]} - self.dropped
        wanted = set(request.query["fields[]"]) if "fields[]" in request.query else None
        if wanted is not None and wanted - known:
            return _error(422, "UNKNOWN_FIELD_NAME", "Unknown field name")
        if request.query.get("returnFieldsByFieldId") != ["true"]:
            return _error(501, "NOT_IMITATED", "Only cells by the ids of columns are imitated")
        now, offset = self.world.now(), request.one("offset")
        if offset:
            token, _, first = offset.partition("/")
            iterator = self._iterators.get(token)
            if iterator is None or now - iterator.used > ITERATOR_LIFE:
                return _error(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "")
            start = iterator.ids.index(f"{project.id}:{first}")
        else:
            chosen = self._chosen(project, known, request.one("filterByFormula"))
            if chosen is None:
                return _error(422, "INVALID_FILTER_BY_FORMULA", "The formula is invalid")
            token, start = code("itr", project.id, str(len(self.log))), 0
            iterator = self._iterators[token] = Iterator(chosen, now)
        iterator.used = now
        end = start + min(int(size), self.page_size)
        tasks = [self.world.get(Task, id) for id in iterator.ids[start:end]]
        found: Object = {"records": [self._record(task, wanted) for task in tasks if task]}
        if request.query.get("recordMetadata[]") == ["commentCount"]:
            for each in found["records"]:
                said = self.world.where(Comment, "task_id", f"{project.id}:{each['id']}")
                each["commentCount"] = len(said)
        if end < len(iterator.ids):
            found["offset"] = f"{token}/{record_of(iterator.ids[end])}"
        return Reply.of(found)

    def _chosen(self, project: Project, known: set[str], formula: str) -> list[str] | None:
        """Ids of the records for which a formula is true; None: there is no such formula."""
        tasks = self.world.where(Task, "project_id", project.id)
        if not formula:
            return [task.id for task in tasks]
        asked = CHANGED.fullmatch(formula)
        if asked is None:
            return None
        clocks = {each.id for each in self.columns[project.id] if each.type == "lastModifiedTime"}
        clock = asked["clock"].strip("{}")
        if asked["clock"].startswith("{") and clock not in clocks & known:
            return None
        since = datetime.fromisoformat(asked["since"])
        return [task.id for task in tasks if self._changed_at(task) > since]

    def _changed_at(self, task: Task) -> datetime:
        """When a person last changed a cell of the record, those of links too."""
        links = [*self.world.where(Link, "from_id", task.id),
                 *self.world.where(Link, "to_id", task.id)]  # fmt: skip
        times = [self.world.edited.get((type(each), each.id)) for each in (task, *links)]
        return max(filter(None, (task.updated_at, task.created_at, *times)))

    def _record(self, task: Task, wanted: set[str] | None) -> Object:
        people = {each.id: each for each in self.world.all(Person)}
        columns = self.columns[task.project_id or ""]
        links = [*self.world.where(Link, "from_id", task.id),
                 *self.world.where(Link, "to_id", task.id)]  # fmt: skip
        cells = cells_json(task, columns, links, people)
        cells |= {column: raw for (id, column), raw in self.cells.items() if id == task.id}
        return {
            "id": record_of(task.id),
            "createdTime": stamp(task.created_at or self.world.now()),
            "fields": {
                id: value
                for id, value in cells.items()
                if id not in self.dropped and (wanted is None or id in wanted)
            },
        }

    def _comments(self, task: Task, request: Request) -> Reply:
        """The newest first."""
        if "data.recordComments:read" not in self.granted:
            return _hidden()
        size = request.one("pageSize", "100")
        if request.query.keys() - {"pageSize", "offset"} or not 1 <= int(size) <= 100:
            return _wrong()
        people = {each.id: each for each in self.world.all(Person)}
        said = sorted(self.world.where(Comment, "task_id", task.id), key=lambda each: each.at)
        shown = [comment_json(each, people) for each in reversed(said)]
        start = int(request.one("offset") or 0)
        end = start + min(int(size), self.page_size)
        return Reply.of(
            {"comments": shown[start:end], "offset": str(end) if end < len(shown) else None}
        )


def _error(status: int, type: str, message: str) -> Reply:
    return Reply.of({"error": {"type": type, "message": message}}, status)


def _hidden() -> Reply:
    return _error(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "Not permitted, or not found")


def _not_found() -> Reply:
    return Reply.of({"error": "NOT_FOUND"}, 404)


def _wrong() -> Reply:
    return _error(422, "INVALID_REQUEST_UNKNOWN", "Invalid request")


SANDBOX = AirtableSandbox
