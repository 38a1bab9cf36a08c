"""Airtable over its Web API: the account, its tables, and what is asked when.

A turn asks for the bases and asks each table for what was changed or made since the last turn: a
turn in which nothing happened costs a request for each table and one more. What a table's columns
are is learnt from the schema of its base, which is asked for where something has changed, and else
every six hours.

The mark from which a table is asked is Airtable's clock at the beginning of the read, less an
overlap, and never the time of a record. Airtable gives the pages of a list in an order that it
froze at the first one while the values in it move on, so whatever happens during a read lies behind
that mark, and the next turn brings it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from connectors.airtable import mapping
from connectors.airtable.api import Api, Chunk
from connectors.airtable.frame import Frame, changed_since
from connectors.airtable.options import AirtableOptions
from connectors.airtable.refusals import reading, server_time
from connectors.airtable.roster import Roster, not_visible
from connectors.airtable.values import instant, items, text
from connectors.airtable.vocabulary import vocabulary
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
    Login,
    OAuth,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import Comment, GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary

MISSING = "missing:"
"""Begins the name of a lane for a base or table that is configured and not seen."""
OVERLAP = timedelta(minutes=2)
LEARN_EVERY = timedelta(hours=6)
"""How old what we know of columns, of computed values and of comments may get: none of them tells
when it changes, and to look is dear where a plan has so many calls a month."""
PROJECTS_EVERY = timedelta(hours=1)
"""As long, of names and columns of tables as projects: one request for each base."""
LONGEST_LIST = 3500
"""Characters of a cursor; of a base with so many tables (some hundred) they are asked each time."""
NEEDED = ("data.records:read", "schema.bases:read")


class Airtable:
    """One account in Airtable."""

    name: ClassVar[str] = "airtable"
    title: ClassVar[str] = "Airtable"
    Config: ClassVar[type[Options]] = AirtableOptions
    # A base's own limit, kept over all of them together.
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(5, timedelta(seconds=1)),)
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "comments": Can.FULL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: AirtableOptions, http: Http) -> None:
        self.config = config
        self.api = Api(http)
        self.roster = Roster(config, self.api)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """No comments where they are switched off."""
        off = () if self.config.comments else (Comment,)
        return {kind: fields for kind, fields in self.provides.items() if kind not in off}

    @classmethod
    def access(cls, config: AirtableOptions) -> Access:
        """The API lies below `/v0`; one signs in at the site, whose host lacks the `api.`."""
        base = config.url.rstrip("/").removesuffix("/v0")
        if config.token is not None:
            headers = {"Authorization": f"Bearer {config.token.get_secret_value()}"}
            return Access(f"{base}/v0", headers)
        secret, refresh = config.client_secret, config.refresh_token
        site = base.replace("//api.", "//", 1)
        scopes = ("data.records:read", "schema.bases:read")
        return Access(
            f"{base}/v0",
            oauth=OAuth(
                token_url=f"{site}/oauth2/v1/token",
                client_id=config.client_id or "",
                client_secret=secret.get_secret_value() if secret else "",
                refresh_token=refresh.get_secret_value() if refresh else "",
                basic=True,
                login=Login(
                    f"{site}/oauth2/v1/authorize",
                    (*scopes, "data.recordComments:read") if config.comments else scopes,
                    localhost=True,
                ),
            ),
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `refusals.py`."""
        return reading(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Airtable's answers do not say what is left."""
        return ()

    def check(self) -> Identity:
        """Whose credential it is, and which tables it shows us."""
        answer = self.api.me()
        me = answer.data
        account = text(me.get("email")) or text(me.get("id"))
        if account is None:
            raise Unexpected("Airtable does not say whose credential it is.")
        tables, missing = self.roster.all()
        warnings = [f"{error.message} {error.remedy}" for error in map(not_visible, missing)]
        if not tables and not missing:
            warnings = ["The credential shows no table: give it access to some bases."]
        granted = items(me.get("scopes"))
        lacking = [each for each in self._needed() if granted and each not in granted]
        warnings += [f"The credential lacks the scope {each}: add it." for each in lacking]
        return Identity(
            account=account,
            site=urlsplit(self.config.url).netloc,
            version="v0",
            server_time=server_time(answer),
            scopes=[table.scope for table in tables],
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The tables that are configured and visible."""
        return [table.scope for table in self.roster.all()[0]]

    def vocabulary(self) -> Vocabulary:
        """The columns of the tables that are read: a request for each base."""
        tables, _ = self.roster.all()
        return vocabulary((table.frame, table.schema) for table in tables)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One for all projects; else one a table that it is time for. A base whose tables have to
        be learnt is a lane as well: its cursor holds their names."""
        if stream == "comments" and not self.config.comments:
            return Plan([])
        bases, missing, at = self.roster.bases()
        if stream == "projects":
            if not _is_late(cursors.get("", {}).get("learnt"), at, PROJECTS_EVERY):
                return Plan([_missing(each) for each in missing])
            named = self.config.bases is not None or self.config.tables is not None
            return Plan([Lane(), *map(_missing, self.roster.all()[1] if named else ())])
        lanes = [_missing(each) for each in missing]
        for base in bases:
            known = cursors.get(base["id"], {})
            if _is_late(known.get("learnt"), at):
                names = self.roster.names(base)
                lanes.append(Lane(base["id"]))
            else:
                names = known.get("tables", "").split()
            for name in names:
                if stream == "tasks":
                    lanes.append(Lane(name, scope=name, full=name not in cursors))
                elif _is_late(cursors.get(name, {}).get("learnt"), at):
                    lanes.append(Lane(name, scope=name))
        return Plan(lanes)

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; its cursor is what was true when that began."""
        if lane.startswith(MISSING):
            raise not_visible(lane.removeprefix(MISSING))
        match stream:
            case "projects":
                yield self._projects()
            case "tasks" | "comments" if ":" not in lane:
                yield self._learnt(lane)
            case "tasks" if since:
                yield from self._changed(lane, since)
            case "tasks":
                yield from self._whole(self.roster.frame(lane))
            case "comments":
                yield from self._comments(lane)
            case _:
                raise Unexpected(f"Airtable has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a table's records, or of those that have comments, by one small column."""
        commented = stream == "comments"
        if commented and not self.config.comments:
            return
        told: set[str] = set()
        for chunk in self._thin(self.roster.frame(scope), commented):
            rows = [row for row in chunk.rows if row.get("commentCount") or not commented]
            ids = [f"{scope}:{row['id']}" for row in rows]
            yield [id for id in ids if id not in told]
            told.update(ids)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself: a record, or whether it has comments.

        Airtable answers alike for what was deleted and what may not be seen. A record is deleted
        where its table can be read and it cannot; a table says nothing certain.
        """
        found: dict[str, GoneReason | None] = {}
        readable: dict[str, bool] = {}
        for id in ids if stream in ("tasks", "comments") else ():
            table = id.rpartition(":")[0]
            if self.api.is_there(id):
                said = stream == "tasks" or self.api.comments(id, table)
                found[id] = None if said else "deleted"
                continue
            if table not in readable:
                readable[table] = self._is_readable(table)
            found[id] = "deleted" if readable[table] else "unknown"
        return found

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """Airtable counts nothing for us."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    # -- what there is ---------------------------------------------------------------------------

    def _needed(self) -> Sequence[str]:
        return (*NEEDED, "data.recordComments:read") if self.config.comments else NEEDED

    def _is_readable(self, table: str) -> bool:
        """Whether a table is there and its records are shown."""
        try:
            next(self.api.records(table, {"pageSize": 1}))
        except NotVisible:
            return False
        return True

    # -- reading ---------------------------------------------------------------------------------

    def _projects(self) -> Page:
        """The tables, and the bases that they are in."""
        bases, _, at = self.roster.bases()
        found: dict[str, Item] = {}
        for frame, schema, base in (table for each in bases for table in self.roster.tables(each)):
            about = {"id": base["id"], "name": base.get("name")}
            found[base["id"]] = Item(base["id"], about)
            found[frame.id] = frame.project(schema, base)
        cursor = None if at is None else {"learnt": at.isoformat()}
        return Page(list(found.values()), cursor)

    def _learnt(self, base_id: str) -> Page:
        """Which tables a base has, for the turns to come."""
        bases, _, at = self.roster.bases()
        found = [base for base in bases if base["id"] == base_id]
        if not found:
            raise not_visible(base_id)
        listed = " ".join(self.roster.names(found[0]))
        if at is None or len(listed) > LONGEST_LIST:
            return Page()
        return Page(cursor={"learnt": at.isoformat(), "tables": listed})

    def _whole(self, frame: Frame) -> Iterator[Page]:
        """All records of a table."""
        pages = self.api.records(frame.id, {})
        first = next(pages)
        for chunk in chain([first], pages):
            yield Page([frame.item(row, chunk.altered) for row in chunk.rows])
        if first.at is not None:
            yield Page(cursor=_cursor(frame, since=first.at, learnt=first.at))

    def _changed(self, lane: str, since: Cursor) -> Iterator[Page]:
        """The records that were changed since; all of them where the columns are others, or where
        it is time and values of the table change unseen."""
        from_ = instant(since.get("since"))
        if from_ is None:
            yield from self._whole(self.roster.frame(lane))
            return
        formula = changed_since(since.get("clock", ""), from_ - OVERLAP)
        pages = self.api.records(lane, {"filterByFormula": formula})
        first = next(pages)
        late = _is_late(since.get("learnt"), first.at)
        if not first.rows and not late:
            yield Page(cursor={**since, "since": (first.at or from_).isoformat()})
            return
        frame = self.roster.frame(lane)
        if frame.digest != since.get("columns") or (late and frame.unseen):
            yield from self._whole(frame)
            return
        for chunk in chain([first], pages):
            yield Page([frame.item(row, chunk.altered) for row in chunk.rows])
        if first.at is not None:
            # Unseen values wait for their own time, however often the columns are looked at.
            learnt = first.at if late else instant(since.get("learnt"))
            yield Page(cursor=_cursor(frame, since=first.at, learnt=learnt or first.at))

    def _thin(self, frame: Frame, commented: bool) -> Iterator[Chunk]:
        """All records of a table with as little of each as there is, or how many comments too."""
        counts = "commentCount" if commented else None
        chosen = {"fields[]": frame.smallest, "recordMetadata[]": counts}
        return self.api.records(frame.id, chosen)

    def _comments(self, lane: str) -> Iterator[Page]:
        """The comments on the records of a table, of those that have some."""
        frame = self.roster.frame(lane)
        read: datetime | None = None
        for chunk in self._thin(frame, True):
            read = read or chunk.at
            found = []
            for row in chunk.rows:
                if row.get("commentCount"):
                    id = f"{lane}:{row['id']}"
                    body = {"id": id, "comments": [_kept(c) for c in self.api.comments(id, lane)]}
                    found.append(Item(id, body, lane))
            yield Page(found)
        if read is not None:
            yield Page(cursor={"learnt": read.isoformat()})


COMMENT_FIELDS = ("id", "text", "createdTime", "lastUpdatedTime", "author", "mentioned")


def _kept(comment: Json) -> Json:
    return {name: comment[name] for name in COMMENT_FIELDS if name in comment}


def _cursor(frame: Frame, *, since: datetime, learnt: datetime) -> Cursor:
    return {
        "since": since.isoformat(),
        "learnt": learnt.isoformat(),
        "columns": frame.digest,
        "clock": frame.clock,
    }


def _is_late(learnt: str | None, now: datetime | None, every: timedelta = LEARN_EVERY) -> bool:
    """Whether it is time to look again; without Airtable's clock it always is."""
    last = instant(learnt)
    return last is None or now is None or last + every <= now


def _missing(what: str) -> Lane:
    return Lane(f"{MISSING}{what}", full=False)


CONNECTOR = Airtable
