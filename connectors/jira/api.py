"""Jira's requests, as Cloud and as Data Center want them. Reads; maps nothing."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

from connectors.jira.answers import Rounds, as_list, as_object
from connectors.jira.values import ident, instant, obj
from connectors.sdk.contract import Answer, Http, Json
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import GoneReason

PAGE = 100  # issues a page: what Jira gives when more than ids are asked for
IDS_PAGE = 5000  # ids a page, when nothing but ids is asked for
HISTORIES = 5000  # changelog entries a page (the vendor's most: 10,000)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: the issues, the tool's clock when it answered, what was cleaned."""

    issues: Sequence[dict[str, Any]]
    at: datetime
    last: bool
    altered: int = 0


class Api:
    """What both deployments answer alike."""

    rest: ClassVar[str]
    stable_search: ClassVar[bool]  # may follow an order by `updated` while issues are edited

    def __init__(self, http: Http) -> None:
        self.http = http

    # -- what the deployments ask in their own way ---------------------------------------------

    def projects(self, keys: Sequence[str]) -> tuple[list[Json], datetime]:
        """All visible projects (or those of `keys`) in every state, and the tool's clock."""
        raise NotImplementedError

    def users(self) -> Iterator[Sequence[Any]]:
        """Every account, in pages."""
        raise NotImplementedError

    def search(
        self, jql: str, fields: Sequence[str], size: int = PAGE, scope: str | None = None
    ) -> Iterator[Found]:
        """The pages of a search; on Data Center the issues bring their changelog."""
        raise NotImplementedError

    def histories(self, issues: Sequence[dict[str, Any]]) -> Mapping[str, list[Any]]:
        """Changelog entries by issue id; takes them out of the issues where they lie there."""
        raise NotImplementedError

    def count(self, jql: str) -> int:
        """How many issues match."""
        raise NotImplementedError

    def exist(
        self, ids: Sequence[str], projects: Container[str] | None
    ) -> Mapping[str, GoneReason | None]:
        """Each id: None when it is there, in one of these projects (None: in any), else why not."""
        raise NotImplementedError

    @staticmethod
    def fate(issue: Mapping[str, Any], projects: Container[str] | None) -> GoneReason | None:
        """Whether an issue that is there has left these projects."""
        home = ident(obj(obj(issue.get("fields")).get("project")).get("id"))
        return "moved" if projects is not None and home and home not in projects else None

    def more_fields(self) -> list[Any]:
        """Fields that `/field` leaves out."""
        return []

    def ids_of_keys(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Ids of the issues that epic links name by key; where `parent` says it, none is asked."""
        raise NotImplementedError

    # -- what they answer alike ----------------------------------------------------------------

    def path(self, rest: str) -> str:
        """A path of the platform's API."""
        return f"{self.rest}/{rest}"

    def listed(self, path: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """A plain array."""
        return as_list(self.http.get(path, params), path)

    def paged(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        key: str = "values",
        size: int = 50,
        scope: str | None = None,
        refusals: tuple[int, ...] = (),
    ) -> Iterator[Answer]:
        """Pages by `startAt`, until Jira says that the last one is reached.

        An answer whose status is among `refusals` is no page, and ends the list.
        """
        rounds, start = Rounds(path), 0
        while True:
            asked = {**params, "startAt": start, "maxResults": size}
            answer = self.http.request("GET", path, params=asked, scope=scope, accept=refusals)
            if answer.status in refusals:
                return
            page = as_object(answer.data, path)
            values = as_list(page.get(key), path)
            yield answer
            total = page.get("total")
            start += len(values)
            if page.get("isLast") is True or (isinstance(total, int) and start >= total):
                return
            if not values and page.get("isLast") is None:
                return
            rounds.turn([obj(each).get("id") for each in values])

    def statuses(self) -> list[Any]:
        """Every status with its category."""
        return self.listed(self.path("status"))

    def fields(self) -> list[Any]:
        """The site's fields."""
        return self.listed(self.path("field"))

    def comments(self, issue_id: str) -> list[Any]:
        """All comments of an issue, oldest first."""
        found: list[Any] = []
        path = self.path(f"issue/{issue_id}/comment")
        for answer in self.paged(path, {"orderBy": "created"}, key="comments", size=PAGE):
            found += answer.data["comments"]
        return found

    def ids(self, jql: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all issues that match, in batches."""
        for found in self.search(jql, ["id"], IDS_PAGE, scope):
            yield [id_ for issue in found.issues if (id_ := ident(issue.get("id"))) is not None]

    def time_of(self, answer: Answer) -> datetime:
        """The tool's clock when it answered."""
        written = answer.headers.get("date")
        if written:
            try:
                at = parsedate_to_datetime(written)
                return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            except (ValueError, OverflowError):
                pass  # a proxy's own invention: the tool itself is asked instead
        return self.clock()

    def clock(self) -> datetime:
        """What the tool itself says the time is."""
        server = as_object(self.http.get(self.path("serverInfo")), "serverInfo")
        told = instant(server.get("serverTime"))
        if told is None:
            raise Unexpected("Jira does not say what time it is (neither Date nor serverTime).")
        return told
