"""The stories of Asana: a `Change` as a story, and as much of it as a story can tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from connectors.asana.sandbox_adopt import PRIORITY_NAMES, Given, milli, number
from connectors.asana.sandbox_chain import section_name
from connectors.asana.words import priority_of
from connectors.sdk.records import Change, Person, Project

Story = dict[str, Any]
DATES = {"due_on": "due_date_changed", "start_on": "start_date_changed"}


def iso(value: datetime | None) -> str | None:
    """An instant as Asana writes it."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def dates(value: Any, name: str) -> dict[str, str | None]:
    """A day or an instant in Asana's two keys: the day is there in both cases."""
    if isinstance(value, datetime):
        return {f"{name}_on": value.date().isoformat(), f"{name}_at": iso(value)}
    return {f"{name}_on": value.isoformat() if value else None, f"{name}_at": None}


def parsed(value: str | None) -> date | datetime | None:
    """A day or instant of a `Change`; None when it is neither."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return milli(datetime.fromisoformat(value))
    except ValueError:
        return None


class Telling:
    """How Asana tells changes.

    Args:
        given: all that the sandbox was given.
        refer: translates a record's references to native ids.
        name_of: the name of a person or project by native id.
    """

    def __init__(
        self,
        given: Given,
        refer: Callable[[Change], Change],
        name_of: Callable[[type[Person] | type[Project], str], str | None],
    ) -> None:
        self._given = given
        self._refer = refer
        self._name_of = name_of
        self._owners: dict[str, str | None] = {}
        for changes in given.changes.values():
            owner: str | None = None
            for change in changes:
                if change.field == "assignee_ids":
                    self._owners[change.id] = owner
                    owner = first(change.new)
        chains = given.chains.values()
        self._moves = {
            number("Change", id): names for each in chains for id, names in each.sections.items()
        }

    def held(self, change: Change) -> Change | None:
        """A change as a story can tell it; None where Asana writes none."""
        adopt = _HELD.get(change.field)
        native = self._refer(change)
        if adopt is None or change.task_id not in self._given.tasks:
            return None
        told = adopt(self, change, native)
        return told and msgspec.structs.replace(told, at=milli(told.at) or told.at)

    def story(self, change: Change) -> Story:
        """A change as Asana's API gives it."""
        story: Story = {
            "gid": change.id,
            "resource_type": "story",
            "type": "system",
            "created_at": iso(change.at),
            "created_by": self.person(change.author_id),
            "text": "",
            **_STORIES[change.field](self, change),
        }
        story["text"] = f"{(story['created_by'] or {}).get('name', '')} {story['resource_subtype']}"
        return story

    def person(self, id: str | None) -> Story | None:
        """A compact user."""
        if id is None:
            return None
        return {"gid": id, "resource_type": "user", "name": self._name_of(Person, id)}

    def project(self, id: str | None) -> Story | None:
        """A compact project."""
        if id is None:
            return None
        return {"gid": id, "resource_type": "project", "name": self._name_of(Project, id)}

    def _status(self, change: Change, native: Change) -> Change | None:
        held = self._given.chains[change.task_id].held.get(change.id)
        if held is None:
            return None
        subtype = _status_story(held)
        return _with(native, held.old, held.new, held.old_label, held.new_label, subtype)

    def _assignee(self, change: Change, native: Change) -> Change:
        old, new = self._owners[change.id], first(change.new)
        subtype = "assigned" if new else "unassigned"
        (old, old_name), (new, new_name) = self._owner(old), self._owner(new)
        return _with(native, old, new, old_name, new_name, subtype)

    def _owner(self, id: str | None) -> tuple[str | None, str | None]:
        if id is None:
            return None, None
        native = number("Person", id)
        return native, self._name_of(Person, native)

    def _date(self, change: Change, native: Change) -> Change:
        both = [parsed(change.old), parsed(change.new)]
        old, new = (each.isoformat() if each else None for each in both)
        return _with(native, old, new, old, new, DATES[change.field])

    def _title(self, change: Change, native: Change) -> Change:
        old, new = change.old or None, change.new or None
        return _with(native, old, new, old, new, "name_changed")

    def _priority(self, change: Change, native: Change) -> Change:
        names = [
            label if priority_of(label) is not None and str(priority_of(label)) == value
            else PRIORITY_NAMES.get(int(value)) if value and value.isdecimal() else None
            for value, label in ((change.old, change.old_label), (change.new, change.new_label))
        ]  # fmt: skip
        old, new = (str(priority_of(name)) if name else None for name in names)
        return _with(native, old, new, names[0], names[1], "Priority")

    def _estimate(self, change: Change, native: Change) -> Change:
        old, new = (v if v and v.isdecimal() else None for v in (change.old, change.new))
        return _with(native, old, new, old, new, "Estimated time")

    def _project(self, change: Change, native: Change) -> Change | None:
        came = number("Project", change.new) if change.new else None
        if came is not None:
            name = self._name_of(Project, came)
            return _with(native, None, came, None, name, "added_to_project")
        left = number("Project", change.old) if change.old else None
        name = self._name_of(Project, left) if left else None
        return _with(native, left, None, name, None, "removed_from_project") if left else None

    def _status_told(self, change: Change) -> Story:
        subtype = _status_story(change)
        if subtype != "section_changed":
            return {"resource_subtype": subtype}
        usual = (
            section_name(change.old, change.old_label),
            section_name(change.new, change.new_label),
        )
        old, new = self._moves.get(change.id, usual)
        return {
            "resource_subtype": subtype,
            "old_section": _section(change.task_id, old),
            "new_section": _section(change.task_id, new),
        }

    def _assignee_told(self, change: Change) -> Story:
        new = first(change.new)
        if new is None:
            return {"resource_subtype": "unassigned"}
        return {"resource_subtype": "assigned", "assignee": self.person(new)}

    def _date_told(self, change: Change) -> Story:
        name = change.field.removesuffix("_on")
        return {
            "resource_subtype": DATES[change.field],
            "old_dates": dates(parsed(change.old), name),
            "new_dates": dates(parsed(change.new), name),
        }

    def _title_told(self, change: Change) -> Story:
        return {
            "resource_subtype": "name_changed",
            "old_name": change.old or "",
            "new_name": change.new or "",
        }

    def _priority_told(self, change: Change) -> Story:
        options = [
            {"gid": number("Option", name), "name": name} if name else None
            for name in (_priority(change.old, change.old_label),
                         _priority(change.new, change.new_label))
        ]  # fmt: skip
        return {
            "resource_subtype": "enum_custom_field_changed",
            "custom_field": {"gid": number("Custom", "Priority"), "name": "Priority"},
            "old_enum_value": options[0],
            "new_enum_value": options[1],
        }

    def _estimate_told(self, change: Change) -> Story:
        return {
            "resource_subtype": "number_custom_field_changed",
            "custom_field": {"gid": number("Custom", "Estimated time"), "name": "Estimated time"},
            "old_number_value": int(change.old) if change.old else None,
            "new_number_value": int(change.new) if change.new else None,
        }

    def _project_told(self, change: Change) -> Story:
        if change.new is not None:
            return {
                "resource_subtype": "added_to_project",
                "project": self.project(change.new),
            }
        return {"resource_subtype": "removed_from_project", "project": self.project(change.old)}


def first(ids: str | None) -> str | None:
    """Asana knows one assignee."""
    return ids.split(",")[0] if ids else None


def _priority(value: str | None, label: str | None) -> str | None:
    if value is None:
        return None
    return label if str(priority_of(label)) == value else PRIORITY_NAMES.get(int(value))


def _status_story(change: Change) -> str:
    if change.new == "done":
        return "marked_complete"
    if change.old == "done" and change.new != "cancelled":
        return "marked_incomplete"
    return "section_changed"


def _section(task: str, name: str | None) -> Story | None:
    return {"gid": number("Section", task, name), "name": name} if name else None


def _with(
    change: Change,
    old: str | None,
    new: str | None,
    old_label: str | None,
    new_label: str | None,
    field_label: str,
) -> Change:
    return msgspec.structs.replace(
        change,
        old=old,
        new=new,
        old_label=old_label,
        new_label=new_label,
        field_label=field_label,
    )


_HELD: dict[str, Callable[[Telling, Change, Change], Change | None]] = {
    "status": Telling._status,
    "assignee_ids": Telling._assignee,
    "due_on": Telling._date,
    "start_on": Telling._date,
    "title": Telling._title,
    "priority": Telling._priority,
    "estimate_minutes": Telling._estimate,
    "project_id": Telling._project,
}
_STORIES: dict[str, Callable[[Telling, Change], Story]] = {
    "status": Telling._status_told,
    "assignee_ids": Telling._assignee_told,
    "due_on": Telling._date_told,
    "start_on": Telling._date_told,
    "title": Telling._title_told,
    "priority": Telling._priority_told,
    "estimate_minutes": Telling._estimate_told,
    "project_id": Telling._project_told,
}
TOLD = frozenset(_STORIES)
"""The fields whose changes Asana's stories tell."""
