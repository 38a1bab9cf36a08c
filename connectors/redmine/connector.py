"""Redmine 5.0 and later, through its REST API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from connectors.redmine import mapping
from connectors.redmine.comments import RedmineComments
from connectors.redmine.issues import Issues
from connectors.redmine.items import field_ids, id_of, item, private_ids, shows_private
from connectors.redmine.lookups import Lookups
from connectors.redmine.people import people
from connectors.redmine.reading import (
    EVERY,
    Account,
    identity,
    issues_by_id,
    listing,
    moment,
    offset_pages,
    stamp,
)
from connectors.redmine.words import PROJECT_STATES
from connectors.sdk.comments import CommentsOn
from connectors.sdk.contract import (
    Access,
    Answer,
    Budget,
    Can,
    Cursor,
    Http,
    Identity,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, Refused
from connectors.sdk.records import GoneReason, ProjectState, Record
from connectors.sdk.vocabulary import Vocabulary

CORRECTED_WITHIN = timedelta(days=1)
"""How far back spent time is read again each turn: the list has no filter by change."""

COUNTED = {"tasks": "issues", "worklogs": "time_entries"}
"""Streams whose items belong to projects and can be listed by project."""
HOLDERS = {"tasks": "issue", "worklogs": "time_entry"}
"""Under which name one of them stands in an answer."""

CONFIRM_PATHS = {
    "projects": "projects", "people": "users", "milestones": "versions", "tasks": "issues",
    "worklogs": "time_entries",
}  # fmt: skip


class RedmineConfig(Options):
    """What an admin writes under `options` for a Redmine."""

    url: str = Field(description="Address of the Redmine, with its path where it has one.")
    token: SecretStr = Field(
        description="API key of the account that reads ('My account', 'API access key')."
    )
    projects: tuple[str, ...] = Field(
        default=(),
        description="Identifiers of the projects to read, as in their address, without their "
        "subprojects; absent: every project that the account sees.",
    )
    web_url: str | None = Field(
        default=None,
        description="Address that people open in a browser, where it differs from `url`; links "
        "in digests begin with it.",
    )


class Redmine:
    """One account in one Redmine. See README.md for what is read and how."""

    name: ClassVar[str] = "redmine"
    title: ClassVar[str] = "Redmine"
    Config: ClassVar[type[Options]] = RedmineConfig
    limits: ClassVar[Sequence[RateLimit]] = ()  # Redmine itself has none
    parallel: ClassVar[int] = 2
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "milestones": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    comments: ClassVar[type[CommentsOn]] = RedmineComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "live"
    evidence_on: ClassVar[str] = "2026-11-23"
    history: ClassVar[frozenset[str]] = frozenset(
        {
            "status", "due_on", "start_on", "assignee_ids", "priority", "estimate_minutes",
            "parent_id", "project_id", "milestone_id",
        }
    )  # fmt: skip

    def __init__(self, config: RedmineConfig, http: Http) -> None:
        self._config = config
        self._http = http
        self._web = (config.web_url or config.url).rstrip("/")
        self._issues = Issues(http, self._web, self._chosen)

    @classmethod
    def access(cls, config: RedmineConfig) -> Access:
        """The API key travels in its own header."""
        return Access(
            base_url=config.url.rstrip("/"),
            headers={
                "X-Redmine-API-Key": config.token.get_secret_value(),
                "Accept": "application/json",
            },
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Redmine's statuses mean what they say; a 401 deserves a better remedy."""
        if answer.status != 401:
            return None
        return Refused(
            "Redmine does not accept the API key.",
            remedy="Check that the key is the one shown under 'My account' of an active user, "
            "and that 'Enable REST web service' is on (Administration, Settings, API).",
        )

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Redmine says nothing of limits."""
        return ()

    def check(self) -> Identity:
        """Who the key belongs to, which projects it sees, and what it cannot see."""
        account = identity(self._http)
        roster = self._roster()
        names = {str(row.get("identifier")) for row in roster} | {str(row["id"]) for row in roster}
        missing = [name for name in self._config.projects if name not in names]
        if self._config.projects and not roster:
            raise Refused(
                f"{account.login} sees none of the projects {', '.join(missing)}.",
                remedy="Add the account to the projects as a member, or correct `projects`: it "
                "takes identifiers as in the project's address.",
            )
        return Identity(
            account=account.login,
            site=self._web,
            server_time=account.server_time,
            scopes=[_scope(row) for row in roster],
            warnings=list(self._warnings(account, roster, missing)),
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects, active and closed; Redmine does not list archived ones to anyone."""
        roster = self._roster()
        identity(self._http)
        return [_scope(row) for row in roster]

    def vocabulary(self) -> Vocabulary:
        """The statuses and, for an administrator, the custom fields, in four requests."""
        identity(self._http)  # Redmine may show its tables to anybody
        return Lookups(self._http).words()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Tasks are first read project by project, later in one question for all."""
        if stream == "tasks" and "" not in cursors:
            return self._issues.first(cursors, self._roster())
        if stream == "tasks":
            return Plan([Lane(full=False)])
        if stream == "worklogs":
            return Plan([Lane(full="" not in cursors)])
        if stream == "milestones":
            tracked = [row for row in self._roster() if _tracks_issues(row)]
            identity(self._http)
            return Plan([Lane(str(row["id"]), scope=str(row["id"])) for row in tracked])
        if stream == "people":
            # Members are all that others than administrators can list: never everybody.
            return Plan([Lane(full=identity(self._http).admin)])
        return Plan([Lane()])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; every page is handed on only after Redmine has confirmed who we are."""
        if stream == "tasks":
            issues = self._issues
            yield from issues.changed(since or {}) if lane == "" else issues.of_project(lane, since)
        elif stream == "worklogs":
            yield from self._worklogs(since)
        elif stream == "milestones":
            yield self._milestones(lane)
        elif stream == "people":
            yield from people(self._http, self._web, self._roster)
        else:
            look, rows = Lookups(self._http), self._roster()
            items = [
                item(self._web, "project", row, more=look.explain_fields(field_ids(row)))
                for row in rows
            ]
            identity(self._http)
            yield Page(items)

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every issue (entry of spent time) of a project, closed ones included."""
        within = {"project_id": scope, "subproject_id": "!*"}
        if stream == "tasks":
            for page in issues_by_id(self._http, within, scope=scope):
                yield [str(row["id"]) for row in page.rows]
        else:
            key, order = COUNTED[stream], {**within, "sort": "created_on:asc"}
            for rows in offset_pages(self._http, f"/{key}.json", key, order, scope):
                yield [str(row["id"]) for row in rows]
        identity(self._http)  # else an unknown key would make a census that found nothing

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Issues are asked for in bulk first, what is then missing one by one; what moved to a
        project that is not read is gone from here."""
        there = dict(self._issues.existing(ids)) if stream == "tasks" else {}
        found = {id: (200, there[id]) if id in there else self._look(stream, id) for id in ids}
        chosen = self._chosen() if stream in COUNTED else None
        admin = identity(self._http).admin
        return {
            id: _fate(stream, status, admin) or _left(home, chosen)
            for id, (status, home) in found.items()
        }

    def count(self, stream: str, scope: str) -> int | None:
        """Redmine's own count of a project's issues or entries of spent time."""
        if stream not in COUNTED:
            return None
        key = COUNTED[stream]
        only = {"project_id": scope, "subproject_id": "!*", "limit": 1}
        only |= EVERY if stream == "tasks" else {}
        total = listing(self._http, f"/{key}.json", key, only, scope).total
        identity(self._http)
        return total

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    # --- projects, people, versions -----------------------------------------------------------

    def _roster(self) -> list[Json]:
        """The configured projects that are visible. Without `status` closed ones are left out."""
        asked = {"status": "1|5", "include": "enabled_modules"}
        rows: dict[int, Json] = {}
        for page in offset_pages(self._http, "/projects.json", "projects", asked):
            rows.update((row["id"], row) for row in page)
        wanted = set(self._config.projects)
        return [
            row
            for row in rows.values()
            if not wanted or row.get("identifier") in wanted or str(row["id"]) in wanted
        ]

    def _chosen(self) -> set[str] | None:
        """Ids of the configured projects; None (and nothing asked) when all are wanted."""
        return {str(row["id"]) for row in self._roster()} if self._config.projects else None

    def _warnings(
        self, account: Account, roster: Sequence[Json], missing: Sequence[str]
    ) -> Iterator[str]:
        if missing:
            yield f"Not visible to {account.login}: {', '.join(missing)}."
        if not roster:
            yield f"{account.login} sees no project. Add the account to projects as a member."
        if not account.admin:
            yield (
                f"{account.login} is no administrator: people come from the projects' member "
                "lists, without e-mail, custom fields without their formats, and an archived "
                "project looks like lost access."
            )
        spent = self._http.request("GET", "/time_entries.json", params={"limit": 1}, accept=(403,))
        if spent.status == 403:
            yield f"{account.login} may not see spent time (permission 'View spent time')."

    def _milestones(self, lane: str) -> Page:
        """A project's own versions. Whoever may ask gets them all; others get 401 or 403."""
        rows = listing(self._http, f"/projects/{lane}/versions.json", "versions", None, lane).rows
        own = [row for row in rows if id_of(row.get("project")) == lane]
        return Page([item(self._web, "version", row, lane) for row in own])

    def _look(self, stream: str, id: str) -> tuple[int, str | None]:
        """The HTTP status with which Redmine answers for one thing, and its project."""
        path = f"/{CONFIRM_PATHS[stream]}/{id}.json"
        answer = self._http.request("GET", path, accept=(403, 404))
        if stream == "people" and answer.status == 404:
            answer = self._http.request("GET", f"/groups/{id}.json", accept=(403, 404))
        held = answer.data.get(HOLDERS.get(stream)) if isinstance(answer.data, Mapping) else None
        return answer.status, id_of(held.get("project")) if isinstance(held, Mapping) else None

    # --- spent time ---------------------------------------------------------------------------

    def _worklogs(self, since: Cursor | None) -> Iterator[Page]:
        """Redmine filters spent time by its day alone, so what is new is read from the top."""
        chosen = self._chosen()
        since_id = last = int(since["id"]) if since else 0
        created = since["created"] if since else ""
        private = (since or {}).get("private", "").split() or private_ids(self._roster())
        back_to = stamp(moment(created) - CORRECTED_WITHIN) if created else ""
        order = {"sort": "created_on:desc" if since else "created_on:asc"}
        known = False
        for rows in offset_pages(self._http, "/time_entries.json", "time_entries", order):
            items = [
                item(self._web, "time_entry", row, id_of(row.get("project")))
                for row in rows
                if chosen is None or id_of(row.get("project")) in chosen
            ]
            for row in rows:
                # The highest id is the latest entry, whatever the clock said when it was made.
                if row["id"] > last:
                    last, created = row["id"], str(row.get("created_on") or created)
            known = True
            if last != since_id or not shows_private(rows, private):
                identity(self._http)
            yield Page(items)
            if since and rows[-1]["id"] <= since_id and str(rows[-1]["created_on"]) < back_to:
                break
        if not known:
            identity(self._http)
        after = {"id": str(last), "created": created, "private": " ".join(private)}
        if after != since:
            yield Page(cursor=after)


def _scope(row: Json) -> Scope:
    state: ProjectState = PROJECT_STATES.get(row.get("status", 1), "active")
    return Scope(str(row["id"]), str(row.get("name") or row["id"]), state)


def _tracks_issues(project: Json) -> bool:
    modules = project.get("enabled_modules")
    if not isinstance(modules, list):
        return True
    return any(
        isinstance(each, Mapping) and each.get("name") == "issue_tracking" for each in modules
    )


def _left(home: str | None, chosen: set[str] | None) -> GoneReason | None:
    """What became of something that is there; `chosen` are the projects that are read."""
    return "moved" if chosen is not None and home is not None and home not in chosen else None


def _fate(stream: str, status: int, admin: bool) -> GoneReason | None:
    """What an answer about one thing says. An administrator is shut out of archived projects
    only; others are shut out alike of these and of what they may not see."""
    if status == 403:
        return "archived" if admin else "access_lost"
    if status == 404:
        return "unknown" if stream == "people" and not admin else "deleted"
    return None


CONNECTOR = Redmine
