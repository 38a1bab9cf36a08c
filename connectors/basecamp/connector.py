"""Basecamp over its REST API: one account, and what is asked when.

A project is the scope. To-dos, cards, steps and comments come from one list of the whole account
(`recordings.py`), so that a turn in which nothing happened costs the same for ten projects as for
a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from connectors.basecamp import mapping
from connectors.basecamp.api import Api, clock, refusal
from connectors.basecamp.recordings import LANES, Recordings
from connectors.basecamp.reports import Gauges, Timesheets
from connectors.basecamp.roster import Roster
from connectors.basecamp.webhook import BasecampWebhook
from connectors.basecamp.words import id_of, part, text
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
    OAuth,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, Unexpected
from connectors.sdk.records import GoneReason, Record, Worklog

PERSON_KEPT = ("id", "name", "email_address", "personable_type", "client", "time_zone")
_ProjectId = Annotated[str, StringConstraints(pattern=r"^[0-9]+$")]


class BasecampOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(default="https://3.basecampapi.com", description="Address of Basecamp's API.")
    account: str = Field(
        pattern=r"^[0-9]+$",
        description="Id of the account: the number after 3.basecamp.com/ in its address.",
    )
    contact: str = Field(
        pattern=r"^[\x21-\x27\x2a-\x7e]+(@|://)[\x21-\x27\x2a-\x7e]+$",
        description="E-mail or web address at which Basecamp's staff reach you about these "
        "requests; Basecamp answers none without.",
    )
    client_id: str | None = Field(
        default=None, description="Client ID of the registered integration."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Client Secret of the registered integration."
    )
    refresh_token: SecretStr | None = Field(
        default=None, description="Refresh token of the person that reads, by that integration."
    )
    token: SecretStr | None = Field(
        default=None,
        description="Access token, instead of the three others; it ends after two weeks.",
    )
    sign_in_url: str = Field(
        default="https://launchpad.37signals.com/authorization/token",
        description="Where a refresh token becomes an access token.",
    )
    projects: tuple[_ProjectId, ...] = Field(
        default=(),
        description="Ids of the projects to read; all that the person sees when absent.",
    )
    timesheet: bool = Field(
        default=False, description="Read time too; the account needs Basecamp's Timesheet."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        integration = (self.client_id, self.client_secret, self.refresh_token)
        if self.token is not None and not any(integration):
            return self
        if self.token is None and all(integration):
            return self
        raise ValueError(
            "give either `client_id`, `client_secret` and `refresh_token`, or `token` alone"
        )


class Basecamp:
    """One account in Basecamp."""

    name: ClassVar = "basecamp"
    title: ClassVar = "Basecamp"
    Config: ClassVar[type[Options]] = BasecampOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(50, timedelta(seconds=10)),)
    parallel: ClassVar = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "columns": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "status_updates": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    webhook: ClassVar[BasecampWebhook] = BasecampWebhook()
    # Events are told for one recording at a time, and do not say what a field was before.
    history: ClassVar[frozenset[str]] = frozenset()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-30"

    def __init__(self, config: BasecampOptions, http: Http) -> None:
        self.config = config
        self._api = Api(http)
        self._roster = Roster(self._api, config.projects)
        self._recordings = Recordings(self._api, self._roster, config.projects)
        self._timesheets = Timesheets(self._api, self._roster, config.projects)
        self._gauges = Gauges(self._api, config.projects)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """No time where the account has no timesheets."""
        return {
            kind: fields
            for kind, fields in self.provides.items()
            if kind is not Worklog or self.config.timesheet
        }

    @classmethod
    def access(cls, config: BasecampOptions) -> Access:
        """By an integration's refresh token, or by an access token as it is."""
        headers = {"User-Agent": f"Flagstaff ({config.contact})"}
        base_url = f"{config.url.rstrip('/')}/{config.account}"
        if config.token is not None:
            token = config.token.get_secret_value()
            return Access(base_url, {**headers, "Authorization": f"Bearer {token}"})
        secret, refresh = (
            each.get_secret_value() if each else ""
            for each in (config.client_secret, config.refresh_token)
        )
        return Access(
            base_url,
            headers,
            OAuth(config.sign_in_url, config.client_id or "", secret, refresh),
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `api.py`."""
        return refusal(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Basecamp does not say what is left; it says when to come back once nothing is."""
        return ()

    def check(self) -> Identity:
        """Who reads, and the projects that this person sees."""
        answer = self._api.object("/my/profile.json")
        scopes = self._roster.scopes()
        warnings = [str(error) for error in self._roster.missing(scopes)]
        if not scopes:
            warnings.append("The person sees no project in this account.")
        return Identity(
            account=text(answer.data.get("name")) or str(id_of(answer.data["id"])),
            site=text(part(answer.data, "company").get("name")) or self.config.account,
            version="4",
            time_zone=text(answer.data.get("time_zone")),
            server_time=clock(answer),
            scopes=scopes,
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects that are configured and visible, in every state."""
        return self._roster.scopes()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Each stream in its own way; see the modules that read them."""
        if stream in LANES:
            return self._recordings.lanes(stream, cursors)
        if stream == "columns":
            return Plan(self._roster.boards())
        if stream == "worklogs":
            return self._timesheets.lanes(cursors) if self.config.timesheet else Plan([])
        if stream == "status_updates":
            return self._gauges.lanes(cursors)
        return Plan([Lane()])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane from a cursor."""
        match stream:
            case "projects":
                yield from self._roster.pull()
            case "people":
                yield from self._people()
            case "columns":
                yield self._roster.board(lane)
            case "tasks" | "comments":
                yield from self._recordings.pull(stream, lane, since)
            case "worklogs":
                yield from self._timesheets.pull(lane, since)
            case "status_updates":
                yield from self._gauges.pull(since)
            case _:
                raise Unexpected(f"Basecamp has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of what is in a project."""
        if stream == "worklogs":
            return self._timesheets.ids(scope) if self.config.timesheet else iter(())
        return self._recordings.ids(stream, scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself. What is in the trash is deleted; of what is not found, Basecamp
        does not say whether it was deleted or is hidden."""
        return {id: self._fate(stream, id) for id in ids}

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """None: Basecamp counts by type and state, and comments on all that is no work too."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _people(self) -> Iterator[Page]:
        for page in self._api.pages("/people.json"):
            yield Page(
                [
                    Item(
                        str(id_of(row["id"])),
                        {name: row[name] for name in PERSON_KEPT if name in row},
                        altered=page.altered,
                    )
                    for row in page.rows
                ]
            )

    def _fate(self, stream: str, id: str) -> GoneReason | None:
        match stream:
            case "tasks" | "comments":
                return self._recordings.fate(stream, id)
            case "worklogs":
                return self._timesheets.fate(id)
            case "projects" | "people":
                return None if self._api.visible(f"/{stream}/{id}") else "unknown"
            case _:
                return "unknown"


CONNECTOR = Basecamp
