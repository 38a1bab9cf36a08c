"""Stories: what people said on a task, and its history field by field. Pure.

A story tells the new value, not always the old one, so the walk from the oldest to the newest
remembers who was assigned, in which section the task stood and whether it was completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.asana.custom import edited_value
from connectors.asana.values import gid, instant, name_of, objects, part, text, when
from connectors.asana.words import (
    DECISIONS,
    Standing,
    is_estimate,
    is_priority,
    is_status,
    priority_of,
    status_of,
    task_type,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Comment


@dataclass(frozen=True)
class Edit:
    """One field changed by a story; `part` tells the edits of one story apart."""

    field: str
    old: str | None = None
    new: str | None = None
    old_label: str | None = None
    new_label: str | None = None
    field_label: str | None = None
    part: str = ""


@dataclass
class Walk:
    """What is known of a task at one point of its history."""

    standing: Standing
    home: str | None
    estimates: frozenset[str | None]  # ids of the custom fields that hold the estimate
    assignee: str | None = None
    assignee_name: str | None = None

    @classmethod
    def start(cls, task: Json, home: str | None, stories: list[Json]) -> Walk:
        """A task before its first story: what its first edits call the old value."""
        standing = Standing.of(task, home)
        standing.completed = False
        standing.approval = None
        moves = (s for s in stories if s.get("resource_subtype") == "section_changed")
        move = next((s for s in moves if _about(s, home)), None)
        if move is not None:
            standing.section = name_of(move, "old_section")
        choice = next((s for s in stories if is_status(_field(s))), None)
        if choice is not None:
            standing.field = name_of(choice, "old_enum_value")
        fields = objects(task.get("custom_fields"))
        return cls(standing, home, frozenset(gid(each) for each in fields if is_estimate(each)))


def story_records(task: Json, home: str | None, stories: object) -> Iterator[Comment | Change]:
    """The comments and changes of a task."""
    task_id = gid(task)
    told = sorted(objects(stories), key=lambda story: text(story.get("created_at")) or "")
    created = instant(task.get("created_at"))
    walk = Walk.start(task, home, told)
    for story in told:
        id, at = gid(story), instant(story.get("created_at")) or created
        if task_id is None or id is None or at is None:
            continue
        if story.get("type") == "comment" or story.get("resource_subtype") == "comment_added":
            yield Comment(
                id=id,
                task_id=task_id,
                author_id=gid(story.get("created_by")),
                text=text(story.get("text")) or "",
                at=at,
            )
        else:
            yield from _changes(walk, story, id, task_id, at)


def _changes(walk: Walk, story: Json, id: str, task_id: str, at: datetime) -> Iterator[Change]:
    subtype = text(story.get("resource_subtype")) or ""
    for edit in EDITS.get(subtype, _other)(walk, story):
        yield Change(
            id=f"{id}:{edit.part}" if edit.part else id,
            task_id=task_id,
            at=at,
            author_id=gid(story.get("created_by")),
            field=edit.field,
            field_label=edit.field_label or subtype,
            old=edit.old,
            new=edit.new,
            old_label=edit.old_label,
            new_label=edit.new_label,
        )


def _about(story: Json, home: str | None) -> bool:
    """Whether a move between sections was in the task's own project; an unnamed one was."""
    return gid(story.get("project")) in (home, None)


def _field(story: Json) -> Json:
    """The custom field of a story, with the type that the story's own name implies."""
    field = part(story, "custom_field")
    kind = (text(story.get("resource_subtype")) or "").removesuffix("_custom_field_changed")
    return {**field, "resource_subtype": kind} if field else {}


def _status(walk: Walk, to: Mapping[str, bool | str | None]) -> Edit:
    old, old_label = walk.standing.status()
    for name, value in to.items():
        setattr(walk.standing, name, value)
    new, new_label = walk.standing.status()
    return Edit("status", old, new, old_label, new_label)


def _completed(walk: Walk, _: Json) -> Iterator[Edit]:
    yield _status(walk, {"completed": True})


def _reopened(walk: Walk, _: Json) -> Iterator[Edit]:
    yield _status(walk, {"completed": False, "approval": None})


def _moved(walk: Walk, story: Json) -> Iterator[Edit]:
    old, new = name_of(story, "old_section"), name_of(story, "new_section")
    if not _about(story, walk.home):
        yield Edit("section", old, new, old, new)
        return
    walk.standing.section = old
    edit = _status(walk, {"section": new})
    # Inside a board's open columns a move is a step of the status, even where both mean "todo":
    # the admin may map the labels. Once completed it only tidies up.
    if edit.old == edit.new == "done":
        edit = Edit("section", old, new, old, new)
    yield edit


def _assigned(walk: Walk, story: Json) -> Iterator[Edit]:
    old, old_name = walk.assignee, walk.assignee_name
    walk.assignee = gid(story.get("assignee"))
    walk.assignee_name = name_of(story, "assignee")
    yield Edit("assignee_ids", old, walk.assignee, old_name, walk.assignee_name)


def _unassigned(walk: Walk, _: Json) -> Iterator[Edit]:
    old, old_name = walk.assignee, walk.assignee_name
    walk.assignee = walk.assignee_name = None
    yield Edit("assignee_ids", old, None, old_name, None)


def _dates(_: Walk, story: Json) -> Iterator[Edit]:
    before, after = part(story, "old_dates"), part(story, "new_dates")
    if not before and not after:
        # An old story without its dates: that the date moved is known all the same.
        yield Edit("due_on", new_label=text(story.get("text")))
        return
    old, new = (_iso(dates, "due_at", "due_on") for dates in (before, after))
    moved = old != new
    if moved:
        yield Edit("due_on", old, new, old, new)
    old, new = (_iso(dates, "start_at", "start_on") for dates in (before, after))
    if old != new:
        yield Edit("start_on", old, new, old, new, part="start_on" if moved else "")


def _iso(dates: Json, at: str, on: str) -> str | None:
    moment = when(dates, at, on)
    return moment.isoformat() if moment else None


def _named(_: Walk, story: Json) -> Iterator[Edit]:
    old, new = text(story.get("old_name")), text(story.get("new_name"))
    yield Edit("title", old, new, old, new)


def _described(_: Walk, __: Json) -> Iterator[Edit]:
    yield Edit("description")


def _retyped(_: Walk, story: Json) -> Iterator[Edit]:
    old, new = text(story.get("old_resource_subtype")), text(story.get("new_resource_subtype"))
    kinds = (
        old and task_type({"resource_subtype": old}),
        new and task_type({"resource_subtype": new}),
    )
    yield Edit("type", kinds[0], kinds[1], old, new)


def _approval(walk: Walk, story: Json) -> Iterator[Edit]:
    old, new = text(story.get("old_approval_status")), text(story.get("new_approval_status"))
    walk.standing.completed = DECISIONS.get(new or "", "pending") != "pending"
    walk.standing.approval = new
    yield Edit("approval_status", old, new, old, new)


def _entered(name: str, key: str) -> Callable[[Walk, Json], Iterator[Edit]]:
    def edits(_: Walk, story: Json) -> Iterator[Edit]:
        label = name_of(story, key)
        yield Edit(name, new=label if key == "tag" else gid(story.get(key)), new_label=label)

    return edits


def _left(name: str, key: str) -> Callable[[Walk, Json], Iterator[Edit]]:
    def edits(_: Walk, story: Json) -> Iterator[Edit]:
        label = name_of(story, key)
        yield Edit(name, old=label if key == "tag" else gid(story.get(key)), old_label=label)

    return edits


def _custom(walk: Walk, story: Json) -> Iterator[Edit]:
    field = _field(story)
    name = text(field.get("name")) or gid(field) or "custom field"
    (old, old_label), (new, new_label) = edited_value(story, "old"), edited_value(story, "new")
    if is_status(field) and (status_of(old) or status_of(new)) and not walk.standing.completed:
        walk.standing.field = old
        yield _status(walk, {"field": new})
        return
    if is_status(field):
        walk.standing.field = new
    if is_priority(field):
        old, new = (None if p is None else str(p) for p in (priority_of(old), priority_of(new)))
        yield Edit("priority", old, new, old_label, new_label, name)
    elif gid(field) in walk.estimates:
        yield Edit("estimate_minutes", old, new, old_label, new_label, name)
    else:
        yield Edit(name, old, new, old_label, new_label, name)


def _other(_: Walk, story: Json) -> Iterator[Edit]:
    """A kind of edit that Asana may add one day: its name says the field, its text the rest."""
    subtype = text(story.get("resource_subtype")) or ""
    if subtype.endswith("_changed") and not subtype.startswith("dependency_"):
        yield Edit(subtype.removesuffix("_changed"), new_label=text(story.get("text")))


EDITS: dict[str, Callable[[Walk, Json], Iterator[Edit]]] = {
    "marked_complete": _completed,
    "marked_incomplete": _reopened,
    "section_changed": _moved,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "due_date_changed": _dates,
    "start_date_changed": _dates,
    "name_changed": _named,
    "notes_changed": _described,
    "resource_subtype_changed": _retyped,
    "approval_status_changed": _approval,
    "added_to_project": _entered("project_id", "project"),
    "removed_from_project": _left("project_id", "project"),
    "dependency_added": _entered("dependency", "dependency"),
    "dependency_removed": _left("dependency", "dependency"),
    "added_to_tag": _entered("labels", "tag"),
    "removed_from_tag": _left("labels", "tag"),
    "enum_custom_field_changed": _custom,
    "multi_enum_custom_field_changed": _custom,
    "number_custom_field_changed": _custom,
    "text_custom_field_changed": _custom,
    "date_custom_field_changed": _custom,
    "people_custom_field_changed": _custom,
}
"""What each kind of story says was edited; all others (likes, reminders …) are no edits."""
