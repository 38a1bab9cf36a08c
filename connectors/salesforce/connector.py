"""Salesforce over its REST API: which objects are read, and what is asked when.

Each stream is one object, so each has one cursor and one question "what changed since", and what
the account may not see of one object harms no other. In Salesforce read access is given by object;
so the object is also the scope: the unit of the census and of lost access. Projects would be too
many for that (an organization has thousands of campaigns), and most tasks belong to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from connectors.salesforce import answers, mapping
from connectors.salesforce.api import DATA, VERSION, Api, Described, soql
from connectors.salesforce.changes import FIELDS
from connectors.salesforce.explaining import Explaining, field_names
from connectors.salesforce.kinds import (
    CASE,
    CASE_PREFIX,
    STREAMS,
    TASK,
    TASK_PREFIX,
    Kind,
    asked,
    kind_of,
)
from connectors.salesforce.options import SalesforceOptions
from connectors.salesforce.provides import Provides
from connectors.salesforce.provides import provided as provided_by
from connectors.salesforce.reading import (
    Reading,
    Selection,
    custom_fields,
    project_lookups,
    selection,
)
from connectors.salesforce.sign_in import oauth
from connectors.salesforce.values import identifier, text
from connectors.sdk.contract import (
    Access,
    Answer,
    Budget,
    Can,
    Cursor,
    Http,
    Identity,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, Refused, Unexpected
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import FieldName, Vocabulary

BATCH = "batchSize=2000"
FOLLOWED = Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS


OBJECTS = {CASE_PREFIX: "Case", TASK_PREFIX: "Task"}
"""What an id is of shows in its first three characters."""


class Salesforce:
    """One account in one Salesforce organization."""

    name: ClassVar[str] = "salesforce"
    title: ClassVar[str] = "Salesforce"
    Config: ClassVar[type[Options]] = SalesforceOptions
    limits: ClassVar[Sequence[RateLimit]] = ()  # a daily quota, which the answers tell
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": FOLLOWED,
        "people": Can.FULL | Can.INCREMENTAL,  # users are never deleted
        "queues": Can.FULL,
        "tasks": FOLLOWED,
        "cases": FOLLOWED,
        "comments": FOLLOWED,
        "changes": Can.FULL | Can.INCREMENTAL,
        "milestones": FOLLOWED,
        "approvals": FOLLOWED,
    }
    provides: ClassVar[Provides] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"

    def __init__(self, config: SalesforceOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http)

    @property
    def provided(self) -> Provides:
        """What the options leave out is unknown for this connection, not empty."""
        config = self._config
        return provided_by(config.objects, config.project_object, config.without)

    @property
    def history(self) -> frozenset[str]:
        """What the options say is tracked: Salesforce does not tell, and tasks have no history."""
        return frozenset(FIELDS[name] for name in self._config.tracked)

    @classmethod
    def access(cls, config: SalesforceOptions) -> Access:
        """Tokens come from the organization itself; the answers' batches are as large as may be."""
        return Access(
            config.url.rstrip("/"),
            {"Sforce-Query-Options": BATCH, "Accept": "application/json"},
            oauth(config),
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.py`."""
        return answers.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `answers.py`."""
        return answers.budget(answer)

    def check(self) -> Identity:
        """Who signed in, which objects are visible, which fields are hidden."""
        resources, at = self._api.object(DATA)
        user, org = answers.user_and_org(resources.get("identity"))
        rows = list(self._api.by_id("User", "Id, Name, Username, TimeZoneSidKey", [user or ""]))
        person: Json = rows[0] if rows else {}
        visible = self._api.visible()
        scopes = self._scopes(visible)
        if not scopes:
            raise self._blind()
        name = text(person.get("Username")) or user or self._config.client_id
        return Identity(
            account=f"{text(person.get('Name')) or 'User'} ({name})",
            site=f"{urlsplit(self._config.url).netloc}{f' ({org})' if org else ''}",
            version=VERSION,
            time_zone=text(person.get("TimeZoneSidKey")),
            server_time=at,
            scopes=scopes,
            warnings=list(self._warnings(visible)),
        )

    def scopes(self) -> Sequence[Scope]:
        """The objects that are configured and visible and have items of their own."""
        return self._scopes(self._api.visible())

    def vocabulary(self) -> Vocabulary:
        """Statuses and custom fields of each object that is read as tasks and visible: two
        requests for each, and one for what is visible."""
        words, fields = list[str](), list[FieldName]()
        visible = self._api.visible()
        if not self._scopes(visible):
            raise self._blind()
        for stream, kind in self._kinds().items():
            if kind in (TASK, CASE) and kind.object in visible:
                described = self._api.describe(kind.object)
                leading = project_lookups(described, self._config.project_object)[:1]
                words += Explaining(self._api, self._config, stream).statuses
                fields += field_names(described, self._choose(kind)(described), leading)
        return Vocabulary.of(words, fields)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane a stream; none for what the options leave out."""
        kind = kind_of(stream, self._config)
        if kind is None:
            return Plan(())
        return Plan([Lane(scope=kind.scope, full="" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """See `reading.py`."""
        reading = self._reading(stream)
        if Can.INCREMENTAL not in self.streams[stream]:
            # Queues are few and can be deleted without a trace: all of them, every time.
            yield from (Page(page.items) for page in reading.pages(None))
            return
        if stream == "approvals" and since is not None:
            # Who is asked to approve is in the work items: handing one on need not touch the
            # instance. They are asked for before any page moves the cursor.
            handed_on = self._handed_on(since)
            if handed_on:
                yield from reading.again(handed_on)
        yield from reading.pages(since)

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every id of the stream, when the scope is its object."""
        kind = kind_of(stream, self._config)
        if kind is not None and kind.scope == scope:
            yield from self._reading(stream).ids()

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """What is in the recycle bin is deleted. What is not found we have no access to: it was
        purged, or is hidden by sharing, and Salesforce does not tell these apart; to call it
        deleted would be a guess. The name of an object asks whether we may still read that."""
        kind = kind_of(stream, self._config)
        # What the options leave out is out of our scope, whatever became of it.
        found: dict[str, GoneReason | None] = dict.fromkeys(ids, "access_lost" if kind else "moved")
        names = [id for id in ids if id in self._all_objects()]
        if names:
            visible = self._api.visible()
            found |= {name: None if name in visible else "access_lost" for name in names}
        by_object: dict[str, list[str]] = {}
        if kind is not None:
            for id in ids:
                by_object.setdefault(OBJECTS.get(id[:3], kind.object), []).append(id)
        for object, those in by_object.items():
            for row in self._api.by_id(object, "Id, IsDeleted", those):
                id = identifier(row.get("Id")) or ""
                if id in found:
                    found[id] = "deleted" if row.get("IsDeleted") is True else None
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """Salesforce's own count; None where it counts what is not of the stream, too."""
        kind = kind_of(stream, self._config)
        if kind is None or kind.scope != scope or kind.prefix is not None:
            return None
        where = " AND ".join(each for each in (kind.where, "IsDeleted = false") if each)
        return self._api.count(kind.object, where)[0]

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    # --- what is configured and visible -------------------------------------------------------

    def _reading(self, stream: str) -> Reading:
        kind = kind_of(stream, self._config)
        if kind is None:
            raise Unexpected(f"Salesforce is not asked for {stream!r}.")
        return Reading(
            self._api, stream, kind, self._choose(kind),
            Explaining(self._api, self._config, stream).of,
        )  # fmt: skip

    def _choose(self, kind: Kind) -> Callable[[Described], Selection]:
        return lambda described: selection(kind, described, self._config)

    def _kinds(self) -> dict[str, Kind]:
        """What is read, by stream."""
        kinds = {stream: kind_of(stream, self._config) for stream in self.streams}
        return {stream: kind for stream, kind in kinds.items() if kind is not None}

    def _wanted(self) -> list[str]:
        return list(dict.fromkeys(kind.scope for kind in self._kinds().values() if kind.scope))

    def _all_objects(self) -> set[str]:
        """Every object that may ever have been a scope of this connection."""
        known = {kind.scope for kind in STREAMS.values() if kind and kind.scope}
        return known | {"Campaign", self._config.project_object or "Campaign"}

    def _blind(self) -> Refused:
        return Refused(
            f"The account sees none of {', '.join(self._wanted())}.",
            remedy="Give it the permission 'Read' on these objects, or correct `objects`.",
        )

    def _scopes(self, visible: Mapping[str, str]) -> list[Scope]:
        return [Scope(name, visible[name]) for name in self._wanted() if name in visible]

    def _warnings(self, visible: Mapping[str, str]) -> Iterator[str]:
        """What the account cannot see of what is configured."""
        for stream, kind in self._kinds().items():
            if kind.object not in visible:
                where = "`project_object`" if stream == "projects" else "`objects`"
                yield (
                    f"{kind.object} is not visible to this account: give it the permission 'Read', "
                    f"or take it out of {where}."
                )
                continue
            yield from self._warnings_of(kind, self._api.describe(kind.object))

    def _warnings_of(self, kind: Kind, described: Described) -> Iterator[str]:
        config, object = self._config, kind.object
        hidden = described.hidden(asked(kind, config.without))
        if hidden:
            yield (
                f"{object} is not read, because the account cannot read "
                f"{', '.join(f'{object}.{name}' for name in hidden)}: give it read access to them, "
                "or name them in `without`; what depends on them is then unknown."
            )
        declared = [name for name in config.without if name.startswith(f"{object}.")]
        if declared:
            yield f"Unknown because of `without`: what depends on {', '.join(declared)}."
        known = custom_fields(kind, described, None)
        missing = [
            name
            for name in config.fields or ()
            if name.startswith(f"{object}.") and name.partition(".")[2] not in known
        ]
        if kind.custom and missing:
            yield f"Not visible to this account: {', '.join(missing)}."
        if kind in (TASK, CASE):
            lookups = project_lookups(described, config.project_object)
            if len(lookups) > 1:
                yield (
                    f"{object} has several lookups of {config.project_object}: {lookups[0]} tells "
                    f"the project, {', '.join(lookups[1:])} are custom fields only."
                )

    def _handed_on(self, since: Cursor) -> list[str]:
        """Approvals of which a work item was made or changed since."""
        question = soql(
            "Id, ProcessInstanceId",
            "ProcessInstanceWorkitem",
            f"SystemModstamp >= {since['since']}",
        )
        rows = self._api.rows("ProcessInstanceWorkitem", question)
        return [id for id in (text(row.get("ProcessInstanceId")) for row in rows) if id]


CONNECTOR = Salesforce
