"""The requests that only Jira Cloud answers (REST API 3)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.answers import Rounds, as_count, as_issues, as_object, project
from connectors.jira.api import HISTORIES, PAGE, Api, Found
from connectors.jira.values import ident, items, obj
from connectors.sdk.contract import Json
from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import GoneReason


class Cloud(Api):
    """Jira Cloud, REST API 3."""

    rest = "/rest/api/3"
    stable_search = True

    def projects(self, keys: Sequence[str]) -> tuple[list[Json], datetime]:
        """`/project/search` in every state; at most 50 keys a question.

        Where none matches it may say 404 instead of listing none.
        """
        found: list[Json] = []
        at: datetime | None = None
        for first in range(0, max(len(keys), 1), 50):
            params = {
                "status": ["live", "archived", "deleted"],
                "expand": "description,lead,insight",
                "keys": list(keys[first : first + 50]) or None,
            }
            path = self.path("project/search")
            for answer in self.paged(path, params, size=100, refusals=(404,)):
                at = at or self.time_of(answer)
                found += [project(each) for each in answer.data["values"]]
        return found, at or self.clock()

    def users(self) -> Iterator[Sequence[Any]]:
        """Jira filters after it has cut a page: only an empty page is the last one."""
        rounds, start, path = Rounds("users"), 0, self.path("users/search")
        while page := self.listed(path, {"startAt": start, "maxResults": 1000}):
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
            answer = self.http.request("POST", self.path("search/jql"), json=body, scope=scope)
            page = as_object(answer.data, "search/jql")
            issues = as_issues(page)
            token = page.get("nextPageToken")
            last = page.get("isLast") is True or token is None
            if token is None and page.get("isLast") is False:
                raise Unexpected("Jira says that there are more issues, and gives no way to them.")
            yield Found(issues, self.time_of(answer), last, answer.altered)
            if last:
                return
            rounds.turn([issue.get("id") for issue in issues], token)

    def histories(self, issues: Sequence[dict[str, Any]]) -> Mapping[str, list[Any]]:
        """`/changelog/bulkfetch`: at most 1,000 issues a question."""
        found: dict[str, list[Any]] = {}
        ids = [str(issue.get("id")) for issue in issues]
        for first in range(0, len(ids), 1000):
            rounds = Rounds("changelogs")
            body: dict[str, Any] = {
                "issueIdsOrKeys": ids[first : first + 1000],
                "maxResults": HISTORIES,
            }
            while True:
                page = as_object(self.http.post(self.path("changelog/bulkfetch"), json=body), "")
                for log in items(page.get("issueChangeLogs")):
                    id_ = ident(obj(log).get("issueId"))
                    if id_ is not None:
                        found.setdefault(id_, []).extend(items(log.get("changeHistories")))
                token = page.get("nextPageToken")
                if not token:
                    break
                rounds.turn([token], token)
                body["nextPageToken"] = token
        return found

    def count(self, jql: str) -> int:
        """Jira's own approximate count."""
        path = self.path("search/approximate-count")
        return as_count(as_object(self.http.post(path, json={"jql": jql}), path).get("count"))

    def exist(
        self, ids: Sequence[str], projects: Container[str] | None
    ) -> Mapping[str, GoneReason | None]:
        """`/issue/bulkfetch` leaves out alike what is deleted and what is hidden."""
        there: dict[str, GoneReason | None] = dict.fromkeys(ids, "unknown")
        for first in range(0, len(ids), 100):
            body = {"issueIdsOrKeys": list(ids[first : first + 100]), "fields": ["project"]}
            page = as_object(self.http.post(self.path("issue/bulkfetch"), json=body), "bulkfetch")
            if items(page.get("issueErrors")):
                raise Unavailable("Jira could not read some issues just now.")
            found = as_issues(page)
            there.update({str(issue.get("id")): self.fate(issue, projects) for issue in found})
        return {id_: there[id_] for id_ in ids}

    def ids_of_keys(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Nothing: on Cloud every issue below an epic names it as its `parent`."""
        return dict.fromkeys(keys[:0], "")

    def more_fields(self) -> list[Any]:
        """`/field/search`; some accounts may not ask it, and do with `/field`."""
        path = self.path("field/search")
        pages = self.paged(path, {"type": "custom"}, refusals=(403,))
        return [each for answer in pages for each in answer.data["values"]]
