"""Bitbucket Cloud over its REST API (2.0): what is asked when.

Lists are per repository, so each repository's pull requests are a lane, and its issues another. A
repository where nothing was pushed or changed for a week is looked at once an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from connectors.bitbucket import answers, mapping
from connectors.bitbucket.api import Api
from connectors.bitbucket.options import BitbucketOptions
from connectors.bitbucket.reading import LISTS, changed, count, numbers, pick
from connectors.bitbucket.roster import (
    ALL,
    Repository,
    Roster,
    has_issues,
    not_visible,
    repository,
    roster,
    workspaces,
)
from connectors.bitbucket.webhook import BitbucketWebhook
from connectors.bitbucket.words import ISSUE, PULL, instant, key, part, place_of, text
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
from connectors.sdk.errors import ConnectorError, Unexpected
from connectors.sdk.records import GoneReason, Record

REPOSITORY_FIELDS = (
    "uuid", "name", "full_name", "description", "links", "project", "has_issues", "created_on",
    "updated_on",
)  # fmt: skip
GROUP_FIELDS = ("uuid", "key", "name", "links")
USER_FIELDS = ("uuid", "display_name", "nickname", "type", "links")
STILL = timedelta(days=7)
"""How long a repository must have been left alone to be looked at less often: whether a remark on
a pull request moves its date Bitbucket does not say, but there hardly is one long after a push."""
LOOK_AGAIN = timedelta(hours=1)
HIDDEN = (403, 404)
MISSING = "missing:"


class Bitbucket:
    """One account at Bitbucket Cloud. See README.md for what is read and how."""

    name: ClassVar[str] = "bitbucket"
    title: ClassVar[str] = "Bitbucket"
    Config: ClassVar[type[Options]] = BitbucketOptions
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(1000, timedelta(hours=1), path="/repositories"),
    )
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "milestones": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    history: ClassVar[frozenset[str]] = mapping.HISTORY
    webhook: ClassVar[BitbucketWebhook] = BitbucketWebhook()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"

    def __init__(self, config: BitbucketOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Less where only pull requests or only issues are read."""
        only = self._config
        return mapping.provided(pull_requests=only.pull_requests, issues=only.issues)

    @classmethod
    def access(cls, config: BitbucketOptions) -> Access:
        """See `options.py`."""
        return config.access()

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.py`."""
        return answers.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Bitbucket says how large its limit is, and not what is left of it."""
        return ()

    def check(self) -> Identity:
        """Who we are, and which repositories we see. An access token belongs to no account."""
        answer = self._api.get("/user", accept=HIDDEN if self._is_access_token() else ())
        found = self._roster()
        if found.missing and not found.rows:
            raise self._refusal(found.missing[0])
        user = answer.data if answer.status == 200 else {}
        name = text(user.get("display_name")) or text(user.get("username"))
        return Identity(
            account=name or "an access token",
            site=urlsplit(self._config.url).netloc,
            server_time=answers.clock(answer),
            scopes=found.scopes(),
            warnings=list(self._warnings(answer, found)),
        )

    def scopes(self) -> Sequence[Scope]:
        """The repositories that are configured and visible."""
        return self._roster().scopes()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane per repository and kind of work; per workspace for people."""
        if stream == "projects":
            return Plan([Lane()])
        if stream == "people":
            return Plan([Lane(each) for each in self._workspaces()])
        found = self._roster()
        lanes = [Lane(f"{MISSING}{each}", full=False) for each in found.missing]
        for row in found.rows:
            here = repository(row)
            for sign in self._kinds(row):
                name = _lane_of(sign, here)
                if stream == "milestones":
                    lanes += [Lane(name, scope=here.id)] if sign == ISSUE else []
                elif not _is_still(row, cursors.get(name), found.at):
                    lanes.append(Lane(name, scope=here.id, full=name not in cursors))
        return Plan(lanes)

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; only work has cursors."""
        if lane.startswith(MISSING):
            raise self._refusal(lane.removeprefix(MISSING))
        match stream:
            case "projects":
                yield from self._projects()
            case "people":
                yield from self._people(lane)
            case "milestones":
                yield from self._milestones(_of_lane(lane)[1])
            case "tasks":
                sign, here = _of_lane(lane)
                yield from changed(self._api, here, sign, since)
            case _:
                raise Unexpected(f"Bitbucket has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every pull request and issue of a repository, in every state."""
        if stream != "tasks":
            raise Unexpected(f"The stream {stream} of Bitbucket has no census.")
        row = self._row(scope)
        for sign in self._kinds(row):
            yield from numbers(self._api, repository(row), sign)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself; of a repository that is not listed nothing can be said."""
        found: dict[str, GoneReason | None] = {}
        visible = self._roster()
        for id in ids:
            home, sign, number = place_of(id) or ("", "", "")
            row = visible.row(home)
            if stream != "tasks" or row is None:
                found[id] = "unknown"
            elif sign not in self._kinds(row):
                found[id] = "access_lost"  # not read any more, or the tracker was taken away
            else:
                path = f"{repository(row).path}/{LISTS[sign]}/{number}"
                found[id] = _fate(self._api.get(path, home, accept=(*HIDDEN, 410)).status)
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """Bitbucket's own count of a repository's pull requests and issues."""
        if stream != "tasks":
            return None
        row = self._row(scope)
        counts = [count(self._api, repository(row), sign) for sign in self._kinds(row)]
        told = [each for each in counts if each is not None]
        return sum(told) if len(told) == len(counts) else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _is_access_token(self) -> bool:
        return self._config.token is not None and self._config.email is None

    def _roster(self) -> Roster:
        return roster(self._api, self._config.workspaces, self._config.repositories)

    def _workspaces(self) -> list[str]:
        return workspaces(self._api, self._config.workspaces, self._config.repositories)

    def _kinds(self, row: Json) -> list[str]:
        """The kinds of work that are read of a repository."""
        pulls = [PULL] if self._config.pull_requests else []
        return [*pulls, ISSUE] if self._config.issues and has_issues(row) else pulls

    def _row(self, scope: str) -> Json:
        row = self._roster().row(scope)
        if row is None:
            raise not_visible(scope)
        return row

    def _refusal(self, name: str) -> ConnectorError:
        """Why something that is configured is not seen, in Bitbucket's own words if it has any."""
        try:
            self._api.get(f"/repositories/{name}", scope=name)
        except ConnectorError as error:
            return error
        return not_visible(name)

    def _warnings(self, answer: Answer, found: Roster) -> Iterator[str]:
        for name in found.missing:
            error = not_visible(name)
            yield f"{error.message} {error.advice}"
        if not found.rows:
            yield "No repository is visible. Name some in `repositories`, or a workspace."
        elif not any(self._kinds(row) for row in found.rows):
            yield (
                "There is nothing to read: no repository has an issue tracker, and "
                "`pull_requests` is off."
            )
        if strong := answers.may_write(answer):
            yield f"The credential may also write ({', '.join(strong)}); reading is enough."

    def _projects(self) -> Iterator[Page]:
        found = self._roster()
        groups = {
            id: part(row, "project")
            for row in found.rows
            if (id := text(part(row, "project").get("uuid"))) is not None
        }
        yield Page(
            [
                *(Item(id, {"project": pick(each, GROUP_FIELDS)}) for id, each in groups.items()),
                *(
                    Item(row["uuid"], {"repository": pick(row, REPOSITORY_FIELDS)})
                    for row in found.rows
                ),
            ]
        )
        if found.missing:  # not seen is not gone
            raise self._refusal(found.missing[0])

    def _people(self, workspace: str) -> Iterator[Page]:
        for rows in self._api.pages(
            f"/workspaces/{workspace}/members", {"pagelen": ALL}, workspace
        ):
            items = []
            for row in rows.rows:
                user = part(row, "user")
                id = text(user.get("uuid"))
                if id is None:
                    raise Unexpected(f"Bitbucket lists a member of {workspace} without an id.")
                items.append(Item(id, {"user": pick(user, USER_FIELDS)}, None, rows.altered))
            yield Page(items)

    def _milestones(self, here: Repository) -> Iterator[Page]:
        for rows in self._api.pages(f"{here.path}/milestones", {"pagelen": ALL}, here.id):
            items = []
            for row in rows.rows:
                number = key(row.get("id"))
                if number is None:
                    raise Unexpected("Bitbucket lists a milestone without a number.", scope=here.id)
                id = f"{here.id}/{number}"
                body = {"id": id, "milestone": pick(row, ("id", "name")), "repository": here.id}
                items.append(Item(id, body, here.id, rows.altered))
            yield Page(items)


def _lane_of(sign: str, here: Repository) -> str:
    """The lane of a repository's issues or pull requests. A new name makes a new lane, and all is
    read again: every address and key in it has changed, which moves no date."""
    return f"{sign}{here.id} {here.name}"


def _of_lane(lane: str) -> tuple[str, Repository]:
    id, _, name = lane[1:].partition(" ")
    return lane[:1], Repository(id, name)


def _is_still(row: Json, cursor: Cursor | None, now: datetime | None) -> bool:
    """Whether a repository has been left alone, and was looked at not long ago."""
    if cursor is None or "begun" in cursor or now is None:
        return False
    moved, looked = instant(row.get("updated_on")), instant(cursor.get("since"))
    if moved is None or looked is None:
        return False
    return now - moved > STILL and now - looked < LOOK_AGAIN


def _fate(status: int) -> GoneReason | None:
    """What an answer about one thing in a visible repository says."""
    match status:
        case 200:
            return None
        case 403:
            return "access_lost"
        case 404:
            return "deleted"
        case _:
            return "unknown"


CONNECTOR = Bitbucket
