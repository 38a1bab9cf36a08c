"""From a delivered item to records. Pure and total."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, get_args

from connectors.sdk.contract import Json
from connectors.sdk.records import Custom, Link, Person, Project, Record, Status, Task, TaskType

PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: frozenset({"id", "name"}),
    Person: frozenset({"id", "name", "email"}),
    Task: frozenset(Task.__struct_fields__) - {"milestone_id"},
    Link: frozenset({"id", "type", "from_id", "to_id"}),
}
"""What a delivery can fill; what one does fill follows from its columns."""

_INSTANTS = ("created_at", "updated_at", "started_at", "completed_at")
_TEXTS = (
    "key", "description", "url", "type_label", "status_label", "blocked_reason", "priority_label",
    "resolution",
)  # fmt: skip
_NUMBERS = (
    "priority", "estimate_minutes", "spent_minutes", "remaining_minutes", "points",
    "percent_complete",
)  # fmt: skip
_FLAGS = ("blocked", "archived")


def to_records(stream: str, item: Json) -> Iterator[Record]:
    """The task of an item, with its project, its people and its links."""
    id, title = item.get("id"), item.get("title")
    if stream != "tasks" or not isinstance(id, str) or not isinstance(title, str):
        return
    project = _text(item.get("project"))
    if project is not None:
        yield Project(id=project, name=_text(item.get("project_name")) or project)
    parent = _text(item.get("parent"))
    people = [each for each in _list(item.get("assignees")) if _is_person(each)]
    reporters: list[Any] = [each for each in (item.get("reporter"),) if _is_person(each)]
    for person in {each["id"]: each for each in (*people, *reporters)}.values():
        yield Person(id=person["id"], name=person["name"], email=_text(person.get("email")))
    given: dict[str, Any] = {name: _instant(item.get(name)) for name in _INSTANTS}
    given |= {name: _text(item.get(name)) for name in _TEXTS}
    given |= {name: _number(item.get(name)) for name in _NUMBERS}
    given |= {name: _flag(item.get(name)) for name in _FLAGS}
    yield Task(
        id=id,
        title=title,
        project_id=project,
        parent_id=parent if parent != id else None,
        type=_one_of(item.get("type"), get_args(TaskType)) or "task",
        status=_one_of(item.get("status"), get_args(Status)),
        assignee_ids=tuple(dict.fromkeys(each["id"] for each in people)),
        reporter_id=reporters[0]["id"] if reporters else None,
        labels=_texts(item.get("labels")),
        start_on=_day(item.get("start_on")),
        due_on=_day(item.get("due_on")),
        custom=tuple(_custom(item.get("custom"))),
        **given,
    )
    blocked = [(id, other) for other in _texts(item.get("blocks"))]
    blocking = [(other, id) for other in _texts(item.get("depends_on"))]
    for first, then in dict.fromkeys((*blocked, *blocking)):
        if first != then:
            yield Link(id=f"blocks:{first}:{then}", type="blocks", from_id=first, to_id=then)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _one_of(value: Any, words: Collection[str]) -> Any:
    return value if isinstance(value, str) and value in words else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, each once."""
    return tuple(dict.fromkeys(each for each in _list(value) if isinstance(each, str)))


def _is_person(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(k), str) for k in ("id", "name"))


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _day(value: Any) -> date | datetime | None:
    if not isinstance(value, str) or "T" in value:
        return _instant(value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _custom(value: Any) -> Iterator[Custom]:
    for name, held in value.items() if isinstance(value, Mapping) else ():
        if isinstance(held, list):
            held = tuple(str(each) for each in held)
        if held is None or isinstance(held, (bool, float, str, tuple)):
            yield Custom(id=name, name=name, value=held)
