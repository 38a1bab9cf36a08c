"""Deliberately wrong connectors to Pebble: how they read is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.sdk.contract import Cursor, Identity, Item, Json, Lane, Page, Plan, Scope
from connectors.sdk.errors import ConnectorError, Refused, Unavailable, Unexpected
from connectors.sdk.records import Custom, Gone, GoneReason, Record, Task
from connectors.sdk.vocabulary import FieldName, Vocabulary
from tests.conformance.pebble import STATES, Pebble, objects


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


class Tongueless(Pebble):
    """Forgets a state."""

    def vocabulary(self) -> Vocabulary:
        """All but the first."""
        known = super().vocabulary()
        return Vocabulary.of((known.status or ())[1:], known.fields)


class Pretentious(Pebble):
    """Takes a field for one that tasks do not have."""

    def vocabulary(self) -> Vocabulary:
        """It fills the size of a shoe."""
        return Vocabulary.of(STATES, [FieldName("size", "Size", "number", fills="shoe_size")])


class Nameless(Pebble):
    """Lists a field without its name."""

    def vocabulary(self) -> Vocabulary:
        """The id says it all."""
        return Vocabulary.of(STATES, [FieldName("size", "", "number")])


class Taking(Pebble):
    """Says that tasks do not carry a field that they carry."""

    def vocabulary(self) -> Vocabulary:
        """It is taken for the title."""
        return Vocabulary.of(STATES, [FieldName("size", "Size", "text", "title", taken=True)])

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterator[Record]:
        """With the field."""
        for record in Pebble.to_records(stream, item):
            if isinstance(record, Task):
                size = Custom(id="size", name="Size", value="3")
                record = msgspec.structs.replace(record, custom=(size,))
            yield record


class Learns(Pebble):
    """Reads every card to learn the states."""

    def vocabulary(self) -> Vocabulary:
        """From the cards."""
        lanes = [scope.id for scope in self.scopes()]
        read = [item for lane in lanes for page in self.pull("tasks", lane, None)
                for item in page.items]  # fmt: skip
        told = [self.http.get(f"/cards/{item.id}")["state"] for item in read]
        return Vocabulary.of((*STATES, *told), ())


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
