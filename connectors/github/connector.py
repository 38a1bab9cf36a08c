"""GitHub over its REST API (and its GraphQL API where that costs less): what is asked when.

Lists are per repository, so each repository is a lane. What did not change is asked for by the
name of the last answer (ETag): GitHub then says "unchanged", and counts nothing. So a turn in
which nothing happened costs the list of repositories once a stream, and the people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints

from connectors.github import answers, mapping
from connectors.github.api import Api
from connectors.github.history import HISTORY
from connectors.github.people import count, numbers, people
from connectors.github.reading import (
    Issues,
    changes,
    comments,
    is_on_pull_request,
    milestones,
    pick,
)
from connectors.github.roster import Repository, Roster, not_visible, roster
from connectors.github.webhook import GitHubWebhook
from connectors.github.words import STATUS_WORDS, issue_id, text
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
from connectors.sdk.vocabulary import Vocabulary

VERSION = "2022-11-28"
REPOSITORY_FIELDS = (
    "id", "name", "full_name", "description", "html_url", "archived", "created_at", "updated_at",
)  # fmt: skip
PATHS = {"tasks": "issues", "comments": "issues/comments", "milestones": "milestones"}
"""Where one item of a stream is, in its repository."""
HIDDEN = (403, 404, 451)

_FullName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
_Login = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]


class GitHubOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        default="https://api.github.com",
        description="Address of the API; of a GitHub Enterprise Server it ends with `/api/v3`.",
    )
    token: SecretStr = Field(
        description="Personal access token (fine-grained or classic) of the account that reads."
    )
    repositories: tuple[_FullName, ...] = Field(
        default=(),
        description="Repositories to read, as `owner/name`; absent: all in which the account has "
        "a part, unless `organizations` are named.",
    )
    organizations: tuple[_Login, ...] = Field(
        default=(),
        description="Organizations of which every visible repository is read, by their login.",
    )


class GitHub:
    """One account at GitHub. See README.md for what is read and how."""

    name: ClassVar[str] = "github"
    title: ClassVar[str] = "GitHub"
    Config: ClassVar[type[Options]] = GitHubOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(900, timedelta(minutes=1)),)
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "milestones": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "changes": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    webhook: ClassVar[GitHubWebhook] = GitHubWebhook()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = HISTORY

    def __init__(self, config: GitHubOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http, config.url)

    @classmethod
    def access(cls, config: GitHubOptions) -> Access:
        """The token travels in its header; GitHub wants to know for which version we were made."""
        return Access(
            config.url.rstrip("/"),
            {
                "Authorization": f"Bearer {config.token.get_secret_value()}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": VERSION,
            },
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.py`."""
        return answers.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `answers.py`."""
        return answers.budget(answer)

    def check(self) -> Identity:
        """Who the token belongs to, until when, and which repositories it shows us."""
        answer = self._api.get("/user")
        login = text(answer.data.get("login"))
        if login is None:
            raise Unexpected("GitHub did not say whose token this is (/user).")
        found = self._roster()
        return Identity(
            account=login,
            site=urlsplit(self._config.url).netloc,
            version=answer.headers.get("x-github-enterprise-version"),
            server_time=answers.clock(answer),
            scopes=found.scopes(),
            warnings=list(_warnings(answer, found, login)),
            credential_expires_at=answers.expiry(answer),
        )

    def scopes(self) -> Sequence[Scope]:
        """The repositories that are configured and visible, archived ones included."""
        return self._roster().scopes()

    def vocabulary(self) -> Vocabulary:
        """The words that GitHub has for every issue. Its API as we know it lists no issue fields.
        One request, so that a token that is refused is told as ever."""
        self._api.get("/user")
        return Vocabulary.of(STATUS_WORDS, None)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; for what lies in repositories one for each."""
        if stream in ("projects", "people"):
            return Plan([Lane()])
        found = self._roster()
        lanes = [each.lane() for each in found.with_issues()]
        return Plan(
            [
                *(Lane(each.name, each.scope, each.name not in cursors) for each in lanes),
                *(Lane(each, scope=each, full=False) for each in found.missing),
            ]
        )

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane."""
        match stream:
            case "projects":
                yield Page(
                    [
                        Item(str(row["id"]), pick(row, REPOSITORY_FIELDS))
                        for row in self._roster().rows
                    ]
                )
            case "people":
                yield from people(self._api, self._roster().rows)
            case "milestones":
                yield from milestones(self._api, Repository.of(lane), since)
            case "tasks":
                yield from Issues(self._api, Repository.of(lane)).pages(since)
            case "comments":
                yield from comments(self._api, Repository.of(lane), since)
            case "changes":
                yield from changes(self._api, Repository.of(lane), since)
            case _:
                raise Unexpected(f"GitHub has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every issue (milestone, comment) of a repository, closed ones included."""
        if stream == "tasks":
            for found in numbers(self._api, self._node(scope), scope):
                yield [issue_id(scope, number) for number in found]
            return
        name = f"/repos/{self._named(scope)}"
        if stream == "milestones":
            for page in self._api.pages(f"{name}/milestones", {"state": "all"}, scope):
                yield [f"{scope}/{row.get('number')}" for row in page.rows]
            return
        order = {"sort": "created", "direction": "asc"}
        for page in self._api.pages(f"{name}/issues/comments", order, scope):
            yield [f"{scope}/{row['id']}" for row in page.rows if not is_on_pull_request(row)]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself, after its repository, which GitHub hides as if it were not there."""
        found: dict[str, GoneReason | None] = {}
        homes: dict[str, Answer] = {}
        for id in ids:
            if stream not in ("projects", *PATHS):
                found[id] = "unknown"  # people and events are never asked for: they are kept
                continue
            home, _, within = id.replace("#", "/").partition("/")
            if home not in homes:
                homes[home] = self._api.get(f"/repositories/{home}", accept=HIDDEN)
            if homes[home].status != 200:
                found[id] = "access_lost" if homes[home].status == 403 else "unknown"
            elif not within:
                found[id] = None
            else:
                status = self._status(f"/repositories/{home}/{PATHS[stream]}/{within}")
                found[id] = _fate(stream, status, homes[home].data)
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """GitHub's own count of a repository's issues."""
        return count(self._api, self._node(scope), scope) if stream == "tasks" else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _roster(self) -> Roster:
        return roster(self._api, self._config.repositories, self._config.organizations)

    def _by_id(self, scope: str) -> Json:
        """A repository by its id: the address to which GitHub itself redirects a former name."""
        row: Json = self._api.get(f"/repositories/{scope}", scope).data
        return row

    def _node(self, scope: str) -> str:
        id = text(self._by_id(scope).get("node_id"))
        if id is None:
            raise Unexpected("GitHub's repository has no node_id.", scope=scope)
        return id

    def _named(self, scope: str) -> str:
        name = text(self._by_id(scope).get("full_name"))
        if name is None:
            raise Unexpected("GitHub's repository has no name.", scope=scope)
        return name

    def _status(self, path: str) -> int:
        """The HTTP status with which GitHub answers for one thing, redirects not followed."""
        return self._api.get(path, accept=(301, *HIDDEN, 410)).status


def _fate(stream: str, status: int, home: Json) -> GoneReason | None:
    """What an answer about one thing in a visible repository says.

    An issue that was transferred leaves a redirect, or a 404 where we may not see its new home;
    one that was deleted a 410, which also all issues give while they are switched off.
    """
    if status == 200:
        return None
    if status == 301:
        return "moved"
    if status in (403, 451):
        return "access_lost"
    if home.get("has_issues") is False:
        return "access_lost"
    if status == 404 and stream == "tasks":
        return "moved"
    return "deleted"


def _warnings(answer: Answer, found: Roster, login: str) -> Iterator[str]:
    for name in found.missing:
        error = not_visible(name)
        yield f"{error.message} {error.advice}"
    if not found.rows and not found.missing:
        yield f"{login} has a part in no repository. Name some in `repositories`."
    without = [str(row.get("full_name")) for row in found.rows if row.get("has_issues") is False]
    if without:
        yield f"Issues are switched off, so none are read: {', '.join(without)}."
    if found.partial:
        yield (
            "An organization shows nothing to this token before it is authorized for the "
            "organization's single sign-on: 'Configure SSO' in the token's settings."
        )
    granted = answer.headers.get("x-oauth-scopes")
    if granted is not None and "repo" not in {each.strip() for each in granted.split(",")}:
        yield "The token lacks the scope `repo`: it shows public repositories only."


CONNECTOR = GitHub
