"""Smartsheet over its REST API 2.0: the account, its sheets, and what is asked when.

One answer lists every sheet with its version, which rises with every change to its rows, cells
and discussions. A turn asks for that list, and only a sheet that has changed since is read: a
turn in which nothing happened costs one request a stream, whatever the number of sheets.

A changed sheet is read whole, not by `rowsModifiedSince`. Up to 500 rows that is one request
either way, and what the filter leaves out would be lost: rows whose formulas or cell links have
new results, rows that became parents or ceased to be, all rows when a column was renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

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
from connectors.smartsheet import mapping
from connectors.smartsheet.api import EXCLUDE, NAMED, ROWS_PAGE, Api
from connectors.smartsheet.frame import batches, project_body, row_items
from connectors.smartsheet.refusals import reading, server_time
from connectors.smartsheet.values import ident, instant, person, text
from connectors.smartsheet.webhook import SmartsheetWebhook
from connectors.smartsheet.words import vocabulary

MISSING = "missing:"
"""Begins the name of a lane for a sheet that is configured and not seen."""
REREAD = timedelta(minutes=30)
"""Sheets as projects (owner, workspace, summary) cost a request or two each, and change rarely."""
INCLUDE = "objectValue,rowPermalink,writerInfo"


class SmartsheetOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(
        default="https://api.smartsheet.com",
        description="Address of Smartsheet's API: api.smartsheet.eu, api.smartsheet.au or "
        "api.smartsheetgov.com for accounts in those regions.",
    )
    token: SecretStr = Field(description="API access token of the account that reads.")
    sheets: tuple[str, ...] | None = Field(
        default=None,
        description="Sheets to read, by id, address or exact name; all that the account sees "
        "when absent.",
    )


class Smartsheet:
    """One account in Smartsheet."""

    name: ClassVar[str] = "smartsheet"
    title: ClassVar[str] = "Smartsheet"
    Config: ClassVar[type[Options]] = SmartsheetOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(300, timedelta(minutes=1)),)
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "people": Can.FULL,
        "projects": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = frozenset()  # a cell's costs ten requests: not asked for
    webhook: ClassVar[SmartsheetWebhook] = SmartsheetWebhook()

    def __init__(self, config: SmartsheetOptions, http: Http) -> None:
        self.config = config
        self.api = Api(http)

    @classmethod
    def access(cls, config: SmartsheetOptions) -> Access:
        """The API lies below the host's `/2.0`."""
        return Access(
            config.url.rstrip("/").removesuffix("/2.0") + "/2.0",
            {"Authorization": f"Bearer {config.token.get_secret_value()}"},
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `refusals.py`."""
        return reading(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Smartsheet does not document that its answers say what is left."""
        return ()

    def check(self) -> Identity:
        """Who the token belongs to, and which sheets it shows us."""
        answer = self.api.one("/users/me", {})
        me = answer.data
        listed, missing, at = self._sheets()
        names = (text(me.get("firstName")), text(me.get("lastName")), text(me.get("email")))
        account = " ".join(filter(None, names)) or ident(me.get("id"))
        if account is None:
            raise Unexpected("Smartsheet does not say whose token it is.")
        warnings = [f"{error.message} {error.remedy}" for error in map(_not_visible, missing)]
        if not listed and not missing:
            warnings = ["The account sees no sheet: share some with it."]
        return Identity(
            account=account,
            site=urlsplit(self.config.url).netloc,
            version="2.0",
            time_zone=text(me.get("timeZone")),
            server_time=at or server_time(answer),
            scopes=[_scope(sheet) for sheet in listed],
            warnings=warnings,
        )

    def scopes(self) -> Sequence[Scope]:
        """The sheets that are configured and visible."""
        return [_scope(sheet) for sheet in self._sheets()[0]]

    def vocabulary(self) -> Vocabulary:
        """The columns of the sheets that are read: a request for each."""
        return vocabulary(self.api.bare(scope.id)[0].sheet for scope in self.scopes())

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One for people; else one a sheet: that has changed, or all when it is time."""
        if stream == "people":
            return Plan([Lane()])
        listed, missing, at = self._sheets()
        if stream == "projects":
            # All or none: what a complete read does not name is taken to be gone.
            read = [instant(cursors.get(str(each["id"]), {}).get("read")) for each in listed]
            late = at is None or any(last is None or last + REREAD <= at for last in read)
            chosen = listed if late else []
        else:
            chosen = [each for each in listed if _changed(each, cursors.get(str(each["id"])))]
        lanes = [Lane(str(each["id"]), scope=str(each["id"])) for each in chosen]
        return Plan([*lanes, *(Lane(f"{MISSING}{each}", each, full=False) for each in missing)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """Read a lane whole; its cursor is what was true when that began."""
        if lane.startswith(MISSING):
            raise _not_visible(lane.removeprefix(MISSING))
        match stream:
            case "people":
                yield self._people()
            case "projects":
                yield self._project(lane)
            case "tasks":
                yield from self._rows(lane)
            case "comments":
                yield self._discussions(lane)
            case _:
                raise Unexpected(f"Smartsheet has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a sheet's rows, blank ones too, or of its discussions."""
        if stream == "tasks":
            yield [f"{scope}:{id}" for id in self.api.outline(scope)]
        else:
            listed = self.api.everything(f"/sheets/{scope}/discussions", scope=scope)
            yield [f"{scope}:{each['id']}" for each in listed]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself.

        A row or discussion is deleted where its sheet can be read and it cannot. A sheet that is
        not found says nothing certain of its rows.
        """
        found: dict[str, GoneReason | None] = {}
        sheets: dict[str, str] = {}
        if stream not in ("projects", "tasks", "comments"):
            return found
        for id in ids:
            sheet, _, thing = id.partition(":")
            path = f"/sheets/{sheet}/version"
            if thing:
                kind = "rows" if stream == "tasks" else "discussions"
                path = f"/sheets/{sheet}/{kind}/{thing}"
            standing = self.api.standing(path)
            if standing == "missing" and thing:
                if sheet not in sheets:
                    sheets[sheet] = self.api.standing(f"/sheets/{sheet}/version")
                found[id] = _GONE_WITH[sheets[sheet]]
            else:
                found[id] = _GONE[standing]
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """Smartsheet counts the rows of a sheet."""
        return self.api.bare(scope)[0].total if stream == "tasks" else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    # -- reading ---------------------------------------------------------------------------------

    def _sheets(self) -> tuple[list[Json], list[str], datetime | None]:
        """The configured sheets that the account sees, the configured ones it does not, the time.

        A name may be that of several sheets: all of them are read.
        """
        listed, at = self.api.sheets()
        if self.config.sheets is None:
            return listed, [], at
        wanted = set(self.config.sheets)
        known = [
            (each, {str(each["id"]), str(each.get("name")), str(each.get("permalink"))})
            for each in listed
        ]
        seen: set[str] = set().union(*(names for _, names in known))
        missing = [each for each in dict.fromkeys(self.config.sheets) if each not in seen]
        return [each for each, names in known if names & wanted], missing, at

    def _people(self) -> Page:
        """The organization's users; the account's own contacts where it may not list them."""
        answer = self.api.http.request("GET", "/users", params={"includeAll": True}, accept=(403,))
        if answer.status == 403:
            users = self.api.everything("/contacts")
        else:
            users = self.api.listed(answer)
        found: dict[str, Item] = {}
        for user in users:
            id = person(user) or str(user["id"])
            kept = ("id", "email", "name", "firstName", "lastName", "status")
            body = {name: user[name] for name in kept if name in user}
            found.setdefault(id, Item(id, {"user": body}))
        return Page(list(found.values()))

    def _project(self, sheet: str) -> Page:
        """The sheet itself, with its summary if it has one."""
        page, at = self.api.bare(sheet)
        summary: Sequence[Json] = ()
        if page.sheet.get("hasSummaryFields") is not False:
            summary = self.api.everything(f"/sheets/{sheet}/summary/fields", scope=sheet)
        cursor = None if at is None else {"read": at.isoformat()}
        return Page([Item(sheet, project_body(page.sheet, summary))], cursor)

    def _rows(self, sheet: str) -> Iterator[Page]:
        """All rows of a sheet.

        Whether a row is a parent is told by the rows below it, so a sheet of more than one page
        is outlined first. What a change between two pages has kept from us is then read by id.
        """
        pages = self.api.row_pages(sheet, {"include": INCLUDE}, ROWS_PAGE)
        first = next(pages)
        cursor = _cursor(first.sheet)
        if len(first.rows) >= first.total:
            parents = {ident(row.get("parentId")) for row in first.rows}
            yield Page(row_items(sheet, first.sheet, first.rows, parents), cursor)
            return
        outline = self.api.outline(sheet)
        parents = set(outline.values())
        seen: set[str | None] = set()
        for page in chain([first], pages):
            yield Page(row_items(sheet, page.sheet, page.rows, parents))
            seen.update(ident(row.get("id")) for row in page.rows)
        for ids in batches([id for id in outline if id not in seen], NAMED):
            chosen = {"include": INCLUDE, "exclude": EXCLUDE, "rowIds": ",".join(ids)}
            named, _ = self.api.sheet(sheet, chosen)
            yield Page(row_items(sheet, named.sheet, named.rows, parents))
        yield Page(cursor=cursor)

    def _discussions(self, sheet: str) -> Page:
        """All discussions of a sheet with their comments, in one answer.

        The sheet's version is asked for first: what is said afterwards raises it again.
        """
        version = self.api.bare(sheet)[0]
        path = f"/sheets/{sheet}/discussions"
        listed = self.api.everything(path, {"include": "comments"}, sheet)
        items = []
        for each in listed:
            body = {name: each[name] for name in DISCUSSION_FIELDS if name in each}
            items.append(
                Item(f"{sheet}:{each['id']}", {"sheetId": sheet, "discussion": body}, sheet)
            )
        return Page(items, _cursor(version.sheet))


DISCUSSION_FIELDS = ("id", "parentType", "parentId", "comments")
_GONE: Mapping[str, GoneReason | None] = {
    "here": None, "hidden": "access_lost", "missing": "deleted",
}  # fmt: skip
_GONE_WITH: Mapping[str, GoneReason | None] = {
    "here": "deleted", "hidden": "access_lost", "missing": "unknown",
}  # fmt: skip
"""What a row or discussion that is not found is, by how its sheet stands."""


def _changed(sheet: Json, cursor: Cursor | None) -> bool:
    """Whether a sheet has changed since the read that left the cursor, by all that is told.

    Another version, or a later time: the list's copy of that may lag behind the sheet's own.
    """
    now, then = _cursor(sheet), cursor or {}
    version, modified = sheet.get("version"), sheet.get("modifiedAt")
    if version is None and modified is None:
        return True
    other = version is not None and now["version"] != then.get("version")
    return other or (modified is not None and now["modifiedAt"] > then.get("modifiedAt", ""))


def _cursor(sheet: Json) -> dict[str, str]:
    return {name: str(sheet.get(name)) for name in ("version", "modifiedAt")}


def _scope(sheet: Json) -> Scope:
    return Scope(str(sheet["id"]), text(sheet.get("name")) or str(sheet["id"]))


def _not_visible(sheet: str) -> NotVisible:
    """What is said of a sheet that is configured and that Smartsheet does not show."""
    return NotVisible(
        f"The sheet {sheet!r} is not visible to the account that the token belongs to.",
        remedy="Share the sheet with the account, or take it out of `sheets`.",
        scope=sheet,
    )


CONNECTOR = Smartsheet
