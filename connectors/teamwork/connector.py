"""Teamwork.com over its REST API, version 3: one site, its projects, and what is asked when.

A project is the scope. The tasks, comments, time and status updates of all projects are each one
list, which tells what has changed since a time, so that a turn asks one question for each.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

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
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import GoneReason, Record, Task, Worklog
from connectors.sdk.vocabulary import FieldName, Vocabulary
from connectors.sdk.webhooks import Webhook
from connectors.teamwork import mapping
from connectors.teamwork.api import V3, Api, budget, refusal
from connectors.teamwork.catalog import Catalog, scope_of
from connectors.teamwork.changing import LISTED, Changing
from connectors.teamwork.provides import PROVIDES
from connectors.teamwork.tasks import CustomFields, Stages, Tasks
from connectors.teamwork.webhook import TeamworkWebhook
from connectors.teamwork.words import OWN_STATUSES, id_of, part, text

ALONE = {
    "projects": ("projects", "project"),
    "milestones": ("milestones", "milestone"),
    "tasks": ("tasks", "task"),
    "comments": ("comments", "comments"),
    "worklogs": ("time", "timelog"),
    "boards": ("workflows", "workflow"),
    "people": ("people", "person"),
}
"""Where one item of a stream is asked for by itself, and its name in the answer."""


class TeamworkOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        pattern=r"^https?://[^/]+/?$",
        description="Address of the site: `https://acme.teamwork.com`, in Europe "
        "`https://acme.eu.teamwork.com`.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="API key of the account that reads; or else `token`."
    )
    token: SecretStr | None = Field(
        default=None, description="OAuth access token of an app; or else `api_key`."
    )
    projects: tuple[str, ...] = Field(
        default=(),
        description="Ids of the projects to read; all that the account sees when absent.",
    )
    archived: bool = Field(default=True, description="Read archived projects too.")
    custom_fields: bool = Field(
        default=True, description="Read custom fields; false where the plan has none."
    )
    worklogs: bool = Field(
        default=True, description="Read logged time; false where the account may not see it."
    )
    web_url: str | None = Field(
        default=None,
        description="Address that people open, for links, where it is not that under `url`.",
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.api_key is None) == (self.token is None):
            raise ValueError("give either `api_key` or `token`")
        return self


class Teamwork:
    """One site of Teamwork.com."""

    name: ClassVar = "teamwork"
    title: ClassVar = "Teamwork.com"
    Config: ClassVar[type[Options]] = TeamworkOptions
    # Every answer tells the limit of this plan and what is left of it, which is heeded.
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(120, timedelta(minutes=1)),)
    parallel: ClassVar = 2
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "boards": Can.FULL,
        "milestones": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "updates": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = PROVIDES
    # The activity feed says that a task was edited, not what became what: no history.
    history: ClassVar[frozenset[str]] = frozenset()
    webhook: ClassVar[Webhook] = TeamworkWebhook()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-30"

    def __init__(self, config: TeamworkOptions, http: Http) -> None:
        self.config = config
        self._api = Api(http)
        self._filters = {"includeArchivedProjects": config.archived} | (
            {"projectIds": ",".join(config.projects)} if config.projects else {}
        )
        how = (self._api, (config.web_url or config.url).rstrip("/"), self._filters)
        self._catalog = Catalog(*how, custom=config.custom_fields)
        self._changing = Changing(*how)
        self._tasks = Tasks(*how, custom=config.custom_fields)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Nothing of what the options switch off."""
        held = dict(self.provides)
        if not self.config.worklogs:
            del held[Worklog]
        if not self.config.custom_fields:
            held[Task] -= {"custom"}
        return held

    @classmethod
    def access(cls, config: TeamworkOptions) -> Access:
        """An API key is a user's name with any password."""
        if config.api_key is not None:
            pair = f"{config.api_key.get_secret_value()}:x".encode()
            credential = f"Basic {base64.b64encode(pair).decode()}"
        else:
            token = config.token.get_secret_value() if config.token else ""
            credential = f"Bearer {token}"
        return Access(config.url.rstrip("/"), {"Authorization": credential})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Too many requests; all else is said in the ordinary way."""
        return refusal(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """What is left of the requests of this minute."""
        return budget(answer)

    def check(self) -> Identity:
        """Who the credential belongs to, and the projects that it shows."""
        person, at = self._api.object("/me.json", "person")
        scopes = self.scopes()
        seen = {scope.id for scope in scopes}
        warnings = [
            f"The project {id} is not visible to the account."
            for id in self.config.projects
            if id not in seen
        ]
        if not scopes:
            warnings.append("The account sees no project.")
        names = (text(person.get("firstName")), text(person.get("lastName")))
        return Identity(
            account=" ".join(name for name in names if name) or str(person.get("id")),
            site=urlsplit(self.config.url).netloc,
            version="3",
            server_time=at,
            scopes=scopes,
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The configured projects that are visible now."""
        return self._catalog.scopes()

    def vocabulary(self) -> Vocabulary:
        """The stages, a request for each workflow, and the custom fields of the site and of the
        projects that are read; none where they are switched off."""
        fields: Sequence[FieldName] = ()
        if self.config.custom_fields:
            read = {scope.id for scope in self.scopes()}
            fields = CustomFields(self._api, "task").names(read)
        return Vocabulary.of((*Stages(self._api).words(), *OWN_STATUSES), fields)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane: every list is that of the whole site."""
        if stream == "worklogs" and not self.config.worklogs:
            return Plan([])
        changing = Can.INCREMENTAL in self.streams[stream]
        return Plan([Lane(full=not changing or "since" not in cursors.get("", {}))])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """Read a list from a cursor."""
        match stream:
            case "projects":
                return self._catalog.projects()
            case "people":
                return self._catalog.people()
            case "boards":
                return self._catalog.boards()
            case "tasks":
                return self._tasks.pull(since)
            case _ if stream in LISTED:
                return self._changing.pull(stream, since)
            case _:
                raise Unexpected(f"Teamwork has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of what a project has, completed and archived among them."""
        if stream == "tasks":
            return self._tasks.ids(scope)
        if stream == "worklogs" and not self.config.worklogs:
            return iter(())
        return self._changing.ids(stream, scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself. Of projects Teamwork says 403 for what is hidden, 404 for what is
        no more; of all else 404 alike."""
        found: dict[str, GoneReason | None] = {}
        for id in ids:
            try:
                found[id] = self._fate(stream, id)
            except NotVisible:
                found[id] = "access_lost"
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """Teamwork's count of a project's tasks."""
        return self._tasks.count(scope) if stream == "tasks" else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _fate(self, stream: str, id: str) -> GoneReason | None:
        if stream not in ALONE or id_of(id) is None:
            return "unknown"  # status updates, teams and companies are not asked for one by one
        path, key = ALONE[stream]
        answer = self._api.http.request("GET", f"{V3}/{path}/{id}.json", accept=(404,))
        if answer.status == 404:
            return "deleted" if stream == "projects" else "unknown"
        row = part(answer.data, key)
        if id_of(row.get("id")) is None:
            raise Unexpected(f"Teamwork's answer for {path}/{id} has no id.")
        if mapping.is_deleted(row):
            return "deleted"
        away = stream == "projects" and scope_of(row).state == "archived"
        return "archived" if away and not self.config.archived else None


CONNECTOR = Teamwork
