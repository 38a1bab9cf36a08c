"""Deliberately wrong connectors to Pebble: each breaks what one check looks at."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from connectors.sdk.contract import (
    Can,
    Cursor,
    Identity,
    Item,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    Scope,
)
from connectors.sdk.errors import ConnectorError, Refused, Unavailable, Unexpected
from connectors.sdk.records import Gone, GoneReason, Person, Record, Task
from tests.conformance.pebble import Pebble, PebbleOptions, PebbleSandbox, objects
from tests.conformance.reading import Subject


class Altering(Pebble):
    """Every task is altered by `alter`."""

    @staticmethod
    def alter(task: Task) -> Task:
        """What is wrong with it."""
        return task

    @classmethod
    def to_records(cls, stream: str, item: Json) -> Iterable[Record]:
        """As the right one, then altered."""
        for record in Pebble.to_records(stream, item):
            yield cls.alter(record) if isinstance(record, Task) else record


def altering(**to: Any) -> type[Pebble]:
    """A connector whose tasks have fields computed otherwise."""

    def alter(task: Task) -> Task:
        changed = {name: make(task) for name, make in to.items()}
        return msgspec.structs.replace(task, **changed)

    return type("Altered", (Altering,), {"alter": staticmethod(alter)})


class TouchesItems(Pebble):
    """Leaves a mark in the item."""

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Marks."""
        item["seen"] = True  # type: ignore[index]
        return Pebble.to_records(stream, item)


class Remembers(Pebble):
    """Maps by what it mapped before."""

    _count: ClassVar[Iterator[int]] = itertools.count()

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Numbers the titles."""
        for record in Pebble.to_records(stream, item):
            if isinstance(record, Task):
                title = f"{record.title} {next(Remembers._count)}"
                record = msgspec.structs.replace(record, title=title)
            yield record


class Trusts(Pebble):
    """Believes that a title is always a text."""

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Strips what may be a number."""
        assert item["title" if stream != "people" else "name"].strip() is not None
        return Pebble.to_records(stream, item)


class OneIdForAll(Pebble):
    """Gives its people's items one id."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Of the people's pages only."""
        for page in super().pull(stream, lane, since):
            if stream == "people":
                page = Page([Item("person", item.body) for item in page.items])
            yield page


class UnknownField(Pebble):
    """Provides what records do not have."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name", "email", "shoe_size"}),
    }  # fmt: skip


class Boastful(Pebble):
    """Provides what it never fills."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name", "email", "url"}),
    }  # fmt: skip


class Modest(Pebble):
    """Fills what it does not provide."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name"}),
    }  # fmt: skip


class SilentOptions(PebbleOptions):
    """Has an option that says nothing."""

    boards: str = ""


class OpenOptions(Options):
    """Its key is no secret."""

    key: str = "canary-pebble-key-0123456789"


class Silent(Pebble):
    """Options are not described."""

    Config: ClassVar[type[Options]] = SilentOptions


class Open(Pebble):
    """Shows its key."""

    Config: ClassVar[type[Options]] = OpenOptions


class Part(Pebble):
    """Cannot read its people in full."""

    streams: ClassVar[Mapping[str, Can]] = {**Pebble.streams, "people": Can.INCREMENTAL}


class Anonymous(Pebble):
    """Does not say who it is."""

    def check(self) -> Identity:
        """Nobody."""
        return Identity(account="", site=self.config.url)


class TwinLanes(Pebble):
    """Calls two lanes alike."""

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Twice the first."""
        plan = super().lanes(stream, cursors)
        return Plan([*plan.lanes, plan.lanes[0]], plan.joint)


class Forgetful(Pebble):
    """Gives no cursor."""

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """No joint one."""
        return Plan(super().lanes(stream, cursors).lanes)

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """And none of a page."""
        for page in super().pull(stream, lane, since):
            yield Page(page.items)


class Hasty(Pebble):
    """Takes the first page of a lane for all of it when it resumes."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Nothing where there is a cursor."""
        if stream == "tasks" and lane and since is not None:
            return
        yield from super().pull(stream, lane, since)


def looking_back(by: timedelta) -> type[Pebble]:
    """A connector whose cursors begin so long before the read."""

    def earlier(self: Pebble, begun: str) -> str:
        return (datetime.fromisoformat(begun) - by).isoformat()

    def lanes(self: Pebble, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        plan = Pebble.lanes(self, stream, cursors)
        joint = plan.joint and {"since": earlier(self, plan.joint["since"])}
        return Plan(plan.lanes, joint)

    return type("LookingBack", (Pebble,), {"_earlier": earlier, "lanes": lanes})


class ByItems(Pebble):
    """Takes the newest item for the time of day."""

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """Incremental from the beginning."""
        return Plan([Lane(full="" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """The cursor is the newest `updated`."""
        newest = (since or {}).get("since", "")
        for page in super().pull(stream, lane, since):
            newest = max([newest, *(str(item.body.get("updated")) for item in page.items)])
            yield (
                Page(page.items, gone=page.gone)
                if not page.cursor
                else Page(cursor={"since": newest})
            )


class AlwaysAll(Pebble):
    """Reads everything at each turn."""

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """As if it were the first."""
        return super().lanes(stream, {})


class CryingWolf(Pebble):
    """Says that things are gone which are not."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """At each later turn."""
        yield from super().pull(stream, lane, since)
        if stream == "tasks" and not lane:
            yield Page(gone=[Gone(id="ptask-1", stream="tasks", reason="deleted")])


class Mute(Pebble):
    """Never says that anything is gone."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Without the tombstones."""
        for page in super().pull(stream, lane, since):
            yield Page(page.items, page.cursor)


class ShortCensus(Pebble):
    """Lists the first page only."""

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """One batch."""
        yield next(super().census(stream, scope))


class DoubleCensus(Pebble):
    """Lists everything twice."""

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Two times."""
        yield from super().census(stream, scope)
        yield from super().census(stream, scope)


class Miscounts(Pebble):
    """Counts one too many."""

    def count(self, stream: str, scope: str) -> int | None:
        """One more."""
        return (super().count(stream, scope) or 0) + 1


def confirming(present: GoneReason | None, deleted: GoneReason, hidden: GoneReason) -> type[Pebble]:
    """A connector that says these of what is there, deleted and hidden."""
    words = {None: present, "deleted": deleted, "access_lost": hidden}

    def confirm(self: Pebble, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        right = Pebble.confirm(self, stream, ids)
        return {id: words[reason] for id, reason in right.items()}

    return type("Confirming", (Pebble,), {"confirm": confirm})


class LosesBoards(Pebble):
    """Takes a board that it cannot see for deleted."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Where one of three is missing."""
        yield from super().pull(stream, lane, since)
        if len(self._boards()) < 3:
            yield Page(gone=[Gone(id="ptask-15", stream="tasks", reason="deleted")])


def swallowing(error: type[Exception], but: tuple[type[Exception], ...] = ()) -> type[Pebble]:
    """A connector that takes an error for the end of a lane."""

    def pull(self: Pebble, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        try:
            yield from Pebble.pull(self, stream, lane, since)
        except but:
            raise
        except error:
            return

    return type("Swallowing", (Pebble,), {"pull": pull})


class SwallowsLater(Pebble):
    """Swallows errors in the turns after the first."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Of tasks."""
        try:
            yield from super().pull(stream, lane, since)
        except ConnectorError:
            if since is None:
                raise


class Blames(Pebble):
    """Calls every error one of ours."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Whoever must act."""
        try:
            yield from super().pull(stream, lane, since)
        except ConnectorError as error:
            raise Unexpected(str(error)) from None


class Believes(Pebble):
    """Reads what was promised without a look."""

    def check(self) -> Identity:
        """Crashes on anything else."""
        return Identity(account=self.http.get("/me")["name"], site=self.config.url)

    def scopes(self) -> Sequence[Scope]:
        """Crashes on anything else."""
        return [Scope(board["id"], board["title"]) for board in self.http.get("/boards")["boards"]]


class ReadsThrottles(Pebble):
    """Takes "too many requests" for "no boards"."""

    def _boards(self) -> list[Json]:
        answer = self.http.request("GET", "/boards", accept=(429,))
        return [] if answer.status == 429 else objects(answer.data, "boards")


class Endless(Pebble):
    """Goes on as long as it is told that there is more."""

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Json]:
        page: Any = "1"
        while page:
            data = self.http.get(path, {**params, "page": page})
            yield data
            page = data["next"]


class StopsAtRepeats(Pebble):
    """Notices a loop, and takes it for the end."""

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Json]:
        try:
            yield from super()._pages(path, params)
        except Unexpected:
            return


class Locked(Pebble):
    """Takes a refusal for an empty account."""

    def _boards(self) -> list[Json]:
        answer = self.http.request("GET", "/boards", accept=(401,))
        return [] if answer.status == 401 else objects(answer.data, "boards")


class Unhelpful(Pebble):
    """Does not say what to do."""

    def check(self) -> Identity:
        """Refuses without a remedy."""
        try:
            return super().check()
        except Refused as error:
            raise Refused(error.message) from None


class InTheAddress(Pebble):
    """Sends its key in the query as well."""

    def _boards(self) -> list[Json]:
        key = self.config.key.get_secret_value()
        return objects(self.http.get("/boards", {"key": key}), "boards")


class Chatty(Pebble):
    """Tells its key when it fails."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """In the error."""
        try:
            yield from super().pull(stream, lane, since)
        except Unavailable as error:
            raise Unavailable(f"{error} with {self.config.key.get_secret_value()}") from None


class Keeps(Pebble):
    """Puts its key into the items."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Into each."""
        key = self.config.key.get_secret_value()
        for page in super().pull(stream, lane, since):
            items = [Item(each.id, {**each.body, "read_with": key}) for each in page.items]
            yield Page(items, page.cursor, page.gone)


WRONG: Mapping[str, Sequence[type[Pebble]]] = {
    "mapping_is_pure": [TouchesItems, Remembers],
    "mapping_is_total": [Trusts],
    "records_are_well_formed": [
        altering(created_at=lambda task: datetime(2026, 1, 1)),  # noqa: DTZ001 - no zone: the point
        altering(status=lambda task: "unknown"),
        altering(title=lambda task: None),
        altering(id=lambda task: ""),
        altering(title=lambda task: "a\0b"),
    ],
    "ids_are_unique": [OneIdForAll, altering(id=lambda task: task.status_label)],
    "ids_are_stable": [altering(id=lambda task: task.title)],
    "references_resolve": [altering(project_id=lambda task: "elsewhere")],
    "mapping_gives_back_what_the_tool_holds": [
        altering(title=lambda task: task.title.upper()),
        altering(id=lambda task: f"x{task.id}"),
    ],
    "provides_is_true": [UnknownField, Boastful, Modest],
    "options_are_described": [Silent, Open],
    "declarations_are_well_formed": [Part],
    "check_tells_who_we_are": [Anonymous],
    "lanes_and_pages_are_well_formed": [TwinLanes, Forgetful],
    "a_cut_pull_resumes_to_the_same_set": [Hasty],
    "cursors_are_inclusive": [looking_back(timedelta(seconds=-1))],
    "later_changes_are_read": [looking_back(timedelta(days=-1))],
    "a_future_date_does_not_carry_the_cursor_away": [ByItems],
    "an_unchanged_tool_is_quiet": [AlwaysAll, CryingWolf],
    "census_lists_what_was_read": [ShortCensus, DoubleCensus],
    "count_is_none_or_right": [Miscounts],
    "what_is_gone_is_told_apart": [
        confirming("unknown", "deleted", "access_lost"),
        confirming(None, "access_lost", "access_lost"),
        confirming(None, "deleted", "deleted"),
    ],
    "tombstones_are_only_for_what_is_gone": [CryingWolf, Mute],
    "a_hidden_container_harms_no_other": [LosesBoards],
    "each_fault_ends_in_its_error": [swallowing(ConnectorError), Blames, Believes],
    "each_fault_later_ends_in_its_error": [SwallowsLater],
    "odd_shapes_do_not_crash": [Believes],
    "a_short_throttle_is_waited_out": [ReadsThrottles],
    "a_failed_request_never_ends_a_full_pull_well": [swallowing(Unavailable)],
    "page_loops_end_in_an_error": [Endless, StopsAtRepeats],
    "a_wrong_credential_is_refused": [Locked, Unhelpful],
    "secrets_appear_nowhere": [InTheAddress, Chatty, Keeps],
}


def wrong_subjects(check: str, folder: Path) -> list[Subject]:
    """The subjects that must fail a check; `folder` has a README that says nothing."""
    if check == "documents_are_there":
        (folder / "README.md").write_text("# Pebble\n\nIt is easy.\n")
        return [Subject(Pebble, PebbleSandbox, folder)]
    return [Subject(connector, PebbleSandbox) for connector in WRONG.get(check, ())]
