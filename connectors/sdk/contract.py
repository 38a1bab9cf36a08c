"""The contract between the engine and a connector. Read this first.

A connector reads one kind of tool. It is two files: `connector.py` (all I/O, no mapping) and
`mapping.py` (pure: no I/O, no clock, no configuration). It keeps no state between calls, never
sleeps, retries or logs, and never swallows an answer of 400 or more: pacing, retries, deadlines
and scrubbing are the HTTP door's (`http.py`), scheduling and storing are the engine's.

How the engine uses one::

    connector = SomeTool(config, http)
    connector.check()                               # who we are; raises Refused when we are not
    plan = connector.lanes(stream, cursors)         # independent parts that may run side by side
    for lane in plan.lanes:                         # each lane in a thread of its own
        for page in connector.pull(stream, lane.name, cursors.get(lane.name)):
            # one transaction: raw items, their records, the lane's cursor
            records = [r for item in page.items for r in connector.to_records(stream, item.body)]

A **lane** is an independent part of a stream with its own cursor: a project, a board, a range of
keys. A failure in one lane never stops or harms another. Which lanes there are may differ between
the first read and the later ones: a first read may be cut into many (`Plan.joint` is then the
cursor that one lane named "" starts from next time), a later one may be a single question
"what changed since".

A **scope** is a container of items that the tool's people know (a project, a board): the unit of
census, of completeness, of lost access, of the guard against mass deletion.

What a connector may tell besides: what it does not fill (`Narrowed`, below), what there is to map
(`vocabulary.py`), who calls us and how (`webhooks.py`), how items get comments (`comments.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Flag, auto
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import Gone, GoneReason, Record

Json = Mapping[str, Any]
Cursor = Mapping[str, str]
"""Where a lane resumes: small, opaque to the engine, only its connector reads it."""


class Can(Flag):
    """What a stream can do. The engine plans by these; the tests hold a connector to them."""

    FULL = auto()  # read everything there is
    INCREMENTAL = auto()  # read only what changed since a cursor
    TOMBSTONES = auto()  # yields `Gone` for what the tool says is gone
    CENSUS = auto()  # list every id of a scope cheaply, and confirm single ids
    WEBHOOK = auto()  # the tool can call us
    FEED = auto()  # a pollable change feed that needs no public address


class Options(BaseModel):
    """Base of every connector's `Config`: what an admin writes under `options`.

    Every field of a connector has a description (help, form, README table come from it);
    secrets are `SecretStr`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Address of the tool.")
    allow_private_network: bool = Field(
        default=False,
        description="Allow answers from private addresses (a site inside your own network).",
    )
    quota_share: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Percent of the tool's hourly or daily quota after whose use this connection "
        "waits for the next one; absent: it may use all of it.",
    )


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The vendor's declared limit: `requests` within `per`, for paths starting with `path`."""

    requests: int
    per: timedelta
    path: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an answer says is left of one limit: `remaining` until `resets_in` from now.

    Args:
        remaining: requests, or whatever the vendor counts (points, complexity).
        limit: the whole of it, None where it is not told.
        path: only calls whose path starts with this count.
        name: tells apart what the vendor counts side by side.
        per: the limit's whole period, where only its end is told; None: as long as `resets_in`.
    """

    remaining: int
    resets_in: timedelta
    limit: int | None = None
    path: str = ""
    name: str = ""
    per: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """How a person signs in for us in a browser: authorization code with PKCE (RFC 6749 §4.1).

    Args:
        authorize_url: where the browser is sent.
        scopes: what is asked for: reading alone, and a refresh token where it needs a scope.
        parameters: what the vendor wants in the query beside what the standard names.
        localhost: the vendor registers no redirect to `http://127.0.0.1`, only to
            `http://localhost`.
    """

    authorize_url: str
    scopes: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    localhost: bool = False


@dataclass(frozen=True, slots=True)
class OAuth:
    """An OAuth 2 credential from which access tokens are had.

    A refresh token (RFC 6749 §6), perhaps rotated with every use; without one, what a person's
    login left in the store, where there is a `login`; else an assertion (RFC 7523 §2.1) where
    there is one, else the client's own credentials (RFC 6749 §4.4), for the `scope` if one is set.

    Args:
        assertion: makes the signed assertion of an instant.
        bearer: the assertion signs a POST without a form, as the bearer of it; the answer has
            `token` and `expires_at` (GitHub's own way).
        subject: whom the assertion speaks for: one client may sign in several accounts.
        basic: the client's secret travels in a header of its own (RFC 6749 §2.3.1), not in the
            form; a client without a secret names itself in the form only.
        login: how a person may sign in instead of writing down a refresh token.
    """

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    assertion: Callable[[datetime], str] | None = field(default=None, repr=False)
    bearer: bool = False
    subject: str = ""
    basic: bool = False
    scope: str = ""
    login: Login | None = None

    @property
    def by_login(self) -> bool:
        """Whether tokens come from a person's login and from nowhere else."""
        return self.login is not None and not self.refresh_token


@dataclass(frozen=True, slots=True)
class Access:
    """How a configured account is reached.

    Args:
        base_url: scheme, host and the common start of every path, without a final slash.
        headers: sent with every request; they hold the credential and are scrubbed from all text.
        oauth: where set, the door adds the bearer token itself and refreshes it.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth: OAuth | None = None


@dataclass(frozen=True, slots=True)
class Xml:
    """The body of a request in XML, as WebDAV speaks it.

    Args:
        text: the document.
        headers: what travels with it (`Depth`).
    """

    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A tool's answer. `data` is the parsed JSON, None for an empty body; where the request was in
    XML, the root `Element`. Of a refusal that is neither, it is the text.

    `altered` counts what had to be cleaned (NUL, lone surrogates, broken UTF-8); it is never 0
    when anything was.
    """

    status: int
    headers: Mapping[str, str]  # keys in lower case
    data: Any
    url: str
    altered: int = 0
    not_modified: bool = False


class Http(Protocol):
    """The only way out. Paces, retries, bounds, checks and scrubs; raises `ConnectorError`s.

    `path` is relative to `Access.base_url`, or an absolute URL on the same host (a "next" link).
    `params` whose value is None are left out; a sequence repeats the parameter.
    Answers of 400 and more raise, except the statuses in `accept`.
    """

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The parsed JSON of a GET."""
        ...

    def post(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """The parsed JSON of a POST that only reads (a search, a bulk fetch)."""
        ...

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        xml: Xml | None = None,
        accept: Container[int] = (),
        etag: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        """The whole answer, in XML where the request was.

        `etag` makes it conditional; `scope` names the container in errors.
        """
        ...

    def send(
        self, method: str, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None
    ) -> Answer:
        """The whole answer to a request that changes something in the tool: it is sent once, and
        repeated by nobody, whatever comes of it. After `Unavailable` the tool may have done it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """A raw answer of the tool, self-contained: the mapping sees `body` and nothing else.

    An item says all there is about the records it yields: a record (other than a `Change`) that
    it yielded before and yields no more is gone.

    Args:
        id: the tool's immutable id of the item, unique within the stream.
        body: JSON-able; only fields that the mapping reads, or may come to read.
        scope: id of the container that the item counts in, None if it has none.
        altered: how much the door had to clean in it.
    """

    id: str
    body: Json
    scope: str | None = None
    altered: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The unit of commit: items and the cursor after them land in one transaction.

    Args:
        items: in the tool's order; an empty page may still move the cursor.
        cursor: where to resume; None: this page moves no cursor.
        gone: what the tool says is gone (streams that can `TOMBSTONES`).
        unread: ids of items that the tool lists but does not let us read, with the reason; they
            are counted and shown, never retired.
    """

    items: Sequence[Item] = ()
    cursor: Cursor | None = None
    gone: Sequence[Gone] = ()
    unread: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """An independent part of a stream. `name` is stable: its cursor is kept under it.

    `full`: a read of this lane that ends without raising has seen everything in it.
    `scope`: the one container that the lane reads, if it reads one.
    """

    name: str = ""
    scope: str | None = None
    full: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The lanes of one turn.

    Args:
        lanes: may run side by side.
        joint: where set, the lane "" gets this cursor once *all* lanes have ended, and the
            cursors of the others are forgotten.
        forget: names of lanes whose place others have taken: their cursors are not kept.
    """

    lanes: Sequence[Lane]
    joint: Cursor | None = None
    forget: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A container as the roster lists it now.

    Args:
        chosen_as: how the option that limits what is read names it, or what it lies in; "": by
            `id`; None: it cannot be chosen.
        chosen_name: what is chosen by that, as people call it; "": `name`.
    """

    id: str
    name: str
    state: Literal["active", "archived", "closed", "trashed"] = "active"
    chosen_as: str | None = field(default="", compare=False)
    chosen_name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What `check` learnt: who we are for the tool, and what it says of itself."""

    account: str
    site: str
    version: str | None = None
    time_zone: str | None = None
    server_time: datetime | None = None
    scopes: Sequence[Scope] = ()
    warnings: Sequence[str] = ()
    credential_expires_at: datetime | None = None


class Connector(Protocol):
    """One account in one tool."""

    name: ClassVar[str]  # the folder's name, and `connector:` in the configuration
    title: ClassVar[str]  # as people write it: "Jira"
    Config: ClassVar[type[Options]]
    limits: ClassVar[Sequence[RateLimit]]
    parallel: ClassVar[int]  # how many lanes may run side by side
    streams: ClassVar[Mapping[str, Can]]  # in the order in which they are pulled
    provides: ClassVar[Mapping[type[Record], frozenset[str]]]
    # exactly the fields this tool can fill; a standard that needs another is not assessable here;
    # an instance may provide less, by its options

    @property
    def history(self) -> frozenset[str]:
        """Fields of `Task` whose changes the tool itself tells (as `Change`). Of the others the
        engine keeps the differences that it sees, marked as observed."""
        ...

    evidence: ClassVar[Literal["docs", "recorded", "live"]]  # how it was proven …
    evidence_on: ClassVar[str]  # … and on which day (ISO)

    def __init__(self, config: Any, http: Http) -> None:
        """Keeps both; no I/O."""
        ...

    @classmethod
    def access(cls, config: Any) -> Access:
        """Pure: where and with which headers this account is reached."""
        ...

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Pure: what only this vendor says in its own way (an error in a 200, a 403 that means
        "slow down"). None: the door's ordinary reading of the status holds."""
        ...

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """Pure: what an answer, by its headers or its body, says is left of the vendor's limits."""
        ...

    def check(self) -> Identity:
        """One cheap call or two: who we are, what we may see; raises when refused."""
        ...

    def scopes(self) -> Sequence[Scope]:
        """The roster: every container that is configured *and* visible now, in every state."""
        ...

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Which lanes to run now, given the cursors committed so far (by lane name)."""
        ...

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane from a cursor; all I/O of a stream is here.

        A full lane that ends without raising has seen everything. Cursors overlap: the filter is
        inclusive and looks back by the vendor's own lag. A page loop raises `Unexpected`.
        """
        ...

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every item id that exists in a scope, archived ones included, in batches."""
        ...

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each id by itself: None: it is still there (wherever it moved to);
        "unknown": the tool answers alike for deleted and hidden."""
        ...

    def count(self, stream: str, scope: str) -> int | None:
        """The tool's own count of a scope's items, None where it has none."""
        ...

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Pure and total: the same item gives the same records, whatever it holds."""
        ...


class Narrowed(Protocol):
    """A connector that, as it is configured, fills less than its class says: an option switches a
    stream off, or the account's plan has no such thing."""

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """The part of `provides` that holds for this account."""
        ...


def provided(connector: Connector) -> Mapping[type[Record], frozenset[str]]:
    """What a configured connector can fill: of all else nothing is known (see `Narrowed`)."""
    found: Mapping[type[Record], frozenset[str]] = getattr(
        connector, "provided", connector.provides
    )
    return found


Clock = Callable[[], datetime]
