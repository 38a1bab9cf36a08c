"""Mentions: the addresses that people paste into descriptions and comments.

That is how teams tie an item of one tool to one of another. What is kept is only the address's
normal form, by which a mention meets the task that has it, whichever of the two was read first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import sqlalchemy as sa

from connectors.sdk.records import Comment, Record, Task
from sync_engine.store.models import Mention
from sync_engine.store.upserts import Upsert

MOST = 50
"""Addresses looked at in one text; a list longer than this ties nothing together."""

LONGEST = 500
"""Characters of an address that is worth keeping; an index holds them on either database."""

CHUNK = 500
KINDS: Mapping[type[Record], str] = {Task: "task", Comment: "comment"}
"""The kinds of record whose text is searched, as they stand in `Mention.kind`."""

COLUMNS = ("connection_id", "kind", "record_id", "url_key", "parent_key", "task_id")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]()]+", re.IGNORECASE)
_END_OF_SENTENCE = ".,;:!?*_~"

_mention = Mention.__table__  # type: ignore[attr-defined]


def url_key(url: str | None) -> str | None:
    """The normal form by which addresses are compared; None for what is no address.

    Scheme and host in small letters, no user, query, fragment or final slash.
    """
    if url is None:
        return None
    scheme, found, rest = url.partition("://")
    if not found:
        return None
    rest = rest.partition("#")[0].partition("?")[0]
    host, slash, path = rest.partition("/")
    key = f"{scheme.lower()}://{host.rpartition('@')[2].lower()}{slash}{path}".rstrip("/")
    return key if len(key) <= LONGEST else None


def parent_key(key: str) -> str | None:
    """One step up: tools let the title, or a tab's name, follow an item's own address."""
    parent, _, _ = key.rpartition("/")
    return parent if parent.count("/") > 3 else None


def mentioned(text: str) -> dict[str, str | None]:
    """The addresses in a text in normal form, each with the one a step above it."""
    found = {}
    for match in islice(_ADDRESS.finditer(text), MOST):
        key = url_key(match[0].rstrip(_END_OF_SENTENCE))
        if key is not None:
            found[key] = parent_key(key)
    return found


def _rows(connection_id: int, records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    for record in records:
        if isinstance(record, Task):
            text, task_id = record.description, record.id
        elif isinstance(record, Comment):
            text, task_id = record.text, record.task_id
        else:
            continue
        if text is not None and "://" in text:  # nearly free, and mostly the end of it
            for key, parent in mentioned(text).items():
                yield connection_id, KINDS[type(record)], record.id, key, parent, task_id


def write(
    connection: sa.Connection,
    connection_id: int,
    kind: type[Record],
    records: Iterable[Record],
    again: Sequence[str],
    upsert: Upsert,
) -> None:
    """Keep what changed records of a kind mention; `again`: ids of those that were there before.

    `upsert` writes `COLUMNS`.
    """
    forget(connection, connection_id, kind, again)
    if rows := list(_rows(connection_id, records)):
        upsert.run(connection, rows)


def forget(
    connection: sa.Connection, connection_id: int, kind: type[Record], ids: Sequence[str]
) -> None:
    """Drop what records of a kind mention. Read again, they are written again."""
    for start in range(0, len(ids), CHUNK):
        connection.execute(
            sa.delete(_mention)
            .where(_mention.c.connection_id == connection_id)
            .where(_mention.c.kind == KINDS[kind])
            .where(_mention.c.record_id.in_(ids[start : start + CHUNK]))
        )
