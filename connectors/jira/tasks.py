"""Reading issues: what a first read is cut into, and what later reads ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.jira.api import PAGE, Api, Found
from connectors.jira.catalogue import Catalogue, annotate
from connectors.jira.values import ident, instant, items, obj, word
from connectors.sdk.contract import Cursor, Item, Lane, Page
from connectors.sdk.errors import CursorExpired

OVERLAP = timedelta(minutes=5)  # Jira's search is late by seconds; its JQL may cut to minutes
SWEEP_EVERY = timedelta(hours=6)  # how often the last hours are asked once more …
SWEEP_BACK = timedelta(hours=12)  # … and how far back, for what the search had not found yet
LANE_ISSUES = 1000  # a project with more is cut into windows of the day of creation
MOST_WINDOWS = 32
PROBE = 1000
GROUP = 3  # pages of a search that share one question for their histories


def ms(at: datetime) -> int:
    """Milliseconds since 1970: the one form of a time that JQL reads alike in every zone."""
    return round(at.timestamp() * 1000)


def windows(project_id: str, count: int, first: datetime | None, now: datetime) -> list[Lane]:
    """The lanes of a project's first read: windows of creation, open at both ends.

    Creation never changes, not even when an issue moves in from another project. Edges lie on
    multiples of a power of two, so that a first read that is resumed is cut alike.
    """
    wanted = min(-(-count // LANE_ISSUES), MOST_WINDOWS)
    span = ms(now) - ms(first) if first is not None else 0
    if wanted < 2 or span < wanted:
        return [Lane(f"{project_id}:-", scope=project_id)]
    width: int = 1 << ((span // wanted).bit_length() - 1)
    start = ms(now) - span
    edges: list[int | str] = ["", *range((start // width + 1) * width, ms(now), width), ""]
    return [Lane(f"{project_id}:{low}-{high}", scope=project_id) for low, high in pairwise(edges)]


def clause_of(lane: str) -> str:
    """The JQL of a lane that `windows` has named."""
    project_id, _, window = lane.partition(":")
    low, _, high = window.partition("-")
    parts = [f"project in ({project_id})"]
    parts += [f"created >= {low}"] if low else []
    parts += [f"created < {high}"] if high else []
    return " AND ".join(parts)


def both(*clauses: str) -> str:
    """Clauses that all must hold; empty ones say nothing."""
    return " AND ".join(clause for clause in clauses if clause)


def is_later(cursor: Cursor | None) -> bool:
    """Whether a cursor is of a lane that has been read through once."""
    return cursor is not None and "updated_ms" in cursor


def after_first(started_ms: int) -> Cursor:
    """The cursor after a first read that began then."""
    return {"updated_ms": str(started_ms - ms_of(OVERLAP)), "swept_ms": str(started_ms)}


def joint(cursors: Mapping[str, Cursor], now_ms: int) -> Cursor:
    """Where the one later lane starts, once all lanes of the first read have ended.

    A first read may take several turns: what its earliest lane has seen is the oldest.
    """
    started = [now_ms]
    for cursor in cursors.values():
        if is_later(cursor):
            started.append(number_in(cursor, "updated_ms") + ms_of(OVERLAP))
        elif "started_ms" in cursor:
            started.append(number_in(cursor, "started_ms"))
    return after_first(min(started))


def ms_of(span: timedelta) -> int:
    """A span in milliseconds."""
    return span // timedelta(milliseconds=1)


def number_in(cursor: Cursor, name: str) -> int:
    """A number that this connector has put into a cursor; raises `CursorExpired` for others."""
    try:
        return int(cursor.get(name, "0"))
    except ValueError as error:
        raise CursorExpired(
            "A cursor of this connection is damaged; the lane starts anew."
        ) from error


class Reader:
    """Reads the issues of one clause.

    Args:
        api: the way to Jira.
        catalogue: gives the site's fields and statuses; asked only once there is an issue to read.
        scope: the project that alone is read, for errors.
    """

    def __init__(self, api: Api, catalogue: Callable[[], Catalogue], scope: str | None) -> None:
        self.api = api
        self.scope = scope
        self._catalogue = catalogue

    def first(self, clause: str, since: Cursor | None) -> Iterator[Page]:
        """Everything, in the order of creation, from where a cut-off read got to."""
        cursor = since or {}
        reached, started = number_in(cursor, "created_ms"), number_in(cursor, "started_ms")
        if reached:
            clause = both(clause, f"created >= {reached}")
        for found, read in self._pages(f"{clause} ORDER BY created ASC, key ASC"):
            started = started or ms(found.at)
            created = _last(found, "created")
            if created is not None and reached <= created <= started:
                reached = created
            yield Page(read, {"created_ms": str(reached), "started_ms": str(started)})
        yield Page((), after_first(started))

    def later(self, clause: str, since: Cursor) -> Iterator[Page]:
        """What was updated since, found by one small question when that is nothing."""
        updated, swept = number_in(since, "updated_ms"), number_in(since, "swept_ms")
        probe = next(self.api.search(_since(clause, updated), ["updated"], PROBE, self.scope))
        now = ms(probe.at)
        # Never ahead of the tool's clock, whatever an issue's own time says.
        settled = max(updated, now - ms_of(OVERLAP))
        sweep = now - swept >= ms_of(SWEEP_EVERY)
        known = digest(entries_of(probe.issues, updated)) == since.get("seen", "")
        if known and probe.last and not sweep:
            yield self._end(settled, swept, entries_of(probe.issues, settled))
            return
        start = min(updated, now - ms_of(SWEEP_BACK)) if sweep else updated
        entries: list[tuple[str, int]] = []
        for found, read in self._pages(_since(clause, start, self.api.stable_search)):
            entries += entries_of(found.issues, settled)
            reached = _last(found, "updated") if self.api.stable_search else None
            if reached is not None:
                updated = max(updated, min(reached, settled))
            yield Page(read, {"updated_ms": str(updated), "swept_ms": str(swept)})
        yield self._end(settled, now if sweep else swept, entries)

    @staticmethod
    def _end(settled: int, swept: int, entries: Sequence[tuple[str, int]]) -> Page:
        """The last page: next time, these same issues in the overlap are no news."""
        seen = {"seen": mark} if (mark := digest(entries)) else {}
        return Page((), {"updated_ms": str(settled), "swept_ms": str(swept), **seen})

    def _pages(self, jql: str) -> Iterator[tuple[Found, list[Item]]]:
        """The pages of a search with their items; a few pages share a question for histories."""
        catalogue = self._catalogue()
        group: list[Found] = []
        for found in self.api.search(jql, catalogue.wanted, PAGE, self.scope):
            group.append(found)
            if len(group) == GROUP or found.last:
                yield from self._with_histories(group, catalogue)

    def _with_histories(
        self, group: list[Found], catalogue: Catalogue
    ) -> Iterator[tuple[Found, list[Item]]]:
        """Empties the group: pages that have been handed on take no memory any more."""
        issues = [issue for found in group for issue in found.issues]
        histories = dict(self.api.histories(issues)) if issues else {}
        epics = self._epics(issues, catalogue.epic_field)
        del issues
        while group:
            found = group.pop(0)
            read = []
            for issue in found.issues:
                id_ = str(issue["id"])
                body = self._body(issue, histories.pop(id_, None), catalogue)
                if epic := epics.get(id_):
                    body["epic_id"] = epic
                scope = ident(obj(obj(issue.get("fields")).get("project")).get("id"))
                read.append(Item(id_, body, scope, found.altered))
            yield found, read

    def _body(
        self, issue: dict[str, Any], histories: list[Any] | None, catalogue: Catalogue
    ) -> dict[str, Any]:
        fields = obj(issue.get("fields"))
        body: dict[str, Any] = {"issue": issue}
        if catalogue.site is not None:
            body["site"] = catalogue.site
        if histories:
            body["changelog"] = annotate(histories, catalogue.categories)
        if described := catalogue.describe(fields):
            body["fields"] = described
        comment = fields.get("comment")
        if isinstance(comment, dict):
            total = comment.get("total")
            if isinstance(total, int) and total > len(items(comment.get("comments"))):
                comment["comments"] = self.api.comments(str(issue["id"]))
        return body

    def _epics(self, issues: Sequence[dict[str, Any]], field: str | None) -> dict[str, str]:
        """Issue id → id of the epic that an older Jira names by its key instead of by `parent`."""
        if field is None:
            return {}
        named: dict[str, str] = {}
        for issue in issues:
            fields = obj(issue.get("fields"))
            if (key := word(fields.get(field))) and not fields.get("parent"):
                named[str(issue["id"])] = key
        ids = self.api.ids_of_keys(sorted(set(named.values()))) if named else {}
        return {id_: ids[key] for id_, key in named.items() if key in ids}


def _since(clause: str, updated_ms: int, by_update: bool = True) -> str:
    order = "updated ASC, key ASC" if by_update else "created ASC, key ASC"
    return f"{both(clause, f'updated >= {updated_ms}')} ORDER BY {order}"


def _last(found: Found, field: str) -> int | None:
    for issue in reversed(found.issues):
        at = instant(obj(issue.get("fields")).get(field))
        if at is not None:
            return ms(at)
    return None


def digest(entries: Sequence[tuple[str, int]]) -> str:
    """A mark of which issues were last updated when; "" for none."""
    if not entries:
        return ""
    text = ";".join(f"{id_}@{at}" for id_, at in sorted(set(entries)))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def entries_of(issues: Sequence[dict[str, Any]], since_ms: int) -> list[tuple[str, int]]:
    """Id and update of the issues that were updated since."""
    found = []
    for issue in issues:
        at = instant(obj(issue.get("fields")).get("updated"))
        if at is not None and ms(at) >= since_ms:
            found.append((str(issue["id"]), ms(at)))
    return found
