"""A connection that is not pulled: its work is delivered, by an API or as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from connectors.inbound import fields, files, mapping, rows
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
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.deliveries import Row
from connectors.sdk.errors import ConnectorError, Refused
from connectors.sdk.records import GoneReason, Link, Person, Project, Record, Task
from connectors.sdk.webhooks import same

OWN_NAMES = {"project": "project_id", "parent": "parent_id", "assignees": "assignee_ids",
             "reporter": "reporter_id"}  # fmt: skip
WITH_LABEL = {"status", "type", "priority"}


class InboundOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(default="", description="Where the work comes from, for people; never asked.")
    token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="With it as bearer token, deliveries come to `/api/v1/inbound/NAME/tasks`; "
        "absent: only files are taken.",
    )
    columns: dict[str, fields.Field] = Field(
        description="The sender's name of each column or key, and the field that it fills. What "
        "no column fills is unknown of all this work. `custom` keeps a column as a custom field.",
    )
    date_format: str | None = Field(
        default=None,
        description="How days are written, such as %d.%m.%Y; absent: as 2026-01-31.",
    )

    @field_validator("columns")
    @classmethod
    def _whole(cls, columns: dict[str, fields.Field]) -> dict[str, fields.Field]:
        filled = [field for field in columns.values() if field != "custom"]
        lacking = [name for name in ("id", "title") if name not in filled]
        if lacking:
            raise ValueError(f"no column fills {fields.joined(lacking)}")
        twice = sorted({field for field in filled if filled.count(field) > 1})
        if twice:
            raise ValueError(f"more than one column fills {fields.joined(twice)}")
        return columns


class Inbound:
    """See README.md."""

    name: ClassVar[str] = "inbound"
    title: ClassVar[str] = "Inbound"
    delivered: ClassVar[Literal[True]] = True
    Config: ClassVar[type[Options]] = InboundOptions
    limits: ClassVar[Sequence[RateLimit]] = ()
    parallel: ClassVar[int] = 1
    streams: ClassVar[Mapping[str, Can]] = {"tasks": Can.FULL}
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    history: ClassVar[frozenset[str]] = frozenset()
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "live"
    evidence_on: ClassVar[str] = "2026-11-30"

    def __init__(self, config: InboundOptions, http: Http) -> None:  # noqa: ARG002
        self.config = config

    def admits(self, token: str) -> bool:
        """See `TakesDeliveries.admits`."""
        held = self.config.token
        return held is not None and same([held.get_secret_value()], token)

    def item_of(self, row: Any) -> Item:
        """See `rows.py`."""
        return rows.read_row(row, self.config.columns, self.config.date_format)

    def is_gone(self, item: Item) -> bool:
        """What the field `deleted` says."""
        return item.body.get("deleted") is True

    @staticmethod
    def rows_of(name: str, content: bytes) -> Iterator[Row]:
        """See `files.py`."""
        return files.rows_of(name, content)

    @staticmethod
    def proposal(header: Sequence[str]) -> Mapping[str, str]:
        """See `rows.propose`."""
        return rows.propose(header)

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """What the columns fill."""
        filled = set(self.config.columns.values())
        task = {"id", "type"}
        for field in filled:
            task.add(OWN_NAMES.get(field, field).replace("_hours", "_minutes"))
            if field in WITH_LABEL:
                task.add(f"{field}_label")
        found: dict[type[Record], frozenset[str]] = {Task: mapping.PROVIDES[Task] & task}
        if "project" in filled:
            found[Project] = mapping.PROVIDES[Project]
        if filled & {"assignees", "reporter"}:
            found[Person] = mapping.PROVIDES[Person]
        if filled & {"blocks", "depends_on"}:
            found[Link] = mapping.PROVIDES[Link]
        return found

    @classmethod
    def access(cls, config: InboundOptions) -> Access:  # noqa: ARG003
        """A name that leads nowhere (RFC 2606): nothing is asked."""
        return Access("https://inbound.invalid")

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:  # noqa: ARG004
        """Nothing answers."""
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Nothing is limited."""
        return ()

    def check(self) -> Identity:
        """Whether deliveries can come at all."""
        how = "files" if self.config.token is None else "files and calls with the token"
        return Identity(f"deliveries by {how}", self.config.url or "the sender")

    def scopes(self) -> Sequence[Scope]:
        """None: projects are named by the rows."""
        return ()

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:  # noqa: ARG002
        """See `pull`."""
        raise Refused(
            "This connection takes deliveries and cannot be pulled.",
            remedy="Deliver to its address, or `flagstaff deliver` a file.",
        )

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:  # noqa: ARG002
        """Never reached: there are no lanes."""
        return iter(())

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:  # noqa: ARG002
        """Nobody can list what was not delivered."""
        return iter(())

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:  # noqa: ARG002
        """Nobody can be asked."""
        return dict.fromkeys(ids)

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """Nobody counts."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)


CONNECTOR: type[Any] = Inbound
