"""Wrike over its REST API, version 4: one account, as much of it as its user may see.

A project is a folder with dates, owners and a status; spaces are read as projects too, for the
tasks that lie in no project. Both are scopes.
"""

from __future__ import annotations

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
from connectors.sdk.records import Approval, Comment, GoneReason, Record, Worklog
from connectors.sdk.vocabulary import Vocabulary
from connectors.wrike import mapping
from connectors.wrike.api import HIDDEN, Api, between
from connectors.wrike.refusals import refusal
from connectors.wrike.roster import Homes, Lookups, Place, Roster
from connectors.wrike.spans import COMMENTS, WORKLOGS
from connectors.wrike.tasks import OVERLAP, Tasks
from connectors.wrike.webhook import WrikeWebhook
from connectors.wrike.words import BINNED, stamp, text

APPROVALS_PAGE = 100
CONTACT = ("id", "firstName", "lastName", "type", "profiles", "timezone", "deleted")
APPROVAL = ("id", "taskId", "folderId", "title", "description", "status", "decisions")
PATHS: Mapping[str, str] = {
    "projects": "/folders", "people": "/contacts", "tasks": "/tasks", "comments": "/comments",
    "worklogs": "/timelogs", "approvals": "/approvals",
}  # fmt: skip
"""Where the items of a stream are read by their ids."""


class WrikeOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        default="https://www.wrike.com/api/v4",
        description="Address of the API: the host that Wrike shows in the browser, or that the "
        "sign-in's answer names, and /api/v4.",
    )
    token: SecretStr | None = Field(
        default=None, description="Permanent token of the account that reads."
    )
    client_id: str | None = Field(
        default=None, description="Id of the API app, instead of a permanent token."
    )
    client_secret: SecretStr | None = Field(default=None, description="Secret of the API app.")
    refresh_token: SecretStr | None = Field(
        default=None, description="Refresh token that signing in to the API app gave."
    )
    login_url: str = Field(
        default="https://login.wrike.com/oauth2/token",
        description="Where access tokens are had with the refresh token.",
    )
    comments: bool = Field(default=True, description="Read the comments on tasks too.")
    worklogs: bool = Field(
        default=True, description="Read booked time too; false where the plan has no time tracking."
    )
    approvals: bool = Field(
        default=True, description="Read approvals too; false where the plan has none."
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        app = (self.client_id, self.client_secret, self.refresh_token)
        whole = all(app) if self.token is None else not any(app)
        if not whole:
            raise ValueError(
                "give either `token`, or `client_id`, `client_secret` and `refresh_token`"
            )
        return self


class Wrike:
    """One account in Wrike."""

    name: ClassVar = "wrike"
    title: ClassVar = "Wrike"
    Config: ClassVar[type[Options]] = WrikeOptions
    # What Wrike lets through is counted by the second and comes to some 400 a minute.
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(10, timedelta(seconds=2)),
        RateLimit(400, timedelta(minutes=1)),
    )
    parallel: ClassVar = 1
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "approvals": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    webhook: ClassVar[WrikeWebhook] = WrikeWebhook()
    history: ClassVar[frozenset[str]] = frozenset()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-30"

    def __init__(self, config: WrikeOptions, http: Http) -> None:
        self.config = config
        self._api = Api(http)
        self._tasks = Tasks(self._api)
        self._off = {
            stream
            for stream, on in (
                ("comments", config.comments),
                ("worklogs", config.worklogs),
                ("approvals", config.approvals),
            )
            if not on
        }

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Nothing of what the options switch off."""
        streams = {Comment: "comments", Worklog: "worklogs", Approval: "approvals"}
        return {
            kind: fields
            for kind, fields in self.provides.items()
            if streams.get(kind) not in self._off
        }

    @classmethod
    def access(cls, config: WrikeOptions) -> Access:
        """A permanent token is a bearer's; with an API app the door makes the tokens."""
        base = config.url.rstrip("/")
        if config.token is not None:
            return Access(base, {"Authorization": f"Bearer {config.token.get_secret_value()}"})
        secret, refresh = config.client_secret, config.refresh_token
        return Access(
            base,
            oauth=OAuth(
                token_url=config.login_url,
                client_id=config.client_id or "",
                client_secret=secret.get_secret_value() if secret else "",
                refresh_token=refresh.get_secret_value() if refresh else "",
            ),
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `refusals.py`."""
        return refusal(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Wrike does not say what is left."""
        return ()

    def check(self) -> Identity:
        """Whose token it is, the account, and what of it is shown."""
        me = self._api.rows("/contacts", {"me": True})
        contact = me.rows[0] if me.rows else {}
        names = (text(contact.get(name)) for name in ("firstName", "lastName"))
        account = self._api.account()
        scopes = self.scopes()
        return Identity(
            account=" ".join(name for name in names if name) or str(contact.get("id")),
            site=text(account.get("name")) or urlsplit(self.config.url).netloc,
            version="4",
            time_zone=text(contact.get("timezone")),
            server_time=me.at,
            scopes=scopes,
            warnings=[] if scopes else ["The account sees no project and no space."],
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects and spaces that are visible now."""
        return [place.scope for place in self._roster().places()]

    def vocabulary(self) -> Vocabulary:
        """The statuses of all workflows and the custom fields of the account, in two requests."""
        return Lookups(self._api).words()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane: Wrike's questions are about the whole account."""
        if stream in self._off:
            return Plan([])
        incremental = Can.INCREMENTAL in self.streams.get(stream, Can.FULL)
        return Plan([Lane(full=not incremental or "" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """Read from a cursor."""
        match stream:
            case "projects":
                return self._projects()
            case "people":
                return self._people()
            case "tasks":
                return self._tasks.pull(since)
            case "comments":
                return COMMENTS.pull(self._api, since)
            case "worklogs":
                return WORKLOGS.pull(self._api, since)
            case "approvals":
                return self._approvals(since)
            case _:
                raise Unexpected(f"Wrike has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of the tasks in a project or space, or of the time booked on them."""
        if stream in self._off:
            return iter(())
        return self._timelogs(scope) if stream == "worklogs" else self._tasks.ids(scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read the ids. What lies in the recycle bin is still there, and says so; what is shown to
        nobody is not told from what was never there."""
        named = self._api.named(PATHS[stream], ids)
        found: dict[str, GoneReason | None] = {
            id: "access_lost" if status == HIDDEN else "unknown"
            for id, status in named.refused.items()
        }
        for id, row in named.rows.items():
            found[id] = "deleted" if row.get("scope") in BINNED else None
        return {id: found[id] for id in ids}

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """None: what `responseSize` counts is not documented."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _roster(self) -> Roster:
        return Roster(self._api, Lookups(self._api))

    def _projects(self) -> Iterator[Page]:
        lookups = Lookups(self._api)
        places = list(Roster(self._api, lookups).places())
        wanted = [place.id for place in places if not place.is_space]
        folders = self._api.named("/folders", wanted)
        items = [
            Item(place.id, _body(place, folders.rows.get(place.id), lookups))
            for place in places
            if place.is_space or place.id in folders.rows
        ]
        unread = [(id, f"Its folder is not shown ({why}).") for id, why in folders.refused.items()]
        yield Page(items, unread=unread)

    def _people(self) -> Iterator[Page]:
        """Those who are there, then those who were."""
        for deleted in (False, True):
            for page in self._api.pages("/contacts", {"deleted": deleted}):
                if any(row.get("deleted") is (not deleted) for row in page.rows):
                    raise Unexpected("Wrike gives other contacts than those that were asked for.")
                yield Page([_kept(row, CONTACT, page.altered) for row in page.rows])

    def _timelogs(self, scope: str) -> Iterator[Sequence[str]]:
        homes = Homes(self._api)
        params = {"descendants": True, "subTasks": True}
        for page in self._api.pages(f"/folders/{scope}/timelogs", params, scope):
            tasks = {row["id"]: str(row.get("taskId")) for row in page.rows}
            places = homes.of(tasks.values())
            yield [id for id, task in tasks.items() if places.get(task) == scope]

    def _approvals(self, since: Cursor | None) -> Iterator[Page]:
        changed = {"updatedDate": between(since["since"])} if since else {}
        cursor: Cursor | None = None
        for page in self._api.pages("/approvals", {"pageSize": APPROVALS_PAGE, **changed}):
            cursor = cursor or {"since": stamp(page.at - OVERLAP)}
            yield Page([_kept(row, APPROVAL, page.altered) for row in page.rows])
        yield Page(cursor=cursor)


def _kept(row: Json, names: Sequence[str], altered: int) -> Item:
    return Item(row["id"], {name: row[name] for name in names if name in row}, altered=altered)


def _body(place: Place, folder: Json | None, lookups: Lookups) -> Json:
    """A project as it is read by its id, or a space as it is listed, with what it takes to map."""
    held = {"space": place.row} if folder is None else {"folder": folder}
    return {
        **held,
        "state": place.state,
        "parent": place.parent,
        "own_status": place.status,
        "fields": lookups.fields((folder or {}).get("customFields")),
    }


CONNECTOR = Wrike
