"""Reading requests and their approvals: everything at first, later what changed.

A clock of a service level runs out while nobody touches its request, and Jira's `updated` says
nothing of it. So the cursor of the requests holds when the next clock runs out (`due_ms`); once
that moment has passed, all open requests are read again, as they are every few hours anyway: that
also finds clocks that were set anew for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from connectors.jira_service_management.catalogue import Catalogue, annotate
from connectors.jira_service_management.client import PAGE, Client, Found
from connectors.jira_service_management.clocks import runs_out_ms
from connectors.jira_service_management.lanes import (
    OVERLAP,
    after_first,
    is_later,
    ms,
    ms_of,
    number_in,
)
from connectors.jira_service_management.values import ident, instant, items, obj
from connectors.sdk.contract import Cursor, Item, Page

SWEEP_BACK = timedelta(hours=12)  # read again now and then, for what the search had not found yet
LOOK = 1000  # requests a page when hardly a field is asked for
GROUP = 3  # pages of a search that share one question for their histories
NEVER = 253_402_300_799_000  # no clock runs
OPEN = "statusCategory != Done"


class Reader:
    """Reads the requests of one clause; the subclasses say what of them.

    Args:
        client: the way to the site.
        catalogue: gives the site's fields and statuses; asked only once there is a request to read.
        scope: the project that alone is read, for errors.
    """

    watches: ClassVar[bool]  # whether what is read has clocks that run out by themselves
    sweep_every: ClassVar[timedelta]  # how often the last hours are read again

    def __init__(
        self, client: Client, catalogue: Callable[[], Catalogue], scope: str | None
    ) -> None:
        self.client = client
        self.scope = scope
        self.catalogue = catalogue

    def pages(self, jql: str) -> Iterator[tuple[Found, Page]]:
        """The pages of a search with their items."""
        raise NotImplementedError

    def read(self, clause: str, since: Cursor | None) -> Iterator[Page]:
        """A lane from a cursor."""
        if since is not None and is_later(since):
            yield from self._later(clause, since)
        else:
            yield from self._first(clause, since or {})

    def _first(self, clause: str, since: Cursor) -> Iterator[Page]:
        """Everything, in the order of creation, from where a cut-off read got to."""
        reached, started = number_in(since, "created_ms"), number_in(since, "started_ms")
        if reached:
            clause = f"{clause} AND created >= {reached}"
        for found, page in self.pages(f"{clause} ORDER BY created ASC, key ASC"):
            started = started or ms(found.at)
            created = _last(found, "created")
            if created is not None and reached <= created <= started:
                reached = created
            cursor = {"created_ms": str(reached), "started_ms": str(started)}
            yield Page(page.items, cursor, unread=page.unread)
        yield Page((), after_first(started, self._clocks()))

    def _clocks(self) -> Sequence[str]:
        return self.catalogue().clocks if self.watches else ()

    def _later(self, clause: str, since: Cursor) -> Iterator[Page]:
        """What was updated since, found by one small question when that is nothing."""
        updated, swept = number_in(since, "updated_ms"), number_in(since, "swept_ms")
        clocks = [each for each in since.get("clocks", "").split(",") if each]
        # Without SLA fields it is 0: the first turn after there are some reads all that is open.
        due = number_in(since, "due_ms") if "due_ms" in since or not clocks else None
        look = self._look(clause, updated, clocks if due is None else ())
        now = ms(look.at)
        if due is None:
            due = earliest(look.issues, clocks, now)
        # Never ahead of the tool's clock, whatever a request's own time says.
        settled = max(updated, now - ms_of(OVERLAP))
        sweep = now - swept >= ms_of(self.sweep_every) or (bool(clocks) and now >= due)
        known = digest(entries_of(look.issues, updated)) == since.get("seen", "")
        at = {"swept_ms": str(swept), "clocks": ",".join(clocks)}
        if known and look.last and not sweep:
            yield _end(settled, {**at, "due_ms": str(due)}, entries_of(look.issues, settled))
            return
        asked = f"updated >= {updated}"
        if sweep:
            back = min(updated, now - ms_of(SWEEP_BACK), swept - ms_of(OVERLAP))
            asked = f"(updated >= {back} OR {OPEN})" if self.watches else f"updated >= {back}"
            at, due = {**at, "swept_ms": str(now)}, NEVER
        clocks = list(self._clocks())
        at["clocks"] = ",".join(clocks)
        entries: list[tuple[str, int]] = []
        for found, page in self.pages(f"{clause} AND {asked} ORDER BY updated ASC, key ASC"):
            entries += entries_of(found.issues, settled)
            due = min(due, earliest(found.issues, clocks, now))
            reached = _last(found, "updated")
            if reached is not None:
                updated = max(updated, min(reached, settled))
            cursor = {"updated_ms": str(updated), "swept_ms": str(swept)}
            yield Page(page.items, {**cursor, "clocks": at["clocks"]}, unread=page.unread)
        yield _end(settled, {**at, "due_ms": str(due)}, entries)

    def _look(self, clause: str, updated: int, clocks: Sequence[str]) -> Found:
        """The requests that were updated since; with clocks, all open ones besides."""
        asked = f"updated >= {updated}"
        if clocks:
            asked = f"({asked} OR {OPEN})"
        jql = f"{clause} AND {asked} ORDER BY updated ASC, key ASC"
        pages = self.client.search(jql, ["updated", *clocks], LOOK, self.scope)
        first = next(pages)
        if not clocks:
            return first
        issues = [*first.issues, *(issue for found in pages for issue in found.issues)]
        return Found(issues, first.at, last=True)


class RequestReader(Reader):
    """Requests whole: fields, service levels, comments, booked time, history."""

    watches = True
    sweep_every = timedelta(hours=6)

    def pages(self, jql: str) -> Iterator[tuple[Found, Page]]:
        """A few pages share a question for histories."""
        catalogue = self.catalogue()
        group: list[Found] = []
        for found in self.client.search(jql, catalogue.wanted, PAGE, self.scope):
            group.append(found)
            if len(group) < GROUP and not found.last:
                continue
            issues = [issue for each in group for issue in each.issues]
            histories = self.client.histories(issues) if issues else {}
            for each in group:
                yield (
                    each,
                    Page([self._item(issue, each, histories, catalogue) for issue in each.issues]),
                )
            group = []

    def _item(
        self,
        issue: dict[str, Any],
        found: Found,
        histories: Mapping[str, list[Any]],
        catalogue: Catalogue,
    ) -> Item:
        fields, id_ = obj(issue.get("fields")), str(issue["id"])
        body: dict[str, Any] = {"issue": issue, "fields": catalogue.describe(fields)}
        if catalogue.site is not None:
            body["site"] = catalogue.site
        if history := histories.get(id_):
            body["changelog"] = annotate(history, catalogue.categories)
        for what, key in (("comment", "comments"), ("worklog", "worklogs")):
            shown = fields.get(what)
            if isinstance(shown, dict):
                total = shown.get("total")
                if isinstance(total, int) and total > len(items(shown.get(key))):
                    shown[key] = self.client.all_of(id_, what)
        return Item(id_, body, project_of(issue), found.altered)


class ApprovalReader(Reader):
    """The approvals of requests: one question each, which Jira offers no other way.

    They come and are decided with a change of the request's status, so that a request which did
    not change has no news here.
    """

    watches = False
    sweep_every = timedelta(hours=12)

    def pages(self, jql: str) -> Iterator[tuple[Found, Page]]:
        """Issues without a request type are no requests, and have no approvals to ask for."""
        through = self.catalogue().request_type
        fields = ["created", "updated", "project", *filter(None, [through])]
        for found in self.client.search(jql, fields, PAGE, self.scope):
            read: list[Item] = []
            unread: list[tuple[str, str]] = []
            for issue in found.issues:
                id_ = str(issue["id"])
                asked = through is None or obj(issue.get("fields")).get(through)
                approvals = self.client.approvals(id_) if asked else []
                if approvals is None:
                    unread.append((id_, "Jira does not show the approvals of this request"))
                    continue
                body = {"request_id": id_, "approvals": approvals}
                read.append(Item(id_, body, project_of(issue), found.altered))
            yield found, Page(read, unread=unread)


def project_of(issue: Mapping[str, Any]) -> str | None:
    """The id of an issue's project."""
    return ident(obj(obj(issue.get("fields")).get("project")).get("id"))


def earliest(issues: Sequence[Mapping[str, Any]], clocks: Sequence[str], now_ms: int) -> int:
    """When the first clock of these requests runs out."""
    ends = (runs_out_ms(obj(issue.get("fields")), clocks, now_ms) for issue in issues)
    return min((end for end in ends if end is not None), default=NEVER)


def _end(settled: int, at: Mapping[str, str], entries: Sequence[tuple[str, int]]) -> Page:
    """The last page: next time, these same requests in the overlap are no news."""
    seen = {"seen": mark} if (mark := digest(entries)) else {}
    return Page((), {"updated_ms": str(settled), **at, **seen})


def _last(found: Found, field: str) -> int | None:
    for issue in reversed(found.issues):
        at = instant(obj(issue.get("fields")).get(field))
        if at is not None:
            return ms(at)
    return None


def digest(entries: Sequence[tuple[str, int]]) -> str:
    """A mark of which requests were last updated when; "" for none."""
    if not entries:
        return ""
    text = ";".join(f"{id_}@{at}" for id_, at in sorted(set(entries)))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def entries_of(issues: Sequence[Mapping[str, Any]], since_ms: int) -> list[tuple[str, int]]:
    """Id and update of the requests that were updated since."""
    found = []
    for issue in issues:
        at = instant(obj(issue.get("fields")).get("updated"))
        if at is not None and ms(at) >= since_ms:
            found.append((str(issue["id"]), ms(at)))
    return found
