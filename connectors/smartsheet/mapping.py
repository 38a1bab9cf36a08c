"""Smartsheet's items become records. Pure and total.

An item of `projects` holds a sheet, one of `people` a user or a contact, one of `tasks` a row
with all columns of its sheet, one of `comments` a discussion with its comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
from connectors.smartsheet.provides import PROVIDES as PROVIDES
from connectors.smartsheet.values import (
    checked,
    custom_value,
    day_of,
    figure,
    ident,
    instant,
    is_error,
    is_zero,
    minutes,
    number,
    objects,
    options,
    part,
    people,
    person,
    shown,
    text,
    word,
)
from connectors.smartsheet.words import (
    columns_by_role,
    lacking,
    priority_of,
    says_blocked,
    status_of,
)

PARENT_ROW = "Parent row"
MILESTONE = "Milestone"
ACTIVE = {"ACTIVE": True, "DEACTIVATED": False, "DECLINED": False}


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of an item; none for what is no item of the stream."""
    match stream:
        case "projects":
            yield from _project(item)
        case "people":
            yield from _person(part(item, "user"))
        case "tasks":
            yield from _row(item)
        case "comments":
            yield from _comments(item)
        case _:
            return


def _project(item: Json) -> Iterator[Record]:
    sheet = part(item, "sheet")
    id = ident(sheet.get("id"))
    if id is None:
        return
    custom = [*_workspace(sheet), *_custom(objects(item.get("summary")))]
    fields = objects(item.get("fields"))
    yield Project(
        id=id,
        name=text(sheet.get("name")) or id,
        url=text(sheet.get("permalink")),
        owner_id=person({"email": sheet.get("owner")}),
        created_at=instant(sheet.get("createdAt")),
        updated_at=instant(sheet.get("modifiedAt")),
        custom=tuple(custom),
        lacks=lacking(fields) if fields else (),
        task_fields=tuple(dict.fromkeys(_names(fields))),
    )


def _names(fields: Sequence[Json]) -> Iterator[str]:
    """Ids and titles of columns: either is what an admin may map by."""
    for field in fields:
        for name in (ident(field.get("id")), text(field.get("title"))):
            if name is not None:
                yield name


def _workspace(sheet: Json) -> Iterator[Custom]:
    """The workspace is no project, it has no work of its own: a custom field tells it."""
    name = text(part(sheet, "workspace").get("name"))
    if name is not None:
        yield Custom(id="workspace", name="Workspace", value=name)


def _person(user: Json) -> Iterator[Record]:
    full = " ".join(filter(None, (text(user.get("firstName")), text(user.get("lastName")))))
    name = text(user.get("name")) or text(full)
    id = person({"email": user.get("email"), "name": name}) or ident(user.get("id"))
    if id is None:
        return
    email = text(user.get("email"))
    status = text(user.get("status"))
    yield Person(id=id, name=name or id, email=email, active=ACTIVE.get(status or ""))


def _row(item: Json) -> Iterator[Record]:
    row, sheet = part(item, "row"), part(item, "sheet")
    id, sheet_id = text(item.get("id")), ident(sheet.get("id"))
    fields = objects(item.get("fields"))
    parent = item.get("parent") is True
    if id is None or (is_blank(fields) and not parent):
        return
    columns = columns_by_role(fields)
    said, status = _status(columns)
    priority = _word(columns, "priority")
    type, type_label = _type(columns, parent)
    yield Task(
        id=id,
        key=_key(fields),
        project_id=sheet_id,
        parent_id=row_id(sheet_id, row.get("parentId")),
        title=_title(fields),
        url=text(row.get("permaLink")) or text(row.get("permalink")),
        type=type,
        type_label=type_label,
        status=status,
        status_label=said,
        blocked=_blocked(columns, said, status),
        priority=priority_of(priority),
        priority_label=priority,
        assignee_ids=people(columns.get("assignees", {})),
        reporter_id=person(part(row, "createdBy")),
        labels=options(columns.get("labels", {})),
        start_on=day_of(columns.get("start", {})),
        due_on=day_of(columns.get("due", {})),
        created_at=instant(row.get("createdAt")),
        updated_at=instant(row.get("modifiedAt")),
        percent_complete=_percent(columns),
        custom=tuple(_custom(fields)),
    )
    yield from _links(id, sheet_id, sheet, columns.get("predecessors", {}))


def row_id(sheet_id: str | None, row: object) -> str | None:
    """The id of a row: Smartsheet knows one only within its sheet, and so do we."""
    id = ident(row)
    return None if id is None or sheet_id is None else f"{sheet_id}:{id}"


def is_blank(fields: Sequence[Json]) -> bool:
    """Whether a row says nothing of its own: what the sheet fills in by itself does not count."""
    for field in fields:
        if field.get("primary") is True:
            if word(field) is not None:
                return False
        elif not field.get("system") and field.get("formula") is not True and _holds(field):
            return False
    return True


def _holds(field: Json) -> bool:
    """Whether a cell holds anything; a box that is not ticked holds nothing."""
    return shown(field) is not None or field.get("value") is True or bool(people(field))


def _title(fields: Sequence[Json]) -> str:
    """What the primary column shows, a failed formula too: people see that title."""
    primary = next((field for field in fields if field.get("primary") is True), {})
    return shown(primary) or ""


def _key(fields: Sequence[Json]) -> str | None:
    """An auto-number is for good; the number of a row changes with every row above it."""
    for field in fields:
        if field.get("system") == "AUTO_NUMBER":
            return word(field)
    return None


def _word(columns: Mapping[str, Json], role: str) -> str | None:
    return word(columns.get(role, {}))


def _status(columns: Mapping[str, Json]) -> tuple[str | None, Status | None]:
    """The sheet's word and what it means: its status column, its "done" box, its % complete.

    A ticked box outweighs a status word that does not say the same; the title of its column is
    then the word, so that mapping the other word never reopens what is done.
    """
    field = columns.get("status", {})
    said = shown(field)  # a failed formula stays to be seen as a word that nobody knows
    status = None if is_error(field) else status_of(said)
    box = columns.get("done")
    if box is not None and checked(box) is True and status not in ("done", "cancelled"):
        return text(box.get("title")), "done"
    if said is not None:
        return said, status
    percent = _percent(columns)
    if percent is not None and percent > 0:
        return None, "done" if percent >= 100 else "in_progress"
    if percent == 0 or (box is not None and checked(box) is False):
        return None, "todo"
    return None, None


def _blocked(columns: Mapping[str, Json], said: str | None, status: Status | None) -> bool | None:
    """By the box for it or by the status word; a word that nobody knows may mean it as well."""
    box = columns.get("blocked")
    if says_blocked(said) or (box is not None and checked(box) is True):
        return True
    if box is not None:
        return checked(box)
    return None if said is not None and status is None else False


def _percent(columns: Mapping[str, Json]) -> float | None:
    """% complete, which Smartsheet keeps as a share (0 … 1) and shows with a percent sign."""
    field = columns.get("percent", {})
    held = number(field.get("value"))
    if held is None:
        return None
    tags = field.get("tags")
    tagged = isinstance(tags, (list, tuple)) and "GANTT_PERCENT_COMPLETE" in tags
    found = figure(field)
    if tagged:
        found = round(held * 100, 6)
    elif found == held and 0 < held <= 1:
        return None  # shown without the sign: a share, or less than one percent
    return found if found is not None and 0 <= found <= 100 else None


def _type(columns: Mapping[str, Json], parent: bool) -> tuple[TaskType, str | None]:
    if parent:
        return "other", PARENT_ROW
    return ("milestone", MILESTONE) if is_zero(columns.get("duration", {})) else ("task", None)


def _custom(fields: Iterable[Json]) -> Iterator[Custom]:
    """Every column, also those that fill a field of ours: the admin may map any of them.

    Predecessors are told as links; as text they name rows by numbers that change all the time.
    """
    for field in fields:
        id = ident(field.get("id"))
        if id is not None and field.get("type") != "PREDECESSOR":
            yield Custom(id=id, name=text(field.get("title")) or id, value=custom_value(field))


def _links(id: str, sheet_id: str | None, sheet: Json, field: Json) -> Iterator[Record]:
    """What must go before the row. A reference that Smartsheet calls invalid is none."""
    told: set[str] = set()
    hours, days = number(sheet.get("hoursADay")), number(sheet.get("daysAWeek"))
    for each in objects(part(field, "object").get("predecessors")):
        before = row_id(sheet_id, each.get("rowId"))
        if before is None or before in told or before == id or each.get("invalid") is True:
            continue
        told.add(before)
        yield Link(
            id=f"precedes:{before}:{id}",
            type="precedes",
            type_label=text(each.get("type")),
            from_id=before,
            to_id=id,
            lag_minutes=minutes(part(each, "lag"), hours, days),
        )


def _comments(item: Json) -> Iterator[Record]:
    """Comments on rows; what is said on a whole sheet belongs to no task."""
    discussion = part(item, "discussion")
    task_id = row_id(ident(item.get("sheetId")), discussion.get("parentId"))
    if task_id is None or discussion.get("parentType") != "ROW":
        return
    for comment in objects(discussion.get("comments")):
        id, at = ident(comment.get("id")), instant(comment.get("createdAt"))
        if id is None or at is None:
            continue
        changed = instant(comment.get("modifiedAt"))
        yield Comment(
            id=id,
            task_id=task_id,
            author_id=person(part(comment, "createdBy")),
            text=text(comment.get("text")) or "",
            at=at,
            updated_at=changed if changed != at else None,
        )
