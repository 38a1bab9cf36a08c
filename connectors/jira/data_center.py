"""The requests that only Jira Data Center answers (REST API 2)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.answers import Rounds, as_count, as_issues, as_list, as_object, project
from connectors.jira.api import PAGE, Api, Found
from connectors.jira.values import items, obj
from connectors.sdk.contract import Json
from connectors.sdk.records import GoneReason


class DataCenter(Api):
    """Jira Data Center, REST API 2."""

    rest = "/rest/api/2"
    stable_search = False

    def projects(self, keys: Sequence[str]) -> tuple[list[Json], datetime]:
        """`/project`, all at once, archived ones too."""
        params = {"expand": "description,lead", "includeArchived": "true"}
        answer = self.http.request("GET", self.path("project"), params=params)
        found = [project(each) for each in as_list(answer.data, "project")]
        if keys:
            found = [each for each in found if each.get("key") in keys]
        return found, self.time_of(answer)

    def users(self) -> Iterator[Sequence[Any]]:
        """`/user/search` for any name."""
        rounds, start, path = Rounds("users"), 0, self.path("user/search")
        params = {"username": ".", "includeInactive": "true", "maxResults": 1000}
        while page := self.listed(path, {**params, "startAt": start}):
            yield page
            rounds.turn([obj(each).get("key") for each in page])
            start += len(page)

    def search(
        self, jql: str, fields: Sequence[str], size: int = PAGE, scope: str | None = None
    ) -> Iterator[Found]:
        """`/search` by offset; what is deleted meanwhile moves the offset back by as much."""
        rounds, start, before = Rounds("issues"), 0, None
        with_history = "summary" in fields
        while True:
            body: dict[str, Any] = {
                "jql": jql, "fields": list(fields), "maxResults": size, "startAt": start,
            }  # fmt: skip
            if with_history:
                body["expand"] = ["changelog"]
            answer = self.http.request("POST", self.path("search"), json=body, scope=scope)
            page = as_object(answer.data, "search")
            issues, total = as_issues(page), as_count(page.get("total"))
            vanished = max(0, (before or total) - total)
            before = total
            # What vanished may have lain before this page, and drawn others out of its reach.
            start = max(0, start - vanished) if vanished else start + len(issues)
            last = start >= total and not vanished
            yield Found(issues, self.time_of(answer), last, answer.altered)
            if last:
                return
            rounds.turn([issue.get("id") for issue in issues])

    def histories(self, issues: Sequence[dict[str, Any]]) -> Mapping[str, list[Any]]:
        """The search has brought them (`expand=changelog`)."""
        return {
            str(issue.get("id")): list(items(obj(issue.pop("changelog", None)).get("histories")))
            for issue in issues
        }

    def count(self, jql: str) -> int:
        """The total of a search for nothing."""
        body = {"jql": jql, "fields": ["id"], "maxResults": 0, "startAt": 0}
        page = as_object(self.http.post(self.path("search"), json=body), "search")
        return as_count(page.get("total"))

    def ids_of_keys(self, keys: Sequence[str]) -> Mapping[str, str]:
        """One search for the keys; what is hidden is left out (`validateQuery` off)."""
        found: dict[str, str] = {}
        for first in range(0, len(keys), PAGE):
            plain = [key for key in keys[first : first + PAGE] if key.replace("-", "").isalnum()]
            jql = f"key in ({', '.join(plain)})"
            body = {"jql": jql, "fields": ["id"], "maxResults": PAGE, "validateQuery": False}
            page = as_object(self.http.post(self.path("search"), json=body), "search")
            found |= {str(issue.get("key")): str(issue["id"]) for issue in as_issues(page)}
        return found

    def exist(
        self, ids: Sequence[str], projects: Container[str] | None
    ) -> Mapping[str, GoneReason | None]:
        """One by one; 404 is said alike of deleted and hidden issues."""
        found: dict[str, GoneReason | None] = {}
        for id_ in ids:
            path = self.path(f"issue/{id_}")
            answer = self.http.request("GET", path, params={"fields": "project"}, accept=(403, 404))
            reasons: dict[int, GoneReason] = {403: "access_lost", 404: "unknown"}
            found[id_] = reasons.get(answer.status) or self.fate(obj(answer.data), projects)
        return found
