"""Zendesk Support over its REST API, version 2: the account, its groups, and what is asked when.

Tickets, their events and their metric events come from Zendesk's incremental exports: one
question each for all that happened since the last turn, whatever the number of tickets. The
export of tickets also tells which were deleted, so no census is needed; there could be none that
is cheaper than reading everything anew, because the ordinary lists leave archived tickets out.

The container of a ticket is its **group**: the team that works on it. A brand is the same for
all tickets of most accounts, and an organization is the customer's, not the team's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
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
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary
from connectors.zendesk import limits, mapping
from connectors.zendesk.client import Client, server_time
from connectors.zendesk.events import events
from connectors.zendesk.lookups import Lookups
from connectors.zendesk.scope import Chosen, missing_group, scope_of
from connectors.zendesk.slas import slas
from connectors.zendesk.tickets import KEPT_OF_USERS, tickets
from connectors.zendesk.webhook import ZendeskWebhook
from connectors.zendesk.words import part, text

AGENTS = {"role[]": ("agent", "admin")}
KEPT_OF_GROUPS = ("id", "name", "description", "deleted", "created_at", "updated_at")


class ZendeskOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(description="Address of the Zendesk: `https://acme.zendesk.com`.")
    email: str | None = Field(
        default=None,
        description="E-mail address of the administrator that the API token is used with; leave "
        "it out when `token` is an OAuth access token.",
    )
    token: SecretStr | None = Field(
        default=None,
        description="API token, or, without `email`, an OAuth access token with the scope `read`.",
    )
    client_id: str | None = Field(
        default=None, description="Identifier of an OAuth client, instead of `token`."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Secret of that OAuth client."
    )
    groups: tuple[str, ...] | None = Field(
        default=None,
        description="Groups whose tickets are read, by id or name; absent: all tickets, those "
        "without a group too.",
    )
    since: date | None = Field(
        default=None,
        description="Day before which nothing is read: tickets that did not change since stay "
        "out; absent: everything.",
    )
    page_size: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Tickets in one answer; fewer than the usual 1000 where Zendesk is not done "
        "in time with them (504).",
    )

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        client = (self.client_id, self.client_secret)
        if (self.token is None) != all(client) or (self.token is not None and any(client)):
            raise ValueError("give either `token`, or `client_id` and `client_secret`")
        if self.email is not None and self.token is None:
            raise ValueError("`email` goes with an API token in `token` only")
        return self


class Zendesk:
    """One account of Zendesk Support. See README.md for what is read and how."""

    name: ClassVar[str] = "zendesk"
    title: ClassVar[str] = "Zendesk"
    Config: ClassVar[type[Options]] = ZendeskOptions
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(200, limits.MINUTE),
        RateLimit(10, limits.MINUTE, path=limits.EXPORTS),
    )
    parallel: ClassVar[int] = 2
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.FEED,
        "events": Can.FULL | Can.INCREMENTAL | Can.FEED,
        "slas": Can.FULL | Can.INCREMENTAL | Can.FEED,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = frozenset(
        {"status", "assignee_ids", "priority", "project_id", "title", "type"}
    )
    webhook: ClassVar[ZendeskWebhook] = ZendeskWebhook()

    def __init__(self, config: ZendeskOptions, http: Http) -> None:
        self._config = config
        self._client = Client(http)

    @classmethod
    def access(cls, config: ZendeskOptions) -> Access:
        """An OAuth client gets a token for half an hour at a time, only to read. An API token goes
        with an address, an OAuth token alone; both in a header."""
        url, secret = config.url.rstrip("/"), config.client_secret
        if config.token is None:
            held = secret.get_secret_value() if secret else ""
            client = OAuth(f"{url}/oauth/tokens", config.client_id or "", held, scope="read")
            return Access(url, oauth=client)
        token = config.token.get_secret_value()
        if config.email is None:
            return Access(url, {"Authorization": f"Bearer {token}"})
        pair = base64.b64encode(f"{config.email}/token:{token}".encode()).decode()
        return Access(url, {"Authorization": f"Basic {pair}"})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `limits.py`."""
        return limits.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `limits.py`."""
        return limits.budget(answer)

    def check(self) -> Identity:
        """Who the token belongs to, and which groups there are."""
        data, answer = self._client.answer("/users/me")
        user = part(data, "user")
        if not isinstance(user.get("id"), int):
            # Without a good credential Zendesk answers 200 with "Anonymous user".
            raise Refused("Zendesk does not know whose token this is.", remedy=limits.RENEW)
        account = text(user.get("email")) or text(user.get("name")) or f"#{user['id']}"
        if user.get("role") != "admin":
            raise Refused(f"{account} is no administrator.", remedy=limits.ADMINISTRATORS_ONLY)
        rows, missing = self._chosen().rows()
        return Identity(
            account=account,
            site=urlsplit(self._config.url).netloc,
            server_time=server_time(answer),
            scopes=[scope_of(row) for row in rows],
            warnings=[f"{e.message} {e.remedy}" for e in map(missing_group, missing)],
        )

    def scopes(self) -> Sequence[Scope]:
        """The groups that are read, deleted ones as `trashed`."""
        return [scope_of(row) for row in self._chosen().rows()[0]]

    def vocabulary(self) -> Vocabulary:
        """The account's statuses and custom fields, in two requests."""
        return Lookups(self._client).words()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane: each export is one question for all tickets, and cannot be cut."""
        whole = Can.INCREMENTAL not in self.streams[stream]
        return Plan([Lane(full=whole or "" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """Read a stream from a cursor."""
        client, start, chosen = self._client, self._start(), self._chosen()
        match stream:
            case "projects":
                rows, missing = chosen.rows()
                yield Page([_item("group", row, KEPT_OF_GROUPS) for row in rows])
                if missing:
                    raise missing_group(missing[0])
            case "people":
                yield from self._people()
            case "tasks":
                yield from tickets(client, since, start, chosen, self._config.page_size)
            case "events":
                yield from events(client, since, start, chosen)
            case "slas":
                yield from slas(client, since, start, chosen)
            case _:
                raise Unexpected(f"Zendesk has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:  # noqa: ARG002
        """No stream has one: Zendesk lists no ids of archived tickets, and tells deletions."""
        raise Unexpected(f"Zendesk has no census of {stream}.")

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Tickets a hundred at a time, archived ones too, groups and users one by one."""
        if stream in ("tasks", "slas"):
            shown = self._client.tickets_by_id(ids)
            return {id: None if id in shown else self._fate("tickets", id) for id in ids}
        kind = {"projects": "groups", "people": "users"}.get(stream)
        if kind is None:
            return dict.fromkeys(ids)  # history only grows
        return {id: self._fate(kind, id) for id in ids}

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """Zendesk's own counts leave archived tickets out."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _start(self) -> int:
        """Seconds since 1970 at which the exports begin."""
        day = self._config.since
        return 0 if day is None else int(datetime.combine(day, time(), UTC).timestamp())

    def _chosen(self) -> Chosen:
        return Chosen(self._client, self._config.groups)

    def _people(self) -> Iterator[Page]:
        """Agents and administrators. Customers come with the tickets that name them: an account
        may have millions who never asked for anything that is read."""
        for rows in self._client.pages("/users", "users", AGENTS):
            yield Page([_item("user", row, KEPT_OF_USERS) for row in rows])

    def _fate(self, kind: str, id: str) -> GoneReason | None:
        """One thing by itself. A deleted user is still shown, as not active."""
        try:
            status, data = self._client.find(f"/{kind}/{id}")
        except NotVisible:
            return "access_lost"
        if status == 404:
            return "unknown" if kind == "tickets" else "deleted"
        if kind == "users" and part(data, "user").get("active") is False:
            return "deleted"
        return None


def _item(kind: str, row: Json, kept: Sequence[str]) -> Item:
    return Item(str(row["id"]), {kind: {name: row.get(name) for name in kept}})


CONNECTOR = Zendesk
