"""The Jira connector: what is asked of Jira, and when. The mapping is in `mapping.py`."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from connectors.jira import limits, mapping, tasks, worklogs
from connectors.jira.answers import as_list, as_object
from connectors.jira.api import Api
from connectors.jira.boards import board_items, board_lanes
from connectors.jira.catalogue import Catalogue, catalogue, words
from connectors.jira.cloud import Cloud
from connectors.jira.comments import JiraComments
from connectors.jira.config import JiraConfig
from connectors.jira.data_center import DataCenter
from connectors.jira.provides import PROVIDES
from connectors.jira.roster import (
    USER_FIELDS,
    VERSION_FIELDS,
    due,
    ids_of,
    item_of,
    live,
    scope_of,
)
from connectors.jira.tasks import ms
from connectors.jira.values import ident, instant, obj, word
from connectors.jira.webhook import JiraWebhook
from connectors.sdk.comments import CommentsOn
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
MISSING = "missing:"  # lanes of configured projects that the account does not see


class Jira:
    """One account on one Jira site.

    What a plan has read (the roster, the catalogue) is handed on to the lanes that it plans, so
    that a hundred lanes do not ask the same a hundred times; nothing lives longer than that.
    """

    name: ClassVar[str] = "jira"
    title: ClassVar[str] = "Jira"
    Config: ClassVar[type[Options]] = JiraConfig
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(100, timedelta(seconds=1)),)
    parallel: ClassVar[int] = 6
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "milestones": Can.FULL,
        "sprints": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = PROVIDES
    webhook: ClassVar[JiraWebhook] = JiraWebhook()
    comments: ClassVar[type[CommentsOn]] = JiraComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-23"
    history: ClassVar[frozenset[str]] = frozenset(
        {
            "status", "due_on", "start_on", "assignee_ids", "priority", "estimate_minutes",
            "points", "parent_id", "project_id", "milestone_id", "blocked",
        }
    )  # fmt: skip

    def __init__(self, config: JiraConfig, http: Http) -> None:
        self.config = config
        self.api: Api = (Cloud if config.deployment == "cloud" else DataCenter)(http)
        self._lock = threading.Lock()
        self._roster: list[Json] | None = None
        self._catalogue: Catalogue | None = None
        self._statuses: list[Any] | None = None

    @classmethod
    def access(cls, config: JiraConfig) -> Access:
        """Basic with e-mail and token; a token alone is a bearer (service account, PAT)."""
        token = config.token.get_secret_value()
        if config.email:
            credential = f"Basic {b64encode(f'{config.email}:{token}'.encode()).decode()}"
        else:
            credential = f"Bearer {token}"
        headers = {"Authorization": credential, "Accept": "application/json"}
        return Access(config.url, headers)

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
        """The account, the site and the projects; raises `Refused` for the wrong deployment."""
        asked = self.api.http.request("GET", self.api.path("serverInfo"), accept=(404,))
        server = obj(asked.data)
        kind = (word(server.get("deploymentType")) or self.config.deployment).lower()
        if asked.status == 404 or (kind == "cloud") != (self.config.deployment == "cloud"):
            other = "data_center" if self.config.deployment == "cloud" else "cloud"
            raise Refused(
                f"This address is not a Jira of the kind `deployment: {self.config.deployment}`.",
                remedy=f"Check `url`, or set `deployment: {other}`.",
            )
        me = as_object(self.api.http.get(self.api.path("myself")), "myself")
        roster, at = self.api.projects(self._keys)
        warnings = [f"{self._unseen(key).message}" for key in self._missing(roster)]
        if not roster:
            warnings.append("This account sees no project at all.")
        return Identity(
            account=word(me.get("displayName")) or ident(me.get("accountId")) or "",
            site=word(server.get("baseUrl")) or self.config.url,
            version=word(server.get("version")),
            time_zone=word(me.get("timeZone")),
            server_time=instant(server.get("serverTime")) or at,
            scopes=[scope_of(each) for each in roster],
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects that are configured and visible, in every state."""
        return [scope_of(each) for each in self.api.projects(self._keys)[0]]

    def vocabulary(self) -> Vocabulary:
        """The statuses and the custom fields of the whole site, in two or three requests."""
        self._hand_on(None)
        return words(self._known_catalogue(), self._known_statuses())

    # -- what to read --------------------------------------------------------------------------

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Projects and boards apart; issues in windows at first, in one question later."""
        self._hand_on(None)
        if stream == "tasks":
            return self._task_lanes(cursors)
        if stream == "people" or (stream == "worklogs" and not self._keys):
            return Plan([Lane(full="" not in cursors)])
        if stream == "projects" and not self._keys:
            return Plan([Lane()])
        if stream in ("milestones", "sprints"):
            return self._seldom_lanes(stream, cursors)
        roster = self.api.projects(self._keys)[0]
        self._hand_on(roster)
        lane = Lane(full=stream == "projects" or "" not in cursors)
        return Plan([lane, *self._missing_lanes(roster)])

    def _seldom_lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        if stream == "sprints" and not self._keys:
            return Plan(due(*board_lanes(self.api, None), cursors))
        roster, at = self.api.projects(self._keys)
        if stream == "sprints":
            lanes = board_lanes(self.api, live(roster))[0]
        else:
            found = [(ident(each.get("id")), each.get("key")) for each in live(roster)]
            lanes = [Lane(f"{id_}:{key}", scope=id_) for id_, key in found]
        return Plan([*due(lanes, at, cursors), *self._missing_lanes(roster)])

    def _task_lanes(self, cursors: Mapping[str, Cursor]) -> Plan:
        if "" in cursors and not self._keys:
            return Plan([Lane(full=not tasks.is_later(cursors[""]))])
        roster, at = self.api.projects(self._keys)
        missing = self._missing_lanes(roster)
        held = live(roster)
        if "" in cursors:
            self._hand_on(roster)
            lanes = [Lane(full=not tasks.is_later(cursors[""]))] if held else []
            return Plan([*lanes, *missing])
        lanes = []
        for each in held:
            id_ = str(each.get("id"))
            total = obj(each.get("insight")).get("totalIssueCount")
            count = total if type(total) is int else self.api.count(f"project in ({id_})")
            first = self._first_created(id_) if count > tasks.LANE_ISSUES else None
            lanes += tasks.windows(id_, count, first, at)
        lanes = [
            Lane(lane.name, lane.scope, full=not tasks.is_later(cursors.get(lane.name)))
            for lane in lanes
        ]
        if missing and lanes and not any(lane.full for lane in lanes):
            # A hidden project keeps the first read from being whole: the others go on alone.
            return Plan([*lanes, *missing])
        return Plan([*lanes, *missing], joint=tasks.joint(cursors, ms(at)))

    def _first_created(self, project_id: str) -> Any:
        jql = f"project in ({project_id}) ORDER BY created ASC, key ASC"
        page = next(self.api.search(jql, ["created"], 1, project_id))
        return instant(obj(page.issues[0].get("fields")).get("created")) if page.issues else None

    # -- reading -------------------------------------------------------------------------------

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """One lane of a stream."""
        if lane.startswith(MISSING):
            raise self._unseen(lane.removeprefix(MISSING))
        match stream:
            case "projects":
                yield self._projects()
            case "people":
                for page in self.api.users():
                    yield Page([item_of(each, "user", USER_FIELDS) for each in page])
            case "milestones":
                yield self._milestones(*lane.split(":", 1))
            case "sprints":
                yield from board_items(self.api, lane, self._known_statuses)
            case "tasks":
                yield from self._tasks(lane, since)
            case "worklogs":
                yield from self._worklogs(since)
            case _:
                raise Unexpected(f"Jira has no stream named {stream}.")

    def _projects(self) -> Page:
        roster, site = self._take_roster(), self._site()
        found = []
        for each in roster:
            bare = {name: value for name, value in each.items() if name != "insight"}
            body = {"project": bare} if site is None else {"project": bare, "site": site}
            found.append(Item(str(each.get("id")), body, ident(each.get("id"))))
        return Page(found)

    def _milestones(self, project_id: str, key: str = "") -> Page:
        path = self.api.path(f"project/{project_id}/versions")
        answer = self.api.http.request("GET", path, scope=project_id)
        project = {"id": project_id, "key": key}
        site = self._site()
        about = {"project": project} if site is None else {"project": project, "site": site}
        read = [item_of(each, "version", VERSION_FIELDS) for each in as_list(answer.data, path)]
        found = [Item(item.id, {**item.body, **about}, project_id) for item in read]
        return Page(found, {"read_ms": str(ms(self.api.time_of(answer)))})

    def _tasks(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        scope = None
        if lane:
            clause, scope = tasks.clause_of(lane), lane.partition(":")[0]
        elif self._keys or not tasks.is_later(since):
            clause = _clause(live(self._take_roster()))
        else:
            clause = ""  # all that the account sees: the moment alone bounds the question
        reader = tasks.Reader(self.api, self._known_catalogue, scope)
        if since is not None and tasks.is_later(since):
            yield from reader.later(clause, since)
        else:
            yield from reader.first(clause, since)

    def _worklogs(self, since: Cursor | None) -> Iterator[Page]:
        if not self._keys:
            return worklogs.pull(self.api, since, None, lambda: ids_of(live(self._take_roster())))
        held = live(self._take_roster())
        return worklogs.pull(self.api, since, _clause(held), lambda: ids_of(held))

    # -- the roster, the catalogue -------------------------------------------------------------

    @property
    def _keys(self) -> Sequence[str]:
        return self.config.projects or ()

    def _hand_on(self, roster: list[Json] | None) -> None:
        """A plan begins: forget what the last one read, and keep what its lanes will need."""
        with self._lock:
            self._roster, self._catalogue, self._statuses = roster, None, None

    def _take_roster(self) -> list[Json]:
        """The roster that the plan has read, once; else read now."""
        with self._lock:
            roster, self._roster = self._roster, None
        if roster is None:
            roster = self.api.projects(self._keys)[0]
        if not roster:
            # Nothing at all is what Jira also shows to nobody: make sure that we are someone.
            self.api.http.get(self.api.path("myself"))
        return roster

    def _known_catalogue(self) -> Catalogue:
        """The site's fields and statuses, read by the first lane that needs them."""
        statuses = self._known_statuses()
        with self._lock:
            if self._catalogue is None:
                fields, more = self.api.fields(), self.api.more_fields()
                self._catalogue = catalogue(fields, more, statuses, self._site())
            return self._catalogue

    def _known_statuses(self) -> list[Any]:
        """The site's statuses, read by the first lane that needs them."""
        with self._lock:
            if self._statuses is None:
                self._statuses = self.api.statuses()
            return self._statuses

    def _site(self) -> str | None:
        """The site's address for people, where the answers' own links do not say it: behind
        Atlassian's gateway."""
        if urlsplit(self.config.url).hostname != GATEWAY:
            return None
        server = as_object(self.api.http.get(self.api.path("serverInfo")), "serverInfo")
        return (word(server.get("baseUrl")) or self.config.url).rstrip("/")

    def _missing(self, roster: Sequence[Json]) -> list[str]:
        seen = {each.get("key") for each in roster}
        return [key for key in self._keys if key not in seen]

    def _missing_lanes(self, roster: Sequence[Json]) -> list[Lane]:
        return [Lane(f"{MISSING}{key}", key, full=False) for key in self._missing(roster)]

    @staticmethod
    def _unseen(key: str) -> NotVisible:
        return NotVisible(
            f"This account does not see the project {key}.",
            remedy=f"Give the account 'Browse projects' in {key}, or correct the key in "
            "`projects` (it may have been renamed).",
            scope=key,
        )

    # -- what is still there -------------------------------------------------------------------

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all issues of a project.

        Jira finds nothing in a project that is hidden or archived: that says nothing of its issues,
        so it is asked for by itself first.
        """
        if stream == "tasks":
            path = self.api.path(f"project/{scope}")
            held = as_object(self.api.http.request("GET", path, scope=scope).data, path)
            if held.get("archived") or held.get("deleted"):
                raise NotVisible(
                    f"The project {held.get('key')} is archived; Jira does not list its issues.",
                    remedy="Nothing has to be done: its issues stay as they were read.",
                    scope=scope,
                )
            yield from self.api.ids(f"project in ({scope}) ORDER BY key ASC", scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Jira answers alike for deleted and hidden issues; what moved to a project that is not
        read is gone from here."""
        if stream != "tasks":
            return {}
        return self.api.exist(ids, ids_of(self.api.projects(self._keys)[0]) if self._keys else None)

    def count(self, stream: str, scope: str) -> int | None:
        """Jira's approximate count of a project's issues."""
        return self.api.count(f"project in ({scope})") if stream == "tasks" else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping`."""
        return mapping.to_records(stream, item)


def _clause(held: Sequence[Json]) -> str:
    """The JQL that holds for these projects."""
    if not held:
        raise NotVisible(
            "None of the configured projects can be read now.",
            remedy="See that the projects exist, are not archived, and that this account "
            "has 'Browse projects' in them.",
        )
    return f"project in ({', '.join(ids_of(held))})"


CONNECTOR = Jira
