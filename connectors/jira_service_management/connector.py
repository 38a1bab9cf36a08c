"""The connector of Jira Service Management: what is asked, and when. The mapping is in
`mapping.py`."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from connectors.jira_service_management import limits, mapping
from connectors.jira_service_management.catalogue import Catalogue, catalogue
from connectors.jira_service_management.client import REST, SERVICE_DESK, Client, as_object
from connectors.jira_service_management.config import ServiceManagementConfig
from connectors.jira_service_management.lanes import (
    LANE_ISSUES,
    clause_of,
    is_later,
    joint,
    ms,
    windows,
)
from connectors.jira_service_management.reading import ApprovalReader, Reader, RequestReader
from connectors.jira_service_management.values import account, ident, instant, obj, word
from connectors.jira_service_management.webhook import ServiceManagementWebhook
from connectors.sdk.contract import (
    Access,
    Answer,
    Budget,
    Can,
    Cursor,
    Http,
    Identity,
    Item,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary

GATEWAY = "api.atlassian.com"
MISSING = "missing:"  # lanes of configured service desks that the account does not see
USER_FIELDS = (
    "accountId", "accountType", "displayName", "emailAddress", "active", "timeZone",
)  # fmt: skip
READERS: Mapping[str, type[Reader]] = {"tasks": RequestReader, "approvals": ApprovalReader}


class JiraServiceManagement:
    """One account on one Jira Cloud site that has service desks.

    What a plan has read (the roster, the catalogue) is handed on to the lanes that it plans;
    nothing lives longer than that.
    """

    name: ClassVar[str] = "jira_service_management"
    title: ClassVar[str] = "Jira Service Management"
    Config: ClassVar[type[Options]] = ServiceManagementConfig
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(100, timedelta(seconds=1)),)
    parallel: ClassVar[int] = 6
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "approvals": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = frozenset(
        {
            "status", "due_on", "assignee_ids", "priority", "estimate_minutes", "title",
            "parent_id", "project_id",
        }
    )  # fmt: skip
    webhook: ClassVar[ServiceManagementWebhook] = ServiceManagementWebhook()

    def __init__(self, config: ServiceManagementConfig, http: Http) -> None:
        self.config = config
        self.client = Client(http)
        self._lock = threading.Lock()
        self._roster: list[dict[str, Any]] | None = None
        self._catalogue: Catalogue | None = None

    @classmethod
    def access(cls, config: ServiceManagementConfig) -> Access:
        """Basic with e-mail and token; a token alone is a bearer (service account)."""
        token = config.token.get_secret_value()
        credential = f"Bearer {token}"
        if config.email:
            credential = f"Basic {b64encode(f'{config.email}:{token}'.encode()).decode()}"
        return Access(config.url, {"Authorization": credential, "Accept": "application/json"})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Jira's own ways of saying no."""
        return limits.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """What `X-RateLimit-*` or `Beta-RateLimit` say is left."""
        return limits.budget(answer.headers)

    # -- who we are ----------------------------------------------------------------------------

    def check(self) -> Identity:
        """The account, the site and the service desks; raises `Refused` where there is no Jira
        Service Management."""
        http = self.client.http
        asked = http.request("GET", f"{SERVICE_DESK}/info", accept=(404,))
        if asked.status == 404:
            raise Refused(
                "This site has no Jira Service Management, or this account may not use it.",
                remedy="Check `url`; use the connector `jira` for a site without service desks.",
            )
        info = as_object(asked.data, "its version")
        me = as_object(http.get(f"{REST}/myself"), "myself")
        roster, at = self._projects()
        warnings = [self._unseen(each).message for each in self._missing(roster)]
        if not roster:
            warnings.append("This account sees no service desk at all.")
        elif not self._known_catalogue().clocks:
            warnings.append("This account sees no SLA field: no service level is read.")
        return Identity(
            account=word(me.get("displayName")) or account(me) or "",
            site=self.config.url,
            version=word(info.get("version")),
            time_zone=word(me.get("timeZone")),
            server_time=at,
            scopes=[scope_of(each) for each in roster],
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The service projects that are configured and visible, in every state."""
        return [scope_of(each) for each in self._projects()[0]]

    def vocabulary(self) -> Vocabulary:
        """The statuses and the custom fields of the whole site, in three requests."""
        self._hand_on(None)
        return self._known_catalogue().words()

    # -- what to read --------------------------------------------------------------------------

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Requests in windows at first, in one question later."""
        self._hand_on(None)
        if stream == "people":
            return Plan([Lane()])
        if stream in READERS and "" in cursors and self.config.service_desks is None:
            return Plan([Lane(full=not is_later(cursors[""]))])
        roster, at = self._projects()
        missing = [Lane(f"{MISSING}{each}", each, full=False) for each in self._missing(roster)]
        self._hand_on(roster)
        if stream == "projects":
            return Plan([Lane(), *missing])
        if "" in cursors:
            lanes = [Lane(full=not is_later(cursors[""]))] if live(roster) else []
            return Plan([*lanes, *missing])
        lanes = []
        for each in live(roster):
            id_ = str(each["id"])
            count = self.client.count(f"project in ({id_})")
            first = self._first_created(id_) if count > LANE_ISSUES else None
            lanes += windows(id_, count, first, at)
        lanes = [
            Lane(lane.name, lane.scope, full=not is_later(cursors.get(lane.name))) for lane in lanes
        ]
        if missing and lanes and not any(lane.full for lane in lanes):
            # A hidden service desk keeps the first read from being whole: the others go on alone.
            return Plan([*lanes, *missing])
        clocks = self._known_catalogue().clocks if lanes and READERS[stream].watches else ()
        return Plan([*lanes, *missing], joint=joint(cursors, ms(at), clocks))

    def _first_created(self, project_id: str) -> datetime | None:
        jql = f"project in ({project_id}) ORDER BY created ASC, key ASC"
        page = next(self.client.search(jql, ["created"], 1, project_id))
        return instant(obj(page.issues[0].get("fields")).get("created")) if page.issues else None

    # -- reading -------------------------------------------------------------------------------

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """One lane of a stream."""
        if lane.startswith(MISSING):
            raise self._unseen(lane.removeprefix(MISSING))
        if stream == "projects":
            yield self._project_items()
        elif stream == "people":
            for page in self.client.users():
                yield Page([_user(each) for each in page])
            for page in self.client.organizations():
                yield Page([_organization(each) for each in page])
        elif stream in READERS:
            scope = lane.partition(":")[0] or None
            clause = clause_of(lane) if lane else self._clause()
            yield from READERS[stream](self.client, self._known_catalogue, scope).read(
                clause, since
            )
        else:
            raise Unexpected(f"Jira Service Management has no stream named {stream}.")

    def _project_items(self) -> Page:
        roster, site = self._take_roster(), self._site()
        about = {} if site is None else {"site": site}
        return Page(
            [Item(str(each["id"]), {"project": each, **about}, str(each["id"])) for each in roster]
        )

    # -- the roster, the catalogue -------------------------------------------------------------

    def _projects(self) -> tuple[list[dict[str, Any]], datetime]:
        """The service projects that are configured and visible, and the tool's clock."""
        roster, at = self.client.projects()
        if not roster:
            # Nothing at all is what Jira also shows to nobody: make sure that we are someone.
            self.client.http.get(f"{REST}/myself")
        if self.config.service_desks is None:
            return roster, at
        wanted = set(self.config.service_desks)
        return [each for each in roster if wanted & {each.get("key"), each.get("name")}], at

    def _hand_on(self, roster: list[dict[str, Any]] | None) -> None:
        """A plan begins: forget what the last one read, and keep what its lanes will need."""
        with self._lock:
            self._roster, self._catalogue = roster, None

    def _take_roster(self) -> list[dict[str, Any]]:
        """The roster that the plan has read, once; else read now."""
        with self._lock:
            roster, self._roster = self._roster, None
        return self._projects()[0] if roster is None else roster

    def _known_catalogue(self) -> Catalogue:
        """The site's fields and statuses, read by the first lane that needs them."""
        with self._lock:
            if self._catalogue is None:
                client = self.client
                fields, more = client.listed("field"), client.more_fields()
                self._catalogue = catalogue(fields, more, client.listed("status"), self._site())
            return self._catalogue

    def _clause(self) -> str:
        """The JQL that holds for the service desks that are read."""
        if self.config.service_desks is None:
            return "projectType = service_desk"
        held = live(self._take_roster())
        if not held:
            raise NotVisible(
                "None of the configured service desks can be read now.",
                remedy="See that they exist, are not archived, and that this account is an agent "
                "in them.",
            )
        return f"project in ({', '.join(str(each['id']) for each in held)})"

    def _site(self) -> str | None:
        """The site's address for people, where the answers' own links do not say it: behind
        Atlassian's gateway."""
        if urlsplit(self.config.url).hostname != GATEWAY:
            return None
        server = as_object(self.client.http.get(f"{REST}/serverInfo"), "serverInfo")
        return (word(server.get("baseUrl")) or self.config.url).rstrip("/")

    def _missing(self, roster: Sequence[Json]) -> list[str]:
        seen = {name for each in roster for name in (each.get("key"), each.get("name"))}
        return [each for each in self.config.service_desks or () if each not in seen]

    @staticmethod
    def _unseen(desk: str) -> NotVisible:
        return NotVisible(
            f"This account does not see the service desk {desk}.",
            remedy=f"Make the account an agent in {desk}, or correct its key or name in "
            "`service_desks` (it may have been renamed).",
            scope=desk,
        )

    # -- what is still there -------------------------------------------------------------------

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all requests of a project.

        Jira finds nothing in a project that is hidden or archived: that says nothing of its
        requests, so it is asked for by itself first.
        """
        if stream in READERS:
            path = f"{REST}/project/{scope}"
            held = as_object(self.client.http.request("GET", path, scope=scope).data, "a project")
            if held.get("archived") or held.get("deleted"):
                raise NotVisible(
                    f"The project {held.get('key')} is archived; Jira does not list its requests.",
                    remedy="Nothing has to be done: its requests stay as they were read.",
                    scope=scope,
                )
            yield from self.client.ids(f"project in ({scope}) ORDER BY key ASC", scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Jira answers alike for deleted and hidden requests; what moved to a project that is not
        read is gone from here."""
        if stream not in READERS:
            return {}
        return self.client.exist(ids, [str(each["id"]) for each in self._projects()[0]])

    def count(self, stream: str, scope: str) -> int | None:
        """Jira's approximate count of a project's requests."""
        return self.client.count(f"project in ({scope})") if stream in READERS else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping`."""
        return mapping.to_records(stream, item)


def live(roster: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The projects that are neither archived nor in the bin."""
    return [each for each in roster if not (each.get("archived") or each.get("deleted"))]


def scope_of(project: Json) -> Scope:
    """A project as a scope."""
    id_ = str(project.get("id"))
    key = word(project.get("key")) or ""
    name = word(project.get("name")) or key or id_
    if project.get("deleted"):
        return Scope(id_, name, "trashed", chosen_as=key)
    state: Literal["archived", "active"] = "archived" if project.get("archived") else "active"
    return Scope(id_, name, state, chosen_as=key)


def _user(answer: Any) -> Item:
    held = obj(answer)
    if (id_ := account(held)) is None:
        raise Unexpected("Jira listed a person without an id.")
    return Item(id_, {"user": {name: held[name] for name in USER_FIELDS if name in held}})


def _organization(answer: Any) -> Item:
    held = obj(answer)
    if (id_ := ident(held.get("id"))) is None:
        raise Unexpected("Jira listed an organization without an id.")
    return Item(f"organization:{id_}", {"organization": {"id": id_, "name": held.get("name")}})


CONNECTOR = JiraServiceManagement
