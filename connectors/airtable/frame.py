"""Records with what their table says of them: items that explain themselves. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.airtable.values import items, objects, part, text
from connectors.sdk.contract import Item, Json

SILENT = ("button", "manualSort")
"""Types of columns that hold nothing a person wrote."""
UNSEEN = ("formula", "rollup", "count", "multipleLookupValues", "aiText", "externalSyncSource")
"""Types whose values change without a change of the record."""
GIVEN = ("createdTime", "createdBy", "lastModifiedTime", "lastModifiedBy", "autoNumber")
"""Types that Airtable fills in by itself."""
SMALL = ("autoNumber", "checkbox", "rating", "number", "percent", "count", "date")
PARTS = {
    "startDateFieldId": "start", "endDateFieldId": "end", "predecessorFieldId": "predecessors",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """What items show of their table.

    Args:
        id: the base's id and the table's, with a colon between.
        columns: all columns that say something.
        smallest: the id of a column that makes the shortest answers.
        clock: the column that holds when a record was changed; "" where there is none for all.
        unseen: whether values may change that no time of change tells of.
    """

    id: str
    columns: Sequence[Json]
    smallest: str | None
    clock: str
    unseen: bool

    @property
    def digest(self) -> str:
        """Another one when the columns are others."""
        shown = json.dumps(self.columns, sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:16]

    @classmethod
    def of(cls, base: str, table: Json) -> Frame:
        """The frame of a table of a schema."""
        parts = _parts(part(table, "dateDependencySettings"))
        fields = [each for each in objects(table.get("fields")) if text(each.get("id"))]
        primary = text(table.get("primaryFieldId"))
        columns = [_column(each, primary, parts) for each in fields]
        small = [each["id"] for name in SMALL for each in fields if each.get("type") == name]
        clock = _clock(fields)
        watched = set(_watched(clock)) if clock is not None else set()
        return cls(
            id=f"{base}:{table['id']}",
            columns=[each for each in columns if each.get("type") not in SILENT],
            smallest=next(iter(small), primary),
            clock="" if clock is None else str(clock["id"]),
            unseen=any(each.get("type") in UNSEEN and each["id"] not in watched for each in fields),
        )

    def item(self, record: Json, altered: int) -> Item:
        """The item of a record; a column that it leaves empty is there, without a value."""
        id = f"{self.id}:{record['id']}"
        held = part(record, "fields")
        body = {
            "id": id,
            "table": self.id,
            "createdTime": record.get("createdTime"),
            "fields": [
                {**column, "value": _lean(held[column["id"]])} if column["id"] in held else column
                for column in self.columns
            ],
        }
        return Item(id, body, self.id, altered)

    def project(self, table: Json, base: Json) -> Item:
        """The table as a project."""
        body = {
            "id": self.id,
            "name": table.get("name"),
            "base": {"id": base.get("id"), "name": base.get("name")},
            "fields": self.columns,
        }
        return Item(self.id, body)


def _parts(settings: Json) -> Mapping[str, str]:
    """By id of a column: its part in the date dependencies of its table, where they are on."""
    if settings.get("isEnabled") is not True:
        return {}
    return {str(settings[name]): does for name, does in PARTS.items() if settings.get(name)}


def _column(field: Json, primary: str | None, parts: Mapping[str, str]) -> dict[str, Any]:
    options = part(field, "options")
    found = {name: field.get(name) for name in ("id", "name", "type")}
    more = {
        "result": part(options, "result").get("type"),
        "links": options.get("linkedTableId"),
        "primary": field["id"] == primary,
        "part": parts.get(field["id"]),
        "watches": field.get("type") == "lastModifiedTime" and bool(_watched(field)),
    }
    return found | {name: value for name, value in more.items() if value}


def _watched(field: Json) -> list[Any]:
    """The columns whose changes a time of change tells; none: all that people fill in."""
    return items(part(field, "options").get("referencedFieldIds"))


def _clock(fields: Sequence[Json]) -> Json | None:
    """The first column that tells each change that a person makes, and its time of day: by a mere
    day, what is changed later on that day would be overlooked."""
    filled = {each["id"] for each in fields if each.get("type") not in (*UNSEEN, *GIVEN, *SILENT)}
    for field in fields:
        if field.get("type") == "lastModifiedTime" and not _is_day(field):
            watched = _watched(field)
            if part(field, "options").get("isValid") is not False and (
                not watched or filled <= {each for each in watched if isinstance(each, str)}
            ):
                return field
    return None


def _is_day(field: Json) -> bool:
    """Whether a column of times shows days only."""
    return part(part(field, "options"), "result").get("type") == "date"


def changed_since(clock: str, since: datetime) -> str:
    """The formula that chooses what was changed or made after an instant.

    A record to which nothing has happened since it was made may have no time of change.
    """
    changed = f"{{{clock}}}" if clock else "LAST_MODIFIED_TIME()"
    either = f"IF({changed},{changed},CREATED_TIME())"
    stamp = since.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return f"IS_AFTER({either},DATETIME_PARSE('{stamp}'))"


def _lean(value: Any) -> Any:
    """A value without what is another at each reading: the addresses of attachments."""
    if isinstance(value, list):
        return [_lean(each) for each in value]
    if isinstance(value, Mapping) and "filename" in value:
        return {name: value[name] for name in ("id", "filename") if name in value}
    return value
