"""GitLab.com and self-managed GitLab: what the engine calls.

`api.py` pages, `roster.py` says what is read, `issues.py` reads issues, `work_items.py` asks by
GraphQL what REST does not say in bulk; the mapping is `mapping.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from connectors.gitlab import mapping, roster
from connectors.gitlab.answers import budgets, refusal
from connectors.gitlab.api import Api, Rows, not_listed
from connectors.gitlab.comments import GitLabComments
from connectors.gitlab.issues import Issues
from connectors.gitlab.items import EPIC, ITERATION, MILESTONE, PERSON, PROJECT, kept
from connectors.gitlab.options import GitLabOptions
from connectors.gitlab.presence import fate
from connectors.gitlab.roster import Roster, group_path, project_path
from connectors.gitlab.values import day, epic_id, text
from connectors.gitlab.webhook import GitLabWebhook
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
    Login,
    OAuth,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import GoneReason, Record

GROUP = "group:"
MISSING = "missing:"
PAID = frozenset({"sprints", "epics"})
"""Streams that a free GitLab does not have."""


class GitLab:
    """One account in one GitLab. See README.md for what is read and how."""

    name: ClassVar[str] = "gitlab"
    title: ClassVar[str] = "GitLab"
    Config: ClassVar[type[Options]] = GitLabOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(2000, timedelta(minutes=1)),)
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "milestones": Can.FULL,
        "sprints": Can.FULL,
        "epics": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    comments: ClassVar[type[CommentsOn]] = GitLabComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    webhook: ClassVar[GitLabWebhook] = GitLabWebhook()

    def __init__(self, config: GitLabOptions, http: Http) -> None:
        self._options = config
        self._api = Api(http)
        self._issues = Issues(self._api, config)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Less on a free plan: what it cannot say must not read as "there is none"."""
        return mapping.provided(paid=self._options.paid)

    @property
    def history(self) -> frozenset[str]:
        """What events tell; nothing where they are not read."""
        if not self._options.history:
            return frozenset()
        told = {"labels", "milestone_id"}
        if not self._options.statuses:  # events tell open and closed, and no status
            told.add("status")
        return frozenset(told | ({"points"} if self._options.paid else set()))

    @classmethod
    def access(cls, config: GitLabOptions) -> Access:
        """A token travels in its own header; OAuth is the door's."""
        base = config.url.rstrip("/")
        if config.token is not None:
            return Access(f"{base}/api", {"PRIVATE-TOKEN": config.token.get_secret_value()})
        secret, refresh = config.client_secret, config.refresh_token
        return Access(
            f"{base}/api",
            oauth=OAuth(
                token_url=f"{base}/oauth/token",
                client_id=config.client_id or "",
                client_secret=secret.get_secret_value() if secret else "",
                refresh_token=refresh.get_secret_value() if refresh else "",
                login=Login(f"{base}/oauth/authorize", ("read_api",)),
            ),
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.refusal`."""
        return refusal(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `answers.budgets`."""
        return budgets(answer)

    def check(self) -> Identity:
        """Who we are, the token's scopes and end, and the projects that are seen."""
        user, clock = self._api.one("/v4/user")
        version, _ = self._api.one("/v4/version")
        token = self._token()
        found = self._roster()
        expires = day(token.get("expires_at"))
        return Identity(
            account=text(user.get("username")) or str(user.get("id")),
            site=urlsplit(self._options.url).netloc,
            version=text(version.get("version")),
            server_time=clock,
            scopes=found.scopes(),
            warnings=list(self._warnings(found, token)),
            credential_expires_at=datetime.combine(expires, time(), UTC) if expires else None,
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects that are configured and visible, archived ones too."""
        return self._roster().scopes()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane per project or group; for what changed in issues one for all."""
        if stream == "tasks":
            return self._issues.plan(cursors)
        if stream in PAID and not self._options.paid:
            return Plan([])
        found = self._roster()
        # What is configured and hidden ends in an error, so that its things do not count as gone.
        lanes = [Lane(f"{MISSING}{name}", full=False) for name in found.missing]
        if stream == "people":
            lanes.append(Lane(full=self._is_admin()))
        elif stream == "projects":
            lanes.append(Lane())
        else:
            lanes += [Lane(f"{GROUP}{path}") for path in found.groups()]
        if stream == "milestones":
            lanes += [Lane(id, scope=id) for id in found.projects]
        return Plan(lanes)

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; only issues have cursors."""
        if lane.startswith(MISSING):
            raise not_listed(lane.removeprefix(MISSING))
        group = lane.removeprefix(GROUP)
        readers: Mapping[str, Callable[[], Iterator[Page]]] = {
            "projects": self._projects,
            "people": self._people,
            "milestones": lambda: self._milestones(lane),
            "sprints": lambda: self._iterations(group),
            "epics": lambda: self._epics(group),
            "tasks": lambda: self._issues.pull(lane, since),
        }
        if stream not in readers:
            raise Unexpected(f"GitLab has no stream {stream!r}.")
        return readers[stream]()

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of all issues of a project."""
        if stream != "tasks":
            raise Unexpected(f"The stream {stream} of GitLab has no census.")
        return self._issues.ids(scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself, and the project of what is not there."""
        if stream != "tasks":
            raise Unexpected(f"The stream {stream} of GitLab has no census.")
        return fate(self._api, ids)

    def count(self, stream: str, scope: str) -> int | None:
        """GitLab's own count of a project's issues, None above 10,000."""
        return self._issues.count(scope) if stream == "tasks" else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _roster(self) -> Roster:
        return roster.read(self._api, self._options)

    def _is_admin(self) -> bool:
        """GitLab tells only administrators who is one."""
        return self._api.one("/v4/user")[0].get("is_admin") is True

    def _token(self) -> Json:
        """What GitLab says of the token; nothing of one that OAuth gave."""
        if self._options.token is None:
            return {}
        return next(iter(self._api.find("/v4/personal_access_tokens/self").rows), {})

    def _warnings(self, found: Roster, token: Json) -> Iterator[str]:
        for name in found.missing:
            yield f"{name} is not visible to the account: add it as a member, or correct the name."
        if not found.projects and not found.missing:
            yield "The account is a member of no project."
        scopes = token.get("scopes")
        if isinstance(scopes, list) and "api" in scopes:
            yield "The token may also write; the scope `read_api` is enough."
        if self._options.paid or not found.projects:
            return
        # GitLab writes a weight, also an empty one, only where the plan has weights.
        for place in found.places()[:1]:
            sample = self._api.page(f"{place.path}/issues", {"scope": "all", "per_page": 1})
            if any("weight" in row for row in sample.rows):
                yield (
                    "This GitLab has weights: with `plan: premium` (or `ultimate`) these, "
                    "iterations and epics are read too."
                )

    # --- what is read whole -------------------------------------------------------------------

    def _projects(self) -> Iterator[Page]:
        found = self._roster()
        yield Page([Item(id, kept(row, PROJECT)) for id, row in found.projects.items()])

    def _people(self) -> Iterator[Page]:
        """Everybody for an administrator, the members of the projects for others."""
        told: set[int] = set()
        if self._is_admin():
            pages = self._api.keyset("/v4/users", {})
        else:
            pages = (
                rows
                for id in self._roster().projects
                for rows in self._api.numbered(f"{project_path(id)}/members/all", {}, id)
            )
        for rows in pages:
            fresh = [row for row in rows.rows if row["id"] not in told]
            told.update(row["id"] for row in fresh)
            yield Page(
                [Item(str(row["id"]), kept(row, PERSON), None, rows.altered) for row in fresh]
            )

    def _milestones(self, lane: str) -> Iterator[Page]:
        """A project's own, or a group's own; those of the groups above have lanes of their own."""
        if lane.startswith(GROUP):
            path, scope = group_path(lane.removeprefix(GROUP)), None
        else:
            path, scope = project_path(lane), lane
        for rows in self._api.numbered(f"{path}/milestones", {}, scope):
            yield Page(
                [
                    Item(str(row["id"]), kept(row, MILESTONE), scope, rows.altered)
                    for row in rows.rows
                ]
            )

    def _iterations(self, group: str) -> Iterator[Page]:
        asked = {"include_ancestors": "false"}
        for rows in self._of_group(group, "iterations", asked):
            yield Page(
                [
                    Item(str(row["id"]), kept(row, ITERATION), None, rows.altered)
                    for row in rows.rows
                ]
            )

    def _epics(self, group: str) -> Iterator[Page]:
        asked = {
            "include_descendant_groups": "false", "include_ancestor_groups": "false",
            "order_by": "created_at", "sort": "asc",
        }  # fmt: skip
        for rows in self._of_group(group, "epics", asked):
            items = []
            for row in rows.rows:
                id = epic_id(row.get("group_id"), row.get("iid"))
                if id is None:
                    raise Unexpected(f"GitLab's epic {row['id']} has no group or no number.")
                items.append(Item(id, {"id": id, "epic": kept(row, EPIC)}, None, rows.altered))
            yield Page(items)

    def _of_group(self, group: str, kind: str, asked: Mapping[str, str]) -> Iterator[Rows]:
        try:
            yield from self._api.numbered(f"{group_path(group)}/{kind}", asked, group)
        except NotVisible as error:
            # Not "there are none": what was read before stays until this is decided.
            raise NotVisible(
                f"GitLab does not let the {kind} of {group} be read.",
                remedy="Write `plan: free` if this GitLab has none, or give the account the role "
                "Reporter in the group.",
                scope=group,
            ) from error


CONNECTOR = GitLab
