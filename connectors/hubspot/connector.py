"""HubSpot over its CRM API, version 3: which objects are read, and what is asked when.

Each object is a stream with one cursor and one question "what changed since". HubSpot gives read
access by object, so the object is also the scope: the unit of the census and of lost access. A
pipeline would be no such unit: who may read tickets reads those of all pipelines.

The projects are the pipelines of tickets and deals, and the records of the object `projects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from connectors.hubspot import answers, mapping
from connectors.hubspot.api import OBJECTS, Api
from connectors.hubspot.explaining import Explaining
from connectors.hubspot.kinds import BOARDS, KINDS, STREAMS, WORK, Kind, kind_at
from connectors.hubspot.options import HubSpotOptions
from connectors.hubspot.provides import Provides
from connectors.hubspot.provides import provided as provided_by
from connectors.hubspot.reading import Reading
from connectors.hubspot.sign_in import login
from connectors.hubspot.values import identifier, text
from connectors.hubspot.webhook import HubSpotWebhook
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
    OAuth,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary

FOLLOWED = Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS
NOT_THERE = (
    "Give the app the scope to read it, or take it out of `objects`: not every account has every "
    "object."
)


class HubSpot:
    """One HubSpot account. See README.md for what is read and how."""

    name: ClassVar[str] = "hubspot"
    title: ClassVar[str] = "HubSpot"
    Config: ClassVar[type[Options]] = HubSpotOptions
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(100, timedelta(seconds=10)),
        *(
            RateLimit(4, timedelta(seconds=1), path=f"{OBJECTS}/{object}/search")
            for object in KINDS
        ),
    )
    parallel: ClassVar[int] = 2
    streams: ClassVar[Mapping[str, Can]] = {
        "pipelines": Can.FULL,
        "people": Can.FULL,
        **dict.fromkeys(STREAMS, FOLLOWED),
    }
    provides: ClassVar[Provides] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-30"
    history: ClassVar[frozenset[str]] = frozenset(
        {"status", "due_on", "assignee_ids", "priority", "title"}
    )
    webhook: ClassVar[HubSpotWebhook] = HubSpotWebhook()

    def __init__(self, config: HubSpotOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http)

    @property
    def provided(self) -> Provides:
        """What the options leave out is unknown for this connection, not empty."""
        return provided_by(self._config.objects)

    @classmethod
    def access(cls, config: HubSpotOptions) -> Access:
        """A service key as it is; an OAuth app gets one for half an hour."""
        url = config.url.rstrip("/")
        if config.token is not None:
            return Access(url, {"Authorization": f"Bearer {config.token.get_secret_value()}"})
        secret, refresh = config.client_secret, config.refresh_token
        return Access(
            url,
            oauth=OAuth(
                token_url=f"{url}/oauth/2026-03/token",
                client_id=config.client_id or "",
                client_secret=secret.get_secret_value() if secret else "",
                refresh_token=refresh.get_secret_value() if refresh else "",
                login=login(config),
            ),
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
        """Which account it is, and which of the objects are visible."""
        account, at = self._api.account()
        portal = identifier(account.get("portalId"))
        if portal is None:
            raise Unexpected("HubSpot does not say which account this is.")
        scopes = self.scopes()
        if not scopes:
            raise self._blind()
        seen = {scope.id for scope in scopes}
        return Identity(
            account=f"An app in the HubSpot account {portal}",
            site=f"{text(account.get('uiDomain')) or 'app.hubspot.com'} ({portal})",
            version="v3",
            time_zone=text(account.get("timeZone")),
            server_time=at,
            scopes=scopes,
            warnings=[
                f"{KINDS[name].label} are not visible. {NOT_THERE}"
                for name in self._config.objects
                if name not in seen
            ],
        )

    def scopes(self) -> Sequence[Scope]:
        """The objects that are configured and visible."""
        kinds = [KINDS[name] for name in dict.fromkeys(self._config.objects)]
        return [Scope(kind.object, kind.label) for kind in kinds if self._is_visible(kind)]

    def vocabulary(self) -> Vocabulary:
        """Statuses, stages and the account's own properties of each object that is read as tasks
        and visible: two requests for each, and a third for its pipelines."""
        read = [kind for kind in WORK if kind.object in self._config.objects]
        visible = [kind for kind in read if self._is_visible(kind)]
        if read and not visible:
            raise self._blind()
        told = [self._explaining(kind) for kind in visible]
        return Vocabulary.of(
            (word for each in told for word in each.statuses),
            (field for each in told for field in each.fields),
        )

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane a stream, and one for each object's pipelines; none for what is left out."""
        if stream == "people":
            return Plan([Lane()])
        if stream == "pipelines":
            return Plan([Lane(each.object, scope=each.object) for each in self._boards()])
        kind = self._kind(stream)
        if kind is None:
            return Plan(())
        return Plan([Lane(scope=kind.object, full="" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Pipelines and owners are few: all of them, every time; records: see `reading.py`."""
        if stream == "people":
            yield from self._people()
        elif stream == "pipelines":
            yield self._pipelines(KINDS[lane])
        else:
            yield from self._reading(stream).pages(since)

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Every id of the stream, when the scope is its object."""
        kind = self._kind(stream)
        if kind is not None and kind.object == scope:
            yield from self._reading(stream).ids()

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:  # noqa: ARG002
        """What is in the recycle bin is deleted. Of what is in neither place nobody knows: it was
        purged, or merged into another record. The name of an object asks whether we still see it.
        """
        found: dict[str, GoneReason | None] = dict.fromkeys(ids, "unknown")
        by_kind: dict[str, list[str]] = {}
        for id in found:
            place = kind_at(id)
            if id in KINDS:
                found[id] = self._fate_of(KINDS[id])
            elif place is not None and place[0].object not in self._config.objects:
                found[id] = "moved"  # what the options leave out is out of our scope
            elif place is not None:
                by_kind.setdefault(place[0].object, []).append(place[1])
        for object, those in by_kind.items():
            kind = KINDS[object]
            fates: tuple[tuple[bool, GoneReason | None], ...] = ((True, "deleted"), (False, None))
            for archived, fate in fates:
                for row, _ in self._api.read(object, those, archived=archived):
                    here = kind.coordinates(str(row["id"]))
                    if here in found:
                        found[here] = fate
        return found

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """Only the search counts, and it is late."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _kind(self, stream: str) -> Kind | None:
        """The object of a stream; None when the options leave it out."""
        kind = STREAMS.get(stream)
        return kind if kind is not None and kind.object in self._config.objects else None

    def _boards(self) -> list[Kind]:
        return [kind for kind in BOARDS if kind.object in self._config.objects]

    def _explaining(self, kind: Kind) -> Explaining:
        return Explaining(self._api, kind, self._config.objects)

    def _reading(self, stream: str) -> Reading:
        kind = self._kind(stream)
        if kind is None:
            raise Unexpected(f"HubSpot is not asked for {stream!r}.")
        explaining = self._explaining(kind)
        return Reading(self._api, stream, kind, explaining.properties, explaining.of)

    def _pipelines(self, kind: Kind) -> Page:
        explaining = self._explaining(kind)
        named = [
            name
            for id, field in explaining.custom.items()
            for name in (id, text(field.get("label")) or id)
        ]
        rows = [{**row, "id": f"{kind.object}/{row['id']}"} for row in explaining.pipelines]
        return Page(
            [Item(row["id"], {"row": row, "task_fields": named}, kind.object) for row in rows]
        )

    def _people(self) -> Iterator[Page]:
        """Owners, those who have left too."""
        for rows in self._api.owners():
            yield Page([Item(str(row["id"]), {"row": row}) for row in rows])

    def _blind(self) -> Refused:
        return Refused(f"The app sees none of {', '.join(self._config.objects)}.", remedy=NOT_THERE)

    def _is_visible(self, kind: Kind) -> bool:
        try:
            self._api.probe(kind.object)
        except NotVisible:
            return False
        return True

    def _fate_of(self, kind: Kind) -> GoneReason | None:
        if kind.object not in self._config.objects:
            return "moved"
        return None if self._is_visible(kind) else "access_lost"


CONNECTOR = HubSpot
