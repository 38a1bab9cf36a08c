"""Airtable's items become records. Pure and total.

An item of `projects` holds a base, or a table with its columns; one of `tasks` a record with all
columns of its table; one of `comments` the comments on a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.airtable.provides import PROVIDES as PROVIDES
from connectors.airtable.values import (
    checked,
    custom_value,
    day_of,
    instant,
    items,
    minutes,
    number,
    objects,
    part,
    people,
    percent,
    person,
    text,
    word,
    words,
)
from connectors.airtable.words import (
    LINK_TYPES,
    columns_by_role,
    lacking,
    priority_of,
    says_blocked,
    status_of,
    type_of,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    Status,
    Task,
    TaskType,
)

SITE = "https://airtable.com"
PERSON, GROUP = "usr", "ugp"
"""Begin the ids of people and of groups of them."""
_MENTION = re.compile(r"@\[(\w+)\]")


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of an item; none for what is no item of the stream."""
    match stream:
        case "projects":
            yield from _project(item)
        case "tasks":
            yield from _record(item)
        case "comments":
            yield from _comments(item)
        case _:
            return


def _project(item: Json) -> Iterator[Record]:
    id = text(item.get("id"))
    if id is None:
        return
    named = text(item.get("name")) or id
    if "fields" not in item:
        yield Project(id=id, name=named, url=_address(id))
        return
    base = part(item, "base")
    fields = objects(item.get("fields"))
    yield Project(
        id=id,
        name=" / ".join(filter(None, (text(base.get("name")), named))),
        url=_address(id),
        parent_id=text(base.get("id")),
        lacks=lacking(fields, _table(id)) if fields else (),
        task_fields=tuple(dict.fromkeys(_names(fields))),
    )


def _address(id: str) -> str:
    """Where a person opens it."""
    return f"{SITE}/{id.replace(':', '/')}"


def _table(id: str | None) -> str | None:
    """The table's own id in one of ours, as links name it."""
    return None if id is None else id.partition(":")[2] or None


def _names(fields: Sequence[Json]) -> Iterator[str]:
    """Ids and names of columns: either is what an admin may map by."""
    for field in fields:
        for name in (text(field.get("id")), text(field.get("name"))):
            if name is not None:
                yield name


def _record(item: Json) -> Iterator[Record]:
    id, table = text(item.get("id")), text(item.get("table"))
    if id is None:
        return
    fields = objects(item.get("fields"))
    columns = columns_by_role(fields, _table(table))
    said, status = _status(columns)
    priority = word(columns.get("priority", {}))
    parent = next(iter(_linked(table, columns.get("parent", {}))), None)
    type, type_label = _type(columns, parent)
    yield Task(
        id=id,
        key=word(columns.get("key", columns.get("number", {}))),
        project_id=table,
        parent_id=parent if parent != id else None,
        title=_title(fields),
        description=word(columns.get("description", {})),
        url=_address(id),
        type=type,
        type_label=type_label,
        status=status,
        status_label=said,
        blocked=_blocked(columns, said, status),
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=people(columns.get("assignees", {})),
        reporter_id=next(iter(people(columns.get("reporter", {}))), None),
        labels=words(columns.get("labels", {})),
        start_on=day_of(columns.get("start", {})),
        due_on=day_of(columns.get("due", {})),
        created_at=instant(item.get("createdTime")),
        updated_at=instant(columns.get("updated", {}).get("value")),
        completed_at=instant(columns.get("completed", {}).get("value")),
        estimate_minutes=minutes(columns.get("estimate", {})),
        spent_minutes=minutes(columns.get("spent", {})),
        remaining_minutes=minutes(columns.get("remaining", {})),
        points=number(columns.get("points", {}).get("value")),
        percent_complete=_percent(columns),
        custom=tuple(_custom(fields)),
    )
    yield from _links(id, table, columns)
    yield from _people(fields)


def _title(fields: Sequence[Json]) -> str:
    """What the primary column shows."""
    primary = next((field for field in fields if field.get("primary") is True), {})
    return word(primary) or ""


def _linked(table: str | None, field: Json) -> list[str]:
    """Ids of the records of the same table that a cell links to."""
    linked = [text(each) for each in items(field.get("value"))]
    return [f"{table}:{each}" for each in dict.fromkeys(linked) if each is not None]


def _status(columns: Mapping[str, Json]) -> tuple[str | None, Status | None]:
    """The table's word and what it means: its status column, its "done" box, its percentage.

    A ticked box outweighs a status word that does not say the same; the name of its column is
    then the word, so that mapping the other word never reopens what is done.
    """
    said = word(columns.get("status", {}))
    status = status_of(said)
    box = columns.get("done")
    if box is not None and checked(box) and status not in ("done", "cancelled"):
        return text(box.get("name")), "done"
    if said is not None:
        return said, status
    done = _percent(columns)
    if done is not None and done > 0:
        return None, "done" if done >= 100 else "in_progress"
    return None, "todo" if done == 0 or box is not None else None


def _blocked(columns: Mapping[str, Json], said: str | None, status: Status | None) -> bool | None:
    """By the box for it or by the status word; a word that nobody knows may mean it as well."""
    box = columns.get("blocked")
    if box is not None or says_blocked(said):
        return says_blocked(said) or (box is not None and checked(box))
    known = status is not None or ("status" in columns and said is None)
    return False if known else None


def _percent(columns: Mapping[str, Json]) -> float | None:
    found = percent(columns.get("percent", {}))
    return found if found is not None and 0 <= found <= 100 else None


def _type(columns: Mapping[str, Json], parent: str | None) -> tuple[TaskType, str | None]:
    said = word(columns.get("type", {}))
    if said is not None:
        return type_of(said), said
    return ("task" if parent is None else "subtask"), None


def _custom(fields: Iterable[Json]) -> Iterator[Custom]:
    """Every column, also those that fill a field of ours: the admin may map any of them."""
    for field in fields:
        id = text(field.get("id"))
        if id is not None:
            yield Custom(id=id, name=text(field.get("name")) or id, value=custom_value(field))


def _links(id: str, table: str | None, columns: Mapping[str, Json]) -> Iterator[Record]:
    told: set[str] = set()
    for role, (type, leads_here) in LINK_TYPES.items():
        field = columns.get(role, {})
        for other in _linked(table, field):
            first, then = (other, id) if leads_here else (id, other)
            link = f"{type}:{first}:{then}"
            if other != id and link not in told:
                told.add(link)
                label = text(field.get("name"))
                yield Link(id=link, type=type, type_label=label, from_id=first, to_id=then)


def _people(fields: Sequence[Json]) -> Iterator[Record]:
    """Whoever is in a cell: Airtable has no list of people for those who do not own it all."""
    told: set[str] = set()
    for field in fields:
        for each in objects(field.get("value")):
            id = person(each)
            if id is None or id in told or not id.startswith((PERSON, GROUP)):
                continue
            told.add(id)
            email = text(each.get("email"))
            yield Person(
                id=id,
                name=text(each.get("name")) or email or id,
                email=email,
                kind="group" if id.startswith(GROUP) else "human",
            )


def _comments(item: Json) -> Iterator[Record]:
    task_id = text(item.get("id"))
    if task_id is None:
        return
    base = task_id.partition(":")[0]
    for comment in objects(item.get("comments")):
        id, at = text(comment.get("id")), instant(comment.get("createdTime"))
        if id is None or at is None:
            continue
        changed = instant(comment.get("lastUpdatedTime"))
        yield Comment(
            id=f"{base}:{id}",
            task_id=task_id,
            author_id=person(comment.get("author")),
            text=_said(comment),
            at=at,
            updated_at=changed if changed != at else None,
        )


def _said(comment: Json) -> str:
    """The text of a comment, with the names of those whom it mentions."""
    mentioned = part(comment, "mentioned")

    def named(mention: re.Match[str]) -> str:
        name = text(part(mentioned, mention[1]).get("displayName"))
        return mention[0] if name is None else f"@{name}"

    return _MENTION.sub(named, text(comment.get("text")) or "")
