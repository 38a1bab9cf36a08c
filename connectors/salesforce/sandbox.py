"""An imitation of Salesforce's REST API, version 62.0, over a world of records.

Its traps are kept: queries come in batches whose locators can be forgotten; only `queryAll` shows
the recycle bin and archived tasks; a field or an object that the account may not see looks like
one that there is not; errors are lists; the quota is told with every answer, and a used-up one is
a 403; a session ends with a 401.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import jwt
from msgspec.structs import replace

from connectors.salesforce.sandbox_adopt import LOOKUP, QUEUE, WEB, Adoption
from connectors.salesforce.sandbox_render import Render, Row
from connectors.salesforce.sandbox_schema import (
    CHILDREN,
    PARENTS,
    PREFIXES,
    STANDARD,
    Field,
    described,
    full_id,
)
from connectors.salesforce.sandbox_soql import Query, SoqlError, parse, value_at
from connectors.sdk.records import Person, Project, Record
from connectors.sdk.sandbox import Reply, Request, Sandbox

DATA = "/services/data/v62.0"
SIGN_IN = "/services/oauth2/token"
CLIENT = "3MVG9.sandbox.client"
SECRET = "sandbox-client-secret-0123456789"  # noqa: S105  opens the sandbox alone
REFRESH = "5Aep861.sandbox.refresh.0123456789"
USER = "flagstaff@example.com"
ORG = full_id("00D", 1)


class SalesforceSandbox(Sandbox):
    """One organization.

    Args:
        records: as the base has it.
        now: as the base has it.
        page_size: the most rows of a batch.
        project_object: the object that projects are kept in.
        public_key: of the connected app's certificate, for the JWT bearer flow.
    """

    name: ClassVar[str] = "salesforce"

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int = 2000,
        project_object: str = "Campaign",
        public_key: str | None = None,
    ) -> None:
        records = [*records, Person(id=QUEUE, name="Unassigned work", kind="group")]
        self.page_size = page_size
        self.project_object = project_object
        self.public_key = public_key
        self.quota = 100_000
        self.used = 0
        self.longest_query: int | None = None  # rows after which a query times out
        self.hidden_fields: set[str] = set()  # as "Task.Description"
        self.no_object: set[str] = set()  # objects that the account may not read
        self.signed_in = 0
        self._sessions: set[str] = set()
        self._locators: dict[str, tuple[str, list[Row], list[str]]] = {}
        self._numbers: dict[str, int] = {}
        self._cache: dict[str, list[Row]] = {}
        self._cached_at: tuple[int, datetime] | None = None
        self._people: dict[str, str] = {}
        self._adoption = Adoption(records, lambda id: self._people.get(id, id))
        super().__init__(records, now)
        self._render = Render(self.world, self._adoption, project_object)

    def native_id(self, record: Record) -> str:
        """An id of 18 characters, which begins with the object's three."""
        object = self._adoption.object_of(record)
        if isinstance(record, Project):
            object = self.project_object
        prefix = PREFIXES.get(object, "087")
        self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        id = full_id(prefix, self._numbers[prefix])
        if isinstance(record, Person):
            self._people[record.id] = id
        return id

    def adopt(self, record: Record) -> Record | None:
        """See `Adoption`; an object of one's own has few standard fields."""
        adopted = self._adoption.adopt(record, self.refer(record))
        if isinstance(adopted, Project) and self.project_object != "Campaign":
            return replace(adopted, description=None, parent_id=None, start_on=None, due_on=None)
        return adopted

    def options(self, base_url: str) -> dict[str, Any]:
        """Signed in with the connected app's own credentials, reading all there is."""
        return {
            "url": base_url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "objects": [
                "Task", "Case", "CaseComment", "CaseHistory", "CaseMilestone", "ProcessInstance",
            ],
            "project_object": self.project_object,
            "web_url": WEB,
            "allow_private_network": True,
        }  # fmt: skip

    def end_sessions(self) -> None:
        """Every access token expires."""
        self._sessions.clear()

    def forget_queries(self) -> None:
        """Every query locator expires, as after two days."""
        self._locators.clear()

    def handle(self, request: Request) -> Reply:
        """Answer as the organization would."""
        if request.path == SIGN_IN:
            return self._token(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._sessions:
            return _errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.used += 1
        if self.used > self.quota:
            reply = _errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        else:
            reply = self._answer(request)
        usage = f"api-usage={self.used}/{self.quota}"
        return Reply(reply.status, reply.body, {**reply.headers, "Sforce-Limit-Info": usage})

    # --- signing in ---------------------------------------------------------------------------

    def _token(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        error = self._refusal(form) if request.method == "POST" else "invalid_request"
        if error:
            said = {"error": error, "error_description": error.replace("_", " ")}
            return Reply.of(said, 400)
        self.signed_in += 1
        token = f"{ORG[:15]}!session.{self.signed_in}.{'A' * 20}"
        self._sessions.add(token)
        return Reply.of(
            {
                "access_token": token,
                "instance_url": "https://acme.my.salesforce.com",
                "id": f"https://login.salesforce.com/id/{ORG}/{full_id('005', 1)}",
                "token_type": "Bearer",
                "issued_at": str(int(self.world.now().timestamp() * 1000)),
            }
        )

    def _refusal(self, form: Mapping[str, str]) -> str | None:
        match form.get("grant_type"):
            case "client_credentials":
                known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
                return None if known else "invalid_client"
            case "refresh_token":
                known = (form.get("client_id"), form.get("refresh_token")) == (CLIENT, REFRESH)
                return None if known else "invalid_grant"
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return self._refusal_of(form.get("assertion", ""))
            case _:
                return "unsupported_grant_type"

    def _refusal_of(self, assertion: str) -> str | None:
        """An assertion has to be signed by the certificate's key, for us, and young."""
        now = self.world.now().timestamp()
        try:
            claims = jwt.decode(
                assertion, self.public_key or "", algorithms=["RS256"],
                audience="https://login.salesforce.com", issuer=CLIENT,
                options={"verify_exp": False, "require": ["exp", "sub"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError):
            return "invalid_grant"
        young = now < claims["exp"] <= now + 300
        return None if young and claims["sub"] == USER else "invalid_grant"

    # --- objects ------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(DATA).strip("/").split("/")
        reply: Reply | None
        match path if request.method == "GET" else None:
            case [""]:
                identity = f"https://login.salesforce.com/id/{ORG}/{full_id('005', 1)}"
                reply = Reply.of({"identity": identity, "sobjects": f"{DATA}/sobjects"})
            case ["sobjects"]:
                reply = Reply.of({"encoding": "UTF-8", "sobjects": self._objects()})
            case ["sobjects", object, "describe"] if object in self._readable():
                reply = Reply.of(described(object, self._fields(object)))
            case ["query" | "queryAll" as verb]:
                reply = self._query(request, request.one("q"), everything=verb == "queryAll")
            case ["query", locator]:
                reply = self._more(request, locator)
            case _:
                reply = None
        return reply or _errors(404, "NOT_FOUND", "The requested resource does not exist")

    def _readable(self) -> list[str]:
        """The objects that this organization has and the account may read."""
        other = {"Campaign", "Project__c"} - {self.project_object}
        return [name for name in STANDARD if name not in self.no_object | other]

    def _objects(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "labelPlural": f"{name}s", "queryable": True,
             "keyPrefix": PREFIXES.get(name)}
            for name in self._readable()
        ]  # fmt: skip

    def _fields(self, object: str) -> tuple[Field, ...]:
        """The fields of an object that the account may read."""
        own = self._adoption.custom.get("Campaign" if object == "Project__c" else object, {})
        lookup = Field(LOOKUP, "reference", "Project", (self.project_object,), True)
        fields = (*STANDARD[object], *((lookup,) if object == "Case" else ()), *own.values())
        return tuple(each for each in fields if f"{object}.{each.name}" not in self.hidden_fields)

    def _rows(self, object: str) -> list[Row]:
        """The rows that the account may see, made once per state of the world."""
        state = (self.world.revision, self.world.now())
        if state != self._cached_at:
            self._cached_at, self._cache = state, {}
        if object not in self._cache:
            unseen = self._unseen()
            self._cache[object] = [
                row
                for row in self._render.rows(object)
                if unseen.isdisjoint(
                    {row["Id"], row.get("WhatId"), row.get(LOOKUP)}
                    | {row.get(name) for name in ("CaseId", "TargetObjectId", "ParentId")}
                )
            ]
        return self._cache[object]

    def _unseen(self) -> set[Any]:
        """Hidden containers and the cases in them: what hangs on a record follows it."""
        hidden = set(self.hidden)
        cases = self._render.rows("Case") if hidden else []
        return hidden | {row["Id"] for row in cases if row.get(LOOKUP) in hidden}

    # --- queries ------------------------------------------------------------------------------

    def _query(self, request: Request, soql: str, *, everything: bool) -> Reply:
        try:
            query = parse(soql)
            self._check(query)
        except SoqlError as error:
            return _errors(400, error.code, error.message)
        rows = [
            row
            for row in self._rows(query.object)
            if (query.where is None or query.where(row))
            and (everything or not (row.get("IsDeleted") or row.get("IsArchived")))
        ]
        quick = query.counts or query.object.endswith("Status")
        if self.longest_query is not None and len(rows) > self.longest_query and not quick:
            return _errors(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        if query.counts:
            return Reply.of({"totalSize": len(rows), "done": True, "records": []})
        for path in reversed(query.order):
            rows.sort(key=lambda row, path=path: str(value_at(row, path)))  # type: ignore[misc]
        shown = [*query.paths, *query.children]
        locator = f"0r8{len(self._locators):012d}"
        self._locators[locator] = (query.object, rows, shown)
        return self._batch(request, locator, 0)

    def _check(self, query: Query) -> None:
        """Refuse what is not there for this account."""
        if query.object not in self._readable():
            raise SoqlError(
                "INVALID_TYPE",
                f"sObject type '{query.object}' is not supported. If you are attempting to use a "
                "custom object, be sure to append the '__c' after the entity name.",
            )
        types = {field.name: field.type for field in self._fields(query.object)}
        for path in (*query.paths, *query.filtered, *query.order):
            parent, _, name = path.partition(".")
            known = (f"{parent}Id" in types and name in PARENTS.get(parent, ())) if name else (
                path in types
            )  # fmt: skip
            if not known:
                raise SoqlError(
                    "INVALID_FIELD", f"No such column '{path}' on entity '{query.object}'."
                )
        for path, kind in query.filtered.items():
            if types.get(path) == "datetime" and kind not in ("time", "name"):
                raise SoqlError(
                    "INVALID_FIELD",
                    f"value of filter criterion for field '{path}' must be of type dateTime and "
                    "should not be enclosed in quotes",
                )
            if types.get(path) in ("textarea", "anyType"):
                raise SoqlError("INVALID_FIELD", f"field '{path}' can not be filtered in a query")
        for name, paths in query.children.items():
            if not set(paths) <= set(CHILDREN.get(query.object, {}).get(name, ())):
                raise SoqlError("INVALID_FIELD", f"Didn't understand relationship '{name}'")

    def _more(self, request: Request, locator: str) -> Reply:
        name, _, start = locator.partition("-")
        if name not in self._locators or not start.isdecimal():
            return _errors(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._batch(request, name, int(start))

    def _batch(self, request: Request, locator: str, start: int) -> Reply:
        object, rows, shown = self._locators[locator]
        asked = request.headers.get("sforce-query-options", "").removeprefix("batchSize=")
        size = min(self.page_size, int(asked) if asked.isdecimal() else 2000)
        end = start + size
        answer: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if end < len(rows):
            answer["nextRecordsUrl"] = f"{DATA}/query/{locator}-{end}"
        answer["records"] = [_shown(object, row, shown) for row in rows[start:end]]
        return Reply.of(answer)


def _shown(object: str, row: Row, paths: Iterable[str]) -> Row:
    """A row with what was asked for, and what it is."""
    url = f"{DATA}/sobjects/{object}/{row['Id']}"
    shown: Row = {"attributes": {"type": object, "url": url}}
    for path in paths:
        parent, _, name = path.partition(".")
        held = row.get(parent)
        if name and held is not None:
            shown.setdefault(parent, {"attributes": held["attributes"]})[name] = held.get(name)
        else:
            shown[parent] = held
    return shown


def _errors(status: int, code: str, message: str) -> Reply:
    return Reply.of([{"message": message, "errorCode": code}], status)


SANDBOX = SalesforceSandbox
