"""The requests that Jira Cloud and its service desk answer. Reads; maps nothing."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.jira_service_management.values import ident, instant, items, obj
from connectors.sdk.contract import Answer, Http
from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import GoneReason

REST = "/rest/api/3"
SERVICE_DESK = "/rest/servicedeskapi"

PAGE = 100  # requests a page: what Jira gives when more than ids are asked for
IDS_PAGE = 5000  # ids a page, when nothing but ids is asked for
HISTORIES = 5000  # changelog entries a page (the vendor's most: 10,000)
MOST_ROUNDS = 100_000  # pages of one question; more means that the paging does not end
MOST_EMPTY = 3  # empty pages that say "there is more", one after the other
PROJECT_FIELDS = ("id", "self", "key", "name", "description", "lead", "archived", "deleted")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: the issues, the tool's clock when it answered, what was cleaned."""

    issues: Sequence[dict[str, Any]]
    at: datetime
    last: bool
    altered: int = 0


class Rounds:
    """Sees to it that a paged question ends: no token and no page twice, not for ever."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._seen: set[int] = set()
        self._rounds = 0
        self._empty = 0

    def turn(self, ids: Sequence[Any], token: Any = None) -> None:
        """Count a page that says there is more after it; raises `Unexpected` for a loop."""
        self._rounds += 1
        self._empty = 0 if ids else self._empty + 1
        marks = {hash(("ids", *map(str, ids)))} if ids else set()
        if token is not None:
            marks.add(hash(("token", token)))
        if marks & self._seen:
            raise Unexpected(
                f"Jira gave the same page of {self.what} twice: its paging runs in a circle."
            )
        self._seen |= marks
        if self._empty > MOST_EMPTY or self._rounds >= MOST_ROUNDS:
            raise Unexpected(f"Jira's paging of {self.what} does not end.")


def as_object(data: Any, what: str) -> dict[str, Any]:
    """The answer as an object; raises `Unexpected` for anything else."""
    if not isinstance(data, dict):
        raise Unexpected(f"Jira answered {what} with something that is no object.")
    return data


def as_list(data: Any, what: str) -> list[Any]:
    """The answer as an array; raises `Unexpected` for anything else."""
    if not isinstance(data, list):
        raise Unexpected(f"Jira answered {what} without its list.")
    return data


def as_issues(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The issues of a page; raises `Unexpected` when there is no such list."""
    issues = as_list(page.get("issues"), "a search")
    if not all(isinstance(issue, dict) and ident(issue.get("id")) for issue in issues):
        raise Unexpected("Jira listed an issue without an id.")
    return issues


class Client:
    """The way to one site."""

    def __init__(self, http: Http) -> None:
        self.http = http

    # -- the platform --------------------------------------------------------------------------

    def listed(self, path: str) -> list[Any]:
        """A plain array."""
        return as_list(self.http.get(f"{REST}/{path}"), path)

    def paged(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        key: str = "values",
        size: int = PAGE,
        refusals: tuple[int, ...] = (),
    ) -> Iterator[Answer]:
        """Pages by `startAt`, until Jira says that the last one is reached.

        An answer whose status is among `refusals` is no page, and ends the list.
        """
        rounds, start = Rounds(path), 0
        while True:
            asked = {**params, "startAt": start, "maxResults": size}
            answer = self.http.request("GET", f"{REST}/{path}", params=asked, accept=refusals)
            if answer.status in refusals:
                return
            page = as_object(answer.data, path)
            values = as_list(page.get(key), path)
            yield answer
            total = page.get("total")
            start += len(values)
            if page.get("isLast") is True or (isinstance(total, int) and start >= total):
                return
            if page.get("isLast") is None and not isinstance(total, int):
                raise Unexpected(f"Jira does not say whether its list of {path} goes on.")
            rounds.turn([obj(each).get("id") for each in values])

    def projects(self) -> tuple[list[dict[str, Any]], datetime]:
        """The service projects that the account sees, in every state, and the tool's clock.

        Where there is none Jira may say 404 instead of listing none.
        """
        params = {
            "typeKey": "service_desk",
            "status": ["live", "archived", "deleted"],
            "expand": "description,lead",
        }
        found: list[dict[str, Any]] = []
        at: datetime | None = None
        for answer in self.paged("project/search", params, refusals=(404,)):
            at = at or self.time_of(answer)
            for each in answer.data["values"]:
                held = obj(each)
                if ident(held.get("id")) is None:
                    raise Unexpected("Jira listed a project without an id.")
                found.append({name: held[name] for name in PROJECT_FIELDS if name in held})
        return found, at or self.clock()

    def users(self) -> Iterator[Sequence[Any]]:
        """Jira filters after it has cut a page: only an empty page is the last one."""
        rounds, start, path = Rounds("users"), 0, "users/search"
        while True:
            params = {"startAt": start, "maxResults": 1000}
            page = as_list(self.http.get(f"{REST}/{path}", params), path)
            if not page:
                return
            yield page
            rounds.turn([obj(each).get("accountId") for each in page])
            start += 1000

    def search(
        self, jql: str, fields: Sequence[str], size: int = PAGE, scope: str | None = None
    ) -> Iterator[Found]:
        """`/search/jql` by its tokens; a short page is not the last one."""
        rounds, token = Rounds("issues"), None
        while True:
            body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": size}
            if token is not None:
                body["nextPageToken"] = token
            answer = self.http.request("POST", f"{REST}/search/jql", json=body, scope=scope)
            page = as_object(answer.data, "a search")
            issues = as_issues(page)
            token = page.get("nextPageToken")
            if token is None and page.get("isLast") is False:
                raise Unexpected("Jira says that there are more issues, and gives no way to them.")
            last = page.get("isLast") is True or token is None
            yield Found(issues, self.time_of(answer), last, answer.altered)
            if last:
                return
            rounds.turn([issue.get("id") for issue in issues], token)

    def ids(self, jql: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all issues that match, in batches."""
        for found in self.search(jql, ["id"], IDS_PAGE, scope):
            yield [str(issue["id"]) for issue in found.issues]

    def histories(self, issues: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Changelog entries by issue id, for up to 1,000 issues in one question."""
        found: dict[str, list[Any]] = {}
        rounds = Rounds("changelogs")
        body: dict[str, Any] = {
            "issueIdsOrKeys": [str(issue["id"]) for issue in issues],
            "maxResults": HISTORIES,
        }
        while True:
            answer = self.http.post(f"{REST}/changelog/bulkfetch", json=body)
            page = as_object(answer, "changelogs")
            for log in as_list(page.get("issueChangeLogs"), "changelogs"):
                id_ = ident(obj(log).get("issueId"))
                if id_ is not None:
                    found.setdefault(id_, []).extend(items(log.get("changeHistories")))
            token = page.get("nextPageToken")
            if not token:
                return found
            rounds.turn([token], token)
            body["nextPageToken"] = token

    def count(self, jql: str) -> int:
        """Jira's own approximate count."""
        answer = self.http.post(f"{REST}/search/approximate-count", json={"jql": jql})
        count = as_object(answer, "a count").get("count")
        if type(count) is not int or count < 0:
            raise Unexpected("Jira gave no number where it promises a count.")
        return count

    def exist(
        self, ids: Sequence[str], projects: Container[str]
    ) -> Mapping[str, GoneReason | None]:
        """`/issue/bulkfetch` leaves out alike what is deleted and what is hidden; what is there
        and in none of these projects has moved away."""
        there: dict[str, GoneReason | None] = dict.fromkeys(ids, "unknown")
        for first in range(0, len(ids), 100):
            body = {"issueIdsOrKeys": list(ids[first : first + 100]), "fields": ["project"]}
            answer = self.http.post(f"{REST}/issue/bulkfetch", json=body)
            page = as_object(answer, "issues")
            if items(page.get("issueErrors")):
                raise Unavailable("Jira could not read some issues just now.")
            for issue in as_issues(page):
                home = ident(obj(obj(issue.get("fields")).get("project")).get("id"))
                there[str(issue["id"])] = "moved" if home and home not in projects else None
        return {id_: there[id_] for id_ in ids}

    def more_fields(self) -> list[Any]:
        """Fields that `/field` leaves out; some accounts may not ask, and do with `/field`."""
        pages = self.paged("field/search", {"type": "custom"}, size=50, refusals=(403,))
        return [each for answer in pages for each in answer.data["values"]]

    def all_of(self, issue_id: str, what: str) -> list[Any]:
        """All comments or worklogs of an issue, of which a search shows the first few."""
        key = {"comment": "comments", "worklog": "worklogs"}[what]
        pages = self.paged(f"issue/{issue_id}/{what}", {}, key=key)
        return [each for answer in pages for each in answer.data[key]]

    # -- the service desk ----------------------------------------------------------------------

    def desk_pages(self, path: str, refusals: tuple[int, ...] = ()) -> Iterator[Answer]:
        """Pages by `start`; `isLastPage` alone ends them, whatever their size.

        An answer whose status is among `refusals` is given on, and ends the list.
        """
        rounds, start = Rounds(path), 0
        while True:
            answer = self.http.request(
                "GET",
                f"{SERVICE_DESK}/{path}",
                params={"start": start, "limit": PAGE},
                accept=refusals,
            )
            if answer.status in refusals:
                yield answer
                return
            page = as_object(answer.data, path)
            values = as_list(page.get("values"), path)
            yield answer
            if page.get("isLastPage") is True:
                return
            if page.get("isLastPage") is None:
                raise Unexpected(f"Jira does not say whether its list of {path} goes on.")
            rounds.turn([obj(each).get("id") for each in values])
            start += len(values)

    def organizations(self) -> Iterator[list[Any]]:
        """The customers' organizations, in pages."""
        for answer in self.desk_pages("organization"):
            yield answer.data["values"]

    def approvals(self, issue_id: str) -> list[Any] | None:
        """The approvals of a request; None: it is not shown to this account (403, 404)."""
        found: list[Any] = []
        for answer in self.desk_pages(f"request/{issue_id}/approval", refusals=(403, 404)):
            if answer.status != 200:
                return None
            found += answer.data["values"]
        return found

    # -- time ----------------------------------------------------------------------------------

    def time_of(self, answer: Answer) -> datetime:
        """The tool's clock when it answered."""
        try:
            at = parsedate_to_datetime(answer.headers.get("date", ""))
            return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        except ValueError:
            return self.clock()  # a proxy's own invention, or none: the tool itself is asked

    def clock(self) -> datetime:
        """What the tool itself says the time is."""
        server = as_object(self.http.get(f"{REST}/serverInfo"), "serverInfo")
        told = instant(server.get("serverTime"))
        if told is None:
            raise Unexpected("Jira does not say what time it is (neither Date nor serverTime).")
        return told
