"""What there is to map in some tables: their columns, and the words of the status ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connectors.airtable.frame import Frame
from connectors.airtable.values import kind, objects, part, text
from connectors.airtable.words import ROOM, columns_by_role
from connectors.sdk.contract import Json
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type

FILLS: Mapping[str, str] = {
    **{role: field for field, roles in ROOM.items() for role in roles},
    "status": "status", "percent": "percent_complete", "blocked": "blocked", "type": "type",
}  # fmt: skip
"""By meaning of a column: the field of a task that it fills."""
TYPES: Mapping[str, str] = {
    "singleLineText": "text", "multilineText": "text", "richText": "text", "aiText": "text",
    "singleSelect": "one of a list", "multipleSelects": "several of a list",
    "singleCollaborator": "person", "multipleCollaborators": "people", "createdBy": "person",
    "lastModifiedBy": "person", "createdTime": "date and time",
    "lastModifiedTime": "date and time", "dateTime": "date and time", "autoNumber": "number",
    "count": "number", "multipleRecordLinks": "links", "multipleLookupValues": "looked up",
    "multipleAttachments": "attachments", "phoneNumber": "phone number",
    "externalSyncSource": "one of a list",
}  # fmt: skip


def vocabulary(tables: Iterable[tuple[Frame, Json]]) -> Vocabulary:
    """From the tables and their schemas.

    Status words are the choices of the status column, and the name of the box that says "done":
    a ticked one outweighs the status. Where the column is plain text, people write what they like.
    """
    words = list[str | None]()
    fields = list[FieldName]()
    free = False
    for frame, schema in tables:
        columns = columns_by_role(frame.columns, frame.id.partition(":")[2])
        status = columns.get("status", {})
        words += _choices(schema, status.get("id"))
        words.append(text(columns.get("done", {}).get("name")))
        free = free or status.get("type") == "singleLineText"
        fields += _names(frame, columns)
    return Vocabulary.of(words, fields, free=free)


def _choices(schema: Json, column: object) -> Iterator[str | None]:
    for field in objects(schema.get("fields")):
        if column is not None and field.get("id") == column:
            for choice in objects(part(field, "options").get("choices")):
                yield text(choice.get("name"))


def _names(frame: Frame, columns: Mapping[str, Json]) -> Iterator[FieldName]:
    """Every column. A table whose column says the key needs no number for it."""
    told = {
        role: each for role, each in columns.items() if role != "number" or "key" not in columns
    }
    fills = {each.get("id"): FILLS[role] for role, each in told.items() if role in FILLS}
    for column in frame.columns:
        id = text(column.get("id"))
        if id is not None:
            filled = "title" if column.get("primary") is True else fills.get(id)
            yield FieldName(
                id, text(column.get("name")) or id, plain_type(kind(column), TYPES), filled
            )
