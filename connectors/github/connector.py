"""GitHub over its REST API (and its GraphQL API where that costs less): what is asked when.

Lists are per repository, so each repository is a lane. What did not change is asked for by the
name of the last answer (ETag): GitHub then says "unchanged", and counts nothing. So a turn in
which nothing happened costs the list of repositories once a stream, and the people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from connectors.github import answers, following, mapping
from connectors.github.api import Api
from connectors.github.boards import Boards, board, sprints
from connectors.github.comments import GitHubComments
from connectors.github.fields import by_role
from connectors.github.history import HISTORY
from connectors.github.options import GitHubOptions
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
from connectors.github.sign_in import oauth
from connectors.github.webhook import GitHubWebhook
from connectors.github.words import STATUS_WORDS, issue_id, text
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
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary

VERSION = "2022-11-28"
REPOSITORY_FIELDS = (
    "id", "name", "full_name", "description", "html_url", "archived", "created_at", "updated_at",
)  # fmt: skip
PATHS = {"tasks": "issues", "comments": "issues/comments", "milestones": "milestones"}
"""Where one item of a stream is, in its repository."""
HIDDEN = (403, 404, 451)


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
        "sprints": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "changes": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    webhook: ClassVar[GitHubWebhook] = GitHubWebhook()
    comments: ClassVar[type[CommentsOn]] = GitHubComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"

    def __init__(self, config: GitHubOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http, config.url)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """What only boards say is unknown, not empty, where none is configured."""
        return mapping.provided(boards=bool(self._config.projects))

    @property
    def history(self) -> frozenset[str]:
        """What events tell; of a status that boards say they tell open and closed only."""
        return HISTORY - {"status"} if self._config.projects else HISTORY

    @classmethod
    def access(cls, config: GitHubOptions) -> Access:
        """A token travels in its header, an App's is the door's; GitHub wants to know for which
        version we were made."""
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        if config.token is not None:
            headers["Authorization"] = f"Bearer {config.token.get_secret_value()}"
        return Access(config.url.rstrip("/"), headers, oauth(config))

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.py`."""
        return answers.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `answers.py`."""
        return answers.budget(answer)

    def check(self) -> Identity:
        """Who reads, until when, and which repositories and boards we are shown."""
        config, site = self._config, urlsplit(self._config.url).netloc
        if config.by_app:
            found = self._roster()
            name = f"GitHub App {config.app_id}, installation {config.installation_id}"
            return Identity(
                account=name,
                site=site,
                server_time=found.at,
                scopes=found.scopes(),
                warnings=[*_warnings(found, name), *self._hidden_boards()],
            )
        answer = self._api.get("/user")
        login = text(answer.data.get("login"))
        if login is None:
            raise Unexpected("GitHub did not say whose token this is (/user).")
        found = self._roster()
        granted = _lacking_scopes(answer, boards=bool(config.projects))
        return Identity(
            account=login,
            site=site,
            version=answer.headers.get("x-github-enterprise-version"),
            server_time=answers.clock(answer),
            scopes=found.scopes(),
            warnings=[*_warnings(found, login), *granted, *self._hidden_boards()],
            credential_expires_at=answers.expiry(answer),
        )

    def scopes(self) -> Sequence[Scope]:
        """The repositories that are configured and visible, archived ones included."""
        return self._roster().scopes()

    def vocabulary(self) -> Vocabulary:
        """The words that GitHub has for every issue, and those of the configured boards. Its API as
        we know it lists no issue fields, so that no list of fields would be whole. A request, and
        one for each board, so that a token that is refused is told as ever."""
        self._api.get("/user")
        words = [*STATUS_WORDS]
        for found in (board(self._api, name) for name in self._config.projects):
            status = by_role(found.fields).get("status")
            words += found.choices.get(str(status["id"]), ()) if status else ()
        return Vocabulary.of(words, None)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; for what lies in repositories or on boards one for each."""
        boards = self._config.projects
        if stream in ("projects", "people"):
            return Plan([Lane()])
        if stream == "sprints":
            return Plan([Lane(each) for each in boards])
        found = self._roster()
        repositories = found.with_issues()
        plan = Plan([each.lane(full=each.lane().name not in cursors) for each in repositories])
        if stream == "tasks" and boards:
            plan = following.lanes(repositories, boards, cursors, found.at)
        missing = [Lane(each, scope=each, full=False) for each in found.missing]
        return Plan([*plan.lanes, *missing], forget=plan.forget)

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane."""
        match stream:
            case "projects":
                yield self._projects(since)
            case "people":
                yield from people(self._api, self._roster().rows)
            case "milestones":
                yield from milestones(self._api, Repository.of(lane), since)
            case "sprints":
                yield from sprints(board(self._api, lane))
            case "tasks" if lane.startswith(following.PREFIX):
                boards = self._config.projects
                yield from following.follow(self._api, lane, boards, self._roster, since)
            case "tasks":
                repository = Repository.of(lane)
                yield from Issues(self._api, repository, self._boards()).pages(since)
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
        own = "/installation/repositories" if self._config.by_app else "/user/repos"
        return roster(self._api, self._config.repositories, self._config.organizations, own)

    def _boards(self) -> Boards | None:
        return Boards(self._api, self._config.projects) if self._config.projects else None

    def _hidden_boards(self) -> Iterator[str]:
        for name in self._config.projects:
            try:
                board(self._api, name)
            except NotVisible as error:
                yield f"{error.message} {error.advice}"

    def _projects(self, since: Cursor | None) -> Page:
        """The repositories, each with the fields of the boards on which issues of it are."""
        rows, boards = self._roster().rows, self._boards()
        if boards is None:
            return Page([Item(str(row["id"]), pick(row, REPOSITORY_FIELDS)) for row in rows])
        found, cursor = following.homes(self._api, boards, since)
        return Page(
            [
                Item(id, {**pick(row, REPOSITORY_FIELDS), "boards": found.get(id, [])})
                for row in rows
                for id in [str(row["id"])]
            ],
            cursor,
        )

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


def _warnings(found: Roster, who: str) -> Iterator[str]:
    for name in found.missing:
        error = not_visible(name)
        yield f"{error.message} {error.advice}"
    if not found.rows and not found.missing:
        yield f"{who} has a part in no repository. Name some in `repositories`."
    without = [str(row.get("full_name")) for row in found.rows if row.get("has_issues") is False]
    if without:
        yield f"Issues are switched off, so none are read: {', '.join(without)}."
    if found.partial:
        yield (
            "An organization shows nothing to this token before it is authorized for the "
            "organization's single sign-on: 'Configure SSO' in the token's settings."
        )


def _lacking_scopes(answer: Answer, *, boards: bool) -> Iterator[str]:
    """What a classic token was not given; the others do not say."""
    said = answer.headers.get("x-oauth-scopes")
    if said is None:
        return
    granted = {each.strip() for each in said.split(",")}
    if "repo" not in granted:
        yield "The token lacks the scope `repo`: it shows public repositories only."
    if boards and not granted & {"project", "read:project"}:
        yield "The token lacks the scope `read:project`: it shows no board."


CONNECTOR = GitHub
