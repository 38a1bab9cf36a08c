"""CalDAV (RFC 4791): the account's collections, and which of them are read.

The home's collections come in one answer, each with its sync token or CTag, which moves with
everything in it. A turn asks for that list, and only a collection whose state has changed gets a
lane (`collection.py` reads it). So a turn in which nothing happened costs one request a stream,
whatever the number of collections, and two to find the home.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from connectors.caldav import mapping
from connectors.caldav.collection import CALENDAR_PROPS, Calendar, Collection, calendar_of
from connectors.caldav.dav import (
    CALDAV,
    DAV,
    Dav,
    Resource,
    collection_of,
    first_href,
    names_in,
    normal,
)
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
from connectors.sdk.errors import (
    ConnectorError,
    CursorExpired,
    NotVisible,
    Refused,
    Unexpected,
)
from connectors.sdk.records import GoneReason, Record

ACCOUNT_PROPS = "<D:current-user-principal/><D:displayname/><C:calendar-home-set/>"
TOO_OLD = (f"{DAV}valid-sync-token", f"{DAV}number-of-matches-within-limits")


class CalDAVOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        description="Address of the server's CalDAV service, or `/.well-known/caldav` on its host."
    )
    user: str = Field(min_length=1, description="Name with which the account signs in.")
    token: SecretStr = Field(description="The account's app password (or password).")
    calendars: tuple[str, ...] | None = Field(
        default=None,
        description="Task lists to read, by exact name or path; all of the account's when absent.",
    )


class Account(NamedTuple):
    """Who we are for the server, and where its collections are."""

    name: str | None
    homes: Sequence[str]
    server_time: datetime | None


class CalDAV:
    """One account on a CalDAV server."""

    name: ClassVar = "caldav"
    title: ClassVar = "CalDAV tasks"
    Config: ClassVar[type[Options]] = CalDAVOptions
    limits: ClassVar[Sequence[RateLimit]] = ()
    parallel: ClassVar = 2
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS | Can.FEED,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "live"
    evidence_on: ClassVar = "2026-11-30"
    history: ClassVar = frozenset[str]()

    def __init__(self, config: CalDAVOptions, http: Http) -> None:
        self.config = config
        self.dav = Dav(http)

    @classmethod
    def access(cls, config: CalDAVOptions) -> Access:
        """Basic authentication; paths are those of the whole host, as the server says them."""
        parts = urlsplit(config.url)
        pair = f"{config.user}:{config.token.get_secret_value()}"
        credential = b64encode(pair.encode()).decode()
        return Access(f"{parts.scheme}://{parts.netloc}", {"Authorization": f"Basic {credential}"})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """A sync token that the server no longer knows, or with which the answer is too long."""
        if answer.status >= 400 and names_in(answer.data).intersection(TOO_OLD):
            return CursorExpired("The server no longer tells what has changed since the last read.")
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """No CalDAV server says."""
        return ()

    def check(self) -> Identity:
        """Who the password belongs to, and which task lists it shows."""
        calendars, missing = self._chosen()
        warnings = [f"{error.message} {error.remedy}" for error in map(_not_visible, missing)]
        return Identity(
            account=self._account.name or self.config.user,
            site=urlsplit(self.config.url).netloc,
            server_time=self._account.server_time,
            scopes=[Scope(each.path, each.name) for each in calendars],
            warnings=warnings if calendars or missing else ["The account has no task list."],
        )

    def scopes(self) -> Sequence[Scope]:
        """The task lists that are configured and visible."""
        return [Scope(each.path, each.name) for each in self._chosen()[0]]

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; of tasks one per list that has changed."""
        if stream == "projects":
            return Plan([Lane()])
        calendars, missing = self._chosen()
        changed = [
            Lane(each.path, scope=each.path, full="token" not in cursors.get(each.path, {}))
            for each in calendars
            if not each.cursor or each.cursor != cursors.get(each.path)
        ]
        return Plan([*changed, *(Lane(each, scope=each, full=False) for each in missing)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane."""
        match stream:
            case "projects":
                yield Page([_item(each) for each in self._chosen()[0]])
            case "tasks":
                if not lane.startswith("/"):
                    raise _not_visible(lane)
                token = (since or {}).get("token")
                collection = Collection(self.dav, lane)
                yield from collection.whole() if token is None else collection.changes(token)
            case _:
                raise Unexpected(f"CalDAV has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:  # noqa: ARG002
        """Addresses of a list's to-dos."""
        yield Collection(self.dav, scope).paths()

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Ask each list about its own objects; of a list itself, whether it is still there."""
        found: dict[str, GoneReason | None] = {}
        if stream == "projects":
            return {id: None if self._at(id) else "unknown" for id in ids}
        for path in dict.fromkeys(map(collection_of, ids)):
            here = [id for id in ids if collection_of(id) == path]
            found.update(Collection(self.dav, path).fates(here))
        return found

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """CalDAV counts nothing; the census lists it."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    @cached_property
    def _account(self) -> Account:
        """The way from the address to the collections: RFC 5397, RFC 4791 §6.2.1, RFC 6764."""
        here, _ = self._self(urlsplit(self.config.url).path or "/")
        principal = first_href(here.props.get(f"{DAV}current-user-principal"))
        if principal is None:
            raise Refused(
                "The server does not say who the account is.",
                remedy="Check `user` and `token`, and that `url` is the server's CalDAV address.",
            )
        me, said_at = self._self(principal)
        homes = _homes(me)
        if not homes:
            raise Refused(
                "The account has no calendars on this server.",
                remedy="Sign in once with a calendar or task app, or correct `url`.",
            )
        return Account(me.text(f"{DAV}displayname"), homes, said_at)

    def _self(self, path: str) -> tuple[Resource, datetime | None]:
        """What a resource says of the account, and when."""
        told = self.dav.properties(path, ACCOUNT_PROPS)
        if not told.resources:
            raise Unexpected(f"The server says nothing of {path}.")
        return told.resources[0], told.said_at

    def _chosen(self) -> tuple[list[Calendar], list[str]]:
        """The configured lists that the account sees, and the configured ones that it does not.

        A list of somebody else that lies in no home of ours is named by its path.
        """
        calendars = [each for home in self._account.homes for each in self._calendars(home, 1)]
        if self.config.calendars is None:
            return calendars, []
        chosen: dict[str, Calendar] = {}
        missing: list[str] = []
        for wanted in self.config.calendars:
            path = normal(wanted).rstrip("/") + "/" if "/" in wanted else None
            found = [each for each in calendars if wanted == each.name or path == each.path]
            if not found and path is not None:
                found = self._at(path)
            chosen.update((each.path, each) for each in found)
            missing += [] if found else [path or wanted]
        return list(chosen.values()), missing

    def _calendars(self, path: str, depth: int) -> list[Calendar]:
        told = self.dav.properties(path, CALENDAR_PROPS, depth)
        return [found for each in told.resources if (found := calendar_of(each)) is not None]

    def _at(self, path: str) -> list[Calendar]:
        """The list at a path; none where nothing is visible."""
        try:
            return self._calendars(path, 0)
        except NotVisible:
            return []


def _homes(resource: Resource) -> list[str]:
    held = resource.props.get(f"{CALDAV}calendar-home-set")
    found = [] if held is None else [each.text or "" for each in held.iter(f"{DAV}href")]
    return list(dict.fromkeys(normal(each.strip()) for each in found if each.strip()))


def _not_visible(calendar: str) -> NotVisible:
    return NotVisible(
        f"The task list {calendar!r} is not visible to the account.",
        remedy="Share it with the account, or take it out of `calendars`.",
        scope=calendar,
    )


def _item(calendar: Calendar) -> Item:
    body = {
        "href": calendar.path,
        "name": calendar.name,
        "description": calendar.description,
    }
    return Item(calendar.path, body)


CONNECTOR = CalDAV
