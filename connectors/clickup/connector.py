"""ClickUp over its REST API, version 2: one workspace, its lists, and what is asked when.

A list is the project and the scope: tasks, statuses and custom fields live in lists, and of all
that ClickUp calls a place only a list has dates and an owner. Spaces and folders are told with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from connectors.clickup import mapping
from connectors.clickup.api import Api, clock
from connectors.clickup.people import people, workspace
from connectors.clickup.refusals import refusal, reset
from connectors.clickup.roster import Roster
from connectors.clickup.tasks import Tasks
from connectors.clickup.vocabulary import vocabulary
from connectors.clickup.webhook import ClickUpWebhook
from connectors.clickup.words import id_of, part, text
from connectors.clickup.worklogs import Worklogs
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
    NotVisible,
    Unexpected,
)
from connectors.sdk.records import Comment, GoneReason, Record, Worklog
from connectors.sdk.vocabulary import Vocabulary

SHARE = "Share the space with the account that the token belongs to, or name `spaces` without it."
PERSONAL = "pk_"
"""How a personal token begins; all others are OAuth's."""


class ClickUpOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        default="https://api.clickup.com/api/v2", description="Address of ClickUp's API."
    )
    token: SecretStr = Field(
        description="Personal token of the account that reads (begins with pk_), or an OAuth token."
    )
    workspace: str = Field(
        pattern=r"^[0-9]+$",
        description="Id of the workspace: the number after app.clickup.com/ in its address.",
    )
    spaces: tuple[str, ...] = Field(
        default=(),
        description="Ids of the spaces to read; all that the account sees when absent.",
    )
    archived: bool = Field(
        default=True,
        description="Read archived spaces, folders, lists and tasks too; false halves the cost.",
    )
    comments: bool = Field(
        default=False,
        description="Read comments too: a request for each task at first, then for each changed "
        "one.",
    )
    worklogs: bool = Field(
        default=True,
        description="Read everybody's time entries; the account must be an owner or admin.",
    )


class ClickUp:
    """One workspace in ClickUp."""

    name: ClassVar = "clickup"
    title: ClassVar = "ClickUp"
    Config: ClassVar[type[Options]] = ClickUpOptions
    # The limit of the largest plan. Each answer tells the one of this plan (100 a minute on most)
    # and what is left of it, which is heeded.
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(10_000, timedelta(minutes=1)),)
    parallel: ClassVar = 3
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "worklogs": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    # Time in status is a sum per status, not what became what when: no history.
    history: ClassVar[frozenset[str]] = frozenset()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-30"
    webhook: ClassVar[ClickUpWebhook] = ClickUpWebhook()

    def __init__(self, config: ClickUpOptions, http: Http) -> None:
        self.config = config
        self._api = Api(http, config.workspace)
        self._tasks = Tasks(self._api, config.spaces, archived=config.archived, roll=self.scopes)
        self._worklogs = Worklogs(self._api, config.spaces)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Nothing of what the options switch off."""
        on = {Comment: self.config.comments, Worklog: self.config.worklogs}
        return {kind: fields for kind, fields in self.provides.items() if on.get(kind, True)}

    @classmethod
    def access(cls, config: ClickUpOptions) -> Access:
        """A personal token stands in the header alone, one of OAuth as a bearer's."""
        token = config.token.get_secret_value()
        credential = token if token.startswith(PERSONAL) else f"Bearer {token}"
        return Access(
            config.url.rstrip("/"),
            # Its description wants the type of content named even where there is none.
            {"Authorization": credential, "Content-Type": "application/json"},
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `refusals.py`."""
        return refusal(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """What is left of the requests of this minute."""
        left, whole = (
            answer.headers.get(f"x-ratelimit-{part}", "") for part in ("remaining", "limit")
        )
        at, full_at = clock(answer), reset(answer)
        if not left.isdecimal() or at is None or full_at is None:
            return ()
        return [
            Budget(
                remaining=int(left),
                resets_in=max(full_at - at, timedelta()),
                limit=int(whole) if whole.isdecimal() else None,
            )
        ]

    def check(self) -> Identity:
        """Who the token belongs to, the workspace, and the lists that it shows."""
        data, at = self._api.object("/user")
        user = part(data, "user")
        team, _ = workspace(self._api)
        roster = self._roster()
        scopes = [place.scope for place in roster.places()]
        warnings = [f"The space {id} is not visible to the account." for id in roster.missing]
        warnings += [f"The space {id} cannot be read: {why}" for id, why in roster.unread]
        if not scopes:
            warnings.append("The account sees no list in this workspace.")
        return Identity(
            account=text(user.get("username")) or text(user.get("email")) or str(user.get("id")),
            site=text(team.get("name")) or self.config.workspace,
            version="2",
            server_time=at,
            time_zone=text(user.get("timezone")),
            scopes=scopes,
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The lists of the configured spaces that are visible now."""
        return [place.scope for place in self._roster().places()]

    def vocabulary(self) -> Vocabulary:
        """Statuses and custom fields of the configured spaces: a request for each list, and
        another where the list has statuses of its own."""
        return vocabulary(self._api, self._roster())

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane a list until all was read once; then one."""
        if stream == "tasks" or (stream == "comments" and self.config.comments):
            return self._tasks.lanes(cursors, lambda: workspace(self._api)[1])
        if stream == "comments" or (stream == "worklogs" and not self.config.worklogs):
            return Plan([])
        return Plan([Lane(full=stream != "worklogs" or "" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane from a cursor."""
        match stream:
            case "projects":
                return self._projects()
            case "people":
                return people(self._api)
            case "tasks":
                return self._tasks.pull(lane, since)
            case "comments":
                return self._tasks.pull_comments(lane, since)
            case "worklogs":
                return self._worklogs.pull(since)
            case _:
                raise Unexpected(f"ClickUp has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of a list's tasks (comments are told by task), or of the time on them."""
        if stream == "worklogs":
            return self._worklogs.ids(scope) if self.config.worklogs else iter(())
        if stream == "comments" and not self.config.comments:
            return iter(())
        return self._tasks.ids(scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself: ClickUp says 404 for what is no more, 401 for what is hidden."""
        found: dict[str, GoneReason | None] = {}
        for id in ids:
            try:
                found[id] = self._fate(stream, id)
            except NotVisible:
                found[id] = "access_lost"
        return found

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """None: what ClickUp counts in a list leaves some of its tasks out, and not always."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _roster(self) -> Roster:
        return Roster(self._api, self.config.spaces, archived=self.config.archived)

    def _projects(self) -> Iterator[Page]:
        roster = self._roster()
        items = [
            Item(
                place.scope.id,
                {
                    "list": place.list,
                    "space": place.space,
                    "folder": place.folder,
                    "state": place.scope.state,
                    "workspace": self.config.workspace,
                },
            )
            for place in roster.places()
        ]
        yield Page(items)
        for id, why in roster.unread:
            # Not the end of the lists in there: what a read of all does not name is retired.
            raise NotVisible(f"The space {id} cannot be read: {why}", remedy=SHARE, scope=id)

    def _fate(self, stream: str, id: str) -> GoneReason | None:
        if stream == "people":
            return "unknown"  # a member who was removed cannot be asked for
        if stream == "worklogs":
            return self._worklogs.fate(id)
        kind = "list" if stream == "projects" else "task"
        answer = self._api.http.request("GET", f"/{kind}/{id}", accept=(404,))
        if answer.status == 404:
            return "deleted"
        data = answer.data if isinstance(answer.data, Mapping) else {}
        if id_of(data.get("id")) is None:
            raise Unexpected(f"ClickUp's answer for the {kind} {id} has no id.")
        if data.get("archived") is True and not self.config.archived:
            return "archived"
        space = id_of(part(data, "space").get("id"))
        wanted = self.config.spaces
        return "moved" if kind == "task" and wanted and space not in wanted else None


CONNECTOR = ClickUp
